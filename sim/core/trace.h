/* trace.h -- the one stream of what happened.
 *
 * Purpose  Every state change that matters is one typed event with a time, a Region and named
 * fields. Reports, the console, the conflict log and the determinism check read this stream. What
 * is not in the trace did not happen. A running SHA-256 over the canonical lines names the run.
 * Form     One JSON object a line: {"t":µs since the trace
 * began,"e":"type","r":"region",fields...}, fields in the order given, integers and strings only,
 * no white space. Owner    Fields are borrowed during the call. Listeners are called in the order
 * they came. */
#ifndef SIM_CORE_TRACE_H
#define SIM_CORE_TRACE_H

#include <stdio.h>

#include "sim/core/clock.h"

struct sim_trace;

enum sim_field_kind { SIM_FIELD_TEXT, SIM_FIELD_NUMBER, SIM_FIELD_FLAG };

struct sim_field {
    const char *name;
    enum sim_field_kind kind;
    const char *text; /* NULL prints as null */
    int64_t number;   /* FLAG: 0 or 1 */
};

#define FIELD_TEXT(field_name, value)                                                              \
    ((struct sim_field){.name = (field_name), .kind = SIM_FIELD_TEXT, .text = (value)})
#define FIELD_NUMBER(field_name, value)                                                            \
    ((struct sim_field){.name = (field_name), .kind = SIM_FIELD_NUMBER, .number = (int64_t)(value)})
#define FIELD_FLAG(field_name, value)                                                              \
    ((struct sim_field){.name = (field_name), .kind = SIM_FIELD_FLAG, .number = (value) ? 1 : 0})

struct sim_trace_event {
    uint64_t at_us;     /* since the epoch, simulated */
    const char *type;   /* "replication.applied" */
    const char *region; /* may be NULL */
    const struct sim_field *fields;
    size_t field_count;
    uint64_t sequence; /* 1.. */
};

typedef void sim_trace_listener(void *context, const struct sim_trace_event *event);

#define SIM_TRACE_HASH_TEXT_BYTES 65

MUST_USE struct sim_trace *sim_trace_create(struct sim_clock *clock);
void sim_trace_destroy(struct sim_trace *trace);
void sim_trace_restart(struct sim_trace *trace); /* empty again, time zero is now: for reset */

void sim_trace_write(struct sim_trace *trace, const char *type, const char *region,
                     const struct sim_field *fields, size_t field_count);
#define sim_trace_emit(trace, type, region, ...)                                                   \
    sim_trace_write((trace), (type), (region), (const struct sim_field[]){__VA_ARGS__},            \
                    sizeof((const struct sim_field[]){__VA_ARGS__}) / sizeof(struct sim_field))

void sim_trace_listen(struct sim_trace *trace, sim_trace_listener *listener, void *context);
void sim_trace_unlisten(struct sim_trace *trace, sim_trace_listener *listener, void *context);

/* Hashing and formatting cost more than most events; live mode turns them off until asked. */
void sim_trace_set_hashing(struct sim_trace *trace, bool on); /* default on */
void sim_trace_set_file(struct sim_trace *trace, FILE *file); /* lines go there as well; NULL: no */
void sim_trace_hash(const struct sim_trace *trace, char text[SIM_TRACE_HASH_TEXT_BYTES]);
/* Would anybody see an event? Where not, its fields need not be made. */
bool sim_trace_is_read(const struct sim_trace *trace);
uint64_t sim_trace_count(const struct sim_trace *trace);
uint64_t sim_trace_began_us(const struct sim_trace *trace);

const struct sim_field *sim_trace_field_find(const struct sim_trace_event *event, const char *name);

#endif
