/* Health checks, zones, records, client networks. */
#include <stdio.h>
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

static enum sim_result make_zone(struct topo_world *world, const struct topo_zone_entry *zone,
                                 struct sim_error *error)
{
    char reference[80];
    snprintf(reference, sizeof reference, "world %.60s", zone->name);
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "Name", zone->name);
    cJSON_AddStringToObject(input, "CallerReference", reference);
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
    return result;
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

static enum sim_result make_records(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    for (int aliases = 0; aliases < 2; aliases++)
        for (size_t i = 0; i < file->zone_count && result == RESULT_OK; i++)
            result = change_records(world, &file->zones[i], aliases == 1, error);
    return result;
}

enum sim_result world_make_dns(struct topo_world *world, struct sim_error *error)
{
    const struct topo_world_file *file = world->file;
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < file->client_network_count && result == RESULT_OK; i++) {
        const struct topo_client_network_entry *network = &file->client_networks[i];
        struct sim_error inner = {0};
        if (r53_add_client_network(world->r53, network->cidr, network->region, &inner) != RESULT_OK)
            result = topo_node_fail(network->at, error, "%.600s", inner.message);
    }
    for (size_t i = 0; i < file->health_check_count && result == RESULT_OK; i++)
        result = make_health_check(world, &file->health_checks[i], error);
    for (size_t i = 0; i < file->zone_count && result == RESULT_OK; i++)
        result = make_zone(world, &file->zones[i], error);
    if (result == RESULT_OK && file->zone_count == 1)
        topo_names_add(world->names, name_of(world, "zone", file->zones[0].name, "id"), "zone.id");
    return result == RESULT_OK ? make_records(world, error) : result;
}
