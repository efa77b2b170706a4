/* regionlab drill: plays a drill file and says what was achieved. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/cli/options.h"
#include "sim/cli/registry.h"
#include "sim/drill/drill.h"

static const char help_text[] =
    "usage: regionlab drill [OPTION...] FILE\n"
    "\n"
    "Plays a drill (world, clients, timeline, objectives) on the virtual clock and prints what "
    "was\n"
    "achieved beside each objective. The same topology, drill and seed give the same bytes.\n"
    "\n"
    "  --seed N       instead of the file's seed\n"
    "  --json         print the report as JSON\n"
    "  --junit FILE   write the report for CI as well: a test case an objective and expectation\n"
    "  --trace FILE   write every event as a JSON line\n"
    "\n"
    "Exit codes: 0 every expectation held and every objective was met, 1 not so, 2 bad usage or a\n"
    "bad file.\n";

struct drill_arguments {
    uint64_t seed;
    bool has_seed;
    bool json;
    const char *junit_path;
    const char *trace_path;
    struct cli_operands operands;
};

static unsigned terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int write_junit(struct drill *drill, const char *path)
{
    FILE *stream = fopen(path, "w");
    if (stream == NULL)
        return cli_failure(&cli_drill, CLI_EXIT_USAGE, "cannot write %s: %s", path,
                           strerror(errno));
    drill_report_junit(drill, stream);
    if (fclose(stream) != 0)
        return cli_failure(&cli_drill, CLI_EXIT_USAGE, "cannot write %s: %s", path,
                           strerror(errno));
    return CLI_EXIT_OK;
}

static int report(struct drill *drill, const struct drill_arguments *arguments)
{
    bool is_terminal = isatty(STDOUT_FILENO) == 1;
    if (arguments->json)
        drill_report_json(drill, stdout);
    else
        drill_report_text(drill, stdout, is_terminal ? terminal_width() : 0, is_terminal);
    if (arguments->junit_path != NULL) {
        int exit_code = write_junit(drill, arguments->junit_path);
        if (exit_code != CLI_EXIT_OK)
            return exit_code;
    }
    return drill_passed(drill) ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static int play(const struct drill_arguments *arguments, FILE *trace)
{
    const struct drill_options options = {
        .path = arguments->operands.values[0],
        .registry = &cli_registry,
        .has_seed = arguments->has_seed,
        .seed = arguments->seed,
        .trace = trace,
    };
    struct drill *drill = NULL;
    struct sim_error error;
    if (drill_load(&options, &drill, &error) != RESULT_OK)
        return cli_failure(&cli_drill, CLI_EXIT_USAGE, "%s", error.message);
    int exit_code = drill_run(drill, &error) == RESULT_OK
                        ? report(drill, arguments)
                        : cli_failure(&cli_drill, CLI_EXIT_USAGE, "%s", error.message);
    drill_destroy(drill);
    return exit_code;
}

static int run(int argument_count, char **argument_values)
{
    struct drill_arguments arguments = {0};
    const struct cli_option options[] = {
        {"seed", CLI_NUMBER, UINT64_MAX, &arguments.seed, &arguments.has_seed},
        {.name = "json", .kind = CLI_FLAG, .target = &arguments.json},
        {.name = "junit", .kind = CLI_TEXT, .target = &arguments.junit_path},
        {.name = "trace", .kind = CLI_TEXT, .target = &arguments.trace_path},
    };
    bool help;
    int exit_code = cli_options_parse(&cli_drill, argument_count, argument_values, options,
                                      ARRAY_LEN(options), &arguments.operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    if (arguments.operands.count != 1)
        return cli_usage_error(&cli_drill, "takes one FILE, got %zu", arguments.operands.count);
    FILE *trace = NULL;
    if (arguments.trace_path != NULL) {
        trace = fopen(arguments.trace_path, "w");
        if (trace == NULL)
            return cli_failure(&cli_drill, CLI_EXIT_USAGE, "cannot write %s: %s",
                               arguments.trace_path, strerror(errno));
    }
    exit_code = play(&arguments, trace);
    if (trace != NULL && fclose(trace) != 0)
        exit_code = cli_failure(&cli_drill, CLI_EXIT_USAGE, "cannot write %s: %s",
                                arguments.trace_path, strerror(errno));
    return exit_code;
}

const struct cli_command cli_drill = {
    .name = "drill",
    .summary = "play a failover drill on the virtual clock",
    .help = help_text,
    .run = run,
};
