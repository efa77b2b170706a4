/* fuzz_cidr.c -- CIDR blocks and names of service endpoints from text. What is taken as a block
 * comes back from its own text and covers its own network. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/cidr.h"
#include "emulators/route53/service_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void play_block(const char *text)
{
    struct r53_cidr_block block = {.prefix_bits = 0};
    struct r53_cidr_block again = {.prefix_bits = 0};
    struct r53_cidr_blocks blocks = {.count = 0};
    struct r53_client client = {.prefix_bits = 128};
    char written[R53_CIDR_TEXT_BYTES];
    if (!r53_cidr_parse(text, &block))
        return;
    (void)snprintf(block.location, sizeof(block.location), "here");
    r53_cidr_text(&block, written);
    CHECK(r53_cidr_parse(written, &again));
    CHECK(again.prefix_bits == block.prefix_bits);
    r53_cidr_block_put(&blocks, &block);
    client.address = block.network;
    CHECK(r53_cidr_locate(&blocks, &client) != NULL);
    r53_cidr_block_drop(&blocks, &block);
    CHECK(r53_cidr_locate(&blocks, &client) == NULL);
    r53_cidr_blocks_free(&blocks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const ids[] = {"Z35SXDOTRQ7X7K", "Z2FDTNDATAQYW2", "Z3AQBSTGFYJSTF", "Z0"};
    const struct r53_service_zone *zone = NULL;
    char region[R53_REGION_BYTES];
    char *text = sim_alloc(bytes + 1);
    memcpy(text, data, bytes);
    play_block(text);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (r53_service_zone_match(ids[i], text, &zone, region) == R53_SERVICE_FOUND)
            CHECK(strlen(region) < sizeof(region));
    free(text);
    return 0;
}
