/* Imports and exports in the data directory: a document of each kind for a Region. */
#include "emulators/dynamodb/bucket_transfer.h"
#include "sim/core/documents.h"

static const struct {
    const char *kind; /* of documents */
    size_t offset;    /* of the list in struct ddb_region */
} lists[] = {
    {"dynamodb.imports", offsetof(struct ddb_region, imports)},
    {"dynamodb.exports", offsetof(struct ddb_region, exports)},
};

static cJSON **list_of(struct ddb_region *region, size_t number)
{
    return (cJSON **)(void *)((char *)region + lists[number].offset);
}

enum sim_result ddb_transfers_save(struct ddb_region *region, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    if (region->ddb->core->data == NULL)
        return RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(lists) && result == RESULT_OK; i++) {
        if (*list_of(region, i) == NULL)
            continue;
        char *text = cJSON_PrintUnformatted(*list_of(region, i));
        CHECK(text != NULL);
        result = sim_documents_save(region->store, lists[i].kind, region->place->name, text, error);
        cJSON_free(text);
    }
    return result;
}

struct loading {
    struct ddb *ddb;
    size_t number;
};

static enum sim_result load(void *context, const char *key, const char *text,
                            struct sim_error *error)
{
    const struct loading *loading = context;
    struct ddb_region *region = NULL;
    enum sim_result result = ddb_region_open(loading->ddb, key, &region, error);
    if (result != RESULT_OK)
        return result;
    cJSON *list = cJSON_Parse(text);
    *list_of(region, loading->number) = list;
    if (!cJSON_IsArray(list))
        return sim_error_set(error, RESULT_INVALID, "the data directory's %s of %s",
                             lists[loading->number].kind, key);
    return RESULT_OK;
}

enum sim_result ddb_transfers_load(struct ddb *ddb, struct sim_error *error)
{
    struct sim_store *store = sim_data_store(ddb->core->data);
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(lists) && result == RESULT_OK; i++) {
        struct loading loading = {.ddb = ddb, .number = i};
        result = sim_documents_each(store, lists[i].kind, load, &loading, error);
    }
    return result;
}

void ddb_transfers_destroy(struct ddb_region *region)
{
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        cJSON_Delete(*list_of(region, i));
        *list_of(region, i) = NULL;
    }
}
