/* signature.h -- does a signature fit the request and the secret of its key?
 *
 * Purpose  The last step of authentication, for AWS Signature Version 4 (HMAC) and 4a (ECDSA on
 *          P-256), in headers and in presigned queries. credential_check() has looked at parts,
 *          dates and scope before.
 * Source   AWS General Reference, "Create a signed AWS API request". Texts: DynamoDB's answers.
 * Errors   InvalidSignatureException with the canonical request and the string to sign as they
 *          should have been; UnrecognizedClientException for a session token (the keys here are
 *          long-term keys and have none); chunked payloads (STREAMING-...) are not supported. */
#ifndef EMULATORS_WIRE_SIGNATURE_H
#define EMULATORS_WIRE_SIGNATURE_H

#include "emulators/wire/signature_canonical.h"
#include "emulators/wire/signature_keys.h"

/* credential has passed credential_check(); key is its access key's. */
MUST_USE bool signature_verify(const struct front_message *message,
                               const struct credential *credential, struct signature_key *key,
                               enum signature_path path, struct wire_error *error);

#endif
