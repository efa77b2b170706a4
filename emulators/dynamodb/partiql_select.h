/* partiql_select.h -- reading what a SELECT asks for.
 *
 * Purpose  Looks up the index, plans the reads, and reads a page: get, query, several of these, or
 *          a scan, as the keys in WHERE allow.
 * Owner    Everything but the items lies in the call's arena; the items are the caller's.
 * Errors   The fault carries the service's text; the store's errors come separately. */
#ifndef EMULATORS_DYNAMODB_PARTIQL_SELECT_H
#define EMULATORS_DYNAMODB_PARTIQL_SELECT_H

#include "emulators/dynamodb/capacity.h"
#include "emulators/dynamodb/partiql_keys.h"
#include "emulators/dynamodb/partiql_token.h"

struct ddb_partiql_select {
    const struct ddb_partiql *statement;
    struct ddb_table *table;
    const struct ddb_index_definition *index; /* NULL: the table itself */
    struct ddb_partiql_plan plan;
    bool is_consistent;
    bool is_fetching;                     /* columns that a local index lacks come from the table */
    size_t limit;                         /* of evaluated items; SIZE_MAX: none */
    struct ddb_partiql_position position; /* where to begin, later where it ended */

    cJSON *items;    /* array */
    bool has_more;   /* the page ended before the reads did */
    cJSON *last_key; /* when has_more */
};

/* Indexes whose key has parts are not for PartiQL, whatever the message says of tables. */
MUST_USE bool ddb_partiql_check_index(const struct ddb_index_definition *index,
                                      struct ddb_fault *fault);
/* table and statement are set. */
MUST_USE bool ddb_partiql_select_prepare(struct ddb_partiql_select *select,
                                         struct ddb_fault *fault);
/* Makes items, which the caller takes; adds to capacity. */
MUST_USE enum sim_result ddb_partiql_select_read(struct ddb_partiql_select *select,
                                                 struct sim_arena *arena,
                                                 struct ddb_capacity *capacity,
                                                 struct sim_error *error);

/* What the columns make of a stored item; the caller owns it. */
MUST_USE cJSON *ddb_partiql_project(const struct ddb_partiql *statement, const char *text);

#endif
