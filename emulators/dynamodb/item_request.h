/* item_request.h -- what calls on items and tables have in common: finding the table, keys and
 * expressions in the input.
 *
 * Owner    Everything lies in the fault's arena.
 * Errors   The fault carries the service's code and text. Order of the service: expressions and
 *          values first, then the table, then keys against its schema. */
#ifndef EMULATORS_DYNAMODB_ITEM_REQUEST_H
#define EMULATORS_DYNAMODB_ITEM_REQUEST_H

#include "emulators/dynamodb/table.h"

/* The table a data-plane call names; one that is being created or deleted is not found. Where the
 * call needs a quorum (strong.h), the table has the latest state, or there is a fault. */
MUST_USE bool ddb_request_table(struct ddb *ddb, const struct wire_call *call,
                                const char *name_or_arn, struct ddb_table **table,
                                struct ddb_fault *fault);
/* The same without acting: the call is not at work yet. */
MUST_USE bool ddb_request_table_found(struct ddb *ddb, const struct wire_call *call,
                                      const char *name_or_arn, struct ddb_table **table,
                                      struct ddb_fault *fault);
/* Control plane: in any state. "Requested resource not found: Table: <t> not found". */
MUST_USE bool ddb_request_table_control(struct ddb *ddb, const struct wire_call *call,
                                        const char *name_or_arn, struct ddb_table **table,
                                        struct ddb_fault *fault);

/* The table that the input's ResourceArn names, itself or by a stream or index of it. */
MUST_USE bool ddb_request_resource(struct ddb *ddb, const struct wire_call *call,
                                   struct ddb_table **table, struct ddb_fault *fault);

/* A normalised copy of an Item or Key map, deferred to the arena. */
MUST_USE bool ddb_request_item(const cJSON *map, cJSON **item, struct ddb_fault *fault);
/* The same without the copy, for the operations on one item: the map of the call's own input is
 * brought to normal form where it lies, and nobody reads it otherwise. */
MUST_USE bool ddb_request_only_item(const cJSON *map, cJSON **item, struct ddb_fault *fault);

/* AttributesToGet or ProjectionExpression, whichever there is. */
MUST_USE bool ddb_request_projection(const cJSON *input, struct ddb_expression_context *context,
                                     const struct ddb_binding **projection,
                                     struct ddb_fault *fault);

/* Paths below the top level of a key attribute, the table's or an index's, are refused. binding may
 * be NULL. */
MUST_USE bool ddb_request_check_paths(const struct ddb_definition *definition,
                                      const struct ddb_binding *binding, struct ddb_fault *fault);

/* Ties a tree to the arena. */
void ddb_defer_json(struct sim_arena *arena, cJSON *json);
/* The item's stored text as it is, for output. */
MUST_USE cJSON *ddb_raw_item(const char *text);

#endif
