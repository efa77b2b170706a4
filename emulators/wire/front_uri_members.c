/* front_uri_members.c -- labels, query parameters and headers as members of the input. */
#include "emulators/wire/front_uri.h"

#include <string.h>

#include "emulators/wire/types.h"

static bool refuse(struct wire_error *error, const char *message)
{
    *error = (struct wire_error){.code = "SerializationException", .message = message};
    return false;
}

/* A percent-encoded text, decoded and safe to carry on: NULL for a bad escape, a NUL, or what is
 * not UTF-8. */
static const char *decode(struct sim_arena *arena, const char *text, size_t bytes, bool in_query)
{
    for (size_t i = 0; i + 2 < bytes; i++)
        if (text[i] == '%' && text[i + 1] == '0' && text[i + 2] == '0')
            return NULL;
    const char *plain = sim_url_decode(arena, text, bytes, in_query);
    return plain != NULL && front_is_utf8(plain, strlen(plain)) ? plain : NULL;
}

static bool add_scalar(cJSON *input, const struct wire_member_fact *member, const char *text,
                       struct sim_arena *arena, struct wire_error *error)
{
    if (cJSON_GetObjectItemCaseSensitive(input, member->name) !=
        NULL) /* the first of several counts */
        return true;
    cJSON *value = wire_convert_text(member->shape, text, arena, error);
    if (value == NULL)
        return false;
    cJSON_AddItemToObject(input, member->name, value);
    return true;
}

/* A list comes as a repeated parameter: TagKeys=a&TagKeys=b. */
static bool add_element(cJSON *input, const struct wire_member_fact *member, const char *text,
                        struct sim_arena *arena, struct wire_error *error)
{
    cJSON *value = wire_convert_text(member->shape->element, text, arena, error);
    if (value == NULL)
        return false;
    cJSON *list = cJSON_GetObjectItemCaseSensitive(input, member->name);
    if (list == NULL)
        list = cJSON_AddArrayToObject(input, member->name);
    cJSON_AddItemToArray(list, value);
    return true;
}

static bool is_scalar(const struct wire_shape *shape)
{
    return shape->kind != SHAPE_STRUCTURE && shape->kind != SHAPE_LIST && shape->kind != SHAPE_MAP;
}

static bool add_text(cJSON *input, const struct wire_member_fact *member, const char *text,
                     struct sim_arena *arena, struct wire_error *error)
{
    if (is_scalar(member->shape))
        return add_scalar(input, member, text, arena, error);
    if (member->shape->kind == SHAPE_LIST && is_scalar(member->shape->element))
        return add_element(input, member, text, arena, error);
    return true; /* a map in the query: no service here has one */
}

static const struct wire_member_fact *find_member(const struct wire_shape *shape,
                                                  enum wire_location location, const char *name,
                                                  size_t name_bytes)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct wire_member_fact *member = &shape->members[i];
        if (member->location == location && strlen(member->wire_name) == name_bytes &&
            memcmp(member->wire_name, name, name_bytes) == 0)
            return member;
    }
    return NULL;
}

static bool add_labels(const struct front_uri *uri, struct sim_arena *arena, cJSON *input,
                       struct wire_error *error)
{
    for (size_t i = 0; i < uri->label_count; i++) {
        const struct front_label *label = &uri->labels[i];
        const struct wire_member_fact *member =
            find_member(uri->operation->input, IN_URI, label->name, label->name_bytes);
        if (member == NULL)
            continue;
        const char *text = decode(arena, label->value, label->value_bytes, false);
        if (text == NULL)
            return refuse(error, "The path holds a bad percent-encoding");
        if (!add_text(input, member, text, arena, error))
            return false;
    }
    return true;
}

static bool add_query(const struct front_uri *uri, const struct front_message *message,
                      cJSON *input, struct wire_error *error)
{
    const char *at = message->query;
    while (*at != '\0') {
        const size_t bytes = strcspn(at, "&");
        const char *equals = memchr(at, '=', bytes);
        const size_t name_bytes = equals == NULL ? bytes : (size_t)(equals - at);
        const char *value = equals == NULL ? at + bytes : equals + 1;
        const char *name = decode(message->arena, at, name_bytes, true);
        const char *text = decode(message->arena, value, (size_t)(at + bytes - value), true);
        if (name == NULL || text == NULL)
            return refuse(error, "The query holds a bad percent-encoding");
        const struct wire_member_fact *member =
            find_member(uri->operation->input, IN_QUERY, name, strlen(name));
        if (member != NULL && !add_text(input, member, text, message->arena, error))
            return false;
        at += bytes;
        at += *at == '&';
    }
    return true;
}

static bool add_headers(const struct front_uri *uri, const struct front_message *message,
                        cJSON *input, struct wire_error *error)
{
    const struct wire_shape *shape = uri->operation->input;
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].location != IN_HEADER)
            continue;
        const char *text = front_message_header(message, shape->members[i].wire_name);
        if (text == NULL)
            continue;
        if (!front_is_utf8(text, strlen(text)))
            return refuse(error, "A header is not UTF-8");
        if (!add_text(input, &shape->members[i], text, message->arena, error))
            return false;
    }
    return true;
}

bool front_uri_members(const struct front_uri *uri, const struct front_message *message,
                       cJSON *input, struct wire_error *error)
{
    return add_labels(uri, message->arena, input, error) && add_query(uri, message, input, error) &&
           add_headers(uri, message, input, error);
}
