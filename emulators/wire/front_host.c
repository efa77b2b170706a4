/* front_host.c -- service, Region and account from a host name's labels. */
#include "emulators/wire/front_route.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LABELS_MAX 10

/* The host without its port, as labels in lower case; 0 for addresses and single names. */
static size_t split_labels(const struct front_message *message, char *labels[LABELS_MAX])
{
    const char *host = message->known[FRONT_HOST];
    if (host == NULL || host[0] == '[' || strspn(host, "0123456789.:") == strlen(host))
        return 0;
    char *text = sim_arena_strndup(message->arena, host, strcspn(host, ":"));
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    size_t count = 0;
    for (char *at = text; at != NULL && count < LABELS_MAX;) {
        labels[count++] = at;
        at = strchr(at, '.');
        if (at != NULL)
            *at++ = '\0';
    }
    return count > 1 ? count : 0;
}

/* Do the labels from first on spell name ("streams.dynamodb")? How many they are, or 0. */
static size_t spells(char *const *labels, size_t count, const char *name)
{
    size_t used = 0;
    while (used < count) {
        const size_t bytes = strcspn(name, ".");
        if (strlen(labels[used]) != bytes || strncasecmp(labels[used], name, bytes) != 0)
            return 0;
        used++;
        if (name[bytes] == '\0')
            return used;
        name += bytes + 1;
    }
    return 0;
}

/* "us-west-2", "ap-northeast-1", "us-gov-west-1": two letters, words, a number. */
static bool looks_like_region(const char *label)
{
    const size_t bytes = strlen(label);
    if (bytes < 9 || bytes > 24 || label[2] != '-' || label[bytes - 2] != '-')
        return false;
    return isdigit((unsigned char)label[bytes - 1]) != 0 &&
           strspn(label, "abcdefghijklmnopqrstuvwxyz-") == bytes - 1;
}

static bool looks_like_account(const char *label)
{
    return strlen(label) == 12 && strspn(label, "0123456789") == 12;
}

/* Account-based endpoints ("123456789012.ddb.us-west-2...") call DynamoDB "ddb". */
static const struct {
    const char *label;
    const char *service;
} nicknames[] = {{"ddb", "dynamodb"}};

/* The service whose endpoint prefix stands at labels, or NULL; *used: how many labels that took.
 * The longest prefix wins, so that "streams.dynamodb" is not taken apart. */
static const struct wire_service *service_at(struct wire_dispatcher *dispatcher,
                                             char *const *labels, size_t count, size_t *used)
{
    const struct wire_service *found = NULL;
    *used = 0;
    for (size_t i = 0; i < wire_service_count(dispatcher); i++) {
        const struct wire_service *service = wire_service_at(dispatcher, i);
        const struct wire_model *model = wire_model_of(dispatcher, service);
        const char *prefix = model->endpoint_prefix;
        size_t length = prefix == NULL ? 0 : spells(labels, count, prefix);
        if (length == 0)
            length = spells(labels, count, service->id);
        if (length > *used) {
            *used = length;
            found = service;
        }
    }
    for (size_t i = 0; found == NULL && i < ARRAY_LEN(nicknames); i++)
        if (strcmp(labels[0], nicknames[i].label) == 0) {
            found = wire_service_find(dispatcher, nicknames[i].service);
            *used = found == NULL ? 0 : 1;
        }
    return found;
}

void front_host_read(struct wire_dispatcher *dispatcher, const struct front_message *message,
                     struct front_host *host)
{
    *host = (struct front_host){0};
    char *labels[LABELS_MAX];
    const size_t count = split_labels(message, labels);
    for (size_t i = 0; i < count;) {
        size_t used = 0;
        if (host->service == NULL)
            host->service = service_at(dispatcher, labels + i, count - i, &used);
        if (used > 0) {
            i += used;
            continue;
        }
        if (host->region == NULL && looks_like_region(labels[i]))
            host->region = labels[i];
        else if (host->account == NULL && looks_like_account(labels[i]))
            host->account = labels[i];
        i++;
    }
}
