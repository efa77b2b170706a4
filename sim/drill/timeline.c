/* The timeline: calls by an operator, faults, and expectations, each at its time. */
#include <stdio.h>
#include <string.h>

#include "emulators/arc/arc.h"
#include "sim/drill/drill_internal.h"

#define CHECK_EVERY_US  (100 * SIM_US_PER_MS)
#define CALL_TIMEOUT_US (5 * SIM_US_PER_S)

struct attempt { /* a call under way: one or several endpoints after the other */
    struct drill *drill;
    size_t index;
    cJSON *input;
    const char *endpoints[ARC_ENDPOINT_COUNT];
    size_t endpoint_count;
    size_t endpoint;
};

struct check { /* an expectation that is looked at until it holds or its time is up */
    struct drill *drill;
    size_t index;
    uint64_t until_us;
};

static void decide(struct drill *drill, size_t index, bool held, const char *detail)
{
    struct drill_verdict *verdict = &drill->verdicts[index];
    verdict->is_decided = true;
    verdict->held = held;
    verdict->decided_us = drill_now_us(drill);
    drill_text_copy(verdict->detail, sizeof verdict->detail, detail);
    sim_trace_emit(drill->world->core.trace, "drill.verdict", NULL, FIELD_NUMBER("entry", index),
                   FIELD_FLAG("held", held), FIELD_TEXT("detail", verdict->detail));
}

static enum sim_result expand_reference(void *context, const char *text, const char **expanded,
                                        struct sim_error *error)
{
    struct drill *drill = context;
    return topo_names_expand(drill->world->names, drill->arena, text, expanded, error);
}

/* The file is wrong in a way that only the world could tell: the run ends. at is NULL where the
 * message has its place already. */
static void give_up(struct drill *drill, const struct topo_node *at, const struct sim_error *why)
{
    if (drill->has_failed)
        return;
    drill->has_failed = true;
    if (at != NULL)
        topo_node_fail(at, drill->error, "%s", why->message);
    else
        *drill->error = *why;
}

static void attempt_send(struct attempt *attempt);

static void release_json(void *json)
{
    cJSON_Delete(json);
}

/* Worth another endpoint: no answer, or an endpoint that says it is out. */
static bool asks_for_another(const struct wire_call *call)
{
    return (call->outcome != WIRE_OK && call->outcome != WIRE_ERROR) ||
           (call->outcome == WIRE_ERROR &&
            strcmp(call->error.code, "EndpointTemporarilyUnavailableException") == 0);
}

static void call_answered(void *context, struct wire_call *call)
{
    static const char *const outcomes[] = {
        [WIRE_OK] = "done",
        [WIRE_ERROR] = "error",
        [WIRE_REFUSED] = "connection refused",
        [WIRE_RESET] = "connection reset",
        [WIRE_TIMED_OUT] = "timed out",
    };
    struct attempt *attempt = context;
    const char *expected = attempt->drill->file->timeline[attempt->index].call.fails_with;
    const char *got = call->outcome == WIRE_ERROR ? call->error.code : outcomes[call->outcome];
    if (asks_for_another(call) && attempt->endpoint + 1 < attempt->endpoint_count &&
        !attempt->drill->is_ended) {
        attempt->endpoint++;
        attempt_send(attempt);
        return;
    }
    char detail[240];
    snprintf(detail, sizeof detail, "%s%s%s%s%s", got, attempt->endpoint_count > 0 ? " by " : "",
             attempt->endpoint_count > 0 ? attempt->endpoints[attempt->endpoint] : "",
             call->outcome == WIRE_ERROR && call->error.message != NULL ? ": " : "",
             call->outcome == WIRE_ERROR && call->error.message != NULL ? call->error.message : "");
    bool held = expected != NULL ? call->outcome == WIRE_ERROR && strcmp(got, expected) == 0
                                 : call->outcome == WIRE_OK;
    decide(attempt->drill, attempt->index, held, detail);
}

static const char *first_region(const struct drill *drill)
{
    return sim_network_region_by_index(drill->world->core.network, 0)->name;
}

static void attempt_send(struct attempt *attempt)
{
    struct drill *drill = attempt->drill;
    const struct drill_call_entry *call = &drill->file->timeline[attempt->index].call;
    const char *region = call->region != NULL ? call->region : first_region(drill);
    if (attempt->endpoint_count > 0)
        region = attempt->endpoints[attempt->endpoint];
    const struct wire_request request = {
        .service = call->service,
        .operation = call->operation,
        .region = region,
        .caller = "operator",
        .endpoint = attempt->endpoint_count > 0 ? region : NULL,
        .input = attempt->input,
        .client_region = call->from != NULL ? call->from : first_region(drill),
        .timeout_us = CALL_TIMEOUT_US,
    };
    wire_dispatch(drill->world->dispatcher, &request, call_answered, attempt);
}

/* The five endpoints in random order, as ARC's best practices advise: pick one, try the others. */
static void shuffle_endpoints(struct attempt *attempt)
{
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT; i++)
        attempt->endpoints[i] = arc_endpoint_regions[i];
    attempt->endpoint_count = ARC_ENDPOINT_COUNT;
    for (size_t i = ARC_ENDPOINT_COUNT - 1; i > 0; i--) {
        size_t other = (size_t)sim_random_below(&attempt->drill->operator_random, i + 1);
        const char *swapped = attempt->endpoints[i];
        attempt->endpoints[i] = attempt->endpoints[other];
        attempt->endpoints[other] = swapped;
    }
}

static void run_call(struct drill *drill, size_t index)
{
    const struct drill_timeline_entry *entry = &drill->file->timeline[index];
    struct attempt *attempt = sim_arena_alloc(drill->arena, sizeof *attempt);
    attempt->drill = drill;
    attempt->index = index;
    struct sim_error error;
    if (entry->call.input != NULL && topo_node_to_json(entry->call.input, expand_reference, drill,
                                                       &attempt->input, &error) != RESULT_OK) {
        give_up(drill, NULL, &error);
        return;
    }
    sim_arena_defer(drill->arena, release_json, attempt->input);
    if (entry->call.tries_endpoints)
        shuffle_endpoints(attempt);
    attempt_send(attempt);
}

static void run_fault(struct drill *drill, size_t index)
{
    const struct drill_timeline_entry *entry = &drill->file->timeline[index];
    struct sim_error error;
    if (sim_faults_add(drill->world->core.faults, &entry->fault.spec, &drill->fault_ids[index],
                       &error) != RESULT_OK)
        give_up(drill, entry->at, &error);
    else
        decide(drill, index, true, sim_fault_kind_name(entry->fault.spec.kind));
}

static void run_clear(struct drill *drill, size_t index)
{
    const struct drill_timeline_entry *entry = &drill->file->timeline[index];
    for (size_t i = 0; i < index; i++) {
        const struct drill_timeline_entry *earlier = &drill->file->timeline[i];
        if (earlier->action != DRILL_FAULT || earlier->fault.name == NULL ||
            strcmp(earlier->fault.name, entry->clear) != 0 || drill->fault_ids[i] == 0)
            continue;
        struct sim_error ended_already; /* its own duration was shorter: nothing left to clear */
        (void)!sim_faults_remove(drill->world->core.faults, drill->fault_ids[i], &ended_already);
        drill->fault_ids[i] = 0;
    }
    decide(drill, index, true, "cleared");
}

static bool dns_holds(struct drill *drill, const struct drill_expect_entry *expect,
                      const char *wanted, char *detail, size_t detail_bytes)
{
    struct r53_answer answer;
    r53_resolve(drill->world->r53, expect->subject, "A",
                expect->from != NULL ? expect->from : first_region(drill), &answer);
    snprintf(detail, detail_bytes, "answers %.150s",
             answer.value_count > 0 ? answer.values[0] : "nothing");
    return answer.value_count > 0 && strcmp(answer.values[0], wanted) == 0;
}

static bool served_by_holds(struct drill *drill, const struct drill_expect_entry *expect,
                            const char *wanted, char *detail, size_t detail_bytes)
{
    for (size_t i = 0; i < drill->file->client_count; i++) {
        if (strcmp(drill->file->clients[i].name, expect->subject) != 0)
            continue;
        const char *region = drill->measures.clients[i].last_region;
        snprintf(detail, detail_bytes, "served by %s", region[0] != '\0' ? region : "none");
        return strcmp(region, wanted) == 0;
    }
    return false;
}

static void check_run(void *context)
{
    struct check *check = context;
    struct drill *drill = check->drill;
    const struct drill_expect_entry *expect = &drill->file->timeline[check->index].expect;
    const char *wanted = expect->wanted;
    struct sim_error error;
    char detail[200] = "";
    bool held = false;
    if (topo_names_expand(drill->world->names, drill->arena, expect->wanted, &wanted, &error) !=
        RESULT_OK)
        give_up(drill, drill->file->timeline[check->index].at, &error);
    else if (expect->kind == DRILL_EXPECT_DNS)
        held = dns_holds(drill, expect, wanted, detail, sizeof detail);
    else
        held = served_by_holds(drill, expect, wanted, detail, sizeof detail);
    uint64_t now_us = drill_now_us(drill);
    if (!held && now_us < check->until_us && !drill->has_failed) {
        sim_sched_after(drill->world->core.sched, CHECK_EVERY_US, check_run, check);
        return;
    }
    decide(drill, check->index, held, detail);
}

static void run_expect(struct drill *drill, size_t index)
{
    const struct drill_timeline_entry *entry = &drill->file->timeline[index];
    struct check *check = sim_arena_alloc(drill->arena, sizeof *check);
    *check = (struct check){
        .drill = drill, .index = index, .until_us = entry->at_us + entry->expect.within_us};
    check_run(check);
}

struct due { /* an entry of the timeline waiting for its time */
    struct drill *drill;
    size_t index;
};

static void run_due(void *context)
{
    const struct due *due = context;
    switch (due->drill->file->timeline[due->index].action) {
    case DRILL_CALL:
        run_call(due->drill, due->index);
        break;
    case DRILL_FAULT:
        run_fault(due->drill, due->index);
        break;
    case DRILL_CLEAR:
        run_clear(due->drill, due->index);
        break;
    case DRILL_EXPECT:
        run_expect(due->drill, due->index);
        break;
    }
}

static enum sim_result check_call(struct drill *drill, const struct drill_timeline_entry *entry,
                                  struct sim_error *error)
{
    const struct drill_call_entry *call = &entry->call;
    const struct wire_service *service = wire_service_find(drill->world->dispatcher, call->service);
    if (service == NULL)
        return topo_node_fail(entry->at, error, "there is no service '%s'", call->service);
    const struct wire_operation *operation = wire_operation_find(service, call->operation);
    if (operation == NULL || operation->handle == NULL)
        return topo_node_fail(entry->at, error, "%s has no operation '%s' here", call->service,
                              call->operation);
    const char *const regions[] = {call->region, call->from};
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (regions[i] != NULL &&
            sim_network_region_find(drill->world->core.network, regions[i]) == NULL)
            return topo_node_fail(entry->at, error, "the world has no Region '%s'", regions[i]);
    return RESULT_OK;
}

static enum sim_result check_expect(struct drill *drill, const struct drill_timeline_entry *entry,
                                    struct sim_error *error)
{
    const struct drill_expect_entry *expect = &entry->expect;
    if (expect->from != NULL &&
        sim_network_region_find(drill->world->core.network, expect->from) == NULL)
        return topo_node_fail(entry->at, error, "the world has no Region '%s'", expect->from);
    if (expect->kind != DRILL_EXPECT_SERVED_BY)
        return RESULT_OK;
    for (size_t i = 0; i < drill->file->client_count; i++)
        if (strcmp(drill->file->clients[i].name, expect->subject) == 0)
            return RESULT_OK;
    return topo_node_fail(entry->at, error, "there is no client '%s'", expect->subject);
}

enum sim_result drill_timeline_check(struct drill *drill, struct sim_error *error)
{
    for (size_t i = 0; i < drill->file->timeline_count; i++) {
        const struct drill_timeline_entry *entry = &drill->file->timeline[i];
        enum sim_result result = RESULT_OK;
        if (entry->action == DRILL_CALL)
            result = check_call(drill, entry, error);
        else if (entry->action == DRILL_EXPECT)
            result = check_expect(drill, entry, error);
        if (result != RESULT_OK)
            return result;
    }
    if (drill->file->leaves != NULL &&
        sim_network_region_find(drill->world->core.network, drill->file->leaves) == NULL)
        return topo_node_fail(drill->file->leaves_at, error,
                              "the world has no Region '%s' to leave", drill->file->leaves);
    return RESULT_OK;
}

void drill_timeline_start(struct drill *drill)
{
    size_t count = drill->file->timeline_count;
    struct due *dues = sim_arena_alloc_array(drill->arena, count + 1, sizeof *dues);
    for (size_t i = 0; i < count; i++) {
        dues[i] = (struct due){.drill = drill, .index = i};
        drill->verdicts[i].entry = &drill->file->timeline[i];
        sim_sched_at(drill->world->core.sched, drill->began_us + drill->file->timeline[i].at_us,
                     run_due, &dues[i]);
    }
}
