#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/table_checks.h"
#include "emulators/dynamodb/table_describe.h"

#define P      DDB_PARAMETER_TEXT
#define IN_USE "Attempt to change a resource which is still in use: "

/* --- what may be changed together ----------------------------------------------------------------
 */

static bool has(const cJSON *input, const char *member)
{
    return wire_member(input, member) != NULL;
}

static const char *const changes[] = {
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "ReplicaUpdates",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
};

static bool has_other_than(const cJSON *input, const char *member)
{
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        if (strcmp(changes[i], member) != 0 && has(input, changes[i]))
            return true;
    }
    return false;
}

static bool check_combination(const cJSON *input, struct ddb_fault *fault)
{
    static const struct {
        const char *member;
        const char *text;
    } alone[] = {
        /* in the service's order */
        {"ReplicaUpdates", "Replica modification must be the only operation in the request"},
        {"SSESpecification",
         "Server-Side Encryption modification must be the only operation in the request"},
        {"TableClass", "TableClass modification must be the only operation in the request"},
        {"DeletionProtectionEnabled",
         "DeletionProtection modification must be the only operation in the request"},
        {"WarmThroughput", "WarmThroughput must be the only operation in the request"},
    };
    if (!has_other_than(input, ""))
        return ddb_invalid(fault,
                           "At least one of ProvisionedThroughput, BillingMode, "
                           "UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, "
                           "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
                           "MultiRegionConsistency, DeletionProtectionEnabled, "
                           "OnDemandThroughput, WarmThroughput or TableClass is required");
    for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
        if (has(input, alone[i].member) && has_other_than(input, alone[i].member))
            return ddb_invalid(fault, P "%s", alone[i].text);
    }
    if (has(input, "StreamSpecification") && has(input, "ProvisionedThroughput"))
        return ddb_invalid(fault, P "You cannot modify stream status while updating table IOPS");
    return true;
}

/* Exists at AWS and not here yet: said plainly, so that nobody takes it for done. */
static bool refuse_unserved(const cJSON *input, struct ddb_fault *fault)
{
    static const char *const unserved[] = {
        "GlobalSecondaryIndexUpdates", "SSESpecification",          "WarmThroughput",
        "MultiRegionConsistency",      "GlobalTableWitnessUpdates",
    };
    for (size_t i = 0; i < ARRAY_LEN(unserved); i++) {
        if (has(input, unserved[i]))
            return ddb_invalid(fault, "regionlab does not serve UpdateTable's %s yet", unserved[i]);
    }
    return true;
}

/* --- checks against the table --------------------------------------------------------------------
 */

static bool check_state(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    static const char *const in_use = "ResourceInUseException";
    const struct ddb_group *group = table->member.group;
    if (table->status == DDB_TABLE_ACTIVE && (group == NULL || !ddb_group_is_busy(group)))
        return true;
    if (has(input, "DeletionProtectionEnabled"))
        return ddb_fail(fault, in_use,
                        "Table needs to be in ACTIVE status to modify deletion protection "
                        "setting.");
    if (group != NULL)
        return ddb_fail(fault, in_use,
                        "The resource which you are attempting to change is in use.");
    static const char *const texts[] = {
        [DDB_TABLE_CREATING] = IN_USE "Table is being created: %s",
        [DDB_TABLE_UPDATING] = IN_USE "Table: %s is in the process of being updated.",
        [DDB_TABLE_DELETING] = IN_USE "Table is being deleted: %s",
    };
    const char *text = texts[table->status];
    const char *place = strstr(text, "%s");
    return ddb_fail(fault, in_use, "%.*s%s%s", (int)(place - text), text, table->name, place + 2);
}

static bool check_stream(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *stream = wire_member(input, "StreamSpecification");
    const char *view = wire_text(stream, "StreamViewType");
    bool wants_stream = wire_flag(stream, "StreamEnabled", false);
    bool has_stream = ddb_stream_is_enabled(table);
    if (stream == NULL)
        return true;
    if (wants_stream && view == NULL)
        return ddb_invalid(fault, P "If stream is being enabled then UpdateViewType is required");
    if (!wants_stream && view != NULL)
        return ddb_invalid(fault, P "If stream is being disabled, then UpdateViewType must not be "
                                    "specified");
    if (!wants_stream && table->member.group != NULL)
        return ddb_invalid(fault, P "Disabling Stream is not allowed for a Global Table replica.");
    if (wants_stream && has_stream)
        return ddb_invalid(fault, "Table already has an enabled stream: TableName: %s",
                           table->name);
    if (!wants_stream && !has_stream)
        return ddb_invalid(fault, "Table has no stream to disable: TableName: %s", table->name);
    return true;
}

static bool check_same_throughput(const struct ddb_table *table, const cJSON *throughput,
                                  struct ddb_fault *fault)
{
    const cJSON *current = wire_member(table->definition->spec, "ProvisionedThroughput");
    long long reads[2] = {wire_integer(current, "ReadCapacityUnits", 0),
                          wire_integer(throughput, "ReadCapacityUnits", 0)};
    long long writes[2] = {wire_integer(current, "WriteCapacityUnits", 0),
                           wire_integer(throughput, "WriteCapacityUnits", 0)};
    if (reads[0] != reads[1] || writes[0] != writes[1])
        return true;
    return ddb_invalid(
        fault,
        "The provisioned throughput for the table will not change. The requested value equals the "
        "current value. Current ReadCapacityUnits provisioned for the table: %lld. Requested "
        "ReadCapacityUnits: %lld. Current WriteCapacityUnits provisioned for the table: %lld. "
        "Requested WriteCapacityUnits: %lld. Refer to the Amazon DynamoDB Developer Guide for "
        "current limits and how to request higher limits.",
        reads[0], reads[1], writes[0], writes[1]);
}

static bool check_billing(const struct ddb_table *table, const cJSON *input,
                          struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "BillingMode");
    const cJSON *throughput = wire_member(input, "ProvisionedThroughput");
    bool was_on_demand = ddb_table_is_on_demand(table);
    bool is_on_demand = mode != NULL ? strcmp(mode, "PAY_PER_REQUEST") == 0 : was_on_demand;
    if (is_on_demand && throughput != NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput cannot be specified when BillingMode is "
                                    "PAY_PER_REQUEST");
    if (!is_on_demand && was_on_demand && throughput == NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput must be specified when BillingMode is "
                                    "PROVISIONED");
    if (!is_on_demand && table->member.group != NULL)
        return ddb_invalid(fault,
                           "Table write capacity should either be Pay-Per-Request or AutoScaled.");
    if (throughput == NULL)
        return true;
    return ddb_table_check_throughput(throughput, fault) &&
           (was_on_demand || check_same_throughput(table, throughput, fault));
}

/* --- taking effect -------------------------------------------------------------------------------
 */

static void copy_setting(struct ddb_table *table, const cJSON *input, const char *member)
{
    const cJSON *value = wire_member(input, member);
    if (value != NULL)
        ddb_definition_set(table->definition, member, cJSON_Duplicate(value, true));
}

static void apply_to_table(struct ddb_table *table, const cJSON *input)
{
    bool was_on_demand = ddb_table_is_on_demand(table);
    static const char *const members[] = {"BillingMode", "ProvisionedThroughput", "TableClass",
                                          "OnDemandThroughput"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        copy_setting(table, input, members[i]);
    if (!was_on_demand && ddb_table_is_on_demand(table)) {
        table->last_on_demand_us = ddb_now_us(table->ddb);
        ddb_definition_set(table->definition, "ProvisionedThroughput", NULL);
    }
    if (was_on_demand && !ddb_table_is_on_demand(table))
        ddb_definition_set(table->definition, "OnDemandThroughput", NULL);
}

/* Capacity mode, capacity and class are shared by all replicas. */
static void finish_update(void *context)
{
    struct ddb_table *table = context;
    const struct ddb_group *group = table->member.group;
    table->status_event = 0;
    apply_to_table(table, table->pending);
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        if (group->members[i] != table)
            apply_to_table(group->members[i], table->pending);
    }
    cJSON_Delete(table->pending);
    table->pending = NULL;
    ddb_table_become_active(table);
}

static void change_stream(struct ddb_table *table, const cJSON *stream)
{
    if (stream == NULL)
        return;
    if (wire_flag(stream, "StreamEnabled", false))
        ddb_stream_enable(table, ddb_stream_view_find(wire_text(stream, "StreamViewType")));
    else
        ddb_stream_disable(table);
}

static bool update(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *replicas = wire_member(input, "ReplicaUpdates");
    if (replicas != NULL)
        return ddb_replica_update(table, replicas, fault);
    if (!check_state(table, input, fault) || !check_stream(table, input, fault) ||
        !check_billing(table, input, fault))
        return false;
    if (has(input, "DeletionProtectionEnabled")) {
        table->is_protected = wire_flag(input, "DeletionProtectionEnabled", false);
        return true;
    }
    change_stream(table, wire_member(input, "StreamSpecification"));
    table->pending = cJSON_Duplicate(input, true);
    table->status = DDB_TABLE_UPDATING;
    ddb_table_after_delay(table, finish_update);
    return true;
}

enum wire_progress ddb_update_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const cJSON *replicas = wire_member(call->input, "ReplicaUpdates");
    if (!check_combination(call->input, &fault) || !refuse_unserved(call->input, &fault) ||
        (replicas != NULL && !ddb_replica_check_updates(replicas, &fault)) ||
        !ddb_table_check_class(wire_text(call->input, "TableClass"), &fault) ||
        !ddb_request_table_control(state, call, wire_text(call->input, "TableName"), &table,
                                   &fault) ||
        !update(table, call->input, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TableDescription",
                          ddb_table_describe(table, DDB_DESCRIBE_CHANGED));
    return wire_succeed(call, output);
}
