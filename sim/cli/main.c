/* The regionlab binary: finds the command and runs it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emulators/wire/json_memory.h"
#include "sim/cli/command.h"

static const struct cli_command *const commands[] = {
    &cli_up, &cli_drill, &cli_ctl, &cli_dns_log, &cli_env, &cli_schema, &cli_coverage, &cli_version,
};

static void print_overview(FILE *stream)
{
    fputs("regionlab: a multi-Region AWS on one machine\n\n"
          "usage: regionlab COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n",
          stream);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(stream, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n\"regionlab COMMAND --help\" tells more. Exit codes: 0 done, 1 failed (an objective "
          "was\n"
          "missed, a port is taken), 2 bad usage or a bad file.\n",
          stream);
}

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
    fprintf(stderr, "regionlab %s: ", command->name);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see regionlab %s --help)\n", command->name);
    return CLI_EXIT_USAGE;
}

int cli_failure(const struct cli_command *command, int exit_code, const char *format, ...)
{
    fprintf(stderr, "regionlab %s: ", command->name);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return exit_code;
}

static int run(int argument_count, char **arguments)
{
    if (argument_count < 2) {
        print_overview(stderr);
        return CLI_EXIT_USAGE;
    }
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return CLI_EXIT_OK;
    }
    if (strcmp(name, "--version") == 0)
        name = cli_version.name;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i]->run(argument_count - 1, arguments + 1);
    fprintf(stderr, "regionlab: there is no command \"%s\" (see regionlab --help)\n", name);
    return CLI_EXIT_USAGE;
}

int main(int argument_count, char **arguments)
{
    wire_json_memory_install();
    int exit_code = run(argument_count, arguments);
    /* Output that did not arrive, on a full disk for example, is no success. */
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || exit_code != CLI_EXIT_OK)
        return exit_code;
    fputs("regionlab: cannot write to standard output\n", stderr);
    return CLI_EXIT_FAILED;
}
