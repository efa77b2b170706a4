#!/usr/bin/env bash
# The published drill on arm64 (under qemu-user) gives the same report and trace as here.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash tests/arm64.sh
drill=examples/orders/failover.yaml
"$1" drill "$drill" --seed 42 --json --trace "$work/here" >"$work/here.json"
bash tests/arm64.sh drill "$drill" --seed 42 --json --trace "$work/there" >"$work/there.json"
cmp "$work/here" "$work/there"
cmp "$work/here.json" "$work/there.json"
echo "arm64: the same $(wc -l <"$work/here") trace lines and the same report"
