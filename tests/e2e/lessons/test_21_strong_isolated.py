"""Strong consistency: the isolated Region refuses, the majority serves."""

from lessons.stage import EAST, OHIO, WEST, item, refused


def test_two_of_three_go_on_and_the_third_catches_up(three_regions):
    three_regions.make_strong_table()
    east, ohio, west = (three_regions.table(region, "accounts") for region in (EAST, OHIO, WEST))
    east.put_item(Item={"id": "ana", "balance": 40})
    three_regions.later("1s")

    three_regions.isolate(WEST)
    assert refused(west.put_item, Item={"id": "ana", "balance": 0}) == "InternalServerError"
    assert refused(west.get_item, Key={"id": "ana"}, ConsistentRead=True) == "InternalServerError"
    assert item(west, "ana")["balance"] == 40
    east.put_item(Item={"id": "ana", "balance": 50})
    assert item(ohio, "ana", ConsistentRead=True)["balance"] == 50
    assert item(west, "ana")["balance"] == 40, "an eventual read, growing old"

    three_regions.clear_faults()
    assert refused(west.get_item, Key={"id": "ana"}, ConsistentRead=True) == "InternalServerError"
    three_regions.later("1s")
    assert item(west, "ana", ConsistentRead=True)["balance"] == 50
    west.put_item(Item={"id": "ana", "balance": 60})
    assert item(east, "ana", ConsistentRead=True)["balance"] == 60
    assert three_regions.conflicts() == []
