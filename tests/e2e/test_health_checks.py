"""Route 53 health checks of real endpoints on a virtual clock: what they say, and how long a silent one may hold it."""

import gzip
import http.server
import ssl
import socket
import subprocess
import threading
import time
import uuid

import pytest
from conftest import shared

server = shared("--clock", "virtual")


class Listener:
    """A socket that answers each connection as it is told to: None is silence."""

    def __init__(self, answer=None):
        self.answer = answer
        self.requests = []
        self.held = []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.held.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        try:
            data = connection.recv(4096)
            if data:
                self.requests.append(data.decode(errors="replace"))
            if self.answer is None:
                return
            for part in self.answer if isinstance(self.answer, list) else [self.answer]:
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    time.sleep(part)
            if isinstance(self.answer, bytes):
                connection.close()
        except OSError:
            pass

    def close(self):
        self.socket.close()
        for connection in self.held:
            connection.close()


@pytest.fixture
def listen():
    made = []

    def make(answer=None):
        made.append(Listener(answer))
        return made[-1]

    yield make
    for listener in made:
        listener.close()


def response(status="200 OK", body=b"fine", headers=b""):
    return (f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + headers + b"\r\n" + body)


@pytest.fixture
def create(server):
    """create(port, **config) makes a health check; its id."""
    route53 = server.client("route53")
    made = []

    def make(port, **config):
        config = {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": port, "RequestInterval": 10, **config}
        if config["IPAddress"] is None:
            del config["IPAddress"]
        made.append(route53.create_health_check(CallerReference=uuid.uuid4().hex,
                                                HealthCheckConfig=config)["HealthCheck"]["Id"])
        return made[-1]

    yield make
    for check in made:
        route53.delete_health_check(HealthCheckId=check)


def statuses(server, check):
    observations = server.client("route53").get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
    assert len(observations) == 16
    return {observation["StatusReport"]["Status"] for observation in observations}


TIMEOUT = "Failure: The health checker could not establish a connection within the timeout limit."


def test_sixteen_probes_of_a_silent_endpoint_do_not_wait_one_after_another(server, listen, create):
    silent = listen(None)
    check = create(silent.port)
    began = time.monotonic()
    server.advance("13s")
    assert time.monotonic() - began < 12  # sixteen time-outs of 6 s were 96 s
    assert statuses(server, check) == {TIMEOUT}
    assert len(silent.requests) >= 16


def test_a_real_time_out_takes_the_simulated_time_out(server, listen, create):
    """With an interval of 10 s and a time-out of 2 s a checker asks each 12 s, whatever the machine took."""
    silent, answering = listen(None), listen(response())
    create(silent.port)
    create(answering.port)
    server.advance("120s")
    assert 9 * 16 <= len(silent.requests) <= 10.5 * 16
    assert 11.5 * 16 <= len(answering.requests) <= 12 * 16


def test_an_endpoint_that_answers_again_is_heard_at_once(server, listen, create):
    site = listen(None)
    check = create(site.port)
    server.advance("50s")
    assert statuses(server, check) == {TIMEOUT}
    site.answer = response()
    server.advance("15s")
    assert statuses(server, check) == {"Success: HTTP Status Code 200, OK"}
    failures = server.client("route53").get_health_check_last_failure_reason(HealthCheckId=check)
    assert {one["StatusReport"]["Status"] for one in failures["HealthCheckObservations"]} == {TIMEOUT}


@pytest.mark.parametrize("answer, config, status", [
    (response(), {}, "Success: HTTP Status Code 200, OK"),
    (response("301 Moved Permanently", headers=b"Location: http://127.0.0.1:1/\r\n"), {},
     "Success: HTTP Status Code 301, Moved Permanently"),
    (response("503 Service Unavailable"), {}, "Failure: HTTP Status Code 503, Service Unavailable"),
    (response("404 Not Found"), {"IPAddress": None, "FullyQualifiedDomainName": "localhost"},
     "Failure: HTTP Status Code: 404. Resolved IP: 127.0.0.1. Not Found"),
    (b"this is not HTTP\r\n\r\n", {}, "Failure: The endpoint did not answer with valid HTTP"),
    # the status is all that an HTTP check waits for; a search waits for the body
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], {}, "Success: HTTP Status Code 200, OK"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], {"Type": "HTTP_STR_MATCH", "SearchString": "x"}, TIMEOUT),
    (response(body=b"all is fine"), {"Type": "HTTP_STR_MATCH", "SearchString": "fine"},
     "Success: HTTP Status Code 200, OK"),
    (response(body=b"." * 5116 + b"fine"), {"Type": "HTTP_STR_MATCH", "SearchString": "fine"},
     "Success: HTTP Status Code 200, OK"),
    (response(body=b"." * 5117 + b"fine"), {"Type": "HTTP_STR_MATCH", "SearchString": "fine"},
     "Failure: The search string was not found in the response body"),
    (response(body=gzip.compress(b"." * 5000 + b"fine"), headers=b"Content-Encoding: gzip\r\n"),
     {"Type": "HTTP_STR_MATCH", "SearchString": "fine"}, "Success: HTTP Status Code 200, OK"),
    (None, {"Type": "TCP"}, "Success: Connection established"),
])
def test_what_an_endpoint_does_is_told_in_the_services_words(server, listen, create, answer, config, status):
    check = create(listen(answer).port, **config)
    server.advance("15s")
    assert statuses(server, check) == {status}


def test_a_redirect_is_not_followed_and_the_request_says_who_asks(server, listen, create):
    target = listen(response())
    site = listen(response("302 Found", headers=f"Location: http://127.0.0.1:{target.port}/\r\n".encode()))
    check = create(site.port, ResourcePath="/health?deep=1", FullyQualifiedDomainName="shop.example.com")
    server.advance("11s")
    assert target.requests == []
    lines = site.requests[0].split("\r\n")
    assert lines[0] == "GET /health?deep=1 HTTP/1.1"
    assert f"Host: shop.example.com:{site.port}" in lines
    assert f"User-Agent: Amazon-Route53-Health-Check-Service (ref {check}; report http://amzn.to/1vsZADi)" in lines


@pytest.fixture
def tls(tmp_path):
    """A TLS server with a self-signed certificate that notes the server names of its handshakes."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key",
                    "-out", tmp_path / "cert", "-days", "1", "-subj", "/CN=other.example.com"], check=True,
                   capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site.server_address[1], names
    site.shutdown()
    site.server_close()


@pytest.mark.parametrize("sni, names", [(True, {"shop.example.com"}), (False, {None})])
def test_https_says_the_name_in_the_handshake_if_it_is_to(server, tls, create, sni, names):
    port, seen = tls
    check = create(port, Type="HTTPS", FullyQualifiedDomainName="shop.example.com", EnableSNI=sni)
    server.advance("12s")
    assert statuses(server, check) == {"Success: HTTP Status Code 200, OK"}
    assert set(seen) == names


def test_https_with_an_endpoint_that_speaks_no_tls_fails(server, listen, create):
    check = create(listen(b"what?").port, Type="HTTPS")
    server.advance("12s")
    assert statuses(server, check) == {"Failure: SSL alert handshake_failure"}


def test_checker_ranges_hold_the_checkers_and_lists_page(server, listen, create):
    import ipaddress
    route53 = server.client("route53")
    check = create(listen(response()).port)
    server.advance("11s")
    ranges = [ipaddress.ip_network(text) for text in route53.get_checker_ip_ranges()["CheckerIpRanges"]]
    for observation in route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]:
        assert any(ipaddress.ip_address(observation["IPAddress"]) in one for one in ranges)
    made = {create(1) for _ in range(5)} | {check}
    pages = list(route53.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 2}))
    listed = [one["Id"] for page in pages for one in page["HealthChecks"]]
    assert made <= set(listed) and len(listed) == len(set(listed)) == route53.get_health_check_count()["HealthCheckCount"]
    assert [len(page["HealthChecks"]) for page in pages[:-1]] == [2] * (len(pages) - 1)
