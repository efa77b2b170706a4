#include "emulators/dynamodb/backup_save.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/saved_json.h"
#include "sim/core/documents.h"

#define KIND "dynamodb.backup"

/* --- saving --------------------------------------------------------------------------------------
 */

static char *document_of(const struct ddb_backup *backup)
{
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "Region", backup->region->place->name);
    cJSON_AddStringToObject(document, "Account", backup->account);
    cJSON_AddStringToObject(document, "TableName", backup->table_name);
    cJSON_AddStringToObject(document, "Name", backup->name);
    cJSON_AddBoolToObject(document, "IsSystem", backup->type == DDB_BACKUP_SYSTEM);
    cJSON_AddBoolToObject(document, "IsAvailable", backup->is_available);
    ddb_saved_add_number(document, "Created", backup->created_us);
    ddb_saved_add_number(document, "Expires", backup->expires_us);
    ddb_saved_add_number(document, "Bytes", (uint64_t)backup->size_bytes);
    ddb_saved_add_number(document, "Number", backup->items.table_number);
    ddb_saved_add_number(document, "Moment", backup->sequence);
    cJSON_AddItemReferenceToObject(document, "Spec", backup->spec);
    cJSON_AddItemReferenceToObject(document, "Source", backup->source);
    cJSON_AddItemReferenceToObject(document, "Features", backup->features);
    char *text = cJSON_PrintUnformatted(document);
    CHECK(text != NULL);
    cJSON_Delete(document);
    return text;
}

enum sim_result ddb_backup_save(const struct ddb_backup *backup, struct sim_error *error)
{
    if (backup->region->ddb->core->data == NULL)
        return RESULT_OK;
    char *text = document_of(backup);
    enum sim_result result =
        sim_documents_save(backup->region->store, KIND, backup->arn, text, error);
    cJSON_free(text);
    return result;
}

enum sim_result ddb_backup_unsave(const struct ddb_backup *backup, struct sim_error *error)
{
    if (backup->region->ddb->core->data == NULL)
        return RESULT_OK;
    return sim_documents_erase(backup->region->store, KIND, backup->arn, error);
}

/* --- loading -------------------------------------------------------------------------------------
 */

static bool is_whole(const cJSON *document)
{
    static const char *const texts[] = {"Region", "Account", "TableName", "Name"};
    static const char *const trees[] = {"Spec", "Source", "Features"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (wire_text(document, texts[i]) == NULL)
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        if (!cJSON_IsObject(wire_member(document, trees[i])))
            return false;
    }
    return ddb_saved_number(document, "Number") != 0 &&
           wire_text(wire_member(document, "Source"), "TableArn") != NULL;
}

static void load_one(struct ddb_region *region, const char *arn, const cJSON *document)
{
    struct ddb_backup *backup = sim_alloc(sizeof *backup);
    uint64_t number = ddb_saved_number(document, "Number");
    backup->region = region;
    backup->type = wire_flag(document, "IsSystem", false) ? DDB_BACKUP_SYSTEM : DDB_BACKUP_USER;
    backup->account = sim_strdup(wire_text(document, "Account"));
    backup->table_name = sim_strdup(wire_text(document, "TableName"));
    backup->name = sim_strdup(wire_text(document, "Name"));
    backup->arn = sim_strdup(arn);
    backup->created_us = ddb_saved_number(document, "Created");
    backup->expires_us = ddb_saved_number(document, "Expires");
    backup->size_bytes = (int64_t)ddb_saved_number(document, "Bytes");
    backup->sequence = ddb_saved_number(document, "Moment");
    backup->is_available = wire_flag(document, "IsAvailable", false);
    backup->spec = cJSON_Duplicate(wire_member(document, "Spec"), true);
    backup->source = cJSON_Duplicate(wire_member(document, "Source"), true);
    backup->features = cJSON_Duplicate(wire_member(document, "Features"), true);
    ddb_items_open(&backup->items, region->store, number, NULL, 0);
    if (region->ddb->tables_made < number)
        region->ddb->tables_made = number;
    ddb_backup_resume(backup);
}

static enum sim_result load_document(void *context, const char *key, const char *text,
                                     struct sim_error *error)
{
    struct ddb *ddb = context;
    struct ddb_region *region = NULL;
    cJSON *document = cJSON_Parse(text);
    enum sim_result result = RESULT_INVALID;
    if (!is_whole(document) || strchr(key, '/') == NULL)
        sim_error_set(error, result, "backup %s of the data directory is damaged", key);
    else
        result = ddb_region_open(ddb, wire_text(document, "Region"), &region, error);
    if (result == RESULT_OK)
        load_one(region, key, document);
    cJSON_Delete(document);
    return result;
}

enum sim_result ddb_backups_load(struct ddb *ddb, struct sim_error *error)
{
    return sim_documents_each(sim_data_store(ddb->core->data), KIND, load_document, ddb, error);
}
