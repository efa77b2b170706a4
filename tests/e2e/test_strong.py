"""Global tables with multi-Region strong consistency: made, dissolved, read and written, cut off, in conflict."""

import concurrent.futures
import time

import botocore.exceptions
import pytest
from conftest import EAST, OBSERVER, WEST

WORLD = """
world: three-regions
regions: [{name: us-east-1}, {name: us-east-2}, {name: us-west-2}, {name: eu-west-1}, {name: us-west-1}]
"""
REGIONS = (EAST, OBSERVER, WEST)
TABLE = "accounts"


@pytest.fixture
def world(start, tmp_path):
    (tmp_path / "world.yaml").write_text(WORLD)
    return lambda *arguments: start("--world", str(tmp_path / "world.yaml"), "--clock", "virtual", *arguments)


@pytest.fixture
def lab(world):
    return world()


def make_table(lab, region=EAST, **more):
    lab.client("dynamodb", region).create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more)
    settle(lab, "1s")


def settle(lab, duration):
    """Lets simulated time pass; a real clock needs a moment only, without transient delays."""
    if lab.ctl("clock", "show")["mode"] == "virtual":
        lab.advance(duration)
    else:
        time.sleep(0.2)


def make_strong(lab, witness=None, region=EAST):
    make_table(lab, region)
    others = [name for name in REGIONS if name not in (region, witness)]
    change = {"MultiRegionConsistency": "STRONG",
              "ReplicaUpdates": [{"Create": {"RegionName": name}} for name in others]}
    if witness is not None:
        change["GlobalTableWitnessUpdates"] = [{"Create": {"RegionName": witness}}]
    answer = lab.client("dynamodb", region).update_table(TableName=TABLE, **change)["TableDescription"]
    settle(lab, "5s")
    return answer


def describe(lab, region=EAST):
    return lab.client("dynamodb", region).describe_table(TableName=TABLE)["Table"]


def put(lab, region, key, value):
    lab.client("dynamodb", region).put_item(TableName=TABLE, Item={"id": {"S": key}, "v": {"S": value}})


def get(lab, region, key, consistent=True):
    answer = lab.client("dynamodb", region).get_item(TableName=TABLE, Key={"id": {"S": key}},
                                                     ConsistentRead=consistent)
    return answer.get("Item", {}).get("v", {}).get("S")


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*arguments, **more)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"]


def change(lab, region=EAST, **more):
    return refused(lab.client("dynamodb", region).update_table, TableName=TABLE, **more)


# --- making and dissolving -------------------------------------------------------------------------


def test_three_replicas_come_with_one_call(lab):
    answer = make_strong(lab)
    assert (answer["TableStatus"], answer["MultiRegionConsistency"], answer["GlobalTableVersion"]) == \
        ("UPDATING", "STRONG", "2019.11.21")
    for region in REGIONS:
        table = describe(lab, region)
        assert (table["TableStatus"], table["MultiRegionConsistency"]) == ("ACTIVE", "STRONG")
        assert sorted(replica["RegionName"] for replica in table["Replicas"]) == sorted(set(REGIONS) - {region})
        assert "GlobalTableWitnesses" not in table
        assert "StreamSpecification" not in table  # off by default, unlike with eventual consistency


def test_a_witness_is_told_but_is_no_table(lab):
    make_strong(lab, witness=WEST)
    table = describe(lab)
    assert [replica["RegionName"] for replica in table["Replicas"]] == [OBSERVER]
    assert table["GlobalTableWitnesses"] == [{"RegionName": WEST, "WitnessStatus": "ACTIVE"}]
    there = lab.client("dynamodb", WEST)
    assert there.list_tables()["TableNames"] == []
    assert refused(there.describe_table, TableName=TABLE)[0] == "ResourceNotFoundException"
    make_table(lab, WEST)  # one of the same name may exist in the witness's Region
    put(lab, EAST, "a", "1")
    assert get(lab, OBSERVER, "a") == "1"
    assert get(lab, WEST, "a") is None


def test_a_group_is_dissolved_in_one_call(lab):
    make_strong(lab, witness=WEST)
    put(lab, OBSERVER, "a", "1")
    dynamodb = lab.client("dynamodb")
    dynamodb.update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": OBSERVER}}],
                          GlobalTableWitnessUpdates=[{"Delete": {"RegionName": WEST}}])
    lab.advance("10s")
    table = describe(lab)
    assert table["TableStatus"] == "ACTIVE"
    assert not {"Replicas", "MultiRegionConsistency", "GlobalTableWitnesses", "GlobalTableVersion"} & set(table)
    assert lab.client("dynamodb", OBSERVER).list_tables()["TableNames"] == []
    assert get(lab, EAST, "a") == "1"  # what the other Region wrote is here
    put(lab, EAST, "b", "2")
    assert get(lab, EAST, "b") == "2"


CREATE = [{"Create": {"RegionName": OBSERVER}}]
BOTH = CREATE + [{"Create": {"RegionName": WEST}}]
WITNESS = [{"Create": {"RegionName": WEST}}]


@pytest.mark.parametrize(("request_", "text"), [
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": CREATE},
     "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG."),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": BOTH + [{"Create": {"RegionName": "eu-west-1"}}]},
     "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG."),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": CREATE + [{"Create": {"RegionName": "us-west-1"}}]},
     "Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [us-west-1]."),
    ({"ReplicaUpdates": CREATE, "GlobalTableWitnessUpdates": WITNESS},
     "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present."),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": BOTH, "GlobalTableWitnessUpdates": WITNESS},
     "Cannot target multiple regions with the same action"),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": CREATE,
      "GlobalTableWitnessUpdates": [{"Create": {"RegionName": EAST}}]},
     "Cannot add a witness in the same region as an existing replica when creating a global table with "
     "MultiRegionConsistency set to STRONG."),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": BOTH, "BillingMode": "PAY_PER_REQUEST"},
     "One or more parameter values were invalid: Requests that modify replicas or witnesses must not also modify "
     "other fields"),
    ({"MultiRegionConsistency": "STRONG"}, "At least one of ProvisionedThroughput"),
    ({"GlobalTableWitnessUpdates": [{"Delete": {"RegionName": WEST}}]}, "At least one of ProvisionedThroughput"),
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": [{"Delete": {"RegionName": WEST}}]},
     "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided."),
])
def test_a_wrong_step_is_refused_on_a_plain_table(lab, request_, text):
    make_table(lab)
    code, message = change(lab, **request_)
    assert code == "ValidationException" and message.startswith(text), message
    assert "Replicas" not in describe(lab)


@pytest.mark.parametrize(("request_", "text"), [
    ({"MultiRegionConsistency": "STRONG", "ReplicaUpdates": BOTH},
     "MultiRegionConsistency parameter is unsupported on existing global table"),
    ({"ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]},
     "Cannot add replicas to a global table with strong MultiRegionConsistency"),
    ({"ReplicaUpdates": [{"Delete": {"RegionName": "eu-west-1"}}]},
     "Update global table operation failed because one or more replicas were not part of the global table. Please "
     "retry the request without these replicas: [eu-west-1]."),
    ({"ReplicaUpdates": [{"Delete": {"RegionName": OBSERVER}}]},
     "Update table delete operation does not include all witnesses."),
    ({"ReplicaUpdates": [{"Delete": {"RegionName": OBSERVER}}],
      "GlobalTableWitnessUpdates": [{"Delete": {"RegionName": "eu-west-1"}}]},
     "Update global table operation failed because one or more witnesses were not part of the global table. Please "
     "retry the request without these witnesses: [eu-west-1]."),
])
def test_a_wrong_step_is_refused_on_a_strong_group(lab, request_, text):
    make_strong(lab, witness=WEST)
    code, message = change(lab, **request_)
    assert code == "ValidationException" and message.startswith(text), message


def test_replicas_of_a_strong_group_do_not_go_one_by_one(lab):
    make_strong(lab)
    text = "Deletion of only one table replica is not supported for global tables with MultiRegionConsistency set to " \
           "STRONG."
    assert change(lab, ReplicaUpdates=[{"Delete": {"RegionName": WEST}}]) == ("ValidationException", text)
    for region in REGIONS:
        assert refused(lab.client("dynamodb", region).delete_table, TableName=TABLE) == ("ValidationException", text)


def test_a_table_with_items_cannot_become_strong(lab):
    make_table(lab)
    put(lab, EAST, "a", "1")
    assert change(lab, MultiRegionConsistency="STRONG", ReplicaUpdates=BOTH)[0] == "ValidationException"


def test_what_strong_tables_do_not_support_is_refused(lab):
    make_strong(lab)
    dynamodb = lab.client("dynamodb")
    action = {"Put": {"TableName": TABLE, "Item": {"id": {"S": "a"}}}}
    assert refused(dynamodb.transact_write_items, TransactItems=[action])[0] == "ValidationException"
    get_action = {"Get": {"TableName": TABLE, "Key": {"id": {"S": "a"}}}}
    assert refused(dynamodb.transact_get_items, TransactItems=[get_action])[0] == "ValidationException"
    assert refused(dynamodb.update_time_to_live, TableName=TABLE,
                   TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})[0] == "ValidationException"


# --- reading and writing ---------------------------------------------------------------------------


@pytest.mark.parametrize("witness", [None, WEST])
def test_a_strong_read_anywhere_sees_the_latest_write(lab, witness):
    make_strong(lab, witness)
    replicas = [region for region in REGIONS if region != witness]
    for number, writer in enumerate(replicas * 3):
        put(lab, writer, "a", str(number))
        for reader in replicas:
            assert get(lab, reader, "a") == str(number)


def test_an_eventual_read_elsewhere_comes_after_the_way(lab):
    make_strong(lab)
    put(lab, EAST, "a", "1")
    assert get(lab, EAST, "a", consistent=False) == "1"
    assert get(lab, OBSERVER, "a", consistent=False) == "1"  # the nearest copy made the quorum
    assert get(lab, WEST, "a", consistent=False) is None
    lab.advance("1s")
    assert get(lab, WEST, "a", consistent=False) == "1"


def test_conditions_and_counters_see_the_latest_everywhere(lab):
    make_strong(lab)
    for region in REGIONS * 3:
        lab.client("dynamodb", region).update_item(
            TableName=TABLE, Key={"id": {"S": "n"}}, UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}})
    item = lab.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": "n"}}, ConsistentRead=True)["Item"]
    assert item["n"] == {"N": "9"}
    put(lab, EAST, "once", "1")
    assert refused(lab.client("dynamodb", WEST).put_item, TableName=TABLE, Item={"id": {"S": "once"}},
                   ConditionExpression="attribute_not_exists(id)")[0] == "ConditionalCheckFailedException"


def test_queries_scans_batches_and_statements_can_be_strong(lab):
    make_strong(lab)
    put(lab, EAST, "a", "1")
    west = lab.client("dynamodb", WEST)
    statement = f"SELECT v FROM {TABLE} WHERE id = 'a'"
    assert west.scan(TableName=TABLE)["Count"] == 0
    assert west.execute_statement(Statement=statement)["Items"] == []
    assert west.execute_statement(Statement=statement, ConsistentRead=True)["Items"] == [{"v": {"S": "1"}}]
    put(lab, EAST, "b", "2")
    assert west.scan(TableName=TABLE, ConsistentRead=True)["Count"] == 2
    put(lab, EAST, "c", "3")
    query = {"KeyConditionExpression": "id = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}}
    assert west.query(TableName=TABLE, ConsistentRead=True, **query)["Count"] == 1
    put(lab, EAST, "d", "4")
    keys = {"Keys": [{"id": {"S": "d"}}], "ConsistentRead": True}
    assert len(west.batch_get_item(RequestItems={TABLE: keys})["Responses"][TABLE]) == 1
    west.execute_statement(Statement=f"UPDATE {TABLE} SET v = 'x' WHERE id = 'd'")
    west.batch_write_item(RequestItems={TABLE: [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]})
    assert get(lab, EAST, "d") == "x" and get(lab, EAST, "a") is None


def test_each_replica_has_its_own_stream_with_every_write_in_the_same_order(lab):
    make_strong(lab)
    for region in (EAST, WEST):
        lab.client("dynamodb", region).update_table(
            TableName=TABLE, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        lab.advance("1s")
    for number, region in enumerate(REGIONS):
        put(lab, region, str(number), region)
    lab.advance("1s")
    assert records(lab, EAST) == records(lab, WEST) == ["0", "1", "2"]
    assert "LatestStreamArn" not in describe(lab, OBSERVER)


def records(lab, region):
    streams = lab.client("dynamodbstreams", region)
    arn = describe(lab, region)["LatestStreamArn"]
    found = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for record in streams.get_records(ShardIterator=iterator)["Records"]:
            found.append((record["dynamodb"]["SequenceNumber"], record["dynamodb"]["Keys"]["id"]["S"]))
    return [key for _, key in sorted(found)]


def test_an_index_follows_on_every_replica(lab):
    make_strong(lab)
    lab.client("dynamodb").update_table(
        TableName=TABLE, AttributeDefinitions=[{"AttributeName": "v", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "by-v", "Projection": {"ProjectionType": "ALL"},
                                                 "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}]}}])
    lab.advance("10s")
    put(lab, WEST, "a", "red")
    lab.advance("1s")
    for region in REGIONS:
        answer = lab.client("dynamodb", region).query(
            TableName=TABLE, IndexName="by-v", KeyConditionExpression="v = :v",
            ExpressionAttributeValues={":v": {"S": "red"}})
        assert answer["Count"] == 1, region


@pytest.mark.parametrize("witness", [None, WEST])
def test_a_strong_table_survives_the_end_of_its_process(world, tmp_path, witness):
    lab = world("--data", str(tmp_path / "data"))
    make_strong(lab, witness)
    put(lab, EAST, "a", "1")
    put(lab, OBSERVER, "b", "2")
    lab.process.kill()
    lab.process.wait()
    lab.log.close()
    lab = world("--data", str(tmp_path / "data"))
    assert describe(lab)["MultiRegionConsistency"] == "STRONG"
    assert describe(lab).get("GlobalTableWitnesses", []) == \
        ([{"RegionName": WEST, "WitnessStatus": "ACTIVE"}] if witness else [])
    assert get(lab, OBSERVER, "a") == "1" and get(lab, EAST, "b") == "2"
    put(lab, OBSERVER, "a", "3")
    assert get(lab, EAST, "a") == "3"
    lab.ctl("fault", "add", "partition", "--region", EAST)
    assert refused(put, lab, EAST, "a", "4")[0] == "InternalServerError"
    put(lab, OBSERVER, "a", "5")  # with the copy in the West, be it a replica or a witness


@pytest.mark.parametrize("step", ["making", "dissolving"])
def test_making_and_dissolving_go_on_after_the_end_of_the_process(world, tmp_path, step):
    data = ("--data", str(tmp_path / "data"), "--transient-delay", "10s")
    lab = world(*data)
    make_table(lab)
    lab.advance("20s")
    lab.client("dynamodb").update_table(
        TableName=TABLE, MultiRegionConsistency="STRONG", ReplicaUpdates=CREATE, GlobalTableWitnessUpdates=WITNESS)
    if step == "dissolving":
        lab.advance("30s")
        lab.client("dynamodb").update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": OBSERVER}}],
                                            GlobalTableWitnessUpdates=[{"Delete": {"RegionName": WEST}}])
    assert describe(lab)["TableStatus"] == "UPDATING"
    lab.process.kill()
    lab.process.wait()
    lab.log.close()
    lab = world(*data)
    lab.advance("60s")
    table = describe(lab)
    assert table["TableStatus"] == "ACTIVE"
    assert ("Replicas" in table) == (step == "making")
    put(lab, EAST, "a", "1")
    if step == "making":
        assert get(lab, OBSERVER, "a") == "1"


# --- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("witness", [None, WEST])
def test_the_others_go_on_when_a_region_is_down_and_it_catches_up(lab, witness):
    make_strong(lab, witness)
    put(lab, EAST, "a", "before")
    fault = lab.ctl("fault", "add", "region-down", "--region", EAST)["id"]
    for number in range(50):
        put(lab, OBSERVER, f"k{number}", "during")
    assert get(lab, OBSERVER, "a") == "before"  # acknowledged in the Region that is lost now: nothing is missing
    put(lab, OBSERVER, "a", "during")
    lab.ctl("fault", "clear", str(fault))
    assert refused(get, lab, EAST, "a")[0] == "InternalServerError"  # it has not caught up yet
    assert get(lab, EAST, "a", consistent=False) == "before"
    lab.advance("1s")
    assert get(lab, EAST, "a") == "during" and get(lab, EAST, "k49") == "during"


def test_an_isolated_region_answers_eventual_reads_alone(lab):
    make_strong(lab)
    put(lab, EAST, "a", "1")
    lab.advance("1s")
    lab.ctl("fault", "add", "partition", "--region", WEST)
    assert refused(put, lab, WEST, "a", "2")[0] == "InternalServerError"
    assert refused(get, lab, WEST, "a")[0] == "InternalServerError"
    put(lab, EAST, "a", "3")
    assert get(lab, OBSERVER, "a") == "3"
    assert get(lab, WEST, "a", consistent=False) == "1"


def test_a_way_that_is_cut_leaves_the_way_over_the_third_region(lab):
    make_strong(lab)
    lab.ctl("fault", "add", "partition", "--from", EAST, "--to", WEST)
    put(lab, EAST, "a", "1")
    lab.advance("1s")
    assert get(lab, WEST, "a") == "1"
    put(lab, WEST, "a", "2")
    assert get(lab, EAST, "a") == "2"


def test_the_pause_of_replication_isolates_the_replica_as_an_experiment_does(lab):
    make_strong(lab)
    fis = lab.client("fis", WEST)
    arn = describe(lab, WEST)["TableArn"]
    template = fis.create_experiment_template(
        description="isolate", roleArn="arn:aws:iam::000000000000:role/fis", stopConditions=[{"source": "none"}],
        actions={"pause": {"actionId": "aws:dynamodb:global-table-pause-replication",
                           "parameters": {"duration": "PT5M"}, "targets": {"Tables": "tables"}}},
        targets={"tables": {"resourceType": "aws:dynamodb:global-table", "resourceArns": [arn],
                            "selectionMode": "ALL"}})["experimentTemplate"]["id"]
    fis.start_experiment(experimentTemplateId=template)
    lab.advance("1s")
    assert refused(put, lab, WEST, "a", "1")[0] == "InternalServerError"
    put(lab, EAST, "a", "2")
    faults = lab.ctl("fault", "list")["faults"]
    assert sum(fault["hits"] for fault in faults) > 0
    lab.advance("6m")
    put(lab, WEST, "a", "3")
    assert get(lab, EAST, "a") == "3"


def test_writes_of_one_item_from_two_regions_at_once_conflict(start, tmp_path):
    (tmp_path / "world.yaml").write_text(WORLD)
    lab = start("--world", str(tmp_path / "world.yaml"), "--transient-delay", "0s")
    make_strong(lab)
    lab.ctl("fault", "add", "latency", "--latency", "1s", "--service", "dynamodb", "--operation", "PutItem")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(put, lab, EAST, "a", "east")
        time.sleep(0.3)
        second = pool.submit(put, lab, WEST, "a", "west")
        other = pool.submit(put, lab, WEST, "b", "west")
        first.result()
        other.result()
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            second.result()
    assert caught.value.response["Error"] == {
        "Code": "ReplicatedWriteConflictException",
        "Message": "One or more items in this request are being modified by a request in another Region."}
    assert get(lab, WEST, "a") == "east"
    put(lab, WEST, "a", "west")  # tried again
    assert get(lab, EAST, "a") == "west"
