#include <string.h>

#include "emulators/route53/recursive.h"
#include "sim/core/duration.h"

#define WORD_BYTES 64

static const struct {
    const char *name;
    enum r53_recursive_ttl ttl;
} temperaments[] = {
    {"honours", R53_TTL_HONOURS}, {"ignores", R53_TTL_IGNORES}, {"pins", R53_TTL_PINS}};

static const struct {
    const char *name;
    size_t offset;
} durations[] = {
    {"minimum=", offsetof(struct r53_recursive_policy, minimum_us)},
    {"maximum=", offsetof(struct r53_recursive_policy, maximum_us)},
    {"negative=", offsetof(struct r53_recursive_policy, negative_maximum_us)},
};

static enum sim_result take_word(const char *word, struct r53_recursive_policy *policy,
                                 struct sim_error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(temperaments); i++)
        if (strcmp(word, temperaments[i].name) == 0) {
            policy->ttl = temperaments[i].ttl;
            return RESULT_OK;
        }
    for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
        size_t length = strlen(durations[i].name);
        if (strncmp(word, durations[i].name, length) == 0)
            return sim_duration_parse(word + length, (void *)((char *)policy + durations[i].offset),
                                      error);
    }
    if (strcmp(word, "prefetch") == 0) {
        policy->prefetches = true;
        return RESULT_OK;
    }
    return sim_error_set(error, RESULT_INVALID,
                         "'%s' is no policy of a resolver; there are honours, ignores, pins, "
                         "minimum=, maximum=, negative=DURATION and prefetch",
                         word);
}

enum sim_result r53_recursive_policy_parse(const char *text, struct r53_recursive_policy *policy,
                                           struct sim_error *error)
{
    struct r53_recursive_policy read = {.ttl = R53_TTL_HONOURS};
    enum sim_result result = RESULT_OK;
    while (*text != '\0' && result == RESULT_OK) {
        char word[WORD_BYTES];
        size_t length = strcspn(text, ",");
        if (length >= sizeof word)
            return sim_error_set(error, RESULT_INVALID, "a policy of a resolver is too long");
        memcpy(word, text, length);
        word[length] = '\0';
        result = take_word(word, &read, error);
        text += length + (text[length] == ',' ? 1 : 0);
    }
    if (result == RESULT_OK && read.maximum_us > 0 && read.minimum_us > read.maximum_us)
        result =
            sim_error_set(error, RESULT_INVALID, "a resolver's minimum is at most its maximum");
    if (result == RESULT_OK)
        *policy = read;
    return result;
}
