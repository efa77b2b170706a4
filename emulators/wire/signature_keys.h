/* signature_keys.h -- the access keys that signatures are checked against.
 *
 * Purpose  Secret and account of each key id. One key is always known: test with the secret test,
 *          of the default account; adding another "test" replaces it.
 * Source   SigV4a derives an ECDSA key on P-256 from id and secret by HMAC in counter mode (NIST SP
 *          800-108), so that it needs no further secret.
 * Owner    signature_keys_create() gives, signature_keys_destroy() takes back; texts are copied. */
#ifndef EMULATORS_WIRE_SIGNATURE_KEYS_H
#define EMULATORS_WIRE_SIGNATURE_KEYS_H

#include "sim/core/base.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct wire_access_key {
    const char *id;
    const char *secret;
    const char *account; /* NULL: the default account */
};

struct signature_key {
    char *id;
    char *secret;
    char *account;
    struct evp_pkey_st *public_key; /* NULL until signature_key_public() was asked */
};

struct signature_keys;

MUST_USE struct signature_keys *signature_keys_create(void);
void signature_keys_destroy(struct signature_keys *keys); /* NULL is allowed */
void signature_keys_add(struct signature_keys *keys, const struct wire_access_key *key);
/* Borrowed until the next add; NULL: unknown. */
struct signature_key *signature_keys_find(const struct signature_keys *keys, const char *id);

/* SigV4a's public key, derived on the first call; the key's own. NULL: none can be derived (the
 * chance is below 2^-8000) or the id is over SIGNATURE_KEY_ID_MAX_BYTES. */
struct evp_pkey_st *signature_key_public(struct signature_key *key);
#define SIGNATURE_KEY_ID_MAX_BYTES 256

#endif
