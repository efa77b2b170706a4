/* Random older parameters against the expressions that say the same.
 *
 * Each run draws Expected (or AttributeUpdates), writes the expression next to it, and applies both
 * to a random item. What the older form lets through, the newer must let through as well, with the
 * same result. REGIONLAB_SEED repeats a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/update.h"
#include "sim/core/buffer.h"
#include "tests/property/dynamodb/fixture_model.h"

#define RUNS_USUAL 20000

struct run {
    struct sim_random *random;
    struct sim_arena *arena;
    cJSON *input;  /* the older parameters */
    cJSON *values; /* of the expression */
    struct sim_buffer text;
    unsigned value_count;
};

static unsigned draw(struct run *run, unsigned bound)
{
    return (unsigned)sim_random_below(run->random, bound);
}

static void init(struct run *run, struct sim_random *random)
{
    *run = (struct run){.random = random,
                        .arena = sim_arena_create(),
                        .input = cJSON_CreateObject(),
                        .values = cJSON_CreateObject()};
    sim_buffer_init(&run->text);
}

static void fini(struct run *run)
{
    cJSON_Delete(run->input);
    cJSON_Delete(run->values);
    sim_buffer_fini(&run->text);
    sim_arena_destroy(run->arena);
}

static void fail_run(const struct run *run, const cJSON *item, const char *what, unsigned number)
{
    char *input = cJSON_PrintUnformatted(run->input);
    char *values = cJSON_PrintUnformatted(run->values);
    char *printed = cJSON_PrintUnformatted(item);
    fail_msg("run %u of seed %" PRIu64 ": %s\n%s\n%s\n%s\n%s", number, model_seed(), what, printed,
             input, run->text.data, values);
}

/* Gives the value to both forms; prints its placeholder. */
static void add_value(struct run *run, cJSON *value, cJSON *list)
{
    char name[16];
    snprintf(name, sizeof name, ":v%u", run->value_count++);
    cJSON_AddItemToObject(run->values, name, cJSON_Duplicate(value, true));
    if (cJSON_IsArray(list))
        cJSON_AddItemToArray(list, value);
    else
        cJSON_AddItemToObject(list, "Value", value);
    sim_buffer_append_text(&run->text, name);
}

static cJSON *draw_argument(struct run *run, const cJSON *like)
{
    static const char *const scalars[] = {"S", "N", "B"};
    if (like != NULL && draw(run, 20) != 0 && strlen(model_type(like)) == 1 &&
        strchr("SNB", model_type(like)[0]) != NULL)
        return model_scalar(run->random, model_type(like));
    return draw(run, 4) == 0 ? model_value(run->random, 1)
                             : model_scalar(run->random, scalars[draw(run, 3)]);
}

/* --- Expected --------------------------------------------------------------------------------- */

/* %a is the attribute, %v a value. */
static const struct {
    const char *name; /* NULL: the form without an operator */
    const char *form;
} comparisons[] = {
    {"EQ", "%a = %v"},
    {"NE", "%a <> %v"},
    {"LE", "%a <= %v"},
    {"LT", "%a < %v"},
    {"GE", "%a >= %v"},
    {"GT", "%a > %v"},
    {"NULL", "attribute_not_exists(%a)"},
    {"NOT_NULL", "attribute_exists(%a)"},
    {"CONTAINS", "contains(%a, %v)"},
    {"NOT_CONTAINS", "(attribute_exists(%a) AND NOT contains(%a, %v))"},
    {"BEGINS_WITH", "begins_with(%a, %v)"},
    {"IN", "%a IN (%v, %v, %v)"},
    {"BETWEEN", "%a BETWEEN %v AND %v"},
    {NULL, "%a = %v"},
    {NULL, "attribute_not_exists(%a)"},
};

static void draw_condition(struct run *run, char attribute, cJSON *condition)
{
    size_t which = draw(run, ARRAY_LEN(comparisons));
    const char name[] = {attribute, '\0'};
    bool is_bare = comparisons[which].name == NULL;
    cJSON *list = is_bare ? condition : cJSON_AddArrayToObject(condition, "AttributeValueList");
    const cJSON *first = NULL;
    if (!is_bare)
        cJSON_AddStringToObject(condition, "ComparisonOperator", comparisons[which].name);
    for (const char *at = comparisons[which].form; *at != '\0'; at++) {
        if (*at != '%') {
            sim_buffer_append(&run->text, at, 1);
            continue;
        }
        if (*++at == 'a') {
            sim_buffer_append_text(&run->text, name);
            continue;
        }
        cJSON *value = draw_argument(run, first);
        add_value(run, value, list);
        first = value;
    }
    if (is_bare && first == NULL)
        cJSON_AddFalseToObject(condition, "Exists");
}

static void draw_expected(struct run *run)
{
    cJSON *expected = cJSON_AddObjectToObject(run->input, "Expected");
    unsigned count = 1 + draw(run, 3);
    bool is_or = count > 1 && draw(run, 2) == 0;
    if (count > 1 && (is_or || draw(run, 2) == 0))
        cJSON_AddStringToObject(run->input, "ConditionalOperator", is_or ? "OR" : "AND");
    for (unsigned i = 0; i < count; i++) {
        const char name[] = {(char)('a' + (char)(2 * i) + (char)draw(run, 2)), '\0'};
        if (i > 0)
            sim_buffer_append_text(&run->text, is_or ? " OR " : " AND ");
        draw_condition(run, name[0], cJSON_AddObjectToObject(expected, name));
    }
}

/* What the condition came to, and whether the older form was let through. */
struct verdict {
    bool is_accepted;
    bool holds;
};

static struct verdict compare_conditions(struct sim_random *random, unsigned number)
{
    struct run run;
    init(&run, random);
    struct ddb_fault fault = {.arena = run.arena};
    struct verdict verdict = {0};
    cJSON *item = model_item(random);
    draw_expected(&run);
    const struct ddb_binding *legacy = NULL;
    verdict.is_accepted = ddb_legacy_check_operator(run.input, DDB_LEGACY_PUT, &fault) &&
                          ddb_legacy_expected(run.input, &legacy, &fault);
    if (verdict.is_accepted) {
        const struct ddb_binding *binding =
            model_bind(run.arena, DDB_EXPRESSION_CONDITION, run.text.data, NULL,
                       run.values->child != NULL ? run.values : NULL);
        if (binding == NULL)
            fail_run(&run, item, "only the older form is accepted", number);
        verdict.holds = ddb_condition_holds(legacy, item);
        if (verdict.holds != ddb_condition_holds(binding, item))
            fail_run(&run, item, "the forms disagree", number);
    }
    cJSON_Delete(item);
    fini(&run);
    return verdict;
}

static void test_expected_says_what_its_expression_says(void **state)
{
    (void)state;
    struct sim_random random;
    unsigned runs = model_run_count(RUNS_USUAL);
    unsigned accepted = 0;
    unsigned held = 0;
    sim_random_init(&random, model_seed(), "property/expected");
    for (unsigned i = 0; i < runs; i++) {
        struct verdict verdict = compare_conditions(&random, i);
        accepted += verdict.is_accepted;
        held += verdict.holds;
    }
    /* the draws must exercise all answers */
    assert_in_range(accepted, runs / 4, runs - runs / 10);
    assert_in_range(held, accepted / 10, accepted - accepted / 10);
}

/* --- AttributeUpdates ------------------------------------------------------------------------- */

static const struct {
    const char *action;  /* NULL: the default */
    const char *section; /* of the expression */
    const char *form;
    const char *types; /* of its value; NULL: any */
} updates[] = {
    {"PUT", "SET", "%a = %v", NULL},
    {NULL, "SET", "%a = %v", NULL},
    {"DELETE", "REMOVE", "%a", NULL},
    {"DELETE", "DELETE", "%a %v", " SS NS BS "},
    {"ADD", "ADD", "%a %v", " SS NS BS N "},
    {"ADD", "SET", "%a = list_append(if_not_exists(%a, :empty), %v)", " L "},
};

static cJSON *draw_of_types(struct run *run, const char *types)
{
    for (;;) {
        cJSON *value = model_value(run->random, 1);
        char type[8];
        snprintf(type, sizeof type, " %s ", model_type(value));
        if (types == NULL || strstr(types, type) != NULL)
            return value;
        cJSON_Delete(value);
    }
}

static void write_update(struct run *run, size_t which, const char *attribute, cJSON *update)
{
    if (updates[which].action != NULL)
        cJSON_AddStringToObject(update, "Action", updates[which].action);
    for (const char *at = updates[which].form; *at != '\0'; at++) {
        if (*at != '%')
            sim_buffer_append(&run->text, at, 1);
        else if (*++at == 'a')
            sim_buffer_append_text(&run->text, attribute);
        else
            add_value(run, draw_of_types(run, updates[which].types), update);
    }
}

/* One action an attribute, since each section of an expression may stand there only once: the
 * sections are drawn one after the other, each with what belongs to it. */
static void draw_updates(struct run *run)
{
    static const char *const sections[] = {"SET", "REMOVE", "ADD", "DELETE"};
    cJSON *map = cJSON_AddObjectToObject(run->input, "AttributeUpdates");
    size_t chosen[6];
    for (size_t i = 0; i < ARRAY_LEN(chosen); i++)
        chosen[i] = draw(run, 3 * ARRAY_LEN(updates)); /* two in three: untouched */
    for (size_t s = 0; s < ARRAY_LEN(sections); s++) {
        bool is_first = true;
        for (size_t i = 0; i < ARRAY_LEN(chosen); i++) {
            if (chosen[i] >= ARRAY_LEN(updates) ||
                strcmp(updates[chosen[i]].section, sections[s]) != 0)
                continue;
            const char name[] = {(char)('a' + (char)i), '\0'};
            if (is_first)
                sim_buffer_printf(&run->text, " %s ", sections[s]);
            else
                sim_buffer_append_text(&run->text, ", ");
            write_update(run, chosen[i], name, cJSON_AddObjectToObject(map, name));
            is_first = false;
        }
    }
    if (strstr(run->text.length_bytes > 0 ? run->text.data : "", ":empty") != NULL)
        cJSON_AddItemToObject(run->values, ":empty", ddb_value_empty(DDB_TYPE_L));
}

static bool apply(struct run *run, const struct ddb_binding *binding, const cJSON *old_item,
                  cJSON **item)
{
    struct ddb_fault fault = {.arena = run->arena};
    *item = cJSON_Duplicate(old_item, true);
    return ddb_update_apply(binding, old_item, *item, &fault);
}

/* Returns whether the update could be applied. */
static bool compare_updates(struct sim_random *random, unsigned number)
{
    struct run run;
    init(&run, random);
    struct ddb_fault fault = {.arena = run.arena};
    cJSON *old_item = model_item(random);
    draw_updates(&run);
    const struct ddb_binding *legacy = NULL;
    const struct ddb_binding *binding = NULL;
    if (!ddb_legacy_updates(run.input, &legacy, &fault))
        fail_run(&run, old_item, fault.message, number);
    if (run.text.length_bytes > 0)
        binding = model_bind(run.arena, DDB_EXPRESSION_UPDATE, run.text.data, NULL,
                             run.values->child != NULL ? run.values : NULL);
    if ((binding == NULL) != (legacy == NULL))
        fail_run(&run, old_item, "one form is empty", number);
    cJSON *by_legacy = NULL;
    cJSON *by_expression = NULL;
    bool is_good = apply(&run, legacy, old_item, &by_legacy);
    if (is_good != apply(&run, binding, old_item, &by_expression))
        fail_run(&run, old_item, "one form fails", number);
    if (is_good && !ddb_item_equal(by_legacy, by_expression))
        fail_run(&run, old_item, "the forms disagree", number);
    cJSON_Delete(by_legacy);
    cJSON_Delete(by_expression);
    cJSON_Delete(old_item);
    fini(&run);
    return is_good;
}

static void test_updates_do_what_their_expression_does(void **state)
{
    (void)state;
    struct sim_random random;
    unsigned runs = model_run_count(RUNS_USUAL);
    unsigned good = 0;
    sim_random_init(&random, model_seed(), "property/attribute updates");
    for (unsigned i = 0; i < runs; i++)
        good += compare_updates(&random, i);
    assert_in_range(good, runs / 10, runs - runs / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expected_says_what_its_expression_says),
        cmocka_unit_test(test_updates_do_what_their_expression_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
