#include "emulators/dynamodb/call_tables.h"

#include <string.h>

#include "emulators/dynamodb/partiql_lexer.h"
#include "emulators/dynamodb/table.h"

struct names {
    struct sim_arena *arena;
    const char **list;
    size_t count;
    size_t capacity;
};

/* Room for the NULL at the end, too. */
static void add(struct names *names, const char *name_or_arn)
{
    if (name_or_arn == NULL || name_or_arn[0] == '\0')
        return;
    if (names->count + 1 >= names->capacity) {
        size_t capacity = names->capacity * 2 + 8;
        const char **list = sim_arena_alloc_array(names->arena, capacity, sizeof *list);
        if (names->count > 0)
            memcpy(list, names->list, names->count * sizeof *list);
        names->list = list;
        names->capacity = capacity;
    }
    names->list[names->count++] = ddb_table_name_of(names->arena, name_or_arn);
    names->list[names->count] = NULL;
}

static void add_members(struct names *names, const cJSON *input)
{
    static const char *const members[] = {"TableName",       "TableArn",       "SourceTableName",
                                          "TargetTableName", "SourceTableArn", "ResourceArn",
                                          "StreamArn",       "BackupArn",      "GlobalTableName"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        add(names, wire_text(input, members[i]));
}

/* {"orders": ..., "customers": ...} */
static void add_keys(struct names *names, const cJSON *requests)
{
    const cJSON *request = NULL;
    cJSON_ArrayForEach(request, requests) add(names, request->string);
}

/* The name behind FROM, INTO or UPDATE. */
static void add_statement(struct names *names, const char *statement)
{
    static const char *const words[] = {"FROM", "INTO", "UPDATE"};
    const struct ddb_partiql_token *tokens = NULL;
    size_t count = 0;
    if (statement == NULL || !ddb_partiql_lex(names->arena, statement, &tokens, &count))
        return;
    for (size_t i = 0; i + 1 < count; i++) {
        bool is_name =
            tokens[i + 1].kind == DDB_PARTIQL_NAME || tokens[i + 1].kind == DDB_PARTIQL_QUOTED;
        for (size_t k = 0; is_name && k < ARRAY_LEN(words); k++) {
            if (ddb_partiql_token_is_word(&tokens[i], words[k])) {
                add(names, tokens[i + 1].text);
                return;
            }
        }
    }
}

/* [{"Put": {"TableName": ...}}, ...] */
static void add_transaction(struct names *names, const cJSON *items)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, items)
    {
        const cJSON *action = NULL;
        cJSON_ArrayForEach(action, item) add_members(names, action);
    }
}

/* [{"Statement": ...}, ...] */
static void add_statements(struct names *names, const cJSON *statements)
{
    const cJSON *statement = NULL;
    cJSON_ArrayForEach(statement, statements)
        add_statement(names, wire_text(statement, "Statement"));
}

const char *const *ddb_call_tables(const struct wire_call *call)
{
    const cJSON *input = call->input;
    struct names names = {.arena = call->arena};
    add_members(&names, input);
    if (cJSON_IsObject(wire_member(input, "RequestItems")))
        add_keys(&names, wire_member(input, "RequestItems"));
    add_transaction(&names, wire_member(input, "TransactItems"));
    add_statement(&names, wire_text(input, "Statement"));
    add_statements(&names, wire_member(input, "Statements"));
    add_statements(&names, wire_member(input, "TransactStatements"));
    return names.list;
}
