#include "emulators/dynamodb/partiql_lexer.h"

#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"

struct lexer {
    struct sim_arena *arena;
    const char *at;
    const char *line_start;
    uint32_t line;
    struct ddb_partiql_token *tokens;
    size_t count;
};

/* Longer ones first. */
static const char *const signs[] = {"<<", ">>", "<=", ">=", "<>", "!=", "||", "(", ")",
                                    "[",  "]",  "{",  "}",  ",",  ".",  ":",  "*", "+",
                                    "-",  "/",  "%",  ";",  "=",  "<",  ">"};

/* --- what stands between tokens ----------------------------------------------------------------
 */

static void step_over(struct lexer *lexer, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (*lexer->at++ != '\n')
            continue;
        lexer->line++;
        lexer->line_start = lexer->at;
    }
}

/* False at a block comment without an end. */
static bool skip_blanks(struct lexer *lexer)
{
    for (;;) {
        const char *at = lexer->at;
        if (*at != '\0' && strchr(" \t\r\n\f\v", *at) != NULL) {
            step_over(lexer, 1);
        } else if (strncmp(at, "--", 2) == 0) {
            step_over(lexer, strcspn(at, "\n"));
        } else if (strncmp(at, "/*", 2) == 0) {
            const char *end = strstr(at + 2, "*/");
            if (end == NULL)
                return false;
            step_over(lexer, (size_t)(end - at) + 2);
        } else {
            return true;
        }
    }
}

/* --- tokens ------------------------------------------------------------------------------------
 */

static void add(struct lexer *lexer, enum ddb_partiql_token_kind kind, const char *text,
                size_t length)
{
    lexer->tokens[lexer->count++] = (struct ddb_partiql_token){
        .kind = kind,
        .text = text,
        .line = lexer->line,
        .column = (uint32_t)(lexer->at - lexer->line_start) + 1,
        .length_bytes = (uint32_t)length,
    };
    step_over(lexer, length);
}

static void add_plain(struct lexer *lexer, enum ddb_partiql_token_kind kind, size_t length)
{
    add(lexer, kind, sim_arena_strndup(lexer->arena, lexer->at, length), length);
}

/* A doubled quote inside stands for one. */
static bool add_quoted(struct lexer *lexer, enum ddb_partiql_token_kind kind)
{
    const char quote = *lexer->at;
    size_t whole = strlen(lexer->at);
    char *text = sim_arena_alloc(lexer->arena, whole + 1);
    size_t used = 0;
    for (size_t i = 1; i < whole; i++) {
        if (lexer->at[i] == quote && lexer->at[i + 1] != quote) {
            add(lexer, kind, text, i + 1);
            return true;
        }
        if (lexer->at[i] == quote)
            i++;
        text[used++] = lexer->at[i];
    }
    return false;
}

/* After these a dot begins a path's next element, not a number. */
static bool ends_path(const struct lexer *lexer)
{
    if (lexer->count == 0)
        return false;
    const struct ddb_partiql_token *last = &lexer->tokens[lexer->count - 1];
    return last->kind == DDB_PARTIQL_NAME || last->kind == DDB_PARTIQL_QUOTED ||
           ddb_partiql_token_is_sign(last, "]");
}

/* 0: no number here. */
static size_t number_length(const struct lexer *lexer)
{
    const char *at = lexer->at;
    size_t length = strspn(at, DIGITS);
    size_t fraction = at[length] == '.' ? strspn(at + length + 1, DIGITS) : 0;
    if (length == 0 && (fraction == 0 || ends_path(lexer)))
        return 0;
    if (at[length] == '.')
        length += 1 + fraction;
    if (at[length] != 'e' && at[length] != 'E')
        return length;
    size_t sign = at[length + 1] == '+' || at[length + 1] == '-' ? 1 : 0;
    size_t exponent = strspn(at + length + 1 + sign, DIGITS);
    return exponent == 0 ? length : length + 1 + sign + exponent;
}

static bool add_sign(struct lexer *lexer)
{
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (strncmp(lexer->at, signs[i], strlen(signs[i])) != 0)
            continue;
        add(lexer, DDB_PARTIQL_SIGN, signs[i], strlen(signs[i]));
        return true;
    }
    return false;
}

static bool add_token(struct lexer *lexer)
{
    size_t number = number_length(lexer);
    size_t name = strspn(lexer->at, LETTERS DIGITS);
    if (number > 0)
        add_plain(lexer, DDB_PARTIQL_NUMBER, number);
    else if (name > 0)
        add_plain(lexer, DDB_PARTIQL_NAME, name);
    else if (*lexer->at == '?')
        add(lexer, DDB_PARTIQL_PARAMETER, "?", 1);
    else if (*lexer->at == '\'')
        return add_quoted(lexer, DDB_PARTIQL_STRING);
    else if (*lexer->at == '"')
        return add_quoted(lexer, DDB_PARTIQL_QUOTED);
    else
        return add_sign(lexer);
    return true;
}

bool ddb_partiql_lex(struct sim_arena *arena, const char *text,
                     const struct ddb_partiql_token **tokens, size_t *token_count)
{
    struct lexer lexer = {.arena = arena, .at = text, .line_start = text, .line = 1};
    lexer.tokens = sim_arena_alloc_array(arena, strlen(text) + 1, sizeof *lexer.tokens);
    for (;;) {
        if (!skip_blanks(&lexer))
            return false;
        if (*lexer.at == '\0')
            break;
        if (!add_token(&lexer))
            return false;
    }
    add(&lexer, DDB_PARTIQL_END, "", 0);
    *tokens = lexer.tokens;
    *token_count = lexer.count;
    return true;
}

bool ddb_partiql_token_is_word(const struct ddb_partiql_token *token, const char *word)
{
    return token->kind == DDB_PARTIQL_NAME && strcasecmp(token->text, word) == 0;
}

bool ddb_partiql_token_is_sign(const struct ddb_partiql_token *token, const char *sign)
{
    return token->kind == DDB_PARTIQL_SIGN && strcmp(token->text, sign) == 0;
}
