/* play_corpus.c -- plays a fuzz target without a fuzzer: play FOLDER.
 *
 * Each file of the folder goes through LLVMFuzzerTestOneInput, then some thousand mutations of
 * them: the same ones in every run. A corpus therefore is a regression test that any compiler can
 * build; the real search is done by libFuzzer (cmake -DREGIONLAB_FUZZ=ON).
 *
 * REGIONLAB_LONG=1        plays a hundred times as many mutations
 * REGIONLAB_PLAY_KEEP=F   writes each input to file F before it is played: after a crash F holds
 * the culprit, which becomes a file of the corpus once it is understood */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"
#include "sim/core/random.h"

#define SEED          UINT64_C(1)
#define MUTATIONS     4000
#define LONG_FACTOR   100
#define INPUT_MAX     (64 * 1024)
#define FILES_MAX     1000
#define CHANGES_MAX   6
#define RUN_BYTES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
    uint8_t *data;
    size_t bytes;
};

struct corpus {
    struct input files[FILES_MAX];
    size_t count;
    const char *keep; /* NULL: no */
};

static void play(const struct corpus *corpus, const uint8_t *data, size_t bytes)
{
    if (corpus->keep != NULL) {
        FILE *file = fopen(corpus->keep, "wb");
        if (file != NULL) {
            (void)fwrite(data, 1, bytes, file);
            (void)fclose(file);
        }
    }
    uint8_t *exact = malloc(bytes > 0 ? bytes : 1); /* of this size only, so that overruns show */
    if (exact == NULL)
        return;
    if (bytes > 0)
        memcpy(exact, data, bytes);
    (void)LLVMFuzzerTestOneInput(exact, bytes);
    free(exact);
}

static bool read_file(const char *folder, const char *name, struct input *input)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    input->data = sim_alloc(INPUT_MAX);
    input->bytes = fread(input->data, 1, INPUT_MAX, file);
    (void)fclose(file);
    return true;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool read_folder(const char *folder, struct corpus *corpus)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        if (corpus->count < FILES_MAX &&
            read_file(folder, entries[i]->d_name, &corpus->files[corpus->count]))
            corpus->count++;
        free(entries[i]);
    }
    free(entries);
    return corpus->count > 0;
}

static size_t pick(struct sim_random *random, size_t bound)
{
    return bound == 0 ? 0 : (size_t)sim_random_below(random, bound);
}

/* Makes room for run_bytes at at, or less if the input is full; returns how many. */
static size_t open_gap(struct input *input, size_t at, size_t run_bytes)
{
    if (run_bytes > INPUT_MAX - input->bytes)
        run_bytes = INPUT_MAX - input->bytes;
    memmove(input->data + at + run_bytes, input->data + at, input->bytes - at);
    input->bytes += run_bytes;
    return run_bytes;
}

static void flip_bit(struct input *input, struct sim_random *random)
{
    if (input->bytes > 0)
        input->data[pick(random, input->bytes)] ^= (uint8_t)(1u << pick(random, 8));
}

static void set_byte(struct input *input, struct sim_random *random)
{
    static const char favourites[] = "\0\xFF\"'<>&{}[](),;:/\\%=#.+-0919aZ \t\r\n";
    if (input->bytes > 0)
        input->data[pick(random, input->bytes)] =
            (uint8_t)favourites[pick(random, sizeof(favourites) - 1)];
}

static void insert_bytes(struct input *input, struct sim_random *random)
{
    const size_t at = pick(random, input->bytes + 1);
    const size_t run_bytes = open_gap(input, at, 1 + pick(random, RUN_BYTES_MAX));
    const uint8_t byte = (uint8_t)pick(random, 256);
    memset(input->data + at, byte, run_bytes);
}

static void remove_bytes(struct input *input, struct sim_random *random)
{
    if (input->bytes == 0)
        return;
    const size_t at = pick(random, input->bytes);
    size_t run_bytes = 1 + pick(random, RUN_BYTES_MAX);
    if (run_bytes > input->bytes - at)
        run_bytes = input->bytes - at;
    memmove(input->data + at, input->data + at + run_bytes, input->bytes - at - run_bytes);
    input->bytes -= run_bytes;
}

/* Copies a piece of source (perhaps the input's own former self) to somewhere in input. */
static void splice(struct input *input, const struct input *source, struct sim_random *random)
{
    if (source->bytes == 0)
        return;
    const size_t from = pick(random, source->bytes);
    const size_t wanted = 1 + pick(random, source->bytes - from);
    const size_t at = pick(random, input->bytes + 1);
    const size_t run_bytes = open_gap(input, at, wanted);
    memcpy(input->data + at, source->data + from, run_bytes);
}

static void mutate(const struct corpus *corpus, struct input *input, struct sim_random *random)
{
    void (*const changes[])(struct input *, struct sim_random *) = {flip_bit, set_byte,
                                                                    insert_bytes, remove_bytes};
    const size_t count = 1 + pick(random, CHANGES_MAX);
    for (size_t i = 0; i < count; i++) {
        const size_t which = pick(random, ARRAY_LEN(changes) + 1);
        if (which < ARRAY_LEN(changes))
            changes[which](input, random);
        else
            splice(input, &corpus->files[pick(random, corpus->count)], random);
    }
}

static void play_mutations(const struct corpus *corpus, size_t count)
{
    struct sim_random random;
    sim_random_init(&random, SEED, "play-corpus");
    struct input input = {.data = sim_alloc(INPUT_MAX)};
    for (size_t i = 0; i < count; i++) {
        const struct input *file = &corpus->files[i % corpus->count];
        memcpy(input.data, file->data, file->bytes);
        input.bytes = file->bytes;
        mutate(corpus, &input, &random);
        play(corpus, input.data, input.bytes);
    }
    free(input.data);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argc > 0 ? argv[0] : "play");
        return 2;
    }
    struct corpus *corpus = sim_alloc(sizeof(*corpus));
    corpus->keep = getenv("REGIONLAB_PLAY_KEEP");
    if (!read_folder(argv[1], corpus)) {
        (void)fprintf(stderr, "%s: no files to play\n", argv[1]);
        free(corpus);
        return 2;
    }
    const size_t mutations = getenv("REGIONLAB_LONG") != NULL ? MUTATIONS * LONG_FACTOR : MUTATIONS;
    for (size_t i = 0; i < corpus->count; i++)
        play(corpus, corpus->files[i].data, corpus->files[i].bytes);
    play_mutations(corpus, mutations);
    (void)printf("%s: %zu files and %zu mutations played\n", argv[1], corpus->count, mutations);
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->files[i].data);
    free(corpus);
    return 0;
}
