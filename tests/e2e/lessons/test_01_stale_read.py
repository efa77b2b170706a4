"""A read in another Region is stale."""

from lessons.stage import EAST, WEST, item


def test_a_write_can_be_read_in_the_other_region_after_the_lag_and_not_before(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-1", "status": "PAID"})
    assert item(east, "o-1") == {"id": "o-1", "status": "PAID"}
    assert item(west, "o-1") is None

    two_regions.later("799ms")
    assert item(west, "o-1", ConsistentRead=True) is None, "strong inside its Region only"

    two_regions.later("1ms")
    assert item(west, "o-1") == {"id": "o-1", "status": "PAID"}
