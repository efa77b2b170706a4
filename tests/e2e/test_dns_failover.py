"""docs/lessons/dns-failover.md: what its commands print, and the seconds that it explains.

usage: python3 tests/e2e/test_dns_failover.py    writes the real outputs into the page
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGIONLAB = pathlib.Path(os.environ.get("REGIONLAB", ROOT / "build/release/regionlab"))
PAGE = ROOT / "docs/lessons/dns-failover.md"
BLOCK = re.compile(r"(?ms)^```console\n\$ (.*?)\n(.*?)^```")


def run(command):
    environment = {**os.environ, "PATH": f"{REGIONLAB.parent}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True,
                          timeout=120, check=True).stdout


def played(text):
    return BLOCK.sub(lambda block: f"```console\n$ {block[1]}\n{run(block[1])}```", text)


def test_the_page_shows_what_its_commands_print():
    text = PAGE.read_text()
    assert len(BLOCK.findall(text)) == 3
    assert played(text) == text, "python3 tests/e2e/test_dns_failover.py writes the real outputs"


def test_the_index_of_lessons_leads_to_the_page():
    assert "(dns-failover.md)" in (PAGE.parent / "README.md").read_text()


def timeline(drill, *arguments):
    """Seconds after the incident: the verdict, the first answer with the other Region, the recovery of all clients."""
    result = subprocess.run([REGIONLAB, "drill", ROOT / "examples/orders" / drill, "--json", *arguments],
                            capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(result.stdout)
    text = run(f"regionlab drill examples/orders/{drill} {' '.join(arguments)}")
    minute, second = re.search(r"(\d\d):(\d\d\.\d+)  health.change .*Unhealthy", text).groups()
    detected = 60 * int(minute) + float(second) - 300
    minute, second = re.search(r"(\d\d):(\d\d\.\d+): answers 127.0.2.1", text).groups()
    answered = 60 * int(minute) + float(second) - 300
    recovered = next(one["achieved"] for one in report["objectives"] if one["name"] == "recovery_time") / 1e6
    return detected, answered, recovered


@pytest.mark.parametrize("drill, earliest, latest", [("region-outage.yaml", 45, 46), ("http-check.yaml", 20, 35)])
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_detection_propagation_and_ttl_take_what_the_page_says(drill, earliest, latest, seed):
    detected, answered, recovered = timeline(drill, "--seed", seed)
    assert earliest <= detected <= latest
    assert 3 <= answered - detected <= 7.2  # the drill looks ten times a second
    assert answered - 1 <= recovered <= answered + 62  # a TTL of 60 s


def test_a_slower_interval_detects_later(tmp_path):
    world = (ROOT / "examples/orders/http-check-world.yaml").read_text()
    drill = (ROOT / "examples/orders/http-check.yaml").read_text()
    slower = drill.replace("within: 45s", "within: 2m").replace("recovery_time: 2m ", "recovery_time: 4m ")
    slower = re.sub(r"(?m)^  - at: 7m\n.*\n", "", slower).replace("failed_requests: 120", "failed_requests: 240")
    (tmp_path / "http-check-world.yaml").write_text(world.replace("interval: 10s", "interval: 30s"))
    (tmp_path / "slower.yaml").write_text(slower)
    text = run(f"regionlab drill {tmp_path / 'slower.yaml'} || true")
    minute, second = re.search(r"(\d\d):(\d\d\.\d+)  health.change .*Unhealthy", text).groups()
    assert 60 <= 60 * int(minute) + float(second) - 300 <= 95


if __name__ == "__main__":
    PAGE.write_text(played(PAGE.read_text()))
