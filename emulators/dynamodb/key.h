/* key.h -- keys as blobs whose memcmp order is the service's order.
 *
 * Purpose  blob = hash of the partition key (4 bytes), partition key parts, sort key parts. So a
 *          Query is a range of blobs, a Scan runs in hash order, a parallel segment is a range of
 *          hashes. An index entry's blob is the index's key followed by the table's blob.
 * Form     A part is its type's letter, its bytes with 0x00 written 0x00 0xFF, then 0x00 0x00.
 *          Bytes: S its UTF-8, B itself, N as in number.h. The hash is the one that gives AWS's
 *          Scans their order: the start of md5("Outliers" + bytes) (dynalite's finding).
 * Owner    Blobs lie in the fault's arena (arena argument where there is no fault).
 * Errors   ValidationException with the service's text. Values must be normal (value.h). */
#ifndef EMULATORS_DYNAMODB_KEY_H
#define EMULATORS_DYNAMODB_KEY_H

#include "emulators/dynamodb/value.h"

/* In each role; a table has one of each, a global index up to four. */
#define DDB_KEY_PARTS_MAX           4
#define DDB_KEY_HASH_BYTES          4
#define DDB_PARTITION_KEY_BYTES_MAX 2048
#define DDB_SORT_KEY_BYTES_MAX      1024

struct ddb_key_attribute {
    const char *name;
    enum ddb_type type; /* S, N or B */
};

struct ddb_key_schema {
    struct ddb_key_attribute hash[DDB_KEY_PARTS_MAX];
    size_t hash_count;
    struct ddb_key_attribute range[DDB_KEY_PARTS_MAX];
    size_t range_count; /* 0: no sort key */
};

struct ddb_key_blob {
    const uint8_t *bytes;
    size_t length_bytes;
};

struct ddb_key_range { /* low <= blob < high */
    struct ddb_key_blob low;
    struct ddb_key_blob high; /* length 0: no upper bound */
};

bool ddb_key_schema_has(const struct ddb_key_schema *schema, const char *attribute);

/* Whether the item has every attribute of the key, each of its type. */
bool ddb_key_schema_fits(const struct ddb_key_schema *schema, const cJSON *item);

/* The key in a whole item (PutItem): missing, mistyped, empty and oversized keys are refused. */
MUST_USE bool ddb_key_from_item(const struct ddb_key_schema *schema, const cJSON *item,
                                struct ddb_key_blob *key, struct ddb_fault *fault);
/* A Key map (GetItem and others): exactly the key's attributes. */
MUST_USE bool ddb_key_from_map(const struct ddb_key_schema *schema, const cJSON *map,
                               struct ddb_key_blob *key, struct ddb_fault *fault);

enum ddb_index_check { DDB_INDEX_CHECK_PUT, DDB_INDEX_CHECK_UPDATE };
/* Whether item's attributes fit an index's key, as far as they are present. */
MUST_USE bool ddb_index_key_check(const struct ddb_key_schema *index, const char *index_name,
                                  const cJSON *item, enum ddb_index_check how,
                                  struct ddb_fault *fault);
/* Blob of item's entry in an index; false when the item has none (an attribute is absent, mistyped,
 * empty or oversized), which is no error. */
MUST_USE bool ddb_index_key_encode(struct sim_arena *arena, const struct ddb_key_schema *index,
                                   const cJSON *item, const struct ddb_key_blob *table_key,
                                   struct ddb_key_blob *key);

/* {"a":{...}} of the schema's attributes in item (missing ones left out); the caller owns it. Add
 * the index's attributes by a second call with into != NULL, which then is returned. */
MUST_USE cJSON *ddb_key_extract(const struct ddb_key_schema *schema, const cJSON *item,
                                cJSON *into);

/* memcmp order, shorter first. */
int ddb_key_compare(const struct ddb_key_blob *a, const struct ddb_key_blob *b);
bool ddb_key_range_contains(const struct ddb_key_range *range, const struct ddb_key_blob *key);

/* All entries whose hash falls into segment (0-based) of segment_count. */
void ddb_key_segment_range(struct sim_arena *arena, uint32_t segment, uint32_t segment_count,
                           struct ddb_key_range *range);

enum ddb_sort_operator {
    DDB_SORT_ANY, /* the whole partition */
    DDB_SORT_EQ,
    DDB_SORT_LT,
    DDB_SORT_LE,
    DDB_SORT_GT,
    DDB_SORT_GE,
    DDB_SORT_BETWEEN,
    DDB_SORT_BEGINS_WITH, /* S and B only */
};

struct ddb_sort_condition { /* on the first sort key part after those fixed by equals */
    enum ddb_sort_operator operation;
    const cJSON *low;  /* the operand */
    const cJSON *high; /* BETWEEN's second one */
};

/* The blobs of one partition that meet the condition. hash: hash_count values; equals: the leading
 * sort key parts that are fixed (multi-attribute keys; else none). Values are borrowed. */
void ddb_key_partition_range(struct sim_arena *arena, const cJSON *const *hash, size_t hash_count,
                             const cJSON *const *equals, size_t equals_count,
                             const struct ddb_sort_condition *sort, struct ddb_key_range *range);

#endif
