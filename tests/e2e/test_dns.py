"""Route 53 with boto3 and dig: records as clients see them, health checks that move answers, DNS by the byte."""

import concurrent.futures
import http.server
import random
import re
import socket
import struct
import threading
import uuid

import pytest
from conftest import EAST, WEST, shared
from hostile import is_sanitized, resident_bytes, until

server = shared("--clock", "virtual")

TYPE_A, TYPE_AAAA, TYPE_TXT, TYPE_ANY, CLASS_IN = 1, 28, 16, 255, 1


class Zone:
    """A hosted zone and what a test does to it."""

    def __init__(self, server, name, is_virtual=True):
        self.server, self.name, self.is_virtual = server, name, is_virtual
        self.client = server.client("route53")
        self.id = self.client.create_hosted_zone(Name=name, CallerReference=uuid.uuid4().hex)["HostedZone"]["Id"]
        if is_virtual:
            server.advance("2m")  # until DNS knows it

    def change(self, *changes):
        """(action, name, type, what else) each, all in one batch."""
        batch = [{"Action": action, "ResourceRecordSet": {"Name": self.full(name), "Type": kind, **more}}
                 for action, name, kind, more in changes]
        answer = self.client.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": batch})
        if not self.is_virtual:
            return
        self.server.ctl("clock", "mode", "virtual")
        self.server.advance("2m")  # until the change is INSYNC
        assert self.client.get_change(Id=answer["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC"

    def create(self, name, kind="A", values=("192.0.2.1",), ttl=60, **more):
        self.change(("CREATE", name, kind, record(values, ttl, **more)))

    def full(self, name):
        return f"{name}.{self.name}" if name else self.name

    def resolve(self, name, kind="A", *arguments):
        return self.server.dig("+short", self.full(name), kind, *arguments).split("\n")[:-1]


def record(values, ttl=60, **more):
    return {"TTL": ttl, "ResourceRecords": [{"Value": value} for value in values], **more}


@pytest.fixture
def zone(server):
    """A zone of its own for each test, at the world's start."""
    server.ctl("reset")
    return Zone(server, "dns.example")


def status_of(text):
    return re.search(r"status: (\w+)", text).group(1)


def count_of(text, section):
    return int(re.search(rf"{section}: (\d+)", text).group(1))


def address_of(server):
    return ("127.0.0.1", server.dns_port)


def query(name, kind=TYPE_A, identity=7, flags=0x0100, count=1):
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b".") if label)
    return struct.pack(">HHHHHH", identity, flags, count, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, CLASS_IN)


def ask_udp(server, packet, timeout=2.0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.sendto(packet, address_of(server))
        try:
            return udp.recv(65536)
        except TimeoutError:
            return None


def read_tcp(connection):
    def exactly(count):
        data = b""
        while len(data) < count:
            chunk = connection.recv(count - len(data))
            if not chunk:
                raise EOFError(data)
            data += chunk
        return data

    return exactly(struct.unpack(">H", exactly(2))[0])


def rcode_of(packet):
    return packet[3] & 15


# --- answers --------------------------------------------------------------------------------------------------------


def test_records_of_every_common_type_are_answered_as_written(zone):
    records = [("a", "A", ["192.0.2.1", "192.0.2.2"]), ("aaaa", "AAAA", ["2001:db8::1"]),
               ("txt", "TXT", ['"one two" "three"', '"v=spf1 -all"']), ("mx", "MX", ["10 mail.dns.example."]),
               ("srv", "SRV", ["1 2 443 a.dns.example."]), ("caa", "CAA", ['0 issue "ca.example"']),
               ("ns", "NS", ["ns1.other.example."]), ("ptr", "PTR", ["host.example."])]
    zone.change(*(("CREATE", name, kind, record(values)) for name, kind, values in records))
    for name, kind, values in records:
        if kind != "NS":
            assert sorted(zone.resolve(name, kind)) == sorted(values)


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_udp_and_tcp_give_the_same_answer(zone, transport):
    zone.create("a", ttl=33)
    text = zone.server.dig("a.dns.example", "A", transport)
    assert status_of(text) == "NOERROR" and " aa" in re.search(r"flags:([^;]*)", text).group(1)
    assert re.search(r"a\.dns\.example\.\s+33\s+IN\s+A\s+192\.0\.2\.1", text)


def test_a_name_that_is_not_there_is_nxdomain_with_the_zones_soa(zone):
    text = zone.server.dig("nosuch.dns.example", "A")
    assert (status_of(text), count_of(text, "ANSWER"), count_of(text, "AUTHORITY")) == ("NXDOMAIN", 0, 1)
    assert "IN\tSOA" in text


def test_a_name_without_that_type_is_noerror_without_answer(zone):
    zone.create("a")
    zone.create("deep.below.b")
    for name, kind in (("a", "AAAA"), ("below.b", "A"), ("b", "A")):
        text = zone.server.dig(f"{name}.dns.example", kind)
        assert (status_of(text), count_of(text, "ANSWER"), count_of(text, "AUTHORITY")) == ("NOERROR", 0, 1)


def test_a_name_of_no_zone_is_refused(zone):
    for name in ("example.org", "example", ".", "xdns.example"):
        assert status_of(zone.server.dig(name, "A")) == "REFUSED"


def test_any_gets_one_record_set(zone):
    zone.create("a")
    zone.create("a", "TXT", ['"text"'])
    text = zone.server.dig("+notcp", "a.dns.example", "ANY")
    assert status_of(text) == "NOERROR" and count_of(text, "ANSWER") == 1


def test_the_case_of_the_question_is_kept_and_does_not_matter(zone):
    zone.create("MixedCase")
    answer = ask_udp(zone.server, query("mIXEDcASE.DnS.ExAmPlE"))
    assert rcode_of(answer) == 0 and answer[6:8] == b"\0\1"
    assert b"\x09mIXEDcASE\x03DnS\x07ExAmPlE\0" in answer


def test_wildcards_answer_for_names_that_are_not_there(zone):
    zone.create("*")
    zone.create("here", "TXT", ['"x"'])
    assert zone.resolve("anything") == zone.resolve("any.thing") == ["192.0.2.1"]
    assert zone.resolve("here") == []


def test_a_cname_is_followed_within_the_zone(zone):
    zone.create("target")
    zone.create("alias", "CNAME", ["target.dns.example"])
    zone.create("loop1", "CNAME", ["loop2.dns.example"])
    zone.create("loop2", "CNAME", ["loop1.dns.example"])
    assert zone.resolve("alias") == ["target.dns.example.", "192.0.2.1"]
    assert status_of(zone.server.dig("loop1.dns.example", "A")) in ("NOERROR", "SERVFAIL")


def test_an_answer_too_large_for_udp_is_truncated_and_whole_over_tcp(zone):
    zone.create("big", "TXT", [f'"{index:03}{"x" * 200}"' for index in range(20)])
    assert " tc" in re.search(r"flags:([^;]*)", zone.server.dig("+ignore", "+notcp", "+noedns", "big.dns.example",
                                                                 "TXT")).group(1)
    assert len(zone.resolve("big", "TXT")) == 20


def test_changes_show_at_once_after_insync_and_a_bad_batch_changes_nothing(zone):
    zone.create("a")
    zone.change(("UPSERT", "a", "A", record(["192.0.2.9"])))
    assert zone.resolve("a") == ["192.0.2.9"]
    with pytest.raises(zone.client.exceptions.InvalidChangeBatch):
        zone.change(("UPSERT", "a", "A", record(["192.0.2.10"])), ("DELETE", "nosuch", "A", record(["192.0.2.1"])))
    assert zone.resolve("a") == ["192.0.2.9"]
    zone.change(("DELETE", "a", "A", record(["192.0.2.9"])))
    assert status_of(zone.server.dig("a.dns.example", "A")) == "NXDOMAIN"


def test_a_deleted_zone_answers_no_more(zone):
    zone.client.delete_hosted_zone(Id=zone.id)
    zone.server.advance("2m")
    assert status_of(zone.server.dig("dns.example", "SOA")) == "REFUSED"


# --- routing --------------------------------------------------------------------------------------------------------


def test_weights_share_the_answers(zone):
    zone.change(*(("CREATE", "w", "A", record([f"192.0.2.{weight}"], SetIdentifier=str(weight), Weight=weight))
                  for weight in (0, 1, 3)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        answers = []
        for _ in range(400):
            udp.sendto(query("w.dns.example"), address_of(zone.server))
            answers.append(re.search(rb"\xc0\x00\x02(.)", udp.recv(512), re.DOTALL).group(1)[0])
    assert set(answers) == {1, 3} and 240 < answers.count(3) < 360


def test_latency_answers_with_the_region_nearest_to_the_client(zone):
    zone.change(*(("CREATE", "l", "A", record([address], SetIdentifier=region, Region=region))
                  for region, address in ((EAST, "192.0.2.1"), (WEST, "192.0.2.2"))))
    for client, address in (("127.0.1.1", "192.0.2.1"), ("127.0.2.1", "192.0.2.2")):
        assert zone.resolve("l", "A", "-b", client) == [address]
        assert zone.resolve("l", "A", f"+subnet={client}/32") == [address]


def test_an_alias_answers_with_its_target(zone):
    zone.create("target", values=["192.0.2.7", "192.0.2.8"], ttl=44)
    zone.change(("CREATE", "", "A", {"AliasTarget": {"HostedZoneId": zone.id.split("/")[-1],
                                                     "DNSName": "target.dns.example",
                                                     "EvaluateTargetHealth": False}}))
    text = zone.server.dig("dns.example", "A")
    assert sorted(re.findall(r"dns\.example\.\s+44\s+IN\s+A\s+(\S+)", text)) == ["192.0.2.7", "192.0.2.8"]
    assert "target" not in text


@pytest.mark.parametrize("kind, name", [("A", "w"), ("A", "l"), ("A", "nosuch"), ("AAAA", "plain"), ("A", "plain"),
                                        ("TXT", "plain"), ("SOA", ""), ("NS", "")])
def test_test_dns_answer_agrees_with_dig(zone, kind, name):
    zone.create("plain", values=["192.0.2.1", "192.0.2.2"])
    zone.create("plain", "TXT", ['"hello there"'])
    zone.change(("CREATE", "w", "A", record(["192.0.2.5"], SetIdentifier="only", Weight=5)),
                ("CREATE", "l", "A", record(["192.0.2.6"], SetIdentifier=EAST, Region=EAST)))
    told = zone.client.test_dns_answer(HostedZoneId=zone.id, RecordName=zone.full(name), RecordType=kind)
    text = zone.server.dig(zone.full(name), kind)
    assert told["ResponseCode"] == status_of(text)
    assert sorted(told["RecordData"]) == sorted(zone.resolve(name, kind))


# --- health ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def website():
    """A real web server that is well or not: website.status, website.port, website.paths."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.paths.append(self.path)
            body = self.server.body
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.status, site.body, site.paths, site.port = 200, b"all is well", [], site.server_address[1]
    thread = threading.Thread(target=site.serve_forever, args=(0.01,))
    thread.start()
    yield site
    site.shutdown()
    site.server_close()
    thread.join()


def create_check(zone, site, **more):
    config = {"IPAddress": "127.0.0.1", "Port": site.port, "Type": "HTTP", "ResourcePath": "/health",
              "RequestInterval": 10, "FailureThreshold": 3, **more}
    return zone.client.create_health_check(CallerReference=uuid.uuid4().hex,
                                           HealthCheckConfig=config)["HealthCheck"]["Id"]


def create_failover(zone, check):
    zone.change(*(("CREATE", "f", "A", record([address], SetIdentifier=role, Failover=role, **more))
                  for role, address, more in (("PRIMARY", "192.0.2.1", {"HealthCheckId": check}),
                                              ("SECONDARY", "192.0.2.2", {}))))


def test_failover_follows_a_real_web_server(zone, website):
    create_failover(zone, create_check(zone, website))
    zone.server.ctl("clock", "scale", "100")
    assert until(lambda: website.paths, 10) and website.paths[0] == "/health"
    assert zone.resolve("f") == ["192.0.2.1"]
    website.status = 503
    assert until(lambda: zone.resolve("f") == ["192.0.2.2"], 10)
    website.status = 200
    assert until(lambda: zone.resolve("f") == ["192.0.2.1"], 10)


def test_a_web_server_that_is_gone_is_unhealthy(zone, website):
    gone = socket.create_server(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    create_failover(zone, create_check(zone, website, Port=port))
    zone.server.ctl("clock", "scale", "100")
    assert until(lambda: zone.resolve("f") == ["192.0.2.2"], 10)


def test_a_health_check_on_a_virtual_clock_asks_when_time_is_advanced(zone, website):
    check = create_check(zone, website)
    create_failover(zone, check)
    website.status = 500
    zone.server.advance("2m")
    assert zone.resolve("f") == ["192.0.2.2"]
    observations = zone.client.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
    assert observations and all("Failure" in entry["StatusReport"]["Status"] for entry in observations)


def test_a_string_match_wants_its_string(zone, website):
    create_failover(zone, create_check(zone, website, Type="HTTP_STR_MATCH", SearchString="all is well"))
    zone.server.advance("2m")
    assert zone.resolve("f") == ["192.0.2.1"]
    website.body = b"something else"
    zone.server.advance("2m")
    assert zone.resolve("f") == ["192.0.2.2"]


def test_an_inverted_and_a_calculated_check_say_the_opposite_and_the_sum(zone, website):
    good = create_check(zone, website)
    bad = create_check(zone, website, Inverted=True)
    both = zone.client.create_health_check(CallerReference="both", HealthCheckConfig={
        "Type": "CALCULATED", "ChildHealthChecks": [good, bad], "HealthThreshold": 2})["HealthCheck"]["Id"]
    one = zone.client.create_health_check(CallerReference="one", HealthCheckConfig={
        "Type": "CALCULATED", "ChildHealthChecks": [good, bad], "HealthThreshold": 1})["HealthCheck"]["Id"]
    zone.change(*(("CREATE", name, "A", record([address], SetIdentifier=role, Failover=role, **more))
                  for name, check in (("both", both), ("one", one))
                  for role, address, more in (("PRIMARY", "192.0.2.1", {"HealthCheckId": check}),
                                              ("SECONDARY", "192.0.2.2", {}))))
    zone.server.advance("2m")
    assert (zone.resolve("both"), zone.resolve("one")) == (["192.0.2.2"], ["192.0.2.1"])


def test_without_a_healthy_record_all_count_as_healthy(zone, website):
    website.status = 500
    check = create_check(zone, website)
    zone.change(*(("CREATE", "w", "A", record([f"192.0.2.{n}"], SetIdentifier=str(n), Weight=1, HealthCheckId=check))
                  for n in (1, 2)))
    zone.server.advance("2m")
    assert {zone.resolve("w")[0] for _ in range(30)} == {"192.0.2.1", "192.0.2.2"}


# --- by the byte ----------------------------------------------------------------------------------------------------


def alive(server):
    return ask_udp(server, query("api.orders.example.com")) is not None


@pytest.mark.parametrize("packet", [
    b"", b"\0", query("a.b")[:11], query("a.b")[:13], query("a.b")[:-1], b"\xff" * 12, b"\xff" * 600,
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + b"\xc0\xff\0\1\0\1",
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + b"\x3f" + b"a" * 63 * 5,
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + (b"\x3f" + b"a" * 63) * 5 + b"\0\0\1\0\1",
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + b"\x80abc\0\0\1\0\1",
    query("a.b", count=65535), query("a.b", count=0), query("a.b", flags=0x8000), query("a.b", flags=0x7800),
    query("api.orders.example.com") + b"\0\0\x29\x10\0\0\0\0\0\0\x0c\0\x08\0\x08\0\1\xff\0",
    query("api.orders.example.com")[:-4] + b"\0\1\0\3", query("api.orders.example.com", 41),
    query("api.orders.example.com", 252), query("api.orders.example.com", 0),
])
def test_a_malformed_packet_hurts_nobody(server, packet):
    answer = ask_udp(server, packet, 0.2)
    assert answer is None or (len(answer) >= 12 and answer[2] & 0x80)
    with socket.create_connection(address_of(server), timeout=3) as connection:
        connection.sendall(struct.pack(">H", len(packet)) + packet)
        connection.shutdown(socket.SHUT_WR)
        try:
            assert len(read_tcp(connection)) >= 12
        except (EOFError, ConnectionResetError):
            pass
    assert alive(server)


def test_an_answer_is_never_answered(server):
    for flags in (0x8000, 0x8180, 0x8403):
        assert ask_udp(server, query("api.orders.example.com", flags=flags), 0.2) is None


def test_random_and_mutated_packets_hurt_nobody(server):
    chance = random.Random(53)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for _ in range(3000):
            packet = bytearray(query("api.orders.example.com", chance.choice([1, 2, 6, 16, 28, 255])))
            for _ in range(chance.randrange(1, 5)):
                packet[chance.randrange(len(packet))] = chance.randrange(256)
            udp.sendto(bytes(packet[:chance.randrange(1, len(packet) + 1)]), address_of(server))
    assert until(lambda: alive(server))


def test_many_queries_on_one_tcp_connection_are_all_answered(server):
    with socket.create_connection(address_of(server), timeout=10) as connection:
        packets = [query("api.orders.example.com", identity=index) for index in range(500)]
        connection.sendall(b"".join(struct.pack(">H", len(packet)) + packet for packet in packets))
        answers = [read_tcp(connection) for _ in packets]
    assert sorted(struct.unpack(">H", answer[:2])[0] for answer in answers) == list(range(500))
    assert all(rcode_of(answer) == 0 for answer in answers)


def test_a_query_in_single_bytes_is_answered_and_half_ones_block_nobody(server):
    half = [socket.create_connection(address_of(server), timeout=10) for _ in range(50)]
    try:
        for connection in half:
            connection.sendall(b"\0")
        with socket.create_connection(address_of(server), timeout=10) as connection:
            packet = query("api.orders.example.com")
            for byte in struct.pack(">H", len(packet)) + packet:
                connection.sendall(bytes([byte]))
            assert rcode_of(read_tcp(connection)) == 0
        assert alive(server)
    finally:
        for connection in half:
            connection.close()


def test_a_client_that_reads_nothing_does_not_fill_memory(server):
    before = resident_bytes(server)
    with socket.create_connection(address_of(server), timeout=0.5) as connection:
        packet = query("api.orders.example.com")
        try:
            for _ in range(2000):
                connection.sendall((struct.pack(">H", len(packet)) + packet) * 100)
        except (TimeoutError, ConnectionError):
            pass
        assert alive(server)
        assert resident_bytes(server) - before < (400 if is_sanitized(server) else 32) << 20


def test_a_crowd_of_tcp_clients_is_served_or_turned_away(server):
    def ask(_):
        try:
            with socket.create_connection(address_of(server), timeout=10) as connection:
                packet = query("api.orders.example.com")
                connection.sendall(struct.pack(">H", len(packet)) + packet)
                return rcode_of(read_tcp(connection)) == 0
        except (OSError, EOFError):
            return False

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answered = list(pool.map(ask, range(400)))
    assert answered.count(True) > 200 and alive(server)


def test_dns_answers_on_the_ipv6_loopback(server):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.sendto(query("api.orders.example.com"), ("::1", server.dns_port))
        assert rcode_of(udp.recv(512)) == 0
    with socket.create_connection(("::1", server.dns_port), timeout=5) as tcp:
        packet = query("api.orders.example.com")
        tcp.sendall(struct.pack(">H", len(packet)) + packet)
        assert rcode_of(read_tcp(tcp)) == 0


# --- health checks in trouble ---------------------------------------------------------------------------------------


@pytest.fixture
def silent():
    """A socket that accepts and never answers: its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener.getsockname()[1]


def create_silent_failover(zone, port):
    check = zone.client.create_health_check(CallerReference=uuid.uuid4().hex, HealthCheckConfig={
        "IPAddress": "127.0.0.1", "Port": port, "Type": "HTTP", "RequestInterval": 10,
        "FailureThreshold": 1})["HealthCheck"]["Id"]
    zone.change(*(("CREATE", "f", "A", record([address], SetIdentifier=role, Failover=role, TTL=60, **more))
                  for role, address, more in (("PRIMARY", "192.0.2.1", {"HealthCheckId": check}),
                                              ("SECONDARY", "192.0.2.2", {}))))


def test_an_endpoint_that_never_answers_is_unhealthy_and_holds_nobody_up(start, silent):
    server = start("--scale", "10")
    zone = Zone(server, "dns.example", is_virtual=False)
    create_silent_failover(zone, silent)
    assert until(lambda: zone.resolve("f") == ["192.0.2.2"], 20)
    server.ctl("reset")
    create_again = server.client("route53").list_health_checks()["HealthChecks"]
    assert all(check["HealthCheckConfig"]["Type"] == "RECOVERY_CONTROL" for check in create_again)


def test_a_reset_and_the_end_do_not_wait_for_an_endpoint_that_never_answers(start, silent):
    server = start()
    client = server.client("route53")
    for _ in range(2):
        client.create_health_check(CallerReference=uuid.uuid4().hex, HealthCheckConfig={
            "IPAddress": "127.0.0.1", "Port": silent, "Type": "HTTP", "RequestInterval": 10, "FailureThreshold": 1})
        server.ctl("clock", "scale", "50")
        assert until(lambda: server.ctl("clock", "show")["pending_events"] > 0, 2)
        server.ctl("reset")
    client.create_health_check(CallerReference="last", HealthCheckConfig={
        "IPAddress": "127.0.0.1", "Port": silent, "Type": "TCP", "RequestInterval": 10, "FailureThreshold": 1})
    server.ctl("clock", "scale", "50")
    server.process.terminate()
    assert server.process.wait(5) == 0
