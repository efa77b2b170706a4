/* Targets with their policies and scheduled actions, as one document in the data directory, written
 * when something of them has changed. Activities are not kept, nor minutes that are being counted.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"
#include "sim/core/documents.h"

#define KIND "autoscaling"
#define KEY  "targets"

static cJSON *document_of(const struct aas_target *target)
{
    cJSON *saved = aas_target_describe(target);
    cJSON_AddStringToObject(saved, "Region", target->region);
    cJSON_AddStringToObject(saved, "Account", target->account);
    cJSON_AddItemToObject(saved, "Tags", cJSON_Duplicate(target->tags, true));
    aas_add_time(saved, "ScaledOut", target->scaled_out_us);
    aas_add_time(saved, "ScaledIn", target->scaled_in_us);
    cJSON *policies = cJSON_AddArrayToObject(saved, "Policies");
    const struct aas_policy *policy;
    DL_FOREACH(target->policies, policy)
    {
        cJSON_AddItemToArray(policies, aas_policy_describe(target, policy));
    }
    cJSON *actions = cJSON_AddArrayToObject(saved, "Scheduled");
    const struct aas_scheduled *scheduled;
    DL_FOREACH(target->scheduled, scheduled)
    {
        cJSON_AddItemToArray(actions, aas_scheduled_describe(scheduled));
    }
    return saved;
}

enum sim_result aas_save(void *context, struct sim_error *error)
{
    struct aas *aas = context;
    if (!aas->is_changed)
        return RESULT_OK;
    cJSON *list = cJSON_CreateArray();
    const struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        cJSON_AddItemToArray(list, document_of(target));
    }
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    CHECK(text != NULL);
    enum sim_result result =
        sim_documents_save(sim_data_store(aas->host->core->data), KIND, KEY, text, error);
    cJSON_free(text);
    aas->is_changed = result != RESULT_OK;
    return result;
}

static enum sim_result restore(struct aas *aas, const cJSON *saved, struct sim_error *error)
{
    const cJSON *element = NULL;
    struct aas_target *target = aas_target_restore(aas, saved);
    bool is_good = target != NULL;
    cJSON_ArrayForEach(element, wire_member(saved, "Policies"))
    {
        is_good = is_good && aas_policy_restore(target, element);
    }
    cJSON_ArrayForEach(element, wire_member(saved, "Scheduled"))
    {
        is_good = is_good && aas_scheduled_restore(target, element);
    }
    return is_good ? RESULT_OK
                   : sim_error_set(error, RESULT_INVALID,
                                   "the data directory has a scalable target that is damaged");
}

enum sim_result aas_load(struct aas *aas, struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    const char *text = NULL;
    enum sim_result result =
        sim_documents_find(sim_data_store(aas->host->core->data), KIND, KEY, arena, &text, error);
    cJSON *list = result == RESULT_OK && text != NULL ? cJSON_Parse(text) : NULL;
    const cJSON *saved = NULL;
    cJSON_ArrayForEach(saved, list)
    {
        if (result == RESULT_OK)
            result = restore(aas, saved, error);
    }
    cJSON_Delete(list);
    sim_arena_destroy(arena);
    return result;
}
