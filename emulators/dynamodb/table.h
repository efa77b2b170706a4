/* table.h -- one table in one Region, which may be a replica of a global table.
 *
 * Purpose  Names, states, settings and the handles to items and change log; making and ending it.
 * Owner    Its Region owns a table; ddb_table_destroy() takes it out of there and ends it.
 * States   CREATING, UPDATING and DELETING last for the emulator's transient delay, then the next
 *          event moves on. */
#ifndef EMULATORS_DYNAMODB_TABLE_H
#define EMULATORS_DYNAMODB_TABLE_H

#include "emulators/dynamodb/change_log.h"
#include "emulators/dynamodb/dynamodb_internal.h"
#include "emulators/dynamodb/store_items.h"
#include "emulators/dynamodb/table_definition.h"
#include "emulators/dynamodb/throughput_meter.h"

enum ddb_table_status {
    DDB_TABLE_CREATING,
    DDB_TABLE_ACTIVE,
    DDB_TABLE_UPDATING,
    DDB_TABLE_DELETING,
    DDB_TABLE_ARCHIVED, /* a replica that had no access for too long (replica_access.h) */
};

enum ddb_stream_view {
    DDB_STREAM_KEYS_ONLY,
    DDB_STREAM_NEW_IMAGE,
    DDB_STREAM_OLD_IMAGE,
    DDB_STREAM_NEW_AND_OLD_IMAGES,
    DDB_STREAM_VIEW_COUNT,
};

struct ddb_stream { /* a part of the table's change log, seen through shards (stream_shard.h) */
    char label[SIM_CLOCK_TEXT_BYTES];
    char *arn;
    enum ddb_stream_view view;
    uint64_t created_us;
    uint64_t disabled_us;     /* 0: enabled */
    struct ddb_shard *shards; /* in the order of their creation; without those trimmed */
    size_t shard_count;
    size_t shard_capacity;
    bool is_split;            /* it had several open shards at a time: records are marked */
    uint64_t last_shard_ms;   /* the time in the newest shard's id */
    struct ddb_stream *older; /* earlier streams of the table */
};

struct ddb_shard;

struct ddb_member {          /* what makes a table a replica of a global table */
    struct ddb_group *group; /* NULL: a table of this Region alone */
    uint64_t joined_us;
    struct ddb_table
        *source; /* it was filled from there; NULL for the first, or once that is gone */
    struct ddb_backfill *backfill; /* while it is being filled */
    struct ddb_replica_job *job;   /* a replica change that this table was asked for */
    uint64_t denied_us;            /* replica_access.h: without access since then; 0: it has it */
    uint64_t access_event;         /* too late at that moment; 0: none */
    /* Of a copy of a strongly consistent group (strong.h): */
    bool is_behind;            /* was cut off and has not caught up */
    uint64_t arrival_event;    /* brings it what it lacks; 0: none pending */
    uint64_t arrival_sequence; /* up to here */
};

struct ddb_index_totals {
    int64_t item_count;
    int64_t size_bytes;
};

enum ddb_index_status {
    DDB_INDEX_ACTIVE,
    DDB_INDEX_CREATING,
    DDB_INDEX_UPDATING,
    DDB_INDEX_DELETING
};

struct ddb_decreases { /* of provisioned throughput, of a table or a global index */
    uint64_t day;      /* of the last one, counted from the epoch */
    uint64_t count;    /* on that day */
    uint64_t last_us;
    uint64_t increased_us; /* the last increase; 0: none, as above */
};

struct ddb_index_backfill;
struct ddb_image;
struct ddb_restore;

struct ddb_recovery {     /* to a point in time (recovery.h) */
    uint64_t enabled_us;  /* 0: off */
    uint64_t reaches_us;  /* nothing from before is kept any more */
    uint32_t period_days; /* how far it goes back; 1..35 */
};

#define DDB_CLASS_CHANGES      2 /* allowed in 30 days */
#define DDB_ENCRYPTION_CHANGES 4 /* allowed freely in 24 hours */

struct ddb_index_state {
    enum ddb_index_status status;
    struct ddb_index_backfill *backfill; /* while a new index is being filled; or NULL */
    struct ddb_decreases decreases;
    struct ddb_meters meters; /* of a global index */
};

struct ddb_saving { /* table_save.c's notes: what of the table goes into the next commit */
    bool is_listed;
    bool is_changed;
    bool is_counted;
    uint64_t hash; /* of the document as it is kept */
    struct ddb_table *next;
};

struct ddb_table {
    struct ddb *ddb;
    struct ddb_region *home;
    char *account;
    char *name;
    char *arn;
    char id[SIM_UUID_TEXT_BYTES];
    uint64_t created_us;
    enum ddb_table_status status;
    uint64_t status_event; /* ends the state; 0: none */
    struct ddb_definition *definition;
    struct ddb_decreases decreases;
    struct ddb_meters meters;
    uint64_t last_on_demand_us;                   /* when billing last became on demand; 0: never */
    bool is_protected;                            /* against deletion */
    uint64_t class_changes_us[DDB_CLASS_CHANGES]; /* newest first; 0: none */
    uint64_t encryption_changes_us[DDB_ENCRYPTION_CHANGES];
    struct ddb_time_to_live *time_to_live; /* NULL: never configured */
    cJSON *settings;           /* for services that are elsewhere (table_setting.h), or NULL */
    cJSON *overrides;          /* what this replica has differently (replica_override.h), or NULL */
    cJSON *tags;               /* array of {Key, Value} */
    struct ddb_stream *stream; /* the newest one; NULL: never had any */
    uint64_t shards_made;
    bool is_retired; /* deleted; only its streams are still read */
    struct ddb_items items;
    struct ddb_change_log log;
    int64_t item_count;
    int64_t size_bytes;
    struct ddb_index_totals *index_totals; /* by the index's number, like index_states */
    struct ddb_index_state *index_states;
    uint64_t forgotten_us; /* greatest time of a purged tombstone: a write of an item without a
                              stored version must be later */
    struct ddb_member member;
    struct ddb_recovery recovery;
    struct ddb_image *images;    /* copies of this table under way (image_copy.h), or NULL */
    struct ddb_restore *restore; /* while it is being filled from a backup; or NULL */
    uint64_t active_us;          /* when it first became ACTIVE; 0: not yet */
    cJSON *pending;              /* UpdateTable's input, until the change takes effect; or NULL */
    struct ddb_saving saving;
    uint64_t number; /* in the names of its SQLite tables */
};

struct ddb_table_options {
    const char *account;
    const char *name;
    struct ddb_definition *definition; /* becomes the table's on success */
    bool is_retired;                   /* ddb_table_restore() only */
};

/* Makes the table (CREATING) with its SQLite tables; it must not exist. */
MUST_USE enum sim_result ddb_table_create(struct ddb_region *region,
                                          const struct ddb_table_options *options,
                                          struct ddb_table **table, struct sim_error *error);
/* A table that the store holds already (table_document.h): ACTIVE, empty counters. The definition
 * becomes its. index_numbers: of its indexes' SQLite tables, in the definition's order. */
MUST_USE struct ddb_table *ddb_table_restore(struct ddb_region *region,
                                             const struct ddb_table_options *options,
                                             uint64_t number, const size_t *index_numbers,
                                             size_t indexes_made);
/* After it was restored as retired. */
void ddb_table_resume_retired(struct ddb_table *table);
/* Drops its data as well, where the store lives on. */
void ddb_table_destroy(struct ddb_table *table, bool drops_data);

/* Ends a table that was deleted: its data goes; what its streams hold stays for 24 hours. */
void ddb_table_retire(struct ddb_table *table);

/* In any state; region may be NULL. */
struct ddb_table *ddb_table_find(struct ddb_region *region, const char *account, const char *name);

const char *ddb_table_status_name(enum ddb_table_status status);
/* run(table) happens after the transient delay; an earlier pending one is dropped. */
void ddb_table_after_delay(struct ddb_table *table, sim_sched_fn *run);
/* ACTIVE after the transient delay. */
void ddb_table_settle(struct ddb_table *table);
void ddb_table_become_active(struct ddb_table *table);

/* table_update.c: the change that is pending takes effect after the transient delay. */
void ddb_table_resume_update(struct ddb_table *table);
/* table_operations.c: DELETING, then gone with its data. */
void ddb_table_start_deletion(struct ddb_table *table);
/* A member that another one was filled from less than 24 hours ago cannot go. */
MUST_USE bool ddb_table_check_not_source(const struct ddb_table *table, struct ddb_fault *fault);

bool ddb_table_is_on_demand(const struct ddb_table *table);
const char *ddb_region_name(const struct ddb_table *table);

/* A change-log record is kept only if somebody could read it: a stream, another replica,
 * point-in-time recovery, a copy under way. */
bool ddb_table_keeps_changes(const struct ddb_table *table);
/* Trims what every reader has passed, a bounded amount a call. */
void ddb_table_trim_log(struct ddb_table *table);

/* The name in a TableName that may also be an ARN; the input itself where it is a name. */
const char *ddb_table_name_of(struct sim_arena *arena, const char *name_or_arn);

#endif
