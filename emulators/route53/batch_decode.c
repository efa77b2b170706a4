/* batch_decode.c -- changes from JSON; what is wrong with a change by itself. See batch.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/resolve.h"
#include "emulators/route53/service_zone.h"
#include "emulators/wire/call.h"

static const char *const action_names[] = {
    [R53_CREATE] = "CREATE", [R53_DELETE] = "DELETE", [R53_UPSERT] = "UPSERT"};

static bool refuse(struct r53_batch *batch, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);

static bool refuse(struct r53_batch *batch, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(batch->message, sizeof(batch->message), format, arguments);
    va_end(arguments);
    batch->code = code;
    return false;
}

/* "Change with [Action=CREATE, Name=x, Type=A, SetIdentifier=null]" */
static void describe(const cJSON *change, const cJSON *json, char text[1600])
{
    const char *identifier = wire_text(json, "SetIdentifier");
    (void)snprintf(text, 1600, "Change with [Action=%s, Name=%.1024s, Type=%s, SetIdentifier=%s]",
                   wire_text(change, "Action"), wire_text(json, "Name"), wire_text(json, "Type"),
                   identifier == NULL ? "null" : identifier);
}

static bool has(const cJSON *json, const char *member)
{
    return wire_member(json, member) != NULL;
}

/* Exactly one kind of contents and at most one routing policy, with an identifier. */
static bool check_form(struct r53_batch *batch, const cJSON *change, const cJSON *json)
{
    static const char *const policies[] = {
        "Weight", "Region", "Failover", "GeoLocation", "CidrRoutingConfig", "GeoProximityLocation"};
    const char *contents = "[AliasTarget, all of [TTL, and ResourceRecords], or "
                           "TrafficPolicyInstanceId]";
    const char *routing = "[Weight, Region, Failover, GeoLocation, or MultiValueAnswer]";
    const bool is_alias = has(json, "AliasTarget");
    const bool has_values = has(json, "TTL") && has(json, "ResourceRecords");
    const bool has_part = has(json, "TTL") || has(json, "ResourceRecords");
    const bool is_policy = has(json, "TrafficPolicyInstanceId");
    size_t policy_count = wire_flag(json, "MultiValueAnswer", false) ? 1 : 0;
    char where[1600];
    describe(change, json, where);
    if ((is_alias && has_part) || (is_policy && (is_alias || has_part)))
        return refuse(batch, "InvalidInput",
                      "Invalid request: Expected exactly one of %s, but found more than one in %s",
                      contents, where);
    if (!is_alias && !has_values && !is_policy)
        return refuse(batch, "InvalidInput",
                      "Invalid request: Expected exactly one of %s, but found none in %s", contents,
                      where);
    if (is_policy && strcmp(wire_text(change, "Action"), action_names[R53_DELETE]) != 0)
        return refuse(batch, "InvalidInput",
                      "Invalid request: A record set of a traffic policy instance can only be "
                      "deleted in %s",
                      where);
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        policy_count += has(json, policies[i]) ? 1 : 0;
    if (policy_count > 1)
        return refuse(batch, "InvalidInput",
                      "Invalid request: Expected exactly one of %s, but found more than one in %s",
                      routing, where);
    if (policy_count == 1 && !has(json, "SetIdentifier"))
        return refuse(batch, "InvalidInput", "Invalid request: Missing field 'SetIdentifier' in %s",
                      where);
    if (policy_count == 0 && has(json, "SetIdentifier"))
        return refuse(batch, "InvalidInput",
                      "Invalid request: Expected exactly one of %s, but found none in %s", routing,
                      where);
    return true;
}

static void copy_code(char *code, size_t bytes, const char *text)
{
    if (text != NULL)
        (void)snprintf(code, bytes, "%s", text);
}

static bool decode_location(struct r53_batch *batch, const cJSON *json, struct r53_rrset *set)
{
    const char *continent = wire_text(json, "ContinentCode");
    const char *country = wire_text(json, "CountryCode");
    const char *subdivision = wire_text(json, "SubdivisionCode");
    if ((continent != NULL) == (country != NULL))
        return refuse(batch, "InvalidInput",
                      "Invalid request: Expected exactly one of [ContinentCode, or CountryCode], "
                      "but found %s in GeoLocation",
                      continent == NULL ? "none" : "more than one");
    if (continent != NULL && (!r53_is_continent(continent) || subdivision != NULL))
        return refuse(batch, "InvalidInput", "Invalid request: Geolocation %s%s%s is not supported",
                      continent, subdivision == NULL ? "" : "-",
                      subdivision == NULL ? "" : subdivision);
    if (country != NULL && !r53_is_country(country))
        return refuse(batch, "InvalidInput", "Invalid request: Geolocation %s is not supported",
                      country);
    if (subdivision != NULL && strcmp(country, "US") != 0 && strcmp(country, "UA") != 0)
        return refuse(batch, "InvalidInput", "Invalid request: Geolocation %s-%s is not supported",
                      country, subdivision);
    copy_code(set->location.continent, sizeof(set->location.continent), continent);
    copy_code(set->location.country, sizeof(set->location.country), country);
    copy_code(set->location.subdivision, sizeof(set->location.subdivision), subdivision);
    return true;
}

static bool decode_policy(struct r53_batch *batch, const cJSON *json, struct r53_rrset *set)
{
    const char *region = wire_text(json, "Region");
    const char *failover = wire_text(json, "Failover");
    const cJSON *location = wire_member(json, "GeoLocation");
    const cJSON *proximity = wire_member(json, "GeoProximityLocation");
    const cJSON *cidr = wire_member(json, "CidrRoutingConfig");
    if (has(json, "Weight")) {
        set->policy = R53_POLICY_WEIGHTED;
        set->weight = (uint32_t)wire_integer(json, "Weight", 0);
    } else if (region != NULL) {
        set->policy = R53_POLICY_LATENCY;
        set->region = sim_strdup(region);
    } else if (failover != NULL) {
        set->policy = R53_POLICY_FAILOVER;
        set->is_primary = strcmp(failover, "PRIMARY") == 0;
    } else if (location != NULL) {
        set->policy = R53_POLICY_GEOLOCATION;
        return decode_location(batch, location, set);
    } else if (proximity != NULL) {
        const char *fault = r53_proximity_decode(proximity, &set->proximity);
        set->policy = R53_POLICY_GEOPROXIMITY;
        return fault == NULL || refuse(batch, "InvalidInput", "Invalid request: %s", fault);
    } else if (cidr != NULL) {
        set->policy = R53_POLICY_CIDR;
        copy_code(set->cidr.collection_id, sizeof(set->cidr.collection_id),
                  wire_text(cidr, "CollectionId"));
        copy_code(set->cidr.location, sizeof(set->cidr.location), wire_text(cidr, "LocationName"));
    } else if (wire_flag(json, "MultiValueAnswer", false)) {
        set->policy = R53_POLICY_MULTIVALUE;
    }
    return true;
}

/* A target that is no record of the zone: the endpoint of an AWS service? */
static void find_service(const struct r53_zone *zone, const char *name, struct r53_edit *edit)
{
    struct r53_rrset *set = edit->set;
    const struct r53_service_zone *service = NULL;
    if (strcmp(set->alias_zone_id, zone->id) == 0 ||
        r53_service_zone_match(set->alias_zone_id, name, &service, set->service_region) !=
            R53_SERVICE_FOUND)
        return; /* the target will not be found: conflict.c says so */
    set->service = service;
    if (service->kind == R53_SERVICE_CLOUDFRONT && set->evaluates_target_health) {
        r53_edit_fault(edit, "EvaluateTargetHealth cannot be set to true for an alias that targets "
                             "a CloudFront distribution.");
        edit->is_faulty = true;
    }
}

static void decode_alias(const struct r53_zone *zone, const cJSON *json, struct r53_edit *edit)
{
    struct r53_rrset *set = edit->set;
    const char *zone_id = r53_bare_id(wire_text(json, "HostedZoneId"));
    const char *name = wire_text(json, "DNSName");
    enum r53_name_fault fault = R53_NAME_OK;
    set->is_alias = true;
    (void)snprintf(set->alias_zone_id, sizeof(set->alias_zone_id), "%s", zone_id);
    set->evaluates_target_health = wire_flag(json, "EvaluateTargetHealth", false);
    fault = r53_name_parse(name, &set->alias_name);
    if (fault != R53_NAME_OK) {
        r53_edit_fault(edit, "%s '%s'", r53_name_fault_text(fault), name);
        edit->is_faulty = true;
    } else {
        find_service(zone, name, edit);
    }
}

static void decode_values(const cJSON *values, struct r53_edit *edit)
{
    struct r53_rrset *set = edit->set;
    const cJSON *item = NULL;
    char fault[R53_FAULT_BYTES];
    int count = cJSON_GetArraySize(values);
    if (count > R53_SET_VALUES_MAX) {
        r53_edit_fault(edit, "Number of records limit of %d exceeded.", R53_SET_VALUES_MAX);
        edit->is_faulty = true;
        return;
    }
    set->values = sim_alloc_array((size_t)count + 1, sizeof(set->values[0]));
    cJSON_ArrayForEach(item, values)
    {
        const char *text = wire_text(item, "Value");
        bool is_double = false;
        for (size_t i = 0; i < set->value_count; i++)
            is_double = is_double || strcmp(set->values[i].text, text) == 0;
        if (is_double) {
            r53_edit_fault(edit, "Duplicate Resource Record: '%s'", text);
            edit->is_faulty = true;
        } else if (r53_value_init(&set->values[set->value_count], set->type, text, fault)) {
            set->value_count++;
        } else {
            r53_edit_fault(edit, "%s", fault);
            edit->is_faulty = true;
        }
    }
}

static bool decode_set(struct r53_batch *batch, const struct r53_zone *zone, const cJSON *change,
                       struct r53_edit *edit)
{
    const cJSON *json = wire_member(change, "ResourceRecordSet");
    struct r53_rrset *set = edit->set;
    const char *name = wire_text(json, "Name");
    const char *check = wire_text(json, "HealthCheckId");
    const char *identifier = wire_text(json, "SetIdentifier");
    enum r53_name_fault fault = R53_NAME_OK;
    if (!check_form(batch, change, json))
        return false;
    set->type = r53_type_by_name(wire_text(json, "Type"));
    if (set->type == (ldns_rr_type)0)
        return refuse(batch, "InvalidInput", "Invalid request: unknown record type %.16s",
                      wire_text(json, "Type"));
    set->health_check_id = check == NULL ? NULL : sim_strdup(check);
    set->set_identifier = identifier == NULL ? NULL : sim_strdup(identifier);
    set->ttl_s = (uint32_t)wire_integer(json, "TTL", 0);
    fault = r53_name_parse(name, &set->name);
    if (fault != R53_NAME_OK) {
        r53_edit_fault(edit, "%s '%s'", r53_name_fault_text(fault), name);
        edit->is_faulty = true;
    }
    if (!decode_policy(batch, json, set))
        return false;
    if (has(json, "TrafficPolicyInstanceId")) {
        set->policy_instance_id = sim_strdup(wire_text(json, "TrafficPolicyInstanceId"));
        return true;
    }
    if (has(json, "AliasTarget"))
        decode_alias(zone, wire_member(json, "AliasTarget"), edit);
    else
        decode_values(wire_member(json, "ResourceRecords"), edit);
    return true;
}

/* The two limits of a request; an alias counts as one element. */
static void check_limits(struct r53_batch *batch, const cJSON *changes)
{
    size_t elements = 0;
    size_t characters = 0;
    const cJSON *change = NULL;
    cJSON_ArrayForEach(change, changes)
    {
        const cJSON *json = wire_member(change, "ResourceRecordSet");
        const cJSON *values = wire_member(json, "ResourceRecords");
        const char *action = wire_text(change, "Action");
        const size_t factor = action != NULL && strcmp(action, "UPSERT") == 0 ? 2 : 1;
        const cJSON *item = NULL;
        elements += factor * (values == NULL ? 1 : (size_t)cJSON_GetArraySize(values));
        cJSON_ArrayForEach(item, values)
        {
            const char *text = wire_text(item, "Value");
            characters += factor * (text == NULL ? 0 : strlen(text));
        }
    }
    if (elements > R53_BATCH_VALUES_MAX)
        (void)refuse(batch, "InvalidChangeBatch", "[Number of records limit of %d exceeded.]",
                     R53_BATCH_VALUES_MAX);
    else if (characters > R53_BATCH_CHARACTERS_MAX)
        (void)refuse(batch, "InvalidChangeBatch", "[Number of characters limit of %d exceeded.]",
                     R53_BATCH_CHARACTERS_MAX);
}

bool r53_batch_decode(struct r53_batch *batch, const struct r53_zone *zone, const cJSON *changes)
{
    const cJSON *change = NULL;
    check_limits(batch, changes);
    if (batch->code != NULL)
        return false;
    batch->edits =
        sim_alloc_array((size_t)cJSON_GetArraySize(changes) + 1, sizeof(batch->edits[0]));
    cJSON_ArrayForEach(change, changes)
    {
        struct r53_edit *edit = &batch->edits[batch->edit_count++];
        const char *action = wire_text(change, "Action");
        sim_buffer_init(&edit->faults);
        edit->set = r53_rrset_create();
        while (edit->action < R53_UPSERT && strcmp(action_names[edit->action], action) != 0)
            edit->action++;
        if (!decode_set(batch, zone, change, edit))
            return false;
    }
    return true;
}
