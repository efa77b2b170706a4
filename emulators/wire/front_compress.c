#include "emulators/wire/front_compress.h"

#include <string.h>
#include <strings.h>

#include <zlib.h>

#define WEIGHT_MAX    1000000 /* of q=1; a millionth is the finest told apart */
#define WEIGHT_ABSENT (-1)

struct weights {
    long gzip;
    long deflate;
    long any;        /* of "*" */
    bool gzip_first; /* named before deflate */
};

/* --- Accept-Encoding -------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* "0.25" in millionths; more than 1 is 1, less than 0 is 0, and no number is 1. */
static long read_weight(const char *text, const char *end)
{
    long whole = 0;
    long part = 0;
    long digit_weight = WEIGHT_MAX / 10;
    if (text < end && *text == '-')
        return 0;
    if (text == end || *text < '0' || *text > '9')
        return WEIGHT_MAX;
    for (; text < end && *text >= '0' && *text <= '9'; text++)
        whole = *text > '0' || whole > 0 ? 1 : 0;
    if (text < end && *text == '.')
        text++;
    for (; text < end && *text >= '0' && *text <= '9'; text++) {
        part += (*text - '0') * digit_weight;
        digit_weight /= 10;
    }
    while (text < end && is_blank(*text))
        text++;
    return whole > 0 || text < end ? WEIGHT_MAX : part;
}

/* The first q among the parameters [text, end), each of which begins at a ';'. */
static long find_weight(const char *text, const char *end)
{
    while (text < end) {
        text++;
        while (text < end && is_blank(*text))
            text++;
        const char *stop = memchr(text, ';', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = equals != NULL ? equals : text;
        while (name_end > text && is_blank(name_end[-1]))
            name_end--;
        if (name_end - text == 1 && (*text == 'q' || *text == 'Q')) {
            const char *value = equals + 1;
            while (value < stop && is_blank(*value))
                value++;
            return read_weight(value, stop);
        }
        text = stop;
    }
    return WEIGHT_MAX;
}

/* Of a coding named twice the greater weight counts. */
static void raise_to(long *known, long weight)
{
    if (weight > *known)
        *known = weight;
}

static bool is_named(const char *text, const char *end, const char *name)
{
    size_t length = strlen(name);
    return (size_t)(end - text) == length && strncasecmp(text, name, length) == 0;
}

static void read_element(const char *text, const char *end, struct weights *weights)
{
    while (text < end && is_blank(*text))
        text++;
    const char *parameters = memchr(text, ';', (size_t)(end - text));
    parameters = parameters != NULL ? parameters : end;
    const char *name_end = parameters;
    while (name_end > text && is_blank(name_end[-1]))
        name_end--;
    long weight = find_weight(parameters, end);
    if (is_named(text, name_end, "gzip")) {
        weights->gzip_first = weights->gzip_first || weights->deflate == WEIGHT_ABSENT;
        raise_to(&weights->gzip, weight);
    } else if (is_named(text, name_end, "deflate")) {
        raise_to(&weights->deflate, weight);
    } else if (is_named(text, name_end, "*")) {
        raise_to(&weights->any, weight);
    }
}

enum front_coding front_coding_of(const char *accept_encoding)
{
    struct weights weights = {WEIGHT_ABSENT, WEIGHT_ABSENT, WEIGHT_ABSENT, false};
    for (const char *text = accept_encoding; text != NULL && *text != '\0';) {
        const char *end = text + strcspn(text, ",");
        read_element(text, end, &weights);
        text = *end == ',' ? end + 1 : end;
    }
    bool is_gzip_named = weights.gzip != WEIGHT_ABSENT;
    bool is_deflate_named = weights.deflate != WEIGHT_ABSENT;
    long gzip = is_gzip_named ? weights.gzip : weights.any;
    long deflate = is_deflate_named ? weights.deflate : weights.any;
    if (gzip <= 0 && deflate <= 0)
        return FRONT_CODING_NONE;
    if (gzip != deflate)
        return gzip > deflate ? FRONT_CODING_GZIP : FRONT_CODING_DEFLATE;
    if (is_gzip_named && is_deflate_named)
        return weights.gzip_first ? FRONT_CODING_GZIP : FRONT_CODING_DEFLATE;
    return is_deflate_named ? FRONT_CODING_DEFLATE : FRONT_CODING_GZIP;
}

/* --- the body --------------------------------------------------------------------------------- */

static const char *last_header(const struct front_message *message, const char *name)
{
    for (size_t i = message->header_count; i-- > 0;)
        if (strcasecmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return NULL;
}

/* False: zlib could not, and the body stays as it is. */
static bool deflate_body(struct front_reply *reply, int window_bits, struct sim_arena *arena)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong bound = deflateBound(&stream, (uLong)reply->body_bytes);
    char *body = sim_arena_alloc(arena, bound + 1);
    stream.next_in = (Bytef *)(uintptr_t)reply->body; /* zlib's field lacks const */
    stream.avail_in = (uInt)reply->body_bytes;
    stream.next_out = (Bytef *)body;
    stream.avail_out = (uInt)bound;
    bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (is_whole) {
        reply->body = body;
        reply->body_bytes = bound - stream.avail_out;
    }
    (void)deflateEnd(&stream);
    return is_whole;
}

void front_compress(const struct front_message *message, struct front_reply *reply)
{
    if (reply->body_bytes <= FRONT_COMPRESS_MIN_BYTES)
        return;
    enum front_coding coding = front_coding_of(last_header(message, "Accept-Encoding"));
    if (coding == FRONT_CODING_NONE)
        return;
    bool is_gzip = coding == FRONT_CODING_GZIP;
    if (deflate_body(reply, is_gzip ? 15 + 16 : 15, message->arena))
        front_reply_add(reply, "Content-Encoding", is_gzip ? "gzip" : "deflate");
}
