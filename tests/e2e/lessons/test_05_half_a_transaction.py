"""Half a transaction in the other Region."""

import pytest
from lessons.stage import EAST, WEST, Stage, item


@pytest.fixture
def world(start):
    return Stage(start, "two-regions", "--seed", "1")  # the lags drawn by it let one part overtake the other


def balances(table):
    return {entry["id"]: entry["balance"] for entry in table.scan()["Items"]}


def test_the_other_region_sees_the_money_once_before_it_sees_it_twice(world):
    world.server.ctl("link", "lag", EAST, WEST, "600ms..1200ms")
    east, west = world.table(EAST), world.table(WEST)
    east.meta.client.transact_write_items(TransactItems=[
        {"Put": {"TableName": "orders", "Item": {"id": "ana", "balance": 40}}},
        {"Put": {"TableName": "orders", "Item": {"id": "bo", "balance": 60}}}])
    assert balances(east) == {"ana": 40, "bo": 60}

    world.later("900ms")
    assert balances(west) == {"bo": 60}, "one half of it"
    answers = west.meta.client.transact_get_items(TransactItems=[
        {"Get": {"TableName": "orders", "Key": {"id": name}}} for name in ("ana", "bo")])["Responses"]
    assert ["Item" in answer for answer in answers] == [False, True], "nor does a transaction help that reads"

    world.later("300ms")
    assert balances(west) == {"ana": 40, "bo": 60}
    assert item(west, "ana") is not None
