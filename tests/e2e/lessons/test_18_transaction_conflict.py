"""Transactions that overlap."""

import pytest
from lessons.stage import EAST, WEST, Stage, item, refused


def put_in_transaction(value):
    return {"TransactItems": [{"Put": {"TableName": "orders", "Item": {"id": "o-1", "by": value}}}]}


@pytest.fixture
def world(two_regions):
    """Transactions take two seconds in us-east-1."""
    two_regions.slow_down("TransactWriteItems", EAST, "2s")
    return two_regions


def test_whoever_meets_a_transaction_is_refused_and_may_come_again(world):
    east = world.table(EAST)
    first = world.under_way(world.table(EAST).meta.client.transact_write_items, **put_in_transaction("first"))

    assert refused(east.put_item, Item={"id": "o-1", "by": "a plain write"}) == "TransactionConflictException"
    assert refused(east.meta.client.transact_get_items,
                   TransactItems=[{"Get": {"TableName": "orders", "Key": {"id": "o-1"}}}]) == \
        "TransactionCanceledException"
    assert item(east, "o-1") is None, "plain reads go on, with what was there before"

    world.later("2s")
    first.result()
    assert item(east, "o-1")["by"] == "first"
    east.put_item(Item={"id": "o-1", "by": "again"})
    assert item(east, "o-1")["by"] == "again"


def test_the_other_region_knows_nothing_of_it(world):
    east, west = world.table(EAST), world.table(WEST)
    second = world.under_way(world.table(EAST).meta.client.transact_write_items, **put_in_transaction("second"))
    west.put_item(Item={"id": "o-1", "by": "west"})
    world.later("2s")
    second.result()
    world.settle()
    assert item(east, "o-1")["by"] == item(west, "o-1")["by"] == "second"


def test_with_service_times_they_overlap_without_any_fault(start):
    world = Stage(start, "two-regions", "--service-times")
    transact = world.table(EAST).meta.client.transact_write_items
    first = world.under_way(transact, **put_in_transaction("first"))
    second = world.under_way(transact, **put_in_transaction("second"))
    world.later("1s")
    first.result()
    assert refused(second.result) == "TransactionCanceledException"
