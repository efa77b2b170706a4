/* The data directory: what was committed is there again, what was not is gone; who may open it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/core/data.h"
#include "sim/core/documents.h"

struct folder {
    char path[64];
    struct sim_clock *clock;
};

static int set_up(void **state)
{
    struct folder *folder = sim_alloc(sizeof *folder);
    snprintf(folder->path, sizeof folder->path, "/tmp/regionlab-data-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    folder->clock = sim_clock_create(&(struct sim_clock_options){.mode = SIM_CLOCK_VIRTUAL});
    *state = folder;
    return 0;
}

static const char *file_in(const struct folder *folder, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return path;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"regionlab.sqlite", "regionlab.sqlite-wal",
                                        "regionlab.sqlite-shm", "format", "lock"};
    struct folder *folder = *state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(file_in(folder, names[i]));
    assert_int_equal(rmdir(folder->path), 0);
    sim_clock_destroy(folder->clock);
    free(folder);
    return 0;
}

static enum sim_result try_open(const struct folder *folder, struct sim_data **data,
                                struct sim_error *error)
{
    const struct sim_data_options options = {.directory = folder->path};
    return sim_data_open(&options, data, error);
}

static struct sim_data *open_data(const struct folder *folder)
{
    struct sim_data *data = NULL;
    struct sim_error error = {0};
    if (try_open(folder, &data, &error) != RESULT_OK)
        fail_msg("%s", error.message);
    return data;
}

static void save(struct sim_data *data, const char *key, const char *text)
{
    assert_int_equal(sim_documents_save(sim_data_store(data), "k", key, text, NULL), RESULT_OK);
}

static bool has(struct sim_data *data, const char *key)
{
    struct sim_arena *arena = sim_arena_create();
    const char *text = NULL;
    assert_int_equal(sim_documents_find(sim_data_store(data), "k", key, arena, &text, NULL),
                     RESULT_OK);
    bool found = text != NULL;
    sim_arena_destroy(arena);
    return found;
}

static void test_what_was_committed_is_there_and_the_rest_is_not(void **state)
{
    struct folder *folder = *state;
    struct sim_data *data = open_data(folder);
    save(data, "kept", "1");
    assert_int_equal(sim_data_commit(data, folder->clock, NULL), RESULT_OK);
    save(data, "lost", "1");
    sim_data_close(data);
    data = open_data(folder);
    assert_true(has(data, "kept"));
    assert_false(has(data, "lost"));
    sim_data_close(data);
}

static void test_each_run_draws_from_another_seed(void **state)
{
    struct folder *folder = *state;
    uint64_t seeds[3];
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
        struct sim_data *data = open_data(folder);
        assert_int_equal(sim_data_run(data), i);
        seeds[i] = sim_data_mix_seed(data, 7);
        sim_data_close(data);
    }
    assert_int_equal(seeds[0], 7);
    assert_true(seeds[1] != seeds[0] && seeds[2] != seeds[1] && seeds[2] != seeds[0]);
}

static void test_a_virtual_time_is_remembered(void **state)
{
    struct folder *folder = *state;
    struct sim_data *data = open_data(folder);
    assert_int_equal(sim_data_last_us(data), 0);
    sim_clock_move_to(folder->clock, sim_clock_now_us(folder->clock) + SIM_US_PER_S);
    assert_int_equal(sim_data_commit(data, folder->clock, NULL), RESULT_OK);
    sim_data_close(data);
    data = open_data(folder);
    assert_int_equal(sim_data_last_us(data), sim_clock_now_us(folder->clock));
    sim_data_close(data);
}

static void test_a_second_process_is_refused(void **state)
{
    struct folder *folder = *state;
    struct sim_data *data = open_data(folder);
    struct sim_data *other = NULL;
    struct sim_error error;
    assert_int_equal(try_open(folder, &other, &error), RESULT_CONFLICT);
    assert_non_null(strstr(error.message, "another regionlab process is using it"));
    sim_data_close(data);
    sim_data_close(open_data(folder));
}

static void test_another_form_is_refused(void **state)
{
    static const struct {
        const char *format; /* NULL: no such file */
        enum sim_result result;
        const char *sentence;
    } cases[] = {
        {"regionlab data 2\n", RESULT_CONFLICT, "another version of regionlab ('regionlab data 2'"},
        {"", RESULT_CONFLICT, "another version of regionlab (''"},
        {NULL, RESULT_INVALID, "without the file 'format'"},
    };
    struct folder *folder = *state;
    sim_data_close(open_data(folder));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_data *data = NULL;
        struct sim_error error;
        unlink(file_in(folder, "format"));
        if (cases[i].format != NULL) {
            FILE *file = fopen(file_in(folder, "format"), "w");
            assert_non_null(file);
            fputs(cases[i].format, file);
            fclose(file);
        }
        assert_int_equal(try_open(folder, &data, &error), cases[i].result);
        if (strstr(error.message, cases[i].sentence) == NULL)
            fail_msg("%s", error.message);
    }
}

static enum sim_result save_or_fail(void *context, struct sim_error *error)
{
    struct sim_data **data = context;
    if (*data == NULL)
        return sim_error_set(error, RESULT_IO, "no more");
    save(*data, "by the saver", "1");
    return RESULT_OK;
}

static void test_a_saver_that_fails_takes_the_whole_turn_back(void **state)
{
    struct folder *folder = *state;
    struct sim_data *data = open_data(folder);
    struct sim_data *context = data;
    struct sim_error error;
    sim_data_add_saver(data, save_or_fail, &context);
    assert_int_equal(sim_data_commit(data, folder->clock, &error), RESULT_OK);
    save(data, "with it", "1");
    context = NULL;
    assert_int_equal(sim_data_commit(data, folder->clock, &error), RESULT_IO);
    assert_non_null(strstr(error.message, "nobody was told"));
    assert_true(has(data, "by the saver"));
    assert_false(has(data, "with it"));
    sim_data_remove_saver(data, &context);
    assert_int_equal(sim_data_commit(data, folder->clock, &error), RESULT_OK);
    sim_data_close(data);
}

static void test_clearing_counts_only_with_its_commit(void **state)
{
    struct folder *folder = *state;
    for (int commits = 0; commits < 2; commits++) {
        struct sim_data *data = open_data(folder);
        save(data, "a", "1");
        assert_int_equal(sim_data_commit(data, folder->clock, NULL), RESULT_OK);
        assert_int_equal(sim_data_clear(data, NULL), RESULT_OK);
        assert_false(has(data, "a"));
        if (commits > 0)
            assert_int_equal(sim_data_commit(data, folder->clock, NULL), RESULT_OK);
        sim_data_close(data);
        data = open_data(folder);
        assert_int_equal(has(data, "a"), commits == 0);
        sim_data_close(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_committed_is_there_and_the_rest_is_not,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_run_draws_from_another_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_virtual_time_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_second_process_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_form_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_saver_that_fails_takes_the_whole_turn_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_clearing_counts_only_with_its_commit, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
