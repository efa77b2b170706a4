/* data.h -- the data directory: what a world remembers when its process ends.
 *
 * Purpose  One store for all services and Regions, so that one commit is one moment for all of
 *          them: what a turn did is there whole after a restart, or not at all. Besides it
 * remembers the simulation's time and how often it was opened. Use      A service writes its rows
 * at once (they wait for the commit), and its documents (documents.h) in a saver, which runs before
 * each commit. The loop commits at the end of each turn, then the answers go out. Owner
 * sim_data_open() gives, sim_data_close() takes back; the store belongs to it. Errors   CONFLICT:
 * another process has it, or it is of another version; INVALID: it is no data directory, or
 * damaged; IO, LIMIT: it cannot be written. Files    DIR/regionlab.sqlite and its log, DIR/format
 * (the version), DIR/lock. */
#ifndef SIM_CORE_DATA_H
#define SIM_CORE_DATA_H

#include "sim/core/clock.h"
#include "sim/core/store.h"

struct sim_data;

struct sim_data_options {
    const char *directory; /* made if its parent is there */
    enum sim_durability durability;
};

MUST_USE enum sim_result sim_data_open(const struct sim_data_options *options,
                                       struct sim_data **data, struct sim_error *error);
/* Drops what was not committed. */
void sim_data_close(struct sim_data *data); /* NULL is allowed */

struct sim_store *sim_data_store(struct sim_data *data);
/* How often it was opened before (0: it is new), counted since the last sim_data_clear(). Random
 * streams must differ from run to run: mixed into the seed. */
uint64_t sim_data_run(const struct sim_data *data);
uint64_t sim_data_mix_seed(const struct sim_data *data, uint64_t seed);
/* The greatest time that was committed; 0: none. The simulation must not start before it. */
uint64_t sim_data_last_us(const struct sim_data *data);

/* save(context) writes what has changed; savers run in the order added. */
typedef enum sim_result sim_data_saver(void *context, struct sim_error *error);
void sim_data_add_saver(struct sim_data *data, sim_data_saver *save, void *context);
void sim_data_remove_saver(struct sim_data *data, const void *context);

/* Keeps everything written until now. After an error nothing since the last commit is kept, and
 * what is in memory says otherwise: the caller must end the process. */
MUST_USE enum sim_result sim_data_commit(struct sim_data *data, const struct sim_clock *clock,
                                         struct sim_error *error);
/* Empties it, with the next commit. */
MUST_USE enum sim_result sim_data_clear(struct sim_data *data, struct sim_error *error);

#endif
