/* regionlab env: the lines that point AWS clients here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/options.h"

static const char help_text[] =
    "usage: eval \"$(regionlab env [--endpoint URL] [--region REGION] [--unset])\"\n"
    "\n"
    "Prints shell lines that point the AWS CLI, SDKs and Terraform at a running regionlab:\n"
    "AWS_ENDPOINT_URL, and credentials and a Region where none are set yet.\n"
    "\n"
    "  --endpoint URL   where regionlab listens (default http://127.0.0.1:4566)\n"
    "  --region REGION  value for AWS_DEFAULT_REGION (default us-east-1)\n"
    "  --unset          print the lines that take the endpoint back\n";

/* Prints "export NAME='value'", each single quote in value escaped for the shell. */
static void print_export(const char *name, const char *value)
{
    printf("export %s='", name);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*at);
    }
    puts("'");
}

static int run(int argument_count, char **arguments)
{
    const char *endpoint = "http://127.0.0.1:4566";
    const char *region = "us-east-1";
    bool unset = false;
    const struct cli_option options[] = {
        {.name = "endpoint", .kind = CLI_TEXT, .target = &endpoint},
        {.name = "region", .kind = CLI_TEXT, .target = &region},
        {.name = "unset", .kind = CLI_FLAG, .target = &unset},
    };
    struct cli_operands operands;
    bool help;
    int exit_code = cli_options_parse(&cli_env, argument_count, arguments, options,
                                      ARRAY_LEN(options), &operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    if (operands.count > 0)
        return cli_usage_error(&cli_env, "takes no arguments, got \"%s\"", operands.values[0]);
    if (unset) {
        puts("unset AWS_ENDPOINT_URL");
        return CLI_EXIT_OK;
    }
    print_export("AWS_ENDPOINT_URL", endpoint);
    if (getenv("AWS_ACCESS_KEY_ID") == NULL) {
        print_export("AWS_ACCESS_KEY_ID", "test");
        print_export("AWS_SECRET_ACCESS_KEY", "test");
    }
    if (getenv("AWS_DEFAULT_REGION") == NULL && getenv("AWS_REGION") == NULL)
        print_export("AWS_DEFAULT_REGION", region);
    return CLI_EXIT_OK;
}

const struct cli_command cli_env = {
    .name = "env",
    .summary = "print the lines to export for AWS clients",
    .help = help_text,
    .run = run,
};
