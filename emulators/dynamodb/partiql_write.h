/* partiql_write.h -- INSERT, UPDATE, DELETE and EXISTS as item actions.
 *
 * Purpose  Turns a statement into what item_action.h works with, so that a PartiQL write is
 *          conditioned, versioned, indexed, logged and replicated like any other.
 * Owner    Everything lies in the fault's arena.
 * Errors   ValidationException, ConditionalCheckFailedException, DuplicateItemException. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_WRITE_H
#define EMULATORS_DYNAMODB_PARTIQL_WRITE_H

#include "emulators/dynamodb/item_action.h"
#include "emulators/dynamodb/partiql.h"

/* request: the object with Statement and ReturnValuesOnConditionCheckFailure. The action then knows
 * its table, not its key. */
void ddb_partiql_action_begin(const struct ddb_partiql *statement, const cJSON *request,
                              struct ddb_table *table, struct ddb_item_action *action);
/* A key that is not whole is refused in the words of ExecuteStatement, or (in a transaction) as one
 * that does not fit the schema. */
MUST_USE bool ddb_partiql_action_find_key(const struct ddb_partiql *statement, bool is_transaction,
                                          struct ddb_item_action *action, struct ddb_fault *fault);
/* After ddb_action_read(). */
MUST_USE bool ddb_partiql_action_evaluate(const struct ddb_partiql *statement,
                                          struct ddb_item_action *action, struct ddb_fault *fault);
/* What RETURNING asks for, or NULL; the caller owns it. */
MUST_USE cJSON *ddb_partiql_action_returned(const struct ddb_partiql *statement,
                                            const struct ddb_item_action *action);

#endif
