/* Health checks, zones, records, client networks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/world_internal.h"

#define SERVICE "route53"
#define REGION  "us-east-1" /* where the service's control plane lives */

static const char *name_of(const struct topo_world *world, const char *kind, const char *name,
                           const char *what)
{
    char text[400];
    snprintf(text, sizeof text, "%s.%.300s.%s", kind, name, what);
    const char *value = topo_names_find(world->names, text);
    return value != NULL ? value : "";
}

/* --- what a data directory has already ----------------------------------------------------------
 */

static const char *id_by_reference(const cJSON *list, const char *reference)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, list)
    {
        const char *found = wire_text(element, "CallerReference");
        if (found != NULL && strcmp(found, reference) == 0)
            return wire_text(element, "Id");
    }
    return NULL;
}

/* True: what has this caller reference is there, and its id is known from now on. It is left as it
 * is. */
static bool exists_already(struct topo_world *world, const struct topo_node *at,
                           const char *operation, const char *list, const char *reference,
                           const char *kind, const char *name)
{
    char marker[80] = "";
    bool is_found = false;
    bool has_more = world->core.data != NULL;
    while (has_more && !is_found) {
        struct world_call call = {at, SERVICE, operation, REGION, NULL};
        cJSON *input = cJSON_CreateObject();
        cJSON *output = NULL;
        struct sim_error error;
        if (marker[0] != '\0')
            cJSON_AddStringToObject(input, "Marker", marker);
        if (world_call(world, &call, input, &output, &error) != RESULT_OK)
            return false;
        const char *id = id_by_reference(wire_member(output, list), reference);
        const char *next = wire_text(output, "NextMarker");
        is_found = id != NULL;
        if (is_found)
            topo_names_add(world->names, strrchr(id, '/') != NULL ? strrchr(id, '/') + 1 : id,
                           "%s.%s.id", kind, name);
        has_more = next != NULL;
        snprintf(marker, sizeof marker, "%s", next != NULL ? next : "");
        cJSON_Delete(output);
    }
    return is_found;
}

static cJSON *health_check_config(const struct topo_world *world,
                                  const struct topo_health_check_entry *check)
{
    cJSON *config = cJSON_CreateObject();
    if (check->routing_control != NULL) {
        cJSON_AddStringToObject(config, "Type", "RECOVERY_CONTROL");
        cJSON_AddStringToObject(config, "RoutingControlArn",
                                name_of(world, "control", check->routing_control, "arn"));
    } else if (check->endpoint.application != NULL) {
        const struct topo_instance *instance =
            topo_world_instance_find(world, check->endpoint.application, check->endpoint.region);
        CHECK(instance != NULL);
        cJSON_AddStringToObject(config, "Type", "HTTP");
        cJSON_AddStringToObject(config, "IPAddress", instance->address);
        cJSON_AddNumberToObject(config, "Port", instance->port);
        cJSON_AddStringToObject(config, "ResourcePath", check->path);
        cJSON_AddNumberToObject(config, "RequestInterval", (double)check->interval_s);
        cJSON_AddNumberToObject(config, "FailureThreshold", (double)check->failure_threshold);
    } else {
        cJSON_AddStringToObject(config, "Type", "CALCULATED");
        cJSON_AddNumberToObject(config, "HealthThreshold", (double)check->health_threshold);
        cJSON *children = cJSON_AddArrayToObject(config, "ChildHealthChecks");
        for (size_t i = 0; i < check->children.count; i++)
            cJSON_AddItemToArray(children,
                                 cJSON_CreateString(name_of(world, "health_check",
                                                            check->children.values[i], "id")));
    }
    if (check->is_inverted)
        cJSON_AddTrueToObject(config, "Inverted");
    return config;
}

static enum sim_result make_health_check(struct topo_world *world,
                                         const struct topo_health_check_entry *check,
                                         struct sim_error *error)
{
    char reference[80];
    snprintf(reference, sizeof reference, "world %.40s", check->name);
    if (exists_already(world, check->at, "ListHealthChecks", "HealthChecks", reference,
                       "health_check", check->name))
        return RESULT_OK;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "CallerReference", reference);
    cJSON_AddItemToObject(input, "HealthCheckConfig", health_check_config(world, check));
    struct world_call call = {check->at, SERVICE, "CreateHealthCheck", REGION, NULL};
    cJSON *output = NULL;
    enum sim_result result = world_call(world, &call, input, &output, error);
    if (result != RESULT_OK)
        return result;
    const char *id = wire_text(wire_member(output, "HealthCheck"), "Id");
    if (id != NULL)
        topo_names_add(world->names, id, "health_check.%s.id", check->name);
    else
        result = topo_node_fail(check->at, error, "CreateHealthCheck answered without an id");
    cJSON_Delete(output);
    return result;
}

static void add_answer(const struct topo_world *world, const struct topo_record_entry *record,
                       const char *zone, cJSON *set)
{
    if (record->alias != NULL) {
        cJSON *target = cJSON_AddObjectToObject(set, "AliasTarget");
        cJSON_AddStringToObject(
            target, "HostedZoneId",
            name_of(world, "zone", record->alias_zone != NULL ? record->alias_zone : zone, "id"));
        cJSON_AddStringToObject(target, "DNSName", record->alias);
        cJSON_AddBoolToObject(target, "EvaluateTargetHealth", record->evaluates_target_health);
        return;
    }
    cJSON_AddNumberToObject(set, "TTL", (double)record->ttl_s);
    cJSON *values = cJSON_AddArrayToObject(set, "ResourceRecords");
    size_t count = record->endpoint.application != NULL ? 1 : record->values.count;
    for (size_t i = 0; i < count; i++) {
        const char *text = NULL;
        if (record->endpoint.application != NULL)
            text = name_of(world, "region", record->endpoint.region, "address");
        else
            text = record->values.values[i];
        cJSON *value = cJSON_CreateObject();
        cJSON_AddStringToObject(value, "Value", text);
        cJSON_AddItemToArray(values, value);
    }
}

static cJSON *record_change(const struct topo_world *world, const struct topo_record_entry *record,
                            const char *zone)
{
    cJSON *change = cJSON_CreateObject();
    cJSON_AddStringToObject(change, "Action", "CREATE");
    cJSON *set = cJSON_AddObjectToObject(change, "ResourceRecordSet");
    cJSON_AddStringToObject(set, "Name", record->name);
    cJSON_AddStringToObject(set, "Type", record->type);
    if (record->set != NULL)
        cJSON_AddStringToObject(set, "SetIdentifier", record->set);
    if (record->weight >= 0)
        cJSON_AddNumberToObject(set, "Weight", (double)record->weight);
    if (record->region != NULL)
        cJSON_AddStringToObject(set, "Region", record->region);
    if (record->failover != NULL)
        cJSON_AddStringToObject(set, "Failover", record->failover);
    add_answer(world, record, zone, set);
    if (record->health_check != NULL)
        cJSON_AddStringToObject(set, "HealthCheckId",
                                name_of(world, "health_check", record->health_check, "id"));
    return change;
}

static cJSON *vpc_json(const struct topo_world *world, const char *id)
{
    const struct topo_world_file *file = world->file;
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < file->client_network_count; i++) {
        const struct topo_client_network_entry *network = &file->client_networks[i];
        if (network->vpc == NULL || strcmp(network->vpc, id) != 0)
            continue;
        cJSON_AddStringToObject(json, "VPCRegion", network->region);
        break;
    }
    cJSON_AddStringToObject(json, "VPCId", id);
    return json;
}

/* The first VPC comes with the zone. */
static enum sim_result associate_vpcs(struct topo_world *world, const struct topo_zone_entry *zone,
                                      struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 1; i < zone->vpcs.count && result == RESULT_OK; i++) {
        struct world_call call = {zone->at, SERVICE, "AssociateVPCWithHostedZone", REGION, NULL};
        cJSON *input = cJSON_CreateObject();
        cJSON_AddStringToObject(input, "HostedZoneId", name_of(world, "zone", zone->name, "id"));
        cJSON_AddItemToObject(input, "VPC", vpc_json(world, zone->vpcs.values[i]));
        result = world_call(world, &call, input, NULL, error);
    }
    return result;
}

/* A zone that is there already is left alone, with its records. */
static enum sim_result make_zone(struct topo_world *world, const struct topo_zone_entry *zone,
                                 bool *is_new, struct sim_error *error)
{
    char reference[80];
    snprintf(reference, sizeof reference, "world %.60s", zone->name);
    *is_new = !exists_already(world, zone->at, "ListHostedZones", "HostedZones", reference, "zone",
                              zone->name);
    if (!*is_new)
        return RESULT_OK;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "Name", zone->name);
    cJSON_AddStringToObject(input, "CallerReference", reference);
    if (zone->vpcs.count > 0)
        cJSON_AddItemToObject(input, "VPC", vpc_json(world, zone->vpcs.values[0]));
    struct world_call call = {zone->at, SERVICE, "CreateHostedZone", REGION, NULL};
    cJSON *output = NULL;
    enum sim_result result = world_call(world, &call, input, &output, error);
    if (result != RESULT_OK)
        return result;
    const char *id = wire_text(wire_member(output, "HostedZone"), "Id");
    const char *slash = id != NULL ? strrchr(id, '/') : NULL; /* "/hostedzone/Z..." */
    if (id != NULL)
        topo_names_add(world->names, slash != NULL ? slash + 1 : id, "zone.%s.id", zone->name);
    else
        result = topo_node_fail(zone->at, error, "CreateHostedZone answered without an id");
    cJSON_Delete(output);
    return result == RESULT_OK ? associate_vpcs(world, zone, error) : result;
}

/* A record that points at another of the zone goes into a batch of its own, after its target. */
static enum sim_result change_records(struct topo_world *world, const struct topo_zone_entry *zone,
                                      bool aliases, struct sim_error *error)
{
    cJSON *changes = cJSON_CreateArray();
    const struct topo_node *at = zone->at;
    int count = 0;
    for (size_t i = 0; i < zone->record_count; i++) {
        const struct topo_record_entry *record = &zone->records[i];
        if ((record->alias != NULL) != aliases)
            continue;
        at = count++ == 0 ? record->at : zone->at; /* a single record has a place of its own */
        cJSON_AddItemToArray(changes, record_change(world, record, zone->name));
    }
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "HostedZoneId", name_of(world, "zone", zone->name, "id"));
    cJSON *batch = cJSON_AddObjectToObject(input, "ChangeBatch");
    cJSON_AddItemToObject(batch, "Changes", changes);
    if (count == 0) {
        cJSON_Delete(input);
        return RESULT_OK;
    }
    struct world_call call = {at, SERVICE, "ChangeResourceRecordSets", REGION, NULL};
    return world_call(world, &call, input, NULL, error);
}

static enum sim_result make_records(struct topo_world *world, const bool *is_new,
                                    struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    for (int aliases = 0; aliases < 2; aliases++)
        for (size_t i = 0; i < file->zone_count && result == RESULT_OK; i++)
            if (is_new[i])
                result = change_records(world, &file->zones[i], aliases == 1, error);
    return result;
}

/* Global endpoints (CloudFront, Global Accelerator) lead where an application of the world runs; in
 * a world without applications, to any Region. */
static bool hosts_application(void *context, const char *region)
{
    const struct topo_world_file *file = ((const struct topo_world *)context)->file;
    bool has_some = false;
    for (size_t i = 0; i < file->application_count; i++)
        for (size_t r = 0; r < file->applications[i].regions.count; r++) {
            has_some = true;
            if (strcmp(file->applications[i].regions.values[r], region) == 0)
                return true;
        }
    return !has_some;
}

enum sim_result world_make_dns(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    r53_set_hosts(world->r53, hosts_application, world);
    for (size_t i = 0; i < file->client_network_count && result == RESULT_OK; i++) {
        const struct topo_client_network_entry *network = &file->client_networks[i];
        struct sim_error inner = {0};
        if (r53_add_client_network(world->r53, network->cidr, network->region, &inner) != RESULT_OK)
            result = topo_node_fail(network->at, error, "%.600s", inner.message);
        else if (network->vpc != NULL &&
                 r53_add_vpc_network(world->r53, network->cidr, network->vpc, &inner) != RESULT_OK)
            result = topo_node_fail(network->at, error, "%.600s", inner.message);
    }
    bool *is_new = sim_alloc_array(file->zone_count + 1, sizeof *is_new);
    for (size_t i = 0; i < file->health_check_count && result == RESULT_OK; i++)
        result = make_health_check(world, &file->health_checks[i], error);
    for (size_t i = 0; i < file->zone_count && result == RESULT_OK; i++)
        result = make_zone(world, &file->zones[i], &is_new[i], error);
    if (result == RESULT_OK && file->zone_count == 1)
        topo_names_add(world->names, name_of(world, "zone", file->zones[0].name, "id"), "zone.id");
    if (result == RESULT_OK)
        result = make_records(world, is_new, error);
    free(is_new);
    return result;
}
