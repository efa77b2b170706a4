/* Tokens of the expression language. */
#include "emulators/dynamodb/expression_lexer.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *text; /* longer ones first */
    enum ddb_token_kind kind;
} symbols[] = {
    {"<>", DDB_TOKEN_NE},  {"<=", DDB_TOKEN_LE},          {">=", DDB_TOKEN_GE},
    {"<", DDB_TOKEN_LT},   {">", DDB_TOKEN_GT},           {"=", DDB_TOKEN_EQ},
    {"(", DDB_TOKEN_OPEN}, {")", DDB_TOKEN_CLOSE},        {",", DDB_TOKEN_COMMA},
    {".", DDB_TOKEN_DOT},  {"[", DDB_TOKEN_OPEN_BRACKET}, {"]", DDB_TOKEN_CLOSE_BRACKET},
    {"+", DDB_TOKEN_PLUS}, {"-", DDB_TOKEN_MINUS},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (is_letter(at[length]) || is_digit(at[length]) || at[length] == '_')
        length++;
    return length;
}

static size_t digits_length(const char *at)
{
    size_t length = 0;
    while (is_digit(at[length]))
        length++;
    return length;
}

/* One character of UTF-8, so that an error text stays readable. */
static size_t character_length(const char *at)
{
    size_t length = 1;
    while (((unsigned char)at[length] & 0xc0) == 0x80)
        length++;
    return length;
}

static enum ddb_token_kind classify(const char *at, size_t *length_bytes)
{
    *length_bytes = 0;
    if (*at == '\0')
        return DDB_TOKEN_END;
    if (is_letter(*at)) { /* a name does not start with an underscore */
        *length_bytes = word_length(at);
        return DDB_TOKEN_NAME;
    }
    if (is_digit(*at)) {
        *length_bytes = digits_length(at);
        return DDB_TOKEN_DIGITS;
    }
    if ((*at == '#' || *at == ':') && word_length(at + 1) > 0) {
        *length_bytes = 1 + word_length(at + 1);
        return *at == '#' ? DDB_TOKEN_NAME_PLACEHOLDER : DDB_TOKEN_VALUE_PLACEHOLDER;
    }
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        size_t length = strlen(symbols[i].text);
        if (*at == *symbols[i].text && strncmp(at, symbols[i].text, length) == 0) {
            *length_bytes = length;
            return symbols[i].kind;
        }
    }
    *length_bytes = character_length(at);
    return DDB_TOKEN_INVALID;
}

struct ddb_token ddb_token_next(const char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n')
        (*at)++;
    struct ddb_token token = {.start = *at};
    token.kind = classify(*at, &token.length_bytes);
    *at += token.length_bytes;
    return token;
}

bool ddb_token_is_word(const struct ddb_token *token, const char *word)
{
    return token->kind == DDB_TOKEN_NAME && strlen(word) == token->length_bytes &&
           strncasecmp(token->start, word, token->length_bytes) == 0;
}
