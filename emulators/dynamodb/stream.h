/* stream.h -- a table's stream: which part of its change log clients may read.
 *
 * Purpose  Enabling and disabling, names, finding one by its ARN. stream_operations.c reads.
 * Source   Developer guide, "Change data capture for DynamoDB Streams".
 * Note     The records of a disabled stream stay readable for 24 hours, also when the table is
 *          deleted. */
#ifndef EMULATORS_DYNAMODB_STREAM_H
#define EMULATORS_DYNAMODB_STREAM_H

#include "emulators/dynamodb/table.h"

const char *ddb_stream_view_name(enum ddb_stream_view view);
/* VIEW_COUNT for an unknown name or NULL. */
enum ddb_stream_view ddb_stream_view_find(const char *name);

/* There must be no enabled one. */
void ddb_stream_enable(struct ddb_table *table, enum ddb_stream_view view);
void ddb_stream_disable(struct ddb_table *table);
bool ddb_stream_is_enabled(const struct ddb_table *table);
/* Enabled, or not disabled for longer than its records are kept. */
bool ddb_stream_is_readable(const struct ddb_table *table, const struct ddb_stream *stream);
/* For table_document.h: all streams of a table. */
MUST_USE cJSON *ddb_streams_save(const struct ddb_table *table);
MUST_USE enum sim_result ddb_streams_load(struct ddb_table *table, const cJSON *saved,
                                          struct sim_error *error);
void ddb_stream_destroy(struct ddb_stream *stream); /* older ones as well */

#endif
