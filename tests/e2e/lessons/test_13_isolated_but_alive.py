"""A Region is isolated, but alive."""

from lessons.stage import EAST, WEST, item


def change(table, status):
    """Only if the order is still open."""
    table.update_item(Key={"id": "o-1"}, UpdateExpression="SET #s = :s", ConditionExpression="#s = :open",
                      ExpressionAttributeNames={"#s": "status"},
                      ExpressionAttributeValues={":s": status, ":open": "open"})


def test_the_region_that_everyone_has_left_overwrites_the_others_afterwards(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-1", "status": "open"})
    two_regions.later("5s")

    two_regions.isolate(EAST)
    change(west, "shipped")
    two_regions.later("20m")
    change(east, "cancelled")
    assert (item(east, "o-1")["status"], item(west, "o-1")["status"]) == ("cancelled", "shipped")

    two_regions.clear_faults()
    two_regions.settle()
    assert item(east, "o-1")["status"] == item(west, "o-1")["status"] == "cancelled"
    (lost, won), = two_regions.conflicts()
    assert (lost["status"], won["status"]) == ({"S": "shipped"}, {"S": "cancelled"})
