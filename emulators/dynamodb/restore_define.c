/* What a restored table is made of: the source's definition with the overrides of the request. */
#include <string.h>

#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/restore.h"

#define INVALID "Invalid Request: "

static bool is_mode(const char *mode, const char *wanted)
{
    return mode != NULL && strcmp(mode, wanted) == 0;
}

bool ddb_restore_check_overrides(const cJSON *input, struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "BillingModeOverride");
    const cJSON *throughput = wire_member(input, "ProvisionedThroughputOverride");
    if (is_mode(mode, "PAY_PER_REQUEST") && throughput != NULL)
        return ddb_invalid(fault, INVALID "Cannot override ProvisionedThroughput if BillingMode is "
                                          "overridden to PAY_PER_REQUEST");
    if (is_mode(mode, "PROVISIONED") && throughput == NULL)
        return ddb_invalid(fault, INVALID "Must override ProvisionedThroughput if BillingMode is "
                                          "overridden to PROVISIONED");
    return true;
}

/* --- indexes -------------------------------------------------------------------------------------
 */

static const cJSON *find_index(const cJSON *list, const char *name)
{
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, list)
    {
        if (strcmp(wire_text(index, "IndexName"), name) == 0)
            return index;
    }
    return NULL;
}

static bool has_name(const cJSON *names, const char *name)
{
    const cJSON *other = NULL;
    cJSON_ArrayForEach(other, names)
    {
        if (strcmp(cJSON_GetStringValue(other), name) == 0)
            return true;
    }
    return false;
}

static bool is_same_projection(const cJSON *a, const cJSON *b)
{
    const cJSON *names_a = wire_member(a, "NonKeyAttributes");
    const cJSON *names_b = wire_member(b, "NonKeyAttributes");
    const char *type_a = wire_text(a, "ProjectionType");
    const char *type_b = wire_text(b, "ProjectionType");
    if (type_a == NULL || type_b == NULL || strcmp(type_a, type_b) != 0 ||
        cJSON_GetArraySize(names_a) != cJSON_GetArraySize(names_b))
        return false;
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, names_a)
    {
        if (!has_name(names_b, cJSON_GetStringValue(name)))
            return false;
    }
    return true;
}

/* Keys and projection must be those of the source. */
static bool check_index(const cJSON *known, const cJSON *index, struct ddb_fault *fault)
{
    const char *name = wire_text(index, "IndexName");
    const cJSON *source = find_index(known, name);
    if (source != NULL &&
        cJSON_Compare(wire_member(source, "KeySchema"), wire_member(index, "KeySchema"), true) &&
        is_same_projection(wire_member(source, "Projection"), wire_member(index, "Projection")))
        return true;
    return ddb_invalid(fault,
                       INVALID "Index %s does not match a secondary index that existed in the "
                               "source table and cannot be created during the restore operation",
                       name);
}

/* The list as it was asked for takes the place of the source's. */
static bool override_indexes(cJSON *spec, const char *member, const cJSON *wanted,
                             struct ddb_fault *fault)
{
    if (wanted == NULL)
        return true;
    const cJSON *known = wire_member(spec, member);
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wanted)
    {
        if (!check_index(known, index, fault))
            return false;
    }
    cJSON *list = cJSON_Duplicate(wanted, true);
    cJSON *fresh = NULL;
    cJSON_ArrayForEach(fresh, list) /* capacity that is not named stays what it was */
    {
        static const char *const kept[] = {"ProvisionedThroughput", "OnDemandThroughput"};
        const cJSON *source = find_index(known, wire_text(fresh, "IndexName"));
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
            const cJSON *value = wire_member(source, kept[i]);
            if (value != NULL && wire_member(fresh, kept[i]) == NULL)
                cJSON_AddItemToObject(fresh, kept[i], cJSON_Duplicate(value, true));
        }
    }
    cJSON_DeleteItemFromObjectCaseSensitive(spec, member);
    if (cJSON_GetArraySize(list) > 0)
        cJSON_AddItemToObject(spec, member, list);
    else
        cJSON_Delete(list);
    return true;
}

/* --- capacity ------------------------------------------------------------------------------------
 */

static void replace(cJSON *spec, const char *member, const cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(spec, member);
    if (value != NULL)
        cJSON_AddItemToObject(spec, member, cJSON_Duplicate(value, true));
}

static bool settle_indexes(cJSON *spec, bool is_on_demand, struct ddb_fault *fault)
{
    cJSON *index = NULL;
    cJSON_ArrayForEach(index, cJSON_GetObjectItemCaseSensitive(spec, "GlobalSecondaryIndexes"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(index, is_on_demand ? "ProvisionedThroughput"
                                                                    : "OnDemandThroughput");
        cJSON_DeleteItemFromObjectCaseSensitive(index, "WarmThroughput");
        if (!is_on_demand && wire_member(index, "ProvisionedThroughput") == NULL)
            return ddb_invalid(fault, INVALID "Must specify provisioned throughput for index %s",
                               wire_text(index, "IndexName"));
    }
    return true;
}

static bool override_capacity(cJSON *spec, const cJSON *input, struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "BillingModeOverride");
    const cJSON *throughput = wire_member(input, "ProvisionedThroughputOverride");
    const cJSON *maximum = wire_member(input, "OnDemandThroughputOverride");
    if (mode != NULL)
        replace(spec, "BillingMode", wire_member(input, "BillingModeOverride"));
    bool is_on_demand = is_mode(wire_text(spec, "BillingMode"), "PAY_PER_REQUEST");
    if (is_on_demand && throughput != NULL)
        return ddb_invalid(fault,
                           INVALID "Cannot override ProvisionedThroughput unless BillingMode "
                                   "is PROVISIONED");
    if (is_on_demand || throughput != NULL)
        replace(spec, "ProvisionedThroughput", throughput);
    if (!is_on_demand || maximum != NULL)
        replace(spec, "OnDemandThroughput", maximum);
    return settle_indexes(spec, is_on_demand, fault);
}

/* --- all -----------------------------------------------------------------------------------------
 */

static bool apply(cJSON *spec, const cJSON *input, struct ddb_fault *fault)
{
    static const char *const lost[] = {"StreamSpecification", "TableClass", "WarmThroughput"};
    const cJSON *encryption = wire_member(input, "SSESpecificationOverride");
    for (size_t i = 0; i < ARRAY_LEN(lost); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(spec, lost[i]);
    if (!override_indexes(spec, "GlobalSecondaryIndexes",
                          wire_member(input, "GlobalSecondaryIndexOverride"), fault) ||
        !override_indexes(spec, "LocalSecondaryIndexes",
                          wire_member(input, "LocalSecondaryIndexOverride"), fault) ||
        !override_capacity(spec, input, fault))
        return false;
    if (encryption != NULL)
        replace(spec, "SSESpecification", encryption);
    ddb_index_prune_definitions(spec);
    return true;
}

bool ddb_restore_define(const cJSON *spec, const cJSON *input, struct ddb_definition **definition,
                        struct ddb_fault *fault)
{
    cJSON *wanted = cJSON_Duplicate(spec, true);
    bool is_good = apply(wanted, input, fault) && ddb_definition_create(wanted, definition, fault);
    cJSON_Delete(wanted);
    return is_good;
}
