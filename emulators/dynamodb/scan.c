#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/page.h"

struct segment {
    int64_t number; /* -1: not given */
    int64_t count;
};

static bool read_segment(const cJSON *input, struct segment *segment, struct ddb_fault *fault)
{
    segment->number = wire_integer(input, "Segment", -1);
    segment->count = wire_integer(input, "TotalSegments", -1);
    if (segment->number >= 0 && segment->count < 0)
        return ddb_invalid(fault, "The TotalSegments parameter is required but was not present in "
                                  "the request when Segment parameter is present");
    if (segment->number < 0 && segment->count >= 0)
        return ddb_invalid(fault, "The Segment parameter is required but was not present in the "
                                  "request when parameter TotalSegments is present");
    if (segment->number >= 0 && segment->number >= segment->count)
        return ddb_invalid(fault,
                           "The Segment parameter is zero-based and must be less than parameter "
                           "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                           (long long)segment->number, (long long)segment->count);
    return true;
}

static bool choose_range(struct ddb_page *page, const struct segment *segment,
                         struct ddb_fault *fault)
{
    page->range = (struct ddb_key_range){.low = {.bytes = (const uint8_t *)"", .length_bytes = 0}};
    if (segment->count < 0)
        return true;
    ddb_key_segment_range(fault->arena, (uint32_t)segment->number, (uint32_t)segment->count,
                          &page->range);
    if (!page->has_start || ddb_key_range_contains(&page->range, &page->start))
        return true;
    return ddb_invalid(fault,
                       "The provided starting key is invalid: Invalid ExclusiveStartKey. Please "
                       "use ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: "
                       "%lld",
                       (long long)segment->count, (long long)segment->number);
}

enum wire_progress ddb_scan(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_page page;
    struct segment segment;
    const struct ddb_binding *no_key_condition = NULL;
    if (!ddb_page_parse(&page, call, false, &no_key_condition, &fault) ||
        !read_segment(call->input, &segment, &fault) || !ddb_page_locate(&page, state, &fault) ||
        !choose_range(&page, &segment, &fault))
        return ddb_answer_fault(call, &fault);
    page.is_forward = true;
    return ddb_page_answer(&page);
}
