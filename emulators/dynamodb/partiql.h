/* partiql.h -- PartiQL statements, parsed.
 *
 * Purpose  One statement with its parameters put in. WHERE and SET become the trees that the
 *          expression language has (expression.h), so that conditions, updates and paths are
 *          evaluated by the same code as everywhere.
 * Source   Developer guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB"; error
 *          texts as public conformance suites recorded them.
 * Owner    Everything lies in the fault's arena; parameters are borrowed and must be normal.
 * Errors   ValidationException. What needs no table is found here: syntax, values, operand types,
 *          the count of parameters.
 * Limits   8,192 characters (the API model), 256 nested parentheses, 100 operands of IN. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_H
#define EMULATORS_DYNAMODB_PARTIQL_H

#include "emulators/dynamodb/expression_context.h"

#define DDB_PARTIQL_NESTING_MAX 256

#define DDB_PARTIQL_NO_KEY_TEXT                                                                    \
    "Where clause does not contain a mandatory equality on all key attributes"

enum ddb_partiql_kind {
    DDB_PARTIQL_SELECT,
    DDB_PARTIQL_EXISTS, /* EXISTS(SELECT ...): a transaction's condition check */
    DDB_PARTIQL_INSERT,
    DDB_PARTIQL_UPDATE,
    DDB_PARTIQL_DELETE,
};

enum ddb_partiql_returning {
    DDB_PARTIQL_RETURNING_NOTHING,
    DDB_PARTIQL_RETURNING_ALL_OLD,
    DDB_PARTIQL_RETURNING_ALL_NEW,
    DDB_PARTIQL_RETURNING_MODIFIED_OLD,
    DDB_PARTIQL_RETURNING_MODIFIED_NEW,
};

struct ddb_partiql_column {
    struct ddb_path path;
    const char *name; /* how the result calls it: the last named element with its indexes */
};

struct ddb_partiql_order {
    const char *attribute;
    bool is_descending;
};

struct ddb_partiql {
    enum ddb_partiql_kind kind;
    const char *table;
    const char *index;                        /* or NULL */
    const struct ddb_partiql_column *columns; /* SELECT; none: "*" */
    size_t column_count;
    const struct ddb_binding *where; /* or NULL */
    const struct ddb_partiql_order *orders;
    size_t order_count;
    cJSON *item;                      /* INSERT */
    const struct ddb_binding *update; /* UPDATE */
    enum ddb_partiql_returning returning;
};

bool ddb_partiql_is_read(const struct ddb_partiql *statement); /* SELECT; EXISTS goes with writes */

/* Checked copies of a request's Parameters (NULL: none) for ddb_partiql_parse(). */
struct ddb_partiql_parameters {
    const cJSON **values;
    size_t count;
};
MUST_USE bool ddb_partiql_read_parameters(const cJSON *list,
                                          struct ddb_partiql_parameters *parameters,
                                          struct ddb_fault *fault);

MUST_USE bool ddb_partiql_parse(const char *text, const struct ddb_partiql_parameters *parameters,
                                struct ddb_partiql *statement, struct ddb_fault *fault);

#endif
