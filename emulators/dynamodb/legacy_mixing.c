/* Which parameters of a call belong to which of the two worlds. */
#include <string.h>

#include "emulators/dynamodb/legacy.h"
#include "emulators/wire/call.h"
#include "sim/core/buffer.h"

#define MEMBERS_MAX 5

/* In the order in which the service lists them. */
static const struct {
    const char *legacy[MEMBERS_MAX];
    const char *expressions[MEMBERS_MAX];
    const char *joined; /* what ConditionalOperator joins */
} calls[] = {
    [DDB_LEGACY_GET] = {{"AttributesToGet"}, {"ProjectionExpression"}, NULL},
    [DDB_LEGACY_PUT] = {{"Expected", "ConditionalOperator"}, {"ConditionExpression"}, "Expected"},
    [DDB_LEGACY_UPDATE] = {{"AttributeUpdates", "Expected", "ConditionalOperator"},
                           {"UpdateExpression", "ConditionExpression"},
                           "Expected"},
    [DDB_LEGACY_DELETE] = {{"Expected", "ConditionalOperator"},
                           {"ConditionExpression"},
                           "Expected"},
    [DDB_LEGACY_QUERY] = {{"AttributesToGet", "QueryFilter", "ConditionalOperator",
                           "KeyConditions"},
                          {"ProjectionExpression", "FilterExpression", "KeyConditionExpression"},
                          "QueryFilter"},
    [DDB_LEGACY_SCAN] = {{"AttributesToGet", "ScanFilter", "ConditionalOperator"},
                         {"ProjectionExpression", "FilterExpression"},
                         "ScanFilter"},
};

/* KeyConditions goes with every expression but its own successor. */
static bool is_exempt(const cJSON *input, const char *member)
{
    return strcmp(member, "KeyConditions") == 0 &&
           wire_member(input, "KeyConditionExpression") == NULL;
}

static void list_present(const cJSON *input, const char *const *members, struct sim_buffer *list)
{
    for (size_t i = 0; i < MEMBERS_MAX && members[i] != NULL; i++) {
        if (wire_member(input, members[i]) == NULL || is_exempt(input, members[i]))
            continue;
        sim_buffer_append_text(list, list->length_bytes > 0 ? ", " : "");
        sim_buffer_append_text(list, members[i]);
    }
}

static bool has_any(const cJSON *input, const char *const *members)
{
    for (size_t i = 0; i < MEMBERS_MAX && members[i] != NULL; i++)
        if (wire_member(input, members[i]) != NULL)
            return true;
    return false;
}

bool ddb_legacy_check_mixing(const cJSON *input, enum ddb_legacy_call call, struct ddb_fault *fault)
{
    struct sim_buffer legacy;
    struct sim_buffer expressions;
    if (!has_any(input, calls[call].legacy)) /* as in nearly every call */
        return true;
    sim_buffer_init(&legacy);
    sim_buffer_init(&expressions);
    list_present(input, calls[call].legacy, &legacy);
    list_present(input, calls[call].expressions, &expressions);
    bool is_good = legacy.length_bytes == 0 || expressions.length_bytes == 0;
    if (!is_good)
        ddb_invalid(fault,
                    "Can not use both expression and non-expression parameters in the same "
                    "request: Non-expression parameters: {%s} Expression parameters: {%s}",
                    legacy.data, expressions.data);
    sim_buffer_fini(&legacy);
    sim_buffer_fini(&expressions);
    return is_good;
}

bool ddb_legacy_check_operator(const cJSON *input, enum ddb_legacy_call call,
                               struct ddb_fault *fault)
{
    if (calls[call].joined == NULL || wire_text(input, "ConditionalOperator") == NULL)
        return true;
    int count = cJSON_GetArraySize(wire_member(input, calls[call].joined));
    if (count == 0)
        return ddb_invalid(fault, "ConditionalOperator cannot be used without Filter or Expected");
    return count > 1 || ddb_invalid(fault, "ConditionalOperator can only be used when Filter or "
                                           "Expected has two or more elements");
}
