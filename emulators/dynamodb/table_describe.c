#include "emulators/dynamodb/table_describe.h"

#include <string.h>

#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/restore.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_settings.h"
#include "emulators/dynamodb/table_throughput.h"
#include "sim/core/buffer.h"

double ddb_json_time(uint64_t time_us)
{
    return (double)(time_us / SIM_US_PER_MS) / 1000.0;
}

static void copy_member(cJSON *to, const cJSON *from, const char *member)
{
    const cJSON *value = wire_member(from, member);
    if (value != NULL)
        cJSON_AddItemToObject(to, member, cJSON_Duplicate(value, true));
}

static void add_throughput(cJSON *object, const struct ddb_table *table, const cJSON *spec,
                           const struct ddb_decreases *changes)
{
    uint64_t decreases = ddb_decreases_today(changes, ddb_now_us(table->ddb));
    const cJSON *throughput = wire_member(spec, "ProvisionedThroughput");
    cJSON *described = cJSON_AddObjectToObject(object, "ProvisionedThroughput");
    cJSON_AddNumberToObject(described, "NumberOfDecreasesToday", (double)decreases);
    static const char *const members[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        cJSON_AddNumberToObject(described, members[i],
                                (double)wire_integer(throughput, members[i], 0));
    if (changes->increased_us != 0)
        cJSON_AddNumberToObject(described, "LastIncreaseDateTime",
                                ddb_json_time(changes->increased_us));
    if (changes->last_us != 0)
        cJSON_AddNumberToObject(described, "LastDecreaseDateTime", ddb_json_time(changes->last_us));
}

static void add_warm_throughput(cJSON *object, const struct ddb_table *table, const cJSON *spec,
                                bool is_updating)
{
    struct ddb_warm_throughput units = ddb_warm_throughput_of(table, spec);
    cJSON *warm = cJSON_AddObjectToObject(object, "WarmThroughput");
    cJSON_AddNumberToObject(warm, "ReadUnitsPerSecond", (double)units.reads_per_s);
    cJSON_AddNumberToObject(warm, "WriteUnitsPerSecond", (double)units.writes_per_s);
    cJSON_AddStringToObject(warm, "Status", is_updating ? "UPDATING" : "ACTIVE");
}

static void add_index_state(cJSON *object, const struct ddb_table *table, size_t number)
{
    const struct ddb_index_state *state = &table->index_states[number];
    const cJSON *spec = table->definition->indexes[number].spec;
    enum ddb_index_status status =
        table->status == DDB_TABLE_CREATING ? DDB_INDEX_CREATING : state->status;
    cJSON_AddStringToObject(object, "IndexStatus", ddb_index_status_name(status));
    if (state->status == DDB_INDEX_CREATING)
        cJSON_AddBoolToObject(object, "Backfilling", state->backfill != NULL);
    add_throughput(object, table, spec, &state->decreases);
    copy_member(object, spec, "OnDemandThroughput");
}

/* While an index is filled, its totals are not known. */
static void add_index_totals(cJSON *object, const struct ddb_table *table, size_t number)
{
    struct ddb_index_totals totals = table->index_totals[number];
    if (table->index_states[number].status == DDB_INDEX_CREATING)
        totals = (struct ddb_index_totals){0};
    cJSON_AddNumberToObject(object, "IndexSizeBytes", (double)totals.size_bytes);
    cJSON_AddNumberToObject(object, "ItemCount", (double)totals.item_count);
}

static void add_indexes(cJSON *object, const struct ddb_table *table, bool is_global,
                        enum ddb_describe_form form)
{
    const struct ddb_definition *definition = table->definition;
    cJSON *list = NULL;
    for (size_t i = 0; i < definition->index_count; i++) {
        const struct ddb_index_definition *index = &definition->indexes[i];
        if (index->is_global != is_global)
            continue;
        if (list == NULL)
            list = cJSON_AddArrayToObject(object, is_global ? "GlobalSecondaryIndexes"
                                                            : "LocalSecondaryIndexes");
        cJSON *described = cJSON_CreateObject();
        cJSON_AddItemToArray(list, described);
        cJSON_AddStringToObject(described, "IndexName", index->name);
        copy_member(described, index->spec, "KeySchema");
        copy_member(described, index->spec, "Projection");
        if (is_global)
            add_index_state(described, table, i);
        add_index_totals(described, table, i);
        struct sim_buffer arn;
        sim_buffer_init(&arn);
        sim_buffer_printf(&arn, "%s/index/%s", table->arn, index->name);
        cJSON_AddStringToObject(described, "IndexArn", arn.data);
        sim_buffer_fini(&arn);
        if (is_global && form == DDB_DESCRIBE_FULL)
            add_warm_throughput(described, table, index->spec, false);
    }
}

static void add_billing(cJSON *object, const struct ddb_table *table, enum ddb_describe_form form)
{
    bool is_member = table->member.group != NULL;
    bool was_on_demand = table->last_on_demand_us != 0;
    if (!ddb_table_is_on_demand(table) && (!was_on_demand || is_member))
        return;
    cJSON *summary = cJSON_AddObjectToObject(object, "BillingModeSummary");
    cJSON_AddStringToObject(summary, "BillingMode",
                            ddb_table_is_on_demand(table) ? "PAY_PER_REQUEST" : "PROVISIONED");
    if (was_on_demand && form != DDB_DESCRIBE_CREATED)
        cJSON_AddNumberToObject(summary, "LastUpdateToPayPerRequestDateTime",
                                ddb_json_time(table->last_on_demand_us));
}

static void add_stream(cJSON *object, const struct ddb_table *table)
{
    const struct ddb_stream *stream = table->stream;
    if (stream == NULL)
        return;
    if (ddb_stream_is_enabled(table)) {
        cJSON *specification = cJSON_AddObjectToObject(object, "StreamSpecification");
        cJSON_AddBoolToObject(specification, "StreamEnabled", true);
        cJSON_AddStringToObject(specification, "StreamViewType",
                                ddb_stream_view_name(stream->view));
    }
    cJSON_AddStringToObject(object, "LatestStreamLabel", stream->label);
    cJSON_AddStringToObject(object, "LatestStreamArn", stream->arn);
}

/* Then its members are UPDATING, and yet ACTIVE as replicas. */
static bool is_adding_or_removing(const struct ddb_group *group)
{
    for (size_t i = 0; i < group->member_count; i++) {
        if (group->members[i]->member.job != NULL)
            return true;
    }
    return false;
}

static const char *replica_status(const struct ddb_table *table)
{
    if (table->status == DDB_TABLE_ARCHIVED || table->status == DDB_TABLE_CREATING ||
        table->status == DDB_TABLE_DELETING)
        return ddb_table_status_name(table->status);
    if (table->status == DDB_TABLE_UPDATING && !is_adding_or_removing(table->member.group))
        return "UPDATING";
    return table->member.denied_us != 0 ? "REPLICATION_NOT_AUTHORIZED" : "ACTIVE";
}

static void add_replicas(cJSON *object, const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    if (group == NULL)
        return;
    cJSON_AddStringToObject(object, "GlobalTableVersion", "2019.11.21");
    ddb_strong_describe(object, table);
    cJSON_AddStringToObject(object, "GlobalTableSettingsReplicationMode", "ENABLED_WITH_OVERRIDES");
    cJSON *list = cJSON_AddArrayToObject(object, "Replicas");
    for (size_t i = 0; i < group->member_count; i++) {
        const struct ddb_table *other = group->members[i];
        if (other == table)
            continue;
        cJSON *replica = cJSON_CreateObject();
        cJSON_AddItemToArray(list, replica);
        cJSON_AddStringToObject(replica, "RegionName", ddb_region_name(other));
        cJSON_AddStringToObject(replica, "ReplicaStatus", replica_status(other));
        if (other->member.denied_us != 0)
            cJSON_AddNumberToObject(replica, "ReplicaInaccessibleDateTime",
                                    ddb_json_time(other->member.denied_us));
        if (other->status == DDB_TABLE_CREATING)
            continue; /* more is told when it is there */
        add_warm_throughput(replica, other, other->definition->spec, false);
        ddb_override_describe(replica, other);
        cJSON_AddStringToObject(replica, "GlobalTableSettingsReplicationMode",
                                "ENABLED_WITH_OVERRIDES");
    }
}

static void add_settings(cJSON *object, const struct ddb_table *table)
{
    const cJSON *spec = table->definition->spec;
    copy_member(object, spec, "OnDemandThroughput");
    const char *class = wire_text(spec, "TableClass");
    if (class != NULL) { /* STANDARD too, where somebody said so */
        cJSON *summary = cJSON_AddObjectToObject(object, "TableClassSummary");
        cJSON_AddStringToObject(summary, "TableClass", class);
        if (table->class_changes_us[0] != 0)
            cJSON_AddNumberToObject(summary, "LastUpdateDateTime",
                                    ddb_json_time(table->class_changes_us[0]));
    }
    ddb_encryption_describe(object, table);
}

cJSON *ddb_table_describe(const struct ddb_table *table, enum ddb_describe_form form)
{
    const cJSON *spec = table->definition->spec;
    cJSON *object = cJSON_CreateObject();
    if (form != DDB_DESCRIBE_DELETED) {
        copy_member(object, spec, "AttributeDefinitions");
        copy_member(object, spec, "KeySchema");
        cJSON_AddNumberToObject(object, "CreationDateTime", ddb_json_time(table->created_us));
        add_billing(object, table, form);
        add_indexes(object, table, false, form);
        add_indexes(object, table, true, form);
        add_stream(object, table);
        add_settings(object, table);
    } else {
        add_billing(object, table, form);
    }
    cJSON_AddStringToObject(object, "TableName", table->name);
    cJSON_AddStringToObject(object, "TableStatus", ddb_table_status_name(table->status));
    add_throughput(object, table, spec, &table->decreases);
    cJSON_AddNumberToObject(object, "TableSizeBytes", (double)table->size_bytes);
    cJSON_AddNumberToObject(object, "ItemCount", (double)table->item_count);
    cJSON_AddStringToObject(object, "TableArn", table->arn);
    cJSON_AddStringToObject(object, "TableId", table->id);
    cJSON_AddBoolToObject(object, "DeletionProtectionEnabled", table->is_protected);
    bool asks_warm =
        form == DDB_DESCRIBE_CREATED && cJSON_GetArraySize(wire_member(spec, "WarmThroughput")) > 0;
    if (form == DDB_DESCRIBE_FULL || asks_warm)
        add_warm_throughput(object, table, spec,
                            asks_warm || wire_member(table->pending, "WarmThroughput") != NULL);
    ddb_restore_describe(object, table);
    add_replicas(object, table);
    return object;
}
