/* transaction.h -- what TransactWriteItems and TransactGetItems share: limits and cancellation.
 *
 * Source   API reference, TransactionCanceledException: one reason for each action, in order.
 * Note     Both run in one step of the simulation now, at the end of their service time. A
 *          transaction that occupies its interval (and so meets others: TransactionConflict) takes
 *          its items between ddb_action_read() and ddb_action_write(). */
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

/* Between 1 and 100 elements. */
MUST_USE bool ddb_transaction_check_count(const cJSON *items, struct ddb_fault *fault);
/* The reason for a fault that an action's item gave. */
void ddb_cancellation_set(struct ddb_cancellation *reason, const struct ddb_fault *fault);
MUST_USE enum wire_progress ddb_transaction_cancel(struct wire_call *call,
                                                   const struct ddb_cancellation *reasons,
                                                   size_t count);

#endif
