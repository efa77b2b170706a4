#include "emulators/route53/check.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"

/* A verdict on its way to the DNS servers. */
struct r53_verdict {
    struct r53_check *check;
    bool is_healthy;
    uint64_t due_us;
    uint64_t event;
    struct r53_verdict *next;
};

static size_t index_at(const struct r53_checks *checks, const char *id)
{
    size_t low = 0;
    size_t high = checks->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(checks->by_id[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct r53_check *r53_check_find(const struct r53_checks *checks, const char *id)
{
    size_t at = index_at(checks, id);
    if (at == checks->count || strcmp(checks->by_id[at]->id, id) != 0)
        return NULL;
    return checks->by_id[at];
}

bool r53_check_is_served_healthy(const struct r53_checks *checks, const char *id)
{
    const struct r53_check *check = r53_check_find(checks, id);
    return check == NULL || check->served;
}

bool r53_check_reference_is_spent(const struct r53_checks *checks, const char *reference)
{
    for (size_t i = 0; i < R53_CHECK_REFERENCES_MAX; i++)
        if (checks->spent_references[i] != NULL &&
            strcmp(checks->spent_references[i], reference) == 0)
            return true;
    return false;
}

/* --- the verdict
 * ----------------------------------------------------------------------------------
 */

struct r53_tally r53_check_tally(const struct r53_check *check)
{
    struct r53_tally tally = {0};
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        const struct r53_checker *checker = &check->checkers[i];
        if (!checker->is_used || checker->last.at_us == 0)
            continue;
        tally.reporting++;
        tally.healthy += checker->is_healthy ? 1 : 0;
    }
    return tally;
}

static bool checkers_say_healthy(const struct r53_check *check)
{
    const struct r53_tally tally = r53_check_tally(check);
    return tally.reporting == 0 ||
           tally.healthy * 100 > tally.reporting * R53_HEALTHY_SHARE_PERCENT;
}

size_t r53_check_healthy_children(const struct r53_check *check)
{
    const cJSON *child = NULL;
    size_t healthy = 0;
    cJSON_ArrayForEach(child, wire_member(check->config, "ChildHealthChecks"))
    {
        const struct r53_check *found = r53_check_find(&check->r53->checks, child->valuestring);
        healthy += found != NULL && found->verdict ? 1 : 0;
    }
    return healthy;
}

static bool children_say_healthy(const struct r53_check *check)
{
    return (int64_t)r53_check_healthy_children(check) >=
           wire_integer(check->config, "HealthThreshold", 0);
}

static bool control_says_healthy(const struct r53_check *check)
{
    return wire_health_ask(check->r53->host.health, WIRE_HEALTH_ROUTING_CONTROL,
                           wire_text(check->config, "RoutingControlArn")) == WIRE_HEALTHY;
}

static bool judge(const struct r53_check *check)
{
    bool healthy = true;
    if (!wire_flag(check->config, "Disabled", false))
        switch (check->type->family) {
        case R53_CHECK_ENDPOINT:
            healthy = checkers_say_healthy(check);
            break;
        case R53_CHECK_CALCULATED:
            healthy = children_say_healthy(check);
            break;
        case R53_CHECK_CONTROL:
            healthy = control_says_healthy(check);
            break;
        case R53_CHECK_ALARM:
            healthy = r53_alarm_says_healthy(check);
            break;
        }
    return healthy != wire_flag(check->config, "Inverted", false);
}

/* --- on its way to DNS
 * ----------------------------------------------------------------------------
 */

static void trace_verdict(const struct r53_check *check, const char *type, bool healthy,
                          const char *cause)
{
    sim_trace_emit(check->r53->core->trace, type, NULL, FIELD_TEXT("id", check->id),
                   FIELD_TEXT("status", healthy ? "Healthy" : "Unhealthy"),
                   FIELD_TEXT("cause", cause));
}

static void arrive(void *context)
{
    struct r53_verdict *verdict = context;
    struct r53_check *check = verdict->check;
    CHECK(check->on_the_way == verdict);
    check->on_the_way = verdict->next;
    if (check->served != verdict->is_healthy) {
        check->served = verdict->is_healthy;
        trace_verdict(check, "health.served", check->served, "propagation");
    }
    free(verdict);
}

/* 60 to 140 percent of the delay; verdicts of one check never overtake each other. */
static void send_to_dns(struct r53_check *check)
{
    struct r53 *r53 = check->r53;
    struct r53_verdict *verdict = sim_alloc(sizeof(*verdict));
    struct r53_verdict **last = &check->on_the_way;
    uint64_t now_us = sim_clock_now_us(r53->core->clock);
    verdict->check = check;
    verdict->is_healthy = check->verdict;
    verdict->due_us = now_us;
    if (r53->health_us > 0)
        verdict->due_us += sim_random_between(&r53->health, r53->health_us - r53->health_us * 2 / 5,
                                              r53->health_us + r53->health_us * 2 / 5);
    for (; *last != NULL; last = &(*last)->next)
        if ((*last)->due_us > verdict->due_us)
            verdict->due_us = (*last)->due_us;
    *last = verdict;
    if (r53->health_us == 0 && check->on_the_way == verdict) {
        arrive(verdict);
        return;
    }
    verdict->event = sim_sched_at(r53->core->sched, verdict->due_us, arrive, verdict);
}

static bool has_child(const struct r53_check *check, const char *id)
{
    const cJSON *child = NULL;
    cJSON_ArrayForEach(
        child, wire_member(check->config, "ChildHealthChecks")) if (strcmp(child->valuestring,
                                                                           id) == 0) return true;
    return false;
}

static void tell_parents(struct r53_check *check)
{
    const struct r53_checks *checks = &check->r53->checks;
    for (size_t i = 0; i < checks->count; i++)
        if (checks->by_id[i]->type->family == R53_CHECK_CALCULATED &&
            has_child(checks->by_id[i], check->id))
            r53_check_reconsider(checks->by_id[i], "child");
}

void r53_check_reconsider(struct r53_check *check, const char *cause)
{
    bool verdict = judge(check);
    if (verdict == check->verdict)
        return;
    check->verdict = verdict;
    trace_verdict(check, "health.change", verdict, cause);
    send_to_dns(check);
    if (check->type->family != R53_CHECK_CALCULATED)
        tell_parents(check); /* a calculated check cannot be a child */
}

void r53_checker_record(struct r53_checker *checker, bool passed, const char *status)
{
    struct r53_check *check = checker->check;
    uint32_t threshold = (uint32_t)wire_integer(check->config, "FailureThreshold", 3);
    checker->last.at_us = sim_clock_now_us(check->r53->core->clock);
    (void)snprintf(checker->last.status, sizeof(checker->last.status), "%s", status);
    if (passed) {
        checker->failed_in_a_row = 0;
        if (++checker->passed_in_a_row >= threshold)
            checker->is_healthy = true;
    } else {
        checker->last_failure = checker->last;
        checker->passed_in_a_row = 0;
        if (++checker->failed_in_a_row >= threshold)
            checker->is_healthy = false;
    }
    r53_check_reconsider(check, "endpoint");
}

void r53_checks_hear_control(struct r53 *r53, const char *arn)
{
    for (size_t i = 0; i < r53->checks.count; i++) {
        struct r53_check *check = r53->checks.by_id[i];
        if (check->type->family == R53_CHECK_CONTROL &&
            strcmp(wire_text(check->config, "RoutingControlArn"), arn) == 0)
            r53_check_reconsider(check, "routing control");
    }
}

/* --- coming and going
 * -----------------------------------------------------------------------------
 */

static bool uses_region(const struct r53_check *check, const char *region)
{
    const cJSON *regions = wire_member(check->config, "Regions");
    const cJSON *item = NULL;
    if (regions == NULL)
        return true;
    cJSON_ArrayForEach(item, regions) if (strcmp(item->valuestring, region) == 0) return true;
    return false;
}

static void set_checkers(struct r53_check *check)
{
    for (size_t i = 0; i < R53_CHECKER_COUNT; i++) {
        struct r53_checker *checker = &check->checkers[i];
        const bool is_used = uses_region(check, r53_checker_regions[i / 2]);
        if (is_used && !checker->is_used)
            *checker = (struct r53_checker){.is_healthy = true};
        checker->check = check;
        checker->index = i;
        checker->is_used = is_used;
    }
}

struct r53_check *r53_check_restore(struct r53 *r53, const char *id, const char *reference,
                                    cJSON *config)
{
    struct r53_checks *checks = &r53->checks;
    struct r53_check *check = sim_alloc(sizeof(*check));
    size_t at = 0;
    PRE(strlen(id) < sizeof(check->id));
    check->r53 = r53;
    memcpy(check->id, id, strlen(id) + 1);
    check->caller_reference = sim_strdup(reference);
    check->config = config;
    check->type = r53_check_type_find(wire_text(config, "Type"));
    check->version = 1;
    CHECK(check->type != NULL);
    at = index_at(checks, check->id);
    checks->by_id = sim_realloc_array(checks->by_id, checks->count + 1, sizeof(checks->by_id[0]));
    memmove(&checks->by_id[at + 1], &checks->by_id[at],
            (checks->count - at) * sizeof(checks->by_id[0]));
    checks->by_id[at] = check;
    checks->count++;
    set_checkers(check);
    check->alarm.was_healthy = true;
    r53_alarm_begin(check);
    check->verdict = judge(check);
    check->served = check->verdict;
    r53_check_start_probes(check);
    r53_metrics_begin(r53);
    return check;
}

struct r53_check *r53_check_add(struct r53 *r53, const char *reference, cJSON *config)
{
    char id[SIM_UUID_TEXT_BYTES];
    struct r53_check *check = NULL;
    sim_random_uuid(&r53->ids, id);
    check = r53_check_restore(r53, id, reference, config);
    trace_verdict(check, "health.change", check->verdict, "created");
    return check;
}

void r53_checks_judge_anew(struct r53_checks *checks)
{
    for (int round = 0; round < 2; round++) /* children first, then those that count them */
        for (size_t i = 0; i < checks->count; i++) {
            struct r53_check *check = checks->by_id[i];
            if ((check->type->family == R53_CHECK_CALCULATED) != (round == 1))
                continue;
            check->verdict = judge(check);
            check->served = check->verdict;
        }
}

void r53_check_replace_config(struct r53_check *check, cJSON *config)
{
    r53_check_stop_probes(check);
    cJSON_Delete(check->config);
    check->config = config;
    check->version++;
    set_checkers(check);
    r53_alarm_begin(check);
    r53_check_reconsider(check, "updated");
    r53_check_start_probes(check);
}

static void destroy_check(struct r53_check *check)
{
    r53_check_stop_probes(check);
    r53_alarm_end(check);
    while (check->on_the_way != NULL) {
        struct r53_verdict *verdict = check->on_the_way;
        check->on_the_way = verdict->next;
        (void)sim_sched_cancel(check->r53->core->sched, verdict->event);
        free(verdict);
    }
    r53_tags_fini(&check->tags);
    cJSON_Delete(check->config);
    free(check->caller_reference);
    free(check);
}

void r53_check_remove(struct r53_check *check)
{
    struct r53_checks *checks = &check->r53->checks;
    size_t at = index_at(checks, check->id);
    size_t spent = checks->spent_count++ % R53_CHECK_REFERENCES_MAX;
    free(checks->spent_references[spent]);
    checks->spent_references[spent] = sim_strdup(check->caller_reference);
    checks->count--;
    memmove(&checks->by_id[at], &checks->by_id[at + 1],
            (checks->count - at) * sizeof(checks->by_id[0]));
    tell_parents(check);
    destroy_check(check);
}

void r53_checks_clear(struct r53 *r53)
{
    struct r53_checks *checks = &r53->checks;
    for (size_t i = 0; i < checks->count; i++)
        destroy_check(checks->by_id[i]);
    free(checks->by_id);
    checks->by_id = NULL;
    checks->count = 0;
    for (size_t i = 0; i < R53_CHECK_REFERENCES_MAX; i++) {
        free(checks->spent_references[i]);
        checks->spent_references[i] = NULL;
    }
    checks->spent_count = 0;
    r53_metrics_end(r53);
}

void r53_checks_destroy(struct r53 *r53)
{
    r53_checks_clear(r53);
    r53_probes_destroy(r53);
}
