/* Reads compared with the oracle. */
#include "tests/property/dynamodb/fixture_model_reads.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/wire/call.h"

#define BATCH_MAX 8

/* The table or an index: its key, and what it keeps of an item. */
static const struct view {
    const char *name; /* NULL: the table */
    enum thing_field hash[2];
    unsigned hash_count;
    enum thing_field sort[2];
    unsigned sort_count;
    unsigned kept; /* scalars */
    bool keeps_set;
    bool keeps_list;
} views[] = {
    {NULL, {THING_PK}, 1, {THING_SK}, 1, BIT(THING_SCALARS) - 1, true, true},
    {"by-g", {THING_G}, 1, {THING_N}, 1, BIT(THING_SCALARS) - 1, true, true},
    {"by-many",
     {THING_G, THING_H},
     2,
     {THING_N, THING_T},
     2,
     BIT(THING_G) | BIT(THING_H) | BIT(THING_N) | BIT(THING_T),
     false,
     false},
    {"by-t", {THING_PK}, 1, {THING_T}, 1, BIT(THING_T) | BIT(THING_N), true, false},
};

static struct thing kept_of(const struct view *view, const struct thing *thing)
{
    struct thing kept = *thing;
    for (unsigned i = 0; i < THING_SCALARS; i++)
        if ((view->kept & BIT(i)) == 0)
            kept.scalars[i] = THING_ABSENT;
    if (!view->keeps_set)
        kept.members = 0;
    if (!view->keeps_list)
        kept.list_count = -1;
    return kept;
}

static bool is_in_view(const struct view *view, unsigned key, const struct thing *thing)
{
    bool is_in = thing->exists;
    for (unsigned i = 0; i < view->hash_count; i++)
        is_in = is_in && thing_value(key, thing, view->hash[i]) != THING_ABSENT;
    for (unsigned i = 0; i < view->sort_count; i++)
        is_in = is_in && thing_value(key, thing, view->sort[i]) != THING_ABSENT;
    return is_in;
}

/* What a Query asks: the hash attributes, then equal leading sort attributes, then one condition.
 */
struct range {
    const struct view *view; /* NULL in no case */
    bool is_scan;
    int hash[2];
    unsigned equal_count;
    int equal[2];
    bool has_sort;
    bool is_between;
    unsigned comparator;
    int low;
    int high;
};

static bool is_in_range(const struct range *range, unsigned key, const struct thing *thing)
{
    const struct view *view = range->view;
    if (!is_in_view(view, key, thing))
        return false;
    if (range->is_scan)
        return true;
    for (unsigned i = 0; i < view->hash_count; i++)
        if (thing_value(key, thing, view->hash[i]) != range->hash[i])
            return false;
    for (unsigned i = 0; i < range->equal_count; i++)
        if (thing_value(key, thing, view->sort[i]) != range->equal[i])
            return false;
    if (!range->has_sort)
        return true;
    int value = thing_value(key, thing, view->sort[range->equal_count]);
    return range->is_between ? value >= range->low && value <= range->high
                             : thing_compare(range->comparator, value, range->low);
}

static void draw_range(struct model_run *run, struct range *range)
{
    struct sim_random *random = &run->random;
    *range = (struct range){.view = &views[model_below(run, ARRAY_LEN(views))]};
    const struct view *view = range->view;
    for (unsigned i = 0; i < view->hash_count; i++)
        range->hash[i] = thing_draw_value(random, view->hash[i]);
    range->equal_count = (unsigned)model_below(run, view->sort_count);
    for (unsigned i = 0; i < range->equal_count; i++)
        range->equal[i] = thing_draw_value(random, view->sort[i]);
    range->has_sort = model_below(run, 3) != 0;
    range->is_between = model_below(run, 4) == 0;
    range->comparator = (unsigned)model_below(run, 5);
    range->low = thing_draw_value(random, view->sort[range->equal_count]);
    range->high = range->low + (int)model_below(run, 4);
    if (thing_field_is_text(view->sort[range->equal_count]) && range->high > 9)
        range->high = 9;
}

static void write_range(struct thing_writer *writer, const struct range *range)
{
    const struct view *view = range->view;
    for (unsigned i = 0; i < view->hash_count; i++) {
        sim_buffer_printf(&writer->text, "%s%s = ", i > 0 ? " AND " : "",
                          thing_field_name(view->hash[i]));
        thing_write_operand(writer, view->hash[i], range->hash[i]);
    }
    for (unsigned i = 0; i < range->equal_count; i++) {
        sim_buffer_printf(&writer->text, " AND %s = ", thing_field_name(view->sort[i]));
        thing_write_operand(writer, view->sort[i], range->equal[i]);
    }
    if (!range->has_sort)
        return;
    enum thing_field field = view->sort[range->equal_count];
    sim_buffer_printf(&writer->text, " AND %s %s ", thing_field_name(field),
                      range->is_between ? "BETWEEN" : thing_comparator(range->comparator));
    thing_write_operand(writer, field, range->low);
    if (range->is_between) {
        sim_buffer_append_text(&writer->text, " AND ");
        thing_write_operand(writer, field, range->high);
    }
}

/* --- walking pages --- */

struct walk {
    const char *table;
    const struct thing *things;
    struct range range;
    bool has_filter;
    struct thing_condition filter;
    bool is_backward;
    unsigned limit; /* 0: none */
    unsigned segments;
    bool seen[THING_KEYS];
    unsigned found_count;
    unsigned scanned_count;
    bool has_last; /* of the ordered ones */
    unsigned last_key;
};

static void check_order(struct model_run *run, struct walk *walk, unsigned key)
{
    const struct view *view = walk->range.view;
    int order = 0;
    for (unsigned i = 0; i < view->sort_count && order == 0 && walk->has_last; i++) {
        int before = thing_value(walk->last_key, &walk->things[walk->last_key], view->sort[i]);
        int now = thing_value(key, &walk->things[key], view->sort[i]);
        order = before < now ? -1 : before > now;
    }
    if ((walk->is_backward ? -order : order) > 0)
        model_fail(run, "item %u comes behind item %u", key, walk->last_key);
    walk->has_last = true;
    walk->last_key = key;
}

static void check_found(struct model_run *run, struct walk *walk, const cJSON *item)
{
    unsigned key = 0;
    if (!thing_read_key(item, &key))
        model_fail(run, "an item without its key");
    if (walk->seen[key] || !is_in_range(&walk->range, key, &walk->things[key]))
        model_fail(run, "item %u is %s", key,
                   walk->seen[key] ? "there twice" : "not of this range");
    struct thing kept = kept_of(walk->range.view, &walk->things[key]);
    if (walk->has_filter && !thing_condition_holds(&walk->filter, key, &kept))
        model_fail(run, "item %u is not for the filter", key);
    model_expect_item(run, item, key, &kept);
    walk->seen[key] = true;
    walk->found_count++;
    if (!walk->range.is_scan)
        check_order(run, walk, key);
}

static void write_call(const struct walk *walk, unsigned segment, const cJSON *start,
                       struct sim_buffer *json)
{
    struct thing_writer range;
    struct thing_writer filter;
    thing_writer_init(&range, false);
    thing_writer_init(&filter, false);
    sim_buffer_printf(json, "{\"TableName\":\"%s\"", walk->table);
    if (!walk->range.is_scan) {
        write_range(&range, &walk->range);
        sim_buffer_printf(json, ",\"KeyConditionExpression\":\"%s\",\"ScanIndexForward\":%s",
                          range.text.data, walk->is_backward ? "false" : "true");
    } else if (walk->segments > 1) {
        sim_buffer_printf(json, ",\"Segment\":%u,\"TotalSegments\":%u", segment, walk->segments);
    }
    filter.value_count = range.value_count;
    if (walk->has_filter) {
        thing_condition_write(&filter, &walk->filter);
        sim_buffer_printf(json, ",\"FilterExpression\":\"%s\"", filter.text.data);
    }
    if (range.values.length_bytes + filter.values.length_bytes > 0)
        sim_buffer_printf(json, ",\"ExpressionAttributeValues\":{%s%s}",
                          range.values.length_bytes > 0 ? range.values.data : "",
                          filter.values.length_bytes > 0 ? filter.values.data : "");
    if (walk->range.view->name != NULL)
        sim_buffer_printf(json, ",\"IndexName\":\"%s\"", walk->range.view->name);
    if (walk->limit > 0)
        sim_buffer_printf(json, ",\"Limit\":%u", walk->limit);
    if (start != NULL) {
        char *text = cJSON_PrintUnformatted(start);
        sim_buffer_printf(json, ",\"ExclusiveStartKey\":%s", text);
        free(text);
    }
    sim_buffer_append_text(json, "}");
    thing_writer_fini(&range);
    thing_writer_fini(&filter);
}

static void walk_pages(struct model_run *run, struct walk *walk, unsigned segment)
{
    cJSON *start = NULL;
    do {
        struct sim_buffer json;
        struct model_answer answer;
        sim_buffer_init(&json);
        write_call(walk, segment, start, &json);
        cJSON_Delete(start);
        model_ask(run, "dynamodb", walk->range.is_scan ? "Scan" : "Query", &json, &answer);
        model_expect(run, &answer, NULL);
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer.output, "Items")->child;
        for (; item != NULL; item = item->next)
            check_found(run, walk, item);
        walk->scanned_count += (unsigned)wire_member(answer.output, "ScannedCount")->valueint;
        start = cJSON_DetachItemFromObjectCaseSensitive(answer.output, "LastEvaluatedKey");
        model_answer_fini(&answer);
        sim_buffer_fini(&json);
    } while (start != NULL);
}

static void walk_all(struct model_run *run, struct walk *walk)
{
    unsigned expected = 0;
    unsigned scanned = 0;
    for (unsigned segment = 0; segment < walk->segments; segment++)
        walk_pages(run, walk, segment);
    for (unsigned key = 0; key < THING_KEYS; key++) {
        if (!is_in_range(&walk->range, key, &walk->things[key]))
            continue;
        struct thing kept = kept_of(walk->range.view, &walk->things[key]);
        scanned++;
        if (!walk->has_filter || thing_condition_holds(&walk->filter, key, &kept))
            expected++;
    }
    if (walk->found_count != expected || walk->scanned_count != scanned)
        model_fail(run, "found %u of %u items, looked at %u of %u", walk->found_count, expected,
                   walk->scanned_count, scanned);
}

static void draw_paging(struct model_run *run, struct walk *walk)
{
    walk->limit = model_below(run, 2) == 0 ? 0 : 1 + (unsigned)model_below(run, 12);
    walk->has_filter = model_below(run, 3) == 0;
    if (walk->has_filter) /* of an index's and the table's key attributes none */
        thing_condition_draw(&run->random, BIT(THING_V), &walk->filter);
}

void model_query(struct model_run *run)
{
    struct walk walk = {.table = "tab", .things = run->things, .segments = 1};
    draw_range(run, &walk.range);
    draw_paging(run, &walk);
    walk.is_backward = model_below(run, 2) == 0;
    walk_all(run, &walk);
}

void model_scan(struct model_run *run)
{
    struct walk walk = {
        .table = "tab",
        .things = run->things,
        .range = {.view = &views[model_below(run, ARRAY_LEN(views))], .is_scan = true},
        .segments = 1 + (unsigned)model_below(run, 4),
    };
    draw_paging(run, &walk);
    if (walk.limit > 0)
        walk.limit += 8;
    walk_all(run, &walk);
}

void model_compare_all(struct model_run *run, const char *table, const struct thing *things)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct walk walk = {.table = table,
                            .things = things,
                            .range = {.view = &views[i], .is_scan = true},
                            .segments = 1};
        walk_all(run, &walk);
    }
}

/* --- by key --- */

/* Different keys; how many. */
static unsigned draw_keys(struct model_run *run, unsigned keys[BATCH_MAX])
{
    unsigned count = 1 + (unsigned)model_below(run, BATCH_MAX);
    unsigned first = (unsigned)model_below(run, THING_KEYS);
    for (unsigned i = 0; i < count; i++) /* 7 and 96 have no divisor in common */
        keys[i] = (first + 7 * i) % THING_KEYS;
    return count;
}

static void get_one(struct model_run *run)
{
    struct sim_buffer json;
    struct model_answer answer;
    unsigned key = (unsigned)model_below(run, THING_KEYS);
    struct thing expected = run->things[key];
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"TableName\":\"tab\",\"Key\":");
    thing_print_key(&json, key);
    if (model_below(run, 3) == 0) {
        sim_buffer_append_text(&json, ",\"ProjectionExpression\":\"pk, sk, n, s\"");
        for (int i = 0; i < THING_SCALARS; i++)
            if (i != THING_N)
                expected.scalars[i] = THING_ABSENT;
        expected.list_count = -1;
    }
    sim_buffer_append_text(&json, "}");
    model_ask(run, "dynamodb", "GetItem", &json, &answer);
    model_expect(run, &answer, NULL);
    model_expect_item(run, wire_member(answer.output, "Item"), key, &expected);
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

static void get_batch(struct model_run *run)
{
    unsigned keys[BATCH_MAX];
    unsigned expected = 0;
    unsigned count = draw_keys(run, keys);
    struct sim_buffer json;
    struct model_answer answer;
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"RequestItems\":{\"tab\":{\"Keys\":[");
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_append_text(&json, i > 0 ? "," : "");
        thing_print_key(&json, keys[i]);
        expected += run->things[keys[i]].exists ? 1 : 0;
    }
    sim_buffer_append_text(&json, "]}}}");
    model_ask(run, "dynamodb", "BatchGetItem", &json, &answer);
    model_expect(run, &answer, NULL);
    const cJSON *items = wire_member(wire_member(answer.output, "Responses"), "tab");
    if ((unsigned)cJSON_GetArraySize(items) != expected)
        model_fail(run, "%d items instead of %u", cJSON_GetArraySize(items), expected);
    for (const cJSON *item = items != NULL ? items->child : NULL; item != NULL; item = item->next) {
        unsigned key = 0;
        if (!thing_read_key(item, &key))
            model_fail(run, "an item without its key");
        model_expect_item(run, item, key, &run->things[key]);
    }
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

static void get_in_transaction(struct model_run *run)
{
    unsigned keys[BATCH_MAX];
    unsigned count = draw_keys(run, keys);
    struct sim_buffer json;
    struct model_answer answer;
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"TransactItems\":[");
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_printf(&json, "%s{\"Get\":{\"TableName\":\"tab\",\"Key\":", i > 0 ? "," : "");
        thing_print_key(&json, keys[i]);
        sim_buffer_append_text(&json, "}}");
    }
    sim_buffer_append_text(&json, "]}");
    model_ask(run, "dynamodb", "TransactGetItems", &json, &answer);
    model_expect(run, &answer, NULL);
    const cJSON *response = wire_member(answer.output, "Responses")->child;
    for (unsigned i = 0; i < count; i++, response = response->next)
        model_expect_item(run, wire_member(response, "Item"), keys[i], &run->things[keys[i]]);
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

void model_get(struct model_run *run)
{
    uint64_t kind = model_below(run, 4);
    if (kind == 0)
        get_batch(run);
    else if (kind == 1)
        get_in_transaction(run);
    else
        get_one(run);
}

void model_select(struct model_run *run)
{
    struct walk walk = {.table = "tab", .things = run->things, .segments = 1};
    struct thing_writer writer;
    struct sim_buffer json;
    struct model_answer answer;
    unsigned expected = 0;
    do
        draw_range(run, &walk.range);
    while (walk.range.view->name != NULL);
    thing_writer_init(&writer, true);
    write_range(&writer, &walk.range);
    sim_buffer_init(&json);
    sim_buffer_printf(&json, "{\"Statement\":\"SELECT * FROM tab WHERE %s\"}", writer.text.data);
    model_ask(run, "dynamodb", "ExecuteStatement", &json, &answer);
    model_expect(run, &answer, NULL);
    for (const cJSON *item = wire_member(answer.output, "Items")->child; item != NULL;
         item = item->next)
        check_found(run, &walk, item);
    for (unsigned key = 0; key < THING_KEYS; key++)
        expected += is_in_range(&walk.range, key, &run->things[key]) ? 1 : 0;
    if (walk.found_count != expected)
        model_fail(run, "selected %u of %u items", walk.found_count, expected);
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
    thing_writer_fini(&writer);
}
