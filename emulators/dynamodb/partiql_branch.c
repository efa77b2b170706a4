#include "emulators/dynamodb/partiql_branch.h"

#include <string.h>

/* Beyond that many nobody reads: the service stops at DDB_PARTIQL_READS_MAX. */
#define BRANCHES_MAX 1024

struct splitter {
    const struct ddb_binding *where;
    const struct ddb_key_schema *schema;
    struct sim_arena *arena;
    bool has_overflow;
};

/* --- single conditions -------------------------------------------------------------------------
 */

static const struct {
    enum ddb_condition_kind kind;
    enum ddb_condition_kind turned; /* with its operands exchanged */
    enum ddb_sort_operator sort;
} operators[] = {
    {DDB_CONDITION_EQ, DDB_CONDITION_EQ, DDB_SORT_EQ},
    {DDB_CONDITION_LT, DDB_CONDITION_GT, DDB_SORT_LT},
    {DDB_CONDITION_LE, DDB_CONDITION_GE, DDB_SORT_LE},
    {DDB_CONDITION_GT, DDB_CONDITION_LT, DDB_SORT_GT},
    {DDB_CONDITION_GE, DDB_CONDITION_LE, DDB_SORT_GE},
    {DDB_CONDITION_BETWEEN, DDB_CONDITION_BETWEEN, DDB_SORT_BETWEEN},
    {DDB_CONDITION_BEGINS_WITH, DDB_CONDITION_BEGINS_WITH, DDB_SORT_BEGINS_WITH},
};

static const cJSON *value_of(const struct ddb_binding *binding, const struct ddb_operand *operand)
{
    return operand->kind == DDB_OPERAND_VALUE ? binding->values[operand->value_slot] : NULL;
}

static const char *attribute_of(const struct ddb_operand *operand)
{
    bool is_attribute = operand->kind == DDB_OPERAND_PATH && operand->path.element_count == 1;
    return is_attribute ? operand->path.elements[0].text : NULL;
}

struct ddb_partiql_comparison ddb_partiql_read_comparison(const struct ddb_binding *binding,
                                                          const struct ddb_condition *condition)
{
    struct ddb_partiql_comparison comparison = {.kind = condition->kind};
    const struct ddb_operand *const *operands = condition->operands;
    if (condition->operand_count < 2)
        return comparison;
    for (size_t i = 1; i < condition->operand_count; i++)
        if (value_of(binding, operands[i]) == NULL && condition->operand_count > 2)
            return comparison;
    comparison.low = value_of(binding, operands[1]);
    if (comparison.low != NULL) {
        comparison.attribute = attribute_of(operands[0]);
        comparison.high = condition->operand_count > 2 ? value_of(binding, operands[2]) : NULL;
        return comparison;
    }
    comparison.low = value_of(binding, operands[0]);
    if (comparison.low == NULL || condition->kind == DDB_CONDITION_BEGINS_WITH)
        return comparison;
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (operators[i].kind != condition->kind)
            continue;
        comparison.kind = operators[i].turned;
        comparison.attribute = attribute_of(operands[1]);
        break;
    }
    return comparison;
}

/* Index of the attribute among a role's parts, or DDB_KEY_PARTS_MAX. */
static size_t find_part(const struct ddb_key_attribute *parts, size_t count, const char *attribute)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parts[i].name, attribute) == 0)
            return i;
    return DDB_KEY_PARTS_MAX;
}

static bool find_sort_operator(enum ddb_condition_kind kind, enum ddb_sort_operator *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (operators[i].kind != kind)
            continue;
        *operation = operators[i].sort;
        return true;
    }
    return false;
}

/* --- what a part of the tree speaks of -----------------------------------------------------------
 */

/* Whether a condition makes a range or fixes a partition. */
static bool is_about_key(const struct splitter *splitter, const struct ddb_condition *condition)
{
    enum ddb_sort_operator operation;
    if (condition->kind == DDB_CONDITION_NOT)
        return false;
    for (size_t i = 0; i < condition->child_count; i++)
        if (is_about_key(splitter, condition->children[i]))
            return true;
    if (condition->child_count > 0)
        return false;
    const struct ddb_key_schema *schema = splitter->schema;
    struct ddb_partiql_comparison comparison =
        ddb_partiql_read_comparison(splitter->where, condition);
    if (comparison.attribute == NULL)
        return false;
    bool is_choice = comparison.kind == DDB_CONDITION_EQ || comparison.kind == DDB_CONDITION_IN;
    if (find_part(schema->hash, schema->hash_count, comparison.attribute) < DDB_KEY_PARTS_MAX)
        return is_choice;
    return find_part(schema->range, schema->range_count, comparison.attribute) <
               DDB_KEY_PARTS_MAX &&
           (is_choice || find_sort_operator(comparison.kind, &operation));
}

/* Whether a sort key attribute comes up anywhere in it. */
static bool has_sort_attribute(const struct splitter *splitter,
                               const struct ddb_condition *condition)
{
    const struct ddb_key_schema *schema = splitter->schema;
    for (size_t i = 0; i < condition->child_count; i++)
        if (has_sort_attribute(splitter, condition->children[i]))
            return true;
    for (size_t i = 0; i < condition->operand_count; i++) {
        const char *attribute = attribute_of(condition->operands[i]);
        if (attribute != NULL &&
            find_part(schema->range, schema->range_count, attribute) < DDB_KEY_PARTS_MAX)
            return true;
    }
    return false;
}

/* --- branches ----------------------------------------------------------------------------------
 */

static struct ddb_partiql_branches make_branches(struct splitter *splitter, size_t count)
{
    splitter->has_overflow |= count > BRANCHES_MAX;
    count = count > BRANCHES_MAX ? BRANCHES_MAX : count;
    return (struct ddb_partiql_branches){
        .items = sim_arena_alloc_array(splitter->arena, count, sizeof(struct ddb_partiql_branch)),
        .count = count};
}

static void add_leaf(struct splitter *splitter, struct ddb_partiql_branch *branch,
                     struct ddb_partiql_leaf leaf)
{
    leaf.next = branch->leaves;
    branch->leaves = sim_arena_memdup(splitter->arena, &leaf, sizeof leaf);
}

static struct ddb_partiql_branches split_filter(struct splitter *splitter,
                                                const struct ddb_condition *condition)
{
    struct ddb_partiql_branches made = make_branches(splitter, 1);
    bool is_loose = condition->kind == DDB_CONDITION_NOT || condition->kind == DDB_CONDITION_NE;
    add_leaf(splitter, &made.items[0], (struct ddb_partiql_leaf){.condition = condition});
    made.items[0].has_loose_sort = is_loose && has_sort_attribute(splitter, condition);
    return made;
}

/* One branch that says: this key part is that. */
static void set_equal(struct splitter *splitter, struct ddb_partiql_branch *branch,
                      const struct ddb_condition *condition, const char *attribute,
                      const cJSON *value)
{
    const struct ddb_key_schema *schema = splitter->schema;
    size_t part = find_part(schema->hash, schema->hash_count, attribute);
    if (part < DDB_KEY_PARTS_MAX) {
        branch->hash[part] = value;
        return;
    }
    add_leaf(
        splitter, branch,
        (struct ddb_partiql_leaf){.condition = condition,
                                  .is_sort = true,
                                  .part = find_part(schema->range, schema->range_count, attribute),
                                  .operation = DDB_SORT_EQ,
                                  .low = value});
}

static struct ddb_partiql_branches split_leaf(struct splitter *splitter,
                                              const struct ddb_condition *condition)
{
    struct ddb_partiql_comparison comparison =
        ddb_partiql_read_comparison(splitter->where, condition);
    if (!is_about_key(splitter, condition))
        return split_filter(splitter, condition);
    bool is_in = comparison.kind == DDB_CONDITION_IN;
    struct ddb_partiql_branches made =
        make_branches(splitter, is_in ? condition->operand_count - 1 : 1);
    if (is_in || comparison.kind == DDB_CONDITION_EQ) {
        for (size_t i = 0; i < made.count; i++)
            set_equal(splitter, &made.items[i], condition, comparison.attribute,
                      is_in ? value_of(splitter->where, condition->operands[i + 1])
                            : comparison.low);
        return made;
    }
    struct ddb_partiql_leaf leaf = {
        .condition = condition, .is_sort = true, .low = comparison.low, .high = comparison.high};
    leaf.part =
        find_part(splitter->schema->range, splitter->schema->range_count, comparison.attribute);
    bool is_range = find_sort_operator(comparison.kind, &leaf.operation);
    CHECK(is_range);
    add_leaf(splitter, &made.items[0], leaf);
    return made;
}

/* The leaves of the later part come first, each list being in reverse order. */
static void join(struct splitter *splitter, const struct ddb_partiql_branch *first,
                 const struct ddb_partiql_branch *second, struct ddb_partiql_branch *both)
{
    *both = *first;
    both->is_contradictory |= second->is_contradictory;
    both->has_loose_sort |= second->has_loose_sort;
    for (size_t i = 0; i < DDB_KEY_PARTS_MAX; i++) {
        if (second->hash[i] == NULL)
            continue;
        if (both->hash[i] != NULL && !ddb_value_equal(both->hash[i], second->hash[i]))
            both->is_contradictory = true;
        both->hash[i] = second->hash[i];
    }
    const struct ddb_partiql_leaf **end = &both->leaves;
    both->leaves = NULL;
    for (const struct ddb_partiql_leaf *leaf = second->leaves; leaf != NULL; leaf = leaf->next) {
        struct ddb_partiql_leaf *copy = sim_arena_memdup(splitter->arena, leaf, sizeof *leaf);
        copy->next = NULL;
        *end = copy;
        end = &copy->next;
    }
    *end = first->leaves;
}

static struct ddb_partiql_branches multiply(struct splitter *splitter,
                                            const struct ddb_partiql_branches *a,
                                            const struct ddb_partiql_branches *b)
{
    struct ddb_partiql_branches made = make_branches(splitter, a->count * b->count);
    for (size_t i = 0; i < made.count; i++)
        join(splitter, &a->items[i / b->count], &b->items[i % b->count], &made.items[i]);
    return made;
}

static struct ddb_partiql_branches add(struct splitter *splitter,
                                       const struct ddb_partiql_branches *a,
                                       const struct ddb_partiql_branches *b)
{
    struct ddb_partiql_branches made = make_branches(splitter, a->count + b->count);
    for (size_t i = 0; i < made.count; i++)
        made.items[i] = i < a->count ? a->items[i] : b->items[i - a->count];
    return made;
}

/* Depth is what the parser allowed. */
static struct ddb_partiql_branches split(struct splitter *splitter,
                                         const struct ddb_condition *condition)
{
    bool is_and = condition->kind == DDB_CONDITION_AND;
    if (!is_and && !is_about_key(splitter, condition))
        return split_filter(splitter, condition);
    if (condition->child_count == 0)
        return split_leaf(splitter, condition);
    struct ddb_partiql_branches made = split(splitter, condition->children[0]);
    for (size_t i = 1; i < condition->child_count && !splitter->has_overflow; i++) {
        struct ddb_partiql_branches other = split(splitter, condition->children[i]);
        made = is_and ? multiply(splitter, &made, &other) : add(splitter, &made, &other);
    }
    return made;
}

void ddb_partiql_find_branches(const struct ddb_binding *where, const struct ddb_key_schema *schema,
                               struct sim_arena *arena, struct ddb_partiql_branches *branches)
{
    struct splitter splitter = {.where = where, .schema = schema, .arena = arena};
    if (where == NULL)
        *branches = make_branches(&splitter, 1);
    else
        *branches = split(&splitter, where->expression->condition);
    branches->has_overflow = splitter.has_overflow;
}
