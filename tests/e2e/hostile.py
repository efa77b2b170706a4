"""Bytes that no client library would send: requests built by hand, and sockets that misbehave."""

import json
import pathlib
import re
import socket
import time

DYNAMODB, ROUTE53 = "dynamodb", "route53"
RECOVERY_CONFIG = "route53-recovery-control-config"
XML_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"


def authorization(service=DYNAMODB, region="us-east-1"):
    return (f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, "
            "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0123456789abcdef")


def request(body=b"", method="POST", path="/", **headers):
    """The bytes of one request. Headers by keyword (x_amz_date); None leaves one out."""
    body = body.encode() if isinstance(body, str) else body
    all_headers = {"host": "127.0.0.1", "content_length": len(body), "connection": "close",
                   "x_amz_date": "20260101T000000Z", "authorization": authorization(), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n"
                    for name, value in all_headers.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def dynamodb(body, operation="ListTables", **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return request(body, **{"x_amz_target": f"DynamoDB_20120810.{operation}",
                            "content_type": "application/x-amz-json-1.0", **headers})


def route53(body="", path="/hostedzone", method="POST", **headers):
    return request(body, method, "/2013-04-01" + path,
                   **{"authorization": authorization(ROUTE53), "content_type": "text/xml", **headers})


class Reply:
    """What came back: status 0 when nothing did."""

    def __init__(self, data, is_closed):
        self.data, self.is_closed = data, is_closed
        head, _, self.body = data.partition(b"\r\n\r\n")
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
        self.status = int(found.group(1)) if found else 0

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json().get("__type", "").rpartition("#")[2]

    @property
    def message(self):
        answer = self.json()
        return answer.get("message", answer.get("Message"))

    def xml(self, element):
        found = re.search(f"<{element}>(.*?)</{element}>".encode(), self.body, re.DOTALL)
        return found.group(1).decode() if found else None


def port_of(server):
    return int(server.endpoint.rsplit(":", 1)[1])


def open_connection(server, timeout=10.0):
    return socket.create_connection(("127.0.0.1", port_of(server)), timeout=timeout)


def send(server, data, timeout=10.0, end=False):
    """Sends bytes on a connection of their own; end says that no more will come."""
    with open_connection(server, timeout) as connection:
        try:
            connection.sendall(data)
            if end:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server may have heard enough
        return receive(connection)


def receive(connection):
    received, is_closed = b"", True
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    except TimeoutError:
        is_closed = False
    return Reply(received, is_closed)


def resident_bytes(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def is_sanitized(server):
    return "libasan" in pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()


def open_files(server):
    return len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))


def until(holds, seconds=5.0):
    """Looks again and again; True as soon as it holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False
