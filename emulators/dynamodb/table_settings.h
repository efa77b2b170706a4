/* table_settings.h -- UpdateTable's changes of encryption and table class, which are limited in
 * number over time.
 *
 * Source   Recorded texts of the service: 4 encryption changes in 24 hours, then one in 6 hours;
 *          2 changes of the table class in 30 days. */
#ifndef EMULATORS_DYNAMODB_TABLE_SETTINGS_H
#define EMULATORS_DYNAMODB_TABLE_SETTINGS_H

#include "emulators/dynamodb/table.h"

MUST_USE bool ddb_encryption_check_change(const struct ddb_table *table, const cJSON *encryption,
                                          struct ddb_fault *fault);
/* is_origin: the table that was asked; its replicas share the kind of encryption, not the key. */
void ddb_encryption_change(struct ddb_table *table, const cJSON *encryption, bool is_origin);
/* The key that a new replica is asked to have; NULL: none was named. */
MUST_USE bool ddb_encryption_check_replica(const struct ddb_table *table, const char *key,
                                           struct ddb_fault *fault);
/* A new replica has its own key, not that of the table from which it took its settings. */
void ddb_encryption_set_replica_key(struct ddb_table *replica, const char *key);
/* KMSMasterKeyId, into an element of Replicas. */
void ddb_encryption_describe_replica(cJSON *object, const struct ddb_table *replica);
/* SSEDescription, or nothing where the service's own key is used. */
void ddb_encryption_describe(cJSON *object, const struct ddb_table *table);

/* class may be NULL: nothing to check. */
MUST_USE bool ddb_class_check_change(const struct ddb_table *table, const char *class,
                                     struct ddb_fault *fault);
/* The class of one replica alone. */
MUST_USE bool ddb_class_check_override(const struct ddb_table *replica, const char *class,
                                       struct ddb_fault *fault);
void ddb_class_change(struct ddb_table *table, const char *class);
const char *ddb_class_of(const struct ddb_table *table);

#endif
