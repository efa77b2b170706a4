#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/trace.h"

struct world {
    struct sim_clock *clock;
    struct sim_trace *trace;
    FILE *file;
    char *text;
    size_t text_bytes;
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.clock = sim_clock_create(
        &(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL, .start_us = 1000000});
    world.trace = sim_trace_create(world.clock);
    world.file = open_memstream(&world.text, &world.text_bytes);
    sim_trace_set_file(world.trace, world.file);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    sim_trace_destroy(world->trace);
    sim_clock_destroy(world->clock);
    fclose(world->file);
    free(world->text);
    return 0;
}

static const char *written(struct world *world)
{
    fflush(world->file);
    return world->text;
}

static void test_lines_are_canonical_json(void **state)
{
    struct world *world = *state;
    sim_trace_emit(world->trace, "replication.applied", "us-west-2", FIELD_TEXT("table", "orders"),
                   FIELD_NUMBER("lag_us", 812345), FIELD_FLAG("won", 7 > 3));
    sim_clock_move_to(world->clock, 1000000 + 30);
    sim_trace_write(world->trace, "idle", NULL, NULL, 0);
    sim_trace_emit(world->trace, "a\"b", "r\\", FIELD_TEXT("n\n", NULL),
                   FIELD_TEXT("text", "\"\x01\xc3\xa9"), FIELD_FLAG("off", false),
                   FIELD_NUMBER("low", INT64_MIN), FIELD_NUMBER("high", INT64_MAX),
                   FIELD_NUMBER("none", 0));
    assert_string_equal(
        written(world),
        "{\"t\":0,\"e\":\"replication.applied\",\"r\":\"us-west-2\",\"table\":\"orders\","
        "\"lag_us\":812345,\"won\":true}\n"
        "{\"t\":30,\"e\":\"idle\",\"r\":null}\n"
        "{\"t\":30,\"e\":\"a\\\"b\",\"r\":\"r\\\\\",\"n\\n\":null,\"text\":\"\\\"\\u0001\xc3\xa9\","
        "\"off\":false,\"low\":-9223372036854775808,\"high\":9223372036854775807,\"none\":0}\n");
    assert_int_equal(sim_trace_count(world->trace), 3);
    assert_int_equal(sim_trace_began_us(world->trace), 1000000);
}

static void test_the_hash_is_that_of_the_lines(void **state)
{
    struct world *world = *state;
    char text[SIM_TRACE_HASH_TEXT_BYTES];
    sim_trace_hash(world->trace, text); /* of nothing */
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sim_trace_emit(world->trace, "idle", NULL, FIELD_NUMBER("n", 1));
    sim_trace_hash(world->trace, text); /* sha256sum of {"t":0,"e":"idle","r":null,"n":1}\n */
    assert_string_equal(text, "4b2782df5edf55620da825f08a329f2ce5f91c057d48c8988bd4a8193f51f117");
    char again[SIM_TRACE_HASH_TEXT_BYTES];
    sim_trace_hash(world->trace, again); /* asking changes nothing */
    assert_string_equal(text, again);
}

/* Many lines, so that several batches go to the digest. */
static void write_many(struct world *world, int count)
{
    for (int i = 0; i < count; i++)
        sim_trace_emit(world->trace, "tick", "us-east-1", FIELD_NUMBER("n", i));
}

static void test_the_hash_is_that_of_the_whole_file(void **state)
{
    struct world *world = *state;
    write_many(world, 2000);
    const char *file = written(world);
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[SIM_TRACE_HASH_TEXT_BYTES];
    assert_int_equal(EVP_Digest(file, world->text_bytes, hash, NULL, EVP_sha256(), NULL), 1);
    sim_trace_hash(world->trace, text);
    for (size_t i = 0; i < 32; i++) {
        char byte[3];
        snprintf(byte, sizeof byte, "%02x", hash[i]);
        assert_memory_equal(text + 2 * i, byte, 2);
    }
}

static void test_the_hash_does_not_depend_on_when_it_is_asked(void **state)
{
    struct world *world = *state;
    char rarely[SIM_TRACE_HASH_TEXT_BYTES], often[SIM_TRACE_HASH_TEXT_BYTES];
    write_many(world, 2000);
    sim_trace_hash(world->trace, rarely);
    sim_trace_restart(world->trace);
    for (int i = 0; i < 2000; i++) {
        sim_trace_emit(world->trace, "tick", "us-east-1", FIELD_NUMBER("n", i));
        if (i % 7 == 0)
            sim_trace_hash(world->trace, often);
    }
    sim_trace_hash(world->trace, often);
    assert_string_equal(rarely, often);
    sim_trace_emit(world->trace, "tick", "us-east-1", FIELD_NUMBER("n", 2000));
    sim_trace_hash(world->trace, often);
    assert_string_not_equal(rarely, often);
}

static void test_restart_makes_it_empty_and_sets_time_zero(void **state)
{
    struct world *world = *state;
    write_many(world, 500);
    sim_clock_move_to(world->clock, 5000000);
    sim_trace_restart(world->trace);
    char text[SIM_TRACE_HASH_TEXT_BYTES];
    sim_trace_hash(world->trace, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(sim_trace_count(world->trace), 0);
    assert_int_equal(sim_trace_began_us(world->trace), 5000000);
    sim_trace_write(world->trace, "idle", NULL, NULL, 0);
    assert_non_null(strstr(written(world), "\n{\"t\":0,\"e\":\"idle\",\"r\":null}\n"));
}

static void test_without_hashing_the_hash_stands_still(void **state)
{
    struct world *world = *state;
    char before[SIM_TRACE_HASH_TEXT_BYTES], after[SIM_TRACE_HASH_TEXT_BYTES];
    sim_trace_hash(world->trace, before);
    sim_trace_set_hashing(world->trace, false);
    sim_trace_set_file(world->trace, NULL);
    write_many(world, 10);
    sim_trace_hash(world->trace, after);
    assert_string_equal(before, after);
    assert_int_equal(sim_trace_count(world->trace), 10); /* counted all the same */
    assert_string_equal(written(world), "");
}

struct ear {
    struct world *world;
    char heard[256];
    bool leave;
    bool echo;
};

static void hear(void *context, const struct sim_trace_event *event)
{
    struct ear *ear = context;
    char line[64];
    const struct sim_field *field = sim_trace_field_find(event, "n");
    snprintf(line, sizeof line, "%s#%d n=%d ", event->type, (int)event->sequence,
             field != NULL ? (int)field->number : -1);
    strncat(ear->heard, line, sizeof ear->heard - strlen(ear->heard) - 1);
    if (ear->leave)
        sim_trace_unlisten(ear->world->trace, hear, ear);
    if (ear->echo && strcmp(event->type, "echo") != 0)
        sim_trace_write(ear->world->trace, "echo", NULL, NULL, 0);
}

static void test_listeners_hear_in_order_and_may_leave_or_write(void **state)
{
    struct world *world = *state;
    struct ear first = {.world = world, .leave = true}, second = {.world = world, .echo = true};
    sim_trace_set_hashing(world->trace, false);
    sim_trace_set_file(world->trace, NULL);
    sim_trace_listen(world->trace, hear, &first);
    sim_trace_listen(world->trace, hear, &second);
    sim_trace_emit(world->trace, "a", NULL, FIELD_NUMBER("n", 5));
    sim_trace_emit(world->trace, "b", NULL, FIELD_TEXT("m", "x"));
    assert_string_equal(first.heard, "a#1 n=5 ");
    assert_string_equal(second.heard, "a#1 n=5 echo#2 n=-1 b#3 n=-1 echo#4 n=-1 ");
    sim_trace_unlisten(world->trace, hear, &second);
    sim_trace_unlisten(world->trace, hear, &second); /* no longer there: nothing */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_are_canonical_json),
        TEST(test_the_hash_is_that_of_the_lines),
        TEST(test_the_hash_is_that_of_the_whole_file),
        TEST(test_the_hash_does_not_depend_on_when_it_is_asked),
        TEST(test_restart_makes_it_empty_and_sets_time_zero),
        TEST(test_without_hashing_the_hash_stands_still),
        TEST(test_listeners_hear_in_order_and_may_leave_or_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
