/* check_place.c -- where the checkers stand: in the world, and on the Internet. */
#include <stdio.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"

const char *const r53_checker_regions[R53_CHECKER_REGION_COUNT] = {
    "us-east-1",      "us-west-1",      "us-west-2",      "eu-west-1",
    "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"};

/* AWS IP address ranges (ip-ranges.json), service ROUTE53_HEALTHCHECKS: two in each Region. */
const char *const r53_checker_ranges[R53_CHECKER_COUNT] = {
    "54.243.31.192/26", "107.23.255.0/26",   "54.183.255.128/26", "54.241.32.64/26",
    "54.244.52.192/26", "54.245.168.0/26",   "54.228.16.0/26",    "176.34.159.192/26",
    "54.251.31.128/26", "54.255.254.192/26", "54.252.79.128/26",  "54.252.254.192/26",
    "54.248.220.0/26",  "54.250.253.192/26", "54.232.40.64/26",   "177.71.207.128/26"};

void r53_checker_address(size_t checker, char text[R53_CHECKER_ADDRESS_BYTES])
{
    unsigned parts[4] = {0};
    (void)sscanf(r53_checker_ranges[checker], "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2],
                 &parts[3]);
    (void)snprintf(text, R53_CHECKER_ADDRESS_BYTES, "%u.%u.%u.%u", parts[0] & 255, parts[1] & 255,
                   parts[2] & 255, (parts[3] + 21) & 255);
}

/* By measured round trips: where a checker's probes would enter the world. The first that the world
 * has counts; a world with none of a row has its first Region. */
static const struct {
    const char *region;
    const char *nearest[12];
} neighbours[R53_CHECKER_REGION_COUNT] = {
    {"us-east-1",
     {"us-east-2", "ca-central-1", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3",
      "eu-central-1", "eu-north-1", "sa-east-1", "ap-northeast-1"}},
    {"us-west-1",
     {"us-west-2", "us-east-2", "us-east-1", "ca-central-1", "ap-northeast-1", "eu-west-2",
      "eu-west-1", "ap-southeast-2", "eu-central-1", "sa-east-1", "ap-southeast-1"}},
    {"us-west-2",
     {"us-west-1", "us-east-2", "ca-central-1", "us-east-1", "ap-northeast-1", "eu-west-1",
      "eu-west-2", "ap-southeast-2", "eu-central-1", "ap-southeast-1", "sa-east-1"}},
    {"eu-west-1",
     {"eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "eu-south-1", "us-east-1",
      "ca-central-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1"}},
    {"ap-southeast-1",
     {"ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-2", "eu-central-1",
      "us-west-2", "us-west-1", "eu-west-1", "us-east-2", "us-east-1"}},
    {"ap-southeast-2",
     {"ap-southeast-1", "ap-northeast-1", "ap-northeast-2", "us-west-1", "us-west-2", "ap-south-1",
      "us-east-2", "us-east-1", "eu-west-1", "eu-central-1"}},
    {"ap-northeast-1",
     {"ap-northeast-3", "ap-northeast-2", "ap-southeast-1", "us-west-2", "us-west-1",
      "ap-southeast-2", "ap-south-1", "us-east-2", "us-east-1", "eu-west-1", "eu-central-1"}},
    {"sa-east-1",
     {"us-east-1", "us-east-2", "ca-central-1", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2",
      "eu-central-1", "ap-northeast-1"}},
};

const struct sim_region *r53_checker_place(const struct r53_checker *checker)
{
    struct sim_network *network = checker->check->r53->core->network;
    const size_t row = checker->index / 2;
    const struct sim_region *region = sim_network_region_find(network, neighbours[row].region);
    for (size_t i = 0; region == NULL && i < ARRAY_LEN(neighbours[row].nearest); i++)
        if (neighbours[row].nearest[i] != NULL)
            region = sim_network_region_find(network, neighbours[row].nearest[i]);
    if (region == NULL && sim_network_region_count(network) > 0)
        region = sim_network_region_by_index(network, 0);
    return region;
}
