/* json_protocol.c -- AWS JSON 1.0 and 1.1: one path, the operation in X-Amz-Target.
 *
 * The order of checks is DynamoDB's: method and content type, body, target, authentication, types.
 */
#include "emulators/wire/front_protocol.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "emulators/wire/error_body.h"
#include "emulators/wire/json_print.h"
#include "emulators/wire/types.h"

static bool has_type(const char *header, const char *type)
{
    const size_t bytes = strlen(type);
    if (header == NULL || strncasecmp(header, type, bytes) != 0)
        return false;
    header += bytes; /* what follows a ';' is ignored */
    header += strspn(header, " \t");
    return *header == '\0' || *header == ';';
}

static const char *own_type(const struct wire_model *model)
{
    return model != NULL && model->protocol == PROTOCOL_JSON_1_1 ? "application/x-amz-json-1.1"
                                                                 : "application/x-amz-json-1.0";
}

/* application/json is accepted and echoed; DynamoDB also answers so what has neither type nor body.
 */
static const char *reply_type(const struct front_exchange *exchange)
{
    const char *type = exchange->message.known[FRONT_CONTENT_TYPE];
    const bool is_bare = type == NULL && exchange->message.body_bytes == 0;
    if (has_type(type, "application/json") ||
        (is_bare && exchange->route.model != NULL &&
         exchange->route.model->protocol == PROTOCOL_JSON_1_0))
        return "application/json";
    return own_type(exchange->route.model);
}

static enum front_decoded answer_health(const struct front_exchange *exchange,
                                        struct front_reply *reply)
{
    const struct front_route *route = &exchange->route;
    reply->status = 200;
    reply->content_type = "text/plain";
    reply->body = sim_arena_printf(exchange->message.arena, "healthy: %s.%s.amazonaws.com ",
                                   route->model->endpoint_prefix, route->region);
    reply->body_bytes = strlen(reply->body);
    return FRONT_ANSWERED;
}

static enum front_decoded answer_foreign(struct front_reply *reply)
{
    static const char body[] = "<UnknownOperationException/>\n";
    reply->status = 404;
    reply->body = body;
    reply->body_bytes = sizeof(body) - 1;
    return FRONT_ANSWERED;
}

static bool is_foreign(const struct front_exchange *exchange)
{
    const struct front_message *message = &exchange->message;
    if (strcmp(message->method, "POST") != 0)
        return true;
    const char *type = message->known[FRONT_CONTENT_TYPE];
    return message->body_bytes > 0 && !has_type(type, "application/x-amz-json-1.0") &&
           !has_type(type, "application/x-amz-json-1.1") && !has_type(type, "application/json");
}

static enum front_decoded refuse_body(const struct front_exchange *exchange, enum sim_result result,
                                      const struct sim_error *problem, struct wire_error *error)
{
    struct sim_arena *arena = exchange->message.arena;
    if (result == RESULT_LIMIT) {
        *error = (struct wire_error){.code = "RequestEntityTooLargeException",
                                     .status = 413,
                                     .message = sim_arena_strdup(arena, problem->message)};
        return FRONT_REFUSED;
    }
    /* DynamoDB says nothing about a body that is not JSON. */
    const bool is_silent = exchange->route.traits->form_count > 0;
    *error = (struct wire_error){
        .code = "SerializationException",
        .message = is_silent ? NULL : sim_arena_strdup(arena, problem->message),
    };
    return FRONT_REFUSED;
}

static const struct wire_operation_fact *find_operation(const struct front_exchange *exchange)
{
    const char *target = exchange->message.known[FRONT_AMZ_TARGET];
    const char *prefix = exchange->route.model->target_prefix;
    if (target == NULL || prefix == NULL)
        return NULL;
    const size_t bytes = strlen(prefix);
    if (strncmp(target, prefix, bytes) != 0 || target[bytes] != '.')
        return NULL;
    return wire_operation_fact_find(exchange->route.model, target + bytes + 1);
}

static enum front_decoded decode(struct front_exchange *exchange, cJSON **input,
                                 struct front_reply *reply, struct wire_error *error)
{
    const struct front_message *message = &exchange->message;
    const struct front_route *route = &exchange->route;
    if (strcmp(message->method, "GET") == 0 && strcmp(message->path, "/") == 0 &&
        route->traits->answers_nameless)
        return answer_health(exchange, reply);
    if (is_foreign(exchange))
        return answer_foreign(reply);
    struct sim_error problem;
    cJSON *tree = NULL;
    enum sim_result result = front_message_json(message, &tree, &problem);
    if (result == RESULT_OK && !cJSON_IsObject(tree))
        result = sim_error_set(&problem, RESULT_INVALID, "the body is not a JSON object");
    if (result != RESULT_OK && message->body_bytes > 0)
        return refuse_body(exchange, result, &problem, error);
    exchange->operation = find_operation(exchange);
    if (exchange->operation == NULL) {
        const char *target = message->known[FRONT_AMZ_TARGET];
        *error = (struct wire_error){.code = "UnknownOperationException",
                                     .message = sim_arena_printf(message->arena,
                                                                 "X-Amz-Target '%.128s' is unknown",
                                                                 target == NULL ? "" : target)};
        return FRONT_REFUSED;
    }
    if (!front_authenticate(exchange, error))
        return FRONT_REFUSED;
    if (result != RESULT_OK) /* no body at all: told last */
        return refuse_body(exchange, result, &problem, error);
    if (!wire_convert(route->model, exchange->operation->input, tree, message->arena, error))
        return FRONT_REFUSED;
    *input = tree;
    return FRONT_DECODED;
}

static bool is_empty_operation(const struct front_exchange *exchange)
{
    const char *const *name = exchange->route.traits->empty_operations;
    for (; name != NULL && *name != NULL; name++)
        if (strcmp(*name, exchange->operation->name) == 0)
            return true;
    return false;
}

static void encode(const struct front_exchange *exchange, const cJSON *output,
                   struct front_reply *reply)
{
    reply->status = exchange->operation->status != 0 ? exchange->operation->status : 200;
    reply->content_type = reply_type(exchange);
    reply->body = "{}";
    reply->body_bytes = 2;
    if (output == NULL && is_empty_operation(exchange)) {
        reply->content_type = NULL;
        reply->body_bytes = 0;
    } else if (output != NULL) {
        reply->body = wire_json_text(exchange->message.arena, output, &reply->body_bytes);
    }
}

static void encode_error(const struct front_exchange *exchange, const struct wire_error *error,
                         struct front_reply *reply)
{
    reply->status = front_error_status(exchange, error);
    reply->content_type = reply_type(exchange);
    error_body_json(exchange, error, reply);
}

const struct front_protocol front_json_protocol = {
    .decode = decode, .encode = encode, .encode_error = encode_error};
