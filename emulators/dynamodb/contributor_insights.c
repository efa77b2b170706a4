/* Contributor insights of tables and global indexes: the setting and its states. There are no
 * reports: they are CloudWatch's. */
#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/table_describe.h"
#include "emulators/dynamodb/table_setting.h"

#define SUMMARIES_PER_PAGE 100

/* The table's own setting has the key "". */
static bool find_resource(struct ddb *ddb, const struct wire_call *call, struct ddb_table **table,
                          const char **index, struct ddb_fault *fault)
{
    *index = wire_text(call->input, "IndexName");
    if (!ddb_request_settled_table(ddb, call, table, fault))
        return false;
    if (*index != NULL && ddb_definition_index_find((*table)->definition, *index) == NULL)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Index: %s for table: %s", *index,
                        (*table)->name);
    return true;
}

static const char *status_of(const struct ddb_table *table, const cJSON *setting)
{
    if (setting == NULL)
        return "DISABLED";
    if (wire_flag(setting, "Enabled", false))
        return ddb_setting_state(table, setting, "ENABLING", "ENABLED");
    return ddb_setting_state(table, setting, "DISABLING", "DISABLED");
}

static void add_names(cJSON *output, const struct ddb_table *table, const char *index)
{
    cJSON_AddStringToObject(output, "TableName", table->name);
    if (index != NULL && index[0] != '\0')
        cJSON_AddStringToObject(output, "IndexName", index);
}

static void add_mode(cJSON *output, const cJSON *setting)
{
    const char *mode = wire_text(setting, "Mode");
    if (mode != NULL)
        cJSON_AddStringToObject(output, "ContributorInsightsMode", mode);
}

enum wire_progress ddb_update_insights(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const char *index = NULL;
    if (!find_resource(state, call, &table, &index, &fault))
        return ddb_answer_fault(call, &fault);
    bool is_enabled = strcmp(wire_text(call->input, "ContributorInsightsAction"), "ENABLE") == 0;
    const char *mode = wire_text(call->input, "ContributorInsightsMode");
    cJSON *setting = cJSON_CreateObject();
    cJSON_AddBoolToObject(setting, "Enabled", is_enabled);
    cJSON_AddStringToObject(setting, "Mode", mode != NULL ? mode : "ACCESSED_AND_THROTTLED_KEYS");
    ddb_setting_stamp(table, setting);
    cJSON *output = cJSON_CreateObject();
    add_names(output, table, index);
    cJSON_AddStringToObject(output, "ContributorInsightsStatus",
                            is_enabled ? "ENABLING" : "DISABLING");
    add_mode(output, setting);
    ddb_setting_put(table, DDB_SETTING_INSIGHTS, index != NULL ? index : "", setting);
    return wire_succeed(call, output);
}

/* Keys accessed and throttled: of the partition, and of the sort key where there is one. */
static void add_rules(cJSON *output, const struct ddb_table *table, const char *index,
                      const cJSON *setting, struct sim_arena *arena)
{
    static const char *const kinds[] = {"PKC", "PKT", "SKC", "SKT"};
    cJSON *rules = cJSON_AddArrayToObject(output, "ContributorInsightsRuleList");
    const struct ddb_key_schema *keys =
        index != NULL ? &ddb_definition_index_find(table->definition, index)->keys
                      : &table->definition->keys;
    size_t count = keys->range_count > 0 ? ARRAY_LEN(kinds) : 2;
    for (size_t i = 0; i < count; i++) {
        const char *rule = sim_arena_printf(
            arena, "DynamoDBContributorInsights-%s-%s%s%s-%.13s", kinds[i], table->name,
            index != NULL ? "-" : "", index != NULL ? index : "", wire_text(setting, "ChangedUs"));
        cJSON_AddItemToArray(rules, cJSON_CreateString(rule));
    }
}

enum wire_progress ddb_describe_insights(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *table = NULL;
    const char *index = NULL;
    if (!find_resource(state, call, &table, &index, &fault))
        return ddb_answer_fault(call, &fault);
    const cJSON *setting =
        ddb_setting_find(table, DDB_SETTING_INSIGHTS, index != NULL ? index : "");
    cJSON *output = cJSON_CreateObject();
    add_names(output, table, index);
    if (wire_flag(setting, "Enabled", false))
        add_rules(output, table, index, setting, call->arena);
    cJSON_AddStringToObject(output, "ContributorInsightsStatus", status_of(table, setting));
    if (setting != NULL) {
        uint64_t changed_us = strtoull(wire_text(setting, "ChangedUs"), NULL, 10);
        cJSON_AddNumberToObject(output, "LastUpdateDateTime", ddb_json_time(changed_us));
        add_mode(output, setting);
    }
    return wire_succeed(call, output);
}

/* "table" or "table/index": where the next page begins. */
static const char *token_of(struct sim_arena *arena, const struct ddb_table *table,
                            const cJSON *setting)
{
    return sim_arena_printf(arena, "%s/%s", table->name, setting->string);
}

struct listing {
    struct wire_call *call;
    cJSON *summaries;
    const char *after; /* the token of the last one given before; NULL: from the start */
    const char *last;
    int64_t left;
    bool is_full;
};

static void list_table(struct listing *listing, const struct ddb_table *table)
{
    const cJSON *setting = NULL;
    cJSON_ArrayForEach(setting, ddb_settings_of(table, DDB_SETTING_INSIGHTS))
    {
        const char *token = token_of(listing->call->arena, table, setting);
        if (listing->after != NULL) {
            if (strcmp(token, listing->after) == 0)
                listing->after = NULL;
            continue;
        }
        if (listing->left == 0) {
            listing->is_full = true;
            return;
        }
        cJSON *summary = cJSON_CreateObject();
        cJSON_AddItemToArray(listing->summaries, summary);
        add_names(summary, table, setting->string);
        cJSON_AddStringToObject(summary, "ContributorInsightsStatus", status_of(table, setting));
        add_mode(summary, setting);
        listing->last = token;
        listing->left--;
    }
}

enum wire_progress ddb_list_insights(void *state, struct wire_call *call)
{
    struct ddb_fault fault = {.arena = call->arena};
    struct ddb_table *only = NULL;
    const struct ddb_region *region = ddb_region_find(state, call->region);
    if (wire_member(call->input, "TableName") != NULL &&
        !ddb_request_settled_table(state, call, &only, &fault))
        return ddb_answer_fault(call, &fault);
    cJSON *output = cJSON_CreateObject();
    struct listing listing = {
        .call = call,
        .summaries = cJSON_AddArrayToObject(output, "ContributorInsightsSummaries"),
        .after = wire_text(call->input, "NextToken"),
        .left = wire_integer(call->input, "MaxResults", SUMMARIES_PER_PAGE),
    };
    if (listing.left <= 0)
        listing.left = SUMMARIES_PER_PAGE;
    for (size_t i = 0; region != NULL && i < region->table_count && !listing.is_full; i++) {
        const struct ddb_table *table = region->tables[i];
        if (strcmp(table->account, call->account) == 0 && (only == NULL || only == table))
            list_table(&listing, table);
    }
    if (listing.is_full)
        cJSON_AddStringToObject(output, "NextToken", listing.last);
    return wire_succeed(call, output);
}
