/* Adds up names and values. */
#include "emulators/dynamodb/item_size.h"

#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/value.h"

#define CONTAINER_BYTES ((size_t)3) /* a list or map, however empty */
#define ELEMENT_BYTES   ((size_t)1) /* for each of its elements */

/* One byte, one for two digits, one more where the digits straddle pairs, one for the sign. */
static size_t number_size_bytes(const char *text)
{
    struct ddb_number number;
    bool is_normal = ddb_number_parse(text, &number, NULL);
    CHECK(is_normal);
    int32_t digits = ddb_number_digit_count(&number);
    if (digits == 0)
        return 1;
    bool straddles = digits % 2 == 0 && ddb_number_magnitude(&number) % 2 == 0;
    return 1 + (size_t)(digits + 1) / 2 + straddles + number.is_negative;
}

static size_t scalar_size_bytes(const char *text, enum ddb_type type)
{
    if (type == DDB_TYPE_N || type == DDB_TYPE_NS)
        return number_size_bytes(text);
    if (type == DDB_TYPE_B || type == DDB_TYPE_BS)
        return ddb_base64_decoded_bytes(text);
    return strlen(text);
}

static size_t children_size_bytes(const cJSON *payload, enum ddb_type type)
{
    size_t size_bytes = ddb_type_is_set(type) ? 0 : CONTAINER_BYTES;
    for (const cJSON *child = payload->child; child != NULL; child = child->next) {
        if (ddb_type_is_set(type))
            size_bytes += scalar_size_bytes(child->valuestring, type);
        else
            size_bytes += ELEMENT_BYTES + (type == DDB_TYPE_M ? strlen(child->string) : 0) +
                          ddb_value_size_bytes(child);
    }
    return size_bytes;
}

size_t ddb_value_size_bytes(const cJSON *value)
{
    enum ddb_type type = ddb_value_type(value);
    if (type == DDB_TYPE_BOOL || type == DDB_TYPE_NULL)
        return 1;
    if (ddb_type_is_ordered(type))
        return scalar_size_bytes(ddb_value_text(value), type);
    return children_size_bytes(ddb_value_payload(value), type);
}

size_t ddb_item_size_bytes(const cJSON *item)
{
    size_t size_bytes = 0;
    for (const cJSON *member = item == NULL ? NULL : item->child; member != NULL;
         member = member->next)
        size_bytes += strlen(member->string) + ddb_value_size_bytes(member);
    return size_bytes;
}
