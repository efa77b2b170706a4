#include "emulators/dynamodb/partiql_write.h"

#include <string.h>

#include "emulators/dynamodb/item_size.h"
#include "emulators/dynamodb/partiql_keys.h"
#include "emulators/dynamodb/update.h"

void ddb_partiql_action_begin(const struct ddb_partiql *statement, const cJSON *request,
                              struct ddb_table *table, struct ddb_item_action *action)
{
    static const enum ddb_item_action_kind kinds[] = {
        [DDB_PARTIQL_SELECT] = DDB_ITEM_CHECK,  [DDB_PARTIQL_EXISTS] = DDB_ITEM_CHECK,
        [DDB_PARTIQL_INSERT] = DDB_ITEM_PUT,    [DDB_PARTIQL_UPDATE] = DDB_ITEM_UPDATE,
        [DDB_PARTIQL_DELETE] = DDB_ITEM_DELETE,
    };
    *action = (struct ddb_item_action){
        .kind = kinds[statement->kind],
        .input = request,
        .table_name = statement->table,
        .item = statement->item,
        .condition = statement->where, /* the key's part of it holds, or the item is missing */
        .update = statement->update,
        .table = table,
    };
}

static bool check_size(struct ddb_item_action *action, struct ddb_fault *fault)
{
    action->new_size_bytes = ddb_item_size_bytes(action->item);
    return action->new_size_bytes <= DDB_ITEM_BYTES_MAX ||
           ddb_invalid(fault, "Item size has exceeded the maximum allowed size");
}

bool ddb_partiql_action_find_key(const struct ddb_partiql *statement, bool is_transaction,
                                 struct ddb_item_action *action, struct ddb_fault *fault)
{
    struct ddb_partiql_write_key key;
    if (statement->kind == DDB_PARTIQL_INSERT)
        return ddb_action_check_keys(action, fault) && check_size(action, fault);
    ddb_partiql_find_write_key(statement, &action->table->definition->keys, fault->arena, &key);
    action->item = key.map;
    if (!key.is_whole && !is_transaction)
        return ddb_invalid(fault, DDB_PARTIQL_NO_KEY_TEXT);
    if (key.repeated != NULL && statement->kind != DDB_PARTIQL_EXISTS)
        return ddb_invalid(fault,
                           "Multiple conditions on same key %s. Only single item "
                           "Update/Insert/Delete are supported",
                           key.repeated);
    return ddb_action_check_keys(action, fault);
}

bool ddb_partiql_action_evaluate(const struct ddb_partiql *statement,
                                 struct ddb_item_action *action, struct ddb_fault *fault)
{
    bool has_item = ddb_action_old_text(action) != NULL;
    if (statement->kind == DDB_PARTIQL_INSERT && has_item)
        return ddb_fail(fault, "DuplicateItemException", "Duplicate primary key exists in table");
    if (statement->kind == DDB_PARTIQL_DELETE && !has_item) {
        action->is_idle = true; /* nothing to delete, and nothing that a condition could refuse */
        return true;
    }
    return ddb_action_evaluate(action, fault);
}

cJSON *ddb_partiql_action_returned(const struct ddb_partiql *statement,
                                   const struct ddb_item_action *action)
{
    const char *old_text = ddb_action_old_text(action);
    switch (statement->returning) {
    case DDB_PARTIQL_RETURNING_ALL_OLD:
        return old_text == NULL ? NULL : ddb_raw_item(old_text);
    case DDB_PARTIQL_RETURNING_ALL_NEW:
        return ddb_raw_item(action->new_text);
    case DDB_PARTIQL_RETURNING_MODIFIED_OLD:
        return ddb_update_touched(action->update, action->old_item);
    case DDB_PARTIQL_RETURNING_MODIFIED_NEW:
        return ddb_update_touched(action->update, action->new_item);
    case DDB_PARTIQL_RETURNING_NOTHING:
        break;
    }
    return NULL;
}
