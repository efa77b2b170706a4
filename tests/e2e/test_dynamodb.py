"""DynamoDB as boto3's client and resource, and the AWS CLI, see it."""

import decimal
import json
import threading

import boto3.dynamodb.conditions
import botocore.exceptions
import pytest
from conftest import EAST, WEST, shared

server = shared("--clock", "virtual", "--transient-delay", "500ms")

ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
Attr, Key = boto3.dynamodb.conditions.Attr, boto3.dynamodb.conditions.Key
D = decimal.Decimal


@pytest.fixture
def client(server):
    """A client with two tables: "plain" (id) and "sorted" (id, at), with a stream on plain; the world is fresh."""
    server.ctl("reset")
    client = server.client("dynamodb")
    create(client, "plain", [("id", "S")], StreamSpecification={"StreamEnabled": True,
                                                                "StreamViewType": "NEW_AND_OLD_IMAGES"})
    create(client, "sorted", [("id", "S"), ("at", "N")])
    server.advance("1m")
    return client


def create(client, name, key, **more):
    client.create_table(
        TableName=name, AttributeDefinitions=[{"AttributeName": part, "AttributeType": kind} for part, kind in key],
        KeySchema=[{"AttributeName": part, "KeyType": role} for (part, _), role in zip(key, ("HASH", "RANGE"))],
        **{**ON_DEMAND, **more})


@pytest.fixture
def tables(server, client):
    resource = boto3.resource("dynamodb", region_name=EAST, endpoint_url=server.endpoint, aws_access_key_id="test",
                              aws_secret_access_key="test")
    return {name: resource.Table(name) for name in ("plain", "sorted")}


@pytest.fixture
def plain(tables):
    return tables["plain"]


@pytest.fixture
def log(tables):
    """The sorted table with 30 items in each of three partitions."""
    with tables["sorted"].batch_writer() as batch:
        for partition in "abc":
            for at in range(30):
                batch.put_item(Item={"id": partition, "at": at, "even": at % 2 == 0})
    return tables["sorted"]


def code_of(error):
    return error.value.response["Error"]["Code"]


# --- one item -------------------------------------------------------------------------------------------------------

EVERYTHING = {"id": "all", "text": "Grüße, 世界 🌍", "empty": "", "number": D("1.50"), "true": True, "null": None,
              "bytes": b"\x00\xff", "list": [D(1), "two", [D(3)], {"four": D(4)}], "map": {"a": {"b": {"c": "d"}}},
              "strings": {"x", "y"}, "numbers": {D(1), D("2.5")}, "blobs": {b"\x01", b"\x02"}, "no list": [],
              "no map": {}}


def test_every_type_of_value_comes_back_as_it_went_in(plain):
    plain.put_item(Item=EVERYTHING)
    item = plain.get_item(Key={"id": "all"}, ConsistentRead=True)["Item"]
    assert {name: getattr(value, "value", value) for name, value in item.items()} == EVERYTHING


@pytest.mark.parametrize("sent, kept", [
    ("0", "0"), ("-0", "0"), ("007", "7"), ("1.500", "1.5"), ("1e2", "100"), ("0.1", "0.1"), ("1E-130", "1E-130"),
    ("9.9999999999999999999999999999999999999E+125", "9.9999999999999999999999999999999999999E+125"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("-0.00000000000000000000000000000000000001", "-1E-38"), (" 5", None), ("", None), ("abc", None), ("NaN", None),
    ("Infinity", None), ("1e126", None), ("1e-131", None), ("123456789012345678901234567890123456789", None),
    ("0x10", None), ("1,5", None), ("--1", None), ("1" * 10000, None), ("1e99999999999999999999", None),
])
def test_numbers_keep_38_digits_and_what_is_no_number_is_refused(client, sent, kept):
    item = {"id": {"S": "n"}, "n": {"N": sent}}
    if kept is None:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            client.put_item(TableName="plain", Item=item)
        assert code_of(refused) == "ValidationException"
        assert "Item" not in client.get_item(TableName="plain", Key={"id": {"S": "n"}})
        return
    client.put_item(TableName="plain", Item=item)
    assert D(client.get_item(TableName="plain", Key={"id": {"S": "n"}})["Item"]["n"]["N"]) == D(kept)


def test_sums_of_decimals_are_exact(plain):
    plain.put_item(Item={"id": "n", "n": D("0.1")})
    for _ in range(9):
        got = plain.update_item(Key={"id": "n"}, UpdateExpression="ADD n :d", ExpressionAttributeValues={":d": D("0.1")},
                                ReturnValues="UPDATED_NEW")
    assert got["Attributes"]["n"] == D(1)
    plain.update_item(Key={"id": "n"}, UpdateExpression="SET n = n + :d",
                      ExpressionAttributeValues={":d": D("1e-30")})
    assert plain.get_item(Key={"id": "n"})["Item"]["n"] == D("1.000000000000000000000000000001")


def test_an_update_writes_sets_removes_adds_and_deletes(plain):
    plain.put_item(Item={"id": "u", "list": ["a", "b", "c"], "tags": {"x", "y", "z"}, "gone": 1, "map": {"n": 1}})
    got = plain.update_item(
        Key={"id": "u"},
        UpdateExpression="SET #l[1] = :b, #l2 = list_append(#l, :more), #m.#n = if_not_exists(#m.nope, :zero) + :one "
                         "REMOVE gone, #l[0] ADD amount :five DELETE tags :xy",
        ExpressionAttributeNames={"#l": "list", "#l2": "longer", "#m": "map", "#n": "n"},
        ExpressionAttributeValues={":b": "B", ":more": ["d"], ":zero": 0, ":one": 1, ":five": 5, ":xy": {"x", "y"}},
        ReturnValues="ALL_NEW")["Attributes"]
    assert got == {"id": "u", "list": ["B", "c"], "longer": ["a", "b", "c", "d"], "map": {"n": 1}, "tags": {"z"},
                   "amount": 5}


@pytest.mark.parametrize("returned, expected", [
    ("NONE", None), ("ALL_OLD", {"id": "r", "a": 1, "b": 2}), ("UPDATED_OLD", {"a": 1}),
    ("ALL_NEW", {"id": "r", "a": 5, "b": 2}), ("UPDATED_NEW", {"a": 5}),
])
def test_return_values_are_the_ones_asked_for(plain, returned, expected):
    plain.put_item(Item={"id": "r", "a": 1, "b": 2})
    got = plain.update_item(Key={"id": "r"}, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": 5},
                            ReturnValues=returned)
    assert got.get("Attributes") == expected


@pytest.mark.parametrize("condition, holds", [
    (Attr("id").exists(), True), (Attr("nope").exists(), False), (Attr("nope").not_exists(), True),
    (Attr("n").eq(5), True), (Attr("n").lt(D("4.9")), False), (Attr("n").between(1, 9), True),
    (Attr("s").begins_with("hel"), True), (Attr("s").contains("ell"), True), (Attr("tags").contains("x"), True),
    (Attr("list").contains("b"), True), (Attr("s").size().gt(4), True), (Attr("s").attribute_type("S"), True),
    (Attr("n").is_in([1, 5]), True), (Attr("map.inner").eq("v"), True), (Attr("list[1]").eq("b"), True),
    (~Attr("n").eq(5), False), (Attr("n").eq(5) & Attr("s").eq("hello"), True),
    (Attr("n").eq(1) | Attr("s").eq("hello"), True), (Attr("n").eq("5"), False), (Attr("n").ne("5"), True),
])
def test_a_condition_decides_whether_a_write_happens(plain, condition, holds):
    item = {"id": "c", "n": 5, "s": "hello", "tags": {"x"}, "list": ["a", "b"], "map": {"inner": "v"}}
    plain.put_item(Item=item)
    if holds:
        plain.delete_item(Key={"id": "c"}, ConditionExpression=condition)
        assert "Item" not in plain.get_item(Key={"id": "c"})
        return
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        plain.delete_item(Key={"id": "c"}, ConditionExpression=condition)
    assert code_of(refused) == "ConditionalCheckFailedException"
    assert plain.get_item(Key={"id": "c"})["Item"] == item


def test_a_failed_condition_can_return_the_item(client):
    client.put_item(TableName="plain", Item={"id": {"S": "c"}, "v": {"N": "1"}})
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
        client.put_item(TableName="plain", Item={"id": {"S": "c"}}, ConditionExpression="attribute_not_exists(id)",
                        ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refused.value.response["Item"] == {"id": {"S": "c"}, "v": {"N": "1"}}
    assert refused.value.response["Error"]["Message"] == "The conditional request failed"


@pytest.mark.parametrize("call, said", [
    (dict(UpdateExpression="SET"), "Invalid UpdateExpression: Syntax error"),
    (dict(UpdateExpression="SET a = :a"), "An expression attribute value used in expression is not defined"),
    (dict(UpdateExpression="SET #a = :a", ExpressionAttributeValues={":a": 1}),
     "An expression attribute name used in the document path is not defined"),
    (dict(UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": 1, ":b": 2}),
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"),
    (dict(UpdateExpression="SET a = :a, a = :a", ExpressionAttributeValues={":a": 1}), "overlap"),
    (dict(UpdateExpression="SET id = :a", ExpressionAttributeValues={":a": "x"}),
     "Cannot update attribute id. This attribute is part of the key"),
    (dict(UpdateExpression="SET a = a + :a", ExpressionAttributeValues={":a": "x"}), "Incorrect operand type"),
    (dict(UpdateExpression="SET size = :a", ExpressionAttributeValues={":a": 1}), "reserved keyword"),
    (dict(UpdateExpression="ADD s :a", ExpressionAttributeValues={":a": 1}), "operand in the update expression"),
    (dict(UpdateExpression="SET a.b.c = :a", ExpressionAttributeValues={":a": 1}),
     "The document path provided in the update expression is invalid for update"),
    (dict(UpdateExpression="SET a = " + "(" * 2000 + ":a" + ")" * 2000, ExpressionAttributeValues={":a": 1}),
     "Invalid UpdateExpression"),
    (dict(UpdateExpression="SET a = :a " * 500, ExpressionAttributeValues={":a": 1}), "Expression"),
])
def test_a_bad_update_expression_is_refused_and_changes_nothing(plain, call, said):
    plain.put_item(Item={"id": "e", "s": "text"})
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        plain.update_item(Key={"id": "e"}, **call)
    assert code_of(refused) == "ValidationException" and said in refused.value.response["Error"]["Message"]
    assert plain.get_item(Key={"id": "e"})["Item"] == {"id": "e", "s": "text"}


@pytest.mark.parametrize("item, said", [
    ({}, "Missing the key id in the item"), ({"id": {"N": "1"}}, "Type mismatch for key id expected: S actual: N"),
    ({"id": {"S": ""}}, "empty string value"), ({"id": {"S": "a" * 2049}}, "2048 bytes"),
    ({"id": {"S": "a"}, "v": {"S": "x" * 400 * 1024}}, "Item size has exceeded the maximum allowed size"),
    ({"id": {"S": "a"}, "v": {"SS": []}}, "empty"), ({"id": {"S": "a"}, "v": {"SS": ["x", "x"]}}, "duplicates"),
    ({"id": {"S": "a"}, "v": {"NULL": False}}, "Null attribute value types must have the value of true"),
])
def test_an_item_that_cannot_be_stored_is_refused_in_the_services_words(client, item, said):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.put_item(TableName="plain", Item=item)
    assert code_of(refused) == "ValidationException" and said in refused.value.response["Error"]["Message"]
    assert client.scan(TableName="plain")["Count"] == 0


def test_a_projection_gives_what_was_asked_for(plain):
    plain.put_item(Item={"id": "p", "a": {"b": [1, 2, 3], "c": 4}, "d": 5})
    got = plain.get_item(Key={"id": "p"}, ProjectionExpression="a.b[1], #d, nope", ExpressionAttributeNames={"#d": "d"})
    assert got["Item"] == {"a": {"b": [2]}, "d": 5}


# --- many items -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition, expected", [
    (Key("at").eq(7), [7]), (Key("at").lt(3), [0, 1, 2]), (Key("at").lte(2), [0, 1, 2]), (Key("at").gt(27), [28, 29]),
    (Key("at").gte(28), [28, 29]), (Key("at").between(9, 11), [9, 10, 11]), (Key("at").between(11, 9), None),
])
def test_a_query_finds_its_range_in_order(log, condition, expected):
    def query(**more):
        return [int(item["at"]) for item in
                log.query(KeyConditionExpression=Key("id").eq("b") & condition, **more)["Items"]]

    if expected is None:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            query()
        assert code_of(refused) == "ValidationException"
        return
    assert query() == expected
    assert query(ScanIndexForward=False) == expected[::-1]


@pytest.mark.parametrize("size", [1, 7, 29, 30, 31])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_any_size_give_each_item_once_and_in_order(client, log, size, forward):
    pages = client.get_paginator("query").paginate(
        TableName="sorted", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": {"S": "b"}},
        ScanIndexForward=forward, PaginationConfig={"PageSize": size})
    found = [int(item["at"]["N"]) for page in pages for item in page["Items"]]
    assert found == (list(range(30)) if forward else list(range(29, -1, -1)))


@pytest.mark.parametrize("segments", [1, 3])
def test_a_scan_in_pages_and_segments_gives_each_item_once(client, log, segments):
    found = []
    for segment in range(segments):
        pages = client.get_paginator("scan").paginate(TableName="sorted", Segment=segment, TotalSegments=segments,
                                                      PaginationConfig={"PageSize": 11})
        found += [(item["id"]["S"], int(item["at"]["N"])) for page in pages for item in page["Items"]]
    assert sorted(found) == [(partition, at) for partition in "abc" for at in range(30)]


def test_a_filter_is_behind_the_limit_and_counts_what_it_saw(log):
    got = log.query(KeyConditionExpression=Key("id").eq("a"), FilterExpression=Attr("even").eq(True), Limit=10)
    assert (got["Count"], got["ScannedCount"], got["LastEvaluatedKey"]["at"]) == (5, 10, 9)
    assert log.scan(Select="COUNT", FilterExpression=Attr("at").gte(20))["Count"] == 30


def test_a_page_ends_at_a_megabyte(plain):
    with plain.batch_writer() as batch:
        for i in range(12):
            batch.put_item(Item={"id": str(i), "v": "x" * 200_000})
    page = plain.scan()
    assert 4 <= page["Count"] <= 6 and "LastEvaluatedKey" in page
    seen = page["Count"]
    while "LastEvaluatedKey" in page:
        page = plain.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
        seen += page["Count"]
    assert seen == 12


@pytest.mark.parametrize("more, said", [
    (dict(KeyConditionExpression="#at = :n", ExpressionAttributeNames={"#at": "at"}), "Query condition missed key schema element: id"),
    (dict(KeyConditionExpression="id > :s"), "Query key condition not supported"),
    (dict(KeyConditionExpression="id = :s AND even = :n"), "Query"),
    (dict(KeyConditionExpression="id = :s", ExclusiveStartKey={"id": {"S": "a"}}), "starting key is invalid"),
    (dict(KeyConditionExpression="id = :s", IndexName="nope"), "index"), (dict(), "KeyCondition"),
])
def test_a_query_that_cannot_be_is_refused(client, log, more, said):
    values = {name: value for name, value in {":s": {"S": "a"}, ":n": {"N": "1"}}.items()
              if name in more.get("KeyConditionExpression", "")}
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.query(TableName="sorted", **more, **({"ExpressionAttributeValues": values} if values else {}))
    assert code_of(refused) == "ValidationException"
    assert said.lower() in refused.value.response["Error"]["Message"].lower()


def test_a_batch_writes_and_reads_over_several_tables(client):
    client.put_item(TableName="plain", Item={"id": {"S": "old"}})
    got = client.batch_write_item(RequestItems={
        "plain": [{"PutRequest": {"Item": {"id": {"S": "new"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "old"}}}}],
        "sorted": [{"PutRequest": {"Item": {"id": {"S": "s"}, "at": {"N": "1"}}}}]})
    assert got["UnprocessedItems"] == {}
    got = client.batch_get_item(RequestItems={
        "plain": {"Keys": [{"id": {"S": "new"}}, {"id": {"S": "old"}}]},
        "sorted": {"Keys": [{"id": {"S": "s"}, "at": {"N": "1"}}]}})
    assert got["Responses"] == {"plain": [{"id": {"S": "new"}}], "sorted": [{"id": {"S": "s"}, "at": {"N": "1"}}]}
    assert got["UnprocessedKeys"] == {}


@pytest.mark.parametrize("requests, said", [
    ([{"PutRequest": {"Item": {"id": {"S": str(i)}}}} for i in range(26)], "25"),
    ([{"PutRequest": {"Item": {"id": {"S": "a"}}}}] * 2, "duplicates"),
    ([{"PutRequest": {"Item": {"id": {"S": "a"}}}}, {"PutRequest": {"Item": {}}}], "key"), ([{}], ""),
])
def test_a_bad_batch_writes_nothing(client, requests, said):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.batch_write_item(RequestItems={"plain": requests})
    assert code_of(refused) == "ValidationException" and said in refused.value.response["Error"]["Message"]
    assert client.scan(TableName="plain")["Count"] == 0


# --- transactions ---------------------------------------------------------------------------------------------------


def test_a_transaction_writes_all_or_nothing_and_tells_each_reason(client):
    client.put_item(TableName="plain", Item={"id": {"S": "taken"}, "v": {"N": "1"}})

    def put(key, **more):
        return {"Put": {"TableName": "plain", "Item": {"id": {"S": key}}, **more}}

    new_only = {"ConditionExpression": "attribute_not_exists(id)"}
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[
            put("a"), put("taken", **new_only, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
            {"Update": {"TableName": "sorted", "Key": {"id": {"S": "s"}, "at": {"N": "1"}},
                        "UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}}])
    answer = refused.value.response
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ConditionalCheckFailed", "None"]
    assert answer["CancellationReasons"][1]["Message"] == "The conditional request failed"
    assert answer["CancellationReasons"][1]["Item"] == {"id": {"S": "taken"}, "v": {"N": "1"}}
    assert "[None, ConditionalCheckFailed, None]" in answer["Error"]["Message"]
    assert client.scan(TableName="plain")["Count"] == 1 and client.scan(TableName="sorted")["Count"] == 0
    client.transact_write_items(TransactItems=[
        put("a", **new_only), {"Delete": {"TableName": "plain", "Key": {"id": {"S": "taken"}}}},
        {"ConditionCheck": {"TableName": "sorted", "Key": {"id": {"S": "s"}, "at": {"N": "1"}},
                            "ConditionExpression": "attribute_not_exists(id)"}}])
    assert client.scan(TableName="plain")["Items"] == [{"id": {"S": "a"}}]


def test_a_token_makes_a_transaction_happen_once(client):
    add = [{"Update": {"TableName": "plain", "Key": {"id": {"S": "n"}}, "UpdateExpression": "ADD v :one",
                       "ExpressionAttributeValues": {":one": {"N": "1"}}}}]
    for _ in range(3):
        client.transact_write_items(TransactItems=add, ClientRequestToken="once")
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "plain", "Key": {"id": {"S": "n"}}}}])
    assert got["Responses"][0]["Item"]["v"] == {"N": "1"}
    other = [{"Put": {"TableName": "plain", "Item": {"id": {"S": "other"}}}}]
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=other, ClientRequestToken="once")


@pytest.mark.parametrize("items, code", [
    ([{"Put": {"TableName": "plain", "Item": {"id": {"S": "a"}}}}] * 2, "ValidationException"),
    ([{"Put": {"TableName": "plain", "Item": {"id": {"S": str(i)}}}} for i in range(101)], "ValidationException"),
    ([{}], "ValidationException"),
    ([{"Put": {"TableName": "nosuch", "Item": {"id": {"S": "a"}}}}], "ResourceNotFoundException"),
])
def test_a_transaction_that_cannot_be_is_refused(client, items, code):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.transact_write_items(TransactItems=items)
    assert code_of(refused) == code
    assert client.scan(TableName="plain")["Count"] == 0


def test_writers_in_parallel_lose_nothing(server, client):
    def count():
        own = server.client("dynamodb")
        for _ in range(25):
            own.update_item(TableName="plain", Key={"id": {"S": "n"}}, UpdateExpression="ADD v :one",
                            ExpressionAttributeValues={":one": {"N": "1"}})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get_item(TableName="plain", Key={"id": {"S": "n"}})["Item"]["v"] == {"N": "200"}


# --- streams, tables, tags ------------------------------------------------------------------------------------------


def test_a_stream_tells_each_change_with_both_images(server, client):
    client.put_item(TableName="plain", Item={"id": {"S": "a"}, "v": {"N": "1"}})
    client.update_item(TableName="plain", Key={"id": {"S": "a"}}, UpdateExpression="SET v = :v",
                       ExpressionAttributeValues={":v": {"N": "2"}})
    client.delete_item(TableName="plain", Key={"id": {"S": "a"}})
    client.delete_item(TableName="plain", Key={"id": {"S": "never"}})
    streams = server.client("dynamodbstreams")
    arn = streams.list_streams(TableName="plain")["Streams"][0]["StreamArn"]
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    records = []
    for shard in shards:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                              ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records += streams.get_records(ShardIterator=iterator)["Records"]
    seen = [(record["eventName"], record["dynamodb"].get("OldImage", {}).get("v"),
             record["dynamodb"].get("NewImage", {}).get("v")) for record in records]
    assert seen == [("INSERT", None, {"N": "1"}), ("MODIFY", {"N": "1"}, {"N": "2"}), ("REMOVE", {"N": "2"}, None)]
    with pytest.raises(botocore.exceptions.ClientError):
        streams.get_records(ShardIterator="nonsense")
    with pytest.raises(botocore.exceptions.ClientError):
        streams.describe_stream(StreamArn=arn[:-1] + "x")


def test_a_tables_life_from_creating_to_gone(server, client):
    create(client, "life", [("id", "S")])
    assert client.describe_table(TableName="life")["Table"]["TableStatus"] == "CREATING"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.put_item(TableName="life", Item={"id": {"S": "a"}})
    with pytest.raises(client.exceptions.ResourceInUseException):
        create(client, "life", [("id", "S")])
    server.advance("1m")
    client.get_waiter("table_exists").wait(TableName="life", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    assert client.delete_table(TableName="life")["TableDescription"]["TableStatus"] == "DELETING"
    server.advance("1m")
    client.get_waiter("table_not_exists").wait(TableName="life", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName="life")


def test_table_names_come_in_pages(client, server):
    for i in range(5):
        create(client, f"page-{i}", [("id", "S")])
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    names = [name for page in pages for name in page["TableNames"]]
    assert names == sorted(names) and {"page-0", "page-4", "plain"} <= set(names)


def test_tags_are_kept_changed_and_taken_away(client, server):
    arn = client.describe_table(TableName="plain")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "orders"}, {"Key": "a", "Value": ""}])
    server.advance("10s")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "payments"}])
    server.advance("10s")
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    server.advance("10s")
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "payments"}]


def test_tables_of_two_regions_are_different_tables(server, client):
    client.put_item(TableName="plain", Item={"id": {"S": "a"}})
    west = server.client("dynamodb", WEST)
    with pytest.raises(west.exceptions.ResourceNotFoundException):
        west.get_item(TableName="plain", Key={"id": {"S": "a"}})


def test_a_table_can_be_named_by_its_arn(client):
    arn = client.describe_table(TableName="plain")["Table"]["TableArn"]
    client.put_item(TableName=arn, Item={"id": {"S": "a"}})
    assert client.get_item(TableName="plain", Key={"id": {"S": "a"}})["Item"] == {"id": {"S": "a"}}


def test_replies_carry_a_request_id_and_a_checksum_that_boto3_believes(client):
    metadata = client.list_tables()["ResponseMetadata"]
    assert len(metadata["RequestId"]) == 52 and metadata["HTTPHeaders"]["x-amz-crc32"].isdigit()


def test_the_aws_cli_writes_and_reads(server, client):
    server.aws("dynamodb", "put-item", "--table-name", "plain", "--item", json.dumps({"id": {"S": "cli"},
                                                                                     "v": {"N": "1.50"}}))
    got = server.aws("dynamodb", "get-item", "--table-name", "plain", "--key", '{"id":{"S":"cli"}}')
    assert got["Item"] == {"id": {"S": "cli"}, "v": {"N": "1.5"}}
    error = server.aws("dynamodb", "get-item", "--table-name", "nosuch", "--key", '{"id":{"S":"cli"}}', fails=True)
    assert "(ResourceNotFoundException) when calling the GetItem operation: Requested resource not found" in error
