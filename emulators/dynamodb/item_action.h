/* item_action.h -- one put, update, delete or condition check, in steps.
 *
 * Purpose  PutItem and its relatives, batches and transactions all do the same things to an item;
 *          they differ in when they do which step and what an error at it means for the call.
 * Use      parse (needs no table), locate (table and key), read (the stored item), evaluate
 *          (condition, new item), write (inside a commit).
 * Owner    Everything lies in the fault's arena. */
#ifndef EMULATORS_DYNAMODB_ITEM_ACTION_H
#define EMULATORS_DYNAMODB_ITEM_ACTION_H

#include "emulators/dynamodb/item_commit.h"
#include "emulators/dynamodb/item_request.h"

enum ddb_item_action_kind {
    DDB_ITEM_PUT,
    DDB_ITEM_UPDATE,
    DDB_ITEM_DELETE,
    DDB_ITEM_CHECK, /* ConditionCheck of a transaction */
};

struct ddb_item_action {
    enum ddb_item_action_kind kind;
    bool is_single;     /* a call of its own */
    const cJSON *input; /* TableName, Item or Key, expressions */
    const char *table_name;
    cJSON *item; /* PUT: the item; else the Key map; normal */
    const struct ddb_binding *condition;
    const struct ddb_binding *update;

    struct ddb_table *table;
    struct ddb_key_blob key;

    bool has_row; /* a stored item or a tombstone */
    struct ddb_row row;
    cJSON *old_item; /* parsed when something needs to look into it */

    bool has_failed_condition; /* the fault of evaluate is a failed condition */
    bool is_idle;              /* a check, or a delete of nothing: there is nothing to write */
    cJSON *new_item;           /* PUT and UPDATE */
    const char *new_text;
    size_t new_size_bytes;
};

/* input is the action's object. is_single: a call of its own, with ReturnValues and the newer
 * prefix of its texts. */
MUST_USE bool ddb_action_parse(struct ddb_item_action *action, enum ddb_item_action_kind kind,
                               const cJSON *input, bool is_single, struct ddb_fault *fault);
MUST_USE bool ddb_action_find_table(struct ddb_item_action *action, struct ddb *ddb,
                                    const struct wire_call *call, struct ddb_fault *fault);
/* Key and index keys against the schema. */
MUST_USE bool ddb_action_check_keys(struct ddb_item_action *action, struct ddb_fault *fault);
MUST_USE enum sim_result ddb_action_read(struct ddb_item_action *action, struct sim_arena *arena,
                                         struct sim_error *error);
/* ConditionalCheckFailedException, or what is wrong with the new item. */
MUST_USE bool ddb_action_evaluate(struct ddb_item_action *action, struct ddb_fault *fault);
MUST_USE enum sim_result ddb_action_write(struct ddb_item_action *action, struct ddb_commit *commit,
                                          struct sim_error *error);
/* The write as a commit of its own, paid from the table's throughput; what it consumed is added to
 * capacity. Not RESULT_OK with a code in the fault: throttled, and nothing has changed. */
MUST_USE enum sim_result ddb_action_commit(struct ddb_item_action *action,
                                           struct ddb_capacity *capacity, struct ddb_fault *fault,
                                           struct sim_error *error);
/* A failed condition costs what the stored item would. */
MUST_USE bool ddb_action_pay_failure(const struct ddb_item_action *action, struct ddb_fault *fault);

/* The item's text before, NULL when there was none. */
const char *ddb_action_old_text(const struct ddb_item_action *action);
/* Write units of the action in the table itself, in halves. */
uint64_t ddb_action_write_halves(const struct ddb_item_action *action);
/* {"Item": as it is stored} when ReturnValuesOnConditionCheckFailure asks for it, else NULL. The
 * caller owns it. */
MUST_USE cJSON *ddb_action_failure_members(const struct ddb_item_action *action);

#endif
