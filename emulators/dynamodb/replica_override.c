#include "emulators/dynamodb/replica_override.h"

#include <string.h>

#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_checks.h"
#include "emulators/dynamodb/table_settings.h"
#include "emulators/dynamodb/table_throughput.h"
#include "emulators/dynamodb/throttle.h"

static const char *const overrides[] = {
    "ProvisionedThroughputOverride",
    "OnDemandThroughputOverride",
    "TableClassOverride",
    "GlobalSecondaryIndexes",
    "KMSMasterKeyId",
};

bool ddb_override_is_given(const cJSON *action)
{
    for (size_t i = 0; i < ARRAY_LEN(overrides); i++) {
        if (wire_member(action, overrides[i]) != NULL)
            return true;
    }
    return false;
}

/* --- checks --------------------------------------------------------------------------------------
 */

/* The table's own, or those of one index. A new replica's read capacity is ignored on demand. */
static bool check_throughput(const struct ddb_table *table, const cJSON *action, bool is_new,
                             struct ddb_fault *fault)
{
    const cJSON *maximum = wire_member(action, "OnDemandThroughputOverride");
    bool is_on_demand = ddb_table_is_on_demand(table);
    if (wire_member(action, "ProvisionedThroughputOverride") != NULL && is_on_demand && !is_new)
        return ddb_invalid(fault, "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                  "specified when BillingMode is PAY_PER_REQUEST");
    if (maximum != NULL && !is_on_demand)
        return ddb_invalid(fault, "MaxReadRequestUnits for OnDemandThroughput cannot be specified "
                                  "when the table BillingMode is PROVISIONED");
    return ddb_table_check_on_demand(maximum, fault);
}

/* An unknown index is an error in an Update, and ignored for a new replica. */
static bool check_index(const struct ddb_table *table, const cJSON *index, bool is_new,
                        struct ddb_fault *fault)
{
    const char *name = wire_text(index, "IndexName");
    if (!is_new && ddb_definition_index_find(table->definition, name) == NULL)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Index: %s for table: %s", name, table->name);
    return check_throughput(table, index, is_new, fault);
}

bool ddb_override_check(const struct ddb_table *table, const cJSON *action, bool is_new,
                        struct ddb_fault *fault)
{
    if (!is_new && wire_member(action, "KMSMasterKeyId") != NULL)
        return ddb_invalid(fault,
                           DDB_PARAMETER_TEXT "KMSMasterKeyId must be specified for each replica.");
    if (!check_throughput(table, action, is_new, fault))
        return false;
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, wire_member(action, "GlobalSecondaryIndexes"))
    {
        if (!check_index(table, index, is_new, fault))
            return false;
    }
    return is_new ||
           ddb_class_check_override(table, wire_text(action, "TableClassOverride"), fault);
}

/* --- taking effect -------------------------------------------------------------------------------
 */

static void keep(struct ddb_table *replica, const char *member, const cJSON *value)
{
    if (replica->overrides == NULL)
        replica->overrides = cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(replica->overrides, member);
    if (value != NULL)
        cJSON_AddItemToObject(replica->overrides, member, cJSON_Duplicate(value, true));
}

static void apply_class(const struct ddb_table *base, struct ddb_table *replica, const cJSON *value)
{
    const char *class = cJSON_GetStringValue(value);
    if (class == NULL)
        return;
    if (replica->status == DDB_TABLE_CREATING) /* it begins with that class: no change is spent */
        ddb_definition_set(replica->definition, "TableClass", cJSON_CreateString(class));
    else
        ddb_class_change(replica, class);
    keep(replica, "TableClassOverride", strcmp(class, ddb_class_of(base)) == 0 ? NULL : value);
}

/* Replaces one unit of one kind of throughput in a spec. */
static void set_units(cJSON *spec, const char *throughput, const char *unit, const cJSON *value)
{
    cJSON *kept = cJSON_GetObjectItemCaseSensitive(spec, throughput);
    if (kept == NULL)
        kept = cJSON_AddObjectToObject(spec, throughput);
    cJSON_DeleteItemFromObjectCaseSensitive(kept, unit);
    cJSON_AddItemToObject(kept, unit, cJSON_Duplicate(value, true));
}

static cJSON *object_in(cJSON *object, const char *name)
{
    cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    return found != NULL ? found : cJSON_AddObjectToObject(object, name);
}

/* Whether base has, for an index or for itself, what an override asks for. */
static bool has_value(const cJSON *base_spec, const char *override, const cJSON *value)
{
    static const struct {
        const char *override;
        const char *throughput;
        const char *unit;
        int64_t without;
    } units[] = {
        {"ProvisionedThroughputOverride", "ProvisionedThroughput", "ReadCapacityUnits", 0},
        {"OnDemandThroughputOverride", "OnDemandThroughput", "MaxReadRequestUnits", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(units[i].override, override) == 0)
            return wire_integer(wire_member(base_spec, units[i].throughput), units[i].unit,
                                units[i].without) ==
                   wire_integer(value, units[i].unit, units[i].without);
    }
    return false;
}

static void apply_provisioned(const struct ddb_table *base, struct ddb_table *replica,
                              const cJSON *value)
{
    const cJSON *units = wire_member(value, "ReadCapacityUnits");
    if (units == NULL || ddb_table_is_on_demand(replica))
        return;
    bool is_same = has_value(base->definition->spec, "ProvisionedThroughputOverride", value);
    set_units(replica->definition->spec, "ProvisionedThroughput", "ReadCapacityUnits", units);
    keep(replica, "ProvisionedThroughputOverride", is_same ? NULL : value);
}

static void apply_on_demand(const struct ddb_table *base, struct ddb_table *replica,
                            const cJSON *value)
{
    if (value == NULL)
        return;
    bool is_same = has_value(base->definition->spec, "OnDemandThroughputOverride", value);
    ddb_on_demand_change(replica->definition->spec, value);
    keep(replica, "OnDemandThroughputOverride", is_same ? NULL : value);
}

/* An override of an index's reads takes effect in its spec. */
static void limit_index(struct ddb_table *replica, const char *name, const cJSON *override)
{
    const cJSON *provisioned = wire_member(override, "ProvisionedThroughputOverride");
    const cJSON *units = wire_member(provisioned, "ReadCapacityUnits");
    cJSON *index = NULL;
    cJSON_ArrayForEach(index, cJSON_GetObjectItemCaseSensitive(replica->definition->spec,
                                                               "GlobalSecondaryIndexes"))
    {
        if (strcmp(wire_text(index, "IndexName"), name) != 0)
            continue;
        if (units != NULL && !ddb_table_is_on_demand(replica))
            set_units(index, "ProvisionedThroughput", "ReadCapacityUnits", units);
        ddb_on_demand_change(index, wire_member(override, "OnDemandThroughputOverride"));
    }
}

/* The later override over the earlier one; one that equals base's value goes. */
static void keep_for_index(struct ddb_table *replica, const cJSON *base_spec, const cJSON *index)
{
    const char *name = wire_text(index, "IndexName");
    if (replica->overrides == NULL)
        replica->overrides = cJSON_CreateObject();
    cJSON *entry = object_in(object_in(replica->overrides, "GlobalSecondaryIndexes"), name);
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, index)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(entry, member->string);
        if (!cJSON_IsObject(member) || has_value(base_spec, member->string, member))
            continue;
        cJSON_AddItemToObject(entry, member->string, cJSON_Duplicate(member, true));
    }
}

static void apply_indexes(const struct ddb_table *base, struct ddb_table *replica,
                          const cJSON *list)
{
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, list)
    {
        const char *name = wire_text(index, "IndexName");
        const struct ddb_index_definition *of_base =
            ddb_definition_index_find(base->definition, name);
        if (of_base == NULL || ddb_definition_index_find(replica->definition, name) == NULL)
            continue;
        keep_for_index(replica, of_base->spec, index);
        limit_index(replica, name, index);
    }
}

void ddb_override_apply(const struct ddb_table *base, struct ddb_table *replica,
                        const cJSON *action)
{
    apply_class(base, replica, wire_member(action, "TableClassOverride"));
    apply_provisioned(base, replica, wire_member(action, "ProvisionedThroughputOverride"));
    apply_on_demand(base, replica, wire_member(action, "OnDemandThroughputOverride"));
    apply_indexes(base, replica, wire_member(action, "GlobalSecondaryIndexes"));
    ddb_throttle_refresh(replica);
}

static const char *text_or_empty(const cJSON *object, const char *name)
{
    const char *text = wire_text(object, name);
    return text != NULL ? text : "";
}

/* A change of an index's capacity, or its deletion. */
static void forget_index(cJSON *kept, const cJSON *element)
{
    const cJSON *deletion = wire_member(element, "Delete");
    const cJSON *update = wire_member(element, "Update");
    cJSON *entry = cJSON_GetObjectItemCaseSensitive(kept, text_or_empty(update, "IndexName"));
    if (deletion != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(kept, text_or_empty(deletion, "IndexName"));
    if (wire_member(update, "ProvisionedThroughput") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(entry, "ProvisionedThroughputOverride");
    if (wire_member(wire_member(update, "OnDemandThroughput"), "MaxReadRequestUnits") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(entry, "OnDemandThroughputOverride");
}

/* The other capacity mode has overrides of its own. */
static void forget_mode(struct ddb_table *table)
{
    static const char *const names[] = {"ProvisionedThroughputOverride",
                                        "OnDemandThroughputOverride"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cJSON *entry = NULL;
        cJSON_DeleteItemFromObjectCaseSensitive(table->overrides, names[i]);
        cJSON_ArrayForEach(
            entry, cJSON_GetObjectItemCaseSensitive(table->overrides, "GlobalSecondaryIndexes"))
        {
            cJSON_DeleteItemFromObjectCaseSensitive(entry, names[i]);
        }
    }
}

void ddb_override_forget(struct ddb_table *table, const cJSON *change)
{
    const cJSON *element = NULL;
    cJSON *kept = cJSON_GetObjectItemCaseSensitive(table->overrides, "GlobalSecondaryIndexes");
    if (table->overrides == NULL)
        return;
    if (wire_member(change, "ProvisionedThroughput") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(table->overrides, "ProvisionedThroughputOverride");
    if (wire_member(wire_member(change, "OnDemandThroughput"), "MaxReadRequestUnits") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(table->overrides, "OnDemandThroughputOverride");
    if (wire_member(change, "TableClass") != NULL)
        cJSON_DeleteItemFromObjectCaseSensitive(table->overrides, "TableClassOverride");
    if (wire_member(change, "BillingMode") != NULL)
        forget_mode(table);
    cJSON_ArrayForEach(element, wire_member(change, "GlobalSecondaryIndexUpdates"))
    {
        forget_index(kept, element);
    }
}

void ddb_override_end(struct ddb_table *table)
{
    cJSON_Delete(table->overrides);
    table->overrides = NULL;
}

/* --- description ---------------------------------------------------------------------------------
 */

static void copy_override(cJSON *object, const struct ddb_table *replica, const char *member)
{
    const cJSON *value = wire_member(replica->overrides, member);
    if (value != NULL)
        cJSON_AddItemToObject(object, member, cJSON_Duplicate(value, true));
}

static void add_indexes(cJSON *object, const struct ddb_table *replica)
{
    const struct ddb_definition *definition = replica->definition;
    const cJSON *kept = wire_member(replica->overrides, "GlobalSecondaryIndexes");
    cJSON *list = NULL;
    for (size_t i = definition->local_index_count; i < definition->index_count; i++) {
        const struct ddb_index_definition *index = &definition->indexes[i];
        struct ddb_warm_throughput warm = ddb_warm_throughput_of(replica, index->spec);
        if (list == NULL)
            list = cJSON_AddArrayToObject(object, "GlobalSecondaryIndexes");
        cJSON *described = cJSON_CreateObject();
        cJSON_AddItemToArray(list, described);
        cJSON_AddStringToObject(described, "IndexName", index->name);
        static const char *const members[] = {"ProvisionedThroughputOverride",
                                              "OnDemandThroughputOverride"};
        for (size_t k = 0; k < ARRAY_LEN(members); k++) {
            const cJSON *value = wire_member(wire_member(kept, index->name), members[k]);
            if (value != NULL)
                cJSON_AddItemToObject(described, members[k], cJSON_Duplicate(value, true));
        }
        cJSON *warm_object = cJSON_AddObjectToObject(described, "WarmThroughput");
        cJSON_AddNumberToObject(warm_object, "ReadUnitsPerSecond", (double)warm.reads_per_s);
        cJSON_AddNumberToObject(warm_object, "WriteUnitsPerSecond", (double)warm.writes_per_s);
        cJSON_AddStringToObject(warm_object, "Status", "ACTIVE");
    }
}

void ddb_override_describe(cJSON *object, const struct ddb_table *replica)
{
    copy_override(object, replica, "ProvisionedThroughputOverride");
    copy_override(object, replica, "OnDemandThroughputOverride");
    const char *class = wire_text(replica->overrides, "TableClassOverride");
    if (class != NULL) {
        cJSON *summary = cJSON_AddObjectToObject(object, "ReplicaTableClassSummary");
        cJSON_AddStringToObject(summary, "TableClass", class);
    }
    ddb_encryption_describe_replica(object, replica);
    add_indexes(object, replica);
}
