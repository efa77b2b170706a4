"""Every replica has a stream of its own."""

from lessons.stage import EAST, WEST


def test_both_streams_tell_both_writes_and_nothing_tells_where_they_were_made(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    east.put_item(Item={"id": "o-1", "status": "open"})
    two_regions.later("5s")
    west.put_item(Item={"id": "o-1", "status": "paid"})
    two_regions.later("5s")

    arns = set()
    for region in (EAST, WEST):
        arn, records = two_regions.stream(region)
        arns.add(arn)
        assert [(record["eventName"], record["dynamodb"]["NewImage"]["status"]["S"]) for record in records] == [
            ("INSERT", "open"), ("MODIFY", "paid")], "in the order of the item"
        assert {record["awsRegion"] for record in records} == {region}
        assert not any("userIdentity" in record for record in records)
    assert len(arns) == 2
