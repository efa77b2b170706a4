"""Strong consistency: read the latest write anywhere."""

from lessons.stage import EAST, OHIO, WEST, item, refused


def test_reads_conditions_and_counters_see_the_latest_write_in_every_region(three_regions):
    three_regions.make_strong_table()
    east, ohio, west = (three_regions.table(region, "accounts") for region in (EAST, OHIO, WEST))
    east.put_item(Item={"id": "ana", "balance": 40})
    assert item(west, "ana", ConsistentRead=True)["balance"] == 40

    assert refused(west.put_item, Item={"id": "ana", "balance": 0},
                   ConditionExpression="attribute_not_exists(id)") == "ConditionalCheckFailedException"
    for table in (ohio, west):
        table.update_item(Key={"id": "ana"}, UpdateExpression="ADD balance :ten", ExpressionAttributeValues={":ten": 10})
    assert item(east, "ana", ConsistentRead=True)["balance"] == 60, "no increment is lost"


def test_the_default_read_can_still_be_stale(three_regions):
    three_regions.make_strong_table()
    three_regions.table(EAST, "accounts").put_item(Item={"id": "bo", "balance": 60})
    west = three_regions.table(WEST, "accounts")
    assert item(west, "bo") is None
    three_regions.later("1s")
    assert item(west, "bo")["balance"] == 60


def test_transactions_are_not_there(three_regions):
    three_regions.make_strong_table()
    client = three_regions.table(EAST).meta.client
    assert refused(client.transact_get_items,
                   TransactItems=[{"Get": {"TableName": "accounts", "Key": {"id": "ana"}}}]) == "ValidationException"
