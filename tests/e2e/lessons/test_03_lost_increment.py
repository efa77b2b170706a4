"""Increments of a counter get lost."""

from lessons.stage import EAST, WEST, item


def sell_one(table):
    sold = table.update_item(Key={"id": "stock"}, UpdateExpression="ADD #left :one", ReturnValues="UPDATED_NEW",
                             ExpressionAttributeNames={"#left": "left"}, ExpressionAttributeValues={":one": -1})
    return sold["Attributes"]["left"]


def test_two_regions_count_down_and_one_step_is_lost(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "stock", "left": 10})
    two_regions.later("5s")

    assert sell_one(east) == 9
    assert sell_one(west) == 9

    two_regions.settle()
    assert item(east, "stock")["left"] == item(west, "stock")["left"] == 9, "two were sold"
