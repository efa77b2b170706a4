/* Documents: kept under kind and key, in the order of keys, and only with their request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/core/buffer.h"
#include "sim/core/documents.h"

static int set_up(void **state)
{
    struct sim_store *store = NULL;
    struct sim_error error;
    assert_int_equal(sim_store_open(&(struct sim_store_options){0}, &store, &error), RESULT_OK);
    *state = store;
    return 0;
}

static int tear_down(void **state)
{
    sim_store_close(*state);
    return 0;
}

static enum sim_result append(void *context, const char *key, const char *text,
                              struct sim_error *error)
{
    (void)error;
    sim_buffer_printf(context, "%s=%s ", key, text);
    return RESULT_OK;
}

static void assert_documents(struct sim_store *store, const char *kind, const char *expected)
{
    struct sim_buffer buffer;
    struct sim_error error;
    sim_buffer_init(&buffer);
    assert_int_equal(sim_documents_each(store, kind, append, &buffer, &error), RESULT_OK);
    assert_string_equal(buffer.data != NULL ? buffer.data : "", expected);
    sim_buffer_fini(&buffer);
}

static void save(struct sim_store *store, const char *kind, const char *key, const char *text)
{
    struct sim_error error;
    assert_int_equal(sim_documents_save(store, kind, key, text, &error), RESULT_OK);
}

static void test_each_goes_by_key_within_a_kind(void **state)
{
    struct sim_store *store = *state;
    assert_documents(store, "zone", "");
    save(store, "zone", "b", "2");
    save(store, "zone", "a", "1");
    save(store, "zone", "B", "3");
    save(store, "zone", "", "0");
    save(store, "table", "a", "other");
    save(store, "zone", "b", "4");
    assert_documents(store, "zone", "=0 B=3 a=1 b=4 ");
    assert_documents(store, "table", "a=other ");
    assert_documents(store, "nothing", "");
}

static void test_erase_takes_one(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error;
    assert_int_equal(sim_documents_erase(store, "zone", "a", &error), RESULT_OK); /* no table yet */
    save(store, "zone", "a", "1");
    save(store, "zone", "b", "2");
    assert_int_equal(sim_documents_erase(store, "zone", "a", &error), RESULT_OK);
    assert_int_equal(sim_documents_erase(store, "zone", "c", &error), RESULT_OK);
    assert_documents(store, "zone", "b=2 ");
}

static void test_find_tells_none_from_empty(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error;
    struct sim_arena *arena = sim_arena_create();
    const char *text = "";
    assert_int_equal(sim_documents_find(store, "k", "a", arena, &text, &error), RESULT_OK);
    assert_null(text);
    save(store, "k", "a", "");
    assert_int_equal(sim_documents_find(store, "k", "b", arena, &text, &error), RESULT_OK);
    assert_null(text);
    assert_int_equal(sim_documents_find(store, "k", "a", arena, &text, &error), RESULT_OK);
    assert_string_equal(text, "");
    sim_arena_destroy(arena);
}

static void test_an_undone_request_takes_them_back_and_the_next_save_works(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(sim_store_begin(store, &error), RESULT_OK);
        save(store, "k", "a", "undone");
        assert_int_equal(sim_store_end(store, RESULT_CONFLICT, &error), RESULT_CONFLICT);
        assert_documents(store, "k", "");
    }
    assert_int_equal(sim_store_begin(store, &error), RESULT_OK);
    save(store, "k", "a", "kept");
    assert_int_equal(sim_store_end(store, RESULT_OK, &error), RESULT_OK);
    assert_documents(store, "k", "a=kept ");
}

static enum sim_result refuse(void *context, const char *key, const char *text,
                              struct sim_error *error)
{
    (void)key;
    (void)text;
    ++*(int *)context;
    return sim_error_set(error, RESULT_INVALID, "no");
}

static void test_a_refusal_ends_the_walk(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error;
    int calls = 0;
    save(store, "k", "a", "1");
    save(store, "k", "b", "2");
    assert_int_equal(sim_documents_each(store, "k", refuse, &calls, &error), RESULT_INVALID);
    assert_int_equal(calls, 1);
}

static void test_a_store_that_fails_is_told(void **state)
{
    struct sim_store *store = *state;
    struct sim_error error;
    sim_store_fail_after(store, 1);
    assert_int_equal(sim_documents_save(store, "k", "a", "1", &error), RESULT_IO);
    save(store, "k", "a", "1");
    sim_store_fail_after(store, 1);
    assert_int_equal(sim_documents_erase(store, "k", "a", &error), RESULT_IO);
    assert_documents(store, "k", "a=1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_goes_by_key_within_a_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erase_takes_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find_tells_none_from_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_an_undone_request_takes_them_back_and_the_next_save_works, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_refusal_ends_the_walk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_that_fails_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
