/* Any bytes as a drill file: a drill or a sentence with its place, never a crash. */
#include <string.h>

#include "sim/drill/drill_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_arena *arena = sim_arena_create();
    const struct topo_node *root = NULL;
    const struct drill_file *file = NULL;
    struct sim_error error = {0};
    enum sim_result result =
        topo_yaml_parse(arena, "fuzz", (const char *)data, size, &root, &error);
    if (result == RESULT_OK)
        result = drill_file_read(arena, root, &file, &error);
    CHECK((result == RESULT_OK) == (file != NULL));
    CHECK(result == RESULT_OK || strncmp(error.message, "fuzz:", 5) == 0);
    for (size_t i = 0; file != NULL && i < file->timeline_count; i++) {
        CHECK(file->timeline[i].at_us <= file->duration_us);
        CHECK(i == 0 || file->timeline[i - 1].at_us <= file->timeline[i].at_us);
    }
    for (size_t i = 0; file != NULL && i < DRILL_MEASURE_COUNT; i++)
        CHECK(file->objectives[i].low <= file->objectives[i].high);
    sim_arena_destroy(arena);
    return 0;
}
