/* load.c -- what save.c wrote, at the start of the next process. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/save.h"
#include "sim/core/documents.h"

static uint64_t read_number(const cJSON *json, const char *name)
{
    const char *text = wire_text(json, name);
    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static char *copy_text(const cJSON *json, const char *name)
{
    const char *text = wire_text(json, name);
    return text == NULL ? NULL : sim_strdup(text);
}

static bool read_id(const cJSON *json, const char *name, char id[R53_ID_BYTES])
{
    const char *text = wire_text(json, name);
    if (text == NULL || strlen(text) >= R53_ID_BYTES)
        return false;
    (void)snprintf(id, R53_ID_BYTES, "%s", text);
    return true;
}

static bool read_servers(const cJSON *json,
                         char servers[R53_NAME_SERVER_COUNT][R53_NAME_SERVER_BYTES])
{
    const cJSON *list = wire_member(json, "NameServers");
    for (int i = 0; i < R53_NAME_SERVER_COUNT; i++) {
        const char *server = cJSON_GetStringValue(cJSON_GetArrayItem(list, i));
        if (server == NULL || strlen(server) >= R53_NAME_SERVER_BYTES)
            return false;
        (void)snprintf(servers[i], R53_NAME_SERVER_BYTES, "%s", server);
    }
    return true;
}

static void read_tags(const cJSON *json, struct r53_tags *tags)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, wire_member(json, "Tags"))
    {
        if (tags->count == R53_TAG_MAX || wire_text(tag, "Key") == NULL)
            return;
        tags->items[tags->count].key = copy_text(tag, "Key");
        tags->items[tags->count].value =
            sim_strdup(wire_text(tag, "Value") == NULL ? "" : wire_text(tag, "Value"));
        tags->count++;
    }
}

static bool read_vpcs(const cJSON *json, const char *name, struct r53_vpcs *vpcs)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, wire_member(json, name))
    {
        struct r53_vpc vpc;
        const char *id = wire_text(item, "VPCId");
        const char *region = wire_text(item, "VPCRegion");
        if (id == NULL || region == NULL || !r53_vpc_init(&vpc, id, region))
            return false;
        r53_vpcs_add(vpcs, &vpc);
    }
    return true;
}

/* --- record sets
 * ----------------------------------------------------------------------------------
 */

/* One set from its JSON form, by the way that changes take; NULL: damaged. */
static struct r53_rrset *read_plain_set(const struct r53_zone *zone, const cJSON *json)
{
    cJSON *changes = cJSON_CreateArray();
    cJSON *change = cJSON_CreateObject();
    struct r53_batch batch;
    struct r53_rrset *set = NULL;
    cJSON_AddStringToObject(change, "Action", "DELETE"); /* values count once, no policy asked */
    cJSON_AddItemToObject(change, "ResourceRecordSet", cJSON_Duplicate(json, true));
    cJSON_AddItemToArray(changes, change);
    r53_batch_init(&batch);
    if (wire_text(json, "Name") != NULL && wire_text(json, "Type") != NULL &&
        r53_batch_decode(&batch, zone, changes) && !batch.edits[0].is_faulty)
        set = r53_rrset_use(batch.edits[0].set);
    r53_batch_fini(&batch);
    cJSON_Delete(changes);
    return set;
}

static bool read_tree(const struct r53_zone *zone, const cJSON *tree, struct r53_rrset *set)
{
    const cJSON *item = NULL;
    set->tree = sim_alloc_array((size_t)cJSON_GetArraySize(tree) + 1, sizeof(set->tree[0]));
    cJSON_ArrayForEach(item, tree)
    {
        struct r53_rrset *leaf = read_plain_set(zone, item);
        if (leaf == NULL)
            return false;
        set->tree[set->tree_count++] = leaf;
    }
    return true;
}

static struct r53_rrset *read_set(const struct r53_zone *zone, const cJSON *json)
{
    struct r53_rrset *set = read_plain_set(zone, wire_member(json, "Set"));
    if (set == NULL || read_tree(zone, wire_member(json, "Tree"), set))
        return set;
    r53_rrset_drop(set);
    return NULL;
}

/* --- one document each; false: damaged
 * ------------------------------------------------------------
 */

static bool load_delegation(struct r53 *r53, const char *key, const cJSON *json)
{
    struct r53_delegation *delegation = NULL;
    if (strlen(key) >= R53_ID_BYTES || wire_text(json, "CallerReference") == NULL)
        return false;
    delegation = r53_delegation_add(&r53->delegations, key);
    delegation->caller_reference = copy_text(json, "CallerReference");
    return read_servers(json, delegation->name_servers);
}

static bool load_check(struct r53 *r53, const char *key, const cJSON *json)
{
    const cJSON *config = wire_member(json, "Config");
    struct r53_check *check = NULL;
    if (strlen(key) >= SIM_UUID_TEXT_BYTES || !r53_check_config_is_sound(config) ||
        wire_text(json, "CallerReference") == NULL)
        return false;
    check = r53_check_restore(r53, key, wire_text(json, "CallerReference"),
                              cJSON_Duplicate(config, true));
    check->version = (int64_t)read_number(json, "Version");
    read_tags(json, &check->tags);
    return true;
}

static bool load_zone(struct r53 *r53, const char *key, const cJSON *json)
{
    const char *text = wire_text(json, "Name");
    struct r53_name name;
    struct r53_zone *zone = NULL;
    char id[R53_ID_BYTES];
    if (!read_id(json, "Id", id) || text == NULL || r53_name_parse(text, &name) != R53_NAME_OK ||
        wire_text(json, "CallerReference") == NULL)
        return false;
    zone = r53_zone_create(&name, id);
    zone->number = strtoull(key, NULL, 10);
    zone->caller_reference = copy_text(json, "CallerReference");
    zone->comment = copy_text(json, "Comment");
    zone->is_private = wire_flag(json, "IsPrivate", false);
    zone->is_served = wire_flag(json, "IsServed", false);
    read_tags(json, &zone->tags);
    r53_zones_add(&r53->zones, zone);
    if (r53->made_count < zone->number)
        r53->made_count = zone->number;
    return read_id(json, "DelegationSet", zone->delegation_id) &&
           read_servers(json, zone->name_servers) && read_vpcs(json, "VPCs", &zone->vpcs) &&
           read_vpcs(json, "AuthorizedVPCs", &zone->authorized);
}

static bool load_set(struct r53 *r53, const char *key, const cJSON *json)
{
    char zone_id[R53_ID_BYTES] = "";
    struct r53_delta step = {.old = NULL};
    struct r53_zone *zone = NULL;
    size_t bytes = strcspn(key, " ");
    if (bytes >= sizeof(zone_id))
        return false;
    memcpy(zone_id, key, bytes);
    zone = r53_zone_find(&r53->zones, zone_id);
    if (zone == NULL)
        return false;
    step.new = read_set(zone, json);
    if (step.new == NULL || !r53_name_is_within(&step.new->name, &zone->name)) {
        r53_rrset_drop(step.new);
        return false;
    }
    r53_delta_apply(&step, &zone->wanted);
    r53_delta_serve(&step, &zone->served);
    r53_rrset_drop(step.new);
    return true;
}

static bool read_steps(const struct r53_zone *zone, const cJSON *steps, struct r53_change *change)
{
    const cJSON *step = NULL;
    change->deltas =
        sim_alloc_array((size_t)cJSON_GetArraySize(steps) + 1, sizeof(change->deltas[0]));
    cJSON_ArrayForEach(step, steps)
    {
        const cJSON *old = wire_member(step, "Old");
        const cJSON *new = wire_member(step, "New");
        struct r53_delta *delta = &change->deltas[change->delta_count++];
        if (cJSON_IsObject(old) && (delta->old = read_set(zone, old)) == NULL)
            return false;
        if (cJSON_IsObject(new) && (delta->new = read_set(zone, new)) == NULL)
            return false;
    }
    return true;
}

static bool load_change(struct r53 *r53, const char *key, const cJSON *json)
{
    struct r53_change *change = sim_alloc(sizeof(*change));
    const struct r53_zone *zone = NULL;
    bool is_whole = read_id(json, "Id", change->id) && read_id(json, "Zone", change->zone_id);
    change->number = strtoull(key, NULL, 10);
    change->comment = copy_text(json, "Comment");
    change->submitted_us = read_number(json, "SubmittedAt");
    change->due_us = read_number(json, "DueAt");
    change->is_insync = wire_flag(json, "IsInsync", false);
    zone = r53_zone_find(&r53->zones, change->zone_id);
    if (zone != NULL) /* a deleted zone's changes have nothing to serve */
        is_whole = read_steps(zone, wire_member(json, "Steps"), change) && is_whole;
    r53_change_restore(r53, change);
    return is_whole;
}

/* "NUMBER ID"; false: no such key, or an id that is too long. */
static bool split_key(struct r53 *r53, const char *key, uint64_t *number, const char **id)
{
    const char *blank = strchr(key, ' ');
    if (blank == NULL || strlen(blank + 1) >= SIM_UUID_TEXT_BYTES)
        return false;
    *id = blank + 1;
    *number = strtoull(key, NULL, 10);
    if (r53->made_count < *number)
        r53->made_count = *number;
    return true;
}

static bool read_type(const cJSON *json, char type[16])
{
    const char *text = wire_text(json, "Type");
    if (text == NULL || r53_type_by_name(text) == (ldns_rr_type)0)
        return false;
    (void)snprintf(type, 16, "%.15s", text);
    return true;
}

static bool load_policy(struct r53 *r53, const char *key, const cJSON *json)
{
    struct r53_traffic_policy *policy = NULL;
    const cJSON *version = NULL;
    uint64_t number = 0;
    const char *id = NULL;
    char type[16];
    if (!split_key(r53, key, &number, &id) || wire_text(json, "Name") == NULL ||
        !read_type(json, type) || r53->traffic.policy_count == R53_POLICY_MAX)
        return false;
    policy = r53_policy_add(&r53->traffic, id);
    policy->number = number;
    policy->name = copy_text(json, "Name");
    memcpy(policy->type, type, sizeof(policy->type));
    cJSON_ArrayForEach(version, wire_member(json, "Versions"))
    {
        if (wire_text(version, "Document") == NULL)
            return false;
        (void)r53_policy_version_add(policy, (int64_t)read_number(version, "Number"),
                                     wire_text(version, "Document"), wire_text(version, "Comment"));
    }
    policy->last_number = (int64_t)read_number(json, "LastVersion");
    return policy->version_count > 0;
}

static bool load_instance(struct r53 *r53, const char *key, const cJSON *json)
{
    struct r53_traffic_instance *instance = NULL;
    const char *policy_id = wire_text(json, "Policy");
    const char *name = wire_text(json, "Name");
    const char *message = wire_text(json, "Message");
    uint64_t number = 0;
    const char *id = NULL;
    if (!split_key(r53, key, &number, &id) || policy_id == NULL ||
        strlen(policy_id) >= SIM_UUID_TEXT_BYTES || name == NULL ||
        r53->traffic.instance_count == R53_POLICY_INSTANCE_MAX)
        return false;
    instance = r53_instance_add(&r53->traffic, id);
    instance->number = number;
    instance->ttl_s = (int64_t)read_number(json, "TTL");
    instance->policy_version = (int64_t)read_number(json, "Version");
    instance->was_updated = wire_flag(json, "WasUpdated", false);
    (void)snprintf(instance->policy_id, sizeof(instance->policy_id), "%s", policy_id);
    (void)snprintf(instance->message, sizeof(instance->message), "%.1000s",
                   message == NULL ? "" : message);
    return read_type(json, instance->type) && read_id(json, "Zone", instance->zone_id) &&
           read_id(json, "Change", instance->change_id) &&
           r53_name_parse(name, &instance->name) == R53_NAME_OK;
}

static bool load_query_log(struct r53 *r53, const char *key, const cJSON *json)
{
    char zone_id[R53_ID_BYTES];
    if (strlen(key) >= SIM_UUID_TEXT_BYTES || wire_text(json, "LogGroup") == NULL ||
        !read_id(json, "Zone", zone_id))
        return false;
    (void)r53_log_config_add(&r53->log_configs, key, zone_id, wire_text(json, "LogGroup"));
    return true;
}

/* Blocks that were PENDING are served from now on. */
static bool load_collection(struct r53 *r53, const char *key, const cJSON *json)
{
    const char *name = wire_text(json, "Name");
    const char *reference = wire_text(json, "CallerReference");
    struct r53_cidr_collection *collection = NULL;
    const cJSON *item = NULL;
    if (strlen(key) >= R53_COLLECTION_ID_BYTES || name == NULL || reference == NULL ||
        strlen(name) >= R53_COLLECTION_NAME_BYTES || r53->collections.count == R53_COLLECTION_MAX)
        return false;
    collection = r53_cidr_add(&r53->collections, key, name, reference);
    collection->version = (int64_t)read_number(json, "Version");
    cJSON_ArrayForEach(item, wire_member(json, "Blocks"))
    {
        const char *cidr = wire_text(item, "Cidr");
        const char *location = wire_text(item, "Location");
        struct r53_cidr_block block;
        if (cidr == NULL || location == NULL || strlen(location) >= R53_CIDR_LOCATION_BYTES ||
            !r53_cidr_parse(cidr, &block))
            return false;
        (void)snprintf(block.location, sizeof(block.location), "%s", location);
        r53_cidr_block_put(&collection->wanted, &block);
    }
    r53_cidr_blocks_copy(&collection->wanted, &collection->served);
    return true;
}

typedef bool loader(struct r53 *r53, const char *key, const cJSON *json);

static loader *const loaders[R53_SAVED_KIND_COUNT] = {
    [R53_SAVED_DELEGATION] = load_delegation,
    [R53_SAVED_CHECK] = load_check,
    [R53_SAVED_ZONE] = load_zone,
    [R53_SAVED_SET] = load_set,
    [R53_SAVED_CHANGE] = load_change,
    [R53_SAVED_POLICY] = load_policy,
    [R53_SAVED_INSTANCE] = load_instance,
    [R53_SAVED_QUERY_LOG] = load_query_log,
    [R53_SAVED_COLLECTION] = load_collection,
};

struct loading {
    struct r53 *r53;
    enum r53_saved kind;
};

static enum sim_result load(void *context, const char *key, const char *text,
                            struct sim_error *error)
{
    const struct loading *loading = context;
    cJSON *json = cJSON_Parse(text);
    const bool is_whole = json != NULL && loaders[loading->kind](loading->r53, key, json);
    cJSON_Delete(json);
    if (is_whole)
        return RESULT_OK;
    return sim_error_set(error, RESULT_INVALID, "the data directory's %s %.200s is damaged",
                         r53_saved_kinds[loading->kind], key);
}

/* What is PENDING is taken out of what DNS serves, the latest first. */
static void hold_pending(struct r53 *r53)
{
    struct r53_change *change =
        r53->changes.by_id == NULL
            ? NULL
            : ELMT_FROM_HH(r53->changes.by_id->hh.tbl, r53->changes.by_id->hh.tbl->tail);
    while (change != NULL) {
        struct r53_zone *zone = r53_zone_find(&r53->zones, change->zone_id);
        if (!change->is_insync && zone != NULL)
            for (size_t i = change->delta_count; i-- > 0;)
                r53_delta_unserve(&change->deltas[i], &zone->served);
        change = change->hh.prev;
    }
}

enum sim_result r53_load(struct r53 *r53, struct sim_error *error)
{
    struct sim_store *store = sim_data_store(r53->core->data);
    enum sim_result result = RESULT_OK;
    for (size_t kind = 0; kind < R53_SAVED_KIND_COUNT && result == RESULT_OK; kind++) {
        struct loading loading = {.r53 = r53, .kind = (enum r53_saved)kind};
        result = sim_documents_each(store, r53_saved_kinds[kind], load, &loading, error);
    }
    hold_pending(r53);
    return result;
}
