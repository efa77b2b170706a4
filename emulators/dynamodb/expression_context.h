/* expression_context.h -- the placeholders of one request and the expressions that use them.
 *
 * Purpose  Checks ExpressionAttributeNames and ExpressionAttributeValues, parses and binds each
 *          expression of the request, and at the end refuses placeholders that none of them used.
 * Use      init; then bind each expression that the request has (NULL text gives a NULL binding);
 *          finish. The order in which expressions are bound is the order in which faults appear.
 * Owner    Everything lies in the fault's arena. Values are copied, so the request's input stays
 *          untouched. Bindings are good as long as arena and input are.
 * Errors   ValidationException with the service's text. */
#ifndef EMULATORS_DYNAMODB_EXPRESSION_CONTEXT_H
#define EMULATORS_DYNAMODB_EXPRESSION_CONTEXT_H

#include "emulators/dynamodb/expression.h"
#include "emulators/dynamodb/key.h"

struct ddb_binding {
    const struct ddb_expression *expression;
    const char *const *names;   /* by slot */
    const cJSON *const *values; /* by slot; normal */
};

/* What a request says about a placeholder. */
struct ddb_placeholder {
    const char *key;   /* "#x" or ":x" */
    const cJSON *json; /* a string, or a normal value */
    bool is_used;
};

struct ddb_placeholders {
    struct ddb_placeholder *entries; /* in the request's order */
    struct ddb_placeholder **sorted; /* by key */
    size_t count;
};

struct ddb_expression_context {
    const cJSON *unread_names; /* read with the first expression: items and keys come before */
    const cJSON *unread_values;
    struct ddb_placeholders names;
    struct ddb_placeholders values;
    const struct ddb_binding *key_condition; /* its shape is checked at the end */
};

struct ddb_expression_options {
    const cJSON *names;   /* ExpressionAttributeNames or NULL */
    const cJSON *values;  /* ExpressionAttributeValues or NULL */
    bool is_single_write; /* PutItem, UpdateItem, DeleteItem: they do not say what is possible */
    /* Which expressions this operation knows, for "... can only be specified when using
     * expressions: <these> null": "ConditionExpression is", "UpdateExpression and
     * ConditionExpression are". */
    const char *possible;
    bool has_expression;      /* the request has at least one expression */
    bool has_only_projection; /* and none of those that could use values */
};

/* Whether there may be placeholders at all. What they are is looked at when the first expression is
 * bound, or at the end. */
MUST_USE bool ddb_expression_context_init(struct ddb_expression_context *context,
                                          const struct ddb_expression_options *options,
                                          struct ddb_fault *fault);
/* text NULL: *binding becomes NULL. */
MUST_USE bool ddb_expression_context_bind(struct ddb_expression_context *context,
                                          enum ddb_expression_kind kind, const char *text,
                                          const struct ddb_binding **binding,
                                          struct ddb_fault *fault);
/* Unused names, unused values, then what a key condition may not say. */
MUST_USE bool ddb_expression_context_finish(struct ddb_expression_context *context,
                                            struct ddb_fault *fault);

/* Whether the bound expression names one of the schema's attributes at the top of a path; if so
 * *attribute is it (filters of a Query may not). */
bool ddb_binding_uses_key(const struct ddb_binding *binding, const struct ddb_key_schema *schema,
                          const char **attribute);
/* "Key attributes must be scalars; list random access '[]' ..." when a path goes below a key
 * attribute. index_name: NULL for the table's own key. */
MUST_USE bool ddb_binding_check_key_paths(const struct ddb_binding *binding,
                                          const struct ddb_key_schema *schema,
                                          const char *index_name, struct ddb_fault *fault);

#endif
