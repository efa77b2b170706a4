"""Strong consistency: two Regions write at once."""

from lessons.stage import EAST, OHIO, WEST, item, refused


def test_the_second_of_two_overlapping_writes_is_refused_and_nobody_is_overwritten(three_regions):
    three_regions.make_strong_table(replicas=(OHIO,), witness=WEST)
    three_regions.slow_down("PutItem", EAST, "1s")
    ohio = three_regions.table(OHIO, "accounts")
    first = three_regions.under_way(three_regions.table(EAST, "accounts").put_item, Item={"id": "ana", "by": "east"})

    assert refused(ohio.put_item, Item={"id": "ana", "by": "ohio"}) == "ReplicatedWriteConflictException"
    ohio.put_item(Item={"id": "bo", "by": "ohio"})  # another item is not concerned

    three_regions.later("1s")
    first.result()
    assert item(ohio, "ana", ConsistentRead=True)["by"] == "east"
    ohio.put_item(Item={"id": "ana", "by": "ohio, again"})
    assert item(ohio, "ana", ConsistentRead=True)["by"] == "ohio, again"
    assert three_regions.conflicts() == []


def test_a_statement_and_a_batch_are_refused_as_well(three_regions):
    three_regions.make_strong_table()
    three_regions.slow_down("PutItem", EAST, "1s")
    client = three_regions.table(OHIO).meta.client
    first = three_regions.under_way(three_regions.table(EAST, "accounts").put_item, Item={"id": "ana", "by": "east"})

    assert refused(client.execute_statement, Statement="INSERT INTO accounts VALUE {'id': 'ana'}") == \
        "ReplicatedWriteConflictException"
    puts = [{"PutRequest": {"Item": {"id": name, "by": "ohio"}}} for name in ("ana", "bo")]
    left = client.batch_write_item(RequestItems={"accounts": puts})["UnprocessedItems"]["accounts"]
    assert [put["PutRequest"]["Item"]["id"] for put in left] == ["ana"]
    three_regions.later("1s")
    first.result()
