/* Continuous backups: what they are for every table that never asked for point-in-time recovery. */
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"

static bool find_table(struct ddb *ddb, const struct wire_call *call, struct ddb_fault *fault)
{
    struct ddb_table *table = NULL;
    struct ddb_fault missing = {.arena = call->arena};
    const char *name_or_arn = wire_text(call->input, "TableName");
    if (ddb_request_table_control(ddb, call, name_or_arn, &table, &missing) &&
        table->status != DDB_TABLE_CREATING && table->status != DDB_TABLE_DELETING)
        return true;
    return ddb_fail(fault, "TableNotFoundException", "Table not found: %s",
                    ddb_table_name_of(call->arena, name_or_arn));
}

enum wire_progress ddb_describe_continuous_backups(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    if (!find_table(state, call, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON *description = cJSON_AddObjectToObject(output, "ContinuousBackupsDescription");
    cJSON_AddStringToObject(description, "ContinuousBackupsStatus", "ENABLED");
    cJSON *recovery = cJSON_AddObjectToObject(description, "PointInTimeRecoveryDescription");
    cJSON_AddStringToObject(recovery, "PointInTimeRecoveryStatus", "DISABLED");
    return wire_succeed(call, output);
}
