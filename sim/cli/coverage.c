/* regionlab coverage: which operations of each service answer, from the tables that answer them. */
#include <stdio.h>

#include "emulators/arc/arc.h"
#include "emulators/autoscaling/autoscaling.h"
#include "emulators/dynamodb/dynamodb.h"
#include "emulators/fis/fis.h"
#include "emulators/route53/route53.h"
#include "emulators/wire/coverage.h"
#include "sim/cli/options.h"

static const char help_text[] =
    "usage: regionlab coverage\n"
    "\n"
    "Prints, as Markdown, every operation of every service and whether it is implemented here.\n";

static int run(int argument_count, char **arguments)
{
    const struct wire_service *const services[] = {
        &ddb_service,         &ddb_streams_service, &r53_service, &arc_config_service,
        &arc_cluster_service, &fis_service,         &aas_service,
    };
    struct cli_operands operands;
    bool help;
    int exit_code =
        cli_options_parse(&cli_coverage, argument_count, arguments, NULL, 0, &operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    if (operands.count > 0)
        return cli_usage_error(&cli_coverage, "takes no arguments, got \"%s\"", operands.values[0]);
    struct sim_error error;
    if (wire_coverage_write(stdout, services, ARRAY_LEN(services), &error) != RESULT_OK)
        return cli_failure(&cli_coverage, CLI_EXIT_FAILED, "%s", error.message);
    return CLI_EXIT_OK;
}

const struct cli_command cli_coverage = {
    .name = "coverage",
    .summary = "list the operations that are implemented",
    .help = help_text,
    .run = run,
};
