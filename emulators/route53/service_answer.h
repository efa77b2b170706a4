/* service_answer.h -- what the endpoints of AWS services resolve to in this world: the loopback
 * address of a Region.
 *
 * Owner    _fini gives back the sets that were made on the way. */
#ifndef EMULATORS_ROUTE53_SERVICE_ANSWER_H
#define EMULATORS_ROUTE53_SERVICE_ANSWER_H

#include "emulators/route53/resolve.h"

struct r53;

struct r53_service_answers {
    struct r53_rrset **by_region; /* by the Region's index; NULL: not asked for yet */
    size_t count;
};

void r53_service_answers_fini(struct r53_service_answers *answers);
/* A regional service is in its Region; a global one in the Region nearest to the client that hosts
 * the application (r53_set_hosts()). NULL: the world has no such Region, or the type is not A. */
const struct r53_rrset *r53_service_answer(struct r53 *r53, const struct r53_rrset *alias,
                                           const struct r53_client *client);

#endif
