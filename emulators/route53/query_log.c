#include "emulators/route53/query_log.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "emulators/route53/route53_internal.h"

struct entry {
    uint64_t at_us;
    char client[INET6_ADDRSTRLEN];
    char region[32];
    const char *transport;
    char name[R53_LOG_NAME_BYTES];
    const char *type;
    const char *status;
    uint32_t ttl_s;
    char data[R53_LOG_DATA_BYTES];
    char steps[R53_STEPS_BYTES];
};

struct r53_query_log {
    struct entry *entries; /* a ring; made with the first question */
    uint64_t count;        /* of all questions ever */
};

/* --- steps -------------------------------------------------------------------------------------
 */

static void append(struct r53_steps *steps, const char *text)
{
    size_t length = strlen(text);
    if (steps->used + length + 1 > sizeof steps->text)
        return; /* long trees end early */
    memcpy(steps->text + steps->used, text, length + 1);
    steps->used += length;
}

void r53_steps_begin(struct r53_steps *steps, const char *policy)
{
    append(steps, steps->used > 0 ? "\n" : "");
    append(steps, policy);
    append(steps, ":");
}

void r53_steps_set(struct r53_steps *steps, const char *name, const char *state)
{
    bool is_first = steps->used > 0 && steps->text[steps->used - 1] == ':';
    append(steps, is_first ? " " : ", ");
    append(steps, name);
    append(steps, " ");
    append(steps, state);
}

void r53_steps_end(struct r53_steps *steps, const char *remark)
{
    if (remark == NULL)
        return;
    append(steps, "; ");
    append(steps, remark);
}

/* --- the log -----------------------------------------------------------------------------------
 */

struct r53_query_log *r53_query_log_create(void)
{
    return sim_alloc(sizeof(struct r53_query_log));
}

void r53_query_log_clear(struct r53_query_log *log)
{
    free(log->entries);
    *log = (struct r53_query_log){.count = 0};
}

void r53_query_log_destroy(struct r53_query_log *log)
{
    if (log == NULL)
        return;
    free(log->entries);
    free(log);
}

static const char *status_name(const struct r53_logged *logged)
{
    if (logged->is_refused)
        return "REFUSED";
    switch (logged->result->rcode) {
    case LDNS_RCODE_NOERROR:
        return "NOERROR";
    case LDNS_RCODE_NXDOMAIN:
        return "NXDOMAIN";
    case LDNS_RCODE_SERVFAIL:
        return "SERVFAIL";
    default:
        return "FORMERR";
    }
}

static void copy_values(const struct r53_result *result, struct entry *entry)
{
    size_t used = 0;
    for (size_t i = 0; i < result->value_count; i++) {
        char text[R53_LOG_DATA_BYTES];
        r53_value_text(result->values[i], text, sizeof text);
        size_t length = strlen(text);
        if (used + length + 2 > sizeof entry->data)
            return;
        if (used > 0)
            entry->data[used++] = ' ';
        memcpy(entry->data + used, text, length + 1);
        used += length;
    }
}

static uint32_t least_ttl_s(const struct r53_result *result)
{
    uint32_t least = result->pick_count > 0 ? UINT32_MAX : r53_negative_ttl_s(result->soa);
    for (size_t i = 0; i < result->pick_count; i++)
        if (result->picks[i].ttl_s < least)
            least = result->picks[i].ttl_s;
    return least;
}

void r53_query_log_add(struct r53_query_log *log, const struct r53_logged *logged)
{
    char name[R53_NAME_TEXT_BYTES];
    if (log->entries == NULL)
        log->entries = sim_alloc_array(R53_LOG_ENTRIES, sizeof *log->entries);
    struct entry *entry = &log->entries[log->count++ % R53_LOG_ENTRIES];
    *entry = (struct entry){.at_us = logged->at_us,
                            .transport = logged->peer->is_tcp ? "tcp" : "udp",
                            .type = r53_type_name(logged->type),
                            .status = status_name(logged)};
    int family = logged->client->byte_count == 4 ? AF_INET : AF_INET6;
    if (inet_ntop(family, logged->client->bytes, entry->client, sizeof entry->client) == NULL)
        entry->client[0] = '\0';
    snprintf(entry->region, sizeof entry->region, "%s",
             logged->region != NULL ? logged->region : "");
    r53_name_text(logged->name->wire, name);
    snprintf(entry->name, sizeof entry->name, "%.250s", name);
    if (logged->is_refused)
        return;
    entry->ttl_s = least_ttl_s(logged->result);
    copy_values(logged->result, entry);
    if (strncmp(logged->result->why, "fault ", strlen("fault ")) == 0)
        snprintf(entry->steps, sizeof entry->steps, "%s", logged->result->why);
    else
        memcpy(entry->steps, logged->steps->text, logged->steps->used + 1);
}

/* --- telling it --------------------------------------------------------------------------------
 */

static cJSON *describe(const struct entry *entry)
{
    char at[SIM_CLOCK_TEXT_BYTES];
    cJSON *object = cJSON_CreateObject();
    sim_clock_format(entry->at_us, at);
    cJSON_AddStringToObject(object, "at", at);
    cJSON_AddStringToObject(object, "client", entry->client);
    cJSON_AddStringToObject(object, "client_region", entry->region);
    cJSON_AddStringToObject(object, "transport", entry->transport);
    cJSON_AddStringToObject(object, "name", entry->name);
    cJSON_AddStringToObject(object, "type", entry->type != NULL ? entry->type : "");
    cJSON_AddStringToObject(object, "status", entry->status);
    cJSON_AddNumberToObject(object, "ttl_s", entry->ttl_s);
    cJSON_AddStringToObject(object, "answer", entry->data);
    cJSON *steps = cJSON_AddArrayToObject(object, "steps");
    char text[R53_STEPS_BYTES];
    memcpy(text, entry->steps, sizeof text);
    char *rest = NULL;
    for (const char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        cJSON_AddItemToArray(steps, cJSON_CreateString(line));
    return object;
}

/* With or without the dot at the end. */
static bool is_named(const struct entry *entry, const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    length -= length > 0 && name[length - 1] == '.' ? 1 : 0;
    return name == NULL ||
           (strncasecmp(entry->name, name, length) == 0 &&
            (entry->name[length] == '\0' || strcmp(entry->name + length, ".") == 0));
}

cJSON *r53_query_log_print(const struct r53_query_log *log, const char *name, size_t last)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(answer, "queries");
    uint64_t first = log->count > R53_LOG_ENTRIES ? log->count - R53_LOG_ENTRIES : 0;
    for (uint64_t i = first; i < log->count; i++) {
        const struct entry *entry = &log->entries[i % R53_LOG_ENTRIES];
        if (is_named(entry, name))
            cJSON_AddItemToArray(list, describe(entry));
    }
    while (last > 0 && (size_t)cJSON_GetArraySize(list) > last)
        cJSON_DeleteItemFromArray(list, 0);
    cJSON_AddNumberToObject(answer, "count", (double)log->count);
    return answer;
}
