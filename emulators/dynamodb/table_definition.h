/* table_definition.h -- what a table is made of: keys, indexes, billing.
 *
 * Purpose  Checks a CreateTable input (or the same form of a replica or a stored table) and keeps
 * it in a form to work with. spec is that input, reduced to what describes the table and kept up to
 * date by UpdateTable; DescribeTable copies its lists from there. Source   Recorded texts of the
 * service, in its order of checks. Owner    ddb_definition_create() gives, ddb_definition_destroy()
 * takes back. */
#ifndef EMULATORS_DYNAMODB_TABLE_DEFINITION_H
#define EMULATORS_DYNAMODB_TABLE_DEFINITION_H

#include "emulators/dynamodb/expression_context.h"

#define DDB_LOCAL_INDEXES_MAX  5
#define DDB_GLOBAL_INDEXES_MAX 20
#define DDB_UNITS_MAX          INT64_C(1000000000000)

enum ddb_projection_type { DDB_PROJECT_ALL, DDB_PROJECT_KEYS_ONLY, DDB_PROJECT_INCLUDE };

struct ddb_index_definition {
    const char *name;
    bool is_global;
    struct ddb_key_schema keys;
    enum ddb_projection_type projection;
    const struct ddb_binding *projected; /* what an entry holds; NULL for ALL */
    const cJSON *spec;                   /* its element of the definition's spec */
};

struct ddb_definition {
    struct sim_arena *arena;
    cJSON *spec; /* AttributeDefinitions, KeySchema, *Indexes, BillingMode, ProvisionedThroughput,
                    OnDemandThroughput, TableClass, StreamSpecification (at creation) */
    struct ddb_key_schema keys;
    struct ddb_index_definition *indexes; /* local ones first, each kind in the order sent */
    size_t index_count;
    size_t local_index_count;
    bool is_on_demand;
};

/* Checks everything but the name; the fault's texts are the service's. */
MUST_USE bool ddb_definition_create(const cJSON *input, struct ddb_definition **definition,
                                    struct ddb_fault *fault);
void ddb_definition_destroy(struct ddb_definition *definition);

const struct ddb_index_definition *
ddb_definition_index_find(const struct ddb_definition *definition, const char *name);
/* Whether an index's entries hold the attribute. */
bool ddb_index_has_attribute(const struct ddb_definition *definition,
                             const struct ddb_index_definition *index, const char *attribute);

/* Replaces a member of spec (value NULL: removes it); value becomes the definition's. */
void ddb_definition_set(struct ddb_definition *definition, const char *member, cJSON *value);

/* On demand, indexes have no provisioned throughput either. */
void ddb_definition_drop_index_throughput(struct ddb_definition *definition);

#endif
