/* Lags as people write them: sim_lag_parse() and sim_lag_format(). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/core/duration.h"
#include "sim/core/lag.h"
#include "sim/core/lag_internal.h"

#define LAG_FORMS                                                                                  \
    "write \"800ms\", \"600ms..1200ms\", \"lognormal(800ms,1.5s)\" (median, 99th percentile) or "  \
    "\"trace(FILE)\", each perhaps followed by \"+DURATION\""
#define TEXT_MAX_BYTES 4096 /* a path with its parentheses */

/* Cuts text down to what stands between blanks. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    return text;
}

/* Splits text at the first separator; NULL if it has none. */
static char *split(char *text, const char *separator)
{
    char *at = strstr(text, separator);
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + strlen(separator);
}

/* The inside of "name(inside)"; NULL if text has not this form. Cuts off the parenthesis. */
static char *arguments_of(char *text, const char *name)
{
    size_t name_bytes = strlen(name);
    size_t length = strlen(text);
    if (strncmp(text, name, name_bytes) != 0 || text[name_bytes] != '(' || text[length - 1] != ')')
        return NULL;
    text[length - 1] = '\0';
    return text + name_bytes + 1;
}

/* One line of a trace: true for a sample, also for nothing but a comment (*has_sample false). */
static bool read_line(char *line, uint64_t *sample_us, bool *has_sample)
{
    (void)split(line, "#");
    line[strcspn(line, "\r\n")] = '\0';
    char *text = trim(line);
    *has_sample = *text != '\0';
    return !*has_sample || sim_duration_parse(text, sample_us, NULL) == RESULT_OK;
}

static enum sim_result read_samples(FILE *file, const char *path, struct sim_lag *lag,
                                    struct sim_error *error)
{
    char line[256];
    size_t capacity = 0;
    for (size_t number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        uint64_t sample_us = 0;
        bool has_sample = false;
        bool whole = strchr(line, '\n') != NULL || feof(file);
        if (!whole || !read_line(line, &sample_us, &has_sample))
            return sim_error_set(error, RESULT_INVALID,
                                 "%s:%zu: not a line of a lag trace: write one duration a line "
                                 "(\"800ms\"), '#' begins a comment",
                                 path, number);
        if (!has_sample)
            continue;
        if (lag->trace_count == SIM_LAG_TRACE_MAX_SAMPLES)
            return sim_error_set(error, RESULT_LIMIT, "%s:%zu: more than %d samples", path, number,
                                 SIM_LAG_TRACE_MAX_SAMPLES);
        if (lag->trace_count == capacity) {
            capacity = capacity > 0 ? capacity * 2 : 256;
            lag->trace_us = sim_realloc_array(lag->trace_us, capacity, sizeof *lag->trace_us);
        }
        lag->trace_us[lag->trace_count++] = sample_us;
    }
    if (ferror(file))
        return sim_error_set(error, RESULT_IO, "cannot read the lag trace %s", path);
    if (lag->trace_count == 0)
        return sim_error_set(error, RESULT_INVALID,
                             "%s: a lag trace needs at least one duration, one a line", path);
    return RESULT_OK;
}

/* A regular file of a bearable size; a device or pipe could hold us up for ever. */
static enum sim_result open_trace(const char *path, FILE **file, struct sim_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sim_error_set(error, RESULT_NOT_FOUND, "cannot open the lag trace %s: %s", path,
                             strerror(errno));
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return sim_error_set(error, RESULT_INVALID, "the lag trace %s is not a regular file", path);
    }
    if (status.st_size > (off_t)SIM_LAG_TRACE_MAX_BYTES) {
        close(fd);
        return sim_error_set(error, RESULT_LIMIT, "the lag trace %s has more than %u bytes", path,
                             SIM_LAG_TRACE_MAX_BYTES);
    }
    *file = fdopen(fd, "r");
    if (*file == NULL) {
        close(fd);
        return sim_error_set(error, RESULT_IO, "cannot read the lag trace %s", path);
    }
    return RESULT_OK;
}

enum sim_result sim_lag_trace_read(const char *path, struct sim_lag *lag, struct sim_error *error)
{
    FILE *file = NULL;
    enum sim_result result = open_trace(path, &file, error);
    if (result != RESULT_OK)
        return result;
    struct sim_lag read = {.kind = SIM_LAG_TRACE};
    result = read_samples(file, path, &read, error);
    fclose(file);
    if (result != RESULT_OK) {
        sim_lag_fini(&read);
        return result;
    }
    read.trace_path = sim_strdup(path);
    *lag = read;
    return RESULT_OK;
}

static enum sim_result parse_pair(char *low_text, char *high_text, uint64_t *low_us,
                                  uint64_t *high_us, struct sim_error *error)
{
    enum sim_result result = sim_duration_parse(trim(low_text), low_us, error);
    if (result == RESULT_OK)
        result = sim_duration_parse(trim(high_text), high_us, error);
    return result;
}

static enum sim_result parse_lognormal(char *arguments, struct sim_lag *lag,
                                       struct sim_error *error)
{
    char *p99_text = split(arguments, ",");
    if (p99_text == NULL)
        return sim_error_set(error, RESULT_INVALID,
                             "lognormal needs a median and a 99th percentile: "
                             "\"lognormal(800ms,1.5s)\"");
    uint64_t median_us, p99_us;
    enum sim_result result = parse_pair(arguments, p99_text, &median_us, &p99_us, error);
    if (result != RESULT_OK)
        return result;
    if (median_us == 0 || p99_us < median_us)
        return sim_error_set(error, RESULT_INVALID,
                             "lognormal needs a median above 0 and a 99th percentile that is not "
                             "below it: \"lognormal(800ms,1.5s)\"");
    sim_lag_init_lognormal(lag, median_us, p99_us);
    return RESULT_OK;
}

static enum sim_result parse_uniform(char *low_text, char *high_text, struct sim_lag *lag,
                                     struct sim_error *error)
{
    uint64_t low_us, high_us;
    enum sim_result result = parse_pair(low_text, high_text, &low_us, &high_us, error);
    if (result != RESULT_OK)
        return result;
    if (high_us < low_us)
        return sim_error_set(error, RESULT_INVALID,
                             "the range \"%.32s..%.32s\" ends before it begins: write the shorter "
                             "duration first",
                             trim(low_text), trim(high_text));
    sim_lag_init_uniform(lag, low_us, high_us);
    return RESULT_OK;
}

static enum sim_result parse_form(char *form, const char *text, struct sim_lag *lag,
                                  struct sim_error *error)
{
    char *inside = arguments_of(form, "trace");
    if (inside != NULL)
        return sim_lag_trace_read(trim(inside), lag, error);
    inside = arguments_of(form, "lognormal");
    if (inside != NULL)
        return parse_lognormal(inside, lag, error);
    char *high_text = split(form, "..");
    if (high_text != NULL)
        return parse_uniform(form, high_text, lag, error);
    uint64_t value_us;
    if (sim_duration_parse(form, &value_us, NULL) != RESULT_OK)
        return sim_error_set(error, RESULT_INVALID, "\"%.64s\" is not a lag: " LAG_FORMS, text);
    sim_lag_init_constant(lag, value_us);
    return RESULT_OK;
}

enum sim_result sim_lag_parse(const char *text, struct sim_lag *lag, struct sim_error *error)
{
    PRE(text != NULL);
    char copy[TEXT_MAX_BYTES];
    size_t length = strlen(text);
    if (length >= sizeof copy)
        return sim_error_set(error, RESULT_LIMIT, "a lag has at most %zu characters",
                             sizeof copy - 1);
    memcpy(copy, text, length + 1);
    char *form = trim(copy);
    uint64_t base_us = 0;
    char *closing = strrchr(form, ')'); /* a path may hold a '+' of its own */
    char *base_text = split(closing != NULL ? closing : form, "+");
    if (base_text != NULL) {
        enum sim_result result = sim_duration_parse(trim(base_text), &base_us, error);
        if (result != RESULT_OK)
            return result;
    }
    struct sim_lag parsed;
    enum sim_result result = parse_form(trim(form), text, &parsed, error);
    if (result != RESULT_OK)
        return result;
    parsed.base_us = base_us;
    *lag = parsed;
    return RESULT_OK;
}

void sim_lag_format(const struct sim_lag *lag, char text[SIM_LAG_TEXT_BYTES])
{
    char low[SIM_DURATION_TEXT_BYTES], high[SIM_DURATION_TEXT_BYTES], base[SIM_DURATION_TEXT_BYTES];
    sim_duration_format(lag->low_us, low);
    sim_duration_format(lag->high_us, high);
    sim_duration_format(lag->base_us, base);
    const char *plus = lag->base_us > 0 ? "+" : "";
    if (lag->base_us == 0)
        base[0] = '\0';
    switch (lag->kind) {
    case SIM_LAG_CONSTANT:
        snprintf(text, SIM_LAG_TEXT_BYTES, "%s%s%s", low, plus, base);
        break;
    case SIM_LAG_UNIFORM:
        snprintf(text, SIM_LAG_TEXT_BYTES, "%s..%s%s%s", low, high, plus, base);
        break;
    case SIM_LAG_LOGNORMAL:
        snprintf(text, SIM_LAG_TEXT_BYTES, "lognormal(%s,%s)%s%s", low, high, plus, base);
        break;
    case SIM_LAG_TRACE: {
        size_t room = SIM_LAG_TEXT_BYTES - sizeof "trace()+" - strlen(base);
        size_t length = strlen(lag->trace_path);
        const char *path = lag->trace_path + (length > room ? length - room : 0);
        snprintf(text, SIM_LAG_TEXT_BYTES, "trace(%s)%s%s", path, plus, base);
        break;
    }
    }
}
