#!/usr/bin/env python3
"""DNS: CPU an answer of `regionlab up` beside floor_dns.c, in turns. tests/bench/run.sh dns [--quick]

10,000 record sets in the zone, 50 of them failover pairs with health checks. A ratio is the floor's CPU divided by
regionlab's in the same round; the median of the rounds is printed."""

import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

NAMES = 9_900
PAIRS = 50
ZONE = "bench.example"
HEAD = ' xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/route53/aws4_request, "
                           "SignedHeaders=host, Signature=0", "Content-Type": "text/xml", "X-Amz-Date": "20260101T000000Z"}


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def post(endpoint, path, body):
    request = urllib.request.Request(f"{endpoint}/2013-04-01/{path}", body.encode(), SIGNED)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())


def between(text, start, end):
    return text.split(start, 1)[1].split(end, 1)[0]


def record(name, more, value):
    return (f"<Change><Action>CREATE</Action><ResourceRecordSet><Name>{name}.{ZONE}</Name><Type>A</Type>{more[0]}"
            f"<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>"
            f"{more[1]}</ResourceRecordSet></Change>")


def fill(endpoint):
    made = post(endpoint, "hostedzone", f"<CreateHostedZoneRequest{HEAD}><Name>{ZONE}</Name>"
                                        "<CallerReference>1</CallerReference></CreateHostedZoneRequest>")
    zone = between(made, "<Id>/hostedzone/", "</Id>")
    check = between(post(endpoint, "healthcheck", f"<CreateHealthCheckRequest{HEAD}><CallerReference>1</CallerReference>"
                         "<HealthCheckConfig><Type>CALCULATED</Type><HealthThreshold>0</HealthThreshold>"
                         "</HealthCheckConfig></CreateHealthCheckRequest>"), "<Id>", "</Id>")
    changes = [record(f"n{i}", ("", ""), f"192.0.2.{i % 250}") for i in range(PAIRS, NAMES)]
    for i in range(PAIRS):
        for kind in ("PRIMARY", "SECONDARY"):
            changes.append(record(f"n{i}", (f"<SetIdentifier>{kind}</SetIdentifier><Failover>{kind}</Failover>",
                                            f"<HealthCheckId>{check}</HealthCheckId>"), "192.0.2.1"))
    for at in range(0, len(changes), 500):
        post(endpoint, f"hostedzone/{zone}/rrset/", f"<ChangeResourceRecordSetsRequest{HEAD}><ChangeBatch><Changes>"
             + "".join(changes[at:at + 500]) + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>")


def load(build, port, pid, questions):
    done = subprocess.run([build / "bench_load_dns", str(port), str(pid), str(questions), str(NAMES), ZONE],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"questions were lost on port {port}: {done.stdout}{done.stderr}")
    rate, cpu = done.stdout.split()[:2]
    return float(rate), float(cpu)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=pathlib.Path, default="build/bench")
    options.add_argument("--quick", action="store_true")
    options = options.parse_args()
    build = options.build.resolve()
    questions, rounds = (32_000, 3) if options.quick else (256_000, 5)
    with tempfile.TemporaryDirectory() as work:
        ready = pathlib.Path(work) / "ready"
        floor_port = free_port()
        floor = subprocess.Popen([build / "bench_floor_dns", str(floor_port)])
        lab = subprocess.Popen([build / "regionlab", "up", "--port", "0", "--ready-file", str(ready), "--clock",
                                "real"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if ready.exists() and "dns_port=" in ready.read_text():
                    break
                time.sleep(0.05)
            facts = dict(line.split("=", 1) for line in ready.read_text().splitlines() if "=" in line)
            fill(facts["endpoint"])
            time.sleep(8)  # until the changes are INSYNC
            rows = []
            for _ in range(rounds):
                rows.append((load(build, floor_port, floor.pid, questions),
                             load(build, facts["dns_port"], lab.pid, questions)))
        finally:
            lab.terminate()
            floor.terminate()
            lab.wait()
            floor.wait()
    ratio = statistics.median(one[0][1] / one[1][1] for one in rows)
    print(json.dumps({"floor_us": statistics.median(one[0][1] for one in rows),
                      "regionlab_us": statistics.median(one[1][1] for one in rows),
                      "floor_per_s": statistics.median(one[0][0] for one in rows),
                      "regionlab_per_s": statistics.median(one[1][0] for one in rows), "ratio": round(ratio, 2)}))


if __name__ == "__main__":
    main()
