/* capacity.h -- what a call consumed, as ReturnConsumedCapacity tells it.
 *
 * Purpose  Sums units for each table and index of a call and prints them.
 * Source   Developer guide, "Read and write capacity". One partition: AWS reports more for a Scan
 * of a small table spread over several. Owner    Lies in the call's arena. Units    halves of a
 * capacity unit, because an eventually consistent read costs half of one. */
#ifndef EMULATORS_DYNAMODB_CAPACITY_H
#define EMULATORS_DYNAMODB_CAPACITY_H

#include "emulators/dynamodb/table.h"

struct ddb_table_capacity {
    struct ddb_table *table;
    uint64_t table_halves;
    uint64_t *index_halves; /* by index number */
    struct ddb_table_capacity *next;
};

struct ddb_capacity { /* of one call; tables in the order in which they came up */
    struct sim_arena *arena;
    struct ddb_table_capacity *first;
};

#define DDB_READ_UNIT_BYTES  4096
#define DDB_WRITE_UNIT_BYTES 1024

/* At least one unit's worth each. */
uint64_t ddb_read_halves(size_t bytes, bool is_consistent);
uint64_t ddb_write_halves(size_t bytes);

void ddb_capacity_init(struct ddb_capacity *capacity, struct sim_arena *arena);
void ddb_capacity_add(struct ddb_capacity *capacity, struct ddb_table *table, uint64_t halves);
void ddb_capacity_add_index(struct ddb_capacity *capacity, struct ddb_table *table, size_t index,
                            uint64_t halves);
/* Adds everything of another one of the same arena, which is used up. */
void ddb_capacity_add_all(struct ddb_capacity *capacity, struct ddb_capacity *other);

enum ddb_capacity_form {
    DDB_CAPACITY_PLAIN,
    DDB_CAPACITY_TRANSACT_READ,  /* with ReadCapacityUnits */
    DDB_CAPACITY_TRANSACT_WRITE, /* with WriteCapacityUnits */
};

/* Adds ConsumedCapacity to output if input's ReturnConsumedCapacity asks for it: one object, or
 * (is_list) an array with one for each table. */
void ddb_capacity_report(const struct ddb_capacity *capacity, const cJSON *input, cJSON *output,
                         bool is_list, enum ddb_capacity_form form);

#endif
