#include "emulators/dynamodb/transaction_tokens.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define DIGEST_BYTES 32

struct token {
    uint64_t expires_us;
    unsigned char body_digest[DIGEST_BYTES];
    UT_hash_handle hh; /* the hash keeps the order of insertion: the oldest is its head */
    char text[];
};

struct ddb_token_list {
    struct token *tokens;
};

struct ddb_token_list *ddb_tokens_create(void)
{
    return sim_alloc(sizeof(struct ddb_token_list));
}

static void forget(struct ddb_token_list *list, struct token *token)
{
    HASH_DEL(list->tokens, token);
    free(token);
}

void ddb_tokens_destroy(struct ddb_token_list *tokens)
{
    if (tokens == NULL)
        return;
    while (tokens->tokens != NULL)
        forget(tokens, tokens->tokens);
    free(tokens);
}

static void digest(const char *body, unsigned char out[DIGEST_BYTES])
{
    unsigned int length = 0;
    int is_done = EVP_Digest(body, strlen(body), out, &length, EVP_sha256(), NULL);
    CHECK(is_done == 1);
    CHECK(length == DIGEST_BYTES);
}

enum ddb_token_verdict ddb_tokens_ask(struct ddb_token_list *tokens, const char *token,
                                      const char *body, uint64_t now_us)
{
    while (tokens->tokens != NULL && tokens->tokens->expires_us <= now_us)
        forget(tokens, tokens->tokens);
    struct token *found = NULL;
    HASH_FIND(hh, tokens->tokens, token, strlen(token), found);
    if (found == NULL)
        return DDB_TOKEN_NEW;
    unsigned char body_digest[DIGEST_BYTES];
    digest(body, body_digest);
    return memcmp(body_digest, found->body_digest, DIGEST_BYTES) == 0 ? DDB_TOKEN_REPEATED
                                                                      : DDB_TOKEN_MISMATCH;
}

void ddb_tokens_add(struct ddb_token_list *tokens, const char *token, const char *body,
                    uint64_t now_us)
{
    if (HASH_COUNT(tokens->tokens) >= DDB_TOKENS_MAX)
        forget(tokens, tokens->tokens);
    size_t length = strlen(token);
    struct token *fresh = sim_alloc(sizeof *fresh + length + 1);
    memcpy(fresh->text, token, length);
    fresh->expires_us = now_us + DDB_TOKEN_LIFE_US;
    digest(body, fresh->body_digest);
    HASH_ADD_KEYPTR(hh, tokens->tokens, fresh->text, length, fresh);
}
