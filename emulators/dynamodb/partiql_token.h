/* partiql_token.h -- NextToken: where a SELECT goes on.
 *
 * Purpose  A token says which of the statement's reads was under way and after which key, and for
 *          which request it was made: another statement or other parameters refuse it.
 * Owner    Everything lies in the fault's arena.
 * Errors   ValidationException "Invalid NextToken", "NextToken does not match request". */
#ifndef EMULATORS_DYNAMODB_PARTIQL_TOKEN_H
#define EMULATORS_DYNAMODB_PARTIQL_TOKEN_H

#include <cjson/cJSON.h>

#include "emulators/dynamodb/key.h"

struct ddb_partiql_request { /* what a token is bound to */
    const char *account;
    const char *region;
    const char *statement;
    const cJSON *parameters; /* or NULL */
};

struct ddb_partiql_position {
    uint32_t range_number;     /* of the plan */
    struct ddb_key_blob after; /* the last key read; length 0: before the range */
};

MUST_USE const char *ddb_partiql_token_make(struct sim_arena *arena,
                                            const struct ddb_partiql_request *request,
                                            const struct ddb_partiql_position *position);
MUST_USE bool ddb_partiql_token_read(const char *token, const struct ddb_partiql_request *request,
                                     struct ddb_partiql_position *position,
                                     struct ddb_fault *fault);

#endif
