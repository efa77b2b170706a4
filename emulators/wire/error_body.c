/* error_body.c -- prints errors for the JSON protocols. */
#include "emulators/wire/error_body.h"

#include <string.h>

static const struct front_error_form *find_form(const struct front_traits *traits, const char *code)
{
    for (size_t i = 0; traits != NULL && i < traits->form_count; i++)
        if (strcmp(traits->forms[i].code, code) == 0)
            return &traits->forms[i];
    return NULL;
}

static void append_member(struct sim_buffer *buffer, const char *name, const char *text)
{
    if (buffer->length_bytes > 1) /* beyond the brace */
        sim_buffer_append(buffer, ",", 1);
    sim_buffer_append_json_string(buffer, name);
    sim_buffer_append(buffer, ":", 1);
    sim_buffer_append_json_string(buffer, text);
}

static void append_members(struct sim_buffer *buffer, const cJSON *members)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, members)
    {
        char *text = cJSON_PrintUnformatted(member);
        CHECK(text != NULL);
        if (buffer->length_bytes > 1)
            sim_buffer_append(buffer, ",", 1);
        sim_buffer_append_json_string(buffer, member->string);
        sim_buffer_append(buffer, ":", 1);
        sim_buffer_append_text(buffer, text);
        cJSON_free(text);
    }
}

static void append_type(struct sim_buffer *buffer, const char *name_space, const char *code,
                        struct sim_arena *arena)
{
    append_member(buffer, "__type",
                  name_space == NULL ? code : sim_arena_printf(arena, "%s#%s", name_space, code));
}

void error_body_json(const struct front_exchange *exchange, const struct wire_error *error,
                     struct front_reply *reply)
{
    const struct front_traits *traits = exchange->route.traits;
    const struct front_error_form *form = find_form(traits, error->code);
    const char *name_space = traits == NULL ? NULL : traits->error_name_space;
    if (form != NULL && form->name_space != NULL)
        name_space = form->name_space;
    const char *text_member = form != NULL ? form->message_member : "message";
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_append(&buffer, "{", 1);
    append_type(&buffer, name_space, error->code, exchange->message.arena);
    if (error->message != NULL && text_member != NULL)
        append_member(&buffer, text_member, front_error_text(exchange, error));
    append_members(&buffer, error->members);
    sim_buffer_append(&buffer, "}", 1);
    front_reply_take(reply, exchange->message.arena, &buffer);
}

void error_body_rest_json(const struct front_exchange *exchange, const struct wire_error *error,
                          struct front_reply *reply)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_append(&buffer, "{", 1);
    append_member(&buffer, "message", front_error_text(exchange, error));
    append_members(&buffer, error->members);
    sim_buffer_append(&buffer, "}", 1);
    front_reply_take(reply, exchange->message.arena, &buffer);
    front_reply_add(reply, "x-amzn-ErrorType", error->code);
}
