/* legacy.h -- the parameters that expressions replaced: Expected, ConditionalOperator,
 * AttributeUpdates, KeyConditions, QueryFilter and ScanFilter.
 *
 * Purpose  Makes of them the same bound trees that expressions are parsed into, so that conditions,
 *          updates and key conditions are evaluated in one place only. (AttributesToGet is
 *          ddb_request_projection's.)
 * Source   Developer guide, "Legacy conditional parameters"; texts and their order as recorded by
 *          dynalite and Alternator.
 * Owner    Everything lies in the fault's arena; names are borrowed from the input.
 * Errors   ValidationException with the service's text, without the newer prefix. */
#ifndef EMULATORS_DYNAMODB_LEGACY_H
#define EMULATORS_DYNAMODB_LEGACY_H

#include "emulators/dynamodb/expression_context.h"

enum ddb_legacy_call {
    DDB_LEGACY_GET, /* also a table's part of BatchGetItem */
    DDB_LEGACY_PUT,
    DDB_LEGACY_UPDATE,
    DDB_LEGACY_DELETE,
    DDB_LEGACY_QUERY,
    DDB_LEGACY_SCAN,
};

/* "Can not use both expression and non-expression parameters in the same request": the first thing
 * that the service looks at. */
MUST_USE bool ddb_legacy_check_mixing(const cJSON *input, enum ddb_legacy_call call,
                                      struct ddb_fault *fault);
/* ConditionalOperator wants two conditions to join; comes once placeholders are known to be
 * allowed. */
MUST_USE bool ddb_legacy_check_operator(const cJSON *input, enum ddb_legacy_call call,
                                        struct ddb_fault *fault);

/* The parameters. An absent one leaves *binding as it is; an empty one that asks for nothing
 * makes it NULL. */
MUST_USE bool ddb_legacy_expected(const cJSON *input, const struct ddb_binding **binding,
                                  struct ddb_fault *fault);
/* member: "QueryFilter" or "ScanFilter". */
MUST_USE bool ddb_legacy_filter(const cJSON *input, const char *member,
                                const struct ddb_binding **binding, struct ddb_fault *fault);
/* To be resolved by ddb_key_condition_resolve(); operators that no key condition may use are left
 * to it, since they are reported after the schema's own faults. */
MUST_USE bool ddb_legacy_key_conditions(const cJSON *input, const struct ddb_binding **binding,
                                        struct ddb_fault *fault);
MUST_USE bool ddb_legacy_updates(const cJSON *input, const struct ddb_binding **binding,
                                 struct ddb_fault *fault);

#endif
