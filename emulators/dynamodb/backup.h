/* backup.h -- backups of tables: full copies that stay when the table goes.
 *
 * Purpose  On-demand backups (CreateBackup) and the one that the service itself makes of a deleted
 *          table with point-in-time recovery. A backup lies in the Region's store, in an SQLite
 *          table of the form that a table's items have (store_items.h), beside what must be known
 *          to make a table of it again.
 * States   CREATING while its image is copied (image_copy.h), then AVAILABLE.
 * Owner    The Region owns its backups, sorted by the id in their ARN, which starts with the time.
 * Source   Developer guide, "Backing up and restoring DynamoDB tables"; recorded replies. */
#ifndef EMULATORS_DYNAMODB_BACKUP_H
#define EMULATORS_DYNAMODB_BACKUP_H

#include "emulators/dynamodb/image_copy.h"

enum ddb_backup_type { DDB_BACKUP_USER, DDB_BACKUP_SYSTEM };

struct ddb_backup {
    struct ddb_region *region;
    enum ddb_backup_type type;
    char *account;
    char *table_name;
    char *arn;
    const char *id; /* the end of the ARN */
    char *name;
    uint64_t created_us;
    uint64_t expires_us; /* 0: never */
    int64_t size_bytes;
    cJSON *spec;     /* of the table's definition */
    cJSON *source;   /* SourceTableDetails */
    cJSON *features; /* SourceTableFeatureDetails */
    struct ddb_items items;
    uint64_t sequence;       /* of the table's log: its moment */
    struct ddb_image *image; /* while it is being made; or NULL */
    bool is_available;
    uint64_t event;       /* the end of CREATING, then of its life; 0: none */
    size_t restore_count; /* tables that are being made of it */
};

/* Of the table as it is now. */
MUST_USE enum sim_result ddb_backup_create(struct ddb_table *table, const char *name,
                                           struct ddb_backup **backup, struct sim_error *error);
/* The table is about to go: its rows become a SYSTEM backup, if point-in-time recovery is on. */
void ddb_backup_keep_deleted(struct ddb_table *table);
/* With its data; nothing may be restored from it any more. */
void ddb_backup_destroy(struct ddb_backup *backup, bool drops_data);

/* One of an earlier run, filled in: goes on where it was. */
void ddb_backup_resume(struct ddb_backup *backup);

/* NULL: none. Also while it is CREATING. */
struct ddb_backup *ddb_backup_find(const struct ddb_region *region, const char *arn);
/* A copy for a backup is under way. */
bool ddb_backup_is_being_made(const struct ddb_table *table);

/* Images first: they lie on tables. Before any table goes. */
void ddb_backups_stop(struct ddb_region *region);
void ddb_backups_destroy(struct ddb_region *region, bool drops_data);

/* --- backup_describe.c: in the service's shapes; the caller owns the trees -------------------- */

/* What is kept of the table, at the time of the backup. */
MUST_USE cJSON *ddb_backup_source_details(const struct ddb_table *table);
MUST_USE cJSON *ddb_backup_source_features(const struct ddb_table *table);
/* status NULL: as it is. */
MUST_USE cJSON *ddb_backup_details(const struct ddb_backup *backup, const char *status);
MUST_USE cJSON *ddb_backup_description(const struct ddb_backup *backup, const char *status);
MUST_USE cJSON *ddb_backup_summary(const struct ddb_backup *backup);

#endif
