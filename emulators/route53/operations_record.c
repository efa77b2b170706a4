/* operations_record.c -- record sets: change, list; the status of a change. */
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/route53_internal.h"

#define SETS_A_PAGE     100 /* without MaxItems */
#define SETS_A_PAGE_MAX 300

/* --- change
 * ---------------------------------------------------------------------------------------
 */

static bool check_exists(void *context, const char *id)
{
    const struct r53 *r53 = context;
    return r53_check_find(&r53->checks, id) != NULL;
}

static enum wire_progress fail_with_faults(struct wire_call *call, const struct r53_batch *batch)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    r53_batch_faults(batch, &text);
    (void)wire_fail(call, "InvalidChangeBatch", "%s", text.data);
    sim_buffer_fini(&text);
    return WIRE_DONE;
}

static enum wire_progress change_with(struct r53 *r53, struct wire_call *call,
                                      struct r53_zone *zone, struct r53_batch *batch)
{
    const cJSON *json = wire_member(call->input, "ChangeBatch");
    const char *unknown = NULL;
    struct r53_change *change = NULL;
    cJSON *output = NULL;
    if (!r53_batch_decode(batch, zone, wire_member(json, "Changes"))) {
        if (strcmp(batch->code, "NotImplemented") == 0)
            return r53_fail_not_here(call, batch->message);
        return wire_fail(call, batch->code, "%s", batch->message);
    }
    unknown = r53_batch_unknown_check(batch, check_exists, r53);
    if (unknown != NULL)
        return wire_fail(call, "NoSuchHealthCheck", "A health check with id %s does not exist.",
                         unknown);
    r53_batch_check_collections(batch, &r53->collections);
    if (!r53_batch_apply(batch, zone))
        return fail_with_faults(call, batch);
    change =
        r53_change_submit(r53, zone, batch->deltas, batch->delta_count, wire_text(json, "Comment"));
    batch->deltas = NULL; /* the change has them now */
    batch->delta_count = 0;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ChangeInfo", r53_pending_json(change));
    return wire_succeed(call, output);
}

enum wire_progress r53_change_record_sets(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "HostedZoneId"));
    struct r53_batch batch;
    enum wire_progress progress = WIRE_DONE;
    if (zone == NULL)
        return WIRE_DONE;
    if (!r53_changes_make_room(&r53->changes))
        return wire_fail(
            call, "PriorRequestNotComplete",
            "The request was rejected because Route 53 was still processing a prior request.");
    r53_batch_init(&batch);
    progress = change_with(r53, call, zone, &batch);
    r53_batch_fini(&batch);
    return progress;
}

enum wire_progress r53_get_change(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    const char *id = wire_text(call->input, "Id");
    const struct r53_change *change = r53_change_find(&r53->changes, id);
    cJSON *output = NULL;
    if (change == NULL)
        return wire_fail(call, "NoSuchChange", "Could not find resource with ID: %s",
                         r53_bare_id(id));
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "ChangeInfo", r53_change_json(change));
    return wire_succeed(call, output);
}

/* --- list
 * -----------------------------------------------------------------------------------------
 */

static void add_location(cJSON *json, const struct r53_location *location)
{
    cJSON *geo = cJSON_AddObjectToObject(json, "GeoLocation");
    if (location->continent[0] != '\0')
        cJSON_AddStringToObject(geo, "ContinentCode", location->continent);
    if (location->country[0] != '\0')
        cJSON_AddStringToObject(geo, "CountryCode", location->country);
    if (location->subdivision[0] != '\0')
        cJSON_AddStringToObject(geo, "SubdivisionCode", location->subdivision);
}

static void add_policy(cJSON *json, const struct r53_rrset *set)
{
    cJSON *cidr = NULL;
    switch (set->policy) {
    case R53_POLICY_SIMPLE:
        break;
    case R53_POLICY_WEIGHTED:
        cJSON_AddNumberToObject(json, "Weight", set->weight);
        break;
    case R53_POLICY_LATENCY:
        cJSON_AddStringToObject(json, "Region", set->region);
        break;
    case R53_POLICY_FAILOVER:
        cJSON_AddStringToObject(json, "Failover", set->is_primary ? "PRIMARY" : "SECONDARY");
        break;
    case R53_POLICY_GEOLOCATION:
        add_location(json, &set->location);
        break;
    case R53_POLICY_GEOPROXIMITY:
        cJSON_AddItemToObject(json, "GeoProximityLocation", r53_proximity_json(&set->proximity));
        break;
    case R53_POLICY_CIDR:
        cidr = cJSON_AddObjectToObject(json, "CidrRoutingConfig");
        cJSON_AddStringToObject(cidr, "CollectionId", set->cidr.collection_id);
        cJSON_AddStringToObject(cidr, "LocationName", set->cidr.location);
        break;
    case R53_POLICY_MULTIVALUE:
        cJSON_AddBoolToObject(json, "MultiValueAnswer", true);
        break;
    }
}

static void add_alias(cJSON *json, const struct r53_rrset *set)
{
    cJSON *alias = cJSON_AddObjectToObject(json, "AliasTarget");
    char text[R53_NAME_TEXT_BYTES];
    r53_name_text(set->alias_name.wire, text);
    cJSON_AddStringToObject(alias, "HostedZoneId", set->alias_zone_id);
    cJSON_AddStringToObject(alias, "DNSName", text);
    cJSON_AddBoolToObject(alias, "EvaluateTargetHealth", set->evaluates_target_health);
}

cJSON *r53_rrset_json(const struct r53_rrset *set)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *values = NULL;
    char text[R53_NAME_TEXT_BYTES];
    r53_name_text(set->name.wire, text);
    cJSON_AddStringToObject(json, "Name", text);
    cJSON_AddStringToObject(json, "Type", r53_type_name(set->type));
    if (set->set_identifier != NULL)
        cJSON_AddStringToObject(json, "SetIdentifier", set->set_identifier);
    add_policy(json, set);
    if (set->policy_instance_id != NULL) {
        cJSON_AddStringToObject(json, "TrafficPolicyInstanceId", set->policy_instance_id);
    } else if (set->is_alias) {
        add_alias(json, set);
    } else {
        cJSON_AddNumberToObject(json, "TTL", set->ttl_s);
        values = cJSON_AddArrayToObject(json, "ResourceRecords");
        for (size_t i = 0; i < set->value_count; i++) {
            cJSON *value = cJSON_CreateObject();
            cJSON_AddStringToObject(value, "Value", set->values[i].text);
            cJSON_AddItemToArray(values, value);
        }
    }
    if (set->health_check_id != NULL)
        cJSON_AddStringToObject(json, "HealthCheckId", set->health_check_id);
    return json;
}

/* The first set that a page shows. */
struct start {
    const char *key; /* NULL: from the beginning */
    const char *type;
    const char *identifier;
};

static bool is_before(const struct start *start, const struct r53_node *node,
                      const struct r53_rrset *set)
{
    int order = start->key == NULL ? 1 : strcmp(r53_node_list_key(node), start->key);
    if (order == 0 && start->type != NULL)
        order = strcmp(r53_type_name(set->type), start->type);
    else if (order == 0)
        return false;
    if (order == 0 && start->identifier != NULL)
        order = strcmp(set->set_identifier == NULL ? "" : set->set_identifier, start->identifier);
    return order < 0;
}

/* The node to begin at: the list is sorted, so nothing before it is looked at. */
static size_t first_node(const struct r53_records *records, const char *key)
{
    size_t low = 0;
    size_t high = records->ordered_count;
    while (key != NULL && low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(r53_node_list_key(records->ordered[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_next(cJSON *output, const struct r53_rrset *set)
{
    char text[R53_NAME_TEXT_BYTES];
    r53_name_text(set->name.wire, text);
    cJSON_AddBoolToObject(output, "IsTruncated", true);
    cJSON_AddStringToObject(output, "NextRecordName", text);
    cJSON_AddStringToObject(output, "NextRecordType", r53_type_name(set->type));
    if (set->set_identifier != NULL)
        cJSON_AddStringToObject(output, "NextRecordIdentifier", set->set_identifier);
}

/* Fills the page; the set behind it, or NULL at the end. */
static const struct r53_rrset *fill_page(const struct r53_records *records,
                                         const struct start *start, int64_t items, cJSON *list)
{
    for (size_t n = first_node(records, start->key); n < records->ordered_count; n++) {
        const struct r53_node *node = records->ordered[n];
        for (size_t g = 0; g < r53_node_group_count(node); g++) {
            const struct r53_group *group = r53_node_group_at(node, g);
            for (size_t s = 0; s < group->set_count; s++) {
                if (is_before(start, node, group->sets[s]))
                    continue;
                if (items-- == 0)
                    return group->sets[s];
                cJSON_AddItemToArray(list, r53_rrset_json(group->sets[s]));
            }
        }
    }
    return NULL;
}

/* False: the call has failed. */
static bool read_start(struct wire_call *call, struct start *start, char key[R53_NAME_TEXT_BYTES])
{
    const char *text = wire_text(call->input, "StartRecordName");
    struct r53_name name;
    enum r53_name_fault fault = R53_NAME_OK;
    start->type = wire_text(call->input, "StartRecordType");
    start->identifier = wire_text(call->input, "StartRecordIdentifier");
    if (text == NULL && start->type != NULL) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : A record type needs a record name beside it.");
        return false;
    }
    if (start->identifier != NULL && (text == NULL || start->type == NULL)) {
        (void)wire_fail(
            call, "InvalidInput",
            "Invalid parameter : A record identifier needs a record name and type beside it.");
        return false;
    }
    if (text == NULL)
        return true;
    fault = r53_name_parse(text, &name);
    if (fault != R53_NAME_OK) {
        (void)wire_fail(call, "InvalidInput", "%s '%s'", r53_name_fault_text(fault), text);
        return false;
    }
    r53_name_list_key(name.wire, key);
    start->key = key;
    return true;
}

enum wire_progress r53_list_record_sets(void *state, struct wire_call *call)
{
    const struct r53_zone *zone =
        r53_need_zone(state, call, wire_text(call->input, "HostedZoneId"));
    const struct r53_rrset *next = NULL;
    struct start start = {0};
    char key[R53_NAME_TEXT_BYTES];
    int64_t items = SETS_A_PAGE;
    cJSON *output = NULL;
    if (zone == NULL || !r53_max_items(call, SETS_A_PAGE_MAX, &items) ||
        !read_start(call, &start, key))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    next = fill_page(&zone->wanted, &start, items,
                     cJSON_AddArrayToObject(output, "ResourceRecordSets"));
    if (next != NULL)
        add_next(output, next);
    else
        cJSON_AddBoolToObject(output, "IsTruncated", false);
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}
