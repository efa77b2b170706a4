/* The pool is one reserved range of addresses, so that a look at the address tells whether a block
 * is the pool's, and the page it lies on tells its size: blocks need no header. A page belongs to
 * one size for ever. */
#include "emulators/wire/json_memory.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef SIM_SANITIZE

#define SHIFT_BYTES 16

void *wire_json_alloc(size_t bytes)
{
    char *block = malloc(bytes + SHIFT_BYTES);
    return block != NULL ? block + SHIFT_BYTES : NULL;
}

void wire_json_free(void *block)
{
    if (block != NULL)
        free((char *)block - SHIFT_BYTES);
}

#else

#define PAGE_BITS  12
#define PAGE_BYTES ((size_t)1 << PAGE_BITS)
#define STEP_BITS  4
#define SIZE_COUNT ((WIRE_JSON_BLOCK_BYTES >> STEP_BITS) + 1)

struct block {
    struct block *next;
};

struct pool {
    unsigned char *base; /* NULL: could not be reserved */
    size_t pages_taken;
    struct block *idle[SIZE_COUNT];                                /* by size in steps */
    unsigned char size_of_page[WIRE_JSON_POOL_BYTES / PAGE_BYTES]; /* in steps */
};

static struct pool pool; /* see the header: the one that cJSON's hooks can find */

/* Cuts one more page into blocks; false when the pool is used up. */
static bool take_page(size_t size)
{
    if (pool.base == NULL || pool.pages_taken == WIRE_JSON_POOL_BYTES / PAGE_BYTES)
        return false;
    unsigned char *page = pool.base + (pool.pages_taken << PAGE_BITS);
    pool.size_of_page[pool.pages_taken++] = (unsigned char)size;
    size_t bytes = size << STEP_BITS;
    for (size_t at = PAGE_BYTES / bytes; at > 0; at--) { /* the first block comes out first */
        struct block *block = (struct block *)(void *)(page + (at - 1) * bytes);
        block->next = pool.idle[size];
        pool.idle[size] = block;
    }
    return true;
}

void *wire_json_alloc(size_t bytes)
{
    if (bytes > WIRE_JSON_BLOCK_BYTES)
        return malloc(bytes);
    size_t size = bytes == 0 ? 1 : (bytes + 15) >> STEP_BITS;
    struct block *block = pool.idle[size];
    if (block == NULL) {
        if (!take_page(size))
            return malloc(bytes);
        block = pool.idle[size];
    }
    pool.idle[size] = block->next;
    return block;
}

void wire_json_free(void *block)
{
    size_t offset = (size_t)((uintptr_t)block - (uintptr_t)pool.base);
    if (pool.base == NULL || offset >= WIRE_JSON_POOL_BYTES) {
        free(block);
        return;
    }
    size_t size = pool.size_of_page[offset >> PAGE_BITS];
    struct block *freed = block;
    freed->next = pool.idle[size];
    pool.idle[size] = freed;
}

static void reserve(void)
{
    if (pool.base != NULL)
        return;
    void *base = mmap(NULL, WIRE_JSON_POOL_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED)
        pool.base = base;
}

#endif

void wire_json_memory_install(void)
{
#ifndef SIM_SANITIZE
    reserve();
#endif
    cJSON_Hooks hooks = {.malloc_fn = wire_json_alloc, .free_fn = wire_json_free};
    cJSON_InitHooks(&hooks);
}
