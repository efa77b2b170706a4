"""Clock skew: the fast clock wins."""

from lessons.stage import EAST, WEST, item


def test_a_region_whose_clock_is_fast_wins_against_later_writes(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.server.ctl("fault", "add", "clock-skew", "--region", WEST, "--skew", "5s")
    west.put_item(Item={"id": "o-1", "by": "west, first"})
    two_regions.later("500ms")
    east.put_item(Item={"id": "o-1", "by": "east, later"})

    two_regions.settle()
    assert item(east, "o-1")["by"] == item(west, "o-1")["by"] == "west, first"
    assert len(two_regions.conflicts()) == 1

    # A version that a Region has seen is behind its own next one, whatever the clocks say.
    east.put_item(Item={"id": "o-1", "by": "east, behind what it saw"})
    two_regions.settle()
    assert item(east, "o-1")["by"] == item(west, "o-1")["by"] == "east, behind what it saw"
