/* Backups, point-in-time recovery, restores and exports: settings, states and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/dynamodb/recovery.h"
#include "sim/core/buffer.h"
#include "tests/unit/dynamodb/fixture_world.h"

#define S       SIM_US_PER_S
#define MINUTE  (60 * S)
#define DAY     (24 * 60 * MINUTE)
#define NAME    "{'TableName':'tab'}"
#define ARN     "arn:aws:dynamodb:us-east-1:000000000000:table/tab"
#define START_S 1767225600 /* of the world's clock */
#define PITR(on)                                                                                   \
    "{'TableName':'tab','PointInTimeRecoverySpecification':{'PointInTimeRecoveryEnabled':" on "}}"

/* --- small talk --------------------------------------------------------------------------------
 */

static const char *say(struct world *world, const char *region, const char *operation,
                       const char *format, ...) PRINTF_LIKE(4, 5);
static const char *say(struct world *world, const char *region, const char *operation,
                       const char *format, ...)
{
    struct sim_buffer json;
    sim_buffer_init(&json);
    va_list arguments;
    va_start(arguments, format);
    sim_buffer_vprintf(&json, format, arguments);
    va_end(arguments);
    const char *said = world_say(world, region, operation, json.data);
    sim_buffer_fini(&json);
    return said;
}

static void put(struct world *world, const char *key, int value)
{
    world_expect_in(
        "put",
        say(world, EAST, "PutItem",
            "{'TableName':'tab','Item':{'pk':{'S':'%s'},'sk':{'S':'s'},'v':{'N':'%d'}}}", key,
            value),
        "{}");
}

static void expect_item(struct world *world, const char *region, const char *table, const char *key,
                        const char *wanted)
{
    const char *said = say(world, region, "GetItem",
                           "{'TableName':'%s','Key':{'pk':{'S':'%s'},'sk':{'S':'s'}}}", table, key);
    if (wanted == NULL)
        assert_string_equal(said, "{}");
    else
        world_expect_in(key, said, wanted);
}

/* What a member of an answer says, by path "BackupDetails.BackupArn"; good until the next call. */
static char *member(struct world *world, const char *region, const char *operation,
                    const char *json, const char *outer, const char *inner)
{
    char error[WORLD_ERROR_BYTES];
    cJSON *answer = world_call(world, region, operation, json, error);
    if (answer == NULL)
        fail_msg("%s: %s", operation, error);
    const cJSON *value = cJSON_GetObjectItem(cJSON_GetObjectItem(answer, outer), inner);
    char *text = sim_strdup(cJSON_GetStringValue(value));
    cJSON_Delete(answer);
    return text;
}

static char *back_up(struct world *world)
{
    return member(world, EAST, "CreateBackup", "{'TableName':'tab','BackupName':'nightly'}",
                  "BackupDetails", "BackupArn");
}

/* --- the switch --------------------------------------------------------------------------------
 */

static void test_recovery_window(void **state)
{
    static const struct {
        uint64_t wait_us;
        const char *operation;
        const char *input;
        const char *wanted;
    } steps[] = {
        {0, "DescribeContinuousBackups", NAME,
         "{'ContinuousBackupsDescription':{'ContinuousBackupsStatus':'ENABLED',"
         "'PointInTimeRecoveryDescription':{'PointInTimeRecoveryStatus':'DISABLED'}}}"},
        {0, "UpdateContinuousBackups", PITR("false"), "'PointInTimeRecoveryStatus':'DISABLED'}"},
        {0, "UpdateContinuousBackups", PITR("false,'RecoveryPeriodInDays':7"),
         "ValidationException: Invalid Request: Cannot specify RecoveryPeriodInDays when disabling "
         "point-in-time recovery."},
        {0, "UpdateContinuousBackups", PITR("true,'RecoveryPeriodInDays':36"),
         "ValidationException: 1 validation error detected: Value '36' at "
         "'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: "
         "Member must have value less than or equal to 35"},
        {0, "UpdateContinuousBackups", PITR("true"),
         "'PointInTimeRecoveryStatus':'ENABLED','RecoveryPeriodInDays':35,"
         "'EarliestRestorableDateTime':1767225600,'LatestRestorableDateTime':1767225600}"},
        {60 * S, "DescribeContinuousBackups", NAME,
         "'EarliestRestorableDateTime':1767225600,'LatestRestorableDateTime':1767225600}"},
        {540 * S, "DescribeContinuousBackups", NAME, "'LatestRestorableDateTime':1767225900}"},
        {0, "UpdateContinuousBackups", PITR("true"),
         "'EarliestRestorableDateTime':1767225600,'LatestRestorableDateTime':1767225900}"},
        {40 * DAY, "DescribeContinuousBackups", NAME,
         "'EarliestRestorableDateTime':1767658200,'LatestRestorableDateTime':1770681900}"},
        {0, "UpdateContinuousBackups", PITR("true,'RecoveryPeriodInDays':1"),
         "'RecoveryPeriodInDays':1,'EarliestRestorableDateTime':1770595800,"},
        {0, "UpdateContinuousBackups", PITR("true,'RecoveryPeriodInDays':35"), /* gone is gone */
         "'RecoveryPeriodInDays':35,'EarliestRestorableDateTime':1770595800,"},
        {0, "UpdateContinuousBackups", PITR("false"), "'PointInTimeRecoveryStatus':'DISABLED'}"},
        {0, "UpdateContinuousBackups", PITR("true"),
         "'RecoveryPeriodInDays':35,'EarliestRestorableDateTime':1770682200,"
         "'LatestRestorableDateTime':1770682200}"},
        {0, "DescribeContinuousBackups", "{'TableName':'none'}",
         "TableNotFoundException: Table not found: none"},
        {0, "UpdateContinuousBackups",
         "{'TableName':'none','PointInTimeRecoverySpecification':{'PointInTimeRecoveryEnabled':"
         "true}}",
         "TableNotFoundException: Table not found: none"},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        world_advance(world, steps[i].wait_us);
        world_expect_in(steps[i].wanted, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
    }
}

static void test_new_tables_wait_a_moment(void **state)
{
    struct world *world = *state;
    ddb_set_transient_delay(world->ddb, 10 * S);
    world_expect_in("create",
                    world_say(world, EAST, "CreateTable",
                              "{'TableName':'tab','BillingMode':'PAY_PER_REQUEST','KeySchema':[{"
                              "'AttributeName':'pk','KeyType':'HASH'}],'AttributeDefinitions':[{"
                              "'AttributeName':'pk','AttributeType':'S'}]}"),
                    "CREATING");
    world_expect_in("creating", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")),
                    "TableNotFoundException: Table not found: tab");
    world_advance(world, 11 * S);
    world_expect_in("fresh", world_say(world, EAST, "DescribeContinuousBackups", NAME),
                    "'ContinuousBackupsStatus':'DISABLED'");
    world_expect_in("fresh", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")),
                    "ContinuousBackupsUnavailableException: Backups are being enabled for the "
                    "table: tab. Please retry later");
    world_expect_in(
        "fresh", world_say(world, EAST, "CreateBackup", "{'TableName':'tab','BackupName':'one'}"),
        "ContinuousBackupsUnavailableException: Backups are being enabled");
    world_advance(world, 3 * S);
    world_expect_in("settled", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")),
                    "'ContinuousBackupsStatus':'ENABLED'");
}

static void test_saved_recovery(void **state)
{
    static const struct {
        const char *name;
        const char *saved;
        bool is_good;
    } cases[] = {
        {"whole", "{\"Enabled\":\"5\",\"Reaches\":\"7\",\"Days\":\"35\"}", true},
        {"nothing", "null", false},
        {"a list", "[]", false},
        {"no days", "{\"Enabled\":\"5\",\"Reaches\":\"7\"}", false},
        {"too many days", "{\"Enabled\":\"5\",\"Reaches\":\"7\",\"Days\":\"36\"}", false},
        {"no day", "{\"Enabled\":\"5\",\"Reaches\":\"7\",\"Days\":\"0\"}", false},
        {"reaches too far", "{\"Enabled\":\"5\",\"Reaches\":\"4\",\"Days\":\"1\"}", false},
        {"negative", "{\"Enabled\":\"-5\",\"Reaches\":\"7\",\"Days\":\"1\"}", false},
    };
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    struct ddb_table *table =
        ddb_table_find(ddb_region_find(world->ddb, EAST), "000000000000", "tab");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *saved = cJSON_Parse(cases[i].saved);
        ddb_recovery_disable(table);
        struct sim_error error;
        bool is_good =
            ddb_recovery_load(table, saved, &error) == RESULT_OK && ddb_recovery_is_enabled(table);
        if (is_good != cases[i].is_good || ddb_recovery_is_enabled(table) != is_good)
            fail_msg("%s: %d", cases[i].name, is_good);
        cJSON *again = ddb_recovery_save(table);
        if (is_good && !cJSON_Compare(saved, again, true))
            fail_msg("%s: saved differently", cases[i].name);
        cJSON_Delete(again);
        cJSON_Delete(saved);
    }
}

/* Streams must hide what recovery keeps. */
static void test_streams_forget_after_a_day(void **state)
{
    struct world *world = *state;
    world_keep_shards(world);
    world_make_table(world, EAST, "tab");
    world_expect_in("stream",
                    world_say(world, EAST, "UpdateTable",
                              "{'TableName':'tab','StreamSpecification':{'StreamEnabled':true,"
                              "'StreamViewType':'KEYS_ONLY'}}"),
                    "UPDATING");
    world_idle(world);
    world_expect_in("on", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")), "35");
    put(world, "old", 1);
    world_advance(world, 2 * DAY);
    put(world, "new", 2);
    char *arn = member(world, EAST, "DescribeTable", NAME, "Table", "LatestStreamArn");
    char json[512];
    (void)snprintf(json, sizeof json, "{'StreamArn':'%s'}", arn);
    cJSON *stream =
        world_call_service(world, "dynamodbstreams", EAST, "DescribeStream", json, NULL);
    const cJSON *shards =
        cJSON_GetObjectItem(cJSON_GetObjectItem(stream, "StreamDescription"), "Shards");
    const cJSON *shard = cJSON_GetObjectItem(cJSON_GetArrayItem(shards, 0), "ShardId");
    (void)snprintf(json, sizeof json,
                   "{'StreamArn':'%s','ShardId':'%s','ShardIteratorType':'TRIM_HORIZON'}", arn,
                   cJSON_GetStringValue(shard));
    cJSON *iterator =
        world_call_service(world, "dynamodbstreams", EAST, "GetShardIterator", json, NULL);
    (void)snprintf(json, sizeof json, "{'ShardIterator':'%s'}",
                   cJSON_GetStringValue(cJSON_GetObjectItem(iterator, "ShardIterator")));
    const char *said = world_say_stream(world, EAST, "GetRecords", json);
    world_expect_in("new", said, "'pk':{'S':'new'}");
    if (strstr(said, "'old'") != NULL)
        fail_msg("an old record is shown: %s", said);
    cJSON_Delete(stream);
    cJSON_Delete(iterator);
    free(arn);
}

/* --- backups -----------------------------------------------------------------------------------
 */

static void test_a_backup_is_of_one_moment(void **state)
{
    struct world *world = *state;
    char key[16];
    world_make_table(world, EAST, "tab");
    for (int i = 0; i < 900; i++) {
        (void)snprintf(key, sizeof key, "k%03d", i);
        put(world, key, i);
    }
    char *arn = back_up(world);
    world_expect_in("being made", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "'BackupStatus':'CREATING'");
    world_expect_in("in use", say(world, EAST, "DeleteBackup", "{'BackupArn':'%s'}", arn),
                    "BackupInUseException: Backup is being created: ");
    world_expect_in("in use", world_say(world, EAST, "DeleteTable", NAME),
                    "ResourceInUseException: Attempt to change a resource which is still in use: "
                    "Table is being used: tab");
    /* after the moment, while rows are copied: */
    for (int i = 0; i < 900; i += 3) {
        (void)snprintf(key, sizeof key, "k%03d", i);
        put(world, key, 5000 + i);
        put(world, key, 6000 + i);
        world_advance(world, 200);
        if (i % 2 == 0)
            (void)say(world, EAST, "DeleteItem",
                      "{'TableName':'tab','Key':{'pk':{'S':'%s'},'sk':{'S':'s'}}}", key);
        (void)snprintf(key, sizeof key, "n%03d", i);
        put(world, key, i);
    }
    world_idle(world);
    world_expect_in("made", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "'BackupStatus':'AVAILABLE'");
    world_expect_in("count", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "'ItemCount':900");
    world_expect_in("restore",
                    say(world, EAST, "RestoreTableFromBackup",
                        "{'TargetTableName':'back','BackupArn':'%s'}", arn),
                    "'RestoreInProgress':true");
    world_idle(world);
    cJSON *table = world_call(world, EAST, "DescribeTable", "{'TableName':'back'}", NULL);
    const cJSON *described = cJSON_GetObjectItem(table, "Table");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(described, "TableStatus")),
                        "ACTIVE");
    assert_null(cJSON_GetObjectItem(described, "RestoreSummary"));
    assert_int_equal(cJSON_GetObjectItem(described, "ItemCount")->valueint, 900);
    cJSON_Delete(table);
    for (int i = 0; i < 900; i++) {
        char value[32];
        (void)snprintf(key, sizeof key, "k%03d", i);
        (void)snprintf(value, sizeof value, "'v':{'N':'%d'}", i);
        expect_item(world, EAST, "back", key, value);
    }
    free(arn);
}

static void test_errors_of_restores(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    put(world, "a", 1);
    char *arn = back_up(world);
    world_idle(world);
    world_advance(world, 10 * S);
    ddb_set_transient_delay(world->ddb, 60 * S);
    world_expect_in("restore",
                    say(world, EAST, "RestoreTableFromBackup",
                        "{'TargetTableName':'back','BackupArn':'%s'}", arn),
                    "'TableStatus':'CREATING'");
    char *other = back_up(world);
    world_advance(world, 50 * SIM_US_PER_MS);
    struct {
        const char *operation;
        const char *input;
        const char *wanted;
    } cases[] = {
        {"RestoreTableFromBackup", "{'TargetTableName':'back','BackupArn':'%s'}",
         "TableInUseException: Table: back is already being restored from backup: " ARN "/backup/"},
        {"RestoreTableFromBackup", "{'TargetTableName':'tab','BackupArn':'%s'}",
         "TableAlreadyExistsException: Table already exists: tab"},
        {"CreateTable",
         "{'TableName':'back','BillingMode':'PAY_PER_REQUEST','KeySchema':[{'AttributeName':'pk',"
         "'KeyType':'HASH'}],'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'}]}",
         "ResourceInUseException: Attempt to change a resource which is still in use: Table is "
         "being used: back"},
        {"UpdateTimeToLive",
         "{'TableName':'back','TimeToLiveSpecification':{'Enabled':true,'AttributeName':'t'}}",
         "ResourceNotFoundException: Requested resource not found: Table: back not found"},
        {"UpdateTable", "{'TableName':'back','DeletionProtectionEnabled':true}",
         "ResourceNotFoundException: Requested resource not found: Table: back not found"},
        {"CreateBackup", "{'TableName':'back','BackupName':'one'}",
         "TableNotFoundException: Table not found: back"},
        {"DescribeTable", "{'TableName':'back'}", "'RestoreSummary':{'SourceBackupArn':"},
        {"GetItem", "{'TableName':'back','Key':{'pk':{'S':'a'},'sk':{'S':'s'}}}",
         "ResourceNotFoundException: Requested resource not found"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[1024];
        (void)snprintf(json, sizeof json, cases[i].input, other);
        world_expect_in(cases[i].operation, world_say(world, EAST, cases[i].operation, json),
                        cases[i].wanted);
    }
    world_advance(world, 70 * S);
    expect_item(world, EAST, "back", "a", "'v':{'N':'1'}");
    free(arn);
    free(other);
}

/* A backup is held only while it is read, which a Region that is down draws out. */
static void test_a_backup_in_use(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    for (int i = 0; i < 450; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%03d", i);
        put(world, key, i);
    }
    char *arn = back_up(world);
    world_idle(world);
    world_expect_in("restore",
                    say(world, EAST, "RestoreTableFromBackup",
                        "{'TargetTableName':'one','BackupArn':'%s'}", arn),
                    "CREATING");
    world_expect_in("second",
                    say(world, EAST, "RestoreTableFromBackup",
                        "{'TargetTableName':'two','BackupArn':'%s'}", arn),
                    "BackupInUseException: Backup is being used to restore another table: " ARN);
    world_expect_in("delete", say(world, EAST, "DeleteBackup", "{'BackupArn':'%s'}", arn),
                    "BackupInUseException: Backup is being used to restore table: " ARN);
    world_idle(world);
    world_expect_in("delete", say(world, EAST, "DeleteBackup", "{'BackupArn':'%s'}", arn),
                    "'BackupStatus':'DELETED'");
    world_expect_in("gone", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "BackupNotFoundException: Backup not found: " ARN);
    expect_item(world, EAST, "one", "k449", "'v':{'N':'449'}");
    free(arn);
}

static void test_fifty_restores_at_once(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")), "35");
    ddb_set_transient_delay(world->ddb, 60 * S);
    for (int i = 0; i <= 50; i++)
        world_expect_in("restore",
                        say(world, EAST, "RestoreTableToPointInTime",
                            "{'SourceTableName':'tab','TargetTableName':'back%d',"
                            "'UseLatestRestorableTime':true}",
                            i),
                        i < 50 ? "CREATING"
                               : "LimitExceededException: Subscriber limit exceeded: Only 50 "
                                 "restore operations can be done simultaneously");
}

/* --- deleted tables ----------------------------------------------------------------------------
 */

static void test_a_deleted_table_leaves_a_backup(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")), "35");
    put(world, "a", 1);
    put(world, "b", 2);
    world_expect_in("delete", world_say(world, EAST, "DeleteTable", NAME), "DELETING");
    world_idle(world);
    world_expect_in("not of the user", world_say(world, EAST, "ListBackups", "{}"),
                    "{'BackupSummaries':[]}");
    cJSON *list = world_call(world, EAST, "ListBackups", "{'BackupType':'SYSTEM'}", NULL);
    const cJSON *summary = cJSON_GetArrayItem(cJSON_GetObjectItem(list, "BackupSummaries"), 0);
    char *arn = sim_strdup(cJSON_GetStringValue(cJSON_GetObjectItem(summary, "BackupArn")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(summary, "BackupName")),
                        "tab$DeletedTableBackup");
    cJSON_Delete(list);
    world_expect_in("delete", say(world, EAST, "DeleteBackup", "{'BackupArn':'%s'}", arn),
                    "ValidationException: Invalid Request: User is not allowed to delete the "
                    "system backup with arn " ARN);
    world_expect_in("restore",
                    say(world, EAST, "RestoreTableFromBackup",
                        "{'TargetTableName':'tab','BackupArn':'%s'}", arn),
                    "CREATING");
    world_idle(world);
    expect_item(world, EAST, "tab", "b", "'v':{'N':'2'}");
    world_advance(world, 34 * DAY);
    world_expect_in("kept", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "'BackupType':'SYSTEM'");
    world_advance(world, 2 * DAY);
    world_expect_in("expired", say(world, EAST, "DescribeBackup", "{'BackupArn':'%s'}", arn),
                    "BackupNotFoundException");
    free(arn);
}

static void test_recovery_is_per_replica(void **state)
{
    struct world *world = *state;
    world_make_global(world, "tab");
    world_expect_in("on", world_say(world, WEST, "UpdateContinuousBackups", PITR("true")), "35");
    world_expect_in("not here", world_say(world, EAST, "DescribeContinuousBackups", NAME),
                    "'PointInTimeRecoveryStatus':'DISABLED'");
    put(world, "a", 1);
    world_advance(world, 20 * S); /* replicated */
    world_advance(world, 30 * S);
    put(world, "a", 2);
    world_advance(world, 20 * MINUTE);
    world_expect_in("restore",
                    say(world, WEST, "RestoreTableToPointInTime",
                        "{'SourceTableName':'tab','TargetTableName':'back','RestoreDateTime':%lld}",
                        (long long)(sim_clock_now_us(world->core.clock) / S) - 20 * 60 - 15),
                    "'RestoreInProgress':true");
    world_idle(world);
    expect_item(world, WEST, "back", "a", "'v':{'N':'1'}");
    expect_item(world, WEST, "tab", "a", "'v':{'N':'2'}");
    world_expect_in("regional", world_say(world, EAST, "DescribeTable", "{'TableName':'back'}"),
                    "ResourceNotFoundException");
}

/* --- other Regions, other shapes ---------------------------------------------------------------
 */

static void test_restores_into_another_region(void **state)
{
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    put(world, "a", 1);
    char *arn = back_up(world);
    world_idle(world);
    world_expect_in("needs encryption",
                    say(world, WEST, "RestoreTableFromBackup",
                        "{'TargetTableName':'back','BackupArn':'%s'}", arn),
                    "ValidationException: Invalid Request: sseSpecificationOverride must be "
                    "provided for cross-region restores");
    struct sim_fault_spec cut = {.kind = SIM_FAULT_REGION_DOWN, .region = EAST};
    uint64_t fault = 0;
    world_expect_in("restore",
                    say(world, WEST, "RestoreTableFromBackup",
                        "{'TargetTableName':'back','BackupArn':'%s','SSESpecificationOverride':{"
                        "'Enabled':true,'SSEType':'KMS'}}",
                        arn),
                    "'SSEDescription':{'Status':'ENABLED','SSEType':'KMS'");
    fault = world_break(world, &cut); /* before the first step */
    world_advance(world, 60 * S);
    world_expect_in("waits", world_say(world, WEST, "DescribeTable", "{'TableName':'back'}"),
                    "'TableStatus':'CREATING'");
    world_mend(world, fault);
    world_advance(world, 2 * S);
    expect_item(world, WEST, "back", "a", "'v':{'N':'1'}");
    free(arn);
}

/* --- exports -----------------------------------------------------------------------------------
 */

static void test_exports(void **state)
{
#define EXPORT(more) "{'TableArn':'" ARN "','S3Bucket':'bucket'" more "}"
    static const struct {
        uint64_t wait_us;
        const char *operation;
        const char *input;
        const char *wanted;
    } steps[] = {
        {0, "ExportTableToPointInTime", EXPORT(""),
         "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table "
         "'tab'"},
        {0, "UpdateContinuousBackups", PITR("true"), "35"},
        {0, "ExportTableToPointInTime", EXPORT(",'ClientToken':'one'"),
         "'ExportFormat':'DYNAMODB_JSON','ExportType':'FULL_EXPORT','ClientToken':'one'"},
        {0, "ExportTableToPointInTime", EXPORT(",'ClientToken':'one'"),
         "'ExportStatus':'IN_PROGRESS'"},
        {0, "ExportTableToPointInTime", EXPORT(",'ClientToken':'one','ExportFormat':'ION'"),
         "ExportConflictException: "},
        {0, "ExportTableToPointInTime", EXPORT(",'ExportTime':1767000000"),
         "InvalidExportTimeException: ExportTime '2025-12-29T09:20:00.000Z' must be within"},
        {0, "ExportTableToPointInTime", EXPORT(",'ExportType':'INCREMENTAL_EXPORT'"),
         "ValidationException: Invalid Request: IncrementalExportSpecification must be"},
        {0, "ListExports", "{}", "'ExportStatus':'IN_PROGRESS','ExportType':'FULL_EXPORT'}]}"},
        {60 * S, "ListExports", "{}", "'ExportStatus':'FAILED','ExportType':'FULL_EXPORT'}]}"},
        {0, "ExportTableToPointInTime", EXPORT(",'ClientToken':'one'"), "'ExportStatus':'FAILED'"},
        {0, "DescribeExport", "{'ExportArn':'" ARN "/export/01234567890123-01234567'}",
         "ExportNotFoundException: Export not found: " ARN "/export/01234567890123-01234567"},
        {0, "ExportTableToPointInTime",
         "{'TableArn':'arn:aws:dynamodb:us-east-1:000000000000:table/none','S3Bucket':'bucket'}",
         "TableNotFoundException: Table not found: none"},
        {1200 * S, "ExportTableToPointInTime",
         EXPORT(",'ExportType':'INCREMENTAL_EXPORT','IncrementalExportSpecification':{"
                "'ExportFromTime':1767225660,'ExportToTime':1767226620}"),
         "'ExportType':'INCREMENTAL_EXPORT'"},
    };
#undef EXPORT
    struct world *world = *state;
    world_make_table(world, EAST, "tab");
    world_advance(world, 10 * S);
    ddb_set_transient_delay(world->ddb, 5 * S);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        world_advance(world, steps[i].wait_us);
        world_expect_in(steps[i].wanted, world_say(world, EAST, steps[i].operation, steps[i].input),
                        steps[i].wanted);
    }
}

/* --- a store that fails --------------------------------------------------------------------------
 */

/* Calls fail whole; steps are taken again. */
static void test_failing_stores_only_delay(void **state)
{
    struct world *world = *state;
    char key[16];
    size_t failed_count = 0;
    world_make_table(world, EAST, "tab");
    world_expect_in("on", world_say(world, EAST, "UpdateContinuousBackups", PITR("true")), "35");
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof key, "k%03d", i);
        put(world, key, i);
    }
    world_advance(world, 10 * MINUTE);
    for (int i = 0; i < 300; i += 2) {
        (void)snprintf(key, sizeof key, "k%03d", i);
        put(world, key, 1000 + i);
    }
    struct sim_store *store = ddb_region_find(world->ddb, EAST)->store;
    for (unsigned n = 1; n < 1000; n += n < 8 ? 1 : 61) {
        sim_store_fail_after(store, n);
        const char *said = say(world, EAST, "RestoreTableToPointInTime",
                               "{'SourceTableName':'tab','TargetTableName':'back%u',"
                               "'RestoreDateTime':%d}",
                               n, START_S + 60);
        bool is_failed = strstr(said, "failed as asked") != NULL;
        world_advance(world, 5 * S);
        sim_store_fail_after(store, 0);
        failed_count += is_failed ? 1 : 0;
        (void)snprintf(key, sizeof key, "back%u", n);
        const char *described = say(world, EAST, "DescribeTable", "{'TableName':'%s'}", key);
        if (is_failed) {
            world_expect_in(key, described, "ResourceNotFoundException");
            continue;
        }
        world_expect_in(key, described, "'TableStatus':'ACTIVE'");
        world_expect_in(key, described, "'ItemCount':300,");
        expect_item(world, EAST, key, "k000", "'v':{'N':'0'}");
        expect_item(world, EAST, key, "k298", "'v':{'N':'298'}");
        expect_item(world, EAST, key, "k299", "'v':{'N':'299'}");
    }
    assert_true(failed_count >= 1);
    assert_true(failed_count <= 4);
}

/* --- reset while something is under way ----------------------------------------------------------
 */

static void test_reset_stops_copies(void **state)
{
    struct world *world = *state;
    struct sim_error error;
    world_make_table(world, EAST, "tab");
    put(world, "a", 1);
    char *arn = back_up(world);
    world_idle(world);
    world_expect_in("restore",
                    say(world, WEST, "RestoreTableFromBackup",
                        "{'TargetTableName':'back','BackupArn':'%s','SSESpecificationOverride':{"
                        "'Enabled':true}}",
                        arn),
                    "CREATING");
    free(back_up(world));
    assert_int_equal(ddb_reset(world->ddb, &error), RESULT_OK);
    world_idle(world);
    world_expect_in("empty", world_say(world, EAST, "ListBackups", "{'BackupType':'ALL'}"),
                    "{'BackupSummaries':[]}");
    free(arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recovery_window, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_new_tables_wait_a_moment, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_saved_recovery, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_streams_forget_after_a_day, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_backup_is_of_one_moment, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_errors_of_restores, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_backup_in_use, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_fifty_restores_at_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_deleted_table_leaves_a_backup, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_recovery_is_per_replica, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_restores_into_another_region, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_exports, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_failing_stores_only_delay, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_reset_stops_copies, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
