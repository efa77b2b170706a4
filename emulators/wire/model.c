#include "emulators/wire/model.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/wire/model_internal.h"

static const struct {
    const char *protocol;
    const char *json_version; /* NULL: any */
    enum wire_protocol value;
} protocols[] = {
    {"json", "1.0", PROTOCOL_JSON_1_0},
    {"json", "1.1", PROTOCOL_JSON_1_1},
    {"rest-json", NULL, PROTOCOL_REST_JSON},
    {"rest-xml", NULL, PROTOCOL_REST_XML},
};

const char *wire_fact_text(struct wire_loader *loader, const cJSON *facts, const char *name)
{
    const cJSON *fact = cJSON_GetObjectItemCaseSensitive(facts, name);
    return cJSON_IsString(fact) ? sim_arena_strdup(loader->arena, fact->valuestring) : NULL;
}

bool wire_fact_flag(const cJSON *facts, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(facts, name));
}

int64_t wire_fact_number(const cJSON *facts, const char *name, int64_t fallback)
{
    const cJSON *fact = cJSON_GetObjectItemCaseSensitive(facts, name);
    return cJSON_IsNumber(fact) ? (int64_t)fact->valuedouble : fallback;
}

static int compare_shape(const void *name, const void *shape)
{
    return strcmp(name, ((const struct wire_shape *)shape)->name);
}

static const struct wire_shape *find_shape(const struct wire_shape *shapes, size_t count,
                                           const char *name)
{
    if (count == 0)
        return NULL;
    return bsearch(name, shapes, count, sizeof(*shapes), compare_shape);
}

enum sim_result wire_fact_shape(struct wire_loader *loader, const char *where, const char *name,
                                const struct wire_shape **shape)
{
    const struct wire_shape *found =
        name == NULL ? NULL : find_shape(loader->shapes, loader->shape_count, name);
    if (found == NULL)
        return sim_error_set(loader->error, RESULT_INVALID, "%s api.json: %s refers to shape %s",
                             loader->service_id, where, name == NULL ? "(none)" : name);
    *shape = found;
    return RESULT_OK;
}

/* The shape of an input or output; an empty structure where the operation has none. */
static enum sim_result operation_side(struct wire_loader *loader, const cJSON *facts,
                                      const char *side, const struct wire_shape *empty,
                                      const struct wire_shape **shape)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(facts, side);
    if (name == NULL) {
        *shape = empty;
        return RESULT_OK;
    }
    return wire_fact_shape(loader, facts->string, name->valuestring, shape);
}

static enum sim_result load_errors(struct wire_loader *loader, const cJSON *facts,
                                   struct wire_operation_fact *operation)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(facts, "errors");
    size_t count = (size_t)cJSON_GetArraySize(names);
    const struct wire_shape **errors =
        sim_arena_alloc_array(loader->arena, count + 1, sizeof(struct wire_shape *));
    size_t index = 0;
    for (const cJSON *name = names == NULL ? NULL : names->child; name != NULL; name = name->next) {
        enum sim_result result =
            wire_fact_shape(loader, operation->name, name->valuestring, &errors[index++]);
        if (result != RESULT_OK)
            return result;
    }
    operation->errors = errors;
    operation->error_count = count;
    return RESULT_OK;
}

static void load_told_alone(struct wire_loader *loader, const cJSON *facts,
                            struct wire_operation_fact *operation)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(facts, "toldAlone");
    struct wire_told_alone *told =
        sim_arena_alloc_array(loader->arena, (size_t)cJSON_GetArraySize(rows) + 1, sizeof *told);
    size_t count = 0;
    for (const cJSON *row = rows == NULL ? NULL : rows->child; row != NULL; row = row->next)
        told[count++] = (struct wire_told_alone){
            sim_arena_strdup(loader->arena, row->string),
            cJSON_IsString(row) ? sim_arena_strdup(loader->arena, row->valuestring) : NULL};
    operation->told_alone = told;
    operation->told_alone_count = count;
}

static enum sim_result load_operation(struct wire_loader *loader, const cJSON *facts,
                                      const struct wire_shape *empty,
                                      struct wire_operation_fact *operation)
{
    operation->name = sim_arena_strdup(loader->arena, facts->string);
    operation->method = wire_fact_text(loader, facts, "method");
    operation->uri = wire_fact_text(loader, facts, "uri");
    operation->status = (int)wire_fact_number(facts, "status", 200);
    operation->input_root = wire_fact_text(loader, facts, "inputRoot");
    operation->checked_first = wire_fact_text(loader, facts, "checkedFirst");
    operation->wanted_first = wire_fact_text(loader, facts, "wantedFirst");
    load_told_alone(loader, facts, operation);
    operation->input_namespace = wire_fact_text(loader, facts, "inputNamespace");
    if (operation->method == NULL || operation->uri == NULL)
        return sim_error_set(loader->error, RESULT_INVALID, "%s api.json: %s has no method or uri",
                             loader->service_id, operation->name);
    enum sim_result result = operation_side(loader, facts, "input", empty, &operation->input);
    if (result != RESULT_OK)
        return result;
    result = operation_side(loader, facts, "output", empty, &operation->output);
    if (result != RESULT_OK)
        return result;
    return load_errors(loader, facts, operation);
}

static enum sim_result load_operations(struct wire_loader *loader, const cJSON *operations,
                                       struct wire_model *model)
{
    struct wire_shape *empty = sim_arena_alloc(loader->arena, sizeof(*empty));
    empty->name = "Unit";
    empty->kind = SHAPE_STRUCTURE;
    size_t count = (size_t)cJSON_GetArraySize(operations);
    struct wire_operation_fact *facts =
        sim_arena_alloc_array(loader->arena, count + 1, sizeof(*facts));
    size_t index = 0;
    for (const cJSON *row = operations == NULL ? NULL : operations->child; row != NULL;
         row = row->next) {
        enum sim_result result = load_operation(loader, row, empty, &facts[index]);
        if (result != RESULT_OK)
            return result;
        if (index > 0 && strcmp(facts[index - 1].name, facts[index].name) >= 0)
            return sim_error_set(loader->error, RESULT_INVALID,
                                 "%s api.json: operation %s is out of order", loader->service_id,
                                 facts[index].name);
        index++;
    }
    model->operations = facts;
    model->operation_count = count;
    return RESULT_OK;
}

static enum sim_result load_head(struct wire_loader *loader, const cJSON *root,
                                 struct wire_model *model)
{
    const char *protocol = wire_fact_text(loader, root, "protocol");
    const char *version = wire_fact_text(loader, root, "jsonVersion");
    model->target_prefix = wire_fact_text(loader, root, "targetPrefix");
    model->endpoint_prefix = wire_fact_text(loader, root, "endpointPrefix");
    model->xml_namespace = wire_fact_text(loader, root, "xmlNamespace");
    model->api_version = wire_fact_text(loader, root, "apiVersion");
    model->signing_name = wire_fact_text(loader, root, "signingName");
    for (size_t i = 0; protocol != NULL && i < ARRAY_LEN(protocols); i++) {
        if (strcmp(protocols[i].protocol, protocol) != 0)
            continue;
        if (protocols[i].json_version != NULL &&
            (version == NULL || strcmp(protocols[i].json_version, version) != 0))
            continue;
        model->protocol = protocols[i].value;
        return RESULT_OK;
    }
    return sim_error_set(loader->error, RESULT_INVALID, "%s api.json: protocol %s %s is unknown",
                         loader->service_id, protocol == NULL ? "(none)" : protocol,
                         version == NULL ? "" : version);
}

/* The first server fault of the model; services whose model has none use the common name. */
static const char *find_internal_code(const struct wire_model *model)
{
    for (size_t i = 0; i < model->shape_count; i++) {
        const struct wire_shape *shape = &model->shapes[i];
        if (shape->is_error && (shape->error_status == 0 || shape->error_status == 500) &&
            (shape->is_server_fault || shape->error_status == 500))
            return shape->error_code;
    }
    return "InternalFailure";
}

static enum sim_result load_all(struct wire_loader *loader, const cJSON *root,
                                struct wire_model *model)
{
    enum sim_result result = load_head(loader, root, model);
    if (result != RESULT_OK)
        return result;
    result = wire_model_load_shapes(loader, cJSON_GetObjectItemCaseSensitive(root, "shapes"));
    if (result != RESULT_OK)
        return result;
    model->shapes = loader->shapes;
    model->shape_count = loader->shape_count;
    model->internal_code = find_internal_code(model);
    bool has_invalid_input = wire_shape_find(model, "InvalidInput") != NULL;
    model->validation_code = has_invalid_input ? "InvalidInput" : "ValidationException";
    result = load_operations(loader, cJSON_GetObjectItemCaseSensitive(root, "operations"), model);
    if (result != RESULT_OK)
        return result;
    wire_model_prepare_checks(loader);
    return RESULT_OK;
}

enum sim_result wire_model_load(const struct wire_service *service, struct wire_model **model,
                                struct sim_error *error)
{
    PRE(service->api_json != NULL);
    size_t bytes = (size_t)(service->api_json_end - service->api_json);
    cJSON *root = cJSON_ParseWithLength((const char *)service->api_json, bytes);
    if (root == NULL)
        return sim_error_set(error, RESULT_INVALID, "%s api.json is not JSON", service->id);
    struct wire_loader loader = {
        .arena = sim_arena_create(), .service_id = service->id, .error = error};
    struct wire_model *loaded = sim_arena_alloc(loader.arena, sizeof(*loaded));
    loaded->arena = loader.arena;
    enum sim_result result = load_all(&loader, root, loaded);
    cJSON_Delete(root);
    if (result != RESULT_OK) {
        sim_arena_destroy(loader.arena);
        return result;
    }
    *model = loaded;
    return RESULT_OK;
}

void wire_model_destroy(struct wire_model *model)
{
    if (model != NULL)
        sim_arena_destroy(model->arena);
}

static int compare_operation(const void *name, const void *operation)
{
    return strcmp(name, ((const struct wire_operation_fact *)operation)->name);
}

const struct wire_operation_fact *wire_operation_fact_find(const struct wire_model *model,
                                                           const char *name)
{
    if (model->operation_count == 0)
        return NULL;
    return bsearch(name, model->operations, model->operation_count, sizeof(*model->operations),
                   compare_operation);
}

const struct wire_shape *wire_shape_find(const struct wire_model *model, const char *name)
{
    return find_shape(model->shapes, model->shape_count, name);
}

const struct wire_shape *wire_error_shape_find(const struct wire_model *model, const char *code)
{
    const struct wire_shape *named = wire_shape_find(model, code);
    if (named != NULL && named->is_error && strcmp(named->error_code, code) == 0)
        return named;
    for (size_t i = 0; i < model->shape_count; i++)
        if (model->shapes[i].is_error && strcmp(model->shapes[i].error_code, code) == 0)
            return &model->shapes[i];
    return NULL;
}

size_t wire_likely_slot(const char *wire_name)
{
    const unsigned char *text = (const unsigned char *)wire_name;
    size_t hash = text[0] == '\0' ? 0 : text[0] * 5u + text[1] * 3u;
    return (hash + strlen(wire_name) * 17) % WIRE_LIKELY_SLOTS;
}

const struct wire_member_fact *wire_member_fact_find(const struct wire_shape *structure,
                                                     const char *wire_name)
{
    size_t likely = structure->likely[wire_likely_slot(wire_name)];
    if (likely > 0 && strcmp(structure->by_wire_name[likely - 1]->wire_name, wire_name) == 0)
        return structure->by_wire_name[likely - 1];
    size_t low = 0;
    size_t high = structure->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(wire_name, structure->by_wire_name[middle]->wire_name);
        if (order == 0)
            return structure->by_wire_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct wire_member_fact *wire_member_fact_named(const struct wire_shape *structure,
                                                      const char *name)
{
    for (size_t i = 0; i < structure->member_count; i++)
        if (strcmp(structure->members[i].name, name) == 0)
            return &structure->members[i];
    return NULL;
}
