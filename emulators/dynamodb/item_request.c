#include "emulators/dynamodb/item_request.h"

#include <string.h>

#include "emulators/dynamodb/projection.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"

bool ddb_request_table_control(struct ddb *ddb, const struct wire_call *call,
                               const char *name_or_arn, struct ddb_table **table,
                               struct ddb_fault *fault)
{
    const char *name = ddb_table_name_of(fault->arena, name_or_arn);
    *table = ddb_table_find(ddb_region_find(ddb, call->region), call->account, name);
    if (*table != NULL) {
        ddb_table_changed(*table); /* most of these calls change something */
        return true;
    }
    return ddb_fail(fault, "ResourceNotFoundException",
                    "Requested resource not found: Table: %s not found", name);
}

bool ddb_request_table_found(struct ddb *ddb, const struct wire_call *call, const char *name_or_arn,
                             struct ddb_table **table, struct ddb_fault *fault)
{
    const char *name = ddb_table_name_of(fault->arena, name_or_arn);
    struct ddb_table *found =
        ddb_table_find(ddb_region_find(ddb, call->region), call->account, name);
    if (found == NULL || found->status == DDB_TABLE_CREATING || found->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "ResourceNotFoundException", "Requested resource not found");
    if (found->status == DDB_TABLE_ARCHIVED)
        return ddb_fail(fault, "AccessDeniedException", "Table %s is archived", name);
    *table = found;
    return true;
}

bool ddb_request_table(struct ddb *ddb, const struct wire_call *call, const char *name_or_arn,
                       struct ddb_table **table, struct ddb_fault *fault)
{
    return ddb_request_table_found(ddb, call, name_or_arn, table, fault) &&
           ddb_strong_enter(call, *table, fault);
}

bool ddb_request_resource(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                          struct ddb_fault *fault)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    if (strncmp(arn, "arn:", 4) != 0)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT "ARNs must start with 'arn:': %s", arn);
    if (strstr(arn, ":dynamodb:") == NULL)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT "Provided Arn is not a DynamoDB resource arn: %s", arn);
    if (strstr(arn, ":table/") == NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "Invalid resource arn provided, only table or stream "
                                              "is accepted. Provided resource arn: %s",
                           arn);
    const char *prefix = sim_arena_printf(fault->arena, "arn:aws:dynamodb:%s:", call->region);
    if (strncmp(arn, prefix, strlen(prefix)) != 0)
        return ddb_invalid(fault, "Invalid TableArn: Invalid ResourceArn provided as input %s",
                           arn);
    *table = ddb_table_find(ddb_region_find(ddb, call->region), call->account,
                            ddb_table_name_of(fault->arena, arn));
    if (*table == NULL || (*table)->status == DDB_TABLE_CREATING ||
        (*table)->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: ResourceArn: %s not found", arn);
    ddb_table_changed(*table);
    return true;
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

void ddb_defer_json(struct sim_arena *arena, cJSON *json)
{
    sim_arena_defer(arena, delete_json, json);
}

cJSON *ddb_raw_item(const char *text)
{
    cJSON *raw = cJSON_CreateRaw(text);
    CHECK(raw != NULL);
    return raw;
}

bool ddb_request_only_item(const cJSON *map, cJSON **item, struct ddb_fault *fault)
{
    cJSON *own = (cJSON *)(uintptr_t)map; /* a part of the call's input, which the call owns */
    if (!ddb_item_normalise(own, fault))
        return false;
    *item = own;
    return true;
}

bool ddb_request_item(const cJSON *map, cJSON **item, struct ddb_fault *fault)
{
    cJSON *copy = cJSON_Duplicate(map, true);
    CHECK(copy != NULL);
    ddb_defer_json(fault->arena, copy);
    if (!ddb_item_normalise(copy, fault))
        return false;
    *item = copy;
    return true;
}

static bool project_names(const cJSON *names, const struct ddb_binding **projection,
                          struct ddb_fault *fault)
{
    size_t count = 0;
    const char **attributes = sim_arena_alloc_array(
        fault->arena, (size_t)cJSON_GetArraySize(names) + 1, sizeof *attributes);
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, names)
    {
        if (strlen(cJSON_GetStringValue(name)) > DDB_ATTRIBUTE_NAME_MAX)
            return ddb_invalid(fault, DDB_PARAMETER_TEXT
                               "Attribute name is too large, must be less than 65536 bytes");
        for (size_t i = 0; i < count; i++) {
            if (strcmp(attributes[i], cJSON_GetStringValue(name)) == 0)
                return ddb_invalid(fault,
                                   DDB_PARAMETER_TEXT "Duplicate value in attribute name: %s",
                                   attributes[i]);
        }
        attributes[count++] = cJSON_GetStringValue(name);
    }
    *projection = ddb_projection_of_names(fault->arena, attributes, count);
    return true;
}

bool ddb_request_projection(const cJSON *input, struct ddb_expression_context *context,
                            const struct ddb_binding **projection, struct ddb_fault *fault)
{
    const cJSON *names = wire_member(input, "AttributesToGet");
    const char *text = wire_text(input, "ProjectionExpression");
    if (names != NULL)
        return project_names(names, projection, fault);
    return ddb_expression_context_bind(context, DDB_EXPRESSION_PROJECTION, text, projection, fault);
}

bool ddb_request_check_paths(const struct ddb_definition *definition,
                             const struct ddb_binding *binding, struct ddb_fault *fault)
{
    if (!ddb_binding_check_key_paths(binding, &definition->keys, NULL, fault))
        return false;
    for (size_t i = 0; i < definition->index_count; i++) {
        if (!ddb_binding_check_key_paths(binding, &definition->indexes[i].keys,
                                         definition->indexes[i].name, fault))
            return false;
    }
    return true;
}
