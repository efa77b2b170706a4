/* replica_override.h -- settings that one replica has differently from the others: table class,
 * read throughput, maximum reads on demand.
 *
 * Source   Developer guide, "Settings that are synchronized"; recorded replies of the service. */
#ifndef EMULATORS_DYNAMODB_REPLICA_OVERRIDE_H
#define EMULATORS_DYNAMODB_REPLICA_OVERRIDE_H

#include "emulators/dynamodb/table.h"

/* Whether an action carries any override. */
bool ddb_override_is_given(const cJSON *action);
/* The overrides of a ReplicaUpdates.Create (is_new) or Update. */
MUST_USE bool ddb_override_check(const struct ddb_table *table, const cJSON *action, bool is_new,
                                 struct ddb_fault *fault);
/* Puts them into the replica; one that equals what base has is cleared. */
void ddb_override_apply(const struct ddb_table *base, struct ddb_table *replica,
                        const cJSON *action);
/* A replica no longer: what it had differently is simply what it has. */
void ddb_override_end(struct ddb_table *table);
/* A change of a setting everywhere ends its overrides. */
void ddb_override_forget(struct ddb_table *table, const cJSON *change);
/* Into an element of Replicas. */
void ddb_override_describe(cJSON *object, const struct ddb_table *replica);

#endif
