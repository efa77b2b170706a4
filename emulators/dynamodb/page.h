/* page.h -- one page of a Query or Scan.
 *
 * Purpose  What both share: index, Select, filter, projection, paging, capacity. query.c and scan.c
 *          say which range of keys is read.
 * Source   Developer guide, "Query operations" and "Scan operations"; recorded texts.
 * Owner    Everything lies in the call's arena. */
#ifndef EMULATORS_DYNAMODB_PAGE_H
#define EMULATORS_DYNAMODB_PAGE_H

#include "emulators/dynamodb/capacity.h"
#include "emulators/dynamodb/item_request.h"

#define DDB_PAGE_BYTES_MAX ((size_t)1048576)

enum ddb_select {
    DDB_SELECT_ALL,       /* whole items, or whole index entries */
    DDB_SELECT_COUNT,     /* no items */
    DDB_SELECT_PROJECTED, /* what the projection names */
};

struct ddb_page {
    struct wire_call *call;
    bool is_query;
    struct ddb_expression_context context;
    const struct ddb_binding *filter;
    const struct ddb_binding *projection;
    struct ddb_table *table;
    size_t index_number;                      /* DDB_TABLE_ITSELF or the index's */
    const struct ddb_index_definition *index; /* NULL: the table itself */
    const struct ddb_key_schema *keys;        /* the table's or the index's */
    enum ddb_select select;
    bool is_fetching; /* a local index whose entries lack what is asked for */
    bool is_consistent;
    bool is_forward;
    size_t limit;    /* SIZE_MAX: none */
    int64_t segment; /* of a Scan; -1: not given */
    int64_t segment_count;
    bool has_start;
    cJSON *start_map;           /* ExclusiveStartKey, normalised */
    struct ddb_key_blob start;  /* the same; known after ddb_page_read_start() */
    struct ddb_key_range range; /* to read, before start is looked at */
};

/* Reads everything that needs no table: expressions and their placeholders. key_condition gets the
 * bound KeyConditionExpression of a Query, NULL for a Scan. */
MUST_USE bool ddb_page_parse(struct ddb_page *page, struct wire_call *call, bool is_query,
                             const struct ddb_binding **key_condition, struct ddb_fault *fault);
/* Finds table and index, decides what to select, looks at ExclusiveStartKey's shape. */
MUST_USE bool ddb_page_locate(struct ddb_page *page, struct ddb *ddb, struct ddb_fault *fault);
/* What filter and projection say of keys: the last check. */
MUST_USE bool ddb_page_check_paths(const struct ddb_page *page, struct ddb_fault *fault);

/* The three parts of ExclusiveStartKey's check, page_start.c. The last is for after the key
 * condition. */
MUST_USE bool ddb_page_parse_start(struct ddb_page *page, struct ddb_fault *fault);
MUST_USE bool ddb_page_check_start(const struct ddb_page *page, struct ddb_fault *fault);
MUST_USE bool ddb_page_read_start(struct ddb_page *page, struct ddb_fault *fault);

/* Reads the page and answers the call. */
MUST_USE enum wire_progress ddb_page_answer(struct ddb_page *page);

#endif
