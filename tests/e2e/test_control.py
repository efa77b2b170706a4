"""regionlab ctl and the control API behind it: what each subcommand does, says and refuses."""

import http.client
import json
import socket
import subprocess
import threading
import time
import urllib.request

import botocore.exceptions
import pytest
from conftest import EAST, REGIONLAB, WEST, shared
from hostile import dynamodb, open_connection, port_of, receive, request, send, until

server = shared("--clock", "virtual")

ORDERS = "resilientdynamo-Order"
NAME = "api.orders.example.com"


@pytest.fixture
def fresh(server):
    """The module's server, as it was at its start."""
    server.ctl("reset")
    return server


def run(server, *arguments, **options):
    return subprocess.run([REGIONLAB, "ctl", "--endpoint", server.endpoint, *arguments], capture_output=True, text=True,
                          timeout=60, **options)


def call(server, method, path, body=None):
    """The control API by plain HTTP: status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=20)
    connection.request(method, path, body if body is None or isinstance(body, (str, bytes)) else json.dumps(body))
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None


def key_of(server, table=ORDERS):
    """A key that fits the table."""
    schema = server.client("dynamodb").describe_table(TableName=table)["Table"]["KeySchema"]
    return {part["AttributeName"]: {"S": "a"} for part in schema}


def put(server, region=EAST, **more):
    server.client("dynamodb", region).put_item(TableName=ORDERS, Item={**key_of(server), **more})


def refuses_connections(url):
    address, port = url.removeprefix("http://").removesuffix("/v1").rsplit(":", 1)
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


# --- what it says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, said", [
    (["clock", "show"], "2026-01-01T00:00:00.000Z, virtual clock"),
    (["clock", "advance", "800ms"], "advanced by 800ms to 2026-01-01T00:00:00.800Z"),
    (["clock", "advance-to", "2026-01-01T00:05:00Z"], "advanced by 5m to 2026-01-01T00:05:00.000Z"),
    (["clock", "advance-to-idle"], "advanced by "),
    (["clock", "advance-to-idle", "1m"], "advanced by "),
    (["clock", "mode", "real"], "real clock"),
    (["clock", "mode", "virtual"], "virtual clock"),
    (["clock", "scale", "20"], "scaled clock"),
    (["clock", "scale", "0.5"], "scaled clock"),
    (["region", "list"], "us-east-1        127.0.1.1    up"),
    (["region", "down", EAST], "us-east-1 is down (fault 1)"),
    (["link", "list"], "us-east-1 -> us-west-2: latency "),
    (["link", "lag", EAST, WEST, "600ms..1200ms"], "lag 600ms..1.2s"),
    (["link", "lag", EAST, WEST, "lognormal(800ms,1.1s)", "--both"], "(and back)"),
    (["link", "latency", EAST, WEST, "10ms"], "latency 10ms"),
    (["link", "drain", EAST, WEST, "5"], "drain 5/s"),
    (["link", "partition", EAST, WEST], "us-east-1 -> us-west-2 is cut"),
    (["link", "partition", EAST, WEST, "--both"], "us-east-1 <-> us-west-2 is cut"),
    (["fault", "add", "error", "--region", EAST, "--rate", "20%", "--plane", "control"],
     "fault 1 error region=us-east-1 plane=control rate=20%: 0 hits"),
    (["fault", "add", "latency", "--latency", "300ms"], "fault 1 latency latency=300ms: 0 hits"),
    (["fault", "add", "clock-skew", "--region", EAST, "--skew", "-2s"], "skew=-2s"),
    (["fault", "list"], "no faults"),
    (["fault", "clear"], "no faults"),
    (["conflicts"], "no conflicts"),
    (["backlog"], "nothing waits"),
    (["wait", "dns", NAME, "A", "127.0.1.1"], "DNS answers 127.0.1.1 after 0 ms"),
    (["wait", "replication"], "0 records are under way"),
    (["wait", "replication", ORDERS, "--timeout", "1s"], "0 records are under way"),
    (["trace"], " events, sha256 "),
    (["reset"], "reset in "),
])
def test_each_subcommand_answers_people_in_a_line_and_programs_in_json(fresh, arguments, said):
    result = run(fresh, *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert said in result.stdout
    fresh.ctl("reset")
    result = run(fresh, *arguments, "--json")
    assert result.returncode == 0
    assert said in json.loads(result.stdout)["summary"] or "reset in" in said


@pytest.mark.parametrize("arguments, said", [
    (["clock", "advance", "soon"], '"soon" is not a duration: write "250us"'),
    (["clock", "advance", "-5s"], "is not a duration"),
    (["clock", "advance", "1e3s"], "is not a duration"),
    (["clock", "advance", "999999999h"], "at most 876000h"),
    (["clock", "advance-to", "2020-01-01T00:00:00Z"], "cannot advance into the past"),
    (["clock", "advance-to", "18446744073709551615"], "cannot advance beyond the year 9999"),
    (["clock", "advance-to", "10000-01-01T00:00:00Z"], "is no time; allowed: 2026-01-01T00:05:00Z"),
    (["clock", "advance-to", "tomorrow"], "is no time"),
    (["clock", "mode", "warp"], "'mode' is one of real, virtual, scaled"),
    (["clock", "scale", "0"], "'scale' is a number from 0.1 to 100000"),
    (["clock", "scale", "nan"], "'scale' is a number from"),
    (["region", "down", "mars-1"], "the world has no Region 'mars-1'; it has us-east-1, us-west-2, us-east-2"),
    (["region", "up", EAST], "us-east-1 is up already"),
    (["region", "up", "mars-1"], "the world has no Region"),
    (["link", "lag", EAST, WEST, "junk"], '"junk" is not a lag: write "800ms"'),
    (["link", "lag", EAST, WEST, "trace(/dev/zero)"], "is not a regular file"),
    (["link", "lag", EAST, WEST, "trace(/etc/passwd)"], "/etc/passwd:1: not a line of a lag trace"),
    (["link", "lag", EAST, WEST, "1200ms..600ms"], "1200ms..600ms"),
    (["link", "lag", EAST, EAST, "1s"], "'from' and 'to' are the same Region"),
    (["link", "lag", EAST, "mars-1", "1s"], "the world has no Region 'mars-1'"),
    (["link", "drain", EAST, WEST, "0"], "'drain_per_s' is a number from 1"),
    (["link", "drain", EAST, WEST, "-1"], "'drain_per_s' is a number from 1"),
    (["link", "heal", EAST, WEST], "us-east-1 -> us-west-2 is not cut"),
    (["fault", "add", "meteor"], "'kind' is one of region-down, partition, refuse, reset, black-hole"),
    (["fault", "add", "error", "--region", "mars-1"], 'there is no Region "mars-1"; there are: us-east-1'),
    (["fault", "add", "error", "--service", "sqs"], 'service "sqs" is unknown; there is dynamodb'),
    (["fault", "add", "error", "--service", "dynamodb", "--operation", "Nope"], 'operation "Nope" is unknown'),
    (["fault", "add", "error", "--resource", "nosuch"], 'nothing is called "nosuch"'),
    (["fault", "add", "error", "--status", "404"], "'status' is a number from 500 to 599"),
    (["fault", "add", "error", "--rate", "200%"], '"200%" is not a rate'),
    (["fault", "add", "error", "--rate", "0%"], "a rate of 0% can hit nothing"),
    (["fault", "add", "error", "--plane", "astral"], "'plane' is one of control, data, any"),
    (["fault", "add", "error", "--duration", "long"], '"long" is not a duration'),
    (["fault", "add", "latency"], "the fault latency needs a latency above 0"),
    (["fault", "add", "no-name"], "needs the DNS name as resource"),
    (["fault", "add", "no-name", "--resource", "nosuch.example"], 'nothing is called "nosuch.example"'),
    (["fault", "add", "partition", "--from", EAST], "needs from and to"),
    (["fault", "add", "region-down"], "region"),
    (["fault", "add", "clock-skew", "--region", EAST], "skew"),
    (["fault", "clear", "99"], "there is no fault 99"),
    (["fault", "clear", "first"], "'id' is a fault's number"),
    (["probe", "nosuch", "{}"], "there is no table 'nosuch'"),
    (["probe", ORDERS, "{}"], "or the key does not fit it"),
    (["probe", ORDERS, "{"], "give 'table' and 'key'"),
    (["wait", "dns", NAME, "A", "9.9.9.9", "--timeout", "3s"],
     "still not so after 3000 ms: DNS answers 127.0.1.1"),
    (["wait", "dns", NAME, "BOGUS", "x"], "'type' is a type of record like A or CNAME"),
    (["wait", "dns", NAME, "A", "x", "--client-region", "mars-1"], "the world has no Region"),
    (["wait", "replication", "nosuch"], "there is no table 'nosuch'"),
    (["wait", "replication", "--timeout", "never"], '"never" is not a duration'),
])
def test_what_cannot_be_is_refused_in_one_line_that_says_what_is_allowed(fresh, arguments, said):
    before = [fresh.ctl("link", "list"), fresh.ctl("fault", "list"), fresh.ctl("region", "list")]
    result = run(fresh, *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert said in result.stderr
    assert result.stderr.startswith("regionlab ctl: ") and result.stderr.count("\n") == 1
    assert before == [fresh.ctl("link", "list"), fresh.ctl("fault", "list"), fresh.ctl("region", "list")]


@pytest.mark.parametrize("arguments, said", [
    ([], "needs a subcommand"), (["clock"], 'there is no subcommand "clock"'),
    (["bogus", "x"], 'there is no subcommand "bogus x"'), (["--bogus"], "there is no option --bogus"),
    (["clock", "advance"], "clock advance takes by, got 0 arguments"),
    (["clock", "advance", "1s", "2s"], "clock advance takes by, got 2 arguments"),
    (["wait", "replication", "a", "b"], "wait replication takes [table], got 2 arguments"),
    (["reset", "now"], "reset takes no arguments, got 1 argument"),
    (["fault", "add", "error", "--rate"], "--rate needs a value"), (["reset", "--json=yes"], "--json takes no value"),
    (["link", "heal", EAST], "link heal takes from to, got 1 argument"),
])
def test_bad_usage_is_exit_2_and_changes_nothing(server, arguments, said):
    result = run(server, *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr and result.stderr.count("\n") == 1


def test_nobody_there_is_exit_1_and_one_line(tmp_path):
    for endpoint in ("http://127.0.0.1:1", "nonsense://x", "http://", ""):
        result = subprocess.run([REGIONLAB, "ctl", "--endpoint", endpoint, "reset"], capture_output=True, text=True)
        assert result.returncode == 1
        assert "no regionlab answers at" in result.stderr and result.stderr.count("\n") == 1


def test_something_else_there_is_told_apart(server):
    """Another HTTP server's answer is not taken for ours."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    result = subprocess.run([REGIONLAB, "ctl", "--endpoint", f"http://127.0.0.1:{listener.getsockname()[1]}", "reset"],
                            capture_output=True, text=True)
    thread.join()
    listener.close()
    assert result.returncode == 1 and "not understood" in result.stderr


# --- the same over HTTP ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, path, body, status, said", [
    ("POST", "/clock/advance", {"bye": "1s"}, 400, "unknown key 'bye'; allowed: by, to, until, limit"),
    ("POST", "/clock/advance", {}, 400, "exactly one of"),
    ("POST", "/clock/advance", {"by": "1s", "to": "x"}, 400, "exactly one of"),
    ("POST", "/clock/advance", {"until": "later"}, 400, "'until' can only be"),
    ("POST", "/clock/advance", {"by": {"s": 1}}, 400, "'by' is text or a number"),
    ("POST", "/clock/advance", "{", 400, "the body is no JSON object"),
    ("POST", "/clock/advance", "[]", 400, "the body is no JSON object"),
    ("POST", "/clock/advance", '{"by":"1s"} x', 400, "the body is no JSON object"),
    ("POST", "/clock/advance", b'{"by":"\xff"}', 400, "the body is no JSON object"),
    ("POST", "/clock/advance", '{"by":' * 100000, 400, "the body is no JSON object"),
    ("POST", "/clock/mode", {"mode": "scaled"}, 400, "'scale' is a number"),
    ("POST", "/regions/down", {}, 400, "'region' is missing; allowed: us-east-1"),
    ("POST", "/regions/down", {"region": "mars-1"}, 404, "no Region 'mars-1'"),
    ("POST", "/regions/down", {"region": None}, 400, "'region' is text or a number"),
    ("POST", "/links", {"from": EAST, "to": WEST, "lag": "1s", "latency": "junk"}, 400, "is not a lag"),
    ("POST", "/links/partition", {"from": EAST, "to": WEST, "both": "yes"}, 400, "'both' is true or false"),
    ("POST", "/faults", {"kind": "error", "rate": True}, 400, "'rate' is text or a number"),
    ("POST", "/faults", {"kind": "error", "rate": 0}, 400, "can hit nothing"),
    ("POST", "/faults", {"kind": "error", "region": "x" * 100000}, 400, ""),
    ("DELETE", "/faults", {"id": 99}, 404, "no fault 99"),
    ("DELETE", "/faults", {"id": [1]}, 400, "'id' is text or a number"),
    ("POST", "/wait", {"for": "godot"}, 400, "'for' is one of dns, replication"),
    ("POST", "/wait", {"for": "dns", "name": NAME}, 400, "needs 'name', 'type' and 'value'"),
    ("POST", "/probe", {"table": ORDERS}, 400, "give 'table' and 'key'"),
    ("POST", "/probe", {"table": "nosuch", "key": {}}, 404, "no table 'nosuch'"),
    ("GET", "/reset", None, 405, "there is no GET /_regionlab/reset"),
    ("PUT", "/clock", None, 405, "there is no PUT /_regionlab/clock"),
    ("GET", "/nosuch", None, 404, "there is no GET /_regionlab/nosuch"),
    ("GET", "", None, 404, "there is no GET /_regionlab"),
    ("GET", "/clock/", None, 404, ""), ("GET", "/../etc/passwd", None, 404, ""),
])
def test_the_http_interface_refuses_with_a_status_and_a_sentence(fresh, method, path, body, status, said):
    links = fresh.ctl("link", "list")
    got, answer = call(fresh, method, "/_regionlab" + path, body)
    assert got == status and said in answer["error"]
    assert fresh.ctl("link", "list") == links and fresh.ctl("fault", "list")["faults"] == []


def test_health_and_info_answer_under_the_names_that_compose_files_poll(server):
    for prefix in ("/_localstack", "/_regionlab"):
        status, health = call(server, "GET", prefix + "/health")
        assert status == 200 and health["services"]["dynamodb"] == "running"
        assert {"route53", "route53-recovery-cluster"} <= set(health["services"])
        status, info = call(server, "GET", prefix + "/info")
        assert (status, info["world"], info["seed"]) == (200, "two-region-orders", 7)
    head = send(server, request(b"", "HEAD", "/_localstack/health", authorization=None))
    assert (head.status, head.body) == (200, b"")
    assert call(server, "POST", "/_localstack/state/reset")[0] == 200


# --- the clock ------------------------------------------------------------------------------------------------------


def test_a_virtual_clock_moves_only_when_told_to_and_never_back(fresh):
    first = fresh.ctl("clock", "show")
    time.sleep(0.1)
    assert fresh.ctl("clock", "show")["time_us"] == first["time_us"]
    moved = fresh.ctl("clock", "advance", "1h30m")
    assert moved["advanced_us"] == 5_400_000_000
    assert fresh.ctl("clock", "show")["time"] == "2026-01-01T01:30:00.000Z"
    fresh.ctl("clock", "advance-to", "2026-01-01T01:30:00Z")
    fresh.ctl("clock", "advance-to", "2026-01-01T01:29:59Z", fails=True)


def test_advance_to_idle_ends_when_replication_is_done(fresh):
    put(fresh)
    assert fresh.ctl("backlog")["links"] == [{"from": EAST, "to": WEST, "records": 1}]
    idle = fresh.ctl("clock", "advance-to-idle")
    assert 0 < idle["advanced_us"] < 5_000_000
    assert fresh.ctl("backlog")["links"] == []


def test_a_clock_that_runs_by_itself_cannot_be_advanced(fresh):
    fresh.ctl("clock", "scale", "100000")
    assert "runs by itself" in fresh.ctl("clock", "advance", "1s", fails=True)
    assert call(fresh, "POST", "/_regionlab/clock/advance", {"by": "1s"})[0] == 409
    first = fresh.ctl("clock", "show")["time_us"]
    time.sleep(0.05)
    assert fresh.ctl("clock", "show")["time_us"] - first >= 5_000_000_000
    fresh.ctl("clock", "mode", "virtual")
    stopped = fresh.ctl("clock", "show")["time_us"]
    time.sleep(0.05)
    assert fresh.ctl("clock", "show")["time_us"] == stopped


def test_a_month_of_simulated_time_with_health_checks_passes_quickly(fresh):
    began = time.monotonic()
    fresh.ctl("clock", "advance", "720h")
    assert time.monotonic() - began < 10


# --- Regions, links, replication ------------------------------------------------------------------------------------


def test_a_region_that_is_down_closes_its_sockets_and_opens_them_again(fresh):
    urls = [fresh.facts[f"{kind}.{EAST}"] for kind in ("region", "cluster", "application.orders")]
    others = [url for name, url in fresh.facts.items() if url.startswith("http") and url not in urls]
    assert not any(refuses_connections(url) for url in urls)
    fresh.ctl("region", "down", EAST)
    assert all(refuses_connections(url) for url in urls)
    assert not any(refuses_connections(url) for url in others)
    fresh.ctl("region", "up", EAST)
    assert not any(refuses_connections(url) for url in urls)


def test_a_region_goes_down_for_a_time_and_comes_back_by_itself(fresh):
    status, answer = call(fresh, "POST", "/_regionlab/regions/down", {"region": WEST, "duration": "5m"})
    assert status == 200 and answer["up"] is False
    fresh.advance("4m59s")
    assert refuses_connections(fresh.facts[f"region.{WEST}"])
    fresh.advance("1s")
    assert not refuses_connections(fresh.facts[f"region.{WEST}"])
    assert fresh.ctl("region", "up", WEST, fails=True)


def test_a_region_that_is_down_twice_is_up_when_both_faults_are_gone(fresh):
    fresh.ctl("fault", "add", "region-down", "--region", EAST)
    second = fresh.ctl("fault", "add", "region-down", "--region", EAST)
    fresh.ctl("fault", "clear", str(second["id"]))
    assert refuses_connections(fresh.facts[f"region.{EAST}"])
    fresh.ctl("fault", "clear")
    assert not refuses_connections(fresh.facts[f"region.{EAST}"])


def test_on_the_common_port_a_region_that_is_down_ends_connections_and_the_other_answers(fresh):
    fresh.ctl("region", "down", EAST)
    with pytest.raises((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)):
        fresh.client("dynamodb", EAST).list_tables()
    assert len(fresh.client("dynamodb", WEST).list_tables()["TableNames"]) == 3
    fresh.ctl("region", "up", EAST)
    assert len(fresh.client("dynamodb", EAST).list_tables()["TableNames"]) == 3


def test_open_connections_to_a_region_that_goes_down_end(fresh):
    address, port = fresh.facts[f"region.{EAST}"].removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((address, int(port)), timeout=5) as connection:
        connection.sendall(dynamodb("{}", connection="keep-alive"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        fresh.ctl("region", "down", EAST)
        assert receive(connection).is_closed


def test_a_partition_holds_records_back_and_a_heal_tells_how_many(fresh):
    fresh.ctl("link", "partition", EAST, WEST)
    for i in range(3):
        put(fresh, v={"N": str(i)})
    fresh.advance("10m")
    assert fresh.ctl("backlog")["links"] == [{"from": EAST, "to": WEST, "records": 3}]
    probed = fresh.ctl("probe", ORDERS, json.dumps(key_of(fresh)))["replicas"]
    assert probed[EAST]["v"] == {"N": "2"} and probed[WEST] is None
    assert "still not so" in fresh.ctl("wait", "replication", ORDERS, "--timeout", "5s", fails=True)
    assert fresh.ctl("link", "heal", EAST, WEST)["backlog"] == 3
    fresh.ctl("wait", "replication", ORDERS)
    probed = fresh.ctl("probe", ORDERS, json.dumps(key_of(fresh)))["replicas"]
    assert probed[EAST] == probed[WEST]


def test_a_cut_of_both_directions_is_healed_one_by_one_or_at_once(fresh):
    fresh.ctl("link", "partition", EAST, WEST, "--both")
    fresh.ctl("link", "heal", WEST, EAST)
    cut = [(link["from"], link["to"]) for link in fresh.ctl("link", "list")["links"] if link["cut"]]
    assert cut == [(EAST, WEST)]
    fresh.ctl("link", "heal", EAST, WEST, "--both")
    assert not any(link["cut"] for link in fresh.ctl("link", "list")["links"])


def test_conflicting_writes_are_listed_with_both_sides(fresh):
    fresh.ctl("link", "partition", EAST, WEST, "--both")
    put(fresh, EAST, v={"S": "east"})
    fresh.advance("1s")
    put(fresh, WEST, v={"S": "west"})
    fresh.ctl("link", "heal", EAST, WEST, "--both")
    fresh.ctl("wait", "replication")
    conflicts = fresh.ctl("conflicts")["Conflicts"]
    assert len(conflicts) == 1
    assert ORDERS in json.dumps(conflicts) and EAST in json.dumps(conflicts) and WEST in json.dumps(conflicts)
    assert ORDERS in run(fresh, "conflicts").stdout
    fresh.ctl("reset")
    assert fresh.ctl("conflicts")["Conflicts"] == []


# --- waiting --------------------------------------------------------------------------------------------------------


def test_a_wait_on_a_virtual_clock_moves_it_just_as_far_as_needed(fresh):
    fresh.ctl("link", "lag", EAST, WEST, "800ms")
    put(fresh)
    before = fresh.ctl("clock", "show")["time_us"]
    waited = fresh.ctl("wait", "replication", ORDERS)["waited_us"]
    assert 800_000 <= waited <= 900_000
    assert fresh.ctl("clock", "show")["time_us"] == before + waited


def test_a_wait_on_a_running_clock_times_out_in_its_time_and_blocks_nobody(fresh):
    fresh.ctl("clock", "scale", "10")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        call(fresh, "POST", "/_regionlab/wait", {"for": "dns", "name": NAME, "type": "A", "value": "9.9.9.9",
                                                 "timeout": "5s"})))
    began = time.monotonic()
    thread.start()
    time.sleep(0.1)
    assert fresh.ctl("clock", "show")["mode"] == "scaled"
    thread.join(10)
    assert 0.4 < time.monotonic() - began < 3
    assert answers[0][0] == 408 and "DNS answers 127.0.1.1" in answers[0][1]["error"]


def background_wait(server, timeout="10h"):
    """A wait that no DNS answer will end: its thread and, in time, what it got."""
    got = []
    thread = threading.Thread(target=lambda: got.append(
        call(server, "POST", "/_regionlab/wait", {"for": "dns", "name": NAME, "type": "A", "value": "9.9.9.9",
                                                  "timeout": timeout})))
    thread.start()
    time.sleep(0.2)
    return thread, got


def test_a_reset_ends_a_wait_with_409(fresh):
    fresh.ctl("clock", "mode", "real")
    thread, got = background_wait(fresh)
    fresh.ctl("reset")
    thread.join(10)
    assert got == [(409, {"error": "the world was reset"})]


def test_a_wait_lives_through_changes_of_the_clocks_mode(fresh):
    fresh.ctl("clock", "mode", "real")
    thread, got = background_wait(fresh, "1m")
    fresh.ctl("clock", "mode", "virtual")
    fresh.ctl("clock", "mode", "real")
    fresh.ctl("clock", "mode", "virtual")
    fresh.advance("2m")
    thread.join(10)
    assert got[0][0] == 408


def test_a_client_that_stops_waiting_leaves_nothing_behind(fresh):
    fresh.ctl("clock", "mode", "real")
    body = json.dumps({"for": "dns", "name": NAME, "type": "A", "value": "9.9.9.9", "timeout": "1h"})
    for _ in range(20):
        with open_connection(fresh) as connection:
            connection.sendall(request(body, path="/_regionlab/wait", authorization=None))
    time.sleep(0.3)
    fresh.ctl("clock", "mode", "virtual")
    fresh.advance("2h")
    fresh.ctl("reset")


def test_several_waits_at_once_each_get_their_answer(fresh):
    fresh.ctl("clock", "scale", "50")
    put(fresh)
    got = []
    threads = [threading.Thread(target=lambda: got.append(
        call(fresh, "POST", "/_regionlab/wait", {"for": "replication", "table": ORDERS}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [status for status, _ in got] == [200] * 8


# --- reset ----------------------------------------------------------------------------------------------------------


def test_a_reset_gives_the_world_as_it_was_at_the_start(start):
    one = start("--clock", "virtual")

    def state():
        dynamo, zones = one.client("dynamodb"), one.client("route53")
        zone = zones.list_hosted_zones()["HostedZones"][0]["Id"]
        records = zones.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        tables = [dynamo.describe_table(TableName=name)["Table"] for name in dynamo.list_tables()["TableNames"]]
        return [one.ctl("clock", "show"), one.ctl("link", "list"), one.ctl("region", "list"), one.ctl("fault", "list"),
                one.ctl("trace"), tables, records, zone, dynamo.scan(TableName=ORDERS)["Items"], one.ctl("conflicts")]

    first = state()
    put(one)
    dynamo = one.client("dynamodb")
    dynamo.create_table(TableName="more", BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    one.client("route53").create_hosted_zone(Name="more.example", CallerReference="r")
    one.ctl("link", "lag", EAST, WEST, "5s")
    one.ctl("link", "partition", EAST, WEST, "--both")
    one.ctl("region", "down", WEST)
    one.ctl("fault", "add", "latency", "--latency", "1s")
    one.advance("3h")
    one.ctl("clock", "mode", "real")
    one.ctl("reset")
    assert state() == first
    one.ctl("reset")
    assert state() == first


@pytest.mark.timing
def test_a_reset_takes_less_than_5_ms(fresh):
    for _ in range(3):
        put(fresh)
        took = [fresh.ctl("reset")["took_us"] for _ in range(5)]
        assert sorted(took)[2] < 5000


def test_after_region_down_and_reset_its_sockets_are_open_again(fresh):
    fresh.ctl("region", "down", EAST)
    fresh.ctl("region", "down", WEST)
    fresh.ctl("reset")
    assert not any(refuses_connections(url) for url in fresh.facts.values() if url.startswith("http"))


def test_a_reset_ends_requests_that_a_fault_holds_back(fresh):
    fresh.ctl("fault", "add", "latency", "--latency", "1h", "--service", "dynamodb")
    fresh.ctl("fault", "add", "black-hole", "--service", "route53")
    with open_connection(fresh) as delayed, open_connection(fresh) as swallowed:
        delayed.sendall(dynamodb("{}"))
        swallowed.sendall(request(b"", "GET", "/2013-04-01/hostedzone",
                                  authorization=dynamodb("{}").split(b"authorization: ")[1].split(b"\r\n")[0]
                                  .decode().replace("dynamodb", "route53")))
        time.sleep(0.2)
        fresh.ctl("reset")
        for connection in (delayed, swallowed):
            reply = receive(connection)
            assert reply.is_closed and reply.status in (0, 500, 503)
    assert len(fresh.client("dynamodb").list_tables()["TableNames"]) == 3


# --- faults on real calls -------------------------------------------------------------------------------------------


def hits(server, fault):
    return next(entry["hits"] for entry in server.ctl("fault", "list")["faults"] if entry["id"] == fault["id"])


@pytest.mark.parametrize("arguments, status, code", [
    (["error"], 500, None), (["error", "--status", "503"], 503, None), (["error", "--rate", "100%"], 500, None),
    (["throttle"], 400, "ThrottlingException|ProvisionedThroughputExceededException"),
])
def test_an_error_fault_hits_every_call_of_its_scope_and_counts_it(fresh, arguments, status, code):
    fault = fresh.ctl("fault", "add", *arguments, "--service", "dynamodb", "--region", EAST, "--operation", "GetItem")
    for _ in range(3):
        with pytest.raises(botocore.exceptions.ClientError) as failed:
            fresh.client("dynamodb", EAST).get_item(TableName=ORDERS, Key=key_of(fresh))
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert code is None or failed.value.response["Error"]["Code"] in code.split("|")
    assert hits(fresh, fault) == 3
    fresh.client("dynamodb", WEST).get_item(TableName=ORDERS, Key=key_of(fresh))
    put(fresh)
    assert hits(fresh, fault) == 3
    assert "GetItem" in run(fresh, "fault", "list").stdout
    cleared = fresh.ctl("fault", "clear", str(fault["id"]))["cleared"]
    assert [entry["hits"] for entry in cleared] == [3]
    fresh.client("dynamodb", EAST).get_item(TableName=ORDERS, Key=key_of(fresh))


def test_a_rate_hits_its_share_of_the_calls(fresh):
    fault = fresh.ctl("fault", "add", "error", "--rate", "50%", "--service", "dynamodb", "--operation", "ListTables")
    failed = 0
    client = fresh.client("dynamodb")
    for _ in range(100):
        try:
            client.list_tables()
        except botocore.exceptions.ClientError:
            failed += 1
    assert 25 < failed < 75 and hits(fresh, fault) == failed


@pytest.mark.parametrize("kind", ["refuse", "reset"])
def test_a_broken_connection_is_what_the_client_sees(fresh, kind):
    key = key_of(fresh)
    fault = fresh.ctl("fault", "add", kind, "--service", "dynamodb", "--operation", "PutItem")
    with pytest.raises((botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)):
        fresh.client("dynamodb").put_item(TableName=ORDERS, Item={**key, "v": {"S": "x"}})
    assert hits(fresh, fault) == 1
    acted_on = "Item" in fresh.client("dynamodb").get_item(TableName=ORDERS, Key=key)
    assert acted_on == (kind == "reset")


def test_a_black_hole_answers_nothing_until_the_client_gives_up(fresh):
    fault = fresh.ctl("fault", "add", "black-hole", "--service", "dynamodb")
    with open_connection(fresh, 0.5) as connection:
        connection.sendall(dynamodb("{}"))
        reply = receive(connection)
    assert (reply.data, reply.is_closed, hits(fresh, fault)) == (b"", False, 1)


def test_latency_delays_the_answer_by_simulated_time(fresh):
    fresh.ctl("fault", "add", "latency", "--latency", "30s", "--service", "dynamodb")
    with open_connection(fresh, 0.3) as connection:
        connection.sendall(dynamodb("{}"))
        assert receive(connection).data == b""
        fresh.advance("29s")
        assert receive(connection).data == b""
        fresh.advance("1s")
        connection.settimeout(10)
        assert receive(connection).status == 200


def test_latency_on_a_running_clock_is_felt_by_the_client(fresh):
    fresh.ctl("clock", "mode", "real")
    fresh.ctl("fault", "add", "latency", "--latency", "300ms", "--service", "dynamodb")
    client = fresh.client("dynamodb")
    began = time.monotonic()
    client.list_tables()
    assert 0.3 <= time.monotonic() - began < 2


def test_the_control_plane_alone_can_be_down(fresh):
    key = key_of(fresh)
    fault = fresh.ctl("fault", "add", "error", "--plane", "control", "--status", "503")
    client = fresh.client("dynamodb")
    with pytest.raises(botocore.exceptions.ClientError, match="503|Unavailable|unavailable"):
        client.delete_table(TableName=ORDERS)
    with pytest.raises(botocore.exceptions.ClientError):
        fresh.client("route53").list_hosted_zones()
    client.put_item(TableName=ORDERS, Item=key)
    assert fresh.resolve(NAME, "-b", "127.0.1.1") == ["127.0.1.1"]
    assert hits(fresh, fault) == 2


def test_a_name_can_vanish_from_dns(fresh):
    fault = fresh.ctl("fault", "add", "no-name", "--resource", NAME.upper() + ".")
    assert fresh.resolve(NAME) == []
    assert hits(fresh, fault) >= 1
    fresh.ctl("fault", "clear")
    assert fresh.resolve(NAME) != []


def test_replication_can_be_paused_for_one_table(fresh):
    fault = fresh.ctl("fault", "add", "pause-replication", "--from", EAST, "--to", WEST, "--resource", ORDERS)
    put(fresh)
    fresh.advance("1m")
    assert [link["records"] for link in fresh.ctl("backlog")["links"]] == [1]
    fresh.ctl("fault", "clear", str(fault["id"]))
    fresh.ctl("wait", "replication")
    assert fresh.ctl("backlog")["links"] == []


def test_a_fault_ends_by_itself_after_its_duration(fresh):
    fresh.ctl("fault", "add", "error", "--service", "dynamodb", "--duration", "5m")
    with pytest.raises(botocore.exceptions.ClientError):
        fresh.client("dynamodb").list_tables()
    fresh.advance("5m")
    assert fresh.ctl("fault", "list")["faults"] == []
    fresh.client("dynamodb").list_tables()


def test_a_skewed_clock_lets_the_wrong_write_win(fresh):
    fresh.ctl("fault", "add", "clock-skew", "--region", WEST, "--skew", "-1m")
    put(fresh, EAST, v={"S": "earlier"})
    fresh.advance("5s")
    put(fresh, WEST, v={"S": "later, by a slow clock"})
    fresh.ctl("wait", "replication")
    fresh.advance("10s")
    probed = fresh.ctl("probe", ORDERS, json.dumps(key_of(fresh)))["replicas"]
    assert probed[EAST] == probed[WEST]


def test_a_thousand_faults_are_enough_and_the_next_is_refused(fresh):
    for _ in range(1000):
        assert call(fresh, "POST", "/_regionlab/faults",
                    {"kind": "latency", "latency": "1us", "operation": "Scan", "service": "dynamodb"})[0] == 200
    status, answer = call(fresh, "POST", "/_regionlab/faults", {"kind": "error"})
    assert status == 400 and "1000" in answer["error"]
    assert len(fresh.ctl("fault", "clear")["cleared"]) == 1000


def test_the_browser_may_read_it_and_other_tools_poll_it(server):
    with urllib.request.urlopen(server.endpoint + "/_localstack/health", timeout=5) as response:
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert until(lambda: server.process.poll() is None)
