#include "emulators/dynamodb/partiql_select.h"

#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/page.h"
#include "emulators/dynamodb/throttle.h"

/* --- prepare -----------------------------------------------------------------------------------
 */

static size_t index_number(const struct ddb_partiql_select *select)
{
    return select->index == NULL ? DDB_TABLE_ITSELF
                                 : (size_t)(select->index - select->table->definition->indexes);
}

bool ddb_partiql_check_index(const struct ddb_index_definition *index, struct ddb_fault *fault)
{
    return (index->keys.hash_count <= 1 && index->keys.range_count <= 1) ||
           ddb_invalid(fault, "PartiQL statements cannot be executed on tables with "
                              "multi-attribute HASH keys or multi-attribute RANGE keys.");
}

static bool find_index(struct ddb_partiql_select *select, struct ddb_fault *fault)
{
    if (select->statement->index == NULL)
        return true;
    select->index = ddb_definition_index_find(select->table->definition, select->statement->index);
    if (select->index == NULL)
        return ddb_invalid(fault, "The table does not have the specified index");
    if (!ddb_partiql_check_index(select->index, fault))
        return false;
    if (select->index->is_global && select->is_consistent)
        return ddb_invalid(fault,
                           "Strongly consistent read is not supported on Global Secondary Indexes");
    if (select->table->index_states[index_number(select)].status == DDB_INDEX_CREATING)
        return ddb_invalid(fault, "Cannot read from backfilling global secondary index: %s",
                           select->index->name);
    return true;
}

/* Columns that a local index lacks are fetched from the table; a global one refuses them. */
static bool check_columns(struct ddb_partiql_select *select, struct ddb_fault *fault)
{
    const struct ddb_partiql *statement = select->statement;
    struct sim_buffer missing;
    if (select->index == NULL)
        return true;
    sim_buffer_init(&missing);
    for (size_t i = 0; i < statement->column_count; i++) {
        const char *name = ddb_path_top(&statement->columns[i].path, NULL);
        if (!ddb_index_has_attribute(select->table->definition, select->index, name))
            sim_buffer_printf(&missing, "%s%s", missing.length_bytes > 0 ? ", " : "", name);
    }
    bool is_good = missing.length_bytes == 0 || !select->index->is_global;
    select->is_fetching = missing.length_bytes > 0;
    if (!is_good)
        ddb_invalid(fault, DDB_PARAMETER_TEXT "Global secondary index %s does not project [%s]",
                    select->index->name, missing.data);
    sim_buffer_fini(&missing);
    return is_good;
}

bool ddb_partiql_select_prepare(struct ddb_partiql_select *select, struct ddb_fault *fault)
{
    if (!find_index(select, fault) || !check_columns(select, fault) ||
        !ddb_partiql_plan_reads(select->statement, select->table->definition, select->index,
                                &select->plan, fault))
        return false;
    if (select->position.range_number <= select->plan.range_count)
        return true;
    return ddb_invalid(fault, "Invalid NextToken");
}

/* --- one item ----------------------------------------------------------------------------------
 */

static cJSON *project(const struct ddb_partiql *statement, const cJSON *item)
{
    cJSON *projected = cJSON_CreateObject();
    for (size_t i = 0; i < statement->column_count; i++) {
        const struct ddb_partiql_column *column = &statement->columns[i];
        const cJSON *value = ddb_path_find(&column->path, NULL, item);
        if (value == NULL)
            continue;
        cJSON *bare = cJSON_CreateObject();
        cJSON_AddItemToObject(bare, value->child->string, cJSON_Duplicate(value->child, true));
        cJSON_AddItemToObject(projected, column->name, bare);
    }
    return projected;
}

cJSON *ddb_partiql_project(const struct ddb_partiql *statement, const char *text)
{
    if (statement->column_count == 0)
        return ddb_raw_item(text);
    cJSON *item = cJSON_Parse(text);
    CHECK(item != NULL);
    cJSON *projected = project(statement, item);
    cJSON_Delete(item);
    return projected;
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct reading {
    struct ddb_partiql_select *select;
    struct sim_arena *arena;
    struct ddb_cursor cursor;
    size_t evaluated_count;
    size_t bytes;
    size_t range_bytes;    /* of the range under way */
    uint64_t halves;       /* of the table or index that is read */
    uint64_t fetch_halves; /* of the table, for what the index lacks */
};

/* An index entry holds its table key, so the whole item can be found by it. */
static enum sim_result fetch(struct reading *reading, const cJSON *entry, const char **text,
                             struct sim_error *error)
{
    struct ddb_table *table = reading->select->table;
    struct ddb_fault fault = {.arena = reading->arena};
    struct ddb_key_blob key;
    struct ddb_row row;
    bool found = false;
    if (!ddb_key_from_item(&table->definition->keys, entry, &key, &fault))
        return sim_error_set(error, RESULT_IO, "an index entry without its key: %s", fault.message);
    enum sim_result result =
        ddb_items_read(&table->items, &key, reading->arena, &row, &found, error);
    if (result != RESULT_OK)
        return result;
    if (!found || row.item == NULL)
        return sim_error_set(error, RESULT_IO, "an index entry without its item");
    reading->fetch_halves += ddb_read_halves(row.size_bytes, reading->select->is_consistent);
    *text = row.item;
    return RESULT_OK;
}

static cJSON *key_of(const struct ddb_partiql_select *select, const cJSON *item)
{
    cJSON *key = ddb_key_extract(&select->table->definition->keys, item, NULL);
    return select->index == NULL ? key : ddb_key_extract(&select->index->keys, item, key);
}

static void stop_after(struct reading *reading)
{
    struct ddb_partiql_select *select = reading->select;
    const struct ddb_key_blob *key = &reading->cursor.key;
    cJSON *item = cJSON_Parse(reading->cursor.item);
    select->has_more = true;
    select->last_key = key_of(select, item);
    select->position.after = (struct ddb_key_blob){
        .bytes = sim_arena_memdup(reading->arena, key->bytes, key->length_bytes),
        .length_bytes = key->length_bytes};
    cJSON_Delete(item);
}

static enum sim_result take_item(struct reading *reading, struct sim_error *error)
{
    struct ddb_partiql_select *select = reading->select;
    const struct ddb_partiql *statement = select->statement;
    const char *text = reading->cursor.item;
    bool needs_tree = !select->plan.is_exact || select->is_fetching;
    cJSON *item = needs_tree ? cJSON_Parse(text) : NULL;
    enum sim_result result = RESULT_OK;
    reading->evaluated_count++;
    reading->bytes += reading->cursor.size_bytes;
    reading->range_bytes += reading->cursor.size_bytes;
    if (select->is_fetching)
        result = fetch(reading, item, &text, error);
    if (result == RESULT_OK &&
        (select->plan.is_exact || ddb_condition_holds(statement->where, item)))
        cJSON_AddItemToArray(select->items, ddb_partiql_project(statement, text));
    cJSON_Delete(item);
    return result;
}

static struct ddb_key_range rest_of(const struct reading *reading,
                                    const struct ddb_partiql_range *range)
{
    const struct ddb_partiql_select *select = reading->select;
    const struct ddb_key_blob *after = &select->position.after;
    struct ddb_key_range rest = range->range;
    if (after->length_bytes == 0)
        return rest;
    if (!select->plan.is_forward) {
        if (rest.high.length_bytes == 0 || ddb_key_compare(after, &rest.high) < 0)
            rest.high = *after;
        return rest;
    }
    uint8_t *bytes = sim_arena_alloc(reading->arena, after->length_bytes + 1); /* ends with 0 */
    memcpy(bytes, after->bytes, after->length_bytes);
    struct ddb_key_blob next = {.bytes = bytes, .length_bytes = after->length_bytes + 1};
    if (ddb_key_compare(&next, &rest.low) > 0)
        rest.low = next;
    return rest;
}

/* Whether the page ends after the item just taken. An item that was the only one possible ends its
 * range, not the page. */
static bool is_full(const struct reading *reading)
{
    return reading->evaluated_count >= reading->select->limit ||
           reading->bytes >= DDB_PAGE_BYTES_MAX;
}

static enum sim_result read_range(struct reading *reading, const struct ddb_partiql_range *range,
                                  struct sim_error *error)
{
    struct ddb_partiql_select *select = reading->select;
    struct ddb_key_range rest = rest_of(reading, range);
    reading->range_bytes = 0;
    enum sim_result result = ddb_cursor_open(&select->table->items, index_number(select), &rest,
                                             select->plan.is_forward, &reading->cursor, error);
    if (result != RESULT_OK)
        return result;
    while (!select->has_more) {
        bool found = false;
        result = ddb_cursor_next(&reading->cursor, &found, error);
        if (result != RESULT_OK || !found)
            break;
        result = take_item(reading, error);
        if (result != RESULT_OK)
            break;
        bool is_last =
            range->is_item && select->position.range_number + 1 == select->plan.range_count;
        if (is_full(reading) && !is_last)
            stop_after(reading);
    }
    ddb_cursor_close(&reading->cursor);
    reading->halves += ddb_read_halves(reading->range_bytes, select->is_consistent);
    return result;
}

enum sim_result ddb_partiql_select_read(struct ddb_partiql_select *select, struct sim_arena *arena,
                                        struct ddb_capacity *capacity, struct sim_error *error)
{
    struct reading reading = {.select = select, .arena = arena};
    enum sim_result result = RESULT_OK;
    select->items = cJSON_CreateArray();
    while (result == RESULT_OK && select->position.range_number < select->plan.range_count) {
        result = read_range(&reading, &select->plan.ranges[select->position.range_number], error);
        if (select->has_more)
            break;
        select->position.range_number++;
        select->position.after.length_bytes = 0;
    }
    if (reading.halves == 0) /* nothing could match, but the question was asked */
        reading.halves = ddb_read_halves(0, select->is_consistent);
    struct ddb_capacity own;
    ddb_capacity_init(&own, arena);
    ddb_capacity_add(&own, select->table,
                     select->index == NULL ? reading.halves : reading.fetch_halves);
    if (select->index != NULL)
        ddb_capacity_add_index(&own, select->table, index_number(select), reading.halves);
    ddb_throttle_charge(&own, DDB_READ);
    ddb_capacity_add_all(capacity, &own);
    return result;
}
