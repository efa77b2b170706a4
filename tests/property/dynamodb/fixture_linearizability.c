#include "tests/property/dynamodb/fixture_linearizability.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "sim/core/base.h"

#define WORDS (LIN_OPS_MAX / 64)

struct entry { /* a call or a return */
    struct entry *previous;
    struct entry *next;
    struct entry *answer; /* of a call: its return, or NULL */
    size_t op;
    uint64_t at_us;
    bool is_call;
};

struct tried {
    struct {
        uint64_t done[WORDS]; /* a bit for each operation */
        int64_t state;
    } key;
    UT_hash_handle hh;
};

struct search {
    const struct lin_op *ops;
    struct entry head;
    struct entry entries[2 * LIN_OPS_MAX];
    size_t entry_count;
    size_t returns_left;
    struct tried now; /* key: where we are */
    struct tried *tried;
    struct {
        struct entry *call;
        int64_t state; /* before it */
    } path[LIN_OPS_MAX];
    size_t depth;
};

/* May the operation take effect in this state, and what is it then? */
static bool step(const struct lin_op *op, int64_t state, int64_t *next)
{
    *next = state;
    switch (op->kind) {
    case LIN_READ:
        return op->value == state;
    case LIN_WRITE:
        *next = op->value;
        return true;
    case LIN_SWAP:
        *next = op->value;
        return op->expected == state;
    case LIN_NOT_SWAP:
        return op->expected != state;
    case LIN_ADD:
        *next = (state == LIN_ABSENT ? 0 : state) + 1;
        return op->is_unknown || op->value == *next;
    }
    return false;
}

/* --- the list ------------------------------------------------------------------------------------
 */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a;
    const struct entry *other = b;
    if (one->at_us != other->at_us)
        return one->at_us < other->at_us ? -1 : 1;
    if (one->is_call != other->is_call)
        return one->is_call ? -1 : 1; /* at the same moment: they overlap */
    return one->op < other->op ? -1 : 1;
}

static void make_list(struct search *search, size_t count)
{
    struct entry *call_of[LIN_OPS_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct lin_op *op = &search->ops[i];
        search->entries[search->entry_count++] =
            (struct entry){.op = i, .at_us = op->called_us, .is_call = true};
        if (op->is_unknown)
            continue;
        search->entries[search->entry_count++] = (struct entry){.op = i, .at_us = op->returned_us};
        search->returns_left++;
    }
    qsort(search->entries, search->entry_count, sizeof search->entries[0], compare_entries);
    struct entry *last = &search->head;
    for (size_t i = 0; i < search->entry_count; i++) {
        struct entry *entry = &search->entries[i];
        entry->previous = last;
        last->next = entry;
        last = entry;
        if (entry->is_call)
            call_of[entry->op] = entry;
        else
            call_of[entry->op]->answer = entry;
    }
}

static void take_out(struct entry *entry)
{
    entry->previous->next = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
}

static void put_back(struct entry *entry)
{
    entry->previous->next = entry;
    if (entry->next != NULL)
        entry->next->previous = entry;
}

/* --- the search ----------------------------------------------------------------------------------
 */

/* False: this set of operations was done with this state before, and led nowhere. */
static bool remember(struct search *search)
{
    struct tried *found = NULL;
    HASH_FIND(hh, search->tried, &search->now.key, sizeof search->now.key, found);
    if (found != NULL)
        return false;
    found = calloc(1, sizeof *found);
    CHECK(found != NULL);
    found->key = search->now.key;
    HASH_ADD(hh, search->tried, key, sizeof found->key, found);
    return true;
}

static void flip(struct search *search, size_t op)
{
    search->now.key.done[op / 64] ^= UINT64_C(1) << op % 64;
}

/* The call takes effect now, if that is possible and new. */
static bool linearize(struct search *search, struct entry *call)
{
    int64_t before = search->now.key.state;
    int64_t after = before;
    if (!step(&search->ops[call->op], before, &after))
        return false;
    flip(search, call->op);
    search->now.key.state = after;
    if (!remember(search)) {
        flip(search, call->op);
        search->now.key.state = before;
        return false;
    }
    search->path[search->depth].call = call;
    search->path[search->depth++].state = before;
    take_out(call);
    if (call->answer != NULL) {
        take_out(call->answer);
        search->returns_left--;
    }
    return true;
}

static struct entry *go_back(struct search *search)
{
    struct entry *call = search->path[--search->depth].call;
    search->now.key.state = search->path[search->depth].state;
    flip(search, call->op);
    if (call->answer != NULL) {
        put_back(call->answer);
        search->returns_left++;
    }
    put_back(call);
    return call;
}

bool lin_check(const struct lin_op *ops, size_t count)
{
    CHECK(count <= LIN_OPS_MAX);
    struct search *search = calloc(1, sizeof *search);
    CHECK(search != NULL);
    search->ops = ops;
    search->now.key.state = LIN_ABSENT;
    make_list(search, count);
    struct entry *entry = search->head.next;
    bool is_possible = true;
    while (search->returns_left > 0) {
        if (entry->is_call) {
            entry = linearize(search, entry) ? search->head.next : entry->next;
        } else if (search->depth > 0) { /* it must have taken effect before this return */
            entry = go_back(search)->next;
        } else {
            is_possible = false;
            break;
        }
    }
    while (search->tried != NULL) {
        struct tried *tried = search->tried;
        HASH_DEL(search->tried, tried);
        free(tried);
    }
    free(search);
    return is_possible;
}
