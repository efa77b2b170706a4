/* operations_policy_instance.c -- traffic policy instances: a policy's tree at a name of a zone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/save.h"

#define INSTANCES_A_PAGE 100

/* "Applied" once its change is INSYNC (or so old that it is forgotten). */
static const char *state_of(const struct r53 *r53, const struct r53_traffic_instance *instance)
{
    const struct r53_change *change = r53_change_find(&r53->changes, instance->change_id);
    if (instance->message[0] != '\0')
        return "Failed";
    if (change == NULL || change->is_insync)
        return "Applied";
    return instance->was_updated ? "Updating" : "Creating";
}

static cJSON *instance_json(const struct r53 *r53, const struct r53_traffic_instance *instance)
{
    cJSON *json = cJSON_CreateObject();
    char name[R53_NAME_TEXT_BYTES];
    r53_name_text(instance->name.wire, name);
    cJSON_AddStringToObject(json, "Id", instance->id);
    cJSON_AddStringToObject(json, "HostedZoneId", instance->zone_id);
    cJSON_AddStringToObject(json, "Name", name);
    cJSON_AddNumberToObject(json, "TTL", (double)instance->ttl_s);
    cJSON_AddStringToObject(json, "State", state_of(r53, instance));
    cJSON_AddStringToObject(json, "Message", instance->message);
    cJSON_AddStringToObject(json, "TrafficPolicyId", instance->policy_id);
    cJSON_AddNumberToObject(json, "TrafficPolicyVersion", (double)instance->policy_version);
    cJSON_AddStringToObject(json, "TrafficPolicyType", instance->type);
    return json;
}

static struct r53_traffic_instance *need_instance(struct r53 *r53, struct wire_call *call)
{
    const char *id = wire_text(call->input, "Id");
    struct r53_traffic_instance *instance = r53_instance_find(&r53->traffic, id);
    if (instance == NULL)
        (void)wire_fail(call, "NoSuchTrafficPolicyInstance",
                        "No traffic policy instance exists with Id %s.", id);
    return instance;
}

static enum wire_progress succeed_with(struct r53 *r53, struct wire_call *call,
                                       const struct r53_traffic_instance *instance)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "TrafficPolicyInstance", instance_json(r53, instance));
    return wire_succeed(call, output);
}

/* --- the record set in the zone
 * -------------------------------------------------------------------
 */

static bool check_exists(void *context, const char *id)
{
    const struct r53 *r53 = context;
    return r53_check_find(&r53->checks, id) != NULL;
}

static const char *unknown_check(struct r53 *r53, const struct r53_rrset *set)
{
    for (size_t i = 0; i < set->tree_count; i++)
        if (set->tree[i]->health_check_id != NULL &&
            !check_exists(r53, set->tree[i]->health_check_id))
            return set->tree[i]->health_check_id;
    return NULL;
}

static void submit(struct r53 *r53, struct r53_zone *zone, struct r53_traffic_instance *instance,
                   struct r53_delta *deltas, size_t delta_count)
{
    const struct r53_change *change = r53_change_submit(r53, zone, deltas, delta_count, NULL);
    memcpy(instance->change_id, change->id, sizeof(instance->change_id));
}

/* Puts set into the zone by the rules of all record sets; else the instance has failed. */
static void put(struct r53 *r53, struct r53_zone *zone, struct r53_traffic_instance *instance,
                struct r53_rrset *set, enum r53_action action)
{
    struct r53_batch batch;
    struct sim_buffer text;
    r53_batch_init(&batch);
    batch.edits = sim_alloc_array(1, sizeof(batch.edits[0]));
    batch.edit_count = 1;
    batch.edits[0].action = action;
    batch.edits[0].set = r53_rrset_use(set);
    sim_buffer_init(&batch.edits[0].faults);
    if (r53_batch_apply(&batch, zone)) {
        submit(r53, zone, instance, batch.deltas, batch.delta_count);
        batch.deltas = NULL;
        batch.delta_count = 0;
        instance->message[0] = '\0';
    } else {
        sim_buffer_init(&text);
        r53_batch_faults(&batch, &text);
        (void)snprintf(instance->message, sizeof(instance->message), "%.1000s", text.data);
        sim_buffer_fini(&text);
    }
    r53_batch_fini(&batch);
}

/* Expands the document and puts the set. False: nothing was done, the call has failed. */
static bool apply(struct r53 *r53, struct wire_call *call, struct r53_zone *zone,
                  struct r53_traffic_instance *instance, const char *document,
                  enum r53_action action)
{
    char fault[R53_POLICY_FAULT_BYTES] = "";
    char name[R53_NAME_TEXT_BYTES];
    struct r53_rrset *set = NULL;
    const struct r53_tree_options options = {
        .zone = zone, .name = name, .instance_id = instance->id, .ttl_s = instance->ttl_s};
    r53_name_text(instance->name.wire, name);
    set = r53_tree_set(document, &options, fault);
    if (set == NULL) {
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : %s", fault);
        return false;
    }
    if (unknown_check(r53, set) != NULL)
        (void)snprintf(instance->message, sizeof(instance->message),
                       "A health check with id %s does not exist.", unknown_check(r53, set));
    else
        put(r53, zone, instance, set, action);
    r53_rrset_drop(set);
    return true;
}

/* The set that stands in the zone for an instance, or NULL. */
static struct r53_rrset *set_of(const struct r53_zone *zone,
                                const struct r53_traffic_instance *instance)
{
    const struct r53_group *group =
        r53_group_at_name(&zone->wanted, &instance->name, r53_type_by_name(instance->type));
    if (group == NULL || group->sets[0]->policy_instance_id == NULL ||
        strcmp(group->sets[0]->policy_instance_id, instance->id) != 0)
        return NULL;
    return group->sets[0];
}

/* --- create, update, delete
 * -----------------------------------------------------------------------
 */

/* False: the call has failed. */
static bool check_creation(struct r53 *r53, struct wire_call *call, const struct r53_zone *zone,
                           const char *type, struct r53_name *name)
{
    const char *text = wire_text(call->input, "Name");
    enum r53_name_fault fault = r53_name_parse(text, name);
    if (fault != R53_NAME_OK) {
        (void)wire_fail(call, "InvalidInput", "%s '%s'", r53_name_fault_text(fault), text);
        return false;
    }
    if (!r53_name_is_within(name, &zone->name)) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : %s does not lie within the hosted zone %s.", text,
                        zone->id);
        return false;
    }
    for (size_t i = 0; i < r53->traffic.instance_count; i++) {
        const struct r53_traffic_instance *other = r53->traffic.instances[i];
        if (strcmp(other->zone_id, zone->id) != 0 || strcmp(other->type, type) != 0 ||
            !r53_name_is_equal(&other->name, name))
            continue;
        (void)wire_fail(call, "TrafficPolicyInstanceAlreadyExists",
                        "There is already a traffic policy instance with the specified name and "
                        "type: %s.",
                        other->id);
        return false;
    }
    if (r53->traffic.instance_count == R53_POLICY_INSTANCE_MAX) {
        (void)wire_fail(call, "TooManyTrafficPolicyInstances",
                        "Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - Cannot create "
                        "more than %d traffic policy instances.",
                        R53_POLICY_INSTANCE_MAX);
        return false;
    }
    return true;
}

/* PriorRequestNotComplete while too much is PENDING; false: the call has failed. */
static bool make_room(struct r53 *r53, struct wire_call *call)
{
    if (r53_changes_make_room(&r53->changes))
        return true;
    (void)wire_fail(
        call, "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.");
    return false;
}

enum wire_progress r53_create_instance(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "HostedZoneId"));
    struct r53_traffic_policy *policy = NULL;
    const struct r53_policy_version *version = NULL;
    struct r53_traffic_instance *made = NULL;
    struct r53_name name;
    char id[SIM_UUID_TEXT_BYTES];
    if (zone == NULL)
        return WIRE_DONE;
    version =
        r53_need_policy_version(r53, call, wire_text(call->input, "TrafficPolicyId"),
                                wire_integer(call->input, "TrafficPolicyVersion", 0), &policy);
    if (version == NULL || !check_creation(r53, call, zone, policy->type, &name) ||
        !make_room(r53, call))
        return WIRE_DONE;
    sim_random_uuid(&r53->ids, id);
    made = r53_instance_add(&r53->traffic, id);
    made->number = ++r53->made_count;
    made->name = name;
    made->ttl_s = wire_integer(call->input, "TTL", 0);
    made->policy_version = version->number;
    memcpy(made->zone_id, zone->id, sizeof(made->zone_id));
    memcpy(made->policy_id, policy->id, sizeof(made->policy_id));
    memcpy(made->type, policy->type, sizeof(made->type));
    if (!apply(r53, call, zone, made, version->document, R53_CREATE)) {
        r53_instance_remove(&r53->traffic, made);
        return WIRE_DONE;
    }
    r53_instance_changed(r53, made);
    (void)succeed_with(r53, call, made);
    cJSON_AddStringToObject(
        call->output, "Location",
        sim_arena_printf(call->arena,
                         "https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/%s",
                         made->id));
    return WIRE_DONE;
}

enum wire_progress r53_update_instance(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_traffic_instance *instance = need_instance(r53, call);
    struct r53_traffic_policy *policy = NULL;
    const struct r53_policy_version *version = NULL;
    struct r53_zone *zone = NULL;
    struct r53_traffic_instance before;
    if (instance == NULL)
        return WIRE_DONE;
    version =
        r53_need_policy_version(r53, call, wire_text(call->input, "TrafficPolicyId"),
                                wire_integer(call->input, "TrafficPolicyVersion", 0), &policy);
    if (version == NULL)
        return WIRE_DONE;
    if (strcmp(policy->type, instance->type) != 0)
        return wire_fail(call, "ConflictingTypes",
                         "You tried to update a traffic policy instance by using a traffic policy "
                         "version that has a different DNS type than the current type for the "
                         "instance.");
    zone = r53_need_zone(r53, call, instance->zone_id);
    if (zone == NULL || !make_room(r53, call))
        return WIRE_DONE;
    before = *instance;
    instance->ttl_s = wire_integer(call->input, "TTL", 0);
    instance->policy_version = version->number;
    instance->was_updated = true;
    memcpy(instance->policy_id, policy->id, sizeof(instance->policy_id));
    if (!apply(r53, call, zone, instance, version->document, R53_UPSERT)) {
        *instance = before;
        return WIRE_DONE;
    }
    r53_instance_changed(r53, instance);
    return succeed_with(r53, call, instance);
}

enum wire_progress r53_delete_instance(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_traffic_instance *instance = need_instance(r53, call);
    struct r53_zone *zone = NULL;
    struct r53_rrset *set = NULL;
    struct r53_delta *delta = NULL;
    if (instance == NULL || !make_room(r53, call))
        return WIRE_DONE;
    zone = r53_zone_find(&r53->zones, instance->zone_id);
    set = zone == NULL ? NULL : set_of(zone, instance);
    if (set != NULL) {
        delta = sim_alloc_array(1, sizeof(*delta));
        delta->old = r53_records_take(&zone->wanted, set);
        submit(r53, zone, instance, delta, 1);
    }
    r53_instance_changed(r53, instance);
    r53_instance_remove(&r53->traffic, instance);
    return wire_succeed(call, NULL);
}

/* --- get, count, lists
 * ----------------------------------------------------------------------------
 */

enum wire_progress r53_get_instance(void *state, struct wire_call *call)
{
    const struct r53_traffic_instance *instance = need_instance(state, call);
    return instance == NULL ? WIRE_DONE : succeed_with(state, call, instance);
}

enum wire_progress r53_get_instance_count(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    cJSON *output = cJSON_CreateObject();
    cJSON_AddNumberToObject(output, "TrafficPolicyInstanceCount",
                            (double)r53->traffic.instance_count);
    return wire_succeed(call, output);
}

struct listed {
    const struct r53_traffic_instance *instance;
    char key[R53_NAME_TEXT_BYTES];
};

static int compare(const struct listed *listed, const char *zone_id, const char *key,
                   const char *type)
{
    int order = zone_id == NULL ? 0 : strcmp(listed->instance->zone_id, zone_id);
    if (order == 0 && key != NULL)
        order = strcmp(listed->key, key);
    if (order == 0 && type != NULL)
        order = strcmp(listed->instance->type, type);
    return order;
}

static int compare_listed(const void *left, const void *right)
{
    const struct listed *a = left;
    const struct listed *b = right;
    return compare(a, b->instance->zone_id, b->key, b->instance->type);
}

/* What a list leaves out; NULL and 0: nothing. */
struct filter {
    const char *zone_id;
    const char *policy_id;
    int64_t policy_version;
};

static size_t collect(const struct r53 *r53, const struct filter *filter, struct listed *listed)
{
    size_t count = 0;
    for (size_t i = 0; i < r53->traffic.instance_count; i++) {
        const struct r53_traffic_instance *instance = r53->traffic.instances[i];
        if ((filter->zone_id != NULL && strcmp(instance->zone_id, filter->zone_id) != 0) ||
            (filter->policy_id != NULL && (strcmp(instance->policy_id, filter->policy_id) != 0 ||
                                           instance->policy_version != filter->policy_version)))
            continue;
        listed[count].instance = instance;
        r53_name_list_key(instance->name.wire, listed[count++].key);
    }
    qsort(listed, count, sizeof(listed[0]), compare_listed);
    return count;
}

/* The first that a page shows; false: the call has failed. */
static bool find_start(struct wire_call *call, const struct listed *listed, size_t count,
                       size_t *at)
{
    const char *zone_id = wire_text(call->input, "HostedZoneIdMarker");
    const char *name_text = wire_text(call->input, "TrafficPolicyInstanceNameMarker");
    const char *type = wire_text(call->input, "TrafficPolicyInstanceTypeMarker");
    struct r53_name name;
    char key[R53_NAME_TEXT_BYTES] = "";
    if (name_text != NULL) {
        enum r53_name_fault fault = r53_name_parse(name_text, &name);
        if (fault != R53_NAME_OK) {
            (void)wire_fail(call, "InvalidInput", "%s '%s'", r53_name_fault_text(fault), name_text);
            return false;
        }
        r53_name_list_key(name.wire, key);
    }
    while (*at < count && compare(&listed[*at], zone_id == NULL ? NULL : r53_bare_id(zone_id),
                                  name_text == NULL ? NULL : key, type) < 0)
        (*at)++;
    return true;
}

static void add_markers(cJSON *output, const struct r53_traffic_instance *next)
{
    char name[R53_NAME_TEXT_BYTES];
    r53_name_text(next->name.wire, name);
    cJSON_AddStringToObject(output, "HostedZoneIdMarker", next->zone_id);
    cJSON_AddStringToObject(output, "TrafficPolicyInstanceNameMarker", name);
    cJSON_AddStringToObject(output, "TrafficPolicyInstanceTypeMarker", next->type);
}

static enum wire_progress list(const struct r53 *r53, struct wire_call *call,
                               const struct filter *filter)
{
    struct listed listed[R53_POLICY_INSTANCE_MAX];
    size_t count = collect(r53, filter, listed);
    int64_t items = INSTANCES_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *array = NULL;
    if (!r53_max_items(call, INSTANCES_A_PAGE, &items) || !find_start(call, listed, count, &at))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    array = cJSON_AddArrayToObject(output, "TrafficPolicyInstances");
    for (int64_t i = 0; i < items && at < count; i++)
        cJSON_AddItemToArray(array, instance_json(r53, listed[at++].instance));
    if (at < count)
        add_markers(output, listed[at].instance);
    cJSON_AddBoolToObject(output, "IsTruncated", at < count);
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}

enum wire_progress r53_list_instances(void *state, struct wire_call *call)
{
    const struct filter all = {.zone_id = NULL};
    return list(state, call, &all);
}

enum wire_progress r53_list_instances_of_zone(void *state, struct wire_call *call)
{
    const struct r53_zone *zone =
        r53_need_zone(state, call, wire_text(call->input, "HostedZoneId"));
    const struct filter filter = {.zone_id = zone == NULL ? NULL : zone->id};
    return zone == NULL ? WIRE_DONE : list(state, call, &filter);
}

enum wire_progress r53_list_instances_of_policy(void *state, struct wire_call *call)
{
    struct r53_traffic_policy *policy = NULL;
    const struct r53_policy_version *version =
        r53_need_policy_version(state, call, wire_text(call->input, "TrafficPolicyId"),
                                wire_integer(call->input, "TrafficPolicyVersion", 0), &policy);
    struct filter filter = {.zone_id = NULL};
    if (version == NULL)
        return WIRE_DONE;
    filter.policy_id = policy->id;
    filter.policy_version = version->number;
    return list(state, call, &filter);
}
