/* Whatever is restored, of a backup or to a point in time, is what the table held at that moment.
 *
 * Random writes by clients of two Regions, transactions, batches and times to live go on over
 * simulated days; at random moments a snapshot is taken by scanning the table and its indexes, and
 * now and then a backup is begun at that moment. Restores of random snapshots run beside the
 * writes, while links are cut and Regions are down. A restored table must scan to the very text of
 * its snapshot, table and indexes, as long as the moment lies in the recovery's period.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_LONG=1 plays ten times as many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/recovery.h"
#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

#define SEEDS         24
#define OPERATIONS    900
#define SNAPSHOTS_MAX 64
#define REGIONS       2
#define SCANS         3 /* the table and two indexes */
#define S             SIM_US_PER_S
#define DAY_US        (UINT64_C(86400) * S)

static const char *const regions[REGIONS] = {"us-east-1", "us-west-2"};

struct snapshot {
    uint64_t time_ms;
    size_t region;
    char *scans[SCANS];
    char *backup; /* its ARN, or NULL */
};

struct restored { /* a table that is being made */
    size_t snapshot;
    size_t region;
    bool has_global_index;
    int number;
};

struct run {
    uint64_t seed;
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    uint64_t keys;
    struct snapshot snapshots[SNAPSHOTS_MAX];
    size_t snapshot_count;
    struct restored restored[SNAPSHOTS_MAX];
    size_t restored_count;
    size_t refused_count; /* restores of what is no longer kept */
    uint64_t fault;
};

/* --- calls ---------------------------------------------------------------------------------------
 */

static void take_answer(void *context, struct wire_call *call)
{
    char **text = context;
    *text = call->outcome == WIRE_OK && call->output != NULL ? cJSON_PrintUnformatted(call->output)
                                                             : NULL;
    if (call->outcome == WIRE_ERROR && strcmp(call->error.code, "ValidationException") == 0)
        fail_msg("%s: %s", call->operation->name, call->error.message);
}

/* The answer's text, which the caller frees; NULL: not WIRE_OK, or empty. */
static char *ask(struct run *run, size_t region, const char *operation, const char *format, ...)
    PRINTF_LIKE(4, 5);
static char *ask(struct run *run, size_t region, const char *operation, const char *format, ...)
{
    struct sim_buffer json;
    va_list arguments;
    char *text = NULL;
    sim_buffer_init(&json);
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    for (char *c = json.data; *c != '\0'; c++) {
        if (*c == '\'')
            *c = '"';
    }
    cJSON *input = cJSON_Parse(json.data);
    if (input == NULL)
        fail_msg("seed %llu: bad JSON %s", (unsigned long long)run->seed, json.data);
    struct wire_request request = {
        .service = "dynamodb", .operation = operation, .region = regions[region], .input = input};
    wire_dispatch(run->dispatcher, &request, take_answer, &text);
    cJSON_Delete(input);
    sim_buffer_fini(&json);
    return text;
}

static void ignore_done(void *context, uint64_t events_ran)
{
    (void)context;
    (void)events_ran;
}

static void advance(struct run *run, enum sim_advance_goal goal, uint64_t us)
{
    struct sim_error error = {0};
    uint64_t at_us = sim_clock_now_us(run->core.clock) + us;
    if (sim_advance_start(run->core.advance, goal, at_us, ignore_done, NULL, &error) != RESULT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)run->seed, error.message);
    while (sim_advance_continue(run->core.advance, 100000))
        ;
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return sim_random_below(&run->random, bound);
}

static uint64_t now_us(const struct run *run)
{
    return sim_clock_now_us(run->core.clock);
}

/* --- writes --------------------------------------------------------------------------------------
 */

/* Some have no entry in an index, some will expire. */
static void print_item(struct run *run, struct sim_buffer *json, uint64_t key, int number)
{
    sim_buffer_printf(json, "{'pk':{'N':'%llu'},'sk':{'N':'%llu'},'v':{'N':'%d'}",
                      (unsigned long long)(key / 4), (unsigned long long)(key % 4), number);
    if (below(run, 3) != 0)
        sim_buffer_printf(json, ",'g':{'N':'%llu'}", (unsigned long long)below(run, 5));
    if (below(run, 3) != 0)
        sim_buffer_printf(json, ",'l':{'N':'%llu'}", (unsigned long long)below(run, 5));
    if (below(run, 6) == 0)
        sim_buffer_printf(json, ",'t':{'N':'%llu'}",
                          (unsigned long long)(now_us(run) / S + below(run, 40000)));
    sim_buffer_printf(json, "}");
}

static void put(struct run *run, size_t region, int number)
{
    struct sim_buffer item;
    sim_buffer_init(&item);
    print_item(run, &item, below(run, run->keys), number);
    free(ask(run, region, "PutItem", "{'TableName':'tab','Item':%s}", item.data));
    sim_buffer_fini(&item);
}

static void delete_or_update(struct run *run, size_t region, int number)
{
    uint64_t key = below(run, run->keys);
    unsigned long long pk = key / 4;
    unsigned long long sk = key % 4;
    if (below(run, 2) == 0)
        free(ask(run, region, "DeleteItem",
                 "{'TableName':'tab','Key':{'pk':{'N':'%llu'},'sk':{'N':'%llu'}}}", pk, sk));
    else
        free(ask(run, region, "UpdateItem",
                 "{'TableName':'tab','Key':{'pk':{'N':'%llu'},'sk':{'N':'%llu'}},"
                 "'UpdateExpression':'SET v=:v REMOVE %s','ExpressionAttributeValues':{':v':{'N':"
                 "'%d'}}}",
                 pk, sk, below(run, 2) == 0 ? "g" : "l", number));
}

/* Up to 25 items in a batch, up to 8 in a transaction. */
static void write_many(struct run *run, size_t region, int number)
{
    bool is_batch = below(run, 2) == 0;
    uint64_t count = 1 + below(run, is_batch ? 25 : 8);
    uint64_t first = below(run, run->keys);
    struct sim_buffer list;
    sim_buffer_init(&list);
    for (uint64_t i = 0; i < count && i < run->keys; i++) {
        sim_buffer_printf(&list, "%s{'%s':{", i > 0 ? "," : "", is_batch ? "PutRequest" : "Put");
        sim_buffer_printf(&list, is_batch ? "'Item':" : "'TableName':'tab','Item':");
        print_item(run, &list, (first + i) % run->keys, number);
        sim_buffer_printf(&list, "}}");
    }
    if (is_batch)
        free(ask(run, region, "BatchWriteItem", "{'RequestItems':{'tab':[%s]}}", list.data));
    else
        free(ask(run, region, "TransactWriteItems", "{'TransactItems':[%s]}", list.data));
    sim_buffer_fini(&list);
}

/* --- snapshots -----------------------------------------------------------------------------------
 */

/* All pages of the table or an index, without the counters around the items. */
static char *scan(struct run *run, size_t region, const char *table, const char *index)
{
    struct sim_buffer all;
    sim_buffer_init(&all);
    char *text = ask(run, region, "Scan", "{'TableName':'%s'%s%s%s}", table,
                     index != NULL ? ",'IndexName':'" : "", index != NULL ? index : "",
                     index != NULL ? "'" : "");
    if (text == NULL)
        fail_msg("seed %llu: no scan of %s", (unsigned long long)run->seed, table);
    sim_buffer_printf(&all, "%s", text); /* far less than one page */
    free(text);
    return sim_buffer_take(&all);
}

static const char *const indexes[SCANS] = {NULL, "byl", "byg"};

static bool is_up(const struct run *run, size_t region)
{
    const struct ddb_region *place = ddb_region_find(run->ddb, regions[region]);
    return place->place->down_count == 0;
}

static void take_snapshot(struct run *run)
{
    size_t region = (size_t)below(run, REGIONS);
    if (run->snapshot_count == SNAPSHOTS_MAX || !is_up(run, region))
        return;
    /* at the end of its millisecond: whatever arrives within it belongs to it */
    advance(run, SIM_ADVANCE_TO_TIME, 999 - now_us(run) % 1000);
    struct snapshot *snapshot = &run->snapshots[run->snapshot_count++];
    *snapshot = (struct snapshot){.time_ms = now_us(run) / 1000, .region = region};
    for (size_t i = 0; i < SCANS; i++)
        snapshot->scans[i] = scan(run, region, "tab", indexes[i]);
    if (below(run, 3) == 0) {
        char *text = ask(run, region, "CreateBackup", "{'TableName':'tab','BackupName':'random'}");
        cJSON *answer = cJSON_Parse(text);
        const char *arn = wire_text(wire_member(answer, "BackupDetails"), "BackupArn");
        assert_non_null(arn);
        snapshot->backup = sim_strdup(arn);
        cJSON_Delete(answer);
        free(text);
    }
}

static bool is_refused_rightly(struct run *run, const struct snapshot *snapshot)
{
    struct ddb_table *table = ddb_table_find(ddb_region_find(run->ddb, regions[snapshot->region]),
                                             WIRE_ACCOUNT_DEFAULT, "tab");
    return snapshot->time_ms < ddb_recovery_earliest_us(table) / 1000 ||
           snapshot->time_ms > ddb_recovery_latest_us(table) / 1000;
}

static void begin_restore(struct run *run)
{
    if (run->snapshot_count == 0 || run->restored_count == SNAPSHOTS_MAX)
        return;
    struct restored *restored = &run->restored[run->restored_count];
    size_t number = (size_t)below(run, run->snapshot_count);
    const struct snapshot *snapshot = &run->snapshots[number];
    *restored = (struct restored){.snapshot = number,
                                  .region = (size_t)below(run, REGIONS),
                                  .has_global_index = below(run, 3) != 0,
                                  .number = (int)run->restored_count};
    if (!is_up(run, restored->region))
        return;
    const char *override = restored->has_global_index ? "" : ",'GlobalSecondaryIndexOverride':[]";
    char *text = NULL;
    if (snapshot->backup != NULL) {
        text = ask(run, restored->region, "RestoreTableFromBackup",
                   "{'TargetTableName':'back%d','BackupArn':'%s','SSESpecificationOverride':{"
                   "'Enabled':false}%s}",
                   restored->number, snapshot->backup, override);
        run->restored_count += text != NULL ? 1 : 0; /* else: it is in use */
    } else {
        text = ask(run, restored->region, "RestoreTableToPointInTime",
                   "{'TargetTableName':'back%d','SourceTableArn':'arn:aws:dynamodb:%s:"
                   "000000000000:table/tab','RestoreDateTime':%llu.%03llu,"
                   "'SSESpecificationOverride':{'Enabled':false}%s}",
                   restored->number, regions[snapshot->region],
                   (unsigned long long)(snapshot->time_ms / 1000),
                   (unsigned long long)(snapshot->time_ms % 1000), override);
        if ((text == NULL) != is_refused_rightly(run, snapshot))
            fail_msg("seed %llu: a restore to %llu ms was %s", (unsigned long long)run->seed,
                     (unsigned long long)snapshot->time_ms, text == NULL ? "refused" : "taken");
        run->restored_count += text != NULL ? 1 : 0;
        run->refused_count += text == NULL ? 1 : 0;
    }
    free(text);
}

static void check_restored(struct run *run, const struct restored *restored)
{
    const struct snapshot *snapshot = &run->snapshots[restored->snapshot];
    struct sim_buffer name;
    sim_buffer_init(&name);
    sim_buffer_printf(&name, "back%d", restored->number);
    for (size_t i = 0; i < (restored->has_global_index ? SCANS : SCANS - 1); i++) {
        char *text = scan(run, restored->region, name.data, indexes[i]);
        if (strcmp(text, snapshot->scans[i]) != 0)
            fail_msg("seed %llu: %s is not what the table was at %llu ms (%s, %s)\nwas %s\nis  %s",
                     (unsigned long long)run->seed, name.data,
                     (unsigned long long)snapshot->time_ms,
                     snapshot->backup != NULL ? "backup" : "point in time",
                     indexes[i] != NULL ? indexes[i] : "items", snapshot->scans[i], text);
        free(text);
    }
    sim_buffer_fini(&name);
}

/* --- a run ---------------------------------------------------------------------------------------
 */

static void break_or_mend(struct run *run)
{
    struct sim_error error;
    if (run->fault != 0) {
        assert_int_equal(sim_faults_remove(run->core.faults, run->fault, &error), RESULT_OK);
        run->fault = 0;
        return;
    }
    struct sim_fault_spec spec = {.kind = SIM_FAULT_REGION_DOWN, .region = regions[1]};
    assert_int_equal(sim_faults_add(run->core.faults, &spec, &run->fault, &error), RESULT_OK);
}

static void operate(struct run *run, int number)
{
    size_t region = (size_t)below(run, REGIONS);
    uint64_t choice = below(run, 100);
    if (choice < 3)
        take_snapshot(run);
    else if (choice < 5)
        begin_restore(run);
    else if (choice < 6)
        break_or_mend(run);
    else if (choice < 20)
        write_many(run, region, number);
    else if (choice < 65)
        put(run, region, number);
    else
        delete_or_update(run, region, number);
    uint64_t pause_us = choice < 3 ? 1000 : 0; /* nothing follows in a snapshot's millisecond */
    if (below(run, 40) == 0)
        pause_us += below(run, DAY_US / 4);
    else if (below(run, 2) == 0)
        pause_us += below(run, 50000);
    if (pause_us > 0)
        advance(run, SIM_ADVANCE_TO_TIME, pause_us);
}

static void begin(struct run *run, uint64_t seed)
{
    struct sim_core_options options = {.seed = seed, .clock = {.mode = SIM_CLOCK_VIRTUAL}};
    struct sim_error error;
    *run = (struct run){.seed = seed};
    sim_random_init(&run->random, seed, "restores");
    run->keys = below(run, 2) == 0 ? 40 : 700; /* one step, or several */
    sim_core_init(&run->core, &options);
    for (size_t i = 0; i < REGIONS; i++) {
        struct sim_region *region = NULL;
        assert_int_equal(
            sim_network_add_region(run->core.network, regions[i], true, &region, &error),
            RESULT_OK);
    }
    run->dispatcher = wire_dispatcher_create(&run->core);
    assert_int_equal(ddb_create(wire_dispatcher_host(run->dispatcher), &run->ddb, &error),
                     RESULT_OK);
    free(ask(run, 0, "CreateTable",
             "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':["
             "{'AttributeName':'pk','AttributeType':'N'},{'AttributeName':'sk','AttributeType':'N'}"
             ",{'AttributeName':'g','AttributeType':'N'},{'AttributeName':'l','AttributeType':'N'}]"
             ",'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'sk',"
             "'KeyType':'RANGE'}],'LocalSecondaryIndexes':[{'IndexName':'byl','KeySchema':[{"
             "'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'l','KeyType':'RANGE'}],"
             "'Projection':{'ProjectionType':'KEYS_ONLY'}}],'GlobalSecondaryIndexes':[{'IndexName':"
             "'byg','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{"
             "'ProjectionType':'ALL'}}]}"));
    advance(run, SIM_ADVANCE_TO_IDLE, S);
    free(ask(run, 0, "UpdateTable",
             "{'TableName':'tab','ReplicaUpdates':[{'Create':{'RegionName':'us-west-2'}}]}"));
    free(ask(run, 0, "UpdateTimeToLive",
             "{'TableName':'tab','TimeToLiveSpecification':{'Enabled':true,'AttributeName':'t'}}"));
    advance(run, SIM_ADVANCE_TO_IDLE, 10 * S);
    for (size_t i = 0; i < REGIONS; i++)
        free(ask(run, i, "UpdateContinuousBackups",
                 "{'TableName':'tab','PointInTimeRecoverySpecification':{"
                 "'PointInTimeRecoveryEnabled':true,'RecoveryPeriodInDays':%llu}}",
                 (unsigned long long)(1 + below(run, 3))));
}

static void end(struct run *run)
{
    for (size_t i = 0; i < run->snapshot_count; i++) {
        for (size_t k = 0; k < SCANS; k++)
            free(run->snapshots[i].scans[k]);
        free(run->snapshots[i].backup);
    }
    ddb_destroy(run->ddb);
    wire_dispatcher_destroy(run->dispatcher);
    sim_core_fini(&run->core);
    free(run);
}

struct totals {
    size_t restored_count;
    size_t refused_count;
};

static void play(uint64_t seed, struct totals *totals)
{
    struct run *run = sim_alloc(sizeof *run);
    begin(run, seed);
    for (int i = 1; i <= OPERATIONS; i++)
        operate(run, i);
    if (run->fault != 0)
        break_or_mend(run);
    advance(run, SIM_ADVANCE_TO_TIME, 600 * S);
    for (int i = 0; i < 20; i++)
        begin_restore(run);
    advance(run, SIM_ADVANCE_TO_TIME, 60 * S);
    for (size_t i = 0; i < run->restored_count; i++)
        check_restored(run, &run->restored[i]);
    totals->restored_count += run->restored_count;
    totals->refused_count += run->refused_count;
    end(run);
}

static void test_restored_tables_are_what_they_were(void **state)
{
    (void)state;
    struct totals totals = {0};
    const char *seed = getenv("REGIONLAB_SEED");
    if (seed != NULL) {
        play(strtoull(seed, NULL, 10), &totals);
        return;
    }
    uint64_t seeds = getenv("REGIONLAB_LONG") != NULL ? SEEDS * 10 : SEEDS;
    for (uint64_t i = 1; i <= seeds; i++)
        play(i, &totals);
    print_message("%zu restored tables, %zu refused\n", totals.restored_count,
                  totals.refused_count);
    assert_true(totals.restored_count >= seeds * 10);
    assert_true(totals.refused_count >= seeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restored_tables_are_what_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
