/* front_route.h -- which service, Region and account a request is for.
 *
 * Purpose  Service, by the first that tells: the listener, the prefix of X-Amz-Target, the
 *          credential scope, the host name, the path (REST services); what names none goes to the
 *          service whose traits say so. Region: the listener or the Region's own local address, the
 *          scope, the host name, the world's first Region that hosts services. An address that
 *          belongs to a Region wins over the scope: whoever connects to us-west-2's address
 *          reaches us-west-2 and nothing else, as in the world, where DNS decides that.
 *          Account: an access key of twelve digits, an account label of the host, or the default.
 * Owner    Strings are borrowed from the message, its arena, or the world. */
#ifndef EMULATORS_WIRE_FRONT_ROUTE_H
#define EMULATORS_WIRE_FRONT_ROUTE_H

#include "emulators/wire/credential.h"
#include "emulators/wire/front.h"
#include "emulators/wire/front_traits.h"
#include "emulators/wire/model.h"

struct front_route {
    const struct wire_service *service;
    const struct wire_model *model;
    const struct front_traits *traits;
    const char *region;
    struct wire_error region_error; /* code NULL: the Region is one of this world */
    const char *account;
    struct credential credential;
};

/* False: *error says that there is no such service here. A Region that does not exist is no reason
 * to stop yet: what is wrong with the request itself comes first, as at AWS. */
MUST_USE bool front_route_find(struct wire_dispatcher *dispatcher,
                               const struct wire_listener *listener,
                               const struct front_message *message, struct front_route *route,
                               struct wire_error *error);

/* What a host name tells: "dynamodb.us-west-2.amazonaws.com:4566". All may stay NULL. */
struct front_host {
    const struct wire_service *service;
    const char *region;
    const char *account;
};
void front_host_read(struct wire_dispatcher *dispatcher, const struct front_message *message,
                     struct front_host *host);

#endif
