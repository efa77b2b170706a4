/* front_compress.h -- answers in the Content-Encoding that the client likes best.
 *
 * Purpose  DynamoDB compresses long answers for clients that say so in Accept-Encoding.
 * Source   RFC 9110, 12.5.3, read as the service reads it: identity is never preferred, what is
 *          named wins over "*" when both weigh the same, a weight that is no number counts as 1.
 * Owner    The compressed body lies in the arena. */
#ifndef EMULATORS_WIRE_FRONT_COMPRESS_H
#define EMULATORS_WIRE_FRONT_COMPRESS_H

#include "emulators/wire/front_protocol.h"

enum front_coding {
    FRONT_CODING_NONE,
    FRONT_CODING_GZIP,
    FRONT_CODING_DEFLATE, /* zlib's own form */
};

#define FRONT_COMPRESS_MIN_BYTES 4096 /* shorter bodies go as they are */

/* What an Accept-Encoding asks for; NULL: absent. */
enum front_coding front_coding_of(const char *accept_encoding);
/* Compresses the body, and says so in a header, if the client takes it and it is long enough. */
void front_compress(const struct front_message *message, struct front_reply *reply);

#endif
