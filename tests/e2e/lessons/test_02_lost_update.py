"""A lost update: the last writer wins, item by item."""

from lessons.stage import EAST, WEST, item


def test_two_regions_change_one_item_and_one_of_the_changes_is_gone(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-1"})
    two_regions.later("5s")

    east.update_item(Key={"id": "o-1"}, UpdateExpression="SET paid = :yes", ExpressionAttributeValues={":yes": True})
    two_regions.later("100ms")
    west.update_item(Key={"id": "o-1"}, UpdateExpression="SET city = :c", ExpressionAttributeValues={":c": "Reno"})
    assert item(east, "o-1") == {"id": "o-1", "paid": True}
    assert item(west, "o-1") == {"id": "o-1", "city": "Reno"}

    two_regions.settle()
    assert item(east, "o-1") == item(west, "o-1") == {"id": "o-1", "city": "Reno"}
    assert two_regions.conflicts() == [({"id": {"S": "o-1"}, "paid": {"BOOL": True}},
                                        {"id": {"S": "o-1"}, "city": {"S": "Reno"}})]
