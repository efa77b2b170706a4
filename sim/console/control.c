/* Routes of the control API, and how it answers. */
#include "sim/console/control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/front_message.h"
#include "sim/console/control_internal.h"
#include "sim/core/duration.h"

#define PREFIX "/_regionlab"

/* clang-format off */
static const struct control_route routes[] = {
    {"GET",    "/health",          control_health,         {0}},
    {"GET",    "/info",            control_info,           {0}},
    {"GET",    "/clock",           control_clock_show,     {0}},
    {"POST",   "/clock/advance",   control_clock_advance,  {"by", "to", "until", "limit"}},
    {"POST",   "/clock/mode",      control_clock_mode,     {"mode", "scale"}},
    {"GET",    "/regions",         control_regions_list,   {0}},
    {"POST",   "/regions/down",    control_region_down,    {"region", "duration"}},
    {"POST",   "/regions/up",      control_region_up,      {"region"}},
    {"GET",    "/links",           control_links_list,     {0}},
    {"POST",   "/links",           control_link_set,       {"from", "to", "both", "lag", "latency", "drain_per_s", "table"}},
    {"POST",   "/links/partition", control_link_partition, {"from", "to", "both", "duration"}},
    {"POST",   "/links/heal",      control_link_heal,      {"from", "to", "both"}},
    {"GET",    "/faults",          control_faults_list,    {0}},
    {"POST",   "/faults",          control_fault_add,      {"kind", "region", "service", "operation", "plane", "resource",
                                                            "from", "to", "rate", "duration", "latency", "skew", "status"}},
    {"DELETE", "/faults",          control_faults_clear,   {"id"}},
    {"GET",    "/conflicts",       control_conflicts,      {"table", "region", "since"}},
    {"POST",   "/probe",           control_probe,          {"table", "key"}},
    {"GET",    "/backlog",         control_backlog,        {0}},
    {"GET",    "/replication",     control_replication,    {"table"}},
    {"GET",    "/dns-log",         control_dns_log,        {"name", "last"}},
    {"POST",   "/wait",            control_wait_for,       {"for", "name", "type", "value", "table", "timeout", "client-region"}},
    {"GET",    "/trace",           control_trace,          {0}},
    {"POST",   "/reset",           control_reset,          {0}},
};

/* Names that existing tools poll. */
static const struct { const char *alias, *path; } aliases[] = {
    {"/_localstack/health",      PREFIX "/health"},
    {"/_localstack/info",        PREFIX "/info"},
    {"/_localstack/state/reset", PREFIX "/reset"},
};
/* clang-format on */

struct control *control_create(const struct control_options *options)
{
    struct control *control = sim_alloc(sizeof *control);
    control->options = *options;
    control->world = options->world;
    return control;
}

void control_destroy(struct control *control)
{
    if (control == NULL)
        return;
    control_waits_drop(control, "regionlab ends");
    free(control);
}

static bool is_below(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(path, prefix, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool control_owns(const char *path)
{
    return is_below(path, PREFIX) || is_below(path, "/_localstack");
}

static void send_json(struct sim_http_request *request, int status, cJSON *answer)
{
    static const struct sim_http_header headers[] = {
        {"Content-Type", "application/json"},
        {"Access-Control-Allow-Origin", "*"},
        {"Cache-Control", "no-store"},
    };
    char *text = cJSON_PrintUnformatted(answer);
    cJSON_Delete(answer);
    const struct sim_http_reply reply = {.status = status,
                                         .headers = headers,
                                         .header_count = ARRAY_LEN(headers),
                                         .body = text,
                                         .body_bytes = strlen(text)};
    sim_http_reply(request, &reply);
    cJSON_free(text);
}

void control_reply(struct control_exchange *exchange, cJSON *answer, const char *summary_format,
                   ...)
{
    va_list arguments;
    va_start(arguments, summary_format);
    cJSON_AddStringToObject(answer, "summary",
                            sim_arena_vprintf(exchange->arena, summary_format, arguments));
    va_end(arguments);
    send_json(exchange->request, 200, answer);
}

void control_fail(struct control_exchange *exchange, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "error", sim_arena_vprintf(exchange->arena, format, arguments));
    va_end(arguments);
    send_json(exchange->request, status, answer);
}

void control_fail_with(struct control_exchange *exchange, const struct sim_error *error)
{
    int status = error->result == RESULT_NOT_FOUND  ? 404
                 : error->result == RESULT_CONFLICT ? 409
                 : error->result == RESULT_IO       ? 500
                                                    : 400;
    control_fail(exchange, status, "%s", error->message);
}

const char *control_text(struct control_exchange *exchange, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(exchange->input, key);
    if (cJSON_IsString(value))
        return value->valuestring;
    if (cJSON_IsNumber(value))
        return sim_arena_printf(exchange->arena, "%.15g", value->valuedouble);
    return NULL;
}

struct sim_region *control_region(struct control_exchange *exchange, const char *key)
{
    struct sim_network *network = exchange->world->core.network;
    const char *name = control_text(exchange, key);
    struct sim_region *region = name != NULL ? sim_network_region_find(network, name) : NULL;
    if (region != NULL)
        return region;
    const char *known = "";
    for (size_t i = 0; i < sim_network_region_count(network); i++)
        known = sim_arena_printf(exchange->arena, "%s%s%s", known, i > 0 ? ", " : "",
                                 sim_network_region_by_index(network, i)->name);
    if (name == NULL)
        control_fail(exchange, 400, "'%s' is missing; allowed: %s", key, known);
    else
        control_fail(exchange, 404, "the world has no Region '%s'; it has %s", name, known);
    return NULL;
}

bool control_duration(struct control_exchange *exchange, const char *key, uint64_t *duration_us)
{
    const char *text = control_text(exchange, key);
    struct sim_error error;
    if (text == NULL || sim_duration_parse(text, duration_us, &error) == RESULT_OK)
        return true;
    control_fail_with(exchange, &error);
    return false;
}

/* The first key of the body that the route does not know, or NULL. */
static const char *unknown_key(const struct control_route *route, const cJSON *input)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, input)
    {
        bool known = false;
        for (size_t i = 0; i < CONTROL_KEYS_MAX && route->keys[i] != NULL; i++)
            known = known || strcmp(route->keys[i], member->string) == 0;
        if (!known)
            return member->string;
    }
    return NULL;
}

/* The first key whose value has a type that no route reads, or NULL. All is text or a number, but
 * for "both", which is true or false, and "key", which may be an object. */
static const char *key_of_wrong_type(const cJSON *input)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, input)
    {
        bool is_text = cJSON_IsString(member) || cJSON_IsNumber(member);
        bool fits = strcmp(member->string, "both") == 0  ? cJSON_IsBool(member)
                    : strcmp(member->string, "key") == 0 ? is_text || cJSON_IsObject(member)
                                                         : is_text;
        if (!fits)
            return member->string;
    }
    return NULL;
}

static const char *allowed_keys(struct sim_arena *arena, const struct control_route *route)
{
    const char *keys = "";
    for (size_t i = 0; i < CONTROL_KEYS_MAX && route->keys[i] != NULL; i++)
        keys = sim_arena_printf(arena, "%s%s%s", keys, i > 0 ? ", " : "", route->keys[i]);
    return keys[0] != '\0' ? keys : "none";
}

static void release_json(void *json)
{
    cJSON_Delete(json);
}

static void run_route(struct control_exchange *exchange, const struct control_route *route)
{
    const struct sim_http_request *request = exchange->request;
    if (request->body_too_large) {
        control_fail(exchange, 413, "the body is larger than %zu bytes", SIM_HTTP_BODY_MAX_BYTES);
        return;
    }
    cJSON *input =
        request->body_bytes > 0
            ? cJSON_ParseWithLengthOpts(request->body, request->body_bytes + 1, NULL, true)
            : cJSON_CreateObject();
    sim_arena_defer(exchange->arena, release_json, input);
    exchange->input = input;
    /* What is no UTF-8 must not come back in a sentence: the answer would be no JSON. */
    if (!cJSON_IsObject(input) || !front_is_utf8(request->body, request->body_bytes)) {
        control_fail(exchange, 400, "the body is no JSON object");
        return;
    }
    const char *unknown = unknown_key(route, input);
    if (unknown != NULL) {
        control_fail(exchange, 400, "unknown key '%s'; allowed: %s", unknown,
                     allowed_keys(exchange->arena, route));
        return;
    }
    const char *wrong = key_of_wrong_type(input);
    if (wrong != NULL) {
        control_fail(exchange, 400, "'%s' is %s", wrong,
                     strcmp(wrong, "both") == 0 ? "true or false" : "text or a number");
        return;
    }
    route->run(exchange);
}

void control_handle(struct control *control, struct sim_http_request *request)
{
    struct control_exchange *exchange = sim_arena_alloc(request->arena, sizeof *exchange);
    *exchange = (struct control_exchange){
        .control = control, .world = control->world, .request = request, .arena = request->arena};
    const char *path = request->path;
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (strcmp(path, aliases[i].alias) == 0)
            path = aliases[i].path;
    bool path_exists = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!is_below(path, PREFIX) || strcmp(path + strlen(PREFIX), routes[i].path) != 0)
            continue;
        path_exists = true;
        bool is_head = strcmp(request->method, "HEAD") == 0 && strcmp(routes[i].method, "GET") == 0;
        if (strcmp(request->method, routes[i].method) != 0 && !is_head)
            continue;
        run_route(exchange, &routes[i]);
        return;
    }
    control_fail(exchange, path_exists ? 405 : 404, "there is no %s %s; docs/control.md lists all",
                 request->method,
                 front_is_utf8(request->path, strlen(request->path)) ? request->path : "such path");
}
