/* model_shapes.c -- shapes from api.json: names and kinds first, references second, so that a shape
 * may contain itself (AttributeValue does). */
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/model_internal.h"
#include "emulators/wire/pattern.h"

static const struct {
    const char *name;
    enum wire_shape_kind kind;
} kinds[] = {
    {"structure", SHAPE_STRUCTURE}, {"list", SHAPE_LIST},           {"map", SHAPE_MAP},
    {"string", SHAPE_STRING},       {"blob", SHAPE_BLOB},           {"boolean", SHAPE_BOOLEAN},
    {"integer", SHAPE_INTEGER},     {"long", SHAPE_LONG},           {"float", SHAPE_FLOAT},
    {"double", SHAPE_DOUBLE},       {"timestamp", SHAPE_TIMESTAMP},
};

static const struct {
    const char *name;
    enum wire_location location;
} locations[] = {
    {"uri", IN_URI},
    {"querystring", IN_QUERY},
    {"header", IN_HEADER},
    {"statusCode", IN_STATUS_CODE},
};

static const struct {
    const char *name;
    enum wire_timestamp timestamp;
} timestamps[] = {
    {"iso8601", TIMESTAMP_ISO8601},
    {"unixTimestamp", TIMESTAMP_UNIX},
    {"rfc822", TIMESTAMP_RFC822},
};

static enum sim_result unknown_word(struct wire_loader *loader, const char *where, const char *fact,
                                    const char *word)
{
    return sim_error_set(loader->error, RESULT_INVALID, "%s api.json: %s: %s %s is unknown",
                         loader->service_id, where, fact, word == NULL ? "(none)" : word);
}

static enum sim_result find_kind(struct wire_loader *loader, const cJSON *facts,
                                 enum wire_shape_kind *kind)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "type"));
    for (size_t i = 0; type != NULL && i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, type) == 0) {
            *kind = kinds[i].kind;
            return RESULT_OK;
        }
    return unknown_word(loader, facts->string, "type", type);
}

static enum sim_result find_location(struct wire_loader *loader, const cJSON *facts,
                                     const char *where, enum wire_location *location)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "location"));
    if (name == NULL) {
        *location = IN_BODY;
        return RESULT_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(locations); i++)
        if (strcmp(locations[i].name, name) == 0) {
            *location = locations[i].location;
            return RESULT_OK;
        }
    return unknown_word(loader, where, "location", name);
}

static enum sim_result find_timestamp(struct wire_loader *loader, const cJSON *facts,
                                      enum wire_timestamp *timestamp)
{
    const char *name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "timestampFormat"));
    if (name == NULL)
        return RESULT_OK;
    for (size_t i = 0; i < ARRAY_LEN(timestamps); i++)
        if (strcmp(timestamps[i].name, name) == 0) {
            *timestamp = timestamps[i].timestamp;
            return RESULT_OK;
        }
    return unknown_word(loader, facts->string, "timestampFormat", name);
}

static int compare_wire_names(const void *a, const void *b)
{
    const struct wire_member_fact *const *left = a;
    const struct wire_member_fact *const *right = b;
    return strcmp((*left)->wire_name, (*right)->wire_name);
}

static bool list_names(const cJSON *names, const char *wanted)
{
    for (const cJSON *name = names == NULL ? NULL : names->child; name != NULL; name = name->next)
        if (strcmp(name->valuestring, wanted) == 0)
            return true;
    return false;
}

static enum sim_result load_member(struct wire_loader *loader, const cJSON *facts,
                                   const cJSON *required, struct wire_member_fact *member)
{
    member->name = wire_fact_text(loader, facts, "name");
    if (member->name == NULL)
        return unknown_word(loader, "a structure", "member name", NULL);
    const char *wire_name = wire_fact_text(loader, facts, "locationName");
    member->wire_name = wire_name == NULL ? member->name : wire_name;
    member->is_required = list_names(required, member->name);
    member->is_idempotency_token = wire_fact_flag(facts, "idempotencyToken");
    member->is_flattened = wire_fact_flag(facts, "flattened");
    member->is_xml_attribute = wire_fact_flag(facts, "xmlAttribute");
    enum sim_result result = find_location(loader, facts, member->name, &member->location);
    if (result != RESULT_OK)
        return result;
    return wire_fact_shape(loader, member->name,
                           cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "shape")),
                           &member->shape);
}

/* All members in the order of the service's check: those of checkOrder first, then the rest. */
static enum sim_result load_check_order(struct wire_loader *loader, const cJSON *facts,
                                        struct wire_shape *shape)
{
    const cJSON *order = cJSON_GetObjectItemCaseSensitive(facts, "checkOrder");
    const struct wire_member_fact **checks = sim_arena_alloc_array(
        loader->arena, shape->member_count + 1, sizeof(struct wire_member_fact *));
    size_t count = 0;
    for (const cJSON *name = order == NULL ? NULL : order->child; name != NULL; name = name->next) {
        checks[count] = wire_member_fact_named(shape, name->valuestring);
        if (checks[count] == NULL || count == shape->member_count)
            return unknown_word(loader, shape->name, "checkOrder", name->valuestring);
        count++;
    }
    for (size_t i = 0; i < shape->member_count; i++)
        if (!list_names(order, shape->members[i].name))
            checks[count++] = &shape->members[i];
    shape->checks = checks;
    shape->check_count = count;
    return RESULT_OK;
}

static enum sim_result load_structure(struct wire_loader *loader, const cJSON *facts,
                                      struct wire_shape *shape)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(facts, "members");
    const cJSON *required = cJSON_GetObjectItemCaseSensitive(facts, "required");
    size_t count = (size_t)cJSON_GetArraySize(rows);
    struct wire_member_fact *members =
        sim_arena_alloc_array(loader->arena, count + 1, sizeof(*members));
    const struct wire_member_fact **sorted =
        sim_arena_alloc_array(loader->arena, count + 1, sizeof(struct wire_member_fact *));
    size_t index = 0;
    for (const cJSON *row = rows == NULL ? NULL : rows->child; row != NULL; row = row->next) {
        enum sim_result result = load_member(loader, row, required, &members[index]);
        if (result != RESULT_OK)
            return result;
        sorted[index] = &members[index];
        index++;
    }
    qsort(sorted, count, sizeof(struct wire_member_fact *), compare_wire_names);
    shape->members = members;
    shape->member_count = count;
    shape->by_wire_name = sorted;
    for (size_t i = 0; i < shape->member_count && i < UINT8_MAX; i++) {
        uint8_t *likely = &shape->likely[wire_likely_slot(sorted[i]->wire_name)];
        if (*likely == 0)
            *likely = (uint8_t)(i + 1);
    }
    shape->is_union = wire_fact_flag(facts, "union");
    enum sim_result ordered = load_check_order(loader, facts, shape);
    if (ordered != RESULT_OK)
        return ordered;
    const char *payload = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "payload"));
    if (payload == NULL)
        return RESULT_OK;
    shape->payload = wire_member_fact_named(shape, payload);
    return shape->payload != NULL ? RESULT_OK
                                  : unknown_word(loader, shape->name, "payload", payload);
}

/* One reference of a list or map. */
static enum sim_result load_part(struct wire_loader *loader, const cJSON *facts, const char *part,
                                 const struct wire_shape **shape)
{
    const cJSON *reference = cJSON_GetObjectItemCaseSensitive(facts, part);
    return wire_fact_shape(
        loader, facts->string,
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(reference, "shape")), shape);
}

static enum sim_result load_list(struct wire_loader *loader, const cJSON *facts,
                                 struct wire_shape *shape)
{
    const char *name =
        wire_fact_text(loader, cJSON_GetObjectItemCaseSensitive(facts, "member"), "locationName");
    shape->element_name = name == NULL ? "member" : name;
    shape->is_flattened = wire_fact_flag(facts, "flattened");
    return load_part(loader, facts, "member", &shape->element);
}

static enum sim_result load_map(struct wire_loader *loader, const cJSON *facts,
                                struct wire_shape *shape)
{
    enum sim_result result = load_part(loader, facts, "key", &shape->key);
    if (result != RESULT_OK)
        return result;
    shape->is_shown_as_json = wire_fact_flag(facts, "shownAsJson");
    shape->has_keys_last = wire_fact_flag(facts, "keysLast");
    return load_part(loader, facts, "value", &shape->value);
}

static enum sim_result load_text(struct wire_loader *loader, const cJSON *facts,
                                 struct wire_shape *shape)
{
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(facts, "enum");
    size_t count = (size_t)cJSON_GetArraySize(values);
    const char **copies = sim_arena_alloc_array(loader->arena, count + 1, sizeof(char *));
    size_t index = 0;
    for (const cJSON *value = values == NULL ? NULL : values->child; value != NULL;
         value = value->next)
        copies[index++] = sim_arena_strdup(loader->arena, value->valuestring);
    shape->values = copies;
    shape->value_count = count;
    const char *unless_arn =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "unlessArn"));
    if (unless_arn != NULL) {
        enum sim_result result =
            wire_fact_shape(loader, shape->name, unless_arn, &shape->unless_arn);
        if (result != RESULT_OK)
            return result;
    }
    shape->pattern = wire_fact_text(loader, facts, "pattern");
    if (shape->pattern == NULL)
        return RESULT_OK;
    shape->matcher = wire_pattern_compile(loader->arena, shape->pattern);
    return shape->matcher != NULL
               ? RESULT_OK
               : unknown_word(loader, shape->name, "the form of pattern", shape->pattern);
}

static enum sim_result load_shape(struct wire_loader *loader, const cJSON *facts,
                                  struct wire_shape *shape)
{
    shape->has_min = cJSON_HasObjectItem(facts, "min");
    shape->has_max = cJSON_HasObjectItem(facts, "max");
    shape->min = wire_fact_number(facts, "min", 0);
    shape->max = wire_fact_number(facts, "max", 0);
    shape->is_error = wire_fact_flag(facts, "exception");
    shape->is_server_fault = wire_fact_flag(facts, "fault");
    shape->error_status = (int)wire_fact_number(facts, "status", 0);
    const char *code = wire_fact_text(loader, facts, "code");
    shape->error_code = code == NULL ? shape->name : code;
    enum sim_result result = find_timestamp(loader, facts, &shape->timestamp);
    if (result != RESULT_OK)
        return result;
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return load_structure(loader, facts, shape);
    case SHAPE_LIST:
        return load_list(loader, facts, shape);
    case SHAPE_MAP:
        return load_map(loader, facts, shape);
    case SHAPE_STRING:
        return load_text(loader, facts, shape);
    case SHAPE_BLOB:
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        break;
    }
    return RESULT_OK;
}

enum sim_result wire_model_load_shapes(struct wire_loader *loader, const cJSON *shapes)
{
    loader->shape_count = (size_t)cJSON_GetArraySize(shapes);
    loader->shapes =
        sim_arena_alloc_array(loader->arena, loader->shape_count + 1, sizeof(struct wire_shape));
    const cJSON *first = shapes == NULL ? NULL : shapes->child;
    size_t index = 0;
    for (const cJSON *facts = first; facts != NULL; facts = facts->next, index++) {
        struct wire_shape *shape = &loader->shapes[index];
        shape->name = sim_arena_strdup(loader->arena, facts->string);
        enum sim_result result = find_kind(loader, facts, &shape->kind);
        if (result != RESULT_OK)
            return result;
        if (index > 0 && strcmp(loader->shapes[index - 1].name, shape->name) >= 0)
            return sim_error_set(loader->error, RESULT_INVALID,
                                 "%s api.json: shape %s is out of order", loader->service_id,
                                 shape->name);
    }
    index = 0;
    for (const cJSON *facts = first; facts != NULL; facts = facts->next) {
        enum sim_result result = load_shape(loader, facts, &loader->shapes[index++]);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}
