/* table_save.h -- what the data directory keeps of tables, beside items and logs.
 *
 * Purpose  A table has one document (table_document.h) and one row of counters: totals, where its
 *          log begins and ends, how far the links away from it are. Both are written when the turn
 *          is committed, once a turn, and only for tables that were marked: a document where
 *          something may have changed (an equal text is not written again), the counters where
 * items were. Use      Whoever changes what a table's document says calls ddb_table_changed() in
 * the same turn: before or after the change. Calls that name a table for the control plane
 * (item_request.h) do so by themselves, and so do the states of a table (ddb_table_after_delay(),
 *          ddb_table_become_active()); an event that changes something else must.
 * Note     Without a data directory all of this does nothing. */
#ifndef EMULATORS_DYNAMODB_TABLE_SAVE_H
#define EMULATORS_DYNAMODB_TABLE_SAVE_H

#include "emulators/dynamodb/table.h"

/* Its document, and those of all replicas. */
void ddb_table_changed(struct ddb_table *table);
/* Its counters. */
void ddb_table_counted(struct ddb_table *table);
/* It is about to go: forgets the marks. */
void ddb_table_unmark(struct ddb_table *table);
/* In the open request: what is kept of it goes. */
MUST_USE enum sim_result ddb_table_unsave(struct ddb_table *table, struct sim_error *error);

/* A saver (data.h); context is the struct ddb. */
enum sim_result ddb_tables_save(void *context, struct sim_error *error);

/* table_load.c: everything that the data directory has, going on where it was. */
MUST_USE enum sim_result ddb_tables_load(struct ddb *ddb, struct sim_error *error);

#define DDB_TABLE_KIND "dynamodb.table" /* of documents */

#endif
