#include "emulators/dynamodb/transaction_tokens.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "sim/core/buffer.h"
#include "sim/core/documents.h"

#define DIGEST_BYTES 32

struct token {
    uint64_t expires_us;
    unsigned char body_digest[DIGEST_BYTES];
    UT_hash_handle hh; /* the hash keeps the order of insertion: the oldest is its head */
    char text[];
};

struct ddb_token_list {
    struct token *tokens;
    struct sim_store *store; /* NULL: in memory only */
    char *kind;              /* of documents */
    struct sim_error failure;
};

static char *kind_of(const char *region)
{
    struct sim_buffer buffer;
    sim_buffer_init(&buffer);
    sim_buffer_printf(&buffer, "dynamodb.token.%s", region);
    return sim_buffer_take(&buffer);
}

struct ddb_token_list *ddb_tokens_create(struct sim_store *store, const char *region)
{
    struct ddb_token_list *list = sim_alloc(sizeof *list);
    list->store = store;
    list->kind = kind_of(region);
    return list;
}

static void drop(struct ddb_token_list *list, struct token *token)
{
    HASH_DEL(list->tokens, token);
    free(token);
}

static void note_failure(struct ddb_token_list *list, enum sim_result result,
                         const struct sim_error *error)
{
    if (result != RESULT_OK && list->failure.result == RESULT_OK)
        list->failure = *error;
}

static void forget(struct ddb_token_list *list, struct token *token)
{
    struct sim_error error = {0};
    if (list->store != NULL)
        note_failure(list, sim_documents_erase(list->store, list->kind, token->text, &error),
                     &error);
    drop(list, token);
}

enum sim_result ddb_tokens_result(struct ddb_token_list *tokens, struct sim_error *error)
{
    if (tokens->failure.result == RESULT_OK)
        return RESULT_OK;
    enum sim_result result =
        sim_error_set(error, tokens->failure.result, "%s", tokens->failure.message);
    tokens->failure = (struct sim_error){0};
    return result;
}

void ddb_tokens_destroy(struct ddb_token_list *tokens)
{
    if (tokens == NULL)
        return;
    while (tokens->tokens != NULL)
        drop(tokens, tokens->tokens);
    free(tokens->kind);
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

static struct token *insert(struct ddb_token_list *list, const char *text, uint64_t expires_us)
{
    size_t length = strlen(text);
    struct token *fresh = sim_alloc(sizeof *fresh + length + 1);
    memcpy(fresh->text, text, length);
    fresh->expires_us = expires_us;
    HASH_ADD_KEYPTR(hh, list->tokens, fresh->text, length, fresh);
    return fresh;
}

/* "EXPIRES DIGEST" */
static void save(struct ddb_token_list *list, const struct token *token)
{
    struct sim_error error = {0};
    char text[32 + 2 * DIGEST_BYTES];
    int length = snprintf(text, sizeof text, "%020" PRIu64 " ", token->expires_us);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "%02x", token->body_digest[i]);
    note_failure(list, sim_documents_save(list->store, list->kind, token->text, text, &error),
                 &error);
}

void ddb_tokens_add(struct ddb_token_list *tokens, const char *token, const char *body,
                    uint64_t now_us)
{
    if (HASH_COUNT(tokens->tokens) >= DDB_TOKENS_MAX)
        forget(tokens, tokens->tokens);
    struct token *fresh = insert(tokens, token, now_us + DDB_TOKEN_LIFE_US);
    digest(body, fresh->body_digest);
    if (tokens->store != NULL)
        save(tokens, fresh);
}

/* --- the data directory --------------------------------------------------------------------------
 */

static enum sim_result load_token(void *context, const char *key, const char *text,
                                  struct sim_error *error)
{
    char *at = NULL;
    struct token *token = insert(context, key, strtoull(text, &at, 10));
    if (strlen(at) != 1 + 2 * DIGEST_BYTES)
        return sim_error_set(error, RESULT_INVALID,
                             "a transaction's token of the data directory is damaged");
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        char pair[3] = {0};
        memcpy(pair, at + 1 + 2 * i, 2);
        token->body_digest[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return RESULT_OK;
}

static int by_expiry(const struct token *a, const struct token *b)
{
    return (a->expires_us > b->expires_us) - (a->expires_us < b->expires_us);
}

enum sim_result ddb_tokens_load(struct ddb *ddb, struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < SIM_REGION_MAX && result == RESULT_OK; i++) {
        if (ddb->regions[i] == NULL)
            continue;
        struct ddb_token_list *list = ddb->regions[i]->tokens;
        result = sim_documents_each(list->store, list->kind, load_token, list, error);
        HASH_SORT(list->tokens, by_expiry); /* the oldest first again */
    }
    return result;
}
