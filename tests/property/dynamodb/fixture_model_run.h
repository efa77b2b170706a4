/* fixture_model_run.h -- one run of the model test: a table in a world of its own, its oracle, and
 * calls that show themselves when something is wrong.
 *
 * Owner    An answer belongs to the caller: model_answer_fini(). */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_RUN_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_RUN_H

#include "emulators/dynamodb/dynamodb.h"
#include "emulators/wire/dispatch.h"
#include "tests/property/dynamodb/fixture_things.h"

struct model_run {
    uint64_t seed;
    uint64_t operation; /* counts up */
    struct sim_core core;
    struct wire_dispatcher *dispatcher;
    struct ddb *ddb;
    struct sim_random random;
    struct thing things[THING_KEYS]; /* the oracle */
    char *last_call;                 /* for whoever looks at a failure */
};

struct model_answer {
    bool is_there;
    bool is_ok;
    cJSON *output;
    char code[64];
    char message[512];
};

void model_run_init(struct model_run *run, uint64_t seed);
void model_run_fini(struct model_run *run);
uint64_t model_below(struct model_run *run, uint64_t bound);
void model_advance(struct model_run *run, uint64_t us);
/* Ends the test: what was wrong, in which operation, and how to repeat it. */
void model_fail(struct model_run *run, const char *format, ...) PRINTF_LIKE(2, 3);

/* Calls take simulated time where the service's do: comes back with the answer. */
void model_ask(struct model_run *run, const char *service, const char *operation,
               const struct sim_buffer *json, struct model_answer *answer);
/* The same with ' for ". */
void model_ask_text(struct model_run *run, const char *operation, struct model_answer *answer,
                    const char *format, ...) PRINTF_LIKE(4, 5);
void model_answer_fini(struct model_answer *answer);
/* The test fails unless the call was answered well (code NULL) or with this error. */
void model_expect(struct model_run *run, const struct model_answer *answer, const char *code);

/* The item in an answer (NULL: none) against a thing; the fields that are kept away become absent.
 */
void model_expect_item(struct model_run *run, const cJSON *item, unsigned key,
                       const struct thing *expected);

#endif
