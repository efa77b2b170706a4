/* Random patterns and texts: our matcher against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <regex.h>

#include "emulators/wire/pattern.h"
#include "sim/core/buffer.h"
#include "sim/core/random.h"

#define PATTERNS_SHORT  3000
#define PATTERNS_LONG   300000
#define TEXTS_A_PATTERN 30
#define TEXT_LENGTH_MAX 10
#define GROUP_DEPTH_MAX 3
#define SEED            UINT64_C(20260101)

static void write_alternatives(struct sim_buffer *out, struct sim_random *random, unsigned depth);

static void write_atom(struct sim_buffer *out, struct sim_random *random, unsigned depth)
{
    static const char *const atoms[] = {"a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "[^b-c]"};
    uint64_t choice = sim_random_below(random, ARRAY_LEN(atoms) + (depth > 0 ? 3 : 0));
    if (choice < ARRAY_LEN(atoms)) {
        sim_buffer_append_text(out, atoms[choice]);
        return;
    }
    sim_buffer_append_text(out, "(");
    write_alternatives(out, random, depth - 1);
    sim_buffer_append_text(out, ")");
}

static void write_quantifier(struct sim_buffer *out, struct sim_random *random)
{
    unsigned low = (unsigned)sim_random_below(random, 3);
    switch (sim_random_below(random, 10)) {
    case 0:
        sim_buffer_append_text(out, "*");
        break;
    case 1:
        sim_buffer_append_text(out, "+");
        break;
    case 2:
        sim_buffer_append_text(out, "?");
        break;
    case 3:
        sim_buffer_printf(out, "{%u,}", low);
        break;
    case 4:
        sim_buffer_printf(out, "{%u,%u}", low, low + 1 + (unsigned)sim_random_below(random, 2));
        break;
    case 5:
        sim_buffer_printf(out, "{%u}", low + 1);
        break;
    }
}

static void write_alternatives(struct sim_buffer *out, struct sim_random *random, unsigned depth)
{
    uint64_t alternatives = 1 + sim_random_below(random, 2);
    for (uint64_t i = 0; i < alternatives; i++) {
        sim_buffer_append_text(out, i == 0 ? "" : "|");
        for (uint64_t k = 1 + sim_random_below(random, 3); k > 0; k--) {
            write_atom(out, random, depth);
            write_quantifier(out, random);
        }
    }
}

static void check_pattern(struct sim_random *random, const char *pattern)
{
    char anchored[1024];
    regex_t regex;
    snprintf(anchored, sizeof(anchored), "^(%s)$", pattern);
    if (regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB) != 0)
        fail_msg("the library does not take %s", anchored);
    struct sim_arena *arena = sim_arena_create();
    struct wire_pattern *ours = wire_pattern_compile(arena, pattern);
    if (ours == NULL)
        fail_msg("%s does not compile", pattern);
    for (unsigned i = 0; i < TEXTS_A_PATTERN; i++) {
        char text[TEXT_LENGTH_MAX + 1];
        sim_random_text(random, "abcd", text, sim_random_below(random, TEXT_LENGTH_MAX + 1));
        bool expected = regexec(&regex, text, 0, NULL, 0) == 0;
        if (wire_pattern_matches(ours, text) != expected)
            fail_msg("%s on \"%s\": expected %d", pattern, text, expected);
    }
    sim_arena_destroy(arena);
    regfree(&regex);
}

static void test_matches_like_the_library(void **state)
{
    (void)state;
    unsigned count = getenv("REGIONLAB_LONG") == NULL ? PATTERNS_SHORT : PATTERNS_LONG;
    struct sim_random random;
    struct sim_buffer pattern;
    sim_random_init(&random, SEED, "patterns");
    sim_buffer_init(&pattern);
    for (unsigned i = 0; i < count; i++) {
        sim_buffer_clear(&pattern);
        write_alternatives(&pattern, &random, GROUP_DEPTH_MAX);
        check_pattern(&random, pattern.data);
    }
    sim_buffer_fini(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_matches_like_the_library)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
