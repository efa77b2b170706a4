/* aws:dynamodb:global-table-pause-replication: nothing goes into or out of the target replicas;
 * among the others replication goes on.
 *
 * How it works at AWS: statements in the resource policies of table and stream deny the replication
 * role until the end time. Here faults of the registry do the pausing, and the same statements are
 * put into the policies, because people look for them there (FIS user guide, "Pausing DynamoDB
 * global table replication"). */
#include <stdio.h>
#include <string.h>

#include "emulators/fis/action_kind.h"
#include "emulators/fis/target.h"
#include "sim/core/faults.h"

#define REPLICATION_ROLE                                                                           \
    "role/aws-service-role/replication.dynamodb.amazonaws.com/"                                    \
    "AWSServiceRoleForDynamoDBReplication"

static const char *const table_actions[] = {
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:UpdateTable",
    "dynamodb:Scan",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:UpdateTimeToLive",
};
static const char *const stream_actions[] = {"dynamodb:GetRecords", "dynamodb:DescribeStream",
                                             "dynamodb:GetShardIterator"};

static const char *statement_id(const struct fis_action *action)
{
    return sim_arena_printf(action->experiment->arena, "DoNotModifyFisDynamoDbPauseReplication%s",
                            action->experiment->id);
}

/* --- the statement --- */

static cJSON *make_statement(const struct fis_action *action, const char *arn,
                             const char *const *denied, size_t denied_count)
{
    const struct fis_experiment *experiment = action->experiment;
    char ends[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(action->started_us + fis_action_duration_us(action), ends);
    cJSON *statement = cJSON_CreateObject();
    cJSON_AddStringToObject(statement, "Sid", statement_id(action));
    cJSON_AddStringToObject(statement, "Effect", "Deny");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(statement, "Principal"), "AWS", "*");
    cJSON *names = cJSON_AddArrayToObject(statement, "Action");
    for (size_t i = 0; i < denied_count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(denied[i]));
    cJSON_AddStringToObject(statement, "Resource", arn);
    cJSON *condition = cJSON_AddObjectToObject(statement, "Condition");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(condition, "DateLessThan"), "aws:CurrentTime",
                            ends);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(condition, "ArnEquals"), "aws:PrincipalArn",
                            sim_arena_printf(experiment->arena, "arn:aws:iam::%s:%s",
                                             experiment->place.account, REPLICATION_ROLE));
    return statement;
}

/* The policy of the resource as JSON; one without statements if it has none. */
static cJSON *read_policy(const struct fis_action *action, const char *arn)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ResourceArn", arn);
    cJSON *output = fis_ask(action->experiment, "dynamodb", "GetResourcePolicy", input);
    const char *text = wire_text(output, "Policy");
    cJSON *policy = text != NULL ? cJSON_Parse(text) : NULL;
    cJSON_Delete(output);
    if (policy != NULL)
        return policy;
    policy = cJSON_CreateObject();
    cJSON_AddStringToObject(policy, "Version", "2012-10-17");
    cJSON_AddArrayToObject(policy, "Statement");
    return policy;
}

/* One statement may stand there without a list around it. */
static cJSON *statements_of(cJSON *policy)
{
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    if (cJSON_IsArray(statements))
        return statements;
    cJSON *list = cJSON_CreateArray();
    if (statements != NULL)
        cJSON_AddItemToArray(list, cJSON_Duplicate(statements, true));
    cJSON_DeleteItemFromObjectCaseSensitive(policy, "Statement");
    cJSON_AddItemToObject(policy, "Statement", list);
    return list;
}

static void write_policy(const struct fis_action *action, const char *arn, cJSON *policy)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ResourceArn", arn);
    const char *operation = "DeleteResourcePolicy";
    if (statements_of(policy)->child != NULL) {
        char *text = cJSON_PrintUnformatted(policy);
        cJSON_AddStringToObject(input, "Policy", text);
        cJSON_free(text);
        operation = "PutResourcePolicy";
    }
    /* A table that went away meanwhile has no policy to mind. */
    cJSON_Delete(fis_ask(action->experiment, "dynamodb", operation, input));
}

static void insert_statement(const struct fis_action *action, const char *arn,
                             const char *const *denied, size_t denied_count)
{
    cJSON *policy = read_policy(action, arn);
    cJSON_AddItemToArray(statements_of(policy), make_statement(action, arn, denied, denied_count));
    write_policy(action, arn, policy);
    cJSON_Delete(policy);
}

static void remove_statement(const struct fis_action *action, const char *arn)
{
    cJSON *policy = read_policy(action, arn);
    cJSON *statements = statements_of(policy);
    const char *ours = statement_id(action);
    bool has_changed = false;
    for (int i = cJSON_GetArraySize(statements) - 1; i >= 0; i--) {
        const char *id = wire_text(cJSON_GetArrayItem(statements, i), "Sid");
        if (id != NULL && strcmp(id, ours) == 0) {
            cJSON_DeleteItemFromArray(statements, i);
            has_changed = true;
        }
    }
    if (has_changed)
        write_policy(action, arn, policy);
    cJSON_Delete(policy);
}

/* --- the action --- */

static const char *stream_of(const struct fis_action *action, const char *name)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", name);
    cJSON *output = fis_ask(action->experiment, "dynamodb", "DescribeTable", input);
    const char *arn = wire_text(wire_member(output, "Table"), "LatestStreamArn");
    const char *kept = arn != NULL ? sim_arena_strdup(action->experiment->arena, arn) : NULL;
    cJSON_Delete(output);
    return kept;
}

static bool pause_table(struct fis_action *action, const char *arn, const char **reason)
{
    struct fis_experiment *experiment = action->experiment;
    const char *name = fis_arn_name(experiment, arn, "dynamodb", "table");
    const char *region = experiment->place.region;
    const struct sim_fault_spec out = {
        .kind = SIM_FAULT_PAUSE_REPLICATION, .resource = name, .from = region};
    const struct sim_fault_spec in = {
        .kind = SIM_FAULT_PAUSE_REPLICATION, .resource = name, .to = region};
    if (!fis_action_add_fault(action, &out, reason) || !fis_action_add_fault(action, &in, reason))
        return false;
    insert_statement(action, arn, table_actions, ARRAY_LEN(table_actions));
    const char *stream = stream_of(action, name);
    if (stream != NULL)
        insert_statement(action, stream, stream_actions, ARRAY_LEN(stream_actions));
    return true;
}

/* The ARNs behind the action's only target. */
static cJSON *target_arns(const struct fis_action *action)
{
    return fis_target_arns(action->experiment,
                           wire_text(wire_member(action->facts, "targets"), "Tables"));
}

bool fis_begin_pause_replication(struct fis_action *action, const char **reason)
{
    cJSON *arns = target_arns(action);
    bool is_begun = true;
    for (const cJSON *arn = arns->child; arn != NULL && is_begun; arn = arn->next)
        is_begun = pause_table(action, arn->valuestring, reason);
    cJSON_Delete(arns);
    if (!is_begun)
        fis_end_pause_replication(action);
    return is_begun;
}

void fis_end_pause_replication(struct fis_action *action)
{
    cJSON *arns = target_arns(action);
    for (const cJSON *arn = arns->child; arn != NULL; arn = arn->next) {
        remove_statement(action, arn->valuestring);
        const char *name = fis_arn_name(action->experiment, arn->valuestring, "dynamodb", "table");
        const char *stream = stream_of(action, name);
        if (stream != NULL)
            remove_statement(action, stream);
    }
    cJSON_Delete(arns);
}
