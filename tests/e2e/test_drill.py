"""regionlab drill: the published failover test, its files and its exit codes."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT

FAILOVER = ROOT / "examples/orders/failover.yaml"


@pytest.fixture
def edited(tmp_path):
    """edited(old, new, ...) writes the published drill with texts replaced; its path."""

    def edit(*pairs):
        text = FAILOVER.read_text()
        for old, new in zip(pairs[::2], pairs[1::2]):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "edited.yaml"
        path.write_text(text)
        return path

    return edit


def test_the_published_failover_meets_its_objectives(regionlab, tmp_path):
    junit = tmp_path / "junit.xml"
    result = regionlab("drill", FAILOVER, "--json", "--junit", junit)
    assert result.returncode == 0, result.stderr + result.stdout
    report = json.loads(result.stdout)
    achieved = {objective["name"]: objective.get("achieved") for objective in report["objectives"]}
    assert all(objective.get("met", True) for objective in report["objectives"])
    assert 5_000_000 <= achieved["recovery_time"] <= 90_000_000
    assert 600_000 <= achieved["replication_latency_p50"] <= achieved["replication_latency_p99"] <= 1_200_000
    assert 5_000 <= achieved["operation_latency_p50"] <= achieved["operation_latency_p99"] <= 20_000
    requests = {client["name"]: client["requests"] for client in report["clients"]}
    assert requests == {"east": 24 + 2 * 600, "west": 24 + 2 * 600}
    cases = list(ElementTree.parse(junit).iter("testcase"))
    assert len(cases) == 9 + 4 and not any(case.find("failure") is not None for case in cases)


def test_the_report_for_people_shows_each_objective(regionlab):
    result = regionlab("drill", FAILOVER)
    assert result.returncode == 0
    for line in ("achieved recovery time", "replication latency p99", "lost writes", "PASSED",
                 "Requests served by us-west-2"):
        assert line in result.stdout


def test_a_missed_objective_is_exit_1_and_a_failed_junit_case_with_seed_and_replay(regionlab, edited, tmp_path):
    junit = tmp_path / "junit.xml"
    path = edited("recovery_time: 90s ", "recovery_time: 1s ")
    result = regionlab("drill", path, "--seed", "5", "--junit", junit)
    assert result.returncode == 1
    assert "FAILED" in result.stdout
    failures = [failure for failure in ElementTree.parse(junit).iter("failure")]
    assert len(failures) == 1
    assert "seed 5" in failures[0].text and f"regionlab drill {path} --seed 5" in failures[0].text


def test_without_the_switch_the_traffic_stays_and_the_drill_is_red(regionlab, edited):
    path = edited('RoutingControlState: "Off" }\n  - at: 5m30s', 'RoutingControlState: "On" }\n  - at: 5m30s')
    result = regionlab("drill", path, "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    recovery = next(objective for objective in report["objectives"] if objective["name"] == "recovery_time")
    assert recovery["achieved"] is None and recovery["met"] is False


@pytest.mark.parametrize("old, new, said", [
    ("duration: 10m10s", "duration: ten", "edited.yaml:10:11:"),
    ("leaves:", "leves:", "did you mean 'leaves'"),
    ("world: two-region-orders", "world: three-region-orders", "two-region-orders"),
    ("region: us-west-2", "region: us-west-9", "us-west-9"),
    ("{customer}", "{custumer}", "{custumer} is no variable"),
    ("operation: UpdateRoutingControlState\n", "operation: UpdateRoutingControls\n", "UpdateRoutingControls"),
    ("lost_writes: 0", "lost_writes: none", "none"),
    ("${control.us-east-1.arn}", "${control.us-east-9.arn}", "control.us-east-9.arn"),
    ("drill: failover", "drill: [failover", "edited.yaml:"),
])
def test_a_bad_file_is_exit_2_and_one_line_with_its_place(regionlab, edited, old, new, said):
    result = regionlab("drill", edited(old, new))
    assert result.returncode == 2, result.stdout
    assert said in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""


@pytest.mark.parametrize("arguments", [
    (), ("a", "b"), ("--seed",), ("--seed", "x", "f"), ("--bogus", "f"), ("no-such-file.yaml",), (str(ROOT),),
])
def test_bad_usage_is_exit_2_and_one_line(regionlab, arguments):
    result = regionlab("drill", *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("regionlab drill: ") and result.stderr.count("\n") == 1


def test_in_an_outage_what_was_not_replicated_waits_and_nothing_is_lost(regionlab):
    result = regionlab("drill", ROOT / "examples/orders/region-outage.yaml", "--json")
    assert result.returncode == 0, result.stdout
    report = json.loads(result.stdout)
    achieved = {objective["name"]: objective["achieved"] for objective in report["objectives"]}
    assert achieved["missing_at_incident"] == 1 and 0 < achieved["recovery_point"] <= 2_000_000
    assert achieved["lost_writes"] == 0
    assert 45_000_000 <= achieved["recovery_time"] <= 120_000_000, "reaction time, propagation and TTL"
    assert achieved["replication_latency_p99"] >= 200_000_000, "what waited arrives after the outage"
    assert [failure["detail"] for failure in report["failures"]] == ["connection refused"]


def test_if_the_dead_region_never_comes_back_its_unreplicated_write_is_lost_by_key(regionlab, tmp_path):
    drill = (ROOT / "examples/orders/region-outage.yaml").read_text()
    forever = drill.replace("  - at: 9m\n    name: us-east-1 is back\n    clear: outage\n", "")
    assert forever != drill
    path = tmp_path / "forever.yaml"
    path.write_text(forever)
    result = regionlab("drill", path, "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert len(report["lost_writes"]) == 1
    assert set(report["lost_writes"][0]["key"]) == {"OrderId"} and report["lost_writes"][0]["region"] == "us-east-1"
    text = regionlab("drill", path).stdout
    assert "Lost writes" in text and report["lost_writes"][0]["key"]["OrderId"]["S"] in text
