#include <string.h>

#include "emulators/dynamodb/backup.h"
#include "emulators/dynamodb/stream.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_settings.h"
#include "emulators/dynamodb/time_to_live.h"
#include "emulators/dynamodb/time_to_live_state.h"

static void copy_member(cJSON *to, const cJSON *from, const char *member)
{
    const cJSON *value = wire_member(from, member);
    if (value != NULL)
        cJSON_AddItemToObject(to, member, cJSON_Duplicate(value, true));
}

static void add_throughput(cJSON *object, const cJSON *spec)
{
    static const char *const members[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    const cJSON *throughput = wire_member(spec, "ProvisionedThroughput");
    cJSON *described = cJSON_AddObjectToObject(object, "ProvisionedThroughput");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        cJSON_AddNumberToObject(described, members[i],
                                (double)wire_integer(throughput, members[i], 0));
}

cJSON *ddb_backup_source_details(const struct ddb_table *table)
{
    const cJSON *spec = table->definition->spec;
    cJSON *details = cJSON_CreateObject();
    cJSON_AddStringToObject(details, "TableName", table->name);
    cJSON_AddStringToObject(details, "TableId", table->id);
    cJSON_AddStringToObject(details, "TableArn", table->arn);
    cJSON_AddNumberToObject(details, "TableSizeBytes", (double)table->size_bytes);
    copy_member(details, spec, "KeySchema");
    cJSON_AddNumberToObject(details, "TableCreationDateTime", ddb_json_time(table->created_us));
    add_throughput(details, spec);
    copy_member(details, spec, "OnDemandThroughput");
    cJSON_AddNumberToObject(details, "ItemCount", (double)table->item_count);
    cJSON_AddStringToObject(details, "BillingMode",
                            ddb_table_is_on_demand(table) ? "PAY_PER_REQUEST" : "PROVISIONED");
    return details;
}

static void add_indexes(cJSON *features, const struct ddb_table *table, bool is_global)
{
    const struct ddb_definition *definition = table->definition;
    const char *member = is_global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
    cJSON *list = NULL;
    for (size_t i = 0; i < definition->index_count; i++) {
        const struct ddb_index_definition *index = &definition->indexes[i];
        if (index->is_global != is_global)
            continue;
        if (list == NULL)
            list = cJSON_AddArrayToObject(features, member);
        cJSON *info = cJSON_CreateObject();
        cJSON_AddItemToArray(list, info);
        cJSON_AddStringToObject(info, "IndexName", index->name);
        copy_member(info, index->spec, "KeySchema");
        copy_member(info, index->spec, "Projection");
        if (is_global) {
            add_throughput(info, index->spec);
            copy_member(info, index->spec, "OnDemandThroughput");
        }
    }
}

cJSON *ddb_backup_source_features(const struct ddb_table *table)
{
    cJSON *features = cJSON_CreateObject();
    add_indexes(features, table, false);
    add_indexes(features, table, true);
    if (ddb_stream_is_enabled(table)) {
        cJSON *stream = cJSON_AddObjectToObject(features, "StreamDescription");
        cJSON_AddBoolToObject(stream, "StreamEnabled", true);
        cJSON_AddStringToObject(stream, "StreamViewType",
                                ddb_stream_view_name(table->stream->view));
    }
    bool expires = ddb_time_to_live_is_enabled(table);
    cJSON *time_to_live = cJSON_AddObjectToObject(features, "TimeToLiveDescription");
    cJSON_AddStringToObject(time_to_live, "TimeToLiveStatus", expires ? "ENABLED" : "DISABLED");
    if (expires)
        cJSON_AddStringToObject(time_to_live, "AttributeName", table->time_to_live->attribute);
    ddb_encryption_describe(features, table);
    return features;
}

static void add_details(cJSON *object, const struct ddb_backup *backup, const char *status)
{
    if (status == NULL)
        status = backup->is_available ? "AVAILABLE" : "CREATING";
    cJSON_AddStringToObject(object, "BackupArn", backup->arn);
    cJSON_AddStringToObject(object, "BackupName", backup->name);
    cJSON_AddNumberToObject(object, "BackupSizeBytes", (double)backup->size_bytes);
    cJSON_AddStringToObject(object, "BackupStatus", status);
    cJSON_AddStringToObject(object, "BackupType",
                            backup->type == DDB_BACKUP_USER ? "USER" : "SYSTEM");
    cJSON_AddNumberToObject(object, "BackupCreationDateTime", ddb_json_time(backup->created_us));
    if (backup->expires_us != 0)
        cJSON_AddNumberToObject(object, "BackupExpiryDateTime", ddb_json_time(backup->expires_us));
}

cJSON *ddb_backup_details(const struct ddb_backup *backup, const char *status)
{
    cJSON *details = cJSON_CreateObject();
    add_details(details, backup, status);
    return details;
}

cJSON *ddb_backup_description(const struct ddb_backup *backup, const char *status)
{
    cJSON *description = cJSON_CreateObject();
    cJSON_AddItemToObject(description, "BackupDetails", ddb_backup_details(backup, status));
    cJSON_AddItemToObject(description, "SourceTableDetails", cJSON_Duplicate(backup->source, true));
    cJSON_AddItemToObject(description, "SourceTableFeatureDetails",
                          cJSON_Duplicate(backup->features, true));
    return description;
}

cJSON *ddb_backup_summary(const struct ddb_backup *backup)
{
    cJSON *summary = cJSON_CreateObject();
    copy_member(summary, backup->source, "TableName");
    copy_member(summary, backup->source, "TableId");
    copy_member(summary, backup->source, "TableArn");
    add_details(summary, backup, NULL);
    return summary;
}
