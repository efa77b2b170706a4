/* credential.h -- who signed a request, for which Region and service; not whether the signature
 * fits.
 *
 * Purpose  Routing reads the scope leniently; credential_check() then says what is missing or
 *          malformed, in the service's own words and order. Any key works: signatures are not
 *          verified, and dates are not compared with the (simulated) clock.
 * Source   Texts and order: DynamoDB's answers. Forms: AWS Signature Version 4 (Region in the
 *          scope) and 4a (AWS4-ECDSA-P256-SHA256: no Region in the scope, X-Amz-Region-Set beside
 * it). Owner    Strings lie in the message's arena or are borrowed from it. */
#ifndef EMULATORS_WIRE_CREDENTIAL_H
#define EMULATORS_WIRE_CREDENTIAL_H

#include "emulators/wire/front_message.h"

struct credential {
    const char *authorization; /* the header's value, or NULL */
    bool is_in_query;          /* X-Amz-Algorithm stands in the query */
    const char *algorithm;     /* "AWS4-HMAC-SHA256"; NULL: none */
    const char *credential;    /* AKID/20260101/us-east-1/dynamodb/aws4_request; NULL: absent */
    const char *signature;
    const char *signed_headers;
    const char *date; /* X-Amz-Date by header or query, or NULL */
    bool has_date;    /* that, or a Date header */
    /* Parts of credential; all NULL when it does not have the algorithm's number of parts. */
    const char *access_key;
    const char *scope_date;
    const char *region; /* 4a: the one Region of X-Amz-Region-Set, or NULL */
    const char *service;
    const char *terminator;
};

void credential_read(const struct front_message *message, struct credential *credential);

/* False, and *error filled, when the service would refuse the request before it looks at the
 * signature. signing_name: what the scope must name. Codes carry the suffix "Exception", as the
 * JSON services send them. */
MUST_USE bool credential_check(const struct front_message *message,
                               const struct credential *credential, const char *signing_name,
                               struct wire_error *error);

/* The account a request is for: its access key if that is twelve digits, else the default. */
const char *credential_account(const struct credential *credential);

#endif
