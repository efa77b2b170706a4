/* Reads by key find what a scan finds: random conditions, each asked twice. The second time an OR
 * with something that never holds keeps the keys from being used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_partiql.h"

#define CONDITION_COUNT 1500
#define DEPTH_MAX       3

struct random {
    uint32_t state;
};

static uint32_t draw(struct random *random, uint32_t below)
{
    random->state = random->state * 1664525u + 1013904223u;
    return (random->state >> 16) % below;
}

static const char *pick(struct random *random, const char *const *texts, size_t count)
{
    return texts[draw(random, (uint32_t)count)];
}

#define PICK(random, ...)                                                                          \
    pick(random, (const char *const[]){__VA_ARGS__},                                               \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void append_leaf(struct random *random, struct sim_buffer *text)
{
    const char *partition = PICK(random, "'a'", "'b'", "'c'");
    const char *sort = PICK(random, "'0'", "'1'", "'2'", "'3'", "'5'");
    const char *other = PICK(random, "'1'", "'2'", "'4'");
    const char *sign = PICK(random, "=", "<", "<=", ">", ">=", "<>");
    switch (draw(random, 10)) {
    case 0:
    case 1:
    case 2:
        sim_buffer_printf(text, "pk = %s", partition);
        break;
    case 3:
        sim_buffer_printf(text, "pk IN ['a', %s]", PICK(random, "'b'", "'c'"));
        break;
    case 4:
        sim_buffer_printf(text, "sk %s %s", sign, sort);
        break;
    case 5:
        sim_buffer_printf(text, "%s %s sk", sort, sign);
        break;
    case 6:
        sim_buffer_printf(text, "sk IN [%s, '3']", other);
        break;
    case 7:
        sim_buffer_printf(text, "sk BETWEEN '1' AND %s", other);
        break;
    case 8:
        sim_buffer_printf(text, "begins_with(%s, %s)", PICK(random, "sk", "s"),
                          PICK(random, "'1'", "'a'"));
        break;
    default:
        sim_buffer_printf(text, "n %s %s", sign, PICK(random, "1", "2", "10"));
        break;
    }
}

static void append_condition(struct random *random, unsigned depth, struct sim_buffer *text)
{
    uint32_t kind = depth == 0 ? 0 : draw(random, 6);
    if (kind < 2) {
        append_leaf(random, text);
        return;
    }
    sim_buffer_append_text(text, kind == 2 ? "NOT (" : "(");
    append_condition(random, depth - 1, text);
    if (kind > 2) {
        sim_buffer_append_text(text, kind == 3 ? " OR " : " AND ");
        append_condition(random, depth - 1, text);
    }
    sim_buffer_append_text(text, ")");
}

/* The items' keys in what was said, one bit each; an item seen twice fails. */
static unsigned keys_in(const char *said, const char *statement, unsigned seen)
{
    static const char mark[] = "{'pk':{'S':'";
    for (const char *at = strstr(said, mark); at != NULL; at = strstr(at + 1, mark)) {
        const char *sort = strstr(at, "'sk':{'S':'");
        assert_non_null(sort);
        unsigned bit =
            1u << ((unsigned)(at[sizeof mark - 1] - 'a') * 4 + (unsigned)(sort[11] - '0'));
        if ((seen & bit) != 0)
            fail_msg("an item twice: %s\n%s", statement, said);
        seen |= bit;
    }
    return seen;
}

static bool is_refused(const char *said)
{
    return strstr(said, "Overlapping conditions") != NULL ||
           strstr(said, "Too many decomposed") != NULL;
}

/* All pages of two; false when the statement is refused. */
static bool ask(struct world *world, const char *statement, unsigned *keys)
{
    struct sim_buffer more;
    *keys = 0;
    sim_buffer_init(&more);
    sim_buffer_append_text(&more, "'Limit':2");
    for (int pages = 0; pages < 20; pages++) {
        const char *said = partiql_say(world, "ExecuteStatement", statement, more.data);
        if (is_refused(said)) {
            sim_buffer_fini(&more);
            return false;
        }
        world_expect_in(statement, said, "'Items'");
        unsigned last = 0;
        const char *token = strstr(said, "'NextToken':'");
        /* LastEvaluatedKey looks like an item and comes last */
        char *items = sim_strdup(said);
        if (token != NULL)
            items[token - said] = '\0';
        last = keys_in(items, statement, *keys);
        free(items);
        *keys = last;
        if (token == NULL)
            break;
        sim_buffer_clear(&more);
        sim_buffer_printf(&more, "'Limit':2,'NextToken':'%.*s'", (int)strcspn(token + 13, "'"),
                          token + 13);
    }
    sim_buffer_fini(&more);
    return true;
}

static void test_keyed_reads_find_what_scans_find(void **state)
{
    struct random random = {.state = 7};
    unsigned answered_count = 0;
    unsigned found_count = 0;
    partiql_make_tables(*state);
    for (int i = 0; i < CONDITION_COUNT; i++) {
        struct sim_buffer condition;
        struct sim_buffer statement;
        unsigned keyed = 0;
        unsigned scanned = 0;
        sim_buffer_init(&condition);
        sim_buffer_init(&statement);
        append_condition(&random, DEPTH_MAX, &condition);
        sim_buffer_printf(&statement, "SELECT pk, sk FROM plain WHERE %s OR nothing = 1",
                          condition.data);
        assert_true(ask(*state, statement.data, &scanned));
        sim_buffer_clear(&statement);
        sim_buffer_printf(&statement, "SELECT pk, sk FROM plain WHERE pk IN ['a','b'] AND %s",
                          condition.data);
        if (draw(&random, 2) == 0) {
            sim_buffer_clear(&statement);
            sim_buffer_printf(&statement, "SELECT pk, sk FROM plain WHERE %s", condition.data);
        }
        if (ask(*state, statement.data, &keyed)) {
            answered_count++;
            found_count += keyed != 0 ? 1 : 0;
            if (keyed != scanned)
                fail_msg("%s\n  by key: %x\n  scanned: %x", statement.data, keyed, scanned);
        }
        sim_buffer_fini(&condition);
        sim_buffer_fini(&statement);
    }
    assert_true(answered_count > CONDITION_COUNT / 4);
    assert_true(found_count > CONDITION_COUNT / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keyed_reads_find_what_scans_find, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
