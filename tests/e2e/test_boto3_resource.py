"""boto3's resource API: tables as objects, the condition builder, typed values, the parameters of old."""

import decimal

import boto3
import boto3.dynamodb.conditions
import boto3.dynamodb.types
import botocore.exceptions
import pytest
from conftest import EAST, shared

server = shared("--clock", "virtual")
Attr, Key = boto3.dynamodb.conditions.Attr, boto3.dynamodb.conditions.Key
Binary = boto3.dynamodb.types.Binary
D = decimal.Decimal


@pytest.fixture
def resource(server):
    server.ctl("reset")
    return boto3.resource("dynamodb", region_name=EAST, endpoint_url=server.endpoint, aws_access_key_id="test",
                          aws_secret_access_key="test")


@pytest.fixture
def table(server, resource):
    made = resource.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"},
                              {"AttributeName": "kind", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-kind", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"},
                                               {"AttributeName": "at", "KeyType": "RANGE"}]}])
    server.advance("1m")
    made.wait_until_exists()
    made.reload()
    return made


ITEMS = [{"id": "a", "at": at, "kind": "even" if at % 2 == 0 else "odd", "mass": at * 10, "tags": {f"t{at % 3}", "x"},
          "deep": {"list": [at, {"name": f"n{at}"}]}} for at in range(8)]


@pytest.fixture
def filled(table):
    with table.batch_writer() as batch:
        for item in ITEMS:
            batch.put_item(Item=item)
    return table


def ats(answer):
    return sorted(int(item["at"]) for item in answer["Items"])


def test_a_table_is_an_object_with_attributes(resource, table):
    assert (table.table_status, table.item_count) == ("ACTIVE", 0)
    assert [part["AttributeName"] for part in table.key_schema] == ["id", "at"]
    assert table.global_secondary_indexes[0]["IndexStatus"] == "ACTIVE"
    assert "things" in [each.name for each in resource.tables.all()]
    assert [each.name for each in resource.tables.limit(1)] == [next(iter(resource.tables.all())).name]


def test_a_missing_table_raises_the_clients_own_exception(resource):
    with pytest.raises(resource.meta.client.exceptions.ResourceNotFoundException):
        resource.Table("none").load()


def test_a_table_is_deleted_and_waited_for(server, table):
    assert table.delete()["TableDescription"]["TableStatus"] == "DELETING"
    server.advance("1m")
    table.wait_until_not_exists()


@pytest.mark.parametrize("condition, expected", [
    (Attr("mass").eq(30), [3]), (Attr("mass").ne(30), [0, 1, 2, 4, 5, 6, 7]), (Attr("mass").lt(20), [0, 1]),
    (Attr("mass").lte(20), [0, 1, 2]), (Attr("mass").gt(50), [6, 7]), (Attr("mass").gte(50), [5, 6, 7]),
    (Attr("mass").between(20, 40), [2, 3, 4]), (Attr("mass").is_in([10, 70, 99]), [1, 7]),
    (Attr("kind").begins_with("e"), [0, 2, 4, 6]), (Attr("tags").contains("t1"), [1, 4, 7]),
    (Attr("tags").size().eq(2), list(range(8))), (Attr("deep.list[1].name").eq("n5"), [5]),
    (Attr("none").exists(), []), (Attr("none").not_exists(), list(range(8))), (Attr("mass").attribute_type("N"), list(range(8))),
    (Attr("mass").attribute_type("S"), []), (Attr("mass").gt(20) & Attr("kind").eq("odd"), [3, 5, 7]),
    (Attr("mass").lt(20) | Attr("mass").gt(60), [0, 1, 7]), (~Attr("kind").eq("odd"), [0, 2, 4, 6]),
    (~(Attr("mass").gt(20) & (Attr("kind").eq("odd") | Attr("tags").contains("t2"))), [0, 1, 2, 4, 6]),
])
def test_the_condition_builder_filters(filled, condition, expected):
    assert ats(filled.scan(FilterExpression=condition)) == expected


@pytest.mark.parametrize("condition, expected", [
    (Key("id").eq("a"), list(range(8))), (Key("id").eq("a") & Key("at").eq(3), [3]), (Key("id").eq("a") & Key("at").lt(2), [0, 1]),
    (Key("id").eq("a") & Key("at").lte(2), [0, 1, 2]), (Key("id").eq("a") & Key("at").gt(5), [6, 7]),
    (Key("id").eq("a") & Key("at").gte(5), [5, 6, 7]), (Key("id").eq("a") & Key("at").between(2, 4), [2, 3, 4]),
    (Key("id").eq("none"), []),
])
def test_the_key_builder_queries(filled, condition, expected):
    assert ats(filled.query(KeyConditionExpression=condition)) == expected


def test_an_index_is_queried_with_key_and_filter(filled):
    answer = filled.query(IndexName="by-kind", KeyConditionExpression=Key("kind").eq("odd") & Key("at").gt(1),
                          FilterExpression=Attr("mass").lt(70), ProjectionExpression="#a, mass",
                          ExpressionAttributeNames={"#a": "at"}, ScanIndexForward=False)
    assert answer["Items"] == [{"at": D(5), "mass": D(50)}, {"at": D(3), "mass": D(30)}]


def test_a_condition_object_guards_a_write(resource, filled):
    with pytest.raises(resource.meta.client.exceptions.ConditionalCheckFailedException):
        filled.put_item(Item=ITEMS[0], ConditionExpression=Attr("id").not_exists())
    filled.update_item(Key={"id": "a", "at": 0}, UpdateExpression="SET mass = :s", ExpressionAttributeValues={":s": 1},
                       ConditionExpression=Attr("mass").eq(0) & Attr("tags").contains("x"))
    filled.delete_item(Key={"id": "a", "at": 0}, ConditionExpression=Attr("mass").eq(1))
    assert "Item" not in filled.get_item(Key={"id": "a", "at": 0})


def test_types_come_back_as_pythons_own(table):
    item = {"id": "types", "at": 1, "decimal": D("3.14159265358979323846264338327950288419"), "int": D(7), "none": None,
            "yes": True, "bytes": Binary(b"\x00\x01"), "numbers": {D(1), D("2.5")}, "texts": {"a"},
            "blobs": {Binary(b"a"), Binary(b"b")}, "list": [D(1), None, {"x": [Binary(b"z")]}]}
    with pytest.raises(decimal.Inexact):  # boto3 does not even send 39 digits
        table.put_item(Item=item)
    item["decimal"] = D("3.1415926535897932384626433832795028841")
    table.put_item(Item=item)
    found = table.get_item(Key={"id": "types", "at": 1})["Item"]
    assert found == item
    assert all(isinstance(found[name], kind) for name, kind in
               {"decimal": D, "bytes": Binary, "numbers": set, "yes": bool}.items())


def test_the_serializer_and_the_wire_agree(filled):
    serializer, deserializer = boto3.dynamodb.types.TypeSerializer(), boto3.dynamodb.types.TypeDeserializer()
    # The resource's own client turns values by itself.
    plain = boto3.client("dynamodb", region_name=EAST, endpoint_url=filled.meta.client.meta.endpoint_url,
                         aws_access_key_id="test", aws_secret_access_key="test")
    item = plain.get_item(TableName="things", Key={"id": {"S": "a"}, "at": {"N": "3"}})["Item"]
    assert {name: deserializer.deserialize(value) for name, value in item.items()} == ITEMS[3]
    assert item["deep"] == serializer.serialize(ITEMS[3]["deep"])


def test_a_batch_writer_keeps_the_last_of_each_key_and_sends_in_25s(table):
    with table.batch_writer(overwrite_by_pkeys=["id", "at"]) as batch:
        for round_number in range(2):
            for at in range(60):
                batch.put_item(Item={"id": "many", "at": at, "round": round_number})
        batch.delete_item(Key={"id": "many", "at": 0})
    items = table.query(KeyConditionExpression=Key("id").eq("many"))["Items"]
    assert [int(item["at"]) for item in items] == list(range(1, 60))
    assert {int(item["round"]) for item in items} == {1}


def test_the_resource_reads_batches(resource, filled):
    answer = resource.batch_get_item(RequestItems={"things": {
        "Keys": [{"id": "a", "at": at} for at in (1, 2, 99)], "ProjectionExpression": "mass"}})
    assert sorted(int(item["mass"]) for item in answer["Responses"]["things"]) == [10, 20]
    assert answer["UnprocessedKeys"] == {}


# --- the parameters that expressions replaced -----------------------------------------------------------------------


def test_old_writes_expect_and_update(resource, filled):
    key = {"id": "a", "at": 1}
    answer = filled.update_item(Key=key, ReturnValues="ALL_NEW", AttributeUpdates={
        "mass": {"Action": "ADD", "Value": 5}, "tags": {"Action": "DELETE", "Value": {"x"}},
        "deep": {"Action": "DELETE"}, "new": {"Value": ["v"], "Action": "PUT"}})
    assert answer["Attributes"] == {**key, "kind": "odd", "mass": 15, "tags": {"t1"}, "new": ["v"]}
    with pytest.raises(resource.meta.client.exceptions.ConditionalCheckFailedException):
        filled.delete_item(Key=key, Expected={"mass": {"ComparisonOperator": "LT", "AttributeValueList": [15]},
                                              "none": {"Exists": False}})
    filled.delete_item(Key=key, ConditionalOperator="OR", Expected={
        "mass": {"Value": 15}, "kind": {"ComparisonOperator": "EQ", "AttributeValueList": ["even"]}})
    assert 1 not in ats(filled.scan())


def test_old_reads_have_conditions_and_filters(filled):
    answer = filled.query(KeyConditions={"id": {"AttributeValueList": ["a"], "ComparisonOperator": "EQ"},
                                         "at": {"AttributeValueList": [2, 6], "ComparisonOperator": "BETWEEN"}},
                          QueryFilter={"kind": {"AttributeValueList": ["even"], "ComparisonOperator": "EQ"}},
                          AttributesToGet=["at"])
    assert answer["Items"] == [{"at": D(2)}, {"at": D(4)}, {"at": D(6)}]
    answer = filled.scan(ConditionalOperator="OR", ScanFilter={
        "tags": {"AttributeValueList": ["t0"], "ComparisonOperator": "CONTAINS"},
        "mass": {"AttributeValueList": [70], "ComparisonOperator": "GE"}})
    assert ats(answer) == [0, 3, 6, 7]


def test_old_and_new_parameters_do_not_mix(filled):
    with pytest.raises(botocore.exceptions.ClientError, match="Can not use both expression and non-expression parameters"):
        filled.scan(ScanFilter={"mass": {"AttributeValueList": [1], "ComparisonOperator": "EQ"}},
                    FilterExpression=Attr("mass").eq(1))
