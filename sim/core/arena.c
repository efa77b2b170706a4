/* A chain of chunks, bump-allocated; the Sanitize build gives each block a malloc of its own. */
#include "sim/core/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SIM_SANITIZE
#define CHUNK_BYTES ((size_t)0) /* no block fits a chunk: each gets its own */
#else
#define CHUNK_BYTES ((size_t)8 * 1024)
#endif
#define FIRST_CHUNK_BYTES (CHUNK_BYTES / 2)
#define LARGE_BYTES       (CHUNK_BYTES / 4) /* from here on a block gets memory of its own */

struct chunk {
    struct chunk *next;
    size_t used_bytes;
    size_t size_bytes;
    alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *object);
    void *object;
};

struct sim_arena {
    struct chunk *current; /* small blocks come from its front */
    struct chunk *full;    /* used-up chunks and large blocks */
    struct deferred *deferred;
};

struct sim_arena *sim_arena_create(void)
{
    return sim_alloc(sizeof(struct sim_arena));
}

static void destroy_chunks(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

static void release_deferred(struct sim_arena *arena)
{
    for (struct deferred *d = arena->deferred; d != NULL; d = d->next)
        d->release(d->object); /* last deferred first */
    arena->deferred = NULL;
}

void sim_arena_destroy(struct sim_arena *arena)
{
    if (arena == NULL)
        return;
    release_deferred(arena);
    destroy_chunks(arena->current);
    destroy_chunks(arena->full);
    free(arena);
}

void sim_arena_clear(struct sim_arena *arena)
{
    release_deferred(arena);
    destroy_chunks(arena->full);
    arena->full = NULL;
    if (arena->current != NULL)
        arena->current->used_bytes = 0;
}

static struct chunk *create_chunk(size_t size_bytes)
{
    PRE(size_bytes < SIZE_MAX / 2);
    struct chunk *chunk = malloc(sizeof *chunk + size_bytes);
    if (chunk == NULL) {
        fputs("regionlab: out of memory\n", stderr);
        abort();
    }
    chunk->next = NULL;
    chunk->used_bytes = 0;
    chunk->size_bytes = size_bytes;
    return chunk;
}

static void *allocate(struct sim_arena *arena, size_t bytes)
{
    const size_t alignment = alignof(max_align_t);
    PRE(bytes < SIZE_MAX / 4);
    size_t wanted = (bytes + alignment - 1) / alignment * alignment;
    if (wanted > LARGE_BYTES) {
        struct chunk *own = create_chunk(bytes);
        own->used_bytes = bytes;
        own->next = arena->full;
        arena->full = own;
        return own->bytes;
    }
    struct chunk *chunk = arena->current;
    if (chunk == NULL || chunk->size_bytes - chunk->used_bytes < wanted) {
        size_t size_bytes = chunk == NULL ? FIRST_CHUNK_BYTES : CHUNK_BYTES;
        struct chunk *fresh = create_chunk(size_bytes > wanted ? size_bytes : wanted);
        if (chunk != NULL) {
            chunk->next = arena->full;
            arena->full = chunk;
        }
        arena->current = chunk = fresh;
    }
    void *block = chunk->bytes + chunk->used_bytes;
    chunk->used_bytes += wanted;
    return block;
}

void *sim_arena_alloc(struct sim_arena *arena, size_t bytes)
{
    void *block = allocate(arena, bytes);
    memset(block, 0, bytes);
    return block;
}

void *sim_arena_alloc_array(struct sim_arena *arena, size_t count, size_t bytes)
{
    PRE(bytes == 0 || count <= SIZE_MAX / bytes);
    return sim_arena_alloc(arena, count * bytes);
}

void *sim_arena_memdup(struct sim_arena *arena, const void *data, size_t bytes)
{
    void *copy = allocate(arena, bytes);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    return copy;
}

char *sim_arena_strdup(struct sim_arena *arena, const char *text)
{
    return sim_arena_memdup(arena, text, strlen(text) + 1);
}

char *sim_arena_strndup(struct sim_arena *arena, const char *text, size_t length_bytes)
{
    char *copy = allocate(arena, length_bytes + 1);
    memcpy(copy, text, length_bytes);
    copy[length_bytes] = '\0';
    return copy;
}

char *sim_arena_printf(struct sim_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = sim_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

char *sim_arena_vprintf(struct sim_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(length >= 0);
    char *text = allocate(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

void sim_arena_defer(struct sim_arena *arena, void (*release)(void *object), void *object)
{
    struct deferred *d = allocate(arena, sizeof *d);
    *d = (struct deferred){.next = arena->deferred, .release = release, .object = object};
    arena->deferred = d;
}
