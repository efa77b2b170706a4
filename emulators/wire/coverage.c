#include "emulators/wire/coverage.h"

#include <string.h>

#include "emulators/wire/dispatch.h"
#include "emulators/wire/model.h"

static const char page_head[] =
    "# Coverage\n"
    "\n"
    "Written from the operation tables by the build; do not edit. An operation that is not\n"
    "implemented answers with status 501 and the code `NotImplemented`. \"Setting only\" is one\n"
    "whose point is another service: it is checked, kept and told, and nothing acts on it.\n"
    "\n"
    "| service | implemented | operations |\n"
    "|---|---:|---:|\n";

static bool is_implemented(const struct wire_service *service, const char *operation)
{
    const struct wire_operation *row = wire_operation_find(service, operation);
    return row != NULL && row->handle != NULL;
}

static struct wire_coverage count(const struct wire_service *service,
                                  const struct wire_model *model)
{
    struct wire_coverage coverage = {.operation_count = model->operation_count};
    for (size_t i = 0; i < model->operation_count; i++)
        coverage.implemented_count += is_implemented(service, model->operations[i].name);
    return coverage;
}

enum sim_result wire_coverage_count(const struct wire_service *service,
                                    struct wire_coverage *coverage, struct sim_error *error)
{
    struct wire_model *model = NULL;
    enum sim_result result = wire_model_load(service, &model, error);
    if (result != RESULT_OK)
        return result;
    *coverage = count(service, model);
    wire_model_destroy(model);
    return RESULT_OK;
}

static const char *state_of(const struct wire_service *service, const char *operation)
{
    if (!is_implemented(service, operation))
        return "not implemented";
    const char *const *name = service->settings_only;
    for (; name != NULL && *name != NULL; name++) {
        if (strcmp(*name, operation) == 0)
            return "setting only";
    }
    return "implemented";
}

static void write_effect_and_plane(FILE *file, const struct wire_operation *row)
{
    fprintf(file, "%s, %s plane", row->effect == EFFECT_READ ? "read" : "write",
            row->plane == PLANE_CONTROL ? "control" : "data");
}

static void write_table(FILE *file, const struct wire_service *service,
                        const struct wire_model *model)
{
    fprintf(file, "\n## %s\n\n`%s`, API %s\n\n| operation | state | kind |\n|---|---|---|\n",
            service->title, service->id, model->api_version == NULL ? "?" : model->api_version);
    for (size_t i = 0; i < model->operation_count; i++) {
        const char *name = model->operations[i].name;
        bool is_there = is_implemented(service, name);
        fprintf(file, "| %s | %s | ", name, state_of(service, name));
        if (is_there)
            write_effect_and_plane(file, wire_operation_find(service, name));
        fputs(" |\n", file);
    }
}

static enum sim_result write_service(FILE *file, const struct wire_service *service,
                                     struct sim_error *error)
{
    struct wire_model *model = NULL;
    enum sim_result result = wire_model_load(service, &model, error);
    if (result != RESULT_OK)
        return result;
    write_table(file, service, model);
    wire_model_destroy(model);
    return RESULT_OK;
}

enum sim_result wire_coverage_write(FILE *file, const struct wire_service *const *services,
                                    size_t service_count, struct sim_error *error)
{
    fputs(page_head, file);
    struct wire_coverage total = {0};
    for (size_t i = 0; i < service_count; i++) {
        struct wire_coverage coverage;
        enum sim_result result = wire_coverage_count(services[i], &coverage, error);
        if (result != RESULT_OK)
            return result;
        fprintf(file, "| %s | %zu | %zu |\n", services[i]->title, coverage.implemented_count,
                coverage.operation_count);
        total.implemented_count += coverage.implemented_count;
        total.operation_count += coverage.operation_count;
    }
    fprintf(file, "| all | %zu | %zu |\n", total.implemented_count, total.operation_count);
    for (size_t i = 0; i < service_count; i++) {
        enum sim_result result = write_service(file, services[i], error);
        if (result != RESULT_OK)
            return result;
    }
    if (fflush(file) != 0 || ferror(file))
        return sim_error_set(error, RESULT_IO, "coverage: the page could not be written");
    return RESULT_OK;
}
