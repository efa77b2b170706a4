"""Measures CPU time per request of regionlab and of the floor program, in turns, and holds the ratios
against their bars.

A ratio is the floor's CPU / regionlab's CPU for the same requests in the same round; the median of
the rounds counts. CPU time holds where rates drift: other programs share the machine's cores.
Prints one table; exits 1 when a bar is missed."""
import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 16
KEYS = 10_000
REGIONS = ["us-west-2", "us-east-2"]  # of the built-in world, beside us-east-1
#         kind        what it is                requests  bar: the floor's CPU / ours
KINDS = [("put",      "PutItem",                  30_000, 0.6),
         ("get",      "GetItem",                  30_000, 0.6),
         ("update",   "UpdateItem, conditional",  20_000, 0.4),
         ("query",    "Query of 10",              20_000, 0.4),
         ("transact", "TransactWriteItems of 2",  10_000, 0.4),
         ("batch",    "BatchWriteItem of 25",      1_000, 0.4),
         ("scan",     "Scan of 1,000",               200, 0.4)]
TITLES = {kind: title for kind, title, _, _ in KINDS}
REQUESTS = {kind: requests for kind, _, requests, _ in KINDS}
REPLICATED_BAR = 0.4
CONNECTIONS_BAR = 1.5
SIZE_BAR = 1.3


class Server:
    """A server that tells its endpoint in a ready file."""

    def __init__(self, work, name, command):
        self.build = pathlib.Path(command[0]).parent
        ready = work / f"{name}.ready"
        self.log = open(work / f"{name}.log", "w")
        command = [part.replace("READY", str(ready)) for part in command]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(200):
            if ready.exists() and "endpoint=" in ready.read_text():
                break
            if self.process.poll() is not None:
                sys.exit(f"{name} did not start: " + (work / f"{name}.log").read_text())
            time.sleep(0.05)
        self.endpoint = next(line.split("=", 1)[1] for line in ready.read_text().splitlines()
                             if line.startswith("endpoint="))
        self.pid = str(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self.log.close()

    def cpu_us(self):
        return int(pathlib.Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1000

    def load(self, kind, requests, connections=CONNECTIONS, keys=KEYS, table="bench"):
        """CPU µs of this server a request."""
        done = subprocess.run([self.build / "bench_load", self.endpoint, self.pid, kind, str(requests),
                               str(connections), str(keys), table], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{kind} on {self.endpoint}: {done.stdout}{done.stderr}")
        return float(done.stdout.split()[1])

    def call(self, operation, body):
        done = subprocess.run([self.build / "bench_load", self.endpoint, "call", operation,
                               json.dumps(body)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{operation}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def create_table(self, name, **more):
        self.call("CreateTable", {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                     {"AttributeName": "sk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}], **more})
        self.wait_active(name)

    def wait_active(self, name):
        for _ in range(600):
            table = self.call("DescribeTable", {"TableName": name})["Table"]
            replicas = [one.get("ReplicaStatus", "ACTIVE") for one in table.get("Replicas", [])]
            if {table["TableStatus"], *replicas} == {"ACTIVE"}:
                return
            time.sleep(0.1)
        sys.exit(f"table {name} did not become ACTIVE within a minute")

    def fill(self, keys, table="bench"):
        self.load("fill", (keys + 24) // 25, keys=keys, table=table)

    def replicate(self, table):
        """Waits until no record is under way, so that replication's time is counted."""
        subprocess.run([self.build / "regionlab", "ctl", "--endpoint", self.endpoint, "wait",
                        "replication", table], check=True, stdout=subprocess.DEVNULL)


class Report:
    def __init__(self):
        self.rows = []
        self.missed = 0

    def tell(self, what, base_us, lab_us, figure):
        print(f"{what:49} {base_us:9.1f} {lab_us:9.1f} {figure:7.2f}", flush=True)

    def add(self, what, base_us, lab_us, figure, bar, at_least):
        good = figure >= bar if at_least else figure <= bar
        self.missed += not good
        sign = ">=" if at_least else "<="
        print(f"{what:49} {base_us:9.1f} {lab_us:9.1f} {figure:7.2f}  {sign} {bar:<4} "
              f"{'' if good else 'MISSED'}", flush=True)


def median_row(pairs):
    """Of (base, lab) pairs: their medians, and the median of base / lab."""
    return (statistics.median(base for base, _ in pairs), statistics.median(lab for _, lab in pairs),
            statistics.median(base / lab for base, lab in pairs))


def measure_kinds(report, floor, lab, kinds, rounds, factor):
    pairs = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            requests = int(REQUESTS[kind] * factor)
            pairs[kind].append((floor.load(kind, requests), lab.load(kind, requests)))
    for kind, _, _, bar in KINDS:
        if kind in kinds:
            report.add(TITLES[kind], *median_row(pairs[kind]), bar, True)


def measure_replicated(report, floor, lab, rounds, factor):
    """A stream, and replicas in two more Regions: what they cost until every replica has the write."""
    lab.create_table("replicated", StreamSpecification={"StreamEnabled": True,
                                                        "StreamViewType": "NEW_AND_OLD_IMAGES"})
    for region in REGIONS:
        lab.call("UpdateTable", {"TableName": "replicated",
                                 "ReplicaUpdates": [{"Create": {"RegionName": region}}]})
        lab.wait_active("replicated")
    lab.fill(KEYS, "replicated")
    lab.replicate("replicated")
    for kind in "put", "get":
        requests = int(REQUESTS[kind] * factor)
        pairs = []
        plain = []
        for _ in range(rounds):
            plain.append(floor.load(kind, requests))
            base_us = floor.load(kind, requests, table="replicated")
            before_us = lab.cpu_us()
            lab_us = lab.load(kind, requests, table="replicated")
            if kind == "put":  # the deliveries are part of it
                lab.replicate("replicated")
                lab_us = (lab.cpu_us() - before_us) / requests
            pairs.append((base_us, lab_us))
        report.add(f"{TITLES[kind]}, stream, replicas in 2 more Regions", *median_row(pairs),
                   REPLICATED_BAR, True)
        ours = [(base, lab) for base, (_, lab) in zip(plain, pairs)]
        report.tell("  the same, to the floor's write in one Region", *median_row(ours))


def measure_connections(report, lab, rounds, factor):
    for kind in "put", "get":
        for connections in 128, 256:
            pairs = []
            for _ in range(rounds):
                requests = int(REQUESTS[kind] * factor)
                pairs.append((lab.load(kind, requests), lab.load(kind, requests, connections)))
            base_us, lab_us, ratio = median_row(pairs)
            report.add(f"{TITLES[kind]}, {connections} connections against 16", base_us, lab_us,
                       1 / ratio, CONNECTIONS_BAR, False)


def measure_sizes(report, floors, lab, rounds, factor, large):
    """Against the bar regionlab's own growth; below it the floor's, which waits for the same memory."""
    sizes = {"small": 1_000, "large": large}
    for table, keys in sizes.items():
        lab.create_table(table)
        lab.fill(keys, table)
        floors[table].fill(keys)
    for kind in "put", "get", "update", "query":
        pairs, floor_pairs = [], []
        requests = int(REQUESTS[kind] * factor)
        for _ in range(rounds):
            pairs.append(tuple(lab.load(kind, requests, keys=keys, table=table)
                               for table, keys in sizes.items()))
            floor_pairs.append(tuple(floors[table].load(kind, requests, keys=keys)
                                     for table, keys in sizes.items()))
        base_us, lab_us, ratio = median_row(pairs)
        report.add(f"{TITLES[kind]}, {large:,} items against 1,000", base_us, lab_us, 1 / ratio,
                   SIZE_BAR, False)
        base_us, floor_us, ratio = median_row(floor_pairs)
        report.tell("    the floor, likewise", base_us, floor_us, 1 / ratio)


def measure_drill(binary):
    """The best of five, since what else ran only adds."""
    best_s = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([binary, "drill", "examples/orders/failover.yaml"], check=True,
                       stdout=subprocess.DEVNULL)
        best_s = min(best_s, time.perf_counter() - began)
    print(f"drill examples/orders/failover.yaml: 600 simulated s in {best_s * 1000:.0f} ms: "
          f"{600 / best_s:.0f} times real time")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests and rounds, rougher")
    parser.add_argument("--build", default="build/bench", help="the build folder")
    parser.add_argument("--only", default="", help="kinds, and replicated, connections, sizes, drill")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    only = [part for part in options.only.split(",") if part]
    rounds, factor, large = (3, 0.3, 100_000) if options.quick else (5, 1.0, 1_000_000)

    def wanted(part):
        return not only or part in only

    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        lab_command = [str(build / "regionlab"), "up", "--port", "0", "--dns-port", "0",
                       "--ready-file", "READY"]
        floor = Server(work, "floor", [str(build / "bench_floor_http"), "READY"])
        lab = Server(work, "regionlab", lab_command)
        print(f"CPU us a request, medians of {rounds} rounds, {CONNECTIONS} connections, {KEYS:,} keys")
        print(f"{'':49} {'floor':>9} {'regionlab':>9} {'ratio':>7}  bar")
        lab.create_table("bench")
        floor.fill(KEYS)
        lab.fill(KEYS)
        measure_kinds(report, floor, lab, [kind for kind, *_ in KINDS if wanted(kind)], rounds, factor)
        if wanted("replicated"):
            measure_replicated(report, floor, lab, rounds, factor)
        floor.stop()
        if wanted("connections"):
            measure_connections(report, lab, rounds, factor)
        if wanted("sizes"):
            floors = {name: Server(work, f"floor-{name}", [str(build / "bench_floor_http"), "READY"])
                      for name in ("small", "large")}
            measure_sizes(report, floors, lab, rounds, factor, large)
            for one in floors.values():
                one.stop()
        lab.stop()
    if wanted("drill"):
        measure_drill(build / "regionlab")
    if report.missed:
        print(f"{report.missed} bars missed")
    sys.exit(1 if report.missed else 0)


if __name__ == "__main__":
    main()
