#include "emulators/dynamodb/page.h"

#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/throttle.h"

/* --- parse -------------------------------------------------------------------------------------
 */

/* A Query has none. */
static bool parse_segment(struct ddb_page *page, struct ddb_fault *fault)
{
    const cJSON *input = page->call->input;
    page->segment = page->is_query ? -1 : wire_integer(input, "Segment", -1);
    page->segment_count = page->is_query ? -1 : wire_integer(input, "TotalSegments", -1);
    if (page->segment >= 0 && page->segment_count < 0)
        return ddb_invalid(fault, "The TotalSegments parameter is required but was not present in "
                                  "the request when Segment parameter is present");
    if (page->segment < 0 && page->segment_count >= 0)
        return ddb_invalid(fault, "The Segment parameter is required but was not present in the "
                                  "request when parameter TotalSegments is present");
    if (page->segment >= 0 && page->segment >= page->segment_count)
        return ddb_invalid(fault, "The Segment parameter is zero-based and must be less than "
                                  "parameter TotalSegments");
    return true;
}

/* AttributesToGet, if there is one. */
static bool parse_attributes(struct ddb_page *page, struct ddb_fault *fault)
{
    const cJSON *input = page->call->input;
    return wire_member(input, "AttributesToGet") == NULL ||
           ddb_request_projection(input, &page->context, &page->projection, fault);
}

/* The older parameters, in the order of each call. */
static bool parse_legacy(struct ddb_page *page, struct ddb_fault *fault)
{
    const cJSON *input = page->call->input;
    if (page->is_query)
        return ddb_legacy_check_operator(input, DDB_LEGACY_QUERY, fault) &&
               ddb_legacy_filter(input, "QueryFilter", &page->filter, fault) &&
               parse_attributes(page, fault);
    return ddb_legacy_check_operator(input, DDB_LEGACY_SCAN, fault) &&
           parse_attributes(page, fault) &&
           ddb_legacy_filter(input, "ScanFilter", &page->filter, fault);
}

/* Key condition, filter, projection: whatever is wrong with one is told before the next is read. */
static bool parse_expressions(struct ddb_page *page, const struct ddb_binding **key_condition,
                              struct ddb_fault *fault)
{
    const cJSON *input = page->call->input;
    const char *keys = page->is_query ? wire_text(input, "KeyConditionExpression") : NULL;
    const char *filter = wire_text(input, "FilterExpression");
    bool has_legacy_keys = page->is_query && wire_member(input, "KeyConditions") != NULL;
    if (page->is_query && keys == NULL && !has_legacy_keys)
        return ddb_invalid(fault, "Either the KeyConditions or KeyConditionExpression parameter "
                                  "must be specified in the request.");
    struct ddb_expression_context *context = &page->context;
    if (!ddb_expression_context_bind(context, DDB_EXPRESSION_KEY_CONDITION, keys, key_condition,
                                     fault) ||
        (filter != NULL && !ddb_expression_context_bind(context, DDB_EXPRESSION_FILTER, filter,
                                                        &page->filter, fault)) ||
        (page->projection == NULL &&
         !ddb_request_projection(input, context, &page->projection, fault)) ||
        !ddb_expression_context_finish(context, fault))
        return false;
    return !has_legacy_keys || ddb_legacy_key_conditions(input, key_condition, fault);
}

bool ddb_page_parse(struct ddb_page *page, struct wire_call *call, bool is_query,
                    const struct ddb_binding **key_condition, struct ddb_fault *fault)
{
    const cJSON *input = call->input;
    bool has_condition = wire_text(input, "FilterExpression") != NULL ||
                         (is_query && wire_text(input, "KeyConditionExpression") != NULL);
    struct ddb_expression_options options = {
        .names = wire_member(input, "ExpressionAttributeNames"),
        .values = wire_member(input, "ExpressionAttributeValues"),
        .possible =
            is_query ? "FilterExpression and KeyConditionExpression are" : "FilterExpression is",
        .has_expression = has_condition || wire_member(input, "ProjectionExpression") != NULL,
        .has_only_projection = !has_condition,
    };
    int64_t limit = wire_integer(input, "Limit", 0);
    *page = (struct ddb_page){
        .call = call,
        .is_query = is_query,
        .index_number = DDB_TABLE_ITSELF,
        .is_consistent = wire_flag(input, "ConsistentRead", false),
        .is_forward = wire_flag(input, "ScanIndexForward", true),
        .limit = limit > 0 ? (size_t)limit : SIZE_MAX,
    };
    *key_condition = NULL;
    return ddb_legacy_check_mixing(input, is_query ? DDB_LEGACY_QUERY : DDB_LEGACY_SCAN, fault) &&
           ddb_expression_context_init(&page->context, &options, fault) &&
           parse_legacy(page, fault) && ddb_page_parse_start(page, fault) &&
           parse_segment(page, fault) && parse_expressions(page, key_condition, fault);
}

/* --- Select ------------------------------------------------------------------------------------
 */

static const char *projection_member(const struct ddb_page *page)
{
    return wire_member(page->call->input, "AttributesToGet") != NULL ? "AttributesToGet"
                                                                     : "ProjectionExpression";
}

/* What can be said of Select without the table. */
static bool check_select(const struct ddb_page *page, const char *select, struct ddb_fault *fault)
{
    static const struct {
        const char *select;
        const char *what;
    } without_projection[] = {
        {"COUNT", "only the Count"},
        {"ALL_ATTRIBUTES", "ALL_ATTRIBUTES"},
        {"ALL_PROJECTED_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"},
    };
    static const char prefix[] = "1 validation error detected: ";
    bool has_index = wire_member(page->call->input, "IndexName") != NULL;
    if (select == NULL)
        return true;
    if (page->projection == NULL && strcmp(select, "SPECIFIC_ATTRIBUTES") == 0)
        return ddb_invalid(fault,
                           "%sMust specify the AttributesToGet or ProjectionExpression when "
                           "choosing to get SPECIFIC_ATTRIBUTES",
                           prefix);
    for (size_t i = 0; i < ARRAY_LEN(without_projection); i++) {
        if (page->projection != NULL && strcmp(select, without_projection[i].select) == 0)
            return ddb_invalid(fault, "%sCannot specify the %s when choosing to get %s", prefix,
                               projection_member(page), without_projection[i].what);
    }
    if (!has_index && strcmp(select, "ALL_PROJECTED_ATTRIBUTES") == 0)
        return ddb_invalid(fault,
                           "%sALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
                           "IndexName", /* Scan says so too */
                           prefix);
    return true;
}

/* The first attribute that the projection names and the index does not hold, or NULL. */
static const char *unprojected_attribute(const struct ddb_page *page)
{
    const struct ddb_binding *binding = page->projection;
    for (size_t i = 0; binding != NULL && i < binding->expression->path_count; i++) {
        const char *name = ddb_path_top(&binding->expression->paths[i], binding->names);
        if (!ddb_index_has_attribute(page->table->definition, page->index, name))
            return name;
    }
    return NULL;
}

static bool decide_index_select(struct ddb_page *page, const char *select, struct ddb_fault *fault)
{
    bool wants_all = select != NULL && strcmp(select, "ALL_ATTRIBUTES") == 0;
    bool lacks_some = page->index->projection != DDB_PROJECT_ALL;
    const char *missing = unprojected_attribute(page);
    if (!page->index->is_global) {
        page->is_fetching = missing != NULL || (wants_all && lacks_some);
        return true;
    }
    if (wants_all && lacks_some)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "Select type ALL_ATTRIBUTES is not supported for "
                                              "global secondary index %s because its projection "
                                              "type is not ALL",
                           page->index->name);
    if (missing != NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "Global secondary index %s does not project [%s]",
                           page->index->name, missing);
    return true;
}

static bool find_index(struct ddb_page *page, struct ddb_fault *fault)
{
    const struct ddb_definition *definition = page->table->definition;
    const char *name = wire_text(page->call->input, "IndexName");
    page->keys = &definition->keys;
    if (name == NULL)
        return true;
    page->index = ddb_definition_index_find(definition, name);
    if (page->index == NULL)
        return ddb_invalid(fault, "The table does not have the specified index: %s", name);
    page->index_number = (size_t)(page->index - definition->indexes);
    page->keys = &page->index->keys;
    if (page->index->is_global && page->is_consistent)
        return ddb_invalid(fault, "Consistent reads are not supported on global secondary indexes");
    if (page->table->index_states[page->index_number].status == DDB_INDEX_CREATING)
        return ddb_invalid(fault, "Cannot read from backfilling global secondary index: %s", name);
    return true;
}

bool ddb_page_locate(struct ddb_page *page, struct ddb *ddb, struct ddb_fault *fault)
{
    const char *select = wire_text(page->call->input, "Select");
    if (!check_select(page, select, fault) ||
        !ddb_request_table(ddb, page->call, wire_text(page->call->input, "TableName"), &page->table,
                           fault) ||
        !find_index(page, fault) ||
        (page->index != NULL && !decide_index_select(page, select, fault)))
        return false;
    page->select = select != NULL && strcmp(select, "COUNT") == 0 ? DDB_SELECT_COUNT
                   : page->projection != NULL                     ? DDB_SELECT_PROJECTED
                                                                  : DDB_SELECT_ALL;
    return ddb_page_check_start(page, fault);
}

bool ddb_page_check_paths(const struct ddb_page *page, struct ddb_fault *fault)
{
    const struct ddb_definition *definition = page->table->definition;
    return ddb_request_check_paths(definition, page->filter, fault) &&
           ddb_request_check_paths(definition, page->projection, fault);
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct reading { /* what has been read so far */
    struct ddb_cursor cursor;
    cJSON *items;
    size_t count;
    size_t scanned_count;
    size_t bytes;
    uint64_t fetch_halves;
    cJSON *last_key; /* set when the page ends before the range does */
};

/* The blob right after another: nothing fits between the two. */
static struct ddb_key_blob successor(struct sim_arena *arena, const struct ddb_key_blob *key)
{
    uint8_t *bytes = sim_arena_alloc(arena, key->length_bytes + 1);
    memcpy(bytes, key->bytes, key->length_bytes);
    return (struct ddb_key_blob){.bytes = bytes, .length_bytes = key->length_bytes + 1};
}

static struct ddb_key_range remaining_range(const struct ddb_page *page)
{
    struct ddb_key_range range = page->range;
    if (!page->has_start)
        return range;
    if (page->is_forward) {
        struct ddb_key_blob after = successor(page->call->arena, &page->start);
        if (ddb_key_compare(&after, &range.low) > 0)
            range.low = after;
    } else if (range.high.length_bytes == 0 || ddb_key_compare(&page->start, &range.high) < 0) {
        range.high = page->start;
    }
    return range;
}

/* An index entry holds its table key, so the whole item can be found by it. */
static enum sim_result fetch_item(const struct ddb_page *page, const cJSON *entry,
                                  struct reading *reading, const char **text,
                                  struct sim_error *error)
{
    struct ddb_fault fault = {.arena = page->call->arena};
    struct ddb_key_blob key;
    struct ddb_row row;
    bool found = false;
    if (!ddb_key_from_item(&page->table->definition->keys, entry, &key, &fault))
        return sim_error_set(error, RESULT_IO, "an index entry without its key: %s", fault.message);
    enum sim_result result =
        ddb_items_read(&page->table->items, &key, page->call->arena, &row, &found, error);
    if (result != RESULT_OK)
        return result;
    if (!found || row.item == NULL)
        return sim_error_set(error, RESULT_IO, "an index entry without its item");
    reading->fetch_halves += ddb_read_halves(row.size_bytes, page->is_consistent);
    *text = row.item;
    return RESULT_OK;
}

static void keep_item(const struct ddb_page *page, struct reading *reading, const char *text,
                      const cJSON *item)
{
    reading->count++;
    if (page->select == DDB_SELECT_COUNT)
        return;
    cJSON_AddItemToArray(reading->items, page->select == DDB_SELECT_PROJECTED
                                             ? ddb_projection_build(page->projection, item)
                                             : ddb_raw_item(text));
}

static cJSON *start_key_of(const struct ddb_page *page, const char *text)
{
    cJSON *item = cJSON_Parse(text);
    cJSON *key = ddb_key_extract(&page->table->definition->keys, item, NULL);
    if (page->index != NULL)
        key = ddb_key_extract(page->keys, item, key);
    cJSON_Delete(item);
    return key;
}

/* One evaluated item. */
static enum sim_result take_item(const struct ddb_page *page, struct reading *reading,
                                 struct sim_error *error)
{
    const char *text = reading->cursor.item;
    bool needs_tree =
        page->filter != NULL || page->is_fetching || page->select == DDB_SELECT_PROJECTED;
    reading->scanned_count++;
    reading->bytes += reading->cursor.size_bytes;
    cJSON *item = needs_tree ? cJSON_Parse(text) : NULL;
    enum sim_result result = RESULT_OK;
    if (page->is_fetching) {
        result = fetch_item(page, item, reading, &text, error);
        cJSON_Delete(item);
        item = result == RESULT_OK ? cJSON_Parse(text) : NULL;
    }
    if (result == RESULT_OK && ddb_condition_holds(page->filter, item))
        keep_item(page, reading, text, item);
    cJSON_Delete(item);
    if (reading->scanned_count >= page->limit || reading->bytes >= DDB_PAGE_BYTES_MAX)
        reading->last_key = start_key_of(page, reading->cursor.item);
    return result;
}

static enum sim_result read_items(const struct ddb_page *page, struct reading *reading,
                                  struct sim_error *error)
{
    struct ddb_key_range range = remaining_range(page);
    enum sim_result result = ddb_cursor_open(&page->table->items, page->index_number, &range,
                                             page->is_forward, &reading->cursor, error);
    if (result != RESULT_OK)
        return result;
    bool found = true;
    while (result == RESULT_OK && reading->last_key == NULL) {
        result = ddb_cursor_next(&reading->cursor, &found, error);
        if (result != RESULT_OK || !found)
            break;
        result = take_item(page, reading, error);
    }
    ddb_cursor_close(&reading->cursor);
    return result;
}

static void report_capacity(const struct ddb_page *page, const struct reading *reading,
                            cJSON *output)
{
    struct ddb_capacity capacity;
    ddb_capacity_init(&capacity, page->call->arena);
    uint64_t halves = ddb_read_halves(reading->bytes, page->is_consistent);
    ddb_capacity_add(&capacity, page->table, page->index == NULL ? halves : reading->fetch_halves);
    if (page->index != NULL)
        ddb_capacity_add_index(&capacity, page->table, page->index_number, halves);
    ddb_throttle_charge(&capacity, DDB_READ);
    ddb_capacity_report(&capacity, page->call->input, output, false, DDB_CAPACITY_PLAIN);
}

enum wire_progress ddb_page_answer(struct ddb_page *page)
{
    struct ddb_fault fault = {.arena = page->call->arena};
    struct sim_error error;
    if (!ddb_throttle_may_read(page->table, page->index_number, &fault))
        return ddb_answer_fault(page->call, &fault);
    struct reading reading = {.items = cJSON_CreateArray()};
    if (read_items(page, &reading, &error) != RESULT_OK) {
        cJSON_Delete(reading.items);
        cJSON_Delete(reading.last_key);
        return wire_fail_internal(page->call, &error);
    }
    cJSON *output = cJSON_CreateObject();
    if (page->select == DDB_SELECT_COUNT)
        cJSON_Delete(reading.items);
    else
        cJSON_AddItemToObject(output, "Items", reading.items);
    cJSON_AddNumberToObject(output, "Count", (double)reading.count);
    cJSON_AddNumberToObject(output, "ScannedCount", (double)reading.scanned_count);
    if (reading.last_key != NULL)
        cJSON_AddItemToObject(output, "LastEvaluatedKey", reading.last_key);
    report_capacity(page, &reading, output);
    return wire_succeed(page->call, output);
}
