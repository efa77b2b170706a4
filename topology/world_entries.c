/* Lists, names and places: what every section of a world file is made of. */
#include <stdlib.h>
#include <string.h>

#include "topology/regions.h"
#include "topology/world_file_internal.h"

/* How every entry that can be looked up by name begins. */
struct named_entry {
    const struct topo_node *at;
    const char *name;
};

void *world_alloc_entries(struct world_loader *loader, const struct topo_node *list,
                          size_t entry_bytes)
{
    return sim_arena_alloc_array(loader->arena, list != NULL ? list->count : 0, entry_bytes);
}

enum sim_result world_read_list(struct world_loader *loader, const struct topo_node *list,
                                const struct topo_section *section, size_t entry_bytes,
                                world_entry_fn *read, void *entries, size_t *count)
{
    if (list == NULL)
        return RESULT_OK;
    enum sim_result result = topo_expect(list, TOPO_SEQUENCE, loader->error);
    const struct topo_node *child = result == RESULT_OK ? list->first : NULL;
    for (; child != NULL && result == RESULT_OK; child = child->next) {
        result = topo_check_section(child, section, loader->error);
        if (result != RESULT_OK)
            return result;
        unsigned char *entry = (unsigned char *)entries + *count * entry_bytes;
        memcpy(entry, &child, sizeof child); /* "at" */
        result = read(loader, child, entry);
        (*count)++;
    }
    return result;
}

enum sim_result world_read_texts(struct world_loader *loader, const struct topo_node *list,
                                 struct topo_texts *texts)
{
    if (list == NULL)
        return RESULT_OK;
    enum sim_result result = topo_expect(list, TOPO_SEQUENCE, loader->error);
    if (result != RESULT_OK)
        return result;
    char label[TOPO_LABEL_BYTES];
    if (list->count == 0)
        return topo_node_fail(list, loader->error, "%s must have at least one element",
                              topo_node_label(list, label));
    texts->values = sim_arena_alloc_array(loader->arena, list->count, sizeof *texts->values);
    for (const struct topo_node *child = list->first; child != NULL; child = child->next) {
        const char *value = NULL;
        result = topo_read_text(child, &value, loader->error);
        if (result != RESULT_OK)
            return result;
        texts->values[texts->count++] = value;
    }
    return RESULT_OK;
}

static struct named_entry entry_at(const void *entries, size_t index, size_t entry_bytes)
{
    struct named_entry entry;
    memcpy(&entry, (const unsigned char *)entries + index * entry_bytes, sizeof entry);
    return entry;
}

enum sim_result world_check_unique(struct world_loader *loader, const struct topo_node *value,
                                   const char *what, const void *entries, size_t count,
                                   size_t entry_bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct named_entry entry = entry_at(entries, i, entry_bytes);
        if (strcmp(entry.name, value->text) == 0)
            return topo_node_fail(value, loader->error,
                                  "the %s '%.64s' is already defined in line %zu; each needs a "
                                  "name of its own",
                                  what, value->text, entry.at->line);
    }
    return RESULT_OK;
}

enum sim_result world_check_known(struct world_loader *loader, const struct topo_node *value,
                                  const char *what, const void *entries, size_t count,
                                  size_t entry_bytes)
{
    const char **names = sim_alloc_array(count + 1, sizeof *names);
    bool is_known = false;
    for (size_t i = 0; i < count; i++) {
        names[i] = entry_at(entries, i, entry_bytes).name;
        is_known = is_known || strcmp(names[i], value->text) == 0;
    }
    enum sim_result result = RESULT_OK;
    if (!is_known)
        result = topo_fail_unknown(value, what, names, count, loader->error);
    free(names);
    return result;
}

enum sim_result world_read_region(struct world_loader *loader, const struct topo_node *value,
                                  bool must_host, const char **region)
{
    if (value == NULL)
        return RESULT_OK;
    const char *name = NULL;
    enum sim_result result = topo_read_text(value, &name, loader->error);
    if (result != RESULT_OK)
        return result;
    struct sim_error inner = {0};
    if (topo_region_name_check(name, &inner) != RESULT_OK)
        return topo_node_fail(value, loader->error, "%s", inner.message);
    const struct topo_world_file *file = loader->file;
    for (size_t i = 0; i < file->region_count; i++) {
        if (strcmp(file->regions[i].name, name) != 0)
            continue;
        if (must_host && !file->regions[i].hosts_services)
            return topo_node_fail(value, loader->error,
                                  "the Region '%s' has 'services: false' in line %zu, so nothing "
                                  "can run there",
                                  name, file->regions[i].at->line);
        *region = name;
        return RESULT_OK;
    }
    return world_check_known(loader, value, "Region in this world called", file->regions,
                             file->region_count, sizeof file->regions[0]);
}

enum sim_result world_read_regions(struct world_loader *loader, const struct topo_node *list,
                                   struct topo_texts *regions)
{
    enum sim_result result = world_read_texts(loader, list, regions);
    if (result != RESULT_OK || list == NULL)
        return result;
    size_t index = 0;
    for (const struct topo_node *child = list->first; child != NULL; child = child->next, index++) {
        result = world_read_region(loader, child, true, &regions->values[index]);
        for (size_t i = 0; i < index && result == RESULT_OK; i++)
            if (strcmp(regions->values[i], regions->values[index]) == 0)
                result = topo_node_fail(child, loader->error,
                                        "the Region '%s' stands in this list twice", child->text);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

enum sim_result world_read_place(struct world_loader *loader, const struct topo_node *value,
                                 struct topo_place *place)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result = topo_check_section(value, &world_section_endpoint, loader->error);
    const struct topo_node *application = topo_node_find(value, "application");
    const struct topo_node *region = topo_node_find(value, "region");
    struct topo_place read = {NULL, NULL};
    if (result == RESULT_OK)
        result = topo_read_text(application, &read.application, loader->error);
    const struct topo_world_file *file = loader->file;
    if (result == RESULT_OK)
        result = world_check_known(loader, application, "application", file->applications,
                                   file->application_count, sizeof file->applications[0]);
    if (result == RESULT_OK)
        result = world_read_region(loader, region, true, &read.region);
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; i < file->application_count; i++) {
        const struct topo_application_entry *entry = &file->applications[i];
        for (size_t r = 0; strcmp(entry->name, read.application) == 0 && r < entry->regions.count;
             r++)
            if (strcmp(entry->regions.values[r], read.region) == 0) {
                *place = read;
                return RESULT_OK;
            }
    }
    return topo_node_fail(region, loader->error, "the application '%.64s' does not run in '%s'",
                          read.application, read.region);
}
