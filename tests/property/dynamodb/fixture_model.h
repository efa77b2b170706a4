/* fixture_model.h -- random values and items, and what equals and precedes what, done slowly.
 *
 * Owner    The caller owns every cJSON. Values are small (few letters, small integers), so that
 *          equal ones meet often. Nothing here uses the code under test, apart from bind. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_H

#include "emulators/dynamodb/expression_context.h"
#include "sim/core/random.h"

/* Runs that a test makes: many with REGIONLAB_LONG. */
unsigned model_run_count(unsigned usual);
uint64_t model_seed(void); /* REGIONLAB_SEED, else 1 */

cJSON *model_scalar(struct sim_random *random, const char *type); /* S, N or B */
cJSON *model_set(struct sim_random *random, const char *type);    /* SS, NS or BS */
cJSON *model_value(struct sim_random *random, unsigned depth);
/* Attributes of a to f. */
cJSON *model_item(struct sim_random *random);
char model_attribute(struct sim_random *random);

const char *model_type(const cJSON *value);
bool model_is(const cJSON *value, const char *type);
bool model_equal(const cJSON *a, const cJSON *b);
/* Of two values of one type out of S, N, B. */
int model_compare(const cJSON *a, const cJSON *b);
const cJSON *model_find(const cJSON *map, const char *name);
const cJSON *model_at(const cJSON *list, unsigned index);
size_t model_count(const cJSON *payload);
/* The bytes behind canonical base64. */
size_t model_decode(const char *text, unsigned char *bytes, size_t capacity);

/* The bound text, or a failed test that shows it. */
const struct ddb_binding *model_bind(struct sim_arena *arena, enum ddb_expression_kind kind,
                                     const char *text, const cJSON *names, const cJSON *values);

#endif
