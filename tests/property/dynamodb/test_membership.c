/* Whatever is asked of replicas, who is a member and which settings each has is what the model
 * says.
 *
 * Random calls go to random Regions: tables of one name are made and deleted, replicas added and
 * removed, settings changed and overridden, items written. Regions are down or cut off while
 * replicas are made, and the clock jumps over the 24 hours and the 30 days that count. Each answer
 * must be the model's; while a group changes, its members must refuse whatever else is asked of
 * them, and when all is quiet, every table must be described as the model has it.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/dynamodb_internal.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"
#include "tests/property/dynamodb/fixture_membership.h"

#define SEEDS      120
#define OPERATIONS 200
#define S          SIM_US_PER_S
#define DELAY_US   (9 * S) /* of the control plane; a replica's table appears after a third */
#define JOIN_US    (3 * S)
#define SETTLED_US (45 * S)
#define ITEMS      16

struct run {
    uint64_t seed;
    int operation;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    struct model model;
    uint64_t expiry_block_us; /* time to live may be changed again after that */
    size_t taken_count;
    size_t refused_count;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

static uint64_t below(struct run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

static uint64_t now_us(const struct run *run)
{
    return sim_clock_now_us(run->core.clock);
}

struct answer {
    cJSON *output; /* NULL: refused */
    char *refusal; /* "Code: message" */
};

static void take_answer(void *context, struct wire_call *call)
{
    struct answer *answer = context;
    struct sim_buffer text;
    sim_buffer_init(&text);
    if (call->outcome == WIRE_ERROR)
        sim_buffer_printf(&text, "%s: %s", call->error.code,
                          call->error.message != NULL ? call->error.message : "");
    else if (call->outcome == WIRE_OK)
        answer->output =
            call->output != NULL ? cJSON_Duplicate(call->output, true) : cJSON_CreateObject();
    else
        sim_buffer_printf(&text, "no answer");
    answer->refusal = sim_buffer_take(&text);
}

/* Single quotes stand for double ones. The caller ends the answer. */
static struct answer ask(struct run *run, size_t region, const char *operation, const char *format,
                         ...) PRINTF_LIKE(4, 5);
static struct answer ask(struct run *run, size_t region, const char *operation, const char *format,
                         ...)
{
    struct sim_buffer json;
    va_list arguments;
    struct answer answer = {0};
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    for (char *c = json.data; *c != '\0'; c++) {
        if (*c == '\'')
            *c = '"';
    }
    cJSON *input = cJSON_Parse(json.data);
    assert_non_null(input);
    struct wire_request request = {.service = "dynamodb",
                                   .operation = operation,
                                   .region = model_regions[region],
                                   .input = input};
    wire_dispatch(run->dispatcher, &request, take_answer, &answer);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
    return answer;
}

static void answer_end(struct answer *answer)
{
    cJSON_Delete(answer->output);
    free(answer->refusal);
}

static void expect(struct run *run, const char *what, struct answer answer, const char *refusal)
{
    bool is_as_wanted = refusal == NULL
                            ? answer.output != NULL
                            : answer.output == NULL && strstr(answer.refusal, refusal) != NULL;
    if (!is_as_wanted)
        fail_msg("seed %llu, operation %d: %s\nwanted: %s\ngot:    %s",
                 (unsigned long long)run->seed, run->operation, what,
                 refusal != NULL ? refusal : "success",
                 answer.output != NULL ? "success" : answer.refusal);
    run->taken_count += refusal == NULL ? 1 : 0;
    run->refused_count += refusal != NULL ? 1 : 0;
    answer_end(&answer);
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct run *run, uint64_t us)
{
    struct sim_error error = {0};
    assert_int_equal(sim_advance_start(run->core.advance, SIM_ADVANCE_TO_TIME, now_us(run) + us,
                                       ignore_done, NULL, &error),
                     RESULT_OK);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

/* --- what the tables must be ---------------------------------------------------------------------
 */

static void check(struct run *run, size_t region, const char *what, bool holds,
                  const cJSON *described)
{
    if (holds)
        return;
    char *text = cJSON_PrintUnformatted(described);
    fail_msg("seed %llu, operation %d: %s in %s is not the model's: %s",
             (unsigned long long)run->seed, run->operation, what, model_regions[region], text);
}

static bool is_rare(const cJSON *summary)
{
    const char *class = wire_text(summary, "TableClass");
    return class != NULL && strcmp(class, "STANDARD_INFREQUENT_ACCESS") == 0;
}

static void check_entry(struct run *run, size_t region, const cJSON *entry, size_t other)
{
    const struct model_table *table = &run->model.tables[other];
    const cJSON *class = wire_member(entry, "ReplicaTableClassSummary");
    const cJSON *reads = wire_member(entry, "OnDemandThroughputOverride");
    const cJSON *indexes = wire_member(entry, "GlobalSecondaryIndexes");
    check(run, region, "the order of Replicas",
          strcmp(wire_text(entry, "RegionName"), model_regions[other]) == 0, entry);
    check(run, region, "a replica's status",
          strcmp(wire_text(entry, "ReplicaStatus"), "ACTIVE") == 0, entry);
    check(run, region, "an override of the class",
          (class != NULL) == table->has_class_override &&
              (class == NULL || is_rare(class) == table->is_rare),
          entry);
    check(run, region, "an override of the maximum reads",
          (reads != NULL) == table->has_reads_override &&
              (reads == NULL || wire_integer(reads, "MaxReadRequestUnits", 0) == table->max_reads),
          entry);
    check(run, region, "a replica's indexes", (indexes != NULL) == table->has_index, entry);
}

static void check_group(struct run *run, size_t region, const cJSON *described)
{
    size_t others[MODEL_REGIONS];
    size_t count = model_others(&run->model, region, others);
    const cJSON *replicas = wire_member(described, "Replicas");
    bool is_member = run->model.tables[region].group != 0;
    check(run, region, "being global",
          (replicas != NULL) == is_member &&
              (wire_member(described, "GlobalTableVersion") != NULL) == is_member,
          described);
    check(run, region, "the number of replicas", (size_t)cJSON_GetArraySize(replicas) == count,
          described);
    for (size_t i = 0; i < count; i++)
        check_entry(run, region, cJSON_GetArrayItem(replicas, (int)i), others[i]);
}

static int64_t bits_of(uint32_t set)
{
    int64_t count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

static void check_settings(struct run *run, size_t region, const cJSON *described)
{
    const struct model_table *table = &run->model.tables[region];
    const cJSON *maxima = wire_member(described, "OnDemandThroughput");
    const cJSON *index = cJSON_GetArrayItem(wire_member(described, "GlobalSecondaryIndexes"), 0);
    check(run, region, "the status", strcmp(wire_text(described, "TableStatus"), "ACTIVE") == 0,
          described);
    check(run, region, "the class",
          is_rare(wire_member(described, "TableClassSummary")) == table->is_rare, described);
    check(run, region, "the maxima on demand",
          wire_integer(maxima, "MaxReadRequestUnits", MODEL_FREE) == table->max_reads &&
              wire_integer(maxima, "MaxWriteRequestUnits", MODEL_FREE) == table->max_writes,
          described);
    check(run, region, "protection",
          wire_flag(described, "DeletionProtectionEnabled", false) == table->is_protected,
          described);
    check(run, region, "the index",
          (index != NULL) == table->has_index &&
              (index == NULL || strcmp(wire_text(index, "IndexStatus"), "ACTIVE") == 0),
          described);
    check(run, region, "the number of items",
          wire_integer(described, "ItemCount", -1) == bits_of(table->items), described);
}

static void check_expiry(struct run *run, size_t region)
{
    struct answer answer = ask(run, region, "DescribeTimeToLive", "{'TableName':'tab'}");
    const char *status =
        wire_text(wire_member(answer.output, "TimeToLiveDescription"), "TimeToLiveStatus");
    check(run, region, "time to live",
          status != NULL && (strcmp(status, "ENABLED") == 0) == run->model.tables[region].expires,
          answer.output);
    answer_end(&answer);
}

static void check_all(struct run *run)
{
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        struct answer answer = ask(run, i, "DescribeTable", "{'TableName':'tab'}");
        const cJSON *described = wire_member(answer.output, "Table");
        check(run, i, "being there", (described != NULL) == run->model.tables[i].exists, described);
        if (described != NULL) {
            check_settings(run, i, described);
            check_group(run, i, described);
            check_expiry(run, i);
        }
        answer_end(&answer);
    }
    assert_int_equal(run->ddb->group_count, model_group_count(&run->model));
}

/* --- breaking ------------------------------------------------------------------------------------
 */

static uint64_t break_region(struct run *run, size_t region)
{
    uint64_t fault = 0;
    struct sim_error error;
    struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN, .region = model_regions[region]};
    assert_int_equal(sim_faults_add(run->core.faults, &spec, &fault, &error), RESULT_OK);
    return fault;
}

static uint64_t cut_link(struct run *run, size_t from, size_t to)
{
    uint64_t fault = 0;
    struct sim_error error;
    struct sim_fault_spec spec = {
        .kind = SIM_FAULT_PARTITION, .from = model_regions[from], .to = model_regions[to]};
    assert_int_equal(sim_faults_add(run->core.faults, &spec, &fault, &error), RESULT_OK);
    return fault;
}

static void mend(struct run *run, uint64_t fault)
{
    struct sim_error error;
    if (fault != 0)
        assert_int_equal(sim_faults_remove(run->core.faults, fault, &error), RESULT_OK);
}

/* --- operations ----------------------------------------------------------------------------------
 */

/* A change of the group is under way: its members take no other one. */
static void expect_busy(struct run *run, size_t member)
{
    static const char *const changes[] = {
        "'DeletionProtectionEnabled':true",
        "'TableClass':'STANDARD'",
        "'OnDemandThroughput':{'MaxReadRequestUnits':9}",
        "'ReplicaUpdates':[{'Create':{'RegionName':'us-east-1'}}]",
        "'ReplicaUpdates':[{'Create':{'RegionName':'sa-east-1'}}]",
        "'ReplicaUpdates':[{'Delete':{'RegionName':'us-west-2'}}]",
        "'ReplicaUpdates':[{'Update':{'RegionName':'eu-west-1','TableClassOverride':'STANDARD'}}]",
    };
    struct answer answer = below(run, 6) == 0
                               ? ask(run, member, "DeleteTable", "{'TableName':'tab'}")
                               : ask(run, member, "UpdateTable", "{'TableName':'tab',%s}",
                                     changes[below(run, sizeof changes / sizeof changes[0])]);
    if (answer.output != NULL)
        fail_msg("seed %llu, operation %d: %s changes while its group is changing",
                 (unsigned long long)run->seed, run->operation, model_regions[member]);
    answer_end(&answer);
}

/* members: those who were in the group when the change began. */
static void disturb(struct run *run, const bool members[MODEL_REGIONS])
{
    for (uint64_t i = below(run, 4); i > 0; i--) {
        advance(run, 1 + below(run, 2 * S));
        for (size_t k = 0; k < MODEL_REGIONS; k++) {
            if (members[k])
                expect_busy(run, k);
        }
    }
}

enum trouble {
    TROUBLE_NONE,
    TROUBLE_TARGET_DOWN, /* when its table is to be made: nothing comes of it */
    TROUBLE_SOURCE_DOWN, /* the rest: the filling waits */
    TROUBLE_LINK_CUT,
};

static enum trouble draw_trouble(struct run *run, size_t asked, size_t target)
{
    bool is_possible = run->model.tables[asked].exists && !run->model.tables[target].exists;
    return is_possible && below(run, 3) == 0 ? 1 + (enum trouble)below(run, 3) : TROUBLE_NONE;
}

static uint64_t make_trouble(struct run *run, enum trouble trouble, size_t asked, size_t target)
{
    if (trouble == TROUBLE_NONE)
        return 0;
    if (trouble == TROUBLE_LINK_CUT)
        return cut_link(run, asked, target);
    return break_region(run, trouble == TROUBLE_SOURCE_DOWN ? asked : target);
}

static void add_replica(struct run *run, size_t asked, size_t target)
{
    enum trouble trouble = draw_trouble(run, asked, target);
    bool members[MODEL_REGIONS] = {false};
    for (size_t i = 0; i < MODEL_REGIONS; i++)
        members[i] = i == asked || model_is_together(&run->model, asked, i);
    struct answer answer =
        ask(run, asked, "UpdateTable",
            "{'TableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':'%s'}}]}",
            model_regions[target]);
    uint64_t fault = make_trouble(run, trouble, asked, target);
    const char *refusal = model_add(&run->model, asked, target, now_us(run) + JOIN_US,
                                    trouble == TROUBLE_TARGET_DOWN);
    expect(run, "add a replica", answer, refusal);
    run->expiry_block_us = now_us(run) + 3600 * S;
    if (refusal == NULL && trouble != TROUBLE_TARGET_DOWN)
        disturb(run, members);
    if (trouble == TROUBLE_LINK_CUT) { /* it is as busy after any time */
        advance(run, 1000 * S);
        disturb(run, members);
    }
    advance(run, fault != 0 ? 100 * S : 0);
    mend(run, fault);
}

static void remove_replica(struct run *run, size_t asked, size_t target)
{
    bool members[MODEL_REGIONS] = {false};
    for (size_t i = 0; i < MODEL_REGIONS; i++)
        members[i] = model_is_together(&run->model, asked, i);
    const char *refusal = model_remove(&run->model, asked, target, now_us(run));
    expect(run, "remove a replica",
           ask(run, asked, "UpdateTable",
               "{'TableName':'tab','ReplicaUpdates':[{'Delete':{'RegionName':'%s'}}]}",
               model_regions[target]),
           refusal);
    if (refusal == NULL)
        disturb(run, members);
}

static const char *class_name(bool is_rare_class)
{
    return is_rare_class ? "STANDARD_INFREQUENT_ACCESS" : "STANDARD";
}

static void change_class(struct run *run, size_t asked, size_t target)
{
    bool wanted = below(run, 2) == 0;
    uint64_t effect_us = now_us(run) + DELAY_US;
    if (below(run, 2) == 0)
        expect(run, "change the class",
               ask(run, asked, "UpdateTable", "{'TableName':'tab','TableClass':'%s'}",
                   class_name(wanted)),
               model_change_class(&run->model, asked, wanted, now_us(run), effect_us));
    else
        expect(run, "override the class",
               ask(run, asked, "UpdateTable",
                   "{'TableName':'tab','ReplicaUpdates':[{'Update':{'RegionName':'%s',"
                   "'TableClassOverride':'%s'}}]}",
                   model_regions[target], class_name(wanted)),
               model_override_class(&run->model, asked, target, wanted, now_us(run), effect_us));
}

static void change_maxima(struct run *run, size_t asked, size_t target)
{
    int reads = below(run, 3) == 0 ? MODEL_FREE : 1 + (int)below(run, 3);
    int writes = below(run, 3) == 0 ? MODEL_FREE : 1 + (int)below(run, 3);
    uint64_t choice = below(run, 4);
    if (choice == 0)
        expect(run, "change the maximum of reads",
               ask(run, asked, "UpdateTable",
                   "{'TableName':'tab','OnDemandThroughput':{'MaxReadRequestUnits':%d}}", reads),
               model_change_maxima(&run->model, asked, reads, 0));
    else if (choice == 1)
        expect(run, "change the maximum of writes",
               ask(run, asked, "UpdateTable",
                   "{'TableName':'tab','OnDemandThroughput':{'MaxWriteRequestUnits':%d}}", writes),
               model_change_maxima(&run->model, asked, 0, writes));
    else
        expect(run, "override the maximum of reads",
               ask(run, asked, "UpdateTable",
                   "{'TableName':'tab','ReplicaUpdates':[{'Update':{'RegionName':'%s',"
                   "'OnDemandThroughputOverride':{'MaxReadRequestUnits':%d}}}]}",
                   model_regions[target], reads),
               model_override_reads(&run->model, asked, target, reads));
}

static void change_index(struct run *run, size_t asked)
{
    bool is_wanted = below(run, 2) == 0;
    struct answer answer =
        is_wanted
            ? ask(run, asked, "UpdateTable",
                  "{'TableName':'tab','AttributeDefinitions':[{'AttributeName':'pk',"
                  "'AttributeType':'N'},{'AttributeName':'g','AttributeType':'N'}],"
                  "'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byg','KeySchema':["
                  "{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}"
                  "}]}")
            : ask(run, asked, "UpdateTable",
                  "{'TableName':'tab','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'byg'"
                  "}}]}");
    expect(run, is_wanted ? "make the index" : "delete the index", answer,
           model_change_index(&run->model, asked, is_wanted));
}

static void change_expiry(struct run *run, size_t asked)
{
    bool is_wanted = below(run, 2) == 0;
    if (now_us(run) < run->expiry_block_us)
        return;
    const char *refusal = model_change_expiry(&run->model, asked, is_wanted);
    expect(run, "change time to live",
           ask(run, asked, "UpdateTimeToLive",
               "{'TableName':'tab','TimeToLiveSpecification':{'Enabled':%s,'AttributeName':'t'}}",
               is_wanted ? "true" : "false"),
           refusal);
    run->expiry_block_us = now_us(run) + 3600 * S;
}

static void create_table(struct run *run, size_t asked)
{
    expect(run, "create a table",
           ask(run, asked, "CreateTable",
               "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{"
               "'AttributeName':'pk','AttributeType':'N'}],'KeySchema':[{'AttributeName':'pk',"
               "'KeyType':'HASH'}]}"),
           model_create(&run->model, asked));
}

static void put(struct run *run, size_t asked)
{
    unsigned item = (unsigned)below(run, ITEMS);
    expect(run, "put an item",
           ask(run, asked, "PutItem", "{'TableName':'tab','Item':{'pk':{'N':'%u'},'g':{'N':'%u'}}}",
               item, item % 3),
           model_put(&run->model, asked, item));
}

static void protect(struct run *run, size_t asked)
{
    bool is_wanted = below(run, 3) == 0;
    expect(run, "change protection",
           ask(run, asked, "UpdateTable", "{'TableName':'tab','DeletionProtectionEnabled':%s}",
               is_wanted ? "true" : "false"),
           model_protect(&run->model, asked, is_wanted));
}

static void operate(struct run *run)
{
    size_t asked = (size_t)below(run, MODEL_REGIONS);
    size_t target = (size_t)below(run, MODEL_REGIONS);
    for (int i = 0; i < 5 && !run->model.tables[asked].exists; i++)
        asked = (size_t)below(run, MODEL_REGIONS);
    uint64_t choice = below(run, 100);
    if (choice < 6)
        create_table(run, asked);
    else if (choice < 30)
        add_replica(run, asked, target);
    else if (choice < 42)
        remove_replica(run, asked, target);
    else if (choice < 48)
        expect(run, "delete a table", ask(run, asked, "DeleteTable", "{'TableName':'tab'}"),
               model_delete(&run->model, asked, now_us(run)));
    else if (choice < 60)
        change_class(run, asked, target);
    else if (choice < 72)
        change_maxima(run, asked, target);
    else if (choice < 78)
        protect(run, asked);
    else if (choice < 84)
        change_index(run, asked);
    else if (choice < 88)
        change_expiry(run, asked);
    else
        put(run, asked);
    static const uint64_t jumps_us[] = {0, 0, 0, 0, 1800 * S, 40000 * S, 90000 * S, 700000 * S};
    advance(run, SETTLED_US + jumps_us[below(run, sizeof jumps_us / sizeof jumps_us[0])]);
}

/* --- a run ---------------------------------------------------------------------------------------
 */

static void begin(struct run *run, uint64_t seed)
{
    struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    *run = (struct run){.seed = seed};
    sim_random_init(&run->random, seed, "membership");
    sim_core_init(&run->core, &options);
    for (size_t i = 0; i < MODEL_REGIONS; i++) {
        struct sim_region *region = NULL;
        assert_int_equal(
            sim_network_add_region(run->core.network, model_regions[i], true, &region, &error),
            RESULT_OK);
    }
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    ddb_set_transient_delay(run->ddb, DELAY_US);
    create_table(run, 0);
    advance(run, SETTLED_US);
}

static void end(struct run *run)
{
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
}

static void play(uint64_t seed, size_t *taken, size_t *refused)
{
    struct run run;
    begin(&run, seed);
    for (run.operation = 1; run.operation <= OPERATIONS; run.operation++) {
        operate(&run);
        check_all(&run);
    }
    *taken += run.taken_count;
    *refused += run.refused_count;
    end(&run);
}

static void test_replicas_are_what_the_model_says(void **state)
{
    (void)state;
    const char *seed = getenv("REGIONLAB_SEED");
    size_t taken = 0;
    size_t refused = 0;
    if (seed != NULL) {
        play(strtoull(seed, NULL, 10), &taken, &refused);
        return;
    }
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? SEEDS * 10 : SEEDS;
    for (uint64_t i = 1; i <= seeds; i++)
        play(i, &taken, &refused);
    print_message("%zu calls taken, %zu refused\n", taken, refused);
    assert_true(taken > seeds * OPERATIONS / 3);
    assert_true(refused > seeds * OPERATIONS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas_are_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
