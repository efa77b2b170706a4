/* GET /orders: an order and its product, as they stand in this Region at one moment. */
#include "examples/orders/orders_internal.h"

static void add_get(cJSON *actions, const char *table, const char *key, const char *id)
{
    cJSON *wrapper = cJSON_CreateObject();
    cJSON_AddItemToArray(actions, wrapper);
    cJSON *get = cJSON_AddObjectToObject(wrapper, "Get");
    cJSON_AddStringToObject(get, "TableName", table);
    orders_add_text(cJSON_AddObjectToObject(get, "Key"), key, id);
}

/* Copies the attributes that have one plain value; the first of equal names stays. */
static void add_attributes(cJSON *body, const cJSON *item)
{
    const cJSON *attribute = NULL;
    cJSON_ArrayForEach(attribute, item)
    {
        if (wire_member(body, attribute->string) != NULL)
            continue;
        const char *text = wire_text(attribute, "S");
        const char *number = wire_text(attribute, "N");
        if (text != NULL)
            cJSON_AddStringToObject(body, attribute->string, text);
        else if (number != NULL)
            cJSON_AddRawToObject(body, attribute->string, number);
    }
}

static void delete_json(void *json)
{
    cJSON_Delete(json);
}

/* The item of one response; NULL if there is none. The service hands items out as JSON text. */
static const cJSON *item_of(const struct orders_job *job, const cJSON *responses, int index)
{
    const cJSON *item = wire_member(cJSON_GetArrayItem(responses, index), "Item");
    if (!cJSON_IsRaw(item))
        return item;
    cJSON *parsed = cJSON_Parse(item->valuestring);
    sim_arena_defer(job->arena, delete_json, parsed);
    return parsed;
}

static void read(struct orders_job *job, const struct wire_call *call)
{
    if (call->outcome != WIRE_OK) {
        orders_answer_failure(job, call, "Could not read order");
        return;
    }
    const cJSON *responses = wire_member(call->output, "Responses");
    const cJSON *product = item_of(job, responses, 0);
    const cJSON *order = item_of(job, responses, 1);
    if (product == NULL || order == NULL) {
        orders_answer_message(job, 404, "%s not found", order == NULL ? "Order" : "Product");
        return;
    }
    cJSON *body = cJSON_CreateObject();
    add_attributes(body, order);
    add_attributes(body, product);
    orders_answer(job, 200, body);
}

void orders_read_order(struct orders_job *job)
{
    if (!orders_read_id(job, "orderId", &job->order_id) ||
        !orders_read_id(job, "productId", &job->product_id))
        return;
    cJSON *input = cJSON_CreateObject();
    cJSON *actions = cJSON_AddArrayToObject(input, "TransactItems");
    add_get(actions, job->orders->products_table, "ProductId", job->product_id);
    add_get(actions, job->orders->orders_table, "OrderId", job->order_id);
    cJSON_AddStringToObject(input, "ReturnConsumedCapacity", "TOTAL");
    orders_call(job, "TransactGetItems", input, read);
}
