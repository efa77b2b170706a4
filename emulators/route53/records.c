#include "emulators/route53/records.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct r53_node {
    struct r53_name name;
    char *list_key;
    struct r53_group **groups; /* by type name */
    size_t group_count;
    size_t below_count; /* nodes directly below */
    UT_hash_handle hh;
};

void r53_records_init(struct r53_records *records, const struct r53_name *apex)
{
    *records = (struct r53_records){.apex = *apex};
}

static void destroy_group(struct r53_group *group)
{
    for (size_t i = 0; i < group->set_count; i++)
        r53_rrset_drop(group->sets[i]);
    free(group->sets);
    free(group);
}

static void destroy_node(struct r53_node *node)
{
    for (size_t i = 0; i < node->group_count; i++)
        destroy_group(node->groups[i]);
    free(node->groups);
    free(node->list_key);
    free(node);
}

void r53_records_fini(struct r53_records *records)
{
    struct r53_node *node = NULL;
    struct r53_node *next = NULL;
    HASH_ITER(hh, records->by_wire, node, next)
    {
        HASH_DEL(records->by_wire, node);
        destroy_node(node);
    }
    free(records->ordered);
    *records = (struct r53_records){0};
}

struct r53_node *r53_node_find(const struct r53_records *records, const uint8_t *wire, size_t bytes)
{
    struct r53_node *node = NULL;
    HASH_FIND(hh, records->by_wire, wire, bytes, node);
    return node;
}

const struct r53_name *r53_node_name(const struct r53_node *node)
{
    return &node->name;
}

const char *r53_node_list_key(const struct r53_node *node)
{
    return node->list_key;
}

size_t r53_node_group_count(const struct r53_node *node)
{
    return node->group_count;
}

struct r53_group *r53_node_group_at(const struct r53_node *node, size_t index)
{
    PRE(index < node->group_count);
    return node->groups[index];
}

struct r53_group *r53_group_find(const struct r53_node *node, ldns_rr_type type)
{
    for (size_t i = 0; i < node->group_count; i++)
        if (node->groups[i]->type == type)
            return node->groups[i];
    return NULL;
}

struct r53_group *r53_group_at_name(const struct r53_records *records, const struct r53_name *name,
                                    ldns_rr_type type)
{
    const struct r53_node *node = r53_node_find(records, name->wire, name->length_bytes);
    return node == NULL ? NULL : r53_group_find(node, type);
}

/* --- nodes
 * ----------------------------------------------------------------------------------------
 */

static bool has_parent(const struct r53_records *records, const struct r53_node *node)
{
    return node->name.length_bytes > records->apex.length_bytes &&
           r53_name_is_within(&node->name, &records->apex);
}

static struct r53_node *parent_of(const struct r53_records *records, const struct r53_node *node)
{
    size_t skipped = 1u + node->name.wire[0];
    return r53_node_find(records, node->name.wire + skipped, node->name.length_bytes - skipped);
}

static struct r53_node *add_node(struct r53_records *records, const uint8_t *wire, size_t bytes)
{
    struct r53_node *node = sim_alloc(sizeof(*node));
    char key[R53_NAME_TEXT_BYTES];
    memcpy(node->name.wire, wire, bytes);
    node->name.length_bytes = (uint8_t)bytes;
    r53_name_list_key(node->name.wire, key);
    node->list_key = sim_strdup(key);
    HASH_ADD_KEYPTR(hh, records->by_wire, node->name.wire, bytes, node);
    return node;
}

/* The node of a name, made with all above it where missing. */
static struct r53_node *need_node(struct r53_records *records, const struct r53_name *name)
{
    struct r53_node *found = r53_node_find(records, name->wire, name->length_bytes);
    struct r53_node *node = NULL;
    if (found != NULL)
        return found;
    found = node = add_node(records, name->wire, name->length_bytes);
    while (has_parent(records, node)) {
        struct r53_node *above = parent_of(records, node);
        bool is_new = above == NULL;
        size_t skipped = 1u + node->name.wire[0];
        if (is_new)
            above = add_node(records, node->name.wire + skipped, node->name.length_bytes - skipped);
        above->below_count++;
        if (!is_new)
            break;
        node = above;
    }
    return found;
}

static void remove_node_if_bare(struct r53_records *records, struct r53_node *node)
{
    while (node != NULL && node->group_count == 0 && node->below_count == 0) {
        struct r53_node *above = has_parent(records, node) ? parent_of(records, node) : NULL;
        HASH_DEL(records->by_wire, node);
        destroy_node(node);
        if (above != NULL)
            above->below_count--;
        node = above;
    }
}

/* Where a node stands, or would stand, in the order. */
static size_t order_index(const struct r53_records *records, const char *key)
{
    size_t low = 0;
    size_t high = records->ordered_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(records->ordered[middle]->list_key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void order_add(struct r53_records *records, struct r53_node *node)
{
    size_t at = order_index(records, node->list_key);
    if (records->ordered_count == records->ordered_capacity) {
        records->ordered_capacity = records->ordered_capacity * 2 + 8;
        records->ordered = sim_realloc_array(records->ordered, records->ordered_capacity,
                                             sizeof(records->ordered[0]));
    }
    memmove(&records->ordered[at + 1], &records->ordered[at],
            (records->ordered_count - at) * sizeof(records->ordered[0]));
    records->ordered[at] = node;
    records->ordered_count++;
}

static void order_remove(struct r53_records *records, const struct r53_node *node)
{
    size_t at = order_index(records, node->list_key);
    CHECK(at < records->ordered_count && records->ordered[at] == node);
    records->ordered_count--;
    memmove(&records->ordered[at], &records->ordered[at + 1],
            (records->ordered_count - at) * sizeof(records->ordered[0]));
}

/* --- groups and sets
 * ------------------------------------------------------------------------------
 */

static struct r53_group *need_group(struct r53_records *records, struct r53_node *node,
                                    ldns_rr_type type)
{
    struct r53_group *group = r53_group_find(node, type);
    size_t at = node->group_count;
    if (group != NULL)
        return group;
    if (node->group_count == 0)
        order_add(records, node);
    group = sim_alloc(sizeof(*group));
    group->node = node;
    group->type = type;
    node->groups = sim_realloc_array(node->groups, node->group_count + 1, sizeof(node->groups[0]));
    while (at > 0 && strcmp(r53_type_name(node->groups[at - 1]->type), r53_type_name(type)) > 0) {
        node->groups[at] = node->groups[at - 1];
        at--;
    }
    node->groups[at] = group;
    node->group_count++;
    return group;
}

static void remove_group(struct r53_records *records, struct r53_node *node,
                         struct r53_group *group)
{
    size_t at = 0;
    while (node->groups[at] != group)
        at++;
    node->group_count--;
    memmove(&node->groups[at], &node->groups[at + 1],
            (node->group_count - at) * sizeof(node->groups[0]));
    destroy_group(group);
    if (node->group_count == 0)
        order_remove(records, node);
}

static int compare_identifiers(const struct r53_rrset *a, const struct r53_rrset *b)
{
    const char *left = a->set_identifier == NULL ? "" : a->set_identifier;
    const char *right = b->set_identifier == NULL ? "" : b->set_identifier;
    return strcmp(left, right);
}

/* Index of the set with that key, or where it would stand. */
static size_t set_index(const struct r53_group *group, const struct r53_rrset *key, bool *is_there)
{
    size_t at = 0;
    while (at < group->set_count && compare_identifiers(group->sets[at], key) < 0)
        at++;
    *is_there = at < group->set_count && compare_identifiers(group->sets[at], key) == 0;
    return at;
}

struct r53_rrset *r53_records_put(struct r53_records *records, struct r53_rrset *set)
{
    struct r53_node *node = need_node(records, &set->name);
    struct r53_group *group = need_group(records, node, set->type);
    bool is_there = false;
    size_t at = set_index(group, set, &is_there);
    struct r53_rrset *old = NULL;
    if (is_there) {
        old = group->sets[at];
        group->sets[at] = r53_rrset_use(set);
        return old;
    }
    group->sets = sim_realloc_array(group->sets, group->set_count + 1, sizeof(group->sets[0]));
    memmove(&group->sets[at + 1], &group->sets[at],
            (group->set_count - at) * sizeof(group->sets[0]));
    group->sets[at] = r53_rrset_use(set);
    group->set_count++;
    records->set_count++;
    return NULL;
}

struct r53_rrset *r53_records_find(const struct r53_records *records, const struct r53_rrset *key)
{
    const struct r53_group *group = r53_group_at_name(records, &key->name, key->type);
    bool is_there = false;
    size_t at = group == NULL ? 0 : set_index(group, key, &is_there);
    return is_there ? group->sets[at] : NULL;
}

struct r53_rrset *r53_records_take(struct r53_records *records, const struct r53_rrset *set)
{
    struct r53_node *node = r53_node_find(records, set->name.wire, set->name.length_bytes);
    struct r53_group *group = node == NULL ? NULL : r53_group_find(node, set->type);
    bool is_there = false;
    size_t at = group == NULL ? 0 : set_index(group, set, &is_there);
    struct r53_rrset *old = NULL;
    if (!is_there)
        return NULL;
    old = group->sets[at];
    group->set_count--;
    memmove(&group->sets[at], &group->sets[at + 1],
            (group->set_count - at) * sizeof(group->sets[0]));
    records->set_count--;
    if (group->set_count == 0)
        remove_group(records, node, group);
    remove_node_if_bare(records, node);
    return old;
}

bool r53_records_is_consistent(const struct r53_records *records)
{
    size_t sets = 0;
    size_t with_groups = 0;
    const struct r53_node *node = NULL;
    const struct r53_node *next = NULL;
    HASH_ITER(hh, records->by_wire, node, next)
    {
        if (node->group_count == 0 && node->below_count == 0)
            return false;
        if (has_parent(records, node) && parent_of(records, node) == NULL)
            return false;
        with_groups += node->group_count > 0;
        for (size_t i = 0; i < node->group_count; i++) {
            if (node->groups[i]->set_count == 0 || node->groups[i]->node != node)
                return false;
            sets += node->groups[i]->set_count;
        }
    }
    for (size_t i = 1; i < records->ordered_count; i++)
        if (strcmp(records->ordered[i - 1]->list_key, records->ordered[i]->list_key) >= 0)
            return false;
    return sets == records->set_count && with_groups == records->ordered_count;
}
