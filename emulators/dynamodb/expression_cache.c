#include "emulators/dynamodb/expression_cache.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

struct cached {              /* one text of one kind */
    struct sim_arena *arena; /* holds the tree */
    const struct ddb_expression *expression;
    size_t holders;      /* requests, and the cache itself */
    struct cached *prev; /* utlist: used more recently */
    struct cached *next;
    UT_hash_handle hh;
    size_t key_bytes;
    char key[]; /* the kind, then the text */
};

struct ddb_expression_cache {
    struct cached *by_key;
    struct cached *by_use; /* the most recent first */
    size_t count;
};

struct ddb_expression_cache *ddb_expression_cache_create(void)
{
    return sim_alloc(sizeof(struct ddb_expression_cache));
}

static void release(void *context)
{
    struct cached *cached = context;
    if (--cached->holders > 0)
        return;
    sim_arena_destroy(cached->arena);
    free(cached);
}

static void drop(struct ddb_expression_cache *cache, struct cached *cached)
{
    HASH_DEL(cache->by_key, cached);
    DL_DELETE(cache->by_use, cached);
    cache->count--;
    release(cached);
}

void ddb_expression_cache_destroy(struct ddb_expression_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->by_use != NULL)
        drop(cache, cache->by_use);
    free(cache);
}

size_t ddb_expression_cache_count(const struct ddb_expression_cache *cache)
{
    return cache->count;
}

/* Takes the tree's arena. */
static struct cached *add(struct ddb_expression_cache *cache, const char *key, size_t key_bytes,
                          struct sim_arena *arena, const struct ddb_expression *expression)
{
    if (cache->count == DDB_EXPRESSION_CACHE_MAX)
        drop(cache, cache->by_use->prev); /* utlist: the head's prev is the tail */
    struct cached *cached = sim_alloc(sizeof *cached + key_bytes);
    cached->arena = arena;
    cached->expression = expression;
    cached->holders = 1;
    cached->key_bytes = key_bytes;
    memcpy(cached->key, key, key_bytes);
    HASH_ADD_KEYPTR(hh, cache->by_key, cached->key, key_bytes, cached);
    DL_PREPEND(cache->by_use, cached);
    cache->count++;
    return cached;
}

static struct cached *find(struct ddb_expression_cache *cache, const char *key, size_t key_bytes)
{
    struct cached *cached = NULL;
    HASH_FIND(hh, cache->by_key, key, key_bytes, cached);
    if (cached != NULL && cached != cache->by_use) {
        DL_DELETE(cache->by_use, cached);
        DL_PREPEND(cache->by_use, cached);
    }
    return cached;
}

bool ddb_expression_cache_parse(struct ddb_expression_cache *cache, struct sim_arena *arena,
                                enum ddb_expression_kind kind, const char *text,
                                const struct ddb_expression **expression, struct ddb_fault *fault)
{
    size_t text_bytes = strlen(text);
    if (cache == NULL || text_bytes > DDB_EXPRESSION_BYTES_MAX)
        return ddb_expression_parse(arena, kind, text, expression, fault);
    char key[DDB_EXPRESSION_BYTES_MAX + 1];
    key[0] = (char)kind;
    memcpy(key + 1, text, text_bytes);
    struct cached *cached = find(cache, key, text_bytes + 1);
    if (cached == NULL) {
        struct sim_arena *own = sim_arena_create();
        const struct ddb_expression *parsed = NULL;
        if (!ddb_expression_parse(own, kind, text, &parsed, fault)) {
            sim_arena_destroy(own);
            return false;
        }
        cached = add(cache, key, text_bytes + 1, own, parsed);
    }
    cached->holders++;
    sim_arena_defer(arena, release, cached);
    *expression = cached->expression;
    return true;
}
