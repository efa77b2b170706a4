#include "emulators/dynamodb/transaction_claims.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "emulators/dynamodb/strong.h"
#include "emulators/wire/metrics.h"

struct name { /* of an item, or of a token */
    const unsigned char *bytes;
    size_t length;
};

struct entry {                /* what is claimed under a name */
    struct ddb_claim *holder; /* a writing transaction; or NULL */
    size_t writer_count;      /* plain writes */
    UT_hash_handle hh;
    unsigned char name[];
};

struct claimed {
    struct name name;
    struct entry *entry; /* NULL: nothing is held */
    bool is_refused;     /* another one was met */
    bool is_conflicting; /* with a write in another Region */
};

struct ddb_claim {
    struct ddb_claims *claims; /* NULL: ended */
    enum ddb_claim_kind kind;
    struct claimed *items; /* the token, if any, behind them */
    size_t count;
    bool is_refused;
    struct ddb_claim *next, *previous;
};

struct ddb_claims {
    struct entry *entries;
    struct ddb_claim *first;
};

struct ddb_claims *ddb_claims_create(void)
{
    return sim_alloc(sizeof(struct ddb_claims));
}

void ddb_claims_destroy(struct ddb_claims *claims)
{
    if (claims == NULL)
        return;
    ddb_claims_end_all(claims);
    free(claims);
}

void ddb_claims_end_all(struct ddb_claims *claims)
{
    while (claims->first != NULL)
        ddb_claim_end(claims->first);
}

/* --- names ---------------------------------------------------------------------------------------
 */

/* A table of the same name that comes later is another one, hence its id. */
static struct name name_of_item(struct sim_arena *arena, const struct ddb_table *table,
                                const struct ddb_key_blob *key)
{
    size_t id_bytes = strlen(table->id);
    unsigned char *bytes = sim_arena_alloc(arena, 1 + id_bytes + key->length_bytes);
    bytes[0] = 'i';
    memcpy(bytes + 1, table->id, id_bytes);
    memcpy(bytes + 1 + id_bytes, key->bytes, key->length_bytes);
    return (struct name){.bytes = bytes, .length = 1 + id_bytes + key->length_bytes};
}

static struct name name_of_token(struct sim_arena *arena, const char *token)
{
    const char *text = sim_arena_printf(arena, "t%s", token);
    return (struct name){.bytes = (const unsigned char *)text, .length = strlen(text)};
}

static struct entry *find_entry(const struct ddb_claims *claims, const struct name *name)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, claims->entries, name->bytes, name->length, entry);
    return entry;
}

static struct entry *obtain_entry(struct ddb_claims *claims, const struct name *name)
{
    struct entry *entry = find_entry(claims, name);
    if (entry != NULL)
        return entry;
    entry = sim_alloc(sizeof *entry + name->length);
    memcpy(entry->name, name->bytes, name->length);
    HASH_ADD_KEYPTR(hh, claims->entries, entry->name, name->length, entry);
    return entry;
}

/* --- taking and giving back ----------------------------------------------------------------------
 */

static bool meets(const struct ddb_claims *claims, const struct ddb_claim *own,
                  enum ddb_claim_kind kind, const struct name *name)
{
    const struct entry *entry = find_entry(claims, name);
    if (entry == NULL)
        return false;
    return (entry->holder != NULL && entry->holder != own) ||
           (kind == DDB_CLAIM_READ && entry->writer_count > 0);
}

/* Is a write of the same item under way at another replica? */
static bool is_written_elsewhere(struct sim_arena *arena, const struct ddb_table *table,
                                 const struct ddb_key_blob *key)
{
    const struct ddb_group *group = table->member.group;
    for (size_t i = 0; i < group->member_count; i++) {
        const struct ddb_table *other = group->members[i];
        if (other == table || other->home->claims->entries == NULL)
            continue;
        struct name name = name_of_item(arena, other, key);
        const struct entry *entry = find_entry(other->home->claims, &name);
        if (entry != NULL && entry->writer_count > 0)
            return true;
    }
    return false;
}

static void take(struct ddb_claim *claim, struct claimed *item)
{
    if (claim->kind == DDB_CLAIM_READ || item->is_conflicting)
        return;
    struct entry *entry = obtain_entry(claim->claims, &item->name);
    if (claim->kind == DDB_CLAIM_WRITE)
        entry->writer_count++;
    else if (entry->holder == claim)
        return; /* named twice, which the call will be refused for */
    else
        entry->holder = claim;
    item->entry = entry;
}

static void give_back(struct ddb_claim *claim, struct claimed *item)
{
    struct entry *entry = item->entry;
    item->entry = NULL;
    if (entry == NULL)
        return;
    if (claim->kind == DDB_CLAIM_WRITE)
        entry->writer_count--;
    else
        entry->holder = NULL;
    if (entry->holder != NULL || entry->writer_count > 0)
        return;
    HASH_DEL(claim->claims->entries, entry);
    free(entry);
}

void ddb_claim_end(struct ddb_claim *claim)
{
    if (claim == NULL || claim->claims == NULL)
        return;
    for (size_t i = 0; i < claim->count; i++)
        give_back(claim, &claim->items[i]);
    if (claim->previous == NULL)
        claim->claims->first = claim->next;
    else
        claim->previous->next = claim->next;
    if (claim->next != NULL)
        claim->next->previous = claim->previous;
    claim->claims = NULL;
}

static void end_claim(void *claim)
{
    ddb_claim_end(claim);
}

struct ddb_claim *ddb_claim_begin(struct ddb_claims *claims, struct sim_arena *arena,
                                  enum ddb_claim_kind kind, const struct ddb_claim_item *items,
                                  size_t count, const char *token)
{
    struct ddb_claim *claim = sim_arena_alloc(arena, sizeof *claim);
    *claim = (struct ddb_claim){.claims = claims, .kind = kind, .next = claims->first};
    claim->items = sim_arena_alloc_array(arena, count + 1, sizeof *claim->items);
    for (size_t i = 0; i < count; i++) {
        struct claimed *item = &claim->items[claim->count++];
        item->name = name_of_item(arena, items[i].table, &items[i].key);
        item->is_conflicting = kind == DDB_CLAIM_WRITE && ddb_is_strong(items[i].table) &&
                               is_written_elsewhere(arena, items[i].table, &items[i].key);
    }
    if (token != NULL)
        claim->items[claim->count++].name = name_of_token(arena, token);
    for (size_t i = 0; i < claim->count; i++) {
        struct claimed *item = &claim->items[i];
        item->is_refused = meets(claims, claim, kind, &item->name);
        claim->is_refused |= item->is_refused;
    }
    if (claims->first != NULL)
        claims->first->previous = claim;
    claims->first = claim;
    for (size_t i = 0; i < claim->count; i++)
        if (!claim->is_refused || kind == DDB_CLAIM_WRITE)
            take(claim, &claim->items[i]);
    sim_arena_defer(arena, end_claim, claim);
    return claim;
}

/* --- the questions -------------------------------------------------------------------------------
 */

static bool was_refused(const struct ddb_claim *claim, const struct name *name)
{
    for (size_t i = 0; claim != NULL && claim->is_refused && i < claim->count; i++) {
        const struct claimed *item = &claim->items[i];
        if (item->is_refused && item->name.length == name->length &&
            memcmp(item->name.bytes, name->bytes, name->length) == 0)
            return true;
    }
    return false;
}

static bool is_quiet(const struct ddb_claims *claims, const struct ddb_claim *claim)
{
    return claims->entries == NULL && (claim == NULL || !claim->is_refused);
}

bool ddb_claims_refuse(const struct wire_call *call, enum ddb_claim_kind kind,
                       const struct ddb_table *table, const struct ddb_key_blob *key)
{
    const struct ddb_claims *claims = table->home->claims;
    const struct ddb_claim *claim = call->begun;
    if (is_quiet(claims, claim))
        return false;
    struct name name = name_of_item(call->arena, table, key);
    if (!was_refused(claim, &name) && !meets(claims, claim, kind, &name))
        return false;
    wire_metric_record(call->host->metrics,
                       &(struct wire_datum){.region = ddb_region_name(table),
                                            .name_space = "AWS/DynamoDB",
                                            .metric = "TransactionConflict",
                                            .dimensions = {{"TableName", table->name}},
                                            .dimension_count = 1,
                                            .value = 1,
                                            .unit = "Count",
                                            .at_us = wire_now_us(call)});
    return true;
}

bool ddb_claims_conflict(const struct wire_call *call, const struct ddb_table *table,
                         const struct ddb_key_blob *key)
{
    const struct ddb_claim *claim = call->begun;
    if (!ddb_is_strong(table))
        return false;
    if (claim == NULL) /* begins and ends at this moment */
        return is_written_elsewhere(call->arena, table, key);
    struct name name = name_of_item(call->arena, table, key);
    for (size_t i = 0; i < claim->count; i++) {
        const struct claimed *item = &claim->items[i];
        if (item->is_conflicting && item->name.length == name.length &&
            memcmp(item->name.bytes, name.bytes, name.length) == 0)
            return true;
    }
    return false;
}

bool ddb_claims_token_is_busy(const struct wire_call *call, const struct ddb_region *region,
                              const char *token)
{
    const struct ddb_claim *claim = call->begun;
    if (token == NULL || region == NULL || is_quiet(region->claims, claim))
        return false;
    struct name name = name_of_token(call->arena, token);
    return was_refused(claim, &name) || meets(region->claims, claim, DDB_CLAIM_TRANSACTION, &name);
}
