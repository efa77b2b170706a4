/* rest_xml.c -- REST-XML: the operation by method and path, documents in and out. */
#include <string.h>

#include "emulators/wire/front_uri.h"
#include "emulators/wire/rest_output.h"
#include "emulators/wire/xml_read.h"
#include "emulators/wire/xml_write.h"

/* The XML services call the same things by other names than the JSON services. */
static const struct {
    const char *json;
    const char *xml;
    int status;
} spellings[] = {
    /* clang-format off */
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
    {"IncompleteSignatureException",        "IncompleteSignature",        400},
    {"InvalidSignatureException",           "SignatureDoesNotMatch",      403},
    {"UnrecognizedClientException",         "InvalidClientTokenId",       403},
    {"SerializationException",              "InvalidInput",               400},
    {"RequestEntityTooLargeException",      "RequestEntityTooLarge",      413},
    {"InternalServerError",                 "InternalFailure",            500},
    /* clang-format on */
};

static enum front_decoded refuse_respelled(struct wire_error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        if (strcmp(error->code, spellings[i].json) == 0) {
            error->status = spellings[i].status;
            error->code = spellings[i].xml;
            break;
        }
    return FRONT_REFUSED;
}

static bool has_body_members(const struct wire_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].location == IN_BODY)
            return true;
    return false;
}

static enum front_decoded decode(struct front_exchange *exchange, cJSON **input,
                                 struct front_reply *reply, struct wire_error *error)
{
    (void)reply;
    const struct front_message *message = &exchange->message;
    const struct front_route *route = &exchange->route;
    struct front_uri uri;
    if (!front_uri_match(route->model, message, &uri)) {
        *error = (struct wire_error){
            .code = "UnknownOperationException",
            .status = 404,
            .message = sim_arena_printf(message->arena, "No operation of %s is %.10s %.200s",
                                        route->service->id, message->method, message->path)};
        return FRONT_REFUSED;
    }
    exchange->operation = uri.operation;
    if (!front_authenticate(exchange, error))
        return refuse_respelled(error);
    *input = front_keep_json(message->arena, cJSON_CreateObject());
    if (has_body_members(exchange->operation->input) && !xml_read(exchange, *input, error))
        return FRONT_REFUSED;
    if (!front_uri_members(&uri, message, *input, error))
        return refuse_respelled(error);
    return FRONT_DECODED;
}

static const char *output_root(const struct front_exchange *exchange)
{
    const struct wire_shape *shape = exchange->operation->output;
    if (shape->payload != NULL)
        return shape->payload->wire_name;
    if (shape->name != NULL && shape->name[0] != '\0' && shape->member_count > 0)
        return shape->name;
    return sim_arena_printf(exchange->message.arena, "%sResponse", exchange->operation->name);
}

static void encode(const struct front_exchange *exchange, const cJSON *output,
                   struct front_reply *reply)
{
    const struct wire_shape *shape = exchange->operation->output;
    rest_output_outside(exchange, output, reply);
    if (shape->payload != NULL && output != NULL) {
        output = wire_member(output, shape->payload->name);
        shape = shape->payload->shape;
    }
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    xml_write_document(&buffer, exchange->message.arena, output_root(exchange),
                       exchange->route.model->xml_namespace, shape, output);
    reply->content_type = "text/xml";
    front_reply_take(reply, exchange->message.arena, &buffer);
}

static void encode_error(const struct front_exchange *exchange, const struct wire_error *error,
                         struct front_reply *reply)
{
    const struct wire_model *model = exchange->route.model;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    reply->status = front_error_status(exchange, error);
    sim_buffer_append_text(&buffer, XML_WRITE_PROLOG "<ErrorResponse");
    if (model != NULL && model->xml_namespace != NULL)
        sim_buffer_printf(&buffer, " xmlns=\"%s\"", model->xml_namespace);
    sim_buffer_append_text(&buffer, "><Error>");
    xml_write_element(&buffer, "Type", reply->status >= 500 ? "Receiver" : "Sender");
    xml_write_element(&buffer, "Code", error->code);
    xml_write_element(&buffer, "Message", front_error_text(exchange, error));
    sim_buffer_append_text(&buffer, "</Error>");
    xml_write_element(&buffer, "RequestId",
                      exchange->request_id == NULL ? "" : exchange->request_id);
    sim_buffer_append_text(&buffer, "</ErrorResponse>");
    reply->content_type = "text/xml";
    front_reply_take(reply, exchange->message.arena, &buffer);
}

const struct front_protocol front_rest_xml_protocol = {
    .decode = decode, .encode = encode, .encode_error = encode_error};
