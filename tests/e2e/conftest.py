"""Starts real regionlab processes for end-to-end tests; each on free ports, each ended with its test."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import boto3
import botocore.config
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGIONLAB = os.environ.get("REGIONLAB", str(ROOT / "build/release/regionlab"))
EAST, WEST, OBSERVER = "us-east-1", "us-west-2", "us-east-2"


class Server:
    """One regionlab process and the clients that talk to it."""

    def __init__(self, directory, *arguments):
        self.ready_file = directory / "ready"
        self.log = open(directory / "up.log", "w+")
        self.process = subprocess.Popen(
            [REGIONLAB, "up", "--port", "0", "--ready-file", str(self.ready_file), "--seed", "7", *arguments],
            stdout=self.log, stderr=subprocess.STDOUT, cwd=directory)
        self.facts = self._wait_ready()
        self.endpoint = self.facts["endpoint"]
        self.dns_port = int(self.facts["dns_port"])

    def _wait_ready(self):
        for _ in range(400):
            if self.ready_file.exists():
                lines = self.ready_file.read_text().splitlines()
                return dict(line.split("=", 1) for line in lines)
            if self.process.poll() is not None:
                break
            time.sleep(0.025)
        self.log.seek(0)
        raise AssertionError(f"regionlab did not become ready: {self.log.read()}")

    def client(self, service, region=EAST, endpoint=None, **config):
        return boto3.client(
            service, region_name=region, endpoint_url=endpoint or self.endpoint, aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=10, connect_timeout=5, **config))

    def environment(self, region=EAST):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return {**clean, "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": region, "AWS_PAGER": "",
                "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}

    def aws(self, *arguments, region=EAST, fails=False):
        """The AWS CLI; its answer as JSON, or its error text when it is to fail."""
        program = pathlib.Path(sys.executable).parent / "aws"
        result = subprocess.run([str(program), *arguments, "--output", "json"], env=self.environment(region),
                                capture_output=True, text=True, timeout=60)
        if fails:
            assert result.returncode != 0, result.stdout
            return result.stderr
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout) if result.stdout.strip() else {}

    def ctl(self, *arguments, fails=False):
        """regionlab ctl; its JSON, or its error line when it is to fail."""
        result = subprocess.run([REGIONLAB, "ctl", "--endpoint", self.endpoint, "--json", *arguments],
                                capture_output=True, text=True, timeout=60)
        if fails:
            assert result.returncode == 1, (result.returncode, result.stdout, result.stderr)
            return result.stderr
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def advance(self, duration):
        return self.ctl("clock", "advance", duration)

    def dig(self, *arguments):
        result = subprocess.run(["dig", "+time=2", "+tries=1", "-p", str(self.dns_port), "@127.0.0.1", *arguments],
                                capture_output=True, text=True, timeout=20)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def resolve(self, name, *arguments):
        return self.dig("+short", name, "A", *arguments).split()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.log.closed:
            return  # a test has ended it already
        self.log.seek(0)
        output = self.log.read()
        self.log.close()
        # Sanitizers speak on stderr and change the exit code: a leak or an overrun fails the test.
        assert self.process.returncode == 0, f"regionlab ended with {self.process.returncode}: {output}"


@pytest.fixture
def start(tmp_path):
    """start(*arguments) gives a running server; all of them end cleanly with the test."""
    servers = []

    def start_one(*arguments):
        directory = tmp_path / str(len(servers))
        directory.mkdir()
        servers.append(Server(directory, *arguments))
        return servers[-1]

    yield start_one
    with contextlib.ExitStack() as stack:  # all of them end, also when one ends badly
        for server in servers:
            stack.callback(server.stop)


def shared(*arguments):
    """A fixture for a module: one server for all its tests, ended cleanly with the last of them."""

    @pytest.fixture(scope="module")
    def server(tmp_path_factory):
        running = Server(tmp_path_factory.mktemp("shared"), *arguments)
        yield running
        running.stop()

    return server


@pytest.fixture
def virtual(start):
    """A server whose clock moves only when the test says so."""
    return start("--clock", "virtual")


@pytest.fixture
def two_regions(start):
    """The world of most lessons: the table orders in us-east-1 and us-west-2, 800 ms apart (docs/lessons)."""
    from lessons.stage import Stage
    return Stage(start, "two-regions")


@pytest.fixture
def three_regions(start):
    """The world of the lessons about strong consistency: three Regions without a table."""
    from lessons.stage import Stage
    return Stage(start, "three-regions")


@pytest.fixture
def regionlab():
    """regionlab(*arguments) runs a command to its end."""

    def run(*arguments, cwd=ROOT, **options):
        return subprocess.run([REGIONLAB, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=cwd,
                              **options)

    return run


@pytest.fixture
def raw():
    """raw(server, bytes) sends bytes to the common port and returns what comes back until it closes or waits."""

    def exchange(server, data, timeout=2.0):
        port = int(server.endpoint.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
            connection.sendall(data)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return received

    return exchange


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    config.addinivalue_line("markers", "timing: says something about speed, so not under sanitizers")
