/* Expected, QueryFilter, ScanFilter and KeyConditions as conditions.
 *
 * One attribute makes one condition; all of them are joined by AND, or by ConditionalOperator. Most
 * operators are those of expressions by another name. Two are not: NULL and NOT_NULL ask whether
 * the attribute is there, and NOT_CONTAINS also wants it to be. */
#include <string.h>

#include "emulators/dynamodb/key.h"
#include "emulators/dynamodb/legacy.h"
#include "emulators/dynamodb/legacy_tree.h"
#include "emulators/wire/call.h"

#define ALL     (BIT(DDB_TYPE_COUNT) - 1u)
#define ORDERED (BIT(DDB_TYPE_S) | BIT(DDB_TYPE_N) | BIT(DDB_TYPE_B))
#define TEXTS   (BIT(DDB_TYPE_S) | BIT(DDB_TYPE_B))
#define MEMBERS (ORDERED | BIT(DDB_TYPE_BOOL) | BIT(DDB_TYPE_NULL))

struct comparison {
    const char *name;
    enum ddb_condition_kind kind;
    size_t argument_count_min;
    size_t argument_count_max;
    unsigned types; /* BIT() of those that arguments may have */
};

/* clang-format off */
static const struct comparison comparisons[] = {
    {"EQ",           DDB_CONDITION_EQ,          1, 1,        ALL},
    {"NE",           DDB_CONDITION_NE,          1, 1,        ALL},
    {"LE",           DDB_CONDITION_LE,          1, 1,        ORDERED},
    {"LT",           DDB_CONDITION_LT,          1, 1,        ORDERED},
    {"GE",           DDB_CONDITION_GE,          1, 1,        ORDERED},
    {"GT",           DDB_CONDITION_GT,          1, 1,        ORDERED},
    {"NOT_NULL",     DDB_CONDITION_EXISTS,      0, 0,        ALL},
    {"NULL",         DDB_CONDITION_NOT_EXISTS,  0, 0,        ALL},
    {"CONTAINS",     DDB_CONDITION_CONTAINS,    1, 1,        MEMBERS},
    {"NOT_CONTAINS", DDB_CONDITION_NOT,         1, 1,        MEMBERS},
    {"BEGINS_WITH",  DDB_CONDITION_BEGINS_WITH, 1, 1,        TEXTS},
    {"IN",           DDB_CONDITION_IN,          1, SIZE_MAX, ORDERED},
    {"BETWEEN",      DDB_CONDITION_BETWEEN,     2, 2,        ORDERED},
};
/* clang-format on */

static const struct comparison *find_comparison(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(comparisons); i++)
        if (strcmp(comparisons[i].name, name) == 0)
            return &comparisons[i];
    return NULL; /* the wire lets none through */
}

/* One attribute's part of the parameter. */
struct term {
    const char *attribute;
    const struct comparison *comparison;
    cJSON *arguments; /* the first; the others follow it */
    size_t argument_count;
};

/* --- checks ---------------------------------------------------------------------------------- */

static bool check_types(const struct term *term, struct ddb_fault *fault)
{
    enum ddb_type first = DDB_TYPE_COUNT;
    for (const cJSON *value = term->arguments; value != NULL; value = value->next) {
        if (first != DDB_TYPE_COUNT && ddb_value_type(value) != first)
            return ddb_invalid(fault, DDB_PARAMETER_TEXT
                               "AttributeValues inside AttributeValueList must be of same type");
        first = ddb_value_type(value);
    }
    if (first == DDB_TYPE_COUNT || (term->comparison->types & BIT(first)) != 0)
        return true;
    return ddb_invalid(
        fault, DDB_PARAMETER_TEXT "ComparisonOperator %s is not valid for %s AttributeValue type",
        term->comparison->name, ddb_type_name(first));
}

static bool normalise_arguments(const struct term *term, struct ddb_fault *fault)
{
    for (cJSON *value = term->arguments; value != NULL; value = value->next)
        if (!ddb_value_normalise(value, fault))
            return false;
    return true;
}

static bool check_arguments(const struct term *term, struct ddb_fault *fault)
{
    const struct comparison *comparison = term->comparison;
    if (!normalise_arguments(term, fault))
        return false;
    if (term->argument_count < comparison->argument_count_min ||
        term->argument_count > comparison->argument_count_max)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT "Invalid number of argument(s) for the %s ComparisonOperator",
            comparison->name);
    if (!check_types(term, fault))
        return false;
    if (comparison->kind != DDB_CONDITION_BETWEEN ||
        ddb_value_compare(term->arguments, term->arguments->next) <= 0)
        return true;
    return ddb_invalid(fault, "The BETWEEN condition was provided a range where the lower bound is "
                              "greater than the upper bound");
}

/* --- reading --------------------------------------------------------------------------------- */

static cJSON *present(const cJSON *object, const char *member)
{
    cJSON *json = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsNull(json) ? NULL : json;
}

static bool fail_operator(const char *name, struct ddb_fault *fault)
{
    return ddb_invalid(fault, DDB_PARAMETER_TEXT "Unknown ComparisonOperator: %s", name);
}

static void set_list(struct term *term, const cJSON *list)
{
    term->arguments = list == NULL ? NULL : list->child;
    term->argument_count = (size_t)cJSON_GetArraySize(list);
}

/* A condition of a filter or key: an operator and a list. */
static bool read_condition(cJSON *json, struct term *term, struct ddb_fault *fault)
{
    const char *name = wire_text(json, "ComparisonOperator");
    term->comparison = name == NULL ? NULL : find_comparison(name);
    if (term->comparison == NULL)
        return fail_operator(name == NULL ? "null" : name, fault);
    set_list(term, present(json, "AttributeValueList"));
    return check_arguments(term, fault);
}

static bool read_comparison(const cJSON *json, const char *name, struct term *term,
                            struct ddb_fault *fault)
{
    cJSON *list = present(json, "AttributeValueList");
    cJSON *value = present(json, "Value");
    if (present(json, "Exists") != NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT
                           "Exists and ComparisonOperator cannot be used together for Attribute: "
                           "%s",
                           term->attribute);
    term->comparison = find_comparison(name);
    if (term->comparison == NULL)
        return fail_operator(name, fault);
    if (list == NULL && value == NULL && term->comparison->argument_count_min > 0)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "Value or AttributeValueList must be used with "
                                              "ComparisonOperator: %s for Attribute: %s",
                           name, term->attribute);
    set_list(term, list);
    if (value != NULL) {
        term->arguments = value;
        term->argument_count = 1;
    }
    return check_arguments(term, fault);
}

/* The oldest form: a value that must be there, or none. */
static bool read_existence(const cJSON *json, struct term *term, struct ddb_fault *fault)
{
    cJSON *value = present(json, "Value");
    bool is_said = present(json, "Exists") != NULL;
    bool exists = wire_flag(json, "Exists", true);
    if (exists && value == NULL)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT "Value must be provided when Exists is %s for Attribute: %s",
            is_said ? "true" : "null", term->attribute);
    if (!exists && value != NULL)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT "Value cannot be used when Exists is false for Attribute: %s",
            term->attribute);
    term->comparison = find_comparison(exists ? "EQ" : "NULL");
    term->arguments = value;
    term->argument_count = exists ? 1 : 0;
    return normalise_arguments(term, fault);
}

/* Members may stand in any order, so a Value is taken out: nothing then follows it. */
static bool read_expected(cJSON *json, struct term *term, struct ddb_fault *fault)
{
    const char *name = wire_text(json, "ComparisonOperator");
    bool has_list = present(json, "AttributeValueList") != NULL;
    if (has_list && present(json, "Value") != NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT
                           "Value and AttributeValueList cannot be used together for Attribute: %s",
                           term->attribute);
    cJSON *value = present(json, "Value");
    if (value != NULL) { /* to the end: arguments are read until no other follows */
        cJSON_DetachItemViaPointer(json, value);
        cJSON_AddItemToArray(json, value);
    }
    if (name != NULL)
        return read_comparison(json, name, term, fault);
    if (has_list)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "AttributeValueList can only be used with a "
                                              "ComparisonOperator for Attribute: %s",
                           term->attribute);
    return read_existence(json, term, fault);
}

/* --- building -------------------------------------------------------------------------------- */

static const struct ddb_condition *make_leaf(struct ddb_legacy_tree *tree, const struct term *term,
                                             enum ddb_condition_kind kind,
                                             const struct ddb_operand *path, size_t argument_count)
{
    struct sim_arena *arena = tree->fault->arena;
    struct ddb_condition *leaf = sim_arena_alloc(arena, sizeof *leaf);
    const struct ddb_operand **operands =
        sim_arena_alloc_array(arena, argument_count + 1, sizeof *operands);
    size_t operand_count = 0;
    operands[operand_count++] = path;
    const cJSON *value = term->arguments;
    for (size_t i = 0; i < argument_count; i++, value = value->next)
        operands[operand_count++] = ddb_legacy_tree_value(tree, value);
    *leaf =
        (struct ddb_condition){.kind = kind, .operands = operands, .operand_count = operand_count};
    return leaf;
}

static const struct ddb_condition *join(struct sim_arena *arena, enum ddb_condition_kind kind,
                                        const struct ddb_condition *const *children,
                                        size_t child_count)
{
    struct ddb_condition *joined = sim_arena_alloc(arena, sizeof *joined);
    *joined =
        (struct ddb_condition){.kind = kind, .children = children, .child_count = child_count};
    return joined;
}

/* attribute_exists(a) AND NOT contains(a, value) */
static const struct ddb_condition *make_not_contains(struct ddb_legacy_tree *tree,
                                                     const struct term *term,
                                                     const struct ddb_operand *path)
{
    struct sim_arena *arena = tree->fault->arena;
    const struct ddb_condition **children = sim_arena_alloc_array(arena, 3, sizeof *children);
    children[0] = make_leaf(tree, term, DDB_CONDITION_EXISTS, path, 0);
    children[2] = make_leaf(tree, term, DDB_CONDITION_CONTAINS, path, 1);
    children[1] = join(arena, DDB_CONDITION_NOT, &children[2], 1);
    return join(arena, DDB_CONDITION_AND, children, 2);
}

static const struct ddb_condition *make_condition(struct ddb_legacy_tree *tree,
                                                  const struct term *term, bool is_key)
{
    const struct ddb_operand *path =
        ddb_legacy_tree_path_operand(tree, ddb_legacy_tree_path(tree, term->attribute));
    enum ddb_condition_kind kind = term->comparison->kind;
    if (kind != DDB_CONDITION_NOT)
        return make_leaf(tree, term, kind, path, term->argument_count);
    if (is_key) /* refused as CONTAINS is: one leaf a key attribute is what its reader wants */
        return make_leaf(tree, term, DDB_CONDITION_CONTAINS, path, term->argument_count);
    return make_not_contains(tree, term, path);
}

typedef bool read_function(cJSON *json, struct term *term, struct ddb_fault *fault);

static size_t count_values(const cJSON *map)
{
    size_t count = 0;
    for (const cJSON *json = map->child; json != NULL; json = json->next)
        count += 1 + (size_t)cJSON_GetArraySize(present(json, "AttributeValueList"));
    return count;
}

/* binding becomes NULL for an empty map. */
static bool build(const cJSON *member, enum ddb_expression_kind kind, read_function *read,
                  bool is_or, const struct ddb_binding **binding, struct ddb_fault *fault)
{
    cJSON *map = ddb_legacy_copy(member, fault->arena);
    size_t count = (size_t)cJSON_GetArraySize(map);
    const struct ddb_condition **conditions =
        sim_arena_alloc_array(fault->arena, count + 1, sizeof *conditions);
    struct ddb_legacy_tree tree;
    ddb_legacy_tree_init(&tree, count, count_values(map), fault);
    size_t made = 0;
    for (cJSON *json = map->child; json != NULL; json = json->next) {
        struct term term = {.attribute = json->string};
        if (!ddb_value_check_name(json->string, fault) || !read(json, &term, fault))
            return false;
        conditions[made++] = make_condition(&tree, &term, kind == DDB_EXPRESSION_KEY_CONDITION);
    }
    *binding = NULL;
    if (count == 0)
        return true;
    const struct ddb_condition *all =
        count == 1
            ? conditions[0]
            : join(fault->arena, is_or ? DDB_CONDITION_OR : DDB_CONDITION_AND, conditions, count);
    *binding = ddb_legacy_tree_bind(&tree, (struct ddb_expression){.kind = kind, .condition = all});
    return true;
}

static bool is_or(const cJSON *input)
{
    const char *name = wire_text(input, "ConditionalOperator");
    return name != NULL && strcmp(name, "OR") == 0;
}

bool ddb_legacy_expected(const cJSON *input, const struct ddb_binding **binding,
                         struct ddb_fault *fault)
{
    const cJSON *member = wire_member(input, "Expected");
    return member == NULL ||
           build(member, DDB_EXPRESSION_CONDITION, read_expected, is_or(input), binding, fault);
}

bool ddb_legacy_filter(const cJSON *input, const char *name, const struct ddb_binding **binding,
                       struct ddb_fault *fault)
{
    const cJSON *member = wire_member(input, name);
    return member == NULL ||
           build(member, DDB_EXPRESSION_FILTER, read_condition, is_or(input), binding, fault);
}

bool ddb_legacy_key_conditions(const cJSON *input, const struct ddb_binding **binding,
                               struct ddb_fault *fault)
{
    const cJSON *member = wire_member(input, "KeyConditions");
    if (member == NULL)
        return true;
    if (!build(member, DDB_EXPRESSION_KEY_CONDITION, read_condition, false, binding, fault))
        return false;
    /* an index may have more key attributes than two; how many, is seen with its schema */
    size_t most = wire_member(input, "IndexName") != NULL ? (size_t)(2 * DDB_KEY_PARTS_MAX) : 2;
    return (*binding != NULL && (*binding)->expression->path_count <= most) ||
           ddb_invalid(fault, "Conditions can be of length 1 or 2 only");
}
