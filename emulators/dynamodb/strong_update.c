/* UpdateTable for strong groups: all copies come in one call, and go in one call. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/replica_restore.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/table_save.h"
#include "emulators/dynamodb/time_to_live.h"

#define P      DDB_PARAMETER_TEXT
#define STRONG "STRONG"
#define COUNT_TEXT                                                                                 \
    "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG."
#define NOT_MEMBER_TEXT "Update global table operation failed because one or more "

/* Developer guide, "MRSC Region availability", since September 2026: any three of these. */
static const char *const capable_regions[] = {
    "us-east-1",      "us-east-2",      "us-west-2",      "ca-central-1", "eu-west-1",
    "eu-west-2",      "eu-west-3",      "eu-central-1",   "eu-north-1",   "eu-south-2",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",   "ap-southeast-1",
};

/* --- reading the request -----------------------------------------------------------------------
 */

struct wanted { /* by the request */
    const char *replicas[DDB_STRONG_COPIES];
    size_t replica_count; /* of the action; more than fit are counted, too */
    const char *witness;  /* NULL: none */
};

static const cJSON *witness_updates(const cJSON *input)
{
    return wire_member(input, "GlobalTableWitnessUpdates");
}

static bool asks_for_strong(const cJSON *input)
{
    const char *mode = wire_text(input, "MultiRegionConsistency");
    return mode != NULL && strcmp(mode, STRONG) == 0;
}

static const char *region_of(const cJSON *element, const char *action)
{
    const char *name = wire_text(wire_member(element, action), "RegionName");
    return name;
}

static void collect(const cJSON *input, const char *action, struct wanted *wanted)
{
    *wanted = (struct wanted){.replica_count = 0};
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, wire_member(input, "ReplicaUpdates"))
    {
        const char *name = region_of(element, action);
        if (name != NULL && wanted->replica_count < DDB_STRONG_COPIES)
            wanted->replicas[wanted->replica_count] = name;
        wanted->replica_count += name != NULL ? 1 : 0;
    }
    const cJSON *updates = witness_updates(input);
    if (updates != NULL && updates->child != NULL)
        wanted->witness = region_of(updates->child, action);
}

bool ddb_strong_update_is_asked(const struct ddb_table *table, const cJSON *input)
{
    bool is_about_replicas = wire_member(input, "ReplicaUpdates") != NULL;
    return asks_for_strong(input) || witness_updates(input) != NULL ||
           (is_about_replicas && table != NULL && ddb_is_strong(table));
}

/* --- checks that need no table -----------------------------------------------------------------
 */

static const char *const other_changes[] = {
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
};

static bool has_action(const cJSON *input, const char *action)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, wire_member(input, "ReplicaUpdates"))
    {
        if (wire_member(element, action) != NULL)
            return true;
    }
    return false;
}

static bool check_witness_alone(const cJSON *input, struct ddb_fault *fault)
{
    struct wanted wanted;
    collect(input, "Create", &wanted);
    for (size_t i = 0; wanted.witness != NULL && i < wanted.replica_count && i < DDB_STRONG_COPIES;
         i++) {
        if (strcmp(wanted.replicas[i], wanted.witness) == 0)
            return ddb_invalid(fault, "Cannot target multiple regions with the same action");
    }
    return true;
}

bool ddb_strong_check_update(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *updates = witness_updates(input);
    bool creates_witness =
        updates != NULL && updates->child != NULL && wire_member(updates->child, "Create") != NULL;
    if (creates_witness && !asks_for_strong(input))
        return ddb_invalid(fault, "MultiRegionConsistency must be set as STRONG when "
                                  "GlobalTableWitnessUpdates parameter is present.");
    for (size_t i = 0; i < ARRAY_LEN(other_changes); i++) {
        const cJSON *change = wire_member(input, other_changes[i]);
        if (change != NULL && (!cJSON_IsArray(change) || cJSON_GetArraySize(change) > 0))
            return ddb_invalid(fault, P "Requests that modify replicas or witnesses must not also "
                                        "modify other fields");
    }
    if (cJSON_GetArraySize(wire_member(input, "ReplicaUpdates")) == 0)
        return ddb_invalid(fault,
                           "At least one of ProvisionedThroughput, BillingMode, "
                           "UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, "
                           "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
                           "MultiRegionConsistency, DeletionProtectionEnabled, "
                           "OnDemandThroughput, WarmThroughput or TableClass is required");
    if (asks_for_strong(input) && (has_action(input, "Delete") || has_action(input, "Update")))
        return ddb_invalid(fault, "Only Replica Create actions are supported when "
                                  "MultiRegionConsistency parameter is provided.");
    return check_witness_alone(input, fault);
}

/* --- making a group ----------------------------------------------------------------------------
 */

static bool is_capable(const struct ddb *ddb, const char *name)
{
    if (sim_network_region_find(ddb->core->network, name) == NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(capable_regions); i++)
        if (strcmp(capable_regions[i], name) == 0)
            return true;
    return false;
}

static bool refuse_region(const char *name, struct ddb_fault *fault)
{
    return ddb_invalid(fault,
                       "Unsupported Region(s) specified for global tables with "
                       "MultiRegionConsistency set to STRONG: [%s].",
                       name);
}

static bool check_regions(const struct ddb_table *table, const struct wanted *wanted,
                          struct ddb_fault *fault)
{
    const struct ddb *ddb = table->ddb;
    if (!is_capable(ddb, ddb_region_name(table)))
        return refuse_region(ddb_region_name(table), fault);
    for (size_t i = 0; i < wanted->replica_count; i++) {
        const char *name = wanted->replicas[i];
        if (!is_capable(ddb, name) ||
            !sim_network_region_find(ddb->core->network, name)->hosts_services)
            return refuse_region(name, fault);
    }
    return wanted->witness == NULL || is_capable(ddb, wanted->witness) ||
           refuse_region(wanted->witness, fault);
}

static bool check_places(const struct ddb_table *table, const struct wanted *wanted,
                         struct ddb_fault *fault)
{
    const char *own = ddb_region_name(table);
    for (size_t i = 0; i < wanted->replica_count; i++) {
        if (strcmp(wanted->replicas[i], own) == 0)
            return ddb_invalid(fault, "Cannot add or delete the local region through "
                                      "ReplicaUpdates. Use CreateTable, DeleteTable, or "
                                      "UpdateTable as required.");
        for (size_t k = 0; k < i; k++)
            if (strcmp(wanted->replicas[i], wanted->replicas[k]) == 0)
                return ddb_invalid(fault, "Cannot target multiple regions with the same action");
        if (ddb_table_find(ddb_region_find(table->ddb, wanted->replicas[i]), table->account,
                           table->name) != NULL)
            return ddb_invalid(fault,
                               "Failed to create a the new replica of table with name: "
                               "\u2018%s\u2019 because one or more replicas already existed as "
                               "tables.",
                               table->name);
    }
    if (wanted->witness != NULL && strcmp(wanted->witness, own) == 0)
        return ddb_invalid(fault, "Cannot add a witness in the same region as an existing replica "
                                  "when creating a global table with MultiRegionConsistency set to "
                                  "STRONG.");
    return true;
}

/* The service's codes are known, its texts are not. */
static bool check_features(const struct ddb_table *table, struct ddb_fault *fault)
{
    if (table->item_count > 0)
        return ddb_invalid(fault, "MultiRegionConsistency can be set to STRONG only on a table "
                                  "that contains no items.");
    if (table->definition->local_index_count > 0)
        return ddb_invalid(fault, "Local secondary indexes are not supported on a global table "
                                  "with MultiRegionConsistency set to STRONG.");
    if (ddb_time_to_live_is_enabled(table))
        return ddb_invalid(fault, "Time to live is not supported on a global table with "
                                  "MultiRegionConsistency set to STRONG.");
    return true;
}

static bool check_create(const struct ddb_table *table, const cJSON *input,
                         const struct wanted *wanted, struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    if (group != NULL && group->strong != NULL && asks_for_strong(input))
        return ddb_invalid(fault,
                           "MultiRegionConsistency parameter is unsupported on existing global "
                           "table");
    if (group != NULL && group->strong != NULL)
        return ddb_invalid(fault, "Cannot add replicas to a global table with strong "
                                  "MultiRegionConsistency");
    size_t copies = 1 + wanted->replica_count + (wanted->witness != NULL ? 1 : 0);
    if (group != NULL)
        copies += group->member_count - 1;
    if (copies != DDB_STRONG_COPIES)
        return ddb_invalid(fault, COUNT_TEXT);
    if (!check_places(table, wanted, fault) || !check_regions(table, wanted, fault))
        return false;
    if (group != NULL) /* an eventually consistent one stays what it is */
        return ddb_invalid(fault, COUNT_TEXT);
    return ddb_replica_check_capacity(table, fault) && check_features(table, fault);
}

/* Sequence numbers go on from where the first copy stands, so that all logs say the same. */
static void align_log(struct ddb_table *copy, const struct ddb_table *first)
{
    copy->log.last_sequence = first->log.last_sequence;
    copy->log.first_sequence = first->log.last_sequence + 1;
}

static enum sim_result make_copy(struct ddb_table *table, const char *region_name,
                                 const char *account, struct ddb_table **copy,
                                 struct sim_error *error)
{
    enum sim_result result = ddb_replica_table_create(table, region_name, account, copy, error);
    if (result == RESULT_OK)
        align_log(*copy, table);
    return result;
}

/* After an error: what was made goes again. */
static void unmake(struct ddb_group *group, const struct ddb_table *table)
{
    struct ddb_table *made[DDB_STRONG_COPIES];
    size_t count = 0;
    for (size_t i = 0; i < group->member_count; i++)
        if (group->members[i] != table)
            made[count++] = group->members[i];
    ddb_group_destroy(group);
    for (size_t i = 0; i < count; i++)
        ddb_table_destroy(made[i], true);
}

static void finish_create(void *context)
{
    struct ddb_table *table = context;
    struct ddb_group *group = table->member.group;
    table->status_event = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        ddb_table_become_active(group->members[i]);
        if (group->members[i] != table)
            ddb_replica_tell_state(group->members[i], "ACTIVE");
    }
    if (group->strong->witness != NULL)
        ddb_table_become_active(group->strong->witness);
}

static enum sim_result make_group(struct ddb_table *table, const struct wanted *wanted,
                                  struct sim_error *error)
{
    struct ddb_group *group = ddb_group_create(table);
    group->strong = sim_alloc(sizeof *group->strong);
    table->ddb->strong_count++;
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < wanted->replica_count && result == RESULT_OK; i++) {
        struct ddb_table *copy = NULL;
        result = make_copy(table, wanted->replicas[i], table->account, &copy, error);
        if (result != RESULT_OK)
            break;
        ddb_group_join(group, copy, table);
        ddb_replica_tell_state(copy, "CREATING");
    }
    if (result == RESULT_OK && wanted->witness != NULL) {
        char *account = ddb_strong_witness_account(table->account);
        result = make_copy(table, wanted->witness, account, &group->strong->witness, error);
        free(account);
        if (result == RESULT_OK)
            group->strong->witness->member.group = group;
    }
    if (result != RESULT_OK)
        unmake(group, table);
    return result;
}

static bool create(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    struct wanted wanted;
    struct sim_error error;
    collect(input, "Create", &wanted);
    if (!check_create(table, input, &wanted, fault))
        return false;
    if (make_group(table, &wanted, &error) != RESULT_OK)
        return ddb_fail(fault, "InternalServerError", "%s", error.message);
    table->status = DDB_TABLE_UPDATING;
    ddb_table_after_delay(table, finish_create);
    ddb_strong_refresh(table->member.group);
    return true;
}

/* --- dissolving it -----------------------------------------------------------------------------
 */

static bool refuse_foreign(const char *what, const char *region, struct ddb_fault *fault)
{
    return ddb_invalid(fault,
                       NOT_MEMBER_TEXT "%s were not part of the global table. Please retry the "
                                       "request without these %s: [%s].",
                       what, what, region);
}

static bool check_delete(const struct ddb_table *table, const struct wanted *wanted,
                         struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    const struct ddb_table *witness = group->strong->witness;
    for (size_t i = 0; i < wanted->replica_count && i < DDB_STRONG_COPIES; i++) {
        const struct ddb_table *copy = ddb_table_find(
            ddb_region_find(table->ddb, wanted->replicas[i]), table->account, table->name);
        if (copy == table)
            return ddb_invalid(fault, "Cannot add or delete the local region through "
                                      "ReplicaUpdates. Use CreateTable, DeleteTable, or "
                                      "UpdateTable as required.");
        if (copy == NULL || copy->member.group != group)
            return refuse_foreign("replicas", wanted->replicas[i], fault);
        if (copy->is_protected)
            return ddb_invalid(fault,
                               "Cannot delete table %s in region %s because it has deletion "
                               "protection enabled. Disable deletion protection first.",
                               table->name, wanted->replicas[i]);
    }
    if (wanted->witness != NULL &&
        (witness == NULL || strcmp(ddb_region_name(witness), wanted->witness) != 0))
        return refuse_foreign("witnesses", wanted->witness, fault);
    if (wanted->replica_count < group->member_count - 1)
        return ddb_invalid(fault, "Deletion of only one table replica is not supported for global "
                                  "tables with MultiRegionConsistency set to STRONG.");
    if (witness != NULL && wanted->witness == NULL)
        return ddb_invalid(fault, "Update table delete operation does not include all witnesses.");
    return true;
}

static void finish_delete(void *context)
{
    struct ddb_table *table = context;
    struct ddb_group *group = table->member.group;
    table->status_event = 0;
    ddb_table_become_active(table);
    for (size_t i = 0; i < group->member_count; i++) {
        struct ddb_table *copy = group->members[i];
        if (copy == table)
            continue;
        ddb_replica_tell_state(copy, "DELETING");
        ddb_table_start_deletion(copy);
    }
}

static bool dissolve(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    struct wanted wanted;
    collect(input, "Delete", &wanted);
    if (!check_delete(table, &wanted, fault))
        return false;
    struct ddb_group *group = table->member.group;
    group->strong->is_dissolving = true;
    ddb_table_changed(table);
    for (size_t i = 0; i < group->member_count; i++)
        ddb_strong_stop(group->members[i]);
    table->status = DDB_TABLE_UPDATING;
    ddb_table_after_delay(table, finish_delete);
    return true;
}

/* --- UpdateTable -------------------------------------------------------------------------------
 */

bool ddb_strong_update(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    if (!ddb_replica_check_state(table, fault))
        return false;
    if (has_action(input, "Delete") && ddb_is_strong(table))
        return dissolve(table, input, fault);
    if (!ddb_is_strong(table) && !asks_for_strong(input)) /* a witness to delete, and none there */
        return refuse_foreign("witnesses", region_of(witness_updates(input)->child, "Delete"),
                              fault);
    return create(table, input, fault);
}

bool ddb_strong_check_deletable(const struct ddb_table *table, struct ddb_fault *fault)
{
    return !ddb_is_strong(table) ||
           ddb_invalid(fault, "Deletion of only one table replica is not supported for global "
                              "tables with MultiRegionConsistency set to STRONG.");
}

/* --- the data directory ------------------------------------------------------------------------
 */

void ddb_strong_save(const struct ddb_table *table, cJSON *member)
{
    const struct ddb_strong *strong = table->member.group->strong;
    if (strong == NULL)
        return;
    cJSON_AddBoolToObject(member, "IsStrong", true);
    cJSON_AddBoolToObject(member, "IsDissolving", strong->is_dissolving);
    cJSON_AddBoolToObject(member, "IsWitness", strong->witness == table);
}

bool ddb_strong_is_saved(const cJSON *document)
{
    return wire_flag(wire_member(document, "Member"), "IsStrong", false);
}

void ddb_strong_restore(struct ddb_group *group, const struct ddb_loaded *tables, size_t count)
{
    const struct ddb_table *first = group->members[0];
    char *account = ddb_strong_witness_account(group->account);
    for (size_t i = 0; i < count; i++) {
        struct ddb_table *table = tables[i].table;
        bool is_first = table == first;
        bool is_witness =
            strcmp(table->account, account) == 0 && strcmp(table->name, group->name) == 0;
        if ((!is_first && !is_witness) || !ddb_strong_is_saved(tables[i].document))
            continue;
        if (group->strong == NULL) {
            group->strong = sim_alloc(sizeof *group->strong);
            group->ddb->strong_count++;
        }
        if (is_witness) {
            group->strong->witness = table;
            table->member.group = group;
        } else {
            group->strong->is_dissolving =
                wire_flag(wire_member(tables[i].document, "Member"), "IsDissolving", false);
        }
    }
    free(account);
    if (group->strong != NULL)
        ddb_strong_refresh(group);
}

static bool is_being_made(const struct ddb_group *group)
{
    for (size_t i = 0; i < group->member_count; i++)
        if (group->members[i]->status == DDB_TABLE_CREATING)
            return true;
    return false;
}

bool ddb_strong_resume(struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    if (!ddb_is_strong(table) || (!group->strong->is_dissolving && !is_being_made(group)))
        return false;
    if (table->status == DDB_TABLE_UPDATING) /* the one that was asked */
        ddb_table_after_delay(table, group->strong->is_dissolving ? finish_delete : finish_create);
    return true;
}

/* --- the witness -------------------------------------------------------------------------------
 */

char *ddb_strong_witness_account(const char *account)
{
    static const char prefix[] = "witness/";
    size_t length = strlen(account);
    char *text = sim_alloc(sizeof prefix + length);
    memcpy(text, prefix, sizeof prefix - 1);
    memcpy(text + sizeof prefix - 1, account, length + 1);
    return text;
}

void ddb_strong_destroy(struct ddb_group *group)
{
    struct ddb_table *witness = group->strong->witness;
    if (witness != NULL) {
        ddb_strong_stop(witness);
        witness->member.group = NULL;
        ddb_table_destroy(witness, true);
    }
    group->ddb->strong_count--;
    free(group->strong);
    group->strong = NULL;
}

void ddb_strong_describe(cJSON *object, const struct ddb_table *table)
{
    if (!ddb_is_strong(table))
        return;
    const struct ddb_table *witness = table->member.group->strong->witness;
    cJSON_AddStringToObject(object, "MultiRegionConsistency", STRONG);
    if (witness == NULL)
        return;
    cJSON *told = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(object, "GlobalTableWitnesses"), told);
    cJSON_AddStringToObject(told, "RegionName", ddb_region_name(witness));
    cJSON_AddStringToObject(told, "WitnessStatus", ddb_table_status_name(witness->status));
}
