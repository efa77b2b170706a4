#include "emulators/dynamodb/index_update.h"

#include <string.h>

#include "emulators/dynamodb/index_backfill.h"
#include "emulators/dynamodb/replica.h"
#include "emulators/dynamodb/table_throughput.h"

#define P      DDB_PARAMETER_TEXT
#define IN_USE "Attempt to change a resource which is still in use: "
#define LIMIT  "Subscriber limit exceeded: "

static const char *const in_use = "ResourceInUseException";

enum action_kind { ACTION_CREATE, ACTION_UPDATE, ACTION_DELETE, ACTION_COUNT };

static const char *const action_names[ACTION_COUNT] = {"Create", "Update", "Delete"};

struct action {
    enum action_kind kind;
    const cJSON *body;
    const char *name; /* of the index */
};

static bool read_action(const cJSON *element, struct action *action)
{
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        const cJSON *body = wire_member(element, action_names[i]);
        if (body != NULL) {
            *action = (struct action){(enum action_kind)i, body, wire_text(body, "IndexName")};
            return true;
        }
    }
    return false;
}

static const cJSON *updates_of(const cJSON *input)
{
    return wire_member(input, "GlobalSecondaryIndexUpdates");
}

/* --- checks of the list alone --------------------------------------------------------------------
 */

static bool check_element(const cJSON *element, struct ddb_fault *fault)
{
    int given = 0;
    for (size_t i = 0; i < ACTION_COUNT; i++)
        given += wire_member(element, action_names[i]) != NULL ? 1 : 0;
    if (given == 0)
        return ddb_invalid(fault, P "One of GlobalSecondaryIndexUpdate.Update, "
                                    "GlobalSecondaryIndexUpdate.Create, "
                                    "GlobalSecondaryIndexUpdate.Delete must not be null");
    if (given > 1)
        return ddb_invalid(fault, P "Only one global secondary index action is allowed per "
                                    "GlobalSecondaryIndexUpdate object");
    return true;
}

static bool check_repeated(const cJSON *element, struct ddb_fault *fault)
{
    struct action action;
    bool is_read = read_action(element, &action);
    for (const cJSON *other = element->next; is_read && other != NULL; other = other->next) {
        struct action next;
        if (read_action(other, &next) && strcmp(action.name, next.name) == 0)
            return ddb_invalid(fault,
                               P "Only one global secondary index update per index is allowed "
                                 "simultaneously. Index: %s",
                               action.name);
    }
    return true;
}

static size_t count_online(const cJSON *input)
{
    size_t count = 0;
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates_of(input))
    {
        count += wire_member(element, "Update") == NULL ? 1 : 0;
    }
    return count;
}

bool ddb_index_updates_check(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates_of(input))
    {
        if (!check_element(element, fault))
            return false;
    }
    cJSON_ArrayForEach(element, updates_of(input))
    {
        struct action action;
        if (!check_repeated(element, fault))
            return false;
        if (read_action(element, &action) && action.kind == ACTION_CREATE &&
            wire_member(input, "AttributeDefinitions") == NULL)
            return ddb_invalid(fault, P "AttributeDefinitions is not specified for index: %s",
                               action.name);
    }
    if (count_online(input) == 0)
        return true;
    if (wire_member(input, "ProvisionedThroughput") != NULL &&
        wire_member(input, "BillingMode") == NULL)
        return ddb_invalid(fault, P "You cannot create or delete index while updating table IOPS");
    if (wire_member(input, "StreamSpecification") != NULL)
        return ddb_invalid(fault,
                           P "You cannot create or delete index while changing stream status");
    return true;
}

/* --- checks against the table --------------------------------------------------------------------
 */

static const struct ddb_index_state *state_of(const struct ddb_table *table,
                                              const struct ddb_index_definition *index)
{
    return &table->index_states[index - table->definition->indexes];
}

static size_t count_global(const struct ddb_table *table)
{
    return table->definition->index_count - table->definition->local_index_count;
}

static const char *type_of(const cJSON *definitions, const char *attribute)
{
    const cJSON *definition = NULL;
    cJSON_ArrayForEach(definition, definitions)
    {
        if (strcmp(wire_text(definition, "AttributeName"), attribute) == 0)
            return wire_text(definition, "AttributeType");
    }
    return NULL;
}

static const cJSON *find_element(const cJSON *schema, const char *attribute)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        if (strcmp(wire_text(element, "AttributeName"), attribute) == 0)
            return element;
    }
    return NULL;
}

/* The first key schema of the table or one of its indexes that has the attribute. */
static const cJSON *find_schema(const cJSON *spec, const char *attribute)
{
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    if (find_element(wire_member(spec, "KeySchema"), attribute) != NULL)
        return wire_member(spec, "KeySchema");
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const cJSON *index = NULL;
        cJSON_ArrayForEach(index, wire_member(spec, lists[i]))
        {
            if (find_element(wire_member(index, "KeySchema"), attribute) != NULL)
                return wire_member(index, "KeySchema");
        }
    }
    return NULL;
}

/* "Schema:[SchemaElement: key{g:S:HASH}]" */
static const char *print_schema(const cJSON *schema, const cJSON *definitions,
                                struct sim_arena *arena)
{
    const char *text = "Schema:[";
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        const char *name = wire_text(element, "AttributeName");
        const char *type = type_of(definitions, name);
        text = sim_arena_printf(arena, "%s%sSchemaElement: key{%s:%s:%s}", text,
                                element == schema->child ? "" : ", ", name,
                                type != NULL ? type : "", wire_text(element, "KeyType"));
    }
    return sim_arena_printf(arena, "%s]", text);
}

/* A key attribute keeps the type that it has in the table or in another index. */
static bool check_types(const struct ddb_table *table, const struct action *action,
                        const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *spec = table->definition->spec;
    const cJSON *known = wire_member(spec, "AttributeDefinitions");
    const cJSON *given = wire_member(input, "AttributeDefinitions");
    const cJSON *schema = wire_member(action->body, "KeySchema");
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        const char *name = wire_text(element, "AttributeName");
        const char *old_type = type_of(known, name);
        const char *new_type = type_of(given, name);
        if (old_type == NULL || new_type == NULL || strcmp(old_type, new_type) == 0)
            continue;
        return ddb_invalid(fault,
                           P "Attributes cannot be redefined. Please check that your attribute "
                             "has the same type as previously defined. Existing schema: %s New "
                             "schema: %s",
                           print_schema(find_schema(spec, name), known, fault->arena),
                           print_schema(schema, given, fault->arena));
    }
    return true;
}

static bool check_create(const struct ddb_table *table, const struct action *action,
                         const cJSON *input, struct ddb_fault *fault)
{
    if (ddb_definition_index_find(table->definition, action->name) != NULL)
        return ddb_invalid(fault, "Attempting to create an index which already exists");
    if (count_global(table) >= DDB_GLOBAL_INDEXES_MAX)
        return ddb_fail(fault, "LimitExceededException",
                        LIMIT "Number of global secondary indexes exceeds per-table limit of %d",
                        DDB_GLOBAL_INDEXES_MAX);
    return check_types(table, action, input, fault);
}

static bool check_delete(const struct ddb_table *table, const struct ddb_index_definition *index,
                         struct ddb_fault *fault)
{
    const struct ddb_index_state *state = state_of(table, index);
    if (!index->is_global)
        return ddb_invalid(fault, "Cannot delete an index that is not a GlobalSecondaryIndex: %s",
                           index->name);
    if (state->status == DDB_INDEX_DELETING)
        return ddb_fail(fault, in_use, IN_USE "Index is being deleted. Table: %s Index: %s",
                        table->name, index->name);
    if (state->status == DDB_INDEX_CREATING && state->backfill == NULL)
        return ddb_fail(fault, in_use,
                        IN_USE "Index creation is in resource allocation phase. Retry deletion "
                               "during backfilling phase or when the index is active. Table: %s "
                               "Index: %s",
                        table->name, index->name);
    return true;
}

static bool check_update(const struct ddb_table *table, const struct ddb_index_definition *index,
                         const struct action *action, const cJSON *input, struct ddb_fault *fault)
{
    const struct ddb_index_state *state = state_of(table, index);
    if (state->status == DDB_INDEX_DELETING)
        return ddb_fail(fault, in_use, IN_USE "Index is being deleted. Table: %s Index: %s",
                        table->name, index->name);
    if (state->status == DDB_INDEX_CREATING && state->backfill == NULL)
        return ddb_fail(fault, in_use,
                        IN_USE "Index is being created but is not backfilling yet.  Table: %s "
                               "Index: %s",
                        table->name, index->name);
    return ddb_throughput_check_index(table, index, &state->decreases, action->body, input, fault);
}

static bool check_action(const struct ddb_table *table, const struct action *action,
                         const cJSON *input, struct ddb_fault *fault)
{
    if (action->kind == ACTION_CREATE)
        return check_create(table, action, input, fault);
    const struct ddb_index_definition *index =
        ddb_definition_index_find(table->definition, action->name);
    if (index == NULL)
        return ddb_fail(fault, "ResourceNotFoundException",
                        "Requested resource not found: Index: %s for table: %s", action->name,
                        table->name);
    if (action->kind == ACTION_DELETE)
        return check_delete(table, index, fault);
    return check_update(table, index, action, input, fault);
}

/* A deletion may stop the creation that is under way. */
static bool check_one_at_a_time(const struct ddb_table *table, const cJSON *input,
                                struct ddb_fault *fault)
{
    const char *changing = ddb_index_in_state(table, DDB_INDEX_CREATING);
    const cJSON *element = NULL;
    if (table->status == DDB_TABLE_CREATING)
        changing = NULL;
    if (changing == NULL)
        changing = ddb_index_in_state(table, DDB_INDEX_DELETING);
    bool is_refused = count_online(input) > 1;
    cJSON_ArrayForEach(element, updates_of(input))
    {
        struct action action;
        if (!read_action(element, &action) || action.kind == ACTION_UPDATE || changing == NULL)
            continue;
        if (action.kind == ACTION_CREATE || strcmp(action.name, changing) != 0)
            is_refused = true;
    }
    if (!is_refused)
        return true;
    return ddb_fail(fault, "LimitExceededException",
                    LIMIT "Only 1 online index can be created or deleted simultaneously per "
                          "table");
}

bool ddb_index_updates_check_table(const struct ddb_table *table, const cJSON *input,
                                   struct ddb_fault *fault)
{
    const cJSON *element = NULL;
    if (updates_of(input) == NULL)
        return true;
    if (!check_one_at_a_time(table, input, fault))
        return false;
    cJSON_ArrayForEach(element, updates_of(input))
    {
        struct action action;
        if (read_action(element, &action) && !check_action(table, &action, input, fault))
            return false;
    }
    return true;
}

bool ddb_index_check_not_changing(const struct ddb_table *table, struct ddb_fault *fault)
{
    for (size_t i = 0; i < table->definition->index_count; i++) {
        if (table->index_states[i].status != DDB_INDEX_ACTIVE)
            return ddb_fail(fault, in_use,
                            IN_USE "Cannot delete table while indexes are being created, updated, "
                                   "or deleted.");
    }
    return true;
}

/* --- taking effect -------------------------------------------------------------------------------
 */

static struct ddb_table **members_of(struct ddb_table **table, size_t *count)
{
    struct ddb_group *group = (*table)->member.group;
    *count = group != NULL ? group->member_count : 1;
    return group != NULL ? group->members : table;
}

static const cJSON *find_create(const cJSON *input)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates_of(input))
    {
        const cJSON *create = wire_member(element, "Create");
        if (create != NULL)
            return create;
    }
    return NULL;
}

/* Where the same call changes the capacity mode, the index comes in the old mode first: its own
 * throughput follows when the change takes effect. */
static bool fit_to_mode(const struct ddb_table *table, const cJSON *input, cJSON *create,
                        struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "BillingMode");
    const char *name = wire_text(create, "IndexName");
    bool is_given = wire_member(create, "ProvisionedThroughput") != NULL;
    bool was_on_demand = ddb_table_is_on_demand(table);
    bool is_on_demand = mode != NULL ? strcmp(mode, "PAY_PER_REQUEST") == 0 : was_on_demand;
    if (is_on_demand == was_on_demand)
        return true;
    if (is_on_demand && is_given)
        return ddb_invalid(fault,
                           P "ProvisionedThroughput should not be specified for index: %s when "
                             "BillingMode is PAY_PER_REQUEST",
                           name);
    if (!is_on_demand && !is_given)
        return ddb_invalid(fault, P "ProvisionedThroughput is not specified for index: %s", name);
    const cJSON *units = wire_member(table->definition->spec, "ProvisionedThroughput");
    cJSON_DeleteItemFromObjectCaseSensitive(create, "ProvisionedThroughput");
    if (is_on_demand)
        cJSON_AddItemToObject(create, "ProvisionedThroughput", cJSON_Duplicate(units, true));
    return true;
}

static bool define_with(const struct ddb_table *table, const cJSON *input, const cJSON *create,
                        struct ddb_definition **definition, struct ddb_fault *fault)
{
    cJSON *index = cJSON_Duplicate(create, true);
    bool is_valid = fit_to_mode(table, input, index, fault);
    if (is_valid) {
        cJSON *spec = ddb_index_spec_with(table->definition, index,
                                          wire_member(input, "AttributeDefinitions"));
        is_valid = ddb_definition_create(spec, definition, fault);
        cJSON_Delete(spec);
    }
    cJSON_Delete(index);
    return is_valid;
}

/* In every replica, or nowhere. */
static bool add_everywhere(struct ddb_table *table, const cJSON *input, const cJSON *create,
                           struct ddb_fault *fault)
{
    size_t count = 0;
    struct ddb_table **members = members_of(&table, &count);
    for (size_t i = 0; i < count; i++) {
        struct ddb_definition *definition = NULL;
        struct sim_error error;
        bool is_valid = define_with(members[i], input, create, &definition, fault);
        if (is_valid && ddb_index_add(members[i], definition, &error) == RESULT_OK)
            continue;
        if (is_valid) {
            ddb_definition_destroy(definition);
            (void)ddb_fail(fault, "InternalServerError", "Internal server error: %s",
                           error.message);
        }
        while (i-- > 0)
            ddb_index_remove(members[i], members[i]->definition->index_count - 1);
        return false;
    }
    return true;
}

static void mark(struct ddb_table *table, const cJSON *updates)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        struct action action;
        const struct ddb_index_definition *index = NULL;
        if (read_action(element, &action) && action.kind != ACTION_CREATE)
            index = ddb_definition_index_find(table->definition, action.name);
        if (index == NULL)
            continue;
        struct ddb_index_state *state = &table->index_states[index - table->definition->indexes];
        if (action.kind == ACTION_DELETE)
            state->status = DDB_INDEX_DELETING;
        else if (state->status == DDB_INDEX_ACTIVE)
            state->status = DDB_INDEX_UPDATING;
    }
}

bool ddb_index_updates_begin(struct ddb_table *table, const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *create = find_create(input);
    if (create != NULL && !add_everywhere(table, input, create, fault))
        return false;
    size_t count = 0;
    struct ddb_table **members = members_of(&table, &count);
    for (size_t i = 0; i < count; i++)
        mark(members[i], updates_of(input));
    return true;
}

/* The spec of an index, to be changed. */
static cJSON *spec_of(struct ddb_table *table, const char *name)
{
    cJSON *index = NULL;
    cJSON_ArrayForEach(
        index, cJSON_GetObjectItemCaseSensitive(table->definition->spec, "GlobalSecondaryIndexes"))
    {
        if (strcmp(wire_text(index, "IndexName"), name) == 0)
            return index;
    }
    return NULL;
}

static void change_index(struct ddb_table *table, const struct action *action)
{
    const struct ddb_index_definition *index =
        ddb_definition_index_find(table->definition, action->name);
    struct ddb_index_state *state = &table->index_states[index - table->definition->indexes];
    ddb_throughput_change(spec_of(table, action->name), action->body, &state->decreases,
                          ddb_now_us(table->ddb));
    if (state->status == DDB_INDEX_UPDATING)
        state->status = DDB_INDEX_ACTIVE;
}

void ddb_index_updates_finish(struct ddb_table *table, const cJSON *updates)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, updates)
    {
        struct action action;
        const struct ddb_index_definition *index = NULL;
        if (read_action(element, &action))
            index = ddb_definition_index_find(table->definition, action.name);
        if (index == NULL) /* the replica joined while the change was under way */
            continue;
        size_t number = (size_t)(index - table->definition->indexes);
        if (action.kind == ACTION_CREATE) {
            change_index(table, &action);
            ddb_index_backfill_start(table, number);
        } else if (action.kind == ACTION_DELETE)
            ddb_index_remove(table, number);
        else
            change_index(table, &action);
    }
}
