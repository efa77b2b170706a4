/* front_protocol.h -- one AWS protocol: how requests are read and answers written.
 *
 * Purpose  A row of functions for each enum wire_protocol. Query and Smithy RPC v2 CBOR become two
 *          more rows: decode to the same cJSON tree, encode from it.
 * Order    Each decoder checks in the order of the real services: HTTP, body, operation,
 *          authentication, types. Constraints come after it, in dispatch.
 * Owner    Replies live in the message's arena. */
#ifndef EMULATORS_WIRE_FRONT_PROTOCOL_H
#define EMULATORS_WIRE_FRONT_PROTOCOL_H

#include "emulators/wire/front_route.h"
#include "sim/core/buffer.h"

struct front_reply {
    int status;
    const char *content_type; /* NULL: none, for an empty body */
    const char *body;
    size_t body_bytes;
    struct sim_http_header headers[SIM_HTTP_REPLY_HEADERS_MAX];
    size_t header_count;
};

struct signature_keys;

/* Which access keys there are, and whether it takes one of them. */
struct front_access {
    struct signature_keys *keys;
    const struct sim_clock *clock; /* dates of signatures are compared with it in real mode only */
    bool is_verified;              /* unknown keys and wrong signatures are refused */
};

/* What a protocol has to go by. */
struct front_exchange {
    struct front_message message;
    struct front_route route;
    const struct wire_operation_fact *operation; /* NULL: not known (yet) */
    const char *request_id;                      /* known when it comes to answers */
    const struct front_access *access;           /* NULL: any key works */
};

enum front_decoded {
    FRONT_DECODED,  /* exchange->operation and *input are set; input dies with the arena */
    FRONT_ANSWERED, /* *reply is set: there is nothing to dispatch */
    FRONT_REFUSED,  /* *error is set */
};

struct front_protocol {
    enum front_decoded (*decode)(struct front_exchange *exchange, cJSON **input,
                                 struct front_reply *reply, struct wire_error *error);
    /* output may be NULL: empty. */
    void (*encode)(const struct front_exchange *exchange, const cJSON *output,
                   struct front_reply *reply);
    void (*encode_error)(const struct front_exchange *exchange, const struct wire_error *error,
                         struct front_reply *reply);
};

extern const struct front_protocol front_json_protocol;      /* json_protocol.c */
extern const struct front_protocol front_rest_json_protocol; /* rest_json.c */
extern const struct front_protocol front_rest_xml_protocol;  /* rest_xml.c */

const struct front_protocol *front_protocol_of(enum wire_protocol protocol);

/* From message to something to dispatch or to answer, by the route's protocol. Also undoes the
 * content encoding and looks at the size. */
enum front_decoded front_exchange_decode(struct front_exchange *exchange, cJSON **input,
                                         struct front_reply *reply, struct wire_error *error);
/* A finished call as HTTP: outcome OK or ERROR. */
void front_exchange_encode(const struct front_exchange *exchange, const struct wire_call *call,
                           struct front_reply *reply);
/* An error before there is a call; in the route's protocol if a service is known, else in whatever
 * form the client seems to read. */
void front_exchange_encode_error(const struct front_exchange *exchange,
                                 const struct wire_error *error, struct front_reply *reply);

/* May this request in, by its signature? Also finds the account of the key. False with *error in
 * the words and the codes of the JSON services. */
MUST_USE bool front_authenticate(struct front_exchange *exchange, struct wire_error *error);

/* HTTP status of an error: its own, the error shape's, 500 for server faults, else 400. */
int front_error_status(const struct front_exchange *exchange, const struct wire_error *error);
/* The error's text without what could not be sent on (bytes that are not UTF-8 become '?'); "" for
 * none. */
const char *front_error_text(const struct front_exchange *exchange, const struct wire_error *error);

void front_reply_add(struct front_reply *reply, const char *name, const char *value);
/* Body from a buffer; the buffer is taken. */
void front_reply_take(struct front_reply *reply, struct sim_arena *arena,
                      struct sim_buffer *buffer);

#endif
