/* expression.h -- parsed expressions: condition, filter, update, projection, key condition.
 *
 * Purpose  One lexer and one parser make this tree. It is immutable, keeps placeholders as slots
 *          (names[i] "#x", values[i] ":v") and points only into the arena that it was parsed into,
 *          so it may outlive the request and be shared. expression_context.h binds it to a
 *          request's names and values; condition.h, update.h, projection.h and key_condition.h do
 *          the work.
 * Source   Developer guide, "Using expressions in DynamoDB"; error texts and their order as
 *          recorded by dynalite and Alternator.
 * Errors   ValidationException. Reported here: size and syntax first; then, in the order that the
 *          kind of expression has, redundant parentheses, unknown and misused functions, reserved
 *          words, repeated sections; last the operator count. What depends on placeholders is
 *          left to the binding.
 * Limits   4,096 bytes, 300 operators and functions, 100 operands of IN with the first one, 32 path
 * elements. */
#ifndef EMULATORS_DYNAMODB_EXPRESSION_H
#define EMULATORS_DYNAMODB_EXPRESSION_H

#include "emulators/dynamodb/path.h"

#define DDB_EXPRESSION_BYTES_MAX     4096
#define DDB_EXPRESSION_OPERATORS_MAX 300
#define DDB_EXPRESSION_IN_MAX        100
#define DDB_PLACEHOLDER_BYTES_MAX    255

enum ddb_expression_kind {
    DDB_EXPRESSION_CONDITION,
    DDB_EXPRESSION_FILTER,
    DDB_EXPRESSION_UPDATE,
    DDB_EXPRESSION_PROJECTION,
    DDB_EXPRESSION_KEY_CONDITION,
    DDB_EXPRESSION_KIND_COUNT,
};

enum ddb_operand_kind {
    DDB_OPERAND_PATH,
    DDB_OPERAND_VALUE,         /* values[value_slot] */
    DDB_OPERAND_SIZE,          /* size(left) */
    DDB_OPERAND_IF_NOT_EXISTS, /* if_not_exists(left, right); left is a path */
    DDB_OPERAND_LIST_APPEND,   /* list_append(left, right) */
    DDB_OPERAND_PLUS,          /* left + right */
    DDB_OPERAND_MINUS,
};

struct ddb_operand {
    enum ddb_operand_kind kind;
    uint32_t value_slot;
    struct ddb_path path;
    const struct ddb_operand *left;
    const struct ddb_operand *right;
};

enum ddb_condition_kind {
    DDB_CONDITION_AND, /* children */
    DDB_CONDITION_OR,
    DDB_CONDITION_NOT, /* one child */
    DDB_CONDITION_EQ,  /* from here on operands: two for comparators */
    DDB_CONDITION_NE,
    DDB_CONDITION_LT,
    DDB_CONDITION_LE,
    DDB_CONDITION_GT,
    DDB_CONDITION_GE,
    DDB_CONDITION_BETWEEN,    /* operands[0] between [1] and [2] */
    DDB_CONDITION_IN,         /* operands[0] among the others */
    DDB_CONDITION_EXISTS,     /* one operand, a path */
    DDB_CONDITION_NOT_EXISTS, /* likewise */
    DDB_CONDITION_TYPE,
    DDB_CONDITION_BEGINS_WITH,
    DDB_CONDITION_CONTAINS,
};

struct ddb_condition {
    enum ddb_condition_kind kind;
    const struct ddb_condition *const *children;
    size_t child_count;
    const struct ddb_operand *const *operands;
    size_t operand_count;
};

enum ddb_action_kind { DDB_ACTION_SET, DDB_ACTION_REMOVE, DDB_ACTION_ADD, DDB_ACTION_DELETE };

struct ddb_action {
    enum ddb_action_kind kind;
    struct ddb_path path;
    const struct ddb_operand *operand; /* NULL for REMOVE */
};

struct ddb_expression {
    enum ddb_expression_kind kind;
    const char *const *names; /* the placeholders in use, each once, "#x" */
    size_t name_count;
    const char *const *values;    /* ":v" */
    const uint32_t *names_before; /* values[i] first stands behind that many of names */
    size_t value_count;
    const struct ddb_path *paths; /* every path, in the order of the text */
    size_t path_count;

    const struct ddb_condition *condition; /* CONDITION, FILTER, KEY_CONDITION; else NULL */
    const struct ddb_action *actions;      /* UPDATE, in the order of the text */
    size_t action_count;
    /* PROJECTION: its paths are all there is */
    bool is_legacy;            /* made of older parameters: some faults have other words then */
    const char *operand_fault; /* a wrong number of operands, to be reported after placeholders */
};

const char *ddb_expression_kind_name(enum ddb_expression_kind kind); /* "ConditionExpression" */
const char *ddb_condition_kind_name(enum ddb_condition_kind kind);   /* "<=", "begins_with" */

/* Parses text into the arena; copies what it keeps of it. */
MUST_USE bool ddb_expression_parse(struct sim_arena *arena, enum ddb_expression_kind kind,
                                   const char *text, const struct ddb_expression **expression,
                                   struct ddb_fault *fault);

#endif
