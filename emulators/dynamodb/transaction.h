/* transaction.h -- what TransactWriteItems and TransactGetItems share: limits and cancellation.
 *
 * Source   API reference, TransactionCanceledException: one reason for each action, in order.
 * Note     Both read and write in one step at the end of their service time; from their arrival to
 *          that end their items are claimed (transaction_claims.h), so that they meet others. */
#ifndef EMULATORS_DYNAMODB_TRANSACTION_H
#define EMULATORS_DYNAMODB_TRANSACTION_H

#include "emulators/dynamodb/item_action.h"

#define DDB_TRANSACTION_ACTIONS_MAX 100
#define DDB_TRANSACTION_BYTES_MAX   ((size_t)4 * 1024 * 1024)

struct ddb_cancellation {
    const char *code; /* NULL: None */
    const char *message;
    cJSON *item; /* or NULL; the answer takes it */
};

/* Account and ClientRequestToken of the call; NULL: it has none. */
const char *ddb_transaction_token(const struct wire_call *call);
/* Between 1 and 100 elements. */
MUST_USE bool ddb_transaction_check_count(const cJSON *items, struct ddb_fault *fault);
/* The reason for a fault that an action's item gave. */
void ddb_cancellation_set(struct ddb_cancellation *reason, const struct ddb_fault *fault);
/* It met another call over this item. */
void ddb_cancellation_set_conflict(struct ddb_cancellation *reason);
/* A transaction with the same token is under way. */
enum wire_progress ddb_transaction_answer_busy(struct wire_call *call);
/* Writes one action into the transaction's commit and takes the throughput that it costs, which is
 * added to total. A throttled one sets its reason and *is_throttled; the commit must not be kept
 * then, and total be given back. */
MUST_USE enum sim_result ddb_transaction_write(struct ddb_item_action *action,
                                               struct ddb_commit *commit,
                                               struct ddb_capacity *total,
                                               struct ddb_cancellation *reason, bool *is_throttled,
                                               struct sim_error *error);
/* Ends the commit: result, or when throttled nothing of it is kept and *result stays OK. */
MUST_USE enum sim_result ddb_transaction_end(struct ddb_commit *commit,
                                             const struct ddb_capacity *total, bool is_throttled,
                                             enum sim_result result, struct sim_error *error);
MUST_USE enum wire_progress ddb_transaction_cancel(struct wire_call *call,
                                                   const struct ddb_cancellation *reasons,
                                                   size_t count);

#endif
