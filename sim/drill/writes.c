/* Looks for every acknowledged write on all replicas: what the other Region lacked at the incident,
 * and what is nowhere to be found at the end. */
#include <string.h>

#include "sim/drill/drill_internal.h"

/* {"us-east-1": item or null, ...}; the caller deletes it. */
static cJSON *probe(struct drill *drill, const struct drill_write *write)
{
    cJSON *key = cJSON_Parse(write->key);
    cJSON *replicas = ddb_probe(drill->world->ddb, write->table, key);
    cJSON_Delete(key);
    return replicas;
}

static bool is_missing_elsewhere(const cJSON *replicas, const char *region)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, replicas)
    {
        if (strcmp(item->string, region) != 0 && cJSON_IsNull(item))
            return true;
    }
    return false;
}

/* What the Region that is left has acknowledged and the others do not have yet. */
void drill_writes_check_incident(struct drill *drill)
{
    const char *leaves = drill->file->leaves;
    for (size_t i = 0; i < drill->measures.write_count; i++) {
        struct drill_write *write = &drill->measures.writes[i];
        if (leaves != NULL && strcmp(write->region, leaves) != 0)
            continue;
        cJSON *replicas = probe(drill, write);
        write->is_missing_at_incident = is_missing_elsewhere(replicas, write->region);
        cJSON_Delete(replicas);
    }
}

/* Lost: in no replica whose Region is up. */
void drill_writes_check_end(struct drill *drill)
{
    struct sim_network *network = drill->world->core.network;
    for (size_t i = 0; i < drill->measures.write_count; i++) {
        struct drill_write *write = &drill->measures.writes[i];
        cJSON *replicas = probe(drill, write);
        bool found = false;
        const cJSON *item;
        cJSON_ArrayForEach(item, replicas)
        {
            const struct sim_region *region = sim_network_region_find(network, item->string);
            found = found || (!cJSON_IsNull(item) && region != NULL && region->down_count == 0);
        }
        write->is_lost = !found;
        cJSON_Delete(replicas);
    }
}
