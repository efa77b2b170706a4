/* partiql_parser.h -- what the parts of the PartiQL parser share. Private to them.
 *
 * Purpose  A place in the tokens, the values and paths collected so far, and the faults' texts.
 * Errors   A function returns false (or NULL) exactly after setting the fault, which ends the
 *          parse. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_PARSER_H
#define EMULATORS_DYNAMODB_PARTIQL_PARSER_H

#include "emulators/dynamodb/partiql.h"
#include "emulators/dynamodb/partiql_lexer.h"

struct ddb_partiql_parser {
    struct sim_arena *arena;
    const struct ddb_partiql_token *token; /* the one to look at */
    const struct ddb_partiql_parameters *parameters;
    size_t parameters_used;
    cJSON *holder; /* array that owns every value made here */
    const cJSON **values;
    size_t value_count;
    size_t value_capacity;
    struct ddb_path *paths; /* of the part that is being parsed */
    size_t path_count;
    size_t path_capacity;
    unsigned nesting;
    unsigned doubled_count; /* comparisons that make a condition stand twice in the tree */
    struct ddb_fault *fault;
};

/* A token's kind of place in an expression: a condition or an operand, never both. */
struct ddb_partiql_term {
    const struct ddb_condition *condition;
    const struct ddb_operand *operand;
};

/* "Statement wasn't well formed, can't be processed: " and what. */
bool ddb_partiql_malformed(struct ddb_partiql_parser *parser, const char *what);
/* For a token that cannot begin a term: "Unexpected term" and its like. */
bool ddb_partiql_unexpected(struct ddb_partiql_parser *parser);
/* "<what> at <line>:<column>:<length>" of a token; false. */
bool ddb_partiql_fail_at(struct ddb_partiql_parser *parser, const struct ddb_partiql_token *token,
                         const char *what);
/* A function's name as the service prints it. */
const char *ddb_partiql_lower(struct ddb_partiql_parser *parser, const char *name);

bool ddb_partiql_at_word(const struct ddb_partiql_parser *parser, const char *word);
bool ddb_partiql_at_sign(const struct ddb_partiql_parser *parser, const char *sign);
/* Steps over it when it is there. */
bool ddb_partiql_take_word(struct ddb_partiql_parser *parser, const char *word);
bool ddb_partiql_take_sign(struct ddb_partiql_parser *parser, const char *sign);
MUST_USE bool ddb_partiql_want_sign(struct ddb_partiql_parser *parser, const char *sign);
bool ddb_partiql_at_end(const struct ddb_partiql_parser *parser); /* or a closing semicolon */
/* Keywords that stand where an attribute's name could not. */
bool ddb_partiql_token_is_keyword(const struct ddb_partiql_token *token);

MUST_USE bool ddb_partiql_enter(struct ddb_partiql_parser *parser); /* one level deeper */
void ddb_partiql_leave(struct ddb_partiql_parser *parser);

/* partiql_value.c: a literal or parameter; normal. */
bool ddb_partiql_at_value(const struct ddb_partiql_parser *parser);
MUST_USE bool ddb_partiql_parse_value(struct ddb_partiql_parser *parser, const cJSON **value);
/* The tuple of an INSERT, or a parameter that is a map; the holder owns it. */
MUST_USE bool ddb_partiql_parse_item(struct ddb_partiql_parser *parser, cJSON **item);

/* partiql_path.c */
MUST_USE bool ddb_partiql_parse_path(struct ddb_partiql_parser *parser, struct ddb_path *path);
/* "k[0]" for m.k[0] */
const char *ddb_partiql_column_name(struct sim_arena *arena, const struct ddb_path *path);

/* partiql_term.c: sums, values, paths, functions, parentheses. */
MUST_USE bool ddb_partiql_parse_term(struct ddb_partiql_parser *parser,
                                     struct ddb_partiql_term *term);
const struct ddb_operand *ddb_partiql_value_operand(struct ddb_partiql_parser *parser,
                                                    const cJSON *value);
/* A comma-separated list up to the closing sign. */
MUST_USE bool ddb_partiql_parse_terms(struct ddb_partiql_parser *parser, const char *closing,
                                      struct ddb_partiql_term **terms, size_t *term_count);

/* partiql_condition.c */
MUST_USE bool ddb_partiql_parse_condition(struct ddb_partiql_parser *parser,
                                          const struct ddb_condition **condition);
/* OR, AND, NOT and comparisons; may also give a bare operand in parentheses. */
MUST_USE bool ddb_partiql_parse_expression(struct ddb_partiql_parser *parser,
                                           struct ddb_partiql_term *term);
const struct ddb_condition *ddb_partiql_leaf(struct ddb_partiql_parser *parser,
                                             enum ddb_condition_kind kind,
                                             const struct ddb_operand *const *operands,
                                             size_t operand_count);
const struct ddb_condition *ddb_partiql_node(struct ddb_partiql_parser *parser,
                                             enum ddb_condition_kind kind,
                                             const struct ddb_condition *const *children,
                                             size_t child_count);

/* partiql_compare.c: what a condition can look at: a path, a value, a size; name is the operator's,
 * for the fault. */
MUST_USE bool ddb_partiql_want_operand(struct ddb_partiql_parser *parser,
                                       const struct ddb_partiql_term *term, const char *name);
/* left kind right, where either may be a condition. */
MUST_USE bool ddb_partiql_compare(struct ddb_partiql_parser *parser, enum ddb_condition_kind kind,
                                  const struct ddb_partiql_term *left,
                                  const struct ddb_partiql_term *right,
                                  const struct ddb_condition **condition);

/* partiql_update.c: SET and REMOVE clauses, one after another. */
MUST_USE bool ddb_partiql_parse_update(struct ddb_partiql_parser *parser,
                                       const struct ddb_action **actions, size_t *action_count);

#endif
