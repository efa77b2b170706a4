/* Instances, routes, and the life of a request. */
#include "examples/orders/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/orders/orders_internal.h"
#include "sim/core/http.h"

/* As long as API Gateway waits for a function behind it. */
#define CALL_TIMEOUT_US (29 * SIM_US_PER_S)

static const struct {
    const char *method;
    const char *path;
    void (*run)(struct orders_job *job);
} routes[] = {
    {"POST", "/orders", orders_create_order},
    {"GET", "/orders", orders_read_order},
    {"POST", "/fill", orders_fill},
    {"GET", "/health", orders_health},
};

/* --- a job ---------------------------------------------------------------------------------- */

static struct orders_job *create_job(struct orders *orders, const char *target,
                                     struct sim_endpoint_exchange *exchange)
{
    struct orders_job *job = sim_alloc(sizeof *job);
    job->orders = orders;
    job->exchange = exchange;
    job->arena = sim_arena_create();
    const char *question = strchr(target, '?');
    job->query = question != NULL ? sim_arena_strdup(job->arena, question + 1) : "";
    job->next_job = orders->jobs;
    if (orders->jobs != NULL)
        orders->jobs->previous = job;
    orders->jobs = job;
    return job;
}

static void destroy_job(struct orders_job *job)
{
    if (job->previous != NULL)
        job->previous->next_job = job->next_job;
    else
        job->orders->jobs = job->next_job;
    if (job->next_job != NULL)
        job->next_job->previous = job->previous;
    sim_sched_cancel(job->orders->core->sched, job->timer);
    cJSON_Delete(job->input);
    sim_arena_destroy(job->arena);
    free(job);
}

void orders_answer(struct orders_job *job, int status, cJSON *body)
{
    cJSON_AddStringToObject(body, "region", job->orders->region);
    char *text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    struct sim_endpoint_exchange *exchange = job->exchange;
    destroy_job(job);
    sim_endpoint_answer(exchange, status, NULL, text);
    cJSON_free(text);
}

void orders_answer_message(struct orders_job *job, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = sim_arena_vprintf(job->arena, format, arguments);
    va_end(arguments);
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "msg", message);
    orders_answer(job, status, body);
}

static int failure_status(const struct wire_call *call)
{
    if (call->outcome != WIRE_ERROR)
        return 503;
    bool is_throttled = strstr(call->error.code, "Throttl") != NULL ||
                        strcmp(call->error.code, "ProvisionedThroughputExceededException") == 0;
    if (is_throttled)
        return 503;
    return call->error.is_server_fault ? 500 : 400;
}

static const char *failure_code(const struct wire_call *call)
{
    switch (call->outcome) {
    case WIRE_ERROR:
        return call->error.code;
    case WIRE_REFUSED:
        return "connection refused";
    case WIRE_RESET:
        return "connection reset";
    case WIRE_TIMED_OUT:
        return "no answer in time";
    case WIRE_OK:
        break;
    }
    return "";
}

void orders_answer_failure(struct orders_job *job, const struct wire_call *call,
                           const char *sentence)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "msg", sentence);
    cJSON_AddStringToObject(body, "error", failure_code(call));
    if (call->outcome == WIRE_ERROR && call->error.message != NULL)
        cJSON_AddStringToObject(body, "detail", call->error.message);
    const cJSON *reasons = call->outcome == WIRE_ERROR
                               ? wire_member(call->error.members, "CancellationReasons")
                               : NULL;
    if (reasons != NULL) {
        cJSON *codes = cJSON_AddArrayToObject(body, "reasons");
        const cJSON *reason = NULL;
        cJSON_ArrayForEach(reason, reasons)
        {
            const char *code = wire_text(reason, "Code");
            cJSON_AddItemToArray(codes, cJSON_CreateString(code != NULL ? code : "None"));
        }
    }
    orders_answer(job, failure_status(call), body);
}

/* --- calls ---------------------------------------------------------------------------------- */

static void call_done(void *context, struct wire_call *call)
{
    struct orders_job *job = context;
    cJSON *input = job->input;
    job->input = NULL;
    job->next(job, call); /* may end the job, or call again */
    cJSON_Delete(input);
}

void orders_call(struct orders_job *job, const char *operation, cJSON *input, orders_next *next)
{
    const struct orders *orders = job->orders;
    CHECK(job->input == NULL);
    job->input = input;
    job->next = next;
    const struct wire_request request = {
        .service = "dynamodb",
        .operation = operation,
        .region = orders->region,
        .caller = "orders",
        .input = input,
        .client_region = orders->is_live ? NULL : orders->region,
        .timeout_us = CALL_TIMEOUT_US,
    };
    wire_dispatch(orders->dispatcher, &request, call_done, job);
}

void orders_add_text(cJSON *object, const char *name, const char *text)
{
    cJSON *value = cJSON_AddObjectToObject(object, name);
    cJSON_AddStringToObject(value, "S", text);
}

/* --- requests ------------------------------------------------------------------------------- */

bool orders_read_id(struct orders_job *job, const char *name, const char **id)
{
    const char *value = sim_query_find(job->arena, job->query, name);
    if (value == NULL || value[0] == '\0' || strlen(value) > ORDERS_ID_MAX_BYTES) {
        orders_answer_message(job, 400, "the parameter %s must be an id of 1 to %zu bytes", name,
                              ORDERS_ID_MAX_BYTES);
        return false;
    }
    *id = value;
    return true;
}

void orders_health(struct orders_job *job)
{
    orders_answer_message(job, 200, "healthy");
}

static void handle(void *context, const struct sim_endpoint_request *request,
                   struct sim_endpoint_exchange *exchange)
{
    struct orders_job *job = create_job(context, request->target, exchange);
    size_t path_bytes = strcspn(request->target, "?");
    bool path_exists = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (strlen(routes[i].path) != path_bytes ||
            strncmp(routes[i].path, request->target, path_bytes) != 0)
            continue;
        path_exists = true;
        if (strcmp(routes[i].method, request->method) == 0) {
            routes[i].run(job);
            return;
        }
    }
    if (path_exists)
        orders_answer_message(job, 405, "this path does not take %.16s", request->method);
    else
        orders_answer_message(job, 404, "there is nothing here; try /orders, /fill or /health");
}

/* --- instances ------------------------------------------------------------------------------ */

static const struct topo_key parameter_keys[] = {
    {"customers_table", false},
    {"products_table", false},
    {"orders_table", false},
};
static const struct topo_section parameters = TOPO_SECTION("parameters", parameter_keys);

static void destroy(void *instance)
{
    struct orders *orders = instance;
    while (orders->jobs != NULL)
        orders_answer_message(orders->jobs, 503, "the application is being stopped");
    free(orders);
}

static enum sim_result create(const struct topo_application_host *host, void **instance,
                              struct sim_error *error)
{
    struct orders read = {
        .core = host->core,
        .dispatcher = host->dispatcher,
        .region = host->region,
        .is_live = host->is_live,
        .customers_table = "resilientdynamo-Customers",
        .products_table = "resilientdynamo-Product",
        .orders_table = "resilientdynamo-Order",
    };
    const struct {
        const char *key;
        const char **table;
    } rows[] = {
        {"customers_table", &read.customers_table},
        {"products_table", &read.products_table},
        {"orders_table", &read.orders_table},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum sim_result result =
            topo_read_text(topo_node_find(host->parameters, rows[i].key), rows[i].table, error);
        if (result != RESULT_OK)
            return result;
    }
    struct orders *orders = sim_alloc(sizeof *orders);
    *orders = read;
    char stream[64];
    snprintf(stream, sizeof stream, "orders/%s", host->region);
    sim_random_init(&orders->random, host->core->seed, stream);
    *instance = orders;
    return RESULT_OK;
}

const struct topo_application orders_application = {
    .name = "orders",
    .summary = "customers buy products: orders over three global tables",
    .parameters = &parameters,
    .create = create,
    .destroy = destroy,
    .handle = handle,
};
