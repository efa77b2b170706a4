/* cidr.h -- CIDR collections: named locations made of address blocks, for IP-based routing.
 *
 * Purpose  What the API edits (wanted) and what DNS routes by (served), as with zones.
 * Owner    struct r53_cidr_collections owns its collections; _fini gives all back.
 * Source   Route 53 API reference, CreateCidrCollection, ChangeCidrCollection; developer guide,
 *          "IP-based routing". */
#ifndef EMULATORS_ROUTE53_CIDR_H
#define EMULATORS_ROUTE53_CIDR_H

#include "emulators/route53/network.h"
#include "emulators/route53/rrset.h"

#define R53_COLLECTION_MAX        5    /* quota */
#define R53_COLLECTION_BLOCK_MAX  1000 /* quota, of one collection */
#define R53_CIDR_V4_BITS_MAX      24
#define R53_CIDR_V6_BITS_MAX      48
#define R53_COLLECTION_NAME_BYTES 65
#define R53_CIDR_TEXT_BYTES       64

struct r53_cidr_block {
    struct r53_address network; /* the bits behind the prefix are 0 */
    uint8_t prefix_bits;
    char location[R53_CIDR_LOCATION_BYTES];
};

/* By location, then network, then prefix. */
struct r53_cidr_blocks {
    struct r53_cidr_block *items;
    size_t count;
};

struct r53_cidr_collection {
    char id[R53_COLLECTION_ID_BYTES];
    char name[R53_COLLECTION_NAME_BYTES];
    char *caller_reference;
    int64_t version;
    struct r53_cidr_blocks wanted;
    struct r53_cidr_blocks served;
    uint64_t last_insync_us; /* when its latest change turns INSYNC */
};

struct r53_cidr_collections {
    struct r53_cidr_collection *items[R53_COLLECTION_MAX]; /* in the order of their creation */
    size_t count;
};

void r53_cidr_collections_fini(struct r53_cidr_collections *collections);
struct r53_cidr_collection *r53_cidr_find(const struct r53_cidr_collections *collections,
                                          const char *id);
/* Takes name and reference as copies; there must be room. */
struct r53_cidr_collection *r53_cidr_add(struct r53_cidr_collections *collections, const char *id,
                                         const char *name, const char *caller_reference);
void r53_cidr_remove(struct r53_cidr_collections *collections,
                     struct r53_cidr_collection *collection);

/* "192.0.2.0/24", "2001:db8::/32": no longer than /24 and /48, no bits behind the prefix. */
MUST_USE bool r53_cidr_parse(const char *text, struct r53_cidr_block *block);
void r53_cidr_text(const struct r53_cidr_block *block, char text[R53_CIDR_TEXT_BYTES]);

void r53_cidr_blocks_copy(const struct r53_cidr_blocks *from, struct r53_cidr_blocks *to);
void r53_cidr_blocks_free(struct r53_cidr_blocks *blocks);
bool r53_cidr_has_location(const struct r53_cidr_blocks *blocks, const char *location);
/* The block of exactly that network, in whatever location; NULL: none. */
const struct r53_cidr_block *r53_cidr_block_find(const struct r53_cidr_blocks *blocks,
                                                 const struct r53_cidr_block *wanted);
void r53_cidr_block_put(struct r53_cidr_blocks *blocks, const struct r53_cidr_block *block);
void r53_cidr_block_drop(struct r53_cidr_blocks *blocks, const struct r53_cidr_block *block);

/* The location of the longest block that covers the client's subnet; NULL: none does. A client of
 * whom less is known than the block's prefix is not in it. */
const char *r53_cidr_locate(const struct r53_cidr_blocks *blocks, const struct r53_client *client);

#endif
