"""An expired item is deleted in every Region, by one of them."""

import pytest
from lessons.stage import EAST, WEST, Stage, item

START_S = 1767225600  # 2026-01-01, when a virtual clock begins


@pytest.fixture
def world(start):
    return Stage(start, "two-regions", "--expiry-delay", "10m..20m")


def test_time_to_live_is_shared_and_its_deletes_are_replicated(world):
    east, west = world.table(EAST), world.table(WEST)
    east.meta.client.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    there = west.meta.client.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert (there["TimeToLiveStatus"], there["AttributeName"]) == ("ENABLED", "until")

    east.put_item(Item={"id": "o-1", "until": START_S + 3600})
    world.later("1h5m")
    assert item(west, "o-1") is not None, "expired, and still there"
    world.later("15m")
    assert item(east, "o-1") is None and item(west, "o-1") is None

    # Only the Region that deleted it says so.
    removals = []
    for region in (EAST, WEST):
        _, records = world.stream(region)
        assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
        removals.append(records[1].get("userIdentity"))
    assert removals.count({"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}) == 1
    assert removals.count(None) == 1
