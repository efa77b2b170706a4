#include "emulators/dynamodb/partiql_keys.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/partiql_branch.h"

struct planner {
    const struct ddb_partiql *statement;
    const struct ddb_definition *definition;
    const struct ddb_index_definition *index;
    const struct ddb_key_schema *schema;
    struct ddb_partiql_branches branches;
    struct ddb_partiql_plan *plan;
    struct ddb_fault *fault;
};

/* --- ranges of branches --------------------------------------------------------------------------
 */

static const struct ddb_partiql_leaf *find_sort_leaf(const struct ddb_partiql_branch *branch,
                                                     size_t part, bool wants_equal)
{
    for (const struct ddb_partiql_leaf *leaf = branch->leaves; leaf != NULL; leaf = leaf->next)
        if (leaf->is_sort && leaf->part == part && (!wants_equal || leaf->operation == DDB_SORT_EQ))
            return leaf;
    return NULL;
}

static void narrow(struct ddb_key_range *range, const struct ddb_key_range *by)
{
    if (ddb_key_compare(&by->low, &range->low) > 0)
        range->low = by->low;
    if (by->high.length_bytes > 0 &&
        (range->high.length_bytes == 0 || ddb_key_compare(&by->high, &range->high) < 0))
        range->high = by->high;
}

/* Sort key parts that are fixed, up to the first that is not: what is said of that one makes the
 * range. */
static void make_range(const struct planner *planner, const struct ddb_partiql_branch *branch,
                       struct ddb_partiql_range *made)
{
    const struct ddb_key_schema *schema = planner->schema;
    const cJSON *equals[DDB_KEY_PARTS_MAX];
    size_t part = 0;
    while (part + 1 < schema->range_count && find_sort_leaf(branch, part, true) != NULL &&
           find_sort_leaf(branch, part + 1, false) != NULL) {
        equals[part] = find_sort_leaf(branch, part, true)->low;
        part++;
    }
    struct ddb_sort_condition sort = {.operation = DDB_SORT_ANY};
    ddb_key_partition_range(planner->fault->arena, branch->hash, schema->hash_count, equals, part,
                            &sort, &made->range);
    for (const struct ddb_partiql_leaf *leaf = branch->leaves; leaf != NULL; leaf = leaf->next) {
        struct ddb_key_range by;
        if (!leaf->is_sort || leaf->part != part)
            continue;
        sort = (struct ddb_sort_condition){leaf->operation, leaf->low, leaf->high};
        ddb_key_partition_range(planner->fault->arena, branch->hash, schema->hash_count, equals,
                                part, &sort, &by);
        narrow(&made->range, &by);
    }
    made->hash = branch->hash;
    made->is_item = planner->index == NULL &&
                    (schema->range_count == 0 || find_sort_leaf(branch, 0, true) != NULL);
}

static bool is_empty(const struct ddb_key_range *range)
{
    return range->high.length_bytes > 0 && ddb_key_compare(&range->low, &range->high) >= 0;
}

/* --- order -------------------------------------------------------------------------------------
 */

static int compare_partitions(const cJSON *const *a, const cJSON *const *b)
{
    for (size_t i = 0; i < DDB_KEY_PARTS_MAX && a[i] != NULL && b[i] != NULL; i++) {
        if (ddb_value_type(a[i]) != ddb_value_type(b[i]))
            return (int)ddb_value_type(a[i]) - (int)ddb_value_type(b[i]);
        int order = ddb_value_compare(a[i], b[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_partition_then_low(const void *a, const void *b)
{
    const struct ddb_partiql_range *left = a;
    const struct ddb_partiql_range *right = b;
    int order = compare_partitions(left->hash, right->hash);
    if (order == 0)
        order = ddb_key_compare(&left->range.low, &right->range.low);
    return order != 0 ? order : ddb_key_compare(&left->range.high, &right->range.high);
}

static const struct ddb_partiql_order *find_order(const struct ddb_partiql *statement,
                                                  const struct ddb_key_attribute *parts,
                                                  size_t part_count)
{
    for (size_t i = 0; i < statement->order_count; i++)
        for (size_t k = 0; k < part_count; k++)
            if (strcmp(statement->orders[i].attribute, parts[k].name) == 0)
                return &statement->orders[i];
    return NULL;
}

static void reverse(struct ddb_partiql_range *ranges, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct ddb_partiql_range kept = ranges[i];
        ranges[i] = ranges[count - 1 - i];
        ranges[count - 1 - i] = kept;
    }
}

/* Ranges stand by partition and low end. An order that does not name the sort key runs backwards,
 * as the service has been seen to do. */
static void order_ranges(struct planner *planner)
{
    struct ddb_partiql_plan *plan = planner->plan;
    const struct ddb_partiql *statement = planner->statement;
    const struct ddb_key_schema *schema = planner->schema;
    const struct ddb_partiql_order *hash = find_order(statement, schema->hash, schema->hash_count);
    const struct ddb_partiql_order *sort =
        find_order(statement, schema->range, schema->range_count);
    bool is_hash_descending = hash != NULL && hash->is_descending;
    plan->is_forward = sort != NULL ? !sort->is_descending : statement->order_count == 0;
    if (is_hash_descending)
        reverse(plan->ranges, plan->range_count);
    for (size_t first = 0; first < plan->range_count;) {
        size_t end = first + 1;
        while (end < plan->range_count &&
               compare_partitions(plan->ranges[first].hash, plan->ranges[end].hash) == 0)
            end++;
        if (plan->is_forward == is_hash_descending)
            reverse(&plan->ranges[first], end - first);
        first = end;
    }
}

/* Of any types. */
static bool are_same_partition(const cJSON *const *a, const cJSON *const *b)
{
    for (size_t i = 0; i < DDB_KEY_PARTS_MAX && a[i] != NULL && b[i] != NULL; i++)
        if (!ddb_value_equal(a[i], b[i]))
            return false;
    return true;
}

static bool check_order(const struct planner *planner)
{
    const struct ddb_partiql *statement = planner->statement;
    const struct ddb_key_schema *schema = planner->schema;
    if (statement->order_count == 0)
        return true;
    if (statement->where == NULL)
        return ddb_invalid(planner->fault,
                           "Must have WHERE clause in the statement when using ORDER BY clause.");
    for (size_t i = 0; i < statement->order_count; i++)
        if (!ddb_key_schema_has(schema, statement->orders[i].attribute))
            return ddb_invalid(planner->fault,
                               "Attribute %s in ORDER BY clause must be part of the primary key",
                               statement->orders[i].attribute);
    if (!planner->plan->is_keyed)
        return ddb_invalid(planner->fault,
                           "Must have at least one non-optional hash key condition in WHERE "
                           "clause when using ORDER BY clause.");
    if (find_order(statement, schema->hash, schema->hash_count) != NULL)
        return true;
    for (size_t i = 1; i < planner->branches.count; i++)
        if (!are_same_partition(planner->branches.items[0].hash, planner->branches.items[i].hash))
            return ddb_invalid(planner->fault,
                               "Must have hash key in ORDER BY clause when more than one hash "
                               "key condition specified in WHERE clause.");
    return true;
}

/* --- types -------------------------------------------------------------------------------------
 */

static bool check_value(const struct ddb_key_attribute *attribute, const cJSON *value,
                        struct ddb_fault *fault)
{
    if (value == NULL)
        return true;
    if (ddb_value_type(value) != attribute->type)
        return ddb_invalid(fault,
                           "Key attribute's data type should match its data type in table's "
                           "schema: Key %s",
                           attribute->name);
    if (attribute->type != DDB_TYPE_N && ddb_value_text(value)[0] == '\0')
        return ddb_invalid(fault,
                           "One or more parameter values are not valid. The AttributeValue for a "
                           "key attribute cannot contain an empty %s value. Key: %s",
                           attribute->type == DDB_TYPE_B ? "binary" : "string", attribute->name);
    return true;
}

static bool check_types(const struct planner *planner)
{
    const struct ddb_key_schema *schema = planner->schema;
    for (size_t i = 0; i < planner->branches.count; i++) {
        const struct ddb_partiql_branch *branch = &planner->branches.items[i];
        for (size_t k = 0; k < schema->hash_count; k++)
            if (!check_value(&schema->hash[k], branch->hash[k], planner->fault))
                return false;
        for (const struct ddb_partiql_leaf *leaf = branch->leaves; leaf != NULL; leaf = leaf->next)
            if (leaf->is_sort &&
                (!check_value(&schema->range[leaf->part], leaf->low, planner->fault) ||
                 !check_value(&schema->range[leaf->part], leaf->high, planner->fault)))
                return false;
    }
    return true;
}

/* --- overlaps ----------------------------------------------------------------------------------
 */

static bool do_overlap(const struct ddb_key_range *earlier, const struct ddb_key_range *later)
{
    return earlier->high.length_bytes == 0 || ddb_key_compare(&later->low, &earlier->high) < 0;
}

/* ranges: sorted, of branches that say of the sort key what makes ranges. */
static bool check_overlap(const struct planner *planner, const struct ddb_partiql_range *ranges,
                          size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare_partitions(ranges[i - 1].hash, ranges[i].hash) == 0 &&
            do_overlap(&ranges[i - 1].range, &ranges[i].range))
            return ddb_invalid(planner->fault, "Overlapping conditions with range keys are not "
                                               "supported in where clause");
    return true;
}

/* What is read twice would be answered twice. */
static void merge(struct ddb_partiql_plan *plan)
{
    size_t used = 0;
    for (size_t i = 0; i < plan->range_count; i++) {
        struct ddb_partiql_range *last = used == 0 ? NULL : &plan->ranges[used - 1];
        const struct ddb_partiql_range *next = &plan->ranges[i];
        if (last == NULL || compare_partitions(last->hash, next->hash) != 0 ||
            !do_overlap(&last->range, &next->range)) {
            plan->ranges[used++] = *next;
            continue;
        }
        last->is_item = false;
        if (last->range.high.length_bytes > 0 &&
            (next->range.high.length_bytes == 0 ||
             ddb_key_compare(&next->range.high, &last->range.high) > 0))
            last->range.high = next->range.high;
    }
    plan->range_count = used;
}

static bool make_ranges(struct planner *planner)
{
    struct ddb_partiql_plan *plan = planner->plan;
    size_t count = planner->branches.count;
    struct ddb_partiql_range *strict =
        sim_arena_alloc_array(planner->fault->arena, count + 1, sizeof *strict);
    size_t strict_count = 0;
    plan->ranges = sim_arena_alloc_array(planner->fault->arena, count + 1, sizeof *plan->ranges);
    for (size_t i = 0; i < count; i++) {
        const struct ddb_partiql_branch *branch = &planner->branches.items[i];
        struct ddb_partiql_range made;
        if (branch->is_contradictory)
            continue;
        make_range(planner, branch, &made);
        if (is_empty(&made.range))
            continue;
        plan->ranges[plan->range_count++] = made;
        if (!branch->has_loose_sort)
            strict[strict_count++] = made;
    }
    qsort(strict, strict_count, sizeof *strict, by_partition_then_low);
    qsort(plan->ranges, plan->range_count, sizeof *plan->ranges, by_partition_then_low);
    if (!check_overlap(planner, strict, strict_count))
        return false;
    merge(plan);
    return true;
}

/* --- what an index does not hold -----------------------------------------------------------------
 */

struct names {
    const char **items;
    size_t count;
};

static void add_unprojected(const struct planner *planner, const struct ddb_operand *operand,
                            struct names *names)
{
    if (operand->kind == DDB_OPERAND_SIZE) {
        add_unprojected(planner, operand->left, names);
        return;
    }
    if (operand->kind != DDB_OPERAND_PATH)
        return;
    const char *name = ddb_path_top(&operand->path, NULL);
    if (ddb_index_has_attribute(planner->definition, planner->index, name))
        return;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return;
    names->items[names->count++] = name;
}

/* Depth is what the parser allowed. */
static void collect_unprojected(const struct planner *planner,
                                const struct ddb_condition *condition, struct names *names)
{
    for (size_t i = 0; i < condition->child_count; i++)
        collect_unprojected(planner, condition->children[i], names);
    for (size_t i = 0; i < condition->operand_count; i++)
        add_unprojected(planner, condition->operands[i], names);
}

/* In the order of the statement: leaves stand in reverse. */
static void collect_leaves(const struct planner *planner, const struct ddb_partiql_leaf *leaf,
                           struct names *names)
{
    const struct ddb_partiql_leaf **leaves = NULL;
    size_t count = 0;
    for (const struct ddb_partiql_leaf *at = leaf; at != NULL; at = at->next)
        count++;
    leaves = sim_arena_alloc_array(planner->fault->arena, count + 1,
                                   sizeof(const struct ddb_partiql_leaf *));
    for (size_t i = count; leaf != NULL; leaf = leaf->next)
        leaves[--i] = leaf;
    for (size_t i = 0; i < count; i++)
        collect_unprojected(planner, leaves[i]->condition, names);
}

/* The service lists them as a Java HashSet does. */
static size_t java_bucket(const char *name, size_t bucket_count)
{
    uint32_t hash = 0;
    for (const char *at = name; *at != '\0'; at++)
        hash = hash * 31 + (unsigned char)*at;
    return (hash ^ (hash >> 16)) & (bucket_count - 1);
}

static bool fail_unprojected(const struct planner *planner, const struct names *names)
{
    struct sim_buffer list;
    size_t bucket_count = 16;
    while (names->count * 4 > bucket_count * 3)
        bucket_count *= 2;
    sim_buffer_init(&list);
    for (size_t bucket = 0; bucket < bucket_count; bucket++)
        for (size_t i = 0; i < names->count; i++)
            if (java_bucket(names->items[i], bucket_count) == bucket)
                sim_buffer_printf(&list, "%s%s", list.length_bytes > 0 ? ", " : "",
                                  names->items[i]);
    ddb_invalid(planner->fault,
                DDB_PARAMETER_TEXT "Secondary index %s does not project one or more filter "
                                   "attributes: [%s]",
                planner->index->name, list.data);
    sim_buffer_fini(&list);
    return false;
}

static int branch_by_partition(const void *a, const void *b)
{
    const struct ddb_partiql_branch *const *left = a;
    const struct ddb_partiql_branch *const *right = b;
    return compare_partitions((*left)->hash, (*right)->hash);
}

/* A keyed read of an index filters by what the index holds. Of several branches one that does is
 * enough, else the last one is complained of: so it was recorded. */
static bool check_projected(const struct planner *planner)
{
    size_t count = planner->branches.count;
    struct names names = {0};
    if (planner->index == NULL || planner->statement->where == NULL)
        return true;
    names.items = sim_arena_alloc_array(planner->fault->arena,
                                        planner->statement->where->expression->path_count + 1,
                                        sizeof(const char *));
    const struct ddb_partiql_branch **sorted = sim_arena_alloc_array(
        planner->fault->arena, count + 1, sizeof(const struct ddb_partiql_branch *));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &planner->branches.items[i];
    qsort(sorted, count, sizeof(const struct ddb_partiql_branch *), branch_by_partition);
    for (size_t i = 0; i < count; i++) {
        names.count = 0;
        if (!sorted[i]->is_contradictory)
            collect_leaves(planner, sorted[i]->leaves, &names);
        if (names.count == 0)
            return true;
    }
    return fail_unprojected(planner, &names);
}

/* --- the plan ----------------------------------------------------------------------------------
 */

static bool is_keyed(const struct planner *planner)
{
    for (size_t i = 0; i < planner->branches.count; i++)
        for (size_t k = 0; k < planner->schema->hash_count; k++)
            if (planner->branches.items[i].hash[k] == NULL)
                return false;
    return true;
}

static bool check_count(const struct planner *planner)
{
    size_t count = 0;
    for (size_t i = 0; i < planner->branches.count; i++)
        count += planner->branches.items[i].is_contradictory ? 0 : 1;
    return (!planner->branches.has_overflow && count <= DDB_PARTIQL_READS_MAX) ||
           ddb_invalid(planner->fault, "Too many decomposed read operations for a given query.");
}

/* Whether the one branch there is says only what its range says. */
static bool is_exact(const struct planner *planner)
{
    const struct ddb_partiql_branch *branch = &planner->branches.items[0];
    if (planner->branches.count != 1 || planner->schema->range_count > 1)
        return false;
    const struct ddb_partiql_leaf *leaf = branch->leaves;
    return leaf == NULL || (leaf->is_sort && leaf->next == NULL);
}

static void add_to_map(cJSON *map, const struct ddb_key_attribute *attribute, const cJSON *value)
{
    cJSON *copy = cJSON_Duplicate(value, true);
    CHECK(copy != NULL);
    cJSON_AddItemToObject(map, attribute->name, copy);
}

/* Equalities on the key and nothing else; the same one twice is all right. */
static const cJSON *find_exact_key(const struct planner *planner)
{
    const struct ddb_key_schema *schema = planner->schema;
    const struct ddb_partiql_branch *branch = &planner->branches.items[0];
    if (planner->branches.count != 1 || branch->is_contradictory || planner->index != NULL ||
        (schema->range_count > 0 && branch->leaves == NULL))
        return NULL;
    const struct ddb_partiql_leaf *first = branch->leaves;
    for (const struct ddb_partiql_leaf *leaf = first; leaf != NULL; leaf = leaf->next)
        if (!leaf->is_sort || leaf->operation != DDB_SORT_EQ ||
            !ddb_value_equal(leaf->low, first->low))
            return NULL;
    cJSON *map = cJSON_CreateObject();
    ddb_defer_json(planner->fault->arena, map);
    add_to_map(map, &schema->hash[0], branch->hash[0]);
    if (first != NULL)
        add_to_map(map, &schema->range[0], first->low);
    return map;
}

static void begin(struct planner *planner)
{
    planner->schema = planner->index != NULL ? &planner->index->keys : &planner->definition->keys;
    *planner->plan = (struct ddb_partiql_plan){.is_forward = true};
    ddb_partiql_find_branches(planner->statement->where, planner->schema, planner->fault->arena,
                              &planner->branches);
    planner->plan->is_keyed = is_keyed(planner);
}

static void read_everything(struct ddb_partiql_plan *plan, struct sim_arena *arena)
{
    plan->ranges = sim_arena_alloc(arena, sizeof *plan->ranges);
    plan->ranges[0].range.low.bytes = (const uint8_t *)"";
    plan->range_count = 1;
}

bool ddb_partiql_plan_reads(const struct ddb_partiql *statement,
                            const struct ddb_definition *definition,
                            const struct ddb_index_definition *index, struct ddb_partiql_plan *plan,
                            struct ddb_fault *fault)
{
    struct planner planner = {.statement = statement,
                              .definition = definition,
                              .index = index,
                              .plan = plan,
                              .fault = fault};
    begin(&planner);
    if (!check_order(&planner))
        return false;
    if (!plan->is_keyed) {
        read_everything(plan, fault->arena);
        plan->is_exact = statement->where == NULL;
        return true;
    }
    if (!check_types(&planner) || !check_count(&planner) || !make_ranges(&planner) ||
        !check_projected(&planner))
        return false;
    order_ranges(&planner);
    plan->is_exact = is_exact(&planner);
    return true;
}

bool ddb_partiql_plan_item(const struct ddb_partiql *statement,
                           const struct ddb_definition *definition, struct ddb_partiql_plan *plan,
                           struct ddb_fault *fault)
{
    struct planner planner = {
        .statement = statement, .definition = definition, .plan = plan, .fault = fault};
    struct ddb_fault mistyped = {.arena = fault->arena};
    begin(&planner);
    if (!plan->is_keyed)
        return true;
    if (!check_count(&planner))
        return false;
    planner.fault = &mistyped;
    bool has_types = check_types(&planner);
    planner.fault = fault;
    if (has_types && !make_ranges(&planner))
        return false;
    plan->exact_key = find_exact_key(&planner);
    return true;
}

/* --- writes ------------------------------------------------------------------------------------
 */

static void find_in_chain(const struct ddb_binding *where, const struct ddb_condition *condition,
                          const struct ddb_key_schema *schema, struct ddb_partiql_write_key *key)
{
    if (condition->kind == DDB_CONDITION_AND) {
        for (size_t i = 0; i < condition->child_count; i++)
            find_in_chain(where, condition->children[i], schema, key);
        return;
    }
    key->condition_count++;
    if (condition->kind != DDB_CONDITION_EQ)
        return;
    struct ddb_partiql_comparison comparison = ddb_partiql_read_comparison(where, condition);
    if (comparison.attribute == NULL || !ddb_key_schema_has(schema, comparison.attribute))
        return;
    const cJSON *known = ddb_item_find(key->map, comparison.attribute);
    if (known == NULL) {
        struct ddb_key_attribute attribute = {.name = comparison.attribute};
        add_to_map(key->map, &attribute, comparison.low);
    } else if (!ddb_value_equal(known, comparison.low)) {
        key->repeated = comparison.attribute;
    }
}

void ddb_partiql_find_write_key(const struct ddb_partiql *statement,
                                const struct ddb_key_schema *schema, struct sim_arena *arena,
                                struct ddb_partiql_write_key *key)
{
    *key = (struct ddb_partiql_write_key){.map = cJSON_CreateObject()};
    ddb_defer_json(arena, key->map);
    if (statement->where != NULL)
        find_in_chain(statement->where, statement->where->expression->condition, schema, key);
    key->is_whole =
        (size_t)cJSON_GetArraySize(key->map) == schema->hash_count + schema->range_count;
}
