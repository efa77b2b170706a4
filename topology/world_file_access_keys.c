/* The access keys of a world file. */
#include <string.h>

#include "topology/world_file_internal.h"

#define ID_BYTES_MAX   128 /* as IAM */
#define ACCOUNT_DIGITS 12

/* What stands between the slashes of a credential scope. */
static enum sim_result check_id(struct world_loader *loader, const struct topo_node *value,
                                const char *id)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const size_t bytes = strlen(id);
    if (bytes <= ID_BYTES_MAX && strspn(id, allowed) == bytes)
        return RESULT_OK;
    return topo_node_fail(value, loader->error,
                          "'id' is at most %d letters, digits, '_' and '-', such as AKIAEXAMPLE",
                          ID_BYTES_MAX);
}

static enum sim_result read_account(struct world_loader *loader, const struct topo_node *value,
                                    const char **account)
{
    enum sim_result result = topo_read_text(value, account, loader->error);
    if (result != RESULT_OK || value == NULL)
        return result;
    if (strlen(*account) == ACCOUNT_DIGITS && strspn(*account, "0123456789") == ACCOUNT_DIGITS)
        return RESULT_OK;
    return topo_node_fail(value, loader->error,
                          "'account' is twelve digits, such as \"111122223333\", not '%.64s'",
                          *account);
}

static enum sim_result read_access_key(struct world_loader *loader, const struct topo_node *node,
                                       void *entry)
{
    struct topo_access_key_entry *key = entry;
    const struct topo_node *id = topo_node_find(node, "id");
    enum sim_result result = topo_read_text(id, &key->id, loader->error);
    if (result == RESULT_OK)
        result = check_id(loader, id, key->id);
    if (result == RESULT_OK)
        result =
            world_check_unique(loader, id, "access key", loader->file->access_keys,
                               loader->file->access_key_count, sizeof *loader->file->access_keys);
    if (result == RESULT_OK)
        result = topo_read_text(topo_node_find(node, "secret"), &key->secret, loader->error);
    if (result == RESULT_OK)
        result = read_account(loader, topo_node_find(node, "account"), &key->account);
    return result;
}

enum sim_result world_read_access_keys(struct world_loader *loader, const struct topo_node *list)
{
    struct topo_world_file *file = loader->file;
    file->access_keys = world_alloc_entries(loader, list, sizeof *file->access_keys);
    return world_read_list(loader, list, &world_section_access_key, sizeof *file->access_keys,
                           read_access_key, file->access_keys, &file->access_key_count);
}
