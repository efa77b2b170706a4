/* fuzz_traffic.c -- bytes as a traffic policy's document.
 *
 * A document that is taken has a tree: all its sets lie in the zone, the first ones at the
 * instance's own name, and every name in it can be resolved. One that is not has a fault. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"
#include "tests/unit/route53/fixture_world.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void serve(struct fixture *fixture, struct r53_zone *zone, struct r53_rrset *set)
{
    const struct r53_delta delta = {.new = set};
    CHECK(set->tree_count > 0);
    for (size_t i = 0; i < set->tree_count; i++)
        CHECK(r53_name_is_within(&set->tree[i]->name, &zone->name));
    CHECK(r53_name_is_equal(&set->name, &set->tree[0]->name));
    r53_delta_serve(&delta, &zone->served);
    for (size_t i = 0; i < set->tree_count; i++) {
        struct r53_answer answer;
        char name[R53_NAME_TEXT_BYTES];
        r53_name_text(set->tree[i]->name.wire, name);
        r53_resolve(fixture->r53, name, r53_type_name(set->type), "us-west-2", &answer);
    }
    r53_delta_unserve(&delta, &zone->served);
    CHECK(r53_records_is_consistent(&zone->served));
    CHECK(zone->served.set_count == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct fixture *fixture;
    char fault[R53_POLICY_FAULT_BYTES] = "";
    char type[16] = "";
    char *document = sim_alloc(bytes + 1);
    if (fixture == NULL) {
        fixture = sim_alloc(sizeof(*fixture));
        fixture_init(fixture);
        sim_trace_set_hashing(fixture->core.trace, false);
        fixture_make_zone(fixture, "example.com");
    }
    memcpy(document, data, bytes);
    if (r53_document_check(document, type, fault)) {
        struct r53_zone *zone = r53_zone_find(&fixture->r53->zones, fixture->zone_id);
        const struct r53_tree_options options = {
            .zone = zone, .name = "p.example.com.", .instance_id = "1", .ttl_s = 60};
        struct r53_rrset *set = r53_tree_set(document, &options, fault);
        CHECK(set != NULL);
        serve(fixture, zone, set);
        r53_rrset_drop(set);
    } else {
        CHECK(fault[0] != '\0');
    }
    free(document);
    return 0;
}
