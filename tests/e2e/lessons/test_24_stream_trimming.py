"""A consumer that sleeps for a day misses records."""

import botocore.exceptions
import pytest
from lessons.stage import EAST, refused


def test_behind_24_hours_a_consumer_finds_its_position_gone(two_regions):
    east, streams = two_regions.table(EAST), two_regions.client("dynamodbstreams")
    east.put_item(Item={"id": "o-1"})
    east.put_item(Item={"id": "o-2"})
    arn, records = two_regions.stream(EAST)
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    behind_the_first = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                        "SequenceNumber": records[0]["dynamodb"]["SequenceNumber"]}
    position = streams.get_shard_iterator(**behind_the_first)["ShardIterator"]

    two_regions.later("3h")
    east.put_item(Item={"id": "o-3"})
    two_regions.later("22h")
    with pytest.raises(botocore.exceptions.ClientError, match="ExpiredIteratorException"):
        streams.get_records(ShardIterator=position)
    assert refused(streams.get_shard_iterator, **behind_the_first) == "TrimmedDataAccessException"

    _, left = two_regions.stream(EAST)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in left] == ["o-3"]
    assert sorted(entry["id"] for entry in east.scan()["Items"]) == ["o-1", "o-2", "o-3"], "only the table has them all"
