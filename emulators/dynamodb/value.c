/* Looking into normal values, and comparing them. */
#include "emulators/dynamodb/value.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "emulators/dynamodb/number.h"

static const char *const type_names[DDB_TYPE_COUNT] = {
    [DDB_TYPE_S] = "S",       [DDB_TYPE_N] = "N",       [DDB_TYPE_B] = "B", [DDB_TYPE_SS] = "SS",
    [DDB_TYPE_NS] = "NS",     [DDB_TYPE_BS] = "BS",     [DDB_TYPE_M] = "M", [DDB_TYPE_L] = "L",
    [DDB_TYPE_BOOL] = "BOOL", [DDB_TYPE_NULL] = "NULL",
};

const char *ddb_type_name(enum ddb_type type)
{
    PRE(type < DDB_TYPE_COUNT);
    return type_names[type];
}

/* The first letter leaves two names at most: this is asked for each value of each item. */
enum ddb_type ddb_type_find(const char *name)
{
    static const struct {
        char letter;
        enum ddb_type short_type;
        enum ddb_type long_type;
    } rows[] = {
        {'S', DDB_TYPE_S, DDB_TYPE_SS},    {'N', DDB_TYPE_N, DDB_TYPE_NS},
        {'B', DDB_TYPE_B, DDB_TYPE_BS},    {'M', DDB_TYPE_M, DDB_TYPE_COUNT},
        {'L', DDB_TYPE_L, DDB_TYPE_COUNT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (name[0] != rows[i].letter)
            continue;
        if (name[1] == '\0')
            return rows[i].short_type;
        if (name[1] == 'S' && name[2] == '\0')
            return rows[i].long_type;
        break;
    }
    if (strcmp(name, "BOOL") == 0)
        return DDB_TYPE_BOOL;
    return strcmp(name, "NULL") == 0 ? DDB_TYPE_NULL : DDB_TYPE_COUNT;
}

enum ddb_type ddb_value_type(const cJSON *value)
{
    PRE(value->child != NULL);
    return ddb_type_find(value->child->string);
}

const cJSON *ddb_value_payload(const cJSON *value)
{
    PRE(value->child != NULL);
    return value->child;
}

const char *ddb_value_text(const cJSON *value)
{
    PRE(cJSON_IsString(value->child));
    return value->child->valuestring;
}

const cJSON *ddb_item_find(const cJSON *item, const char *name)
{
    for (const cJSON *member = item == NULL ? NULL : item->child; member != NULL;
         member = member->next)
        if (strcmp(member->string, name) == 0)
            return member;
    return NULL;
}

bool ddb_type_is_ordered(enum ddb_type type)
{
    return type == DDB_TYPE_S || type == DDB_TYPE_N || type == DDB_TYPE_B;
}

bool ddb_type_is_set(enum ddb_type type)
{
    return type == DDB_TYPE_SS || type == DDB_TYPE_NS || type == DDB_TYPE_BS;
}

static int by_text(const void *a, const void *b)
{
    const cJSON *left = *(const cJSON *const *)a;
    const cJSON *right = *(const cJSON *const *)b;
    return strcmp(left->valuestring, right->valuestring);
}

static int by_name(const void *a, const void *b)
{
    const cJSON *left = *(const cJSON *const *)a;
    const cJSON *right = *(const cJSON *const *)b;
    return strcmp(left->string, right->string);
}

/* The children of a and b side by side, sorted: members of a set by text, of a map by name. */
static const cJSON **sorted_children(const cJSON *parent, size_t count,
                                     int (*compare)(const void *, const void *))
{
    const cJSON **children = sim_alloc_array(count + 1, sizeof *children);
    size_t i = 0;
    for (const cJSON *child = parent->child; child != NULL; child = child->next)
        children[i++] = child;
    qsort(children, count, sizeof(const cJSON *), compare);
    return children;
}

static bool children_equal(const cJSON *a, const cJSON *b, bool is_set)
{
    size_t count = (size_t)cJSON_GetArraySize(a);
    if (count != (size_t)cJSON_GetArraySize(b))
        return false;
    const cJSON **left = sorted_children(a, count, is_set ? by_text : by_name);
    const cJSON **right = sorted_children(b, count, is_set ? by_text : by_name);
    bool is_equal = true;
    for (size_t i = 0; i < count && is_equal; i++)
        is_equal = is_set ? by_text(&left[i], &right[i]) == 0
                          : by_name(&left[i], &right[i]) == 0 && ddb_value_equal(left[i], right[i]);
    free(left);
    free(right);
    return is_equal;
}

static bool lists_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *left = a->child;
    const cJSON *right = b->child;
    for (; left != NULL && right != NULL; left = left->next, right = right->next)
        if (!ddb_value_equal(left, right))
            return false;
    return left == right; /* both ended */
}

bool ddb_value_equal(const cJSON *a, const cJSON *b)
{
    enum ddb_type type = ddb_value_type(a);
    if (type != ddb_value_type(b))
        return false;
    switch (type) {
    case DDB_TYPE_S: /* normal numbers and canonical base64 are equal when their texts are */
    case DDB_TYPE_N:
    case DDB_TYPE_B:
        return strcmp(ddb_value_text(a), ddb_value_text(b)) == 0;
    case DDB_TYPE_SS:
    case DDB_TYPE_NS:
    case DDB_TYPE_BS:
        return children_equal(a->child, b->child, true);
    case DDB_TYPE_M:
        return children_equal(a->child, b->child, false);
    case DDB_TYPE_L:
        return lists_equal(a->child, b->child);
    case DDB_TYPE_BOOL:
        return cJSON_IsTrue(a->child) == cJSON_IsTrue(b->child);
    case DDB_TYPE_NULL:
        return true;
    case DDB_TYPE_COUNT:
        break;
    }
    return false;
}

bool ddb_item_equal(const cJSON *a, const cJSON *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return children_equal(a, b, false);
}

int ddb_value_compare(const cJSON *a, const cJSON *b)
{
    enum ddb_type type = ddb_value_type(a);
    PRE(type == ddb_value_type(b));
    PRE(ddb_type_is_ordered(type));
    const char *left = ddb_value_text(a);
    const char *right = ddb_value_text(b);
    if (type == DDB_TYPE_S)
        return strcmp(left, right); /* UTF-8: the order of bytes */
    if (type == DDB_TYPE_B)
        return ddb_base64_compare(left, right);
    struct ddb_number left_number;
    struct ddb_number right_number;
    bool is_normal = ddb_number_parse(left, &left_number, NULL);
    CHECK(is_normal);
    is_normal = ddb_number_parse(right, &right_number, NULL);
    CHECK(is_normal);
    return ddb_number_compare(&left_number, &right_number);
}

cJSON *ddb_value_of_text(enum ddb_type type, const char *text)
{
    PRE(ddb_type_is_ordered(type));
    cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, ddb_type_name(type), text);
    return value;
}

cJSON *ddb_value_empty(enum ddb_type type)
{
    PRE(ddb_type_is_set(type) || type == DDB_TYPE_M || type == DDB_TYPE_L);
    cJSON *value = cJSON_CreateObject();
    cJSON *payload = type == DDB_TYPE_M ? cJSON_CreateObject() : cJSON_CreateArray();
    cJSON_AddItemToObject(value, ddb_type_name(type), payload);
    return value;
}
