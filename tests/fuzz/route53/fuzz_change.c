/* fuzz_change.c -- JSON as the input of a handler: change batches and health checks.
 *
 * The first byte picks the operation. After each, the zone is sound, a refused batch left nothing,
 * and every name that can be listed can be asked for. */
#include <stdlib.h>
#include <string.h>

#include "emulators/route53/route53_internal.h"
#include "tests/unit/route53/fixture_world.c" /* the world that the unit tests play in */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define SETS_KEPT 200 /* then the world begins anew */

static struct fixture *make_world(void)
{
    struct fixture *fixture = sim_alloc(sizeof(*fixture));
    fixture_init(fixture);
    sim_trace_set_hashing(fixture->core.trace, false);
    fixture_make_zone(fixture, "example.com");
    fixture_add_records(fixture, "example.com",
                        "www A 1.1.1.1;c CNAME www.example.com;w A w:a=1 1.1.4.1;x A ->www;"
                        "f A f:s=SECONDARY 1.1.3.1;l A l:e=us-east-1 =>w");
    return fixture;
}

static void ask_all(struct fixture *fixture, const struct r53_records *records)
{
    for (size_t i = 0; i < records->ordered_count; i++) {
        const struct r53_node *node = records->ordered[i];
        char name[R53_NAME_TEXT_BYTES];
        struct r53_answer answer;
        r53_name_text(r53_node_name(node)->wire, name);
        for (size_t g = 0; g < r53_node_group_count(node); g++)
            r53_resolve(fixture->r53, name, r53_type_name(r53_node_group_at(node, g)->type),
                        "us-west-2", &answer);
    }
}

static void play(struct fixture *fixture, uint8_t pick, const cJSON *json)
{
    static const char *const operations[] = {"ChangeResourceRecordSets", "CreateHealthCheck",
                                             "UpdateHealthCheck"};
    const struct r53_zone *zone = r53_zone_find(&fixture->r53->zones, fixture->zone_id);
    cJSON *input = cJSON_CreateObject();
    struct wire_request request = {.service = "route53",
                                   .operation = operations[pick % ARRAY_LEN(operations)],
                                   .region = "us-east-1",
                                   .input = input};
    size_t before = zone->wanted.set_count;
    cJSON_AddStringToObject(input, "HostedZoneId", fixture->zone_id);
    cJSON_AddItemToObject(input, "ChangeBatch", cJSON_Duplicate(json, true));
    if (pick % ARRAY_LEN(operations) > 0) {
        cJSON_Delete(input);
        input = cJSON_Duplicate(json, true);
        request.input = input;
    }
    cJSON_Delete(fixture->output);
    fixture->output = NULL;
    wire_dispatch(fixture->dispatcher, &request, keep_answer, fixture);
    cJSON_Delete(input);
    CHECK(r53_records_is_consistent(&zone->wanted));
    CHECK(r53_records_is_consistent(&zone->served));
    CHECK(fixture->output != NULL || zone->wanted.set_count == before);
    CHECK(zone->served.set_count == zone->wanted.set_count);
    ask_all(fixture, &zone->served);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct fixture *fixture; /* making the world costs more than many batches */
    cJSON *json = NULL;
    if (bytes == 0)
        return 0;
    if (fixture != NULL &&
        (r53_zone_find(&fixture->r53->zones, fixture->zone_id)->wanted.set_count > SETS_KEPT ||
         fixture->r53->checks.count > R53_CHECK_MAX / 2)) {
        fixture_fini(fixture);
        free(fixture);
        fixture = NULL;
    }
    if (fixture == NULL)
        fixture = make_world();
    json = cJSON_ParseWithLength((const char *)data + 1, bytes - 1);
    if (cJSON_IsObject(json))
        play(fixture, data[0], json);
    cJSON_Delete(json);
    return 0;
}
