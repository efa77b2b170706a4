/* partiql_lexer.h -- a PartiQL statement as tokens. Private to the PartiQL parser.
 *
 * Purpose  Reads the whole statement at once, so that a text that is none (an open quote or
 * comment, a sign that means nothing) is found before anything else, as the service does. Owner
 * Tokens and their texts lie in the arena. Units    line and column count from 1; length in bytes,
 * as the service's "at 1:8:3" says. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_LEXER_H
#define EMULATORS_DYNAMODB_PARTIQL_LEXER_H

#include "sim/core/arena.h"

enum ddb_partiql_token_kind {
    DDB_PARTIQL_END,
    DDB_PARTIQL_NAME,      /* bare: a keyword or an identifier */
    DDB_PARTIQL_QUOTED,    /* "identifier" */
    DDB_PARTIQL_STRING,    /* 'text' */
    DDB_PARTIQL_NUMBER,    /* without a sign */
    DDB_PARTIQL_PARAMETER, /* ? */
    DDB_PARTIQL_SIGN,      /* everything else: text is the sign itself */
};

struct ddb_partiql_token {
    enum ddb_partiql_token_kind kind;
    const char *text; /* without quotes, doubled ones made single */
    uint32_t line;
    uint32_t column;
    uint32_t length_bytes; /* in the statement */
};

/* The last token is an END. False: the text cannot be read. */
MUST_USE bool ddb_partiql_lex(struct sim_arena *arena, const char *text,
                              const struct ddb_partiql_token **tokens, size_t *token_count);

bool ddb_partiql_token_is_word(const struct ddb_partiql_token *token, const char *word);
bool ddb_partiql_token_is_sign(const struct ddb_partiql_token *token, const char *sign);

#endif
