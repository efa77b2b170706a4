/* table_document.h -- all that is known of a table but its items, as one JSON text.
 *
 * Purpose  What the data directory keeps of a table (table_save.h says when). A new field of struct
 *          ddb_table gets a row in one of the tables of table_document.c: fields[] for numbers and
 *          flags, trees[] for cJSON, parts[] for whatever has structure; and whoever changes it
 *          calls ddb_table_changed().
 * Form     {"Account","Name","Region","Id","Number","Status","Spec", ...}. Missing members read as
 *          zero, so that a field can be added without another version of the format.
 * Errors   INVALID, with a sentence: the document is damaged. */
#ifndef EMULATORS_DYNAMODB_TABLE_DOCUMENT_H
#define EMULATORS_DYNAMODB_TABLE_DOCUMENT_H

#include "emulators/dynamodb/table.h"

/* The caller frees it. */
MUST_USE char *ddb_table_document(const struct ddb_table *table);

/* Makes the table in its Region as the document tells, without membership and without anything
 * under way (table_load.c resumes that). */
MUST_USE enum sim_result ddb_table_from_document(struct ddb *ddb, const cJSON *document,
                                                 struct ddb_table **table, struct sim_error *error);

#endif
