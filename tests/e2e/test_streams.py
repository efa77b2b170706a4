"""DynamoDB Streams with boto3 and the AWS CLI: shards that roll over, and a consumer that reads parents before children."""

import time

import botocore.exceptions
import pytest
from conftest import EAST, WEST, shared

KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}

server = shared("--clock", "virtual")


def create(server, table, view="NEW_AND_OLD_IMAGES"):
    dynamodb = server.client("dynamodb")
    made = dynamodb.create_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": view}, **KEY)
    server.advance("1s")
    return dynamodb, made["TableDescription"]["LatestStreamArn"]


def put(dynamodb, table, name, value=0):
    dynamodb.put_item(TableName=table, Item={"id": {"S": name}, "v": {"N": str(value)}})


def shards_of(streams, arn, limit=2):
    shards, more = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=limit, **more)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return shards
        more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}


def read_shard(streams, arn, shard, kind="TRIM_HORIZON", **more):
    """All records, and whether the shard ended."""
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]
    records = []
    while iterator is not None:
        page = streams.get_records(ShardIterator=iterator, Limit=3)
        records += page["Records"]
        if not page["Records"] and "NextShardIterator" in page:
            return records, False
        iterator = page.get("NextShardIterator")
    return records, True


def names(records):
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in records]


def test_a_consumer_walks_parents_before_children(server):
    dynamodb, arn = create(server, "walked")
    streams = server.client("dynamodbstreams")
    for hour in range(10):
        put(dynamodb, "walked", f"i{hour}")
        server.advance("1h")
    shards = shards_of(streams, arn)
    assert [shard.get("ParentShardId") for shard in shards] == [None, shards[0]["ShardId"], shards[1]["ShardId"]]
    assert ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in shards] == [True, True, False]
    read = [read_shard(streams, arn, shard["ShardId"]) for shard in shards]
    assert [ended for _, ended in read] == [True, True, False]
    assert sum((names(records) for records, _ in read), []) == [f"i{hour}" for hour in range(10)]
    children = streams.describe_stream(StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shards[0]["ShardId"]})
    assert [shard["ShardId"] for shard in children["StreamDescription"]["Shards"]] == [shards[1]["ShardId"]]


def test_positions_in_a_shard(server):
    dynamodb, arn = create(server, "positions", "KEYS_ONLY")
    streams = server.client("dynamodbstreams")
    shard = shards_of(streams, arn)[0]["ShardId"]
    for name in "abc":
        put(dynamodb, "positions", name)
    records, _ = read_shard(streams, arn, shard)
    number = records[1]["dynamodb"]["SequenceNumber"]
    assert names(read_shard(streams, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=number)[0]) == ["b", "c"]
    assert names(read_shard(streams, arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)[0]) == ["c"]
    assert names(read_shard(streams, arn, shard, "LATEST")[0]) == []


def test_an_iterator_and_a_record_grow_too_old(server):
    dynamodb, arn = create(server, "old")
    streams = server.client("dynamodbstreams")
    put(dynamodb, "old", "first")
    server.advance("3h")
    put(dynamodb, "old", "second")
    shard = shards_of(streams, arn)[0]["ShardId"]
    number = read_shard(streams, arn, shard)[0][0]["dynamodb"]["SequenceNumber"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    server.advance("16m")
    with pytest.raises(streams.exceptions.ExpiredIteratorException):
        streams.get_records(ShardIterator=iterator)
    server.advance("21h30m")
    assert read_shard(streams, arn, shard) == ([record for record in read_shard(streams, arn, shard)[0]
                                                if record["dynamodb"]["Keys"]["id"]["S"] == "second"], True)
    with pytest.raises(streams.exceptions.TrimmedDataAccessException):
        read_shard(streams, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=number)
    server.advance("4h")  # the shard was closed more than a day ago
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        read_shard(streams, arn, shard)


def test_a_disabled_stream_and_a_deleted_table_are_read_for_a_day(server):
    dynamodb, arn = create(server, "gone")
    streams = server.client("dynamodbstreams")
    put(dynamodb, "gone", "a")
    dynamodb.update_table(TableName="gone", StreamSpecification={"StreamEnabled": False})
    server.advance("1m")
    put(dynamodb, "gone", "untold")
    dynamodb.update_table(TableName="gone", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    server.advance("1m")
    second = dynamodb.describe_table(TableName="gone")["Table"]["LatestStreamArn"]
    put(dynamodb, "gone", "b")
    dynamodb.delete_table(TableName="gone")
    server.advance("1m")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        dynamodb.describe_table(TableName="gone")
    assert {stream["StreamArn"] for stream in streams.list_streams(TableName="gone")["Streams"]} == {arn, second}
    for stream, wanted in ((arn, ["a"]), (second, ["b"])):
        description = streams.describe_stream(StreamArn=stream)["StreamDescription"]
        assert description["StreamStatus"] == "DISABLED"
        records, ended = read_shard(streams, stream, description["Shards"][0]["ShardId"])
        assert (names(records), ended) == (wanted, True)
    server.advance("24h")
    assert streams.list_streams(TableName="gone")["Streams"] == []
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.describe_stream(StreamArn=arn)


def test_replicated_writes_and_expiry_are_told_where_they_happen(start):
    server = start("--clock", "virtual", "--expiry-delay", "1m..30m")
    dynamodb, arn = create(server, "told")
    dynamodb.update_table(TableName="told", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    server.advance("10m")
    west = server.client("dynamodb", WEST)
    west_arn = west.describe_table(TableName="told")["Table"]["LatestStreamArn"]
    dynamodb.update_time_to_live(TableName="told", TimeToLiveSpecification={"Enabled": True, "AttributeName": "v"})
    put(dynamodb, "told", "a", 1767225600 + 3600)
    server.advance("2h")
    identities = {}
    for region, stream in ((EAST, arn), (WEST, west_arn)):
        streams = server.client("dynamodbstreams", region)
        records, _ = read_shard(streams, stream, shards_of(streams, stream)[0]["ShardId"])
        assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
        assert {record["awsRegion"] for record in records} == {region}
        identities[region] = records[1].get("userIdentity")
    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert [identity for identity in identities.values() if identity is not None] == [service]


def test_shards_roll_over_on_a_running_clock(start):
    """An hour a second."""
    server = start("--scale", "3600")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="busy", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}, **KEY)
    time.sleep(0.1)
    streams = server.client("dynamodbstreams")
    arn = dynamodb.describe_table(TableName="busy")["Table"]["LatestStreamArn"]
    put(dynamodb, "busy", "a")
    time.sleep(4.2)  # four hours and some more
    put(dynamodb, "busy", "b")
    shards = shards_of(streams, arn)
    assert len(shards) >= 2
    assert sum((names(read_shard(streams, arn, shard["ShardId"])[0]) for shard in shards), []) == ["a", "b"]


def test_the_aws_cli_reads_a_stream(server):
    dynamodb, arn = create(server, "cli")
    put(dynamodb, "cli", "a")
    shards = server.aws("dynamodbstreams", "describe-stream", "--stream-arn", arn)["StreamDescription"]["Shards"]
    iterator = server.aws("dynamodbstreams", "get-shard-iterator", "--stream-arn", arn, "--shard-id", shards[0]["ShardId"],
                          "--shard-iterator-type", "TRIM_HORIZON")["ShardIterator"]
    records = server.aws("dynamodbstreams", "get-records", "--shard-iterator", iterator)["Records"]
    assert names(records) == ["a"]
    message = server.aws("dynamodbstreams", "get-shard-iterator", "--stream-arn", arn, "--shard-id", shards[0]["ShardId"],
                         "--shard-iterator-type", "AT_SEQUENCE_NUMBER", fails=True)
    assert "ValidationException" in message
