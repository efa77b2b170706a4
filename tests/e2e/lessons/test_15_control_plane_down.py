"""The control plane is down, the data plane is up."""

from lessons.stage import EAST, WEST, item, refused


def test_tables_cannot_be_changed_while_items_go_on(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.server.ctl("fault", "add", "error", "--service", "dynamodb", "--plane", "control", "--region", EAST)
    control = east.meta.client
    assert refused(control.update_table, TableName="orders", DeletionProtectionEnabled=True) == "InternalServerError"
    assert refused(control.update_table, TableName="orders",
                   ReplicaUpdates=[{"Delete": {"RegionName": WEST}}]) == "InternalServerError"
    assert refused(control.describe_table, TableName="orders") == "InternalServerError"

    east.put_item(Item={"id": "o-1"})
    assert item(east, "o-1") is not None
    two_regions.later("800ms")
    assert item(west, "o-1") is not None, "replication is data plane"

    # The other Region has a control plane of its own.
    changed = west.meta.client.update_table(TableName="orders", DeletionProtectionEnabled=True)
    assert changed["TableDescription"]["DeletionProtectionEnabled"] is True
