"""Transactions of real clients that overlap: exactly one goes through, and a client can try again."""

import concurrent.futures
import time

import botocore.exceptions
import pytest
from conftest import EAST

TABLE = "accounts"


def create(server):
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    return dynamodb


def transfer(dynamodb, owner, *ids, **more):
    return dynamodb.transact_write_items(TransactItems=[
        {"Put": {"TableName": TABLE, "Item": {"id": {"S": name}, "by": {"S": owner}}}} for name in ids], **more)


def outcome(future):
    """ok, or the code with its cancellation reasons."""
    try:
        future.result()
    except botocore.exceptions.ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", [])]
        return " ".join([error.response["Error"]["Code"], *reasons])
    return "ok"


def owner_of(dynamodb, name):
    return dynamodb.get_item(TableName=TABLE, Key={"id": {"S": name}}).get("Item", {}).get("by", {}).get("S")


def together(*calls):
    """Each call in a thread of its own, a little apart so that they come in this order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        futures = []
        for call in calls:
            futures.append(pool.submit(call))
            time.sleep(0.15)
        return [outcome(future) for future in futures]


def test_a_slow_transaction_meets_others_on_a_real_clock(start):
    server = start()
    dynamodb = create(server)
    server.ctl("fault", "add", "latency", "--latency", "1s", "--service", "dynamodb", "--operation",
               "TransactWriteItems", "--region", EAST)
    assert together(
        lambda: transfer(dynamodb, "first", "a", "b"),
        lambda: transfer(dynamodb, "second", "c", "a"),
        lambda: dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "b"}, "by": {"S": "third"}}),
        lambda: dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": TABLE, "Key": {"id": {"S": "a"}}}}]),
        lambda: dynamodb.get_item(TableName=TABLE, Key={"id": {"S": "a"}}),
    ) == ["ok", "TransactionCanceledException None TransactionConflict", "TransactionConflictException",
          "TransactionCanceledException TransactionConflict", "ok"]
    assert [owner_of(dynamodb, name) for name in "abc"] == ["first", "first", None]
    transfer(dynamodb, "second", "c", "a")  # nothing stays taken
    assert [owner_of(dynamodb, name) for name in "abc"] == ["second", "first", "second"]


def test_the_same_token_while_it_is_under_way(start):
    server = start()
    dynamodb = create(server)
    server.ctl("fault", "add", "latency", "--latency", "1s", "--service", "dynamodb", "--operation",
               "TransactWriteItems", "--region", EAST)
    again = lambda: transfer(dynamodb, "first", "a", ClientRequestToken="once")  # noqa: E731
    assert together(again, again) == ["ok", "TransactionInProgressException"]
    assert together(again) == ["ok"]


def test_service_times_let_live_transactions_overlap_on_a_virtual_clock(start):
    server = start("--clock", "virtual", "--service-times")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        made = pool.submit(create, server)
        while not made.done():  # each request waits for its time to pass
            server.advance("100ms")
        dynamodb = made.result()
        futures = [pool.submit(transfer, dynamodb, owner, "a") for owner in ("first", "second")]
        time.sleep(0.5)
        assert not any(future.done() for future in futures)
        server.advance("1s")
        concurrent.futures.wait(futures, timeout=10)
        outcomes = sorted(outcome(future) for future in futures)
        assert outcomes == ["TransactionCanceledException TransactionConflict", "ok"]


def test_service_times_on_a_real_clock_delay_the_answer(start):
    server = start("--service-times", "--transient-delay", "0s")
    dynamodb = create(server)
    began = time.monotonic()
    for _ in range(10):
        transfer(dynamodb, "first", "a")
    assert time.monotonic() - began >= 0.08  # 8 ms each at least


@pytest.mark.parametrize("arguments, wanted", [
    (["--transient-delay", "soon"], "--transient-delay: "),
    (["--expiry-delay", "2h..1h"], "--expiry-delay: '2h..1h' begins with the longer duration"),
    (["--service-times=yes"], "--service-times takes no value"),
])
def test_what_the_options_refuse(regionlab, arguments, wanted):
    result = regionlab("up", *arguments)
    assert result.returncode == 2
    assert wanted in result.stderr


def test_states_last_as_long_as_asked_for(start):
    server = start("--clock", "virtual", "--transient-delay", "30s", "--expiry-delay", "5s")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    states = []
    for step in ("29s", "2s"):
        server.advance(step)
        states.append(dynamodb.describe_table(TableName=TABLE)["Table"]["TableStatus"])
    assert states == ["CREATING", "ACTIVE"]
    dynamodb.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "a"}, "until": {"N": str(1767225600 + 60)}})
    server.advance("32s")
    assert dynamodb.scan(TableName=TABLE)["Count"] == 1
    server.advance("4s")
    assert dynamodb.scan(TableName=TABLE)["Count"] == 0
