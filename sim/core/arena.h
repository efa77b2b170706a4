/* arena.h -- memory that dies with a request.
 *
 * Purpose  A request allocates here and frees nothing; one destroy ends it all.
 * Owner    The arena owns every block it gave and every object deferred to it. Deferred releases
 *          run in reverse order, before the blocks go.
 * Note     The Sanitize build gives each block its own malloc, so that no overrun hides. */
#ifndef SIM_CORE_ARENA_H
#define SIM_CORE_ARENA_H

#include <stdarg.h>

#include "sim/core/base.h"

struct sim_arena;

MUST_USE struct sim_arena *sim_arena_create(void);
void sim_arena_destroy(struct sim_arena *arena); /* NULL is allowed */
/* Ends everything in it, and keeps a little memory for the next user. */
void sim_arena_clear(struct sim_arena *arena);

MUST_USE void *sim_arena_alloc(struct sim_arena *arena,
                               size_t bytes); /* zeroed, aligned for any type */
MUST_USE void *sim_arena_alloc_array(struct sim_arena *arena, size_t count, size_t bytes);
MUST_USE void *sim_arena_memdup(struct sim_arena *arena, const void *data, size_t bytes);
MUST_USE char *sim_arena_strdup(struct sim_arena *arena, const char *text);
MUST_USE char *sim_arena_strndup(struct sim_arena *arena, const char *text, size_t length_bytes);
MUST_USE char *sim_arena_printf(struct sim_arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
MUST_USE char *sim_arena_vprintf(struct sim_arena *arena, const char *format, va_list arguments);

/* release(object) runs when the arena is destroyed: ties a library's object to the request. */
void sim_arena_defer(struct sim_arena *arena, void (*release)(void *object), void *object);

#endif
