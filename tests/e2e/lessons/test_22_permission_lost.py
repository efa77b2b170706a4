"""A replica without permission, for 19 and for 20 hours."""

from lessons.stage import EAST, WEST, item, refused


def test_after_19_hours_a_replica_catches_up(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.deny_replication(WEST)
    east.put_item(Item={"id": "o-1"})
    two_regions.later("19h")
    assert two_regions.replica_status(WEST) == "REPLICATION_NOT_AUTHORIZED"
    assert item(west, "o-1") is None

    two_regions.clear_faults()
    two_regions.later("10s")
    assert two_regions.replica_status(WEST) == "ACTIVE"
    assert item(west, "o-1") is not None


def test_after_20_hours_it_is_a_table_of_its_region_alone_for_good(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.deny_replication(WEST)
    east.put_item(Item={"id": "o-2"})
    two_regions.later("20h")
    two_regions.clear_faults()
    two_regions.later("1h")

    assert two_regions.replica_status(WEST) is None
    alone = west.meta.client.describe_table(TableName="orders")["Table"]
    assert alone["TableStatus"] == "ACTIVE" and "Replicas" not in alone
    assert item(west, "o-2") is None
    assert refused(east.meta.client.update_table, TableName="orders",
                   ReplicaUpdates=[{"Create": {"RegionName": WEST}}]) == "ValidationException"
