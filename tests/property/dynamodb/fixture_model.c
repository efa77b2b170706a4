/* Random values, and the slow way to compare them. */
#include "tests/property/dynamodb/fixture_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_FACTOR 50

unsigned model_run_count(unsigned usual)
{
    return getenv("REGIONLAB_LONG") == NULL ? usual : usual * LONG_FACTOR;
}

uint64_t model_seed(void)
{
    const char *text = getenv("REGIONLAB_SEED");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

static cJSON *typed(const char *type, cJSON *payload)
{
    cJSON *value = cJSON_CreateObject();
    cJSON_AddItemToObject(value, type, payload);
    return value;
}

static const char *const binaries[] = {"", "AA==", "AQ==", "AQI=", "AQID", "AgM=", "/w==", "//8="};

static void scalar_text(struct sim_random *random, char kind, char text[16])
{
    if (kind == 'S')
        sim_random_text(random, "ab", text, (size_t)sim_random_below(random, 4));
    else if (kind == 'N')
        snprintf(text, 16, "%d", (int)sim_random_below(random, 12) - 4);
    else
        snprintf(text, 16, "%s", binaries[sim_random_below(random, ARRAY_LEN(binaries))]);
}

cJSON *model_scalar(struct sim_random *random, const char *type)
{
    char text[16];
    scalar_text(random, type[0], text);
    return typed(type, cJSON_CreateString(text));
}

cJSON *model_set(struct sim_random *random, const char *type)
{
    cJSON *set = cJSON_CreateArray();
    size_t wanted = 1 + (size_t)sim_random_below(random, 3);
    for (size_t i = 0; i < wanted; i++) {
        char text[16];
        bool is_new = true;
        scalar_text(random, type[0], text);
        for (const cJSON *member = set->child; member != NULL; member = member->next)
            is_new = is_new && strcmp(member->valuestring, text) != 0;
        if (is_new)
            cJSON_AddItemToArray(set, cJSON_CreateString(text));
    }
    return typed(type, set);
}

static cJSON *random_container(struct sim_random *random, unsigned depth, bool is_map)
{
    static const char *const names[] = {"k", "l"};
    cJSON *payload = is_map ? cJSON_CreateObject() : cJSON_CreateArray();
    size_t wanted = (size_t)sim_random_below(random, 3);
    for (size_t i = 0; i < wanted; i++) {
        cJSON *child = model_value(random, depth - 1);
        if (is_map)
            cJSON_AddItemToObject(payload, names[i], child);
        else
            cJSON_AddItemToArray(payload, child);
    }
    return typed(is_map ? "M" : "L", payload);
}

cJSON *model_value(struct sim_random *random, unsigned depth)
{
    static const char *const scalars[] = {"S", "N", "B"};
    static const char *const sets[] = {"SS", "NS", "BS"};
    switch (sim_random_below(random, depth == 0 ? 9 : 14)) {
    case 0:
        return typed("BOOL", cJSON_CreateBool(sim_random_below(random, 2) == 0));
    case 1:
        return typed("NULL", cJSON_CreateTrue());
    case 2:
    case 3:
        return model_set(random, sets[sim_random_below(random, 3)]);
    case 9:
    case 10:
        return random_container(random, depth, true);
    case 11:
    case 12:
    case 13:
        return random_container(random, depth, false);
    default:
        return model_scalar(random, scalars[sim_random_below(random, 3)]);
    }
}

char model_attribute(struct sim_random *random)
{
    return (char)('a' + (int)sim_random_below(random, 6));
}

cJSON *model_item(struct sim_random *random)
{
    cJSON *item = cJSON_CreateObject();
    for (char name = 'a'; name <= 'f'; name++) {
        const char text[] = {name, '\0'};
        if (sim_random_below(random, 4) != 0)
            cJSON_AddItemToObject(item, text, model_value(random, 2));
    }
    return item;
}

const char *model_type(const cJSON *value)
{
    return value->child->string;
}

bool model_is(const cJSON *value, const char *type)
{
    return value != NULL && strcmp(model_type(value), type) == 0;
}

const cJSON *model_find(const cJSON *map, const char *name)
{
    for (const cJSON *member = map->child; member != NULL; member = member->next)
        if (strcmp(member->string, name) == 0)
            return member;
    return NULL;
}

const cJSON *model_at(const cJSON *list, unsigned index)
{
    const cJSON *element = list->child;
    while (element != NULL && index-- > 0)
        element = element->next;
    return element;
}

size_t model_count(const cJSON *payload)
{
    size_t count = 0;
    for (const cJSON *child = payload->child; child != NULL; child = child->next)
        count++;
    return count;
}

/* Each member of a has its like in b, in whatever place. */
static bool includes(const cJSON *a, const cJSON *b, bool is_map)
{
    for (const cJSON *left = a->child; left != NULL; left = left->next) {
        bool is_found = false;
        for (const cJSON *right = b->child; right != NULL && !is_found; right = right->next)
            is_found = is_map ? strcmp(left->string, right->string) == 0 && model_equal(left, right)
                              : strcmp(left->valuestring, right->valuestring) == 0;
        if (!is_found)
            return false;
    }
    return true;
}

bool model_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *left = a->child;
    const cJSON *right = b->child;
    if (strcmp(left->string, right->string) != 0)
        return false;
    if (cJSON_IsString(left))
        return strcmp(left->valuestring, right->valuestring) == 0;
    if (cJSON_IsBool(left))
        return left->type == right->type;
    if (model_count(left) != model_count(right))
        return false;
    if (!model_is(a, "L"))
        return includes(left, right, model_is(a, "M"));
    for (unsigned i = 0; i < model_count(left); i++)
        if (!model_equal(model_at(left, i), model_at(right, i)))
            return false;
    return true;
}

size_t model_decode(const char *text, unsigned char *bytes, size_t capacity)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;
    unsigned long bits = 0;
    unsigned bit_count = 0;
    for (; *text != '\0' && *text != '='; text++) {
        bits = (bits << 6 | (unsigned long)(strchr(alphabet, *text) - alphabet)) & 0xffff;
        bit_count += 6;
        if (bit_count >= 8 && used < capacity) {
            bit_count -= 8;
            bytes[used++] = (unsigned char)(bits >> bit_count);
        }
    }
    return used;
}

int model_compare(const cJSON *a, const cJSON *b)
{
    const char *left = a->child->valuestring;
    const char *right = b->child->valuestring;
    unsigned char left_bytes[64];
    unsigned char right_bytes[64];
    if (model_is(a, "N"))
        return (int)(strtol(left, NULL, 10) - strtol(right, NULL, 10));
    if (model_is(a, "S"))
        return strcmp(left, right);
    size_t left_count = model_decode(left, left_bytes, sizeof left_bytes);
    size_t right_count = model_decode(right, right_bytes, sizeof right_bytes);
    for (size_t i = 0; i < left_count && i < right_count; i++)
        if (left_bytes[i] != right_bytes[i])
            return left_bytes[i] - right_bytes[i];
    return (left_count > right_count) - (left_count < right_count);
}

const struct ddb_binding *model_bind(struct sim_arena *arena, enum ddb_expression_kind kind,
                                     const char *text, const cJSON *names, const cJSON *values)
{
    struct ddb_fault fault = {.arena = arena};
    struct ddb_expression_context context;
    struct ddb_expression_options options = {
        .names = names == NULL || names->child == NULL ? NULL : names,
        .values = values == NULL || values->child == NULL ? NULL : values,
        .has_expression = true,
    };
    const struct ddb_binding *binding = NULL;
    if (ddb_expression_context_init(&context, &options, &fault) &&
        ddb_expression_context_bind(&context, kind, text, &binding, &fault) &&
        ddb_expression_context_finish(&context, &fault))
        return binding;
    fprintf(stderr, "%s\n%s\n", text, fault.message);
    return NULL;
}
