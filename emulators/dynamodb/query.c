#include <stdint.h>
#include <string.h>

#include "emulators/dynamodb/key_condition.h"
#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/page.h"

static bool check_filter(const struct ddb_page *page, struct ddb_fault *fault)
{
    const char *attribute = NULL;
    if (page->filter == NULL || !ddb_binding_uses_key(page->filter, page->keys, &attribute))
        return true;
    return ddb_invalid(
        fault, "%s can only contain non-primary key attributes: Primary key attribute: %s",
        page->filter->expression->is_legacy ? "QueryFilter" : "Filter Expression", attribute);
}

/* A key with every part fixed names one item of a table; an index may hold several. */
static bool names_one_item(const struct ddb_page *page, const struct ddb_key_query *query)
{
    return page->index == NULL &&
           (page->keys->range_count == 0 || query->sort.operation == DDB_SORT_EQ);
}

static bool check_start(const struct ddb_page *page, const struct ddb_key_query *query,
                        struct ddb_fault *fault)
{
    if (!page->has_start)
        return true;
    if (names_one_item(page, query))
        return ddb_invalid(fault, "The query can return at most one row and cannot be restarted");
    struct ddb_key_range partition;
    struct ddb_sort_condition any = {.operation = DDB_SORT_ANY};
    ddb_key_partition_range(fault->arena, query->hash, page->keys->hash_count, NULL, 0, &any,
                            &partition);
    if (!ddb_key_range_contains(&partition, &page->start))
        return ddb_invalid(fault, "The provided starting key is outside query boundaries based on "
                                  "provided conditions");
    if (!ddb_key_range_contains(&query->range, &page->start))
        return ddb_invalid(fault,
                           "The provided starting key does not match the range key predicate");
    return true;
}

enum wire_progress ddb_query(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {
        .arena = call->arena, .expressions = ddb->expressions, .wording = DDB_WORDING_CURRENT};
    struct ddb_page page;
    struct ddb_key_query query;
    const struct ddb_binding *key_condition = NULL;
    if (!ddb_page_parse(&page, call, true, &key_condition, &fault) ||
        !ddb_page_locate(&page, state, &fault) || !check_filter(&page, &fault) ||
        !ddb_key_condition_resolve(key_condition, page.keys, &query, &fault) ||
        !ddb_page_read_start(&page, &fault) || !check_start(&page, &query, &fault) ||
        !ddb_page_check_paths(&page, &fault))
        return ddb_answer_fault(call, &fault);
    page.range = query.range;
    if (names_one_item(&page, &query))
        page.limit = SIZE_MAX; /* no LastEvaluatedKey, with which nobody could go on */
    return ddb_page_answer(&page);
}
