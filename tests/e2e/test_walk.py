"""The whole walk with real clients: replicate, partition, converge; switch Regions; be stopped by the rule."""

import json

import botocore.exceptions
import pytest
from conftest import EAST, WEST

TABLE = "walk"


def create_table_with_stream(server):
    dynamodb = server.client("dynamodb", EAST)
    dynamodb.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    server.advance("1m")  # a table takes its seconds to become ACTIVE
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    return dynamodb


def add_replica(server, dynamodb, region=WEST):
    dynamodb.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": region}}])
    server.advance("10m")
    remote = server.client("dynamodb", region)
    remote.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    description = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert [(replica["RegionName"], replica["ReplicaStatus"]) for replica in description["Replicas"]] == [
        (region, "ACTIVE")]
    assert description["TableStatus"] == "ACTIVE"
    return remote


def put(client, key, value):
    client.put_item(TableName=TABLE, Item={"id": {"S": key}, "v": {"S": value}})


def get(client, key):
    return client.get_item(TableName=TABLE, Key={"id": {"S": key}}).get("Item", {}).get("v", {}).get("S")


def test_an_item_is_read_in_the_other_region_after_the_lag_and_not_before(virtual):
    east = create_table_with_stream(virtual)
    west = add_replica(virtual, east)
    virtual.ctl("link", "lag", EAST, WEST, "800ms")
    put(east, "a", "1")
    assert get(east, "a") == "1"
    assert get(west, "a") is None
    virtual.advance("799ms")
    assert get(west, "a") is None
    virtual.advance("1ms")
    assert get(west, "a") == "1"


def test_after_a_partition_both_replicas_agree_on_the_later_write(virtual):
    east = create_table_with_stream(virtual)
    west = add_replica(virtual, east)
    put(east, "a", "before")
    virtual.advance("5s")
    virtual.ctl("link", "partition", EAST, WEST, "--both")
    put(east, "a", "from the east")
    virtual.advance("1s")
    put(west, "a", "from the west, later")
    virtual.advance("1m")
    assert (get(east, "a"), get(west, "a")) == ("from the east", "from the west, later")
    virtual.ctl("link", "heal", EAST, WEST, "--both")
    virtual.ctl("wait", "replication", TABLE)
    assert (get(east, "a"), get(west, "a")) == ("from the west, later",) * 2
    conflicts = virtual.ctl("conflicts")["Conflicts"]
    assert conflicts, "the overwritten write is told"
    assert TABLE in json.dumps(conflicts)


def test_a_deleted_item_stays_deleted_when_an_older_write_arrives_late(virtual):
    east = create_table_with_stream(virtual)
    west = add_replica(virtual, east)
    virtual.ctl("link", "partition", EAST, WEST)
    put(east, "a", "old")
    virtual.advance("1s")
    put(west, "a", "newer")
    virtual.advance("1s")
    west.delete_item(TableName=TABLE, Key={"id": {"S": "a"}})
    virtual.advance("1m")
    virtual.ctl("link", "heal", EAST, WEST)
    virtual.ctl("wait", "replication", TABLE)
    assert (get(east, "a"), get(west, "a")) == (None, None)


def test_a_replica_can_be_removed_and_its_table_goes(virtual):
    east = create_table_with_stream(virtual)
    west = add_replica(virtual, east)
    virtual.advance("25h")  # the source of a new replica is kept for 24 hours
    east.update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
    virtual.advance("10m")
    with pytest.raises(west.exceptions.ResourceNotFoundException):
        west.describe_table(TableName=TABLE)
    assert "Replicas" not in east.describe_table(TableName=TABLE)["Table"]


def controls(server):
    config = server.client("route53-recovery-control-config", WEST)
    cluster = config.list_clusters()["Clusters"][0]
    panels = config.list_control_panels(ClusterArn=cluster["ClusterArn"])["ControlPanels"]
    panel = next(panel for panel in panels if not panel["DefaultControlPanel"])
    found = config.list_routing_controls(ControlPanelArn=panel["ControlPanelArn"])["RoutingControls"]
    endpoints = {entry["Region"]: entry["Endpoint"] for entry in cluster["ClusterEndpoints"]}
    return {control["Name"]: control["RoutingControlArn"] for control in found}, endpoints


def cluster_client(server, endpoints, region):
    return server.client("route53-recovery-cluster", region, endpoints[region])


def test_dig_follows_a_routing_control_within_health_and_ttl(virtual):
    arns, endpoints = controls(virtual)
    name = "api.orders.example.com"
    assert virtual.resolve(name, "+subnet=127.0.1.1/32") in (["127.0.1.1"], ["127.0.2.1"])
    answer = virtual.dig(name, "A", "-b", "127.0.1.1")
    assert "127.0.1.1" in answer and "\t60\tIN\tA" in answer
    cluster_client(virtual, endpoints, "eu-west-1").update_routing_control_state(
        RoutingControlArn=arns[EAST], RoutingControlState="Off")
    assert virtual.resolve(name, "-b", "127.0.1.1") == ["127.0.1.1"], "the verdict takes its time"
    virtual.advance("20s")
    assert virtual.resolve(name, "-b", "127.0.1.1") == ["127.0.2.1"]
    cluster_client(virtual, endpoints, WEST).update_routing_control_state(
        RoutingControlArn=arns[EAST], RoutingControlState="On")
    waited = virtual.ctl("wait", "dns", name, "A", "127.0.1.1", "--client-region", EAST)
    assert waited["waited_us"] <= 20_000_000


def test_both_controls_off_is_refused_by_the_safety_rule(virtual):
    arns, endpoints = controls(virtual)
    cluster = cluster_client(virtual, endpoints, EAST)
    with pytest.raises(cluster.exceptions.ConflictException) as refused:
        cluster.update_routing_control_states(UpdateRoutingControlStateEntries=[
            {"RoutingControlArn": arn, "RoutingControlState": "Off"} for arn in arns.values()])
    error = refused.value.response
    assert error["Error"]["Message"].startswith("Cannot modify control state for [")
    assert "due to failed rule evaluation" in error["Error"]["Message"]
    assert error["resourceType"] == "SafetyRule"
    states = cluster.list_routing_controls()["RoutingControls"]
    assert {state["RoutingControlName"]: state["RoutingControlState"] for state in states} == {EAST: "On", WEST: "On"}


def test_two_of_five_endpoints_down_still_switch_and_three_down_refuse(virtual):
    arns, endpoints = controls(virtual)
    for region in (EAST, "eu-west-1"):
        virtual.ctl("fault", "add", "refuse", "--service", "route53-recovery-cluster", "--region", region)
    with pytest.raises((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)):
        cluster_client(virtual, endpoints, EAST).list_routing_controls()
    survivor = cluster_client(virtual, endpoints, "ap-southeast-2")
    survivor.update_routing_control_state(RoutingControlArn=arns[EAST], RoutingControlState="Off")
    state = cluster_client(virtual, endpoints, WEST).get_routing_control_state(RoutingControlArn=arns[EAST])
    assert state["RoutingControlState"] == "Off"
    third = virtual.ctl("fault", "add", "refuse", "--service", "route53-recovery-cluster", "--region", WEST)
    with pytest.raises(survivor.exceptions.EndpointTemporarilyUnavailableException):
        survivor.update_routing_control_state(RoutingControlArn=arns[EAST], RoutingControlState="On")
    virtual.ctl("fault", "clear", str(third["id"]))
    virtual.advance("10s")  # behind the rule's wait period
    survivor.update_routing_control_state(RoutingControlArn=arns[EAST], RoutingControlState="On")


def test_the_runbook_works_with_the_aws_cli(virtual):
    tables = virtual.aws("dynamodb", "list-tables", region=WEST)["TableNames"]
    assert tables == ["resilientdynamo-Customers", "resilientdynamo-Order", "resilientdynamo-Product"]
    zone = virtual.aws("route53", "list-hosted-zones")["HostedZones"][0]
    records = virtual.aws("route53", "list-resource-record-sets", "--hosted-zone-id", zone["Id"])
    regions = [record.get("Region") for record in records["ResourceRecordSets"] if record["Type"] == "A"]
    assert sorted(regions) == [EAST, WEST]
    cluster = virtual.aws("route53-recovery-control-config", "list-clusters", region=WEST)["Clusters"][0]
    endpoint = next(entry for entry in cluster["ClusterEndpoints"] if entry["Region"] == "ap-northeast-1")
    listed = virtual.aws("route53-recovery-cluster", "list-routing-controls", "--endpoint-url", endpoint["Endpoint"],
                         region="ap-northeast-1")["RoutingControls"]
    first = next(control for control in listed if control["RoutingControlName"] == EAST)
    virtual.aws("route53-recovery-cluster", "update-routing-control-state", "--routing-control-arn",
                first["RoutingControlArn"], "--routing-control-state", "Off", "--endpoint-url", endpoint["Endpoint"],
                region="ap-northeast-1")
    error = virtual.aws("route53-recovery-cluster", "update-routing-control-states",
                        "--update-routing-control-state-entries",
                        json.dumps([{"RoutingControlArn": control["RoutingControlArn"], "RoutingControlState": "Off"}
                                    for control in listed]),
                        "--endpoint-url", endpoint["Endpoint"], region="ap-northeast-1", fails=True)
    assert "(ConflictException) when calling the UpdateRoutingControlStates operation" in error
