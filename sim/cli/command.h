/* command.h -- one subcommand of the regionlab binary.
 *
 * Purpose  A table of commands, each with its own help; exit codes are the same everywhere.
 * Errors   Each command prints one line on stderr and returns one of the codes below. */
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "sim/core/error.h"

#define CLI_EXIT_OK     0
#define CLI_EXIT_FAILED 1 /* it ran, and the answer is no: an objective missed, a port taken */
#define CLI_EXIT_USAGE  2 /* bad usage or a bad file */

struct cli_command {
    const char *name;
    const char *summary;                              /* one line for the list */
    const char *help;                                 /* the page of --help */
    int (*run)(int argument_count, char **arguments); /* arguments[0] is the command's name */
};

extern const struct cli_command cli_up;
extern const struct cli_command cli_drill;
extern const struct cli_command cli_ctl;
extern const struct cli_command cli_dns_log;
extern const struct cli_command cli_env;
extern const struct cli_command cli_version;
extern const struct cli_command cli_schema;
extern const struct cli_command cli_coverage;

/* "regionlab up: MESSAGE" and a hint at --help on stderr; returns CLI_EXIT_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same without the hint, for a failure that is not the user's typing; returns exit_code. */
int cli_failure(const struct cli_command *command, int exit_code, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
