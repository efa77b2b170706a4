/* image_copy.h -- a table's items as they were at one moment, copied in steps while it is written.
 *
 * How it works
 *   A moment is a sequence of the table's change log: the state right after that change. First all
 *   rows are copied in the order of their keys, as they are when their turn comes; some of them are
 *   newer than the moment, and rows deleted since are missing. Then the changes after the moment
 *   are undone in the copy, the newest first, by their old images: the last one put for an item is
 *   its old image in the first change after the moment, which is what it was then. No item is
 *   looked up in the log, and the table is never held up.
 *   The copy is a reader of the log: nothing after the moment is trimmed before the copy is done.
 *   A backup's rows do not change: they are copied, and nothing is undone.
 *
 * Cost     DDB_WALK_ROWS rows or changes a step, each step a request of the target's store, at the
 *          pace of a walk (table_walk.h). While one of the Regions is down or cannot reach the
 *          other, the copy waits.
 * Owner    ddb_image_start() gives; the image ends itself right before done runs, or by
 *          ddb_image_stop(). A source table must not go before its images. */
#ifndef EMULATORS_DYNAMODB_IMAGE_COPY_H
#define EMULATORS_DYNAMODB_IMAGE_COPY_H

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/table.h"

struct ddb_image;

/* What the target holds of an item from now on, inside a request of the target's store; item NULL:
 * nothing. Items may be put several times. */
typedef enum sim_result ddb_image_put(void *context, struct ddb_commit *commit,
                                      const struct ddb_key_blob *key, const char *item,
                                      size_t size_bytes, struct sim_error *error);

struct ddb_image_options {
    struct ddb_table *table; /* NULL: the rows do not change */
    uint64_t sequence;       /* of the table's log: the moment */
    struct ddb_items *items; /* the rows; the table's own where there is one */
    struct ddb_region *from;
    struct ddb_region *to;
    ddb_image_put *put;
    sim_sched_fn *done; /* of the context */
    void *context;
};

MUST_USE struct ddb_image *ddb_image_start(const struct ddb_image_options *options);
void ddb_image_stop(struct ddb_image *image); /* NULL is allowed */

/* The change after which images of the table still want all records; UINT64_MAX: no images. */
uint64_t ddb_image_least_sequence(const struct ddb_table *table);

#endif
