"""Kills regionlab with SIGKILL at random moments under write load, and looks whether anything that was answered is gone.

usage: crash.py BINARY [--rounds N] [--seed N] [--durability LEVEL]

Each round: six writers (three a Region) put, update with conditions, delete, batch and transact on one global table with a local and
a global index and a stream; after a random time the process is killed; sometimes it is killed once more while it starts. Then:
  - each item is as its last acknowledged write left it, or as the one whose answer did not come;
  - of a transaction there is all or nothing;
  - both Regions hold the same items, after replication has gone on;
  - the indexes hold exactly what the items say, and the counts told are the counts found;
  - each Region's stream, read from its beginning, is in order, each old image is what the record before left, and its end is
    what the table holds.
A data directory lives for ROUNDS_A_DIRECTORY rounds, so that each restart finds what several earlier runs left."""

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

REGIONS = ["us-east-1", "us-west-2"]
TABLE = "Crash"
ROUNDS_A_DIRECTORY = 8
KEYS = 24  # of each writer
WRITERS = 6
WORLD = """world: crash
regions: [{name: us-east-1}, {name: us-west-2}]
links:
  - {from: us-east-1, to: us-west-2, both_ways: true, replication: 1ms..30ms, drain_per_s: 100000}
"""


class Unanswered(Exception):
    pass


class Client:
    def __init__(self, port, region, service="DynamoDB_20120810"):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.prefix = service
        self.headers = {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/dynamodb/aws4_request, "
                             "SignedHeaders=host, Signature=0"}

    def try_call(self, operation, body):
        try:
            self.connection.request("POST", "/", json.dumps(body),
                                    {**self.headers, "X-Amz-Target": f"{self.prefix}.{operation}"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as reason:
            raise Unanswered(str(reason)) from reason

    def call(self, operation, body):
        status, answer = self.try_call(operation, body)
        if status != 200:
            raise AssertionError(f"{operation} answered {status}: {answer}")
        return answer


class Server:
    def __init__(self, binary, directory, durability):
        self.ready = os.path.join(directory, "ready")
        self.errors = os.path.join(directory, "errors")
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        self.process = subprocess.Popen(
            [binary, "up", "--world", os.path.join(directory, "world.yaml"), "--port", "0", "--no-throttling", "--data",
             os.path.join(directory, "data"), "--durability", durability, "--ready-file", self.ready],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.errors, "a"))
        self.port = None

    def wait_ready(self):
        for _ in range(2000):
            if os.path.exists(self.ready):
                with open(self.ready) as file:
                    facts = dict(line.strip().split("=", 1) for line in file)
                self.port = int(facts["endpoint"].rsplit(":", 1)[1])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        with open(self.errors) as file:
            raise AssertionError(f"regionlab did not become ready ({self.process.returncode}): {file.read()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def item(pk, sk, number):
    return {"pk": {"S": pk}, "sk": {"S": sk}, "n": {"N": str(number)}, "g": {"S": f"g{number % 5}"},
            "l": {"S": f"l{number % 11:02}"}, "text": {"S": "x" * (number % 300)}}


def key_of(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Writer(threading.Thread):
    """Writes its own keys, in one Region; knows what each was left as. Hot writers share keys and know nothing."""

    def __init__(self, number, seed):
        super().__init__(daemon=True)
        self.region = REGIONS[number % 2]
        self.is_hot = number >= 4
        self.random = random.Random(seed)
        name = "hot" if self.is_hot else f"w{number}"
        self.keys = [(f"{name}-{i % 4}", f"s{i}") for i in range(KEYS)]
        self.known = {}  # key -> number; missing: not there
        self.pending = None  # ("each" | "all", {key: number or None})
        self.count = number
        self.acknowledged = 0
        self.failure = None
        self.port = None

    def again(self, port):
        fresh = Writer(0, self.random.random())
        for name in ("region", "is_hot", "random", "keys", "known", "count", "acknowledged"):
            setattr(fresh, name, getattr(self, name))
        fresh.port = port
        return fresh

    def next_number(self):
        self.count += WRITERS
        return self.count

    def run(self):
        try:
            client = Client(self.port, self.region)
            while True:
                self.write(client)
        except Unanswered:
            pass
        except Exception as reason:  # told by the main thread
            self.failure = repr(reason)

    def write(self, client):
        kinds = [self.put, self.put, self.update, self.delete, self.batch, self.transact]
        operation, body, how, changes = self.random.choice(kinds)()
        self.pending = (how, changes)
        answer = client.call(operation, body) if not self.is_hot else client.try_call(operation, body)[1]
        if answer.get("UnprocessedItems"):
            raise AssertionError("a batch was not processed whole")
        for key, number in changes.items():
            if number is None:
                self.known.pop(key, None)
            else:
                self.known[key] = number
        self.acknowledged += 1
        self.pending = None

    def put(self):
        key, number = self.random.choice(self.keys), self.next_number()
        return "PutItem", {"TableName": TABLE, "Item": item(*key, number)}, "all", {key: number}

    def update(self):
        key, number = self.random.choice(self.keys), self.next_number()
        new = item(*key, number)
        body = {"TableName": TABLE, "Key": key_of(*key), "UpdateExpression": "SET #n = :n, g = :g, #l = :l, #t = :t",
                "ExpressionAttributeNames": {"#n": "n", "#l": "l", "#t": "text"},
                "ExpressionAttributeValues": {":n": new["n"], ":g": new["g"], ":l": new["l"], ":t": new["text"]}}
        if not self.is_hot and key in self.known:
            body["ConditionExpression"] = "#n = :old"
            body["ExpressionAttributeValues"][":old"] = {"N": str(self.known[key])}
        elif not self.is_hot:
            body["ConditionExpression"] = "attribute_not_exists(pk)"
        return "UpdateItem", body, "all", {key: number}

    def delete(self):
        key = self.random.choice(self.keys)
        return "DeleteItem", {"TableName": TABLE, "Key": key_of(*key)}, "all", {key: None}

    def some_changes(self, count):
        return {key: None if self.random.random() < 0.25 else self.next_number()
                for key in self.random.sample(self.keys, count)}

    def batch(self):
        changes = self.some_changes(6)
        requests = [{"DeleteRequest": {"Key": key_of(*key)}} if number is None else
                    {"PutRequest": {"Item": item(*key, number)}} for key, number in changes.items()]
        return "BatchWriteItem", {"RequestItems": {TABLE: requests}}, "each", changes

    def transact(self):
        changes = self.some_changes(5)
        actions = [{"Delete": {"TableName": TABLE, "Key": key_of(*key)}} if number is None else
                   {"Put": {"TableName": TABLE, "Item": item(*key, number)}} for key, number in changes.items()]
        token = f"{self.keys[0][0]}-{self.next_number()}"
        return "TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": token}, "all", changes

    def check(self, items):
        """items: {key: item} of the writer's Region. Learns how the write without an answer ended."""
        if self.failure is not None:
            raise AssertionError(self.failure)
        if self.is_hot:
            self.pending = None
            return
        how, changes = self.pending or ("each", {})
        found = {key: int(items[key]["n"]["N"]) if key in items else None for key in self.keys}
        ended = set()
        for key in self.keys:
            old = self.known.get(key)
            if key in changes and found[key] == changes[key] and found[key] != old:
                ended.add("new")
            elif found[key] == old:
                if not (key in changes and changes[key] == old):
                    ended.add("old" if key in changes else "")
            else:
                raise AssertionError(f"{self.region} {key}: acknowledged {old}, on its way {changes.get(key, '-')}, "
                                     f"found {found[key]}")
        if how == "all" and {"old", "new"} <= ended:
            raise AssertionError(f"{self.region}: torn: {changes}, found { {key: found[key] for key in changes} }")
        self.known = {key: number for key, number in found.items() if number is not None}


def create_table(port):
    def index(name, keys, is_local):
        return {"IndexName": name, "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": key, "KeyType": role} for key, role in zip(keys, ("HASH", "RANGE"))]}
    east = Client(port, REGIONS[0])
    east.call("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g", "l")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [index("byL", ("pk", "l"), True)],
        "GlobalSecondaryIndexes": [index("byG", ("g", "sk"), False)],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
    await_active(east)
    east.call("UpdateTable", {"TableName": TABLE, "ReplicaUpdates": [{"Create": {"RegionName": REGIONS[1]}}]})
    for region in REGIONS:
        await_active(Client(port, region))


def await_active(client):
    for _ in range(1000):
        table = client.call("DescribeTable", {"TableName": TABLE})["Table"]
        if table["TableStatus"] == "ACTIVE" and all(
                replica["ReplicaStatus"] == "ACTIVE" for replica in table.get("Replicas", [])):
            return
        time.sleep(0.01)
    raise AssertionError("the table does not become ACTIVE")


def scan(client, index=None):
    body, found = {"TableName": TABLE, **({"IndexName": index} if index else {})}, {}
    while True:
        page = client.call("Scan", body)
        for one in page["Items"]:
            key = (one["pk"]["S"], one["sk"]["S"])
            if key in found:
                raise AssertionError(f"{index}: {key} is there twice")
            found[key] = one
        if "LastEvaluatedKey" not in page:
            return found
        body["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def replay(port, region):
    """What the stream says that the table holds."""
    client = Client(port, region, "DynamoDBStreams_20120810")
    arn = client.call("ListStreams", {"TableName": TABLE})["Streams"][0]["StreamArn"]
    shards = client.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
    state, last = {}, 0
    for shard in shards:
        iterator = client.call("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                                    "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        while iterator is not None:
            page = client.call("GetRecords", {"ShardIterator": iterator})
            for record in page["Records"]:
                change = record["dynamodb"]
                sequence = int(change["SequenceNumber"])
                key = (change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"])
                if sequence <= last:
                    raise AssertionError(f"{region}: stream record {sequence} comes after {last}")
                if change.get("OldImage") != state.get(key):
                    raise AssertionError(f"{region}: record {sequence} of {key} replaces {change.get('OldImage')}, "
                                         f"but the stream left {state.get(key)}")
                last = sequence
                if "NewImage" in change:
                    state[key] = change["NewImage"]
                else:
                    state.pop(key, None)
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return state


def await_replication(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    connection.request("POST", "/_regionlab/wait", json.dumps({"for": "replication", "table": TABLE, "timeout": "30s"}))
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise AssertionError(f"replication does not end: {text}")


def check(port, writers):
    for region in REGIONS:
        items = scan(Client(port, region))
        for writer in writers:
            if writer.region == region:
                writer.check(items)
    await_replication(port)
    tables = {}
    for region in REGIONS:
        client = Client(port, region)
        items = tables[region] = scan(client)
        for index in ("byL", "byG"):
            if scan(client, index) != items:
                raise AssertionError(f"{region}: index {index} does not hold what the items say")
        told = client.call("DescribeTable", {"TableName": TABLE})["Table"]
        counts = [told["ItemCount"], told["LocalSecondaryIndexes"][0]["ItemCount"],
                  told["GlobalSecondaryIndexes"][0]["ItemCount"]]
        if counts != [len(items)] * 3:
            raise AssertionError(f"{region}: {counts} items are told, {len(items)} found")
        if replay(port, region) != items:
            raise AssertionError(f"{region}: the stream's end is not what the table holds")
    if tables[REGIONS[0]] != tables[REGIONS[1]]:
        differing = [key for key in set(tables[REGIONS[0]]) | set(tables[REGIONS[1]])
                     if tables[REGIONS[0]].get(key) != tables[REGIONS[1]].get(key)]
        raise AssertionError(f"the replicas differ: {differing}")


def start_ready(start):
    """A free port may be taken on one of the Regions' addresses: then another one is tried."""
    for _ in range(5):
        try:
            return start().wait_ready()
        except AssertionError as reason:
            last = reason
            if "already in use" not in str(reason):
                raise
    raise last


def run_directory(arguments, chance, rounds, totals):
    directory = tempfile.mkdtemp(prefix="regionlab-crash-")
    server = None
    try:
        with open(os.path.join(directory, "world.yaml"), "w") as file:
            file.write(WORLD)
        start = lambda: Server(arguments.binary, directory, arguments.durability)
        server = start_ready(start)
        create_table(server.port)
        writers = [Writer(number, chance.random()) for number in range(WRITERS)]
        for _ in range(rounds):
            writers = [writer.again(server.port) for writer in writers]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.005, 0.4))
            server.kill()
            for writer in writers:
                writer.join()
            totals["kills"] += 1
            if chance.random() < 0.25:  # once more, while it starts
                server = start()
                time.sleep(chance.uniform(0, 0.03))
                server.kill()
                totals["kills while starting"] += 1
            server = start_ready(start)
            check(server.port, writers)
        totals["acknowledged"] += sum(writer.acknowledged for writer in writers)
        server.process.terminate()
        if server.process.wait(timeout=20) != 0:
            raise AssertionError(f"it ended with {server.process.returncode}")
    except BaseException:
        print(f"the data directory is left in {directory}", file=sys.stderr)
        raise
    finally:
        if server is not None and server.process.poll() is None:
            server.kill()
    shutil.rmtree(directory)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--durability", default="normal")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    totals = {"kills": 0, "kills while starting": 0, "acknowledged": 0}
    began = time.time()
    left = arguments.rounds
    while left > 0:
        rounds = min(left, ROUNDS_A_DIRECTORY)
        run_directory(arguments, chance, rounds, totals)
        left -= rounds
        print(f"seed {arguments.seed}: {arguments.rounds - left} rounds, {totals}, {time.time() - began:.0f} s", flush=True)


main()
