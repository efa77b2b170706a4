/* rest_json.c -- REST-JSON: the operation by method and path, members in path, query, headers,
 * body. */
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/error_body.h"
#include "emulators/wire/front_uri.h"
#include "emulators/wire/rest_output.h"
#include "emulators/wire/types.h"

static enum front_decoded refuse(struct wire_error *error, const char *code, int status,
                                 const char *message)
{
    *error = (struct wire_error){.code = code, .status = status, .message = message};
    return FRONT_REFUSED;
}

/* REST services answer 403 to what is not signed. */
static bool check_credential(struct front_exchange *exchange, struct wire_error *error)
{
    if (front_authenticate(exchange, error))
        return true;
    error->status = 403;
    return false;
}

/* A body cannot speak for members that travel elsewhere. */
static void drop_foreign_members(const struct wire_shape *shape, cJSON *input)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].location != IN_BODY)
            cJSON_DeleteItemFromObjectCaseSensitive(input, shape->members[i].name);
}

static bool parse_body(const struct front_exchange *exchange, cJSON **tree,
                       struct wire_error *error)
{
    struct sim_arena *arena = exchange->message.arena;
    struct sim_error problem;
    const enum sim_result result = front_message_json(&exchange->message, tree, &problem);
    if (result == RESULT_OK)
        return true;
    const bool is_large = result == RESULT_LIMIT;
    (void)refuse(error, is_large ? "RequestEntityTooLargeException" : "SerializationException",
                 is_large ? 413 : 400, sim_arena_strdup(arena, problem.message));
    return false;
}

/* The body as one member: text as it came, or a JSON value of the member's shape. */
static bool read_payload(const struct front_exchange *exchange, cJSON *input,
                         struct wire_error *error)
{
    const struct front_message *message = &exchange->message;
    const struct wire_member_fact *payload = exchange->operation->input->payload;
    if (message->body_bytes == 0)
        return true;
    if (payload->shape->kind == SHAPE_STRING) {
        if (!front_is_utf8(message->body, message->body_bytes) ||
            memchr(message->body, '\0', message->body_bytes) != NULL) {
            (void)refuse(error, "SerializationException", 400, "The body is not UTF-8 text");
            return false;
        }
        cJSON_AddStringToObject(input, payload->name, message->body);
        return true;
    }
    cJSON *tree = NULL;
    if (!parse_body(exchange, &tree, error) ||
        !wire_convert(exchange->route.model, payload->shape, tree, message->arena, error))
        return false;
    cJSON_AddItemReferenceToObject(input, payload->name, tree);
    return true;
}

static bool read_body(const struct front_exchange *exchange, cJSON **input,
                      struct wire_error *error)
{
    const struct front_message *message = &exchange->message;
    const struct wire_shape *shape = exchange->operation->input;
    if (shape->payload != NULL || message->body_bytes == 0) {
        *input = front_keep_json(message->arena, cJSON_CreateObject());
        return shape->payload == NULL || read_payload(exchange, *input, error);
    }
    if (!parse_body(exchange, input, error) ||
        !wire_convert(exchange->route.model, shape, *input, message->arena, error))
        return false;
    drop_foreign_members(shape, *input);
    return true;
}

static enum front_decoded decode(struct front_exchange *exchange, cJSON **input,
                                 struct front_reply *reply, struct wire_error *error)
{
    (void)reply;
    const struct front_message *message = &exchange->message;
    struct front_uri uri;
    if (!front_uri_match(exchange->route.model, message, &uri))
        return refuse(error, "UnknownOperationException", 404,
                      sim_arena_printf(message->arena, "No operation of %s is %.10s %.200s",
                                       exchange->route.service->id, message->method,
                                       message->path));
    exchange->operation = uri.operation;
    if (!check_credential(exchange, error) || !read_body(exchange, input, error) ||
        !front_uri_members(&uri, message, *input, error))
        return FRONT_REFUSED;
    return FRONT_DECODED;
}

static void encode(const struct front_exchange *exchange, const cJSON *output,
                   struct front_reply *reply)
{
    const struct wire_shape *shape = exchange->operation->output;
    rest_output_outside(exchange, output, reply);
    reply->content_type = "application/json";
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    if (shape->payload == NULL) {
        rest_output_json(&buffer, shape, output);
        front_reply_take(reply, exchange->message.arena, &buffer);
        return;
    }
    const cJSON *payload = wire_member(output, shape->payload->name);
    if (payload != NULL && shape->payload->shape->kind == SHAPE_STRING && cJSON_IsString(payload))
        sim_buffer_append_text(&buffer, payload->valuestring);
    else if (payload != NULL)
        rest_output_json(&buffer, shape->payload->shape, payload);
    front_reply_take(reply, exchange->message.arena, &buffer);
}

static void encode_error(const struct front_exchange *exchange, const struct wire_error *error,
                         struct front_reply *reply)
{
    reply->status = front_error_status(exchange, error);
    reply->content_type = "application/json";
    error_body_rest_json(exchange, error, reply);
}

const struct front_protocol front_rest_json_protocol = {
    .decode = decode, .encode = encode, .encode_error = encode_error};
