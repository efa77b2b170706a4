#include "emulators/wire/types.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/core/buffer.h"

#define DOUBLE_TOP_LONG 9223372036854774784.0 /* the greatest double below 2^63 */

struct converter {
    const struct wire_model *model;
    struct sim_arena *arena;
    struct wire_error *error;
};

static bool convert(const struct converter *converter, const struct wire_shape *shape, cJSON *value,
                    unsigned depth);

static bool fail(struct sim_arena *arena, struct wire_error *error, const char *format, ...)
    PRINTF_LIKE(3, 4);

static bool fail(struct sim_arena *arena, struct wire_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *error = (struct wire_error){.code = "SerializationException",
                                 .message = sim_arena_vprintf(arena, format, arguments),
                                 .status = 400};
    va_end(arguments);
    return false;
}

/* --- how the services name what they wanted and what they got --- */

static const char *const java_names[] = {
    [SHAPE_STRUCTURE] = NULL,    [SHAPE_LIST] = NULL,         [SHAPE_MAP] = NULL,
    [SHAPE_STRING] = "String",   [SHAPE_BLOB] = "ByteBuffer", [SHAPE_BOOLEAN] = "Boolean",
    [SHAPE_INTEGER] = "Integer", [SHAPE_LONG] = "Long",       [SHAPE_FLOAT] = "Float",
    [SHAPE_DOUBLE] = "Double",   [SHAPE_TIMESTAMP] = "Date",
};

static const char *token_name(const cJSON *value)
{
    if (cJSON_IsTrue(value))
        return "TRUE_VALUE";
    if (cJSON_IsFalse(value))
        return "FALSE_VALUE";
    if (cJSON_IsNull(value))
        return "NULL_VALUE";
    if (cJSON_IsString(value))
        return "STRING_VALUE";
    return value->valuedouble == floor(value->valuedouble) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
}

/* "com.amazonaws.dynamodb.v20120810.": the package of a service's structures. */
static void append_package(struct sim_buffer *text, const struct wire_model *model)
{
    sim_buffer_printf(text, "com.amazonaws.%s.v", model->signing_name);
    for (const char *at = model->api_version; at != NULL && *at != '\0'; at++)
        if (*at != '-')
            sim_buffer_append(text, at, 1);
    sim_buffer_append_text(text, ".");
}

static void append_class(struct sim_buffer *text, const struct wire_model *model,
                         const struct wire_shape *shape)
{
    if (shape->kind == SHAPE_STRUCTURE) {
        append_package(text, model);
        sim_buffer_append_text(text, shape->name);
    } else if (shape->kind == SHAPE_LIST) {
        sim_buffer_append_text(text, "java.util.List<");
        append_class(text, model, shape->element);
        sim_buffer_append_text(text, ">");
    } else if (shape->kind == SHAPE_MAP) {
        sim_buffer_append_text(text, "java.util.Map<java.lang.String, ");
        append_class(text, model, shape->value);
        sim_buffer_append_text(text, ">");
    } else {
        const char *package = shape->kind == SHAPE_BLOB        ? "java.nio."
                              : shape->kind == SHAPE_TIMESTAMP ? "java.util."
                                                               : "java.lang.";
        sim_buffer_printf(text, "%s%s", package, java_names[shape->kind]);
    }
}

/* An array where something else belongs. */
static bool fail_collection(const struct converter *converter, const struct wire_shape *shape)
{
    struct sim_buffer text;
    sim_buffer_init(&text);
    append_class(&text, converter->model, shape);
    fail(converter->arena, converter->error, "Unrecognized collection type %s%s",
         shape->kind == SHAPE_MAP ? "" : "class ", text.data);
    sim_buffer_fini(&text);
    return false;
}

/* --- scalars --- */

static bool parse_boolean(const char *text, bool *flag)
{
    static const struct {
        const char *word;
        bool flag;
    } words[] = {{"true", true},   {"1", true},  {"yes", true},
                 {"false", false}, {"0", false}, {"no", false}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(words[i].word, text) == 0) {
            *flag = words[i].flag;
            return true;
        }
    return false;
}

static void become_boolean(cJSON *value, bool flag)
{
    if (cJSON_IsString(value)) {
        cJSON_free(value->valuestring);
        value->valuestring = NULL;
    }
    value->type = (value->type & ~0xff) | (flag ? cJSON_True : cJSON_False);
}

static void become_number(cJSON *value, double number)
{
    if (cJSON_IsString(value)) {
        cJSON_free(value->valuestring);
        value->valuestring = NULL;
    }
    value->type = (value->type & ~0xff) | cJSON_Number;
    cJSON_SetNumberValue(value, number);
}

static bool fail_scalar(const struct converter *converter, const struct wire_shape *shape,
                        const cJSON *value)
{
    return fail(converter->arena, converter->error, "%s cannot be converted to %s",
                token_name(value), java_names[shape->kind]);
}

static double whole_in_range(enum wire_shape_kind kind, double number)
{
    double whole = floor(number);
    double low = kind == SHAPE_INTEGER ? INT32_MIN : -DOUBLE_TOP_LONG;
    double high = kind == SHAPE_INTEGER ? INT32_MAX : DOUBLE_TOP_LONG;
    return whole < low ? low : whole > high ? high : whole;
}

static bool base64_value(char letter, unsigned *value)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = letter == '\0' ? NULL : strchr(alphabet, letter);
    if (found == NULL)
        return false;
    *value = (unsigned)(found - alphabet);
    return true;
}

static bool convert_blob(const struct converter *converter, const cJSON *value)
{
    if (!cJSON_IsString(value))
        return fail(converter->arena, converter->error,
                    "only base-64-encoded strings are convertible to bytes");
    const char *text = value->valuestring;
    size_t length = strlen(text);
    if (length % 4 != 0)
        return fail(converter->arena, converter->error,
                    "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                    length);
    size_t pads = length == 0 ? 0 : (size_t)(text[length - 1] == '=') + (text[length - 2] == '=');
    unsigned last = 0;
    bool is_padded_early = false;
    for (size_t i = 0; i + pads < length && !is_padded_early; i++) {
        is_padded_early = text[i] == '=';
        if (!is_padded_early && !base64_value(text[i], &last))
            return fail(converter->arena, converter->error, "Invalid Base64 character: '%c'",
                        text[i]);
    }
    unsigned unused_bits = pads == 2 ? 0x0f : pads == 1 ? 0x03 : 0;
    if (is_padded_early || (last & unused_bits) != 0) /* the service's spelling */
        return fail(converter->arena, converter->error,
                    "Invalid last non-pad Base64 character dectected");
    return true;
}

static bool convert_timestamp(const struct converter *converter, const struct wire_shape *shape,
                              cJSON *value)
{
    uint64_t time_us;
    if (cJSON_IsNumber(value))
        return true;
    if (!cJSON_IsString(value) || !wire_time_parse(value->valuestring, &time_us))
        return fail_scalar(converter, shape, value);
    become_number(value, (double)time_us / (double)SIM_US_PER_S);
    return true;
}

static bool convert_boolean(const struct converter *converter, const struct wire_shape *shape,
                            cJSON *value)
{
    bool flag;
    if (cJSON_IsBool(value))
        return true;
    if (!cJSON_IsString(value))
        return fail_scalar(converter, shape, value);
    if (!parse_boolean(value->valuestring, &flag))
        return fail(converter->arena, converter->error, "Unexpected token received from parser");
    become_boolean(value, flag);
    return true;
}

static bool convert_number(const struct converter *converter, const struct wire_shape *shape,
                           cJSON *value)
{
    if (!cJSON_IsNumber(value))
        return fail_scalar(converter, shape, value);
    if (shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG) {
        double whole = whole_in_range(shape->kind, value->valuedouble);
        if (whole != value->valuedouble)
            cJSON_SetNumberValue(value, whole);
    }
    return true;
}

static bool convert_scalar(const struct converter *converter, const struct wire_shape *shape,
                           cJSON *value)
{
    if (cJSON_IsArray(value))
        return fail_collection(converter, shape);
    if (cJSON_IsObject(value))
        return fail(converter->arena, converter->error,
                    "Start of structure or map found where not expected");
    switch (shape->kind) {
    case SHAPE_STRING:
        return cJSON_IsString(value) || fail_scalar(converter, shape, value);
    case SHAPE_BLOB:
        return convert_blob(converter, value);
    case SHAPE_BOOLEAN:
        return convert_boolean(converter, shape, value);
    case SHAPE_TIMESTAMP:
        return convert_timestamp(converter, shape, value);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    return convert_number(converter, shape, value);
}

/* --- what holds others --- */

static void drop_child(cJSON *parent, cJSON *child)
{
    cJSON_Delete(cJSON_DetachItemViaPointer(parent, child));
}

static void rename_child(cJSON *child, const char *name)
{
    if ((child->type & cJSON_StringIsConst) == 0)
        cJSON_free(child->string);
    child->type &= ~cJSON_StringIsConst;
    size_t bytes = strlen(name) + 1;
    child->string = cJSON_malloc(bytes);
    CHECK(child->string != NULL);
    memcpy(child->string, name, bytes);
}

/* In a document that names a member twice the last one counts. */
static void drop_earlier(cJSON *parent, const cJSON *child)
{
    for (cJSON *earlier = parent->child; earlier != child; earlier = earlier->next)
        if (strcmp(earlier->string, child->string) == 0) {
            drop_child(parent, earlier);
            return;
        }
}

static const struct wire_member_fact *find_member(const struct wire_shape *shape, const char *name)
{
    const struct wire_member_fact *member = wire_member_fact_find(shape, name);
    return member != NULL ? member : wire_member_fact_named(shape, name);
}

static bool is_collection(const cJSON *value)
{
    return cJSON_IsObject(value) || cJSON_IsArray(value);
}

static bool convert_structure(const struct converter *converter, const struct wire_shape *shape,
                              cJSON *value, unsigned depth)
{
    if (cJSON_IsArray(value))
        return fail_collection(converter, shape);
    if (!cJSON_IsObject(value))
        return fail(converter->arena, converter->error, "Unexpected value type in payload");
    uint64_t seen = 0; /* one bit a member; above 64 they share, which costs time only */
    cJSON *next;
    for (cJSON *child = value->child; child != NULL; child = next) {
        next = child->next;
        const struct wire_member_fact *member =
            cJSON_IsNull(child) ? NULL : find_member(shape, child->string);
        if (member == NULL) {
            drop_child(value, child);
            continue;
        }
        if (strcmp(child->string, member->name) != 0)
            rename_child(child, member->name);
        uint64_t bit = UINT64_C(1) << ((size_t)(member - shape->members) % 64);
        if ((seen & bit) != 0)
            drop_earlier(value, child);
        seen |= bit;
        if (member->shape->kind == SHAPE_STRUCTURE && !is_collection(child)) /* not as in a list */
            return fail(converter->arena, converter->error, "Unexpected field type");
        if (!convert(converter, member->shape, child, depth + 1))
            return false;
    }
    return true;
}

/* A null in a list or map: a structure without members, where a structure belongs. */
static bool replace_null(const struct converter *converter, const struct wire_shape *shape,
                         cJSON *value)
{
    if (shape->kind != SHAPE_STRUCTURE)
        return fail(converter->arena, converter->error, "NULL_VALUE cannot be converted to %s",
                    java_names[shape->kind] == NULL ? "a collection" : java_names[shape->kind]);
    value->type = (value->type & ~0xff) | cJSON_Object;
    return true;
}

/* What the service says of a plain value where a collection within a collection belongs. */
#define CAST_TEXT                                                                                  \
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "  \
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "           \
    "java.lang.Class are in module java.base of loader 'bootstrap')"

static bool convert_children(const struct converter *converter, const struct wire_shape *shape,
                             cJSON *value, unsigned depth)
{
    bool is_nested = shape->kind == SHAPE_LIST || shape->kind == SHAPE_MAP;
    for (cJSON *child = value->child; child != NULL; child = child->next) {
        if (cJSON_IsNull(child) && !replace_null(converter, shape, child))
            return false;
        if (is_nested && !is_collection(child))
            return fail(converter->arena, converter->error, CAST_TEXT);
        if (!convert(converter, shape, child, depth + 1))
            return false;
    }
    return true;
}

static bool convert_list(const struct converter *converter, const struct wire_shape *shape,
                         cJSON *value, unsigned depth)
{
    if (cJSON_IsObject(value))
        return fail(converter->arena, converter->error,
                    "Start of structure or map found where not expected");
    if (!cJSON_IsArray(value))
        return fail(converter->arena, converter->error, "Unexpected field type");
    return convert_children(converter, shape->element, value, depth);
}

struct keyed {
    cJSON *child;
    size_t position;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *left = a;
    const struct keyed *right = b;
    int order = strcmp(left->child->string, right->child->string);
    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

/* Of a key that comes several times the last counts. Sorted, so that a huge map takes no longer
 * than reading it did. */
static void drop_repeated_keys(cJSON *map)
{
    size_t count = (size_t)cJSON_GetArraySize(map);
    if (count < 2)
        return;
    struct keyed few[16];
    struct keyed *rows = count <= ARRAY_LEN(few) ? few : sim_alloc_array(count, sizeof(*rows));
    size_t index = 0;
    for (cJSON *child = map->child; child != NULL; child = child->next, index++)
        rows[index] = (struct keyed){child, index};
    qsort(rows, count, sizeof(*rows), compare_keyed);
    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(rows[i].child->string, rows[i + 1].child->string) == 0)
            drop_child(map, rows[i].child);
    if (rows != few)
        free(rows);
}

static bool convert_map(const struct converter *converter, const struct wire_shape *shape,
                        cJSON *value, unsigned depth)
{
    if (cJSON_IsArray(value))
        return fail_collection(converter, shape);
    if (!cJSON_IsObject(value))
        return fail(converter->arena, converter->error, "Unexpected field type");
    drop_repeated_keys(value);
    return convert_children(converter, shape->value, value, depth);
}

static bool convert(const struct converter *converter, const struct wire_shape *shape, cJSON *value,
                    unsigned depth)
{
    if (depth > WIRE_DEPTH_MAX) {
        fail(converter->arena, converter->error, " ");
        converter->error->message = NULL;
        return false;
    }
    if (shape->kind == SHAPE_STRUCTURE)
        return convert_structure(converter, shape, value, depth);
    if (shape->kind == SHAPE_LIST)
        return convert_list(converter, shape, value, depth);
    if (shape->kind == SHAPE_MAP)
        return convert_map(converter, shape, value, depth);
    return convert_scalar(converter, shape, value);
}

bool wire_convert(const struct wire_model *model, const struct wire_shape *shape, cJSON *value,
                  struct sim_arena *arena, struct wire_error *error)
{
    struct converter converter = {model, arena, error};
    return convert(&converter, shape, value, 1);
}

/* --- text that stands for a value --- */

static bool parse_number(const struct wire_shape *shape, const char *text, double *number)
{
    char *end;
    if (*text == '\0' || strchr(" \t\n\v\f\r", *text) != NULL)
        return false;
    if (shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG) {
        *number = whole_in_range(shape->kind, (double)strtoll(text, &end, 10));
        return *end == '\0';
    }
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

cJSON *wire_convert_text(const struct wire_shape *shape, const char *text, struct sim_arena *arena,
                         struct wire_error *error)
{
    bool flag;
    double number;
    uint64_t time_us;
    switch (shape->kind) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return cJSON_CreateString(text);
    case SHAPE_BOOLEAN:
        if (parse_boolean(text, &flag))
            return cJSON_CreateBool(flag);
        break;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        if (parse_number(shape, text, &number))
            return cJSON_CreateNumber(number);
        break;
    case SHAPE_TIMESTAMP:
        if (wire_time_parse(text, &time_us))
            return cJSON_CreateNumber((double)time_us / (double)SIM_US_PER_S);
        break;
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    fail(arena, error, "STRING_VALUE cannot be converted to %s",
         java_names[shape->kind] == NULL ? "a collection" : java_names[shape->kind]);
    return NULL;
}
