/* throttle.h -- may a request have what it consumes?
 *
 * Purpose  Holds what a call consumed (capacity.h) against the meters of its tables and global
 *          indexes. What local indexes consume is the table's. A refused call takes nothing.
 * Source   Developer guide, "Throttling", "Diagnosing throttling"; API reference, ThrottlingReason.
 *          A write is refused for an index too ("back pressure").
 * Errors   The fault gets code, text, reason and the resource's ARN, which ddb_answer_fault()
 * tells. Note     With throttling switched off (ddb_set_throttling) everything is allowed and
 * counted. */
#ifndef EMULATORS_DYNAMODB_THROTTLE_H
#define EMULATORS_DYNAMODB_THROTTLE_H

#include "emulators/dynamodb/capacity.h"

/* Takes the rates from the table's settings; after every change of them. */
void ddb_throttle_refresh(struct ddb_table *table);

/* All of it, or (false) nothing. */
MUST_USE bool ddb_throttle_admit(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind,
                                 struct ddb_fault *fault);
/* The same for units of one table alone. */
MUST_USE bool ddb_throttle_admit_table(struct ddb_table *table, enum ddb_throughput_kind kind,
                                       uint64_t halves, struct ddb_fault *fault);
/* For a batch at once: only if each meter has strictly enough, so that no part of it would have
 * been refused. */
MUST_USE bool ddb_throttle_admit_batch(const struct ddb_capacity *capacity,
                                       enum ddb_throughput_kind kind);
/* For the parts of a transaction: taken without being told as consumed, which follows when all of
 * it is admitted (ddb_throttle_tell), or given back in the same moment. */
MUST_USE bool ddb_throttle_try(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind,
                               struct ddb_fault *fault);
void ddb_throttle_tell(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind);
void ddb_throttle_give_back(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind);

/* A Query or Scan may begin while anything is left, and is charged when its cost is known. index:
 * DDB_TABLE_ITSELF or its number. */
MUST_USE bool ddb_throttle_may_read(struct ddb_table *table, size_t index, struct ddb_fault *fault);
void ddb_throttle_charge(const struct ddb_capacity *capacity, enum ddb_throughput_kind kind);

/* A write that came from another replica, told with Source=GlobalTable. */
void ddb_throttle_charge_replicated(const struct ddb_capacity *capacity);

/* How long a replicated write waits for the replica's provisioned write capacity; 0: not at all. */
uint64_t ddb_throttle_replication_wait_us(struct ddb_table *table);

/* A fault of throttling, as a transaction's or batch statement's reason calls it; NULL: another
 * fault. */
const char *ddb_throttle_reason_code(const struct ddb_fault *fault);

#endif
