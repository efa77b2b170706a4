/* Clusters: the five endpoints that host routing controls. Creating one makes its default panel. */
#include "emulators/arc/arc_internal.h"

#include <string.h>

static cJSON *cluster_describe(const struct arc_resource *cluster)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "ClusterArn", cluster->arn);
    cJSON *endpoints = cJSON_AddArrayToObject(object, "ClusterEndpoints");
    for (size_t i = 0; i < ARC_ENDPOINT_COUNT && cluster->status == ARC_DEPLOYED; i++) {
        cJSON *endpoint = cJSON_CreateObject();
        cJSON_AddStringToObject(endpoint, "Endpoint", cluster->arc->endpoints[i].url);
        cJSON_AddStringToObject(endpoint, "Region", arc_endpoint_regions[i]);
        cJSON_AddItemToArray(endpoints, endpoint);
    }
    cJSON_AddStringToObject(object, "Name", cluster->name);
    cJSON_AddStringToObject(object, "NetworkType", cluster->is_dual_stack ? "DUALSTACK" : "IPV4");
    cJSON_AddStringToObject(object, "Owner", cluster->account);
    cJSON_AddStringToObject(object, "Status", arc_status_text(cluster->status));
    return object;
}

static enum wire_progress answer(struct wire_call *call, const struct arc_resource *cluster)
{
    cJSON *output = cJSON_CreateObject();
    cJSON_AddItemToObject(output, "Cluster", cluster_describe(cluster));
    return wire_succeed(call, output);
}

static void set_network_type(struct arc_resource *cluster, const char *network_type)
{
    cluster->is_dual_stack = network_type != NULL && strcmp(network_type, "DUALSTACK") == 0;
}

enum wire_progress arc_create_cluster(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *name = wire_text(call->input, "ClusterName");
    const char *token = wire_text(call->input, "ClientToken");
    struct arc_resource *cluster = arc_resource_by_token(arc, ARC_CLUSTER, token);
    if (cluster != NULL && strcmp(cluster->name, name) == 0)
        return answer(call, cluster);
    if (cluster != NULL || arc_resource_by_name(arc, ARC_CLUSTER, NULL, name) != NULL)
        return wire_fail(call, "ConflictException", "A cluster named %s already exists.", name);
    if (arc_resource_count(arc, ARC_CLUSTER, NULL) >= ARC_CLUSTERS_PER_ACCOUNT)
        return wire_fail(call, "ServiceQuotaExceededException",
                         "The limit of %d clusters per account has been reached.",
                         ARC_CLUSTERS_PER_ACCOUNT);
    if (arc_tags_are_too_many(NULL, wire_member(call->input, "Tags")))
        return arc_fail_too_many_tags(call);
    cluster = arc_resource_create(arc, ARC_CLUSTER, call->account, name, token, NULL);
    set_network_type(cluster, wire_text(call->input, "NetworkType"));
    arc_tags_set(cluster, wire_member(call->input, "Tags"));
    arc_default_panel_create(cluster);
    arc_resource_deploy(cluster);
    return answer(call, cluster);
}

enum wire_progress arc_describe_cluster(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ClusterArn");
    struct arc_resource *cluster = arc_resource_find(state, ARC_CLUSTER, arn);
    return cluster != NULL ? answer(call, cluster) : arc_not_found(call, "Cluster", arn);
}

enum wire_progress arc_list_clusters(void *state, struct wire_call *call)
{
    return arc_list_page(state, call, ARC_CLUSTER, NULL, "Clusters", cluster_describe);
}

enum wire_progress arc_update_cluster(void *state, struct wire_call *call)
{
    const char *arn = wire_text(call->input, "ClusterArn");
    struct arc_resource *cluster = arc_resource_find(state, ARC_CLUSTER, arn);
    if (cluster == NULL)
        return arc_not_found(call, "Cluster", arn);
    if (cluster->status != ARC_DEPLOYED)
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    set_network_type(cluster, wire_text(call->input, "NetworkType"));
    arc_resource_deploy(cluster);
    return answer(call, cluster);
}

enum wire_progress arc_delete_cluster(void *state, struct wire_call *call)
{
    struct arc *arc = state;
    const char *arn = wire_text(call->input, "ClusterArn");
    struct arc_resource *cluster = arc_resource_find(arc, ARC_CLUSTER, arn);
    if (cluster == NULL)
        return arc_not_found(call, "Cluster", arn);
    if (cluster->status != ARC_DEPLOYED)
        return wire_fail(call, "ConflictException", ARC_TEXT_CONCURRENT);
    struct arc_resource *default_panel = arc_default_panel_find(cluster);
    if (arc_resource_count(arc, ARC_PANEL, cluster) > 1 ||
        arc_resource_next(arc, ARC_CONTROL, default_panel, NULL) != NULL)
        return wire_fail(call, "ConflictException",
                         "The cluster %s still has control panels or routing controls.", arn);
    arc_resource_retire(cluster);
    return wire_succeed(call, NULL);
}
