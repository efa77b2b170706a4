/* Files as trees: what is refused, and what values mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"
#include "sim/core/duration.h"
#include "topology/spelling.h"
#include "topology/yaml_read.h"

static enum sim_result parse(struct sim_arena *arena, const char *text,
                             const struct topo_node **root, struct sim_error *error)
{
    return topo_yaml_parse(arena, "f", text, strlen(text), root, error);
}

/* clang-format off */
static const struct {
    const char *name, *text, *message;
} refused[] = {
    {"an unclosed list", "a: [1, 2\n",
     "f:2:1: this is neither YAML nor JSON: did not find expected ',' or ']' while parsing a flow "
     "sequence"},
    {"a tab as indentation", "a:\n\tb: 1\n",
     "f:2:1: this is neither YAML nor JSON: found character that cannot start any token while "
     "scanning for the next token"},
    {"bytes that are no UTF-8", "a: \"\xff\"\n",
     "f:1:1: this is neither YAML nor JSON: invalid leading UTF-8 octet"},
    {"an anchor", "a: &x 1\n",
     "f:1:4: the anchor '&x' is not supported; write the value where it is needed"},
    {"an alias", "a: *x\n",
     "f:1:4: the alias '*x' is not supported; write the value where it is needed"},
    {"an alias as a key", "*x : 1\n",
     "f:1:1: the alias '*x' is not supported; write the value where it is needed"},
    {"a tag", "a: !!str 1\n",
     "f:1:4: the tag 'tag:yaml.org,2002:str' is not supported; quotes make a value text"},
    {"a tagged list", "a: !x [1]\n",
     "f:1:4: the tag '!x' is not supported; quotes make a value text"},
    {"a second document", "a: 1\n---\nb: 1\n",
     "f:2:1: a second document begins here; only one is allowed"},
    {"a key that is a list", "[a]: 1\n", "f:1:1: a key must be text"},
    {"a NUL character", "a: \"x\\0y\"\n", "f:1:4: text must not contain a NUL character"},
    {"a key twice, far apart", "a: 1\nb: 2\nc: 3\na: 4\n",
     "f:4:1: 'a' stands here for the second time; the first is in line 1"},
    {"a JSON key twice", "{\"a\": 1, \"a\": 2}",
     "f:1:10: 'a' stands here for the second time; the first is in line 1"},
    {"only a comment", "# nothing\n", "f:1:1: the file is empty; a mapping of keys is expected"},
};
/* clang-format on */

static void test_what_is_no_plain_tree_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct topo_node *root = NULL;
        struct sim_error error = {0};
        enum sim_result result = parse(arena, refused[i].text, &root, &error);
        sim_arena_destroy(arena);
        if (result != RESULT_INVALID || strcmp(error.message, refused[i].message) != 0)
            fail_msg("%s:\n  said     %s\n  expected %s", refused[i].name, error.message,
                     refused[i].message);
    }
}

static void repeat(struct sim_buffer *text, const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++)
        sim_buffer_append_text(text, part);
}

static void test_size_depth_and_count_have_limits(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part, *close; /* each times times */
        size_t times;
        const char *end;
        enum sim_result result;
    } cases[] = {
        {"32 levels", "[", "]", TOPO_YAML_MAX_DEPTH, "", RESULT_OK},
        {"33 levels", "[", "]", TOPO_YAML_MAX_DEPTH + 1, "", RESULT_INVALID},
        {"a megabyte", "#234567\n", "", TOPO_YAML_MAX_BYTES / 8 - 1, "a: '45'\n", RESULT_OK},
        {"one more byte", "#234567\n", "", TOPO_YAML_MAX_BYTES / 8, "a", RESULT_INVALID},
        {"a hundred thousand values", "- a\n", "", TOPO_YAML_MAX_NODES - 1, "", RESULT_OK},
        {"one more value", "- a\n", "", TOPO_YAML_MAX_NODES, "", RESULT_INVALID},
        {"very deep", "[", "", 1000, "", RESULT_INVALID},
        {"very deep without brackets", "- ", "", 1000, "", RESULT_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_buffer text;
        sim_buffer_init(&text);
        repeat(&text, cases[i].part, cases[i].times);
        repeat(&text, cases[i].close, cases[i].times);
        sim_buffer_append_text(&text, cases[i].end);
        struct sim_arena *arena = sim_arena_create();
        const struct topo_node *root = NULL;
        struct sim_error error = {0};
        enum sim_result result = parse(arena, text.data, &root, &error);
        if (result != cases[i].result)
            fail_msg("%s: result %d, %s", cases[i].name, result, error.message);
        sim_arena_destroy(arena);
        sim_buffer_fini(&text);
    }
}

static void test_a_tree_knows_order_and_place(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_node *root = NULL;
    struct sim_error error = {0};
    assert_int_equal(parse(arena, "b: 1\na:\n  - 'x'\n  - y: 2\n", &root, &error), RESULT_OK);
    assert_int_equal(root->count, 2);
    assert_string_equal(root->first->key->text, "b");
    const struct topo_node *list = topo_node_find(root, "a");
    assert_int_equal(list->count, 2);
    assert_false(list->first->is_plain);
    const struct topo_node *y = topo_node_find(list->first->next, "y");
    assert_string_equal(y->text, "2");
    assert_int_equal(y->line, 4);
    assert_int_equal(y->column, 8);
    assert_ptr_equal(y->parent->parent, list);
    assert_null(topo_node_find(y, "z"));
    assert_null(topo_node_find(NULL, "z"));
    sim_arena_destroy(arena);
}

enum reader { TEXT, INTEGER, FLAG, DURATION, RATE, CHOICE };

/* Reads the value under "v" of {v: TEXT} and prints it. */
static enum sim_result read_value(enum reader reader, const struct topo_node *value, char *shown,
                                  size_t shown_bytes, struct sim_error *error)
{
    static const char *const words[] = {"red", "green"};
    const char *text = NULL;
    int64_t number = 0;
    bool flag = false;
    uint64_t amount = 0;
    size_t choice = 0;
    enum sim_result result = RESULT_INVALID;
    switch (reader) {
    case TEXT:
        result = topo_read_text(value, &text, error);
        snprintf(shown, shown_bytes, "%s", text != NULL ? text : "");
        break;
    case INTEGER:
        result = topo_read_integer(value, -5, 100, &number, error);
        snprintf(shown, shown_bytes, "%lld", (long long)number);
        break;
    case FLAG:
        result = topo_read_flag(value, &flag, error);
        snprintf(shown, shown_bytes, "%s", flag ? "true" : "false");
        break;
    case DURATION:
        result = topo_read_duration(value, 0, SIM_DURATION_MAX_US, &amount, error);
        snprintf(shown, shown_bytes, "%llu", (unsigned long long)amount);
        break;
    case RATE:
        result = topo_read_rate(value, &amount, error);
        snprintf(shown, shown_bytes, "%llu", (unsigned long long)amount);
        break;
    case CHOICE:
        result = topo_read_choice(value, words, ARRAY_LEN(words), &choice, error);
        snprintf(shown, shown_bytes, "%zu", choice);
        break;
    }
    return result;
}

static void test_typed_readers_take_what_they_say(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        enum reader reader;
        const char *text, *shown, *message; /* message: refused */
    } cases[] = {
        {TEXT,     "v: a b",       "a b",       NULL},
        {TEXT,     "v: 12",        "12",        NULL},
        {TEXT,     "v: 'null'",    "null",      NULL},
        {TEXT,     "v: null",      NULL,        "f:1:4: 'v' must be text, but stands empty"},
        {TEXT,     "v: ''",        NULL,        "f:1:4: 'v' must not be empty"},
        {TEXT,     "v: {a: b}",    NULL,        "f:1:4: 'v' must be text, not a mapping"},
        {INTEGER,  "v: -5",        "-5",        NULL},
        {INTEGER,  "v: 101",       NULL,        "f:1:4: 'v' must be a whole number from -5 to 100, not '101'"},
        {INTEGER,  "v: 1.5",       NULL,        "f:1:4: 'v' must be a whole number from -5 to 100, not '1.5'"},
        {INTEGER,  "v: 0x10",      NULL,        "f:1:4: 'v' must be a whole number from -5 to 100, not '0x10'"},
        {INTEGER,  "v: 99999999999999999999", NULL,
         "f:1:4: 'v' must be a whole number from -5 to 100, not '99999999999999999999'"},
        {FLAG,     "v: true",      "true",      NULL},
        {FLAG,     "v: 'true'",    NULL,        "f:1:4: 'v' must be true or false, not 'true'"},
        {FLAG,     "v: [true]",    NULL,        "f:1:4: 'v' must be true or false, not a list"},
        {DURATION, "v: 1.5s",      "1500000",   NULL},
        {DURATION, "v: []",        NULL,        "f:1:4: 'v' must be a duration such as 800ms or 5m, not a list"},
        {RATE,     "v: 20%",       "200000",    NULL},
        {RATE,     "v: 0.5",       "500000",    NULL},
        {CHOICE,   "v: green",     "1",         NULL},
        {CHOICE,   "v: blue",      NULL,        "f:1:4: 'v' must be one of 'red' and 'green', not 'blue'"},
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct topo_node *root = NULL;
        struct sim_error error = {0};
        char shown[64];
        assert_int_equal(parse(arena, cases[i].text, &root, &error), RESULT_OK);
        enum sim_result result =
            read_value(cases[i].reader, topo_node_find(root, "v"), shown, sizeof shown, &error);
        if (cases[i].message == NULL && (result != RESULT_OK || strcmp(shown, cases[i].shown) != 0))
            fail_msg("%s: read %s (%s)", cases[i].text, shown, error.message);
        if (cases[i].message != NULL && strcmp(error.message, cases[i].message) != 0)
            fail_msg("%s:\n  said     %s\n  expected %s", cases[i].text, error.message,
                     cases[i].message);
        sim_arena_destroy(arena);
    }
}

static void test_a_foreign_parsers_complaint_gets_a_place(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_node *root = NULL;
    struct sim_error error = {0};
    assert_int_equal(parse(arena, "a: 5 parsecs\nb: 200%\nc: lognormal(1s)\n", &root, &error),
                     RESULT_OK);
    uint64_t amount = 7;
    struct sim_lag lag;
    assert_int_equal(topo_read_duration(topo_node_find(root, "a"), 0, 1, &amount, &error),
                     RESULT_INVALID);
    assert_non_null(strstr(error.message, "f:1:4: 'a': "));
    assert_int_equal(topo_read_rate(topo_node_find(root, "b"), &amount, &error), RESULT_INVALID);
    assert_non_null(strstr(error.message, "f:2:4: 'b': "));
    assert_int_equal(topo_read_lag(topo_node_find(root, "c"), &lag, &error), RESULT_INVALID);
    assert_non_null(strstr(error.message, "f:3:4: 'c': "));
    assert_int_equal(amount, 7);
    sim_arena_destroy(arena);
}

static enum sim_result expand_name(void *context, const char *text, const char **expanded,
                                   struct sim_error *error)
{
    (void)context;
    if (strcmp(text, "${bad}") == 0)
        return sim_error_set(error, RESULT_INVALID, "there is no 'bad'");
    *expanded = strcmp(text, "${name}") == 0 ? "Ann" : text;
    return RESULT_OK;
}

static void test_a_subtree_becomes_json(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json, *message;
    } cases[] = {
        {"{a: 1, b: true, c: null, d: ~, e: text, f: '1', g: [1.5, -2e3]}",
         "{\"a\":1,\"b\":true,\"c\":null,\"d\":null,\"e\":\"text\",\"f\":\"1\",\"g\":[1.5,-2000]}",
         NULL},
        {"{a: 01, b: 1., c: .5, d: 1e, e: 0x1, f: -, g: On}",
         "{\"a\":\"01\",\"b\":\"1.\",\"c\":\".5\",\"d\":\"1e\",\"e\":\"0x1\",\"f\":\"-\","
         "\"g\":\"On\"}",
         NULL},
        {"Key: {S: \"${name}\"}\nN: ${name}\n", "{\"Key\":{\"S\":\"Ann\"},\"N\":\"Ann\"}", NULL},
        {"{}", "{}", NULL},
        {"a: [x, \"${bad}\"]\n", NULL, "f:1:8: there is no 'bad'"},
        {"a: 1234567890123456\n", NULL,
         "f:1:4: 1234567890123456 has too many digits for a number; write it in quotes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_arena *arena = sim_arena_create();
        const struct topo_node *root = NULL;
        struct sim_error error = {0};
        assert_int_equal(parse(arena, cases[i].text, &root, &error), RESULT_OK);
        cJSON *json = NULL;
        enum sim_result result = topo_node_to_json(root, expand_name, NULL, &json, &error);
        char *text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
        if (cases[i].json != NULL && (text == NULL || strcmp(text, cases[i].json) != 0))
            fail_msg("%s: became %s", cases[i].text, text != NULL ? text : error.message);
        if (cases[i].message != NULL &&
            (result != RESULT_INVALID || strcmp(error.message, cases[i].message) != 0))
            fail_msg("%s: said %s", cases[i].text, error.message);
        free(text);
        cJSON_Delete(json);
        sim_arena_destroy(arena);
    }
}

static void test_only_near_words_are_suggested(void **state)
{
    (void)state;
    static const char *const words[] = {"regions", "route53", "us-east-1", "us-west-2", "a"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"region", "regions"},
        {"Regoins", "regions"},
        {"rout53", "route53"},
        {"us-esat-1", "us-east-1"},
        {"us-west2", "us-west-2"},
        {"b", NULL},
        {"mars", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *nearest = topo_spelling_nearest(cases[i].word, words, ARRAY_LEN(words));
        bool same = nearest == cases[i].nearest || (nearest != NULL && cases[i].nearest != NULL &&
                                                    strcmp(nearest, cases[i].nearest) == 0);
        if (!same)
            fail_msg("'%s': suggested %s", cases[i].word, nearest != NULL ? nearest : "nothing");
    }
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    struct sim_arena *arena = sim_arena_create();
    const struct topo_node *root = NULL;
    struct sim_error error = {0};
    assert_int_equal(topo_yaml_load(arena, "no/such.yaml", &root, &error), RESULT_NOT_FOUND);
    assert_string_equal(error.message, "no/such.yaml: cannot be opened: No such file or directory");
    assert_int_equal(topo_yaml_load(arena, "topology", &root, &error), RESULT_INVALID);
    assert_string_equal(error.message, "topology: cannot be read: Is a directory");
    assert_null(root);
    sim_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_plain_tree_is_refused),
        cmocka_unit_test(test_size_depth_and_count_have_limits),
        cmocka_unit_test(test_a_tree_knows_order_and_place),
        cmocka_unit_test(test_typed_readers_take_what_they_say),
        cmocka_unit_test(test_a_foreign_parsers_complaint_gets_a_place),
        cmocka_unit_test(test_a_subtree_becomes_json),
        cmocka_unit_test(test_only_near_words_are_suggested),
        cmocka_unit_test(test_files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
