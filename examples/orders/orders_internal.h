/* orders_internal.h -- an instance, and a request that it is working on. */
#ifndef EXAMPLES_ORDERS_ORDERS_INTERNAL_H
#define EXAMPLES_ORDERS_ORDERS_INTERNAL_H

#include "examples/orders/orders.h"

#define ORDERS_ID_MAX_BYTES ((size_t)256)
#define ORDERS_FILL_MAX     1000 /* of each kind in one request */

struct orders_job;

struct orders {
    struct sim_core *core;
    struct wire_dispatcher *dispatcher;
    const char *region;
    bool is_live;
    const char *customers_table;
    const char *products_table;
    const char *orders_table;
    struct sim_random random; /* ids of what /fill makes */
    struct orders_job *jobs;  /* under way */
};

/* Goes on with a job when a call to the database came back. */
typedef void orders_next(struct orders_job *job, const struct wire_call *call);

struct orders_job {
    struct orders *orders;
    struct orders_job *previous, *next_job;
    struct sim_endpoint_exchange *exchange;
    struct sim_arena *arena;
    cJSON *input;      /* of the call under way */
    orders_next *next; /* what comes after it */
    uint64_t timer;    /* sim_sched event while it waits, else 0 */
    const char *query; /* of the request, still encoded */
    const char *customer_id;
    const char *product_id;
    const char *order_id;
    struct orders_fill *fill; /* in the arena */
};

/* Calls DynamoDB in the job's Region; input is taken. */
void orders_call(struct orders_job *job, const char *operation, cJSON *input, orders_next *next);
/* Ends the job: body (taken) gets the Region and goes out. */
void orders_answer(struct orders_job *job, int status, cJSON *body);
/* The same with {"msg": sentence}. */
void orders_answer_message(struct orders_job *job, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Ends the job because of what became of a call; the sentence says what could not be done. */
void orders_answer_failure(struct orders_job *job, const struct wire_call *call,
                           const char *sentence);

/* {"S": text} as member name of object. */
void orders_add_text(cJSON *object, const char *name, const char *text);

/* The routes. */
void orders_create_order(struct orders_job *job);
void orders_read_order(struct orders_job *job);
void orders_fill(struct orders_job *job);
void orders_health(struct orders_job *job);

/* A parameter of the query that must be an id; false: answered already. */
bool orders_read_id(struct orders_job *job, const char *name, const char **id);

#endif
