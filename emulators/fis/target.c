#include "emulators/fis/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/wire/dispatch.h"

#define INVALID_TARGET "InvalidTarget"

/* --- asking other services --- */

cJSON *fis_ask(const struct fis_experiment *experiment, const char *service, const char *operation,
               cJSON *input)
{
    struct wire_dispatcher *dispatcher = experiment->fis->host->dispatcher;
    const struct wire_request request = {
        .service = service,
        .operation = operation,
        .region = experiment->place.region,
        .account = experiment->place.account,
        .caller = "fis",
        .input = input,
    };
    struct sim_error error;
    cJSON *output = NULL;
    bool is_there = wire_service_find(dispatcher, service) != NULL;
    if (is_there && wire_dispatch_now(dispatcher, &request, &output, &error) == RESULT_OK &&
        output == NULL)
        output = cJSON_CreateObject(); /* an empty answer is an answer */
    cJSON_Delete(input);
    return output;
}

const char *fis_arn_name(const struct fis_experiment *experiment, const char *arn,
                         const char *service, const char *kind)
{
    char prefix[FIS_ARN_MAX];
    int length = snprintf(prefix, sizeof prefix, "arn:aws:%s:%s:%s:%s/", service,
                          experiment->place.region, experiment->place.account, kind);
    if (strncmp(arn, prefix, (size_t)length) != 0 || arn[length] == '\0')
        return NULL;
    return arn + length;
}

/* --- filters: paths into what the service describes --- */

static bool matches_value(const cJSON *found, const cJSON *values)
{
    const cJSON *value;
    char number[32];
    const char *text = cJSON_GetStringValue(found);
    if (cJSON_IsBool(found))
        text = cJSON_IsTrue(found) ? "true" : "false";
    if (cJSON_IsNumber(found)) {
        snprintf(number, sizeof number, "%.17g", found->valuedouble);
        text = number;
    }
    cJSON_ArrayForEach(value, values)
    {
        if (text != NULL && strcmp(text, cJSON_GetStringValue(value)) == 0)
            return true;
    }
    return false;
}

/* One element of the path after the other; a list on the way stands for each of its elements. */
static bool matches_path(const cJSON *found, const char *path, const cJSON *values)
{
    if (found == NULL)
        return false;
    if (cJSON_IsArray(found)) {
        const cJSON *element;
        cJSON_ArrayForEach(element, found)
        {
            if (matches_path(element, path, values))
                return true;
        }
        return false;
    }
    if (*path == '\0')
        return matches_value(found, values);
    size_t length = strcspn(path, ".");
    const char *rest = path[length] == '.' ? path + length + 1 : path + length;
    for (const cJSON *member = found->child; member != NULL; member = member->next)
        if (member->string != NULL && strlen(member->string) == length &&
            strncmp(member->string, path, length) == 0)
            return matches_path(member, rest, values);
    return false;
}

static bool passes_filters(const cJSON *description, const cJSON *filters)
{
    const cJSON *filter;
    cJSON_ArrayForEach(filter, filters)
    {
        if (!matches_path(description, wire_text(filter, "path"), wire_member(filter, "values")))
            return false;
    }
    return true;
}

/* --- global tables --- */

/* DescribeTable's answer for a member of a global table; MultiRegionConsistency, which it leaves
 * out where it is EVENTUAL, is filled in for the filters. NULL for any other table. */
static cJSON *describe_global_table(const struct fis_experiment *experiment, const char *name)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "TableName", name);
    cJSON *output = fis_ask(experiment, "dynamodb", "DescribeTable", input);
    cJSON *table = cJSON_DetachItemFromObjectCaseSensitive(output, "Table");
    cJSON_Delete(output);
    if (wire_member(table, "GlobalTableVersion") == NULL) {
        cJSON_Delete(table);
        return NULL;
    }
    if (wire_member(table, "MultiRegionConsistency") == NULL)
        cJSON_AddStringToObject(table, "MultiRegionConsistency", "EVENTUAL");
    return table;
}

static bool has_tags(const struct fis_experiment *experiment, const char *arn, const cJSON *wanted)
{
    cJSON *input = cJSON_CreateObject();
    cJSON_AddStringToObject(input, "ResourceArn", arn);
    cJSON *output = fis_ask(experiment, "dynamodb", "ListTagsOfResource", input);
    bool has_all = output != NULL;
    for (const cJSON *tag = wanted->child; tag != NULL && has_all; tag = tag->next) {
        const cJSON *present;
        bool has_it = false;
        cJSON_ArrayForEach(present, wire_member(output, "Tags"))
        {
            has_it = has_it || (strcmp(wire_text(present, "Key"), tag->string) == 0 &&
                                strcmp(wire_text(present, "Value"), tag->valuestring) == 0);
        }
        has_all = has_it;
    }
    cJSON_Delete(output);
    return has_all;
}

static bool is_tagged_target(const struct fis_experiment *experiment, const char *name,
                             const cJSON *facts, const char **arn)
{
    cJSON *table = describe_global_table(experiment, name);
    bool fits =
        table != NULL && passes_filters(table, wire_member(facts, "filters")) &&
        has_tags(experiment, wire_text(table, "TableArn"), wire_member(facts, "resourceTags"));
    if (fits)
        *arn = sim_arena_strdup(experiment->arena, wire_text(table, "TableArn"));
    cJSON_Delete(table);
    return fits;
}

static void find_tagged_tables(const struct fis_experiment *experiment, const cJSON *facts,
                               cJSON *arns)
{
    const char *last = NULL;
    do {
        cJSON *input = cJSON_CreateObject();
        if (last != NULL)
            cJSON_AddStringToObject(input, "ExclusiveStartTableName", last);
        cJSON *output = fis_ask(experiment, "dynamodb", "ListTables", input);
        const cJSON *name;
        cJSON_ArrayForEach(name, wire_member(output, "TableNames"))
        {
            const char *arn = NULL;
            if (is_tagged_target(experiment, name->valuestring, facts, &arn))
                cJSON_AddItemToArray(arns, cJSON_CreateString(arn));
        }
        last = wire_text(output, "LastEvaluatedTableName");
        last = last != NULL ? sim_arena_strdup(experiment->arena, last) : NULL;
        cJSON_Delete(output);
    } while (last != NULL);
}

static bool is_global_table(const struct fis_experiment *experiment, const char *arn)
{
    const char *name = fis_arn_name(experiment, arn, "dynamodb", "table");
    cJSON *table = name != NULL ? describe_global_table(experiment, name) : NULL;
    cJSON_Delete(table);
    return table != NULL;
}

/* Subnets are not resources of their own here: one of this Region stands for the Region's programs
 * and clients. */
static bool is_subnet(const struct fis_experiment *experiment, const char *arn)
{
    return fis_arn_name(experiment, arn, "ec2", "subnet") != NULL;
}

static const struct {
    const char *resource_type;
    bool (*is_target)(const struct fis_experiment *experiment, const char *arn);
    void (*find_tagged)(const struct fis_experiment *experiment, const cJSON *facts, cJSON *arns);
} finders[] = {
    {"aws:dynamodb:global-table", is_global_table, find_tagged_tables},
    {"aws:ec2:subnet", is_subnet, NULL},
};

/* --- COUNT(n), PERCENT(n) --- */

static bool parse_selection(const char *mode, const char *kind, long *number)
{
    size_t length = strlen(kind);
    if (strncmp(mode, kind, length) != 0 || mode[length] != '(')
        return false;
    const char *digits = mode + length + 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 6 || strcmp(digits + count, ")") != 0)
        return false;
    *number = strtol(digits, NULL, 10);
    return *number > 0;
}

bool fis_selection_is_valid(const char *mode)
{
    long number = 0;
    return strcmp(mode, "ALL") == 0 || parse_selection(mode, "COUNT", &number) ||
           (parse_selection(mode, "PERCENT", &number) && number <= 100);
}

/* At random, as many as the mode says; a percentage is rounded down. */
static void select_some(const struct fis_experiment *experiment, const char *mode, cJSON *arns)
{
    long number = 0;
    int keep = cJSON_GetArraySize(arns);
    if (parse_selection(mode, "COUNT", &number))
        keep = number < keep ? (int)number : keep;
    else if (parse_selection(mode, "PERCENT", &number))
        keep = (int)(keep * number / 100);
    while (cJSON_GetArraySize(arns) > keep) {
        uint64_t count = (uint64_t)cJSON_GetArraySize(arns);
        cJSON_DeleteItemFromArray(arns, (int)sim_random_below(&experiment->fis->choices, count));
    }
}

/* --- resolving --- */

static void add_resolved(cJSON *resolved, const cJSON *facts, const char *arn)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "resourceType", wire_text(facts, "resourceType"));
    cJSON_AddStringToObject(entry, "targetName", facts->string);
    cJSON *information = cJSON_AddObjectToObject(entry, "targetInformation");
    cJSON_AddStringToObject(information, "arn", arn);
    cJSON_AddItemToArray(resolved, entry);
}

/* False: an ARN that leads to nothing, which fails the experiment even where empty targets may be
 * skipped. */
static bool resolve_one(struct fis_experiment *experiment, const cJSON *facts, cJSON *arns)
{
    size_t kind = 0;
    while (strcmp(finders[kind].resource_type, wire_text(facts, "resourceType")) != 0)
        kind++; /* checked with the template */
    const cJSON *given = wire_member(facts, "resourceArns");
    if (given == NULL) {
        if (finders[kind].find_tagged != NULL)
            finders[kind].find_tagged(experiment, facts, arns);
        return true;
    }
    const cJSON *arn;
    cJSON_ArrayForEach(arn, given)
    {
        if (!finders[kind].is_target(experiment, arn->valuestring))
            return false;
        cJSON_AddItemToArray(arns, cJSON_Duplicate(arn, false));
    }
    return true;
}

bool fis_targets_resolve(struct fis_experiment *experiment, const char **code, const char **reason,
                         const char **location)
{
    const char *mode = wire_text(wire_member(experiment->document, "experimentOptions"),
                                 "emptyTargetResolutionMode");
    bool may_be_empty = mode != NULL && strcmp(mode, "skip") == 0;
    const cJSON *facts;
    cJSON_ArrayForEach(facts, wire_member(experiment->document, "targets"))
    {
        cJSON *arns = cJSON_CreateArray();
        bool is_found = resolve_one(experiment, facts, arns);
        if (is_found)
            select_some(experiment, wire_text(facts, "selectionMode"), arns);
        for (const cJSON *arn = arns->child; arn != NULL; arn = arn->next)
            add_resolved(experiment->resolved, facts, arn->valuestring);
        bool is_empty = arns->child == NULL;
        cJSON_Delete(arns);
        if (is_found && (!is_empty || may_be_empty))
            continue;
        *code = INVALID_TARGET;
        *location = facts->string;
        *reason = is_found ? "Target resolution returned empty set"
                           : "A target given by its ARN was not found";
        return false;
    }
    return true;
}

cJSON *fis_target_arns(const struct fis_experiment *experiment, const char *target_name)
{
    cJSON *arns = cJSON_CreateArray();
    const cJSON *entry;
    cJSON_ArrayForEach(entry, experiment->resolved)
    {
        if (strcmp(wire_text(entry, "targetName"), target_name) == 0)
            cJSON_AddItemToArray(arns, cJSON_CreateString(wire_text(
                                           wire_member(entry, "targetInformation"), "arn")));
    }
    return arns;
}
