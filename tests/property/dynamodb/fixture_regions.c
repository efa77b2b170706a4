#include "tests/property/dynamodb/fixture_regions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/buffer.h"

const char *const regions_eventual[REGIONS_MAX] = {"us-east-1", "us-west-2", "eu-west-1"};
const char *const regions_strong[REGIONS_MAX] = {"us-east-1", "us-west-2", "us-east-2"};

/* --- calls ---------------------------------------------------------------------------------------
 */

static cJSON *input_of(const char *format, va_list arguments)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    sim_buffer_vprintf(&json, format, arguments);
    for (char *c = json.data; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    cJSON *input = cJSON_Parse(json.data);
    if (input == NULL)
        fail_msg("bad JSON %s", json.data);
    sim_buffer_fini(&json);
    return input;
}

cJSON *regions_input(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cJSON *input = input_of(format, arguments);
    va_end(arguments);
    return input;
}

/* Items stand in answers as ready JSON text: as a client would, we read the whole anew. */
void regions_take_answer(struct regions_answer *answer, const struct wire_call *call)
{
    *answer = (struct regions_answer){.outcome = call->outcome};
    if (call->outcome == WIRE_OK && call->output != NULL) {
        char *text = cJSON_PrintUnformatted(call->output);
        answer->output = cJSON_Parse(text);
        free(text);
    }
    if (call->outcome != WIRE_OK)
        snprintf(answer->code, sizeof answer->code, "%s",
                 call->error.code != NULL ? call->error.code : "?");
}

static void take_answer(void *context, struct wire_call *call)
{
    regions_take_answer(context, call);
}

struct regions_answer regions_ask(struct regions *regions, size_t region, const char *service,
                                  const char *operation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cJSON *input = input_of(format, arguments);
    va_end(arguments);
    struct regions_answer answer = {0};
    const struct wire_request request = {.service = service,
                                         .operation = operation,
                                         .region = regions->names[region],
                                         .input = input};
    wire_dispatch(regions->dispatcher, &request, take_answer, &answer);
    cJSON_Delete(input);
    return answer;
}

static void must(const struct regions *regions, const char *what, struct regions_answer answer)
{
    if (answer.outcome != WIRE_OK)
        fail_msg("seed %llu: %s: %s", (unsigned long long)regions->seed, what, answer.code);
    cJSON_Delete(answer.output);
}

/* --- the clock -----------------------------------------------------------------------------------
 */

uint64_t regions_now_us(const struct regions *regions)
{
    return sim_clock_now_us(regions->core.clock);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct regions *regions, enum sim_advance_goal goal, uint64_t at_us)
{
    struct sim_error error = {0};
    if (sim_advance_start(regions->core.advance, goal, at_us, ignore_done, NULL, &error) !=
        RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)regions->seed, error.message);
    while (sim_advance_continue(regions->core.advance, 100000))
        ;
}

void regions_advance_to(struct regions *regions, uint64_t at_us)
{
    advance(regions, SIM_ADVANCE_TO_TIME, at_us);
}

void regions_advance_to_idle(struct regions *regions)
{
    advance(regions, SIM_ADVANCE_TO_IDLE,
            regions_now_us(regions) + UINT64_C(365) * 86400 * SIM_US_PER_S);
}

/* --- the world -----------------------------------------------------------------------------------
 */

void regions_begin(struct regions *regions, uint64_t seed, const char *const *names)
{
    const struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    *regions = (struct regions){.seed = seed, .names = names};
    sim_core_init(&regions->core, &options);
    for (size_t i = 0; i < REGIONS_MAX; i++) {
        struct sim_region *region = NULL;
        assert_int_equal(
            sim_network_add_region(regions->core.network, names[i], true, &region, &error),
            RESULT_OK);
    }
    regions->dispatcher = wire_dispatcher_create(&regions->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(regions->dispatcher), &regions->ddb, &error),
                     RESULT_OK);
}

void regions_end(struct regions *regions)
{
    ddb_destroy(regions->ddb);
    wire_dispatcher_destroy(regions->dispatcher);
    sim_core_fini(&regions->core);
}

void regions_create_table(struct regions *regions, bool has_stream)
{
    must(regions, "CreateTable",
         regions_ask(regions, 0, "dynamodb", "CreateTable",
                     "{'TableName':'" REGIONS_TABLE "','BillingMode':'PAY_PER_REQUEST',"
                     "'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'N'}],"
                     "'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}]%s}",
                     has_stream ? ",'StreamSpecification':{'StreamEnabled':true,'StreamViewType':"
                                  "'NEW_AND_OLD_IMAGES'}"
                                : ""));
    regions_advance_to_idle(regions);
}

void regions_join(struct regions *regions, size_t region)
{
    must(regions, "UpdateTable",
         regions_ask(regions, 0, "dynamodb", "UpdateTable",
                     "{'TableName':'" REGIONS_TABLE
                     "','ReplicaUpdates':[{'Create':{'RegionName':'%s'}}]}",
                     regions->names[region]));
    regions_advance_to_idle(regions);
}

void regions_make_strong(struct regions *regions, bool has_witness)
{
    const char *const *names = regions->names;
    cJSON *replicas =
        has_witness ? regions_input("{'ReplicaUpdates':[{'Create':{'RegionName':'%s'}}],"
                                    "'GlobalTableWitnessUpdates':[{'Create':{'RegionName':'%s'}}]}",
                                    names[1], names[2])
                    : regions_input("{'ReplicaUpdates':[{'Create':{'RegionName':'%s'}},{'Create':"
                                    "{'RegionName':'%s'}}]}",
                                    names[1], names[2]);
    cJSON_AddStringToObject(replicas, "TableName", REGIONS_TABLE);
    cJSON_AddStringToObject(replicas, "MultiRegionConsistency", "STRONG");
    char *text = cJSON_PrintUnformatted(replicas);
    must(regions, "UpdateTable", regions_ask(regions, 0, "dynamodb", "UpdateTable", "%s", text));
    cJSON_free(text);
    cJSON_Delete(replicas);
    regions_advance_to_idle(regions);
}

/* --- what is stored ------------------------------------------------------------------------------
 */

struct ddb_table *regions_table(const struct regions *regions, size_t region)
{
    return ddb_table_find(ddb_region_find(regions->ddb, regions->names[region]),
                          WIRE_ACCOUNT_DEFAULT, REGIONS_TABLE);
}

struct ddb_version regions_stored(const struct regions *regions, size_t region, uint64_t key,
                                  cJSON **item)
{
    struct ddb_version none = {0};
    struct ddb_table *table = regions_table(regions, region);
    if (item != NULL)
        *item = NULL;
    if (table == NULL)
        return none;
    struct sim_arena *arena = sim_arena_create();
    struct ddb_fault fault = {.arena = arena};
    struct ddb_key_blob blob;
    struct ddb_row row = {0};
    bool found = false;
    cJSON *map = regions_input("{'pk':{'N':'%llu'}}", (unsigned long long)key);
    assert_true(ddb_key_from_map(&table->definition->keys, map, &blob, &fault));
    assert_int_equal(ddb_items_read(&table->items, &blob, arena, &row, &found, NULL), RESULT_OK);
    if (found && row.item != NULL && item != NULL)
        *item = cJSON_Parse(row.item);
    cJSON_Delete(map);
    sim_arena_destroy(arena);
    return found ? row.version : none;
}

/* --- faults --------------------------------------------------------------------------------------
 */

uint64_t regions_break(struct regions *regions, const struct sim_fault_spec *spec)
{
    struct sim_error error = {0};
    uint64_t id = 0;
    if (sim_faults_add(regions->core.faults, spec, &id, &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)regions->seed, error.message);
    return id;
}

void regions_mend(struct regions *regions, uint64_t fault)
{
    struct sim_error error = {0};
    if (sim_faults_remove(regions->core.faults, fault, &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)regions->seed, error.message);
}
