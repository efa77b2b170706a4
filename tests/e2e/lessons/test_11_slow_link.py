"""A slow link."""

from lessons.stage import EAST, WEST, item


def test_changes_arrive_late_and_in_order(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.server.ctl("link", "lag", EAST, WEST, "90s")
    east.put_item(Item={"id": "o-1", "status": "open"})
    two_regions.later("60s")
    east.put_item(Item={"id": "o-1", "status": "shipped"})

    assert item(west, "o-1") is None
    two_regions.later("30s")
    assert item(west, "o-1")["status"] == "open", "shipped half a minute ago"
    two_regions.later("60s")
    assert item(west, "o-1")["status"] == "shipped"


def test_the_window_for_conflicts_is_as_long_as_the_lag(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.server.ctl("link", "lag", EAST, WEST, "90s")
    east.put_item(Item={"id": "o-2", "by": "east"})
    two_regions.later("85s")
    west.put_item(Item={"id": "o-2", "by": "west"})
    two_regions.settle()
    assert item(east, "o-2")["by"] == "west"
    assert len(two_regions.conflicts()) == 1
