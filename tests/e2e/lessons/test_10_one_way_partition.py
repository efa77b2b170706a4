"""A partition in one direction only."""

from lessons.stage import EAST, WEST, item


def test_one_side_sees_everything_and_the_other_works_with_old_data(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.cut(EAST, WEST)
    east.put_item(Item={"id": "order-by-east"})
    west.put_item(Item={"id": "order-by-west"})
    two_regions.later("1m")
    assert item(east, "order-by-west") is not None
    assert item(west, "order-by-east") is None
    assert two_regions.backlog() == {(EAST, WEST): 1}

    # East gives its version up; West has never seen it.
    east.put_item(Item={"id": "o-1", "by": "east"})
    two_regions.later("1s")
    west.put_item(Item={"id": "o-1", "by": "west"})
    two_regions.later("1s")
    assert item(east, "o-1")["by"] == "west"

    two_regions.mend(EAST, WEST)
    two_regions.settle()
    assert item(west, "order-by-east") is not None
    assert item(west, "o-1")["by"] == "west", "the late version of East changes nothing"
