/* records.h -- the record sets of one zone, by name: one version of its contents.
 *
 * Purpose  Look-up by wire name for DNS, order for lists. A node stands for each name that has
 *          records or lies above one that has (an empty non-terminal).
 * Owner    _init/_fini; the table holds a use of each set. Nodes and groups are borrowed until the
 *          next put or remove. */
#ifndef EMULATORS_ROUTE53_RECORDS_H
#define EMULATORS_ROUTE53_RECORDS_H

#include "emulators/route53/rrset.h"

struct r53_node;

/* All sets of one name and type, by set identifier. */
struct r53_group {
    struct r53_node *node;
    ldns_rr_type type;
    struct r53_rrset **sets;
    size_t set_count;
    /* The resolver's notes, so that a tree with shared branches costs no more than its size. */
    uint64_t noted_at; /* number of the walk that wrote the note */
    bool noted;
};

struct r53_records {
    struct r53_name apex;
    struct r53_node *by_wire;
    struct r53_node **ordered; /* those that have records, by list key */
    size_t ordered_count;
    size_t ordered_capacity;
    size_t set_count;
    uint64_t walk_count;
};

void r53_records_init(struct r53_records *records, const struct r53_name *apex);
void r53_records_fini(struct r53_records *records);

/* Puts set in place of the one with the same key, whose use is given back (NULL: none). Takes a use
 * of its own. */
struct r53_rrset *r53_records_put(struct r53_records *records, struct r53_rrset *set);
/* Takes out the one with the key of set; its use is the caller's then (NULL: none). */
MUST_USE struct r53_rrset *r53_records_take(struct r53_records *records,
                                            const struct r53_rrset *set);
struct r53_rrset *r53_records_find(const struct r53_records *records, const struct r53_rrset *key);

struct r53_node *r53_node_find(const struct r53_records *records, const uint8_t *wire,
                               size_t bytes);
const struct r53_name *r53_node_name(const struct r53_node *node);
const char *r53_node_list_key(const struct r53_node *node);
size_t r53_node_group_count(const struct r53_node *node); /* 0: an empty non-terminal */
struct r53_group *r53_node_group_at(const struct r53_node *node, size_t index); /* by type name */
struct r53_group *r53_group_find(const struct r53_node *node, ldns_rr_type type);
struct r53_group *r53_group_at_name(const struct r53_records *records, const struct r53_name *name,
                                    ldns_rr_type type);

bool r53_records_is_consistent(const struct r53_records *records);

#endif
