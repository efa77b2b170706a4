/* Random updates of random items, against a model that does the same by simple means.
 *
 * Each action has an attribute of its own (a to f), at the top or one step below, so that none
 * overlaps; the model builds the new item from the old one action by action, removals last.
 * REGIONLAB_SEED repeats a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/update.h"
#include "tests/property/dynamodb/fixture_model.h"

#define RUNS_USUAL  20000
#define ACTIONS_MAX 6

enum source { FROM_CONSTANT, FROM_PATH, FROM_DEFAULT, FROM_JOIN, FROM_SUM };
enum section { SET, REMOVE, ADD, DELETE, SECTION_COUNT };

struct place {
    char attribute;
    int step; /* 0: none; 1, 2: .k, .l; 3..5: [0] to [2] */
};

struct action {
    enum section section;
    struct place place;
    enum source source;
    struct place other;    /* what the right-hand side reads */
    const cJSON *constant; /* and what it uses */
    bool is_minus;
};

struct run {
    struct sim_random *random;
    struct sim_arena *arena;
    cJSON *values;
    struct sim_buffer text;
    struct action actions[ACTIONS_MAX];
    size_t action_count;
};

static unsigned draw(struct run *run, unsigned bound)
{
    return (unsigned)sim_random_below(run->random, bound);
}

/* --- drawing and printing ----------------------------------------------------------------------
 */

static struct place draw_place(struct run *run, char attribute)
{
    return (struct place){attribute, draw(run, 2) == 0 ? (int)draw(run, 6) : 0};
}

static cJSON *draw_constant(struct run *run, const struct action *action)
{
    static const char *const sets[] = {"SS", "NS", "BS"};
    if (action->section == ADD && draw(run, 2) == 0)
        return model_scalar(run->random, "N");
    if (action->section == ADD || action->section == DELETE)
        return model_set(run->random, sets[draw(run, 3)]);
    if (action->source == FROM_SUM)
        return model_scalar(run->random, "N");
    if (action->source != FROM_JOIN)
        return model_value(run->random, 1);
    cJSON *list = cJSON_CreateObject();
    cJSON *elements = cJSON_AddArrayToObject(list, "L");
    cJSON_AddItemToArray(elements, model_value(run->random, 0));
    return list;
}

static void draw_action(struct run *run, char attribute)
{
    struct action *action = &run->actions[run->action_count];
    char key[16];
    *action = (struct action){.section = (enum section)draw(run, SECTION_COUNT),
                              .place = draw_place(run, attribute),
                              .source = (enum source)draw(run, FROM_SUM + 1),
                              .other = draw_place(run, model_attribute(run->random)),
                              .is_minus = draw(run, 2) == 0};
    bool has_constant =
        action->section != REMOVE && (action->section != SET || action->source != FROM_PATH);
    if (has_constant) {
        cJSON *constant = draw_constant(run, action);
        snprintf(key, sizeof key, ":v%zu", run->action_count);
        cJSON_AddItemToObject(run->values, key, constant);
        action->constant = constant;
    }
    run->action_count++;
}

static void print_place(struct run *run, const struct place *place)
{
    static const char *const steps[] = {"", ".k", ".l", "[0]", "[1]", "[2]"};
    sim_buffer_printf(&run->text, "%c%s", place->attribute, steps[place->step]);
}

static void print_source(struct run *run, const struct action *action)
{
    static const char *const before[] = {[FROM_DEFAULT] = "if_not_exists(",
                                         [FROM_JOIN] = "list_append(",
                                         [FROM_CONSTANT] = "",
                                         [FROM_PATH] = "",
                                         [FROM_SUM] = ""};
    const char *between = action->source != FROM_SUM ? ", " : action->is_minus ? " - " : " + ";
    sim_buffer_append_text(&run->text, before[action->source]);
    if (action->source != FROM_CONSTANT)
        print_place(run, &action->other);
    if (action->source > FROM_PATH)
        sim_buffer_append_text(&run->text, between);
    if (action->source != FROM_PATH)
        sim_buffer_append_text(&run->text, action->constant->string);
    if (before[action->source][0] != '\0')
        sim_buffer_append_text(&run->text, ")");
}

static void print_section(struct run *run, enum section section)
{
    static const char *const words[] = {"SET ", "REMOVE ", "ADD ", "DELETE "};
    bool is_first = true;
    for (size_t i = 0; i < run->action_count; i++) {
        const struct action *action = &run->actions[i];
        if (action->section != section)
            continue;
        sim_buffer_append_text(&run->text, is_first ? words[section] : ", ");
        is_first = false;
        print_place(run, &action->place);
        if (section == SET) {
            sim_buffer_append_text(&run->text, " = ");
            print_source(run, action);
        } else if (section != REMOVE) {
            sim_buffer_printf(&run->text, " %s", action->constant->string);
        }
    }
    if (!is_first)
        sim_buffer_append_text(&run->text, " ");
}

static void draw_update(struct run *run)
{
    for (char attribute = 'a'; attribute <= 'f'; attribute++)
        if (draw(run, 4) == 0)
            draw_action(run, attribute);
    if (run->action_count == 0)
        draw_action(run, model_attribute(run->random));
    unsigned first = draw(run, SECTION_COUNT); /* sections come in any order */
    for (unsigned i = 0; i < SECTION_COUNT; i++)
        print_section(run, (enum section)((first + i) % SECTION_COUNT));
}

/* --- the model ---------------------------------------------------------------------------------
 */

static const cJSON *read_place(const cJSON *item, const struct place *place)
{
    const char name[] = {place->attribute, '\0'};
    const cJSON *value = model_find(item, name);
    if (place->step == 0 || value == NULL)
        return value;
    if (place->step < 3)
        return model_is(value, "M") ? model_find(value->child, place->step == 1 ? "k" : "l") : NULL;
    return model_is(value, "L") ? model_at(value->child, (unsigned)place->step - 3) : NULL;
}

static cJSON *number_value(long number)
{
    char text[24];
    cJSON *value = cJSON_CreateObject();
    snprintf(text, sizeof text, "%ld", number);
    cJSON_AddStringToObject(value, "N", text);
    return value;
}

static long number_of(const cJSON *value)
{
    return strtol(value->child->valuestring, NULL, 10);
}

/* NULL: refused. */
static cJSON *model_set_value(const struct action *action, const cJSON *old_item)
{
    const cJSON *other = read_place(old_item, &action->other);
    switch (action->source) {
    case FROM_CONSTANT:
        return cJSON_Duplicate(action->constant, true);
    case FROM_PATH:
        return other == NULL ? NULL : cJSON_Duplicate(other, true);
    case FROM_DEFAULT:
        return cJSON_Duplicate(other == NULL ? action->constant : other, true);
    case FROM_SUM:
        if (!model_is(other, "N"))
            return NULL;
        return number_value(number_of(other) +
                            (action->is_minus ? -1 : 1) * number_of(action->constant));
    case FROM_JOIN:
        break;
    }
    if (!model_is(other, "L"))
        return NULL;
    cJSON *joined = cJSON_Duplicate(other, true);
    for (const cJSON *e = action->constant->child->child; e != NULL; e = e->next)
        cJSON_AddItemToArray(joined->child, cJSON_Duplicate(e, true));
    return joined;
}

static bool has_member(const cJSON *set, const char *text)
{
    for (const cJSON *member = set->child; member != NULL; member = member->next)
        if (strcmp(member->valuestring, text) == 0)
            return true;
    return false;
}

/* Union or difference of an old set and the action's. */
static cJSON *model_set_change(const struct action *action, const cJSON *old_value)
{
    const cJSON *constant = action->constant;
    cJSON *made = cJSON_CreateObject();
    cJSON *members = cJSON_AddArrayToObject(made, model_type(constant));
    for (const cJSON *m = old_value->child->child; m != NULL; m = m->next)
        if (action->section == ADD || !has_member(constant->child, m->valuestring))
            cJSON_AddItemToArray(members, cJSON_CreateString(m->valuestring));
    for (const cJSON *m = constant->child->child; action->section == ADD && m != NULL; m = m->next)
        if (!has_member(old_value->child, m->valuestring))
            cJSON_AddItemToArray(members, cJSON_CreateString(m->valuestring));
    return made;
}

/* What is to stand at the place; is_gone: nothing; false: refused. */
static bool model_compute(const struct action *action, const cJSON *old_item, cJSON **value,
                          bool *is_gone)
{
    const cJSON *old_value = read_place(old_item, &action->place);
    *value = NULL;
    *is_gone = action->section == REMOVE;
    if (action->section == REMOVE)
        return true;
    if (action->section == SET) {
        *value = model_set_value(action, old_item);
        return *value != NULL;
    }
    if (old_value == NULL) {
        if (action->section == ADD)
            *value = cJSON_Duplicate(action->constant, true);
        return true;
    }
    if (strcmp(model_type(old_value), model_type(action->constant)) != 0)
        return false;
    if (model_is(old_value, "N")) {
        *value = number_value(number_of(old_value) + number_of(action->constant));
        return true;
    }
    *value = model_set_change(action, old_value);
    if ((*value)->child->child != NULL)
        return true;
    cJSON_Delete(*value);
    *value = NULL;
    *is_gone = true;
    return true;
}

/* Whether the place's container is there to be written to. */
static bool has_container(const cJSON *item, const struct place *place)
{
    const char name[] = {place->attribute, '\0'};
    const cJSON *parent = model_find(item, name);
    return place->step == 0 || model_is(parent, place->step < 3 ? "M" : "L");
}

static void model_write(cJSON *item, const struct place *place, cJSON *value)
{
    const char name[] = {place->attribute, '\0'};
    cJSON *container = item;
    const char *member = name;
    if (place->step > 0) {
        container = cJSON_GetObjectItemCaseSensitive(item, name)->child;
        member = place->step == 1 ? "k" : "l";
    }
    if (place->step < 3) {
        cJSON_DeleteItemFromObjectCaseSensitive(container, member);
        if (value != NULL)
            cJSON_AddItemToObject(container, member, value);
        return;
    }
    int index = place->step - 3;
    bool is_inside = index < cJSON_GetArraySize(container);
    if (is_inside)
        cJSON_DeleteItemFromArray(container, index);
    if (value != NULL && is_inside)
        cJSON_InsertItemInArray(container, index, value);
    else if (value != NULL)
        cJSON_AddItemToArray(container, value);
}

/* The new item, or NULL where the update is refused. */
static cJSON *model_update(const struct run *run, const cJSON *old_item)
{
    cJSON *item = cJSON_Duplicate(old_item, true);
    for (size_t i = 0; i < run->action_count; i++) {
        const struct action *action = &run->actions[i];
        cJSON *value = NULL;
        bool is_gone = false;
        bool is_good = model_compute(action, old_item, &value, &is_gone);
        bool writes = value != NULL || is_gone;
        if (!is_good || (writes && !has_container(item, &action->place))) {
            cJSON_Delete(value);
            cJSON_Delete(item);
            return NULL;
        }
        if (writes)
            model_write(item, &action->place, value);
    }
    return item;
}

/* --- the test --------------------------------------------------------------------------------- */

static bool items_equal(const cJSON *a, const cJSON *b)
{
    if (model_count(a) != model_count(b))
        return false;
    for (const cJSON *member = a->child; member != NULL; member = member->next) {
        const cJSON *other = model_find(b, member->string);
        if (other == NULL || !model_equal(member, other))
            return false;
    }
    return true;
}

static void fail_run(const struct run *run, const cJSON *old_item, const cJSON *wanted,
                     const cJSON *got, unsigned number)
{
    char *texts[] = {cJSON_PrintUnformatted(old_item), cJSON_PrintUnformatted(run->values),
                     cJSON_PrintUnformatted(wanted), cJSON_PrintUnformatted(got)};
    fail_msg("run %u of seed %" PRIu64 "\n%s\n%s\n%s\nwants %s\ngives %s", number, model_seed(),
             run->text.data, texts[0], texts[1], wanted == NULL ? "a refusal" : texts[2],
             got == NULL ? "a refusal" : texts[3]);
}

/* The result stays in normal form, and the old item as it was. */
static void check_forms(struct sim_arena *arena, cJSON *item, const cJSON *old_item,
                        const cJSON *old_copy)
{
    struct ddb_fault fault = {.arena = arena};
    cJSON *copy = cJSON_Duplicate(item, true);
    assert_true(ddb_item_normalise(copy, &fault));
    assert_true(items_equal(copy, item));
    assert_true(items_equal(old_item, old_copy));
    cJSON_Delete(copy);
}

static bool check_one(struct sim_random *random, unsigned number)
{
    struct run run = {
        .random = random, .arena = sim_arena_create(), .values = cJSON_CreateObject()};
    struct ddb_fault fault = {.arena = run.arena};
    sim_buffer_init(&run.text);
    cJSON *old_item = model_item(random);
    cJSON *old_copy = cJSON_Duplicate(old_item, true);
    cJSON *item = cJSON_Duplicate(old_item, true);
    draw_update(&run);
    const struct ddb_binding *binding =
        model_bind(run.arena, DDB_EXPRESSION_UPDATE, run.text.data, NULL, run.values);
    if (binding == NULL)
        fail_msg("run %u of seed %" PRIu64, number, model_seed());
    bool is_good = ddb_update_apply(binding, old_item, item, &fault);
    cJSON *wanted = model_update(&run, old_item);
    if (is_good != (wanted != NULL) || (is_good && !items_equal(item, wanted)))
        fail_run(&run, old_item, wanted, is_good ? item : NULL, number);
    if (is_good)
        check_forms(run.arena, item, old_item, old_copy);
    cJSON_Delete(wanted);
    cJSON_Delete(item);
    cJSON_Delete(old_copy);
    cJSON_Delete(old_item);
    cJSON_Delete(run.values);
    sim_buffer_fini(&run.text);
    sim_arena_destroy(run.arena);
    return is_good;
}

static void test_updates_agree_with_the_model(void **state)
{
    (void)state;
    struct sim_random random;
    unsigned runs = model_run_count(RUNS_USUAL);
    unsigned good_count = 0;
    sim_random_init(&random, model_seed(), "property/updates");
    for (unsigned i = 0; i < runs; i++)
        good_count += check_one(&random, i);
    assert_in_range(good_count, runs / 10, runs - runs / 10); /* both ends are met */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_updates_agree_with_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
