"""Provisioned throughput by boto3 and the AWS CLI: what is throttled, what comes back, and what auto scaling makes of it."""

import boto3
import botocore.exceptions
import pytest
from conftest import EAST, WEST, shared

server = shared("--clock", "virtual")

PROVISIONED_EXCEEDED = "ProvisionedThroughputExceededException"
WRITES = {"ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:WriteCapacityUnits"}
READS = {"ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}


@pytest.fixture
def fresh(server):
    """The module's server, as it was at its start."""
    server.ctl("reset")
    return server


def make_table(server, name="small", reads=1, writes=1, region=EAST, **more):
    dynamodb = server.client("dynamodb", region)
    attributes = ["pk"] + (["g"] if "GlobalSecondaryIndexes" in more else [])
    dynamodb.create_table(
        TableName=name, KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        ProvisionedThroughput={"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}, **more)
    server.advance("2s")
    return dynamodb


def puts(dynamodb, count, name="small"):
    """Writes of one unit each, 25 a call."""
    for first in range(0, count, 25):
        dynamodb.batch_write_item(RequestItems={name: [
            {"PutRequest": {"Item": {"pk": {"S": f"{number}"}}}} for number in range(first, min(first + 25, count))]})


def units(dynamodb, name="small"):
    throughput = dynamodb.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


def activities(scaling):
    found = scaling.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"]
    return [(activity["Description"], activity["StatusCode"]) for activity in found]


def register(scaling, resource="table/small", minimum=1, maximum=40, dimension=WRITES):
    return scaling.register_scalable_target(
        ResourceId=resource, MinCapacity=minimum, MaxCapacity=maximum, **dimension)["ScalableTargetARN"]


def track(scaling, resource="table/small", dimension=WRITES, target=70.0, **more):
    kind = "Write" if "Write" in dimension["ScalableDimension"] else "Read"
    return scaling.put_scaling_policy(
        PolicyName=f"track-{kind}", PolicyType="TargetTrackingScaling", ResourceId=resource,
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"}, **more},
        **dimension)


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**arguments)
    return raised.value.response


# --- throttling --------------------------------------------------------------------------------------


def test_the_burst_is_used_up_and_comes_back(fresh):
    dynamodb = make_table(fresh)
    puts(dynamodb, 300)
    answer = refused(dynamodb.put_item, TableName="small", Item={"pk": {"S": "more"}})
    assert answer["Error"]["Code"] == PROVISIONED_EXCEEDED
    assert answer["ThrottlingReasons"] == [{
        "reason": "TableWriteProvisionedThroughputExceeded",
        "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/small"}]
    assert "Item" not in dynamodb.get_item(TableName="small", Key={"pk": {"S": "more"}})
    fresh.advance("1s")
    dynamodb.put_item(TableName="small", Item={"pk": {"S": "more"}})
    assert refused(dynamodb.put_item, TableName="small", Item={"pk": {"S": "x"}})["Error"]["Code"] == PROVISIONED_EXCEEDED
    fresh.advance("300s")
    puts(dynamodb, 300)


def test_a_batch_leaves_what_is_throttled(fresh):
    dynamodb = make_table(fresh)
    puts(dynamodb, 290)
    wanted = [{"PutRequest": {"Item": {"pk": {"S": f"b{number}"}}}} for number in range(25)]
    answer = dynamodb.batch_write_item(RequestItems={"small": wanted})
    assert answer["UnprocessedItems"] == {"small": wanted[10:]}
    assert refused(dynamodb.batch_write_item, RequestItems={"small": wanted})["Error"]["Code"] == PROVISIONED_EXCEEDED
    fresh.advance("15s")
    assert dynamodb.batch_write_item(RequestItems=answer["UnprocessedItems"])["UnprocessedItems"] == {}


def test_the_resource_tries_again_until_there_is_throughput(start):
    """boto3's batch_writer sends unprocessed items again, here while the clock runs 200 times as fast."""
    server = start("--scale", "200")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(
        TableName="small", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 5})
    dynamodb.get_waiter("table_exists").wait(TableName="small", WaiterConfig={"Delay": 1})
    table = boto3.resource("dynamodb", region_name=EAST, endpoint_url=server.endpoint, aws_access_key_id="test",
                           aws_secret_access_key="test").Table("small")
    with table.batch_writer() as batch:
        for number in range(2000):
            batch.put_item(Item={"pk": f"{number}"})
    assert table.scan(Select="COUNT")["Count"] == 2000


def test_without_throttling_nothing_is_refused(start):
    server = start("--clock", "virtual", "--no-throttling")
    dynamodb = make_table(server)
    for number in range(400):
        dynamodb.put_item(TableName="small", Item={"pk": {"S": f"{number}"}})


@pytest.mark.parametrize("setting, is_throttled", [("false", False), ("true", True)])
def test_a_world_file_says_whether_to_throttle(start, tmp_path, setting, is_throttled):
    world = tmp_path / "world.yaml"
    world.write_text(f"world: small\nregions:\n  - name: us-east-1\ndynamodb:\n  throttling: {setting}\n")
    server = start("--clock", "virtual", "--world", str(world))
    dynamodb = make_table(server)
    puts(dynamodb, 300)
    if is_throttled:
        assert refused(dynamodb.delete_item, TableName="small", Key={"pk": {"S": "1"}})["Error"]["Code"] == PROVISIONED_EXCEEDED
    else:
        dynamodb.delete_item(TableName="small", Key={"pk": {"S": "1"}})


def test_the_command_line_tells_the_reason(fresh):
    dynamodb = make_table(fresh)
    puts(dynamodb, 300)
    error = fresh.aws("dynamodb", "put-item", "--table-name", "small", "--item", '{"pk": {"S": "a"}}', fails=True)
    assert PROVISIONED_EXCEEDED in error and "configured provisioned throughput for the table was exceeded" in error


# --- auto scaling ------------------------------------------------------------------------------------


def test_target_tracking_scales_a_table_out_and_in(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    register(scaling, minimum=5)
    track(scaling)
    seen = []
    for _ in range(4):
        puts(dynamodb, 600)
        fresh.advance("1m")
        seen.append(units(dynamodb)[1])
    assert seen == [5, 15, 15, 15]  # 10 units a second at 70 per cent
    for _ in range(16):
        puts(dynamodb, 1)
        fresh.advance("1m")
        seen.append(units(dynamodb)[1])
    assert seen[-1] == 5 and seen.count(15) >= 15
    assert activities(scaling) == [("Setting write capacity units to 5.", "Successful"),
                                   ("Setting write capacity units to 15.", "Successful")]


def test_reads_scale_by_reads(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    register(scaling, minimum=5, dimension=READS)
    track(scaling, dimension=READS)
    for _ in range(2):
        for _ in range(250):
            dynamodb.get_item(TableName="small", Key={"pk": {"S": "a"}}, ConsistentRead=True)
        fresh.advance("1m")
    fresh.advance("1s")
    assert units(dynamodb) == (6, 5)


def test_an_index_is_scaled_by_itself(fresh):
    dynamodb = make_table(fresh, reads=5, writes=50, GlobalSecondaryIndexes=[{
        "IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1}}])
    scaling = fresh.client("application-autoscaling")
    dimension = {**WRITES, "ScalableDimension": "dynamodb:index:WriteCapacityUnits"}
    register(scaling, "table/small/index/by-g", dimension=dimension)
    track(scaling, "table/small/index/by-g", dimension=dimension)
    for _ in range(2):
        for number in range(100):
            dynamodb.put_item(TableName="small", Item={"pk": {"S": f"{_}-{number}"}, "g": {"S": "g"}})
        fresh.advance("1m")
    fresh.advance("1s")
    index = dynamodb.describe_table(TableName="small")["Table"]["GlobalSecondaryIndexes"][0]
    assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert units(dynamodb) == (5, 50)


@pytest.mark.parametrize("more, wanted", [
    ({"ScaleOutCooldown": 600}, [5, 15, 15, 15]),
    ({}, [5, 15, 15, 22]),
])
def test_a_cooldown_holds_the_next_step_back(fresh, more, wanted):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    register(scaling, minimum=5)
    track(scaling, **more)
    seen = []
    for load in (600, 600, 900, 900):
        puts(dynamodb, load)
        fresh.advance("1m")
        seen.append(units(dynamodb)[1])
    assert seen == wanted


def test_no_scaling_in_where_it_is_disabled(fresh):
    dynamodb = make_table(fresh, reads=5, writes=10)
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    track(scaling, DisableScaleIn=True)
    for _ in range(20):
        puts(dynamodb, 1)
        fresh.advance("1m")
    assert units(dynamodb)[1] == 10


def test_a_table_without_traffic_is_not_scaled_in(fresh):
    dynamodb = make_table(fresh, reads=5, writes=10)
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    track(scaling)
    fresh.advance("2h")
    assert units(dynamodb)[1] == 10


def test_suspended_scaling_does_nothing(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    scaling.register_scalable_target(ResourceId="table/small", MinCapacity=5, MaxCapacity=40,
                                     SuspendedState={"DynamicScalingOutSuspended": True}, **WRITES)
    track(scaling)
    for _ in range(3):
        puts(dynamodb, 600)
        fresh.advance("1m")
    assert units(dynamodb)[1] == 5


def test_bounds_move_the_capacity(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    register(scaling, minimum=1)
    track(scaling)
    register(scaling, minimum=8)
    fresh.advance("1s")
    assert units(dynamodb)[1] == 8
    register(scaling, minimum=1, maximum=4)
    fresh.advance("1s")
    assert units(dynamodb)[1] == 4


def test_a_scheduled_action_acts_at_its_time(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    scaling.put_scheduled_action(ScheduledActionName="morning", Schedule="cron(30 0 * * ? *)", ResourceId="table/small",
                                 ScalableTargetAction={"MinCapacity": 20, "MaxCapacity": 30}, **WRITES)
    scaling.put_scheduled_action(ScheduledActionName="once", Schedule="at(2026-01-01T01:00:00)", ResourceId="table/small",
                                 ScalableTargetAction={"MaxCapacity": 10}, **WRITES)
    fresh.advance("29m")
    assert units(dynamodb)[1] == 5
    fresh.advance("2m")
    assert units(dynamodb)[1] == 20
    fresh.advance("30m")
    assert units(dynamodb)[1] == 10
    named = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert [action["ScheduledActionName"] for action in named] == ["morning", "once"]
    scaling.delete_scheduled_action(ScheduledActionName="morning", ResourceId="table/small", **WRITES)
    fresh.advance("24h")
    assert units(dynamodb)[1] == 10


def test_targets_tags_and_policies_by_the_command_line(fresh):
    make_table(fresh)
    place = ["--service-namespace", "dynamodb", "--resource-id", "table/small",
             "--scalable-dimension", "dynamodb:table:WriteCapacityUnits"]
    arn = fresh.aws("application-autoscaling", "register-scalable-target", *place, "--min-capacity", "1",
                    "--max-capacity", "9", "--tags", "team=blue")["ScalableTargetARN"]
    fresh.aws("application-autoscaling", "tag-resource", "--resource-arn", arn, "--tags", "cost=low")
    assert fresh.aws("application-autoscaling", "list-tags-for-resource", "--resource-arn", arn)["Tags"] == {
        "team": "blue", "cost": "low"}
    fresh.aws("application-autoscaling", "untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    assert fresh.aws("application-autoscaling", "list-tags-for-resource", "--resource-arn", arn)["Tags"] == {"cost": "low"}
    fresh.aws("application-autoscaling", "put-scaling-policy", *place, "--policy-name", "p", "--policy-type",
              "TargetTrackingScaling", "--target-tracking-scaling-policy-configuration",
              "TargetValue=50,PredefinedMetricSpecification={PredefinedMetricType=DynamoDBWriteCapacityUtilization}")
    policies = fresh.aws("application-autoscaling", "describe-scaling-policies", "--service-namespace", "dynamodb")
    assert [policy["PolicyName"] for policy in policies["ScalingPolicies"]] == ["p"]
    assert len(policies["ScalingPolicies"][0]["Alarms"]) == 4
    fresh.aws("application-autoscaling", "delete-scaling-policy", *place, "--policy-name", "p")
    fresh.aws("application-autoscaling", "deregister-scalable-target", *place)
    assert fresh.aws("application-autoscaling", "describe-scalable-targets", "--service-namespace", "dynamodb") == {
        "ScalableTargets": []}


@pytest.mark.parametrize("call, arguments, code", [
    ("register_scalable_target", {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
                                  "ResourceId": "service/a/b", "MinCapacity": 1, "MaxCapacity": 2}, "ValidationException"),
    ("register_scalable_target", {"ResourceId": "table/none", "MinCapacity": 1, "MaxCapacity": 2}, "ValidationException"),
    ("register_scalable_target", {"ResourceId": "table/small", "MinCapacity": 3, "MaxCapacity": 2}, "ValidationException"),
    ("register_scalable_target", {"ResourceId": "table/small", "MinCapacity": 3}, "ValidationException"),
    ("register_scalable_target", {"ResourceId": "small", "MinCapacity": 1, "MaxCapacity": 2}, "ValidationException"),
    ("deregister_scalable_target", {"ResourceId": "table/small"}, "ObjectNotFoundException"),
    ("delete_scaling_policy", {"ResourceId": "table/small", "PolicyName": "p"}, "ObjectNotFoundException"),
    ("delete_scheduled_action", {"ResourceId": "table/small", "ScheduledActionName": "s"}, "ObjectNotFoundException"),
    ("put_scheduled_action", {"ResourceId": "table/small", "ScheduledActionName": "s", "Schedule": "rate(1 day)",
                              "ScalableTargetAction": {"MinCapacity": 1}}, "ObjectNotFoundException"),
])
def test_what_cannot_be_is_refused(fresh, call, arguments, code):
    make_table(fresh)
    scaling = fresh.client("application-autoscaling")
    answer = refused(getattr(scaling, call), **{**WRITES, **arguments})
    assert answer["Error"]["Code"] == code, answer


def test_a_policy_is_checked(fresh):
    make_table(fresh)
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    for more in ({"target": 10.0}, {"target": 95.0}, {"ScaleInCooldown": -1}):
        with pytest.raises(scaling.exceptions.ValidationException):
            track(scaling, **more)
    with pytest.raises(scaling.exceptions.ValidationException):
        scaling.put_scheduled_action(ScheduledActionName="s", Schedule="cron(every day)", ResourceId="table/small",
                                     ScalableTargetAction={"MinCapacity": 1}, **WRITES)
    track(scaling)
    with pytest.raises(scaling.exceptions.ValidationException):
        scaling.put_scaling_policy(
            PolicyName="second", PolicyType="TargetTrackingScaling", ResourceId="table/small",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}, **WRITES)


def test_idle_is_not_kept_from_coming(fresh):
    make_table(fresh)
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    track(scaling)
    scaling.put_scheduled_action(ScheduledActionName="s", Schedule="rate(1 minute)", ResourceId="table/small",
                                 ScalableTargetAction={"MinCapacity": 1}, **WRITES)
    fresh.ctl("clock", "advance-to-idle")


def test_targets_are_found_again_in_a_data_directory(start, tmp_path):
    arguments = ("--clock", "virtual", "--data", str(tmp_path / "data"))
    first = start(*arguments)
    make_table(first, reads=5, writes=5)
    scaling = first.client("application-autoscaling")
    register(scaling, minimum=5)
    track(scaling, ScaleOutCooldown=30)
    scaling.put_scheduled_action(ScheduledActionName="noon", Schedule="cron(0 12 * * ? *)", ResourceId="table/small",
                                 ScalableTargetAction={"MinCapacity": 7}, **WRITES)

    def told(server):
        client = server.client("application-autoscaling")
        answers = [client.describe_scalable_targets(ServiceNamespace="dynamodb"),
                   client.describe_scaling_policies(ServiceNamespace="dynamodb"),
                   client.describe_scheduled_actions(ServiceNamespace="dynamodb")]
        return [{key: value for key, value in answer.items() if key != "ResponseMetadata"} for answer in answers]

    before = told(first)
    first.stop()
    second = start(*arguments)
    assert told(second) == before and len(before[1]["ScalingPolicies"]) == 1
    dynamodb = second.client("dynamodb")
    for _ in range(2):
        puts(dynamodb, 600)
        second.advance("1m")
    second.advance("1s")
    assert units(dynamodb)[1] == 15
    second.ctl("reset")
    second.stop()
    third = start(*arguments)
    assert told(third)[0] == {"ScalableTargets": []}


# --- global tables -----------------------------------------------------------------------------------


def add_replica(server, dynamodb, region=WEST, name="small"):
    dynamodb.update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": region}}])
    server.ctl("clock", "advance-to-idle")


def make_global(server, writes=5):
    dynamodb = make_table(server, reads=5, writes=writes)
    scaling = server.client("application-autoscaling")
    register(scaling, minimum=writes)
    track(scaling)
    add_replica(server, dynamodb)
    return dynamodb, server.client("dynamodb", WEST)


def test_a_replica_needs_auto_scaling(fresh):
    dynamodb = make_table(fresh, reads=5, writes=5)
    create = {"TableName": "small", "ReplicaUpdates": [{"Create": {"RegionName": WEST}}]}
    answer = refused(dynamodb.update_table, **create)
    assert answer["Error"]["Message"] == "Table write capacity should either be Pay-Per-Request or AutoScaled."
    scaling = fresh.client("application-autoscaling")
    register(scaling)
    assert refused(dynamodb.update_table, **create)["Error"]["Code"] == "ValidationException"  # no policy yet
    track(scaling)
    add_replica(fresh, dynamodb)
    west = fresh.client("dynamodb", WEST)
    assert units(west) == (5, 5)
    replicas = dynamodb.describe_table_replica_auto_scaling(TableName="small")["TableAutoScalingDescription"]["Replicas"]
    writes = [replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"] for replica in replicas]
    assert [setting["MaximumUnits"] for setting in writes] == [40, 40]
    assert writes[0]["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70


def test_replicated_writes_wait_for_write_capacity(fresh):
    east, west = make_global(fresh)
    fresh.advance("10m")
    puts(west, 1450)  # they consume in both Regions
    fresh.ctl("clock", "advance-to-idle")
    scaled = fresh.client("application-autoscaling", WEST)
    scaled.delete_scaling_policy(PolicyName="track-Write", ResourceId="table/small", **WRITES)
    puts(east, 50)
    puts(west, 50, name="small")
    fresh.advance("2s")
    way = fresh.ctl("replication", "small")["links"]
    told = next(link for link in way if link["to"] == EAST)
    assert (told["state"], told["reason"]) == ("draining", "write-capacity") and 0 < told["pending"] <= 50
    held = east.scan(TableName="small", Select="COUNT")["Count"]
    assert held == 1450
    assert refused(east.put_item, TableName="small", Item={"pk": {"S": "x"}})["Error"]["Code"] == PROVISIONED_EXCEEDED
    fresh.advance("60s")
    east.put_item(TableName="small", Item={"pk": {"S": "x"}})
    fresh.ctl("clock", "advance-to-idle")
    assert west.get_item(TableName="small", Key={"pk": {"S": "x"}})["Item"] == {"pk": {"S": "x"}}


def test_a_write_scales_all_replicas_and_reads_stay_their_own(fresh):
    east, west = make_global(fresh)
    east.update_table_replica_auto_scaling(TableName="small", ReplicaUpdates=[{
        "RegionName": WEST, "ReplicaProvisionedReadCapacityAutoScalingUpdate": {
            "MinimumUnits": 5, "MaximumUnits": 50,
            "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0}}}}])
    for _ in range(2):
        for _ in range(250):
            west.get_item(TableName="small", Key={"pk": {"S": "a"}}, ConsistentRead=True)
        fresh.advance("1m")
    fresh.advance("2s")
    assert units(west) == (9, 5) and units(east) == (5, 5)
    for _ in range(2):
        puts(east, 600)
        fresh.advance("1m")
    fresh.advance("2s")
    assert units(west) == (9, 15) and units(east) == (5, 15)


def test_the_writes_of_all_replicas_are_set_together(fresh):
    east, west = make_global(fresh)
    east.update_table_replica_auto_scaling(
        TableName="small", ProvisionedWriteCapacityAutoScalingUpdate={"MinimumUnits": 7, "MaximumUnits": 9})
    fresh.advance("2s")
    for dynamodb in (east, west):
        assert units(dynamodb)[1] == 7
    answer = refused(east.update_table_replica_auto_scaling, TableName="small",
                     ProvisionedWriteCapacityAutoScalingUpdate={"MinimumUnits": 9, "MaximumUnits": 7})
    assert answer["Error"]["Code"] == "ValidationException"
