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
/* SSEDescription, or nothing where the service's own key is used. */
void ddb_encryption_describe(cJSON *object, const struct ddb_table *table);

/* class may be NULL: nothing to check. */
MUST_USE bool ddb_class_check_change(const struct ddb_table *table, const char *class,
                                     struct ddb_fault *fault);
void ddb_class_change(struct ddb_table *table, const char *class);
const char *ddb_class_of(const struct ddb_table *table);

#endif
