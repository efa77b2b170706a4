"""The AWS CLI on tables and items: inputs from files, paging, waiters, queries on the answer."""

import json

import pytest
from conftest import WEST, shared

pytestmark = pytest.mark.slow
server = shared()  # the real clock: the waiters sleep
TABLE = "cli"


@pytest.fixture(scope="module")
def table(server):
    server.aws("dynamodb", "create-table", "--table-name", TABLE, "--billing-mode", "PAY_PER_REQUEST",
               "--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=at,AttributeType=N",
               "--key-schema", "AttributeName=id,KeyType=HASH", "AttributeName=at,KeyType=RANGE")
    server.aws("dynamodb", "wait", "table-exists", "--table-name", TABLE)
    return TABLE


@pytest.fixture(scope="module")
def filled(server, table, tmp_path_factory):
    """40 items, by batches out of a file."""
    folder = tmp_path_factory.mktemp("batches")
    for first in (0, 20):
        file = folder / f"{first}.json"
        file.write_text(json.dumps({TABLE: [{"PutRequest": {"Item": {
            "id": {"S": f"p{at % 2}"}, "at": {"N": str(at)}, "text": {"S": "Grüße"}}}} for at in range(first, first + 20)]}))
        answer = server.aws("dynamodb", "batch-write-item", "--request-items", f"file://{file}")
        assert answer["UnprocessedItems"] == {}
    return table


def test_an_item_goes_in_from_a_file_and_comes_out(server, table, tmp_path):
    item = {"id": {"S": "file"}, "at": {"N": "1"}, "bytes": {"B": "raw"}, "map": {"M": {"a": {"L": [{"NULL": True}]}}}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    server.aws("dynamodb", "put-item", "--table-name", TABLE, "--item", f"file://{tmp_path}/item.json")
    found = server.aws("dynamodb", "get-item", "--table-name", TABLE, "--key", '{"id":{"S":"file"},"at":{"N":"1"}}',
                       "--consistent-read", "--query", "Item")
    assert found == {**item, "bytes": {"B": "cmF3"}}  # version 1 of the CLI takes bytes as they are, and prints base64
    old = server.aws("dynamodb", "delete-item", "--table-name", TABLE, "--key", '{"id":{"S":"file"},"at":{"N":"1"}}',
                     "--return-values", "ALL_OLD", "--query", "Attributes.map.M.a.L[0].NULL")
    assert old is True


def test_a_call_comes_whole_from_a_file(server, table, tmp_path):
    (tmp_path / "call.json").write_text(json.dumps({
        "TableName": TABLE, "Key": {"id": {"S": "skeleton"}, "at": {"N": "1"}}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"}))
    for expected in ("1", "2"):
        answer = server.aws("dynamodb", "update-item", "--cli-input-json", f"file://{tmp_path}/call.json")
        assert answer["Attributes"] == {"n": {"N": expected}}
    server.aws("dynamodb", "delete-item", "--table-name", TABLE, "--key", '{"id":{"S":"skeleton"},"at":{"N":"1"}}')


def test_a_query_pages_on_its_own_and_by_hand(server, filled):
    base = ["dynamodb", "query", "--table-name", TABLE, "--key-condition-expression", "id = :p",
            "--expression-attribute-values", '{":p":{"S":"p1"}}']
    whole = server.aws(*base, "--page-size", "3", "--query", "Items[].at.N")
    assert whole == [str(at) for at in range(1, 40, 2)]
    first = server.aws(*base, "--max-items", "5")
    rest = server.aws(*base, "--starting-token", first["NextToken"])
    assert [item["at"]["N"] for item in first["Items"] + rest["Items"]] == whole
    last = server.aws(*base, "--no-scan-index-forward", "--limit", "1", "--no-paginate")
    assert (last["Items"][0]["at"]["N"], last["LastEvaluatedKey"]["at"]["N"]) == ("39", "39")


def test_a_query_of_one_item_pages_to_its_end(server, filled):
    """With a page size of one: there is nothing to go on with."""
    found = server.aws("dynamodb", "query", "--table-name", TABLE, "--key-condition-expression", "id = :p AND #a = :a",
                       "--expression-attribute-names", '{"#a":"at"}', "--page-size", "1",
                       "--expression-attribute-values", '{":p":{"S":"p1"},":a":{"N":"7"}}')
    assert found["Count"] == 1


def test_a_scan_filters_and_counts(server, filled):
    counted = server.aws("dynamodb", "scan", "--table-name", TABLE, "--filter-expression", "#a < :n", "--select", "COUNT",
                         "--expression-attribute-names", '{"#a":"at"}', "--expression-attribute-values", '{":n":{"N":"10"}}')
    assert (counted["Count"], counted["ScannedCount"]) == (10, 40)
    halves = [server.aws("dynamodb", "scan", "--table-name", TABLE, "--segment", str(half), "--total-segments", "2",
                         "--query", "Items[].at.N") for half in range(2)]
    assert sorted(int(at) for half in halves for at in half) == list(range(40))


def test_a_transaction_comes_from_a_file_and_tells_its_reasons(server, filled, tmp_path):
    (tmp_path / "items.json").write_text(json.dumps([
        {"Put": {"TableName": TABLE, "Item": {"id": {"S": "t"}, "at": {"N": "1"}}}},
        {"ConditionCheck": {"TableName": TABLE, "Key": {"id": {"S": "p0"}, "at": {"N": "0"}},
                            "ConditionExpression": "attribute_not_exists(id)"}}]))
    said = server.aws("dynamodb", "transact-write-items", "--transact-items", f"file://{tmp_path}/items.json", fails=True)
    assert "TransactionCanceledException" in said
    assert "[None, ConditionalCheckFailed]" in said
    found = server.aws("dynamodb", "transact-get-items", "--transact-items", json.dumps([
        {"Get": {"TableName": TABLE, "Key": {"id": {"S": id_}, "at": {"N": at}}}} for id_, at in (("t", "1"), ("p0", "0"))]))
    assert [("Item" in response) for response in found["Responses"]] == [False, True]


def test_names_are_listed_page_by_page(server, table):
    whole = server.aws("dynamodb", "list-tables", "--page-size", "1")["TableNames"]
    assert TABLE in whole
    assert whole == sorted(whole)
    assert TABLE not in server.aws("dynamodb", "list-tables", region=WEST)["TableNames"]


def test_recovery_and_time_to_live_are_switched(server, table):
    server.aws("dynamodb", "update-continuous-backups", "--table-name", TABLE, "--point-in-time-recovery-specification",
               "PointInTimeRecoveryEnabled=true")
    assert server.aws("dynamodb", "describe-continuous-backups", "--table-name", TABLE, "--query",
                      "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus") == "ENABLED"
    server.aws("dynamodb", "update-time-to-live", "--table-name", TABLE, "--time-to-live-specification",
               "Enabled=true,AttributeName=expires")
    assert server.aws("dynamodb", "describe-time-to-live", "--table-name", TABLE)["TimeToLiveDescription"]["AttributeName"] \
        == "expires"


def test_a_table_is_deleted_and_waited_for(server):
    server.aws("dynamodb", "create-table", "--table-name", "short", "--attribute-definitions",
               "AttributeName=id,AttributeType=S", "--key-schema", "AttributeName=id,KeyType=HASH",
               "--provisioned-throughput", "ReadCapacityUnits=1,WriteCapacityUnits=1")
    server.aws("dynamodb", "wait", "table-exists", "--table-name", "short")
    server.aws("dynamodb", "delete-table", "--table-name", "short")
    server.aws("dynamodb", "wait", "table-not-exists", "--table-name", "short")
    assert "ResourceNotFoundException" in server.aws("dynamodb", "describe-table", "--table-name", "short", fails=True)
