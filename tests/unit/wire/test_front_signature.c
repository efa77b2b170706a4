/* test_front_signature.c -- who is let in when signatures are verified, and what the others hear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include "emulators/wire/signature_date.h"
#include "emulators/wire/signature_keys.h"
#include "fixture_front.h"

#define NOW_S UINT64_C(1767225600) /* 2026-01-01T00:00:00Z */

struct guarded {
    struct front_world *world;
    struct front_access access;
    struct sim_clock *real;
};

static int make_world(void **state)
{
    struct guarded *guarded = sim_alloc(sizeof(*guarded));
    guarded->world = front_world_create();
    front_world_set_output(guarded->world, "{}");
    guarded->real = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_REAL});
    guarded->access = (struct front_access){.keys = signature_keys_create(),
                                            .clock = front_world_core(guarded->world)->clock,
                                            .is_verified = true};
    signature_keys_add(guarded->access.keys,
                       &(struct wire_access_key){"AKIA", "secret/+", "111122223333"});
    front_world_set_access(guarded->world, &guarded->access);
    *state = guarded;
    return 0;
}

static int drop_world(void **state)
{
    struct guarded *guarded = *state;
    signature_keys_destroy(guarded->access.keys);
    sim_clock_destroy(guarded->real);
    front_world_destroy(guarded->world);
    free(guarded);
    return 0;
}

/* --- a signer that signs what the refusal says ---------------------------------------------------
 */

static void mac(const void *key, int key_bytes, const char *text, unsigned char out[32])
{
    unsigned char made[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    assert_non_null(HMAC(EVP_sha256(), key, key_bytes, (const unsigned char *)text, strlen(text),
                         made, &bytes));
    assert_int_equal(bytes, 32);
    memcpy(out, made, 32);
}

/* The signature of "ALGORITHM\nDATE\nDAY/REGION/SERVICE/aws4_request\nHASH". */
static void sign(const char *secret, const char *string_to_sign, char signature[65])
{
    char seed[64];
    char *copy = sim_strdup(string_to_sign);
    char *place = NULL;
    unsigned char key[32];
    (void)snprintf(seed, sizeof(seed), "AWS4%s", secret);
    mac(seed, (int)strlen(seed), "", key);
    (void)strtok_r(copy, "\n", &place);
    (void)strtok_r(NULL, "\n", &place);
    char *scope = strtok_r(NULL, "\n", &place);
    assert_non_null(scope);
    bool is_first = true;
    for (char *part = strtok_r(scope, "/", &place); part; part = strtok_r(NULL, "/", &place)) {
        mac(is_first ? (void *)seed : (void *)key, is_first ? (int)strlen(seed) : 32, part, key);
        is_first = false;
    }
    mac(key, 32, string_to_sign, key);
    for (size_t i = 0; i < sizeof(key); i++)
        (void)snprintf(signature + 2 * i, 3, "%02x", key[i]);
    free(copy);
}

/* What stands between the last two quotes that begin and end a line, without escapes. */
static char *string_to_sign_of(const struct front_answer *answer)
{
    char *body = sim_strdup(answer->reply.body);
    char *out = body;
    const char *start = strstr(body, "String-to-Sign should have been");
    if (start == NULL)
        fail_msg("no string to sign in: %s", answer->reply.body);
    start = strchr(start, '\'') + 1;
    for (const char *at = start; *at != '\'' && *at != '\0'; at++) {
        const bool is_break = at[0] == '\\' && at[1] == 'n';
        *out++ = is_break ? '\n' : *at;
        at += is_break;
    }
    *out = '\0';
    return body;
}

/* Plays a request whose signature is written "$$" with the right one instead. */
static const struct front_answer *play_signed(struct guarded *guarded, const char *secret,
                                              const char *head, const char *body, size_t body_bytes)
{
    char signature[65] = "00";
    const char *mark = strstr(head, "$$");
    assert_non_null(mark);
    const struct front_answer *answer = NULL;
    for (int round = 0; round < 2; round++) {
        struct sim_buffer text;
        sim_buffer_init(&text);
        sim_buffer_append(&text, head, (size_t)(mark - head));
        sim_buffer_append_text(&text, signature);
        sim_buffer_append_text(&text, mark + 2);
        answer =
            front_world_play_body(guarded->world, NULL, "127.0.0.1", text.data, body, body_bytes);
        sim_buffer_fini(&text);
        if (round > 0)
            break;
        char *string_to_sign = string_to_sign_of(answer);
        sign(secret, string_to_sign, signature);
        free(string_to_sign);
    }
    return answer;
}

#define LIST   "{\"TableName\":\"orders\",\"Key\":{\"k\":{\"S\":\"1\"}}}"
#define TARGET "Content-Type: application/x-amz-json-1.0\nX-Amz-Target: DynamoDB_20120810.GetItem\n"
#define HOST   "Host: localhost:4566\n"
#define SCOPED(key, region, service, headers, signature)                                           \
    "Authorization: AWS4-HMAC-SHA256 Credential=" key "/20260101/" region "/" service              \
    "/aws4_request, SignedHeaders=" headers ", Signature=" signature "\n"
#define DATE "X-Amz-Date: 20260101T000000Z\n"
#define AUTH(key, signature)                                                                       \
    SCOPED(key, "us-west-2", "dynamodb", "host;x-amz-date;x-amz-target", signature) DATE
#define GET_ITEM "POST /\n" TARGET HOST

static void test_a_known_key_with_its_secret_is_let_in_for_its_account(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer =
        play_signed(guarded, "secret/+", GET_ITEM AUTH("AKIA", "$$"), LIST, strlen(LIST));
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
    assert_string_equal(answer->account, "111122223333");
    assert_string_equal(answer->caller, "AKIA");
    assert_string_equal(answer->region, "us-west-2");
    answer = play_signed(guarded, "test", GET_ITEM AUTH("test", "$$"), LIST, strlen(LIST));
    assert_int_equal(answer->reply.status, 200);
    assert_string_equal(answer->account, "000000000000");
}

static void test_a_presigned_query_is_let_in(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer = play_signed(
        guarded, "secret/+",
        "POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-west-2%2F"
        "dynamodb%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=$$&X-Amz-Expires=60\n" TARGET HOST,
        LIST, strlen(LIST));
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
    assert_string_equal(answer->account, "111122223333");
}

static void test_a_date_header_can_stand_for_the_date(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer =
        play_signed(guarded, "test",
                    GET_ITEM SCOPED("test", "us-east-1", "dynamodb", "date;host",
                                    "$$") "Date: Thu, 01 Jan 2026 00:00:00 GMT\n",
                    LIST, strlen(LIST));
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
}

static void test_the_signature_of_a_compressed_body_is_of_what_was_sent(void **state)
{
    struct guarded *guarded = *state;
    unsigned char packed[256];
    z_stream stream = {0};
    char plain[] = LIST;
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)plain;
    stream.avail_in = sizeof(plain) - 1;
    stream.next_out = packed;
    stream.avail_out = sizeof(packed);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const struct front_answer *answer =
        play_signed(guarded, "test", GET_ITEM "Content-Encoding: gzip\n" AUTH("test", "$$"),
                    (const char *)packed, stream.total_out);
    deflateEnd(&stream);
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
    assert_non_null(strstr(answer->input, "orders"));
}

static void test_without_verification_keys_still_have_their_accounts(void **state)
{
    struct guarded *guarded = *state;
    static const char *const rows[][2] = {{GET_ITEM AUTH("AKIA", "00"), "111122223333"},
                                          {GET_ITEM AUTH("444455556666", "00"), "444455556666"},
                                          {GET_ITEM AUTH("nobody", "00"), "000000000000"}};
    guarded->access.is_verified = false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer = front_world_play_body(guarded->world, NULL, "127.0.0.1",
                                                                  rows[i][0], LIST, strlen(LIST));
        assert_int_equal(answer->reply.status, 200);
        assert_string_equal(answer->account, rows[i][1]);
    }
}

#define CORAL(code) "{\"__type\":\"com.amazon.coral.service#" code "\",\"message\":\""
#define WRONG       "The request signature we calculated does not match the signature you provided."
#define ECDSA(rest)                                                                                \
    "Authorization: AWS4-ECDSA-P256-SHA256 "                                                       \
    "Credential=test/20260101/dynamodb/aws4_request, " rest ", Signature=00\n" DATE

/* Most rows are wrong in what later rows are wrong in, too: the order is the service's. */
static void test_dynamodb_refuses_in_its_order_and_words(void **state)
{
    struct guarded *guarded = *state;
    /* clang-format off */
    static const struct {
        const char *name, *request, *begins;
    } rows[] = {
        {"nothing signed", GET_ITEM,
         CORAL("MissingAuthenticationTokenException") "Request is missing Authentication Token"},
        {"parts missing", GET_ITEM "Authorization: AWS4-HMAC-SHA256 Credential=nobody/x\n",
         CORAL("IncompleteSignatureException") "Authorization header requires 'Signature' parameter. "
         "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either "
         "a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Credential=nobody/x"},
        {"a date that is none", GET_ITEM SCOPED("nobody", "mars", "s3", "a", "00") "Date: yesterday\n",
         CORAL("IncompleteSignatureException") "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See "
         "http://en.wikipedia.org/wiki/ISO_8601"},
        {"a day that is none", GET_ITEM SCOPED("nobody", "mars", "s3", "a", "00") "X-Amz-Date: 20260230T000000Z\n",
         CORAL("IncompleteSignatureException") "Date must be in ISO-8601 'basic format'. Got '20260230T000000Z'. See"},
        {"host unsigned", GET_ITEM SCOPED("nobody", "us-west-2", "s3", "hosts;x-amz-date", "00") DATE,
         CORAL("InvalidSignatureException") "'Host' must be a 'SignedHeader' in the AWS Authorization."},
        {"Region set unsigned", GET_ITEM ECDSA("SignedHeaders=host") "X-Amz-Region-Set: *\n",
         CORAL("InvalidSignatureException") "'X-Amz-Region-Set' must be a 'SignedHeader' in the AWS Authorization."},
        {"no Region set", GET_ITEM ECDSA("SignedHeaders=host"),
         CORAL("InvalidSignatureException") "Credential should be scoped to a valid region, not ''. "},
        {"another Region set", GET_ITEM ECDSA("SignedHeaders=host;x-amz-region-set") "X-Amz-Region-Set: eu-*,us-west-1\n",
         CORAL("InvalidSignatureException") "Credential should be scoped to a valid region, not 'eu-*,us-west-1'. "},
        {"another service", GET_ITEM SCOPED("nobody", "us-west-2", "s3", "HOST", "00") DATE,
         CORAL("InvalidSignatureException") "Credential should be scoped to correct service: 'dynamodb'. "},
        {"an unknown key", GET_ITEM AUTH("nobody", "00"),
         CORAL("UnrecognizedClientException") "The security token included in the request is invalid.\""},
        {"the key's case", GET_ITEM AUTH("TEST", "00"),
         CORAL("UnrecognizedClientException") "The security token included in the request is invalid.\""},
        {"a wrong signature", GET_ITEM AUTH("AKIA", "00"), CORAL("InvalidSignatureException") WRONG},
        {"a wrong signature of 4a", GET_ITEM ECDSA("SignedHeaders=host;x-amz-region-set") "X-Amz-Region-Set: us-*\n",
         CORAL("InvalidSignatureException") WRONG},
        {"a wrong signature for an unknown Region",
         GET_ITEM SCOPED("test", "eu-west-3", "dynamodb", "host", "00") DATE,
         CORAL("InvalidSignatureException") WRONG},
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer =
            front_world_play_body(guarded->world, NULL, "127.0.0.1", rows[i].request, "{}", 2);
        if (answer->reply.status != 400 || answer->input != NULL ||
            strncmp(answer->reply.body, rows[i].begins, strlen(rows[i].begins)) != 0)
            fail_msg("%s: %d %s", rows[i].name, answer->reply.status, answer->reply.body);
    }
}

static void test_a_region_refuses_what_is_signed_for_another(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer = front_world_play_body(
        guarded->world, NULL, "127.0.1.1", GET_ITEM AUTH("test", "00"), LIST, strlen(LIST));
    assert_string_equal(answer->reply.body,
                        CORAL("InvalidSignatureException") "Credential should be scoped to a valid "
                                                           "region, not 'us-west-2'. \"}");
}

static void test_a_session_token_is_the_last_that_is_looked_at(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer =
        play_signed(guarded, "test", GET_ITEM "X-Amz-Security-Token: abc\n" AUTH("test", "$$"),
                    LIST, strlen(LIST));
    assert_string_equal(answer->reply.body,
                        CORAL("UnrecognizedClientException") "The security token included in the "
                                                             "request is invalid\"}");
}

#define ROUTE53(key, signature)                                                                    \
    "GET /2013-04-01/hostedzone/Z1\n" HOST SCOPED(key, "us-west-2", "route53", "host;x-amz-date",  \
                                                  signature) DATE
#define CONFIG(key, signature)                                                                     \
    "GET /cluster\n" HOST SCOPED(key, "eu-west-3", "route53-recovery-control-config", "host",      \
                                 signature)                                                        \
    DATE

static void test_rest_services_refuse_with_403_in_their_envelopes(void **state)
{
    struct guarded *guarded = *state;
    static const struct {
        const char *request, *code, *text;
    } rows[] = {
        {ROUTE53("nobody", "00"), "<Code>InvalidClientTokenId</Code>",
         "<Message>The security token included in the request is invalid.</Message>"},
        {ROUTE53("test", "00"), "<Code>SignatureDoesNotMatch</Code>", "<Message>" WRONG},
        {"GET /2013-04-01/hostedzone/Z1\n" HOST, "<Code>MissingAuthenticationToken</Code>",
         "<Message>Request is missing Authentication Token</Message>"},
        {CONFIG("nobody", "00"), "UnrecognizedClientException",
         "\"message\":\"The security token included in the request is invalid.\""},
        {CONFIG("test", "00"), "InvalidSignatureException", "\"message\":\"" WRONG},
        {"GET /cluster\n" HOST, "MissingAuthenticationTokenException", "Request is missing"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct front_answer *answer =
            front_world_play(guarded->world, NULL, NULL, rows[i].request);
        const char *type = front_answer_header(answer, "x-amzn-ErrorType");
        if (answer->reply.status != 403 || strstr(answer->reply.body, rows[i].text) == NULL ||
            (strstr(answer->reply.body, rows[i].code) == NULL &&
             (type == NULL || strcmp(type, rows[i].code) != 0)))
            fail_msg("%s: %d %s", rows[i].request, answer->reply.status, answer->reply.body);
    }
}

static void test_a_service_at_one_place_takes_the_clients_own_region(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer = play_signed(guarded, "test", ROUTE53("test", "$$"), "", 0);
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
    answer = play_signed(guarded, "test", CONFIG("test", "$$"), "", 0);
    if (answer->reply.status != 200)
        fail_msg("%s", answer->reply.body);
}

static void test_dates_count_only_where_the_clock_is_real(void **state)
{
    struct guarded *guarded = *state;
    const struct front_answer *answer =
        play_signed(guarded, "test", GET_ITEM AUTH("test", "$$"), LIST, strlen(LIST));
    assert_int_equal(answer->reply.status, 200);
    guarded->access.clock = guarded->real; /* anywhere but near 2026-01-01 */
    answer = front_world_play_body(guarded->world, NULL, "127.0.0.1", GET_ITEM AUTH("test", "00"),
                                   LIST, strlen(LIST));
    assert_non_null(strstr(answer->reply.body, "InvalidSignatureException"));
    assert_true(strstr(answer->reply.body, "Signature expired: 20260101T000000Z is now earlier") ||
                strstr(answer->reply.body, "Signature not yet current: 20260101T000000Z is still"));
}

static void test_dates_are_compared_in_the_services_words(void **state)
{
    (void)state;
    static const struct {
        const char *date, *expires, *text; /* NULL: good */
    } rows[] = {
        {"20260101T000000Z", NULL, NULL},
        {"20251231T234500Z", NULL, NULL},
        {"20260101T001500Z", NULL, NULL},
        {"20251231T234459Z", NULL,
         "Signature expired: 20251231T234459Z is now earlier than 20251231T234500Z "
         "(20260101T000000Z - 15 min.)"},
        {"20260101T001501Z", NULL,
         "Signature not yet current: 20260101T001501Z is still later than 20260101T001500Z "
         "(20260101T000000Z + 15 min.)"},
        {"20251225T000000Z", "604800", NULL},
        {"20251231T235900Z", "60", NULL},
        {"20251231T235859Z", "60",
         "Signature expired: 20251231T235859Z is now earlier than 20251231T235900Z "
         "(20260101T000000Z - 1 min.)"},
        {"20251231T235958Z", "1",
         "Signature expired: 20251231T235958Z is now earlier than 20251231T235959Z "
         "(20260101T000000Z - 1 sec.)"},
        {"20260101T000000Z", "soon", "X-Amz-Expires should be a number"},
        {"20260101T000000Z", "-1", "X-Amz-Expires should be a number"},
        {"20260101T000000Z", "", "X-Amz-Expires should be a number"},
        {"20260101T000000Z", "99999999999999999999999",
         "X-Amz-Expires must be less than a week (in seconds) that is, the given X-Amz-Expires "
         "must "
         "be less than 604800 seconds"},
        {"20260101T000000", NULL,
         "Date must be in ISO-8601 'basic format'. Got '20260101T000000'. See "
         "http://en.wikipedia.org/wiki/ISO_8601"},
        {"19691231T235959Z", NULL,
         "Date must be in ISO-8601 'basic format'. Got '19691231T235959Z'. See "
         "http://en.wikipedia.org/wiki/ISO_8601"},
    };
    struct sim_arena *arena = sim_arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire_error error = {0};
        const bool is_good = signature_date_check(arena, rows[i].date, rows[i].expires,
                                                  NOW_S * SIM_US_PER_S, &error);
        if (is_good != (rows[i].text == NULL) ||
            (!is_good && strcmp(error.message, rows[i].text) != 0))
            fail_msg("%s: %s", rows[i].date, is_good ? "good" : error.message);
    }
    sim_arena_destroy(arena);
}

static void test_a_region_set_covers_what_it_names_or_its_stars_fit(void **state)
{
    (void)state;
    static const struct {
        const char *set, *region;
        bool covers;
    } rows[] = {
        {"*", "us-east-1", true},
        {"us-east-1", "us-east-1", true},
        {"us-*", "us-east-1", true},
        {"*-1", "us-east-1", true},
        {"us-*-1", "us-east-1", true},
        {"eu-west-1, us-east-1", "us-east-1", true},
        {"u*s*1", "us-east-1", true},
        {"us-east-1*", "us-east-1", true},
        {"eu-west-1,us-*", "us-east-1", true},
        {"", "us-east-1", false},
        {",", "us-east-1", false},
        {"us-east-", "us-east-1", false},
        {"us-east-11", "us-east-1", false},
        {"us-*-2", "us-east-1", false},
        {"US-EAST-1", "us-east-1", false},
        {"*a*a*a*a*", "us-east-1", false},
        {" ", "us-east-1", false},
        {"eu-*,ap-*", "us-east-1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (credential_covers(rows[i].set, rows[i].region) != rows[i].covers)
            fail_msg("'%s' and %s", rows[i].set, rows[i].region);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_a_known_key_with_its_secret_is_let_in_for_its_account),
        WITH_WORLD(test_a_presigned_query_is_let_in),
        WITH_WORLD(test_a_date_header_can_stand_for_the_date),
        WITH_WORLD(test_the_signature_of_a_compressed_body_is_of_what_was_sent),
        WITH_WORLD(test_without_verification_keys_still_have_their_accounts),
        WITH_WORLD(test_dynamodb_refuses_in_its_order_and_words),
        WITH_WORLD(test_a_region_refuses_what_is_signed_for_another),
        WITH_WORLD(test_a_session_token_is_the_last_that_is_looked_at),
        WITH_WORLD(test_rest_services_refuse_with_403_in_their_envelopes),
        WITH_WORLD(test_a_service_at_one_place_takes_the_clients_own_region),
        WITH_WORLD(test_dates_count_only_where_the_clock_is_real),
        cmocka_unit_test(test_dates_are_compared_in_the_services_words),
        cmocka_unit_test(test_a_region_set_covers_what_it_names_or_its_stars_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
