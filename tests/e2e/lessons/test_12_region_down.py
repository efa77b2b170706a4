"""A Region is down, with writes under way."""

import botocore.exceptions
import pytest
from lessons.stage import EAST, WEST, item


def test_what_was_acknowledged_and_not_replicated_is_missing_until_the_region_returns(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-1"})
    two_regions.later("5s")
    east.put_item(Item={"id": "o-2"})
    two_regions.later("300ms")
    two_regions.server.ctl("region", "down", EAST)
    assert two_regions.backlog() == {(EAST, WEST): 1}, "the achieved recovery point: one write, 300 ms old"

    with pytest.raises((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)):
        item(east, "o-1")
    two_regions.later("1h")
    assert item(west, "o-1") is not None
    assert item(west, "o-2") is None

    two_regions.server.ctl("region", "up", EAST)
    two_regions.settle()
    assert item(west, "o-2") is not None, "late, not lost"


def test_an_order_that_was_taken_again_stays_when_the_old_one_arrives(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-2", "status": "open"})
    two_regions.later("300ms")
    two_regions.server.ctl("region", "down", EAST)
    two_regions.later("1h")
    west.put_item(Item={"id": "o-2", "status": "taken again"})
    two_regions.later("10s")

    two_regions.server.ctl("region", "up", EAST)
    two_regions.settle()
    assert item(east, "o-2")["status"] == item(west, "o-2")["status"] == "taken again"
    assert len(two_regions.conflicts()) == 1


def test_a_write_under_way_gets_no_answer_and_can_be_repeated_with_its_own_id(two_regions):
    two_regions.slow_down("PutItem", EAST, "1s")
    east = two_regions.table(EAST)
    write = two_regions.under_way(east.put_item, Item={"id": "o-3", "by": "the first try"})
    two_regions.server.ctl("region", "down", EAST)
    two_regions.later("2s")
    with pytest.raises((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)):
        write.result()  # done or not? The client cannot know

    west = two_regions.table(WEST)
    west.put_item(Item={"id": "o-3", "by": "the second try"}, ConditionExpression="attribute_not_exists(id)")
    two_regions.server.ctl("region", "up", EAST)
    two_regions.settle()
    assert item(west, "o-3")["by"] == item(two_regions.table(EAST), "o-3")["by"] == "the second try"
