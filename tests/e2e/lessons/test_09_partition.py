"""A partition: both sides go on, and converge."""

from lessons.stage import EAST, WEST


def orders(table):
    return {entry["id"]: entry["by"] for entry in table.scan()["Items"]}


def test_two_sides_tell_two_stories_until_the_line_is_mended(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.cut(EAST, WEST)
    two_regions.cut(WEST, EAST)
    east.put_item(Item={"id": "o-1", "by": "east"})
    west.put_item(Item={"id": "o-2", "by": "west"})
    two_regions.later("1s")
    east.put_item(Item={"id": "o-3", "by": "east"})
    two_regions.later("1s")
    west.put_item(Item={"id": "o-3", "by": "west"})

    two_regions.later("2h")
    assert orders(east) == {"o-1": "east", "o-3": "east"}
    assert orders(west) == {"o-2": "west", "o-3": "west"}
    assert two_regions.backlog() == {(EAST, WEST): 2, (WEST, EAST): 2}

    two_regions.mend(EAST, WEST)
    two_regions.mend(WEST, EAST)
    two_regions.settle()
    assert orders(east) == orders(west) == {"o-1": "east", "o-2": "west", "o-3": "west"}
    (lost, won), = two_regions.conflicts()
    assert (lost["by"], won["by"]) == ({"S": "east"}, {"S": "west"})
