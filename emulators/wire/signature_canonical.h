/* signature_canonical.h -- the one way to write a request down that signer and service agree on.
 *
 * Source   AWS General Reference, "Create a signed AWS API request": method, path, sorted query,
 *          signed headers, their names, hash of the payload, a line each.
 * Owner    Texts lie in the message's arena. */
#ifndef EMULATORS_WIRE_SIGNATURE_CANONICAL_H
#define EMULATORS_WIRE_SIGNATURE_CANONICAL_H

#include "emulators/wire/credential.h"

#define SIGNATURE_HEADERS_MAX 256 /* a request with more signed headers fits no signature */
#define SIGNATURE_HASH_BYTES  65  /* SHA-256 in hexadecimal digits and a NUL */

enum signature_path {
    SIGNATURE_PATH_NORMAL,  /* dot segments and double slashes resolved, then encoded once more */
    SIGNATURE_PATH_AS_SENT, /* S3, where a key may hold "..": encoded once, else untouched */
};

/* NULL: more than SIGNATURE_HEADERS_MAX signed headers. credential: with all its parts. */
const char *signature_canonical_request(const struct front_message *message,
                                        const struct credential *credential,
                                        enum signature_path path);

/* SHA-256 as lower-case hexadecimal digits. */
void signature_hash(const void *data, size_t bytes, char text[SIGNATURE_HASH_BYTES]);

#endif
