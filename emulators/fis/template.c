/* Experiment templates: made, told, changed, deleted, listed. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/fis/template_check.h"

/* What a request gives and the description repeats. */
static const char *const given_members[] = {
    "description", "targets",          "actions",           "stopConditions",
    "roleArn",     "logConfiguration", "experimentOptions", "experimentReportConfiguration",
};

struct fis_template *fis_template_find(struct fis *fis, const struct wire_call *call,
                                       const char *id)
{
    struct fis_template *found;
    DL_FOREACH(fis->templates, found)
    {
        if (strcmp(found->id, id) == 0 && fis_place_is(&found->place, call))
            return found;
    }
    return NULL;
}

void fis_template_remove(struct fis *fis, struct fis_template *found)
{
    DL_DELETE(fis->templates, found);
    cJSON_Delete(found->document);
    cJSON_Delete(found->accounts);
    free(found->client_token);
    free(found);
}

static enum wire_progress answer(struct wire_call *call, const struct fis_template *found)
{
    cJSON *output = cJSON_CreateObject();
    cJSON *document = cJSON_Duplicate(found->document, true);
    int account_count = cJSON_GetArraySize(found->accounts);
    cJSON_AddItemToObject(output, "experimentTemplate", document);
    if (account_count > 0)
        cJSON_AddNumberToObject(document, "targetAccountConfigurationsCount", account_count);
    return wire_succeed(call, output);
}

/* Members that are given replace those that are there, whole. */
static void take_members(cJSON *document, const cJSON *input)
{
    for (size_t i = 0; i < ARRAY_LEN(given_members); i++) {
        const cJSON *given = wire_member(input, given_members[i]);
        if (given == NULL)
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(document, given_members[i]);
        cJSON_AddItemToObject(document, given_members[i], cJSON_Duplicate(given, true));
    }
}

static void put_default(cJSON *object, const char *name, const char *value)
{
    if (wire_member(object, name) == NULL)
        cJSON_AddStringToObject(object, name, value);
}

static void put_defaults(cJSON *document)
{
    cJSON *options = cJSON_GetObjectItemCaseSensitive(document, "experimentOptions");
    if (options == NULL)
        options = cJSON_AddObjectToObject(document, "experimentOptions");
    put_default(options, "accountTargeting", "single-account");
    put_default(options, "emptyTargetResolutionMode", "fail");
    if (wire_member(document, "targets") == NULL)
        cJSON_AddObjectToObject(document, "targets");
}

static void set_time(cJSON *document, const char *name, uint64_t time_us)
{
    cJSON_DeleteItemFromObjectCaseSensitive(document, name);
    fis_add_time(document, name, time_us);
}

static struct fis_template *find_by_token(struct fis *fis, const struct wire_call *call)
{
    const char *token = wire_text(call->input, "clientToken");
    struct fis_template *found;
    DL_FOREACH(fis->templates, found)
    {
        if (token != NULL && strcmp(found->client_token, token) == 0 &&
            fis_place_is(&found->place, call))
            return found;
    }
    return NULL;
}

static size_t count_templates(const struct fis *fis, const struct wire_call *call)
{
    size_t count = 0;
    const struct fis_template *found;
    DL_FOREACH(fis->templates, found)
    {
        count += fis_place_is(&found->place, call) ? 1 : 0;
    }
    return count;
}

static enum wire_progress keep_new(struct fis *fis, struct wire_call *call, cJSON *document)
{
    struct fis_template *made = sim_alloc(sizeof *made);
    const cJSON *tags = wire_member(call->input, "tags");
    const char *token = wire_text(call->input, "clientToken");
    made->place = fis_place_of(call);
    made->client_token = sim_strdup(token != NULL ? token : call->request_id);
    fis_identify(fis, &made->place, "EXT", "experiment-template", made->id, made->arn);
    cJSON_AddStringToObject(document, "id", made->id);
    cJSON_AddStringToObject(document, "arn", made->arn);
    cJSON_AddItemToObject(document, "tags",
                          tags != NULL ? cJSON_Duplicate(tags, true) : cJSON_CreateObject());
    set_time(document, "creationTime", wire_now_us(call));
    set_time(document, "lastUpdateTime", wire_now_us(call));
    made->document = document;
    made->accounts = cJSON_CreateObject();
    DL_APPEND(fis->templates, made);
    return answer(call, made);
}

enum wire_progress fis_create_template(void *state, struct wire_call *call)
{
    struct fis *fis = state;
    const struct fis_template *same = find_by_token(fis, call);
    if (same != NULL)
        return answer(call, same);
    if (count_templates(fis, call) >= FIS_TEMPLATES_MAX)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "A Region can have at most %d experiment templates.", FIS_TEMPLATES_MAX);
    cJSON *document = cJSON_CreateObject();
    take_members(document, call->input);
    put_defaults(document);
    if (!fis_template_check(call, document)) {
        cJSON_Delete(document);
        return WIRE_DONE;
    }
    return keep_new(fis, call, document);
}

enum wire_progress fis_get_template(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    const struct fis_template *found = fis_template_find(state, call, id);
    return found != NULL ? answer(call, found) : fis_not_found(call, "Experiment template", id);
}

enum wire_progress fis_update_template(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    struct fis_template *found = fis_template_find(state, call, id);
    if (found == NULL)
        return fis_not_found(call, "Experiment template", id);
    cJSON *document = cJSON_Duplicate(found->document, true);
    take_members(document, call->input);
    put_defaults(document);
    if (!fis_template_check(call, document)) {
        cJSON_Delete(document);
        return WIRE_DONE;
    }
    set_time(document, "lastUpdateTime", wire_now_us(call));
    cJSON_Delete(found->document);
    found->document = document;
    return answer(call, found);
}

enum wire_progress fis_delete_template(void *state, struct wire_call *call)
{
    const char *id = wire_text(call->input, "id");
    struct fis_template *found = fis_template_find(state, call, id);
    if (found == NULL)
        return fis_not_found(call, "Experiment template", id);
    enum wire_progress done = answer(call, found);
    fis_template_remove(state, found);
    return done;
}

enum wire_progress fis_list_templates(void *state, struct wire_call *call)
{
    static const char *const told[] = {
        "id", "arn", "description", "creationTime", "lastUpdateTime", "tags"};
    struct fis *fis = state;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "experimentTemplates");
    const struct fis_template *found;
    DL_FOREACH(fis->templates, found)
    {
        if (!fis_place_is(&found->place, call))
            continue;
        cJSON *summary = cJSON_CreateObject();
        for (size_t i = 0; i < ARRAY_LEN(told); i++)
            cJSON_AddItemToObject(summary, told[i],
                                  cJSON_Duplicate(wire_member(found->document, told[i]), true));
        cJSON_AddItemToArray(list, summary);
    }
    return fis_page(call, output, "experimentTemplates") ? wire_succeed(call, output) : WIRE_DONE;
}
