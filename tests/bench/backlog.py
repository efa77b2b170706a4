"""A replica that replication is paused to: what its backlog costs in memory, how fast it drains, and
whether the links that are whole notice.

For each size a fresh server with a data directory and a global table, one link of which is paused.
Prints a table, and exits 1 when a bar is missed:
  memory   resident with the large backlog / with the small one                     at most 2
  healthy  CPU of a PutItem with one whole link and a paused one with a backlog /
           of one in a table with one whole link alone                              at most 1.3"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from measure import KEYS, Server

HOME, NEAR, FAR = "us-east-1", "us-east-2", "us-west-2"
TABLE = "bench"
SMALL = 10_000
LARGE = 3_600_000  # an hour at 1,000 writes/s
QUICK = 200_000
BATCH = 25
PUTS = 10_000
ROUNDS = 3
MEMORY_BAR = 2.0
HEALTHY_BAR = 1.3
DRAIN_PER_S = 10_000_000  # as fast as the program can


class Lab(Server):
    def ctl(self, *words):
        done = subprocess.run([self.build / "regionlab", "ctl", "--endpoint", self.endpoint, *words],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"ctl {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def pending(self):
        """Records not yet replicated, by destination."""
        links = json.loads(self.ctl("--json", "backlog"))["links"]
        return {link["to"]: int(link["records"]) for link in links if link["from"] == HOME}

    def memory_kb(self, field="VmRSS"):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field))

    def add_replica(self, table, region):
        self.call("UpdateTable", {"TableName": table,
                                  "ReplicaUpdates": [{"Create": {"RegionName": region}}]})
        self.wait_active(table)

    def create_global(self, table, region):
        self.create_table(table, StreamSpecification={"StreamEnabled": True,
                                                      "StreamViewType": "NEW_AND_OLD_IMAGES"})
        self.add_replica(table, region)
        self.fill(KEYS, table)
        self.replicate(table)

    def wait_for(self, region, left=0):
        while self.pending().get(region, 0) > left:
            time.sleep(0.2)

    def put_us(self, table):
        """CPU of a PutItem and its delivery to the replica nearby."""
        before = self.cpu_us()
        self.load("put", PUTS, keys=KEYS, table=table)
        self.wait_for(NEAR)
        return (self.cpu_us() - before) / PUTS


def tell(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def measure(build, work, size):
    """One size, on a server of its own."""
    data = work / f"data-{size}"
    lab = Lab(work, f"lab-{size}", [str(build / "regionlab"), "up", "--port", "0", "--dns-port", "0",
                                    "--ready-file", "READY", "--no-throttling", "--data", str(data)])
    try:
        return measure_on(lab, data, size)
    finally:
        lab.stop()


def measure_on(lab, data, size):
    lab.create_global(TABLE, FAR)
    lab.create_global("plain", NEAR)
    lab.ctl("fault", "add", "pause-replication", "--resource", TABLE, "--to", FAR)
    tell(f"paused; writing {size:,} records")
    began = time.perf_counter()
    before_us = lab.cpu_us()
    lab.load("batch", size // BATCH, keys=KEYS, table=TABLE)
    wrote_s = time.perf_counter() - began
    wrote_us = (lab.cpu_us() - before_us) / size
    memory_kb = lab.memory_kb()
    tell(f"written at {size / wrote_s:,.0f} records/s; resident {memory_kb / 1024:.1f} MB")
    lab.add_replica(TABLE, NEAR)
    pairs = [(lab.put_us("plain"), lab.put_us(TABLE)) for _ in range(ROUNDS)]
    plain_us, paused_us = (statistics.median(column) for column in zip(*pairs))
    tell(f"PutItem {plain_us:.1f} us in the other table, {paused_us:.1f} us in this one; draining")
    pending = lab.pending()[FAR]
    lab.ctl("link", "drain", HOME, FAR, str(DRAIN_PER_S))
    began = time.perf_counter()
    before_us = lab.cpu_us()
    lab.ctl("fault", "clear")
    lab.wait_for(FAR)
    drain_s = time.perf_counter() - began
    tell(f"drained at {pending / drain_s:,.0f} records/s")
    return {"pending": pending, "memory_kb": memory_kb, "plain_us": plain_us, "paused_us": paused_us,
            "slower": statistics.median(paused / plain for plain, paused in pairs),
            "wrote_per_s": size / wrote_s, "wrote_us": wrote_us,
            "drained_per_s": pending / drain_s, "drain_us": (lab.cpu_us() - before_us) / pending,
            "peak_kb": lab.memory_kb("VmHWM"),
            "data_mb": sum(path.stat().st_size for path in data.iterdir()) / 1024 / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{LARGE:,} records, not {QUICK:,}")
    parser.add_argument("--build", default="build/bench", help="the build folder")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(build, pathlib.Path(folder), size)
                for size in (SMALL, LARGE if options.full else QUICK)]
    print(f"{'records that wait':40}" + "".join(f"{row['pending']:14,}" for row in rows))
    for what, key, scale in (("resident with them, MB", "memory_kb", 1024),
                             ("resident at most, drained, MB", "peak_kb", 1024),
                             ("data directory, MB", "data_mb", 1),
                             ("written, records/s", "wrote_per_s", 1),
                             ("written, CPU us a record", "wrote_us", 1),
                             ("drained, records/s", "drained_per_s", 1),
                             ("drained, CPU us a record", "drain_us", 1),
                             ("PutItem, one whole link, CPU us", "plain_us", 1),
                             ("PutItem, a paused link besides, CPU us", "paused_us", 1)):
        print(f"{what:40}" + "".join(f"{row[key] / scale:14,.1f}" for row in rows))
    memory = rows[1]["memory_kb"] / rows[0]["memory_kb"]
    slower = max(row["slower"] for row in rows)
    missed = (memory > MEMORY_BAR) + (slower > HEALTHY_BAR)
    print(f"memory {memory:.2f} (at most {MEMORY_BAR}), healthy {slower:.2f} (at most {HEALTHY_BAR})"
          f"{': a bar is missed' if missed else ''}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
