/* regionlab version */
#include <stdio.h>

#include "sim/cli/options.h"

static int run(int argument_count, char **arguments)
{
    struct cli_operands operands;
    bool help;
    int exit_code =
        cli_options_parse(&cli_version, argument_count, arguments, NULL, 0, &operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (operands.count > 0)
        return cli_usage_error(&cli_version, "takes no arguments, got \"%s\"", operands.values[0]);
    if (help)
        fputs(cli_version.help, stdout);
    else
        puts("regionlab " REGIONLAB_VERSION);
    return CLI_EXIT_OK;
}

const struct cli_command cli_version = {
    .name = "version",
    .summary = "print the version",
    .help = "usage: regionlab version\n\nPrints the version of this binary.\n",
    .run = run,
};
