"""Every fault of global tables with boto3 and ctl: it does what its name says, nothing else, and counts what it hit."""

import json
import subprocess

import botocore.exceptions
import pytest
from conftest import EAST, REGIONLAB, WEST, shared
from hostile import until

server = shared("--clock", "virtual")

ORDERS, CUSTOMERS = "resilientdynamo-Order", "resilientdynamo-Customers"
KEYS = {ORDERS: "OrderId", CUSTOMERS: "CustomerId"}
ARN = f"arn:aws:dynamodb:{EAST}:000000000000:table/{ORDERS}"


@pytest.fixture
def lab(server):
    """The module's server as it was at its start, with links of one second."""
    server.ctl("reset")
    server.ctl("link", "lag", EAST, WEST, "1s", "--both")
    return server


def put(lab, region, key, value="x", table=ORDERS):
    lab.client("dynamodb", region).put_item(TableName=table, Item={KEYS[table]: {"S": key}, "v": {"S": value}})


def get(lab, region, key, table=ORDERS):
    item = lab.client("dynamodb", region).get_item(TableName=table, Key={KEYS[table]: {"S": key}}).get("Item")
    return item["v"]["S"] if item else None


def hits(lab, fault):
    return next(one["hits"] for one in lab.ctl("fault", "list")["faults"] if one["id"] == fault["id"])


def replication(lab, source, table=ORDERS):
    """What ctl tells of the way from this Region."""
    return next(link for link in lab.ctl("replication", table)["links"] if link["from"] == source)


def error_of(run):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        run()
    return raised.value.response["Error"]["Code"]


def people(lab, *arguments):
    return subprocess.run([REGIONLAB, "ctl", "--endpoint", lab.endpoint, *arguments], capture_output=True, text=True,
                          timeout=60).stdout


# --- replication ----------------------------------------------------------------------------------------------------


def test_a_pause_of_a_table_holds_its_records_in_both_directions_and_no_others(lab):
    fault = lab.ctl("fault", "add", "pause-replication", "--resource", ORDERS)
    put(lab, EAST, "a")
    put(lab, WEST, "b")
    put(lab, EAST, "c", table=CUSTOMERS)
    lab.advance("1m")
    assert (get(lab, WEST, "a"), get(lab, EAST, "b"), get(lab, WEST, "c", CUSTOMERS)) == (None, None, "x")
    assert hits(lab, fault) == 2
    for region in EAST, WEST:
        told = replication(lab, region)
        assert (told["state"], told["reason"], told["fault"]) == ("paused", "pause-replication", fault["id"])
        assert (told["pending"], told["oldest_us"]) == (1, 60_000_000)
    lab.ctl("fault", "clear", str(fault["id"]))
    lab.advance("1s")
    assert (get(lab, WEST, "a"), get(lab, EAST, "b")) == ("x", "x")


def test_a_pause_into_a_region_lets_the_other_direction_pass(lab):
    fault = lab.ctl("fault", "add", "pause-replication", "--to", WEST)
    put(lab, EAST, "a")
    put(lab, WEST, "b")
    lab.advance("1m")
    assert (get(lab, WEST, "a"), get(lab, EAST, "b")) == (None, "x")
    assert hits(lab, fault) == 1


def test_an_asymmetric_partition_cuts_one_direction(lab):
    fault = lab.ctl("fault", "add", "partition", "--from", WEST, "--to", EAST)
    put(lab, EAST, "a")
    put(lab, WEST, "b")
    lab.advance("1m")
    assert (get(lab, WEST, "a"), get(lab, EAST, "b")) == ("x", None)
    assert replication(lab, EAST)["state"] == "open"
    assert replication(lab, WEST)["fault"] == fault["id"]
    assert hits(lab, fault) == 1


def test_an_isolated_region_lives_on_and_nothing_passes(lab):
    """Its own clients are served: it does not know what it is missing."""
    fault = lab.ctl("fault", "add", "partition", "--region", EAST)
    put(lab, EAST, "a", "east")
    put(lab, WEST, "a", "west")
    lab.advance("1h")
    assert (get(lab, EAST, "a"), get(lab, WEST, "a")) == ("east", "west")
    assert hits(lab, fault) == 2
    lab.ctl("fault", "clear")
    lab.ctl("wait", "replication")
    assert get(lab, EAST, "a") == get(lab, WEST, "a") == "west"


def test_a_region_that_is_down_refuses_and_the_other_collects_what_it_will_need(lab):
    fault = lab.ctl("fault", "add", "region-down", "--region", WEST, "--duration", "10m")
    with pytest.raises(botocore.exceptions.BotoCoreError):
        get(lab, WEST, "a")
    put(lab, EAST, "a")
    lab.advance("9m59s")
    assert replication(lab, EAST)["reason"] == "region-down"
    assert hits(lab, fault) >= 2  # the request and the delivery
    lab.advance("2s")
    until(lambda: get(lab, WEST, "a") == "x")


def test_a_slow_link_is_slow_for_one_direction_or_one_table(lab):
    lab.ctl("link", "lag", EAST, WEST, "30s")
    lab.ctl("link", "lag", EAST, WEST, "10s", "--table", CUSTOMERS)
    put(lab, EAST, "a")
    put(lab, WEST, "b")
    put(lab, EAST, "c", table=CUSTOMERS)
    lab.advance("9999ms")
    assert (get(lab, EAST, "b"), get(lab, WEST, "c", CUSTOMERS)) == ("x", None)
    lab.advance("1ms")
    assert (get(lab, WEST, "a"), get(lab, WEST, "c", CUSTOMERS)) == (None, "x")
    lab.advance("20s")
    assert get(lab, WEST, "a") == "x"
    assert replication(lab, EAST)["latency"] == {"count": 1, "p50_us": 30_000_000, "p99_us": 30_000_000,
                                                 "max_us": 30_000_000}
    assert replication(lab, EAST, CUSTOMERS)["lag"] == "10s"


def test_a_clock_that_is_ahead_wins_against_the_truth(lab):
    lab.ctl("fault", "add", "clock-skew", "--region", EAST, "--skew", "1m")
    put(lab, EAST, "a", "earlier")
    lab.advance("500ms")
    put(lab, WEST, "a", "later")
    lab.advance("10s")
    assert get(lab, EAST, "a") == get(lab, WEST, "a") == "earlier"
    (lost,) = lab.ctl("conflicts", "--table", ORDERS)["Conflicts"]
    assert lost["clockSkew"] and lost["reason"] == "later-time"
    assert (lost["winner"]["region"], lost["loser"]["region"]) == (EAST, WEST)
    assert lost["loser"]["committedUs"] - lost["winner"]["committedUs"] == 500_000
    assert "59.5s later by its clock, but made 500ms earlier" in people(lab, "conflicts")


# --- the latency of an outage ---------------------------------------------------------------------------------------


def test_latency_rises_and_falls_with_an_outage(lab):
    lab.ctl("link", "drain", EAST, WEST, "10")
    lab.ctl("link", "partition", EAST, WEST)
    for i in range(30):
        put(lab, EAST, f"a{i}")
        lab.advance("1s")
    told = replication(lab, EAST)
    assert (told["pending"], told["oldest_us"], told["latency"]["count"]) == (30, 30_000_000, 0)
    lab.ctl("link", "heal", EAST, WEST)
    lab.advance("1s")
    told = replication(lab, EAST)
    assert told["state"] == "draining" and 19 <= told["pending"] <= 20
    assert told["latency"]["max_us"] == 30_000_000 and told["oldest_us"] < 22_000_000
    lab.advance("5s")
    told = replication(lab, EAST)
    assert (told["state"], told["pending"], told["applied"]) == ("open", 0, 30)
    assert "open, 0 pending, 30 applied, 0 superseded, latency p50 " in people(lab, "replication", ORDERS)


# --- requests -------------------------------------------------------------------------------------------------------


def test_the_control_plane_can_be_down_while_the_data_plane_works(lab):
    fault = lab.ctl("fault", "add", "error", "--service", "dynamodb", "--plane", "control", "--status", "503")
    client = lab.client("dynamodb")
    assert error_of(lambda: client.create_table(
        TableName="new", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])) == "ServiceUnavailable"
    assert error_of(lambda: client.update_table(TableName=ORDERS, BillingMode="PAY_PER_REQUEST")) == "ServiceUnavailable"
    assert error_of(lambda: client.describe_table(TableName=ORDERS)) == "ServiceUnavailable"
    put(lab, EAST, "a")
    lab.advance("1s")
    assert get(lab, WEST, "a") == "x"
    assert hits(lab, fault) == 3


CALLS = {
    "a name": lambda client: client.get_item(TableName=ORDERS, Key={"OrderId": {"S": "a"}}),
    "an ARN": lambda client: client.get_item(TableName=ARN, Key={"OrderId": {"S": "a"}}),
    "a batch": lambda client: client.batch_get_item(RequestItems={
        CUSTOMERS: {"Keys": [{"CustomerId": {"S": "a"}}]}, ORDERS: {"Keys": [{"OrderId": {"S": "a"}}]}}),
    "a transaction": lambda client: client.transact_get_items(TransactItems=[
        {"Get": {"TableName": ARN, "Key": {"OrderId": {"S": "a"}}}}]),
    "a statement": lambda client: client.execute_statement(Statement=f'SELECT * FROM "{ORDERS}"'),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_fault_of_a_table_hits_calls_about_it(lab, call):
    fault = lab.ctl("fault", "add", "throttle", "--resource", ORDERS, "--region", EAST)
    assert error_of(lambda: CALLS[call](lab.client("dynamodb"))) == "ProvisionedThroughputExceededException"
    assert hits(lab, fault) == 1
    assert get(lab, EAST, "a", CUSTOMERS) is None
    assert get(lab, WEST, "a") is None
    assert hits(lab, fault) == 1


# --- what every replica has -----------------------------------------------------------------------------------------


def test_a_probe_shows_versions_and_deletes_that_are_remembered(lab):
    put(lab, EAST, "a")
    lab.advance("1s")
    lab.ctl("link", "partition", WEST, EAST)
    lab.client("dynamodb", WEST).delete_item(TableName=ORDERS, Key={"OrderId": {"S": "a"}})
    lab.advance("1m")
    probed = lab.ctl("probe", ORDERS, json.dumps({"OrderId": {"S": "a"}}))
    assert probed["replicas"][EAST]["v"] == {"S": "x"} and probed["replicas"][WEST] is None
    east, west = probed["versions"][EAST], probed["versions"][WEST]
    assert (east["origin"], east["deleted"], west["origin"], west["deleted"]) == (EAST, False, WEST, True)
    assert west["writtenUs"] - east["writtenUs"] == 1_000_000
    assert f"{WEST}: nothing, deleted in {WEST} at 2026-01-01T00:00:01.000Z" in probed["summary"]


@pytest.mark.parametrize("arguments, said", [
    (["link", "lag", EAST, WEST, "1s", "--table", "nosuch"], "there is no table 'nosuch'"),
    (["link", "lag", EAST, WEST, "soon", "--table", ORDERS], "is not a lag"),
    (["link", "lag", EAST, WEST, "default", "--table", ORDERS], "has no lag of its own"),
    (["link", "latency", EAST, WEST, "1s", "--table", ORDERS], "a 'table' has a 'lag' of its own and nothing else"),
    (["replication", "nosuch"], "there is no table 'nosuch'"),
    (["conflicts", "--since", "soon"], "'since' is a time such as"),
    (["conflicts", "--region", "mars"], "the world has no Region 'mars'"),
])
def test_what_cannot_be_is_refused(lab, arguments, said):
    assert said in lab.ctl(*arguments, fails=True)
