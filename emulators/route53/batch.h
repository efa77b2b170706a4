/* batch.h -- one ChangeResourceRecordSets: decode, check, apply; all of it or nothing.
 *
 * Purpose  The rules and sentences of the service. All faults of a batch are collected and told in
 *          one bracket list.
 * Works    decode turns JSON into record sets and finds what is wrong with each alone; apply takes
 *          out what is deleted, puts in what is created or upserted, looks at the result by the
 *          conflict rules, and takes all back if there was a fault.
 * Source   Route 53 API reference, ChangeResourceRecordSets; quota page; messages as published.
 * Owner    _fini gives back everything; deltas are taken from the batch by r53_batch_take(). */
#ifndef EMULATORS_ROUTE53_BATCH_H
#define EMULATORS_ROUTE53_BATCH_H

#include <cjson/cJSON.h>

#include "emulators/route53/change.h"
#include "sim/core/buffer.h"

#define R53_BATCH_VALUES_MAX     1000  /* ResourceRecord elements; UPSERT counts twice */
#define R53_BATCH_CHARACTERS_MAX 32000 /* of all values; UPSERT counts twice */
#define R53_GROUP_SETS_MAX       100
#define R53_PROXIMITY_SETS_MAX   30
#define R53_SET_VALUES_MAX       400
#define R53_ALIAS_CHECKED_DEPTH  32

enum r53_action { R53_CREATE, R53_DELETE, R53_UPSERT };

struct r53_edit {
    enum r53_action action;
    struct r53_rrset *set;
    bool is_faulty;           /* its own fields are wrong: no further rule is asked */
    struct sim_buffer faults; /* sentences, ", " between them */
};

struct r53_batch {
    struct r53_edit *edits;
    size_t edit_count;
    struct r53_delta *deltas;
    size_t delta_count;
    struct sim_buffer faults; /* of the batch as a whole */
    const char *code;         /* set: the batch is refused with this code and message */
    char message[2048];
};

void r53_batch_init(struct r53_batch *batch);
void r53_batch_fini(struct r53_batch *batch);
/* False: batch->code and message say why (InvalidInput, NotImplemented). */
MUST_USE bool r53_batch_decode(struct r53_batch *batch, const struct r53_zone *zone,
                               const cJSON *changes);
/* Changes zone->wanted; false: nothing has changed, r53_batch_faults() tells. */
MUST_USE bool r53_batch_apply(struct r53_batch *batch, struct r53_zone *zone);
/* "[first, second]" */
void r53_batch_faults(const struct r53_batch *batch, struct sim_buffer *text);
/* The first HealthCheckId that a created or upserted set names and exists() does not know. */
const char *r53_batch_unknown_check(const struct r53_batch *batch,
                                    bool (*exists)(void *context, const char *id), void *context);

/* Each says NULL, or what is wrong with a GeoProximityLocation: batch_routing.c. */
const char *r53_proximity_decode(const cJSON *json, struct r53_proximity *place);
cJSON *r53_proximity_json(const struct r53_proximity *place);
/* Sets must name CIDR collections and locations that are there. */
struct r53_cidr_collections;
void r53_batch_check_collections(struct r53_batch *batch,
                                 const struct r53_cidr_collections *collections);

void r53_edit_fault(struct r53_edit *edit, const char *format, ...) PRINTF_LIKE(2, 3);
/* The rules about the zone as it would be: conflict.c. */
void r53_edit_check(struct r53_edit *edit, struct r53_zone *zone);
void r53_batch_check_apex(struct r53_batch *batch, const struct r53_zone *zone);

#endif
