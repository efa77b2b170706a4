/* UpdateTimeToLive and DescribeTimeToLive. The setting takes effect at once: the service's ENABLING
 * and DISABLING have never been seen to last. */
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/time_to_live.h"
#include "emulators/dynamodb/time_to_live_state.h"

#define BETWEEN_CHANGES_US (UINT64_C(1800) * SIM_US_PER_S)

static bool check_state(const struct ddb_table *table, struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    if (ddb_is_strong(table))
        return ddb_invalid(fault, "Time to live is not supported on a global table with "
                                  "MultiRegionConsistency set to STRONG.");
    if (ddb_replica_is_being_added(table))
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", table->name);
    for (size_t i = 0; group != NULL && table->item_count > 0 && i < group->member_count; i++) {
        if (group->members[i]->status == DDB_TABLE_CREATING) /* it has items to be filled with */
            return ddb_invalid(fault,
                               "Create/Update/Delete of replica is not allowed while the replica "
                               "is being added to table with name: \u2018%s\u2019 in region: "
                               "\u2018%s\u2019.",
                               table->name, ddb_region_name(group->members[i]));
    }
    if (table->restore != NULL)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", table->name);
    if (table->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, "ResourceInUseException",
                        "Attempt to change a resource which is still in use: Table %s is being "
                        "created",
                        table->name);
    if (table->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, "ResourceInUseException",
                        "Attempt to change a resource which is still in use: Table is being "
                        "deleted: %s",
                        table->name);
    return true;
}

static bool check_change(const struct ddb_table *table, bool is_wanted, const char *attribute,
                         struct ddb_fault *fault)
{
    const struct ddb_time_to_live *setting = table->time_to_live;
    bool is_enabled = ddb_time_to_live_is_enabled(table);
    if (is_enabled && strcmp(setting->attribute, attribute) != 0)
        return ddb_invalid(fault,
                           "TimeToLive is active on a different AttributeName: current "
                           "AttributeName is %s",
                           setting->attribute);
    if (is_enabled == is_wanted)
        return ddb_invalid(fault, "TimeToLive is already %s", is_enabled ? "enabled" : "disabled");
    if (setting != NULL && setting->changed_us != 0 &&
        ddb_now_us(table->ddb) - setting->changed_us < BETWEEN_CHANGES_US)
        return ddb_invalid(fault,
                           "Time to live has been modified multiple times within a fixed interval");
    return true;
}

/* In all replicas, or nowhere. */
static enum sim_result enable_everywhere(struct ddb_table *table, const char *attribute,
                                         struct sim_error *error)
{
    struct ddb_group *group = table->member.group;
    struct ddb_table **members = group != NULL ? group->members : &table;
    size_t count = group != NULL ? group->member_count : 1;
    for (size_t i = 0; i < count; i++) {
        if (ddb_time_to_live_is_enabled(members[i]))
            continue;
        enum sim_result result = ddb_time_to_live_enable(members[i], attribute, error);
        if (result == RESULT_OK)
            continue;
        while (i-- > 0)
            ddb_time_to_live_disable(members[i], true);
        return result;
    }
    return RESULT_OK;
}

static void disable_everywhere(struct ddb_table *table)
{
    struct ddb_group *group = table->member.group;
    struct ddb_table **members = group != NULL ? group->members : &table;
    size_t count = group != NULL ? group->member_count : 1;
    for (size_t i = 0; i < count; i++)
        ddb_time_to_live_disable(members[i], true);
}

enum wire_progress ddb_update_time_to_live(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_table *table = NULL;
    const cJSON *wanted = wire_member(call->input, "TimeToLiveSpecification");
    const char *attribute = wire_text(wanted, "AttributeName");
    bool is_wanted = wire_flag(wanted, "Enabled", false);
    if (!ddb_request_table_control(state, call, wire_text(call->input, "TableName"), &table,
                                   &fault) ||
        !check_state(table, &fault) || !check_change(table, is_wanted, attribute, &fault))
        return ddb_answer_fault(call, &fault);
    if (!is_wanted)
        disable_everywhere(table);
    else if (enable_everywhere(table, attribute, &error) != RESULT_OK)
        return wire_fail_internal(call, &error);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TimeToLiveSpecification", cJSON_Duplicate(wanted, true));
    return wire_succeed(call, output);
}

enum wire_progress ddb_describe_time_to_live(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_request_table_control(state, call, wire_text(call->input, "TableName"), &table,
                                   &fault))
        return ddb_answer_fault(call, &fault);
    if (ddb_replica_is_being_added(table)) {
        (void)ddb_fail(&fault, "ResourceNotFoundException",
                       "Requested resource not found: Table: %s not found", table->name);
        return ddb_answer_fault(call, &fault);
    }
    if (table->status == DDB_TABLE_CREATING || table->status == DDB_TABLE_DELETING) {
        const char *status = ddb_table_status_name(table->status);
        (void)ddb_invalid(&fault,
                          "Cannot describe time to live while table is in %s state: Current table "
                          "state is %s",
                          status, status);
        return ddb_answer_fault(call, &fault);
    }
    bool is_enabled = ddb_time_to_live_is_enabled(table);
    cJSON *output = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(output, "TimeToLiveDescription");
    cJSON_AddStringToObject(description, "TimeToLiveStatus", is_enabled ? "ENABLED" : "DISABLED");
    if (is_enabled)
        cJSON_AddStringToObject(description, "AttributeName", table->time_to_live->attribute);
    return wire_succeed(call, output);
}
