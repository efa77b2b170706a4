/* Keys: checks of what a client sent, and the bytes that keep them in order.
 *
 * A part ends in 0x00 0x00, and 0x00 within it is followed by 0xFF: so a shorter part sorts before
 * a longer one that it begins, and all keys that share leading parts lie together, from their
 * common bytes up to those bytes plus one. */
#include "emulators/dynamodb/key.h"

#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "emulators/dynamodb/number.h"
#include "emulators/dynamodb/scan_hash.h"

static const char type_letters[] = {[DDB_TYPE_S] = 'S', [DDB_TYPE_N] = 'N', [DDB_TYPE_B] = 'B'};

static bool attributes_have(const struct ddb_key_attribute *attributes, size_t count,
                            const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return true;
    return false;
}

bool ddb_key_schema_has(const struct ddb_key_schema *schema, const char *attribute)
{
    return attributes_have(schema->hash, schema->hash_count, attribute) ||
           attributes_have(schema->range, schema->range_count, attribute);
}

/* --- bytes ---------------------------------------------------------------------------------- */

struct bytes {
    const uint8_t *data;
    size_t length_bytes;
};

/* What of a value is ordered and hashed; number has room for a number's form. */
static struct bytes bytes_of(struct sim_arena *arena, const cJSON *value,
                             uint8_t number[DDB_NUMBER_KEY_BYTES])
{
    struct bytes bytes = {0};
    const char *text = ddb_value_text(value);
    enum ddb_type type = ddb_value_type(value);
    if (type == DDB_TYPE_B) {
        bytes.data = ddb_base64_decode(arena, text, &bytes.length_bytes);
    } else if (type == DDB_TYPE_N) {
        struct ddb_number parsed;
        bool is_normal = ddb_number_parse(text, &parsed, NULL);
        CHECK(is_normal);
        bytes = (struct bytes){number, ddb_number_key(&parsed, number)};
    } else {
        bytes = (struct bytes){(const uint8_t *)text, strlen(text)};
    }
    return bytes;
}

/* A blob in the making; reserve() before each part. */
struct writer {
    struct sim_arena *arena;
    uint8_t *bytes;
    size_t length_bytes;
    size_t capacity_bytes;
};

static void reserve(struct writer *writer, size_t additional_bytes)
{
    if (writer->length_bytes + additional_bytes <= writer->capacity_bytes)
        return;
    size_t capacity_bytes = (writer->length_bytes + additional_bytes) * 2;
    uint8_t *bytes = sim_arena_alloc(writer->arena, capacity_bytes);
    if (writer->length_bytes > 0)
        memcpy(bytes, writer->bytes, writer->length_bytes);
    writer->bytes = bytes;
    writer->capacity_bytes = capacity_bytes;
}

static void write_bytes(struct writer *writer, const uint8_t *bytes, size_t length_bytes)
{
    reserve(writer, length_bytes + 1);
    memcpy(writer->bytes + writer->length_bytes, bytes, length_bytes);
    writer->length_bytes += length_bytes;
}

/* The part without its end, which is all that begins_with wants. */
static void write_open_part(struct writer *writer, const cJSON *value)
{
    uint8_t number[DDB_NUMBER_KEY_BYTES];
    struct bytes bytes = bytes_of(writer->arena, value, number);
    reserve(writer, 1 + 2 * bytes.length_bytes);
    writer->bytes[writer->length_bytes++] = (uint8_t)type_letters[ddb_value_type(value)];
    for (size_t i = 0; i < bytes.length_bytes; i++) {
        writer->bytes[writer->length_bytes++] = bytes.data[i];
        if (bytes.data[i] == 0)
            writer->bytes[writer->length_bytes++] = 0xff;
    }
}

static void write_part(struct writer *writer, const cJSON *value)
{
    static const uint8_t end[2] = {0, 0};
    write_open_part(writer, value);
    write_bytes(writer, end, sizeof end);
}

static void write_hash(struct writer *writer, uint32_t hash)
{
    const uint8_t bytes[DDB_KEY_HASH_BYTES] = {(uint8_t)(hash >> 24), (uint8_t)(hash >> 16),
                                               (uint8_t)(hash >> 8), (uint8_t)hash};
    write_bytes(writer, bytes, sizeof bytes);
}

/* Hash and parts of the partition key. Several parts are hashed as written, one as its bytes. */
static void write_partition(struct writer *writer, const cJSON *const *values, size_t count)
{
    struct writer parts = {.arena = writer->arena};
    uint8_t number[DDB_NUMBER_KEY_BYTES];
    for (size_t i = 0; i < count; i++)
        write_part(&parts, values[i]);
    if (count == 1) {
        struct bytes bytes = bytes_of(writer->arena, values[0], number);
        write_hash(writer, ddb_scan_hash(bytes.data, bytes.length_bytes));
    } else {
        write_hash(writer, ddb_scan_hash(parts.bytes, parts.length_bytes));
    }
    write_bytes(writer, parts.bytes, parts.length_bytes);
}

static struct ddb_key_blob finished(const struct writer *writer)
{
    return (struct ddb_key_blob){writer->bytes, writer->length_bytes};
}

static struct writer extended(const struct writer *writer)
{
    struct writer copy = {.arena = writer->arena};
    write_bytes(&copy, writer->bytes, writer->length_bytes);
    return copy;
}

/* The first blob behind all that begin with this one. */
static struct ddb_key_blob successor(const struct writer *writer)
{
    struct writer copy = extended(writer);
    while (copy.length_bytes > 0 && copy.bytes[copy.length_bytes - 1] == 0xff)
        copy.length_bytes--;
    if (copy.length_bytes > 0)
        copy.bytes[copy.length_bytes - 1]++;
    return finished(&copy);
}

/* --- checks --------------------------------------------------------------------------------- */

static const char *empty_kind(enum ddb_type type)
{
    return type == DDB_TYPE_B ? "binary" : "string";
}

static size_t key_value_bytes(const cJSON *value)
{
    enum ddb_type type = ddb_value_type(value);
    if (type == DDB_TYPE_N)
        return 0; /* never near a limit */
    const char *text = ddb_value_text(value);
    return type == DDB_TYPE_B ? ddb_base64_decoded_bytes(text) : strlen(text);
}

static size_t aggregate_bytes(const struct ddb_key_attribute *attributes, size_t count,
                              const cJSON *item)
{
    size_t size_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = ddb_item_find(item, attributes[i].name);
        if (value != NULL && ddb_value_type(value) == attributes[i].type)
            size_bytes += key_value_bytes(value);
    }
    return size_bytes;
}

static bool check_sizes(const struct ddb_key_schema *schema, const cJSON *item,
                        struct ddb_fault *fault)
{
    if (aggregate_bytes(schema->hash, schema->hash_count, item) > DDB_PARTITION_KEY_BYTES_MAX)
        return ddb_invalid(fault, DDB_PARAMETER_TEXT
                           "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    if (aggregate_bytes(schema->range, schema->range_count, item) > DDB_SORT_KEY_BYTES_MAX)
        return ddb_invalid(
            fault, DDB_PARAMETER_TEXT
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    return true;
}

static bool is_empty_value(const cJSON *value)
{
    return ddb_value_type(value) != DDB_TYPE_N && ddb_value_text(value)[0] == '\0';
}

#define fail_empty(fault, ...) ((fault)->is_empty_key = true, ddb_invalid(fault, __VA_ARGS__))

static bool check_empty(const struct ddb_key_attribute *attributes, size_t count, const cJSON *item,
                        struct ddb_fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (is_empty_value(ddb_item_find(item, attributes[i].name)))
            return fail_empty(fault,
                              "One or more parameter values are not valid. The AttributeValue for "
                              "a key attribute cannot contain an empty %s value. Key: %s",
                              empty_kind(attributes[i].type), attributes[i].name);
    return true;
}

static bool check_item_attributes(const struct ddb_key_attribute *attributes, size_t count,
                                  const cJSON *item, struct ddb_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const struct ddb_key_attribute *attribute = &attributes[i];
        const cJSON *value = ddb_item_find(item, attribute->name);
        if (value == NULL)
            return ddb_invalid(fault, DDB_PARAMETER_TEXT "Missing the key %s in the item",
                               attribute->name);
        if (ddb_value_type(value) != attribute->type)
            return ddb_invalid(
                fault, DDB_PARAMETER_TEXT "Type mismatch for key %s expected: %s actual: %s",
                attribute->name, ddb_type_name(attribute->type),
                ddb_type_name(ddb_value_type(value)));
    }
    return true;
}

static bool has_all(const struct ddb_key_attribute *attributes, size_t count, const cJSON *item)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = ddb_item_find(item, attributes[i].name);
        if (value == NULL || ddb_value_type(value) != attributes[i].type)
            return false;
    }
    return true;
}

/* --- keys ----------------------------------------------------------------------------------- */

static size_t collect(const struct ddb_key_attribute *attributes, size_t count, const cJSON *item,
                      const cJSON *values[DDB_KEY_PARTS_MAX])
{
    PRE(count <= DDB_KEY_PARTS_MAX);
    for (size_t i = 0; i < count; i++)
        values[i] = ddb_item_find(item, attributes[i].name);
    return count;
}

static void write_key(struct writer *writer, const struct ddb_key_schema *schema, const cJSON *item)
{
    const cJSON *values[DDB_KEY_PARTS_MAX];
    write_partition(writer, values, collect(schema->hash, schema->hash_count, item, values));
    size_t count = collect(schema->range, schema->range_count, item, values);
    for (size_t i = 0; i < count; i++)
        write_part(writer, values[i]);
}

static bool encode_checked(const struct ddb_key_schema *schema, const cJSON *item,
                           struct ddb_key_blob *key, struct ddb_fault *fault)
{
    if (!check_empty(schema->hash, schema->hash_count, item, fault) ||
        !check_empty(schema->range, schema->range_count, item, fault) ||
        !check_sizes(schema, item, fault))
        return false;
    struct writer writer = {.arena = fault->arena};
    write_key(&writer, schema, item);
    *key = finished(&writer);
    return true;
}

bool ddb_key_from_item(const struct ddb_key_schema *schema, const cJSON *item,
                       struct ddb_key_blob *key, struct ddb_fault *fault)
{
    return check_item_attributes(schema->hash, schema->hash_count, item, fault) &&
           check_item_attributes(schema->range, schema->range_count, item, fault) &&
           encode_checked(schema, item, key, fault);
}

bool ddb_key_schema_fits(const struct ddb_key_schema *schema, const cJSON *item)
{
    return has_all(schema->hash, schema->hash_count, item) &&
           has_all(schema->range, schema->range_count, item);
}

bool ddb_key_from_map(const struct ddb_key_schema *schema, const cJSON *map,
                      struct ddb_key_blob *key, struct ddb_fault *fault)
{
    if ((size_t)cJSON_GetArraySize(map) != schema->hash_count + schema->range_count ||
        !ddb_key_schema_fits(schema, map))
        return ddb_invalid(fault, "The provided key element does not match the schema");
    return encode_checked(schema, map, key, fault);
}

static bool fail_index_type(const struct ddb_key_attribute *attribute, const cJSON *value,
                            const char *index_name, enum ddb_index_check how,
                            struct ddb_fault *fault)
{
    if (how == DDB_INDEX_CHECK_UPDATE)
        return ddb_invalid(fault, "The update expression attempted to update the secondary index "
                                  "key to unsupported type");
    return ddb_invalid(fault,
                       DDB_PARAMETER_TEXT
                       "Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
                       attribute->name, ddb_type_name(attribute->type),
                       ddb_type_name(ddb_value_type(value)), index_name);
}

static bool fail_index_empty(const struct ddb_key_attribute *attribute, const char *index_name,
                             enum ddb_index_check how, struct ddb_fault *fault)
{
    if (how == DDB_INDEX_CHECK_UPDATE)
        return fail_empty(fault,
                          "One or more parameter values are not valid. The update expression "
                          "attempted to update a secondary index key to a value that is not "
                          "supported. The AttributeValue for a key attribute cannot contain an "
                          "empty %s value.",
                          empty_kind(attribute->type));
    return fail_empty(fault,
                      "One or more parameter values are not valid. A value specified for a "
                      "secondary index key is not supported. The AttributeValue for a key "
                      "attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
                      empty_kind(attribute->type), index_name, attribute->name);
}

static bool check_index_attributes(const struct ddb_key_attribute *attributes, size_t count,
                                   const char *index_name, const cJSON *item,
                                   enum ddb_index_check how, struct ddb_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = ddb_item_find(item, attributes[i].name);
        if (value == NULL)
            continue;
        if (ddb_value_type(value) != attributes[i].type)
            return fail_index_type(&attributes[i], value, index_name, how, fault);
        if (is_empty_value(value))
            return fail_index_empty(&attributes[i], index_name, how, fault);
    }
    return true;
}

bool ddb_index_key_check(const struct ddb_key_schema *index, const char *index_name,
                         const cJSON *item, enum ddb_index_check how, struct ddb_fault *fault)
{
    return check_index_attributes(index->hash, index->hash_count, index_name, item, how, fault) &&
           check_index_attributes(index->range, index->range_count, index_name, item, how, fault) &&
           check_sizes(index, item, fault);
}

static bool has_no_empty(const struct ddb_key_attribute *attributes, size_t count,
                         const cJSON *item)
{
    for (size_t i = 0; i < count; i++)
        if (is_empty_value(ddb_item_find(item, attributes[i].name)))
            return false;
    return true;
}

bool ddb_index_key_encode(struct sim_arena *arena, const struct ddb_key_schema *index,
                          const cJSON *item, const struct ddb_key_blob *table_key,
                          struct ddb_key_blob *key)
{
    if (!has_all(index->hash, index->hash_count, item) ||
        !has_all(index->range, index->range_count, item) ||
        !has_no_empty(index->hash, index->hash_count, item) ||
        !has_no_empty(index->range, index->range_count, item))
        return false;
    if (!check_sizes(index, item, NULL))
        return false;
    struct writer writer = {.arena = arena};
    write_key(&writer, index, item);
    write_bytes(&writer, table_key->bytes, table_key->length_bytes);
    *key = finished(&writer);
    return true;
}

static void extract(const struct ddb_key_attribute *attributes, size_t count, const cJSON *item,
                    cJSON *into)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *value = ddb_item_find(item, attributes[i].name);
        if (value != NULL && ddb_item_find(into, attributes[i].name) == NULL)
            cJSON_AddItemToObject(into, attributes[i].name, cJSON_Duplicate(value, true));
    }
}

cJSON *ddb_key_extract(const struct ddb_key_schema *schema, const cJSON *item, cJSON *into)
{
    if (into == NULL)
        into = cJSON_CreateObject();
    extract(schema->hash, schema->hash_count, item, into);
    extract(schema->range, schema->range_count, item, into);
    return into;
}

/* --- order and ranges ----------------------------------------------------------------------- */

int ddb_key_compare(const struct ddb_key_blob *a, const struct ddb_key_blob *b)
{
    size_t common = a->length_bytes < b->length_bytes ? a->length_bytes : b->length_bytes;
    int order = common == 0 ? 0 : memcmp(a->bytes, b->bytes, common);
    if (order != 0)
        return order;
    return (a->length_bytes > b->length_bytes) - (a->length_bytes < b->length_bytes);
}

bool ddb_key_range_contains(const struct ddb_key_range *range, const struct ddb_key_blob *key)
{
    return ddb_key_compare(key, &range->low) >= 0 &&
           (range->high.length_bytes == 0 || ddb_key_compare(key, &range->high) < 0);
}

void ddb_key_segment_range(struct sim_arena *arena, uint32_t segment, uint32_t segment_count,
                           struct ddb_key_range *range)
{
    PRE(segment < segment_count);
    struct writer low = {.arena = arena};
    struct writer high = {.arena = arena};
    write_hash(&low, (uint32_t)(((uint64_t)segment << 32) / segment_count));
    if (segment + 1 < segment_count)
        write_hash(&high, (uint32_t)(((uint64_t)(segment + 1) << 32) / segment_count));
    *range = (struct ddb_key_range){finished(&low), finished(&high)};
}

void ddb_key_partition_range(struct sim_arena *arena, const cJSON *const *hash, size_t hash_count,
                             const cJSON *const *equals, size_t equals_count,
                             const struct ddb_sort_condition *sort, struct ddb_key_range *range)
{
    struct writer prefix = {.arena = arena};
    write_partition(&prefix, hash, hash_count);
    for (size_t i = 0; i < equals_count; i++)
        write_part(&prefix, equals[i]);
    *range = (struct ddb_key_range){finished(&prefix), successor(&prefix)};
    if (sort->operation == DDB_SORT_ANY)
        return;

    struct writer bound = extended(&prefix);
    if (sort->operation == DDB_SORT_BEGINS_WITH)
        write_open_part(&bound, sort->low);
    else
        write_part(&bound, sort->low);
    struct writer upper = extended(&prefix);
    switch (sort->operation) {
    case DDB_SORT_EQ:
    case DDB_SORT_BEGINS_WITH:
        *range = (struct ddb_key_range){finished(&bound), successor(&bound)};
        break;
    case DDB_SORT_LT:
        range->high = finished(&bound);
        break;
    case DDB_SORT_LE:
        range->high = successor(&bound);
        break;
    case DDB_SORT_GT:
        range->low = successor(&bound);
        break;
    case DDB_SORT_GE:
        range->low = finished(&bound);
        break;
    case DDB_SORT_BETWEEN:
        write_part(&upper, sort->high);
        *range = (struct ddb_key_range){finished(&bound), successor(&upper)};
        break;
    case DDB_SORT_ANY:
        break;
    }
}
