"""Deletes: nothing rises from the dead, unless somebody writes later."""

from lessons.stage import EAST, WEST, item


def test_an_old_write_that_arrives_late_does_not_bring_an_item_back(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.cut(EAST, WEST)
    east.put_item(Item={"id": "o-1", "status": "old"})
    two_regions.later("1s")
    west.put_item(Item={"id": "o-1", "status": "newer"})
    two_regions.later("1s")
    west.delete_item(Key={"id": "o-1"})
    two_regions.later("1m")

    two_regions.mend(EAST, WEST)
    two_regions.settle()
    assert item(east, "o-1") is None and item(west, "o-1") is None


def test_an_update_that_is_later_than_the_delete_brings_it_back(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-2", "status": "open"})
    two_regions.later("5s")

    east.delete_item(Key={"id": "o-2"})
    two_regions.later("100ms")
    west.update_item(Key={"id": "o-2"}, UpdateExpression="SET note = :n", ExpressionAttributeValues={":n": "call back"})

    two_regions.settle()
    assert item(east, "o-2") == item(west, "o-2") == {"id": "o-2", "status": "open", "note": "call back"}
    (lost, won), = two_regions.conflicts()
    assert lost is None and won["note"] == {"S": "call back"}


def test_a_delete_that_is_later_than_the_update_takes_it_away(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-3", "status": "open"})
    two_regions.later("5s")

    west.update_item(Key={"id": "o-3"}, UpdateExpression="SET note = :n", ExpressionAttributeValues={":n": "call back"})
    two_regions.later("100ms")
    east.delete_item(Key={"id": "o-3"})

    two_regions.settle()
    assert item(east, "o-3") is None and item(west, "o-3") is None
