/* traffic_document.c -- a traffic policy's document becomes record sets.
 *
 * Each rule becomes one group of record sets: the start rule at the instance's name, the others
 * below it. A reference to a rule becomes an alias to its group; a rule that two others refer to is
 * made once. Rules that lead back to themselves are refused. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/batch.h"
#include "emulators/route53/service_zone.h"
#include "emulators/route53/traffic.h"
#include "emulators/wire/call.h"

enum rule_state { RULE_NEW, RULE_OPEN, RULE_DONE };

struct expansion {
    const struct r53_tree_options *options;
    const cJSON *document;
    const char *type;
    cJSON *changes;
    enum rule_state states[R53_POLICY_RULE_MAX]; /* by the rule's place in the document */
    char *fault;
};

static bool refuse(struct expansion *expansion, const char *format, ...) PRINTF_LIKE(2, 3);

static bool refuse(struct expansion *expansion, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(expansion->fault, R53_POLICY_FAULT_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

/* Numbers and booleans may stand in quotation marks. */
static bool read_number(const cJSON *json, const char *name, int64_t *number)
{
    const cJSON *member = wire_member(json, name);
    const char *text = cJSON_GetStringValue(member);
    char *end = NULL;
    if (cJSON_IsNumber(member)) {
        *number = (int64_t)member->valuedouble;
        return true;
    }
    if (text == NULL || text[0] == '\0')
        return false;
    *number = strtoll(text, &end, 10);
    return *end == '\0';
}

static bool read_flag(const cJSON *json, const char *name)
{
    const cJSON *member = wire_member(json, name);
    const char *text = cJSON_GetStringValue(member);
    return cJSON_IsTrue(member) || (text != NULL && strcmp(text, "true") == 0);
}

/* An optional text; "" counts as absent, as the console writes it. */
static const char *read_text(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(wire_member(json, name));
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static cJSON *new_set(struct expansion *expansion, const char *name, int identifier)
{
    cJSON *change = cJSON_CreateObject();
    cJSON *set = NULL;
    char text[16];
    cJSON_AddStringToObject(change, "Action", "CREATE");
    set = cJSON_AddObjectToObject(change, "ResourceRecordSet");
    cJSON_AddStringToObject(set, "Name", name);
    cJSON_AddStringToObject(set, "Type", expansion->type);
    if (identifier >= 0) {
        (void)snprintf(text, sizeof(text), "%d", identifier);
        cJSON_AddStringToObject(set, "SetIdentifier", text);
    }
    cJSON_AddItemToArray(expansion->changes, change);
    return set;
}

static void add_alias(cJSON *set, const char *zone_id, const char *name, bool evaluates)
{
    cJSON *alias = cJSON_AddObjectToObject(set, "AliasTarget");
    cJSON_AddStringToObject(alias, "HostedZoneId", zone_id);
    cJSON_AddStringToObject(alias, "DNSName", name);
    cJSON_AddBoolToObject(alias, "EvaluateTargetHealth", evaluates);
}

/* --- endpoints
 * ------------------------------------------------------------------------------------
 */

static bool add_endpoint(struct expansion *expansion, const char *id, const cJSON *branch,
                         cJSON *set)
{
    static const char *const types[] = {"value",
                                        "cloudfront",
                                        "elastic-load-balancer",
                                        "application-load-balancer",
                                        "network-load-balancer",
                                        "elastic-beanstalk",
                                        "s3-website"};
    const cJSON *endpoint = wire_member(wire_member(expansion->document, "Endpoints"), id);
    const char *type = read_text(endpoint, "Type");
    const char *value = read_text(endpoint, "Value");
    const char *zone_id = NULL;
    size_t known = 0;
    if (!cJSON_IsObject(endpoint))
        return refuse(expansion, "The endpoint '%.128s' is not defined.", id);
    while (type != NULL && known < ARRAY_LEN(types) && strcmp(types[known], type) != 0)
        known++;
    if (type == NULL || known == ARRAY_LEN(types))
        return refuse(expansion, "The endpoint '%.128s' has no valid Type.", id);
    if (value == NULL)
        return refuse(expansion, "The endpoint '%.128s' has no Value.", id);
    if (known == 0) {
        cJSON *values = NULL;
        cJSON_AddNumberToObject(set, "TTL", (double)expansion->options->ttl_s);
        values = cJSON_AddArrayToObject(set, "ResourceRecords");
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "Value", value);
        cJSON_AddItemToArray(values, item);
        return true;
    }
    zone_id = r53_service_zone_id_of(value);
    if (zone_id == NULL)
        return refuse(expansion, "The value '%.255s' of the endpoint '%.128s' is not a %s.", value,
                      id, type);
    add_alias(set, zone_id, value, read_flag(branch, "EvaluateTargetHealth"));
    return true;
}

/* --- rules
 * ----------------------------------------------------------------------------------------
 */

static bool add_rule(struct expansion *expansion, const char *id, const char *name);

/* The place of a rule in the document, which names its group; -1: there is none. */
static int rule_index(const struct expansion *expansion, const char *id)
{
    const cJSON *rule = NULL;
    int index = 0;
    cJSON_ArrayForEach(rule, wire_member(expansion->document, "Rules"))
    {
        if (strcmp(rule->string, id) == 0)
            return index;
        index++;
    }
    return -1;
}

/* What a branch leads to: an endpoint, or another rule. */
static bool add_target(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    const char *endpoint = read_text(branch, "EndpointReference");
    const char *rule = read_text(branch, "RuleReference");
    const char *check = read_text(branch, "HealthCheck");
    char name[R53_NAME_TEXT_BYTES + 64];
    if (check != NULL)
        cJSON_AddStringToObject(set, "HealthCheckId", check);
    if ((endpoint != NULL) == (rule != NULL))
        return refuse(expansion, "Each branch of a rule needs exactly one of EndpointReference and "
                                 "RuleReference.");
    if (endpoint != NULL)
        return add_endpoint(expansion, endpoint, branch, set);
    (void)snprintf(name, sizeof(name), "_tp%d-%.36s.%s", rule_index(expansion, rule),
                   expansion->options->instance_id, expansion->options->name);
    add_alias(set, expansion->options->zone->id, name, read_flag(branch, "EvaluateTargetHealth"));
    return add_rule(expansion, rule, name);
}

static bool add_weight(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    int64_t weight = 0;
    if (!read_number(branch, "Weight", &weight) || weight < 0 || weight > 255)
        return refuse(expansion, "A Weight must be a number from 0 to 255.");
    cJSON_AddNumberToObject(set, "Weight", (double)weight);
    return true;
}

static bool add_region(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    const char *region = read_text(branch, "Region");
    if (region == NULL || strlen(region) > 30)
        return refuse(expansion, "Each branch of a latency rule needs a Region.");
    cJSON_AddStringToObject(set, "Region", region);
    return true;
}

static bool add_location(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    const char *continent = read_text(branch, "Continent");
    const char *country = read_text(branch, "Country");
    const char *subdivision = read_text(branch, "Subdivision");
    cJSON *location = cJSON_AddObjectToObject(set, "GeoLocation");
    if (read_flag(branch, "IsDefault")) {
        cJSON_AddStringToObject(location, "CountryCode", "*");
        return true;
    }
    if (continent == NULL && country == NULL)
        return refuse(expansion, "Each location of a geo rule needs IsDefault, Continent or "
                                 "Country.");
    if (country == NULL)
        cJSON_AddStringToObject(location, "ContinentCode", continent);
    else
        cJSON_AddStringToObject(location, "CountryCode", country);
    if (subdivision != NULL)
        cJSON_AddStringToObject(location, "SubdivisionCode", subdivision);
    return true;
}

static bool add_proximity(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    static const char prefix[] = "aws:route53:";
    const char *region = read_text(branch, "Region");
    const char *latitude = read_text(branch, "Latitude");
    const char *longitude = read_text(branch, "Longitude");
    cJSON *location = cJSON_AddObjectToObject(set, "GeoProximityLocation");
    int64_t bias = 0;
    if (region != NULL && strncmp(region, prefix, sizeof(prefix) - 1) == 0)
        region += sizeof(prefix) - 1;
    if (region != NULL) {
        cJSON_AddStringToObject(location, "AWSRegion", region);
    } else if (latitude != NULL && longitude != NULL) {
        cJSON *coordinates = cJSON_AddObjectToObject(location, "Coordinates");
        cJSON_AddStringToObject(coordinates, "Latitude", latitude);
        cJSON_AddStringToObject(coordinates, "Longitude", longitude);
    } else {
        return refuse(expansion, "Each geoproximity location needs a Region, or Latitude and "
                                 "Longitude.");
    }
    if (wire_member(branch, "Bias") == NULL)
        return true;
    if (!read_number(branch, "Bias", &bias) || bias < -99 || bias > 99)
        return refuse(expansion, "A Bias must be a number from -99 to 99.");
    cJSON_AddNumberToObject(location, "Bias", (double)bias);
    return true;
}

static bool add_multivalue(struct expansion *expansion, const cJSON *branch, cJSON *set)
{
    if (read_text(branch, "EndpointReference") == NULL)
        return refuse(expansion, "Each item of a multivalue rule needs an EndpointReference.");
    cJSON_AddTrueToObject(set, "MultiValueAnswer");
    return true;
}

static const struct {
    const char *type;
    const char *branches; /* the member with the list */
    bool (*add_routing)(struct expansion *expansion, const cJSON *branch, cJSON *set);
} rule_kinds[] = {
    {"weighted", "Items", add_weight},
    {"latency", "Regions", add_region},
    {"geo", "Locations", add_location},
    {"geoproximity", "GeoproximityLocations", add_proximity},
    {"multivalue", "Items", add_multivalue},
};

static bool add_failover(struct expansion *expansion, const cJSON *rule, const char *name)
{
    static const char *const roles[][2] = {{"Primary", "PRIMARY"}, {"Secondary", "SECONDARY"}};
    int added = 0;
    for (int i = 0; i < 2; i++) {
        const cJSON *branch = wire_member(rule, roles[i][0]);
        cJSON *set = NULL;
        if (branch == NULL)
            continue;
        set = new_set(expansion, name, added++);
        cJSON_AddStringToObject(set, "Failover", roles[i][1]);
        if (!add_target(expansion, branch, set))
            return false;
    }
    return added > 0 || refuse(expansion, "A failover rule needs a Primary or a Secondary.");
}

static bool add_branches(struct expansion *expansion, const cJSON *rule, const char *name)
{
    const char *type = read_text(rule, "RuleType");
    size_t kind = 0;
    const cJSON *branch = NULL;
    int added = 0;
    if (type != NULL && strcmp(type, "failover") == 0)
        return add_failover(expansion, rule, name);
    while (type != NULL && kind < ARRAY_LEN(rule_kinds) && strcmp(rule_kinds[kind].type, type) != 0)
        kind++;
    if (type == NULL || kind == ARRAY_LEN(rule_kinds))
        return refuse(expansion, "The rule '%.128s' has no valid RuleType.", rule->string);
    cJSON_ArrayForEach(branch, wire_member(rule, rule_kinds[kind].branches))
    {
        cJSON *set = new_set(expansion, name, added++);
        if (!rule_kinds[kind].add_routing(expansion, branch, set) ||
            !add_target(expansion, branch, set))
            return false;
    }
    return added > 0 || refuse(expansion, "The rule '%.128s' has no %s.", rule->string,
                               rule_kinds[kind].branches);
}

static bool add_rule(struct expansion *expansion, const char *id, const char *name)
{
    const cJSON *rule = wire_member(wire_member(expansion->document, "Rules"), id);
    int index = rule_index(expansion, id);
    if (index < 0 || index >= R53_POLICY_RULE_MAX || !cJSON_IsObject(rule))
        return refuse(expansion, "The rule '%.128s' is not defined.", id);
    if (expansion->states[index] == RULE_OPEN)
        return refuse(expansion, "The rule '%.128s' leads back to itself.", id);
    if (expansion->states[index] == RULE_DONE)
        return true;
    expansion->states[index] = RULE_OPEN;
    if (!add_branches(expansion, rule, name))
        return false;
    expansion->states[index] = RULE_DONE;
    return true;
}

/* --- documents
 * ------------------------------------------------------------------------------------
 */

static bool expand(struct expansion *expansion)
{
    static const char *const versions[] = {"2015-10-01", "2023-05-09"};
    const char *version = read_text(expansion->document, "AWSPolicyFormatVersion");
    const char *endpoint = read_text(expansion->document, "StartEndpoint");
    const char *rule = read_text(expansion->document, "StartRule");
    expansion->type = read_text(expansion->document, "RecordType");
    if (!cJSON_IsObject(expansion->document))
        return refuse(expansion, "The document is not valid JSON.");
    if (version == NULL || (strcmp(version, versions[0]) != 0 && strcmp(version, versions[1]) != 0))
        return refuse(expansion, "AWSPolicyFormatVersion must be 2015-10-01 or 2023-05-09.");
    if (expansion->type == NULL || strlen(expansion->type) > 5 ||
        r53_type_by_name(expansion->type) == (ldns_rr_type)0 ||
        strcmp(expansion->type, "NS") == 0 || strcmp(expansion->type, "SOA") == 0 ||
        strcmp(expansion->type, "DS") == 0)
        return refuse(expansion, "RecordType is missing or not one of a traffic policy.");
    if ((endpoint != NULL) == (rule != NULL))
        return refuse(expansion, "Exactly one of StartEndpoint and StartRule must be specified.");
    if (rule != NULL)
        return add_rule(expansion, rule, expansion->options->name);
    return add_endpoint(expansion, endpoint, NULL,
                        new_set(expansion, expansion->options->name, -1));
}

cJSON *r53_tree_changes(const char *document, const struct r53_tree_options *options,
                        char fault[R53_POLICY_FAULT_BYTES])
{
    cJSON *json = cJSON_Parse(document);
    struct expansion expansion = {
        .options = options, .document = json, .changes = cJSON_CreateArray(), .fault = fault};
    const bool is_good = expand(&expansion);
    cJSON_Delete(json);
    if (is_good)
        return expansion.changes;
    cJSON_Delete(expansion.changes);
    return NULL;
}

/* Moves the sets of a batch into the tree of set; false: fault. */
static bool take_sets(struct r53_batch *batch, struct r53_rrset *set, char *fault)
{
    set->tree = sim_alloc_array(batch->edit_count + 1, sizeof(set->tree[0]));
    for (size_t i = 0; i < batch->edit_count; i++) {
        if (batch->edits[i].is_faulty) {
            (void)snprintf(fault, R53_POLICY_FAULT_BYTES, "%.1000s", batch->edits[i].faults.data);
            return false;
        }
        set->tree[set->tree_count++] = r53_rrset_use(batch->edits[i].set);
    }
    return true;
}

struct r53_rrset *r53_tree_set(const char *document, const struct r53_tree_options *options,
                               char fault[R53_POLICY_FAULT_BYTES])
{
    cJSON *changes = r53_tree_changes(document, options, fault);
    struct r53_rrset *set = NULL;
    struct r53_batch batch;
    bool is_good = false;
    if (changes == NULL)
        return NULL;
    r53_batch_init(&batch);
    set = r53_rrset_create();
    set->policy_instance_id = sim_strdup(options->instance_id);
    set->ttl_s = (uint32_t)options->ttl_s;
    if (!r53_batch_decode(&batch, options->zone, changes))
        (void)snprintf(fault, R53_POLICY_FAULT_BYTES, "%.1000s", batch.message);
    else
        is_good = take_sets(&batch, set, fault);
    if (is_good) {
        set->name = set->tree[0]->name;
        set->type = set->tree[0]->type;
    }
    r53_batch_fini(&batch);
    cJSON_Delete(changes);
    if (is_good)
        return set;
    r53_rrset_drop(set);
    return NULL;
}

bool r53_document_check(const char *document, char type[16], char fault[R53_POLICY_FAULT_BYTES])
{
    struct r53_name name;
    struct r53_tree_options options = {
        .name = "policy.test.", .instance_id = "0", .ttl_s = 60, .zone = NULL};
    struct r53_zones zones = {0};
    struct r53_zone *zone = NULL;
    struct r53_rrset *set = NULL;
    CHECK(r53_name_parse("test.", &name) == R53_NAME_OK);
    zone = r53_zone_create(&name, "Z0");
    r53_zones_add(&zones, zone);
    options.zone = zone;
    set = r53_tree_set(document, &options, fault);
    if (set != NULL)
        (void)snprintf(type, 16, "%s", r53_type_name(set->type));
    r53_rrset_drop(set);
    r53_zones_fini(&zones);
    return set != NULL;
}
