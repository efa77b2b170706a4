#include "tests/unit/route53/fixture_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const region_names[] = {"us-east-1", "us-east-2", "us-west-2", "eu-west-1"};

/* Round trips in µs between those Regions, one way each. */
static const uint64_t latencies_us[4][4] = {
    {300, 6000, 32000, 34000},
    {6000, 300, 25000, 42000},
    {32000, 25000, 300, 64000},
    {34000, 42000, 64000, 300},
};

static struct fixture_control *find_control(struct fixture *fixture, const char *name)
{
    for (size_t i = 0; i < fixture->control_count; i++)
        if (strcmp(fixture->controls[i].name, name) == 0)
            return &fixture->controls[i];
    return NULL;
}

static enum wire_health_status control_status(void *state, const char *id)
{
    const struct fixture_control *control = find_control(state, id);
    if (control == NULL)
        return WIRE_HEALTH_UNKNOWN;
    return control->is_off ? WIRE_UNHEALTHY : WIRE_HEALTHY;
}

void fixture_init(struct fixture *fixture)
{
    const struct sim_core_options options = {.seed = 7, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    *fixture = (struct fixture){.zone_id = ""};
    sim_core_init(&fixture->core, &options);
    for (size_t i = 0; i < ARRAY_LEN(region_names); i++) {
        struct sim_region *region = NULL;
        CHECK(sim_network_add_region(fixture->core.network, region_names[i], true, &region, NULL) ==
              RESULT_OK);
    }
    for (size_t i = 0; i < ARRAY_LEN(region_names); i++)
        for (size_t j = 0; j < ARRAY_LEN(region_names); j++) {
            struct sim_network *network = fixture->core.network;
            struct sim_link *link =
                sim_network_link_get(network, sim_network_region_by_index(network, i),
                                     sim_network_region_by_index(network, j));
            sim_lag_fini(&link->latency);
            sim_lag_init_constant(&link->latency, latencies_us[i][j]);
        }
    fixture->dispatcher = wire_dispatcher_create(&fixture->core);
    CHECK(r53_create(wire_dispatcher_host(fixture->dispatcher), &fixture->r53, NULL) == RESULT_OK);
    wire_dispatcher_add(fixture->dispatcher, &r53_service, fixture->r53);
    wire_health_provide(wire_dispatcher_host(fixture->dispatcher)->health,
                        WIRE_HEALTH_ROUTING_CONTROL, control_status, fixture);
    r53_set_propagation(fixture->r53, 0, 0);
}

void fixture_fini(struct fixture *fixture)
{
    cJSON_Delete(fixture->output);
    r53_destroy(fixture->r53);
    wire_dispatcher_destroy(fixture->dispatcher);
    sim_core_fini(&fixture->core);
}

static void keep_answer(void *context, struct wire_call *call)
{
    struct fixture *fixture = context;
    if (call->outcome == WIRE_OK) {
        fixture->output =
            call->output == NULL ? cJSON_CreateObject() : cJSON_Duplicate(call->output, true);
        return;
    }
    (void)snprintf(fixture->code, sizeof(fixture->code), "%s",
                   call->error.code == NULL ? "?" : call->error.code);
    (void)snprintf(fixture->message, sizeof(fixture->message), "%s",
                   call->error.message == NULL ? "" : call->error.message);
}

bool fixture_call(struct fixture *fixture, const char *operation, const char *json)
{
    cJSON *input = cJSON_Parse(json);
    const struct wire_request request = {
        .service = "route53", .operation = operation, .region = "us-east-1", .input = input};
    if (input == NULL) {
        (void)fprintf(stderr, "bad JSON in the test: %s\n", json);
        abort();
    }
    cJSON_Delete(fixture->output);
    fixture->output = NULL;
    fixture->code[0] = fixture->message[0] = '\0';
    wire_dispatch(fixture->dispatcher, &request, keep_answer, fixture);
    cJSON_Delete(input);
    return fixture->output != NULL;
}

bool fixture_callf(struct fixture *fixture, const char *operation, const char *format, ...)
{
    char *json = NULL;
    va_list arguments;
    bool is_good = false;
    va_start(arguments, format);
    CHECK(vasprintf(&json, format, arguments) >= 0);
    va_end(arguments);
    is_good = fixture_call(fixture, operation, json);
    free(json);
    return is_good;
}

const char *fixture_text(const struct fixture *fixture, const char *path)
{
    const cJSON *at = fixture->output;
    while (at != NULL && *path != '\0') {
        char name[64];
        size_t length = strcspn(path, ".");
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, path);
        at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(name))
                               : cJSON_GetObjectItemCaseSensitive(at, name);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    return at == NULL || at->valuestring == NULL ? "" : at->valuestring;
}

const char *fixture_make_zone(struct fixture *fixture, const char *name)
{
    if (!fixture_callf(fixture, "CreateHostedZone",
                       "{\"Name\":\"%s\",\"CallerReference\":\"%s-%llu\"}", name, name,
                       (unsigned long long)sim_trace_count(fixture->core.trace))) {
        (void)fprintf(stderr, "no zone %s: %s %s\n", name, fixture->code, fixture->message);
        abort();
    }
    (void)snprintf(fixture->zone_id, sizeof(fixture->zone_id), "%s",
                   fixture_text(fixture, "HostedZone.Id") + strlen("/hostedzone/"));
    return fixture->zone_id;
}

const char *fixture_check(struct fixture *fixture, const char *name)
{
    struct fixture_control *control = find_control(fixture, name);
    if (control != NULL)
        return control->check_id;
    CHECK(fixture->control_count < FIXTURE_CONTROLS_MAX);
    control = &fixture->controls[fixture->control_count++];
    *control = (struct fixture_control){.is_off = false};
    (void)snprintf(control->name, sizeof(control->name), "%s", name);
    if (!fixture_callf(fixture, "CreateHealthCheck",
                       "{\"CallerReference\":\"check-%s\",\"HealthCheckConfig\":{\"Type\":"
                       "\"RECOVERY_CONTROL\",\"RoutingControlArn\":\"%s\"}}",
                       name, name)) {
        (void)fprintf(stderr, "no check %s: %s %s\n", name, fixture->code, fixture->message);
        abort();
    }
    (void)snprintf(control->check_id, sizeof(control->check_id), "%s",
                   fixture_text(fixture, "HealthCheck.Id"));
    return control->check_id;
}

void fixture_turn(struct fixture *fixture, const char *name, bool is_on)
{
    struct fixture_control *control = find_control(fixture, name);
    CHECK(control != NULL);
    control->is_off = !is_on;
    wire_health_tell_changed(wire_dispatcher_host(fixture->dispatcher)->health,
                             WIRE_HEALTH_ROUTING_CONTROL, name);
}

/* --- the short form
 * -------------------------------------------------------------------------------
 */

static void full_name(const char *word, const char *zone, char *name, size_t bytes)
{
    if (strcmp(word, "@") == 0)
        (void)snprintf(name, bytes, "%s", zone);
    else if (zone[0] == '\0' || word[strlen(word) - 1] == '.')
        (void)snprintf(name, bytes, "%s", word);
    else
        (void)snprintf(name, bytes, "%s.%s", word, zone);
}

/* "us-east-1", "us-east-1-bos-1", "51.5/-0.12", with "@-50" behind for a bias */
static void add_proximity(cJSON *set, const char *value)
{
    cJSON *json = cJSON_AddObjectToObject(set, "GeoProximityLocation");
    char place[64];
    const char *bias = strchr(value, '@');
    char *slash = NULL;
    (void)snprintf(place, sizeof(place), "%.*s",
                   (int)(bias == NULL ? strlen(value) : (size_t)(bias - value)), value);
    slash = strchr(place, '/');
    if (slash != NULL) {
        cJSON *coordinates = cJSON_AddObjectToObject(json, "Coordinates");
        *slash = '\0';
        cJSON_AddStringToObject(coordinates, "Latitude", place);
        cJSON_AddStringToObject(coordinates, "Longitude", slash + 1);
    } else {
        /* a Region has two hyphens, a group four */
        const bool is_group = strchr(strchr(strchr(place, '-') + 1, '-') + 1, '-') != NULL;
        cJSON_AddStringToObject(json, is_group ? "LocalZoneGroup" : "AWSRegion", place);
    }
    if (bias != NULL)
        cJSON_AddNumberToObject(json, "Bias", atoi(bias + 1));
}

/* "w:blue=10" */
static void add_policy(const struct fixture *fixture, cJSON *set, const char *word)
{
    char identifier[64];
    const char *value = strchr(word, '=');
    size_t length = value == NULL ? strlen(word + 2) : (size_t)(value - word - 2);
    (void)snprintf(identifier, sizeof(identifier), "%.*s", (int)length, word + 2);
    value = value == NULL ? "" : value + 1;
    cJSON_AddStringToObject(set, "SetIdentifier", identifier);
    if (word[0] == 'w')
        cJSON_AddNumberToObject(set, "Weight", atoi(value));
    if (word[0] == 'l')
        cJSON_AddStringToObject(set, "Region", value);
    if (word[0] == 'f')
        cJSON_AddStringToObject(set, "Failover", value);
    if (word[0] == 'p')
        add_proximity(set, value);
    if (word[0] == 'c') {
        cJSON *cidr = cJSON_AddObjectToObject(set, "CidrRoutingConfig");
        cJSON_AddStringToObject(cidr, "CollectionId", fixture->collection_id);
        cJSON_AddStringToObject(cidr, "LocationName", value);
    }
    if (word[0] == 'm')
        cJSON_AddBoolToObject(set, "MultiValueAnswer", true);
    if (word[0] == 'g') {
        cJSON *location = cJSON_AddObjectToObject(set, "GeoLocation");
        if (value[0] == '@') {
            cJSON_AddStringToObject(location, "ContinentCode", value + 1);
        } else {
            char country[3] = {value[0], value[0] == '*' ? '\0' : value[1], '\0'};
            cJSON_AddStringToObject(location, "CountryCode", country);
            if (strlen(value) > 3)
                cJSON_AddStringToObject(location, "SubdivisionCode", value + 3);
        }
    }
}

static void add_values(cJSON *set, char *word)
{
    cJSON *values = cJSON_AddArrayToObject(set, "ResourceRecords");
    char *rest = NULL;
    for (char *text = strtok_r(word, ",", &rest); text != NULL; text = strtok_r(NULL, ",", &rest)) {
        cJSON *value = cJSON_CreateObject();
        for (char *c = text; *c != '\0'; c++)
            if (*c == '_')
                *c = ' '; /* values with blanks are written with '_' */
        cJSON_AddStringToObject(value, "Value", text);
        cJSON_AddItemToArray(values, value);
    }
}

static void add_word(struct fixture *fixture, cJSON *set, const char *zone, char *word)
{
    char name[512];
    if (strncmp(word, "hc:", 3) == 0) {
        cJSON_AddStringToObject(set, "HealthCheckId", fixture_check(fixture, word + 3));
    } else if (strncmp(word, "ttl:", 4) == 0) {
        cJSON_ReplaceItemInObjectCaseSensitive(set, "TTL", cJSON_CreateNumber(atoi(word + 4)));
    } else if (word[0] != '\0' && word[1] == ':' && strchr("wlfgmpc", word[0]) != NULL) {
        add_policy(fixture, set, word);
    } else if (strncmp(word, "->", 2) == 0 || strncmp(word, "=>", 2) == 0) {
        cJSON *alias = cJSON_AddObjectToObject(set, "AliasTarget");
        char *foreign = strchr(word, '!');
        if (foreign != NULL)
            *foreign++ = '\0';
        full_name(word + 2, foreign == NULL ? zone : "", name, sizeof(name));
        cJSON_AddStringToObject(alias, "HostedZoneId",
                                foreign == NULL ? fixture->zone_id : foreign);
        cJSON_AddStringToObject(alias, "DNSName", name);
        cJSON_AddBoolToObject(alias, "EvaluateTargetHealth", word[0] == '=');
        cJSON_DeleteItemFromObjectCaseSensitive(set, "TTL");
    } else {
        add_values(set, word);
    }
}

static cJSON *make_change(struct fixture *fixture, const char *zone, char *line)
{
    cJSON *change = cJSON_CreateObject();
    cJSON *set = NULL;
    char *rest = NULL;
    char name[512];
    char *word = strtok_r(line, " ", &rest);
    if (word == NULL) {
        cJSON_Delete(change);
        return NULL;
    }
    cJSON_AddStringToObject(change, "Action", "CREATE");
    set = cJSON_AddObjectToObject(change, "ResourceRecordSet");
    full_name(word, zone, name, sizeof(name));
    cJSON_AddStringToObject(set, "Name", name);
    cJSON_AddStringToObject(set, "Type", strtok_r(NULL, " ", &rest));
    cJSON_AddNumberToObject(set, "TTL", 60);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL)
        add_word(fixture, set, zone, word);
    return change;
}

void fixture_add_records(struct fixture *fixture, const char *zone_name, const char *lines)
{
    char *copy = sim_strdup(lines);
    char *rest = NULL;
    cJSON *input = cJSON_CreateObject();
    cJSON *batch = cJSON_AddObjectToObject(input, "ChangeBatch");
    cJSON *changes = cJSON_AddArrayToObject(batch, "Changes");
    char *json = NULL;
    cJSON_AddStringToObject(input, "HostedZoneId", fixture->zone_id);
    for (char *line = strtok_r(copy, ";", &rest); line != NULL; line = strtok_r(NULL, ";", &rest)) {
        cJSON *change = make_change(fixture, zone_name, line);
        if (change != NULL)
            cJSON_AddItemToArray(changes, change);
    }
    json = cJSON_PrintUnformatted(input);
    if (cJSON_GetArraySize(changes) > 0 &&
        !fixture_call(fixture, "ChangeResourceRecordSets", json)) {
        (void)fprintf(stderr, "refused: %s\n%s: %s\n", lines, fixture->code, fixture->message);
        abort();
    }
    cJSON_free(json);
    cJSON_Delete(input);
    free(copy);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int compare_pointers(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void fixture_ask(struct fixture *fixture, const char *name, const char *type, const char *region,
                 char *text, size_t bytes)
{
    struct r53_answer answer;
    size_t used = 0;
    r53_resolve(fixture->r53, name, type, region, &answer);
    if (answer.value_count == 0) {
        const char *word = answer.rcode == 0   ? "NODATA"
                           : answer.rcode == 2 ? "SERVFAIL"
                           : answer.rcode == 3 ? "NXDOMAIN"
                                               : "REFUSED";
        (void)snprintf(text, bytes, "%s", word);
        return;
    }
    qsort(answer.values, answer.value_count, sizeof(answer.values[0]), compare_texts);
    for (size_t i = 0; i < answer.value_count; i++)
        used +=
            (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? " " : "", answer.values[i]);
}

void fixture_add_block(struct fixture *fixture, const char *location, const char *cidr)
{
    if (fixture->collection_id[0] == '\0') {
        CHECK(fixture_call(fixture, "CreateCidrCollection",
                           "{\"Name\":\"places\",\"CallerReference\":\"places\"}"));
        (void)snprintf(fixture->collection_id, sizeof(fixture->collection_id), "%s",
                       fixture_text(fixture, "Collection.Id"));
    }
    if (!fixture_callf(fixture, "ChangeCidrCollection",
                       "{\"Id\":\"%s\",\"Changes\":[{\"LocationName\":\"%s\",\"Action\":\"PUT\","
                       "\"CidrList\":[\"%s\"]}]}",
                       fixture->collection_id, location, cidr)) {
        (void)fprintf(stderr, "no block %s: %s %s\n", cidr, fixture->code, fixture->message);
        abort();
    }
}

void fixture_ask_from(struct fixture *fixture, const char *name, const char *type,
                      const char *subnet, char *text, size_t bytes)
{
    const char *slash = strchr(subnet, '/');
    const char *values[R53_ANSWER_VALUES_MAX];
    const cJSON *value = NULL;
    size_t count = 0;
    size_t used = 0;
    CHECK(slash != NULL);
    if (!fixture_callf(fixture, "TestDNSAnswer",
                       "{\"HostedZoneId\":\"%s\",\"RecordName\":\"%s\",\"RecordType\":\"%s\","
                       "\"EDNS0ClientSubnetIP\":\"%.*s\",\"EDNS0ClientSubnetMask\":\"%s\"}",
                       fixture->zone_id, name, type, (int)(slash - subnet), subnet, slash + 1)) {
        (void)snprintf(text, bytes, "%s", fixture->code);
        return;
    }
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(fixture->output, "RecordData"))
    {
        if (count < ARRAY_LEN(values))
            values[count++] = value->valuestring;
    }
    qsort(values, count, sizeof(values[0]), compare_pointers);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? " " : "", values[i]);
    if (count == 0)
        (void)snprintf(text, bytes, "%s",
                       strcmp(fixture_text(fixture, "ResponseCode"), "NOERROR") == 0
                           ? "NODATA"
                           : fixture_text(fixture, "ResponseCode"));
}

void fixture_advance(struct fixture *fixture, uint64_t delay_us)
{
    uint64_t until_us = sim_clock_now_us(fixture->core.clock) + delay_us;
    while (sim_sched_step(fixture->core.sched, until_us))
        continue;
    sim_clock_move_to(fixture->core.clock, until_us);
}
