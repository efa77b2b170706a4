/* credential.h -- who signed a request, for which Region and service; signature.h tells whether the
 * signature fits.
 *
 * Purpose  Routing reads the scope leniently; credential_check() then says what is missing or
 *          malformed, in the service's own words and order.
 * Source   Texts and order: DynamoDB's answers. Forms: AWS Signature Version 4 (Region in the
 *          scope) and 4a (AWS4-ECDSA-P256-SHA256: no Region in the scope, X-Amz-Region-Set beside
 *          it).
 * Owner    Strings lie in the message's arena or are borrowed from it. */
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
    const char *date;       /* "20260101T000000Z": X-Amz-Date by header or query, else the Date
                               header if it can be read, or NULL */
    bool has_date;          /* any of these headers */
    const char *region_set; /* X-Amz-Region-Set by header or query, or NULL */
    /* Parts of credential; all NULL when it does not have the algorithm's number of parts. */
    const char *access_key;
    const char *scope_date;
    const char *region; /* 4a: the one Region of X-Amz-Region-Set, or NULL */
    const char *service;
    const char *terminator;
};

/* What the service that was reached asks of a credential. */
struct credential_rules {
    const char *signing_name; /* what the scope must name */
    bool is_verified;         /* the rest counts */
    const char *region;       /* what the scope must name or the Region set cover; NULL: any */
    uint64_t now_us;          /* what the date must be near; 0: any date is good */
};

void credential_read(const struct front_message *message, struct credential *credential);

/* False, and *error filled, when the service would refuse the request before it looks at the
 * signature. Codes carry the suffix "Exception", as the JSON services send them. */
MUST_USE bool credential_check(const struct front_message *message,
                               const struct credential *credential,
                               const struct credential_rules *rules, struct wire_error *error);

/* SigV4a: one signature for all Regions of a set. */
bool credential_is_ecdsa(const struct credential *credential);
/* Does a Region set ("us-east-1,eu-*") cover the Region? Wildcards stand for any text. */
bool credential_covers(const char *region_set, const char *region);

/* The account a request is for: its access key if that is twelve digits, else the default. */
const char *credential_account(const struct credential *credential);

#endif
