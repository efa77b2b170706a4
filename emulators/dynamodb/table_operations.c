#include <ctype.h>
#include <string.h>

#include "emulators/dynamodb/backup.h"
#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/index_update.h"
#include "emulators/dynamodb/item_request.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_checks.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_setting.h"
#include "emulators/dynamodb/table_tags.h"
#include "emulators/dynamodb/table_throughput.h"
#include "sim/core/buffer.h"

#define IN_USE          "Attempt to change a resource which is still in use: "
#define SOURCE_RULE_US  (UINT64_C(24) * 3600 * SIM_US_PER_S)
#define LEAVING_PART    3 /* of the transient delay, after a replica has left its group */
#define STILL_READ_US   (UINT64_C(20) * SIM_US_PER_MS)
#define TABLE_NAME_MIN  3
#define TABLE_NAME_MAX  255
#define TABLES_PER_PAGE 100

/* --- CreateTable -------------------------------------------------------------------------------
 */

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static bool check_name(const char *name, struct ddb_fault *fault)
{
    size_t length = strlen(name);
    if (length < TABLE_NAME_MIN || length > TABLE_NAME_MAX)
        return ddb_invalid(fault,
                           "TableName must be at least %d characters long and at most %d "
                           "characters long",
                           TABLE_NAME_MIN, TABLE_NAME_MAX);
    for (size_t i = 0; i < length; i++) {
        if (!is_name_character(name[i]))
            return ddb_invalid(fault,
                               "1 validation error detected: Value '%s' at 'tableName' failed to "
                               "satisfy constraint: Member must satisfy regular expression "
                               "pattern: [a-zA-Z0-9_.-]+",
                               name);
    }
    return true;
}

/* Replicas in other accounts are made by CreateTable; the words are ours. */
static bool check_accounts(const cJSON *input, struct ddb_fault *fault)
{
    const char *const members[] = {"GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"};
    if (!ddb_table_check_settings_mode(input, fault))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (wire_member(input, members[i]) != NULL)
            return ddb_invalid(fault,
                               "regionlab does not serve %s: a global table's replicas are all in "
                               "one account here. Add them by UpdateTable.",
                               members[i]);
    }
    return true;
}

static bool check_is_free(const struct ddb_table *existing, const char *name,
                          struct ddb_fault *fault)
{
    if (existing == NULL)
        return true;
    if (existing->restore != NULL)
        return ddb_fail(fault, "ResourceInUseException", IN_USE "Table is being used: %s", name);
    if (existing->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, "ResourceInUseException", IN_USE "Table is being created: %s", name);
    return ddb_fail(fault, "ResourceInUseException", "Table already exists: %s", name);
}

static void apply_settings(struct ddb_table *table, const cJSON *input)
{
    const cJSON *stream = wire_member(input, "StreamSpecification");
    table->is_protected = wire_flag(input, "DeletionProtectionEnabled", false);
    if (table->definition->is_on_demand)
        table->last_on_demand_us = table->created_us;
    if (wire_flag(stream, "StreamEnabled", false))
        ddb_stream_enable(table, ddb_stream_view_find(wire_text(stream, "StreamViewType")));
}

enum wire_progress ddb_create_table(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {.arena = call->arena};
    struct sim_error error;
    struct ddb_region *region = NULL;
    const char *name = ddb_table_name_of(call->arena, wire_text(call->input, "TableName"));
    const cJSON *tags = wire_member(call->input, "Tags");
    const char *policy = wire_text(call->input, "ResourcePolicy");
    struct ddb_table_options options = {.account = call->account, .name = name};
    if (!check_name(name, &fault) || !check_accounts(call->input, &fault) ||
        !ddb_tags_check(tags, &fault) || (policy != NULL && !ddb_policy_check(policy, &fault)) ||
        !ddb_table_check_class(wire_text(call->input, "TableClass"), &fault) ||
        !ddb_definition_create(call->input, &options.definition, &fault))
        return ddb_answer_fault(call, &fault);
    if (ddb_region_open(ddb, call->region, &region, &error) != RESULT_OK) {
        ddb_definition_destroy(options.definition);
        return wire_fail_internal(call, &error);
    }
    if (!ddb_throughput_check_new(call->input, call->region, &fault) ||
        !check_is_free(ddb_table_find(region, call->account, name), name, &fault)) {
        ddb_definition_destroy(options.definition);
        return ddb_answer_fault(call, &fault);
    }
    struct ddb_table *table = NULL;
    if (ddb_table_create(region, &options, &table, &error) != RESULT_OK) {
        ddb_definition_destroy(options.definition);
        return wire_fail_internal(call, &error);
    }
    apply_settings(table, call->input);
    if (policy != NULL)
        (void)ddb_policy_keep(table, table->arn, policy, call->arena);
    bool is_tagged = ddb_tags_set(table, tags, &fault);
    if (!is_tagged) {
        ddb_table_destroy(table, true);
        return ddb_answer_fault(call, &fault);
    }
    sim_trace_emit(ddb->core->trace, "table.created", call->region, FIELD_TEXT("table", name));
    ddb_table_settle(table);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TableDescription",
                          ddb_table_describe(table, DDB_DESCRIBE_CREATED));
    return wire_succeed(call, output);
}

/* --- DeleteTable -------------------------------------------------------------------------------
 */

bool ddb_table_check_not_source(const struct ddb_table *table, struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    uint64_t now_us = ddb_now_us(table->ddb);
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        const struct ddb_member *member = &group->members[i]->member;
        if (member->source == table && now_us - member->joined_us < SOURCE_RULE_US)
            return ddb_invalid(fault, "Replica cannot be deleted because it has acted as a source "
                                      "region for new replica(s) being added to the table in the "
                                      "last 24 hours.");
    }
    return true;
}

/* ACTIVE, and yet not free. */
static bool is_changing_quietly(const struct ddb_table *table)
{
    return wire_member(table->pending, "SSESpecification") != NULL ||
           ddb_index_in_state(table, DDB_INDEX_CREATING) != NULL ||
           ddb_index_in_state(table, DDB_INDEX_DELETING) != NULL;
}

static bool check_deletable(const struct ddb_table *table, struct ddb_fault *fault)
{
    static const char *const in_use = "ResourceInUseException";
    bool is_member = table->member.group != NULL;
    if (!ddb_strong_check_deletable(table, fault))
        return false;
    if (table->is_protected)
        return ddb_invalid(fault, "Resource cannot be deleted as it is currently protected against "
                                  "deletion. Disable deletion protection first.");
    if (is_member && table->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, in_use, IN_USE "Table: %s is being used.", table->name);
    if (is_member && (ddb_group_is_busy(table->member.group) || is_changing_quietly(table)))
        return ddb_fail(fault, in_use,
                        "The resource which you are attempting to change is in use.");
    if (table->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, in_use, IN_USE "Table is being created: %s", table->name);
    if (table->status == DDB_TABLE_DELETING)
        return ddb_fail(fault, in_use, IN_USE "Table is being deleted: %s", table->name);
    if (table->status == DDB_TABLE_UPDATING)
        return ddb_fail(fault, in_use, IN_USE "Table: %s is in the process of being updated.",
                        table->name);
    if (ddb_backup_is_being_made(table)) /* the words are ours */
        return ddb_fail(fault, in_use, IN_USE "Table is being used: %s", table->name);
    if (wire_member(table->pending, "SSESpecification") != NULL)
        return ddb_fail(fault, in_use, IN_USE "Server-Side Encryption is still being updated");
    return ddb_index_check_not_changing(table, fault) && ddb_table_check_not_source(table, fault);
}

/* Its group does not list it any more, but the name is not free yet. */
static void leave_group(struct ddb_table *table, sim_sched_fn *then)
{
    struct sim_sched *sched = table->ddb->core->sched;
    ddb_group_leave(table);
    table->status_event =
        sim_sched_after(sched, table->ddb->transient_delay_us / LEAVING_PART, then, table);
}

static void finish_deletion(void *context)
{
    struct ddb_table *table = context;
    table->status_event = 0;
    bool has_to_send = ddb_group_has_to_send(table);
    if (table->member.group != NULL && !has_to_send) {
        leave_group(table, finish_deletion);
        return;
    }
    if (has_to_send || table->images != NULL) { /* or is still being read */
        table->status_event =
            sim_sched_after(table->ddb->core->sched, STILL_READ_US, finish_deletion, table);
        return;
    }
    sim_trace_emit(table->ddb->core->trace, "table.deleted", ddb_region_name(table),
                   FIELD_TEXT("table", table->name));
    ddb_backup_keep_deleted(table);
    ddb_table_retire(table);
}

void ddb_table_start_deletion(struct ddb_table *table)
{
    table->status = DDB_TABLE_DELETING;
    ddb_table_after_delay(table, finish_deletion);
}

enum wire_progress ddb_delete_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_request_table_control(state, call, wire_text(call->input, "TableName"), &table,
                                   &fault) ||
        !check_deletable(table, &fault))
        return ddb_answer_fault(call, &fault);
    ddb_table_start_deletion(table);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TableDescription",
                          ddb_table_describe(table, DDB_DESCRIBE_DELETED));
    return wire_succeed(call, output);
}

/* --- reading -----------------------------------------------------------------------------------
 */

enum wire_progress ddb_describe_table(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    if (!ddb_request_table_control(state, call, wire_text(call->input, "TableName"), &table,
                                   &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Table", ddb_table_describe(table, DDB_DESCRIBE_FULL));
    return wire_succeed(call, output);
}

enum wire_progress ddb_list_tables(void *state, struct wire_call *call)
{
    const struct ddb_region *region = ddb_region_find(state, call->region);
    const char *after = wire_text(call->input, "ExclusiveStartTableName");
    int64_t limit = wire_integer(call->input, "Limit", TABLES_PER_PAGE);
    cJSON *output = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(output, "TableNames");
    const char *last = NULL;
    for (size_t i = 0; region != NULL && i < region->table_count; i++) {
        const struct ddb_table *table = region->tables[i];
        if (strcmp(table->account, call->account) != 0 ||
            (after != NULL && strcmp(table->name, after) <= 0))
            continue;
        if (limit-- == 0) {
            cJSON_AddStringToObject(output, "LastEvaluatedTableName", last);
            break;
        }
        last = table->name;
        cJSON_AddItemToArray(names, cJSON_CreateString(last));
    }
    return wire_succeed(call, output);
}

enum wire_progress ddb_describe_limits(void *state UNUSED, struct wire_call *call)
{
    static const struct {
        const char *name;
        int units;
    } limits[] = {
        {"AccountMaxReadCapacityUnits", 80000},
        {"AccountMaxWriteCapacityUnits", 80000},
        {"TableMaxReadCapacityUnits", 40000},
        {"TableMaxWriteCapacityUnits", 40000},
    };
    cJSON *output = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        cJSON_AddNumberToObject(output, limits[i].name, limits[i].units);
    return wire_succeed(call, output);
}

/* With our own address: SDKs with endpoint discovery must not be led to the real service. */
enum wire_progress ddb_describe_endpoints(void *state UNUSED, struct wire_call *call)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *endpoint = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(output, "Endpoints"), endpoint);
    cJSON_AddStringToObject(endpoint, "Address", call->endpoint_host);
    cJSON_AddNumberToObject(endpoint, "CachePeriodInMinutes", 1440);
    return wire_succeed(call, output);
}
