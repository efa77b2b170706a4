/* The orders application as its clients see it: through the simulated network, and live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/orders/orders.h"
#include "topology/world.h"

#define EAST "us-east-1"
#define WEST "us-west-2"

static const struct topo_application *const programs[] = {&orders_application};

/* What a client got, and when. */
struct answer {
    bool came;
    enum sim_transport transport;
    int status;
    char *body;
    cJSON *json;
    uint64_t took_us;
};

static struct topo_world *make_world(uint64_t seed, bool is_live)
{
    const struct topo_world_options options = {
        .seed = seed,
        .clock = {.mode = SIM_CLOCK_VIRTUAL},
        .world = TOPO_WORLD_DEFAULT,
        .registry = {programs, ARRAY_LEN(programs)},
        .is_live = is_live,
    };
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return world;
}

static void keep_answer(void *context, const struct sim_endpoint_reply *reply)
{
    struct answer *answer = context;
    assert_false(answer->came);
    answer->came = true;
    answer->transport = reply->transport;
    answer->status = reply->status;
    answer->body = sim_strdup(reply->body != NULL ? reply->body : "");
    answer->json = cJSON_Parse(answer->body);
}

static void forget(struct answer *answer)
{
    free(answer->body);
    cJSON_Delete(answer->json);
    *answer = (struct answer){0};
}

static void run_for(struct topo_world *world, uint64_t duration_us)
{
    uint64_t until_us = sim_clock_now_us(world->core.clock) + duration_us;
    while (sim_sched_step(world->core.sched, until_us))
        continue;
}

/* A client in a Region sends a request to the application in another and waits for the answer. */
static struct answer ask_from(struct topo_world *world, const char *client, const char *region,
                              const char *method, const char *target)
{
    const struct topo_instance *instance = topo_world_instance_find(world, "orders", region);
    assert_non_null(instance);
    struct answer answer = {0};
    struct sim_endpoint_request request = {.method = method, .target = target};
    uint64_t sent_us = sim_clock_now_us(world->core.clock);
    sim_endpoint_call(world->core.endpoints, sim_network_region_find(world->core.network, client),
                      instance->address, instance->port, &request, 60 * SIM_US_PER_S, keep_answer,
                      &answer);
    while (!answer.came && sim_sched_step(world->core.sched, UINT64_MAX))
        continue;
    assert_true(answer.came);
    answer.took_us = sim_clock_now_us(world->core.clock) - sent_us;
    return answer;
}

static struct answer ask(struct topo_world *world, const char *region, const char *method,
                         const char *target)
{
    return ask_from(world, region, region, method, target);
}

static const char *text_of(const struct answer *answer, const char *member)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(answer->json, member);
    return cJSON_IsString(value) ? value->valuestring : "";
}

struct shop {
    char customer[64];
    char product[64];
};

/* One customer and one product, made by /fill and replicated. */
static struct shop fill_shop(struct topo_world *world)
{
    struct answer answer = ask(world, EAST, "POST", "/fill?cust=1&order=0&product=1");
    assert_int_equal(answer.status, 200);
    struct shop shop;
    const cJSON *customers = cJSON_GetObjectItemCaseSensitive(answer.json, "customers");
    const cJSON *products = cJSON_GetObjectItemCaseSensitive(answer.json, "products");
    snprintf(shop.customer, sizeof shop.customer, "%s",
             cJSON_GetArrayItem(customers, 0)->valuestring);
    snprintf(shop.product, sizeof shop.product, "%s", cJSON_GetArrayItem(products, 0)->valuestring);
    forget(&answer);
    run_for(world, 10 * SIM_US_PER_S);
    return shop;
}

static struct answer order(struct topo_world *world, const char *region, const struct shop *shop,
                           const char *order_id)
{
    char target[256];
    snprintf(target, sizeof target, "/orders?customerId=%s&productId=%s&orderId=%s", shop->customer,
             shop->product, order_id);
    return ask(world, region, "POST", target);
}

static struct answer look_up(struct topo_world *world, const char *region, const struct shop *shop,
                             const char *order_id)
{
    char target[256];
    snprintf(target, sizeof target, "/orders?orderId=%s&productId=%s", order_id, shop->product);
    return ask(world, region, "GET", target);
}

/* ------------------------------------------------------------------------------------------------
 */

static void test_fill_makes_as_many_as_asked(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    struct answer answer = ask(world, EAST, "POST", "/fill?cust=30&order=2&product=51");
    assert_int_equal(answer.status, 200);
    assert_string_equal(text_of(&answer, "region"), EAST);
    static const struct {
        const char *member;
        int count;
    } counts[] = {{"customers", 30}, {"products", 51}, {"orders", 2}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        assert_int_equal(
            cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer.json, counts[i].member)),
            counts[i].count);
    forget(&answer);
    struct wire_request request = {.service = "dynamodb", .operation = "Scan", .region = EAST};
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", "resilientdynamo-Product");
    cJSON_AddStringToObject(input, "Select", "COUNT");
    request.input = input;
    cJSON *output = NULL;
    struct sim_error error = {0};
    assert_int_equal(wire_dispatch_now(world->dispatcher, &request, &output, &error), RESULT_OK);
    assert_int_equal(wire_integer(output, "Count", -1), 51);
    cJSON_Delete(output);
    cJSON_Delete(input);
    topo_world_destroy(world);
}

static void test_an_order_is_stored_and_read_in_both_regions(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    struct shop shop = fill_shop(world);
    struct answer answer = order(world, EAST, &shop, "o-1");
    assert_string_equal(answer.body, "{\"msg\":\"Order created\",\"region\":\"us-east-1\"}");
    assert_int_equal(answer.status, 200);
    assert_true(answer.took_us > 0 && answer.took_us < 100 * SIM_US_PER_MS);
    forget(&answer);

    answer = look_up(world, EAST, &shop, "o-1");
    assert_int_equal(answer.status, 200);
    assert_string_equal(text_of(&answer, "OrderId"), "o-1");
    assert_string_equal(text_of(&answer, "ProductId"), shop.product);
    assert_string_equal(text_of(&answer, "CustomerId"), shop.customer);
    assert_string_equal(text_of(&answer, "OrderStatus"), "CONFIRMED");
    assert_string_equal(text_of(&answer, "ProductStatus"), "SOLD");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(answer.json, "OrderTotal")->valueint, 100);
    forget(&answer);

    answer = look_up(world, WEST, &shop, "o-1");
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.body, "{\"msg\":\"Order not found\",\"region\":\"us-west-2\"}");
    forget(&answer);
    run_for(world, 10 * SIM_US_PER_S);
    answer = look_up(world, WEST, &shop, "o-1");
    assert_int_equal(answer.status, 200);
    assert_string_equal(text_of(&answer, "region"), WEST);
    forget(&answer);
    topo_world_destroy(world);
}

static void test_a_refused_order_tells_which_condition_failed(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    struct shop shop = fill_shop(world);
    struct answer answer = order(world, EAST, &shop, "o-1");
    assert_int_equal(answer.status, 200);
    forget(&answer);

    struct shop stranger = shop, nothing = shop;
    snprintf(stranger.customer, sizeof stranger.customer, "nobody");
    snprintf(nothing.product, sizeof nothing.product, "nothing");
    const struct {
        const char *name;
        const struct shop *shop;
        const char *order_id;
        const char *reasons;
    } cases[] = {
        {"the same again", &shop, "o-1",
         "[\"None\",\"ConditionalCheckFailed\",\"ConditionalCheckFailed\"]"},
        {"a product that is sold", &shop, "o-2", "[\"None\",\"ConditionalCheckFailed\",\"None\"]"},
        {"no such product", &nothing, "o-2", "[\"None\",\"ConditionalCheckFailed\",\"None\"]"},
        {"no such customer", &stranger, "o-2",
         "[\"ConditionalCheckFailed\",\"ConditionalCheckFailed\",\"None\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        answer = order(world, EAST, cases[i].shop, cases[i].order_id);
        cJSON *reasons = cJSON_GetObjectItemCaseSensitive(answer.json, "reasons");
        char *text = cJSON_PrintUnformatted(reasons);
        if (answer.status != 400 || text == NULL || strcmp(text, cases[i].reasons) != 0)
            fail_msg("%s: %d %s", cases[i].name, answer.status, answer.body);
        assert_string_equal(text_of(&answer, "msg"), "Could not store order");
        assert_string_equal(text_of(&answer, "error"), "TransactionCanceledException");
        free(text);
        forget(&answer);
    }
    answer = look_up(world, EAST, &shop, "o-2");
    assert_int_equal(answer.status, 404);
    forget(&answer);
    topo_world_destroy(world);
}

static void test_bad_requests_get_a_sentence(void **state)
{
    (void)state;
    char long_id[400] = "/orders?orderId=";
    memset(long_id + strlen(long_id), 'x', 257);
    /* clang-format off */
    const struct {
        const char *method, *target;
        int status;
        const char *message;
    } cases[] = {
        {"POST", "/orders", 400, "the parameter customerId must be an id of 1 to 256 bytes"},
        {"POST", "/orders?customerId=", 400, "the parameter customerId must be an id of 1 to 256 bytes"},
        {"POST", "/orders?customerId=a&productId=b", 400, "the parameter orderId must be an id of 1 to 256 bytes"},
        {"POST", "/orders?customerId=%zz", 400, "the parameter customerId must be an id of 1 to 256 bytes"},
        {"GET", long_id, 400, "the parameter orderId must be an id of 1 to 256 bytes"},
        {"GET", "/orders?orderId=a", 400, "the parameter productId must be an id of 1 to 256 bytes"},
        {"POST", "/fill?cust=many", 400, "the parameter cust must be a number from 0 to 1000"},
        {"POST", "/fill?order=1001", 400, "the parameter order must be a number from 0 to 1000"},
        {"POST", "/fill?product=-1", 400, "the parameter product must be a number from 0 to 1000"},
        {"POST", "/fill?product=", 400, "the parameter product must be a number from 0 to 1000"},
        {"GET", "/fill?cust=1", 405, "this path does not take GET"},
        {"DELETE", "/orders", 405, "this path does not take DELETE"},
        {"GET", "/", 404, "there is nothing here; try /orders, /fill or /health"},
        {"GET", "/ordersx?orderId=1", 404, "there is nothing here; try /orders, /fill or /health"},
        {"GET", "", 404, "there is nothing here; try /orders, /fill or /health"},
        {"GET", "/health", 200, "healthy"},
        {"GET", "/health?x=y", 200, "healthy"},
        {"GET", "/orders?orderId=no&productId=no", 404, "Order not found"},
    };
    /* clang-format on */
    struct topo_world *world = make_world(1, false);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct answer answer = ask(world, WEST, cases[i].method, cases[i].target);
        if (answer.status != cases[i].status ||
            strcmp(text_of(&answer, "msg"), cases[i].message) != 0 ||
            strcmp(text_of(&answer, "region"), WEST) != 0)
            fail_msg("%s %s: %d %s", cases[i].method, cases[i].target, answer.status, answer.body);
        forget(&answer);
    }
    topo_world_destroy(world);
}

static void test_a_far_client_waits_for_the_round_trip(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    struct answer near = ask_from(world, EAST, EAST, "GET", "/health");
    struct answer far = ask_from(world, WEST, EAST, "GET", "/health");
    assert_true(near.took_us < 2 * SIM_US_PER_MS);
    assert_true(far.took_us > 60 * SIM_US_PER_MS && far.took_us < 100 * SIM_US_PER_MS);
    forget(&near);
    forget(&far);
    topo_world_destroy(world);
}

static void add_fault(struct topo_world *world, const struct sim_fault_spec *spec)
{
    struct sim_error error = {0};
    uint64_t id = 0;
    if (sim_faults_add(world->core.faults, spec, &id, &error) != RESULT_OK)
        fail_msg("%s", error.message);
}

static void test_what_the_database_does_reaches_the_client(void **state)
{
    (void)state;
    static const struct {
        enum sim_fault_kind kind;
        int status;
        const char *error;
    } cases[] = {
        {SIM_FAULT_ERROR, 500, NULL},
        {SIM_FAULT_THROTTLE, 503, NULL},
        {SIM_FAULT_REFUSE, 503, "connection refused"},
        {SIM_FAULT_RESET, 503, "connection reset"},
        {SIM_FAULT_BLACK_HOLE, 503, "no answer in time"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct topo_world *world = make_world(1, false);
        struct shop shop = fill_shop(world);
        const struct sim_fault_spec fault = {
            .kind = cases[i].kind, .region = EAST, .service = "dynamodb"};
        add_fault(world, &fault);
        struct answer answer = order(world, EAST, &shop, "o-1");
        bool told =
            cases[i].error == NULL || strcmp(text_of(&answer, "error"), cases[i].error) == 0;
        if (answer.status != cases[i].status || !told)
            fail_msg("%s: %d %s", sim_fault_kind_name(cases[i].kind), answer.status, answer.body);
        forget(&answer);
        topo_world_destroy(world);
    }
}

static void test_faults_may_name_one_instance(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    struct sim_fault_spec fault = {
        .kind = SIM_FAULT_REFUSE,
        .resource = topo_world_find(world, "application.orders.us-east-1.endpoint")};
    add_fault(world, &fault);
    struct answer answer = ask(world, EAST, "GET", "/health");
    assert_int_equal(answer.transport, SIM_TRANSPORT_REFUSED);
    forget(&answer);
    answer = ask(world, WEST, "GET", "/health");
    assert_int_equal(answer.status, 200);
    forget(&answer);
    struct sim_error error = {0};
    uint64_t id = 0;
    fault.resource = "127.0.1.1:8081"; /* nobody is there */
    assert_int_equal(sim_faults_add(world->core.faults, &fault, &id, &error), RESULT_INVALID);
    topo_world_destroy(world);
}

static void test_the_same_code_serves_a_real_client_at_once(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, true);
    const struct topo_instance *instance = topo_world_instance_find(world, "orders", EAST);
    struct answer answer = {0};
    struct sim_endpoint_request request = {.method = "POST", .target = "/fill?cust=60&product=1"};
    uint64_t now_us = sim_clock_now_us(world->core.clock);
    sim_endpoint_serve(world->core.endpoints, instance->address, instance->port, &request,
                       keep_answer, &answer);
    assert_true(answer.came);
    assert_int_equal(answer.status, 200);
    assert_int_equal(sim_clock_now_us(world->core.clock), now_us);
    forget(&answer);
    topo_world_destroy(world);
}

static void test_a_reset_ends_what_is_under_way(void **state)
{
    (void)state;
    struct topo_world *world = make_world(1, false);
    const struct topo_instance *instance = topo_world_instance_find(world, "orders", EAST);
    struct answer answers[3] = {{0}};
    struct sim_endpoint_request request = {.method = "POST", .target = "/fill?cust=60&product=1"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        sim_endpoint_call(world->core.endpoints, sim_network_region_find(world->core.network, EAST),
                          instance->address, instance->port, &request, 0, keep_answer, &answers[i]);
    run_for(world, 2 * SIM_US_PER_MS); /* into their first call */
    struct sim_error error = {0};
    assert_int_equal(topo_world_reset(world, 1, &error), RESULT_OK);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        assert_true(answers[i].came);
        assert_int_not_equal(answers[i].status, 200);
        forget(&answers[i]);
    }
    struct shop shop = fill_shop(world);
    struct answer answer = order(world, EAST, &shop, "o-1");
    assert_int_equal(answer.status, 200);
    forget(&answer);
    topo_world_destroy(world);
}

static void test_the_seed_decides_every_id(void **state)
{
    (void)state;
    struct shop shops[3];
    static const uint64_t seeds[] = {5, 5, 6};
    for (size_t i = 0; i < ARRAY_LEN(shops); i++) {
        struct topo_world *world = make_world(seeds[i], false);
        shops[i] = fill_shop(world);
        topo_world_destroy(world);
    }
    assert_string_equal(shops[0].customer, shops[1].customer);
    assert_string_equal(shops[0].product, shops[1].product);
    assert_string_not_equal(shops[0].customer, shops[2].customer);
}

static void test_other_tables_can_be_named(void **state)
{
    (void)state;
    static const char text[] =
        "world: w\n"
        "regions: [{name: us-east-1}]\n"
        "applications:\n"
        "- {name: orders, regions: [us-east-1],\n"
        "   parameters: {customers_table: buyers, products_table: things, orders_table: deals}}\n"
        "dynamodb:\n"
        "  tables:\n"
        "  - {name: buyers, partition_key: CustomerId, regions: [us-east-1]}\n"
        "  - {name: things, partition_key: ProductId, regions: [us-east-1]}\n"
        "  - {name: deals, partition_key: OrderId, regions: [us-east-1]}\n";
    const struct topo_world_options options = {
        .seed = 1,
        .clock = {.mode = SIM_CLOCK_VIRTUAL},
        .world = "w.yaml",
        .text = text,
        .registry = {programs, ARRAY_LEN(programs)},
    };
    struct topo_world *world = NULL;
    struct sim_error error = {0};
    if (topo_world_create(&options, &world, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    struct shop shop = fill_shop(world);
    struct answer answer = order(world, EAST, &shop, "o-1");
    assert_int_equal(answer.status, 200);
    forget(&answer);
    topo_world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill_makes_as_many_as_asked),
        cmocka_unit_test(test_an_order_is_stored_and_read_in_both_regions),
        cmocka_unit_test(test_a_refused_order_tells_which_condition_failed),
        cmocka_unit_test(test_bad_requests_get_a_sentence),
        cmocka_unit_test(test_a_far_client_waits_for_the_round_trip),
        cmocka_unit_test(test_what_the_database_does_reaches_the_client),
        cmocka_unit_test(test_faults_may_name_one_instance),
        cmocka_unit_test(test_the_same_code_serves_a_real_client_at_once),
        cmocka_unit_test(test_a_reset_ends_what_is_under_way),
        cmocka_unit_test(test_the_seed_decides_every_id),
        cmocka_unit_test(test_other_tables_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
