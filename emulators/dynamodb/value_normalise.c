/* Values as clients send them: checked, and brought to the service's form.
 *
 * The wire has checked types where it knows the model; a value that reaches this file otherwise
 * gets the same SerializationExceptions here. Recursion ends at the service's own nesting limit. */
#include "emulators/dynamodb/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "emulators/dynamodb/base64.h"
#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/value_set.h"
#include "sim/core/buffer.h"

/* How many lists and maps are around a value, and how many may be. */
struct nesting {
    unsigned depth;
    unsigned depth_max;
};

static bool normalise(cJSON *value, struct nesting nesting, struct ddb_fault *fault);

static bool fail_conversion(const cJSON *json, const char *wanted, struct ddb_fault *fault)
{
    if (cJSON_IsObject(json))
        return ddb_fail(fault, "SerializationException",
                        "Start of structure or map found where not expected");
    if (cJSON_IsArray(json))
        return ddb_fail(fault, "SerializationException",
                        "Unrecognized collection type class java.lang.%s", wanted);
    double number = json->valuedouble;
    const char *token = cJSON_IsString(json)  ? "STRING_VALUE"
                        : cJSON_IsTrue(json)  ? "TRUE_VALUE"
                        : cJSON_IsFalse(json) ? "FALSE_VALUE"
                        : number >= -1e15 && number <= 1e15 && (double)(int64_t)number == number
                            ? "NUMBER_VALUE"
                            : "DECIMAL_VALUE";
    return ddb_fail(fault, "SerializationException", "%s cannot be converted to %s", token, wanted);
}

static bool normalise_string(cJSON *json, struct ddb_fault *fault)
{
    return cJSON_IsString(json) || fail_conversion(json, "String", fault);
}

static bool normalise_number(cJSON *json, struct ddb_fault *fault)
{
    if (!cJSON_IsString(json))
        return fail_conversion(json, "String", fault);
    struct ddb_number number;
    char text[DDB_NUMBER_TEXT_BYTES];
    if (!ddb_number_parse(json->valuestring, &number, fault))
        return false;
    ddb_number_format(&number, text);
    if (strcmp(text, json->valuestring) != 0)
        cJSON_SetValuestring(json, text);
    return true;
}

static bool normalise_binary(cJSON *json, struct ddb_fault *fault)
{
    if (cJSON_IsString(json))
        return ddb_base64_check(json->valuestring, fault);
    if (cJSON_IsArray(json))
        return ddb_fail(fault, "SerializationException",
                        "Unrecognized collection type class java.nio.ByteBuffer");
    if (cJSON_IsObject(json))
        return fail_conversion(json, "String", fault);
    return ddb_fail(fault, "SerializationException",
                    "only base-64-encoded strings are convertible to bytes");
}

/* The service takes these words, in any case, for a Boolean. */
static bool normalise_flag(cJSON *json, struct ddb_fault *fault)
{
    static const struct {
        const char *word;
        int type;
    } words[] = {
        {"true", cJSON_True},   {"1", cJSON_True},  {"yes", cJSON_True},
        {"false", cJSON_False}, {"0", cJSON_False}, {"no", cJSON_False},
    };
    if (cJSON_IsBool(json))
        return true;
    if (!cJSON_IsString(json))
        return fail_conversion(json, "Boolean", fault);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(json->valuestring, words[i].word) != 0)
            continue;
        cJSON_free(json->valuestring);
        json->valuestring = NULL;
        json->type = words[i].type;
        return true;
    }
    return ddb_fail(fault, "SerializationException", "Unexpected token received from parser");
}

static bool normalise_null(cJSON *json, struct ddb_fault *fault)
{
    if (!normalise_flag(json, fault))
        return false;
    return cJSON_IsTrue(json) ||
           ddb_invalid(fault,
                       DDB_PARAMETER_TEXT "Null attribute value types must have the value of true");
}

static int by_text(const void *a, const void *b)
{
    const cJSON *left = *(const cJSON *const *)a;
    const cJSON *right = *(const cJSON *const *)b;
    return strcmp(left->valuestring, right->valuestring);
}

static int by_decoded(const void *a, const void *b)
{
    const cJSON *left = *(const cJSON *const *)a;
    const cJSON *right = *(const cJSON *const *)b;
    return ddb_base64_compare(left->valuestring, right->valuestring);
}

static const cJSON **list_members(const cJSON *set, size_t count, struct sim_arena *arena)
{
    const cJSON **members = sim_arena_alloc_array(arena, count, sizeof *members);
    size_t used = 0;
    for (const cJSON *member = set->child; member != NULL; member = member->next)
        members[used++] = member;
    return members;
}

static bool has_duplicates(const cJSON *set, struct sim_arena *arena)
{
    size_t count = (size_t)cJSON_GetArraySize(set);
    const cJSON **members = list_members(set, count, arena);
    qsort(members, count, sizeof(const cJSON *), by_text);
    for (size_t i = 1; i < count; i++)
        if (by_text(&members[i - 1], &members[i]) == 0)
            return true;
    return false;
}

/* The current wording has the members in order as far as none comes twice, then the rest as sent.
 */
static void order_until_repeated(const cJSON **members, size_t count, enum ddb_type type)
{
    size_t repeated = 1;
    for (; repeated < count; repeated++) {
        size_t k = 0;
        while (k < repeated && by_text(&members[k], &members[repeated]) != 0)
            k++;
        if (k < repeated)
            break;
    }
    qsort(members, repeated, sizeof(const cJSON *), type == DDB_TYPE_BS ? by_decoded : by_text);
}

static bool fail_duplicates(const cJSON *set, enum ddb_type type, struct ddb_fault *fault)
{
    bool is_current = fault->wording == DDB_WORDING_CURRENT;
    if (type == DDB_TYPE_NS && is_current)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT "Input collection contains duplicates.");
    if (type == DDB_TYPE_NS)
        return ddb_invalid(fault, "Input collection contains duplicates");
    size_t count = (size_t)cJSON_GetArraySize(set);
    const cJSON **members = list_members(set, count, fault->arena);
    const char *quote = is_current ? "\"" : "";
    const char *separator = is_current && type == DDB_TYPE_BS ? "," : ", ";
    struct sim_buffer list;
    sim_buffer_init(&list);
    if (is_current)
        order_until_repeated(members, count, type);
    for (size_t i = 0; i < count; i++)
        sim_buffer_printf(&list, "%s%s%s%s", i == 0 ? "" : separator, quote,
                          members[i]->valuestring, quote);
    ddb_invalid(fault, DDB_PARAMETER_TEXT "Input collection [%s]%s contains duplicates.", list.data,
                type == DDB_TYPE_BS ? "of type BS" : "");
    sim_buffer_fini(&list);
    return false;
}

static bool normalise_set(cJSON *set, enum ddb_type type, struct ddb_fault *fault)
{
    if (!cJSON_IsArray(set))
        return ddb_fail(fault, "SerializationException", "%s",
                        cJSON_IsObject(set) ? "Start of structure or map found where not expected"
                                            : "Unexpected field type");
    if (set->child == NULL)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT "%s",
                           type == DDB_TYPE_SS   ? "An string set  may not be empty"
                           : type == DDB_TYPE_NS ? "An number set  may not be empty"
                                                 : "Binary sets should not be empty");
    for (cJSON *member = set->child; member != NULL; member = member->next) {
        bool is_good = type == DDB_TYPE_SS   ? normalise_string(member, fault)
                       : type == DDB_TYPE_NS ? normalise_number(member, fault)
                                             : normalise_binary(member, fault);
        if (!is_good)
            return false;
    }
    if (has_duplicates(set, fault->arena))
        return fail_duplicates(set, type, fault);
    ddb_set_sort(set, type);
    return true;
}

bool ddb_value_check_name(const char *name, struct ddb_fault *fault)
{
    if (name[0] == '\0')
        return ddb_invalid(fault, "%sEmpty attribute name",
                           fault->wording == DDB_WORDING_CURRENT ? DDB_PARAMETER_TEXT : "");
    if (strlen(name) > DDB_ATTRIBUTE_NAME_MAX)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT
                           "Attribute name is too large, must be less than 65536 bytes");
    return true;
}

struct member {
    cJSON *json;
    size_t position;
};

static int by_name_then_position(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    int order = strcmp(left->json->string, right->json->string);
    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

/* Few names are compared with each other, which spares the usual item the sorting. */
#define FEW_NAMES 12

static bool few_and_different(const cJSON *map)
{
    size_t count = 0;
    for (const cJSON *a = map->child; a != NULL; a = a->next) {
        if (++count > FEW_NAMES)
            return false;
        for (const cJSON *b = map->child; b != a; b = b->next)
            if (strcmp(a->string, b->string) == 0)
                return false;
    }
    return true;
}

/* A name that comes twice keeps its last value, as with any reader of JSON that fills a map. */
static void drop_repeated_names(cJSON *map, struct sim_arena *arena)
{
    size_t count = (size_t)cJSON_GetArraySize(map);
    struct member *members = sim_arena_alloc_array(arena, count, sizeof *members);
    size_t used = 0;
    for (cJSON *json = map->child; json != NULL; json = json->next, used++)
        members[used] = (struct member){json, used};
    qsort(members, count, sizeof *members, by_name_then_position);
    for (size_t i = 1; i < count; i++)
        if (strcmp(members[i - 1].json->string, members[i].json->string) == 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(map, members[i - 1].json));
}

static bool normalise_map(cJSON *map, struct nesting nesting, struct ddb_fault *fault)
{
    if (cJSON_IsArray(map))
        return ddb_fail(fault, "SerializationException",
                        "Unrecognized collection type java.util.Map<java.lang.String, "
                        "com.amazonaws.dynamodb.v20120810.AttributeValue>");
    if (!cJSON_IsObject(map))
        return ddb_fail(fault, "SerializationException", "Unexpected field type");
    if (!few_and_different(map))
        drop_repeated_names(map, fault->arena);
    cJSON *next = NULL;
    for (cJSON *member = map->child; member != NULL; member = next) {
        next = member->next;
        if (cJSON_IsNull(member)) { /* counts as absent */
            cJSON_Delete(cJSON_DetachItemViaPointer(map, member));
            continue;
        }
        if (!ddb_value_check_name(member->string, fault) || !normalise(member, nesting, fault))
            return false;
    }
    return true;
}

static bool normalise_list(cJSON *list, struct nesting nesting, struct ddb_fault *fault)
{
    if (!cJSON_IsArray(list))
        return ddb_fail(fault, "SerializationException", "%s",
                        cJSON_IsObject(list) ? "Start of structure or map found where not expected"
                                             : "Unexpected field type");
    for (cJSON *element = list->child; element != NULL; element = element->next)
        if (!normalise(element, nesting, fault))
            return false;
    return true;
}

static bool normalise_payload(cJSON *payload, enum ddb_type type, struct nesting nesting,
                              struct ddb_fault *fault)
{
    if (type == DDB_TYPE_M || type == DDB_TYPE_L) {
        if (nesting.depth == nesting.depth_max)
            return ddb_invalid(fault, DDB_NESTING_TEXT);
        nesting.depth++;
    }
    switch (type) {
    case DDB_TYPE_S:
        return normalise_string(payload, fault);
    case DDB_TYPE_N:
        return normalise_number(payload, fault);
    case DDB_TYPE_B:
        return normalise_binary(payload, fault);
    case DDB_TYPE_SS:
    case DDB_TYPE_NS:
    case DDB_TYPE_BS:
        return normalise_set(payload, type, fault);
    case DDB_TYPE_M:
        return normalise_map(payload, nesting, fault);
    case DDB_TYPE_L:
        return normalise_list(payload, nesting, fault);
    case DDB_TYPE_BOOL:
        return normalise_flag(payload, fault);
    case DDB_TYPE_NULL:
        return normalise_null(payload, fault);
    case DDB_TYPE_COUNT:
        break;
    }
    return false;
}

static bool normalise(cJSON *value, struct nesting nesting, struct ddb_fault *fault)
{
    if (cJSON_IsArray(value))
        return ddb_fail(fault, "SerializationException",
                        "Unrecognized collection type class "
                        "com.amazonaws.dynamodb.v20120810.AttributeValue");
    if (!cJSON_IsObject(value))
        return ddb_fail(fault, "SerializationException", "Unexpected value type in payload");
    unsigned type_count = 0;
    cJSON *next = NULL;
    for (cJSON *member = value->child; member != NULL; member = next) {
        next = member->next;
        enum ddb_type type = ddb_type_find(member->string);
        if (type == DDB_TYPE_COUNT || cJSON_IsNull(member)) { /* unknown and absent members */
            cJSON_Delete(cJSON_DetachItemViaPointer(value, member));
            continue;
        }
        type_count++;
        if (!normalise_payload(member, type, nesting, fault))
            return false;
    }
    if (type_count == 0)
        return ddb_invalid(fault, "Supplied AttributeValue is empty, must contain exactly one of "
                                  "the supported datatypes");
    if (type_count > 1)
        return ddb_invalid(fault, "Supplied AttributeValue has more than one datatypes set, must "
                                  "contain exactly one of the supported datatypes");
    return true;
}

/* The older checks let a value that stands alone have one level more than an attribute. */
bool ddb_value_normalise(cJSON *value, struct ddb_fault *fault)
{
    struct nesting nesting = {0, DDB_NESTING_MAX - (fault->wording == DDB_WORDING_CURRENT)};
    return normalise(value, nesting, fault);
}

/* The names at the top are looked at before any value. */
bool ddb_item_normalise(cJSON *item, struct ddb_fault *fault)
{
    for (const cJSON *member = item->child; member != NULL; member = member->next)
        if (!cJSON_IsNull(member) && !ddb_value_check_name(member->string, fault))
            return false;
    return normalise_map(item, (struct nesting){0, DDB_NESTING_MAX - 1}, fault);
}
