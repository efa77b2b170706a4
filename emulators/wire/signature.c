/* signature.c -- computes what should have been signed, and compares. */
#include "emulators/wire/signature.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "sim/core/buffer.h"

#define MAC_BYTES 32
#define DER_BYTES 72 /* the longest signature on P-256 */

static void hmac(const void *key, size_t key_bytes, const char *text, unsigned char mac[MAC_BYTES])
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    const unsigned char *made = HMAC(EVP_sha256(), key, (int)key_bytes, (const unsigned char *)text,
                                     strlen(text), out, &bytes);
    CHECK(made != NULL && bytes == MAC_BYTES);
    memcpy(mac, out, MAC_BYTES);
}

/* The key of a day, Region and service, from the secret; then the signature. */
static bool fits_hmac(const struct front_message *message, const struct credential *credential,
                      const struct signature_key *key, const char *string_to_sign)
{
    unsigned char mac[MAC_BYTES];
    const char *seed = sim_arena_printf(message->arena, "AWS4%s", key->secret);
    hmac(seed, strlen(seed), credential->scope_date, mac);
    hmac(mac, sizeof(mac), credential->region, mac);
    hmac(mac, sizeof(mac), credential->service, mac);
    hmac(mac, sizeof(mac), credential->terminator, mac);
    hmac(mac, sizeof(mac), string_to_sign, mac);
    char text[2 * MAC_BYTES + 1];
    size_t text_bytes = 0;
    CHECK(OPENSSL_buf2hexstr_ex(text, sizeof(text), &text_bytes, mac, sizeof(mac), '\0') == 1);
    for (char *at = text; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'F')
            *at = (char)(*at - 'A' + 'a');
    return strlen(credential->signature) == 2 * MAC_BYTES &&
           CRYPTO_memcmp(credential->signature, text, 2 * MAC_BYTES) == 0;
}

/* A DER signature in hexadecimal digits; no two of one request are equal. */
static bool fits_ecdsa(const struct credential *credential, struct signature_key *key,
                       const char *string_to_sign)
{
    unsigned char der[DER_BYTES];
    size_t der_bytes = 0;
    EVP_PKEY *public_key = signature_key_public(key);
    const size_t digits = strlen(credential->signature);
    if (public_key == NULL || digits > 2 * sizeof(der) ||
        strspn(credential->signature, "0123456789abcdefABCDEF") != digits ||
        OPENSSL_hexstr2buf_ex(der, sizeof(der), &der_bytes, credential->signature, '\0') != 1) {
        ERR_clear_error();
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1);
    const int verdict = EVP_DigestVerify(
        context, der, der_bytes, (const unsigned char *)string_to_sign, strlen(string_to_sign));
    EVP_MD_CTX_free(context);
    ERR_clear_error(); /* a signature that is no DER leaves a note */
    return verdict == 1;
}

static bool refuse(struct wire_error *error, const char *code, const char *message)
{
    *error = (struct wire_error){.code = code, .message = message};
    return false;
}

#define MISMATCH                                                                                   \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."

static bool check_payload(const struct front_message *message, struct wire_error *error)
{
    const char *announced = front_message_header(message, "X-Amz-Content-SHA256");
    if (announced == NULL || strncmp(announced, "STREAMING-", 10) != 0)
        return true;
    return refuse(error, "InvalidSignatureException",
                  sim_arena_printf(message->arena,
                                   "X-Amz-Content-SHA256 '%.64s' is not supported here: sign the "
                                   "payload as a whole, or say UNSIGNED-PAYLOAD.",
                                   announced));
}

static bool check_token(const struct front_message *message, struct wire_error *error)
{
    const char *token = front_message_header(message, "X-Amz-Security-Token");
    if (token == NULL)
        token = sim_query_find(message->arena, message->query, "X-Amz-Security-Token");
    if (token == NULL || token[0] == '\0')
        return true;
    return refuse(error, "UnrecognizedClientException",
                  "The security token included in the request is invalid");
}

bool signature_verify(const struct front_message *message, const struct credential *credential,
                      struct signature_key *key, enum signature_path path, struct wire_error *error)
{
    PRE(credential->access_key != NULL && credential->date != NULL);
    if (!check_payload(message, error))
        return false;
    struct sim_arena *arena = message->arena;
    const char *canonical = signature_canonical_request(message, credential, path);
    if (canonical == NULL)
        return refuse(error, "InvalidSignatureException", MISMATCH);
    char hash[SIGNATURE_HASH_BYTES];
    signature_hash(canonical, strlen(canonical), hash);
    const bool is_ecdsa = credential_is_ecdsa(credential);
    const char *string_to_sign =
        sim_arena_printf(arena, "%s\n%s\n%s/%s%s%s/%s\n%s", credential->algorithm, credential->date,
                         credential->scope_date, is_ecdsa ? "" : credential->region,
                         is_ecdsa ? "" : "/", credential->service, credential->terminator, hash);
    const bool fits = is_ecdsa ? fits_ecdsa(credential, key, string_to_sign)
                               : fits_hmac(message, credential, key, string_to_sign);
    if (fits)
        return check_token(message, error);
    return refuse(error, "InvalidSignatureException",
                  sim_arena_printf(arena,
                                   MISMATCH "\n\nThe Canonical String for this request should have "
                                            "been\n'%s'\n\nThe String-to-Sign should have "
                                            "been\n'%s'\n",
                                   canonical, string_to_sign));
}
