/* transaction.h -- what TransactWriteItems and TransactGetItems share: limits and cancellation.
 *
 * Source   API reference, TransactionCanceledException: one reason for each action, in order.
 * Note     Both read and write in one step at the end of their service time; from their arrival to
 *          that end their items are claimed (transaction_claims.h), so that they meet others. */
#ifndef EMULATORS_DYNAMODB_TRANSACTION_H
#define EMULATORS_DYNAMODB_TRANSACTION_H

#include "emulators/dynamodb/item_request.h"

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
MUST_USE enum wire_progress ddb_transaction_cancel(struct wire_call *call,
                                                   const struct ddb_cancellation *reasons,
                                                   size_t count);

#endif
