/* Any bytes as a world file: a description or a sentence with its place, never a crash. */
#include <string.h>

#include "topology/world_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct topo_application program = {.name = "orders"};
static const struct topo_application *const programs[] = {&program};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct topo_registry registry = {programs, ARRAY_LEN(programs)};
    struct sim_arena *arena = sim_arena_create();
    const struct topo_node *root = NULL;
    const struct topo_world_file *file = NULL;
    struct sim_error error = {0};
    enum sim_result result =
        topo_yaml_parse(arena, "fuzz", (const char *)data, size, &root, &error);
    cJSON *json = NULL;
    if (result == RESULT_OK && topo_node_to_json(root, NULL, NULL, &json, NULL) == RESULT_OK)
        cJSON_Delete(json);
    if (result == RESULT_OK)
        result = topo_world_file_read(arena, root, &registry, &file, &error);
    CHECK((result == RESULT_OK) == (file != NULL));
    CHECK(result == RESULT_OK || strncmp(error.message, "fuzz:", 5) == 0);
    sim_arena_destroy(arena);
    return 0;
}
