#include "emulators/arc/save.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/documents.h"

#define KIND      "arc"
#define KEY_BYTES 24

static void key_of(const struct arc_resource *resource, char key[KEY_BYTES])
{
    (void)snprintf(key, KEY_BYTES, "%020" PRIu64, resource->number);
}

/* --- marks --------------------------------------------------------------------------------------
 */

void arc_resource_changed(struct arc_resource *resource)
{
    resource->is_changed = true;
    resource->arc->is_changed = true;
}

void arc_resource_unsave(struct arc_resource *resource)
{
    struct arc *arc = resource->arc;
    struct sim_error error;
    char key[KEY_BYTES];
    if (arc->host->core->data == NULL || arc->is_ending)
        return;
    key_of(resource, key);
    enum sim_result result =
        sim_documents_erase(sim_data_store(arc->host->core->data), KIND, key, &error);
    if (result != RESULT_OK && arc->save_failure.result == RESULT_OK)
        arc->save_failure = error;
}

/* --- saving -------------------------------------------------------------------------------------
 */

static cJSON *arns_of(struct arc_resource *const *controls, size_t count)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(controls[i]->arn));
    return list;
}

static void add_number(cJSON *object, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number); /* a JSON number has 53 bits */
    cJSON_AddStringToObject(object, name, text);
}

static cJSON *save_rule(const struct arc_rule *rule)
{
    cJSON *saved = cJSON_CreateObject();
    cJSON_AddBoolToObject(saved, "IsGating", rule->is_gating);
    cJSON_AddBoolToObject(saved, "IsInverted", rule->is_inverted);
    add_number(saved, "Criterion", (uint64_t)rule->criterion);
    add_number(saved, "Threshold", (uint64_t)rule->threshold);
    add_number(saved, "Wait", rule->wait_us);
    add_number(saved, "QuietUntil", rule->quiet_until_us);
    cJSON_AddItemToObject(saved, "Controls", arns_of(rule->controls, rule->control_count));
    cJSON_AddItemToObject(saved, "Targets", arns_of(rule->targets, rule->target_count));
    return saved;
}

static char *print(const struct arc_resource *resource)
{
    cJSON *document = cJSON_CreateObject();
    add_number(document, "Kind", (uint64_t)resource->kind);
    add_number(document, "Status", (uint64_t)resource->status);
    cJSON_AddStringToObject(document, "Arn", resource->arn);
    cJSON_AddStringToObject(document, "Id", resource->id);
    cJSON_AddStringToObject(document, "Name", resource->name);
    cJSON_AddStringToObject(document, "Account", resource->account);
    cJSON_AddStringToObject(document, "Token", resource->client_token);
    if (resource->parent != NULL)
        cJSON_AddStringToObject(document, "Parent", resource->parent->arn);
    cJSON_AddItemReferenceToObject(document, "Tags", resource->tags);
    cJSON_AddBoolToObject(document, "IsDefaultPanel", resource->is_default_panel);
    cJSON_AddBoolToObject(document, "IsDualStack", resource->is_dual_stack);
    cJSON_AddBoolToObject(document, "IsOn", resource->is_on);
    if (resource->kind == ARC_RULE)
        cJSON_AddItemToObject(document, "Rule", save_rule(&resource->rule));
    char *text = cJSON_PrintUnformatted(document);
    CHECK(text != NULL);
    cJSON_Delete(document);
    return text;
}

enum sim_result arc_save(void *context, struct sim_error *error)
{
    struct arc *arc = context;
    struct arc_resource *resource = NULL;
    struct arc_resource *next = NULL;
    enum sim_result result = arc->save_failure.result;
    if (result != RESULT_OK)
        return sim_error_set(error, result, "%s", arc->save_failure.message);
    if (!arc->is_changed)
        return RESULT_OK;
    HASH_ITER(hh, arc->resources, resource, next)
    {
        char key[KEY_BYTES];
        if (!resource->is_changed || result != RESULT_OK)
            continue;
        char *text = print(resource);
        key_of(resource, key);
        result = sim_documents_save(sim_data_store(arc->host->core->data), KIND, key, text, error);
        cJSON_free(text);
        resource->is_changed = false;
    }
    arc->is_changed = false;
    return result;
}

/* --- loading ------------------------------------------------------------------------------------
 */

static uint64_t read_number(const cJSON *object, const char *name)
{
    const char *text = wire_text(object, name);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* False: one of them is not there. */
static bool find_controls(struct arc *arc, const cJSON *arns, struct arc_resource ***controls,
                          size_t *count)
{
    const cJSON *arn = NULL;
    *controls = sim_alloc_array((size_t)cJSON_GetArraySize(arns) + 1, sizeof **controls);
    cJSON_ArrayForEach(arn, arns)
    {
        struct arc_resource *control =
            arc_resource_find(arc, ARC_CONTROL, cJSON_GetStringValue(arn));
        if (control == NULL)
            return false;
        (*controls)[(*count)++] = control;
    }
    return true;
}

static bool load_rule(struct arc_resource *resource, const cJSON *saved)
{
    struct arc_rule *rule = &resource->rule;
    uint64_t criterion = read_number(saved, "Criterion");
    if (criterion > ARC_OR)
        return false;
    rule->is_gating = wire_flag(saved, "IsGating", false);
    rule->is_inverted = wire_flag(saved, "IsInverted", false);
    rule->criterion = (enum arc_criterion)criterion;
    rule->threshold = (int64_t)read_number(saved, "Threshold");
    rule->wait_us = read_number(saved, "Wait");
    rule->quiet_until_us = read_number(saved, "QuietUntil");
    if (!find_controls(resource->arc, wire_member(saved, "Controls"), &rule->controls,
                       &rule->control_count))
        return false;
    return !rule->is_gating || find_controls(resource->arc, wire_member(saved, "Targets"),
                                             &rule->targets, &rule->target_count);
}

static bool copy(char *to, size_t bytes, const cJSON *document, const char *name)
{
    const char *text = wire_text(document, name);
    return text != NULL && (size_t)snprintf(to, bytes, "%s", text) < bytes;
}

static bool load_parent(struct arc_resource *resource, const cJSON *document)
{
    static const enum arc_kind parents[] = {
        [ARC_PANEL] = ARC_CLUSTER, [ARC_CONTROL] = ARC_PANEL, [ARC_RULE] = ARC_PANEL};
    if (resource->kind == ARC_CLUSTER)
        return true;
    resource->parent =
        arc_resource_find(resource->arc, parents[resource->kind], wire_text(document, "Parent"));
    return resource->parent != NULL;
}

static bool fill(struct arc_resource *resource, const cJSON *document)
{
    uint64_t kind = read_number(document, "Kind");
    uint64_t status = read_number(document, "Status");
    const cJSON *tags = wire_member(document, "Tags");
    if (kind > ARC_RULE || status > ARC_PENDING_DELETION)
        return false;
    resource->kind = (enum arc_kind)kind;
    resource->status = (enum arc_status)status;
    resource->tags = cJSON_IsObject(tags) ? cJSON_Duplicate(tags, true) : cJSON_CreateObject();
    resource->is_default_panel = wire_flag(document, "IsDefaultPanel", false);
    resource->is_dual_stack = wire_flag(document, "IsDualStack", false);
    resource->is_on = wire_flag(document, "IsOn", false);
    return copy(resource->arn, sizeof resource->arn, document, "Arn") &&
           copy(resource->id, sizeof resource->id, document, "Id") &&
           copy(resource->name, sizeof resource->name, document, "Name") &&
           copy(resource->account, sizeof resource->account, document, "Account") &&
           copy(resource->client_token, sizeof resource->client_token, document, "Token") &&
           load_parent(resource, document) &&
           (resource->kind != ARC_RULE || load_rule(resource, wire_member(document, "Rule")));
}

static enum sim_result load(void *context, const char *key, const char *text,
                            struct sim_error *error)
{
    struct arc *arc = context;
    struct arc_resource *resource = sim_alloc(sizeof *resource);
    cJSON *document = cJSON_Parse(text);
    resource->arc = arc;
    resource->number = strtoull(key, NULL, 10);
    bool is_whole = document != NULL && fill(resource, document);
    cJSON_Delete(document);
    if (!is_whole) {
        free(resource->rule.controls);
        free(resource->rule.targets);
        cJSON_Delete(resource->tags);
        free(resource);
        return sim_error_set(error, RESULT_INVALID,
                             "the data directory's routing control resource %s is damaged", key);
    }
    if (arc->made < resource->number)
        arc->made = resource->number;
    HASH_ADD_STR(arc->resources, arn, resource);
    return RESULT_OK;
}

enum sim_result arc_load(struct arc *arc, struct sim_error *error)
{
    struct arc_resource *resource = NULL;
    struct arc_resource *next = NULL;
    enum sim_result result =
        sim_documents_each(sim_data_store(arc->host->core->data), KIND, load, arc, error);
    HASH_ITER(hh, arc->resources, resource, next)
    {
        if (resource->status == ARC_PENDING)
            arc_resource_deploy(resource);
        else if (resource->status == ARC_PENDING_DELETION)
            arc_resource_retire(resource);
    }
    return result;
}
