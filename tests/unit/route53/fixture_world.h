/* fixture_world.h -- a small world with Route 53 in it, and a short way to write zones.
 *
 * Zones in tests are lines of words: NAME TYPE [POLICY] VALUES [hc:CHECK] [ttl:N]
 *   www A 192.0.2.1,192.0.2.2       simple
 *   www A w:blue=10 192.0.2.1       weighted, set identifier blue, weight 10
 *   www A l:east=us-east-1 ...      latency
 *   www A f:p=PRIMARY ...           failover
 *   www A g:eu=@EU ...              geolocation: @continent, country, country-subdivision, *
 *   www A m:one ...                 multivalue
 *   www A p:a=us-east-1@-50 ...     geoproximity: a Region, a Local Zone group or 51.5/-0.12; @bias
 *   www A c:a=office ...            IP-based: a location of the fixture's CIDR collection, *
 *   www A ->target                  alias; =>target evaluates the target's health
 *   www A ->name!ZONE               alias into another zone: the endpoint of a service
 * Names are relative to the zone; @ is its apex. Lines end with ';'. Checks are made when named. */
#ifndef TESTS_UNIT_ROUTE53_FIXTURE_WORLD_H
#define TESTS_UNIT_ROUTE53_FIXTURE_WORLD_H

#include "emulators/route53/route53.h"
#include "emulators/wire/dispatch.h"
#include "emulators/wire/health.h"

#define FIXTURE_CONTROLS_MAX 16

struct fixture {
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct r53 *r53;
    char code[64]; /* of the last call's error; "" */
    char message[16384];
    cJSON *output; /* of the last call, until the next; NULL after an error */
    struct fixture_control {
        char name[32]; /* routing control "arn" */
        char check_id[40];
        bool is_off;
    } controls[FIXTURE_CONTROLS_MAX];
    size_t control_count;
    char zone_id[40];       /* of the last zone made */
    char collection_id[40]; /* "": no CIDR collection yet */
};

/* A virtual clock, Regions us-east-1, us-east-2, us-west-2, eu-west-1; no propagation delay. */
void fixture_init(struct fixture *fixture);
void fixture_fini(struct fixture *fixture);

/* True: success, output is set. */
bool fixture_call(struct fixture *fixture, const char *operation, const char *json);
/* The same, with '%s' in the format. */
bool fixture_callf(struct fixture *fixture, const char *operation, const char *format, ...)
    PRINTF_LIKE(3, 4);
const char *fixture_make_zone(struct fixture *fixture, const char *name); /* its id */
/* A text member by path "ChangeInfo.Id" of the output; "" if absent. */
const char *fixture_text(const struct fixture *fixture, const char *path);

/* A health check that follows a routing control of that name; its id. */
const char *fixture_check(struct fixture *fixture, const char *name);
void fixture_turn(struct fixture *fixture, const char *name, bool is_on);

/* Creates the records of the short form in the zone; fails the test if the service refuses. */
void fixture_add_records(struct fixture *fixture, const char *zone_name, const char *lines);
/* "192.0.2.1 192.0.2.2" in sorted order, "NODATA", "NXDOMAIN", "REFUSED", "SERVFAIL". */
void fixture_ask(struct fixture *fixture, const char *name, const char *type, const char *region,
                 char *text, size_t bytes);
/* Puts a block into a location of the one CIDR collection, which is made when first named. */
void fixture_add_block(struct fixture *fixture, const char *location, const char *cidr);
/* The same question to a client subnet, "192.0.2.0/24", by way of TestDNSAnswer. */
void fixture_ask_from(struct fixture *fixture, const char *name, const char *type,
                      const char *subnet, char *text, size_t bytes);
/* Lets the virtual clock go on. */
void fixture_advance(struct fixture *fixture, uint64_t delay_us);

#endif
