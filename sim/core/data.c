#include "sim/core/data.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/core/documents.h"

#define FORMAT          "regionlab data 1\n"
#define STORE_FILE      "regionlab.sqlite"
#define SAVERS_MAX      8
#define KIND            "world"
#define REAL_EVERY_US   (10 * SIM_US_PER_S) /* a real clock goes on by itself */
#define SCALED_EVERY_US SIM_US_PER_S

struct saver {
    sim_data_saver *save;
    void *context;
};

struct sim_data {
    char *directory;
    int lock_fd;
    struct sim_store *store;
    uint64_t run;
    uint64_t last_us;
    struct saver savers[SAVERS_MAX];
    size_t saver_count;
};

/* --- the directory -----------------------------------------------------------------------------
 */

static enum sim_result fail_file(const struct sim_data *data, const char *doing, const char *file,
                                 struct sim_error *error)
{
    enum sim_result result = errno == ENOSPC ? RESULT_LIMIT : RESULT_IO;
    return sim_error_set(error, result, "the data directory %s: cannot %s%s%s: %s", data->directory,
                         doing, file[0] != '\0' ? " " : "", file, strerror(errno));
}

static char *path_of(struct sim_arena *arena, const struct sim_data *data, const char *file)
{
    return sim_arena_printf(arena, "%s/%s", data->directory, file);
}

static enum sim_result make_directory(const struct sim_data *data, struct sim_error *error)
{
    struct stat status;
    if (mkdir(data->directory, 0777) != 0 && errno != EEXIST)
        return fail_file(data, "make it", "", error);
    if (stat(data->directory, &status) != 0)
        return fail_file(data, "look at it", "", error);
    if (!S_ISDIR(status.st_mode))
        return sim_error_set(error, RESULT_INVALID, "the data directory %s: it is a file",
                             data->directory);
    return RESULT_OK;
}

static enum sim_result take_lock(struct sim_data *data, struct sim_arena *arena,
                                 struct sim_error *error)
{
    data->lock_fd = open(path_of(arena, data, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (data->lock_fd < 0)
        return fail_file(data, "write", "lock", error);
    if (flock(data->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return RESULT_OK;
    if (errno != EWOULDBLOCK)
        return fail_file(data, "lock", "lock", error);
    return sim_error_set(error, RESULT_CONFLICT,
                         "the data directory %s: another regionlab process is using it",
                         data->directory);
}

/* Written beside and renamed: a stamp is whole or not there. */
static enum sim_result write_format(const struct sim_data *data, struct sim_arena *arena,
                                    struct sim_error *error)
{
    char *fresh = path_of(arena, data, "format.new");
    FILE *file = fopen(fresh, "w");
    if (file == NULL)
        return fail_file(data, "write", "format", error);
    bool is_written = fputs(FORMAT, file) >= 0;
    is_written = fflush(file) == 0 && is_written;
    is_written = fsync(fileno(file)) == 0 && is_written;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written || rename(fresh, path_of(arena, data, "format")) != 0)
        return fail_file(data, "write", "format", error);
    return RESULT_OK;
}

static enum sim_result check_format(const struct sim_data *data, struct sim_arena *arena,
                                    struct sim_error *error)
{
    char found[64] = "";
    struct stat status;
    FILE *file = fopen(path_of(arena, data, "format"), "r");
    if (file == NULL && errno != ENOENT)
        return fail_file(data, "read", "format", error);
    if (file == NULL && stat(path_of(arena, data, STORE_FILE), &status) == 0)
        return sim_error_set(error, RESULT_INVALID,
                             "the data directory %s: it has a " STORE_FILE " without the file "
                             "'format' that tells its version",
                             data->directory);
    if (file == NULL)
        return write_format(data, arena, error);
    bool is_read = fgets(found, sizeof found, file) != NULL;
    fclose(file);
    if (is_read && strcmp(found, FORMAT) == 0)
        return RESULT_OK;
    found[strcspn(found, "\n")] = '\0';
    return sim_error_set(error, RESULT_CONFLICT,
                         "the data directory %s: it was written by another version of regionlab "
                         "('%s'; this one writes '%.*s')",
                         data->directory, found, (int)strlen(FORMAT) - 1, FORMAT);
}

/* --- what is remembered ------------------------------------------------------------------------
 */

static enum sim_result read_number(struct sim_data *data, const char *key, bool *found,
                                   uint64_t *number, struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    const char *text = NULL;
    enum sim_result result = sim_documents_find(data->store, KIND, key, arena, &text, error);
    *found = text != NULL;
    *number = text != NULL ? strtoull(text, NULL, 10) : 0;
    sim_arena_destroy(arena);
    return result;
}

static enum sim_result write_number(struct sim_data *data, const char *key, uint64_t number,
                                    struct sim_error *error)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return sim_documents_save(data->store, KIND, key, text, error);
}

static enum sim_result begin_run(struct sim_data *data, struct sim_error *error)
{
    bool is_old = false;
    bool has_time = false;
    uint64_t run = 0;
    enum sim_result result = read_number(data, "run", &is_old, &run, error);
    if (result == RESULT_OK)
        result = read_number(data, "time", &has_time, &data->last_us, error);
    data->run = is_old ? run + 1 : 0;
    if (result == RESULT_OK)
        result = write_number(data, "run", data->run, error);
    if (result == RESULT_OK) /* at once: ids of a run that dies early are not given out again */
        result = sim_store_commit(data->store, error);
    return result;
}

/* --- opening and closing -----------------------------------------------------------------------
 */

static enum sim_result open_all(struct sim_data *data, enum sim_durability durability,
                                struct sim_error *error)
{
    struct sim_arena *arena = sim_arena_create();
    enum sim_result result = make_directory(data, error);
    if (result == RESULT_OK)
        result = take_lock(data, arena, error);
    if (result == RESULT_OK)
        result = check_format(data, arena, error);
    if (result == RESULT_OK)
        result = sim_store_open(
            &(struct sim_store_options){path_of(arena, data, STORE_FILE), durability}, &data->store,
            error);
    if (result == RESULT_OK)
        result = begin_run(data, error);
    sim_arena_destroy(arena);
    return result;
}

enum sim_result sim_data_open(const struct sim_data_options *options, struct sim_data **data,
                              struct sim_error *error)
{
    PRE(options != NULL && options->directory != NULL);
    struct sim_data *opened = sim_alloc(sizeof *opened);
    opened->directory = sim_strdup(options->directory);
    opened->lock_fd = -1;
    enum sim_result result = open_all(opened, options->durability, error);
    if (result != RESULT_OK) {
        sim_data_close(opened);
        return result;
    }
    *data = opened;
    return RESULT_OK;
}

void sim_data_close(struct sim_data *data)
{
    if (data == NULL)
        return;
    if (data->store != NULL)
        sim_store_rollback(data->store);
    sim_store_close(data->store);
    if (data->lock_fd >= 0)
        close(data->lock_fd);
    free(data->directory);
    free(data);
}

struct sim_store *sim_data_store(struct sim_data *data)
{
    return data->store;
}

uint64_t sim_data_run(const struct sim_data *data)
{
    return data->run;
}

uint64_t sim_data_mix_seed(const struct sim_data *data, uint64_t seed)
{
    return seed ^ (data->run * UINT64_C(0x9e3779b97f4a7c15)); /* run 0: the seed itself */
}

uint64_t sim_data_last_us(const struct sim_data *data)
{
    return data->last_us;
}

/* --- committing --------------------------------------------------------------------------------
 */

void sim_data_add_saver(struct sim_data *data, sim_data_saver *save, void *context)
{
    PRE(data->saver_count < SAVERS_MAX);
    data->savers[data->saver_count++] = (struct saver){save, context};
}

void sim_data_remove_saver(struct sim_data *data, const void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < data->saver_count; i++) {
        if (data->savers[i].context != context)
            data->savers[kept++] = data->savers[i];
    }
    data->saver_count = kept;
}

/* A virtual clock's time is nowhere else; the others are noted now and then. */
static bool must_note_time(const struct sim_data *data, const struct sim_clock *clock,
                           uint64_t now_us)
{
    if (now_us <= data->last_us)
        return false;
    switch (sim_clock_mode(clock)) {
    case SIM_CLOCK_VIRTUAL:
        return true;
    case SIM_CLOCK_SCALED:
        return now_us - data->last_us >= SCALED_EVERY_US && sim_store_is_dirty(data->store);
    case SIM_CLOCK_REAL:
        return now_us - data->last_us >= REAL_EVERY_US && sim_store_is_dirty(data->store);
    }
    return true;
}

static enum sim_result commit(struct sim_data *data, const struct sim_clock *clock,
                              struct sim_error *error)
{
    enum sim_result result = RESULT_OK;
    for (size_t i = 0; i < data->saver_count && result == RESULT_OK; i++)
        result = data->savers[i].save(data->savers[i].context, error);
    uint64_t now_us = sim_clock_now_us(clock);
    if (result == RESULT_OK && must_note_time(data, clock, now_us)) {
        data->last_us = now_us;
        result = write_number(data, "time", now_us, error);
    }
    return result == RESULT_OK ? sim_store_commit(data->store, error) : result;
}

enum sim_result sim_data_commit(struct sim_data *data, const struct sim_clock *clock,
                                struct sim_error *error)
{
    struct sim_error reason;
    enum sim_result result = commit(data, clock, &reason);
    if (result == RESULT_OK)
        return RESULT_OK;
    sim_store_rollback(data->store);
    return sim_error_set(
        error, result,
        "the data directory %s: the last changes could not be kept, and nobody was "
        "told that they were: %s",
        data->directory, reason.message);
}

enum sim_result sim_data_clear(struct sim_data *data, struct sim_error *error)
{
    enum sim_result result = sim_store_clear(data->store, error);
    data->run = 0;
    data->last_us = 0;
    return result == RESULT_OK ? write_number(data, "run", 0, error) : result;
}
