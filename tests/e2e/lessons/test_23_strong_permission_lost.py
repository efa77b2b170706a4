"""A strongly consistent replica without permission, for seven days."""

from lessons.stage import EAST, OHIO, WEST, item, refused


def test_it_refuses_at_once_and_is_archived_after_seven_days(three_regions):
    three_regions.make_strong_table()
    east, ohio, west = (three_regions.table(region, "accounts") for region in (EAST, OHIO, WEST))
    east.put_item(Item={"id": "ana", "balance": 40})
    three_regions.later("1s")

    three_regions.deny_replication(WEST, "accounts")
    assert refused(west.put_item, Item={"id": "ana", "balance": 0}) == "InternalServerError"
    assert item(west, "ana")["balance"] == 40
    three_regions.later("167h")
    assert three_regions.replica_status(WEST, "accounts") == "REPLICATION_NOT_AUTHORIZED"

    three_regions.later("1h")
    three_regions.clear_faults()
    assert three_regions.replica_status(WEST, "accounts") == "ARCHIVED"
    assert refused(west.get_item, Key={"id": "ana"}) == "AccessDeniedException"
    east.put_item(Item={"id": "ana", "balance": 50})
    assert item(ohio, "ana", ConsistentRead=True)["balance"] == 50, "the other two go on"
