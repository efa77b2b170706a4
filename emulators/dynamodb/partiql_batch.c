/* BatchExecuteStatement: up to 25 statements, each on its own. */
#include <string.h>

#include "emulators/dynamodb/operations.h"
#include "emulators/dynamodb/partiql_execute.h"

struct part { /* one statement of a batch */
    struct ddb_partiql_run run;
    struct ddb_fault fault; /* code: it failed */
};

struct batch {
    struct wire_call *call;
    struct part *parts;
    size_t count;
    size_t read_count;
    size_t write_count;
    struct ddb_capacity capacity;
};

static void parse_batch(struct batch *batch, struct ddb *ddb)
{
    const cJSON *list = wire_member(batch->call->input, "Statements");
    const cJSON *request = NULL;
    batch->parts = sim_arena_alloc_array(batch->call->arena, (size_t)cJSON_GetArraySize(list) + 1,
                                         sizeof *batch->parts);
    cJSON_ArrayForEach(request, list)
    {
        struct part *part = &batch->parts[batch->count++];
        part->fault.arena = batch->call->arena;
        part->run = (struct ddb_partiql_run){.ddb = ddb,
                                             .call = batch->call,
                                             .request = request,
                                             .is_batch = true,
                                             .capacity = &batch->capacity};
        if (!ddb_partiql_run_parse(&part->run, &part->fault))
            continue;
        bool is_read = ddb_partiql_is_read(&part->run.statement);
        batch->read_count += is_read ? 1 : 0;
        batch->write_count += is_read ? 0 : 1;
    }
}

const char *ddb_partiql_short_code(struct sim_arena *arena, const char *code)
{
    static const struct {
        const char *code;
        const char *in_batch;
    } exceptions[] = {{"ValidationException", "ValidationError"},
                      {"SerializationException", "ValidationError"},
                      {"ThrottlingException", "ThrottlingError"},
                      {"InternalServerError", "InternalServerError"}};
    static const char ending[] = "Exception";
    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++)
        if (strcmp(code, exceptions[i].code) == 0)
            return exceptions[i].in_batch;
    size_t length = strlen(code);
    if (length > sizeof ending - 1 && strcmp(code + length - (sizeof ending - 1), ending) == 0)
        length -= sizeof ending - 1;
    return sim_arena_strndup(arena, code, length);
}

static void answer_part(struct batch *batch, struct part *part, cJSON *responses)
{
    struct ddb_partiql_run *run = &part->run;
    cJSON *response = cJSON_CreateObject();
    cJSON_AddItemToArray(responses, response);
    if (part->fault.code != NULL) {
        cJSON *failure = cJSON_AddObjectToObject(response, "Error");
        cJSON_AddStringToObject(failure, "Code",
                                ddb_partiql_short_code(batch->call->arena, part->fault.code));
        cJSON_AddStringToObject(failure, "Message", part->fault.message);
        if (run->failure_item != NULL)
            cJSON_AddItemToObject(failure, "Item", run->failure_item);
    }
    if (run->table != NULL) /* a statement that did not get that far tells no name */
        cJSON_AddStringToObject(response, "TableName", run->table->name);
    cJSON *item = cJSON_DetachItemFromArray(run->items, 0);
    if (item != NULL)
        cJSON_AddItemToObject(response, "Item", item);
    cJSON_Delete(run->items);
    cJSON_Delete(run->last_key);
}

enum wire_progress ddb_batch_execute(void *state, struct wire_call *call)
{
    struct batch batch = {.call = call};
    struct sim_error error;
    ddb_capacity_init(&batch.capacity, call->arena);
    parse_batch(&batch, state);
    if (batch.read_count > 0 && batch.write_count > 0)
        return wire_fail(call, "ValidationException",
                         "BatchExecuteStatement API does not support both read and write "
                         "operations in the same request.");
    cJSON *output = cJSON_CreateObject();
    cJSON *responses = cJSON_AddArrayToObject(output, "Responses");
    for (size_t i = 0; i < batch.count; i++) {
        struct part *part = &batch.parts[i];
        enum sim_result result = RESULT_OK;
        if (part->fault.code == NULL &&
            !ddb_partiql_run_statement(&part->run, &part->fault, &result, &error) &&
            result != RESULT_OK)
            (void)ddb_fail(&part->fault, "InternalServerError", "Internal server error");
        answer_part(&batch, part, responses);
    }
    ddb_capacity_report(&batch.capacity, call->input, output, true,
                        ddb_partiql_capacity_form(batch.read_count > 0));
    return wire_succeed(call, output);
}
