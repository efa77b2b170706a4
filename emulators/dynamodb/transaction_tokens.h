/* transaction_tokens.h -- ClientRequestToken: a transaction sent twice runs once.
 *
 * Source   API reference, TransactWriteItems: a token is good for 10 minutes after completion.
 * Owner    Tokens belong to a Region. At most DDB_TOKENS_MAX are remembered; beyond that the oldest
 *          is forgotten early. */
#ifndef EMULATORS_DYNAMODB_TRANSACTION_TOKENS_H
#define EMULATORS_DYNAMODB_TRANSACTION_TOKENS_H

#include "emulators/dynamodb/dynamodb_internal.h"

#define DDB_TOKEN_LIFE_US (UINT64_C(10) * 60 * SIM_US_PER_S)
#define DDB_TOKENS_MAX    200000

enum ddb_token_verdict { DDB_TOKEN_NEW, DDB_TOKEN_REPEATED, DDB_TOKEN_MISMATCH };

/* store: the data directory's, which remembers them for the Region; NULL: nobody does. */
MUST_USE struct ddb_token_list *ddb_tokens_create(struct sim_store *store, const char *region);
void ddb_tokens_destroy(struct ddb_token_list *tokens);
/* The text of a request that tokens are compared by: members and sets in an order of their own, so
 * that only what is said counts and not in which order. It lies in the arena. */
const char *ddb_token_body(const cJSON *request, struct sim_arena *arena);
/* token: account and token as the caller joins them; body: what
 * ddb_token_body() made of the request. */
enum ddb_token_verdict ddb_tokens_ask(struct ddb_token_list *tokens, const char *token,
                                      const char *body, uint64_t now_us);
/* Remembers a completed transaction under a new token. */
void ddb_tokens_add(struct ddb_token_list *tokens, const char *token, const char *body,
                    uint64_t now_us);

/* All Regions' tokens, from the data directory. */
MUST_USE enum sim_result ddb_tokens_load(struct ddb *ddb, struct sim_error *error);
/* What the store answered while tokens came and went since the last call. */
MUST_USE enum sim_result ddb_tokens_result(struct ddb_token_list *tokens, struct sim_error *error);

#endif
