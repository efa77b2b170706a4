/* json_memory.h -- memory for cJSON's trees that is quicker than malloc.
 *
 * Purpose  A request is a tree of some fifty small blocks that live for microseconds. malloc keeps
 *          seven of a size at hand and takes the long way for the others; here each size has a free
 *          list, and what is larger, or does not fit the pool any more, goes to malloc.
 * Owner    The process: cJSON's hooks take no context. Nothing that can be observed depends on it.
 * Note     What cJSON allocates (cJSON_Print too) must go back by cJSON_free(), never by free().
 *          tests/check_layout.py looks for it; the Sanitize build gives each block a malloc of its
 *          own, shifted so that a mere free() of it is reported. */
#ifndef EMULATORS_WIRE_JSON_MEMORY_H
#define EMULATORS_WIRE_JSON_MEMORY_H

#include "sim/core/base.h"

#define WIRE_JSON_POOL_BYTES  ((size_t)64 * 1024 * 1024) /* at most; taken page by page */
#define WIRE_JSON_BLOCK_BYTES 256                        /* larger ones come from malloc */

/* Before the first use of cJSON; later calls do nothing. */
void wire_json_memory_install(void);

/* What cJSON's hooks call. */
void *wire_json_alloc(size_t bytes);
void wire_json_free(void *block);

#endif
