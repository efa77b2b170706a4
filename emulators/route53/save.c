#include "emulators/route53/save.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/documents.h"

const char *const r53_saved_kinds[R53_SAVED_KIND_COUNT] = {
    [R53_SAVED_DELEGATION] = "route53.delegation",
    [R53_SAVED_CHECK] = "route53.check",
    [R53_SAVED_ZONE] = "route53.zone",
    [R53_SAVED_SET] = "route53.set",
    [R53_SAVED_CHANGE] = "route53.change",
    [R53_SAVED_POLICY] = "route53.policy",
    [R53_SAVED_INSTANCE] = "route53.instance",
    [R53_SAVED_QUERY_LOG] = "route53.query-log",
    [R53_SAVED_COLLECTION] = "route53.collection",
};

/* --- marks
 * ----------------------------------------------------------------------------------------
 */

void r53_changed(struct r53 *r53, enum r53_saved kind, const char *key)
{
    struct r53_unsaved *unsaved = NULL;
    char name[R53_SAVED_KEY_BYTES + 2];
    size_t bytes = 0;
    if (r53->core->data == NULL)
        return;
    (void)snprintf(name, sizeof(name), "%c%s", (char)('0' + kind), key);
    HASH_FIND_STR(r53->unsaved, name, unsaved);
    if (unsaved != NULL)
        return;
    bytes = strlen(name) + 1;
    unsaved = sim_alloc(sizeof(*unsaved) + bytes);
    unsaved->kind = kind;
    memcpy(unsaved->name, name, bytes);
    HASH_ADD_KEYPTR(hh, r53->unsaved, unsaved->name, bytes - 1, unsaved);
}

void r53_zone_changed(struct r53 *r53, const struct r53_zone *zone)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "%020" PRIu64 " %s", zone->number, zone->id);
    r53_changed(r53, R53_SAVED_ZONE, key);
}

void r53_set_changed(struct r53 *r53, const struct r53_zone *zone, const struct r53_rrset *set)
{
    char key[R53_SAVED_KEY_BYTES];
    char name[R53_NAME_TEXT_BYTES];
    if (set == NULL)
        return;
    r53_name_text(set->name.wire, name);
    (void)snprintf(key, sizeof(key), "%s %s %s %s", zone->id, name, r53_type_name(set->type),
                   set->set_identifier == NULL ? "" : set->set_identifier);
    r53_changed(r53, R53_SAVED_SET, key);
}

void r53_change_changed(const struct r53_change *change)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "%020" PRIu64 " %s", change->number, change->id);
    r53_changed(change->r53, R53_SAVED_CHANGE, key);
}

static void numbered_changed(struct r53 *r53, enum r53_saved kind, uint64_t number, const char *id)
{
    char key[80];
    (void)snprintf(key, sizeof(key), "%020" PRIu64 " %s", number, id);
    r53_changed(r53, kind, key);
}

void r53_policy_changed(struct r53 *r53, const struct r53_traffic_policy *policy)
{
    numbered_changed(r53, R53_SAVED_POLICY, policy->number, policy->id);
}

void r53_instance_changed(struct r53 *r53, const struct r53_traffic_instance *instance)
{
    numbered_changed(r53, R53_SAVED_INSTANCE, instance->number, instance->id);
}

void r53_unsaved_clear(struct r53 *r53)
{
    struct r53_unsaved *unsaved = NULL;
    struct r53_unsaved *next = NULL;
    HASH_ITER(hh, r53->unsaved, unsaved, next)
    {
        HASH_DEL(r53->unsaved, unsaved);
        free(unsaved);
    }
}

/* --- printing: NULL for what is not there any more
 * ------------------------------------------------
 */

static void add_text(cJSON *json, const char *name, const char *text)
{
    if (text != NULL)
        cJSON_AddStringToObject(json, name, text);
}

static void add_number(cJSON *json, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, number); /* a JSON number has 53 bits */
    cJSON_AddStringToObject(json, name, text);
}

static cJSON *servers_json(char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES])
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < R53_NAME_SERVER_COUNT; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(servers[i]));
    return list;
}

static cJSON *tags_json(const struct r53_tags *tags)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < tags->count; i++) {
        cJSON *tag = cJSON_CreateObject();
        cJSON_AddStringToObject(tag, "Key", tags->items[i].key);
        cJSON_AddStringToObject(tag, "Value", tags->items[i].value);
        cJSON_AddItemToArray(list, tag);
    }
    return list;
}

static cJSON *vpcs_json(const struct r53_vpcs *vpcs)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < vpcs->count; i++)
        cJSON_AddItemToArray(list, r53_vpc_json(&vpcs->items[i]));
    return list;
}

static cJSON *print_delegation(struct r53 *r53, const char *key)
{
    struct r53_delegation *delegation = r53_delegation_find(&r53->delegations, key);
    cJSON *json = NULL;
    if (delegation == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "CallerReference", delegation->caller_reference);
    cJSON_AddItemToObject(json, "NameServers", servers_json(delegation->name_servers));
    return json;
}

static cJSON *print_check(struct r53 *r53, const char *key)
{
    const struct r53_check *check = r53_check_find(&r53->checks, key);
    cJSON *json = NULL;
    if (check == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "CallerReference", check->caller_reference);
    add_number(json, "Version", (uint64_t)check->version);
    cJSON_AddItemToObject(json, "Config", cJSON_Duplicate(check->config, true));
    cJSON_AddItemToObject(json, "Tags", tags_json(&check->tags));
    return json;
}

/* What stands behind the number and the blank. */
static const char *id_of(const char *key)
{
    const char *blank = strchr(key, ' ');
    return blank == NULL ? key : blank + 1;
}

static cJSON *print_zone(struct r53 *r53, const char *key)
{
    struct r53_zone *zone = r53_zone_find(&r53->zones, id_of(key));
    char name[R53_NAME_TEXT_BYTES];
    cJSON *json = NULL;
    if (zone == NULL)
        return NULL;
    json = cJSON_CreateObject();
    r53_name_text(zone->name.wire, name);
    add_text(json, "Id", zone->id);
    add_text(json, "Name", name);
    add_text(json, "CallerReference", zone->caller_reference);
    add_text(json, "Comment", zone->comment);
    add_text(json, "DelegationSet", zone->delegation_id);
    cJSON_AddItemToObject(json, "NameServers", servers_json(zone->name_servers));
    cJSON_AddBoolToObject(json, "IsPrivate", zone->is_private);
    cJSON_AddBoolToObject(json, "IsServed", zone->is_served);
    cJSON_AddItemToObject(json, "VPCs", vpcs_json(&zone->vpcs));
    cJSON_AddItemToObject(json, "AuthorizedVPCs", vpcs_json(&zone->authorized));
    cJSON_AddItemToObject(json, "Tags", tags_json(&zone->tags));
    return json;
}

static cJSON *set_json(const struct r53_rrset *set)
{
    cJSON *json = NULL;
    cJSON *tree = NULL;
    if (set == NULL)
        return cJSON_CreateNull();
    json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "Set", r53_rrset_json(set));
    if (set->policy_instance_id == NULL)
        return json;
    tree = cJSON_AddArrayToObject(json, "Tree");
    for (size_t i = 0; i < set->tree_count; i++)
        cJSON_AddItemToArray(tree, r53_rrset_json(set->tree[i]));
    return json;
}

/* "ZONE NAME TYPE IDENTIFIER"; the identifier may have blanks. False: not of this form. */
static bool split_set_key(const char *key, char parts[3][R53_NAME_TEXT_BYTES],
                          const char **identifier)
{
    for (size_t i = 0; i < 3; i++) {
        size_t bytes = strcspn(key, " ");
        if (key[bytes] == '\0' || bytes >= R53_NAME_TEXT_BYTES)
            return false;
        memcpy(parts[i], key, bytes);
        parts[i][bytes] = '\0';
        key += bytes + 1;
    }
    *identifier = key;
    return true;
}

static cJSON *print_set(struct r53 *r53, const char *key)
{
    char parts[3][R53_NAME_TEXT_BYTES];
    const char *identifier = NULL;
    const struct r53_zone *zone = NULL;
    const struct r53_group *group = NULL;
    struct r53_name name;
    if (!split_set_key(key, parts, &identifier) || r53_name_parse(parts[1], &name) != R53_NAME_OK)
        return NULL;
    zone = r53_zone_find(&r53->zones, parts[0]);
    if (zone != NULL)
        group = r53_group_at_name(&zone->wanted, &name, r53_type_by_name(parts[2]));
    for (size_t i = 0; group != NULL && i < group->set_count; i++) {
        const char *found = group->sets[i]->set_identifier;
        if (strcmp(found == NULL ? "" : found, identifier) == 0)
            return set_json(group->sets[i]);
    }
    return NULL;
}

static cJSON *print_change(struct r53 *r53, const char *key)
{
    const struct r53_change *change = r53_change_find(&r53->changes, id_of(key));
    cJSON *json = NULL;
    cJSON *steps = NULL;
    if (change == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "Id", change->id);
    add_text(json, "Zone", change->zone_id);
    add_text(json, "Comment", change->comment);
    add_number(json, "SubmittedAt", change->submitted_us);
    add_number(json, "DueAt", change->due_us);
    cJSON_AddBoolToObject(json, "IsInsync", change->is_insync);
    steps = cJSON_AddArrayToObject(json, "Steps");
    for (size_t i = 0; i < change->delta_count; i++) {
        cJSON *step = cJSON_CreateObject();
        cJSON_AddItemToObject(step, "Old", set_json(change->deltas[i].old));
        cJSON_AddItemToObject(step, "New", set_json(change->deltas[i].new));
        cJSON_AddItemToArray(steps, step);
    }
    return json;
}

static cJSON *print_policy(struct r53 *r53, const char *key)
{
    const struct r53_traffic_policy *policy = r53_policy_find(&r53->traffic, id_of(key));
    cJSON *json = NULL;
    cJSON *versions = NULL;
    if (policy == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "Name", policy->name);
    add_text(json, "Type", policy->type);
    add_number(json, "LastVersion", (uint64_t)policy->last_number);
    versions = cJSON_AddArrayToObject(json, "Versions");
    for (size_t i = 0; i < policy->version_count; i++) {
        cJSON *version = cJSON_CreateObject();
        add_number(version, "Number", (uint64_t)policy->versions[i].number);
        add_text(version, "Document", policy->versions[i].document);
        add_text(version, "Comment", policy->versions[i].comment);
        cJSON_AddItemToArray(versions, version);
    }
    return json;
}

static cJSON *print_instance(struct r53 *r53, const char *key)
{
    const struct r53_traffic_instance *instance = r53_instance_find(&r53->traffic, id_of(key));
    char name[R53_NAME_TEXT_BYTES];
    cJSON *json = NULL;
    if (instance == NULL)
        return NULL;
    json = cJSON_CreateObject();
    r53_name_text(instance->name.wire, name);
    add_text(json, "Zone", instance->zone_id);
    add_text(json, "Name", name);
    add_text(json, "Type", instance->type);
    add_text(json, "Policy", instance->policy_id);
    add_text(json, "Change", instance->change_id);
    add_text(json, "Message", instance->message);
    add_number(json, "TTL", (uint64_t)instance->ttl_s);
    add_number(json, "Version", (uint64_t)instance->policy_version);
    cJSON_AddBoolToObject(json, "WasUpdated", instance->was_updated);
    return json;
}

static cJSON *print_query_log(struct r53 *r53, const char *key)
{
    const struct r53_log_config *log = r53_log_config_find(&r53->log_configs, key);
    cJSON *json = NULL;
    if (log == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "Zone", log->zone_id);
    add_text(json, "LogGroup", log->group_arn);
    return json;
}

static cJSON *print_collection(struct r53 *r53, const char *key)
{
    const struct r53_cidr_collection *collection = r53_cidr_find(&r53->collections, key);
    cJSON *json = NULL;
    cJSON *blocks = NULL;
    if (collection == NULL)
        return NULL;
    json = cJSON_CreateObject();
    add_text(json, "Name", collection->name);
    add_text(json, "CallerReference", collection->caller_reference);
    add_number(json, "Version", (uint64_t)collection->version);
    blocks = cJSON_AddArrayToObject(json, "Blocks");
    for (size_t i = 0; i < collection->wanted.count; i++) {
        cJSON *block = cJSON_CreateObject();
        char text[R53_CIDR_TEXT_BYTES];
        r53_cidr_text(&collection->wanted.items[i], text);
        add_text(block, "Cidr", text);
        add_text(block, "Location", collection->wanted.items[i].location);
        cJSON_AddItemToArray(blocks, block);
    }
    return json;
}

/* --- saving
 * ---------------------------------------------------------------------------------------
 */

typedef cJSON *printer(struct r53 *r53, const char *key);

static printer *const printers[R53_SAVED_KIND_COUNT] = {
    [R53_SAVED_DELEGATION] = print_delegation,
    [R53_SAVED_CHECK] = print_check,
    [R53_SAVED_ZONE] = print_zone,
    [R53_SAVED_SET] = print_set,
    [R53_SAVED_CHANGE] = print_change,
    [R53_SAVED_POLICY] = print_policy,
    [R53_SAVED_INSTANCE] = print_instance,
    [R53_SAVED_QUERY_LOG] = print_query_log,
    [R53_SAVED_COLLECTION] = print_collection,
};

static enum sim_result save_one(struct r53 *r53, const struct r53_unsaved *unsaved,
                                struct sim_error *error)
{
    struct sim_store *store = sim_data_store(r53->core->data);
    const char *kind = r53_saved_kinds[unsaved->kind];
    const char *key = unsaved->name + 1;
    cJSON *json = printers[unsaved->kind](r53, key);
    enum sim_result result = RESULT_OK;
    char *text = NULL;
    if (json == NULL)
        return sim_documents_erase(store, kind, key, error);
    text = cJSON_PrintUnformatted(json);
    CHECK(text != NULL);
    cJSON_Delete(json);
    result = sim_documents_save(store, kind, key, text, error);
    cJSON_free(text);
    return result;
}

enum sim_result r53_save(void *context, struct sim_error *error)
{
    struct r53 *r53 = context;
    const struct r53_unsaved *unsaved = NULL;
    enum sim_result result = RESULT_OK;
    for (unsaved = r53->unsaved; unsaved != NULL && result == RESULT_OK; unsaved = unsaved->hh.next)
        result = save_one(r53, unsaved, error);
    r53_unsaved_clear(r53);
    return result;
}
