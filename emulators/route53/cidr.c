#include "emulators/route53/cidr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void destroy(struct r53_cidr_collection *collection)
{
    free(collection->caller_reference);
    r53_cidr_blocks_free(&collection->wanted);
    r53_cidr_blocks_free(&collection->served);
    free(collection);
}

void r53_cidr_collections_fini(struct r53_cidr_collections *collections)
{
    for (size_t i = 0; i < collections->count; i++)
        destroy(collections->items[i]);
    *collections = (struct r53_cidr_collections){.count = 0};
}

struct r53_cidr_collection *r53_cidr_find(const struct r53_cidr_collections *collections,
                                          const char *id)
{
    for (size_t i = 0; i < collections->count; i++)
        if (strcmp(collections->items[i]->id, id) == 0)
            return collections->items[i];
    return NULL;
}

struct r53_cidr_collection *r53_cidr_add(struct r53_cidr_collections *collections, const char *id,
                                         const char *name, const char *caller_reference)
{
    struct r53_cidr_collection *collection = sim_alloc(sizeof(*collection));
    PRE(collections->count < R53_COLLECTION_MAX);
    (void)snprintf(collection->id, sizeof(collection->id), "%s", id);
    (void)snprintf(collection->name, sizeof(collection->name), "%s", name);
    collection->caller_reference = sim_strdup(caller_reference);
    collection->version = 1;
    collections->items[collections->count++] = collection;
    return collection;
}

void r53_cidr_remove(struct r53_cidr_collections *collections,
                     struct r53_cidr_collection *collection)
{
    size_t at = 0;
    while (at < collections->count && collections->items[at] != collection)
        at++;
    PRE(at < collections->count);
    for (; at + 1 < collections->count; at++)
        collections->items[at] = collections->items[at + 1];
    collections->count--;
    destroy(collection);
}

/* --- blocks
 * ---------------------------------------------------------------------------------------
 */

/* "0".."48"; -1 for anything else, also for leading zeros. */
static int parse_bits(const char *text)
{
    int bits = 0;
    if (text[0] == '\0' || strlen(text) > 2 || (text[0] == '0' && text[1] != '\0'))
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        bits = bits * 10 + (*text - '0');
    }
    return bits;
}

static bool has_bits_behind(const struct r53_address *address, unsigned bits)
{
    for (unsigned at = bits; at < 8u * address->byte_count; at++)
        if ((address->bytes[at / 8] >> (7 - at % 8) & 1) != 0)
            return true;
    return false;
}

bool r53_cidr_parse(const char *text, struct r53_cidr_block *block)
{
    const char *slash = strchr(text, '/');
    const size_t bytes = slash == NULL ? 0 : (size_t)(slash - text);
    char address[R53_CIDR_TEXT_BYTES];
    int bits = slash == NULL ? -1 : parse_bits(slash + 1);
    if (bits < 0 || bytes >= sizeof(address))
        return false;
    memcpy(address, text, bytes);
    address[bytes] = '\0';
    if (!r53_address_parse(address, &block->network))
        return false;
    if (bits > (block->network.byte_count == 4 ? R53_CIDR_V4_BITS_MAX : R53_CIDR_V6_BITS_MAX))
        return false;
    block->prefix_bits = (uint8_t)bits;
    return !has_bits_behind(&block->network, (unsigned)bits);
}

void r53_cidr_text(const struct r53_cidr_block *block, char text[R53_CIDR_TEXT_BYTES])
{
    char address[INET6_ADDRSTRLEN] = "";
    (void)inet_ntop(block->network.byte_count == 4 ? AF_INET : AF_INET6, block->network.bytes,
                    address, sizeof(address));
    (void)snprintf(text, R53_CIDR_TEXT_BYTES, "%s/%u", address, block->prefix_bits);
}

void r53_cidr_blocks_copy(const struct r53_cidr_blocks *from, struct r53_cidr_blocks *to)
{
    struct r53_cidr_blocks made = {.count = from->count};
    made.items = sim_alloc_array(from->count + 1, sizeof(made.items[0]));
    if (from->count > 0)
        memcpy(made.items, from->items, from->count * sizeof(made.items[0]));
    r53_cidr_blocks_free(to);
    *to = made;
}

void r53_cidr_blocks_free(struct r53_cidr_blocks *blocks)
{
    free(blocks->items);
    *blocks = (struct r53_cidr_blocks){.count = 0};
}

bool r53_cidr_has_location(const struct r53_cidr_blocks *blocks, const char *location)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (strcmp(blocks->items[i].location, location) == 0)
            return true;
    return false;
}

static int compare_networks(const struct r53_cidr_block *a, const struct r53_cidr_block *b)
{
    int order = (int)a->network.byte_count - (int)b->network.byte_count;
    if (order == 0)
        order = memcmp(a->network.bytes, b->network.bytes, a->network.byte_count);
    return order != 0 ? order : (int)a->prefix_bits - (int)b->prefix_bits;
}

static int compare_blocks(const void *left, const void *right)
{
    const struct r53_cidr_block *a = left;
    const struct r53_cidr_block *b = right;
    int order = strcmp(a->location, b->location);
    return order != 0 ? order : compare_networks(a, b);
}

const struct r53_cidr_block *r53_cidr_block_find(const struct r53_cidr_blocks *blocks,
                                                 const struct r53_cidr_block *wanted)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (compare_networks(&blocks->items[i], wanted) == 0)
            return &blocks->items[i];
    return NULL;
}

void r53_cidr_block_put(struct r53_cidr_blocks *blocks, const struct r53_cidr_block *block)
{
    blocks->items = sim_realloc_array(blocks->items, blocks->count + 1, sizeof(blocks->items[0]));
    blocks->items[blocks->count++] = *block;
    qsort(blocks->items, blocks->count, sizeof(blocks->items[0]), compare_blocks);
}

void r53_cidr_block_drop(struct r53_cidr_blocks *blocks, const struct r53_cidr_block *block)
{
    size_t kept = 0;
    for (size_t i = 0; i < blocks->count; i++)
        if (compare_blocks(&blocks->items[i], block) != 0)
            blocks->items[kept++] = blocks->items[i];
    blocks->count = kept;
}

const char *r53_cidr_locate(const struct r53_cidr_blocks *blocks, const struct r53_client *client)
{
    const struct r53_cidr_block *best = NULL;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct r53_cidr_block *block = &blocks->items[i];
        if (block->prefix_bits <= client->prefix_bits &&
            r53_address_has_prefix(&client->address, &block->network, block->prefix_bits) &&
            (best == NULL || block->prefix_bits > best->prefix_bits))
            best = block;
    }
    return best == NULL ? NULL : best->location;
}
