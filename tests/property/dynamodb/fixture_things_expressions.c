/* Random conditions and updates: written for the service, evaluated plainly. */
#include <stdlib.h>

#include "tests/property/dynamodb/fixture_things.h"

static const char *const comparators[] = {"=", "<", "<=", ">", ">="};

bool thing_compare(unsigned comparator, int left, int right)
{
    switch (comparator) {
    case 0:
        return left == right;
    case 1:
        return left < right;
    case 2:
        return left <= right;
    case 3:
        return left > right;
    default:
        return left >= right;
    }
}

const char *thing_comparator(unsigned comparator)
{
    return comparators[comparator];
}

static void draw_test(struct sim_random *random, unsigned allowed, struct thing_test *test)
{
    do
        test->field = (enum thing_field)sim_random_below(random, THING_SCALARS);
    while ((allowed & 1u << test->field) == 0);
    test->kind = (enum thing_test_kind)sim_random_below(random, 4);
    test->comparator = (unsigned)sim_random_below(random, ARRAY_LEN(comparators));
    test->low = thing_draw_value(random, test->field);
    test->high = thing_draw_value(random, test->field);
    if (test->kind == THING_IS_BETWEEN && test->low > test->high) {
        int low = test->high;
        test->high = test->low;
        test->low = low;
    }
    if (test->kind == THING_CONTAINS)
        test->low = (int)sim_random_below(random, THING_MEMBERS);
    test->is_negated = sim_random_below(random, 3) == 0;
}

void thing_condition_draw(struct sim_random *random, unsigned allowed, struct thing_condition *out)
{
    out->count = 1 + (unsigned)sim_random_below(random, 2);
    out->is_any = sim_random_below(random, 2) == 0;
    for (unsigned i = 0; i < out->count; i++)
        draw_test(random, allowed, &out->tests[i]);
}

static void write_contains(struct thing_writer *writer, int member)
{
    if (writer->is_partiql) {
        sim_buffer_printf(&writer->text, "contains(s, 'm%d')", member);
        return;
    }
    sim_buffer_printf(&writer->text, "contains(s, :v%u)", writer->value_count);
    sim_buffer_printf(&writer->values, "%s\":v%u\":{\"S\":\"m%d\"}",
                      writer->value_count > 0 ? "," : "", writer->value_count, member);
    writer->value_count++;
}

static void write_test(struct thing_writer *writer, const struct thing_test *test)
{
    const char *name = thing_field_name(test->field);
    sim_buffer_append_text(&writer->text, test->is_negated ? "NOT (" : "");
    switch (test->kind) {
    case THING_EXISTS:
        sim_buffer_printf(&writer->text,
                          writer->is_partiql ? "%s IS NOT MISSING" : "attribute_exists(%s)", name);
        break;
    case THING_COMPARES:
        sim_buffer_printf(&writer->text, "%s %s ", name, comparators[test->comparator]);
        thing_write_operand(writer, test->field, test->low);
        break;
    case THING_IS_BETWEEN:
        sim_buffer_printf(&writer->text, "%s BETWEEN ", name);
        thing_write_operand(writer, test->field, test->low);
        sim_buffer_append_text(&writer->text, " AND ");
        thing_write_operand(writer, test->field, test->high);
        break;
    case THING_CONTAINS:
        write_contains(writer, test->low);
        break;
    }
    sim_buffer_append_text(&writer->text, test->is_negated ? ")" : "");
}

void thing_condition_write(struct thing_writer *writer, const struct thing_condition *condition)
{
    /* Redundant parentheses are refused outside of PartiQL, where conditions follow the key. */
    bool is_part = writer->is_partiql && condition->count > 1;
    sim_buffer_append_text(&writer->text, is_part ? "(" : "");
    for (unsigned i = 0; i < condition->count; i++) {
        if (i > 0)
            sim_buffer_append_text(&writer->text, condition->is_any ? " OR " : " AND ");
        write_test(writer, &condition->tests[i]);
    }
    sim_buffer_append_text(&writer->text, is_part ? ")" : "");
}

static bool test_holds(const struct thing_test *test, unsigned key, const struct thing *thing)
{
    int value = thing_value(key, thing, test->field);
    bool holds = false;
    switch (test->kind) {
    case THING_EXISTS:
        holds = value != THING_ABSENT;
        break;
    case THING_COMPARES:
        holds = value != THING_ABSENT && thing_compare(test->comparator, value, test->low);
        break;
    case THING_IS_BETWEEN:
        holds = value != THING_ABSENT && value >= test->low && value <= test->high;
        break;
    case THING_CONTAINS:
        holds = (thing->members & 1u << test->low) != 0;
        break;
    }
    return holds != test->is_negated;
}

bool thing_condition_holds(const struct thing_condition *condition, unsigned key,
                           const struct thing *thing)
{
    bool holds = test_holds(&condition->tests[0], key, thing);
    if (condition->count == 1)
        return holds;
    bool other = test_holds(&condition->tests[1], key, thing);
    return condition->is_any ? holds || other : holds && other;
}

/* --- updates --- */

static void draw_change(struct sim_random *random, const struct thing *thing, bool may_fail,
                        struct thing_change *change)
{
    static const enum thing_change_kind list_kinds[] = {THING_APPEND, THING_REMOVE_FIRST,
                                                        THING_REMOVE_LIST};
    switch (sim_random_below(random, 8)) {
    case 0: /* the number that is counted with */
        change->field = THING_V;
        change->kind = (enum thing_change_kind)(THING_SUM + sim_random_below(random, 3));
        if (change->kind == THING_SUM && !may_fail && thing->scalars[THING_V] == THING_ABSENT)
            change->kind = THING_ADD;
        break;
    case 1:
        change->field = THING_MEMBER_SET;
        change->kind = (enum thing_change_kind)(THING_ADD_MEMBERS + sim_random_below(random, 2));
        break;
    case 2:
        change->field = THING_NUMBER_LIST;
        change->kind = list_kinds[sim_random_below(random, 3)];
        if (change->kind == THING_APPEND && thing->list_count == THING_LIST_MAX)
            change->kind = THING_REMOVE_LIST;
        if (change->kind == THING_REMOVE_FIRST && thing->list_count <= 0)
            change->kind = THING_APPEND;
        break;
    default:
        change->field = (enum thing_field)sim_random_below(random, THING_SCALARS);
        change->kind = sim_random_below(random, 4) == 0 ? THING_REMOVE : THING_SET;
        break;
    }
    if (change->field == THING_MEMBER_SET)
        change->value = 1 + (int)sim_random_below(random, (1u << THING_MEMBERS) - 1);
    else if (change->field == THING_NUMBER_LIST)
        change->value = (int)sim_random_below(random, 100);
    else
        change->value = thing_draw_value(random, change->field);
}

void thing_update_draw(struct sim_random *random, const struct thing *thing, bool is_partiql,
                       bool may_fail, struct thing_update *out)
{
    unsigned wanted = 1 + (unsigned)sim_random_below(random, ARRAY_LEN(out->changes));
    out->count = 0;
    while (out->count < wanted) {
        struct thing_change change;
        bool is_new = true;
        draw_change(random, thing, may_fail, &change);
        if (is_partiql && change.kind != THING_SET && change.kind != THING_REMOVE)
            continue;
        for (unsigned i = 0; i < out->count; i++)
            is_new = is_new && out->changes[i].field != change.field;
        if (is_new)
            out->changes[out->count++] = change;
    }
}

static void write_members(struct thing_writer *writer, int members)
{
    sim_buffer_printf(&writer->text, "s :v%u", writer->value_count);
    sim_buffer_printf(&writer->values, "%s\":v%u\":{\"SS\":[", writer->value_count > 0 ? "," : "",
                      writer->value_count);
    const char *before = "";
    for (unsigned i = 0; i < THING_MEMBERS; i++)
        if (((unsigned)members & 1u << i) != 0) {
            sim_buffer_printf(&writer->values, "%s\"m%u\"", before, i);
            before = ",";
        }
    sim_buffer_append_text(&writer->values, "]}");
    writer->value_count++;
}

static void write_append(struct thing_writer *writer, int value)
{
    sim_buffer_printf(&writer->text, "l = list_append(if_not_exists(l, :v%u), :v%u)",
                      writer->value_count, writer->value_count + 1);
    sim_buffer_printf(&writer->values, "%s\":v%u\":{\"L\":[]},\":v%u\":{\"L\":[{\"N\":\"%d\"}]}",
                      writer->value_count > 0 ? "," : "", writer->value_count,
                      writer->value_count + 1, value);
    writer->value_count += 2;
}

static void write_change(struct thing_writer *writer, const struct thing_change *change)
{
    const char *name =
        change->field < THING_FIELDS ? thing_field_name(change->field) : "l"; /* never the set */
    switch (change->kind) {
    case THING_SET:
        sim_buffer_printf(&writer->text, "%s = ", name);
        thing_write_operand(writer, change->field, change->value);
        break;
    case THING_SUM:
        sim_buffer_append_text(&writer->text, "v = v + ");
        thing_write_operand(writer, change->field, change->value);
        break;
    case THING_DEFAULT:
        sim_buffer_append_text(&writer->text, "v = if_not_exists(v, ");
        thing_write_operand(writer, change->field, change->value);
        sim_buffer_append_text(&writer->text, ")");
        break;
    case THING_ADD:
        sim_buffer_append_text(&writer->text, "v ");
        thing_write_operand(writer, change->field, change->value);
        break;
    case THING_ADD_MEMBERS:
    case THING_DELETE_MEMBERS:
        write_members(writer, change->value);
        break;
    case THING_APPEND:
        write_append(writer, change->value);
        break;
    case THING_REMOVE_FIRST:
        sim_buffer_append_text(&writer->text, "l[0]");
        break;
    case THING_REMOVE:
    case THING_REMOVE_LIST:
        sim_buffer_append_text(&writer->text, name);
        break;
    }
}

void thing_update_write(struct thing_writer *writer, const struct thing_update *update)
{
    static const struct {
        const char *word;
        unsigned kinds;
    } sections[] = {
        {"SET", 1u << THING_SET | 1u << THING_SUM | 1u << THING_DEFAULT | 1u << THING_APPEND},
        {"REMOVE", 1u << THING_REMOVE | 1u << THING_REMOVE_FIRST | 1u << THING_REMOVE_LIST},
        {"ADD", 1u << THING_ADD | 1u << THING_ADD_MEMBERS},
        {"DELETE", 1u << THING_DELETE_MEMBERS},
    };
    for (size_t s = 0; s < ARRAY_LEN(sections); s++) {
        bool is_first = true;
        for (unsigned i = 0; i < update->count; i++) {
            if ((sections[s].kinds & 1u << update->changes[i].kind) == 0)
                continue;
            if (is_first || writer->is_partiql) /* PartiQL: the word before each */
                sim_buffer_printf(&writer->text, " %s ", sections[s].word);
            else
                sim_buffer_append_text(&writer->text, ", ");
            is_first = false;
            write_change(writer, &update->changes[i]);
        }
    }
}

static void apply_to_list(const struct thing_change *change, struct thing *thing)
{
    if (change->kind == THING_REMOVE_LIST) {
        thing->list_count = -1;
    } else if (change->kind == THING_APPEND) {
        if (thing->list_count < 0)
            thing->list_count = 0;
        thing->list[thing->list_count++] = change->value;
    } else {
        for (int i = 1; i < thing->list_count; i++)
            thing->list[i - 1] = thing->list[i];
        thing->list_count--;
    }
}

static bool only_takes_away(const struct thing_update *update)
{
    const unsigned takes = BIT(THING_REMOVE) | BIT(THING_DELETE_MEMBERS) | BIT(THING_REMOVE_FIRST) |
                           BIT(THING_REMOVE_LIST);
    for (unsigned i = 0; i < update->count; i++)
        if ((takes & BIT(update->changes[i].kind)) == 0)
            return false;
    return true;
}

bool thing_update_apply(const struct thing_update *update, struct thing *thing)
{
    for (unsigned i = 0; i < update->count; i++) {
        const struct thing_change *change = &update->changes[i];
        bool is_there =
            change->field < THING_SCALARS && thing->scalars[change->field] != THING_ABSENT;
        switch (change->kind) {
        case THING_SET:
            thing->scalars[change->field] = change->value;
            break;
        case THING_SUM:
            if (!is_there)
                return false;
            thing->scalars[THING_V] += change->value;
            break;
        case THING_DEFAULT:
            if (!is_there)
                thing->scalars[THING_V] = change->value;
            break;
        case THING_ADD:
            thing->scalars[THING_V] = change->value + (is_there ? thing->scalars[THING_V] : 0);
            break;
        case THING_REMOVE:
            thing->scalars[change->field] = THING_ABSENT;
            break;
        case THING_ADD_MEMBERS:
            thing->members |= (unsigned)change->value;
            break;
        case THING_DELETE_MEMBERS:
            thing->members &= ~(unsigned)change->value;
            break;
        case THING_APPEND:
        case THING_REMOVE_FIRST:
        case THING_REMOVE_LIST:
            apply_to_list(change, thing);
            break;
        }
    }
    thing->exists = thing->exists || !only_takes_away(update); /* else none is made */
    return true;
}
