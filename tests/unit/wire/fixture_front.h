/* fixture_front.h -- a small world of services whose handlers answer what a test wants.
 *
 * Purpose  Requests are written as text ("POST /path?query\nName: value\n\nbody") and go through
 *          routing, decoding, dispatch and encoding without a socket; so do the fuzz targets'
 * parts. Services dynamodb, dynamodbstreams, route53, route53-recovery-control-config and
 *          route53-recovery-cluster with the facts of the tree and one handler for a few operations
 *          each: it notes the input it saw and gives next_output or next_error.
 * World    us-east-1, us-west-2 host services; eu-west-1 does not. */
#ifndef TESTS_UNIT_WIRE_FIXTURE_FRONT_H
#define TESTS_UNIT_WIRE_FIXTURE_FRONT_H

#include "emulators/wire/front_protocol.h"

struct front_world;

struct front_answer {
    struct front_reply reply;
    char *input; /* what the handler saw, as JSON; NULL: it was not called */
    const char *service, *operation, *region, *account, *caller;
    struct sim_arena *arena;
};

struct front_world *front_world_create(void);
void front_world_destroy(struct front_world *world);
struct wire_dispatcher *front_world_dispatcher(struct front_world *world);
struct sim_core *front_world_core(struct front_world *world);

/* What the handler gives next: a JSON text, or an error. Stays until changed. */
void front_world_set_output(struct front_world *world, const char *json);
void front_world_set_error(struct front_world *world, const char *code, const char *message,
                           const char *members);

/* Whom the requests that follow may come from; borrowed. NULL, as at first: from anybody. */
void front_world_set_access(struct front_world *world, const struct front_access *access);

/* Puts a message together; headers and body as in a request's text. The text is copied. */
void front_message_from_text(struct front_message *message, struct sim_arena *arena,
                             const char *text, const char *body, size_t body_bytes);

/* Plays one request. listener may be NULL. The answer is good until the next one. */
const struct front_answer *front_world_play(struct front_world *world,
                                            const struct wire_listener *listener,
                                            const char *local_address, const char *text);
/* The same with a body that may hold any byte. */
const struct front_answer *front_world_play_body(struct front_world *world,
                                                 const struct wire_listener *listener,
                                                 const char *local_address, const char *text,
                                                 const char *body, size_t body_bytes);
const char *front_answer_header(const struct front_answer *answer, const char *name);

/* A header line that signs for service in region: valid as far as the front looks. */
#define SIGNED(key, region, service)                                                               \
    "Authorization: AWS4-HMAC-SHA256 Credential=" key "/20260101/" region "/" service              \
    "/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\n"                                 \
    "X-Amz-Date: 20260101T000000Z\n"

#endif
