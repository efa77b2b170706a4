#include "emulators/route53/vpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool r53_vpc_id_is_valid(const char *id)
{
    static const char prefix[] = "vpc-";
    const char *rest = id + sizeof(prefix) - 1;
    return strncmp(id, prefix, sizeof(prefix) - 1) == 0 && rest[0] != '\0' &&
           strlen(id) < R53_VPC_ID_BYTES &&
           rest[strspn(rest, "0123456789abcdefghijklmnopqrstuvwxyz")] == '\0';
}

bool r53_vpc_init(struct r53_vpc *vpc, const char *id, const char *region)
{
    struct r53_vpc made = {.id = ""};
    if (!r53_vpc_id_is_valid(id) || strlen(region) >= sizeof(made.region))
        return false;
    (void)snprintf(made.id, sizeof(made.id), "%s", id);
    (void)snprintf(made.region, sizeof(made.region), "%s", region);
    *vpc = made;
    return true;
}

void r53_vpcs_fini(struct r53_vpcs *vpcs)
{
    free(vpcs->items);
    *vpcs = (struct r53_vpcs){0};
}

static size_t index_at(const struct r53_vpcs *vpcs, const char *id)
{
    size_t at = 0;
    while (at < vpcs->count && strcmp(vpcs->items[at].id, id) < 0)
        at++;
    return at;
}

const struct r53_vpc *r53_vpcs_find(const struct r53_vpcs *vpcs, const char *id)
{
    size_t at = index_at(vpcs, id);
    return at < vpcs->count && strcmp(vpcs->items[at].id, id) == 0 ? &vpcs->items[at] : NULL;
}

void r53_vpcs_add(struct r53_vpcs *vpcs, const struct r53_vpc *vpc)
{
    size_t at = index_at(vpcs, vpc->id);
    if (r53_vpcs_find(vpcs, vpc->id) != NULL)
        return;
    vpcs->items = sim_realloc_array(vpcs->items, vpcs->count + 1, sizeof(vpcs->items[0]));
    memmove(&vpcs->items[at + 1], &vpcs->items[at], (vpcs->count - at) * sizeof(vpcs->items[0]));
    vpcs->items[at] = *vpc;
    vpcs->count++;
}

void r53_vpcs_remove(struct r53_vpcs *vpcs, const char *id)
{
    size_t at = index_at(vpcs, id);
    if (r53_vpcs_find(vpcs, id) == NULL)
        return;
    vpcs->count--;
    memmove(&vpcs->items[at], &vpcs->items[at + 1], (vpcs->count - at) * sizeof(vpcs->items[0]));
}
