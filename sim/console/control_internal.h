/* control_internal.h -- one request to the control API, as its route sees it. */
#ifndef SIM_CONSOLE_CONTROL_INTERNAL_H
#define SIM_CONSOLE_CONTROL_INTERNAL_H

#include "sim/console/control.h"

struct control_wait;

struct control {
    struct control_options options;
    struct topo_world *world;
    struct control_wait *waits; /* requests that wait for something */
};

struct control_exchange {
    struct control *control;
    struct topo_world *world;
    struct sim_http_request *request;
    struct sim_arena *arena;
    const cJSON *input; /* an object, its keys checked */
};

typedef void control_route_fn(struct control_exchange *exchange);

#define CONTROL_KEYS_MAX 14
struct control_route {
    const char *method;
    const char *path; /* below /_regionlab */
    control_route_fn *run;
    const char *keys[CONTROL_KEYS_MAX]; /* what the body may hold */
};

/* Each exchange gets exactly one of these. answer is given away; summary is for people. */
void control_reply(struct control_exchange *exchange, cJSON *answer, const char *summary_format,
                   ...) PRINTF_LIKE(3, 4);
void control_fail(struct control_exchange *exchange, int status, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* 404 for NOT_FOUND, 409 for CONFLICT, else 400. */
void control_fail_with(struct control_exchange *exchange, const struct sim_error *error);

/* Members of the input, all given as text by ctl and as text or number by others. */
const char *control_text(struct control_exchange *exchange, const char *key); /* NULL if absent */
/* The Region named by a key; NULL, and the exchange has failed, for an unknown one. */
struct sim_region *control_region(struct control_exchange *exchange, const char *key);
/* A duration; false, and the exchange has failed, for a bad one. */
bool control_duration(struct control_exchange *exchange, const char *key, uint64_t *duration_us);

/* control_clock.c */
bool control_time_parse(const char *text, uint64_t *time_us); /* "2026-01-01T00:05:00Z", or µs */
control_route_fn control_clock_show, control_clock_advance, control_clock_mode;
/* control_network.c */
control_route_fn control_regions_list, control_region_down, control_region_up, control_links_list,
    control_link_set, control_link_partition, control_link_heal;
/* control_faults.c */
control_route_fn control_fault_add, control_faults_list, control_faults_clear;
/* control_state.c */
/* control_items.c */
control_route_fn control_conflicts, control_probe;
/* control_replication.c */
control_route_fn control_replication;
control_route_fn control_health, control_info, control_backlog, control_trace, control_reset;
/* control_dns.c */
control_route_fn control_dns_log;
/* control_wait.c */
control_route_fn control_wait_for;
/* Whoever moved a virtual clock has stopped: the next one that waits moves it. */
void control_waits_go_on(struct control *control);
void control_waits_drop(struct control *control, const char *why); /* answers all that wait */

#endif
