/* stream_record.h -- a change as DynamoDB Streams tells it.
 *
 * Source   API reference, "Record" and "StreamRecord". */
#ifndef EMULATORS_DYNAMODB_STREAM_RECORD_H
#define EMULATORS_DYNAMODB_STREAM_RECORD_H

#include "emulators/dynamodb/stream.h"

/* 21 digits: a leading 1 and the sequence. */
#define DDB_SEQUENCE_TEXT_BYTES 24
void ddb_sequence_format(uint64_t sequence, char text[DDB_SEQUENCE_TEXT_BYTES]);
MUST_USE bool ddb_sequence_parse(const char *text, uint64_t *sequence);

/* The caller owns the record; *bytes gets its SizeBytes. */
MUST_USE cJSON *ddb_stream_record(const struct ddb_table *table, const struct ddb_stream *stream,
                                  const struct ddb_change *change, struct sim_arena *arena,
                                  size_t *bytes);

#endif
