"""The command line: regionlab up from its start to its end, and the small commands."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest
from conftest import EAST, REGIONLAB, WEST, shared
from hostile import dynamodb, open_connection, port_of, receive, request, send

COMMANDS = ("up", "drill", "ctl", "env", "schema", "coverage", "version")
NAME = "api.orders.example.com"

server = shared("--clock", "virtual")


def http_call(url, method="GET", body=None):
    """Status and JSON of one call without proxies."""
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data, method=method), timeout=10) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


# --- the small commands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_how_a_command_is_used(regionlab, command):
    for flag in ("--help", "-h"):
        result = regionlab(command, flag)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("usage: ") and f"regionlab {command}" in result.stdout
        assert all(len(line) <= 100 for line in result.stdout.splitlines())


def test_the_overview_names_every_command(regionlab):
    result = regionlab("--help")
    assert result.returncode == 0
    assert all(f"\n  {command} " in result.stdout for command in COMMANDS)
    nothing = regionlab()
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (2, "", result.stdout)


def test_an_unknown_command_is_exit_2(regionlab):
    result = regionlab("dwon")
    assert result.returncode == 2 and 'there is no command "dwon"' in result.stderr


def test_the_version_is_one_line(regionlab):
    assert regionlab("version").stdout.split()[0] == "regionlab"
    assert regionlab("--version").stdout == regionlab("version").stdout
    assert regionlab("version", "now").returncode == 2


def test_env_gives_lines_that_a_shell_can_evaluate(regionlab):
    script = ('eval "$({0} env --endpoint "$1" --region eu-west-1)" && echo "$AWS_ENDPOINT_URL|$AWS_ACCESS_KEY_ID|'
              '$AWS_DEFAULT_REGION" && eval "$({0} env --unset)" && echo "${{AWS_ENDPOINT_URL-gone}}"')
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    for endpoint in ("http://127.0.0.1:4566", "http://x/'; touch owned; '$(touch owned)`touch owned`"):
        result = subprocess.run(["sh", "-c", script.format(REGIONLAB), "sh", endpoint], capture_output=True, text=True,
                                env=clean)
        assert (result.returncode, result.stdout) == (0, f"{endpoint}|test|eu-west-1\ngone\n")
    assert not os.path.exists("owned")


def test_env_leaves_credentials_that_are_set(regionlab):
    result = regionlab("env", env={**os.environ, "AWS_ACCESS_KEY_ID": "mine", "AWS_REGION": "eu-west-1"})
    assert result.stdout == "export AWS_ENDPOINT_URL='http://127.0.0.1:4566'\n"


def test_with_env_the_aws_cli_talks_to_regionlab(server):
    script = f'eval "$({REGIONLAB} env --endpoint {server.endpoint})" && exec "$0" dynamodb list-tables --output text'
    program = os.path.join(os.path.dirname(os.sys.executable), "aws")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    result = subprocess.run(["sh", "-c", script, program], capture_output=True, text=True, env=clean, timeout=60)
    assert "resilientdynamo-Order" in result.stdout, result.stderr


@pytest.mark.parametrize("kind", ["world", "drill"])
def test_schema_prints_a_json_schema(regionlab, kind):
    schema = json.loads(regionlab("schema", kind).stdout)
    assert "$schema" in schema and schema["type"] == "object"


@pytest.mark.parametrize("arguments", [("schema",), ("schema", "nosuch"), ("schema", "world", "x"), ("coverage", "x"),
                                       ("env", "x"), ("env", "--region")])
def test_bad_usage_of_a_small_command_is_exit_2(regionlab, arguments):
    result = regionlab(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"regionlab {arguments[0]}: ") and result.stderr.count("\n") == 1


def test_coverage_lists_operations_of_every_service(regionlab):
    text = regionlab("coverage").stdout
    assert all(word in text for word in ("PutItem", "CreateBackup", "ChangeResourceRecordSets",
                                         "UpdateRoutingControlState", "CreateSafetyRule"))


def test_a_full_disk_is_not_taken_for_success(regionlab):
    for command in ("coverage", "version", "--help", "env"):
        with open("/dev/full", "w") as full:
            result = subprocess.run([REGIONLAB, command], stdout=full, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 1 and "writ" in result.stderr and result.stderr.count("\n") == 1, command


# --- how up begins --------------------------------------------------------------------------------------------------


def test_up_prints_what_listens_where_and_last_ready(server):
    server.log.flush()
    lines = open(server.log.name).read().splitlines()
    assert lines[0].startswith("regionlab ") and "world two-region-orders, seed 7" in lines[0]
    assert lines[-1] == "Ready."
    text = "\n".join(lines)
    assert f"AWS_ENDPOINT_URL={server.endpoint}" in text
    for name, value in server.facts.items():
        assert value in text, name


def test_the_ready_file_names_every_socket(server):
    assert set(server.facts) == {
        "endpoint", "dns_port", *(f"region.{name}" for name in (EAST, WEST, "us-east-2")),
        *(f"cluster.{name}" for name in (EAST, WEST, "eu-west-1", "ap-northeast-1", "ap-southeast-2")),
        *(f"application.orders.{name}" for name in (EAST, WEST))}


@pytest.mark.parametrize("option", ["--port", "--dns-port", "--app-port", "--cluster-port"])
def test_a_taken_port_is_one_clear_line_and_exit_1(regionlab, option):
    address = "127.0.1.1" if option in ("--app-port", "--cluster-port") else "127.0.0.1"
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"--port": "0", option: str(port)}
        result = regionlab("up", *(word for pair in ports.items() for word in pair))
    assert (result.returncode, result.stdout) == (1, "")
    assert str(port) in result.stderr and address in result.stderr and result.stderr.count("\n") == 1


def test_a_second_one_on_the_same_port_says_that_it_is_taken(server, regionlab):
    result = regionlab("up", "--port", port_of(server), "--dns-port", "0", "--app-port", "0", "--cluster-port", "0")
    assert result.returncode == 1 and str(port_of(server)) in result.stderr
    assert send(server, dynamodb("{}")).status == 200


@pytest.mark.parametrize("arguments, said", [
    (["--bogus"], "there is no option --bogus"), (["--port"], "--port needs a value"),
    (["--port", "65536"], "--port takes a number from 0 to 65535"), (["--port", "-1"], "takes a number"),
    (["--port", "4566x"], "takes a number"), (["--port="], "takes a number"), (["now"], "takes no arguments"),
    (["--clock", "warp"], "--clock is real or virtual"), (["--scale", "0"], "--scale is 1 to 100000"),
    (["--clock", "virtual", "--scale", "2"], "not for a virtual clock"),
    (["--scale", "100001"], "takes a number from 0 to 100000"), (["--seed", "x"], "takes a number"),
    (["--seed", "18446744073709551616"], "takes a number"),
    (["--port", "0", "--listen", "nonsense"], "nonsense"), (["--port", "0", "--listen", "203.0.113.9"], "203.0.113.9"),
    (["--port", "0", "--ready-file", "/nosuch/ready"], "cannot write /nosuch/ready"),
    (["--port", "0", "--trace", "/nosuch/trace"], "cannot write /nosuch/trace"),
    (["--port", "0", "--world", "nosuch"], "nosuch"), (["--port", "0", "--world", "/"], "/"),
    (["--port", "0", "--world", ""], ""),
])
def test_bad_options_of_up_are_refused_in_one_line(regionlab, arguments, said):
    result = regionlab("up", *arguments)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr and result.stderr.count("\n") == 1 and result.stdout == ""


@pytest.mark.parametrize("text, place", [
    ("world: [x", ":2:1:"), ("", ":1:"), ("- 1\n", ":1:1:"), ("world: x\nregoins: {}\n", ":2:1:"),
    ("world: x\nregions:\n  us-east-1: 5\n", ":3:"), ("world: x\nworld: y\n", ":2:"), ("\tworld: x\n", ":1:"),
    ("world: \xff\n".encode("latin-1"), ":1:"), (b"\x00\x01\x02", ":1:"), ("a: &a [*a]\n", ":1:"),
    ("[" * 10000, ":1:"),
])
def test_a_bad_world_file_is_exit_2_with_file_line_and_column(regionlab, tmp_path, text, place):
    path = tmp_path / "world.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = regionlab("up", "--port", "0", "--world", path)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{path}{place}" in result.stderr and result.stderr.count("\n") == 1


def test_two_servers_do_not_disturb_each_other(start):
    one, two = start("--clock", "virtual"), start("--clock", "virtual")
    assert not set(one.facts.values()) & set(two.facts.values())
    one.client("dynamodb").put_item(TableName="resilientdynamo-Order", Item=key(one))
    one.ctl("region", "down", WEST)
    one.advance("1h")
    assert two.client("dynamodb").scan(TableName="resilientdynamo-Order")["Items"] == []
    assert two.ctl("clock", "show")["time"] == "2026-01-01T00:00:00.000Z"
    assert len(two.client("dynamodb", WEST).list_tables()["TableNames"]) == 3
    one.stop()
    assert two.resolve(NAME) != []


def key(server):
    schema = server.client("dynamodb").describe_table(TableName="resilientdynamo-Order")["Table"]["KeySchema"]
    return {part["AttributeName"]: {"S": "a"} for part in schema}


def test_the_same_seed_gives_the_same_ids(start):
    def ids(server):
        return [server.client("route53").list_hosted_zones()["HostedZones"][0]["Id"],
                server.client("dynamodb").describe_table(TableName="resilientdynamo-Order")["Table"]["TableId"]]

    same = [ids(start("--clock", "virtual")) for _ in range(2)]
    assert same[0] == same[1]
    assert ids(start("--clock", "virtual", "--seed", "8")) != same[0]


def test_ipv6_loopback_answers_as_well(server):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        connection = socket.create_connection(("::1", port_of(server)), timeout=5)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with connection:
        connection.sendall(dynamodb("{}", host="[::1]"))
        assert receive(connection).status == 200


def test_listen_on_one_address_only(start):
    one = start("--listen", "127.0.0.77")
    assert one.endpoint.startswith("http://127.0.0.77:")
    assert http_call(one.endpoint + "/_localstack/health")[0] == 200
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port_of(one)), timeout=2).close()


def test_a_regions_own_address_means_that_region(server):
    for region in (EAST, WEST):
        client = server.client("dynamodb", region, server.facts[f"region.{region}"])
        arn = client.describe_table(TableName="resilientdynamo-Order")["Table"]["TableArn"]
        assert f":{region}:" in arn


# --- how up ends ----------------------------------------------------------------------------------------------------


def ends_quickly(server, number=signal.SIGTERM):
    began = time.monotonic()
    server.process.send_signal(number)
    server.process.wait(timeout=10)
    assert time.monotonic() - began < 3
    return server.process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_exit_0(start, number):
    assert ends_quickly(start(), number) == 0


def test_open_connections_waits_and_black_holes_do_not_hold_up_the_end(start):
    server = start()
    server.ctl("fault", "add", "black-hole", "--service", "route53")
    server.ctl("fault", "add", "latency", "--latency", "1h", "--service", "dynamodb", "--operation", "Scan")
    sent = [dynamodb("{}", connection="keep-alive"), dynamodb("{}")[:50],
            dynamodb({"TableName": "resilientdynamo-Order"}, "Scan"),
            request(b"", "GET", "/2013-04-01/hostedzone",
                    authorization=dynamodb("{}").split(b"authorization: ")[1].split(b"\r\n")[0].decode()
                    .replace("/dynamodb/", "/route53/")),
            request(json.dumps({"for": "dns", "name": NAME, "type": "A", "value": "9.9.9.9", "timeout": "1h"}),
                    path="/_regionlab/wait", authorization=None)]
    connections = [open_connection(server) for _ in sent]
    dns = socket.create_connection(("127.0.0.1", server.dns_port))
    try:
        for connection, data in zip(connections, sent):
            connection.sendall(data)
        dns.sendall(b"\x00")
        time.sleep(0.3)
        assert ends_quickly(server) == 0
    finally:
        for connection in [*connections, dns]:
            connection.close()


def test_a_virtual_clock_in_the_middle_of_a_century_does_not_hold_up_the_end(start):
    server = start("--clock", "virtual")
    thread = threading.Thread(target=lambda: send(server, request(
        json.dumps({"by": "876000h"}), path="/_regionlab/clock/advance", authorization=None), 15))
    thread.start()
    time.sleep(0.2)
    assert ends_quickly(server) == 0
    thread.join()


def test_after_the_end_its_ports_are_free_again(start, regionlab):
    first = start()
    port = port_of(first)
    with open_connection(first) as connection:
        connection.sendall(dynamodb("{}", connection="keep-alive"))
        connection.recv(65536)
        first.stop()
    second = start("--port", str(port), "--dns-port", "0", "--app-port", "0", "--cluster-port", "0")
    assert port_of(second) == port


def test_the_trace_file_has_one_json_event_a_line(start, tmp_path):
    path = tmp_path / "trace.jsonl"
    server = start("--clock", "virtual", "--trace", str(path))
    server.client("dynamodb").list_tables()
    server.advance("1m")
    assert server.stop() is None
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert events and any("ListTables" in json.dumps(event) for event in events)


# --- the application and DNS, live ----------------------------------------------------------------------------------


def curl(url, *arguments):
    return subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "10", *arguments, url], capture_output=True,
                          text=True)


def test_an_order_is_taken_in_one_region_and_read_in_the_other(start):
    server = start("--clock", "virtual")
    east, west = (server.facts[f"application.orders.{region}"] for region in (EAST, WEST))
    status, filled = http_call(east + "/fill?cust=1&product=2", "POST")
    assert (status, filled["region"]) == (200, EAST)
    customer, product = filled["customers"][0], filled["products"][0]
    order = f"customerId={customer}&productId={product}&orderId=o-1"
    status, placed = http_call(f"{east}/orders?{order}", "POST")
    assert (status, placed["region"]) == (200, EAST)
    assert http_call(f"{east}/orders?orderId=o-1&productId={product}")[0] == 200
    assert http_call(f"{west}/orders?orderId=o-1&productId={product}")[0] == 404, "it is still under way"
    server.ctl("wait", "replication")
    status, read = http_call(f"{west}/orders?orderId=o-1&productId={product}")
    assert (status, read["region"]) == (200, WEST)
    status, again = http_call(f"{west}/orders?{order}", "POST")
    assert (status, again["region"]) == (400, WEST), "the product is sold in the other Region too"


@pytest.mark.parametrize("method, path, status", [
    ("POST", "/orders", 400), ("GET", "/orders", 400), ("GET", "/orders?orderId=a&productId=b", 404),
    ("POST", "/fill?cust=-1", 400), ("POST", "/fill?cust=99999999999", 400),
    ("GET", "/nosuch", 404), ("PUT", "/orders", (404, 405)), ("GET", "/orders?orderId=" + "a" * 5000, 400),
    ("POST", "/orders?customerId=%00&productId=b&orderId=c", 400),
])
def test_the_application_refuses_what_it_does_not_understand(server, method, path, status):
    got, answer = http_call(server.facts[f"application.orders.{EAST}"] + path, method)
    assert got in (status if isinstance(status, tuple) else (status,)) and answer["msg"]


def test_clients_follow_the_dns_answer_from_a_region_that_goes_down(start):
    server = start("--clock", "virtual")
    port = server.facts[f"application.orders.{EAST}"].rsplit(":", 1)[1]

    def region_that_answers():
        address = server.resolve(NAME, "-b", "127.0.1.1")[0]
        answer = curl(f"http://{NAME}:{port}/health", "--resolve", f"{NAME}:{port}:{address}")
        return address, answer.returncode

    assert region_that_answers() == ("127.0.1.1", 0)
    server.ctl("region", "down", EAST)
    assert region_that_answers() == ("127.0.1.1", 7), "refused, until somebody turns the routing control"


@pytest.mark.timing
def test_a_scaled_clock_replicates_faster_by_the_wall(start):
    def seconds(server):
        east, west = server.client("dynamodb", EAST), server.client("dynamodb", WEST)
        item = key(server)
        began = time.monotonic()
        east.put_item(TableName="resilientdynamo-Order", Item=item)
        while "Item" not in west.get_item(TableName="resilientdynamo-Order", Key=item):
            assert time.monotonic() - began < 10
            time.sleep(0.005)
        return time.monotonic() - began

    real, fast = seconds(start()), seconds(start("--scale", "20"))
    assert real > 0.6 and fast < 0.3
