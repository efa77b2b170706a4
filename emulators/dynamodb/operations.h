/* operations.h -- the handlers of DynamoDB and DynamoDB Streams, and their tables.
 *
 * Each handler's state is the struct ddb; operations.c lists them, one row an operation of the API
 * model. */
#ifndef EMULATORS_DYNAMODB_OPERATIONS_H
#define EMULATORS_DYNAMODB_OPERATIONS_H

#include "emulators/dynamodb/dynamodb.h"

/* table_operations.c */
wire_handler ddb_create_table, ddb_delete_table, ddb_describe_table, ddb_list_tables;
wire_handler ddb_describe_limits, ddb_describe_endpoints;
/* table_update.c */
wire_handler ddb_update_table;
/* time_to_live_operations.c */
wire_handler ddb_update_time_to_live, ddb_describe_time_to_live;
/* resource_policy.c */
wire_handler ddb_put_resource_policy, ddb_get_resource_policy, ddb_delete_resource_policy;
/* contributor_insights.c */
wire_handler ddb_update_insights, ddb_describe_insights, ddb_list_insights;
/* kinesis_destination.c */
wire_handler ddb_enable_kinesis, ddb_disable_kinesis, ddb_update_kinesis, ddb_describe_kinesis;
/* legacy_global_tables.c */
wire_handler ddb_create_global_table, ddb_update_global_table, ddb_describe_global_table;
wire_handler ddb_global_table_settings, ddb_list_global_tables;
/* bucket_transfer.c */
wire_handler ddb_import_table, ddb_describe_import, ddb_list_imports;
/* table_export.c */
wire_handler ddb_export_table, ddb_describe_export, ddb_list_exports;
/* continuous_backups.c */
wire_handler ddb_update_continuous_backups, ddb_describe_continuous_backups;
/* backup_operations.c */
wire_handler ddb_create_backup, ddb_describe_backup, ddb_delete_backup, ddb_list_backups;
/* restore_operations.c */
wire_handler ddb_restore_from_backup, ddb_restore_to_time;
/* replica_scaling.c */
wire_handler ddb_describe_replica_scaling, ddb_update_replica_scaling;
/* table_tags.c */
wire_handler ddb_tag_resource, ddb_untag_resource, ddb_list_tags;
/* item_operations.c */
wire_handler ddb_get_item, ddb_put_item, ddb_update_item, ddb_delete_item;
/* query.c, scan.c */
wire_handler ddb_query, ddb_scan;
/* batch_get.c, batch_write.c */
wire_handler ddb_batch_get, ddb_batch_write;
/* transaction_write.c, transaction_get.c */
wire_handler ddb_transact_write, ddb_transact_get;
/* partiql_execute.c, partiql_batch.c, partiql_transaction.c */
wire_handler ddb_execute_statement, ddb_batch_execute, ddb_execute_transaction;
/* stream_operations.c */
wire_handler ddb_list_streams, ddb_describe_stream, ddb_get_shard_iterator, ddb_get_records;

#endif
