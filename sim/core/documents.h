/* documents.h -- named texts in a store: what a service wants to find again after a restart.
 *
 * Purpose  Metadata (a table's definition, a zone, a backup) is small and changes seldom: it is
 * kept whole, as one text an object, under (kind, key). Items and logs have tables of their own.
 * Owner    The store's. Texts are copied in; those given to fn are borrowed until it returns.
 * Errors   The store's. Calls belong to the request that runs (sim_store_begin); outside of one
 *          each is kept at once.
 * Note     Its SQLite table is made by the first save, so that a store without documents costs
 *          nothing. kind and key are any text; keys are ordered by their bytes. */
#ifndef SIM_CORE_DOCUMENTS_H
#define SIM_CORE_DOCUMENTS_H

#include "sim/core/arena.h"
#include "sim/core/store.h"

/* Replaces an earlier text. */
MUST_USE enum sim_result sim_documents_save(struct sim_store *store, const char *kind,
                                            const char *key, const char *text,
                                            struct sim_error *error);
/* Nothing there: nothing happens. */
MUST_USE enum sim_result sim_documents_erase(struct sim_store *store, const char *kind,
                                             const char *key, struct sim_error *error);
/* *text: in the arena; NULL where there is none. */
MUST_USE enum sim_result sim_documents_find(struct sim_store *store, const char *kind,
                                            const char *key, struct sim_arena *arena,
                                            const char **text, struct sim_error *error);

/* Anything but RESULT_OK ends the walk, which returns it. fn must not save or erase. */
typedef enum sim_result sim_document_fn(void *context, const char *key, const char *text,
                                        struct sim_error *error);
/* fn for each document of a kind, in the order of their keys. */
MUST_USE enum sim_result sim_documents_each(struct sim_store *store, const char *kind,
                                            sim_document_fn *fn, void *context,
                                            struct sim_error *error);

#endif
