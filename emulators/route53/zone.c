#include "emulators/route53/zone.h"

#include <stdlib.h>
#include <string.h>

void r53_tags_fini(struct r53_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        free(tags->items[i].key);
        free(tags->items[i].value);
    }
    tags->count = 0;
}

const char *r53_bare_id(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash == NULL ? id : slash + 1;
}

struct r53_zone *r53_zone_create(const struct r53_name *name, const char *id)
{
    struct r53_zone *zone = sim_alloc(sizeof(*zone));
    PRE(strlen(id) < sizeof(zone->id));
    memcpy(zone->id, id, strlen(id));
    zone->name = *name;
    r53_records_init(&zone->wanted, name);
    r53_records_init(&zone->served, name);
    return zone;
}

static void destroy_zone(struct r53_zone *zone)
{
    r53_records_fini(&zone->wanted);
    r53_records_fini(&zone->served);
    r53_tags_fini(&zone->tags);
    r53_vpcs_fini(&zone->vpcs);
    r53_vpcs_fini(&zone->authorized);
    free(zone->caller_reference);
    free(zone->comment);
    free(zone);
}

size_t r53_zone_index_at(const struct r53_zones *zones, const char *id)
{
    size_t low = 0;
    size_t high = zones->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(zones->by_id[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct r53_zone *r53_zone_find(const struct r53_zones *zones, const char *id)
{
    const char *bare = r53_bare_id(id);
    size_t at = r53_zone_index_at(zones, bare);
    if (at == zones->count || strcmp(zones->by_id[at]->id, bare) != 0)
        return NULL;
    return zones->by_id[at];
}

static struct r53_zone *first_of_name(const struct r53_zones *zones, const uint8_t *wire,
                                      size_t bytes)
{
    struct r53_zone *zone = NULL;
    HASH_FIND(hh, zones->by_name, wire, bytes, zone);
    return zone;
}

void r53_zones_add(struct r53_zones *zones, struct r53_zone *zone)
{
    size_t at = r53_zone_index_at(zones, zone->id);
    struct r53_zone *first = first_of_name(zones, zone->name.wire, zone->name.length_bytes);
    zones->by_id = sim_realloc_array(zones->by_id, zones->count + 1, sizeof(zones->by_id[0]));
    memmove(&zones->by_id[at + 1], &zones->by_id[at],
            (zones->count - at) * sizeof(zones->by_id[0]));
    zones->by_id[at] = zone;
    zones->count++;
    if (first == NULL) {
        HASH_ADD_KEYPTR(hh, zones->by_name, zone->name.wire, zone->name.length_bytes, zone);
        return;
    }
    while (first->next_of_name != NULL)
        first = first->next_of_name;
    first->next_of_name = zone;
}

static void forget_name(struct r53_zones *zones, struct r53_zone *zone)
{
    struct r53_zone *before = first_of_name(zones, zone->name.wire, zone->name.length_bytes);
    if (before == zone) {
        struct r53_zone *next = zone->next_of_name;
        HASH_DEL(zones->by_name, zone);
        if (next != NULL)
            HASH_ADD_KEYPTR(hh, zones->by_name, next->name.wire, next->name.length_bytes, next);
        return;
    }
    while (before->next_of_name != zone)
        before = before->next_of_name;
    before->next_of_name = zone->next_of_name;
}

void r53_zones_remove(struct r53_zones *zones, struct r53_zone *zone)
{
    size_t at = r53_zone_index_at(zones, zone->id);
    PRE(at < zones->count && zones->by_id[at] == zone);
    forget_name(zones, zone);
    zones->count--;
    memmove(&zones->by_id[at], &zones->by_id[at + 1],
            (zones->count - at) * sizeof(zones->by_id[0]));
    destroy_zone(zone);
}

void r53_zones_fini(struct r53_zones *zones)
{
    HASH_CLEAR(hh, zones->by_name);
    for (size_t i = 0; i < zones->count; i++)
        destroy_zone(zones->by_id[i]);
    free(zones->by_id);
    *zones = (struct r53_zones){0};
}

/* vpc_id NULL: a public zone. */
static bool answers(const struct r53_zone *zone, const char *vpc_id)
{
    if (!zone->is_served || zone->is_private != (vpc_id != NULL))
        return false;
    return vpc_id == NULL || r53_vpcs_find(&zone->vpcs, vpc_id) != NULL;
}

static struct r53_zone *longest_match(const struct r53_zones *zones, const struct r53_name *name,
                                      const char *vpc_id)
{
    const uint8_t *wire = name->wire;
    size_t left = name->length_bytes;
    while (left > 0) {
        struct r53_zone *zone = first_of_name(zones, wire, left);
        while (zone != NULL && !answers(zone, vpc_id))
            zone = zone->next_of_name;
        if (zone != NULL)
            return zone;
        left -= left < 1u + wire[0] ? left : 1u + wire[0];
        wire += 1 + wire[0];
    }
    return NULL;
}

struct r53_zone *r53_zone_for_name(const struct r53_zones *zones, const struct r53_name *name,
                                   const char *vpc_id)
{
    struct r53_zone *zone = vpc_id == NULL ? NULL : longest_match(zones, name, vpc_id);
    return zone != NULL ? zone : longest_match(zones, name, NULL);
}
