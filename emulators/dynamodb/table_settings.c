#include "emulators/dynamodb/table_settings.h"

#include <string.h>

#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_checks.h"
#include "sim/core/buffer.h"

#define P                    DDB_PARAMETER_TEXT
#define HOUR_US              (UINT64_C(3600) * SIM_US_PER_S)
#define ENCRYPTION_WINDOW_US (24 * HOUR_US)
#define ENCRYPTION_WAIT_US   (6 * HOUR_US)
#define CLASS_WINDOW_US      (30 * 24 * HOUR_US)

static const char *const limit_exceeded = "LimitExceededException";

/* --- changes over time ---------------------------------------------------------------------------
 */

/* times: newest first, 0 where there was none. */
static size_t count_recent(const uint64_t *times, size_t count, uint64_t now_us, uint64_t window_us)
{
    size_t recent = 0;
    while (recent < count && times[recent] != 0 && now_us - times[recent] < window_us)
        recent++;
    return recent;
}

static void note_change(uint64_t *times, size_t count, uint64_t now_us)
{
    memmove(&times[1], &times[0], (count - 1) * sizeof times[0]);
    times[0] = now_us;
}

/* --- encryption ----------------------------------------------------------------------------------
 */

static bool is_encrypted(const struct ddb_table *table)
{
    return wire_flag(wire_member(table->definition->spec, "SSESpecification"), "Enabled", false);
}

static bool check_encryption_limit(const struct ddb_table *table, struct ddb_fault *fault)
{
    uint64_t now_us = ddb_now_us(table->ddb);
    const uint64_t *times = table->encryption_changes_us;
    size_t count = count_recent(times, DDB_ENCRYPTION_CHANGES, now_us, ENCRYPTION_WINDOW_US);
    if (count < DDB_ENCRYPTION_CHANGES || now_us - times[0] >= ENCRYPTION_WAIT_US)
        return true;
    char now[SIM_CLOCK_TEXT_BYTES];
    char last[SIM_CLOCK_TEXT_BYTES];
    char next[SIM_CLOCK_TEXT_BYTES];
    sim_clock_format(now_us, now);
    sim_clock_format(times[0], last);
    sim_clock_format(times[0] + ENCRYPTION_WAIT_US, next);
    return ddb_fail(fault, limit_exceeded,
                    "Subscriber limit exceeded: Encryption mode changes are limited in the 24h "
                    "window ending at %s. After the first 4 change, each subsequent change in the "
                    "same window can be performed at most once every 21600 seconds. Number of "
                    "updates today: %zu. Last change at %s. Next changes can be made at %s.",
                    now, count, last, next);
}

static bool is_same_key(const struct ddb_table *table, const char *key)
{
    const cJSON *current = wire_member(table->definition->spec, "SSESpecification");
    const char *current_key = wire_text(current, "KMSMasterKeyId");
    if (key == NULL || current_key == NULL)
        return key == current_key;
    return strcmp(key, current_key) == 0;
}

/* The key that the service manages for the account; it has this name in each Region. */
static bool is_managed_key(const char *key)
{
    static const char name[] = "alias/aws/dynamodb";
    size_t length = key != NULL ? strlen(key) : 0;
    return key == NULL ||
           (length >= sizeof name - 1 && strcmp(key + length - (sizeof name - 1), name) == 0);
}

static bool has_customer_key(const struct ddb_table *table)
{
    const cJSON *encryption = wire_member(table->definition->spec, "SSESpecification");
    return is_encrypted(table) && !is_managed_key(wire_text(encryption, "KMSMasterKeyId"));
}

bool ddb_encryption_check_replica(const struct ddb_table *table, const char *key,
                                  struct ddb_fault *fault)
{
    if (has_customer_key(table) && key == NULL)
        return ddb_invalid(fault, P "KMSMasterKeyId must be specified for each replica.");
    if (has_customer_key(table) == is_managed_key(key))
        return ddb_invalid(fault, P "All replica keys must either be Customer Managed CMK or AWS "
                                    "Managed CMK.");
    return true;
}

/* One call can name one key, and each replica of customers' keys needs its own. */
static bool check_replica_keys(const struct ddb_table *table, const char *key,
                               struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    if (is_managed_key(key))
        return true;
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        if (group->members[i] != table && !has_customer_key(group->members[i]))
            return ddb_invalid(fault, P "KMSMasterKeyId must be specified for each replica.");
    }
    return true;
}

bool ddb_encryption_check_change(const struct ddb_table *table, const cJSON *encryption,
                                 struct ddb_fault *fault)
{
    bool is_enabled = wire_flag(encryption, "Enabled", false);
    if (encryption == NULL)
        return true;
    if (!ddb_table_check_encryption(encryption, fault))
        return false;
    if (!is_enabled && !is_encrypted(table))
        return ddb_invalid(fault, P "Table is already encrypted by default");
    if (is_enabled && is_encrypted(table) &&
        is_same_key(table, wire_text(encryption, "KMSMasterKeyId")))
        return ddb_invalid(fault, P "Table is already encrypted with given KMSMasterKeyId. Use "
                                    "KMSMasterKeyId parameter if you want to change Master Key");
    return check_replica_keys(table, wire_text(encryption, "KMSMasterKeyId"), fault) &&
           check_encryption_limit(table, fault);
}

void ddb_encryption_change(struct ddb_table *table, const cJSON *encryption, bool is_origin)
{
    if (encryption == NULL)
        return;
    cJSON *value = NULL;
    bool is_enabled = wire_flag(encryption, "Enabled", false);
    bool is_managed = is_managed_key(wire_text(encryption, "KMSMasterKeyId"));
    if (!is_origin && is_enabled && !is_managed)
        return; /* the key of one replica alone */
    if (is_enabled)
        value = cJSON_Duplicate(encryption, true);
    ddb_definition_set(table->definition, "SSESpecification", value);
    note_change(table->encryption_changes_us, DDB_ENCRYPTION_CHANGES, ddb_now_us(table->ddb));
}

/* No key service stands behind it: the key for the service in this account has one fixed id. */
static void add_key_arn(cJSON *object, const char *member, const struct ddb_table *table)
{
    const cJSON *encryption = wire_member(table->definition->spec, "SSESpecification");
    const char *key = wire_text(encryption, "KMSMasterKeyId");
    struct sim_buffer arn;
    sim_buffer_init(&arn);
    if (is_managed_key(key))
        key = "64796e61-6d6f-4462-8000-000000000000";
    if (strncmp(key, "arn:", 4) == 0)
        sim_buffer_printf(&arn, "%s", key);
    else if (strncmp(key, "alias/", 6) == 0)
        sim_buffer_printf(&arn, "arn:aws:kms:%s:%s:%s", ddb_region_name(table), table->account,
                          key);
    else
        sim_buffer_printf(&arn, "arn:aws:kms:%s:%s:key/%s", ddb_region_name(table), table->account,
                          key);
    cJSON_AddStringToObject(object, member, arn.data);
    sim_buffer_fini(&arn);
}

void ddb_encryption_set_replica_key(struct ddb_table *replica, const char *key)
{
    const cJSON *current = wire_member(replica->definition->spec, "SSESpecification");
    if (!is_encrypted(replica))
        return;
    cJSON *value = cJSON_Duplicate(current, true);
    cJSON_DeleteItemFromObjectCaseSensitive(value, "KMSMasterKeyId");
    if (key != NULL)
        cJSON_AddStringToObject(value, "KMSMasterKeyId", key);
    ddb_definition_set(replica->definition, "SSESpecification", value);
}

void ddb_encryption_describe_replica(cJSON *object, const struct ddb_table *replica)
{
    if (is_encrypted(replica))
        add_key_arn(object, "KMSMasterKeyId", replica);
}

void ddb_encryption_describe(cJSON *object, const struct ddb_table *table)
{
    const cJSON *next = wire_member(table->pending, "SSESpecification");
    if (!is_encrypted(table) && next == NULL)
        return;
    cJSON *described = cJSON_AddObjectToObject(object, "SSEDescription");
    cJSON_AddStringToObject(described, "Status", next != NULL ? "UPDATING" : "ENABLED");
    cJSON_AddStringToObject(described, "SSEType", "KMS");
    if (is_encrypted(table))
        add_key_arn(described, "KMSMasterKeyArn", table);
}

/* --- table class ---------------------------------------------------------------------------------
 */

const char *ddb_class_of(const struct ddb_table *table)
{
    const char *class = wire_text(table->definition->spec, "TableClass");
    return class != NULL ? class : "STANDARD";
}

static bool is_class_limited(const struct ddb_table *table)
{
    return count_recent(table->class_changes_us, DDB_CLASS_CHANGES, ddb_now_us(table->ddb),
                        CLASS_WINDOW_US) == DDB_CLASS_CHANGES;
}

static bool fail_replica_limit(const struct ddb_table *replica, struct ddb_fault *fault)
{
    return ddb_fail(fault, limit_exceeded,
                    "Limit exceeded for replica in %s. Updates to TableClass are limited to 2 "
                    "times in 30 day(s)",
                    ddb_region_name(replica));
}

bool ddb_class_check_override(const struct ddb_table *replica, const char *class,
                              struct ddb_fault *fault)
{
    if (class == NULL || strcmp(class, ddb_class_of(replica)) == 0 || !is_class_limited(replica))
        return true;
    return fail_replica_limit(replica, fault);
}

bool ddb_class_check_change(const struct ddb_table *table, const char *class,
                            struct ddb_fault *fault)
{
    const struct ddb_group *group = table->member.group;
    if (class == NULL || strcmp(class, ddb_class_of(table)) == 0)
        return true;
    if (is_class_limited(table))
        return ddb_fail(fault, limit_exceeded,
                        "Subscriber limit exceeded: Updates to TableClass are limited to 2 times "
                        "in 30 day(s).");
    for (size_t i = 0; group != NULL && i < group->member_count; i++) {
        if (is_class_limited(group->members[i]))
            return fail_replica_limit(group->members[i], fault);
    }
    return true;
}

void ddb_class_change(struct ddb_table *table, const char *class)
{
    if (class == NULL || strcmp(class, ddb_class_of(table)) == 0)
        return;
    ddb_definition_set(table->definition, "TableClass", cJSON_CreateString(class));
    note_change(table->class_changes_us, DDB_CLASS_CHANGES, ddb_now_us(table->ddb));
}
