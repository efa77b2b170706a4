/* Faults: add, list with what each has hit, clear. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/console/control_internal.h"
#include "sim/core/duration.h"

static bool plane_read(struct control_exchange *exchange, enum sim_fault_plane *plane)
{
    const char *text = control_text(exchange, "plane");
    *plane = SIM_PLANE_ANY;
    if (text == NULL)
        return true;
    if (strcmp(text, "control") == 0)
        *plane = SIM_PLANE_CONTROL;
    else if (strcmp(text, "data") == 0)
        *plane = SIM_PLANE_DATA;
    else if (strcmp(text, "any") != 0) {
        control_fail(exchange, 400, "'plane' is one of control, data, any");
        return false;
    }
    return true;
}

/* "2s" or "-500ms" */
static bool skew_read(struct control_exchange *exchange, int64_t *skew_us)
{
    const char *text = control_text(exchange, "skew");
    if (text == NULL)
        return true;
    bool is_negative = text[0] == '-';
    uint64_t magnitude_us = 0;
    struct sim_error error;
    if (sim_duration_parse(text + is_negative, &magnitude_us, &error) != RESULT_OK) {
        control_fail_with(exchange, &error);
        return false;
    }
    *skew_us = is_negative ? -(int64_t)magnitude_us : (int64_t)magnitude_us;
    return true;
}

static bool status_read(struct control_exchange *exchange, int *status)
{
    const char *text = control_text(exchange, "status");
    if (text == NULL)
        return true;
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (*end == '\0' && number >= 500 && number <= 599) {
        *status = (int)number;
        return true;
    }
    control_fail(exchange, 400, "'status' is a number from 500 to 599, not \"%s\"", text);
    return false;
}

static bool kind_read(struct control_exchange *exchange, enum sim_fault_kind *kind)
{
    const char *name = control_text(exchange, "kind");
    *kind = name != NULL ? sim_fault_kind_by_name(name) : SIM_FAULT_KIND_COUNT;
    if (*kind != SIM_FAULT_KIND_COUNT)
        return true;
    const char *known = "";
    for (size_t i = 0; i < SIM_FAULT_KIND_COUNT; i++)
        known = sim_arena_printf(exchange->arena, "%s%s%s", known, i > 0 ? ", " : "",
                                 sim_fault_kind_name((enum sim_fault_kind)i));
    control_fail(exchange, 400, "'kind' is one of %s", known);
    return false;
}

static bool spec_read(struct control_exchange *exchange, struct sim_fault_spec *spec)
{
    struct sim_error error;
    const char *rate = control_text(exchange, "rate");
    *spec = (struct sim_fault_spec){
        .region = control_text(exchange, "region"),
        .service = control_text(exchange, "service"),
        .operation = control_text(exchange, "operation"),
        .resource = control_text(exchange, "resource"),
        .from = control_text(exchange, "from"),
        .to = control_text(exchange, "to"),
    };
    if (!kind_read(exchange, &spec->kind) || !plane_read(exchange, &spec->plane) ||
        !control_duration(exchange, "duration", &spec->duration_us) ||
        !control_duration(exchange, "latency", &spec->latency_us) ||
        !skew_read(exchange, &spec->skew_us) || !status_read(exchange, &spec->status))
        return false;
    if (rate == NULL)
        return true;
    if (sim_rate_parse(rate, &spec->rate_ppm, &error) != RESULT_OK) {
        control_fail_with(exchange, &error);
        return false;
    }
    if (spec->rate_ppm > 0)
        return true;
    control_fail(exchange, 400, "a rate of %s can hit nothing; leave it out for always", rate);
    return false;
}

static const char *plane_text(enum sim_fault_plane plane)
{
    static const char *const texts[] = {
        [SIM_PLANE_ANY] = "", [SIM_PLANE_CONTROL] = "control", [SIM_PLANE_DATA] = "data"};
    return texts[plane];
}

/* "300ms", "-2s"; "" for none */
static const char *span_text(struct sim_arena *arena, bool is_negative, uint64_t duration_us)
{
    char text[SIM_DURATION_TEXT_BYTES];
    if (duration_us == 0)
        return "";
    sim_duration_format(duration_us, text);
    return sim_arena_printf(arena, "%s%s", is_negative ? "-" : "", text);
}

static const char *skew_text(struct sim_arena *arena, int64_t skew_us)
{
    return span_text(arena, skew_us < 0, (uint64_t)(skew_us < 0 ? -skew_us : skew_us));
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        cJSON_AddStringToObject(object, name, text);
}

static cJSON *fault_json(struct sim_arena *arena, const struct sim_fault_view *view)
{
    const struct sim_fault_spec *spec = view->spec;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "id", (double)view->id);
    cJSON_AddStringToObject(object, "kind", sim_fault_kind_name(spec->kind));
    add_text(object, "region", spec->region);
    add_text(object, "service", spec->service);
    add_text(object, "operation", spec->operation);
    add_text(object, "resource", spec->resource);
    add_text(object, "from", spec->from);
    add_text(object, "to", spec->to);
    add_text(object, "plane", plane_text(spec->plane));
    add_text(object, "latency", span_text(arena, false, spec->latency_us));
    add_text(object, "skew", skew_text(arena, spec->skew_us));
    if (spec->status > 0)
        cJSON_AddNumberToObject(object, "status", spec->status);
    if (spec->rate_ppm > 0 && spec->rate_ppm < SIM_PPM)
        cJSON_AddNumberToObject(object, "rate_ppm", (double)spec->rate_ppm);
    if (view->ends_us > 0) {
        char ends[SIM_CLOCK_TEXT_BYTES];
        sim_clock_format(view->ends_us, ends);
        cJSON_AddStringToObject(object, "ends", ends);
    }
    cJSON_AddNumberToObject(object, "hits", (double)view->hit_count);
    add_text(object, "last_hit", view->last_hit);
    return object;
}

/* "20%", "0.5%"; "" for always */
static const char *rate_text(struct sim_arena *arena, uint64_t rate_ppm)
{
    if (rate_ppm == 0 || rate_ppm >= SIM_PPM)
        return "";
    return sim_arena_printf(arena, "%.15g%%", (double)rate_ppm / 10000);
}

/* "3 partition from=us-east-1 to=us-west-2: 12 hits, last ..." */
static const char *fault_line(struct sim_arena *arena, const struct sim_fault_view *view)
{
    const struct {
        const char *name, *value;
    } scopes[] = {
        {"region", view->spec->region},
        {"service", view->spec->service},
        {"operation", view->spec->operation},
        {"resource", view->spec->resource},
        {"from", view->spec->from},
        {"to", view->spec->to},
        {"plane", plane_text(view->spec->plane)},
        {"rate", rate_text(arena, view->spec->rate_ppm)},
        {"latency", span_text(arena, false, view->spec->latency_us)},
        {"skew", skew_text(arena, view->spec->skew_us)},
    };
    const char *line =
        sim_arena_printf(arena, "%" PRIu64 " %s", view->id, sim_fault_kind_name(view->spec->kind));
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
        if (scopes[i].value != NULL && scopes[i].value[0] != '\0')
            line = sim_arena_printf(arena, "%s %s=%s", line, scopes[i].name, scopes[i].value);
    line = sim_arena_printf(arena, "%s: %" PRIu64 " hits", line, view->hit_count);
    if (view->last_hit != NULL)
        line = sim_arena_printf(arena, "%s, last %s", line, view->last_hit);
    return line;
}

static bool view_find(struct sim_faults *faults, uint64_t id, struct sim_fault_view *view)
{
    for (size_t i = 0; i < sim_faults_count(faults); i++) {
        sim_faults_view(faults, i, view);
        if (view->id == id)
            return true;
    }
    return false;
}

void control_fault_add(struct control_exchange *exchange)
{
    struct sim_faults *faults = exchange->world->core.faults;
    struct sim_fault_spec spec;
    uint64_t id;
    struct sim_error error;
    struct sim_fault_view view;
    if (!spec_read(exchange, &spec))
        return;
    if (sim_faults_add(faults, &spec, &id, &error) != RESULT_OK)
        control_fail_with(exchange, &error);
    else if (view_find(faults, id, &view))
        control_reply(exchange, fault_json(exchange->arena, &view), "fault %s",
                      fault_line(exchange->arena, &view));
}

void control_faults_list(struct control_exchange *exchange)
{
    const struct sim_faults *faults = exchange->world->core.faults;
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "faults");
    const char *lines = sim_faults_count(faults) > 0 ? "" : "no faults";
    for (size_t i = 0; i < sim_faults_count(faults); i++) {
        struct sim_fault_view view;
        sim_faults_view(faults, i, &view);
        cJSON_AddItemToArray(list, fault_json(exchange->arena, &view));
        lines = sim_arena_printf(exchange->arena, "%s%s%s", lines, i > 0 ? "\n" : "",
                                 fault_line(exchange->arena, &view));
    }
    control_reply(exchange, answer, "%s", lines);
}

/* One by its id, or all; each tells what it hit. */
void control_faults_clear(struct control_exchange *exchange)
{
    struct sim_faults *faults = exchange->world->core.faults;
    const char *id_text = control_text(exchange, "id");
    uint64_t wanted = 0;
    if (id_text != NULL) {
        char *end = NULL;
        wanted = strtoull(id_text, &end, 10);
        if (id_text[0] < '0' || id_text[0] > '9' || *end != '\0') {
            control_fail(exchange, 400, "'id' is a fault's number, not \"%s\"", id_text);
            return;
        }
    }
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "cleared");
    const char *lines = "";
    for (size_t i = sim_faults_count(faults); i-- > 0;) {
        struct sim_fault_view view;
        struct sim_error error;
        sim_faults_view(faults, i, &view);
        if (id_text != NULL && view.id != wanted)
            continue;
        cJSON_AddItemToArray(list, fault_json(exchange->arena, &view));
        lines = sim_arena_printf(exchange->arena, "cleared %s%s%s",
                                 fault_line(exchange->arena, &view), lines[0] ? "\n" : "", lines);
        (void)!sim_faults_remove(faults, view.id, &error); /* it is there: we have just seen it */
    }
    if (id_text != NULL && lines[0] == '\0') {
        cJSON_Delete(answer);
        control_fail(exchange, 404, "there is no fault %s", id_text);
        return;
    }
    control_reply(exchange, answer, "%s", lines[0] != '\0' ? lines : "no faults");
}
