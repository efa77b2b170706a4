/* Blocks keep what was written into them, whatever their size and order, and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "emulators/wire/json_memory.h"
#include "sim/core/random.h"

#define SLOTS 500
#define STEPS 200000

static void test_blocks_keep_their_contents(void **state)
{
    (void)state;
    struct slot {
        unsigned char *block;
        size_t bytes;
        unsigned char fill;
    } slots[SLOTS] = {0};
    struct sim_random random;
    sim_random_init(&random, 7, "json-memory");
    for (unsigned step = 0; step < STEPS; step++) {
        struct slot *slot = &slots[sim_random_below(&random, SLOTS)];
        for (size_t i = 0; slot->block != NULL && i < slot->bytes; i++)
            assert_int_equal(slot->block[i], slot->fill);
        wire_json_free(slot->block);
        slot->bytes = (size_t)sim_random_below(&random, 2 * WIRE_JSON_BLOCK_BYTES);
        slot->fill = (unsigned char)step;
        slot->block = wire_json_alloc(slot->bytes);
        assert_non_null(slot->block);
        assert_int_equal((uintptr_t)slot->block % sizeof(double), 0);
        memset(slot->block, slot->fill, slot->bytes);
    }
    for (size_t i = 0; i < SLOTS; i++)
        wire_json_free(slots[i].block);
}

/* A tree of more nodes than the pool has room for. */
static void test_what_does_not_fit_comes_from_malloc(void **state)
{
    (void)state;
    const size_t count = WIRE_JSON_POOL_BYTES / WIRE_JSON_BLOCK_BYTES + 1000;
    void **blocks = malloc(count * sizeof *blocks);
    assert_non_null(blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = wire_json_alloc(WIRE_JSON_BLOCK_BYTES);
        assert_non_null(blocks[i]);
        memset(blocks[i], 0, 8);
    }
    for (size_t i = 0; i < count; i++)
        wire_json_free(blocks[i]);
    free(blocks);
}

static void test_cjson_uses_it(void **state)
{
    (void)state;
    cJSON *tree = cJSON_Parse("{\"a\":[1,\"two\",{\"three\":3}],\"long\":\"................"
                              "...............................................................\"}");
    assert_non_null(tree);
    char *text = cJSON_PrintUnformatted(tree);
    assert_non_null(strstr(text, "{\"a\":[1,\"two\",{\"three\":3}]"));
    cJSON_free(text);
    cJSON_Delete(tree);
    wire_json_free(NULL);
}

int main(void)
{
    wire_json_memory_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_keep_their_contents),
        cmocka_unit_test(test_what_does_not_fit_comes_from_malloc),
        cmocka_unit_test(test_cjson_uses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
