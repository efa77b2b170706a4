"""Tables with real clients: indexes that come and go, time to live, settings."""

import botocore.exceptions
import pytest
from conftest import EAST, WEST

TABLE = "orders"
KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
CUSTOMER = [{"AttributeName": "customer", "AttributeType": "S"}]
BY_CUSTOMER = {"IndexName": "by-customer", "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
               "Projection": {"ProjectionType": "ALL"}}


def create(server, region=EAST):
    dynamodb = server.client("dynamodb", region)
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **KEY)
    server.advance("1m")
    return dynamodb


def query(dynamodb, customer):
    return dynamodb.query(TableName=TABLE, IndexName="by-customer", KeyConditionExpression="customer = :c",
                          ExpressionAttributeValues={":c": {"S": customer}})["Count"]


def index_states(dynamodb):
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    return [(index["IndexName"], index["IndexStatus"], index.get("Backfilling"))
            for index in table.get("GlobalSecondaryIndexes", [])]


def test_an_index_is_made_of_items_that_were_there_before_in_every_region(start):
    virtual = start("--clock", "virtual", "--transient-delay", "500ms")
    east = create(virtual)
    east.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    virtual.advance("10m")
    west = virtual.client("dynamodb", WEST)
    for number in range(120):
        east.put_item(TableName=TABLE, Item={"id": {"S": str(number)}, "customer": {"S": f"c{number % 3}"}})
    virtual.advance("1m")
    west.update_table(TableName=TABLE, AttributeDefinitions=KEY["AttributeDefinitions"] + CUSTOMER,
                      GlobalSecondaryIndexUpdates=[{"Create": BY_CUSTOMER}])
    assert index_states(east) == [("by-customer", "CREATING", False)]
    with pytest.raises(botocore.exceptions.ClientError, match="Cannot read from backfilling global secondary index"):
        query(east, "c1")
    virtual.advance("20m")
    for client in (east, west):
        assert index_states(client) == [("by-customer", "ACTIVE", None)]
        assert query(client, "c1") == 40
    east.update_table(TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-customer"}}])
    virtual.advance("10m")
    assert index_states(west) == []


def test_an_expired_item_is_deleted_some_time_later(virtual):
    dynamodb = create(virtual)
    dynamodb.update_time_to_live(TableName=TABLE,
                                 TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    created = dynamodb.describe_table(TableName=TABLE)["Table"]["CreationDateTime"].timestamp()
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "a"}, "expires": {"N": str(int(created) + 120)}})
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "b"}, "expires": {"S": "never"}})
    virtual.advance("5m")
    assert dynamodb.scan(TableName=TABLE)["Count"] == 2  # expired, and not yet deleted
    virtual.advance("1h")
    assert [item["id"]["S"] for item in dynamodb.scan(TableName=TABLE)["Items"]] == ["b"]


def test_the_aws_cli_keeps_a_policy_and_reads_it_back(virtual):
    create(virtual)
    arn = f"arn:aws:dynamodb:{EAST}:000000000000:table/{TABLE}"
    policy = '{"Version":"2012-10-17","Statement":[]}'
    revision = virtual.aws("dynamodb", "put-resource-policy", "--resource-arn", arn, "--policy", policy)["RevisionId"]
    assert virtual.aws("dynamodb", "get-resource-policy", "--resource-arn", arn) == {
        "Policy": policy, "RevisionId": revision}
    virtual.aws("dynamodb", "delete-resource-policy", "--resource-arn", arn)
    said = virtual.aws("dynamodb", "get-resource-policy", "--resource-arn", arn, fails=True)
    assert "PolicyNotFoundException" in said
