/* credential.c -- takes Authorization headers and presigned queries apart, and complains about
 * them. */
#include "emulators/wire/credential.h"

#include <string.h>
#include <strings.h>

#include "emulators/wire/dispatch.h"
#include "emulators/wire/http_date.h"
#include "emulators/wire/signature_date.h"
#include "sim/core/buffer.h"

#define HMAC  "AWS4-HMAC-SHA256"
#define ECDSA "AWS4-ECDSA-P256-SHA256"

#define SEPARATORS " ,\t" /* between the parts of an Authorization header */

bool credential_is_ecdsa(const struct credential *credential)
{
    return credential->algorithm != NULL && strcmp(credential->algorithm, ECDSA) == 0;
}

/* Splits AKID/date/region/service/aws4_request, trailing slashes aside. */
static void split_scope(const struct front_message *message, struct credential *credential)
{
    enum { HMAC_PARTS = 5, ECDSA_PARTS = 4 };
    if (credential->credential == NULL)
        return;
    char *text = sim_arena_strdup(message->arena, credential->credential);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '/')
        text[--length] = '\0';
    char *parts[HMAC_PARTS];
    size_t count = 0;
    for (char *at = text; at != NULL;) {
        if (count == HMAC_PARTS)
            return;
        parts[count++] = at;
        at = strchr(at, '/');
        if (at != NULL)
            *at++ = '\0';
    }
    const bool has_region = !credential_is_ecdsa(credential);
    if (count != (has_region ? HMAC_PARTS : ECDSA_PARTS))
        return;
    credential->access_key = parts[0];
    credential->scope_date = parts[1];
    credential->region = has_region ? parts[2] : NULL;
    credential->service = parts[count - 2];
    credential->terminator = parts[count - 1];
}

/* A signature for one named Region says as much as a scope. */
static void read_region_set(struct credential *credential)
{
    const char *set = credential->region_set;
    if (set != NULL && set[0] != '\0' && strpbrk(set, ",*") == NULL)
        credential->region = set;
}

/* "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..." */
static void read_header(const struct front_message *message, struct credential *credential)
{
    static const char *const names[] = {"Credential", "SignedHeaders", "Signature"};
    const char **const values[] = {&credential->credential, &credential->signed_headers,
                                   &credential->signature};
    char *text = sim_arena_strdup(message->arena, credential->authorization);
    while (*text == ' ')
        text++;
    if (strncmp(text, "AWS4-", 5) != 0)
        return;
    credential->algorithm = text;
    text += strcspn(text, SEPARATORS);
    while (*text != '\0') {
        *text++ = '\0'; /* ends what came before */
        text += strspn(text, SEPARATORS);
        char *const name = text;
        text += strcspn(text, SEPARATORS);
        const char *equals = memchr(name, '=', (size_t)(text - name));
        for (size_t i = 0; equals != NULL && i < ARRAY_LEN(names); i++)
            if (strlen(names[i]) == (size_t)(equals - name) &&
                strncmp(names[i], name, (size_t)(equals - name)) == 0)
                *values[i] = equals + 1;
    }
}

static const char *query_value(const struct front_message *message, const char *name)
{
    return sim_query_find(message->arena, message->query, name);
}

/* The Date header in the form that signatures use; NULL: it is no date. */
static const char *read_date_header(const struct front_message *message)
{
    const char *text = message->known[FRONT_DATE];
    uint64_t time_s = 0;
    if (signature_date_parse(text, &time_s))
        return text;
    if (!http_date_parse(text, &time_s))
        return NULL;
    char basic[SIGNATURE_DATE_BYTES];
    signature_date_format(time_s, basic);
    return sim_arena_strdup(message->arena, basic);
}

void credential_read(const struct front_message *message, struct credential *credential)
{
    *credential = (struct credential){.authorization = message->known[FRONT_AUTHORIZATION],
                                      .date = message->known[FRONT_AMZ_DATE],
                                      .region_set = message->known[FRONT_AMZ_REGION_SET]};
    if (message->query[0] != '\0')
        credential->is_in_query = query_value(message, "X-Amz-Algorithm") != NULL;
    if (credential->authorization != NULL) {
        read_header(message, credential);
    } else if (credential->is_in_query) {
        credential->algorithm = query_value(message, "X-Amz-Algorithm");
        credential->credential = query_value(message, "X-Amz-Credential");
        credential->signature = query_value(message, "X-Amz-Signature");
        credential->signed_headers = query_value(message, "X-Amz-SignedHeaders");
        credential->date = query_value(message, "X-Amz-Date");
        credential->region_set = query_value(message, "X-Amz-Region-Set");
    }
    if (credential->date == NULL && !credential->is_in_query && message->known[FRONT_DATE] != NULL)
        credential->date = read_date_header(message);
    credential->has_date = credential->date != NULL || message->known[FRONT_DATE] != NULL;
    split_scope(message, credential);
    if (credential_is_ecdsa(credential))
        read_region_set(credential);
}

const char *credential_account(const struct credential *credential)
{
    const char *key = credential->access_key;
    if (key != NULL && strlen(key) == 12 && strspn(key, "0123456789") == 12)
        return key;
    return WIRE_ACCOUNT_DEFAULT;
}

static bool refuse(struct wire_error *error, const char *code, const char *message)
{
    *error = (struct wire_error){.code = code, .message = message};
    return false;
}

static bool refuse_incomplete_header(const struct front_message *message,
                                     const struct credential *credential, struct wire_error *error)
{
    const char *text = sim_arena_printf(
        message->arena, "%s%s%s%sAuthorization=%s",
        credential->credential ? "" : "Authorization header requires 'Credential' parameter. ",
        credential->signature ? "" : "Authorization header requires 'Signature' parameter. ",
        credential->signed_headers ? ""
                                   : "Authorization header requires 'SignedHeaders' parameter. ",
        credential->has_date ? ""
                             : "Authorization header requires existence of either a 'X-Amz-Date' "
                               "or a 'Date' header. ",
        credential->authorization);
    return refuse(error, "IncompleteSignatureException", text);
}

static bool refuse_incomplete_query(const struct front_message *message,
                                    const struct credential *credential, struct wire_error *error)
{
    const struct {
        const char *name;
        const char *value;
    } parts[] = {{"X-Amz-Algorithm", credential->algorithm},
                 {"X-Amz-Credential", credential->credential},
                 {"X-Amz-Signature", credential->signature},
                 {"X-Amz-SignedHeaders", credential->signed_headers},
                 {"X-Amz-Date", credential->date}};
    struct sim_buffer text;
    sim_buffer_init(&text);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].value == NULL || parts[i].value[0] == '\0')
            sim_buffer_printf(&text, "AWS query-string parameters must include '%s'. ",
                              parts[i].name);
    sim_buffer_append_text(&text, "Re-examine the query-string parameters.");
    const char *kept = sim_arena_strdup(message->arena, text.data);
    sim_buffer_fini(&text);
    return refuse(error, "IncompleteSignatureException", kept);
}

static bool is_present(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Is the request signed at all, and are the parts there? */
static bool check_parts(const struct front_message *message, const struct credential *credential,
                        struct wire_error *error)
{
    if (credential->authorization != NULL && credential->is_in_query)
        return refuse(error, "InvalidSignatureException",
                      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                      "HTTP header.");
    if (credential->algorithm == NULL)
        return refuse(error, "MissingAuthenticationTokenException",
                      "Request is missing Authentication Token");
    const bool has_parts = is_present(credential->credential) &&
                           is_present(credential->signature) &&
                           is_present(credential->signed_headers);
    if (credential->is_in_query) {
        if (!has_parts || !is_present(credential->algorithm) || !is_present(credential->date))
            return refuse_incomplete_query(message, credential, error);
        return true;
    }
    return has_parts && credential->has_date ? true
                                             : refuse_incomplete_header(message, credential, error);
}

static bool check_date(const struct front_message *message, const struct credential *credential,
                       const struct credential_rules *rules, struct wire_error *error)
{
    uint64_t time_s = 0;
    const char *date = credential->date;
    if (date == NULL && !rules->is_verified)
        return true;
    if (date == NULL)
        date = message->known[FRONT_DATE];
    if (!signature_date_parse(date, &time_s))
        return signature_date_refuse(message->arena, date, error);
    if (!rules->is_verified || rules->now_us == 0)
        return true;
    const char *expires =
        credential->authorization == NULL ? query_value(message, "X-Amz-Expires") : NULL;
    return signature_date_check(message->arena, date, expires, rules->now_us, error);
}

static bool signs_header(const char *signed_headers, const char *name)
{
    const size_t bytes = strlen(name);
    for (const char *at = signed_headers; at != NULL; at = strchr(at, ';')) {
        if (*at == ';')
            at++;
        if (strcspn(at, ";") == bytes && strncasecmp(at, name, bytes) == 0)
            return true;
    }
    return false;
}

/* Host always; the Region set when it says where a signature is good and stands in a header. */
static bool check_signed_headers(const struct credential *credential,
                                 const struct credential_rules *rules, struct wire_error *error)
{
    if (!signs_header(credential->signed_headers, "Host"))
        return refuse(error, "InvalidSignatureException",
                      "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    if (rules->is_verified && credential_is_ecdsa(credential) &&
        credential->authorization != NULL && credential->region_set != NULL &&
        !signs_header(credential->signed_headers, "X-Amz-Region-Set"))
        return refuse(error, "InvalidSignatureException",
                      "'X-Amz-Region-Set' must be a 'SignedHeader' in the AWS Authorization.");
    return true;
}

/* A pattern with stars against the whole text; only the last star seen is tried again. */
static bool matches(const char *pattern, size_t pattern_bytes, const char *text)
{
    size_t at = 0;
    size_t behind_star = 0; /* 0: none yet */
    const char *retry = NULL;
    while (*text != '\0') {
        if (at < pattern_bytes && pattern[at] == '*') {
            behind_star = ++at;
            retry = text;
        } else if (at < pattern_bytes && pattern[at] == *text) {
            at++;
            text++;
        } else if (behind_star > 0) {
            at = behind_star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (at < pattern_bytes && pattern[at] == '*')
        at++;
    return at == pattern_bytes;
}

bool credential_covers(const char *region_set, const char *region)
{
    const char *set = region_set;
    while (*set != '\0') {
        const size_t bytes = strcspn(set, ",");
        size_t from = strspn(set, " ");
        size_t to = bytes;
        while (to > from && set[to - 1] == ' ')
            to--;
        if (from < to && matches(set + from, to - from, region))
            return true;
        set += bytes;
        set += *set == ',';
    }
    return false;
}

/* What the signature is for: the Region of the scope, or the set of 4a. */
static const char *signed_regions(const struct credential *credential)
{
    const char *regions =
        credential_is_ecdsa(credential) ? credential->region_set : credential->region;
    return regions == NULL ? "" : regions;
}

static bool is_wrong_region(const struct credential *credential,
                            const struct credential_rules *rules)
{
    if (!rules->is_verified || rules->region == NULL)
        return false;
    if (credential_is_ecdsa(credential))
        return !credential_covers(signed_regions(credential), rules->region);
    return strcmp(signed_regions(credential), rules->region) != 0;
}

static bool check_scope(const struct front_message *message, const struct credential *credential,
                        const struct credential_rules *rules, struct wire_error *error)
{
    const char *signing_name = rules->signing_name;
    const bool wrong_region = is_wrong_region(credential, rules);
    const bool wrong_service = strcmp(credential->service, signing_name) != 0;
    const bool wrong_end = strcmp(credential->terminator, "aws4_request") != 0;
    const bool wrong_date =
        credential->date != NULL && (strlen(credential->scope_date) != 8 ||
                                     strncmp(credential->scope_date, credential->date, 8) != 0);
    if (!wrong_region && !wrong_service && !wrong_end && !wrong_date)
        return true;
    struct sim_buffer text;
    sim_buffer_init(&text);
    if (wrong_region)
        sim_buffer_printf(&text, "Credential should be scoped to a valid region, not '%s'. ",
                          signed_regions(credential));
    if (wrong_service)
        sim_buffer_printf(&text, "Credential should be scoped to correct service: '%s'. ",
                          signing_name);
    if (wrong_end)
        sim_buffer_printf(&text,
                          "Credential should be scoped with a valid terminator: 'aws4_request', "
                          "not '%s'. ",
                          credential->terminator);
    if (wrong_date)
        sim_buffer_printf(&text,
                          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                          "of date from HTTP: '%s' != '%.8s', from '%s'.",
                          credential->scope_date, credential->date, credential->date);
    const char *kept = sim_arena_strdup(message->arena, text.data);
    sim_buffer_fini(&text);
    return refuse(error, "InvalidSignatureException", kept);
}

bool credential_check(const struct front_message *message, const struct credential *credential,
                      const struct credential_rules *rules, struct wire_error *error)
{
    if (!check_parts(message, credential, error))
        return false;
    struct sim_arena *arena = message->arena;
    if (!check_date(message, credential, rules, error) ||
        !check_signed_headers(credential, rules, error))
        return false;
    if (strcmp(credential->algorithm, HMAC) != 0 && !credential_is_ecdsa(credential))
        return refuse(
            error, "IncompleteSignatureException",
            sim_arena_printf(arena, "Unsupported AWS 'algorithm': '%s' (only " HMAC " for now). ",
                             credential->algorithm));
    if (credential->access_key == NULL)
        return refuse(error, "IncompleteSignatureException",
                      sim_arena_printf(arena,
                                       "Credential must have exactly %s slash-delimited elements, "
                                       "e.g. keyid/date/%sservice/term, got '%s'",
                                       credential_is_ecdsa(credential) ? "4" : "5",
                                       credential_is_ecdsa(credential) ? "" : "region/",
                                       credential->credential));
    return check_scope(message, credential, rules, error);
}
