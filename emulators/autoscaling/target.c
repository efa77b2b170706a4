/* Scalable targets: what may be scaled, within which bounds. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "emulators/autoscaling/autoscaling_internal.h"

#define UNSUPPORTED                                                                                \
    "Unsupported service namespace, resource type or scalable dimension. regionlab serves the "    \
    "namespace dynamodb and its dimensions dynamodb:table:ReadCapacityUnits, "                     \
    "dynamodb:table:WriteCapacityUnits, dynamodb:index:ReadCapacityUnits and "                     \
    "dynamodb:index:WriteCapacityUnits"
#define ARN_ID_CHARS 36

static const char *const dimensions[2][2] = {
    {"dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"},
    {"dynamodb:index:ReadCapacityUnits", "dynamodb:index:WriteCapacityUnits"},
};

const char *aas_dimension_name(bool is_index, bool is_write)
{
    return dimensions[is_index][is_write];
}

/* --- what a call is about ------------------------------------------------------------------------
 */

bool aas_check_namespace(struct wire_call *call)
{
    const char *name_space = wire_text(call->input, "ServiceNamespace");
    const char *dimension = wire_text(call->input, "ScalableDimension");
    bool is_served = name_space != NULL && strcmp(name_space, "dynamodb") == 0 &&
                     (dimension == NULL || strncmp(dimension, "dynamodb:", 9) == 0);
    if (!is_served)
        (void)wire_fail(call, "ValidationException", UNSUPPORTED);
    return is_served;
}

const char *aas_call_place(const struct wire_call *call)
{
    return sim_arena_printf(
        call->arena, "service namespace: %s, resource ID: %s, scalable dimension: %s",
        wire_text(call->input, "ServiceNamespace"), wire_text(call->input, "ResourceId"),
        wire_text(call->input, "ScalableDimension"));
}

static bool is_text(const char *wanted, const char *text)
{
    return wanted == NULL || strcmp(wanted, text) == 0;
}

bool aas_is_asked_for(const struct wire_call *call, const char *region, const char *account,
                      const char *resource_id, const char *dimension)
{
    const cJSON *ids = wire_member(call->input, "ResourceIds");
    const cJSON *id = NULL;
    if (strcmp(call->region, region) != 0 || strcmp(call->account, account) != 0 ||
        !is_text(wire_text(call->input, "ResourceId"), resource_id) ||
        !is_text(wire_text(call->input, "ScalableDimension"), dimension))
        return false;
    if (cJSON_GetArraySize(ids) == 0)
        return true;
    cJSON_ArrayForEach(id, ids)
    {
        if (strcmp(cJSON_GetStringValue(id), resource_id) == 0)
            return true;
    }
    return false;
}

static const char *dimension_of(const struct aas_target *target)
{
    return aas_dimension_name(target->index != NULL, target->is_write);
}

struct aas_target *aas_target_find(struct aas *aas, const struct wire_call *call)
{
    struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        if (aas_is_asked_for(call, target->region, target->account, target->resource_id,
                             dimension_of(target)))
            return target;
    }
    return NULL;
}

/* --- making and ending ---------------------------------------------------------------------------
 */

void aas_target_remove(struct aas_target *target)
{
    struct aas *aas = target->aas;
    while (target->policies != NULL)
        aas_policy_remove(target, target->policies);
    while (target->scheduled != NULL)
        aas_scheduled_remove(target->scheduled);
    DL_DELETE(aas->targets, target);
    free(target->region);
    free(target->account);
    free(target->resource_id);
    free(target->table);
    free(target->index);
    free(target->role_arn);
    free(target->arn);
    cJSON_Delete(target->tags);
    free(target);
}

static char *copy_part(const char *text, size_t length)
{
    char *copy = sim_alloc(length + 1);
    memcpy(copy, text, length);
    return copy;
}

/* "table/t" or "table/t/index/i". */
static bool read_resource(struct aas_target *target, const char *id, const char *dimension)
{
    static const char table[] = "table/";
    static const char index[] = "/index/";
    bool is_index = strncmp(dimension, "dynamodb:index:", 15) == 0;
    if (strncmp(id, table, sizeof table - 1) != 0)
        return false;
    const char *name = id + sizeof table - 1;
    size_t length = strcspn(name, "/");
    const char *rest = name + length;
    bool has_index = strncmp(rest, index, sizeof index - 1) == 0;
    if (length == 0 || is_index != has_index || (!has_index && *rest != '\0'))
        return false;
    target->table = copy_part(name, length);
    if (has_index)
        target->index = sim_strdup(rest + sizeof index - 1);
    target->is_write = strstr(dimension, ":WriteCapacityUnits") != NULL;
    return !has_index || (target->index[0] != '\0' && strchr(target->index, '/') == NULL);
}

static struct aas_target *add_target(struct aas *aas, const char *region, const char *account,
                                     const char *resource_id)
{
    struct aas_target *target = sim_alloc(sizeof *target);
    target->aas = aas;
    target->region = sim_strdup(region);
    target->account = sim_strdup(account);
    target->resource_id = sim_strdup(resource_id);
    target->tags = cJSON_CreateObject();
    DL_APPEND(aas->targets, target);
    return target;
}

static struct aas_target *make_target(struct aas *aas, const struct wire_call *call)
{
    const char *role = wire_text(call->input, "RoleARN");
    char drawn[ARN_ID_CHARS + 1];
    struct aas_target *target =
        add_target(aas, call->region, call->account, wire_text(call->input, "ResourceId"));
    target->created_us = aas_now_us(aas);
    if (role == NULL)
        role = sim_arena_printf(call->arena,
                                "arn:aws:iam::%s:role/aws-service-role/"
                                "dynamodb.application-autoscaling.amazonaws.com/"
                                "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
                                call->account);
    target->role_arn = sim_strdup(role);
    sim_random_text(&aas->ids, "0123456789abcdef", drawn, ARN_ID_CHARS);
    target->arn = sim_strdup(
        sim_arena_printf(call->arena, "arn:aws:application-autoscaling:%s:%s:scalable-target/%s",
                         call->region, call->account, drawn));
    return target;
}

struct aas_target *aas_target_restore(struct aas *aas, const cJSON *saved)
{
    static const char *const needed[] = {
        "Region", "Account", "ResourceId", "ScalableDimension", "RoleARN", "ScalableTargetARN"};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (wire_text(saved, needed[i]) == NULL)
            return NULL;
    }
    const char *id = wire_text(saved, "ResourceId");
    const cJSON *suspended = wire_member(saved, "SuspendedState");
    struct aas_target *target =
        add_target(aas, wire_text(saved, "Region"), wire_text(saved, "Account"), id);
    target->role_arn = sim_strdup(wire_text(saved, "RoleARN"));
    target->arn = sim_strdup(wire_text(saved, "ScalableTargetARN"));
    target->min = wire_integer(saved, "MinCapacity", 1);
    target->max = wire_integer(saved, "MaxCapacity", 1);
    target->created_us = aas_time_us(saved, "CreationTime");
    target->scaled_out_us = aas_time_us(saved, "ScaledOut");
    target->scaled_in_us = aas_time_us(saved, "ScaledIn");
    target->is_scale_in_suspended = wire_flag(suspended, "DynamicScalingInSuspended", false);
    target->is_scale_out_suspended = wire_flag(suspended, "DynamicScalingOutSuspended", false);
    target->is_schedule_suspended = wire_flag(suspended, "ScheduledScalingSuspended", false);
    if (wire_member(saved, "Tags") != NULL) {
        cJSON_Delete(target->tags);
        target->tags = cJSON_Duplicate(wire_member(saved, "Tags"), true);
    }
    return read_resource(target, id, wire_text(saved, "ScalableDimension")) ? target : NULL;
}

/* --- RegisterScalableTarget ----------------------------------------------------------------------
 */

struct bounds {
    int64_t min;
    int64_t max;
};

static bool check_bounds(struct wire_call *call, const struct aas_target *known,
                         struct bounds *bounds)
{
    bounds->min = wire_integer(call->input, "MinCapacity", known != NULL ? known->min : -1);
    bounds->max = wire_integer(call->input, "MaxCapacity", known != NULL ? known->max : -1);
    bool has_both = known != NULL || (wire_member(call->input, "MinCapacity") != NULL &&
                                      wire_member(call->input, "MaxCapacity") != NULL);
    if (!has_both)
        (void)wire_fail(call, "ValidationException",
                        "MinCapacity and MaxCapacity are required to register a new scalable "
                        "target");
    else if (bounds->min < 1)
        (void)wire_fail(call, "ValidationException",
                        "Minimum capacity of a DynamoDB table or index must be at least 1");
    else if (bounds->max < bounds->min)
        (void)wire_fail(call, "ValidationException",
                        "Maximum capacity cannot be less than minimum capacity");
    else
        return true;
    return false;
}

static bool check_resource(struct wire_call *call, const struct aas_target *target)
{
    struct aas_capacity capacity;
    switch (aas_capacity_read(target, &capacity)) {
    case AAS_CAPACITY_OK:
    case AAS_CAPACITY_ON_DEMAND:
        return true;
    case AAS_CAPACITY_NO_TABLE:
        (void)wire_fail(call, "ValidationException", "DynamoDB table does not exist: %s",
                        target->resource_id);
        return false;
    case AAS_CAPACITY_NO_INDEX:
        (void)wire_fail(call, "ValidationException", "DynamoDB index does not exist: %s",
                        target->resource_id);
        return false;
    case AAS_CAPACITY_UNREACHABLE:
        break;
    }
    (void)wire_fail(call, "ConcurrentUpdateException", "DynamoDB cannot be asked about %s now",
                    target->resource_id);
    return false;
}

static bool check_tags(struct wire_call *call, const cJSON *tags)
{
    if (cJSON_GetArraySize(tags) <= AAS_TAGS_MAX)
        return true;
    (void)wire_fail(call, "ValidationException", "A scalable target can have at most %d tags",
                    AAS_TAGS_MAX);
    return false;
}

static size_t count_targets(const struct aas *aas, const struct wire_call *call)
{
    size_t count = 0;
    const struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        count +=
            strcmp(target->region, call->region) == 0 && strcmp(target->account, call->account) == 0
                ? 1
                : 0;
    }
    return count;
}

static void set_tags(struct aas_target *target, const cJSON *tags)
{
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, tags)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(target->tags, tag->string);
        cJSON_AddItemToObject(target->tags, tag->string, cJSON_Duplicate(tag, true));
    }
}

static void change(struct aas_target *target, const struct wire_call *call, struct bounds bounds)
{
    const cJSON *suspended = wire_member(call->input, "SuspendedState");
    const char *role = wire_text(call->input, "RoleARN");
    target->min = bounds.min;
    target->max = bounds.max;
    target->is_scale_in_suspended =
        wire_flag(suspended, "DynamicScalingInSuspended", target->is_scale_in_suspended);
    target->is_scale_out_suspended =
        wire_flag(suspended, "DynamicScalingOutSuspended", target->is_scale_out_suspended);
    target->is_schedule_suspended =
        wire_flag(suspended, "ScheduledScalingSuspended", target->is_schedule_suspended);
    if (role != NULL && strcmp(role, target->role_arn) != 0) {
        free(target->role_arn);
        target->role_arn = sim_strdup(role);
    }
}

static enum wire_progress answer_arn(struct wire_call *call, const struct aas_target *target)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "ScalableTargetARN", target->arn);
    return wire_succeed(call, output);
}

/* Tags come with a new target only; later ones go by TagResource. */
static enum wire_progress register_new(struct aas *aas, struct wire_call *call)
{
    struct bounds bounds;
    const cJSON *tags = wire_member(call->input, "Tags");
    if (!check_bounds(call, NULL, &bounds) || !check_tags(call, tags))
        return WIRE_DONE;
    if (count_targets(aas, call) >= AAS_TARGETS_MAX)
        return wire_fail(call, "LimitExceededException",
                         "Maximum number of scalable targets exceeded. Limit: %d", AAS_TARGETS_MAX);
    struct aas_target *target = make_target(aas, call);
    if (!read_resource(target, wire_text(call->input, "ResourceId"),
                       wire_text(call->input, "ScalableDimension"))) {
        aas_target_remove(target);
        return wire_fail(call, "ValidationException", UNSUPPORTED);
    }
    if (!check_resource(call, target)) {
        aas_target_remove(target);
        return WIRE_DONE;
    }
    change(target, call, bounds);
    set_tags(target, tags);
    aas_target_keep_bounds(target);
    return answer_arn(call, target);
}

enum wire_progress aas_register_target(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    struct bounds bounds;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    struct aas_target *known = aas_target_find(aas, call);
    if (known == NULL)
        return register_new(state, call);
    if (!check_bounds(call, known, &bounds))
        return WIRE_DONE;
    change(known, call, bounds);
    aas_target_keep_bounds(known);
    return answer_arn(call, known);
}

/* Only a scaling policy or a schedule makes the service change anything. */
void aas_target_keep_bounds(struct aas_target *target)
{
    struct aas_capacity capacity;
    if ((target->policies == NULL && target->scheduled == NULL) ||
        aas_capacity_read(target, &capacity) != AAS_CAPACITY_OK)
        return;
    int64_t now = target->is_write ? capacity.writes : capacity.reads;
    struct sim_arena *arena = sim_arena_create();
    if (now < target->min)
        (void)aas_scale(
            target, &capacity, target->min,
            sim_arena_printf(arena, "minimum capacity was set to %lld", (long long)target->min));
    else if (now > target->max)
        (void)aas_scale(
            target, &capacity, target->max,
            sim_arena_printf(arena, "maximum capacity was set to %lld", (long long)target->max));
    sim_arena_destroy(arena);
}

/* --- the other operations ------------------------------------------------------------------------
 */

enum wire_progress aas_deregister_target(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    struct aas_target *target = aas_target_find(aas, call);
    if (target == NULL)
        return wire_fail(call, "ObjectNotFoundException", "No scalable target found for %s",
                         aas_call_place(call));
    aas_target_remove(target);
    return wire_succeed(call, cJSON_CreateObject());
}

cJSON *aas_target_describe(const struct aas_target *target)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ServiceNamespace", "dynamodb");
    cJSON_AddStringToObject(object, "ResourceId", target->resource_id);
    cJSON_AddStringToObject(object, "ScalableDimension", dimension_of(target));
    cJSON_AddNumberToObject(object, "MinCapacity", (double)target->min);
    cJSON_AddNumberToObject(object, "MaxCapacity", (double)target->max);
    cJSON_AddStringToObject(object, "RoleARN", target->role_arn);
    aas_add_time(object, "CreationTime", target->created_us);
    cJSON *suspended = cJSON_AddObjectToObject(object, "SuspendedState");
    cJSON_AddBoolToObject(suspended, "DynamicScalingInSuspended", target->is_scale_in_suspended);
    cJSON_AddBoolToObject(suspended, "DynamicScalingOutSuspended", target->is_scale_out_suspended);
    cJSON_AddBoolToObject(suspended, "ScheduledScalingSuspended", target->is_schedule_suspended);
    cJSON_AddStringToObject(object, "ScalableTargetARN", target->arn);
    return object;
}

enum wire_progress aas_describe_targets(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    if (!aas_check_namespace(call))
        return WIRE_DONE;
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, "ScalableTargets");
    const struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        if (aas_is_asked_for(call, target->region, target->account, target->resource_id,
                             dimension_of(target)))
            cJSON_AddItemToArray(list, aas_target_describe(target));
    }
    return aas_page(call, output, "ScalableTargets") ? wire_succeed(call, output) : WIRE_DONE;
}

/* --- tags ----------------------------------------------------------------------------------------
 */

static struct aas_target *find_by_arn(struct aas *aas, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ResourceARN");
    struct aas_target *target;
    DL_FOREACH(aas->targets, target)
    {
        if (strcmp(target->arn, arn) == 0)
            return target;
    }
    cJSON *members = cJSON_CreateObject();
    cJSON_AddStringToObject(members, "ResourceName", arn);
    (void)wire_fail_with(call, "ResourceNotFoundException", members,
                         "No scalable target found for resource ARN: %s", arn);
    return NULL;
}

enum wire_progress aas_tag_resource(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    struct aas_target *target = find_by_arn(aas, call);
    if (target == NULL)
        return WIRE_DONE;
    const cJSON *tags = wire_member(call->input, "Tags");
    const cJSON *tag = NULL;
    int count = cJSON_GetArraySize(target->tags);
    cJSON_ArrayForEach(tag, tags)
    {
        count += wire_member(target->tags, tag->string) == NULL ? 1 : 0;
    }
    if (count > AAS_TAGS_MAX) {
        cJSON *members = cJSON_CreateObject();
        cJSON_AddStringToObject(members, "ResourceName", target->arn);
        return wire_fail_with(call, "TooManyTagsException", members,
                              "A scalable target can have at most %d tags", AAS_TAGS_MAX);
    }
    set_tags(target, tags);
    return wire_succeed(call, cJSON_CreateObject());
}

enum wire_progress aas_untag_resource(void *state, struct wire_call *call)
{
    struct aas *aas = state;
    aas->is_changed = true;
    struct aas_target *target = find_by_arn(aas, call);
    const cJSON *key = NULL;
    if (target == NULL)
        return WIRE_DONE;
    cJSON_ArrayForEach(key, wire_member(call->input, "TagKeys"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(target->tags, cJSON_GetStringValue(key));
    }
    return wire_succeed(call, cJSON_CreateObject());
}

enum wire_progress aas_list_tags(void *state, struct wire_call *call)
{
    const struct aas_target *target = find_by_arn(state, call);
    if (target == NULL)
        return WIRE_DONE;
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Tags", cJSON_Duplicate(target->tags, true));
    return wire_succeed(call, output);
}
