/* expression_lexer.h -- an expression's text as tokens. Private to the expression parser.
 *
 * Owner    Tokens point into the text. Errors: what fits nothing is an INVALID token. */
#ifndef EMULATORS_DYNAMODB_EXPRESSION_LEXER_H
#define EMULATORS_DYNAMODB_EXPRESSION_LEXER_H

#include "sim/core/base.h"

enum ddb_token_kind {
    DDB_TOKEN_END,
    DDB_TOKEN_NAME,
    DDB_TOKEN_NAME_PLACEHOLDER,  /* #x */
    DDB_TOKEN_VALUE_PLACEHOLDER, /* :x */
    DDB_TOKEN_DIGITS,
    DDB_TOKEN_OPEN, /* ( */
    DDB_TOKEN_CLOSE,
    DDB_TOKEN_COMMA,
    DDB_TOKEN_DOT,
    DDB_TOKEN_OPEN_BRACKET,
    DDB_TOKEN_CLOSE_BRACKET,
    DDB_TOKEN_EQ,
    DDB_TOKEN_NE,
    DDB_TOKEN_LT,
    DDB_TOKEN_LE,
    DDB_TOKEN_GT,
    DDB_TOKEN_GE,
    DDB_TOKEN_PLUS,
    DDB_TOKEN_MINUS,
    DDB_TOKEN_INVALID,
};

struct ddb_token {
    enum ddb_token_kind kind;
    const char *start;
    size_t length_bytes; /* 0 at the end */
};

/* The token at *at or behind the blanks there; moves *at past it. */
struct ddb_token ddb_token_next(const char **at);
/* Whether a NAME is this word, in any case of letters. */
bool ddb_token_is_word(const struct ddb_token *token, const char *word);

#endif
