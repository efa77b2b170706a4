/* Two texts, a line each, as numbers: whatever is taken has one form, one order and exact sums. */
#include <string.h>

#include "emulators/dynamodb/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct ddb_number *a, const struct ddb_number *b)
{
    return a->coefficient == b->coefficient && a->exponent == b->exponent &&
           a->is_negative == b->is_negative;
}

static void check_form(const struct ddb_number *number)
{
    char text[DDB_NUMBER_TEXT_BYTES];
    struct ddb_number again;
    size_t length = ddb_number_format(number, text);
    CHECK(length == strlen(text));
    CHECK(strpbrk(text, "eE+") == NULL);
    bool is_good = ddb_number_parse(text, &again, NULL);
    CHECK(is_good);
    CHECK(same(number, &again));
}

static int key_order(const struct ddb_number *a, const struct ddb_number *b)
{
    uint8_t left[DDB_NUMBER_KEY_BYTES];
    uint8_t right[DDB_NUMBER_KEY_BYTES];
    size_t left_bytes = ddb_number_key(a, left);
    size_t right_bytes = ddb_number_key(b, right);
    int order = memcmp(left, right, left_bytes < right_bytes ? left_bytes : right_bytes);
    return order != 0 ? order : (left_bytes > right_bytes) - (left_bytes < right_bytes);
}

static void check_pair(const struct ddb_number *a, const struct ddb_number *b)
{
    struct ddb_number sum;
    struct ddb_number back;
    int order = ddb_number_compare(a, b);
    int keys = key_order(a, b);
    CHECK((order > 0) == (ddb_number_compare(b, a) < 0));
    CHECK((order == 0) == same(a, b));
    CHECK((order > 0) == (keys > 0));
    CHECK((order < 0) == (keys < 0));
    if (!ddb_number_add(a, b, &sum, NULL))
        return;
    check_form(&sum);
    bool is_good = ddb_number_subtract(&sum, b, &back, NULL);
    CHECK(is_good); /* the difference is a, which fits */
    CHECK(same(&back, a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    char *text = sim_arena_strndup(arena, (const char *)data, size);
    char *line = strchr(text, '\n');
    struct ddb_number a;
    struct ddb_number b = {0};
    if (line != NULL)
        *line = '\0';
    bool is_good = ddb_number_parse(text, &a, &fault);
    CHECK(is_good == (fault.code == NULL));
    if (is_good) {
        check_form(&a);
        if (line == NULL || ddb_number_parse(line + 1, &b, &fault))
            check_pair(&a, &b);
    }
    sim_arena_destroy(arena);
    return 0;
}
