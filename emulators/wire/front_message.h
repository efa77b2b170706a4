/* front_message.h -- an HTTP request as the protocols see it: a plain struct, no socket.
 *
 * Purpose  Decoders and routing take this, so that tests and fuzzers need no connection. Headers
 * are gathered once; the ones that every request is asked for have a slot of their own. Owner All
 * strings are borrowed; tables that grow lie in the arena. */
#ifndef EMULATORS_WIRE_FRONT_MESSAGE_H
#define EMULATORS_WIRE_FRONT_MESSAGE_H

#include "emulators/wire/call.h"
#include "sim/core/http.h"

enum front_header {
    FRONT_AUTHORIZATION,
    FRONT_CONTENT_ENCODING,
    FRONT_CONTENT_TYPE,
    FRONT_CORS_HEADERS, /* Access-Control-Request-Headers */
    FRONT_CORS_METHOD,  /* Access-Control-Request-Method */
    FRONT_DATE,
    FRONT_HOST,
    FRONT_ORIGIN,
    FRONT_AMZ_DATE,
    FRONT_AMZ_REGION_SET,
    FRONT_AMZ_TARGET,
    FRONT_HEADER_COUNT,
};

struct front_message {
    const char *method;
    const char *path;  /* percent-encoded, starts with '/' */
    const char *query; /* percent-encoded, "" if there is none */
    const char *body;  /* NUL-terminated behind body_bytes */
    size_t body_bytes;
    const char *sent_body; /* before Content-Encoding was undone; NULL: body is as it was sent */
    size_t sent_body_bytes;
    bool body_too_large; /* was over the limit and thrown away */
    const char *local_address;
    const struct sim_http_header *headers; /* all, in the order received */
    size_t header_count;
    const char *known[FRONT_HEADER_COUNT]; /* the first of each name; NULL: absent */
    struct sim_arena *arena;
};

/* Gathers the headers of a live request. */
void front_message_from_http(struct front_message *message, const struct sim_http_request *request);
/* Fills known[] from headers[]: for messages that were put together by hand. */
void front_message_index(struct front_message *message);
/* Any header by name, without regard to case; NULL: absent. */
const char *front_message_header(const struct front_message *message, const char *name);

/* Undoes Content-Encoding (gzip, deflate), bounded by SIM_HTTP_BODY_MAX_BYTES. INVALID: no such
 * encoding or broken data; LIMIT: inflates to more. */
MUST_USE enum sim_result front_message_inflate(struct front_message *message,
                                               struct sim_error *error);

#define FRONT_JSON_VALUES_MAX ((size_t)1000000)
/* The body as JSON. INVALID: not one JSON value in UTF-8, or a \u0000 (texts here end at a NUL, and
 * a text cut short would be worse than a refusal); LIMIT: more than FRONT_JSON_VALUES_MAX values.
 * The tree dies with the arena. */
MUST_USE enum sim_result front_message_json(const struct front_message *message, cJSON **json,
                                            struct sim_error *error);

/* Well-formed UTF-8: what is not never gets past the front, since it would come out again. */
bool front_is_utf8(const char *text, size_t bytes);
/* Ties a tree to the arena; returns it. */
cJSON *front_keep_json(struct sim_arena *arena, cJSON *json);

#endif
