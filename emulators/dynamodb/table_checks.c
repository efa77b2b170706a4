#include "emulators/dynamodb/table_checks.h"

#include <stdlib.h>
#include <string.h>

#include "emulators/dynamodb/key.h"
#include "emulators/dynamodb/table_definition.h"
#include "emulators/wire/call.h"
#include "sim/core/buffer.h"

#define P DDB_PARAMETER_TEXT

static const char *name_of(const cJSON *element)
{
    const char *name = wire_text(element, "AttributeName");
    return name != NULL ? name : "";
}

static bool is_defined(const cJSON *definitions, const char *name)
{
    const cJSON *definition = NULL;
    cJSON_ArrayForEach(definition, definitions)
    {
        if (strcmp(name_of(definition), name) == 0)
            return true;
    }
    return false;
}

/* --- billing --------------------------------------------------------------------------------- */

bool ddb_table_check_throughput(const cJSON *throughput, struct ddb_fault *fault)
{
    static const char *const members[] = {"ReadCapacityUnits", "WriteCapacityUnits"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        int64_t units = wire_integer(throughput, members[i], 1);
        if (units > DDB_UNITS_MAX)
            return ddb_invalid(fault, "Given value %lld for %s is out of bounds", (long long)units,
                               members[i]);
    }
    return true;
}

bool ddb_table_check_class(const char *table_class, struct ddb_fault *fault)
{
    if (table_class == NULL || strcmp(table_class, "STANDARD") == 0 ||
        strcmp(table_class, "STANDARD_INFREQUENT_ACCESS") == 0)
        return true;
    return ddb_invalid(fault, "Invalid table-class parameter provided. Please try again with a "
                              "valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS].");
}

static bool is_on_demand(const cJSON *input)
{
    const char *mode = wire_text(input, "BillingMode");
    return mode != NULL && strcmp(mode, "PAY_PER_REQUEST") == 0;
}

bool ddb_table_check_on_demand(const cJSON *maximum, struct ddb_fault *fault)
{
    static const char *const members[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        int64_t units = wire_integer(maximum, members[i], -1);
        if (units == 0 || units < -1)
            return ddb_invalid(fault,
                               P "Requested %s for OnDemandThroughput for table is outside of "
                                 "valid range",
                               members[i]);
    }
    return true;
}

bool ddb_table_check_billing(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *throughput = wire_member(input, "ProvisionedThroughput");
    if (is_on_demand(input)) {
        if (throughput != NULL)
            return ddb_invalid(fault, P "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                        "specified when BillingMode is PAY_PER_REQUEST");
    } else if (throughput == NULL) {
        return ddb_invalid(fault, P "ReadCapacityUnits and WriteCapacityUnits must both be "
                                    "specified when BillingMode is PROVISIONED");
    }
    if (!ddb_table_check_throughput(throughput, fault))
        return false;
    const cJSON *caps = wire_member(input, "OnDemandThroughput");
    if (caps != NULL && !is_on_demand(input))
        return ddb_invalid(fault, P "MaxReadRequestUnits for OnDemandThroughput cannot be "
                                    "specified when the table BillingMode is PROVISIONED");
    return ddb_table_check_on_demand(caps, fault);
}

/* --- key schema ------------------------------------------------------------------------------ */

static bool is_role(const cJSON *element, const char *role)
{
    const char *type = wire_text(element, "KeyType");
    return type != NULL && strcmp(type, role) == 0;
}

static bool check_duplicate_definitions(const cJSON *definitions, struct ddb_fault *fault)
{
    const cJSON *definition = NULL;
    cJSON_ArrayForEach(definition, definitions)
    {
        for (const cJSON *other = definition->next; other != NULL; other = other->next) {
            if (strcmp(name_of(definition), name_of(other)) == 0)
                return ddb_invalid(fault, "Attribute Name is duplicated: %s", name_of(other));
        }
    }
    return true;
}

/* The shape of a table's or a local index's schema: HASH, then perhaps RANGE. */
static bool check_simple_schema(const cJSON *schema, struct ddb_fault *fault)
{
    const cJSON *first = cJSON_GetArrayItem(schema, 0);
    const cJSON *second = cJSON_GetArrayItem(schema, 1);
    if (second != NULL && strcmp(name_of(first), name_of(second)) == 0)
        return ddb_invalid(fault, "Both the Hash Key and the Range Key element in the KeySchema "
                                  "have the same name");
    if (!is_role(first, "HASH"))
        return ddb_invalid(fault, "Invalid KeySchema: The first KeySchemaElement is not a HASH key "
                                  "type");
    if (second != NULL && !is_role(second, "RANGE"))
        return ddb_invalid(fault, "Invalid KeySchema: The second KeySchemaElement is not a RANGE "
                                  "key type");
    return true;
}

static bool check_multi_attribute_schema(const cJSON *schema, struct ddb_fault *fault)
{
    size_t counts[2] = {0, 0};
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        for (const cJSON *other = element->next; other != NULL; other = other->next) {
            if (strcmp(name_of(element), name_of(other)) == 0)
                return ddb_invalid(fault, "The KeySchema contains multiple key attributes with the "
                                          "same name");
        }
        bool is_range = is_role(element, "RANGE");
        if (!is_range && counts[1] > 0)
            return ddb_invalid(fault, P "All HASH key attributes must precede RANGE key attributes "
                                        "in the KeySchema");
        counts[is_range ? 1 : 0]++;
    }
    if (counts[0] == 0)
        return ddb_invalid(fault, "Invalid KeySchema: The first KeySchemaElement is not a HASH key "
                                  "type");
    static const char *const roles[] = {"HASH", "RANGE"};
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (counts[i] > DDB_KEY_PARTS_MAX)
            return ddb_invalid(fault,
                               P "The KeySchema exceeds the maximum allowed number of %s "
                                 "key attributes",
                               roles[i]);
    }
    return true;
}

/* --- attribute definitions against all the schemas ---------------------------------------------
 */

struct names { /* the key attributes in use, each once, in order of appearance */
    const char **names;
    size_t count;
    size_t capacity;
};

static void names_add(struct names *names, struct sim_arena *arena, const cJSON *schema)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        bool is_known = false;
        for (size_t i = 0; i < names->count && !is_known; i++)
            is_known = strcmp(names->names[i], name_of(element)) == 0;
        if (is_known)
            continue;
        if (names->count == names->capacity) {
            size_t capacity = names->capacity * 2 + 8;
            const char **larger = sim_arena_alloc_array(arena, capacity, sizeof *larger);
            for (size_t i = 0; i < names->count; i++)
                larger[i] = names->names[i];
            names->names = larger;
            names->capacity = capacity;
        }
        names->names[names->count++] = name_of(element);
    }
}

static const char *print_names(struct sim_arena *arena, const struct names *names)
{
    char *text = sim_arena_strdup(arena, "");
    for (size_t i = 0; i < names->count; i++)
        text = sim_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", names->names[i]);
    return text;
}

static const char *print_definitions(struct sim_arena *arena, const cJSON *definitions)
{
    struct names names = {0};
    names_add(&names, arena, definitions); /* both have AttributeName */
    return print_names(arena, &names);
}

/* As the service prints a list of KeySchemaElement. */
static const char *print_schema(struct sim_arena *arena, const cJSON *schema)
{
    const char *text = "";
    const cJSON *element = NULL;
    cJSON_ArrayForEach(element, schema)
    {
        text = sim_arena_printf(arena, "%s%sKeySchemaElement(attributeName=%s, keyType=%s)", text,
                                element == schema->child ? "" : ", ", name_of(element),
                                wire_text(element, "KeyType"));
    }
    return text;
}

static void collect_names(const cJSON *input, struct sim_arena *arena, struct names *names)
{
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    names_add(names, arena, wire_member(input, "KeySchema"));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const cJSON *index = NULL;
        cJSON_ArrayForEach(index, wire_member(input, lists[i]))
        {
            names_add(names, arena, wire_member(index, "KeySchema"));
        }
    }
}

static bool has_indexes(const cJSON *input)
{
    return wire_member(input, "LocalSecondaryIndexes") != NULL ||
           wire_member(input, "GlobalSecondaryIndexes") != NULL;
}

static bool check_definitions(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *definitions = wire_member(input, "AttributeDefinitions");
    struct names names = {0};
    collect_names(input, fault->arena, &names);
    for (size_t i = 0; i < names.count; i++) {
        if (is_defined(definitions, names.names[i]))
            continue;
        if (!has_indexes(input))
            return ddb_invalid(fault, "Invalid KeySchema: Some index key attribute have no "
                                      "definition");
        return ddb_invalid(fault,
                           P "Some index key attributes are not defined in AttributeDefinitions. "
                             "Keys: [%s], AttributeDefinitions: [%s]",
                           print_names(fault->arena, &names),
                           print_definitions(fault->arena, definitions));
    }
    if ((size_t)cJSON_GetArraySize(definitions) == names.count)
        return true;
    if (!has_indexes(input))
        return ddb_invalid(fault, P "Number of attributes in KeySchema does not exactly match "
                                    "number of attributes defined in AttributeDefinitions");
    return ddb_invalid(
        fault,
        P "Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
        print_definitions(fault->arena, definitions), print_names(fault->arena, &names));
}

/* --- indexes --------------------------------------------------------------------------------- */

static bool check_projection(const cJSON *index, struct ddb_fault *fault)
{
    const cJSON *projection = wire_member(index, "Projection");
    const char *type = wire_text(projection, "ProjectionType");
    const cJSON *included = wire_member(projection, "NonKeyAttributes");
    if (type == NULL)
        return ddb_invalid(fault, P "Unknown ProjectionType: null");
    bool is_include = strcmp(type, "INCLUDE") == 0;
    if (!is_include && included != NULL)
        return ddb_invalid(fault, P "ProjectionType is %s, but NonKeyAttributes is specified",
                           type);
    if (is_include && included == NULL)
        return ddb_invalid(fault, P "ProjectionType is INCLUDE, but NonKeyAttributes is not "
                                    "specified");
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, included)
    {
        for (const cJSON *other = name->next; other != NULL; other = other->next) {
            if (strcmp(cJSON_GetStringValue(name), cJSON_GetStringValue(other)) == 0)
                return ddb_invalid(fault, P "Duplicate element in NonKeyAttributes: %s",
                                   cJSON_GetStringValue(name));
        }
    }
    return true;
}

static bool check_local_index(const cJSON *input, const cJSON *index, struct ddb_fault *fault)
{
    const cJSON *table_schema = wire_member(input, "KeySchema");
    const cJSON *schema = wire_member(index, "KeySchema");
    const char *name = wire_text(index, "IndexName");
    if (cJSON_GetArraySize(table_schema) < 2)
        return ddb_invalid(fault, P "Table KeySchema does not have a range key, which is required "
                                    "when specifying a LocalSecondaryIndex");
    if (!check_simple_schema(schema, fault))
        return false;
    if (cJSON_GetArraySize(schema) < 2)
        return ddb_invalid(fault, P "Index KeySchema does not have a range key for index: %s",
                           name);
    const char *index_hash = name_of(cJSON_GetArrayItem(schema, 0));
    const char *table_hash = name_of(cJSON_GetArrayItem(table_schema, 0));
    if (strcmp(index_hash, table_hash) != 0)
        return ddb_invalid(fault,
                           P "Index KeySchema does not have the same leading hash key as table "
                             "KeySchema for index: %s. index hash key: %s, table hash key: %s",
                           name, index_hash, table_hash);
    return check_projection(index, fault);
}

static bool check_global_index(const cJSON *input, const cJSON *index, struct ddb_fault *fault)
{
    const cJSON *schema = wire_member(index, "KeySchema");
    const cJSON *throughput = wire_member(index, "ProvisionedThroughput");
    const char *name = wire_text(index, "IndexName");
    bool is_simple =
        cJSON_GetArraySize(schema) <= 2 && !is_role(cJSON_GetArrayItem(schema, 1), "HASH");
    if (is_simple ? !check_simple_schema(schema, fault)
                  : !check_multi_attribute_schema(schema, fault))
        return false;
    if (!check_projection(index, fault))
        return false;
    if (is_on_demand(input) && throughput != NULL)
        return ddb_invalid(fault,
                           P "ProvisionedThroughput should not be specified for index: %s "
                             "when BillingMode is PAY_PER_REQUEST",
                           name);
    if (!is_on_demand(input) && throughput == NULL)
        return ddb_invalid(fault, P "ProvisionedThroughput is not specified for index: %s", name);
    return ddb_table_check_throughput(throughput, fault);
}

static bool check_index_names(const cJSON *input, struct ddb_fault *fault)
{
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    const char *names[DDB_LOCAL_INDEXES_MAX + DDB_GLOBAL_INDEXES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const cJSON *index = NULL;
        cJSON_ArrayForEach(index, wire_member(input, lists[i]))
        {
            const char *name = wire_text(index, "IndexName");
            for (size_t k = 0; k < count; k++) {
                if (strcmp(names[k], name) == 0)
                    return ddb_invalid(fault, P "Duplicate index name: %s", name);
            }
            names[count++] = name;
        }
    }
    return true;
}

static bool check_index_lists(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *local = wire_member(input, "LocalSecondaryIndexes");
    const cJSON *global = wire_member(input, "GlobalSecondaryIndexes");
    if (local != NULL && cJSON_GetArraySize(local) == 0)
        return ddb_invalid(fault, P "List of LocalSecondaryIndexes is empty");
    if (global != NULL && cJSON_GetArraySize(global) == 0)
        return ddb_invalid(fault, P "List of GlobalSecondaryIndexes is empty");
    const cJSON *index = NULL;
    cJSON_ArrayForEach(index, local)
    {
        if (!check_local_index(input, index, fault))
            return false;
    }
    cJSON_ArrayForEach(index, global)
    {
        if (!check_global_index(input, index, fault))
            return false;
    }
    if (cJSON_GetArraySize(local) > DDB_LOCAL_INDEXES_MAX)
        return ddb_invalid(fault, P "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
                           DDB_LOCAL_INDEXES_MAX);
    if (cJSON_GetArraySize(global) > DDB_GLOBAL_INDEXES_MAX)
        return ddb_invalid(fault, P "GlobalSecondaryIndex count exceeds the per-table limit of %d",
                           DDB_GLOBAL_INDEXES_MAX);
    return check_index_names(input, fault);
}

/* All elements have a definition by now: one too many is one that comes twice. */
static bool check_element_count(const cJSON *definitions, const cJSON *schema,
                                struct ddb_fault *fault)
{
    return cJSON_GetArraySize(schema) <= cJSON_GetArraySize(definitions) ||
           ddb_invalid(fault, "Invalid KeySchema: Some index key attribute have no definition");
}

bool ddb_table_check_schema(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *definitions = wire_member(input, "AttributeDefinitions");
    const cJSON *schema = wire_member(input, "KeySchema");
    if (cJSON_GetArraySize(schema) == 0)
        return ddb_invalid(fault, "1 validation error detected: Value null at 'keySchema' failed "
                                  "to satisfy constraint: Member must not be null");
    if (cJSON_GetArraySize(schema) > 2)
        return ddb_invalid(fault,
                           "1 validation error detected: Value '[%s]' at 'keySchema' failed "
                           "to satisfy constraint: Member must have length less than or "
                           "equal to 2",
                           print_schema(fault->arena, schema));
    return check_duplicate_definitions(definitions, fault) && check_definitions(input, fault) &&
           check_element_count(definitions, schema, fault) && check_simple_schema(schema, fault) &&
           check_index_lists(input, fault);
}

/* --- streams, encryption, table class --------------------------------------------------------- */

bool ddb_table_check_encryption(const cJSON *encryption, struct ddb_fault *fault)
{
    const char *type = wire_text(encryption, "SSEType");
    const char *key = wire_text(encryption, "KMSMasterKeyId");
    bool is_encrypted = wire_flag(encryption, "Enabled", false);
    if (encryption != NULL && !is_encrypted && type != NULL)
        return ddb_invalid(fault, P "SSEType can not be specified if Enabled is false");
    if (encryption != NULL && !is_encrypted && key != NULL)
        return ddb_invalid(fault, P "KMSMasterKeyId can not be specified if Enabled is false");
    if (key != NULL && (type == NULL || strcmp(type, "KMS") != 0))
        return ddb_invalid(fault, P "SSEType KMS is required if KMSMasterKeyId is specified");
    if (type != NULL && strcmp(type, "AES256") == 0)
        return ddb_invalid(fault, P "SSEType AES256 is not supported");
    return true;
}

bool ddb_table_check_settings(const cJSON *input, struct ddb_fault *fault)
{
    const cJSON *stream = wire_member(input, "StreamSpecification");
    const char *view = wire_text(stream, "StreamViewType");
    bool is_enabled = wire_flag(stream, "StreamEnabled", false);
    if (is_enabled && view == NULL)
        return ddb_invalid(fault, P "Table is being created with a stream enabled, UpdateViewType "
                                    "is required");
    if (stream != NULL && !is_enabled && view != NULL)
        return ddb_invalid(fault, P "Table is being created with a stream disabled, UpdateViewType "
                                    "should not be specified");
    return ddb_table_check_encryption(wire_member(input, "SSESpecification"), fault);
}

bool ddb_table_check_settings_mode(const cJSON *input, struct ddb_fault *fault)
{
    const char *mode = wire_text(input, "GlobalTableSettingsReplicationMode");
    if (mode == NULL || strcmp(mode, "ENABLED_WITH_OVERRIDES") != 0)
        return true;
    return ddb_invalid(fault, "Value 'ENABLED_WITH_OVERRIDES' at "
                              "'GlobalTableSettingsReplicationMode' failed to satisfy constraint: "
                              "Only ENABLED and DISABLED settings replication are supported for a "
                              "Regional Table.");
}
