/* POST /fill: customers, products and orders with new ids, in batches of one table each. What a
 * batch leaves unprocessed is sent again, ever more slowly. */
#include <stdlib.h>
#include <string.h>

#include "examples/orders/orders_internal.h"
#include "sim/core/http.h"

#define BATCH_MAX     25 /* puts that BatchWriteItem takes */
#define RETRIES_MAX   8
#define RETRY_WAIT_US (50 * SIM_US_PER_MS) /* before the first; doubled for each further one */

enum kind { CUSTOMERS, PRODUCTS, ORDERS, KIND_COUNT };

static const struct {
    const char *parameter;
    const char *key;
    const char *plural; /* in the answer */
} kinds[KIND_COUNT] = {
    [CUSTOMERS] = {"cust", "CustomerId", "customers"},
    [PRODUCTS] = {"product", "ProductId", "products"},
    [ORDERS] = {"order", "OrderId", "orders"},
};

struct orders_fill {
    size_t wanted[KIND_COUNT];
    cJSON *ids[KIND_COUNT]; /* arrays inside body */
    cJSON *body;            /* the answer; owned until it goes out */
    size_t kind;            /* being written */
    size_t written;         /* of this kind */
    unsigned retries;
    cJSON *unprocessed; /* waits to be sent again */
};

static const char *table_of(const struct orders *orders, size_t kind)
{
    const char *const tables[KIND_COUNT] = {
        [CUSTOMERS] = orders->customers_table,
        [PRODUCTS] = orders->products_table,
        [ORDERS] = orders->orders_table,
    };
    return tables[kind];
}

static void end_fill(void *object)
{
    struct orders_fill *fill = object;
    cJSON_Delete(fill->body);
    cJSON_Delete(fill->unprocessed);
}

/* Absent means none. */
static bool read_count(struct orders_job *job, const char *name, size_t *count)
{
    const char *value = sim_query_find(job->arena, job->query, name);
    if (value == NULL)
        return true;
    size_t length = strlen(value);
    bool is_number = length > 0 && length <= 4 && strspn(value, "0123456789") == length;
    unsigned long read = is_number ? strtoul(value, NULL, 10) : ORDERS_FILL_MAX + 1;
    if (read > ORDERS_FILL_MAX) {
        orders_answer_message(job, 400, "the parameter %s must be a number from 0 to %d", name,
                              ORDERS_FILL_MAX);
        return false;
    }
    *count = read;
    return true;
}

static void write_next(struct orders_job *job);

static cJSON *batch(struct orders_job *job)
{
    struct orders *orders = job->orders;
    struct orders_fill *fill = job->fill;
    size_t left = fill->wanted[fill->kind] - fill->written;
    size_t count = left < BATCH_MAX ? left : BATCH_MAX;
    cJSON *input = cJSON_CreateObject();
    cJSON *items = cJSON_AddObjectToObject(input, "RequestItems");
    cJSON *puts = cJSON_AddArrayToObject(items, table_of(orders, fill->kind));
    for (size_t i = 0; i < count; i++) {
        char id[SIM_UUID_TEXT_BYTES];
        sim_random_uuid(&orders->random, id);
        cJSON_AddItemToArray(fill->ids[fill->kind], cJSON_CreateString(id));
        cJSON *wrapper = cJSON_CreateObject();
        cJSON_AddItemToArray(puts, wrapper);
        cJSON *item =
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(wrapper, "PutRequest"), "Item");
        orders_add_text(item, kinds[fill->kind].key, id);
        if (fill->kind == PRODUCTS)
            orders_add_text(item, "ProductStatus", "IN_STOCK");
    }
    fill->written += count;
    return input;
}

static void wrote(struct orders_job *job, const struct wire_call *call);

static void send_again(void *context)
{
    struct orders_job *job = context;
    job->timer = 0;
    cJSON *input = cJSON_CreateObject();
    cJSON_AddItemToObject(input, "RequestItems", job->fill->unprocessed);
    job->fill->unprocessed = NULL;
    orders_call(job, "BatchWriteItem", input, wrote);
}

static void wrote(struct orders_job *job, const struct wire_call *call)
{
    struct orders_fill *fill = job->fill;
    if (call->outcome != WIRE_OK) {
        orders_answer_failure(job, call, "Could not fill the tables");
        return;
    }
    const cJSON *unprocessed = wire_member(call->output, "UnprocessedItems");
    if (unprocessed == NULL || unprocessed->child == NULL) {
        fill->retries = 0;
        write_next(job);
        return;
    }
    if (fill->retries == RETRIES_MAX) {
        orders_answer_message(job, 503, "Could not fill the tables: items stayed unprocessed");
        return;
    }
    fill->unprocessed = cJSON_Duplicate(unprocessed, true);
    uint64_t wait_us = RETRY_WAIT_US << fill->retries++;
    job->timer = sim_sched_after(job->orders->core->sched, wait_us, send_again, job);
}

static void write_next(struct orders_job *job)
{
    struct orders_fill *fill = job->fill;
    while (fill->kind < KIND_COUNT && fill->written == fill->wanted[fill->kind]) {
        fill->kind++;
        fill->written = 0;
    }
    if (fill->kind < KIND_COUNT) {
        orders_call(job, "BatchWriteItem", batch(job), wrote);
        return;
    }
    cJSON *body = fill->body;
    fill->body = NULL;
    orders_answer(job, 200, body);
}

void orders_fill(struct orders_job *job)
{
    struct orders_fill *fill = sim_arena_alloc(job->arena, sizeof *fill);
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!read_count(job, kinds[i].parameter, &fill->wanted[i]))
            return;
    fill->body = cJSON_CreateObject();
    for (size_t i = 0; i < KIND_COUNT; i++)
        fill->ids[i] = cJSON_AddArrayToObject(fill->body, kinds[i].plural);
    sim_arena_defer(job->arena, end_fill, fill);
    job->fill = fill;
    write_next(job);
}
