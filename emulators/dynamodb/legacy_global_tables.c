/* The calls of global tables version 2017.11.29, as the service answers them today: that version
 * cannot be made any more, and its calls do not see tables of the current one. */
#include <string.h>

#include "emulators/dynamodb/dynamodb_internal.h"
#include "emulators/dynamodb/operations.h"

#define RETIRED                                                                                    \
    DDB_PARAMETER_TEXT "DynamoDB global tables version 2017.11.29 is not supported. We recommend " \
                       "using DynamoDB global tables version 2019.11.21, instead of version "      \
                       "2017.11.29 (Legacy)."

static bool fail_unknown(struct ddb_fault *fault, const struct wire_call *call, const char *before)
{
    return ddb_fail(fault, "GlobalTableNotFoundException",
                    "%sGlobal table with name: '%s' does not exist.", before,
                    wire_text(call->input, "GlobalTableName"));
}

static bool check_region(const char *name, struct ddb_fault *fault)
{
    /* The service's own list of where the old version was. */
    static const char *const regions[] = {
        "eu-west-2",      "eu-west-1",    "ap-southeast-1", "ap-southeast-2",
        "ap-northeast-2", "eu-central-1", "ap-northeast-1", "us-east-1",
        "us-east-2",      "us-west-1",    "us-west-2",
    };
    for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
        if (name == NULL || strcmp(regions[i], name) == 0)
            return true;
    }
    return ddb_invalid(fault,
                       DDB_PARAMETER_TEXT
                       "DynamoDB global tables version 2017.11.29 is not supported in this region "
                       "'%s', supported regions are : [eu-west-2, eu-west-1, ap-southeast-1, "
                       "ap-southeast-2, ap-northeast-2, eu-central-1, ap-northeast-1, us-east-1, "
                       "us-east-2, us-west-1, us-west-2]",
                       name);
}

/* Of the call and of the replicas that it names. */
static bool check_regions(const struct wire_call *call, struct ddb_fault *fault)
{
    const cJSON *replica = NULL;
    if (!check_region(call->region, fault))
        return false;
    cJSON_ArrayForEach(replica, wire_member(call->input, "ReplicationGroup"))
    {
        if (!check_region(wire_text(replica, "RegionName"), fault))
            return false;
    }
    return true;
}

enum wire_progress ddb_create_global_table(void *state UNUSED, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    if (check_regions(call, &fault))
        (void)ddb_invalid(&fault, RETIRED);
    return ddb_answer_fault(call, &fault);
}

enum wire_progress ddb_update_global_table(void *state UNUSED, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    const cJSON *updates = wire_member(call->input, "ReplicaUpdates");
    const cJSON *update = NULL;
    bool is_create = false;
    cJSON_ArrayForEach(update, updates)
    {
        is_create = is_create || wire_member(update, "Create") != NULL;
    }
    if (cJSON_GetArraySize(updates) == 0)
        (void)ddb_invalid(&fault, "One or more parameter values were invalid");
    else if (is_create)
        (void)ddb_invalid(&fault, RETIRED);
    else
        (void)fail_unknown(&fault, call, "");
    return ddb_answer_fault(call, &fault);
}

enum wire_progress ddb_describe_global_table(void *state UNUSED, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    (void)fail_unknown(&fault, call, "Global table not found: ");
    return ddb_answer_fault(call, &fault);
}

enum wire_progress ddb_global_table_settings(void *state UNUSED, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    (void)fail_unknown(&fault, call, "");
    return ddb_answer_fault(call, &fault);
}

enum wire_progress ddb_list_global_tables(void *state, struct wire_call *call)
{
    const struct ddb *ddb = state;
    const char *name = wire_text(call->input, "RegionName");
    struct ddb_fault fault = {.arena = call->arena};
    if (name != NULL && sim_network_region_find(ddb->core->network, name) == NULL) {
        (void)ddb_fail(&fault, "InternalServerError", "Internal server error");
        return ddb_answer_fault(call, &fault);
    }
    cJSON *output = cJSON_CreateObject();
    (void)cJSON_AddArrayToObject(output, "GlobalTables");
    return wire_succeed(call, output);
}
