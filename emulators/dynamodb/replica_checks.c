/* What a list of ReplicaUpdates may ask for.
 *
 * Source    Recorded replies of the service; developer guide, "Global tables". */
#include <string.h>

#include "emulators/dynamodb/auto_scaling.h"
#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/replica_override.h"
#include "emulators/dynamodb/table_settings.h"
#include "sim/core/buffer.h"

#define IN_USE_TEXT "The resource which you are attempting to change is in use."

/* --- checks of the list alone --------------------------------------------------------------------
 */

static const char *const action_names[] = {"Create", "Update", "Delete"};

const cJSON *ddb_replica_action_of(const cJSON *element, const char **name)
{
    for (size_t i = 0; i < ARRAY_LEN(action_names); i++) {
        const cJSON *action = wire_member(element, action_names[i]);
        if (action != NULL) {
            *name = action_names[i];
            return action;
        }
    }
    return NULL;
}

static bool check_element(const cJSON *element, struct ddb_fault *fault)
{
    int given = 0;
    for (size_t i = 0; i < ARRAY_LEN(action_names); i++)
        given += wire_member(element, action_names[i]) != NULL ? 1 : 0;
    const cJSON *update = wire_member(element, "Update");
    if (given == 0 || (update != NULL && given == 1 && !ddb_override_is_given(update)))
        return ddb_invalid(fault, "There are no actions specified in the Replica Update Action of "
                                  "the request.");
    if (given > 1)
        return ddb_invalid(fault, "Update table operation with more than one type of replica "
                                  "actions not allowed.");
    return true;
}

/* Equal elements count once; several Regions may have overrides changed by one call. */
static bool check_pair(const cJSON *a, const cJSON *b, struct ddb_fault *fault)
{
    const char *a_name = NULL;
    const char *b_name = NULL;
    const cJSON *a_action = ddb_replica_action_of(a, &a_name);
    const cJSON *b_action = ddb_replica_action_of(b, &b_name);
    if (cJSON_Compare(a, b, true))
        return true;
    if (strcmp(wire_text(a_action, "RegionName"), wire_text(b_action, "RegionName")) == 0)
        return ddb_invalid(fault, "Cannot target multiple regions with the same action");
    if (strcmp(a_name, b_name) != 0)
        return ddb_invalid(fault, "Update table operation with more than one type of replica "
                                  "actions not allowed.");
    if (strcmp(a_name, "Update") == 0)
        return true;
    return ddb_invalid(fault, "Update table operation with more than one create or delete replica "
                              "actions not allowed");
}

bool ddb_replica_check_updates(const cJSON *updates, struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        if (!check_element(element, fault))
            return false;
    }
    if (updates->child == NULL)
        return ddb_invalid(fault, "1 validation error detected: Value '[]' at 'replicaUpdates' "
                                  "failed to satisfy constraint: Member must have length greater "
                                  "than or equal to 1");
    cJSON_ArrayForEach(element, updates)
    {
        for (const cJSON *later = element->next; later != NULL; later = later->next) {
            if (!check_pair(element, later, fault))
                return false;
        }
    }
    return true;
}

/* --- checks against tables and Regions -----------------------------------------------------------
 */

static bool check_region(const struct ddb *ddb, const char *name, struct ddb_fault *fault)
{
    struct sim_network *network = ddb->core->network;
    const struct sim_region *region = sim_network_region_find(network, name);
    if (name[0] == '\0')
        return ddb_fail(fault, "AccessDeniedException", "Access is denied");
    if (region != NULL && region->hosts_services)
        return true;
    struct sim_buffer names;
    sim_buffer_init(&names);
    size_t count = sim_network_region_count(network);
    for (size_t i = 0; i < count; i++) {
        region = sim_network_region_by_index(network, i);
        if (region->hosts_services)
            sim_buffer_printf(&names, "%s%s", names.length_bytes > 0 ? ", " : "", region->name);
    }
    (void)ddb_invalid(fault,
                      "Region %s is not supported. The latest version of global tables are only "
                      "supported in the following regions: [%s]",
                      name, names.data != NULL ? names.data : "");
    sim_buffer_fini(&names);
    return false;
}

/* In any member: the table that was asked may be through with it. */
static bool is_filling_index(const struct ddb_table *table)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        if (ddb_index_in_state(group->members[i], DDB_INDEX_CREATING) != NULL)
            return true;
    }
    return ddb_index_in_state(table, DDB_INDEX_CREATING) != NULL;
}

bool ddb_replica_check_state(const struct ddb_table *table, struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    static const char *const in_use = "ResourceInUseException";
    if (group != NULL && table->status == DDB_TABLE_CREATING)
        return ddb_invalid(fault,
                           "Create/Update/Delete of replica is not allowed while the replica is "
                           "being added to table with name: \u2018%s\u2019 in region: "
                           "\u2018%s\u2019.",
                           table->name, ddb_region_name(table));
    if (group == NULL && table->status == DDB_TABLE_CREATING)
        return ddb_fail(fault, in_use,
                        "Attempt to change a resource which is still in use: Table is being "
                        "created: %s",
                        table->name);
    if (table->status != DDB_TABLE_ACTIVE || table->pending != NULL || is_filling_index(table) ||
        (group != NULL && ddb_group_is_busy(group)))
        return ddb_fail(fault, in_use, IN_USE_TEXT);
    return true;
}

struct ddb_table *ddb_replica_in(const struct ddb_table *table, const char *region_name)
{
    return ddb_table_find(ddb_region_find(table->ddb, region_name), table->account, table->name);
}

bool ddb_replica_check_capacity(const struct ddb_table *table, struct ddb_fault *fault)
{
    return ddb_table_is_on_demand(table) || ddb_scaling_check_writes(table, fault);
}

/* What is asked of one Region has to fit who is a member; it is looked at before the table's own
 * state. */
static bool check_membership(const struct ddb_table *table, const char *region_name, bool is_create,
                             struct ddb_fault *fault)
{
    const struct ddb_table *target = ddb_replica_in(table, region_name);
    bool is_member = target != NULL && target->member.group != NULL &&
                     target->member.group == table->member.group;
    if (is_create && target != NULL)
        return ddb_invalid(fault,
                           "Failed to create a the new replica of table with name: "
                           "\u2018%s\u2019 because one or more replicas already existed as tables.",
                           table->name);
    if (!is_create && !is_member)
        return ddb_invalid(fault,
                           "Update global table operation failed because one or more replicas were "
                           "not part of the global table. Please retry the request without these "
                           "replicas: [%s].",
                           region_name);
    return true;
}

static bool check_create(const struct ddb_table *table, const char *region_name UNUSED,
                         const cJSON *action, struct ddb_fault *fault)
{
    return ddb_replica_check_capacity(table, fault) &&
           ddb_encryption_check_replica(table, wire_text(action, "KMSMasterKeyId"), fault) &&
           ddb_override_check(table, action, true, fault);
}

static bool check_update(const struct ddb_table *table, const char *region_name,
                         const cJSON *action, struct ddb_fault *fault)
{
    return ddb_override_check(ddb_replica_in(table, region_name), action, false, fault);
}

static bool check_delete(const struct ddb_table *table, const char *region_name,
                         const cJSON *action UNUSED, struct ddb_fault *fault)
{
    const struct ddb_table *target = ddb_replica_in(table, region_name);
    if (target->is_protected)
        return ddb_invalid(fault,
                           "Cannot delete table %s in region %s because it has deletion protection "
                           "enabled. Disable deletion protection first.",
                           table->name, region_name);
    return ddb_table_check_not_source(target, fault);
}

static bool check_action(const struct ddb_table *table, const cJSON *element,
                         struct ddb_fault *fault)
{
    static const struct {
        const char *name;
        bool (*check)(const struct ddb_table *table, const char *region_name, const cJSON *action,
                      struct ddb_fault *fault);
    } kinds[] = {{"Create", check_create}, {"Update", check_update}, {"Delete", check_delete}};
    const char *name = NULL;
    const cJSON *action = ddb_replica_action_of(element, &name);
    const char *region_name = wire_text(action, "RegionName");
    if (!check_region(table->ddb, region_name, fault))
        return false;
    if (strcmp(region_name, ddb_region_name(table)) == 0)
        return ddb_invalid(fault, "Cannot add or delete the local region through ReplicaUpdates. "
                                  "Use CreateTable, DeleteTable, or UpdateTable as required.");
    if ((!ddb_replica_is_being_added(table) &&
         !check_membership(table, region_name, strcmp(name, "Create") == 0, fault)) ||
        !ddb_replica_check_state(table, fault))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].check(table, region_name, action, fault);
    }
    return true;
}

bool ddb_replica_check(const struct ddb_table *table, const cJSON *updates, struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        if (!check_action(table, element, fault))
            return false;
    }
    return true;
}
