/* front_message.c -- gathers headers in one pass and undoes the content encoding. */
#include "emulators/wire/front_message.h"

#include <string.h>
#include <strings.h>

#include <zlib.h>

static const struct {
    const char *name;
    size_t length;
} known_names[FRONT_HEADER_COUNT] = {
#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
    [FRONT_AUTHORIZATION] = NAME("Authorization"),
    [FRONT_CONTENT_ENCODING] = NAME("Content-Encoding"),
    [FRONT_CONTENT_TYPE] = NAME("Content-Type"),
    [FRONT_CORS_HEADERS] = NAME("Access-Control-Request-Headers"),
    [FRONT_CORS_METHOD] = NAME("Access-Control-Request-Method"),
    [FRONT_DATE] = NAME("Date"),
    [FRONT_HOST] = NAME("Host"),
    [FRONT_ORIGIN] = NAME("Origin"),
    [FRONT_AMZ_DATE] = NAME("X-Amz-Date"),
    [FRONT_AMZ_REGION_SET] = NAME("X-Amz-Region-Set"),
    [FRONT_AMZ_TARGET] = NAME("X-Amz-Target"),
#undef NAME
};

/* The length decides nearly always, so a header costs one strlen and few comparisons. */
static void note_known(struct front_message *message, const char *name, const char *value)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < FRONT_HEADER_COUNT; i++)
        if (known_names[i].length == length && message->known[i] == NULL &&
            strcasecmp(known_names[i].name, name) == 0)
            message->known[i] = value;
}

void front_message_index(struct front_message *message)
{
    memset(message->known, 0, sizeof(message->known));
    for (size_t i = 0; i < message->header_count; i++)
        note_known(message, message->headers[i].name, message->headers[i].value);
}

struct gathering {
    struct front_message *message;
    struct sim_http_header *headers;
    size_t capacity;
};

static void gather(void *context, const char *name, const char *value)
{
    struct gathering *gathering = context;
    struct front_message *message = gathering->message;
    if (message->header_count == gathering->capacity) {
        const size_t capacity = gathering->capacity == 0 ? 24 : gathering->capacity * 2;
        struct sim_http_header *grown =
            sim_arena_alloc_array(message->arena, capacity, sizeof(*grown));
        if (message->header_count > 0)
            memcpy(grown, gathering->headers, message->header_count * sizeof(*grown));
        gathering->headers = grown;
        gathering->capacity = capacity;
    }
    value = value == NULL ? "" : value;
    gathering->headers[message->header_count++] = (struct sim_http_header){name, value};
    note_known(message, name, value);
}

void front_message_from_http(struct front_message *message, const struct sim_http_request *request)
{
    *message = (struct front_message){
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .body = request->body,
        .body_bytes = request->body_bytes,
        .body_too_large = request->body_too_large,
        .local_address = request->local_address,
        .arena = request->arena,
    };
    struct gathering gathering = {.message = message};
    sim_http_headers_visit(request, gather, &gathering);
    message->headers = gathering.headers;
}

const char *front_message_header(const struct front_message *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcasecmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return NULL;
}

/* 15 window bits; +32 makes zlib tell gzip from zlib by the header; negative is raw deflate, which
 * some clients call "deflate". */
#define WINDOW_ANY (15 + 32)
#define WINDOW_RAW (-15)

static enum sim_result inflate_all(z_stream *stream, struct front_message *message,
                                   struct sim_error *error)
{
    size_t capacity = message->body_bytes * 4 + 1024;
    size_t used = 0;
    char *plain = NULL;
    for (;;) {
        if (capacity > SIM_HTTP_BODY_MAX_BYTES)
            capacity = SIM_HTTP_BODY_MAX_BYTES;
        char *grown = sim_arena_alloc(message->arena, capacity + 1);
        if (used > 0)
            memcpy(grown, plain, used);
        plain = grown;
        stream->next_out = (Bytef *)plain + used;
        stream->avail_out = (uInt)(capacity - used);
        const int result = inflate(stream, Z_FINISH);
        used = capacity - stream->avail_out;
        if (result == Z_STREAM_END)
            break;
        if (result != Z_BUF_ERROR && result != Z_OK)
            return sim_error_set(error, RESULT_INVALID,
                                 "the body is not what Content-Encoding says");
        if (stream->avail_out > 0)
            return sim_error_set(error, RESULT_INVALID, "the compressed body ends too early");
        if (capacity == SIM_HTTP_BODY_MAX_BYTES)
            return sim_error_set(error, RESULT_LIMIT, "the body inflates to more than %zu bytes",
                                 SIM_HTTP_BODY_MAX_BYTES);
        capacity *= 4;
    }
    plain[used] = '\0';
    message->sent_body = message->body;
    message->sent_body_bytes = message->body_bytes;
    message->body = plain;
    message->body_bytes = used;
    return RESULT_OK;
}

static enum sim_result inflate_body(struct front_message *message, int window_bits,
                                    struct sim_error *error)
{
    z_stream stream = {0};
    stream.next_in = (Bytef *)(uintptr_t)message->body; /* zlib's field lacks const */
    stream.avail_in = (uInt)message->body_bytes;
    if (inflateInit2(&stream, window_bits) != Z_OK)
        return sim_error_set(error, RESULT_INVALID, "zlib: %s", stream.msg ? stream.msg : "failed");
    const enum sim_result result = inflate_all(&stream, message, error);
    (void)inflateEnd(&stream);
    return result;
}

enum sim_result front_message_inflate(struct front_message *message, struct sim_error *error)
{
    const char *encoding = message->known[FRONT_CONTENT_ENCODING];
    if (encoding == NULL || encoding[0] == '\0' || strcasecmp(encoding, "identity") == 0 ||
        message->body_bytes == 0)
        return RESULT_OK;
    if (message->body_bytes > SIM_HTTP_BODY_MAX_BYTES)
        return sim_error_set(error, RESULT_LIMIT, "the body is over %zu bytes",
                             SIM_HTTP_BODY_MAX_BYTES);
    if (strcasecmp(encoding, "gzip") == 0)
        return inflate_body(message, WINDOW_ANY, error);
    if (strcasecmp(encoding, "deflate") == 0) {
        const enum sim_result result = inflate_body(message, WINDOW_ANY, error);
        return result == RESULT_INVALID ? inflate_body(message, WINDOW_RAW, error) : result;
    }
    return sim_error_set(error, RESULT_INVALID,
                         "Content-Encoding %.40s is not one of gzip, deflate", encoding);
}
