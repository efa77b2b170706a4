#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/store_pages.h"

#define PAGE_BYTES  4096
#define EXTRA_BYTES 200
#define CHEAP       1
#define SURE        2

static const struct sqlite3_pcache_methods2 *const pages = &sim_store_page_methods;

static sqlite3_pcache_page *add(sqlite3_pcache *cache, unsigned key)
{
    sqlite3_pcache_page *page = pages->xFetch(cache, key, SURE);
    assert_non_null(page);
    memset(page->pBuf, (int)(key & 0xff), PAGE_BYTES);
    memset(page->pExtra, 0xff, EXTRA_BYTES);
    return page;
}

static void test_many_pages_keep_what_they_hold(void **state)
{
    (void)state;
    sqlite3_pcache *cache = pages->xCreate(PAGE_BYTES, EXTRA_BYTES, 0);
    for (unsigned key = 1; key <= 5000; key++) /* 20 MB: huge pages too */
        (void)add(cache, key);
    assert_int_equal(pages->xPagecount(cache), 5000);
    for (unsigned key = 1; key <= 5000; key++) {
        const sqlite3_pcache_page *page = pages->xFetch(cache, key, 0);
        assert_non_null(page);
        assert_int_equal(((const uint8_t *)page->pBuf)[0], key & 0xff);
        assert_int_equal(((const uint8_t *)page->pBuf)[PAGE_BYTES - 1], key & 0xff);
    }
    pages->xDestroy(cache);
}

static void test_a_page_used_again_starts_with_an_empty_extra(void **state)
{
    (void)state;
    sqlite3_pcache *cache = pages->xCreate(PAGE_BYTES, EXTRA_BYTES, 0);
    pages->xUnpin(cache, add(cache, 1), 1);
    assert_null(pages->xFetch(cache, 1, 0));
    const sqlite3_pcache_page *page = pages->xFetch(cache, 2, SURE);
    for (size_t i = 0; i < EXTRA_BYTES; i++)
        assert_int_equal(((const uint8_t *)page->pExtra)[i], 0);
    pages->xDestroy(cache);
}

static void test_a_file_s_cache_drops_the_page_idle_longest(void **state)
{
    (void)state;
    sqlite3_pcache *cache = pages->xCreate(PAGE_BYTES, EXTRA_BYTES, 1);
    pages->xCachesize(cache, 3);
    sqlite3_pcache_page *held[4] = {0};
    for (unsigned key = 1; key <= 3; key++)
        held[key] = add(cache, key);
    assert_null(pages->xFetch(cache, 4, CHEAP)); /* all are in use */
    pages->xUnpin(cache, held[2], 0);
    pages->xUnpin(cache, held[1], 0);
    assert_non_null(pages->xFetch(cache, 4, CHEAP));
    assert_null(pages->xFetch(cache, 2, 0));
    assert_ptr_equal(pages->xFetch(cache, 1, 0), held[1]);
    (void)add(cache, 5); /* wanted above the size */
    assert_int_equal(pages->xPagecount(cache), 4);
    pages->xDestroy(cache);
}

static void test_pages_get_other_numbers_and_are_cut_off(void **state)
{
    (void)state;
    sqlite3_pcache *cache = pages->xCreate(PAGE_BYTES, EXTRA_BYTES, 0);
    sqlite3_pcache_page *third = NULL;
    for (unsigned key = 1; key <= 9; key++) {
        sqlite3_pcache_page *page = add(cache, key);
        third = key == 3 ? page : third;
    }
    pages->xRekey(cache, third, 3, 200);
    assert_null(pages->xFetch(cache, 3, 0));
    assert_ptr_equal(pages->xFetch(cache, 200, 0), third);
    pages->xTruncate(cache, 5);
    assert_int_equal(pages->xPagecount(cache), 3);
    assert_null(pages->xFetch(cache, 5, 0));
    assert_null(pages->xFetch(cache, 200, 0));
    assert_non_null(pages->xFetch(cache, 4, 0));
    pages->xDestroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_pages_keep_what_they_hold),
        cmocka_unit_test(test_a_page_used_again_starts_with_an_empty_extra),
        cmocka_unit_test(test_a_file_s_cache_drops_the_page_idle_longest),
        cmocka_unit_test(test_pages_get_other_numbers_and_are_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
