#!/usr/bin/env bash
# From exec to "Ready." <= 20 ms, idle resident memory <= 20 MB, stripped binary <= 5 MB, with the
# two-Region world. The time is the best of ten (of forty on a busy machine): what the program needs, not
# what the machine's neighbours leave of it.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/stripped" "$binary"
bytes=$(stat -c %s "$work/stripped")
echo "stripped binary: $bytes bytes"
[ "$bytes" -le 5000000 ]
python3 - "$binary" "$work" <<'PYTHON'
import os, re, signal, subprocess, sys, time
binary, work = sys.argv[1:]
times, resident = [], []
while len(times) < 10 or (min(times) > 20 and len(times) < 40):
    began = time.perf_counter()
    server = subprocess.Popen([binary, "up", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=work)
    for line in server.stdout:
        if line.strip() == "Ready.":
            times.append((time.perf_counter() - began) * 1000)
            break
    time.sleep(0.3)
    status = open(f"/proc/{server.pid}/status").read()
    resident.append(int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024)
    server.send_signal(signal.SIGTERM)
    server.stdout.read()
    if server.wait(timeout=5) != 0:
        sys.exit(f"SIGTERM ended it with {server.returncode}")
print(f"exec to Ready.: best {min(times):.1f} ms, median {sorted(times)[len(times) // 2]:.1f} ms; idle {max(resident):.1f} MB resident")
sys.exit(0 if min(times) <= 20 and max(resident) <= 20 else 1)
PYTHON
