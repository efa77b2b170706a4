/* save.h -- zones, record sets, changes, delegation sets, health checks in the data directory.
 *
 * Purpose  One document an object, and one a record set, so that a change costs what it changes.
 *          Whoever makes, changes or removes an object says so in the same turn; before the commit
 *          the saver looks it up again: what is there is written, what is gone is erased.
 * Works    What DNS serves is not written: it is what the API shows without the changes that are
 *          PENDING, and their documents have their steps.
 * Note     Without a data directory nothing happens. Verdicts of health checks are not kept. */
#ifndef EMULATORS_ROUTE53_SAVE_H
#define EMULATORS_ROUTE53_SAVE_H

#include <uthash.h>

#include "emulators/route53/route53_internal.h"

enum r53_saved {
    R53_SAVED_DELEGATION,
    R53_SAVED_CHECK,
    R53_SAVED_ZONE,
    R53_SAVED_SET,
    R53_SAVED_CHANGE,
    R53_SAVED_POLICY,
    R53_SAVED_INSTANCE,
    R53_SAVED_QUERY_LOG,
    R53_SAVED_COLLECTION,
    R53_SAVED_KIND_COUNT,
};

/* Key of an object that waits for the saver. */
struct r53_unsaved {
    UT_hash_handle hh;
    enum r53_saved kind;
    char name[]; /* a digit for the kind, and the key */
};

void r53_changed(struct r53 *r53, enum r53_saved kind, const char *key);
void r53_zone_changed(struct r53 *r53, const struct r53_zone *zone);
void r53_set_changed(struct r53 *r53, const struct r53_zone *zone,
                     const struct r53_rrset *set); /* NULL is allowed */
void r53_change_changed(const struct r53_change *change);
void r53_policy_changed(struct r53 *r53, const struct r53_traffic_policy *policy);
void r53_instance_changed(struct r53 *r53, const struct r53_traffic_instance *instance);
/* Nothing waits any more. */
void r53_unsaved_clear(struct r53 *r53);

/* A saver (data.h); context is the struct r53. */
enum sim_result r53_save(void *context, struct sim_error *error);
/* load.c: fills a fresh r53 from the data directory. */
MUST_USE enum sim_result r53_load(struct r53 *r53, struct sim_error *error);

#define R53_SAVED_KEY_BYTES (R53_ID_BYTES + R53_NAME_TEXT_BYTES + 160)
extern const char *const r53_saved_kinds[R53_SAVED_KIND_COUNT]; /* of documents.h */

#endif
