/* expression_parser.h -- what the parsers of the expression kinds share. Private to them.
 *
 * Purpose  Tokens with one of lookahead, paths, placeholders, functions' names, and the faults that
 *          are collected until the whole text is read: a syntax error wins over all of them, and
 *          among them the kind of expression decides, not the place.
 * Errors   A parse function returns false after a syntax error (then fault is set); what is
 *          otherwise wrong is noted and the parse goes on, its tree never to be used. */
#ifndef EMULATORS_DYNAMODB_EXPRESSION_PARSER_H
#define EMULATORS_DYNAMODB_EXPRESSION_PARSER_H

#include "emulators/dynamodb/expression.h"
#include "emulators/dynamodb/expression_lexer.h"

/* Parentheses, NOTs and nested functions. Above, either the operators are too many or parentheses
 * redundant; and it bounds our stack. */
#define DDB_EXPRESSION_NESTING_MAX 320

enum ddb_expression_defect {
    DDB_DEFECT_PARENTHESES,
    DDB_DEFECT_UNKNOWN_FUNCTION,
    DDB_DEFECT_MISUSED_FUNCTION,
    DDB_DEFECT_RESERVED_WORD,
    DDB_DEFECT_SECTION,
    DDB_DEFECT_OPERAND_COUNT, /* kept for the binding */
    DDB_DEFECT_PATH_DEPTH,
    DDB_DEFECT_COUNT,
};

struct ddb_parser {
    struct sim_arena *arena;
    enum ddb_expression_kind kind;
    const char *at; /* behind lookahead */
    struct ddb_token previous;
    struct ddb_token current;
    struct ddb_token lookahead;
    unsigned nesting;
    size_t operator_count;
    const char *defects[DDB_DEFECT_COUNT]; /* the first of each, without "Invalid ...: " */
    struct ddb_fault *fault;

    const char **names;
    size_t name_count;
    const char **values;
    uint32_t *names_before;
    size_t value_count;
    struct ddb_path *paths;
    size_t path_count;
};

/* A list in the arena with room for one more element; amortised. */
MUST_USE void *ddb_list_grow(struct sim_arena *arena, void *items, size_t count, size_t item_bytes);

void ddb_parser_advance(struct ddb_parser *parser);
bool ddb_parser_is_at(const struct ddb_parser *parser, enum ddb_token_kind kind);
bool ddb_parser_is_at_word(const struct ddb_parser *parser, const char *word);
bool ddb_parser_is_at_function(const struct ddb_parser *parser); /* a name before a parenthesis */
/* A syntax error at the current token; returns false. */
bool ddb_parser_fail(struct ddb_parser *parser);
MUST_USE bool ddb_parser_expect(struct ddb_parser *parser, enum ddb_token_kind kind);
/* Steps into parentheses, a NOT or a function's arguments. */
MUST_USE bool ddb_parser_enter(struct ddb_parser *parser);
void ddb_parser_leave(struct ddb_parser *parser);
void ddb_parser_note(struct ddb_parser *parser, enum ddb_expression_defect defect,
                     const char *format, ...) PRINTF_LIKE(3, 4);
void ddb_parser_note_redundant_parentheses(struct ddb_parser *parser);
void ddb_parser_note_operand_count(struct ddb_parser *parser, const char *function,
                                   size_t operand_count);

MUST_USE bool ddb_parser_path(struct ddb_parser *parser, struct ddb_path *path);
/* Continues a path in parentheses: (a).b */
MUST_USE bool ddb_parser_path_tail(struct ddb_parser *parser, struct ddb_path *path);
MUST_USE bool ddb_parser_value(struct ddb_parser *parser, uint32_t *value_slot);
MUST_USE const struct ddb_operand *ddb_parser_operand(struct ddb_parser *parser,
                                                      struct ddb_operand operand);

/* The kinds. */
MUST_USE bool ddb_parse_condition(struct ddb_parser *parser,
                                  const struct ddb_condition **condition);
MUST_USE bool ddb_parse_update(struct ddb_parser *parser, struct ddb_action **actions,
                               size_t *action_count);

#endif
