/* conflict.c -- which record sets may stand beside which others: the zone as it would be. */
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/service_zone.h"

struct scene {
    struct r53_edit *edit;
    const struct r53_rrset *set;
    struct r53_zone *zone;
    const struct r53_group *group; /* the set's own */
    char name[R53_NAME_TEXT_BYTES];
    char apex[R53_NAME_TEXT_BYTES];
    const char *type;
};

static bool check_place(const struct scene *scene)
{
    const struct r53_rrset *set = scene->set;
    if (!r53_name_is_within(&set->name, &scene->zone->name)) {
        r53_edit_fault(scene->edit, "RRSet with DNS name %s is not permitted in zone %s",
                       scene->name, scene->apex);
        return false;
    }
    if (set->type == LDNS_RR_TYPE_CNAME && r53_name_is_equal(&set->name, &scene->zone->name)) {
        r53_edit_fault(scene->edit,
                       "RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s",
                       scene->name, scene->apex);
        return false;
    }
    if (set->type == LDNS_RR_TYPE_SOA && !r53_name_is_equal(&set->name, &scene->zone->name))
        r53_edit_fault(scene->edit,
                       "RRSet of type SOA with DNS name %s is not permitted in zone %s",
                       scene->name, scene->apex);
    if (set->type == LDNS_RR_TYPE_NS && set->name.wire[0] == 1 && set->name.wire[1] == '*')
        r53_edit_fault(scene->edit,
                       "RRSet of type NS with DNS name %s is not permitted as it is a wildcard in "
                       "zone %s",
                       scene->name, scene->apex);
    return true;
}

static void check_cname(const struct scene *scene)
{
    const struct r53_node *node = scene->group->node;
    if (scene->set->type == LDNS_RR_TYPE_CNAME) {
        if (r53_node_group_count(node) > 1)
            r53_edit_fault(scene->edit,
                           "RRSet of type CNAME with DNS name %s is not permitted as it conflicts "
                           "with other records with the same DNS name in zone %s",
                           scene->name, scene->apex);
    } else if (r53_group_find(node, LDNS_RR_TYPE_CNAME) != NULL) {
        r53_edit_fault(scene->edit,
                       "RRSet of type %s with DNS name %s is not permitted because a conflicting "
                       "RRSet of type CNAME with the same DNS name already exists in zone %s",
                       scene->type, scene->name, scene->apex);
    }
}

/* The types that know no routing policy, and multivalue's further exceptions. */
static void check_policy_fits(const struct scene *scene)
{
    const struct r53_rrset *set = scene->set;
    const bool is_plain = set->type == LDNS_RR_TYPE_NS || set->type == LDNS_RR_TYPE_SOA ||
                          set->type == LDNS_RR_TYPE_DS;
    const bool is_multivalue = set->policy == R53_POLICY_MULTIVALUE;
    if ((is_plain && set->policy != R53_POLICY_SIMPLE) ||
        (is_multivalue && set->type == LDNS_RR_TYPE_CNAME))
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as the "
                       "type does not support %s routing.",
                       scene->name, scene->type, set->set_identifier, r53_policy_name(set->policy));
    if (is_multivalue && set->is_alias)
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s, SetIdentifier \"%s\" cannot be created as "
                       "a multivalue answer rrset cannot be an alias.",
                       scene->name, scene->type, set->set_identifier);
    if (!set->is_alias && set->value_count > 1 &&
        (set->type == LDNS_RR_TYPE_CNAME || set->type == LDNS_RR_TYPE_SOA))
        r53_edit_fault(scene->edit, "RRSet with DNS name %s, type %s contains more than one value.",
                       scene->name, scene->type);
}

static void fault_other_policy(const struct scene *scene)
{
    const struct r53_rrset *set = scene->set;
    if (set->policy == R53_POLICY_SIMPLE)
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s cannot be created as other RRSets exist "
                       "with the same name and type.",
                       scene->name, scene->type);
    else if (set->policy == R53_POLICY_MULTIVALUE)
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s, SetIdentifier \"%s\" cannot be created "
                       "because a non multivalue answer rrset exists with the same name and type.",
                       scene->name, scene->type, set->set_identifier);
    else
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as a "
                       "non-%s set exists with the same name and type.",
                       scene->name, scene->type, set->set_identifier, r53_policy_name(set->policy));
}

static void fault_double(const struct scene *scene, const char *field, const char *value,
                         const char *same)
{
    r53_edit_fault(scene->edit,
                   "RRSet with DNS name %s, type %s, SetIdentifier %s, and %s%s cannot be created "
                   "because a %s RRSet with the same name, type and %s already exists.",
                   scene->name, scene->type, scene->set->set_identifier, field, value,
                   r53_policy_name(scene->set->policy), same);
}

static bool is_same_location(const struct r53_location *a, const struct r53_location *b)
{
    return strcmp(a->continent, b->continent) == 0 && strcmp(a->country, b->country) == 0 &&
           strcmp(a->subdivision, b->subdivision) == 0;
}

static void fault_double_location(const struct scene *scene)
{
    const struct r53_location *location = &scene->set->location;
    char text[64];
    (void)snprintf(text, sizeof(text), "%s=%s%s%s",
                   location->continent[0] != '\0' ? "ContinentCode" : "CountryCode",
                   location->continent[0] != '\0' ? location->continent : location->country,
                   location->subdivision[0] != '\0' ? ", SubdivisionCode=" : "",
                   location->subdivision);
    fault_double(scene, "GeoLocation ", text, "location");
}

/* Two sets may be at one place with biases of their own, but not alike in both. */
static bool check_proximity(const struct scene *scene, const struct r53_rrset *other)
{
    const struct r53_proximity *a = &scene->set->proximity;
    const struct r53_proximity *b = &other->proximity;
    char text[96];
    if (a->kind != b->kind || strcmp(a->place, b->place) != 0 ||
        a->point.latitude_cdeg != b->point.latitude_cdeg ||
        a->point.longitude_cdeg != b->point.longitude_cdeg)
        return false;
    if (a->kind == R53_NEAR_COORDINATES)
        (void)snprintf(text, sizeof(text), "Coordinates=%s,%s", a->latitude, a->longitude);
    else
        (void)snprintf(text, sizeof(text), "%s=%s",
                       a->kind == R53_NEAR_REGION ? "AWSRegion" : "LocalZoneGroup", a->place);
    fault_double(scene, "GeoProximityLocation ", text, "location");
    return true;
}

static bool check_cidr(const struct scene *scene, const struct r53_rrset *other)
{
    const struct r53_cidr_routing *a = &scene->set->cidr;
    const struct r53_cidr_routing *b = &other->cidr;
    if (strcmp(a->collection_id, b->collection_id) != 0) {
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as all "
                       "cidr sets of a name and type must use the same CIDR collection.",
                       scene->name, scene->type, scene->set->set_identifier);
        return true;
    }
    if (strcmp(a->location, b->location) != 0)
        return false;
    fault_double(scene, "CIDR LocationName=", a->location, "location");
    return true;
}

/* True if other takes the place of the set within its policy. */
static bool check_place_in_policy(const struct scene *scene, const struct r53_rrset *other)
{
    const struct r53_rrset *set = scene->set;
    switch (set->policy) {
    case R53_POLICY_WEIGHTED:
        if (set->is_alias || other->is_alias || set->ttl_s == other->ttl_s)
            return false;
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s and type %s, SetIdentifier %s cannot be created as "
                       "weighted sets must contain the same TTL.",
                       scene->name, scene->type, set->set_identifier);
        return true;
    case R53_POLICY_LATENCY:
        if (strcmp(set->region, other->region) != 0)
            return false;
        fault_double(scene, "Region Name=", set->region, "region");
        return true;
    case R53_POLICY_FAILOVER:
        if (set->is_primary != other->is_primary)
            return false;
        fault_double(scene, "Failover=", set->is_primary ? "PRIMARY" : "SECONDARY", "failover");
        return true;
    case R53_POLICY_GEOLOCATION:
        if (!is_same_location(&set->location, &other->location))
            return false;
        fault_double_location(scene);
        return true;
    case R53_POLICY_GEOPROXIMITY:
        return check_proximity(scene, other);
    case R53_POLICY_CIDR:
        return check_cidr(scene, other);
    case R53_POLICY_SIMPLE:
    case R53_POLICY_MULTIVALUE:
        return false;
    }
    return false;
}

static void check_group(const struct scene *scene)
{
    const size_t sets_max =
        scene->set->policy == R53_POLICY_GEOPROXIMITY ? R53_PROXIMITY_SETS_MAX : R53_GROUP_SETS_MAX;
    for (size_t i = 0; i < scene->group->set_count; i++) {
        const struct r53_rrset *other = scene->group->sets[i];
        if (other == scene->set)
            continue;
        if (other->policy != scene->set->policy) {
            fault_other_policy(scene);
            break;
        }
        if (check_place_in_policy(scene, other))
            break;
    }
    if (scene->group->set_count > sets_max)
        r53_edit_fault(scene->edit,
                       "RRSet with DNS name %s, type %s cannot be created as more than %zu RRSets "
                       "would exist with the same name and type.",
                       scene->name, scene->type, sets_max);
    if (scene->set->policy == R53_POLICY_FAILOVER && scene->set->is_primary &&
        !scene->set->is_alias && scene->set->health_check_id == NULL)
        r53_edit_fault(scene->edit, "A non-alias primary ResourceRecordSet must have an associated "
                                    "health check. No changes made.");
}

/* Does a walk from group along aliases come to goal, or go too deep? Each group is walked once. */
static bool leads_to(struct r53_records *records, struct r53_group *group,
                     const struct r53_group *goal, size_t depth)
{
    if (group == NULL || group->noted_at == records->walk_count)
        return false;
    if (group == goal || depth > R53_ALIAS_CHECKED_DEPTH)
        return true;
    group->noted_at = records->walk_count;
    for (size_t i = 0; i < group->set_count; i++) {
        const struct r53_rrset *set = group->sets[i];
        if (set->is_alias &&
            leads_to(records, r53_group_at_name(records, &set->alias_name, set->type), goal,
                     depth + 1))
            return true;
    }
    return false;
}

static void check_alias(const struct scene *scene)
{
    const struct r53_rrset *set = scene->set;
    struct r53_records *records = &scene->zone->wanted;
    struct r53_group *target = r53_group_at_name(records, &set->alias_name, set->type);
    char name[R53_NAME_TEXT_BYTES];
    char start[R53_NAME_TEXT_BYTES + 128];
    r53_name_text(set->alias_name.wire, name);
    (void)snprintf(start, sizeof(start),
                   "Tried to create an alias that targets %s, type %s in zone %s", name,
                   scene->type, set->alias_zone_id);
    if (!r53_name_is_within(&set->alias_name, &scene->zone->name))
        r53_edit_fault(scene->edit,
                       "%s, but the alias target name does not lie within the target zone", start);
    if (target == NULL || strcmp(set->alias_zone_id, scene->zone->id) != 0 ||
        set->type == LDNS_RR_TYPE_NS || set->type == LDNS_RR_TYPE_SOA) {
        r53_edit_fault(scene->edit, "%s, but that target was not found", start);
        return;
    }
    records->walk_count++;
    if (leads_to(records, target, scene->group, 0))
        r53_edit_fault(scene->edit, "%s, but that target leads back to the alias", start);
}

static void check_service_alias(const struct scene *scene)
{
    const struct r53_rrset *set = scene->set;
    char name[R53_NAME_TEXT_BYTES];
    if (r53_service_has_type(set->service, set->type))
        return;
    r53_name_text(set->alias_name.wire, name);
    r53_edit_fault(scene->edit,
                   "Tried to create an alias that targets %s, type %s in zone %s, but that target "
                   "was not found",
                   name, scene->type, set->alias_zone_id);
}

void r53_edit_check(struct r53_edit *edit, struct r53_zone *zone)
{
    struct scene scene = {.edit = edit, .set = edit->set, .zone = zone};
    scene.type = r53_type_name(edit->set->type);
    r53_name_text(edit->set->name.wire, scene.name);
    r53_name_text(zone->name.wire, scene.apex);
    scene.group = r53_group_at_name(&zone->wanted, &edit->set->name, edit->set->type);
    CHECK(scene.group != NULL);
    if (check_place(&scene)) {
        check_cname(&scene);
        check_group(&scene);
    }
    check_policy_fits(&scene);
    if (edit->set->is_alias && edit->set->service != NULL)
        check_service_alias(&scene);
    else if (edit->set->is_alias)
        check_alias(&scene);
}

void r53_batch_check_apex(struct r53_batch *batch, const struct r53_zone *zone)
{
    const char *between = "";
    if (r53_group_at_name(&zone->wanted, &zone->name, LDNS_RR_TYPE_SOA) == NULL) {
        sim_buffer_append_text(&batch->faults, "A HostedZone must contain exactly one SOA record.");
        between = ", ";
    }
    if (r53_group_at_name(&zone->wanted, &zone->name, LDNS_RR_TYPE_NS) == NULL) {
        sim_buffer_printf(&batch->faults,
                          "%sA HostedZone must contain at least one NS record for the zone itself.",
                          between);
        between = ", ";
    }
    if (zone->wanted.set_count > R53_ZONE_SET_MAX)
        sim_buffer_printf(&batch->faults, "%sNumber of records limit of %d exceeded.", between,
                          R53_ZONE_SET_MAX);
}
