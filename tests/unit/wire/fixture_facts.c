#include "tests/unit/wire/fixture_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/buffer.h"

const char *const facts_paths[] = {
    "emulators/dynamodb/api.json",    "emulators/dynamodb/api_streams.json",
    "emulators/route53/api.json",     "emulators/arc/api_config.json",
    "emulators/arc/api_cluster.json", "emulators/fis/api.json",
    "emulators/autoscaling/api.json", NULL,
};

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot read %s: tests run from the source folder\n", path);
        exit(1);
    }
    struct sim_buffer text;
    sim_buffer_init(&text);
    char part[4096];
    size_t bytes;
    while ((bytes = fread(part, 1, sizeof(part), file)) > 0)
        sim_buffer_append(&text, part, bytes);
    fclose(file);
    return sim_buffer_take(&text);
}

static void take_json(struct facts *facts, const char *id, char *json)
{
    memset(facts, 0, sizeof(*facts));
    facts->json = json;
    facts->service.id = id;
    facts->service.title = id;
    facts->service.sdk_id = id;
    facts->service.api_json = (const unsigned char *)json;
    facts->service.api_json_end = facts->service.api_json + strlen(json);
}

static void load(struct facts *facts)
{
    struct sim_error error;
    if (wire_model_load(&facts->service, &facts->model, &error) != RESULT_OK) {
        fprintf(stderr, "%s: %s\n", facts->service.id, error.message);
        exit(1);
    }
}

void facts_read(struct facts *facts, const char *id, const char *path)
{
    take_json(facts, id, read_file(path));
}

void facts_open(struct facts *facts, const char *id, const char *path)
{
    facts_read(facts, id, path);
    load(facts);
}

void facts_open_text(struct facts *facts, const char *id, const char *json)
{
    take_json(facts, id, sim_strdup(json));
    load(facts);
}

void facts_close(struct facts *facts)
{
    wire_model_destroy(facts->model);
    free(facts->json);
}
