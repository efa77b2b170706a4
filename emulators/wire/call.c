#include "emulators/wire/call.h"

#include "emulators/wire/model.h"

enum wire_progress wire_succeed(struct wire_call *call, cJSON *output)
{
    PRE(call->output == NULL);
    call->outcome = WIRE_OK;
    call->output = output;
    return WIRE_DONE;
}

static enum wire_progress fail(struct wire_call *call, const char *code, cJSON *members,
                               const char *message)
{
    PRE(call->error.members == NULL);
    cJSON_Delete(call->output); /* an error answers with nothing else */
    call->output = NULL;
    call->outcome = WIRE_ERROR;
    call->error = (struct wire_error){.code = code, .message = message, .members = members};
    return WIRE_DONE;
}

enum wire_progress wire_fail(struct wire_call *call, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = sim_arena_vprintf(call->arena, format, arguments);
    va_end(arguments);
    return fail(call, code, NULL, message);
}

enum wire_progress wire_fail_with(struct wire_call *call, const char *code, cJSON *members,
                                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = sim_arena_vprintf(call->arena, format, arguments);
    va_end(arguments);
    return fail(call, code, members, message);
}

enum wire_progress wire_fail_internal(struct wire_call *call, const struct sim_error *error)
{
    const struct wire_model *model = wire_model_of(call->host->dispatcher, call->service);
    wire_fail(call, model->internal_code, "Internal server error: %s", error->message);
    call->error.status = 500;
    call->error.is_server_fault = true;
    return WIRE_DONE;
}

const cJSON *wire_member(const cJSON *object, const char *member)
{
    return cJSON_GetObjectItemCaseSensitive(object, member);
}

const char *wire_text(const cJSON *object, const char *member)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
}

int64_t wire_integer(const cJSON *object, const char *member, int64_t fallback)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : fallback;
}

bool wire_flag(const cJSON *object, const char *member, bool fallback)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsBool(value) ? cJSON_IsTrue(value) : fallback;
}

uint64_t wire_now_us(const struct wire_call *call)
{
    return sim_clock_now_us(call->host->core->clock);
}
