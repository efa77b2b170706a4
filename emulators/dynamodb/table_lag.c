#include "emulators/dynamodb/table_lag.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

static bool is_for(const struct ddb_table_lag *entry, const char *table,
                   const struct sim_region *from, const struct sim_region *to)
{
    return entry->from == from && entry->to == to && strcmp(entry->table, table) == 0;
}

struct ddb_table_lag *ddb_table_lag_find(const struct ddb *ddb, const char *table,
                                         const struct sim_region *from, const struct sim_region *to)
{
    for (struct ddb_table_lag *entry = ddb->table_lags; entry != NULL; entry = entry->next)
        if (is_for(entry, table, from, to))
            return entry;
    return NULL;
}

uint64_t ddb_link_lag_us(struct ddb_link *link)
{
    struct ddb_table_lag *own = link->own_lag;
    struct sim_link *shared = link->network_link;
    return own != NULL ? sim_lag_sample_us(&own->lag, &own->random)
                       : sim_lag_sample_us(&shared->replication, &shared->replication_random);
}

/* Links of that table name, in all accounts, have it from the next record on. */
static void tell_links(const struct ddb *ddb, const char *table, const struct sim_region *from,
                       const struct sim_region *to)
{
    for (size_t i = 0; i < ddb->group_count; i++) {
        const struct ddb_group *group = ddb->groups[i];
        if (strcmp(group->name, table) != 0)
            continue;
        for (size_t k = 0; k < group->link_count; k++) {
            struct ddb_link *link = group->links[k];
            if (link->from->home->place == from && link->to->home->place == to)
                link->own_lag = ddb_table_lag_find(ddb, table, from, to);
        }
    }
}

static void destroy(struct ddb_table_lag *entry)
{
    sim_lag_fini(&entry->lag);
    free(entry->table);
    free(entry);
}

static struct ddb_table_lag *add(struct ddb *ddb, const char *table, const struct sim_region *from,
                                 const struct sim_region *to)
{
    struct ddb_table_lag *entry = sim_alloc(sizeof *entry);
    struct ddb_table_lag **place = &ddb->table_lags; /* at the end: listed in order */
    struct sim_buffer stream;
    sim_buffer_init(&stream);
    sim_buffer_printf(&stream, "lag/%s/%s/%s", from->name, to->name, table);
    *entry = (struct ddb_table_lag){.table = sim_strdup(table), .from = from, .to = to};
    sim_random_init(&entry->random, ddb->core->seed, stream.data);
    sim_buffer_fini(&stream);
    while (*place != NULL)
        place = &(*place)->next;
    *place = entry;
    ddb->table_lag_count++;
    return entry;
}

enum sim_result ddb_set_table_lag(struct ddb *ddb, const char *table, const struct sim_region *from,
                                  const struct sim_region *to, const struct sim_lag *lag,
                                  struct sim_error *error)
{
    PRE(from != to);
    struct ddb_table_lag *entry = ddb_table_lag_find(ddb, table, from, to);
    if (entry == NULL && ddb->table_lag_count == DDB_TABLE_LAGS_MAX)
        return sim_error_set(error, RESULT_LIMIT,
                             "at most %d tables and pairs have a lag of theirs",
                             DDB_TABLE_LAGS_MAX);
    if (entry == NULL)
        entry = add(ddb, table, from, to);
    sim_lag_fini(&entry->lag);
    sim_lag_copy(&entry->lag, lag);
    tell_links(ddb, table, from, to);
    return RESULT_OK;
}

bool ddb_clear_table_lag(struct ddb *ddb, const char *table, const struct sim_region *from,
                         const struct sim_region *to)
{
    struct ddb_table_lag **place = &ddb->table_lags;
    while (*place != NULL && !is_for(*place, table, from, to))
        place = &(*place)->next;
    struct ddb_table_lag *entry = *place;
    if (entry == NULL)
        return false;
    *place = entry->next;
    ddb->table_lag_count--;
    tell_links(ddb, table, from, to);
    destroy(entry);
    return true;
}

bool ddb_table_lag_at(const struct ddb *ddb, size_t index, struct ddb_table_lag_view *view)
{
    const struct ddb_table_lag *entry = ddb->table_lags;
    for (; entry != NULL && index > 0; index--)
        entry = entry->next;
    if (entry == NULL)
        return false;
    *view = (struct ddb_table_lag_view){entry->table, entry->from, entry->to, &entry->lag};
    return true;
}

void ddb_table_lags_destroy(struct ddb *ddb)
{
    while (ddb->table_lags != NULL) {
        struct ddb_table_lag *entry = ddb->table_lags;
        ddb->table_lags = entry->next;
        destroy(entry);
    }
    ddb->table_lag_count = 0;
}
