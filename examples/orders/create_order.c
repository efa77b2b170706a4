/* POST /orders: all three tables or none. */
#include "examples/orders/orders_internal.h"

static cJSON *add_action(cJSON *actions, const char *kind, const char *table)
{
    cJSON *wrapper = cJSON_CreateObject();
    cJSON_AddItemToArray(actions, wrapper);
    cJSON *action = cJSON_AddObjectToObject(wrapper, kind);
    cJSON_AddStringToObject(action, "TableName", table);
    return action;
}

static void add_customer_exists(const struct orders_job *job, cJSON *actions)
{
    cJSON *check = add_action(actions, "ConditionCheck", job->orders->customers_table);
    orders_add_text(cJSON_AddObjectToObject(check, "Key"), "CustomerId", job->customer_id);
    cJSON_AddStringToObject(check, "ConditionExpression", "attribute_exists(CustomerId)");
}

static void add_product_is_sold(const struct orders_job *job, cJSON *actions)
{
    cJSON *update = add_action(actions, "Update", job->orders->products_table);
    orders_add_text(cJSON_AddObjectToObject(update, "Key"), "ProductId", job->product_id);
    cJSON_AddStringToObject(update, "UpdateExpression", "SET ProductStatus = :new_status");
    cJSON_AddStringToObject(update, "ConditionExpression", "ProductStatus = :expected_status");
    cJSON *values = cJSON_AddObjectToObject(update, "ExpressionAttributeValues");
    orders_add_text(values, ":new_status", "SOLD");
    orders_add_text(values, ":expected_status", "IN_STOCK");
    cJSON_AddStringToObject(update, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
}

static void add_order_is_new(const struct orders_job *job, cJSON *actions)
{
    cJSON *put = add_action(actions, "Put", job->orders->orders_table);
    cJSON *item = cJSON_AddObjectToObject(put, "Item");
    orders_add_text(item, "OrderId", job->order_id);
    orders_add_text(item, "ProductId", job->product_id);
    orders_add_text(item, "CustomerId", job->customer_id);
    orders_add_text(item, "OrderStatus", "CONFIRMED");
    cJSON *total = cJSON_AddObjectToObject(item, "OrderTotal");
    cJSON_AddStringToObject(total, "N", "100");
    cJSON_AddStringToObject(put, "ConditionExpression", "attribute_not_exists(OrderId)");
    cJSON_AddStringToObject(put, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
}

static void written(struct orders_job *job, const struct wire_call *call)
{
    if (call->outcome == WIRE_OK)
        orders_answer_message(job, 200, "Order created");
    else
        orders_answer_failure(job, call, "Could not store order");
}

void orders_create_order(struct orders_job *job)
{
    if (!orders_read_id(job, "customerId", &job->customer_id) ||
        !orders_read_id(job, "productId", &job->product_id) ||
        !orders_read_id(job, "orderId", &job->order_id))
        return;
    cJSON *input = cJSON_CreateObject();
    cJSON *actions = cJSON_AddArrayToObject(input, "TransactItems");
    add_customer_exists(job, actions);
    add_product_is_sold(job, actions);
    add_order_is_new(job, actions);
    cJSON_AddStringToObject(input, "ReturnConsumedCapacity", "TOTAL");
    orders_call(job, "TransactWriteItems", input, written);
}
