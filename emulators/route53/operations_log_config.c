/* operations_log_config.c -- query logging configurations: create, get, list, delete. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

#define LOGS_A_PAGE 100

static cJSON *log_json(const struct r53_log_config *log)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Id", log->id);
    cJSON_AddStringToObject(json, "HostedZoneId", log->zone_id);
    cJSON_AddStringToObject(json, "CloudWatchLogsLogGroupArn", log->group_arn);
    return json;
}

static bool is_group_arn(const char *arn)
{
    return strncmp(arn, "arn:aws:logs:", 13) == 0 && strstr(arn, ":log-group:") != NULL;
}

enum wire_progress r53_create_query_log(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *arn = wire_text(call->input, "CloudWatchLogsLogGroupArn");
    const struct r53_zone *zone = r53_need_zone(r53, call, wire_text(call->input, "HostedZoneId"));
    const struct r53_log_config *made = NULL;
    char id[SIM_UUID_TEXT_BYTES];
    cJSON *output = NULL;
    if (zone == NULL)
        return WIRE_DONE;
    if (zone->is_private)
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : Query logging is for public hosted zones only.");
    if (!is_group_arn(arn))
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : %s is not the ARN of a log group.", arn);
    if (r53_log_config_of_zone(&r53->log_configs, zone->id) != NULL)
        return wire_fail(call, "QueryLoggingConfigAlreadyExists",
                         "You can create only one query logging configuration for a hosted zone, "
                         "and a query logging configuration already exists for this hosted zone.");
    sim_random_uuid(&r53->ids, id);
    made = r53_log_config_add(&r53->log_configs, id, zone->id, arn);
    r53_changed(r53, R53_SAVED_QUERY_LOG, id);
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "QueryLoggingConfig", log_json(made));
    cJSON_AddStringToObject(
        output, "Location",
        sim_arena_printf(call->arena,
                         "https://route53.amazonaws.com/2013-04-01/queryloggingconfig/%s", id));
    return wire_succeed(call, output);
}

/* NULL: the call has failed. */
static struct r53_log_config *need_log(struct r53 *r53, struct wire_call *call)
{
    struct r53_log_config *log =
        r53_log_config_find(&r53->log_configs, wire_text(call->input, "Id"));
    if (log == NULL)
        (void)wire_fail(call, "NoSuchQueryLoggingConfig",
                        "There is no DNS query logging configuration with the specified ID.");
    return log;
}

enum wire_progress r53_get_query_log(void *state, struct wire_call *call)
{
    const struct r53_log_config *log = need_log(state, call);
    cJSON *output = NULL;
    if (log == NULL)
        return WIRE_DONE;
    output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "QueryLoggingConfig", log_json(log));
    return wire_succeed(call, output);
}

enum wire_progress r53_delete_query_log(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_log_config *log = need_log(r53, call);
    if (log == NULL)
        return WIRE_DONE;
    r53_changed(r53, R53_SAVED_QUERY_LOG, log->id);
    r53_log_config_remove(&r53->log_configs, log);
    return wire_succeed(call, NULL);
}

enum wire_progress r53_list_query_logs(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *zone_id = wire_text(call->input, "HostedZoneId");
    const char *token = wire_text(call->input, "NextToken");
    int64_t items = 0;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_results(call, "MaxResults", LOGS_A_PAGE, &items) ||
        (zone_id != NULL && r53_need_zone(r53, call, zone_id) == NULL))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "QueryLoggingConfigs");
    for (; at < r53->log_configs.count; at++) {
        const struct r53_log_config *log = &r53->log_configs.items[at];
        if ((zone_id != NULL && strcmp(log->zone_id, r53_bare_id(zone_id)) != 0) ||
            (token != NULL && strcmp(log->id, token) < 0))
            continue;
        if (items-- == 0) {
            cJSON_AddStringToObject(output, "NextToken", log->id);
            break;
        }
        cJSON_AddItemToArray(list, log_json(log));
    }
    return wire_succeed(call, output);
}
