#include "emulators/arc/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static void make_arn(struct arc_resource *resource)
{
    struct sim_random *random = &resource->arc->random;
    const char *prefix = resource->parent != NULL ? resource->parent->arn : "";
    switch (resource->kind) {
    case ARC_CLUSTER:
        sim_random_uuid(random, resource->id);
        snprintf(resource->arn, sizeof resource->arn,
                 "arn:aws:route53-recovery-control::%s:cluster/%s", resource->account,
                 resource->id);
        return;
    case ARC_PANEL:
        sim_random_text(random, hex_digits, resource->id, 32);
        snprintf(resource->arn, sizeof resource->arn,
                 "arn:aws:route53-recovery-control::%s:controlpanel/%s", resource->account,
                 resource->id);
        return;
    case ARC_CONTROL:
        sim_random_text(random, hex_digits, resource->id, 16);
        snprintf(resource->arn, sizeof resource->arn, "%.160s/routingcontrol/%s", prefix,
                 resource->id);
        return;
    case ARC_RULE:
        sim_random_text(random, hex_digits, resource->id, 16);
        snprintf(resource->arn, sizeof resource->arn, "%.160s/safetyrule/%s", prefix, resource->id);
        return;
    }
}

struct arc_resource *arc_resource_create(struct arc *arc, enum arc_kind kind, const char *account,
                                         const char *name, const char *client_token,
                                         struct arc_resource *parent)
{
    PRE((parent == NULL) == (kind == ARC_CLUSTER));
    struct arc_resource *resource = sim_alloc(sizeof *resource);
    resource->arc = arc;
    resource->kind = kind;
    resource->parent = parent;
    snprintf(resource->account, sizeof resource->account, "%s", account);
    snprintf(resource->name, sizeof resource->name, "%s", name);
    snprintf(resource->client_token, sizeof resource->client_token, "%s",
             client_token != NULL ? client_token : "");
    resource->tags = cJSON_CreateObject();
    resource->number = ++arc->made;
    do
        make_arn(resource);
    while (arc_resource_find(arc, kind, resource->arn) != NULL);
    HASH_ADD_STR(arc->resources, arn, resource);
    arc_resource_changed(resource);
    return resource;
}

void arc_resource_remove(struct arc_resource *resource)
{
    struct arc *arc = resource->arc;
    sim_sched_cancel(arc->host->core->sched, resource->status_event);
    arc_resource_unsave(resource);
    HASH_DEL(arc->resources, resource);
    free(resource->rule.controls);
    free(resource->rule.targets);
    cJSON_Delete(resource->tags);
    free(resource);
}

static void trace_status(const struct arc_resource *resource, const char *status)
{
    sim_trace_emit(resource->arc->host->core->trace, "arc.status", NULL,
                   FIELD_TEXT("name", resource->name), FIELD_TEXT("arn", resource->arn),
                   FIELD_TEXT("status", status));
}

static void become_deployed(void *context)
{
    struct arc_resource *resource = context;
    resource->status_event = 0;
    resource->status = ARC_DEPLOYED;
    arc_resource_changed(resource);
    trace_status(resource, arc_status_text(resource->status));
}

static void become_gone(void *context)
{
    struct arc_resource *resource = context;
    struct arc *arc = resource->arc;
    resource->status_event = 0;
    trace_status(resource, "DELETED");
    /* A cluster takes its default panel with it; other panels forbid the deletion. */
    struct arc_resource *panel =
        resource->kind == ARC_CLUSTER ? arc_resource_next(arc, ARC_PANEL, resource, NULL) : NULL;
    if (panel != NULL)
        arc_resource_remove(panel);
    bool is_control = resource->kind == ARC_CONTROL;
    char arn[ARC_ARN_MAX];
    snprintf(arn, sizeof arn, "%s", resource->arn);
    arc_resource_remove(resource);
    if (is_control) /* whoever follows it asks again, and hears that it is unknown */
        wire_health_tell_changed(arc->host->health, WIRE_HEALTH_ROUTING_CONTROL, arn);
}

static void schedule_status(struct arc_resource *resource, enum arc_status status,
                            sim_sched_fn *then)
{
    struct sim_sched *sched = resource->arc->host->core->sched;
    sim_sched_cancel(sched, resource->status_event);
    resource->status = status;
    arc_resource_changed(resource);
    trace_status(resource, arc_status_text(status));
    resource->status_event =
        sim_sched_after(sched, resource->arc->transient_delay_us, then, resource);
}

void arc_resource_deploy(struct arc_resource *resource)
{
    schedule_status(resource, ARC_PENDING, become_deployed);
}

void arc_resource_retire(struct arc_resource *resource)
{
    schedule_status(resource, ARC_PENDING_DELETION, become_gone);
}

struct arc_resource *arc_resource_find(struct arc *arc, enum arc_kind kind, const char *arn)
{
    struct arc_resource *resource = NULL;
    if (arn != NULL)
        HASH_FIND_STR(arc->resources, arn, resource);
    return resource != NULL && resource->kind == kind ? resource : NULL;
}

struct arc_resource *arc_resource_next(struct arc *arc, enum arc_kind kind,
                                       const struct arc_resource *parent,
                                       struct arc_resource *previous)
{
    struct arc_resource *resource = previous != NULL ? previous->hh.next : arc->resources;
    for (; resource != NULL; resource = resource->hh.next)
        if (resource->kind == kind && (parent == NULL || resource->parent == parent))
            return resource;
    return NULL;
}

size_t arc_resource_count(struct arc *arc, enum arc_kind kind, const struct arc_resource *parent)
{
    size_t count = 0;
    struct arc_resource *resource = NULL;
    while ((resource = arc_resource_next(arc, kind, parent, resource)) != NULL)
        count++;
    return count;
}

struct arc_resource *arc_resource_by_token(struct arc *arc, enum arc_kind kind, const char *token)
{
    struct arc_resource *resource = NULL;
    while (token != NULL && (resource = arc_resource_next(arc, kind, NULL, resource)) != NULL)
        if (strcmp(resource->client_token, token) == 0)
            return resource;
    return NULL;
}

struct arc_resource *arc_resource_by_name(struct arc *arc, enum arc_kind kind,
                                          const struct arc_resource *parent, const char *name)
{
    struct arc_resource *resource = NULL;
    while ((resource = arc_resource_next(arc, kind, parent, resource)) != NULL)
        if (strcmp(resource->name, name) == 0)
            return resource;
    return NULL;
}

void arc_resource_rename(struct arc_resource *resource, const char *name)
{
    snprintf(resource->name, sizeof resource->name, "%s", name);
    arc_resource_changed(resource);
}

const char *arc_status_text(enum arc_status status)
{
    static const char *const texts[] = {"PENDING", "DEPLOYED", "PENDING_DELETION"};
    return texts[status];
}

enum wire_progress arc_not_found(struct wire_call *call, const char *what, const char *arn)
{
    return wire_fail(call, "ResourceNotFoundException", "%s %s does not exist.", what, arn);
}

/* A NextToken is the number of items already given, in decimal; false for anything else. */
static bool token_parse(const char *token, size_t *skip)
{
    *skip = 0;
    if (token == NULL)
        return true;
    if (token[0] == '\0' || strlen(token) > 6 || strspn(token, "0123456789") != strlen(token))
        return false;
    *skip = (size_t)strtoul(token, NULL, 10);
    return true;
}

enum wire_progress arc_list_page(struct arc *arc, struct wire_call *call, enum arc_kind kind,
                                 const struct arc_resource *parent, const char *list_name,
                                 cJSON *(*describe)(const struct arc_resource *resource))
{
    size_t skip;
    if (!token_parse(wire_text(call->input, "NextToken"), &skip))
        return wire_fail(call, "ValidationException", "The NextToken is not valid.");
    int64_t page_size = wire_integer(call->input, "MaxResults", ARC_PAGE_DEFAULT);
    cJSON *output = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(output, list_name);
    size_t position = 0;
    int64_t given = 0;
    struct arc_resource *resource = NULL;
    while ((resource = arc_resource_next(arc, kind, parent, resource)) != NULL) {
        if (position++ < skip)
            continue;
        if (given == page_size) {
            cJSON_AddStringToObject(output, "NextToken",
                                    sim_arena_printf(call->arena, "%zu", position - 1));
            break;
        }
        cJSON_AddItemToArray(list, describe(resource));
        given++;
    }
    return wire_succeed(call, output);
}
