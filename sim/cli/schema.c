/* regionlab schema: the published form of the files that people write. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/options.h"
#include "sim/drill/drill_schema.h"
#include "topology/schema.h"

static const struct {
    const char *name;
    const char *(*text)(void);
} schemas[] = {
    {"world", topo_world_schema},
    {"drill", drill_schema},
};

static const char help_text[] = "usage: regionlab schema world|drill\n"
                                "\n"
                                "Prints the JSON Schema of world files or drill files, for editors "
                                "that check while you type.\n";

static int run(int argument_count, char **arguments)
{
    struct cli_operands operands;
    bool help;
    int exit_code =
        cli_options_parse(&cli_schema, argument_count, arguments, NULL, 0, &operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(schemas) && operands.count == 1; i++) {
        if (strcmp(operands.values[0], schemas[i].name) != 0)
            continue;
        fputs(schemas[i].text(), stdout);
        return CLI_EXIT_OK;
    }
    return cli_usage_error(&cli_schema, "takes one of: world, drill");
}

const struct cli_command cli_schema = {
    .name = "schema",
    .summary = "print the JSON Schema of world or drill files",
    .help = help_text,
    .run = run,
};
