#include "sim/core/store_pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/core/base.h"

#define CHUNK_FIRST_BYTES (64u << 10) /* a small database stays small */
#define CHUNK_MAX_BYTES   (2u << 20)  /* one huge page */
#define HUGE_FROM_BYTES   (4u << 20)  /* of a cache: from here on its chunks are huge pages */
#define LINE_BYTES        64
#define FIRST_PAGES       64

/* A page's buffer comes first, this behind it, then SQLite's extra. So the stride is no power of
 * two, and the heads of pages do not meet in the same lines of the processor's caches. */
struct page {
    sqlite3_pcache_page base; /* must be first: SQLite has only this */
    unsigned key;             /* 0: free */
    bool is_idle;             /* in the list of those that may go */
    struct page *newer;       /* idle or free pages */
    struct page *older;
};

struct chunk {
    struct chunk *next;
    size_t bytes;
};

struct cache { /* what SQLite calls sqlite3_pcache */
    size_t page_bytes;
    size_t extra_bytes;
    size_t stride_bytes;
    bool is_purgeable;
    unsigned pages_max; /* of a purgeable one: may be surpassed by what is in use */
    unsigned count;
    unsigned key_max; /* no page above it */
    size_t room;      /* of the array */
    struct page **by_key;
    struct page *free;
    struct page *oldest; /* idle */
    struct page *newest;
    struct chunk *chunks;
    size_t chunk_bytes_total;
    char *unused; /* of the last chunk */
    char *unused_end;
};

static struct cache *cache_of(sqlite3_pcache *opaque)
{
    return (struct cache *)(void *)opaque;
}

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* --- memory ------------------------------------------------------------------------------------
 */

/* Aligned to its size where it is a huge page's: maps twice as much and gives the ends back. */
static void *map_huge(void)
{
    size_t bytes = CHUNK_MAX_BYTES;
    char *start = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = (bytes - (uintptr_t)start % bytes) % bytes;
    if (before > 0)
        (void)munmap(start, before);
    (void)munmap(start + before + bytes, bytes - before);
    (void)madvise(start + before, bytes, MADV_HUGEPAGE); /* a wish; 4 KB pages do as well */
    return start + before;
}

static void *map_plain(size_t bytes)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start != MAP_FAILED ? start : NULL;
}

static bool add_chunk(struct cache *cache)
{
    size_t bytes = cache->chunk_bytes_total;
    if (bytes < CHUNK_FIRST_BYTES)
        bytes = CHUNK_FIRST_BYTES;
    if (bytes > CHUNK_MAX_BYTES)
        bytes = CHUNK_MAX_BYTES;
    bytes = round_up(bytes, CHUNK_FIRST_BYTES);
    if (bytes < cache->stride_bytes + LINE_BYTES) /* pages of 64 KB */
        bytes = CHUNK_MAX_BYTES;
    struct chunk *chunk =
        cache->chunk_bytes_total >= HUGE_FROM_BYTES ? map_huge() : map_plain(bytes);
    if (chunk == NULL)
        return false;
    *chunk = (struct chunk){.next = cache->chunks, .bytes = bytes};
    cache->chunks = chunk;
    cache->chunk_bytes_total += bytes;
    cache->unused = (char *)chunk + LINE_BYTES;
    cache->unused_end = (char *)chunk + bytes;
    return true;
}

static void free_chunks(struct cache *cache)
{
    while (cache->chunks != NULL) {
        struct chunk *chunk = cache->chunks;
        cache->chunks = chunk->next;
        (void)munmap(chunk, chunk->bytes);
    }
}

static struct page *allocate(struct cache *cache)
{
    struct page *page = cache->free;
    if (page != NULL) {
        cache->free = page->older;
        return page;
    }
    if ((size_t)(cache->unused_end - cache->unused) < cache->stride_bytes && !add_chunk(cache))
        return NULL;
    char *start = cache->unused;
    cache->unused += cache->stride_bytes;
    page = (struct page *)(void *)(start + cache->page_bytes);
    page->base.pBuf = start;
    page->base.pExtra = page + 1;
    return page;
}

/* --- pages by number -----------------------------------------------------------------------------
 */

static bool make_room(struct cache *cache, unsigned key)
{
    if (key < cache->room)
        return true;
    size_t room = cache->room > 0 ? cache->room : FIRST_PAGES;
    while (room <= key)
        room *= 2;
    struct page **larger = realloc(cache->by_key, room * sizeof *larger);
    if (larger == NULL)
        return false; /* SQLite tells the caller: no memory */
    memset(larger + cache->room, 0, (room - cache->room) * sizeof *larger);
    cache->by_key = larger;
    cache->room = room;
    return true;
}

static void set_idle(struct cache *cache, struct page *page)
{
    page->is_idle = true;
    page->newer = NULL;
    page->older = cache->newest;
    if (cache->newest != NULL)
        cache->newest->newer = page;
    else
        cache->oldest = page;
    cache->newest = page;
}

static void set_busy(struct cache *cache, struct page *page)
{
    if (!page->is_idle)
        return;
    page->is_idle = false;
    *(page->newer != NULL ? &page->newer->older : &cache->newest) = page->older;
    *(page->older != NULL ? &page->older->newer : &cache->oldest) = page->newer;
}

static void drop(struct cache *cache, struct page *page)
{
    set_busy(cache, page);
    cache->by_key[page->key] = NULL;
    cache->count--;
    page->key = 0;
    page->older = cache->free;
    cache->free = page;
}

/* --- what SQLite calls ---------------------------------------------------------------------------
 */

static int initialize(void *nothing)
{
    (void)nothing;
    return SQLITE_OK;
}

static void shut_down(void *nothing)
{
    (void)nothing;
}

static sqlite3_pcache *create(int page_bytes, int extra_bytes, int is_purgeable)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->page_bytes = round_up((size_t)page_bytes, LINE_BYTES);
    cache->extra_bytes = (size_t)extra_bytes;
    cache->stride_bytes =
        round_up(cache->page_bytes + sizeof(struct page) + cache->extra_bytes, LINE_BYTES);
    cache->is_purgeable = is_purgeable != 0;
    return (sqlite3_pcache *)(void *)cache;
}

static void set_size(sqlite3_pcache *opaque, int pages)
{
    cache_of(opaque)->pages_max = pages > 0 ? (unsigned)pages : 1;
}

static int count(sqlite3_pcache *opaque)
{
    return (int)cache_of(opaque)->count;
}

/* SQLite reads the head, what it keeps behind it and the start of the buffer one after the other;
 * in a large database each would be waited for. */
static void prefetch(const struct cache *cache, const struct page *page)
{
    const char *head = (const char *)page;
    __builtin_prefetch(head - cache->page_bytes);
    for (size_t line = 0; line < sizeof *page + cache->extra_bytes; line += LINE_BYTES)
        __builtin_prefetch(head + line);
}

/* How much SQLite wants a page that is not there (its createFlag). */
enum wish { WISH_NONE, WISH_CHEAP, WISH_SURE };

static sqlite3_pcache_page *fetch(sqlite3_pcache *opaque, unsigned key, int wish)
{
    struct cache *cache = cache_of(opaque);
    struct page *page = key < cache->room ? cache->by_key[key] : NULL;
    if (page != NULL) {
        prefetch(cache, page);
        if (cache->is_purgeable)
            set_busy(cache, page);
        return &page->base;
    }
    if (wish == WISH_NONE || !make_room(cache, key))
        return NULL;
    if (cache->is_purgeable && cache->count >= cache->pages_max) {
        if (cache->oldest != NULL)
            drop(cache, cache->oldest);
        else if (wish == WISH_CHEAP)
            return NULL; /* SQLite writes some pages and asks again */
    }
    page = allocate(cache);
    if (page == NULL)
        return NULL;
    page->key = key;
    page->is_idle = false;
    memset(page->base.pExtra, 0, cache->extra_bytes);
    cache->by_key[key] = page;
    cache->count++;
    if (cache->key_max < key)
        cache->key_max = key;
    return &page->base;
}

static void unpin(sqlite3_pcache *opaque, sqlite3_pcache_page *base, int is_discarded)
{
    struct cache *cache = cache_of(opaque);
    struct page *page = (struct page *)(void *)base;
    if (is_discarded || (cache->is_purgeable && cache->count > cache->pages_max))
        drop(cache, page);
    else if (cache->is_purgeable)
        set_idle(cache, page);
}

static void rekey(sqlite3_pcache *opaque, sqlite3_pcache_page *base, unsigned from, unsigned to)
{
    struct cache *cache = cache_of(opaque);
    struct page *page = (struct page *)(void *)base;
    bool has_room = make_room(cache, to);
    CHECK(has_room); /* SQLite cannot be told; a page number is below one that was given before */
    if (cache->by_key[to] != NULL && cache->by_key[to] != page)
        drop(cache, cache->by_key[to]);
    cache->by_key[from] = NULL;
    cache->by_key[to] = page;
    page->key = to;
    if (cache->key_max < to)
        cache->key_max = to;
}

/* Pages from a number on go. A commit calls it each time: only what is above may cost. */
static void truncate(sqlite3_pcache *opaque, unsigned limit)
{
    struct cache *cache = cache_of(opaque);
    while (cache->key_max >= limit && cache->key_max > 0) {
        struct page *page = cache->by_key[cache->key_max];
        if (page != NULL)
            drop(cache, page);
        cache->key_max--;
    }
}

static void destroy(sqlite3_pcache *opaque)
{
    struct cache *cache = cache_of(opaque);
    free_chunks(cache);
    free(cache->by_key);
    free(cache);
}

/* The pages stay: their memory is in chunks that others share. */
static void shrink(sqlite3_pcache *opaque)
{
    struct cache *cache = cache_of(opaque);
    while (cache->oldest != NULL)
        drop(cache, cache->oldest);
}

const struct sqlite3_pcache_methods2 sim_store_page_methods = {
    .iVersion = 1,
    .xInit = initialize,
    .xShutdown = shut_down,
    .xCreate = create,
    .xCachesize = set_size,
    .xPagecount = count,
    .xFetch = fetch,
    .xUnpin = unpin,
    .xRekey = rekey,
    .xTruncate = truncate,
    .xDestroy = destroy,
    .xShrink = shrink,
};
