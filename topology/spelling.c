#include "topology/spelling.h"

#include <ctype.h>
#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits (insert, delete, replace, swap of neighbours) between two words, without regard to case. */
static size_t distance(const char *from, size_t from_length, const char *to, size_t to_length)
{
    size_t rows[3][TOPO_WORD_MAX_BYTES + 1]; /* the row before the last, the last, this one */
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= to_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= from_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= to_length; j++) {
            int a = tolower((unsigned char)from[i - 1]), b = tolower((unsigned char)to[j - 1]);
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a != b));
            bool is_swap = i > 1 && j > 1 && a == tolower((unsigned char)to[j - 2]) &&
                           b == tolower((unsigned char)from[i - 2]);
            if (is_swap && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[to_length];
}

const char *topo_spelling_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > TOPO_WORD_MAX_BYTES)
        return NULL;
    const char *nearest = NULL;
    size_t allowed = (length + 1) / 4;
    size_t best = allowed + 1;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > TOPO_WORD_MAX_BYTES)
            continue;
        size_t edits = distance(word, length, candidates[i], candidate_length);
        if (edits < best) {
            best = edits;
            nearest = candidates[i];
        }
    }
    return nearest;
}
