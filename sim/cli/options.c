#include "sim/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option *option_find(const struct cli_option *options, size_t option_count,
                                            const char *name, size_t length)
{
    for (size_t i = 0; i < option_count; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static bool number_parse(const char *text, uint64_t max, uint64_t *number)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end = NULL;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || parsed > max)
        return false;
    *number = parsed;
    return true;
}

static int option_store(const struct cli_command *command, const struct cli_option *option,
                        const char *value)
{
    if (option->is_given != NULL)
        *option->is_given = true;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->target = true;
        return CLI_EXIT_OK;
    case CLI_TEXT:
        *(const char **)option->target = value;
        return CLI_EXIT_OK;
    case CLI_NUMBER:
        if (number_parse(value, option->max, option->target))
            return CLI_EXIT_OK;
        return cli_usage_error(command, "--%s takes a number from 0 to %llu, not \"%s\"",
                               option->name, (unsigned long long)option->max, value);
    }
    return CLI_EXIT_USAGE;
}

/* Handles one "--name", "--name=value" or "--name value"; *index moves past what was used. */
static int option_read(const struct cli_command *command, int argument_count, char **arguments,
                       int *index, const struct cli_option *options, size_t option_count)
{
    const char *name = arguments[*index] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *option = option_find(options, option_count, name, length);
    if (option == NULL)
        return cli_usage_error(command, "there is no option --%.*s", (int)length, name);
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (option->kind == CLI_FLAG && value != NULL)
        return cli_usage_error(command, "--%s takes no value", option->name);
    if (option->kind != CLI_FLAG && value == NULL) {
        if (*index + 1 >= argument_count)
            return cli_usage_error(command, "--%s needs a value", option->name);
        value = arguments[++*index];
    }
    return option_store(command, option, value);
}

int cli_options_parse(const struct cli_command *command, int argument_count, char **arguments,
                      const struct cli_option *options, size_t option_count,
                      struct cli_operands *operands, bool *help)
{
    *help = false;
    *operands = (struct cli_operands){0};
    bool only_operands = false;
    for (int i = 1; i < argument_count; i++) {
        const char *argument = arguments[i];
        if (!only_operands && strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (!only_operands &&
                   (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            *help = true;
            return CLI_EXIT_OK;
        } else if (!only_operands && strncmp(argument, "--", 2) == 0) {
            int exit_code =
                option_read(command, argument_count, arguments, &i, options, option_count);
            if (exit_code != CLI_EXIT_OK)
                return exit_code;
        } else if (operands->count == CLI_OPERANDS_MAX) {
            return cli_usage_error(command, "too many arguments at \"%s\"", argument);
        } else {
            operands->values[operands->count++] = argument;
        }
    }
    return CLI_EXIT_OK;
}
