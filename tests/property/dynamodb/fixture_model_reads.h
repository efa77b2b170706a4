/* fixture_model_reads.h -- reads of a model run, each compared with the oracle.
 *
 * Purpose  GetItem and its batch and transaction, Query and Scan of the table and of its indexes:
 *          page by page, filtered, projected, by segments, forwards and backwards. */
#ifndef TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_READS_H
#define TESTS_PROPERTY_DYNAMODB_FIXTURE_MODEL_READS_H

#include "tests/property/dynamodb/fixture_model_run.h"

void model_get(struct model_run *run);
void model_query(struct model_run *run);
void model_scan(struct model_run *run);
void model_select(struct model_run *run); /* PartiQL */
/* A table by that name, and its indexes, hold exactly these things. */
void model_compare_all(struct model_run *run, const char *table, const struct thing *things);

#endif
