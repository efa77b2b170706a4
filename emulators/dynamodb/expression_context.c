/* Placeholders: checked once, looked up by each expression, and in the end all used. */
#include "emulators/dynamodb/expression_context.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/condition.h"
#include "emulators/dynamodb/expression_cache.h"
#include "emulators/dynamodb/key_condition.h"
#include "emulators/dynamodb/update.h"

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

/* --- what the request brings ----------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct ddb_placeholder *left = *(struct ddb_placeholder *const *)a;
    const struct ddb_placeholder *right = *(struct ddb_placeholder *const *)b;
    return strcmp(left->key, right->key);
}

static void collect(struct sim_arena *arena, const cJSON *object,
                    struct ddb_placeholders *placeholders)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    placeholders->entries = sim_arena_alloc_array(arena, count, sizeof *placeholders->entries);
    placeholders->sorted = sim_arena_alloc_array(arena, count, sizeof(struct ddb_placeholder *));
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        struct ddb_placeholder *entry = &placeholders->entries[placeholders->count];
        *entry = (struct ddb_placeholder){member->string, member, false};
        placeholders->sorted[placeholders->count++] = entry;
    }
    if (count > 1)
        qsort(placeholders->sorted, count, sizeof(struct ddb_placeholder *), by_key);
}

static bool key_is_good(const char *key, char first)
{
    size_t length = strlen(key);
    if (key[0] != first || length < 2 || length > DDB_PLACEHOLDER_BYTES_MAX)
        return false;
    return strspn(key + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
           length - 1;
}

static bool check_object(const cJSON *object, const char *member, char first,
                         struct ddb_fault *fault)
{
    if (!cJSON_IsObject(object))
        return ddb_fail(fault, "SerializationException", "Unexpected field type");
    if (object->child == NULL)
        return ddb_invalid(fault, "%s must not be empty", member);
    for (const cJSON *entry = object->child; entry != NULL; entry = entry->next)
        if (!key_is_good(entry->string, first))
            return ddb_invalid(fault, "%s contains invalid key: Syntax error; key: \"%s\"", member,
                               entry->string);
    return true;
}

static bool init_names(struct ddb_expression_context *context, const cJSON *names,
                       struct ddb_fault *fault)
{
    if (!check_object(names, "ExpressionAttributeNames", '#', fault))
        return false;
    for (const cJSON *entry = names->child; entry != NULL; entry = entry->next) {
        if (!cJSON_IsString(entry))
            return ddb_fail(fault, "SerializationException",
                            "Start of structure or map found where not expected");
        if (entry->valuestring[0] == '\0')
            return ddb_invalid(fault,
                               "ExpressionAttributeNames contains invalid value: Empty attribute "
                               "name for key %s",
                               entry->string);
        if (strlen(entry->valuestring) > DDB_ATTRIBUTE_NAME_MAX)
            return ddb_invalid(fault,
                               "ExpressionAttributeNames contains invalid value: Attribute name "
                               "is too large, must be less than 65536 bytes for key %s",
                               entry->string);
    }
    collect(fault->arena, names, &context->names);
    return true;
}

static bool init_values(struct ddb_expression_context *context, const cJSON *values,
                        struct ddb_fault *fault)
{
    if (!check_object(values, "ExpressionAttributeValues", ':', fault))
        return false;
    cJSON *copy = cJSON_Duplicate(values, true);
    sim_arena_defer(fault->arena, delete_json, copy);
    for (cJSON *entry = copy->child; entry != NULL; entry = entry->next) {
        if (ddb_value_normalise(entry, fault))
            continue;
        if (strcmp(fault->code, "ValidationException") == 0 && fault->wording == DDB_WORDING_OLDER)
            ddb_invalid(fault, "ExpressionAttributeValues contains invalid value: %s for key %s",
                        fault->message, entry->string);
        return false;
    }
    collect(fault->arena, copy, &context->values);
    return true;
}

static bool check_use(const struct ddb_expression_options *options, struct ddb_fault *fault)
{
    if (options->names != NULL && !options->has_expression)
        return ddb_invalid(fault,
                           "ExpressionAttributeNames can only be specified when using expressions");
    if (options->values == NULL || (options->has_expression && !options->has_only_projection))
        return true;
    if (options->possible == NULL || options->is_single_write)
        return ddb_invalid(
            fault, "ExpressionAttributeValues can only be specified when using expressions");
    return ddb_invalid(fault,
                       "ExpressionAttributeValues can only be specified when using expressions: "
                       "%s null",
                       options->possible);
}

bool ddb_expression_context_init(struct ddb_expression_context *context,
                                 const struct ddb_expression_options *options,
                                 struct ddb_fault *fault)
{
    *context = (struct ddb_expression_context){.unread_names = options->names,
                                               .unread_values = options->values};
    return check_use(options, fault);
}

static bool read_placeholders(struct ddb_expression_context *context, struct ddb_fault *fault)
{
    const cJSON *names = context->unread_names;
    const cJSON *values = context->unread_values;
    context->unread_names = NULL;
    context->unread_values = NULL;
    return (names == NULL || init_names(context, names, fault)) &&
           (values == NULL || init_values(context, values, fault));
}

/* --- binding --------------------------------------------------------------------------------- */

static struct ddb_placeholder *find(const struct ddb_placeholders *placeholders, const char *key)
{
    struct ddb_placeholder wanted = {.key = key};
    struct ddb_placeholder *pointer = &wanted;
    if (placeholders->count == 0)
        return NULL;
    struct ddb_placeholder **found = bsearch(&pointer, placeholders->sorted, placeholders->count,
                                             sizeof(struct ddb_placeholder *), by_key);
    return found == NULL ? NULL : *found;
}

static bool bind_name(struct ddb_expression_context *context,
                      const struct ddb_expression *expression, size_t slot, const char **names,
                      struct ddb_fault *fault)
{
    struct ddb_placeholder *found = find(&context->names, expression->names[slot]);
    if (found == NULL)
        return ddb_invalid(fault,
                           "Invalid %s: An expression attribute name used in the document path is "
                           "not defined; attribute name: %s",
                           ddb_expression_kind_name(expression->kind), expression->names[slot]);
    found->is_used = true;
    names[slot] = found->json->valuestring;
    return true;
}

static bool bind_value(struct ddb_expression_context *context,
                       const struct ddb_expression *expression, size_t slot, const cJSON **values,
                       struct ddb_fault *fault)
{
    struct ddb_placeholder *found = find(&context->values, expression->values[slot]);
    if (found == NULL)
        return ddb_invalid(fault,
                           "Invalid %s: An expression attribute value used in expression is not "
                           "defined; attribute value: %s",
                           ddb_expression_kind_name(expression->kind), expression->values[slot]);
    found->is_used = true;
    values[slot] = found->json;
    return true;
}

/* The first undefined one is told: in the order of the text, but in an update names come first. */
static bool bind_placeholders(struct ddb_expression_context *context,
                              const struct ddb_expression *expression, const char **names,
                              const cJSON **values, struct ddb_fault *fault)
{
    bool has_names_first = expression->kind == DDB_EXPRESSION_UPDATE;
    size_t name = 0;
    for (size_t i = 0; i < expression->value_count; i++) {
        size_t before = has_names_first ? expression->name_count : expression->names_before[i];
        for (; name < before; name++)
            if (!bind_name(context, expression, name, names, fault))
                return false;
        if (!bind_value(context, expression, i, values, fault))
            return false;
    }
    for (; name < expression->name_count; name++)
        if (!bind_name(context, expression, name, names, fault))
            return false;
    return true;
}

static bool check_projection(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    const struct ddb_expression *expression = binding->expression;
    return ddb_path_check_overlap(expression->paths, expression->path_count, binding->names,
                                  "Invalid ProjectionExpression: ", fault);
}

static bool check_kind(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    switch (binding->expression->kind) {
    case DDB_EXPRESSION_CONDITION:
    case DDB_EXPRESSION_FILTER:
    case DDB_EXPRESSION_KEY_CONDITION:
        return ddb_condition_check(binding, fault);
    case DDB_EXPRESSION_UPDATE:
        return ddb_update_check(binding, fault);
    case DDB_EXPRESSION_PROJECTION:
        return check_projection(binding, fault);
    case DDB_EXPRESSION_KIND_COUNT:
        break;
    }
    return false;
}

/* In a key condition an operand of a wrong type is told first when it comes first. Returns false.
 */
static bool fail_placeholder(const struct ddb_binding *binding, struct ddb_fault *fault)
{
    struct ddb_fault earlier = *fault;
    if (binding->expression->kind == DDB_EXPRESSION_KEY_CONDITION &&
        !ddb_condition_check_bound(binding, &earlier))
        *fault = earlier;
    return false;
}

bool ddb_expression_context_bind(struct ddb_expression_context *context,
                                 enum ddb_expression_kind kind, const char *text,
                                 const struct ddb_binding **binding, struct ddb_fault *fault)
{
    if (text == NULL) {
        *binding = NULL;
        return true;
    }
    const struct ddb_expression *expression = NULL;
    if (!read_placeholders(context, fault) ||
        !ddb_expression_cache_parse(fault->expressions, fault->arena, kind, text, &expression,
                                    fault))
        return false;
    const char **names =
        sim_arena_alloc_array(fault->arena, expression->name_count, sizeof(const char *));
    const cJSON **values =
        sim_arena_alloc_array(fault->arena, expression->value_count, sizeof(const cJSON *));
    struct ddb_binding *made = sim_arena_alloc(fault->arena, sizeof *made);
    *made = (struct ddb_binding){expression, names, values};
    if (!bind_placeholders(context, expression, names, values, fault))
        return fail_placeholder(made, fault);
    if (!check_kind(made, fault))
        return false;
    if (kind == DDB_EXPRESSION_KEY_CONDITION)
        context->key_condition = made;
    *binding = made;
    return true;
}

/* --- the end --------------------------------------------------------------------------------- */

static bool check_all_used(const struct ddb_placeholders *placeholders, const char *member,
                           struct ddb_fault *fault)
{
    struct sim_buffer keys;
    sim_buffer_init(&keys);
    for (size_t i = 0; i < placeholders->count; i++) {
        if (placeholders->entries[i].is_used)
            continue;
        sim_buffer_append_text(&keys, keys.length_bytes > 0 ? ", " : "");
        sim_buffer_append_text(&keys, placeholders->entries[i].key);
    }
    bool is_good = keys.length_bytes == 0;
    if (!is_good)
        ddb_invalid(fault, "Value provided in %s unused in expressions: keys: {%s}", member,
                    keys.data);
    sim_buffer_fini(&keys);
    return is_good;
}

bool ddb_expression_context_finish(struct ddb_expression_context *context, struct ddb_fault *fault)
{
    if (!read_placeholders(context, fault) ||
        !check_all_used(&context->names, "ExpressionAttributeNames", fault) ||
        !check_all_used(&context->values, "ExpressionAttributeValues", fault))
        return false;
    return context->key_condition == NULL || ddb_key_condition_check(context->key_condition, fault);
}

/* --- keys in paths --------------------------------------------------------------------------- */

static bool uses_attribute(const struct ddb_binding *binding, const char *attribute)
{
    for (size_t i = 0; i < binding->expression->path_count; i++)
        if (strcmp(ddb_path_top(&binding->expression->paths[i], binding->names), attribute) == 0)
            return true;
    return false;
}

/* Of several the first of the schema is told, wherever it stands in the text. */
bool ddb_binding_uses_key(const struct ddb_binding *binding, const struct ddb_key_schema *schema,
                          const char **attribute)
{
    size_t count = schema->hash_count + schema->range_count;
    for (size_t i = 0; binding != NULL && i < count; i++) {
        const char *name = i < schema->hash_count ? schema->hash[i].name
                                                  : schema->range[i - schema->hash_count].name;
        if (!uses_attribute(binding, name))
            continue;
        *attribute = name;
        return true;
    }
    return false;
}

bool ddb_binding_check_key_paths(const struct ddb_binding *binding,
                                 const struct ddb_key_schema *schema, const char *index_name,
                                 struct ddb_fault *fault)
{
    for (size_t i = 0; binding != NULL && i < binding->expression->path_count; i++) {
        const struct ddb_path *path = &binding->expression->paths[i];
        const char *top = ddb_path_top(path, binding->names);
        if (path->element_count == 1 || !ddb_key_schema_has(schema, top))
            continue;
        return ddb_invalid(fault,
                           "Key attributes must be scalars; list random access '[]' and map lookup "
                           "'.' are not allowed: %s: %s",
                           index_name == NULL ? "Key" : "IndexKey", top);
    }
    return true;
}
