#include "emulators/dynamodb/operations.h"

#include "emulators/dynamodb/call_tables.h"
#include "emulators/dynamodb/dynamodb_internal.h"
#include "emulators/dynamodb/service_time.h"
#include "emulators/dynamodb/strong.h"
#include "emulators/dynamodb/transaction_claims.h"

WIRE_EMBED(ddb_api_json, "emulators/dynamodb/api.json");
WIRE_EMBED(ddb_api_streams_json, "emulators/dynamodb/api_streams.json");

/* clang-format off */
static const struct wire_operation operations[] = { /* sorted by name */
    {"BatchExecuteStatement",                ddb_batch_execute,       EFFECT_WRITE, PLANE_DATA},
    {"BatchGetItem",                         ddb_batch_get,           EFFECT_READ,  PLANE_DATA},
    {"BatchWriteItem",                       ddb_batch_write,         EFFECT_WRITE, PLANE_DATA},
    {"CreateBackup",                         ddb_create_backup,       EFFECT_WRITE, PLANE_CONTROL},
    {"CreateGlobalTable",                    ddb_create_global_table, EFFECT_WRITE, PLANE_CONTROL},
    {"CreateTable",                          ddb_create_table,        EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteBackup",                         ddb_delete_backup,       EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteItem",                           ddb_delete_item,         EFFECT_WRITE, PLANE_DATA},
    {"DeleteResourcePolicy",                 ddb_delete_resource_policy, EFFECT_WRITE, PLANE_CONTROL},
    {"DeleteTable",                          ddb_delete_table,        EFFECT_WRITE, PLANE_CONTROL},
    {"DescribeBackup",                       ddb_describe_backup,     EFFECT_READ,  PLANE_CONTROL},
    {"DescribeContinuousBackups",            ddb_describe_continuous_backups, EFFECT_READ,  PLANE_CONTROL},
    {"DescribeContributorInsights",          ddb_describe_insights,   EFFECT_READ,  PLANE_CONTROL},
    {"DescribeEndpoints",                    ddb_describe_endpoints,  EFFECT_READ,  PLANE_CONTROL},
    {"DescribeExport",                       ddb_describe_export,     EFFECT_READ,  PLANE_CONTROL},
    {"DescribeGlobalTable",                  ddb_describe_global_table, EFFECT_READ,  PLANE_CONTROL},
    {"DescribeGlobalTableSettings",          ddb_global_table_settings, EFFECT_READ,  PLANE_CONTROL},
    {"DescribeImport",                       ddb_describe_import,     EFFECT_READ,  PLANE_CONTROL},
    {"DescribeKinesisStreamingDestination",  ddb_describe_kinesis,    EFFECT_READ,  PLANE_CONTROL},
    {"DescribeLimits",                       ddb_describe_limits,     EFFECT_READ,  PLANE_CONTROL},
    {"DescribeTable",                        ddb_describe_table,      EFFECT_READ,  PLANE_CONTROL},
    {"DescribeTableReplicaAutoScaling",      ddb_describe_replica_scaling, EFFECT_READ,  PLANE_CONTROL},
    {"DescribeTimeToLive",                   ddb_describe_time_to_live,EFFECT_READ,  PLANE_CONTROL},
    {"DisableKinesisStreamingDestination",   ddb_disable_kinesis,     EFFECT_WRITE, PLANE_CONTROL},
    {"EnableKinesisStreamingDestination",    ddb_enable_kinesis,      EFFECT_WRITE, PLANE_CONTROL},
    {"ExecuteStatement",                     ddb_execute_statement,   EFFECT_WRITE, PLANE_DATA},
    {"ExecuteTransaction",                   ddb_execute_transaction, EFFECT_WRITE, PLANE_DATA},
    {"ExportTableToPointInTime",             ddb_export_table,        EFFECT_WRITE, PLANE_CONTROL},
    {"GetItem",                              ddb_get_item,            EFFECT_READ,  PLANE_DATA},
    {"GetResourcePolicy",                    ddb_get_resource_policy, EFFECT_READ,  PLANE_CONTROL},
    {"ImportTable",                          ddb_import_table,        EFFECT_WRITE, PLANE_CONTROL},
    {"ListBackups",                          ddb_list_backups,        EFFECT_READ,  PLANE_CONTROL},
    {"ListContributorInsights",              ddb_list_insights,       EFFECT_READ,  PLANE_CONTROL},
    {"ListExports",                          ddb_list_exports,        EFFECT_READ,  PLANE_CONTROL},
    {"ListGlobalTables",                     ddb_list_global_tables,  EFFECT_READ,  PLANE_CONTROL},
    {"ListImports",                          ddb_list_imports,        EFFECT_READ,  PLANE_CONTROL},
    {"ListTables",                           ddb_list_tables,         EFFECT_READ,  PLANE_CONTROL},
    {"ListTagsOfResource",                   ddb_list_tags,           EFFECT_READ,  PLANE_CONTROL},
    {"PutItem",                              ddb_put_item,            EFFECT_WRITE, PLANE_DATA},
    {"PutResourcePolicy",                    ddb_put_resource_policy, EFFECT_WRITE, PLANE_CONTROL},
    {"Query",                                ddb_query,               EFFECT_READ,  PLANE_DATA},
    {"RestoreTableFromBackup",               ddb_restore_from_backup, EFFECT_WRITE, PLANE_CONTROL},
    {"RestoreTableToPointInTime",            ddb_restore_to_time,     EFFECT_WRITE, PLANE_CONTROL},
    {"Scan",                                 ddb_scan,                EFFECT_READ,  PLANE_DATA},
    {"TagResource",                          ddb_tag_resource,        EFFECT_WRITE, PLANE_CONTROL},
    {"TransactGetItems",                     ddb_transact_get,        EFFECT_READ,  PLANE_DATA},
    {"TransactWriteItems",                   ddb_transact_write,      EFFECT_WRITE, PLANE_DATA},
    {"UntagResource",                        ddb_untag_resource,      EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateContinuousBackups",              ddb_update_continuous_backups, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateContributorInsights",            ddb_update_insights,     EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateGlobalTable",                    ddb_update_global_table, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateGlobalTableSettings",            ddb_global_table_settings, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateItem",                           ddb_update_item,         EFFECT_WRITE, PLANE_DATA},
    {"UpdateKinesisStreamingDestination",    ddb_update_kinesis,      EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTable",                          ddb_update_table,        EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTableReplicaAutoScaling",        ddb_update_replica_scaling, EFFECT_WRITE, PLANE_CONTROL},
    {"UpdateTimeToLive",                     ddb_update_time_to_live, EFFECT_WRITE, PLANE_CONTROL},
};

static const struct wire_operation stream_operations[] = {
    {"DescribeStream",    ddb_describe_stream,     EFFECT_READ,  PLANE_DATA},
    {"GetRecords",        ddb_get_records,         EFFECT_READ,  PLANE_DATA},
    {"GetShardIterator",  ddb_get_shard_iterator,  EFFECT_READ,  PLANE_DATA},
    {"ListStreams",       ddb_list_streams,        EFFECT_READ,  PLANE_DATA},
};
/* clang-format on */

/* S3, Kinesis and CloudWatch are elsewhere. */
static const char *const settings_only[] = {
    "DeleteResourcePolicy",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListContributorInsights",
    "ListExports",
    "ListImports",
    "PutResourcePolicy",
    "UpdateContributorInsights",
    "UpdateKinesisStreamingDestination",
    NULL,
};

static uint64_t service_time_us(void *state, const struct wire_call *call)
{
    struct ddb *ddb = state;
    return ddb_service_time_us(ddb->service_times, call->operation) + ddb_strong_wait_us(ddb, call);
}

#define THROTTLING_TEXT                                                                            \
    "The level of configured provisioned throughput for the table was exceeded. Consider "         \
    "increasing your provisioning level with the UpdateTable API."

const struct wire_service ddb_service = {
    .id = "dynamodb",
    .title = "DynamoDB",
    .sdk_id = "DYNAMODB",
    .scope = SCOPE_REGIONAL,
    .api_json = ddb_api_json,
    .api_json_end = ddb_api_json_end,
    .operations = operations,
    .operation_count = ARRAY_LEN(operations),
    .settings_only = settings_only,
    .service_time_us = service_time_us,
    .begin = ddb_claims_begin_call,
    .resources = ddb_call_tables,
    .throttling_code = "ProvisionedThroughputExceededException",
    .throttling_message = THROTTLING_TEXT,
};

const struct wire_service ddb_streams_service = {
    .id = "dynamodbstreams",
    .title = "DynamoDB Streams",
    .sdk_id = "DYNAMODB_STREAMS",
    .scope = SCOPE_REGIONAL,
    .api_json = ddb_api_streams_json,
    .api_json_end = ddb_api_streams_json_end,
    .operations = stream_operations,
    .operation_count = ARRAY_LEN(stream_operations),
    .service_time_us = service_time_us,
    .resources = ddb_call_tables,
    .throttling_code = "LimitExceededException",
    .throttling_message = "Too many requests for the shard.",
};
