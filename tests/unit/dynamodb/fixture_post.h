/* fixture_post.h -- a client of the world: bytes into the HTTP front, bytes out, without a socket.
 *
 * Purpose  Routing, decoding, constraints, dispatch and encoding are the product's own; only the
 *          connection is left out. Every request is signed as by an SDK. */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_POST_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_POST_H

#include "tests/unit/dynamodb/fixture_world.h"

struct post {
    const char *method; /* NULL: "POST" */
    const char *path;   /* NULL: "/" */
    const char *region; /* NULL: EAST */
    const char *target; /* X-Amz-Target; NULL: without */
    const char *body;
    size_t body_bytes;
    const cJSON *headers; /* {"Name": "value" or null}: more headers, or fewer; may be NULL */
};

struct post_reply {
    int status;
    char *body; /* the caller's to free; "" when there is none */
    size_t body_bytes;
};

struct post_reply world_post(struct world *world, const struct post *post);

#endif
