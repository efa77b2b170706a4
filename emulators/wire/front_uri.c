/* front_uri.c -- matches paths with the model's templates. */
#include "emulators/wire/front_uri.h"

#include <string.h>

struct search {
    struct front_label labels[FRONT_LABELS_MAX];
    size_t label_count;
    bool may_span; /* a label may hold slashes */
};

/* Where the text ends when a trailing slash does not count. */
static size_t trimmed_bytes(const char *text, size_t bytes)
{
    while (bytes > 1 && text[bytes - 1] == '/')
        bytes--;
    return bytes;
}

static bool match_rest(struct search *search, const char *template, size_t template_bytes,
                       const char *path, size_t path_bytes);

/* template stands at '{'. Tries each end that the label may have. */
static bool match_label(struct search *search, const char *template, size_t template_bytes,
                        const char *path, size_t path_bytes)
{
    const char *close = memchr(template, '}', template_bytes);
    if (close == NULL || search->label_count == FRONT_LABELS_MAX)
        return false;
    const bool is_greedy = close[-1] == '+';
    const size_t rest_bytes = template_bytes - (size_t)(close + 1 - template);
    struct front_label *label = &search->labels[search->label_count++];
    *label = (struct front_label){.name = template + 1,
                                  .name_bytes = (size_t)(close - template) - (is_greedy ? 2 : 1),
                                  .value = path};
    for (size_t length = 1; length <= path_bytes; length++) {
        if (length < path_bytes && path[length] != '/')
            continue;
        label->value_bytes = length;
        if (match_rest(search, close + 1, rest_bytes, path + length, path_bytes - length))
            return true;
        if (!search->may_span && !is_greedy)
            break;
    }
    search->label_count--;
    return false;
}

static bool match_rest(struct search *search, const char *template, size_t template_bytes,
                       const char *path, size_t path_bytes)
{
    const char *open = memchr(template, '{', template_bytes);
    const size_t literal_bytes = open == NULL ? template_bytes : (size_t)(open - template);
    if (path_bytes < literal_bytes || memcmp(template, path, literal_bytes) != 0)
        return false;
    if (open == NULL)
        return path_bytes == literal_bytes;
    return match_label(search, open, template_bytes - literal_bytes, path + literal_bytes,
                       path_bytes - literal_bytes);
}

/* "?a=b" of a template must stand in the query as it is. */
static bool has_fixed_query(const char *query, const char *wanted)
{
    const size_t bytes = strlen(wanted);
    for (const char *at = query; at != NULL;) {
        if (strncmp(at, wanted, bytes) == 0 && (at[bytes] == '\0' || at[bytes] == '&'))
            return true;
        at = strchr(at, '&');
        if (at != NULL)
            at++;
    }
    return false;
}

/* How much of the template is fixed text: decides between several that fit. */
static size_t literal_bytes_of(const char *template)
{
    size_t count = 0;
    bool in_label = false;
    for (const char *at = template; *at != '\0'; at++) {
        in_label = *at == '{' || (in_label && *at != '}');
        count += !in_label && *at != '}' && *at != '/';
    }
    return count;
}

static bool search_all(const struct wire_model *model, const struct front_message *message,
                       bool may_span, struct front_uri *uri)
{
    const size_t path_bytes = trimmed_bytes(message->path, strlen(message->path));
    size_t best = 0;
    uri->operation = NULL;
    for (size_t i = 0; i < model->operation_count; i++) {
        const struct wire_operation_fact *operation = &model->operations[i];
        if (strcmp(operation->method, message->method) != 0)
            continue;
        const char *fixed = strchr(operation->uri, '?');
        const size_t whole =
            fixed == NULL ? strlen(operation->uri) : (size_t)(fixed - operation->uri);
        if (fixed != NULL && !has_fixed_query(message->query, fixed + 1))
            continue;
        struct search search = {.may_span = may_span};
        if (!match_rest(&search, operation->uri, trimmed_bytes(operation->uri, whole),
                        message->path, path_bytes))
            continue;
        const size_t score = literal_bytes_of(operation->uri) + 1;
        if (score <= best)
            continue;
        best = score;
        uri->operation = operation;
        uri->label_count = search.label_count;
        memcpy(uri->labels, search.labels, sizeof(search.labels));
    }
    return uri->operation != NULL;
}

bool front_uri_match(const struct wire_model *model, const struct front_message *message,
                     struct front_uri *uri)
{
    if (search_all(model, message, false, uri))
        return true;
    size_t segments = 0;
    for (const char *at = message->path; *at != '\0'; at++)
        segments += *at == '/';
    return segments <= FRONT_LOOSE_SEGMENTS_MAX && search_all(model, message, true, uri);
}
