/* replica.h -- global tables: how a write in one Region reaches the others.
 *
 * How it works
 *   A group is one global table: its members (tables of the same name, one a Region) and one link
 *   for each ordered pair of them. A link reads the change log of its source. Only records written
 *   there by clients are sent on (replicated ones come to each member from their own origin: full
 *   mesh). A record is delivered at its commit time + a lag drawn from the network link, never
 *   before an earlier record of the same item; records of different items may overtake each other.
 *   In flight there are at most DDB_LINK_WINDOW records a link; all others wait in the log.
 *
 *   While the network link is cut, one of the Regions is down, or a fault pauses replication, the
 *   link is closed: nothing is delivered, and the log keeps what came. When it opens again it
 *   drains: records go out in the log's order at the network link's drain_per_s, until one is
 *   reached that is not late at all. Other links do not notice.
 *
 *   Applying (replica_apply.c): last writer wins by version (version.h), whole items. A delete
 *   leaves a tombstone, which goes when no older write can be under way any more
 *   (replica_tombstones.c).
 *
 *   A conflict is a pair of versions of one item neither of whose writers had seen the other. It
 *   is recorded where the lost write was acknowledged: in the loser's own Region, when the winner
 *   replaces it there. So each lost write is recorded once, whatever the number of replicas. An
 *   incoming version that loses leaves "replication.superseded" in the trace. */
#ifndef EMULATORS_DYNAMODB_REPLICA_H
#define EMULATORS_DYNAMODB_REPLICA_H

#include "emulators/dynamodb/replica_record.h"
#include "emulators/dynamodb/table.h"

#define DDB_LINK_WINDOW 16384 /* records in flight on one link */

enum ddb_delivery_state {
    DDB_DELIVERY_SCHEDULED,
    DDB_DELIVERY_WAITING, /* the link is closed or draining */
    DDB_DELIVERY_DONE,    /* but an earlier record is not */
};

struct ddb_latency_window;
struct ddb_link;
struct ddb_strong;
struct ddb_table_lag;

struct ddb_delivery { /* one record in flight */
    struct ddb_delivery *previous;
    struct ddb_delivery *next;
    struct ddb_link *link;
    uint64_t sequence;
    uint64_t due_us;
    uint64_t event;
    uint64_t item_hash;
    struct ddb_record *record; /* NULL: to be read from the log */
    enum ddb_delivery_state state;
};

struct ddb_item_order; /* latest due time of the items in flight */

struct ddb_link {
    struct ddb_group *group;
    struct ddb_table *from;
    struct ddb_table *to;
    struct sim_link *network_link;
    struct ddb_table_lag *own_lag; /* table_lag.h; NULL: the network link's */
    bool is_open;
    bool is_draining;
    uint64_t drain_event;
    uint64_t drain_next_us;     /* when the next record may go */
    uint64_t drain_remainder;   /* of the division by drain_per_s */
    uint64_t read_sequence;     /* of the log: up to here records are in flight or done */
    struct ddb_delivery *first; /* in flight, in the log's order */
    struct ddb_delivery *last;
    size_t in_flight_count;
    size_t done_count;                  /* of these: decided, but behind one that is not */
    uint64_t pending_count;             /* committed in from, not yet decided in to */
    uint64_t applied_count;             /* arrived and stayed */
    uint64_t superseded_count;          /* arrived and lost to what was there */
    struct ddb_latency_window *latency; /* of what arrived lately; NULL: nothing yet */
    uint64_t steps;                     /* records decided, to trim the log now and then */
    bool has_backlog;                   /* something waits because the link was or is closed */
    struct ddb_item_order *order;
    uint64_t sweep_target; /* replica_tombstones.c waits for this position; 0: not for us */
};

enum ddb_sweep_phase { DDB_SWEEP_IDLE, DDB_SWEEP_FIRST, DDB_SWEEP_SECOND, DDB_SWEEP_PURGE };

struct ddb_group {
    struct ddb *ddb;
    char *account;
    char *name;
    struct ddb_table *members[SIM_REGION_MAX]; /* in the order in which they joined */
    size_t member_count;
    struct ddb_link **links;
    size_t link_count;
    size_t link_capacity;

    struct ddb_strong *strong; /* strong.h; NULL: eventually consistent */

    enum ddb_sweep_phase sweep_phase;
    size_t sweep_waits;                  /* links that have not reached their target */
    uint64_t sweep_head[SIM_REGION_MAX]; /* by member: tombstones up to here may go */
    uint64_t new_tombstones;             /* noted since the sweep began: another one is due */
    uint64_t sweep_event;
};

/* --- replica_group.c: who is a member ------------------------------------------------------------
 */

/* The table becomes the first member of a new group. */
struct ddb_group *ddb_group_create(struct ddb_table *first);
/* Joins with links to and from all members. Links into it take over from where source stands. */
void ddb_group_join(struct ddb_group *group, struct ddb_table *table, struct ddb_table *source);
/* Ends its links; a group with one member left is dissolved. */
void ddb_group_leave(struct ddb_table *table);
/* Are there records of the table on their way to members that can be reached? What a closed link
 * keeps would wait for ever: that goes with the table. */
bool ddb_group_has_to_send(const struct ddb_table *table);
void ddb_group_destroy(struct ddb_group *group);
struct ddb_link *ddb_group_link_find(struct ddb_group *group, const struct ddb_table *from,
                                     const struct ddb_table *to);
/* Asks network and faults anew whether each link is open. */
void ddb_groups_refresh(struct ddb *ddb);
/* A member is on its way from one state to another: settings must not be changed meanwhile. */
bool ddb_group_is_busy(const struct ddb_group *group);
/* A setting of one member is being changed: the others that are ACTIVE are UPDATING for the
 * transient delay. */
void ddb_group_stir(const struct ddb_table *table);
/* A replica whose table is not there yet for most calls. */
bool ddb_replica_is_being_added(const struct ddb_table *table);
/* "ACTIVE", "CREATING" or "DELETING", into the trace. */
void ddb_replica_tell_state(const struct ddb_table *table, const char *state);

/* --- replica_update.c: UpdateTable's ReplicaUpdates
 * ------------------------------------------------- */

enum ddb_replica_change {
    DDB_REPLICA_REFUSED,   /* see the fault; nothing has changed */
    DDB_REPLICA_STARTED,   /* a replica comes or goes */
    DDB_REPLICA_OVERRIDES, /* checked: the caller runs ddb_replica_override() after the delay */
};
MUST_USE enum ddb_replica_change ddb_replica_update(struct ddb_table *table, const cJSON *updates,
                                                    struct ddb_fault *fault);
void ddb_replica_override(struct ddb_table *table, const cJSON *updates);
void ddb_replica_job_stop(struct ddb_table *table);
/* The member is about to leave by itself: a creation in which it is source or replica is given up,
 * and the unfinished replica goes without a trace. True: that was the member itself. */
MUST_USE bool ddb_replica_job_abandon(struct ddb_table *member);
/* Part that strong groups (strong.h) share: an empty table (CREATING) of the same definition there.
 */
MUST_USE enum sim_result ddb_replica_table_create(const struct ddb_table *table,
                                                  const char *region_name, const char *account,
                                                  struct ddb_table **replica,
                                                  struct sim_error *error);

/* --- replica_checks.c: what UpdateTable's ReplicaUpdates may ask for
 * ---------------------------------------------- */

/* Checks of the list that need no table. */
MUST_USE bool ddb_replica_check_updates(const cJSON *updates, struct ddb_fault *fault);
/* All others. Nothing is changed. */
MUST_USE bool ddb_replica_check(const struct ddb_table *table, const cJSON *updates,
                                struct ddb_fault *fault);
/* An element's action, and its *name: "Create", "Update" or "Delete". */
const cJSON *ddb_replica_action_of(const cJSON *element, const char **name);
/* The table of that name in another Region, a member or not; or NULL. */
struct ddb_table *ddb_replica_in(const struct ddb_table *table, const char *region_name);
/* Parts that strong groups (strong.h) share: */
MUST_USE bool ddb_replica_check_state(const struct ddb_table *table, struct ddb_fault *fault);
/* Provisioned write capacity must scale. */
MUST_USE bool ddb_replica_check_capacity(const struct ddb_table *table, struct ddb_fault *fault);

/* --- replica_link.c: the way of a record
 * ----------------------------------------------------------- */

/* pending_count: of the local records behind read_sequence; UNKNOWN: they are counted, one by one.
 */
#define DDB_PENDING_UNKNOWN UINT64_MAX
MUST_USE struct ddb_link *ddb_link_create(struct ddb_group *group, struct ddb_table *from,
                                          struct ddb_table *to, uint64_t read_sequence,
                                          uint64_t pending_count);
void ddb_link_destroy(struct ddb_link *link);
/* A record was committed in from (after the store kept it). *record: the copy that all links of one
 * change share, made by the first that needs one; NULL before. The caller gives it back. */
void ddb_link_notice(struct ddb_link *link, const struct ddb_change *change,
                     struct ddb_record **record);
void ddb_link_refresh(struct ddb_link *link);
/* Every record up to here is decided in to. */
uint64_t ddb_link_position(const struct ddb_link *link);
/* The local records behind that, decided or not. */
uint64_t ddb_link_count_behind(const struct ddb_link *link);
/* A delivery over it, as faults see one. */
struct sim_fault_point ddb_link_fault_point(const struct ddb_link *link);

/* --- replica_apply.c: last writer wins -----------------------------------------------------------
 */

/* Decides a record in link->to. A store error leaves it undecided (false). */
bool ddb_replica_apply(struct ddb_link *link, const struct ddb_change *change);

/* --- replica_backfill.c
 * ---------------------------------------------------------------------------- */

/* Copies source's rows into table step by step, then runs done(table). */
void ddb_backfill_start(struct ddb_table *source, struct ddb_table *table, sim_sched_fn *done);
/* The way from the source may be open again. */
void ddb_backfill_refresh(struct ddb_table *table);
void ddb_backfill_stop(struct ddb_table *table); /* nothing is under way: allowed */

/* --- replica_tombstones.c
 * -------------------------------------------------------------------------- */

void ddb_tombstone_noted(struct ddb_group *group);
/* The link's position moved on. */
void ddb_tombstone_link_moved(struct ddb_link *link);
/* Members changed: what was waited for no longer says enough. */
void ddb_tombstones_restart(struct ddb_group *group);

#endif
