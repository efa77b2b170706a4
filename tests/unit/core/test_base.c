#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/core/base.h"

static void test_memory_comes_zeroed(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 7, 4096};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        unsigned char *memory = sim_alloc(sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(memory[at], 0);
        free(memory);
    }
    uint64_t *numbers = sim_alloc_array(10, sizeof *numbers);
    assert_int_equal(numbers[9], 0);
    numbers = sim_realloc_array(numbers, 20, sizeof *numbers);
    numbers[19] = 1;
    free(numbers);
}

static void test_a_copied_text_is_its_own(void **state)
{
    (void)state;
    char text[] = "us-east-1";
    char *copy = sim_strdup(text);
    text[0] = 'X';
    assert_string_equal(copy, "us-east-1");
    free(copy);
}

static void break_pre(void)
{
    PRE(1 + 1 == 3);
}

static void overflow_array(void)
{
    free(sim_alloc_array(SIZE_MAX / 2, 4));
}

static void overflow_realloc(void)
{
    free(sim_realloc_array(NULL, SIZE_MAX / 2, 4));
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *says;
} contracts[] = {
    {"a condition that does not hold", break_pre, "broken contract PRE(1 + 1 == 3) at "},
    {"an array beyond the address space", overflow_array, "broken contract PRE("},
    {"a growth beyond the address space", overflow_realloc, "broken contract PRE("},
};

/* Runs in a child: what it wrote to stderr comes back in text; true if it ended by abort(). */
static bool aborts(void (*run)(void), char *text, size_t bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        signal(SIGABRT, SIG_DFL);
        run();
        _exit(0);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, bytes - 1);
    text[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_a_broken_contract_ends_the_process_with_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(contracts); i++) {
        char text[512];
        if (!aborts(contracts[i].run, text, sizeof text))
            fail_msg("%s: went on", contracts[i].name);
        if (strstr(text, contracts[i].says) == NULL)
            fail_msg("%s: \"%s\"", contracts[i].name, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_comes_zeroed),
        cmocka_unit_test(test_a_copied_text_is_its_own),
        cmocka_unit_test(test_a_broken_contract_ends_the_process_with_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
