/* operations_cidr.c -- CIDR collections: create, change, list, delete. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/save.h"

#define PAGE_MAX 100

static const char *arn_of(struct wire_call *call, const struct r53_cidr_collection *collection)
{
    return sim_arena_printf(call->arena, "arn:aws:route53:::cidrcollection/%s", collection->id);
}

static cJSON *collection_json(struct wire_call *call, const struct r53_cidr_collection *collection)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Arn", arn_of(call, collection));
    cJSON_AddStringToObject(json, "Id", collection->id);
    cJSON_AddStringToObject(json, "Name", collection->name);
    cJSON_AddNumberToObject(json, "Version", (double)collection->version);
    return json;
}

static struct r53_cidr_collection *need_collection(struct r53 *r53, struct wire_call *call,
                                                   const char *id)
{
    struct r53_cidr_collection *collection = r53_cidr_find(&r53->collections, id);
    if (collection == NULL)
        (void)wire_fail(call, "NoSuchCidrCollectionException",
                        "The CIDR collection you specified, doesn't exist.");
    return collection;
}

static enum wire_progress answer_created(struct wire_call *call,
                                         const struct r53_cidr_collection *collection)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Collection", collection_json(call, collection));
    cJSON_AddStringToObject(
        output, "Location",
        sim_arena_printf(call->arena, "https://route53.amazonaws.com/2013-04-01/cidrcollection/%s",
                         collection->id));
    return wire_succeed(call, output);
}

enum wire_progress r53_create_cidr_collection(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    const char *name = wire_text(call->input, "Name");
    const char *reference = wire_text(call->input, "CallerReference");
    char id[SIM_UUID_TEXT_BYTES];
    for (size_t i = 0; i < r53->collections.count; i++) {
        const struct r53_cidr_collection *other = r53->collections.items[i];
        const bool is_same_name = strcmp(other->name, name) == 0;
        if (is_same_name && strcmp(other->caller_reference, reference) == 0)
            return answer_created(call, other);
        if (is_same_name || strcmp(other->caller_reference, reference) == 0)
            return wire_fail(call, "CidrCollectionAlreadyExistsException",
                             "A CIDR collection with this name and a different caller reference "
                             "already exists in this account.");
    }
    if (r53->collections.count == R53_COLLECTION_MAX)
        return wire_fail(call, "LimitsExceeded",
                         "This operation can't be completed because the current account has "
                         "reached the limit on the resource you are trying to create.");
    sim_random_uuid(&r53->ids, id);
    r53_changed(r53, R53_SAVED_COLLECTION, id);
    return answer_created(call, r53_cidr_add(&r53->collections, id, name, reference));
}

/* --- change
 * ---------------------------------------------------------------------------------------
 */

/* One block of a change. False: the call has failed. */
static bool change_block(struct wire_call *call, struct r53_cidr_blocks *blocks,
                         const char *location, const char *text, bool is_put)
{
    struct r53_cidr_block block = {.prefix_bits = 0};
    const struct r53_cidr_block *old = NULL;
    if (!r53_cidr_parse(text, &block)) {
        (void)wire_fail(call, "InvalidInput",
                        "Invalid parameter : %s is not a valid CIDR block: want an IPv4 network of "
                        "/0 to /%d or an IPv6 network of /0 to /%d.",
                        text, R53_CIDR_V4_BITS_MAX, R53_CIDR_V6_BITS_MAX);
        return false;
    }
    (void)snprintf(block.location, sizeof(block.location), "%s", location);
    if (!is_put) {
        r53_cidr_block_drop(blocks, &block);
        return true;
    }
    old = r53_cidr_block_find(blocks, &block);
    if (old != NULL && strcmp(old->location, location) == 0)
        return true;
    if (old != NULL) {
        (void)wire_fail(call, "CidrBlockInUseException", "This CIDR block is already in use.");
        return false;
    }
    if (blocks->count == R53_COLLECTION_BLOCK_MAX) {
        (void)wire_fail(call, "LimitsExceeded",
                        "This operation can't be completed because the current account has reached "
                        "the limit on the resource you are trying to create.");
        return false;
    }
    r53_cidr_block_put(blocks, &block);
    return true;
}

static bool apply_changes(struct wire_call *call, struct r53_cidr_blocks *blocks)
{
    const cJSON *change = NULL;
    cJSON_ArrayForEach(change, wire_member(call->input, "Changes"))
    {
        const bool is_put = strcmp(wire_text(change, "Action"), "PUT") == 0;
        const cJSON *item = NULL;
        cJSON_ArrayForEach(item, wire_member(change, "CidrList"))
        {
            if (!change_block(call, blocks, wire_text(change, "LocationName"), item->valuestring,
                              is_put))
                return false;
        }
    }
    return true;
}

enum wire_progress r53_change_cidr_collection(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_cidr_collection *collection =
        need_collection(r53, call, wire_text(call->input, "Id"));
    struct r53_cidr_blocks blocks = {.count = 0};
    const struct r53_change *change = NULL;
    cJSON *output = NULL;
    if (collection == NULL)
        return WIRE_DONE;
    if (wire_member(call->input, "CollectionVersion") != NULL &&
        wire_integer(call->input, "CollectionVersion", 0) != collection->version)
        return wire_fail(call, "CidrCollectionVersionMismatchException",
                         "The CIDR collection version you provided, doesn't match the one in the "
                         "CidrCollections operation.");
    if (!r53_changes_make_room(&r53->changes))
        return wire_fail(call, "ConcurrentModification",
                         "Another user submitted a request to create, update, or delete the "
                         "object at the same time that you did. Retry the request.");
    r53_cidr_blocks_copy(&collection->wanted, &blocks);
    if (!apply_changes(call, &blocks)) { /* all or nothing */
        r53_cidr_blocks_free(&blocks);
        return WIRE_DONE;
    }
    r53_cidr_blocks_free(&collection->wanted);
    collection->wanted = blocks;
    collection->version++;
    r53_changed(r53, R53_SAVED_COLLECTION, collection->id);
    change = r53_change_submit_cidr(r53, collection);
    output = cJSON_CreateObject();
    cJSON_AddStringToObject(output, "Id", change->id);
    return wire_succeed(call, output);
}

static bool is_referred_to(const struct r53 *r53, const char *collection_id)
{
    for (size_t z = 0; z < r53->zones.count; z++) {
        const struct r53_records *records = &r53->zones.by_id[z]->wanted;
        for (size_t n = 0; n < records->ordered_count; n++)
            for (size_t g = 0; g < r53_node_group_count(records->ordered[n]); g++) {
                const struct r53_group *group = r53_node_group_at(records->ordered[n], g);
                if (group->sets[0]->policy == R53_POLICY_CIDR &&
                    strcmp(group->sets[0]->cidr.collection_id, collection_id) == 0)
                    return true;
            }
    }
    return false;
}

enum wire_progress r53_delete_cidr_collection(void *state, struct wire_call *call)
{
    struct r53 *r53 = state;
    struct r53_cidr_collection *collection =
        need_collection(r53, call, wire_text(call->input, "Id"));
    if (collection == NULL)
        return WIRE_DONE;
    if (collection->wanted.count > 0 || is_referred_to(r53, collection->id))
        return wire_fail(call, "CidrCollectionInUseException",
                         "This CIDR collection is in use, and isn't empty.");
    r53_changed(r53, R53_SAVED_COLLECTION, collection->id);
    r53_cidr_remove(&r53->collections, collection);
    return wire_succeed(call, cJSON_CreateObject());
}

/* --- lists: a token is the number of the next element
 * ---------------------------------------------
 */

struct page {
    size_t first;
    size_t most;
};

/* A number of up to 6 digits. */
static bool read_number(const char *text, size_t *number)
{
    size_t made = 0;
    if (text[0] == '\0' || strlen(text) > 6)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        made = made * 10 + (size_t)(*text - '0');
    }
    *number = made;
    return true;
}

static bool read_page(struct wire_call *call, struct page *page)
{
    const char *token = wire_text(call->input, "NextToken");
    const char *most = wire_text(call->input, "MaxResults");
    *page = (struct page){.most = PAGE_MAX};
    if (most != NULL && (!read_number(most, &page->most) || page->most == 0)) {
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : MaxResults must be 1 or more.");
        return false;
    }
    if (token != NULL && !read_number(token, &page->first)) {
        (void)wire_fail(call, "InvalidInput", "Invalid parameter : NextToken is not valid.");
        return false;
    }
    if (page->most > PAGE_MAX)
        page->most = PAGE_MAX;
    return true;
}

/* Is element number index on the page? Behind it, the token is told once. */
static bool is_on_page(struct wire_call *call, const struct page *page, size_t index, cJSON *output)
{
    if (index == page->first + page->most)
        cJSON_AddStringToObject(output, "NextToken", sim_arena_printf(call->arena, "%zu", index));
    return index >= page->first && index < page->first + page->most;
}

enum wire_progress r53_list_cidr_collections(void *state, struct wire_call *call)
{
    const struct r53 *r53 = state;
    struct page page;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (!read_page(call, &page))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "CidrCollections");
    for (size_t i = 0; i < r53->collections.count; i++)
        if (is_on_page(call, &page, i, output))
            cJSON_AddItemToArray(list, collection_json(call, r53->collections.items[i]));
    return wire_succeed(call, output);
}

enum wire_progress r53_list_cidr_locations(void *state, struct wire_call *call)
{
    const struct r53_cidr_collection *collection =
        need_collection(state, call, wire_text(call->input, "CollectionId"));
    const struct r53_cidr_block *before = NULL;
    struct page page;
    size_t count = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (collection == NULL || !read_page(call, &page))
        return WIRE_DONE;
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "CidrLocations");
    for (size_t i = 0; i < collection->wanted.count; i++) {
        const struct r53_cidr_block *block = &collection->wanted.items[i];
        cJSON *location = NULL;
        if (before != NULL && strcmp(before->location, block->location) == 0)
            continue; /* blocks stand in the order of their locations */
        before = block;
        if (!is_on_page(call, &page, count++, output))
            continue;
        location = cJSON_CreateObject();
        cJSON_AddStringToObject(location, "LocationName", block->location);
        cJSON_AddItemToArray(list, location);
    }
    return wire_succeed(call, output);
}

enum wire_progress r53_list_cidr_blocks(void *state, struct wire_call *call)
{
    const struct r53_cidr_collection *collection =
        need_collection(state, call, wire_text(call->input, "CollectionId"));
    const char *wanted = wire_text(call->input, "LocationName");
    struct page page;
    size_t count = 0;
    cJSON *output = NULL;
    cJSON *list = NULL;
    if (collection == NULL || !read_page(call, &page))
        return WIRE_DONE;
    if (wanted != NULL && !r53_cidr_has_location(&collection->wanted, wanted))
        return wire_fail(call, "NoSuchCidrLocationException",
                         "The CIDR collection location doesn't match any locations in your "
                         "account.");
    output = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(output, "CidrBlocks");
    for (size_t i = 0; i < collection->wanted.count; i++) {
        const struct r53_cidr_block *block = &collection->wanted.items[i];
        char text[R53_CIDR_TEXT_BYTES];
        cJSON *summary = NULL;
        if ((wanted != NULL && strcmp(block->location, wanted) != 0) ||
            !is_on_page(call, &page, count++, output))
            continue;
        r53_cidr_text(block, text);
        summary = cJSON_CreateObject();
        cJSON_AddStringToObject(summary, "CidrBlock", text);
        cJSON_AddStringToObject(summary, "LocationName", block->location);
        cJSON_AddItemToArray(list, summary);
    }
    return wire_succeed(call, output);
}
