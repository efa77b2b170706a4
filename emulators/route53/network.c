#include "emulators/route53/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool r53_address_parse(const char *text, struct r53_address *address)
{
    struct r53_address made = {.byte_count = 4};
    if (inet_pton(AF_INET, text, made.bytes) != 1) {
        made = (struct r53_address){.byte_count = 16};
        if (inet_pton(AF_INET6, text, made.bytes) != 1)
            return false;
    }
    *address = made;
    return true;
}

void r53_networks_fini(struct r53_networks *networks)
{
    for (size_t i = 0; i < networks->count; i++)
        free(networks->items[i].region);
    free(networks->items);
    *networks = (struct r53_networks){0};
}

/* "0".."128"; -1 for anything else. */
static int parse_prefix(const char *text)
{
    int bits = 0;
    if (text[0] == '\0' || strlen(text) > 3)
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        bits = bits * 10 + (*text - '0');
    }
    return bits;
}

enum sim_result r53_networks_add(struct r53_networks *networks, const char *cidr,
                                 const char *region, struct sim_error *error)
{
    const char *slash = strchr(cidr, '/');
    char text[64] = "";
    struct r53_network network = {.prefix_bits = 0};
    int bits = slash == NULL ? -1 : parse_prefix(slash + 1);
    size_t bytes = slash == NULL ? sizeof(text) : (size_t)(slash - cidr);
    if (bytes < sizeof(text))
        memcpy(text, cidr, bytes);
    if (bits < 0 || !r53_address_parse(text, &network.address) ||
        bits > 8 * network.address.byte_count)
        return sim_error_set(error, RESULT_INVALID,
                             "network \"%.64s\": want an address and a prefix, such as "
                             "192.0.2.0/24 or 2001:db8::/32",
                             cidr);
    if (networks->count == R53_NETWORK_MAX)
        return sim_error_set(error, RESULT_LIMIT, "more than %d client networks", R53_NETWORK_MAX);
    network.prefix_bits = (uint8_t)bits;
    network.region = sim_strdup(region);
    networks->items =
        sim_realloc_array(networks->items, networks->count + 1, sizeof(networks->items[0]));
    networks->items[networks->count++] = network;
    return RESULT_OK;
}

bool r53_address_has_prefix(const struct r53_address *address, const struct r53_address *prefix,
                            unsigned bits)
{
    const size_t whole = bits / 8u;
    const unsigned rest = bits % 8u;
    if (prefix->byte_count != address->byte_count || bits > 8u * prefix->byte_count ||
        memcmp(prefix->bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (prefix->bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

const char *r53_networks_find(const struct r53_networks *networks,
                              const struct r53_address *address)
{
    const struct r53_network *best = NULL;
    for (size_t i = 0; i < networks->count; i++)
        if (r53_address_has_prefix(address, &networks->items[i].address,
                                   networks->items[i].prefix_bits) &&
            (best == NULL || networks->items[i].prefix_bits > best->prefix_bits))
            best = &networks->items[i];
    return best == NULL ? NULL : best->region;
}

bool r53_networks_of_region(const struct r53_networks *networks, const char *region,
                            struct r53_client *client)
{
    for (size_t i = 0; i < networks->count; i++)
        if (strcmp(networks->items[i].region, region) == 0) {
            client->address = networks->items[i].address;
            client->prefix_bits = networks->items[i].prefix_bits;
            return true;
        }
    return false;
}
