/* front_authenticate.c -- the step between "which operation" and "with which input". */
#include "emulators/wire/front_protocol.h"
#include "emulators/wire/signature.h"

/* The Region that a signature must be for. Services that are at one place for all the world take
 * any: SDKs that are given an endpoint sign for their own Region. */
static const char *region_to_sign(const struct front_route *route)
{
    const struct wire_service *service = route->service;
    const bool is_at_one_place = service->scope == SCOPE_GLOBAL && service->control_region != NULL;
    return is_at_one_place ? NULL : route->region;
}

/* Clients sign by the machine's time, which only a real clock shows. */
static uint64_t time_to_compare_us(const struct sim_clock *clock)
{
    return sim_clock_mode(clock) == SIM_CLOCK_REAL ? sim_clock_now_us(clock) : 0;
}

static bool verify(struct front_exchange *exchange, struct credential_rules *rules,
                   struct wire_error *error)
{
    struct front_route *route = &exchange->route;
    const struct front_access *access = exchange->access;
    rules->is_verified = true;
    rules->region = region_to_sign(route);
    rules->now_us = time_to_compare_us(access->clock);
    if (!credential_check(&exchange->message, &route->credential, rules, error))
        return false;
    struct signature_key *key = signature_keys_find(access->keys, route->credential.access_key);
    if (key == NULL) {
        *error = (struct wire_error){.code = "UnrecognizedClientException",
                                     .message =
                                         "The security token included in the request is invalid."};
        return false;
    }
    route->account = key->account;
    return signature_verify(
        &exchange->message, &route->credential, key,
        route->traits->signs_path_as_sent ? SIGNATURE_PATH_AS_SENT : SIGNATURE_PATH_NORMAL, error);
}

bool front_authenticate(struct front_exchange *exchange, struct wire_error *error)
{
    struct front_route *route = &exchange->route;
    const struct front_access *access = exchange->access;
    struct credential_rules rules = {
        .signing_name = front_traits_signing_name(route->traits, route->service->id)};
    if (access != NULL && access->is_verified)
        return verify(exchange, &rules, error);
    if (!credential_check(&exchange->message, &route->credential, &rules, error))
        return false;
    const struct signature_key *key =
        access == NULL ? NULL : signature_keys_find(access->keys, route->credential.access_key);
    if (key != NULL)
        route->account = key->account;
    return true;
}
