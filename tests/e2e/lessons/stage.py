"""What the lessons' stories are played on: a world on a virtual clock, and boto3's tables in its Regions.

Only plumbing is here. What a story shows is in the story.
"""

import concurrent.futures
import pathlib
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest

LESSONS = pathlib.Path(__file__).resolve().parents[3] / "docs/lessons"
EAST, OHIO, WEST = "us-east-1", "us-east-2", "us-west-2"


class Stage:
    def __init__(self, start, world, *arguments):
        self.server = start("--world", str(LESSONS / f"{world}.yaml"), "--clock", "virtual", *arguments)
        self.pool = concurrent.futures.ThreadPoolExecutor(2)

    # --- clients

    def table(self, region, name="orders"):
        """boto3's Table. Its calls are those of any program."""
        resource = boto3.resource(
            "dynamodb", region_name=region, endpoint_url=self.server.endpoint, aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5))
        return resource.Table(name)

    def client(self, service, region=EAST):
        return self.server.client(service, region)

    def make_strong_table(self, name="accounts", replicas=(OHIO, WEST), witness=None):
        """An empty table in us-east-1 becomes strongly consistent."""
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                              KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        self.later("1s")
        change = {"ReplicaUpdates": [{"Create": {"RegionName": region}} for region in replicas]}
        if witness is not None:
            change["GlobalTableWitnessUpdates"] = [{"Create": {"RegionName": witness}}]
        dynamodb.update_table(TableName=name, MultiRegionConsistency="STRONG", **change)
        self.later("1m")

    # --- time and faults

    def later(self, duration):
        self.server.advance(duration)

    def cut(self, source, destination):
        self.server.ctl("link", "partition", source, destination)

    def mend(self, source, destination):
        self.server.ctl("link", "heal", source, destination)

    def isolate(self, region):
        self.server.ctl("fault", "add", "partition", "--region", region)

    def clear_faults(self):
        self.server.ctl("fault", "clear")

    def slow_down(self, operation, region, latency):
        self.server.ctl("fault", "add", "latency", "--latency", latency, "--service", "dynamodb", "--operation",
                        operation, "--region", region)

    def deny_replication(self, region, table="orders"):
        self.server.ctl("fault", "add", "deny-replication", "--region", region, "--resource", table)

    def settle(self, table="orders"):
        """Until every change has arrived everywhere."""
        self.server.ctl("wait", "replication", table)

    def under_way(self, call, **arguments):
        """Makes the call in the background; comes back when its request has reached the world."""
        before = self.server.ctl("clock", "show")["pending_events"]
        future = self.pool.submit(call, **arguments)
        deadline = time.monotonic() + 20
        while self.server.ctl("clock", "show")["pending_events"] == before and time.monotonic() < deadline:
            time.sleep(0.01)
        return future

    # --- what can be seen

    def conflicts(self):
        """(loser, winner) of each overwritten write: the items, None for a delete."""
        found = self.server.ctl("conflicts")["Conflicts"]
        return [(conflict["loser"]["item"], conflict["winner"]["item"]) for conflict in found]

    def backlog(self):
        """{(from, to): records} of the links on which something waits."""
        return {(link["from"], link["to"]): link["records"] for link in self.server.ctl("backlog")["links"]}

    def replica_status(self, region, table="orders", seen_from=EAST):
        described = self.client("dynamodb", seen_from).describe_table(TableName=table)["Table"]
        return {replica["RegionName"]: replica["ReplicaStatus"] for replica in described.get("Replicas", [])}.get(region)

    def stream(self, region, table="orders"):
        """The ARN of the stream, and the records in its first shard."""
        arn = self.client("dynamodb", region).describe_table(TableName=table)["Table"]["LatestStreamArn"]
        streams = self.client("dynamodbstreams", region)
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return arn, streams.get_records(ShardIterator=start["ShardIterator"])["Records"]


def item(table, name, **more):
    """What a read tells, or None."""
    return table.get_item(Key={"id": name}, **more).get("Item")


def refused(call, **arguments):
    """The code of the error that the call has to end with."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]
