#!/usr/bin/env bash
# A run is a pure function of (topology, drill, seed): plays each drill in several processes (different
# working folders, address layouts and builds) and compares every byte.
# usage: tests/same_bytes.sh BINARY [BINARY...]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
drills=$(find examples -name '*.yaml' -path '*/*' -exec grep -l '^drill:' {} + | sort)
[ -n "$drills" ] || { echo "no drills found"; exit 1; }
count=0
for drill in $drills; do
    first=
    for binary in "$@" "$@"; do
        count=$((count + 1))
        mkdir -p "$work/$count/elsewhere"
        # shellcheck disable=SC2016
        (cd "$work/$count/elsewhere" && PADDING=$(head -c $((count * 700)) /dev/zero | tr '\0' x) \
            "$root/$binary" drill "$root/$drill" --seed 42 --json --trace "$work/$count/trace" >"$work/$count/json") || true
        [ -s "$work/$count/trace" ] || { echo "$drill: $binary wrote no trace"; exit 1; }
        if [ -z "$first" ]; then
            first=$count
        else
            cmp "$work/$first/json" "$work/$count/json"
            cmp "$work/$first/trace" "$work/$count/trace"
        fi
    done
    count=$((count + 1))
    mkdir -p "$work/$count"
    "$root/$1" drill "$root/$drill" --seed 43 --trace "$work/$count/trace" >/dev/null || true
    if cmp -s "$work/$first/trace" "$work/$count/trace"; then
        echo "$drill: another seed gave the same trace"
        exit 1
    fi
    echo "$drill: same bytes in $(($# * 2)) runs, other bytes with another seed"
done
