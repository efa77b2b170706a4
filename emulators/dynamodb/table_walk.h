/* table_walk.h -- going through all of a table's rows in steps, while it is being written.
 *
 * Purpose  Filling a new index and finding the items that expire: DDB_WALK_ROWS rows a step, in the
 *          order of their keys, each step a request of its own. Writes of other calls come between
 *          the steps: a visitor must allow for rows that were written since the walk began.
 * Owner    ddb_walk_start() gives; the walk ends itself right before done runs, or by
 *          ddb_walk_stop(). */
#ifndef EMULATORS_DYNAMODB_TABLE_WALK_H
#define EMULATORS_DYNAMODB_TABLE_WALK_H

#include "emulators/dynamodb/table.h"

#define DDB_WALK_ROWS       200
#define DDB_WALK_ROWS_PER_S 10000

struct ddb_walk;

/* One row, inside a request; tombstones are left out. */
typedef enum sim_result ddb_walk_visit(void *context, const struct ddb_key_blob *key,
                                       const cJSON *item, struct sim_arena *arena,
                                       struct sim_error *error);

MUST_USE struct ddb_walk *ddb_walk_start(struct ddb_table *table, ddb_walk_visit *visit,
                                         sim_sched_fn *done, void *context);
void ddb_walk_stop(struct ddb_walk *walk); /* NULL is allowed */

#endif
