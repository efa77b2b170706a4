/* fixture_model_past.h -- the past of a model run's table: its stream and its restores.
 *
 * Purpose  One array of things is kept by stream records alone, from the first on. Snapshots of the
 *          oracle are compared with tables restored to their moments. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_PAST_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_PAST_H

#include "tests/property/dynamodb/fixture_model_run.h"

#define MODEL_SNAPSHOTS 6
#define MODEL_SHARDS    64

struct model_shard {
    char id[96];
    char last[48]; /* sequence number of the last record read; "" before the first */
    bool is_done;
};

struct model_snapshot {
    uint64_t at_us;
    struct thing things[THING_KEYS];
};

struct model_past {
    char stream[256]; /* ARN */
    struct model_shard shards[MODEL_SHARDS];
    size_t shard_count;
    uint64_t record_count;
    struct thing mirror[THING_KEYS];
    struct model_snapshot snapshots[MODEL_SNAPSHOTS];
    size_t snapshot_count;
};

void model_past_init(struct model_past *past, struct model_run *run);
/* Reads on to the stream's end; the mirror then is the oracle. */
void model_past_follow(struct model_past *past, struct model_run *run);
/* Keeps the oracle of now. */
void model_past_snapshot(struct model_past *past, struct model_run *run);
/* Restores to each snapshot's moment. */
void model_past_restore(struct model_past *past, struct model_run *run);

#endif
