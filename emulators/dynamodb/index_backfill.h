/* index_backfill.h -- global indexes that are added to a table with items, and removed again.
 *
 * States   CREATING without back-fill while the table is UPDATING (writes maintain the index from
 *          the call on), CREATING while it is filled, ACTIVE. Items whose key attributes are
 *          missing, mistyped or too big have no entry, which is no error.
 * Source   Developer guide, "Managing Global Secondary Indexes". */
#ifndef EMULATORS_DYNAMODB_INDEX_BACKFILL_H
#define EMULATORS_DYNAMODB_INDEX_BACKFILL_H

#include "emulators/dynamodb/table.h"

/* definition is the table's with one global index more, at the end; it becomes the table's on
 * success. */
MUST_USE enum sim_result ddb_index_add(struct ddb_table *table, struct ddb_definition *definition,
                                       struct sim_error *error);
/* A store that fails leaves the index ACTIVE. */
void ddb_index_remove(struct ddb_table *table, size_t number);

void ddb_index_backfill_start(struct ddb_table *table, size_t number);
void ddb_index_backfill_stop_all(struct ddb_table *table);

/* The first index in that state, or NULL. */
const char *ddb_index_in_state(const struct ddb_table *table, enum ddb_index_status status);
const char *ddb_index_status_name(enum ddb_index_status status);

/* A copy of the definition's spec without an index, and without attribute definitions that no key
 * uses (new_index may use some; its definitions are looked up in more). The caller owns it. */
MUST_USE cJSON *ddb_index_spec_without(const struct ddb_definition *definition, const char *name);
MUST_USE cJSON *ddb_index_spec_with(const struct ddb_definition *definition, const cJSON *new_index,
                                    const cJSON *more_definitions);

/* Attribute definitions that no key of the spec uses go. */
void ddb_index_prune_definitions(cJSON *spec);

#endif
