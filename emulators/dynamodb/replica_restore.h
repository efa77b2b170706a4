/* replica_restore.h -- global tables as the data directory keeps them.
 *
 * Purpose  What a table's document says about its membership and about a change of replicas that it
 *          was asked for; groups and links made anew from that. A link goes on where the table's
 *          counters say that it was: what it delivered after that is delivered again, and is known
 *          there by its version. */
#ifndef EMULATORS_DYNAMODB_REPLICA_RESTORE_H
#define EMULATORS_DYNAMODB_REPLICA_RESTORE_H

#include "emulators/dynamodb/replica.h"

struct ddb_loaded { /* a table that is being loaded */
    struct ddb_table *table;
    cJSON *document;
    uint64_t positions[SIM_REGION_MAX]; /* of its links, by the index of the Region they lead to */
    uint64_t pending_counts[SIM_REGION_MAX]; /* of local records behind these; or UNKNOWN */
};

/* A witness is no member, but saved as if it were the last one. */
void ddb_member_save(const struct ddb_table *table, cJSON *document);
/* Makes all groups. */
void ddb_groups_restore(struct ddb *ddb, const struct ddb_loaded *tables, size_t count);
/* replica_group.c: one of them, from its members in the order in which they joined. */
void ddb_group_restore(struct ddb *ddb, const struct ddb_loaded *const *members, size_t count);

/* Goes on with a change of replicas; false: there was none. */
bool ddb_member_resume(struct ddb_table *table, const cJSON *document);
/* A member is UPDATING because another member is changing something. */
bool ddb_member_is_changed_by_another(const struct ddb_table *table);

/* replica_update.c: NULL where nothing is under way. */
MUST_USE cJSON *ddb_replica_job_save(const struct ddb_table *table);
void ddb_replica_job_resume(struct ddb_table *table, const cJSON *saved);

#endif
