/* front_protocol.c -- the table of protocols, and what they share. */
#include "emulators/wire/front_protocol.h"

#include <stdlib.h>
#include <string.h>

static const struct front_protocol *const protocols[] = {
    [PROTOCOL_JSON_1_0] = &front_json_protocol,
    [PROTOCOL_JSON_1_1] = &front_json_protocol,
    [PROTOCOL_REST_JSON] = &front_rest_json_protocol,
    [PROTOCOL_REST_XML] = &front_rest_xml_protocol,
};

const struct front_protocol *front_protocol_of(enum wire_protocol protocol)
{
    PRE((size_t)protocol < ARRAY_LEN(protocols));
    return protocols[protocol];
}

void front_reply_add(struct front_reply *reply, const char *name, const char *value)
{
    PRE(reply->header_count < ARRAY_LEN(reply->headers));
    reply->headers[reply->header_count++] = (struct sim_http_header){name, value};
}

void front_reply_take(struct front_reply *reply, struct sim_arena *arena, struct sim_buffer *buffer)
{
    reply->body_bytes = buffer->length_bytes;
    char *body = sim_buffer_take(buffer);
    if (body != NULL)
        sim_arena_defer(arena, free, body);
    reply->body = body == NULL ? "" : body;
}

static enum front_decoded refuse(struct wire_error *error, const char *code, int status,
                                 const char *message)
{
    *error = (struct wire_error){
        .code = code, .status = status, .message = message, .is_server_fault = status >= 500};
    return FRONT_REFUSED;
}

enum front_decoded front_exchange_decode(struct front_exchange *exchange, cJSON **input,
                                         struct front_reply *reply, struct wire_error *error)
{
    struct front_message *message = &exchange->message;
    *reply = (struct front_reply){0};
    *error = (struct wire_error){0};
    if (message->body_too_large)
        return refuse(error, "RequestEntityTooLargeException", 413, "Request body is too large");
    struct sim_error problem;
    const enum sim_result result = front_message_inflate(message, &problem);
    if (result == RESULT_LIMIT)
        return refuse(error, "RequestEntityTooLargeException", 413, "Request body is too large");
    if (result != RESULT_OK) /* DynamoDB takes a broken gzip stream for its own mistake */
        return refuse(error, "InternalServerError", 500,
                      sim_arena_strdup(message->arena, problem.message));
    const struct front_protocol *protocol = front_protocol_of(exchange->route.model->protocol);
    const enum front_decoded decoded = protocol->decode(exchange, input, reply, error);
    if (decoded != FRONT_DECODED || exchange->route.region_error.code == NULL)
        return decoded;
    *error = exchange->route.region_error;
    return FRONT_REFUSED;
}

void front_exchange_encode(const struct front_exchange *exchange, const struct wire_call *call,
                           struct front_reply *reply)
{
    const struct front_protocol *protocol = front_protocol_of(exchange->route.model->protocol);
    *reply = (struct front_reply){0};
    if (call->outcome == WIRE_OK)
        protocol->encode(exchange, call->output, reply);
    else
        protocol->encode_error(exchange, &call->error, reply);
}

/* The form of an error when no service is known: JSON for who sent JSON, else XML. */
static const struct front_protocol *guess_protocol(const struct front_message *message)
{
    const char *type = message->known[FRONT_CONTENT_TYPE];
    const bool is_json =
        message->known[FRONT_AMZ_TARGET] != NULL || (type != NULL && strstr(type, "json") != NULL);
    return is_json ? &front_json_protocol : &front_rest_xml_protocol;
}

void front_exchange_encode_error(const struct front_exchange *exchange,
                                 const struct wire_error *error, struct front_reply *reply)
{
    *reply = (struct front_reply){0};
    const struct wire_model *model = exchange->route.model;
    const struct front_protocol *protocol =
        model != NULL ? front_protocol_of(model->protocol) : guess_protocol(&exchange->message);
    protocol->encode_error(exchange, error, reply);
}

static const struct wire_shape *error_shape(const struct front_exchange *exchange, const char *code)
{
    const struct wire_operation_fact *operation = exchange->operation;
    for (size_t i = 0; operation != NULL && i < operation->error_count; i++) {
        const struct wire_shape *shape = operation->errors[i];
        const char *known = shape->error_code != NULL ? shape->error_code : shape->name;
        if (strcmp(known, code) == 0 || strcmp(shape->name, code) == 0)
            return shape;
    }
    return NULL;
}

int front_error_status(const struct front_exchange *exchange, const struct wire_error *error)
{
    if (error->status >= 100 && error->status <= 599)
        return error->status;
    const struct wire_shape *shape = error_shape(exchange, error->code);
    if (shape != NULL && shape->error_status != 0)
        return shape->error_status;
    return error->is_server_fault || (shape != NULL && shape->is_server_fault) ? 500 : 400;
}

const char *front_error_text(const struct front_exchange *exchange, const struct wire_error *error)
{
    if (error->message == NULL)
        return "";
    if (front_is_utf8(error->message, strlen(error->message)))
        return error->message;
    char *text = sim_arena_strdup(exchange->message.arena, error->message);
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    return text;
}
