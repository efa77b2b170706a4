#include "topology/yaml_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/duration.h"
#include "topology/spelling.h"

#define LISTED_MAX 64 /* candidates that one refusal looks at */

static const char *const kind_names[] = {
    [TOPO_SCALAR] = "a single value",
    [TOPO_SEQUENCE] = "a list (lines that begin with '-', or [a, b])",
    [TOPO_MAPPING] = "a mapping of keys (lines of 'key: value')",
};
static const char *const kind_names_short[] = {
    [TOPO_SCALAR] = "a single value",
    [TOPO_SEQUENCE] = "a list",
    [TOPO_MAPPING] = "a mapping",
};

const char *topo_node_label(const struct topo_node *value, char text[TOPO_LABEL_BYTES])
{
    if (value->key != NULL)
        snprintf(text, TOPO_LABEL_BYTES, "'%.90s'", value->key->text);
    else if (value->parent == NULL)
        snprintf(text, TOPO_LABEL_BYTES, "the file");
    else if (value->parent->key != NULL)
        snprintf(text, TOPO_LABEL_BYTES, "each element of '%.90s'", value->parent->key->text);
    else
        snprintf(text, TOPO_LABEL_BYTES, "each element");
    return text;
}

enum sim_result topo_expect(const struct topo_node *node, enum topo_node_kind kind,
                            struct sim_error *error)
{
    if (node == NULL || node->kind == kind)
        return RESULT_OK;
    char label[TOPO_LABEL_BYTES];
    return topo_node_fail(node, error, "%s must be %s, not %s", topo_node_label(node, label),
                          kind_names[kind], kind_names_short[node->kind]);
}

/* "'a', 'b' and 'c'", cut short when there are many. */
static void list_words(const char *const *words, size_t count, char *text, size_t text_bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *glue = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        int wrote = snprintf(text + used, text_bytes - used, "%s'%s'", glue, words[i]);
        if (wrote < 0 || (size_t)wrote >= text_bytes - used) {
            snprintf(text + (text_bytes > 5 ? text_bytes - 5 : 0), 5, " ...");
            return;
        }
        used += (size_t)wrote;
    }
}

static enum sim_result fail_unknown_key(const struct topo_node *key,
                                        const struct topo_section *section, struct sim_error *error)
{
    if (section->key_count == 0)
        return topo_node_fail(key, error, "unknown key '%.64s' in '%s'; none is allowed there",
                              key->text, section->name);
    const char *names[LISTED_MAX] = {NULL};
    size_t count = section->key_count < LISTED_MAX ? section->key_count : LISTED_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = section->keys[i].name;
    const char *nearest = topo_spelling_nearest(key->text, names, count);
    if (nearest != NULL)
        return topo_node_fail(key, error, "unknown key '%.64s' in '%s'; did you mean '%s'?",
                              key->text, section->name, nearest);
    char list[400];
    list_words(names, count, list, sizeof list);
    return topo_node_fail(key, error, "unknown key '%.64s' in '%s'; allowed: %s", key->text,
                          section->name, list);
}

static bool section_allows(const struct topo_section *section, const char *key)
{
    for (size_t i = 0; i < section->key_count; i++)
        if (strcmp(section->keys[i].name, key) == 0)
            return true;
    return false;
}

enum sim_result topo_check_section(const struct topo_node *node, const struct topo_section *section,
                                   struct sim_error *error)
{
    enum sim_result result = topo_expect(node, TOPO_MAPPING, error);
    if (result != RESULT_OK)
        return result;
    for (const struct topo_node *child = node->first; child != NULL; child = child->next)
        if (!section_allows(section, child->key->text))
            return fail_unknown_key(child->key, section, error);
    for (size_t i = 0; i < section->key_count; i++)
        if (section->keys[i].is_required && topo_node_find(node, section->keys[i].name) == NULL)
            return topo_node_fail(node, error, "the key '%s' is missing in '%s'",
                                  section->keys[i].name, section->name);
    return RESULT_OK;
}

enum sim_result topo_fail_unknown(const struct topo_node *value, const char *what,
                                  const char *const *names, size_t count, struct sim_error *error)
{
    const char *nearest = topo_spelling_nearest(value->text, names, count);
    if (nearest != NULL)
        return topo_node_fail(value, error, "there is no %s '%.64s'; did you mean '%s'?", what,
                              value->text, nearest);
    if (count == 0)
        return topo_node_fail(value, error, "there is no %s '%.64s'; none is defined", what,
                              value->text);
    char list[400];
    list_words(names, count, list, sizeof list);
    return topo_node_fail(value, error, "there is no %s '%.64s'; known: %s", what, value->text,
                          list);
}

static bool is_null(const struct topo_node *value)
{
    return value->is_plain && (value->text[0] == '\0' || strcmp(value->text, "~") == 0 ||
                               strcmp(value->text, "null") == 0);
}

/* Every reader of a single value begins with this. */
static enum sim_result expect_value(const struct topo_node *value, const char *wanted,
                                    struct sim_error *error)
{
    char label[TOPO_LABEL_BYTES];
    if (value->kind != TOPO_SCALAR)
        return topo_node_fail(value, error, "%s must be %s, not %s", topo_node_label(value, label),
                              wanted, kind_names_short[value->kind]);
    if (is_null(value))
        return topo_node_fail(value, error, "%s must be %s, but stands empty",
                              topo_node_label(value, label), wanted);
    return RESULT_OK;
}

enum sim_result topo_read_text(const struct topo_node *value, const char **text,
                               struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result = expect_value(value, "text", error);
    if (result != RESULT_OK)
        return result;
    char label[TOPO_LABEL_BYTES];
    if (value->text[0] == '\0')
        return topo_node_fail(value, error, "%s must not be empty", topo_node_label(value, label));
    *text = value->text;
    return RESULT_OK;
}

enum sim_result topo_read_integer(const struct topo_node *value, int64_t low, int64_t high,
                                  int64_t *number, struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    char wanted[96];
    snprintf(wanted, sizeof wanted, "a whole number from %" PRId64 " to %" PRId64, low, high);
    enum sim_result result = expect_value(value, wanted, error);
    if (result != RESULT_OK)
        return result;
    const char *digits = value->text[0] == '-' ? value->text + 1 : value->text;
    bool is_number = digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits);
    errno = 0;
    long long read = is_number ? strtoll(value->text, NULL, 10) : 0;
    char label[TOPO_LABEL_BYTES];
    if (!is_number || errno == ERANGE || read < low || read > high)
        return topo_node_fail(value, error, "%s must be %s, not '%.64s'",
                              topo_node_label(value, label), wanted, value->text);
    *number = read;
    return RESULT_OK;
}

enum sim_result topo_read_flag(const struct topo_node *value, bool *flag, struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result = expect_value(value, "true or false", error);
    if (result != RESULT_OK)
        return result;
    bool is_true = value->is_plain && strcmp(value->text, "true") == 0;
    bool is_false = value->is_plain && strcmp(value->text, "false") == 0;
    char label[TOPO_LABEL_BYTES];
    if (!is_true && !is_false)
        return topo_node_fail(value, error, "%s must be true or false, not '%.64s'",
                              topo_node_label(value, label), value->text);
    *flag = is_true;
    return RESULT_OK;
}

/* A parser of the core found fault with the value: its sentence, our place. */
static enum sim_result fail_inner(const struct topo_node *value, const struct sim_error *inner,
                                  struct sim_error *error)
{
    char label[TOPO_LABEL_BYTES];
    return topo_node_fail(value, error, "%s: %.500s", topo_node_label(value, label),
                          inner->message);
}

enum sim_result topo_read_duration(const struct topo_node *value, uint64_t low_us, uint64_t high_us,
                                   uint64_t *duration_us, struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result = expect_value(value, "a duration such as 800ms or 5m", error);
    if (result != RESULT_OK)
        return result;
    struct sim_error inner = {0};
    uint64_t read = 0;
    if (sim_duration_parse(value->text, &read, &inner) != RESULT_OK)
        return fail_inner(value, &inner, error);
    if (read >= low_us && read <= high_us) {
        *duration_us = read;
        return RESULT_OK;
    }
    char label[TOPO_LABEL_BYTES];
    char low[SIM_DURATION_TEXT_BYTES];
    char high[SIM_DURATION_TEXT_BYTES];
    sim_duration_format(low_us, low);
    sim_duration_format(high_us, high);
    return topo_node_fail(value, error, "%s must be a duration from %s to %s, not '%.64s'",
                          topo_node_label(value, label), low, high, value->text);
}

enum sim_result topo_read_rate(const struct topo_node *value, uint64_t *rate_ppm,
                               struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result = expect_value(value, "a rate such as 20% or 0.2", error);
    if (result != RESULT_OK)
        return result;
    struct sim_error inner = {0};
    if (sim_rate_parse(value->text, rate_ppm, &inner) != RESULT_OK)
        return fail_inner(value, &inner, error);
    return RESULT_OK;
}

enum sim_result topo_read_lag(const struct topo_node *value, struct sim_lag *lag,
                              struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    enum sim_result result =
        expect_value(value, "a lag such as 800ms, 600ms..1s or lognormal(800ms,1.5s)", error);
    if (result != RESULT_OK)
        return result;
    struct sim_error inner = {0};
    if (sim_lag_parse(value->text, lag, &inner) != RESULT_OK)
        return fail_inner(value, &inner, error);
    return RESULT_OK;
}

enum sim_result topo_read_choice(const struct topo_node *value, const char *const *words,
                                 size_t word_count, size_t *choice, struct sim_error *error)
{
    if (value == NULL)
        return RESULT_OK;
    char list[300];
    list_words(words, word_count, list, sizeof list);
    char wanted[320];
    snprintf(wanted, sizeof wanted, "one of %s", list);
    enum sim_result result = expect_value(value, wanted, error);
    if (result != RESULT_OK)
        return result;
    for (size_t i = 0; i < word_count; i++)
        if (strcmp(value->text, words[i]) == 0) {
            *choice = i;
            return RESULT_OK;
        }
    char label[TOPO_LABEL_BYTES];
    return topo_node_fail(value, error, "%s must be %s, not '%.64s'", topo_node_label(value, label),
                          wanted, value->text);
}
