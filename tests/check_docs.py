"""What the documentation says exists: links, commands, options, control routes, keys of files; its YAML is played.

usage: python3 tests/check_docs.py BINARY
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLAYED_SECONDS = 30


def anchor_of(heading):
    """The anchor that hosts of Markdown make of a heading."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def without_blocks(text):
    return re.sub(r"(?m)^(```.*?^```|( {4}|\t).*?)$", "", re.sub(r"(?ms)^```.*?^```", "", text))


def anchors_of(path):
    return {anchor_of(heading) for heading in re.findall(r"(?m)^#+ (.*)$", without_blocks(path.read_text()))}


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists():
            yield f"the link {target} leads nowhere"
        elif anchor and path.suffix == ".md" and anchor not in anchors_of(path):
            yield f"{target}: that page has no such heading"


def check_paths(text):
    """Paths of this tree that stand in backquotes or in commands."""
    for path in re.findall(r"(?:^|[\s`(])((?:sim|emulators|topology|examples|tests|docs)/[\w./*-]+)", text):
        path = path.rstrip(".,:")
        if "*" in path and list(ROOT.glob(path)):
            continue
        if not (ROOT / path).exists():
            yield f"{path} does not exist"


class Program:
    def __init__(self, binary):
        self.binary = binary
        self.helps = {}

    def run(self, *arguments, **options):
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, timeout=PLAYED_SECONDS, **options)

    def help_of(self, command):
        if command not in self.helps:
            result = self.run(command, "--help")
            self.helps[command] = result.stdout if result.returncode == 0 else None
        return self.helps[command]


def check_commands(program, text):
    for line in re.findall(r"\bregionlab ((?:up|drill|ctl|env|schema|coverage|version)(?![\w:])[^`\n\")]*)", text):
        line = re.sub(r"\s#.*", "", line)
        command, *words = line.split()
        help_text = program.help_of(command)
        if help_text is None:
            yield f"regionlab {command}: there is no such command"
            continue
        for option in re.findall(r"(?<!\w)--[a-z-]+", line):
            if option not in help_text and option != "--help":
                yield f"regionlab {line}: --help does not know {option}"
        if command == "ctl":
            yield from check_ctl(help_text, line, [word for word in words if not word.startswith("-")])


def check_options(program, text):
    """Options in backquotes, with or without the command: some --help knows them."""
    helps = "".join(program.help_of(command) or "" for command in ("up", "drill", "ctl", "env"))
    for span in re.findall(r"`((?:(?:regionlab )?(?:up|drill|ctl|env)[^`]*)?--[^`]*)`", text):
        for option in re.findall(r"(?<!\w)--[a-z-]+", span):
            if option not in helps:
                yield f"`{span}`: no --help knows {option}"


def check_ctl(help_text, line, words):
    known = {tuple(match) for match in re.findall(r"(?m)^  (\w+)(?: ([a-z][\w-]*))?", help_text)}
    known |= {("region", "up"), ("link", "heal")}
    if words and words[0].isalpha() and words[0].islower() and not any(
            known_words[0] == words[0] and (len(words) < 2 or known_words[1] in ("", words[1]))
            for known_words in known):
        yield f"regionlab {line}: ctl --help knows no such subcommand"


def check_routes(control_page):
    """Every route of the control API with all its keys, and no other."""
    source = (ROOT / "sim/console/control.c").read_text()
    table = source[source.index("routes[] = {"):source.index("};", source.index("routes[] = {"))]
    routes = {}
    for method, path, keys in re.findall(r'\{"(\w+)",\s*"([^"]+)",\s*\w+,\s*\{([^}]*)\}', table):
        routes[f"{method} /_regionlab{path}"] = set(re.findall(r'"([^"]+)"', keys))
    told = {}
    for route, keys in re.findall(r"(?m)^\| `((?:GET|POST|DELETE) /_regionlab[^`]*)` \|([^|]*)\|", control_page):
        told[route] = set(re.findall(r"`([^`]+)`", keys))
    for route in sorted(routes.keys() | told.keys()):
        if routes.get(route) != told.get(route):
            yield f"{route}: the page says {told.get(route)}, sim/console/control.c {routes.get(route)}"


def check_keys(guide):
    """Every key of world and drill files stands in the guide, in backquotes."""
    for source in ("sim/drill/drill_file.c", "topology/world_keys.c"):
        text = (ROOT / source).read_text()
        for section, keys in re.findall(r"struct topo_key (\w+)\[\] = \{(.*?)\};", text, re.S):
            for key in re.findall(r'\{"(\w+)", *\w+\}', keys):
                if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", guide):
                    yield f"the key {key} ({section} in {source}) is not explained"


def play_block(program, block, folder):
    """A drill has to pass; a world has to come up."""
    (folder / "block.yaml").write_text(block)
    if not block.startswith("world:"):
        result = program.run("drill", str(folder / "block.yaml"))
        if result.returncode != 0:
            yield f"this drill does not pass: {(result.stdout + result.stderr).strip()[-400:]}"
        return
    log = open(folder / "log", "w+")
    server = subprocess.Popen([program.binary, "up", "--port", "0", "--world", str(folder / "block.yaml"),
                               "--ready-file", str(folder / "ready")], stdout=log, stderr=log)
    for _ in range(20 * PLAYED_SECONDS):
        if (folder / "ready").exists() or server.poll() is not None:
            break
        time.sleep(0.05)
    came_up = (folder / "ready").exists()
    server.terminate()
    if server.wait(timeout=PLAYED_SECONDS) != 0 or not came_up:
        log.seek(0)
        yield f"this world does not come up: {log.read().strip()[-400:]}"
    log.close()


def findings_of(page, program):
    text = page.read_text()
    yield from check_links(page, text)
    yield from check_paths(text)
    yield from check_commands(program, text)
    if page.name in ("guide.md", "control.md", "differences.md"):
        yield from check_options(program, text)
    if page.name == "control.md":
        yield from check_routes(text)
    if page.name == "guide.md":
        yield from check_keys(text)
    for block in re.findall(r"(?ms)^```yaml\n(.*?)^```", text):
        with tempfile.TemporaryDirectory() as folder:
            yield from play_block(program, block, pathlib.Path(folder))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = Program(str(pathlib.Path(sys.argv[1]).resolve()))
    count = 0
    for page in PAGES:
        if not page.exists():
            print(f"{page.relative_to(ROOT)} is missing")
            count += 1
            continue
        for finding in findings_of(page, program):
            print(f"{page.relative_to(ROOT)}: {finding}")
            count += 1
    print(f"{len(PAGES)} pages, {count} findings")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
