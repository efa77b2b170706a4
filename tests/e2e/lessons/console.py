"""Plays the console blocks of a lesson against a world of its own, and tells what they print.

A block is what a reader would see in a terminal: lines that begin with "$ " are commands, the lines behind them their
output. The first command of a page starts the world. Understood are `regionlab up ... &`, `regionlab ctl`, `aws`,
NAME=$(command), $NAME, `for NAME in $(seq N); do ...; done`, a `&` behind a command and `wait`.

usage: python3 tests/e2e/lessons/console.py PAGE...    writes the real outputs into the pages
"""

import concurrent.futures
import contextlib
import io
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import awscli.clidriver

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from conftest import REGIONLAB, Server  # noqa: E402

BLOCK = re.compile(r"(?ms)^```console\n(.*?)^```")


def goes_on(lines):
    """Whether the shell would ask for one more line."""
    return lines[-1].endswith("\\") or "".join(lines).count("'") % 2 == 1


def commands_of(block):
    """[(command as it is written, the output that follows it)], both as lists of lines."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line], []))
        elif found and not found[-1][1] and goes_on(found[-1][0]):
            found[-1][0].append(line)
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"a block begins with a command, not with: {line}")
    return found


@contextlib.contextmanager
def changed_environment(wanted):
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


class Terminal:
    """One page's terminal. `close` ends the world that the page has started."""

    models = {}  # the AWS CLI's descriptions of services, read once for all pages

    def __init__(self, folder):
        self.folder = folder
        self.server = None
        self.variables = {}
        self.background = []
        self.pool = concurrent.futures.ThreadPoolExecutor()

    def close(self):
        self.pool.shutdown()
        if self.server is not None:
            self.server.stop()

    def run(self, lines):
        """What the command prints, as lines; lines as they are written, with the prompt."""
        text = " ".join(line.removesuffix("\\").strip() for line in lines).removeprefix("$ ").strip()
        loop = re.fullmatch(r"for (\w+) in \$\(seq (\d+)\); do (.*); done", text)
        if loop is None:
            return self.one(text).splitlines()
        output = ""
        for number in range(1, int(loop[2]) + 1):
            self.variables[loop[1]] = str(number)
            output += self.one(loop[3])
        return output.splitlines()

    def one(self, text):
        assignment = re.fullmatch(r"(\w+)=\$\((.*)\)", text)
        if assignment is not None:
            self.variables[assignment[1]] = self.one(assignment[2]).strip()
            return ""
        if text == "wait":
            output = "".join(future.result() for future in self.background)
            self.background.clear()
            return output
        text = re.sub(r"'[^']*'|\$(\w+)", lambda match: self.variables[match[1]] if match[1] else match[0], text)
        words = shlex.split(text, comments=True)
        if words[:2] == ["regionlab", "up"]:
            assert words.pop() == "&", "a world is started in the background"
            self.server = Server(self.folder, *(word.replace("docs/", f"{ROOT}/docs/") for word in words[2:]))
            return ""
        if words[-1] == "&":
            self.begin(words[:-1])
            return ""
        return self.aws(words[1:]) if words[0] == "aws" else self.program(words)

    def begin(self, words):
        """Leaves it running in the background, its request under way."""
        before = self.server.ctl("clock", "show")["pending_events"]
        self.background.append(self.pool.submit(self.program, words))
        deadline = time.monotonic() + 30
        while self.server.ctl("clock", "show")["pending_events"] == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def program(self, words):
        path = {"regionlab": REGIONLAB, "aws": str(pathlib.Path(sys.executable).parent / "aws")}[words[0]]
        result = subprocess.run([path, *words[1:]], env=self.server.environment(), capture_output=True, text=True,
                                timeout=60)
        return self.shown(result.stdout + result.stderr)

    def aws(self, arguments):
        """The AWS CLI inside this process: its start would take longer than all that it does."""
        output = io.StringIO()
        environment = {**self.server.environment(), "AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}  # set by its import
        with changed_environment(environment), contextlib.redirect_stdout(output), \
                contextlib.redirect_stderr(output):
            driver = awscli.clidriver.create_clidriver()
            models = self.models.setdefault("loader", driver.session.get_component("data_loader"))
            driver.session.register_component("data_loader", models)
            driver.main(arguments)
        return self.shown(output.getvalue())

    def shown(self, output):
        """Without the empty line that the AWS CLI of version 1 begins with, and with the usual port."""
        return output.lstrip("\n").replace(self.server.endpoint, "http://127.0.0.1:4566")


def play(text, folder):
    """The page's text with the outputs that its commands really have."""
    terminal = Terminal(folder)

    def played(match):
        lines = []
        for command, _ in commands_of(match[1]):
            lines += [*command, *terminal.run(command)]
        return "```console\n" + "".join(line + "\n" for line in lines) + "```"

    try:
        return BLOCK.sub(played, text)
    finally:
        terminal.close()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for page in map(pathlib.Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(play(page.read_text(), pathlib.Path(folder)))
        print(page)


if __name__ == "__main__":
    main()
