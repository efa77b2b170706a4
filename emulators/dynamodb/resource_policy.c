/* Resource policies of tables and their streams: kept and told. Nobody is refused by one, as nobody
 * is by any other policy here. */
#include <string.h>

#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/table_setting.h"

#define POLICY_BYTES_MAX 20480
#define NO_POLICY        "NO_POLICY"
#define NOT_FOUND_TEXT   "Resource-based policy not found for the provided ResourceArn: "

static bool fail_not_found(struct ddb_fault *fault, const char *arn)
{
    return ddb_fail(fault, "PolicyNotFoundException", NOT_FOUND_TEXT "%s", arn);
}

/* As for tags, but a table that is not there is called by its name. */
static bool find_resource(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                          struct ddb_fault *fault)
{
    const char *arn = wire_text(call->input, "ResourceArn");
    if (ddb_request_resource(ddb, call, table, fault))
        return true;
    if (strcmp(fault->code, "ResourceNotFoundException") == 0 && strstr(arn, "/stream/") == NULL)
        fault->message =
            sim_arena_printf(fault->arena, "Requested resource not found: Table: %s not found",
                             ddb_table_name_of(fault->arena, arn));
    return false;
}

bool ddb_policy_check(const char *text, struct ddb_fault *fault)
{
    cJSON *policy = cJSON_Parse(text);
    bool is_object = cJSON_IsObject(policy);
    bool has_statement = wire_member(policy, "Statement") != NULL;
    cJSON_Delete(policy);
    if (!is_object)
        return ddb_invalid(fault, "Invalid policy document: This policy contains invalid Json");
    if (!has_statement)
        return ddb_invalid(fault, "Invalid policy document: Missing required field Statement");
    if (strlen(text) > POLICY_BYTES_MAX)
        return ddb_fail(fault, "LimitExceededException",
                        "The resource-based policy exceeds the maximum size of %d bytes",
                        POLICY_BYTES_MAX);
    return true;
}

/* A condition that the caller may put on what is there. */
static bool check_revision(const struct ddb_table *table, const char *arn, const char *expected,
                           struct ddb_fault *fault)
{
    const cJSON *policy = ddb_setting_find(table, DDB_SETTING_POLICIES, arn);
    const char *revision = wire_text(policy, "RevisionId");
    if (expected == NULL || strcmp(expected, revision != NULL ? revision : NO_POLICY) == 0)
        return true;
    if (revision == NULL)
        return fail_not_found(fault, arn);
    if (strcmp(expected, NO_POLICY) == 0)
        return ddb_fail(fault, "PolicyNotFoundException",
                        NOT_FOUND_TEXT "Requested policy update expecting none to be present for "
                                       "table %s, but a policy exists with revision id %s.",
                        table->name, revision);
    return ddb_fail(fault, "PolicyNotFoundException",
                    NOT_FOUND_TEXT "Requested update for policy with revision id %s, but the "
                                   "policy associated to target table %s has revision id %s.",
                    expected, table->name, revision);
}

/* Milliseconds, as the service's are; later than the one before. */
static const char *next_revision(const struct ddb_table *table, const cJSON *old,
                                 struct sim_arena *arena)
{
    const char *last = wire_text(old, "RevisionId");
    unsigned long long revision = ddb_now_us(table->ddb) / SIM_US_PER_MS;
    const char *text = sim_arena_printf(arena, "%llu", revision);
    while (last != NULL && strcmp(text, last) <= 0)
        text = sim_arena_printf(arena, "%llu", ++revision);
    return text;
}

const char *ddb_policy_keep(struct ddb_table *table, const char *arn, const char *text,
                            struct sim_arena *arena)
{
    const cJSON *old = ddb_setting_find(table, DDB_SETTING_POLICIES, arn);
    const char *old_text = wire_text(old, "Policy");
    if (old_text != NULL && strcmp(old_text, text) == 0)
        return wire_text(old, "RevisionId");
    const char *revision = next_revision(table, old, arena);
    cJSON *policy = cJSON_CreateObject();
    cJSON_AddStringToObject(policy, "Policy", text);
    cJSON_AddStringToObject(policy, "RevisionId", revision);
    ddb_setting_put(table, DDB_SETTING_POLICIES, arn, policy);
    return revision;
}

enum wire_progress ddb_put_resource_policy(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const char *arn = wire_text(call->input, "ResourceArn");
    const char *text = wire_text(call->input, "Policy");
    if (!ddb_policy_check(text, &fault) || !find_resource(state, call, &table, &fault) ||
        !check_revision(table, arn, wire_text(call->input, "ExpectedRevisionId"), &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "RevisionId", ddb_policy_keep(table, arn, text, call->arena));
    return wire_succeed(call, output);
}

enum wire_progress ddb_get_resource_policy(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const char *arn = wire_text(call->input, "ResourceArn");
    if (!find_resource(state, call, &table, &fault))
        return ddb_answer_fault(call, &fault);
    const cJSON *policy = ddb_setting_find(table, DDB_SETTING_POLICIES, arn);
    if (policy == NULL) {
        (void)fail_not_found(&fault, arn);
        return ddb_answer_fault(call, &fault);
    }
    return wire_succeed(call, cJSON_Duplicate(policy, true));
}

/* Deleting what is not there is no error, unless a revision was expected. */
enum wire_progress ddb_delete_resource_policy(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const char *arn = wire_text(call->input, "ResourceArn");
    if (!find_resource(state, call, &table, &fault) ||
        !check_revision(table, arn, wire_text(call->input, "ExpectedRevisionId"), &fault))
        return ddb_answer_fault(call, &fault);
    const cJSON *policy = ddb_setting_find(table, DDB_SETTING_POLICIES, arn);
    cJSON *output = cJSON_CreateObject();
    if (policy != NULL)
        cJSON_AddStringToObject(output, "RevisionId", wire_text(policy, "RevisionId"));
    ddb_setting_put(table, DDB_SETTING_POLICIES, arn, NULL);
    return wire_succeed(call, output);
}
