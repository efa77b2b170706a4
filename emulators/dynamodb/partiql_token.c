/* Form, in base64: version, check of all that follows, digest of the request, range number, key. */
#include "emulators/dynamodb/partiql_token.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/base64.h"
#include "sim/core/buffer.h"

#define VERSION       1u
#define CHECK_BYTES   8u
#define REQUEST_BYTES 16u
#define DIGEST_BYTES  32u
#define HEAD_BYTES    (1u + CHECK_BYTES + REQUEST_BYTES + 4u)

static void digest(const void *bytes, size_t length, unsigned char out[DIGEST_BYTES])
{
    unsigned int made = 0;
    int is_done = EVP_Digest(bytes, length, out, &made, EVP_sha256(), NULL);
    CHECK(is_done == 1);
    CHECK(made == DIGEST_BYTES);
}

static void digest_request(const struct ddb_partiql_request *request,
                           unsigned char out[DIGEST_BYTES])
{
    struct sim_buffer text;
    char *parameters =
        request->parameters == NULL ? NULL : cJSON_PrintUnformatted(request->parameters);
    sim_buffer_init(&text);
    sim_buffer_printf(&text, "%s\n%s\n%s\n%s", request->account, request->region,
                      parameters == NULL ? "" : parameters, request->statement);
    digest(text.data, text.length_bytes, out);
    sim_buffer_fini(&text);
    cJSON_free(parameters);
}

const char *ddb_partiql_token_make(struct sim_arena *arena,
                                   const struct ddb_partiql_request *request,
                                   const struct ddb_partiql_position *position)
{
    unsigned char sum[DIGEST_BYTES];
    size_t length = HEAD_BYTES + position->after.length_bytes;
    uint8_t *bytes = sim_arena_alloc(arena, length);
    uint8_t *at = bytes + 1 + CHECK_BYTES;
    digest_request(request, sum);
    memcpy(at, sum, REQUEST_BYTES);
    at += REQUEST_BYTES;
    for (unsigned shift = 32; shift > 0; shift -= 8)
        *at++ = (uint8_t)(position->range_number >> (shift - 8));
    if (position->after.length_bytes > 0)
        memcpy(at, position->after.bytes, position->after.length_bytes);
    bytes[0] = VERSION;
    digest(bytes + 1 + CHECK_BYTES, length - 1 - CHECK_BYTES, sum);
    memcpy(bytes + 1, sum, CHECK_BYTES);
    return ddb_base64_encode(arena, bytes, length);
}

static bool fail_invalid(struct ddb_fault *fault)
{
    return ddb_invalid(fault, "Invalid NextToken");
}

bool ddb_partiql_token_read(const char *token, const struct ddb_partiql_request *request,
                            struct ddb_partiql_position *position, struct ddb_fault *fault)
{
    struct ddb_fault not_base64 = {.arena = fault->arena};
    unsigned char sum[DIGEST_BYTES];
    size_t length = 0;
    if (!ddb_base64_check(token, &not_base64))
        return fail_invalid(fault);
    const uint8_t *bytes = ddb_base64_decode(fault->arena, token, &length);
    if (length < HEAD_BYTES || bytes[0] != VERSION)
        return fail_invalid(fault);
    digest(bytes + 1 + CHECK_BYTES, length - 1 - CHECK_BYTES, sum);
    if (memcmp(sum, bytes + 1, CHECK_BYTES) != 0)
        return fail_invalid(fault);
    const uint8_t *at = bytes + 1 + CHECK_BYTES;
    digest_request(request, sum);
    if (memcmp(sum, at, REQUEST_BYTES) != 0)
        return ddb_invalid(fault, "NextToken does not match request");
    at += REQUEST_BYTES;
    *position = (struct ddb_partiql_position){0};
    for (unsigned i = 0; i < 4; i++)
        position->range_number = position->range_number << 8 | *at++;
    position->after = (struct ddb_key_blob){.bytes = at, .length_bytes = length - HEAD_BYTES};
    return true;
}
