/* regionlab ctl: talks to a running regionlab over its control API (/_regionlab/...). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "sim/cli/control_client.h"
#include "sim/cli/options.h"

static const char help_text[] =
    "usage: regionlab ctl [--endpoint URL] [--json] SUBCOMMAND ...\n"
    "\n"
    "Looks at and changes a running regionlab. Each answer says what was hit or changed.\n"
    "\n"
    "clock\n"
    "  clock show                        mode, time, pending events, holds\n"
    "  clock advance DURATION            move a virtual clock (800ms, 5m, 1h30m)\n"
    "  clock advance-to TIME             to 2026-01-01T00:05:00Z\n"
    "  clock advance-to-idle [LIMIT]     until nothing is left to do (limit: 1h)\n"
    "  clock mode real|virtual           go on from the time shown\n"
    "  clock scale N                     run N times as fast (0.1 to 100000)\n"
    "Regions and links\n"
    "  region list\n"
    "  region down REGION | region up REGION\n"
    "  link list\n"
    "  link lag FROM TO LAG [--table T]  replication lag: 800ms, 600ms..1200ms,\n"
    "                                    lognormal(800ms,1.1s), trace(FILE); of one table\n"
    "                                    alone, and back again: default\n"
    "  link latency FROM TO LAG          one-way network latency\n"
    "  link drain FROM TO N              records a second after a heal\n"
    "  link partition FROM TO [--both]   cut it; heal it with\n"
    "  link heal FROM TO [--both]\n"
    "faults\n"
    "  fault add KIND [SCOPE...] [--rate 20%] [--duration 5m] [--latency 300ms]\n"
    "            [--skew 2s] [--status 503]\n"
    "      KIND:  region-down partition refuse reset black-hole error throttle latency\n"
    "             no-name clock-skew pause-replication deny-replication\n"
    "      SCOPE: --region R --service S --operation O --plane control|data\n"
    "             --resource NAME --from R --to R\n"
    "  fault list\n"
    "  fault clear [ID]                  one, or all of them\n"
    "state\n"
    "  dns-log [--name N] [--last 20]    who asked the DNS, what they got, and why, policy by "
    "policy\n"
    "  conflicts [--table T] [--region R] [--since 10m|TIME]\n"
    "                                    writes that were overwritten, by what and why\n"
    "  probe TABLE KEY-JSON              one item on all replicas, read-only\n"
    "  backlog                           records not yet replicated\n"
    "  replication [TABLE]               each pair of replicas: what waits and for how long,\n"
    "                                    why it is paused, latency of the last minute\n"
    "  wait dns NAME TYPE VALUE          until DNS answers VALUE\n"
    "  wait replication [TABLE]          until no record is under way\n"
    "      [--timeout 60s] [--client-region R]\n"
    "  trace                             how many events, and their hash\n"
    "  reset                             the world as it was at the start\n"
    "\n"
    "  --endpoint URL   default: $REGIONLAB_ENDPOINT, $AWS_ENDPOINT_URL, http://127.0.0.1:4566\n"
    "  --json           print the answer as JSON\n"
    "\n"
    "Exit codes: 0 done, 1 refused or timed out, 2 bad usage.\n";

#define OPERAND_KEYS_MAX 4

/* One row a subcommand: its words, the operands after them (each a key of the JSON body, or a part
 * of the path where the path has a "{}"), and the request. */
struct ctl_command {
    const char *words[2]; /* second may be NULL */
    const char *method;
    const char *path;
    const char *operands[OPERAND_KEYS_MAX];
    size_t required_operands;
    const char *constant_key; /* a member that is always sent */
    const char *constant_value;
};

/* clang-format off */
static const struct ctl_command commands[] = {
    {{"clock", "show"},            "GET",    "/clock",             {0},                        0, NULL, NULL},
    {{"clock", "advance"},         "POST",   "/clock/advance",     {"by"},                     1, NULL, NULL},
    {{"clock", "advance-to"},      "POST",   "/clock/advance",     {"to"},                     1, NULL, NULL},
    {{"clock", "advance-to-idle"}, "POST",   "/clock/advance",     {"limit"},                  0, "until", "idle"},
    {{"clock", "mode"},            "POST",   "/clock/mode",        {"mode"},                   1, NULL, NULL},
    {{"clock", "scale"},           "POST",   "/clock/mode",        {"scale"},                  1, "mode", "scaled"},
    {{"region", "list"},           "GET",    "/regions",           {0},                        0, NULL, NULL},
    {{"region", "down"},           "POST",   "/regions/down",      {"region"},                 1, NULL, NULL},
    {{"region", "up"},             "POST",   "/regions/up",        {"region"},                 1, NULL, NULL},
    {{"link", "list"},             "GET",    "/links",             {0},                        0, NULL, NULL},
    {{"link", "lag"},              "POST",   "/links",             {"from", "to", "lag"},      3, NULL, NULL},
    {{"link", "latency"},          "POST",   "/links",             {"from", "to", "latency"},  3, NULL, NULL},
    {{"link", "drain"},            "POST",   "/links",             {"from", "to", "drain_per_s"}, 3, NULL, NULL},
    {{"link", "partition"},        "POST",   "/links/partition",   {"from", "to"},             2, NULL, NULL},
    {{"link", "heal"},             "POST",   "/links/heal",        {"from", "to"},             2, NULL, NULL},
    {{"fault", "add"},             "POST",   "/faults",            {"kind"},                   1, NULL, NULL},
    {{"fault", "list"},            "GET",    "/faults",            {0},                        0, NULL, NULL},
    {{"fault", "clear"},           "DELETE", "/faults",            {"id"},                     0, NULL, NULL},
    {{"conflicts", NULL},          "GET",    "/conflicts",         {0},                        0, NULL, NULL},
    {{"probe", NULL},              "POST",   "/probe",             {"table", "key"},           2, NULL, NULL},
    {{"backlog", NULL},            "GET",    "/backlog",           {0},                        0, NULL, NULL},
    {{"replication", NULL},        "GET",    "/replication",       {"table"},                  0, NULL, NULL},
    {{"dns-log", NULL},            "GET",    "/dns-log",           {0},                        0, NULL, NULL},
    {{"wait", "dns"},              "POST",   "/wait",              {"name", "type", "value"},  3, "for", "dns"},
    {{"wait", "replication"},      "POST",   "/wait",              {"table"},                  0, "for", "replication"},
    {{"trace", NULL},              "GET",    "/trace",             {0},                        0, NULL, NULL},
    {{"reset", NULL},              "POST",   "/reset",             {0},                        0, NULL, NULL},
};

/* Options that become members of the body, by the same name. */
static const char *const body_options[] = {
    "region", "service", "operation", "plane", "resource", "from", "to", "rate", "duration", "latency",
    "skew", "status", "timeout", "client-region", "table", "since", "name", "last",
};
/* clang-format on */

struct ctl_arguments {
    const char *endpoint;
    bool json;
    bool both;
    const char *body_values[ARRAY_LEN(body_options)];
    struct cli_operands operands;
};

static const char *endpoint_default(void)
{
    static const char *const variables[] = {"REGIONLAB_ENDPOINT", "AWS_ENDPOINT_URL"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "http://127.0.0.1:4566";
}

static const struct ctl_command *command_find(const struct cli_operands *operands,
                                              size_t *word_count)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct ctl_command *command = &commands[i];
        size_t words = command->words[1] != NULL ? 2 : 1;
        if (operands->count < words || strcmp(operands->values[0], command->words[0]) != 0)
            continue;
        if (words == 2 && strcmp(operands->values[1], command->words[1]) != 0)
            continue;
        *word_count = words;
        return command;
    }
    return NULL;
}

static size_t operand_key_count(const struct ctl_command *command)
{
    size_t count = 0;
    while (count < OPERAND_KEYS_MAX && command->operands[count] != NULL)
        count++;
    return count;
}

static cJSON *body_build(const struct ctl_command *command, const struct ctl_arguments *arguments,
                         size_t word_count)
{
    cJSON *body = cJSON_CreateObject();
    if (command->constant_key != NULL)
        cJSON_AddStringToObject(body, command->constant_key, command->constant_value);
    for (size_t i = word_count; i < arguments->operands.count; i++)
        cJSON_AddStringToObject(body, command->operands[i - word_count],
                                arguments->operands.values[i]);
    for (size_t i = 0; i < ARRAY_LEN(body_options); i++)
        if (arguments->body_values[i] != NULL)
            cJSON_AddStringToObject(body, body_options[i], arguments->body_values[i]);
    if (arguments->both)
        cJSON_AddTrueToObject(body, "both");
    return body;
}

static int answer_print(const struct ctl_arguments *arguments, const struct control_answer *answer)
{
    cJSON *json = cJSON_Parse(answer->body != NULL ? answer->body : "");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
    const cJSON *summary = cJSON_GetObjectItemCaseSensitive(json, "summary");
    int exit_code = answer->status < 400 && cJSON_IsString(summary) ? CLI_EXIT_OK : CLI_EXIT_FAILED;
    if (exit_code != CLI_EXIT_OK) {
        cli_failure(&cli_ctl, exit_code, "%s",
                    cJSON_IsString(error) ? error->valuestring
                                          : "the answer was not understood: is that a regionlab?");
    } else if (!arguments->json) {
        puts(summary->valuestring);
    } else {
        char *text = cJSON_Print(json);
        puts(text);
        cJSON_free(text);
    }
    cJSON_Delete(json);
    return exit_code;
}

/* "wait replication takes [TABLE]", for a wrong number of operands. */
static int operands_error(const struct ctl_command *command, size_t given)
{
    char expected[128] = "";
    for (size_t i = 0; i < operand_key_count(command); i++) {
        size_t used = strlen(expected);
        bool is_optional = i >= command->required_operands;
        snprintf(expected + used, sizeof expected - used, "%s%s%s", is_optional ? " [" : " ",
                 command->operands[i], is_optional ? "]" : "");
    }
    return cli_usage_error(
        &cli_ctl, "%s%s%s takes%s, got %zu argument%s", command->words[0],
        command->words[1] != NULL ? " " : "", command->words[1] != NULL ? command->words[1] : "",
        expected[0] != '\0' ? expected : " no arguments", given, given == 1 ? "" : "s");
}

static int command_run(const struct ctl_command *command, const struct ctl_arguments *arguments,
                       size_t word_count)
{
    size_t given = arguments->operands.count - word_count;
    if (given < command->required_operands || given > operand_key_count(command))
        return operands_error(command, given);
    cJSON *body = body_build(command, arguments, word_count);
    bool is_empty_get = strcmp(command->method, "GET") == 0 && cJSON_GetArraySize(body) == 0;
    char *text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    struct control_answer answer;
    struct sim_error error;
    enum sim_result result = control_request(arguments->endpoint, command->method, command->path,
                                             is_empty_get ? NULL : text, &answer, &error);
    cJSON_free(text);
    if (result != RESULT_OK)
        return cli_failure(&cli_ctl, CLI_EXIT_FAILED, "%s", error.message);
    int exit_code = answer_print(arguments, &answer);
    control_answer_fini(&answer);
    return exit_code;
}

static int run(int argument_count, char **argument_values)
{
    struct ctl_arguments arguments = {.endpoint = endpoint_default()};
    struct cli_option options[3 + ARRAY_LEN(body_options)] = {
        {.name = "endpoint", .kind = CLI_TEXT, .target = &arguments.endpoint},
        {.name = "json", .kind = CLI_FLAG, .target = &arguments.json},
        {.name = "both", .kind = CLI_FLAG, .target = &arguments.both},
    };
    for (size_t i = 0; i < ARRAY_LEN(body_options); i++)
        options[3 + i] = (struct cli_option){
            .name = body_options[i], .kind = CLI_TEXT, .target = &arguments.body_values[i]};
    bool help;
    int exit_code = cli_options_parse(&cli_ctl, argument_count, argument_values, options,
                                      ARRAY_LEN(options), &arguments.operands, &help);
    if (exit_code != CLI_EXIT_OK)
        return exit_code;
    if (help) {
        fputs(help_text, stdout);
        return CLI_EXIT_OK;
    }
    if (arguments.operands.count == 0)
        return cli_usage_error(&cli_ctl, "needs a subcommand");
    size_t word_count = 0;
    const struct ctl_command *command = command_find(&arguments.operands, &word_count);
    if (command == NULL)
        return cli_usage_error(&cli_ctl, "there is no subcommand \"%s%s%s\"",
                               arguments.operands.values[0],
                               arguments.operands.count > 1 ? " " : "",
                               arguments.operands.count > 1 ? arguments.operands.values[1] : "");
    return command_run(command, &arguments, word_count);
}

/* The same as "ctl dns-log": asked for often enough to be a command. */
static int run_dns_log(int argument_count, char **argument_values)
{
    char **with_word = sim_alloc_array((size_t)argument_count + 2, sizeof *with_word);
    static char word[] = "dns-log";
    with_word[0] = argument_values[0];
    with_word[1] = word;
    for (int i = 1; i < argument_count; i++)
        with_word[i + 1] = argument_values[i];
    int exit_code = run(argument_count + 1, with_word);
    free(with_word);
    return exit_code;
}

const struct cli_command cli_dns_log = {
    .name = "dns-log",
    .summary = "who asked the DNS of a running regionlab, and why they got what they got",
    .help = help_text,
    .run = run_dns_log,
};

const struct cli_command cli_ctl = {
    .name = "ctl",
    .summary = "look at and change a running regionlab",
    .help = help_text,
    .run = run,
};
