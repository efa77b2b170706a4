/* fixture_expression.h -- items and expressions for tests, written as text.
 *
 * JSON here uses ' for ", so that it reads well inside C. */
#ifndef TESTS_UNIT_DYNAMODB_FIXTURE_EXPRESSION_H
#define TESTS_UNIT_DYNAMODB_FIXTURE_EXPRESSION_H

#include "emulators/dynamodb/expression_context.h"

struct expression_fixture {
    struct sim_arena *arena;
    struct ddb_fault fault;
    struct ddb_expression_context context;
};

void expression_fixture_init(struct expression_fixture *fixture);
void expression_fixture_fini(struct expression_fixture *fixture);

/* The tree; it dies with the fixture. NULL text gives NULL. */
cJSON *fixture_json(struct expression_fixture *fixture, const char *text);
/* The same as an item in normal form. */
cJSON *fixture_item(struct expression_fixture *fixture, const char *text);
/* NULL after a fault, which is then in the fixture. names and values may be NULL. */
const struct ddb_binding *fixture_bind(struct expression_fixture *fixture,
                                       enum ddb_expression_kind kind, const char *text,
                                       const char *names, const char *values);
/* What a failure or success reads like: the fault's message, or "" when there was none. */
const char *fixture_message(const struct expression_fixture *fixture);
/* Unformatted JSON with ' for ", in the arena. */
const char *fixture_print(struct expression_fixture *fixture, const cJSON *json);

#endif
