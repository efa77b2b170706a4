#include "sim/drill/drill_file.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/duration.h"

/* clang-format off */
const struct drill_measure_fact drill_measures[DRILL_MEASURE_COUNT] = {
    [DRILL_RECOVERY_TIME]       = {"recovery_time", "achieved recovery time", DRILL_UNIT_DURATION, false},
    [DRILL_RECOVERY_POINT]      = {"recovery_point", "achieved recovery point", DRILL_UNIT_DURATION, false},
    [DRILL_MISSING_AT_INCIDENT] = {"missing_at_incident", "writes not yet replicated at the incident", DRILL_UNIT_COUNT, false},
    [DRILL_LOST_WRITES]         = {"lost_writes", "lost writes", DRILL_UNIT_COUNT, false},
    [DRILL_FAILED_REQUESTS]     = {"failed_requests", "failed requests", DRILL_UNIT_COUNT, false},
    [DRILL_STALE_READS]         = {"stale_reads", "stale reads", DRILL_UNIT_COUNT, false},
    [DRILL_CONFLICTS]           = {"conflicts", "conflicting writes", DRILL_UNIT_COUNT, false},
    [DRILL_AVAILABILITY]        = {"availability", "availability", DRILL_UNIT_RATE, true},
    [DRILL_REPLICATION_P50]     = {"replication_latency_p50", "replication latency p50", DRILL_UNIT_DURATION, false},
    [DRILL_REPLICATION_P99]     = {"replication_latency_p99", "replication latency p99", DRILL_UNIT_DURATION, false},
    [DRILL_OPERATION_P50]       = {"operation_latency_p50", "operation latency in Region p50", DRILL_UNIT_DURATION, false},
    [DRILL_OPERATION_P99]       = {"operation_latency_p99", "operation latency in Region p99", DRILL_UNIT_DURATION, false},
};

static const struct topo_key drill_keys[] = {
    {"drill", true}, {"kind", false}, {"description", false}, {"world", true}, {"seed", false},
    {"duration", true}, {"incident", false}, {"leaves", false}, {"clients", true}, {"timeline", false},
    {"objectives", false},
};
static const struct topo_key client_keys[] = {
    {"name", true}, {"region", true}, {"application", true}, {"host", true}, {"resolver", false},
    {"timeout", false}, {"starts", false}, {"every", true}, {"iterations", true}, {"prepare", false},
    {"each", true},
};
static const struct topo_key resolver_keys[] = {
    {"ttl", false}, {"minimum_ttl", false}, {"maximum_ttl", false}, {"keeps_connection", false},
    {"lookup", false}, {"negative_ttl", false}, {"prefetch", false},
};
static const struct topo_key step_keys[] = {
    {"request", true}, {"times", false}, {"keep", false}, {"writes", false}, {"reads_own_write", false},
};
static const struct topo_key writes_keys[] = {{"table", true}, {"key", true}};
static const struct topo_key timeline_keys[] = {
    {"at", true}, {"name", false}, {"call", false}, {"fault", false}, {"clear", false}, {"expect", false},
};
static const struct topo_key call_keys[] = {
    {"service", true}, {"operation", true}, {"region", false}, {"from", false}, {"endpoints", false},
    {"input", false}, {"fails_with", false},
};
static const struct topo_key fault_keys[] = {
    {"kind", true}, {"name", false}, {"region", false}, {"service", false}, {"operation", false},
    {"resource", false}, {"from", false}, {"to", false}, {"plane", false}, {"rate", false},
    {"duration", false}, {"latency", false}, {"skew", false}, {"status", false},
};
static const struct topo_key expect_keys[] = {
    {"dns", false}, {"from", false}, {"answers", false}, {"client", false}, {"served_by", false},
    {"within", false},
};
static const struct topo_key objective_keys[] = {
    {"recovery_time", false}, {"recovery_point", false}, {"missing_at_incident", false},
    {"lost_writes", false}, {"failed_requests", false}, {"stale_reads", false}, {"conflicts", false},
    {"availability", false}, {"replication_latency_p50", false}, {"replication_latency_p99", false},
    {"operation_latency_p50", false}, {"operation_latency_p99", false},
};
_Static_assert(ARRAY_LEN(objective_keys) == DRILL_MEASURE_COUNT, "each measure is a key");

static const struct topo_section sections[] = {
    TOPO_SECTION("drill", drill_keys),       TOPO_SECTION("client", client_keys),
    TOPO_SECTION("resolver", resolver_keys), TOPO_SECTION("step", step_keys),
    TOPO_SECTION("writes", writes_keys),     TOPO_SECTION("timeline", timeline_keys),
    TOPO_SECTION("call", call_keys),         TOPO_SECTION("fault", fault_keys),
    TOPO_SECTION("expect", expect_keys),     TOPO_SECTION("objectives", objective_keys),
};
/* clang-format on */
enum section {
    SECTION_DRILL,
    SECTION_CLIENT,
    SECTION_RESOLVER,
    SECTION_STEP,
    SECTION_WRITES,
    SECTION_TIMELINE,
    SECTION_CALL,
    SECTION_FAULT,
    SECTION_EXPECT,
    SECTION_OBJECTIVES,
};

#define DURATION_MAX_US (UINT64_C(30) * 24 * 3600 * SIM_US_PER_S)
#define ITERATIONS_MAX  10000000
#define CLIENTS_MAX     ((size_t)1000)
#define TIMES_MAX       100000
#define COUNT_MAX       UINT64_C(1000000000000) /* of an objective; JSON still has it exactly */

/* What every reader needs. The first failure sticks: later reads do nothing, so that a reader is a
 * list of lines and is checked once at its end. */
struct reader {
    struct sim_arena *arena;
    struct sim_error *error;
    enum sim_result result;
    const char *text; /* the last one read */
};

static bool read_section(struct reader *reader, const struct topo_node *node, enum section section)
{
    if (reader->result == RESULT_OK)
        reader->result = topo_check_section(node, &sections[section], reader->error);
    return reader->result == RESULT_OK;
}

static const char *read_text(struct reader *reader, const struct topo_node *node, const char *key)
{
    reader->text = NULL;
    if (reader->result == RESULT_OK)
        reader->result = topo_read_text(topo_node_find(node, key), &reader->text, reader->error);
    return reader->text;
}

static uint64_t read_duration(struct reader *reader, const struct topo_node *node, const char *key,
                              uint64_t low_us, uint64_t fallback_us)
{
    uint64_t duration_us = fallback_us;
    if (reader->result == RESULT_OK)
        reader->result = topo_read_duration(topo_node_find(node, key), low_us, DURATION_MAX_US,
                                            &duration_us, reader->error);
    return duration_us;
}

static int64_t read_integer(struct reader *reader, const struct topo_node *node, const char *key,
                            int64_t low, int64_t high, int64_t fallback)
{
    int64_t number = fallback;
    if (reader->result == RESULT_OK)
        reader->result =
            topo_read_integer(topo_node_find(node, key), low, high, &number, reader->error);
    return number;
}

static bool read_flag(struct reader *reader, const struct topo_node *node, const char *key)
{
    bool flag = false;
    if (reader->result == RESULT_OK)
        reader->result = topo_read_flag(topo_node_find(node, key), &flag, reader->error);
    return flag;
}

static size_t read_choice(struct reader *reader, const struct topo_node *node, const char *key,
                          const char *const *words, size_t word_count, size_t fallback)
{
    size_t choice = fallback;
    if (reader->result == RESULT_OK)
        reader->result =
            topo_read_choice(topo_node_find(node, key), words, word_count, &choice, reader->error);
    return choice;
}

/* The children of a list, or nothing; the kind is checked. */
static size_t list_length(struct reader *reader, const struct topo_node *list)
{
    if (list == NULL || reader->result != RESULT_OK)
        return 0;
    reader->result = topo_expect(list, TOPO_SEQUENCE, reader->error);
    return reader->result == RESULT_OK ? list->count : 0;
}

static void fail(struct reader *reader, const struct topo_node *node, const char *sentence)
{
    if (reader->result == RESULT_OK)
        reader->result = topo_node_fail(node, reader->error, "%s", sentence);
}

static struct drill_resolver_options read_resolver(struct reader *reader,
                                                   const struct topo_node *node)
{
    static const char *const words[] = {"honours", "ignores", "pins"};
    struct drill_resolver_options options = {.lookup_us = 2 * SIM_US_PER_MS};
    if (node == NULL || !read_section(reader, node, SECTION_RESOLVER))
        return options;
    options.ttl = (enum drill_ttl)read_choice(reader, node, "ttl", words, ARRAY_LEN(words), 0);
    options.minimum_ttl_us = read_duration(reader, node, "minimum_ttl", 0, 0);
    options.maximum_ttl_us = read_duration(reader, node, "maximum_ttl", 0, 0);
    options.negative_ttl_us = read_duration(reader, node, "negative_ttl", 0, 0);
    options.prefetches = read_flag(reader, node, "prefetch");
    options.keeps_connection = read_flag(reader, node, "keeps_connection");
    options.lookup_us = read_duration(reader, node, "lookup", 0, options.lookup_us);
    return options;
}

static void read_request_line(struct reader *reader, const struct topo_node *node,
                              struct drill_step *step)
{
    const char *line = read_text(reader, node, "request");
    const char *blank = line != NULL ? strchr(line, ' ') : NULL;
    if (line == NULL)
        return;
    if (blank == NULL || blank == line || blank[1] != '/') {
        fail(reader, topo_node_find(node, "request"),
             "a request is METHOD and path, for example \"GET /orders?orderId={uuid}\"");
        return;
    }
    step->method = sim_arena_strndup(reader->arena, line, (size_t)(blank - line));
    step->target = blank + 1;
}

static void read_keeps(struct reader *reader, const struct topo_node *keep, struct drill_step *step)
{
    if (keep == NULL || reader->result != RESULT_OK)
        return;
    reader->result = topo_expect(keep, TOPO_MAPPING, reader->error);
    if (reader->result != RESULT_OK)
        return;
    if (keep->count > DRILL_KEEPS_MAX) {
        fail(reader, keep, "a step keeps at most 8 variables");
        return;
    }
    for (const struct topo_node *child = keep->first; child != NULL; child = child->next) {
        struct drill_keep *kept = &step->keeps[step->keep_count++];
        kept->variable = child->key->text;
        if (reader->result == RESULT_OK)
            reader->result = topo_read_text(child, &kept->member, reader->error);
    }
}

static void read_step(struct reader *reader, const struct topo_node *node, struct drill_step *step)
{
    step->at = node;
    if (!read_section(reader, node, SECTION_STEP))
        return;
    read_request_line(reader, node, step);
    step->times = read_integer(reader, node, "times", 1, TIMES_MAX, 1);
    step->reads_own_write = read_flag(reader, node, "reads_own_write");
    read_keeps(reader, topo_node_find(node, "keep"), step);
    const struct topo_node *writes = topo_node_find(node, "writes");
    if (writes == NULL || !read_section(reader, writes, SECTION_WRITES))
        return;
    step->write_table = read_text(reader, writes, "table");
    step->write_key = topo_node_find(writes, "key");
    if (reader->result == RESULT_OK)
        reader->result = topo_expect(step->write_key, TOPO_MAPPING, reader->error);
}

static const struct drill_step *read_steps(struct reader *reader, const struct topo_node *list,
                                           size_t *count)
{
    size_t length = list_length(reader, list);
    struct drill_step *steps =
        sim_arena_alloc_array(reader->arena, length + 1, sizeof(struct drill_step));
    *count = 0;
    for (const struct topo_node *node = list != NULL ? list->first : NULL;
         node != NULL && reader->result == RESULT_OK; node = node->next)
        read_step(reader, node, &steps[(*count)++]);
    return steps;
}

static void read_client(struct reader *reader, const struct topo_node *node,
                        struct drill_client_options *client)
{
    client->at = node;
    if (!read_section(reader, node, SECTION_CLIENT))
        return;
    client->name = read_text(reader, node, "name");
    client->region = read_text(reader, node, "region");
    client->application = read_text(reader, node, "application");
    client->host = read_text(reader, node, "host");
    client->resolver = read_resolver(reader, topo_node_find(node, "resolver"));
    client->timeout_us = read_duration(reader, node, "timeout", SIM_US_PER_MS, 5 * SIM_US_PER_S);
    client->starts_us = read_duration(reader, node, "starts", 0, 0);
    client->every_us = read_duration(reader, node, "every", SIM_US_PER_MS, SIM_US_PER_S);
    client->iterations = read_integer(reader, node, "iterations", 1, ITERATIONS_MAX, 1);
    client->prepare = read_steps(reader, topo_node_find(node, "prepare"), &client->prepare_count);
    client->each = read_steps(reader, topo_node_find(node, "each"), &client->each_count);
    for (size_t i = 0; i < client->each_count && reader->result == RESULT_OK; i++)
        if (client->each[i].keep_count > 0)
            fail(reader, topo_node_find(client->each[i].at, "keep"), "'keep' belongs to 'prepare'");
    if (client->each_count == 0)
        fail(reader, node, "a client needs at least one step under 'each'");
}

static void read_clients(struct reader *reader, const struct topo_node *list,
                         struct drill_file *file)
{
    size_t length = list_length(reader, list);
    if (length > CLIENTS_MAX)
        fail(reader, list, "a drill has at most 1000 clients");
    if (length == 0)
        fail(reader, list, "a drill needs at least one client");
    struct drill_client_options *clients =
        sim_arena_alloc_array(reader->arena, length + 1, sizeof *clients);
    for (const struct topo_node *node = list->first; node != NULL && reader->result == RESULT_OK;
         node = node->next) {
        struct drill_client_options *client = &clients[file->client_count];
        read_client(reader, node, client);
        for (size_t i = 0; i < file->client_count && reader->result == RESULT_OK; i++)
            if (strcmp(clients[i].name, client->name) == 0)
                fail(reader, node, "two clients have the same name");
        file->client_count++;
    }
    file->clients = clients;
}

static struct drill_call_entry read_call(struct reader *reader, const struct topo_node *node)
{
    static const char *const words[] = {"any"};
    struct drill_call_entry call = {0};
    if (!read_section(reader, node, SECTION_CALL))
        return call;
    call.service = read_text(reader, node, "service");
    call.operation = read_text(reader, node, "operation");
    call.region = read_text(reader, node, "region");
    call.from = read_text(reader, node, "from");
    call.tries_endpoints = read_choice(reader, node, "endpoints", words, 1, 1) == 0;
    call.input = topo_node_find(node, "input");
    call.fails_with = read_text(reader, node, "fails_with");
    if (call.input != NULL && reader->result == RESULT_OK)
        reader->result = topo_expect(call.input, TOPO_MAPPING, reader->error);
    return call;
}

static enum sim_fault_kind read_fault_kind(struct reader *reader, const struct topo_node *node)
{
    const char *names[SIM_FAULT_KIND_COUNT];
    for (size_t i = 0; i < SIM_FAULT_KIND_COUNT; i++)
        names[i] = sim_fault_kind_name((enum sim_fault_kind)i);
    return (enum sim_fault_kind)read_choice(reader, node, "kind", names, SIM_FAULT_KIND_COUNT, 0);
}

static struct drill_fault_entry read_fault(struct reader *reader, const struct topo_node *node)
{
    static const char *const planes[] = {"any", "control", "data"};
    struct drill_fault_entry fault = {0};
    if (!read_section(reader, node, SECTION_FAULT))
        return fault;
    struct sim_fault_spec *spec = &fault.spec;
    fault.name = read_text(reader, node, "name");
    spec->kind = read_fault_kind(reader, node);
    spec->region = read_text(reader, node, "region");
    spec->service = read_text(reader, node, "service");
    spec->operation = read_text(reader, node, "operation");
    spec->resource = read_text(reader, node, "resource");
    spec->from = read_text(reader, node, "from");
    spec->to = read_text(reader, node, "to");
    spec->plane =
        (enum sim_fault_plane)read_choice(reader, node, "plane", planes, ARRAY_LEN(planes), 0);
    if (reader->result == RESULT_OK)
        reader->result =
            topo_read_rate(topo_node_find(node, "rate"), &spec->rate_ppm, reader->error);
    if (topo_node_find(node, "rate") != NULL && spec->rate_ppm == 0)
        fail(reader, topo_node_find(node, "rate"),
             "a rate of 0 can hit nothing; leave it out for always");
    spec->duration_us = read_duration(reader, node, "duration", 1, 0);
    spec->latency_us = read_duration(reader, node, "latency", 1, 0);
    spec->skew_us = (int64_t)read_duration(reader, node, "skew", 0, 0);
    spec->status = (int)read_integer(reader, node, "status", 500, 599, 0);
    return fault;
}

static struct drill_expect_entry read_expect(struct reader *reader, const struct topo_node *node)
{
    struct drill_expect_entry expect = {0};
    if (!read_section(reader, node, SECTION_EXPECT))
        return expect;
    const char *dns = read_text(reader, node, "dns");
    const char *client = read_text(reader, node, "client");
    if ((dns == NULL) == (client == NULL)) {
        fail(reader, node,
             "an expectation has either 'dns' with 'answers', or 'client' with 'served_by'");
        return expect;
    }
    const char *const foreign[] = {dns != NULL ? "served_by" : "answers",
                                   dns != NULL ? NULL : "from"};
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (foreign[i] != NULL && topo_node_find(node, foreign[i]) != NULL)
            fail(reader, topo_node_find(node, foreign[i]),
                 "'answers' and 'from' belong to 'dns', 'served_by' to 'client'");
    expect.kind = dns != NULL ? DRILL_EXPECT_DNS : DRILL_EXPECT_SERVED_BY;
    expect.subject = dns != NULL ? dns : client;
    expect.from = read_text(reader, node, "from");
    expect.wanted = read_text(reader, node, dns != NULL ? "answers" : "served_by");
    expect.within_us = read_duration(reader, node, "within", 0, 0);
    if (expect.wanted == NULL)
        fail(reader, node, dns != NULL ? "'dns' needs 'answers'" : "'client' needs 'served_by'");
    return expect;
}

static void read_timeline_entry(struct reader *reader, const struct topo_node *node,
                                struct drill_timeline_entry *entry)
{
    static const char *const actions[] = {"call", "fault", "clear", "expect"};
    entry->at = node;
    if (!read_section(reader, node, SECTION_TIMELINE))
        return;
    entry->at_us = read_duration(reader, node, "at", 0, 0);
    entry->name = read_text(reader, node, "name");
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (topo_node_find(node, actions[i]) != NULL) {
            entry->action = (enum drill_action)i;
            given++;
        }
    if (given != 1) {
        fail(reader, node,
             "a timeline entry has exactly one of 'call', 'fault', 'clear', 'expect'");
        return;
    }
    switch (entry->action) {
    case DRILL_CALL:
        entry->call = read_call(reader, topo_node_find(node, "call"));
        break;
    case DRILL_FAULT:
        entry->fault = read_fault(reader, topo_node_find(node, "fault"));
        break;
    case DRILL_CLEAR:
        entry->clear = read_text(reader, node, "clear");
        break;
    case DRILL_EXPECT:
        entry->expect = read_expect(reader, topo_node_find(node, "expect"));
        break;
    }
}

/* By time; entries at the same time keep the order of the file. */
static int compare_entries(const void *left, const void *right)
{
    const struct drill_timeline_entry *a = left;
    const struct drill_timeline_entry *b = right;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    if (a->at->line != b->at->line)
        return a->at->line < b->at->line ? -1 : 1;
    return a->at->column < b->at->column ? -1 : a->at->column > b->at->column;
}

static void check_clears(struct reader *reader, const struct drill_file *file)
{
    for (size_t i = 0; i < file->timeline_count; i++) {
        const struct drill_timeline_entry *entry = &file->timeline[i];
        bool found = entry->action != DRILL_CLEAR;
        for (size_t j = 0; j < i && !found; j++)
            found = file->timeline[j].action == DRILL_FAULT &&
                    file->timeline[j].fault.name != NULL &&
                    strcmp(file->timeline[j].fault.name, entry->clear) == 0;
        if (!found)
            fail(reader, entry->at, "'clear' names no fault that began before");
    }
}

static void read_timeline(struct reader *reader, const struct topo_node *list,
                          struct drill_file *file)
{
    size_t length = list_length(reader, list);
    struct drill_timeline_entry *entries =
        sim_arena_alloc_array(reader->arena, length + 1, sizeof *entries);
    for (const struct topo_node *node = list != NULL ? list->first : NULL;
         node != NULL && reader->result == RESULT_OK; node = node->next) {
        struct drill_timeline_entry *entry = &entries[file->timeline_count++];
        read_timeline_entry(reader, node, entry);
        if (reader->result == RESULT_OK && entry->at_us > file->duration_us)
            fail(reader, node, "'at' lies behind the drill's duration");
    }
    if (reader->result != RESULT_OK)
        return;
    qsort(entries, file->timeline_count, sizeof *entries, compare_entries);
    file->timeline = entries;
    check_clears(reader, file);
}

/* One bound of an objective, in its unit. */
static enum sim_result parse_bound(enum drill_unit unit, const char *text, uint64_t *bound,
                                   struct sim_error *error)
{
    switch (unit) {
    case DRILL_UNIT_DURATION:
        return sim_duration_parse(text, bound, error);
    case DRILL_UNIT_RATE:
        return sim_rate_parse(text, bound, error);
    case DRILL_UNIT_COUNT:
        break;
    }
    char *end = NULL;
    *bound = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || *bound > COUNT_MAX)
        return sim_error_set(error, RESULT_INVALID, "\"%s\" is no count; allowed: 0, 1, 2 ...",
                             text);
    return RESULT_OK;
}

/* "90s": the most (or the least, where more is better); "600ms..1200ms": between. */
static void read_objective(struct reader *reader, const struct topo_node *value,
                           enum drill_measure measure, struct drill_objective *objective)
{
    const struct drill_measure_fact *fact = &drill_measures[measure];
    const char *text = NULL;
    if (value == NULL || reader->result != RESULT_OK)
        return;
    reader->result = topo_read_text(value, &text, reader->error);
    if (reader->result != RESULT_OK)
        return;
    *objective = (struct drill_objective){.at = value, .is_set = true, .high = UINT64_MAX};
    const char *dots = strstr(text, "..");
    struct sim_error why;
    enum sim_result result;
    if (dots != NULL) {
        const char *low = sim_arena_strndup(reader->arena, text, (size_t)(dots - text));
        result = parse_bound(fact->unit, low, &objective->low, &why);
        if (result == RESULT_OK)
            result = parse_bound(fact->unit, dots + 2, &objective->high, &why);
    } else {
        result = parse_bound(fact->unit, text,
                             fact->more_is_better ? &objective->low : &objective->high, &why);
    }
    if (result != RESULT_OK)
        reader->result = topo_node_fail(value, reader->error, "%s", why.message);
    else if (objective->low > objective->high)
        fail(reader, value, "the lower bound is above the upper one");
}

static void read_objectives(struct reader *reader, const struct topo_node *node,
                            struct drill_file *file)
{
    if (node == NULL || !read_section(reader, node, SECTION_OBJECTIVES))
        return;
    for (size_t i = 0; i < DRILL_MEASURE_COUNT; i++)
        read_objective(reader, topo_node_find(node, drill_measures[i].key), (enum drill_measure)i,
                       &file->objectives[i]);
}

static void read_drill(struct reader *reader, const struct topo_node *root, struct drill_file *file)
{
    static const char *const kinds[] = {"isolation", "recovery"};
    if (!read_section(reader, root, SECTION_DRILL))
        return;
    file->title = read_text(reader, root, "drill");
    file->description = read_text(reader, root, "description");
    file->kind = (enum drill_kind)read_choice(reader, root, "kind", kinds, ARRAY_LEN(kinds), 0);
    file->world = read_text(reader, root, "world");
    file->world_at = topo_node_find(root, "world");
    file->seed = (uint64_t)read_integer(reader, root, "seed", 0, INT64_MAX, 1);
    file->duration_us = read_duration(reader, root, "duration", SIM_US_PER_S, SIM_US_PER_S);
    file->incident_us = read_duration(reader, root, "incident", 0, 0);
    file->leaves = read_text(reader, root, "leaves");
    file->leaves_at = topo_node_find(root, "leaves");
    if (reader->result == RESULT_OK && file->incident_us > file->duration_us)
        fail(reader, topo_node_find(root, "incident"),
             "'incident' lies behind the drill's duration");
    if (reader->result == RESULT_OK)
        read_clients(reader, topo_node_find(root, "clients"), file);
    if (reader->result == RESULT_OK)
        read_timeline(reader, topo_node_find(root, "timeline"), file);
    if (reader->result == RESULT_OK)
        read_objectives(reader, topo_node_find(root, "objectives"), file);
}

enum sim_result drill_file_read(struct sim_arena *arena, const struct topo_node *root,
                                const struct drill_file **file, struct sim_error *error)
{
    struct drill_file *loaded = sim_arena_alloc(arena, sizeof *loaded);
    struct reader reader = {.arena = arena, .error = error, .result = RESULT_OK};
    loaded->path = root->file;
    read_drill(&reader, root, loaded);
    if (reader.result == RESULT_OK)
        *file = loaded;
    return reader.result;
}

enum sim_result drill_file_load(struct sim_arena *arena, const char *path,
                                const struct drill_file **file, struct sim_error *error)
{
    const struct topo_node *root = NULL;
    enum sim_result result = topo_yaml_load(arena, path, &root, error);
    return result == RESULT_OK ? drill_file_read(arena, root, file, error) : result;
}

size_t drill_section_count(void)
{
    return ARRAY_LEN(sections);
}

const struct topo_section *drill_section_at(size_t index)
{
    PRE(index < ARRAY_LEN(sections));
    return &sections[index];
}
