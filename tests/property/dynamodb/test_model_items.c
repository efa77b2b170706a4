/* A table does what a plain array of structs does, and its indexes, its stream and its past agree.
 *
 * Random puts, updates, deletes, batches, transactions and PartiQL, conditional or not, beside
 * reads of every kind. Now and then everything is compared: the table and each index by a Scan, and
 * another array that is kept by nothing but the stream, from its first record on, whose images must
 * fit what it held. At the end the table is restored to random moments and compared with what the
 * oracle was then.
 *
 * REGIONLAB_SEED=n plays one seed; REGIONLAB_OPERATIONS=n plays that many operations in all;
 * REGIONLAB_LONG=1 plays a million. An operation is one call (its pages count as one); a
 * quarter are reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/wire/call.h"
#include "tests/property/dynamodb/fixture_model_past.h"
#include "tests/property/dynamodb/fixture_model_reads.h"

#define OPERATIONS        12000
#define OPERATIONS_LONG   1000000
#define OPERATIONS_A_SEED 25000
#define SEEDS_MIN         4
#define WRITES_MAX        6
#define COMPARED_AFTER    1000 /* operations */
#define CLOCK_STEP_AFTER  20   /* operations: a table has only so much throughput a second */
#define CLOCK_STEP_US     (SIM_US_PER_S / 4)
#define ALL_SCALARS       (BIT(THING_SCALARS) - 1)

enum write_kind { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK };

struct write {
    enum write_kind kind;
    unsigned key;
    bool has_condition;
    struct thing_condition condition;
    struct thing thing; /* to put */
    struct thing_update update;
};

/* --- what a write means --------------------------------------------------------------------------
 */

static void draw_write(struct model_run *run, bool may_fail, bool is_partiql, struct write *write)
{
    *write = (struct write){.kind = (enum write_kind)model_below(run, WRITE_CHECK),
                            .key = (unsigned)model_below(run, THING_KEYS),
                            .has_condition = model_below(run, 3) == 0};
    thing_condition_draw(&run->random, ALL_SCALARS, &write->condition);
    thing_draw(&run->random, &write->thing);
    thing_update_draw(&run->random, &run->things[write->key], is_partiql, may_fail, &write->update);
}

static bool is_met(const struct model_run *run, const struct write *write)
{
    return !write->has_condition ||
           thing_condition_holds(&write->condition, write->key, &run->things[write->key]);
}

/* False: an update that does not fit. */
static bool apply(const struct write *write, struct thing *thing)
{
    if (write->kind == WRITE_PUT)
        *thing = write->thing;
    else if (write->kind == WRITE_DELETE)
        *thing = thing_none;
    else if (write->kind == WRITE_UPDATE)
        return thing_update_apply(&write->update, thing);
    return true;
}

/* The members of a write, as in PutItem and its like and inside a transaction. */
static void print_write(struct sim_buffer *json, const struct write *write)
{
    struct thing_writer writer;
    thing_writer_init(&writer, false);
    sim_buffer_append_text(json, "\"TableName\":\"tab\"");
    if (write->kind == WRITE_PUT) {
        sim_buffer_append_text(json, ",\"Item\":");
        thing_print(json, write->key, &write->thing, false);
    } else {
        sim_buffer_append_text(json, ",\"Key\":");
        thing_print_key(json, write->key);
    }
    if (write->kind == WRITE_UPDATE) {
        thing_update_write(&writer, &write->update);
        sim_buffer_printf(json, ",\"UpdateExpression\":\"%s\"", writer.text.data);
        sim_buffer_clear(&writer.text);
    }
    if (write->has_condition) {
        thing_condition_write(&writer, &write->condition);
        sim_buffer_printf(json, ",\"ConditionExpression\":\"%s\"", writer.text.data);
    }
    if (writer.value_count > 0)
        sim_buffer_printf(json, ",\"ExpressionAttributeValues\":{%s}", writer.values.data);
    thing_writer_fini(&writer);
}

/* --- single writes -------------------------------------------------------------------------------
 */

static void write_one(struct model_run *run)
{
    static const char *const operations[] = {"PutItem", "UpdateItem", "DeleteItem"};
    struct write write;
    struct sim_buffer json;
    struct model_answer answer;
    draw_write(run, true, false, &write);
    struct thing *thing = &run->things[write.key];
    struct thing before = *thing;
    bool wants_new = write.kind == WRITE_UPDATE && model_below(run, 2) == 0;
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{");
    print_write(&json, &write);
    sim_buffer_printf(&json, ",\"ReturnValues\":\"%s\"}", wants_new ? "ALL_NEW" : "ALL_OLD");
    model_ask(run, "dynamodb", operations[write.kind], &json, &answer);
    struct thing after = before;
    if (!is_met(run, &write)) {
        model_expect(run, &answer, "ConditionalCheckFailedException");
    } else if (!apply(&write, &after)) {
        model_expect(run, &answer, "ValidationException");
    } else {
        model_expect(run, &answer, NULL);
        *thing = after;
        model_expect_item(run, wire_member(answer.output, "Attributes"), write.key,
                          wants_new ? &after : &before);
    }
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

static void write_batch(struct model_run *run)
{
    struct sim_buffer json;
    struct model_answer answer;
    unsigned count = 1 + (unsigned)model_below(run, WRITES_MAX);
    unsigned first = (unsigned)model_below(run, THING_KEYS);
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"RequestItems\":{\"tab\":[");
    for (unsigned i = 0; i < count; i++) {
        unsigned key = (first + 11 * i) % THING_KEYS; /* all different */
        bool is_put = model_below(run, 3) != 0;
        run->things[key] = thing_none;
        sim_buffer_append_text(&json, i > 0 ? "," : "");
        if (is_put) {
            thing_draw(&run->random, &run->things[key]);
            sim_buffer_append_text(&json, "{\"PutRequest\":{\"Item\":");
            thing_print(&json, key, &run->things[key], false);
        } else {
            sim_buffer_append_text(&json, "{\"DeleteRequest\":{\"Key\":");
            thing_print_key(&json, key);
        }
        sim_buffer_append_text(&json, "}}");
    }
    sim_buffer_append_text(&json, "]}}");
    model_ask(run, "dynamodb", "BatchWriteItem", &json, &answer);
    model_expect(run, &answer, NULL);
    if (cJSON_GetArraySize(wire_member(answer.output, "UnprocessedItems")) != 0)
        model_fail(run, "unprocessed items");
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

/* --- transactions --------------------------------------------------------------------------------
 */

static void draw_transaction(struct model_run *run, struct write *writes, unsigned count,
                             bool is_partiql)
{
    unsigned first = (unsigned)model_below(run, THING_KEYS);
    for (unsigned i = 0; i < count; i++) {
        draw_write(run, false, is_partiql, &writes[i]);
        writes[i].key = (first + 5 * i) % THING_KEYS; /* all different */
        thing_update_draw(&run->random, &run->things[writes[i].key], is_partiql, false,
                          &writes[i].update);
        if (!is_partiql && model_below(run, 6) == 0) {
            writes[i].kind = WRITE_CHECK;
            writes[i].has_condition = true;
        }
    }
}

/* Compares the reasons with the oracle; true if all conditions are met. */
static bool expect_transaction(struct model_run *run, const struct model_answer *answer,
                               const bool *met, unsigned count)
{
    struct sim_buffer text;
    bool is_met_by_all = true;
    sim_buffer_init(&text);
    sim_buffer_append_text(&text, "Transaction cancelled, please refer cancellation reasons for "
                                  "specific reasons [");
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_printf(&text, "%s%s", i > 0 ? ", " : "",
                          met[i] ? "None" : "ConditionalCheckFailed");
        is_met_by_all = is_met_by_all && met[i];
    }
    sim_buffer_append_text(&text, "]");
    model_expect(run, answer, is_met_by_all ? NULL : "TransactionCanceledException");
    if (!is_met_by_all && strcmp(answer->message, text.data) != 0)
        model_fail(run, "expected %s, got %s", text.data, answer->message);
    sim_buffer_fini(&text);
    return is_met_by_all;
}

static void write_transaction(struct model_run *run)
{
    static const char *const members[] = {"Put", "Update", "Delete", "ConditionCheck"};
    struct write writes[WRITES_MAX];
    bool met[WRITES_MAX];
    unsigned count = 1 + (unsigned)model_below(run, WRITES_MAX);
    struct sim_buffer json;
    struct model_answer answer;
    draw_transaction(run, writes, count, false);
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"TransactItems\":[");
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_printf(&json, "%s{\"%s\":{", i > 0 ? "," : "", members[writes[i].kind]);
        print_write(&json, &writes[i]);
        sim_buffer_append_text(&json, "}}");
        met[i] = is_met(run, &writes[i]);
    }
    sim_buffer_append_text(&json, "]}");
    model_ask(run, "dynamodb", "TransactWriteItems", &json, &answer);
    if (expect_transaction(run, &answer, met, count))
        for (unsigned i = 0; i < count; i++)
            (void)apply(&writes[i], &run->things[writes[i].key]);
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

/* --- PartiQL -------------------------------------------------------------------------------------
 */

static void print_statement(struct sim_buffer *json, const struct write *write)
{
    struct thing_writer writer;
    thing_writer_init(&writer, true);
    sim_buffer_append_text(json, "{\"Statement\":\"");
    if (write->kind == WRITE_PUT) {
        sim_buffer_append_text(json, "INSERT INTO tab VALUE ");
        thing_print(json, write->key, &write->thing, true);
    } else {
        if (write->kind == WRITE_UPDATE)
            thing_update_write(&writer, &write->update);
        sim_buffer_printf(json, "%s%s WHERE pk = 'p%u' AND sk = %u",
                          write->kind == WRITE_UPDATE ? "UPDATE tab" : "DELETE FROM tab",
                          writer.text.data, write->key / THING_SORTS, write->key % THING_SORTS);
        sim_buffer_clear(&writer.text);
        if (write->has_condition) {
            thing_condition_write(&writer, &write->condition);
            sim_buffer_printf(json, " AND %s", writer.text.data);
        }
    }
    sim_buffer_append_text(json, "\"}");
    thing_writer_fini(&writer);
}

/* INSERT wants no item there, UPDATE wants one; DELETE of none is well unless it has a condition.
 */
static bool is_met_in_partiql(const struct model_run *run, const struct write *write)
{
    bool exists = run->things[write->key].exists;
    if (write->kind == WRITE_PUT)
        return !exists;
    if (write->kind == WRITE_UPDATE)
        return exists && is_met(run, write);
    return !exists || is_met(run, write);
}

static void write_statement(struct model_run *run)
{
    struct write write;
    struct sim_buffer json;
    struct model_answer answer;
    draw_write(run, false, true, &write);
    sim_buffer_init(&json);
    print_statement(&json, &write);
    model_ask(run, "dynamodb", "ExecuteStatement", &json, &answer);
    if (is_met_in_partiql(run, &write)) {
        model_expect(run, &answer, NULL);
        (void)apply(&write, &run->things[write.key]);
    } else {
        model_expect(run, &answer,
                     write.kind == WRITE_PUT ? "DuplicateItemException"
                                             : "ConditionalCheckFailedException");
    }
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

/* The reasons of an INSERT of what is there are another code: looked at as all or nothing. */
static void write_statements(struct model_run *run)
{
    struct write writes[WRITES_MAX];
    unsigned count = 1 + (unsigned)model_below(run, WRITES_MAX);
    bool is_met_by_all = true;
    struct sim_buffer json;
    struct model_answer answer;
    draw_transaction(run, writes, count, true);
    sim_buffer_init(&json);
    sim_buffer_append_text(&json, "{\"TransactStatements\":[");
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_append_text(&json, i > 0 ? "," : "");
        print_statement(&json, &writes[i]);
        is_met_by_all = is_met_by_all && is_met_in_partiql(run, &writes[i]);
    }
    sim_buffer_append_text(&json, "]}");
    model_ask(run, "dynamodb", "ExecuteTransaction", &json, &answer);
    model_expect(run, &answer, is_met_by_all ? NULL : "TransactionCanceledException");
    for (unsigned i = 0; i < count && is_met_by_all; i++)
        (void)apply(&writes[i], &run->things[writes[i].key]);
    model_answer_fini(&answer);
    sim_buffer_fini(&json);
}

/* --- the run -------------------------------------------------------------------------------------
 */

static void operate(struct model_run *run)
{
    static const struct {
        unsigned weight;
        void (*act)(struct model_run *run);
    } acts[] = {
        {46, write_one},      {8, write_batch},      {10, write_transaction},
        {8, write_statement}, {4, write_statements}, {10, model_get},
        {9, model_query},     {3, model_scan},       {2, model_select},
    };
    uint64_t choice = model_below(run, 100);
    size_t i = 0;
    while (choice >= acts[i].weight)
        choice -= acts[i++].weight;
    run->operation++;
    acts[i].act(run);
    if (run->operation % CLOCK_STEP_AFTER == 0)
        model_advance(run, CLOCK_STEP_US);
}

static void play(uint64_t seed, uint64_t operations)
{
    struct model_run *run = sim_alloc(sizeof *run);
    struct model_past past = {0};
    model_run_init(run, seed);
    model_past_init(&past, run);
    uint64_t snapshot_after = operations / MODEL_SNAPSHOTS + 1;
    for (uint64_t i = 1; i <= operations; i++) {
        operate(run);
        if (i % snapshot_after == snapshot_after / 2)
            model_past_snapshot(&past, run);
        if (i % COMPARED_AFTER == 0 || i == operations) {
            model_compare_all(run, "tab", run->things);
            model_past_follow(&past, run);
        }
    }
    model_past_restore(&past, run);
    model_run_fini(run);
    free(run);
}

static void test_a_table_is_what_a_plain_array_is(void **state)
{
    (void)state;
    const char *wanted = getenv("REGIONLAB_OPERATIONS");
    const char *seed = getenv("REGIONLAB_SEED");
    uint64_t operations = getenv("REGIONLAB_LONG") != NULL ? OPERATIONS_LONG : OPERATIONS;
    if (wanted != NULL)
        operations = strtoull(wanted, NULL, 10);
    uint64_t seeds = operations / OPERATIONS_A_SEED;
    if (seeds < SEEDS_MIN)
        seeds = SEEDS_MIN;
    uint64_t each = (operations + seeds - 1) / seeds;
    if (seed != NULL) {
        play(strtoull(seed, NULL, 10), each);
        return;
    }
    for (uint64_t i = 1; i <= seeds; i++)
        play(i, each);
    print_message("%llu operations\n", (unsigned long long)(seeds * each));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_is_what_a_plain_array_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
