/* call.h -- one operation under way, as its handler sees it.
 *
 * Purpose  Input, place, caller; output or error. Also the ways to say what went wrong.
 * Owner    The call owns its arena, and the arena owns output, error texts and all else that dies
 *          with the call. input is borrowed and must not be changed. A cJSON tree that the handler
 *          makes goes into output (the call deletes it) or to sim_arena_defer. */
#ifndef EMULATORS_WIRE_CALL_H
#define EMULATORS_WIRE_CALL_H

#include <cjson/cJSON.h>

#include "emulators/wire/service.h"
#include "sim/core/arena.h"

/* What became of a call as its client sees it. */
enum wire_outcome {
    WIRE_OK,
    WIRE_ERROR,     /* the service answered with an error */
    WIRE_REFUSED,   /* no connection */
    WIRE_RESET,     /* connection broke; the operation may have run */
    WIRE_TIMED_OUT, /* no answer in time; the operation may have run */
};

struct wire_error {
    const char *code;    /* "ResourceNotFoundException", without a namespace */
    const char *message; /* NULL: the service sends none */
    int status;          /* HTTP status; 0: from api.json, else 400 (500 for a server fault) */
    bool is_server_fault;
    cJSON *members; /* further members of the error's body, or NULL; owned by the call */
};

struct wire_call {
    struct sim_arena *arena;
    const struct wire_service *service;
    const struct wire_operation *operation;
    const struct wire_host *host; /* core, dispatcher, health, metrics */
    const char *region;
    const char *account;  /* 12 digits */
    const char *caller;   /* access key id, or what an internal caller calls itself */
    const char *endpoint; /* name of the listener's endpoint ("" for the common port): a cluster
                             endpoint's Region for route53-recovery-cluster */
    const char *endpoint_host; /* "127.0.0.1:4566": what the client reached us by, for URLs */
    const char *request_id;
    const cJSON *input; /* an object; never NULL */
    bool is_simulated;  /* by a drill or another emulator, with simulated time */

    void *begun; /* what the service's begin left when the call arrived; NULL: nothing */

    cJSON *output; /* NULL: empty */
    enum wire_outcome outcome;
    struct wire_error error;
};

/* The usual ends of a handler, each returning WIRE_DONE so that "return wire_fail(...)" ends it. */
enum wire_progress wire_succeed(struct wire_call *call, cJSON *output);
enum wire_progress wire_fail(struct wire_call *call, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* With further members (given away to the call). */
enum wire_progress wire_fail_with(struct wire_call *call, const char *code, cJSON *members,
                                  const char *format, ...) PRINTF_LIKE(4, 5);
/* An inner failure (the store): 500 with the service's own words. */
enum wire_progress wire_fail_internal(struct wire_call *call, const struct sim_error *error);
/* Ends a call whose handler answered WIRE_LATER. */
void wire_call_finish(struct wire_call *call);

/* Reading inputs. The wire has checked types and constraints, so these only fetch: NULL, fallback
 * or false where the member is absent. */
const char *wire_text(const cJSON *object, const char *member);
int64_t wire_integer(const cJSON *object, const char *member, int64_t fallback);
bool wire_flag(const cJSON *object, const char *member, bool fallback);
const cJSON *wire_member(const cJSON *object, const char *member); /* case-sensitive */
uint64_t wire_now_us(const struct wire_call *call);

#endif
