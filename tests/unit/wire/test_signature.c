/* test_signature.c -- signatures against published ones, and what is said of those that do not fit.
 *
 * Source  AWS General Reference and the Signature Version 4 test suite (key AKIDEXAMPLE); Amazon S3
 *         API reference, "Signature calculations: examples" (key AKIAIOSFODNN7EXAMPLE). Signatures
 *         of 4a differ from run to run; these were made by the AWS Common Runtime 0.38.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "emulators/wire/signature.h"
#include "fixture_front.h"

#define SUITE_ID     "AKIDEXAMPLE"
#define SUITE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define S3_ID        "AKIAIOSFODNN7EXAMPLE"
#define S3_SECRET    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

#define HOST "Host:example.amazonaws.com\n"
#define DATE "X-Amz-Date:20150830T123600Z\n"
#define AUTH(headers, signature)                                                                   \
    "Authorization:AWS4-HMAC-SHA256 Credential=" SUITE_ID                                          \
    "/20150830/us-east-1/service/aws4_request, SignedHeaders=" headers ", Signature=" signature    \
    "\n"
#define AUTH_4A(headers, regions, signature)                                                       \
    "Authorization:AWS4-ECDSA-P256-SHA256 Credential=" SUITE_ID                                    \
    "/20150830/service/aws4_request, SignedHeaders=" headers                                       \
    ";x-amz-date;x-amz-region-set, Signature=" signature "\nX-Amz-Region-Set:" regions "\n"
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_AUTH(headers, signature)                                                                \
    "Authorization: AWS4-HMAC-SHA256 Credential=" S3_ID                                            \
    "/20130524/us-east-1/s3/aws4_request,SignedHeaders=" headers ",Signature=" signature "\n"      \
    "Host: examplebucket.s3.amazonaws.com\nx-amz-date: 20130524T000000Z\n"
#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
#define VANILLA_4A                                                                                 \
    "3045022100c42c11e1e2903cf85ec5d5fce9f36803666750e2140ea9c0d142852962893f7802202d4d77a35eef3a" \
    "e"                                                                                            \
    "ca8016087b9adfd517516f5acac450c013d19b3eb3607a6d2"

/* clang-format off */
static const struct {
    const char *name, *request, *body;
    enum signature_path path;
} published[] = {
    {"get-vanilla", "GET /\n" HOST DATE AUTH("host;x-amz-date", VANILLA), "", SIGNATURE_PATH_NORMAL},
    {"the general reference's ListUsers", "GET /?Action=ListUsers&Version=2010-05-08\n"
     "Content-Type: application/x-www-form-urlencoded; charset=utf-8\nHost: iam.amazonaws.com\n" DATE
     "Authorization: AWS4-HMAC-SHA256 Credential=" SUITE_ID "/20150830/us-east-1/iam/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date, "
     "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\n",
     "", SIGNATURE_PATH_NORMAL},
    {"get-vanilla-query-order-encoded", "GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1\n" HOST DATE
     AUTH("host;x-amz-date", "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-vanilla-utf8-query", "GET /?\xe1\x88\xb4=bar\n" HOST DATE
     AUTH("host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-header-key-duplicate", "GET /\n" HOST "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\n" DATE
     AUTH("host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-header-value-trim", "GET /\n" HOST "My-Header1: value1\nMy-Header2: \"a   b   c\"\n" DATE
     AUTH("host;my-header1;my-header2;x-amz-date",
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-slashes-normalized", "GET //example//\n" HOST DATE
     AUTH("host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-slashes-unnormalized", "GET //example//\n" HOST DATE
     AUTH("host;x-amz-date", "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"),
     "", SIGNATURE_PATH_AS_SENT},
    {"get-relative-relative-normalized", "GET /example1/example2/../..\n" HOST DATE
     AUTH("host;x-amz-date", VANILLA), "", SIGNATURE_PATH_NORMAL},
    {"get-space-normalized", "GET /example space/\n" HOST DATE
     AUTH("host;x-amz-date", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
     "", SIGNATURE_PATH_NORMAL},
    {"get-utf8", "GET /\xe1\x88\xb4\n" HOST DATE
     AUTH("host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
     "", SIGNATURE_PATH_NORMAL},
    {"post-x-www-form-urlencoded", "POST /\nContent-Type:application/x-www-form-urlencoded\n" HOST
     "Content-Length:13\n"
     "x-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e\n" DATE
     AUTH("content-length;content-type;host;x-amz-content-sha256;x-amz-date",
          "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
     "Param1=value1", SIGNATURE_PATH_NORMAL},
    {"get-vanilla-query, presigned", "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" SUITE_ID
     "%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host"
     "&X-Amz-Expires=3600&X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d\n"
     HOST, "", SIGNATURE_PATH_NORMAL},
    {"S3: get an object", "GET /test.txt\nRange: bytes=0-9\nx-amz-content-sha256: " EMPTY_HASH "\n"
     S3_AUTH("host;range;x-amz-content-sha256;x-amz-date",
             "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), "", SIGNATURE_PATH_AS_SENT},
    {"S3: put an object", "PUT /test%24file.text\nDate: Fri, 24 May 2013 00:00:00 GMT\n"
     "x-amz-storage-class: REDUCED_REDUNDANCY\n"
     "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
     S3_AUTH("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
             "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
     "Welcome to Amazon S3.", SIGNATURE_PATH_AS_SENT},
    {"S3: a query without a value", "GET /?lifecycle\nx-amz-content-sha256: " EMPTY_HASH "\n"
     S3_AUTH("host;x-amz-content-sha256;x-amz-date",
             "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"), "", SIGNATURE_PATH_AS_SENT},
    {"S3: list objects", "GET /?max-keys=2&prefix=J\nx-amz-content-sha256: " EMPTY_HASH "\n"
     S3_AUTH("host;x-amz-content-sha256;x-amz-date",
             "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"), "", SIGNATURE_PATH_AS_SENT},
    {"4a: get-vanilla", "GET /\n" HOST DATE AUTH_4A("host", "us-east-1", VANILLA_4A), "", SIGNATURE_PATH_NORMAL},
    {"4a: path, query, header and body", "POST /a%2Fb//../c%20d?Param2=value2&Param1=value1&%E1%88%B4=x\n"
     HOST "My-Header: a   b\n" DATE AUTH_4A("host;my-header", "us-east-1,eu-*",
     "304502206970a41ef542289de947b45764dd01565bb1e924c11e2b4599d1fe763a14028a022100d85aa71af7c044685bad36961041"
     "76a78f00ae227359288714255172bb6a61d4"), "Param1=value1", SIGNATURE_PATH_NORMAL},
    {"4a: a path as sent", "GET //a%2Fb/../c\n" HOST DATE AUTH_4A("host", "us-east-1",
     "304602210090991b6a95280091cd238cd0be6154230e1d868114f54700ea28091db39f1b100221008dadbd2e580171e3324c7c3b2b"
     "57af025b1b6a31dc162d71655831739a0270a8"), "", SIGNATURE_PATH_AS_SENT},
    {"4a: presigned", "GET /?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=" SUITE_ID
     "%2F20150830%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&"
     "X-Amz-Expires=3600&X-Amz-Region-Set=%2A&X-Amz-Signature=3045022100fabe43464b01f5835d63ad783ff865b1593334b0"
     "6b2e82922b62656220017fc0022031615f0bfaac0d2a0c8e79fd0d3f43c00ac12e1097c391258c7675af9f4d3fcf\n" HOST,
     "", SIGNATURE_PATH_NORMAL},
};
/* clang-format on */

static struct signature_keys *make_keys(void)
{
    static const struct wire_access_key list[] = {
        {SUITE_ID, SUITE_SECRET, NULL},
        {S3_ID, S3_SECRET, "111122223333"},
    };
    struct signature_keys *keys = signature_keys_create();
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        signature_keys_add(keys, &list[i]);
    return keys;
}

/* NULL: the signature fits; else the error's code. The text ends up in *text, for the caller to
 * free. */
static const char *verdict(const struct signature_keys *keys, const char *request, const char *body,
                           enum signature_path path, char **text)
{
    struct sim_arena *arena = sim_arena_create();
    struct front_message message;
    struct credential credential;
    struct wire_error error = {0};
    front_message_from_text(&message, arena, request, body, strlen(body));
    credential_read(&message, &credential);
    assert_non_null(credential.access_key);
    struct signature_key *key = signature_keys_find(keys, credential.access_key);
    assert_non_null(key);
    const bool fits = signature_verify(&message, &credential, key, path, &error);
    *text = sim_strdup(fits ? "" : error.message);
    sim_arena_destroy(arena);
    return fits ? NULL : error.code;
}

static void test_published_signatures_fit(void **state)
{
    (void)state;
    struct signature_keys *keys = make_keys();
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        char *text = NULL;
        const char *code =
            verdict(keys, published[i].request, published[i].body, published[i].path, &text);
        if (code != NULL)
            fail_msg("%s: %s: %s", published[i].name, code, text);
        free(text);
    }
    signature_keys_destroy(keys);
}

static void test_a_published_signature_fits_no_other_body(void **state)
{
    (void)state;
    struct signature_keys *keys = make_keys();
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        char *text = NULL;
        const char *code = verdict(keys, published[i].request, "x", published[i].path, &text);
        if (code == NULL || strcmp(code, "InvalidSignatureException") != 0)
            fail_msg("%s fits the body \"x\"", published[i].name);
        free(text);
    }
    signature_keys_destroy(keys);
}

#define TAMPERED(rest) rest AUTH("host;x-amz-date", VANILLA)

static void test_any_change_of_what_is_signed_breaks_the_signature(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *name, *request;
    } rows[] = {
        {"method", "POST /\n" TAMPERED(HOST DATE)},
        {"path", "GET /a\n" TAMPERED(HOST DATE)},
        {"query", "GET /?a=b\n" TAMPERED(HOST DATE)},
        {"a query that only names the signature", "GET /?X-Amz-Signature=1\n" TAMPERED(HOST DATE)},
        {"host", "GET /\n" TAMPERED("Host:example.com\n" DATE)},
        {"a second host", "GET /\n" TAMPERED(HOST HOST DATE)},
        {"no host", "GET /\n" TAMPERED(DATE)},
        {"date", "GET /\n" TAMPERED(HOST "X-Amz-Date:20150830T123601Z\n")},
        {"signed headers", "GET /\n" HOST DATE AUTH("host", VANILLA)},
        {"an absent signed header", "GET /\n" HOST DATE AUTH("accept;host;x-amz-date", VANILLA)},
        {"no signed headers", "GET /\n" HOST DATE AUTH(";", VANILLA)},
        {"unsigned payload", "GET /\n" TAMPERED(HOST DATE "X-Amz-Content-SHA256: UNSIGNED-PAYLOAD\n")},
        {"one digit", "GET /\n" HOST DATE AUTH("host;x-amz-date", "6fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")},
        {"upper case", "GET /\n" HOST DATE AUTH("host;x-amz-date", "5FA00FA31553B73EBF1942676E86291E8372FF2A2260956D9B8AAE1D763FBF31")},
        {"one digit less", "GET /\n" HOST DATE AUTH("host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf3")},
        {"one digit more", "GET /\n" HOST DATE AUTH("host;x-amz-date", VANILLA "0")},
        {"another Region", "GET /\n" HOST DATE "Authorization:AWS4-HMAC-SHA256 Credential=" SUITE_ID
         "/20150830/us-west-2/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=" VANILLA "\n"},
        {"another service", "GET /\n" HOST DATE "Authorization:AWS4-HMAC-SHA256 Credential=" SUITE_ID
         "/20150830/us-east-1/services/aws4_request, SignedHeaders=host;x-amz-date, Signature=" VANILLA "\n"},
        {"another key", "GET /\n" HOST DATE "Authorization:AWS4-HMAC-SHA256 Credential=" S3_ID
         "/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=" VANILLA "\n"},
        {"4a: path", "GET /a\n" HOST DATE AUTH_4A("host", "us-east-1", VANILLA_4A)},
        {"4a: Region set", "GET /\n" HOST DATE "X-Amz-Region-Set:*\n" AUTH_4A("host", "us-east-1", VANILLA_4A)},
        {"4a: no DER", "GET /\n" HOST DATE AUTH_4A("host", "us-east-1", VANILLA)},
        {"4a: no hexadecimal digits", "GET /\n" HOST DATE AUTH_4A("host", "us-east-1", "hello")},
        {"4a: an odd number of digits", "GET /\n" HOST DATE AUTH_4A("host", "us-east-1", VANILLA_4A "0")},
        {"4a: too long", "GET /\n" HOST DATE AUTH_4A("host", "us-east-1", VANILLA_4A "00000000")},
        {"4a: another key", "GET /\n" HOST DATE "X-Amz-Region-Set:us-east-1\n"
         "Authorization:AWS4-ECDSA-P256-SHA256 Credential=" S3_ID "/20150830/service/aws4_request, "
         "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=" VANILLA_4A "\n"},
    };
    /* clang-format on */
    struct signature_keys *keys = make_keys();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = NULL;
        const char *code = verdict(keys, rows[i].request, "", SIGNATURE_PATH_NORMAL, &text);
        if (code == NULL || strcmp(code, "InvalidSignatureException") != 0 ||
            strncmp(text, "The request signature we calculated does not match", 50) != 0)
            fail_msg("%s: %s: %s", rows[i].name, code == NULL ? "fits" : code, text);
        free(text);
    }
    signature_keys_destroy(keys);
}

static void test_a_refusal_shows_what_should_have_been_signed(void **state)
{
    (void)state;
    struct signature_keys *keys = make_keys();
    char *text = NULL;
    const char *request = "GET /a%2Fb?b=%7e&a=1+2&a=%20\n" HOST DATE AUTH("X-Amz-Date;HOST", "00");
    assert_non_null(verdict(keys, request, "", SIGNATURE_PATH_NORMAL, &text));
    assert_string_equal(
        text, "The request signature we calculated does not match the signature you provided. "
              "Check your AWS Secret Access Key and signing method. Consult the service "
              "documentation for details.\n\n"
              "The Canonical String for this request should have been\n"
              "'GET\n/a%252Fb\na=%20&a=1%202&b=~\nhost:example.amazonaws.com\n"
              "x-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" EMPTY_HASH "'\n\n"
              "The String-to-Sign should have been\n"
              "'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
              "54c5002e6fdc77f4fcf5bf2a4fa4e8493dfdef028e04282998b118aed8f75093'\n");
    free(text);
    signature_keys_destroy(keys);
}

static void test_what_cannot_be_verified_is_refused_in_words(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *request, *code, *text;
    } rows[] = {
        {"PUT /\n" HOST DATE "X-Amz-Content-SHA256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n"
         AUTH("host;x-amz-date", VANILLA), "InvalidSignatureException",
         "X-Amz-Content-SHA256 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' is not supported here: sign the payload as a "
         "whole, or say UNSIGNED-PAYLOAD."},
        {"GET /\nX-Amz-Security-Token: abc\n" HOST DATE AUTH("host;x-amz-date", VANILLA),
         "UnrecognizedClientException", "The security token included in the request is invalid"},
    };
    /* clang-format on */
    struct signature_keys *keys = make_keys();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = NULL;
        const char *code = verdict(keys, rows[i].request, "", SIGNATURE_PATH_NORMAL, &text);
        assert_non_null(code);
        assert_string_equal(code, rows[i].code);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
    signature_keys_destroy(keys);
}

static void test_more_signed_headers_than_fit_are_refused(void **state)
{
    (void)state;
    struct signature_keys *keys = make_keys();
    struct sim_buffer names;
    sim_buffer_init(&names);
    sim_buffer_append_text(&names, "GET /\n" HOST DATE "Authorization:AWS4-HMAC-SHA256 "
                                   "Credential=" SUITE_ID
                                   "/20150830/us-east-1/service/aws4_request, SignedHeaders=host");
    for (size_t i = 0; i < SIGNATURE_HEADERS_MAX; i++)
        sim_buffer_append_text(&names, ";host");
    sim_buffer_append_text(&names, ", Signature=00\n");
    char *text = NULL;
    const char *code = verdict(keys, names.data, "", SIGNATURE_PATH_NORMAL, &text);
    assert_string_equal(code, "InvalidSignatureException");
    assert_null(strstr(text, "Canonical"));
    free(text);
    sim_buffer_fini(&names);
    signature_keys_destroy(keys);
}

static void test_the_public_key_of_4a_is_the_published_one(void **state)
{
    (void)state;
    static const char x[] = "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1";
    static const char y[] = "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518";
    struct signature_keys *keys = make_keys();
    EVP_PKEY *key = signature_key_public(signature_keys_find(keys, SUITE_ID));
    assert_non_null(key);
    unsigned char point[65];
    size_t bytes = 0;
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                                     sizeof(point), &bytes),
                     1);
    assert_int_equal(bytes, 65);
    char text[2 * sizeof(point) + 1];
    for (size_t i = 0; i < sizeof(point); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", point[i]);
    assert_memory_equal(text, "04", 2);
    assert_memory_equal(text + 2, x, 64);
    assert_string_equal(text + 66, y);
    signature_keys_destroy(keys);
}

static void test_the_built_in_key_gives_way_to_one_of_the_same_id(void **state)
{
    (void)state;
    struct signature_keys *keys = signature_keys_create();
    assert_string_equal(signature_keys_find(keys, "test")->secret, "test");
    assert_string_equal(signature_keys_find(keys, "test")->account, "000000000000");
    assert_non_null(signature_key_public(signature_keys_find(keys, "test")));
    signature_keys_add(keys, &(struct wire_access_key){"test", "other", "111122223333"});
    assert_string_equal(signature_keys_find(keys, "test")->secret, "other");
    assert_string_equal(signature_keys_find(keys, "test")->account, "111122223333");
    assert_null(signature_keys_find(keys, "TEST"));
    signature_keys_destroy(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_signatures_fit),
        cmocka_unit_test(test_a_published_signature_fits_no_other_body),
        cmocka_unit_test(test_any_change_of_what_is_signed_breaks_the_signature),
        cmocka_unit_test(test_a_refusal_shows_what_should_have_been_signed),
        cmocka_unit_test(test_what_cannot_be_verified_is_refused_in_words),
        cmocka_unit_test(test_more_signed_headers_than_fit_are_refused),
        cmocka_unit_test(test_the_public_key_of_4a_is_the_published_one),
        cmocka_unit_test(test_the_built_in_key_gives_way_to_one_of_the_same_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
