"""House rules that a script can see; each finding names the better way.

- An include points down only: a lower layer never includes a higher one, a service never another's header.
- Time and randomness are read in sim/core/clock.c and sim/core/random.c alone.
- No unbounded or locale-bound call; no SQL outside the modules that own a table.
- Top-level folders are the known ones; files stay readable.
"""

import pathlib
import re
import subprocess
import sys

# A folder may include headers of the folders that stand in its row.
LAYERS = {
    "sim/core": [],
    "emulators/wire": ["sim/core"],
    "emulators/dynamodb": ["sim/core", "emulators/wire"],
    "emulators/route53": ["sim/core", "emulators/wire"],
    "emulators/arc": ["sim/core", "emulators/wire"],
    "emulators/fis": ["sim/core", "emulators/wire"],
    "emulators/autoscaling": ["sim/core", "emulators/wire"],
    "topology": ["sim/core", "emulators/wire", "emulators/dynamodb", "emulators/route53", "emulators/arc",
                 "emulators/fis", "emulators/autoscaling"],
}
LAYERS["examples/orders"] = LAYERS["topology"] + ["topology"]
LAYERS["sim/drill"] = LAYERS["topology"] + ["topology"]
LAYERS["sim/console"] = LAYERS["topology"] + ["topology"]
LAYERS["sim/cli"] = LAYERS["topology"] + ["topology", "examples/orders", "sim/drill", "sim/console"]

TOP_LEVEL = {"sim", "emulators", "topology", "examples", "tests", "docs", ".ci"}
ROOT_FILES = {"CMakeLists.txt", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore", ".clang-format"}
LONG_FILE_LINES = 800

FORBIDDEN = [
    (r"\b(time|gettimeofday|clock_gettime|localtime|gmtime)\s*\(", "ask sim/core/clock.h", {"sim/core/clock.c"}),
    (r"\b(random|rand|rand_r|drand48|getrandom|arc4random|uuid_generate(_random|_time)?)\s*\(",
     "draw from sim/core/random.h", {"sim/core/random.c"}),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|system|popen|atoi|atol|strtok)\s*\(",
     "use the bounded or checked sister", set()),
    (r"\b(TODO|FIXME|XXX|HACK)\b", "finish it or write it down in docs/", set()),
]


def sources():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [pathlib.Path(name) for name in names if pathlib.Path(name).is_file()]


def layer_of(path):
    return next((layer for layer in LAYERS if str(path).startswith(layer + "/")), None)


def check_printed_json(path, text):
    """What cJSON_Print gave comes from cJSON's own memory."""
    if path.suffix != ".c" or layer_of(path) is None:
        return
    for made in re.finditer(r"(\w+) =\s[^;]*?cJSON_Print\w*\(", text):
        rest = text[made.end():].split("\n}\n", 1)[0]  # of the function
        freed = re.search(rf"\bfree\({made[1]}\)|sim_arena_defer\([^,]*, free, {made[1]}\)", rest)
        if freed:
            number = text.count("\n", 0, made.end() + freed.start()) + 1
            yield number, f"{made[1]} was printed by cJSON: give it back by cJSON_free()"


def check_includes(path, text):
    layer = layer_of(path)
    if layer is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        target = layer_of(match.group(1))
        if target is None:
            yield number, f'include "{match.group(1)}" does not give a path from the root'
        elif target != layer and target not in LAYERS[layer]:
            yield number, f"{layer} may not include {target} (it stands beside or above); go through dispatch"


def without_comments_and_texts(text):
    keep_lines = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"', keep_lines, text, flags=re.S)


def check_calls(path, text):
    code = without_comments_and_texts(text)
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, better, allowed in FORBIDDEN:
            if str(path) not in allowed and re.search(pattern, line):
                yield number, f"{line.strip()}: {better}"


def main():
    findings = []
    for path in sources():
        if len(path.parts) > 1 and path.parts[0] not in TOP_LEVEL:
            findings.append(f"{path}: {path.parts[0]}/ is not a top-level folder of the project")
        if len(path.parts) == 1 and path.name not in ROOT_FILES:
            findings.append(f"{path}: does not belong in the root")
        if path.suffix not in (".c", ".h") or path.parts[0] == "tests":
            continue
        text = path.read_text()
        for number, finding in [*check_includes(path, text), *check_calls(path, text),
                                *check_printed_json(path, text)]:
            findings.append(f"{path}:{number}: {finding}")
        lines = text.count("\n")
        if lines > LONG_FILE_LINES:
            findings.append(f"{path}: {lines} lines; more than one idea in there?")
    print("\n".join(findings) or "the layout holds")
    sys.exit(1 if findings else 0)


main()
