/* change.h -- changes on their way from PENDING to INSYNC.
 *
 * Purpose  GetChange, and the moment at which DNS begins to serve new data.
 * Owner    struct r53_changes owns its changes; the oldest that are INSYNC are forgotten beyond
 *          R53_CHANGE_MAX. */
#ifndef EMULATORS_ROUTE53_CHANGE_H
#define EMULATORS_ROUTE53_CHANGE_H

#include "emulators/route53/cidr.h"
#include "emulators/route53/zone.h"

#define R53_CHANGE_MAX 4096

struct r53;

/* One step: old goes, new comes; either may be NULL. Holds a use of both. */
struct r53_delta {
    struct r53_rrset *old;
    struct r53_rrset *new;
};

struct r53_change {
    struct r53 *r53;
    char id[R53_ID_BYTES];
    char zone_id[R53_ID_BYTES];                  /* "": of a CIDR collection */
    char collection_id[R53_COLLECTION_ID_BYTES]; /* "": of a zone */
    struct r53_cidr_blocks blocks;               /* of the collection from INSYNC on */
    bool is_insync;
    uint64_t number; /* counts what was submitted */
    uint64_t submitted_us;
    uint64_t due_us; /* when it turns INSYNC */
    char *comment;   /* NULL: none */
    struct r53_delta *deltas;
    size_t delta_count;
    uint64_t event; /* 0: none pending */
    UT_hash_handle hh;
};

struct r53_changes {
    struct r53_change *by_id; /* in the order in which they were submitted */
    size_t count;
};

void r53_changes_fini(struct r53 *r53);
/* Forgets the oldest that are INSYNC; false: too many are still PENDING. */
MUST_USE bool r53_changes_make_room(struct r53_changes *changes);
/* Takes deltas (malloc'ed, with their uses). When the zone is gone by then, nothing reaches DNS. */
struct r53_change *r53_change_submit(struct r53 *r53, struct r53_zone *zone,
                                     struct r53_delta *deltas, size_t delta_count,
                                     const char *comment);
/* The collection's wanted blocks are to reach DNS. */
struct r53_change *r53_change_submit_cidr(struct r53 *r53, struct r53_cidr_collection *collection);
struct r53_change *r53_change_find(const struct r53_changes *changes, const char *id);
/* Puts a step into a table, or takes it back out. */
void r53_delta_apply(const struct r53_delta *delta, struct r53_records *records);
void r53_delta_undo(const struct r53_delta *delta, struct r53_records *records);
/* The same for what DNS serves: in place of a traffic policy instance's set comes its tree. */
void r53_delta_serve(const struct r53_delta *delta, struct r53_records *records);
void r53_delta_unserve(const struct r53_delta *delta, struct r53_records *records);
/* A change found in the data directory, with its id, number, zone, times and steps. Takes it; one
 * that is PENDING turns INSYNC when it is due. */
void r53_change_restore(struct r53 *r53, struct r53_change *change);

#endif
