/* operations_check.c -- health checks: create, get, list, update, delete, status. */
#include <string.h>

#include "emulators/route53/save.h"

#define CHECKS_A_PAGE 100

static cJSON *check_json(const struct r53_check *check)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Id", check->id);
    cJSON_AddStringToObject(json, "CallerReference", check->caller_reference);
    cJSON_AddItemToObject(json, "HealthCheckConfig", cJSON_Duplicate(check->config, true));
    cJSON_AddNumberToObject(json, "HealthCheckVersion", (double)check->version);
    if (check->alarm.configuration != NULL)
        cJSON_AddItemToObject(json, "CloudWatchAlarmConfiguration",
                              cJSON_Duplicate(check->alarm.configuration, true));
    return json;
}

static enum wire_progress succeed_with(struct wire_call *call, const struct r53_check *check)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "HealthCheck", check_json(check));
    return wire_succeed(call, output);
}

/* NULL: the call has failed. */
static struct r53_check *need_check(struct r53 *r53, struct wire_call *call)
{
    const char *id = wire_text(call->input, "HealthCheckId");
    struct r53_check *check = r53_check_find(&r53->checks, id);
    if (check == NULL)
        (void)wire_fail(call, "NoSuchHealthCheck", "A health check with id %s does not exist.", id);
    return check;
}

static const struct r53_check *find_reference(const struct r53 *r53, const char *reference)
{
    for (size_t i = 0; i < r53->checks.count; i++)
        if (strcmp(r53->checks.by_id[i]->caller_reference, reference) == 0)
            return r53->checks.by_id[i];
    return NULL;
}

static enum wire_progress succeed_created(struct wire_call *call, const struct r53_check *check)
{
    (void)succeed_with(call, check);
    cJSON_AddStringToObject(
        call->output, "Location",
        sim_arena_printf(call->arena, "https://route53.amazonaws.com/2013-04-01/healthcheck/%s",
                         check->id));
    return WIRE_DONE;
}

/* The reference was used before: the same settings get the same check. */
static enum wire_progress create_again(struct wire_call *call, const struct r53_check *check,
                                       cJSON *config)
{
    const bool is_same = check != NULL && cJSON_Compare(check->config, config, true);
    cJSON_Delete(config);
    if (is_same)
        return succeed_created(call, check);
    return wire_fail(call, "HealthCheckAlreadyExists",
                     "A health check with the caller reference %s has already been created%s.",
                     wire_text(call->input, "CallerReference"),
                     check == NULL ? " and deleted" : " with different settings");
}

/* Checks that follow an alarm take only some kinds of alarms. False: the call has failed. */
static bool is_alarm_fit(const struct r53 *r53, struct wire_call *call, const cJSON *config)
{
    const char *fault =
        wire_member(config, "AlarmIdentifier") == NULL ? NULL : r53_alarm_fault(r53, config);
    if (fault != NULL)
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : Health checks do not support %s.", fault);
    return fault == NULL;
}

enum wire_progress r53_create_check(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *reference = wire_text(call->input, "CallerReference");
    const struct r53_check *before = find_reference(r53, reference);
    const char *code = NULL;
    char fault[R53_FAULT_BYTES];
    cJSON *config = r53_check_config(&r53->checks, NULL,
                                     wire_member(call->input, "HealthCheckConfig"), &code, fault);
    if (config == NULL)
        return wire_fail(call, code, "%s", fault);
    if (before != NULL || r53_check_reference_is_spent(&r53->checks, reference))
        return create_again(call, before, config);
    if (r53->checks.count == R53_CHECK_MAX) {
        cJSON_Delete(config);
        return wire_fail(call, "TooManyHealthChecks",
                         "This account already has the maximum of %d health checks.",
                         R53_CHECK_MAX);
    }
    if (!is_alarm_fit(r53, call, config)) {
        cJSON_Delete(config);
        return WIRE_DONE;
    }
    before = r53_check_add(r53, reference, config);
    r53_changed(r53, R53_SAVED_CHECK, before->id);
    return succeed_created(call, before);
}

enum wire_progress r53_get_check(void *state, struct wire_call *call)
{
    const struct r53_check *check = need_check(state, call);
    return check == NULL ? WIRE_DONE : succeed_with(call, check);
}

enum wire_progress r53_update_check(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_check *check = need_check(r53, call);
    const char *code = NULL;
    char fault[R53_FAULT_BYTES];
    cJSON *config = NULL;
    if (check == NULL)
        return WIRE_DONE;
    if (wire_integer(call->input, "HealthCheckVersion", check->version) != check->version)
        return wire_fail(call, "HealthCheckVersionMismatch",
                         "The version of the health check %s is %lld.", check->id,
                         (long long)check->version);
    config = r53_check_config(&r53->checks, check->config, call->input, &code, fault);
    if (config == NULL)
        return wire_fail(call, code, "%s", fault);
    if (!is_alarm_fit(r53, call, config)) {
        cJSON_Delete(config);
        return WIRE_DONE;
    }
    r53_check_replace_config(check, config);
    r53_changed(r53, R53_SAVED_CHECK, check->id);
    return succeed_with(call, check);
}

enum wire_progress r53_delete_check(void *state, struct wire_call *call)
{
    struct r53_check *check = need_check(state, call);
    if (check == NULL)
        return WIRE_DONE;
    r53_changed(state, R53_SAVED_CHECK, check->id);
    r53_check_remove(check);
    return wire_succeed(call, NULL);
}

enum wire_progress r53_list_checks(void *state, struct wire_call *call)
{
    const struct r53_checks *checks = &((const struct r53 *)state)->checks;
    const char *marker = wire_text(call->input, "Marker");
    int64_t items = CHECKS_A_PAGE;
    size_t at = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!r53_max_items(call, CHECKS_A_PAGE, &items))
        return WIRE_DONE;
    while (marker != NULL && at < checks->count && strcmp(checks->by_id[at]->id, marker) < 0)
        at++;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HealthChecks");
    for (int64_t i = 0; i < items && at < checks->count; i++)
        cJSON_AddItemToArray(list, check_json(checks->by_id[at++]));
    cJSON_AddStringToObject(output, "Marker", marker == NULL ? "" : marker);
    cJSON_AddBoolToObject(output, "IsTruncated", at < checks->count);
    if (at < checks->count)
        cJSON_AddStringToObject(output, "NextMarker", checks->by_id[at]->id);
    cJSON_AddStringToObject(output, "MaxItems",
                            sim_arena_printf(call->arena, "%lld", (long long)items));
    return wire_succeed(call, output);
}

/* --- status
 * ---------------------------------------------------------------------------------------
 */

static void add_observation(cJSON *list, size_t checker, uint64_t at_us, const char *status)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *report = NULL;
    char address[R53_CHECKER_ADDRESS_BYTES];
    r53_checker_address(checker, address);
    cJSON_AddStringToObject(json, "Region", r53_checker_regions[checker / 2]);
    cJSON_AddStringToObject(json, "IPAddress", address);
    report = cJSON_AddObjectToObject(json, "StatusReport");
    cJSON_AddStringToObject(report, "Status", status);
    cJSON_AddNumberToObject(report, "CheckedTime", r53_seconds(at_us));
    cJSON_AddItemToArray(list, json);
}

static void add_endpoint_observations(cJSON *list, const struct r53_check *check, bool of_failure)
{
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        const struct r53_checker *checker = &check->checkers[i];
        const struct r53_observation *seen = of_failure ? &checker->last_failure : &checker->last;
        if (checker->is_used && seen->at_us != 0)
            add_observation(list, i, seen->at_us, seen->status);
    }
}

/* Of a check without probes: the texts are ours, AWS documents none. */
static const char *status_text(const struct r53_check *check)
{
    static const char *const alarm_texts[] = {
        [R53_ALARM_INSUFFICIENT_DATA] = "The alarm has insufficient data",
        [R53_ALARM_OK] = "Success: The alarm is in the state OK",
        [R53_ALARM_ALARM] = "Failure: The alarm is in the state ALARM",
    };
    if (check->type->family == R53_CHECK_ALARM)
        return alarm_texts[check->alarm.state];
    return check->verdict ? "Success: Routing control is On" : "Failure: Routing control is Off";
}

static enum wire_progress succeed_with_status(struct r53 *r53, struct wire_call *call,
                                              bool of_failure)
{
    const struct r53_check *check = need_check(r53, call);
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (check == NULL)
        return WIRE_DONE;
    if (check->type->family == R53_CHECK_CALCULATED)
        return wire_fail(call, "InvalidInput",
                         "Invalid parameter : The status of a calculated health check is that of "
                         "its child health checks.");
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "HealthCheckObservations");
    if (check->type->family == R53_CHECK_ENDPOINT)
        add_endpoint_observations(list, check, of_failure);
    else if (!of_failure || !check->verdict)
        for (size_t i = 0; i < R53_CHECKER_COUNT; i++)
            add_observation(list, i, sim_clock_now_us(r53->core->clock), status_text(check));
    return wire_succeed(call, output);
}

enum wire_progress r53_get_check_status(void *state, struct wire_call *call)
{
    return succeed_with_status(state, call, false);
}

enum wire_progress r53_get_check_failure(void *state, struct wire_call *call)
{
    return succeed_with_status(state, call, true);
}

enum wire_progress r53_get_checker_ranges(void *state, struct wire_call *call)
{
    cJSON *output = cJSON_CreateObject();
    (void)state;
    cJSON_AddItemToObject(output, "CheckerIpRanges",
                          cJSON_CreateStringArray(r53_checker_ranges, R53_CHECKER_COUNT));
    return wire_succeed(call, output);
}
