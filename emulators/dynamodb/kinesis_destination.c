/* Kinesis streaming destinations: the setting and its states. No record is sent: there is no
 * Kinesis here. */
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/table_setting.h"

#define PRECISION "ApproximateCreationDateTimePrecision"
#define STATE     "Table is not in a valid state to "

static const char *status_of(const struct ddb_table *table, const cJSON *destination)
{
    static const struct {
        const char *change;
        const char *then;
    } states[] = {{"ENABLING", "ACTIVE"}, {"DISABLING", "DISABLED"}, {"UPDATING", "ACTIVE"}};
    const char *change = wire_text(destination, "Change");
    for (size_t i = 0; change != NULL && i < ARRAY_LEN(states); i++) {
        if (strcmp(states[i].change, change) == 0)
            return ddb_setting_state(table, destination, change, states[i].then);
    }
    return "DISABLED";
}

static const cJSON *configuration_of(const struct wire_call *call)
{
    const cJSON *enable = wire_member(call->input, "EnableKinesisStreamingConfiguration");
    return enable != NULL ? enable
                          : wire_member(call->input, "UpdateKinesisStreamingConfiguration");
}

/* Keeps the change and answers with its name. */
static enum wire_progress change(struct wire_call *call, struct ddb_table *table,
                                 const char *change)
{
    const char *arn = wire_text(call->input, "StreamArn");
    const cJSON *old = ddb_setting_find(table, DDB_SETTING_KINESIS, arn);
    const cJSON *configuration = configuration_of(call);
    const char *precision = wire_text(configuration, PRECISION);
    if (precision == NULL)
        precision = wire_text(old, PRECISION);
    cJSON *destination = cJSON_CreateObject();
    cJSON_AddStringToObject(destination, "Change", change);
    if (precision != NULL)
        cJSON_AddStringToObject(destination, PRECISION, precision);
    ddb_setting_stamp(table, destination);
    ddb_setting_put(table, DDB_SETTING_KINESIS, arn, destination);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "TableName", table->name);
    cJSON_AddStringToObject(output, "StreamArn", arn);
    cJSON_AddStringToObject(output, "DestinationStatus", change);
    if (configuration != NULL)
        cJSON_AddItemToObject(output,
                              strcmp(change, "UPDATING") == 0
                                  ? "UpdateKinesisStreamingConfiguration"
                                  : "EnableKinesisStreamingConfiguration",
                              cJSON_Duplicate(configuration, true));
    return wire_succeed(call, output);
}

/* Finds the table, and refuses where the destination is not in one of the two states. */
static bool find_in_state(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                          const char *wanted, const char *text, struct ddb_fault *fault)
{
    if (!ddb_request_settled_table(ddb, call, table, fault))
        return false;
    const cJSON *destination =
        ddb_setting_find(*table, DDB_SETTING_KINESIS, wire_text(call->input, "StreamArn"));
    return strcmp(status_of(*table, destination), wanted) == 0 || ddb_invalid(fault, "%s", text);
}

enum wire_progress ddb_enable_kinesis(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!find_in_state(state, call, &table, "DISABLED",
                       STATE "enable Kinesis Streaming Destination: KinesisStreamingDestination "
                             "must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
                       &fault))
        return ddb_answer_fault(call, &fault);
    return change(call, table, "ENABLING");
}

enum wire_progress ddb_disable_kinesis(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!find_in_state(state, call, &table, "ACTIVE",
                       STATE "disable Kinesis Streaming Destination: KinesisStreamingDestination "
                             "must be ACTIVE to perform DISABLE operation.",
                       &fault))
        return ddb_answer_fault(call, &fault);
    return change(call, table, "DISABLING");
}

enum wire_progress ddb_update_kinesis(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (wire_text(configuration_of(call), PRECISION) == NULL)
        (void)ddb_invalid(&fault, "Streaming destination cannot be updated with given parameters: "
                                  "UpdateKinesisStreamingConfiguration cannot be null or contain "
                                  "only null values");
    if (fault.code != NULL ||
        !find_in_state(state, call, &table, "ACTIVE",
                       STATE "update Kinesis Streaming Destination: KinesisStreamingDestination "
                             "must be ACTIVE to perform UPDATE operation.",
                       &fault))
        return ddb_answer_fault(call, &fault);
    const cJSON *destination =
        ddb_setting_find(table, DDB_SETTING_KINESIS, wire_text(call->input, "StreamArn"));
    const char *wanted = wire_text(configuration_of(call), PRECISION);
    const char *current = wire_text(destination, PRECISION);
    if (strcmp(wanted, current != NULL ? current : "MILLISECOND") == 0) {
        (void)ddb_invalid(&fault,
                          "Invalid Request: Precision is already set to the desired value of %s "
                          "for tableName: %s, kdsArn: %s",
                          wanted, table->name, wire_text(call->input, "StreamArn"));
        return ddb_answer_fault(call, &fault);
    }
    return change(call, table, "UPDATING");
}

enum wire_progress ddb_describe_kinesis(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_request_settled_table(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "TableName", table->name);
    cJSON *list = cJSON_AddArrayToObject(output, "KinesisDataStreamDestinations");
    const cJSON *destination = NULL;
    cJSON_ArrayForEach(destination, ddb_settings_of(table, DDB_SETTING_KINESIS))
    {
        const char *precision = wire_text(destination, PRECISION);
        cJSON *described = cJSON_CreateObject();
        cJSON_AddItemToArray(list, described);
        cJSON_AddStringToObject(described, "StreamArn", destination->string);
        cJSON_AddStringToObject(described, "DestinationStatus", status_of(table, destination));
        if (precision != NULL)
            cJSON_AddStringToObject(described, PRECISION, precision);
    }
    return wire_succeed(call, output);
}
