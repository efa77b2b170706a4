/* check_config.c -- what a client may say about a health check, and the defaults for the rest. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emulators/route53/check.h"
#include "emulators/wire/call.h"

static const struct r53_check_type types[] = {
    /* name               family                is_tcp is_tls searches */
    {"HTTP", R53_CHECK_ENDPOINT, false, false, false},
    {"HTTPS", R53_CHECK_ENDPOINT, false, true, false},
    {"HTTP_STR_MATCH", R53_CHECK_ENDPOINT, false, false, true},
    {"HTTPS_STR_MATCH", R53_CHECK_ENDPOINT, false, true, true},
    {"TCP", R53_CHECK_ENDPOINT, true, false, false},
    {"CALCULATED", R53_CHECK_CALCULATED, false, false, false},
    {"RECOVERY_CONTROL", R53_CHECK_CONTROL, false, false, false},
    {"CLOUDWATCH_METRIC", R53_CHECK_ALARM, false, false, false},
};

const struct r53_check_type *r53_check_type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

#define FOR(family) BIT(family)
#define FOR_ALL                                                                                    \
    (FOR(R53_CHECK_ENDPOINT) | FOR(R53_CHECK_CALCULATED) | FOR(R53_CHECK_CONTROL) |                \
     FOR(R53_CHECK_ALARM))

/* Members in the order of the answer; for which families they are meant; whether an update may
 * bring them. */
static const struct {
    const char *name;
    unsigned families;
    bool may_change;
} members[] = {
    {"IPAddress", FOR(R53_CHECK_ENDPOINT), true},
    {"Port", FOR(R53_CHECK_ENDPOINT), true},
    {"Type", FOR_ALL, false},
    {"ResourcePath", FOR(R53_CHECK_ENDPOINT), true},
    {"FullyQualifiedDomainName", FOR(R53_CHECK_ENDPOINT), true},
    {"SearchString", FOR(R53_CHECK_ENDPOINT), true},
    {"RequestInterval", FOR(R53_CHECK_ENDPOINT), false},
    {"FailureThreshold", FOR(R53_CHECK_ENDPOINT), true},
    {"MeasureLatency", FOR(R53_CHECK_ENDPOINT), false},
    {"Inverted", FOR_ALL, true},
    {"Disabled", FOR_ALL, true},
    {"HealthThreshold", FOR(R53_CHECK_CALCULATED), true},
    {"ChildHealthChecks", FOR(R53_CHECK_CALCULATED), true},
    {"EnableSNI", FOR(R53_CHECK_ENDPOINT), true},
    {"Regions", FOR(R53_CHECK_ENDPOINT), true},
    {"AlarmIdentifier", FOR(R53_CHECK_ALARM), true},
    {"InsufficientDataHealthStatus", FOR(R53_CHECK_ALARM), true},
    {"RoutingControlArn", FOR(R53_CHECK_CONTROL), false},
};

/* What is wrong, or NULL. */
struct verdict {
    const char *code;
    char *fault;
};

static bool refuse(struct verdict *verdict, const char *format, ...) PRINTF_LIKE(2, 3);

static bool refuse(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(verdict->fault, R53_FAULT_BYTES, format, arguments);
    va_end(arguments);
    verdict->code = "InvalidInput";
    return false;
}

static bool has(const cJSON *json, const char *member)
{
    return wire_member(json, member) != NULL;
}

static bool check_members_fit(const cJSON *config, const struct r53_check_type *type,
                              struct verdict *verdict)
{
    if (type->family == R53_CHECK_ENDPOINT && has(config, "AlarmIdentifier"))
        return refuse(verdict, "Invalid parameter : Basic health checks must not have an metric "
                               "region specified.");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (has(config, members[i].name) && (members[i].families & FOR(type->family)) == 0)
            return refuse(verdict,
                          "Invalid parameter : %s health checks must not have %s specified.",
                          type->name, members[i].name);
    return true;
}

static bool check_regions(const cJSON *config, struct verdict *verdict)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, wire_member(config, "Regions"))
    {
        bool is_known = false;
        for (size_t i = 0; i < R53_CHECKER_REGION_COUNT; i++)
            is_known = is_known || strcmp(item->valuestring, r53_checker_regions[i]) == 0;
        if (!is_known)
            return refuse(verdict, "Invalid parameter : There are no health checkers in Region %s.",
                          item->valuestring);
    }
    return true;
}

static bool check_endpoint(const cJSON *config, const struct r53_check_type *type,
                           struct verdict *verdict)
{
    const char *address = wire_text(config, "IPAddress");
    const char *search = wire_text(config, "SearchString");
    int64_t interval = wire_integer(config, "RequestInterval", 30);
    uint8_t bytes[16];
    if (address == NULL && !has(config, "FullyQualifiedDomainName"))
        return refuse(verdict, "Invalid parameter : Basic health checks must have an IP address or "
                               "a fully qualified domain name specified.");
    if (address != NULL && inet_pton(AF_INET, address, bytes) != 1 &&
        inet_pton(AF_INET6, address, bytes) != 1)
        return refuse(verdict, "Invalid parameter : %s is not a valid IP address.", address);
    if (type->is_tcp && address != NULL && has(config, "FullyQualifiedDomainName"))
        return refuse(verdict, "TCP health checks that have IP address must not have a fully "
                               "qualified domain name specified.");
    if (type->is_tcp && !has(config, "Port"))
        return refuse(verdict, "Invalid parameter : TCP health checks must have a port specified.");
    if (type->is_tcp && has(config, "ResourcePath"))
        return refuse(verdict,
                      "Invalid parameter : TCP health checks must not have a resource path "
                      "specified.");
    if (type->searches != (search != NULL && search[0] != '\0'))
        return refuse(verdict,
                      "Invalid parameter : %s health checks must %shave a search string "
                      "specified.",
                      type->name, type->searches ? "" : "not ");
    if (interval != 10 && interval != 30)
        return refuse(verdict,
                      "Invalid parameter : The request interval must be 10 or 30 seconds.");
    return check_regions(config, verdict);
}

static bool check_children(const struct r53_checks *checks, const cJSON *config,
                           bool are_children_old, struct verdict *verdict)
{
    const cJSON *children = wire_member(config, "ChildHealthChecks");
    const cJSON *child = NULL;
    if (!has(config, "HealthThreshold"))
        return refuse(verdict, "Invalid parameter : CALCULATED health checks must have a health "
                               "threshold specified.");
    if (cJSON_GetArraySize(children) > R53_CHECK_CHILDREN_MAX)
        return refuse(verdict, "Invalid parameter : more than %d child health checks specified.",
                      R53_CHECK_CHILDREN_MAX);
    if (are_children_old) /* one of them may be deleted meanwhile */
        return true;
    cJSON_ArrayForEach(child, children)
    {
        const struct r53_check *found = r53_check_find(checks, child->valuestring);
        if (found == NULL)
            return refuse(verdict, "Invalid parameter : The child health check %s does not exist.",
                          child->valuestring);
        if (found->type->family == R53_CHECK_CALCULATED)
            return refuse(verdict,
                          "Invalid parameter : The child health check %s is a calculated health "
                          "check.",
                          child->valuestring);
    }
    return true;
}

static bool check_all(const struct r53_checks *checks, const cJSON *config,
                      const struct r53_check_type *type, bool are_children_old,
                      struct verdict *verdict)
{
    if (!check_members_fit(config, type, verdict))
        return false;
    switch (type->family) {
    case R53_CHECK_ENDPOINT:
        return check_endpoint(config, type, verdict);
    case R53_CHECK_CALCULATED:
        return check_children(checks, config, are_children_old, verdict);
    case R53_CHECK_CONTROL:
        return has(config, "RoutingControlArn") ||
               refuse(verdict, "Invalid parameter : RECOVERY_CONTROL health checks must have a "
                               "routing control specified.");
    case R53_CHECK_ALARM:
        return has(config, "AlarmIdentifier") ||
               refuse(verdict, "Invalid parameter : CLOUDWATCH_METRIC health checks must have an "
                               "alarm identifier specified.");
    }
    return false;
}

static void add_default_number(cJSON *config, const char *name, double number)
{
    if (!has(config, name))
        cJSON_AddNumberToObject(config, name, number);
}

static void add_default_flag(cJSON *config, const char *name, bool flag)
{
    if (!has(config, name))
        cJSON_AddBoolToObject(config, name, flag);
}

static void fill_defaults(cJSON *config, const struct r53_check_type *type)
{
    const char *path = wire_text(config, "ResourcePath");
    add_default_flag(config, "Inverted", false);
    add_default_flag(config, "Disabled", false);
    if (type->family == R53_CHECK_CALCULATED && !has(config, "ChildHealthChecks"))
        cJSON_AddArrayToObject(config, "ChildHealthChecks");
    if (type->family != R53_CHECK_ENDPOINT)
        return;
    if (!type->is_tcp)
        add_default_number(config, "Port", type->is_tls ? 443 : 80);
    add_default_number(config, "RequestInterval", 30);
    add_default_number(config, "FailureThreshold", 3);
    add_default_flag(config, "MeasureLatency", false);
    add_default_flag(config, "EnableSNI", type->is_tls);
    if (path != NULL && path[0] != '/') {
        char with_slash[300];
        (void)snprintf(with_slash, sizeof(with_slash), "/%s", path);
        cJSON_ReplaceItemInObjectCaseSensitive(config, "ResourcePath",
                                               cJSON_CreateString(with_slash));
    }
}

static bool is_reset(const cJSON *input, const char *member)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item,
                       wire_member(input, "ResetElements")) if (strcmp(item->valuestring, member) ==
                                                                0) return true;
    return false;
}

/* old with what input brings, in the order of the answer. */
static cJSON *merge(const cJSON *old, const cJSON *input)
{
    cJSON *config = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *name = members[i].name;
        const cJSON *from = wire_member(input, name);
        if (old != NULL && (from == NULL || !members[i].may_change))
            from = is_reset(input, name) ? NULL : wire_member(old, name);
        if (from != NULL)
            cJSON_AddItemToObject(config, name, cJSON_Duplicate(from, true));
    }
    return config;
}

cJSON *r53_check_config(const struct r53_checks *checks, const cJSON *old, const cJSON *input,
                        const char **code, char *fault)
{
    cJSON *config = merge(old, input);
    cJSON *ordered = NULL;
    const char *type_name = wire_text(config, "Type");
    const struct r53_check_type *type = r53_check_type_find(type_name);
    struct verdict verdict = {.code = "InvalidInput", .fault = fault};
    CHECK(type != NULL); /* the operation's facts name the types, and these are all of them */
    if (old != NULL && has(input, "IPAddress") && !has(old, "IPAddress"))
        (void)refuse(&verdict, "Invalid parameter : An IP address cannot be added to a health "
                               "check that was created without one.");
    else if (check_all(checks, config, type, old != NULL && !has(input, "ChildHealthChecks"),
                       &verdict)) {
        fill_defaults(config, type);
        ordered = merge(NULL, config);
    }
    *code = verdict.code;
    cJSON_Delete(config);
    return ordered;
}

/* --- from a file
 * ----------------------------------------------------------------------------------
 */

static bool are_texts(const cJSON *list)
{
    const cJSON *item = NULL;
    if (list != NULL && !cJSON_IsArray(list))
        return false;
    cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return false;
    return true;
}

static bool is_within(const cJSON *config, const char *member, int64_t low, int64_t high)
{
    const int64_t value = wire_integer(config, member, low);
    return value >= low && value <= high;
}

static bool is_text_or_absent(const cJSON *config, const char *member)
{
    return !has(config, member) || wire_text(config, member) != NULL;
}

static bool is_endpoint_sound(const cJSON *config)
{
    static const char *const texts[] = {"IPAddress", "FullyQualifiedDomainName", "ResourcePath",
                                        "SearchString"};
    const int64_t interval = wire_integer(config, "RequestInterval", 30);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!is_text_or_absent(config, texts[i]))
            return false;
    return (has(config, "IPAddress") || has(config, "FullyQualifiedDomainName")) &&
           (interval == 10 || interval == 30) && is_within(config, "FailureThreshold", 1, 10) &&
           is_within(config, "Port", 1, 65535) && are_texts(wire_member(config, "Regions"));
}

bool r53_check_config_is_sound(const cJSON *config)
{
    const char *name = wire_text(config, "Type");
    const struct r53_check_type *type = name == NULL ? NULL : r53_check_type_find(name);
    const cJSON *alarm = wire_member(config, "AlarmIdentifier");
    if (type == NULL)
        return false;
    switch (type->family) {
    case R53_CHECK_ENDPOINT:
        return is_endpoint_sound(config);
    case R53_CHECK_CALCULATED:
        return are_texts(wire_member(config, "ChildHealthChecks"));
    case R53_CHECK_CONTROL:
        return wire_text(config, "RoutingControlArn") != NULL;
    case R53_CHECK_ALARM:
        return wire_text(alarm, "Region") != NULL && wire_text(alarm, "Name") != NULL &&
               is_text_or_absent(config, "InsufficientDataHealthStatus");
    }
    return false;
}
