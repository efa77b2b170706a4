/* front_traits.h -- what a service's HTTP front does that its API model does not tell.
 *
 * Purpose  One row a service: signing name, error namespaces and spellings, extra reply headers.
 *          A service without a row gets its protocol's usual ways.
 * Source   DynamoDB's answers as recorded by others' tests against the service; API models. */
#ifndef EMULATORS_WIRE_FRONT_TRAITS_H
#define EMULATORS_WIRE_FRONT_TRAITS_H

#include "sim/core/base.h"

/* How one error is printed when it differs from the row's way. */
struct front_error_form {
    const char *code;
    const char *name_space;     /* NULL: the row's */
    const char *message_member; /* "Message", or NULL: no text at all */
};

struct front_traits {
    const char *service;          /* NULL: the row for all others */
    const char *signing_name;     /* NULL: the service's id */
    const char *error_name_space; /* before "#Name" in __type; NULL: the bare name */
    const struct front_error_form *forms;
    size_t form_count;
    bool has_crc32;                      /* x-amz-crc32 over each JSON body */
    bool compresses;                     /* long answers, for clients that take it */
    bool has_server;                     /* "Server: Server" */
    bool signs_path_as_sent;             /* signers leave the path alone, as for S3 */
    bool answers_nameless;               /* takes what names no service: GET / asks its health */
    const char *const *empty_operations; /* success has no body at all; ends with NULL */
};

const struct front_traits *front_traits_of(const char *service); /* never NULL */
const char *front_traits_signing_name(const struct front_traits *traits, const char *service);

#endif
