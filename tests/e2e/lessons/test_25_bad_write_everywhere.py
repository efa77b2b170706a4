"""A bad write is replicated everywhere."""

import datetime

from lessons.stage import EAST, WEST, refused

BEFORE = datetime.datetime(2026, 1, 1, 0, 20, 0, tzinfo=datetime.timezone.utc)


def statuses(table):
    return {entry["id"]: entry["status"] for entry in table.scan()["Items"]}


def test_only_a_replica_that_keeps_its_past_can_go_back_to_it(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    west.meta.client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for name in ("o-1", "o-2", "o-3"):
        east.put_item(Item={"id": name, "status": "paid"})
    two_regions.later("20m1s")
    for name in ("o-1", "o-2", "o-3"):
        east.put_item(Item={"id": name, "status": "oops"})
    two_regions.later("10m")
    assert set(statuses(west).values()) == {"oops"}

    restore = {"SourceTableName": "orders", "TargetTableName": "orders-before", "RestoreDateTime": BEFORE}
    assert refused(east.meta.client.restore_table_to_point_in_time, **restore) == \
        "PointInTimeRecoveryUnavailableException"
    west.meta.client.restore_table_to_point_in_time(**restore)
    two_regions.later("10m")
    assert statuses(two_regions.table(WEST, "orders-before")) == {"o-1": "paid", "o-2": "paid", "o-3": "paid"}

    restored = west.meta.client.describe_table(TableName="orders-before")["Table"]
    assert restored["TableStatus"] == "ACTIVE"
    assert "Replicas" not in restored and "LatestStreamArn" not in restored
