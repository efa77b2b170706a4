"""The life of a replica with boto3: made, filled, changed, removed; with capacity, through outages, resets and restarts."""

import contextlib

import botocore.exceptions
import pytest
from conftest import EAST, OBSERVER, WEST, Server

REGIONS = (EAST, OBSERVER, WEST, "eu-west-1", "eu-central-1", "ap-northeast-1", "sa-east-1", "ca-central-1")
WORLD = "world: many-regions\nregions: [" + ", ".join(f"{{name: {name}}}" for name in REGIONS) + "]\n"
TABLE = "orders"
DELAY = ("--clock", "virtual", "--transient-delay", "9s")


@pytest.fixture
def world(tmp_path):
    (tmp_path / "world.yaml").write_text(WORLD)
    return ("--world", str(tmp_path / "world.yaml"))


@pytest.fixture
def lab(start, world):
    return start(*world, *DELAY)


def make_table(lab, region=EAST, **more):
    lab.client("dynamodb", region).create_table(**{
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], **more})
    lab.advance("9s")


def put_many(lab, count, region=EAST):
    client = lab.client("dynamodb", region)
    for first in range(0, count, 25):
        client.batch_write_item(RequestItems={TABLE: [
            {"PutRequest": {"Item": {"id": {"S": f"k{number}"}}}} for number in range(first, min(first + 25, count))]})


def change(lab, region=EAST, **members):
    return lab.client("dynamodb", region).update_table(TableName=TABLE, **members)["TableDescription"]


def add(lab, replica, region=EAST, wait="9s", **more):
    answer = change(lab, region, ReplicaUpdates=[{"Create": {"RegionName": replica, **more}}])
    lab.advance(wait)
    return answer


def remove(lab, replica, region=EAST, wait="21s"):
    change(lab, region, ReplicaUpdates=[{"Delete": {"RegionName": replica}}])
    lab.advance(wait)


def describe(lab, region=EAST):
    try:
        return lab.client("dynamodb", region).describe_table(TableName=TABLE)["Table"]
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"
        return None


def replicas(lab, region=EAST):
    return [(entry["RegionName"], entry["ReplicaStatus"]) for entry in describe(lab, region).get("Replicas", [])]


@contextlib.contextmanager
def refused(code, text=""):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code
    assert text in caught.value.response["Error"]["Message"]


# --- filling -----------------------------------------------------------------------------------------


def test_a_replica_is_filled_at_the_pace_of_the_link(lab):
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    add(lab, WEST, wait="4s")
    seen = []
    for _ in range(20):
        here, there = describe(lab), describe(lab, WEST)
        seen.append((here["TableStatus"], replicas(lab)[0][1], there["TableStatus"], there["ItemCount"]))
        lab.advance("1s")
    assert ("ACTIVE", "CREATING", "CREATING", 200) in seen and ("ACTIVE", "CREATING", "CREATING", 800) in seen
    assert ("UPDATING", "CREATING", "CREATING", 1000) in seen
    assert seen[-1] == ("ACTIVE", "ACTIVE", "ACTIVE", 1000)
    counts = [count for _, _, _, count in seen]
    assert counts == sorted(counts)


def test_writes_and_deletes_go_on_while_a_replica_is_filled(lab):
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    add(lab, WEST, wait="6s")
    client = lab.client("dynamodb")
    for number in (0, 500, 999):
        client.delete_item(TableName=TABLE, Key={"id": {"S": f"k{number}"}})
        client.put_item(TableName=TABLE, Item={"id": {"S": f"n{number}"}})
    lab.advance("60s")
    here = {item["id"]["S"] for item in client.scan(TableName=TABLE)["Items"]}
    there = {item["id"]["S"] for item in lab.client("dynamodb", WEST).scan(TableName=TABLE)["Items"]}
    assert here == there and len(there) == 1000 and "n500" in there and "k500" not in there


@pytest.mark.parametrize("broken", ["link", "target", "source"])
def test_filling_waits_for_an_outage_to_end(lab, broken):
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    add(lab, WEST, wait="6s")
    if broken == "link":
        lab.ctl("link", "partition", EAST, WEST)
    else:
        lab.ctl("region", "down", WEST if broken == "target" else EAST)
    lab.advance("2h")
    if broken == "link":
        assert replicas(lab) == [(WEST, "CREATING")] and describe(lab, WEST)["ItemCount"] < 1000
        with refused("ResourceInUseException", "The resource which you are attempting to change is in use."):
            lab.client("dynamodb").delete_table(TableName=TABLE)
        lab.ctl("link", "heal", EAST, WEST)
    else:
        lab.ctl("region", "up", WEST if broken == "target" else EAST)
    lab.advance("40s")
    assert replicas(lab) == [(WEST, "ACTIVE")] and describe(lab, WEST)["ItemCount"] == 1000


def test_a_replica_in_a_region_that_is_down_leaves_no_trace(lab):
    make_table(lab)
    lab.ctl("region", "down", WEST)
    assert add(lab, WEST, wait="1s")["TableStatus"] == "UPDATING"
    lab.advance("9s")
    table = describe(lab)
    assert table["TableStatus"] == "ACTIVE" and "Replicas" not in table and "GlobalTableVersion" not in table
    lab.ctl("region", "up", WEST)
    assert describe(lab, WEST) is None
    add(lab, WEST)
    assert replicas(lab) == [(WEST, "ACTIVE")]


def test_a_filling_without_permission_for_twenty_hours_is_given_up(lab):
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    add(lab, WEST, wait="6s")
    lab.ctl("fault", "add", "deny-replication", "--region", WEST, "--resource", TABLE)
    lab.advance("21h")
    table = describe(lab)
    assert table["TableStatus"] == "ACTIVE" and "Replicas" not in table
    assert describe(lab, WEST) is None


def test_a_table_may_have_a_replica_in_every_region(lab):
    make_table(lab)
    for number, region in enumerate(REGIONS[1:]):
        add(lab, region, region=REGIONS[number])  # each from the one before
    for region in REGIONS:
        assert replicas(lab, region) == [(name, "ACTIVE") for name in REGIONS if name != region]
    lab.client("dynamodb", REGIONS[-1]).put_item(TableName=TABLE, Item={"id": {"S": "far"}})
    lab.advance("10s")
    assert all(describe(lab, region)["ItemCount"] == 1 for region in REGIONS)
    with refused("ValidationException", "acted as a source region"):
        remove(lab, REGIONS[1])
    for region in reversed(REGIONS[1:]):  # leaves first
        remove(lab, region)
    assert "Replicas" not in describe(lab)


# --- as CloudFormation's AWS::DynamoDB::GlobalTable does it --------------------------------------------


def test_the_order_of_calls_of_a_global_table_resource(lab):
    client = lab.client("dynamodb")
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[{"IndexName": "by_g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                 "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"}, Tags=[{"Key": "stack", "Value": "one"}])
    lab.advance("9s")
    client.get_waiter("table_exists").wait(TableName=TABLE)
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})
    lab.advance("60s")
    client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for region in (OBSERVER, WEST):
        add(lab, region, GlobalSecondaryIndexes=[{"IndexName": "by_g"}], TableClassOverride="STANDARD_INFREQUENT_ACCESS")
        lab.advance("60s")
        there = lab.client("dynamodb", region)
        there.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        there.tag_resource(ResourceArn=describe(lab, region)["TableArn"], Tags=[{"Key": "stack", "Value": "one"}])
        change(lab, region, DeletionProtectionEnabled=True)
        lab.advance("9s")
    assert replicas(lab) == [(OBSERVER, "ACTIVE"), (WEST, "ACTIVE")]
    for entry in describe(lab)["Replicas"]:
        assert entry["ReplicaTableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
        assert [index["IndexName"] for index in entry["GlobalSecondaryIndexes"]] == ["by_g"]
        assert entry["KMSMasterKeyId"].startswith(f"arn:aws:kms:{entry['RegionName']}:")
    for region in (WEST, OBSERVER):
        change(lab, region, DeletionProtectionEnabled=False)
        lab.advance("9s")
        remove(lab, region)
        assert describe(lab, region) is None
    client.delete_table(TableName=TABLE)
    lab.advance("9s")
    assert describe(lab) is None


# --- indexes -------------------------------------------------------------------------------------------


def make_index(lab, region=EAST):
    change(lab, region, AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "g")],
           GlobalSecondaryIndexUpdates=[{"Create": {
               "IndexName": "by_g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
               "Projection": {"ProjectionType": "ALL"}}}])


def index_states(lab, *regions):
    return [[index["IndexStatus"] for index in describe(lab, region).get("GlobalSecondaryIndexes", [])] for region in regions]


def test_an_index_is_filled_in_every_member(lab):
    make_table(lab)
    put_many(lab, 20000)
    add(lab, WEST, wait="40s")
    make_index(lab, WEST)
    lab.advance("9010ms")
    assert index_states(lab, EAST, WEST) == [["CREATING"], ["CREATING"]]
    assert describe(lab)["TableStatus"] == "ACTIVE"  # and yet not free
    in_use = "The resource which you are attempting to change is in use."
    with refused("ResourceInUseException", in_use):
        lab.client("dynamodb", WEST).delete_table(TableName=TABLE)
    with refused("ResourceInUseException", in_use):
        add(lab, OBSERVER)
    with refused("ResourceInUseException", in_use):
        remove(lab, WEST)
    lab.advance("60s")
    assert index_states(lab, EAST, WEST) == [["ACTIVE"], ["ACTIVE"]]


def test_an_index_is_filled_although_a_member_is_cut_off_for_good(lab):
    make_table(lab)
    put_many(lab, 20000)
    add(lab, WEST, wait="40s")
    make_index(lab)
    lab.advance("9010ms")
    lab.ctl("fault", "add", "deny-replication", "--region", WEST, "--resource", TABLE)
    lab.advance("21h")
    assert "Replicas" not in describe(lab, WEST) and "Replicas" not in describe(lab)
    assert index_states(lab, EAST, WEST) == [["ACTIVE"], ["ACTIVE"]]


def test_a_deleted_index_ends_its_filling_everywhere(lab):
    make_table(lab)
    put_many(lab, 20000)
    add(lab, WEST, wait="40s")
    make_index(lab)
    lab.advance("9010ms")
    change(lab, WEST, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_g"}}])
    lab.advance("60s")
    assert index_states(lab, EAST, WEST) == [[], []]
    remove(lab, WEST)
    assert describe(lab, WEST) is None


# --- provisioned capacity ------------------------------------------------------------------------------


PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}}


def scale_writes(lab, region=EAST, resource=f"table/{TABLE}", dimension="dynamodb:table:WriteCapacityUnits"):
    scaling = lab.client("application-autoscaling", region)
    target = {"ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension}
    scaling.register_scalable_target(MinCapacity=5, MaxCapacity=50, **target)
    scaling.put_scaling_policy(
        PolicyName="writes", PolicyType="TargetTrackingScaling", **target,
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}})


def units(lab, region):
    found = describe(lab, region)["ProvisionedThroughput"]
    return found["ReadCapacityUnits"], found["WriteCapacityUnits"]


def test_replicas_of_a_provisioned_table_need_writes_that_scale(lab):
    make_table(lab, **PROVISIONED)
    with refused("ValidationException", "Table write capacity should either be Pay-Per-Request or AutoScaled."):
        add(lab, WEST)
    scale_writes(lab)
    add(lab, WEST, ProvisionedThroughputOverride={"ReadCapacityUnits": 20})
    assert replicas(lab) == [(WEST, "ACTIVE")] and units(lab, EAST) == (10, 5) and units(lab, WEST) == (20, 5)
    assert describe(lab)["Replicas"][0]["ProvisionedThroughputOverride"] == {"ReadCapacityUnits": 20}
    assert "BillingModeSummary" not in describe(lab, WEST)
    targets = lab.client("application-autoscaling", WEST).describe_scalable_targets(ServiceNamespace="dynamodb")
    assert [target["ResourceId"] for target in targets["ScalableTargets"]] == [f"table/{TABLE}"]


def test_provisioned_capacity_is_shared_and_reads_can_be_overridden(lab):
    make_table(lab, **PROVISIONED)
    scale_writes(lab)
    add(lab, WEST)
    change(lab, WEST, ProvisionedThroughput={"ReadCapacityUnits": 12, "WriteCapacityUnits": 8})
    lab.advance("9s")
    assert units(lab, EAST) == units(lab, WEST) == (12, 8)
    change(lab, ReplicaUpdates=[{"Update": {"RegionName": WEST, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 30}}}])
    lab.advance("9s")
    assert units(lab, EAST) == (12, 8) and units(lab, WEST) == (30, 8)
    change(lab, ReplicaUpdates=[{"Update": {"RegionName": WEST, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 12}}}])
    lab.advance("9s")
    assert units(lab, WEST) == (12, 8) and "ProvisionedThroughputOverride" not in describe(lab)["Replicas"][0]
    change(lab, ReplicaUpdates=[{"Update": {"RegionName": WEST, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 30}}}])
    lab.advance("9s")
    change(lab, ProvisionedThroughput={"ReadCapacityUnits": 15, "WriteCapacityUnits": 8})  # reads too: everywhere
    lab.advance("9s")
    assert units(lab, EAST) == units(lab, WEST) == (15, 8)
    assert "ProvisionedThroughputOverride" not in describe(lab)["Replicas"][0]


def test_the_capacity_mode_is_shared(lab):
    make_table(lab, **PROVISIONED)
    scale_writes(lab)
    add(lab, WEST, ProvisionedThroughputOverride={"ReadCapacityUnits": 20})
    with refused("ValidationException", "MaxReadRequestUnits for OnDemandThroughput cannot be specified"):
        change(lab, ReplicaUpdates=[{"Update": {"RegionName": WEST, "OnDemandThroughputOverride": {"MaxReadRequestUnits": 5}}}])
    change(lab, WEST, BillingMode="PAY_PER_REQUEST")
    lab.advance("9s")
    for region in (EAST, WEST):
        assert describe(lab, region)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughputOverride" not in describe(lab)["Replicas"][0]


def test_an_index_of_a_provisioned_table_needs_writes_that_scale(lab):
    index = {"IndexName": "by_g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": PROVISIONED["ProvisionedThroughput"]}
    make_table(lab, **PROVISIONED, GlobalSecondaryIndexes=[index], AttributeDefinitions=[
        {"AttributeName": name, "AttributeType": "S"} for name in ("id", "g")])
    scale_writes(lab)
    with refused("ValidationException", "GSI write capacity should either be Pay-Per-Request or AutoScaled."):
        add(lab, WEST)
    scale_writes(lab, resource=f"table/{TABLE}/index/by_g", dimension="dynamodb:index:WriteCapacityUnits")
    add(lab, WEST, GlobalSecondaryIndexes=[{"IndexName": "by_g", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 33}}])
    entry = describe(lab)["Replicas"][0]["GlobalSecondaryIndexes"][0]
    assert entry["ProvisionedThroughputOverride"] == {"ReadCapacityUnits": 33}
    there = describe(lab, WEST)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
    assert (there["ReadCapacityUnits"], there["WriteCapacityUnits"]) == (33, 5)


# --- resets and restarts in each state -------------------------------------------------------------------

# What is under way when the process ends or the world is reset, and what comes of it in the end.
STATES = {
    "asked to add": (lambda lab: add(lab, WEST, wait="1s"), [(WEST, "ACTIVE")]),
    "filling": (lambda lab: add(lab, WEST, wait="5s"), [(WEST, "ACTIVE")]),
    "filled": (lambda lab: add(lab, WEST, wait="16s"), [(WEST, "ACTIVE")]),
    "an override": (lambda lab: (add(lab, WEST, wait="40s"), change(lab, ReplicaUpdates=[
        {"Update": {"RegionName": WEST, "TableClassOverride": "STANDARD_INFREQUENT_ACCESS"}}])), [(WEST, "ACTIVE")]),
    "a shared setting": (lambda lab: (add(lab, WEST, wait="40s"), change(lab, WEST, TableClass="STANDARD_INFREQUENT_ACCESS"),
                                      lab.advance("1s")), [(WEST, "ACTIVE")]),
    "protection": (lambda lab: (add(lab, WEST, wait="40s"), change(lab, WEST, DeletionProtectionEnabled=True)), [(WEST, "ACTIVE")]),
    "a third one": (lambda lab: (add(lab, WEST, wait="40s"), add(lab, OBSERVER, wait="5s")),
                    [(WEST, "ACTIVE"), (OBSERVER, "ACTIVE")]),
    "asked to remove": (lambda lab: (add(lab, WEST, wait="40s"), remove(lab, WEST, wait="1s")), []),
    "removing": (lambda lab: (add(lab, WEST, wait="40s"), remove(lab, WEST, wait="10s")), []),
    "removed from the list": (lambda lab: (add(lab, WEST, wait="40s"), remove(lab, WEST, wait="19s")), []),
}


@pytest.mark.parametrize("state", STATES)
def test_a_restart_goes_on_with_what_was_under_way(tmp_path, world, state):
    def begin(name):
        directory = tmp_path / name
        directory.mkdir()
        return Server(directory, *world, *DELAY, "--data", str(tmp_path / "data"))

    prepare, wanted = STATES[state]
    lab = begin("first")
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    prepare(lab)
    lab.process.kill()
    lab.process.wait()
    lab.log.close()
    lab = begin("second")
    try:
        lab.advance("90s")
        assert describe(lab)["TableStatus"] == "ACTIVE" and replicas(lab) == wanted
        regions = [name for name, _ in wanted]
        for region in (WEST, OBSERVER):
            table = describe(lab, region)
            assert (table is not None) == (region in regions)
            assert table is None or (table["TableStatus"], table["ItemCount"]) == ("ACTIVE", 1000)
        rare = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
        if state == "an override":
            assert describe(lab)["Replicas"][0]["ReplicaTableClassSummary"] == rare
        if state == "a shared setting":
            assert describe(lab)["TableClassSummary"]["TableClass"] == rare["TableClass"]
        lab.client("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "after"}})
        lab.advance("60s")
        assert all(describe(lab, region)["ItemCount"] == 1001 for region in regions)
    finally:
        lab.stop()


@pytest.mark.parametrize("state", STATES)
def test_a_reset_ends_whatever_was_under_way(lab, state):
    make_table(lab)
    put_many(lab, 1000)
    lab.ctl("link", "drain", EAST, WEST, "100")
    STATES[state][0](lab)
    lab.ctl("reset")
    lab.advance("90s")
    for region in REGIONS:
        assert describe(lab, region) is None
    make_table(lab, WEST)
    add(lab, EAST, region=WEST)
    assert replicas(lab, WEST) == [(EAST, "ACTIVE")]


def test_groups_of_one_name_stay_apart_through_a_restart(tmp_path, world):
    def begin(name):
        directory = tmp_path / name
        directory.mkdir()
        return Server(directory, *world, *DELAY, "--data", str(tmp_path / "data"))

    lab = begin("first")
    make_table(lab)
    make_table(lab, "eu-west-1")
    add(lab, WEST)
    add(lab, "eu-central-1", region="eu-west-1")
    lab.process.kill()
    lab.process.wait()
    lab.log.close()
    lab = begin("second")
    try:
        lab.advance("9s")
        assert replicas(lab) == [(WEST, "ACTIVE")] and replicas(lab, "eu-west-1") == [("eu-central-1", "ACTIVE")]
        lab.client("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "here"}})
        lab.advance("10s")
        assert describe(lab, WEST)["ItemCount"] == 1 and describe(lab, "eu-central-1")["ItemCount"] == 0
    finally:
        lab.stop()


# --- the AWS CLI -------------------------------------------------------------------------------------------


def test_the_aws_cli_adds_changes_and_removes(lab):
    make_table(lab)

    def update(*updates, fails=False):
        return lab.aws("dynamodb", "update-table", "--table-name", TABLE, "--replica-updates", *updates, fails=fails)

    assert update(f"Create={{RegionName={WEST}}}")["TableDescription"]["Replicas"] == []
    lab.advance("9s")
    text = update(f"Create={{RegionName={WEST}}}", fails=True)
    assert "because one or more replicas already existed as tables" in text and "\u2018orders\u2019" in text
    assert "more than one create or delete" in update(
        f"Create={{RegionName={OBSERVER}}}", "Create={RegionName=eu-west-1}", fails=True)
    assert "ap-south-1 is not supported" in update("Create={RegionName=ap-south-1}", fails=True)
    update(f"Update={{RegionName={WEST},TableClassOverride=STANDARD_INFREQUENT_ACCESS}}")
    lab.advance("9s")
    found = lab.aws("dynamodb", "describe-table", "--table-name", TABLE)["Table"]["Replicas"][0]
    assert found["ReplicaTableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    update(f"Delete={{RegionName={WEST}}}")
    lab.advance("21s")
    assert "ResourceNotFoundException" in lab.aws("dynamodb", "describe-table", "--table-name", TABLE, region=WEST, fails=True)
    assert "InternalServerError" in lab.aws("dynamodb", "list-global-tables", "--region-name", "nowhere", fails=True)
