/* query_log.h -- who asked the DNS, what they got, and why: the latest questions, for people.
 *
 * Purpose  Each policy on the way to an answer leaves a step: what its sets were (unhealthy ones
 *          too) and which was chosen. Kept for questions that came by a socket.
 * Owner    r53_query_log_create() gives, r53_query_log_destroy() takes back. Entries are copies,
 * cut where they get long. Cost     A bounded amount for a question; steps are written only where a
 * log is kept. */
#ifndef EMULATORS_ROUTE53_QUERY_LOG_H
#define EMULATORS_ROUTE53_QUERY_LOG_H

#include <cjson/cJSON.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/resolve.h"

#define R53_LOG_ENTRIES    1000
#define R53_STEPS_BYTES    768
#define R53_LOG_NAME_BYTES 256
#define R53_LOG_DATA_BYTES 256

struct r53_steps { /* lines, one a policy */
    char text[R53_STEPS_BYTES];
    size_t used;
};

/* "latency: us-east-1 unhealthy, us-west-2 chosen": begin, each set, end. */
void r53_steps_begin(struct r53_steps *steps, const char *policy);
void r53_steps_set(struct r53_steps *steps, const char *name, const char *state);
void r53_steps_end(struct r53_steps *steps, const char *remark); /* remark may be NULL */

struct r53_query_log;

MUST_USE struct r53_query_log *r53_query_log_create(void);
void r53_query_log_destroy(struct r53_query_log *log); /* NULL is allowed */
void r53_query_log_clear(struct r53_query_log *log);

struct r53_logged {
    uint64_t at_us;
    const struct r53_dns_peer *peer;
    const struct r53_address *client; /* by its subnet or its own address */
    const char *region;               /* where the client is taken to be; NULL: nowhere */
    const struct r53_name *name;
    ldns_rr_type type;
    const struct r53_result *result;
    bool is_refused; /* no zone */
    const struct r53_steps *steps;
};
void r53_query_log_add(struct r53_query_log *log, const struct r53_logged *logged);

/* {"queries": [...]}, oldest first, of one name (NULL: all), at most last of them (0: all). The
 * caller deletes it. */
MUST_USE cJSON *r53_query_log_print(const struct r53_query_log *log, const char *name, size_t last);

#endif
