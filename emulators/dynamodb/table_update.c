#include <string.h>

#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/index_update.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_checks.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/table_settings.h"
#include "emulators/dynamodb/table_throughput.h"
#include "emulators/dynamodb/throttle.h"

#define P      DDB_PARAMETER_TEXT
#define IN_USE "Attempt to change a resource which is still in use: "

/* --- what may be changed together ----------------------------------------------------------------
 */

/* An empty list changes nothing. */
static bool has(const cJSON *input, const char *member)
{
    const cJSON *value = wire_member(input, member);
    return value != NULL && (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > 0);
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

static bool check_something(const cJSON *input, struct ddb_fault *fault)
{
    if (has_other_than(input, ""))
        return true;
    return ddb_invalid(fault, "At least one of ProvisionedThroughput, BillingMode, "
                              "UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, "
                              "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
                              "MultiRegionConsistency, DeletionProtectionEnabled, "
                              "OnDemandThroughput, WarmThroughput or TableClass is required");
}

static bool creates_index(const cJSON *input)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, wire_member(input, "GlobalSecondaryIndexUpdates"))
    {
        if (wire_member(element, "Create") != NULL)
            return true;
    }
    return false;
}

static bool check_alone(const cJSON *input, struct ddb_fault *fault)
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
    for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
        if (!has(input, alone[i].member) || !has_other_than(input, alone[i].member))
            continue;
        if (strcmp(alone[i].member, "WarmThroughput") == 0 && creates_index(input))
            return ddb_invalid(fault, P "Create global secondary index cannot be specified when "
                                        "updating WarmThroughput");
        return ddb_invalid(fault, P "%s", alone[i].text);
    }
    return true;
}

static bool check_combination(const cJSON *input, struct ddb_fault *fault)
{
    if (!check_something(input, fault) || !check_alone(input, fault))
        return false;
    for (size_t i = 0; has(input, "OnDemandThroughput") && i < ARRAY_LEN(changes); i++) {
        if (strcmp(changes[i], "OnDemandThroughput") != 0 &&
            strcmp(changes[i], "BillingMode") != 0 && has(input, changes[i]))
            return ddb_invalid(fault, P "OnDemandThroughput can only be combined with BillingMode "
                                        "in an UpdateTable request");
    }
    if (has(input, "StreamSpecification") && has(input, "ProvisionedThroughput"))
        return ddb_invalid(fault, P "You cannot modify stream status while updating table IOPS");
    return ddb_index_updates_check(input, fault);
}

/* --- checks against the table --------------------------------------------------------------------
 */

/* While an index is filled, the table is ACTIVE and yet not free. */
static bool check_indexes_idle(const struct ddb_table *table, const cJSON *input,
                               struct ddb_fault *fault)
{
    const char *name = ddb_index_in_state(table, DDB_INDEX_CREATING);
    if (name == NULL || (!has(input, "ProvisionedThroughput") && !has(input, "BillingMode")))
        return true;
    return ddb_fail(fault, "ResourceInUseException",
                    IN_USE "Can't change table IOPS when an index is being created. Table: %s "
                           "Indexes: [%s]",
                    table->name, name);
}

static bool check_state(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    static const char *const in_use = "ResourceInUseException";
    const struct ddb_group *group = table->member.group;
    bool is_changing = table->pending != NULL;
    if (table->restore != NULL || ddb_replica_is_being_added(table))
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", table->name);
    if (has(table->pending, "SSESpecification"))
        return ddb_fail(fault, in_use, IN_USE "Server-Side Encryption is still being updated");
    if (table->status == DDB_TABLE_ACTIVE && !is_changing &&
        (group == NULL || !ddb_group_is_busy(group)))
        return check_indexes_idle(table, input, fault);
    if (is_changing && has(input, "GlobalSecondaryIndexUpdates") &&
        !ddb_index_updates_check_table(table, input, fault))
        return false; /* says more than that the table is UPDATING */
    if (has(input, "DeletionProtectionEnabled"))
        return ddb_fail(fault, in_use,
                        "Table needs to be in ACTIVE status to modify deletion protection "
                        "setting.");
    if (group != NULL)
        return ddb_fail(fault, in_use,
                        "The resource which you are attempting to change is in use.");
    static const char *const texts[] = {
        [DDB_TABLE_CREATING] = IN_USE "Table is being created: %s",
        [DDB_TABLE_ACTIVE] = IN_USE "Table: %s is in the process of being updated.",
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
    if (!wants_stream && table->member.group != NULL && !ddb_is_strong(table))
        return ddb_invalid(fault, P "Disabling Stream is not allowed for a Global Table replica.");
    if (wants_stream && has_stream)
        return ddb_invalid(fault, "Table already has an enabled stream: TableName: %s",
                           table->name);
    if (!wants_stream && !has_stream)
        return ddb_invalid(fault, "Table has no stream to disable: TableName: %s", table->name);
    return true;
}

/* --- taking effect -------------------------------------------------------------------------------
 */

static void apply_to_table(struct ddb_table *table, const cJSON *input, bool is_origin)
{
    struct ddb_definition *definition = table->definition;
    bool was_on_demand = ddb_table_is_on_demand(table);
    const cJSON *mode = wire_member(input, "BillingMode");
    if (mode != NULL)
        ddb_definition_set(definition, "BillingMode", cJSON_Duplicate(mode, true));
    if (was_on_demand && !ddb_table_is_on_demand(table))
        ddb_definition_set(definition, "OnDemandThroughput", NULL);
    ddb_throughput_change(definition->spec, input, &table->decreases, ddb_now_us(table->ddb));
    if (!was_on_demand && ddb_table_is_on_demand(table)) {
        table->last_on_demand_us = ddb_now_us(table->ddb);
        ddb_definition_set(definition, "ProvisionedThroughput", NULL);
    }
    ddb_encryption_change(table, wire_member(input, "SSESpecification"), is_origin);
    ddb_class_change(table, wire_text(input, "TableClass"));
    ddb_override_forget(table, input);
    ddb_index_updates_finish(table, wire_member(input, "GlobalSecondaryIndexUpdates"));
    if (!was_on_demand && ddb_table_is_on_demand(table))
        ddb_definition_drop_index_throughput(table->definition);
    ddb_throttle_refresh(table);
}

/* Whether a change of the table's provisioned throughput leaves its reads as they are. */
static bool keeps_reads(const struct ddb_table *table, const cJSON *input)
{
    const cJSON *old = wire_member(table->definition->spec, "ProvisionedThroughput");
    const cJSON *new = wire_member(input, "ProvisionedThroughput");
    return old != NULL && new != NULL &&wire_integer(old, "ReadCapacityUnits", 0) ==
                              wire_integer(new, "ReadCapacityUnits", 0);
}

/* Before it takes effect in the table that was asked: where only writes change, another replica
 * keeps the reads that it has as an override. */
static void apply_to_member(const struct ddb_table *origin, struct ddb_table *member,
                            const cJSON *input)
{
    static const char override_name[] = "ProvisionedThroughputOverride";
    const cJSON *own = wire_member(wire_member(member->definition->spec, "ProvisionedThroughput"),
                                   "ReadCapacityUnits");
    if (!keeps_reads(origin, input) || own == NULL) {
        apply_to_table(member, input, false);
        return;
    }
    cJSON *fitted = cJSON_Duplicate(input, true);
    cJSON *units = cJSON_GetObjectItemCaseSensitive(fitted, "ProvisionedThroughput");
    cJSON *override = cJSON_DetachItemFromObjectCaseSensitive(member->overrides, override_name);
    cJSON_DeleteItemFromObjectCaseSensitive(units, "ReadCapacityUnits");
    cJSON_AddItemToObject(units, "ReadCapacityUnits", cJSON_Duplicate(own, true));
    apply_to_table(member, fitted, false);
    if (override != NULL)
        cJSON_AddItemToObject(member->overrides, override_name, override);
    cJSON_Delete(fitted);
}

/* Some changes leave the table ACTIVE, and show in a status of their own. */
static bool keeps_active(const cJSON *input)
{
    return has(input, "SSESpecification") || has(input, "WarmThroughput");
}

/* Capacity mode, capacity, class, indexes and the kind of encryption are shared by all replicas. */
static void finish_update(void *context)
{
    struct ddb_table *table = context;
    const struct ddb_group *group = table->member.group;
    cJSON *input = table->pending;
    bool was_updating = !keeps_active(input);
    table->status_event = 0;
    table->pending = NULL;
    ddb_table_changed(table);
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        struct ddb_table *member = group->members[i];
        if (member == table)
            continue;
        apply_to_member(table, member, input);
        if (was_updating)
            ddb_table_become_active(member);
    }
    apply_to_table(table, input, true);
    ddb_replica_override(table, wire_member(input, "ReplicaUpdates"));
    cJSON_Delete(input);
    if (was_updating)
        ddb_table_become_active(table);
}

void ddb_table_resume_update(struct ddb_table *table)
{
    ddb_table_after_delay(table, finish_update);
}

static void start_update(struct ddb_table *table, const cJSON *input)
{
    const struct ddb_group *group = table->member.group;
    table->pending = cJSON_Duplicate(input, true);
    if (!keeps_active(input)) {
        table->status = DDB_TABLE_UPDATING;
        for (size_t i = 0; group != NULL && i < group->member_count; i++)
            group->members[i]->status = DDB_TABLE_UPDATING;
    }
    ddb_table_after_delay(table, finish_update);
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

/* Only this setting: it takes effect at once, and shows as UPDATING only among replicas. */
static void change_protection(struct ddb_table *table, bool is_protected)
{
    table->is_protected = is_protected;
    if (table->member.group == NULL)
        return;
    ddb_group_stir(table);
    table->status = DDB_TABLE_UPDATING;
    ddb_table_settle(table);
}

/* Takes effect at once where there are no replicas. */
static bool is_only_on_demand_maximum(const cJSON *input)
{
    return has(input, "OnDemandThroughput") && !has(input, "BillingMode");
}

static bool update_replicas(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    enum ddb_replica_change change =
        ddb_replica_update(table, wire_member(input, "ReplicaUpdates"), fault);
    if (change == DDB_REPLICA_OVERRIDES)
        start_update(table, input);
    return change != DDB_REPLICA_REFUSED;
}

static bool check_update(const struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *maximum = wire_member(input, "OnDemandThroughput");
    if (!check_state(table, input, fault) || !check_stream(table, input, fault))
        return false;
    if (is_only_on_demand_maximum(input) && cJSON_GetArraySize(maximum) == 0)
        return ddb_fail(fault, "InternalServerError", "Internal server error");
    return ddb_throughput_check_table(table, input, fault) &&
           ddb_encryption_check_change(table, wire_member(input, "SSESpecification"), fault) &&
           ddb_class_check_change(table, wire_text(input, "TableClass"), fault) &&
           ddb_index_updates_check_table(table, input, fault);
}

static bool update(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    if (has(input, "ReplicaUpdates"))
        return update_replicas(table, input, fault);
    if (!check_update(table, input, fault) || !ddb_index_updates_begin(table, input, fault))
        return false;
    change_stream(table, wire_member(input, "StreamSpecification"));
    if (has(input, "DeletionProtectionEnabled"))
        change_protection(table, wire_flag(input, "DeletionProtectionEnabled", false));
    else if (is_only_on_demand_maximum(input) && table->member.group == NULL)
        apply_to_table(table, input, true);
    else
        start_update(table, input);
    return true;
}

/* What can be said without the table. */
static bool check_request(const cJSON *input, bool is_strong, struct ddb_fault *fault)
{
    const cJSON *replicas = wire_member(input, "ReplicaUpdates");
    if (is_strong)
        return ddb_strong_check_update(input, fault);
    return check_combination(input, fault) &&
           (replicas == NULL || ddb_replica_check_updates(replicas, fault)) &&
           ddb_table_check_class(wire_text(input, "TableClass"), fault);
}

/* Replicas in several accounts are what the mode is for; the words are ours. */
static bool check_settings_mode(const struct ddb_table *table, const cJSON *input,
                                struct ddb_fault *fault)
{
    if (wire_member(input, "GlobalTableSettingsReplicationMode") == NULL)
        return true;
    if (table->member.group == NULL && !ddb_table_check_settings_mode(input, fault))
        return false;
    return ddb_invalid(fault, "regionlab does not serve GlobalTableSettingsReplicationMode: a "
                              "global table's replicas are all in one account here.");
}

enum wire_progress ddb_update_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    const char *name = wire_text(call->input, "TableName");
    struct ddb_table *table =
        ddb_table_find(ddb_region_find(state, call->region), call->account,
                       name != NULL ? ddb_table_name_of(call->arena, name) : "");
    bool is_strong = ddb_strong_update_is_asked(table, call->input);
    if (!check_request(call->input, is_strong, &fault) ||
        !ddb_request_table_control(state, call, name, &table, &fault) ||
        !check_settings_mode(table, call->input, &fault) ||
        !(is_strong ? ddb_strong_update(table, call->input, &fault)
                    : update(table, call->input, &fault)))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TableDescription",
                          ddb_table_describe(table, DDB_DESCRIBE_CHANGED));
    return wire_succeed(call, output);
}
