/* options.h -- reads "--name value" by a table.
 *
 * Purpose  Each command lists its options as rows; this parses them, checks values and says what is
 *          wrong. "--" ends options; what is not an option goes to the operands.
 * Owner    Values are borrowed from the argument vector. */
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include "sim/cli/command.h"

enum cli_option_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER };

struct cli_option {
    const char *name; /* without the dashes */
    enum cli_option_kind kind;
    uint64_t max;   /* NUMBER: largest allowed */
    void *target;   /* bool *, const char **, or uint64_t * */
    bool *is_given; /* may be NULL */
};

#define CLI_OPERANDS_MAX 8
struct cli_operands {
    size_t count;
    const char *values[CLI_OPERANDS_MAX];
};

/* CLI_EXIT_OK, or the exit code of a usage error that was printed. *help: --help was asked for. */
MUST_USE int cli_options_parse(const struct cli_command *command, int argument_count,
                               char **arguments, const struct cli_option *options,
                               size_t option_count, struct cli_operands *operands, bool *help);

#endif
