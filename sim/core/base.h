/* base.h -- the few macros and allocators that every file uses.
 *
 * Purpose  Contracts for our own mistakes (PRE, POST, CHECK stay on in Release), attributes, and
 *          allocation that never returns NULL.
 * Owner    sim_alloc() and friends give memory that free() takes back.
 * Errors   A broken contract or exhausted memory ends the process with one line on stderr. What a
 *          client can fill has a named maximum of its own, so that it never gets this far. */
#ifndef SIM_CORE_BASE_H
#define SIM_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_index, first_index)                                                       \
    __attribute__((format(printf, text_index, first_index)))
#define UNUSED           __attribute__((unused))
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n)           (1u << (n))

_Noreturn void sim_contract_failed(const char *kind, const char *condition, const char *file,
                                   int line);

/* PRE: what a caller owes us. POST: what we owe the caller. CHECK: what holds in between. */
#define SIM_CONTRACT(kind, condition)                                                              \
    ((condition) ? (void)0 : sim_contract_failed(kind, #condition, __FILE__, __LINE__))
#define PRE(condition)   SIM_CONTRACT("PRE", condition)
#define POST(condition)  SIM_CONTRACT("POST", condition)
#define CHECK(condition) SIM_CONTRACT("CHECK", condition)

MUST_USE void *sim_alloc(size_t bytes);                     /* zeroed */
MUST_USE void *sim_alloc_array(size_t count, size_t bytes); /* zeroed; overflow is a contract */
MUST_USE void *sim_realloc_array(void *old, size_t count, size_t bytes);
MUST_USE char *sim_strdup(const char *text);

#define SIM_US_PER_MS UINT64_C(1000)
#define SIM_US_PER_S  UINT64_C(1000000)
#define SIM_PPM       UINT64_C(1000000) /* parts per million: how rates and probabilities are kept */

#endif
