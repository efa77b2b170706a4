/* signature_keys.c -- a list of keys: worlds have a few. */
#include "emulators/wire/signature_keys.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include "emulators/wire/dispatch.h"
#include "sim/core/buffer.h"

struct signature_keys {
    struct signature_key *list;
    size_t count;
};

struct signature_keys *signature_keys_create(void)
{
    struct signature_keys *keys = sim_alloc(sizeof(*keys));
    signature_keys_add(keys, &(struct wire_access_key){.id = "test", .secret = "test"});
    return keys;
}

static void fini_key(struct signature_key *key)
{
    free(key->id);
    free(key->secret);
    free(key->account);
    EVP_PKEY_free(key->public_key);
}

void signature_keys_destroy(struct signature_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->count; i++)
        fini_key(&keys->list[i]);
    free(keys->list);
    free(keys);
}

struct signature_key *signature_keys_find(const struct signature_keys *keys, const char *id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->list[i].id, id) == 0)
            return &keys->list[i];
    return NULL;
}

void signature_keys_add(struct signature_keys *keys, const struct wire_access_key *key)
{
    PRE(key->id != NULL && key->secret != NULL);
    struct signature_key *place = signature_keys_find(keys, key->id);
    if (place != NULL) {
        fini_key(place);
    } else {
        struct signature_key *grown = sim_alloc_array(keys->count + 1, sizeof(*grown));
        if (keys->count > 0)
            memcpy(grown, keys->list, keys->count * sizeof(*grown));
        free(keys->list);
        keys->list = grown;
        place = &keys->list[keys->count++];
    }
    *place = (struct signature_key){
        .id = sim_strdup(key->id),
        .secret = sim_strdup(key->secret),
        .account = sim_strdup(key->account != NULL ? key->account : WIRE_ACCOUNT_DEFAULT),
    };
}

#define SCALAR_BYTES 32
#define ROUNDS_MAX   254

/* The n-th candidate for the private key: HMAC over counter, label, context and length. */
static void draw_candidate(const struct signature_key *key, unsigned round,
                           unsigned char candidate[SCALAR_BYTES])
{
    static const unsigned char counter[] = {0, 0, 0, 1};
    static const unsigned char length_bits[] = {0, 0, 1, 0};
    static const char label[] = "AWS4-ECDSA-P256-SHA256"; /* its NUL separates label and context */
    const unsigned char round_byte = (unsigned char)round;
    struct sim_buffer input;
    struct sim_buffer secret;
    sim_buffer_init(&input);
    sim_buffer_init(&secret);
    sim_buffer_append(&input, counter, sizeof(counter));
    sim_buffer_append(&input, label, sizeof(label));
    sim_buffer_append_text(&input, key->id);
    sim_buffer_append(&input, &round_byte, 1);
    sim_buffer_append(&input, length_bits, sizeof(length_bits));
    sim_buffer_printf(&secret, "AWS4A%s", key->secret);
    unsigned int bytes = 0;
    const unsigned char *mac =
        HMAC(EVP_sha256(), secret.data, (int)secret.length_bytes, (const unsigned char *)input.data,
             input.length_bytes, candidate, &bytes);
    CHECK(mac != NULL && bytes == SCALAR_BYTES);
    sim_buffer_fini(&input);
    sim_buffer_fini(&secret);
}

/* The first candidate that is at most n - 2, plus one; NULL: none. */
static BIGNUM *derive_private(const struct signature_key *key, const EC_GROUP *group)
{
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(group));
    BIGNUM *scalar = BN_new();
    CHECK(limit != NULL && scalar != NULL && BN_sub_word(limit, 2) == 1);
    bool is_found = false;
    for (unsigned round = 1; !is_found && round <= ROUNDS_MAX; round++) {
        unsigned char candidate[SCALAR_BYTES];
        draw_candidate(key, round, candidate);
        CHECK(BN_bin2bn(candidate, sizeof(candidate), scalar) != NULL);
        is_found = BN_cmp(scalar, limit) <= 0;
    }
    BN_free(limit);
    if (is_found && BN_add_word(scalar, 1) == 1)
        return scalar;
    BN_clear_free(scalar);
    return NULL;
}

static EVP_PKEY *make_public(const unsigned char *point, size_t point_bytes)
{
    char group[] = "P-256";
    unsigned char octets[1 + 2 * SCALAR_BYTES];
    CHECK(point_bytes == sizeof(octets));
    memcpy(octets, point, sizeof(octets));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *made = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CHECK(context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
          EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
    EVP_PKEY_CTX_free(context);
    return made;
}

struct evp_pkey_st *signature_key_public(struct signature_key *key)
{
    if (key->public_key != NULL)
        return key->public_key;
    if (strlen(key->id) > SIGNATURE_KEY_ID_MAX_BYTES)
        return NULL;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    CHECK(group != NULL);
    BIGNUM *scalar = derive_private(key, group);
    EC_POINT *point = EC_POINT_new(group);
    CHECK(point != NULL);
    unsigned char octets[1 + 2 * SCALAR_BYTES];
    if (scalar != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1)
        key->public_key =
            make_public(octets, EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
                                                   octets, sizeof(octets), NULL));
    EC_POINT_free(point);
    EC_GROUP_free(group);
    BN_clear_free(scalar);
    return key->public_key;
}
