#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/page.h"

static bool choose_range(struct ddb_page *page, struct ddb_fault *fault)
{
    page->range = (struct ddb_key_range){.low = {.bytes = (const uint8_t *)"", .length_bytes = 0}};
    if (page->segment_count < 0)
        return true;
    ddb_key_segment_range(fault->arena, (uint32_t)page->segment, (uint32_t)page->segment_count,
                          &page->range);
    if (!page->has_start || ddb_key_range_contains(&page->range, &page->start))
        return true;
    return ddb_invalid(fault,
                       "The provided starting key is invalid: Invalid ExclusiveStartKey. Please "
                       "use ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: "
                       "%lld",
                       (long long)page->segment_count, (long long)page->segment);
}

enum wire_progress ddb_scan(void *state, struct wire_call *call)
{
    struct ddb *ddb = state;
    struct ddb_fault fault = {.arena = call->arena, .expressions = ddb->expressions};
    struct ddb_page page;
    const struct ddb_binding *no_key_condition = NULL;
    if (!ddb_page_parse(&page, call, false, &no_key_condition, &fault) ||
        !ddb_page_locate(&page, state, &fault) || !ddb_page_read_start(&page, &fault) ||
        !choose_range(&page, &fault) || !ddb_page_check_paths(&page, &fault))
        return ddb_answer_fault(call, &fault);
    page.is_forward = true;
    return ddb_page_answer(&page);
}
