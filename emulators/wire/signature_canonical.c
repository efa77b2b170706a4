/* signature_canonical.c -- writes canonical requests. */
#include "emulators/wire/signature_canonical.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "sim/core/buffer.h"

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";

void signature_hash(const void *data, size_t bytes, char text[SIGNATURE_HASH_BYTES])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_bytes = 0;
    CHECK(EVP_Digest(data, bytes, hash, &hash_bytes, EVP_sha256(), NULL) == 1);
    CHECK(hash_bytes * 2 + 1 == SIGNATURE_HASH_BYTES);
    for (size_t i = 0; i < hash_bytes; i++) {
        text[2 * i] = hex_lower[hash[i] >> 4];
        text[2 * i + 1] = hex_lower[hash[i] & 15];
    }
    text[2 * (size_t)hash_bytes] = '\0';
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

static void append_encoded(struct sim_buffer *buffer, unsigned char byte)
{
    const char escape[] = {'%', hex_upper[byte >> 4], hex_upper[byte & 15]};
    if (is_unreserved(byte))
        sim_buffer_append(buffer, &byte, 1);
    else
        sim_buffer_append(buffer, escape, sizeof(escape));
}

static int hex_value(char digit)
{
    const char *found = digit == '\0' ? NULL : strchr(hex_lower, tolower((unsigned char)digit));
    return found == NULL ? -1 : (int)(found - hex_lower);
}

/* An escape at text ("%2F") as its byte, or -1. Never looks behind a NUL or a separator. */
static int escaped_byte(const char *text)
{
    const int high = text[0] == '%' ? hex_value(text[1]) : -1;
    const int low = high < 0 ? -1 : hex_value(text[2]);
    return low < 0 ? -1 : high * 16 + low;
}

/* --- path ----------------------------------------------------------------------------------- */

static void append_segment(struct sim_buffer *buffer, const char *segment, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        append_encoded(buffer, (unsigned char)segment[i]);
}

static void append_path_as_sent(struct sim_buffer *buffer, const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        const int byte = escaped_byte(at);
        if (*at == '/')
            sim_buffer_append(buffer, "/", 1);
        else
            append_encoded(buffer, (unsigned char)(byte < 0 ? *at : byte));
        at += byte < 0 ? 0 : 2;
    }
}

/* Takes the last segment off what stands in buffer from start on. */
static void drop_segment(struct sim_buffer *buffer, size_t start)
{
    while (buffer->length_bytes > start && buffer->data[buffer->length_bytes - 1] != '/')
        buffer->length_bytes--;
    if (buffer->length_bytes > start)
        buffer->length_bytes--;
    buffer->data[buffer->length_bytes] = '\0';
}

/* Every byte of the path as sent is encoded, its '%' as well; "/a/../b//" is "/b/". */
static void append_path(struct sim_buffer *buffer, const char *path)
{
    const size_t start = buffer->length_bytes;
    const char *at = path;
    while (*at != '\0') {
        at += strspn(at, "/");
        const size_t bytes = strcspn(at, "/");
        if (bytes == 2 && at[0] == '.' && at[1] == '.') {
            drop_segment(buffer, start);
        } else if (bytes > 0 && !(bytes == 1 && at[0] == '.')) {
            sim_buffer_append(buffer, "/", 1);
            append_segment(buffer, at, bytes);
        }
        at += bytes;
    }
    if (buffer->length_bytes == start || at[-1] == '/')
        sim_buffer_append(buffer, "/", 1);
}

/* --- query ---------------------------------------------------------------------------------- */

struct parameter {
    const char *name;
    const char *value;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left;
    const struct parameter *b = right;
    const int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

/* As sent, but with one spelling for each byte. A plus is a blank, as wherever queries are read. */
static const char *respell(struct sim_arena *arena, const char *text, size_t bytes)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    for (size_t i = 0; i < bytes; i++) {
        const int byte = escaped_byte(text + i);
        if (byte >= 0) {
            append_encoded(&buffer, (unsigned char)byte);
            i += 2;
        } else {
            append_encoded(&buffer, text[i] == '+' ? ' ' : (unsigned char)text[i]);
        }
    }
    const char *kept =
        sim_arena_strndup(arena, buffer.data == NULL ? "" : buffer.data, buffer.length_bytes);
    sim_buffer_fini(&buffer);
    return kept;
}

static size_t count_pairs(const char *query)
{
    size_t count = 1;
    for (; *query != '\0'; query++)
        count += *query == '&';
    return count;
}

/* The signature itself is the one parameter that it cannot sign. */
static void append_query(struct sim_buffer *buffer, const struct front_message *message,
                         bool is_presigned)
{
    struct sim_arena *arena = message->arena;
    struct parameter *parameters =
        sim_arena_alloc_array(arena, count_pairs(message->query), sizeof(*parameters));
    size_t count = 0;
    for (const char *at = message->query; *at != '\0';) {
        const size_t bytes = strcspn(at, "&");
        const char *equals = memchr(at, '=', bytes);
        const size_t name_bytes = equals == NULL ? bytes : (size_t)(equals - at);
        const struct parameter parameter = {
            respell(arena, at, name_bytes),
            equals == NULL ? "" : respell(arena, equals + 1, bytes - name_bytes - 1)};
        if (bytes > 0 && !(is_presigned && strcmp(parameter.name, "X-Amz-Signature") == 0))
            parameters[count++] = parameter;
        at += bytes;
        at += *at == '&';
    }
    if (count > 0)
        qsort(parameters, count, sizeof(*parameters), compare_parameters);
    for (size_t i = 0; i < count; i++)
        sim_buffer_printf(buffer, "%s%s=%s", i == 0 ? "" : "&", parameters[i].name,
                          parameters[i].value);
}

/* --- headers -------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Without blanks around it, and one blank for any number inside. */
static void append_value(struct sim_buffer *buffer, const char *value)
{
    while (is_blank(*value))
        value++;
    for (; *value != '\0'; value++) {
        if (!is_blank(*value)) {
            sim_buffer_append(buffer, value, 1);
            continue;
        }
        while (is_blank(value[1]))
            value++;
        if (value[1] != '\0')
            sim_buffer_append(buffer, " ", 1);
    }
}

static void append_header(struct sim_buffer *buffer, const struct front_message *message,
                          const char *name)
{
    sim_buffer_printf(buffer, "%s:", name);
    bool is_first = true;
    for (size_t i = 0; i < message->header_count; i++) {
        if (strcasecmp(message->headers[i].name, name) != 0)
            continue;
        if (!is_first)
            sim_buffer_append(buffer, ",", 1);
        append_value(buffer, message->headers[i].value);
        is_first = false;
    }
    sim_buffer_append(buffer, "\n", 1);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "host;x-amz-date" as sorted names in lower case; false: too many. */
static bool split_names(const struct front_message *message, const char *signed_headers,
                        const char *names[SIGNATURE_HEADERS_MAX], size_t *count)
{
    char *text = sim_arena_strdup(message->arena, signed_headers);
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    *count = 0;
    while (*text != '\0') {
        const size_t bytes = strcspn(text, ";");
        if (*count == SIGNATURE_HEADERS_MAX)
            return false;
        names[(*count)++] = text;
        text += bytes;
        if (*text != '\0')
            *text++ = '\0';
    }
    qsort(names, *count, sizeof(*names), compare_names);
    return true;
}

/* Also when no hash was announced: the signer hashed what it sent. */
static void append_payload(struct sim_buffer *buffer, const struct front_message *message)
{
    const char *announced = front_message_header(message, "X-Amz-Content-SHA256");
    char hash[SIGNATURE_HASH_BYTES];
    if (announced != NULL && strcmp(announced, "UNSIGNED-PAYLOAD") == 0) {
        sim_buffer_append_text(buffer, announced);
        return;
    }
    if (message->sent_body != NULL)
        signature_hash(message->sent_body, message->sent_body_bytes, hash);
    else
        signature_hash(message->body, message->body_bytes, hash);
    sim_buffer_append_text(buffer, hash);
}

const char *signature_canonical_request(const struct front_message *message,
                                        const struct credential *credential,
                                        enum signature_path path)
{
    const char *names[SIGNATURE_HEADERS_MAX];
    size_t count = 0;
    if (!split_names(message, credential->signed_headers, names, &count))
        return NULL;
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "%s\n", message->method);
    if (path == SIGNATURE_PATH_AS_SENT)
        append_path_as_sent(&buffer, message->path);
    else
        append_path(&buffer, message->path);
    sim_buffer_append(&buffer, "\n", 1);
    append_query(&buffer, message, credential->authorization == NULL);
    sim_buffer_append(&buffer, "\n", 1);
    for (size_t i = 0; i < count; i++)
        append_header(&buffer, message, names[i]);
    sim_buffer_append(&buffer, "\n", 1);
    for (size_t i = 0; i < count; i++)
        sim_buffer_printf(&buffer, "%s%s", i == 0 ? "" : ";", names[i]);
    sim_buffer_append(&buffer, "\n", 1);
    append_payload(&buffer, message);
    const char *kept = sim_arena_strndup(message->arena, buffer.data, buffer.length_bytes);
    sim_buffer_fini(&buffer);
    return kept;
}
