"""A condition holds in both Regions."""

from lessons.stage import EAST, WEST, item, refused

IF_FREE = "attribute_not_exists(id)"


def test_two_customers_get_the_same_seat(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "seat-1A", "for": "Ana"}, ConditionExpression=IF_FREE)
    two_regions.later("300ms")
    west.put_item(Item={"id": "seat-1A", "for": "Bo"}, ConditionExpression=IF_FREE)

    # In one Region the second one is refused.
    assert refused(east.put_item, Item={"id": "seat-1A", "for": "Cy"}, ConditionExpression=IF_FREE) == \
        "ConditionalCheckFailedException"

    two_regions.settle()
    assert item(east, "seat-1A")["for"] == item(west, "seat-1A")["for"] == "Bo"
    (lost, won), = two_regions.conflicts()
    assert (lost["for"], won["for"]) == ({"S": "Ana"}, {"S": "Bo"})
