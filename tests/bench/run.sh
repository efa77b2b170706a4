#!/bin/sh
# How far is regionlab from its floor? Builds Release, runs the floor program (floor_http.c) and
# `regionlab up` in turns, PutItem and GetItem over HTTP, and prints medians and ratios; then how much
# faster than real time the failover drill runs. Rates drift with the neighbours; CPU time a request and
# the ratios hold.
#
#   tests/bench/run.sh [--quick] [--build DIR]
set -eu
cd "$(dirname "$0")/../.."

build=build/bench rounds=5 requests=50000 connections=16 keys=10000
while [ $# -gt 0 ]; do
    case $1 in
    --quick) rounds=3 requests=10000 keys=2000 ;;
    --build) build=${2:?--build needs a folder}; shift ;;
    *) echo "usage: tests/bench/run.sh [--quick] [--build DIR]" >&2; exit 2 ;;
    esac
    shift
done

[ -f "$build/build.ninja" ] || cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >/dev/null
ninja -j2 -C "$build" bench_floor_http bench_load regionlab >"$build/bench-build.log" 2>&1 || {
    tail -n 20 "$build/bench-build.log" >&2
    exit 1
}

work=$(mktemp -d)
floor_pid='' lab_pid=''
finish() {
    for pid in $floor_pid $lab_pid; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || :
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# wait_for FILE PID: until a server has written where it listens, at most 10 s
wait_for() {
    tries=0
    until grep -q '^endpoint=' "$1" 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 "$2" 2>/dev/null; then
            echo "a server did not start; it said:" >&2
            cat "$work"/*.log >&2
            exit 1
        fi
        sleep 0.05
    done
    sed -n 's/^endpoint=//p' "$1"
}
median() { sort -n "$1" | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

"$build/bench_floor_http" "$work/floor.ready" >"$work/floor.log" 2>&1 &
floor_pid=$!
"$build/regionlab" up --port 0 --dns-port 0 --ready-file "$work/lab.ready" >"$work/lab.log" 2>&1 &
lab_pid=$!
floor=$(wait_for "$work/floor.ready" "$floor_pid")
lab=$(wait_for "$work/lab.ready" "$lab_pid")

load() { "$build/bench_load" "$@"; }
load "$lab" call CreateTable '{"TableName":"bench","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}' >/dev/null
tries=0
until load "$lab" call DescribeTable '{"TableName":"bench"}' | grep -q '"TableStatus":"ACTIVE"'; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { echo "the table did not become ACTIVE within a minute" >&2; exit 1; }
    sleep 0.1
done

# measure NAME ENDPOINT PID put|get: a line each into NAME.OP.rate and NAME.OP.cpu
measure() {
    figures=$(load "$2" "$3" "$4" "$requests" "$connections" "$keys")
    echo "${figures%% *}" >>"$work/$1.$4.rate"
    echo "$figures" | cut -d' ' -f2 >>"$work/$1.$4.cpu"
}
load "$floor" "$floor_pid" put $((keys * 3)) "$connections" "$keys" >/dev/null # so that reads find items
load "$lab" "$lab_pid" put $((keys * 3)) "$connections" "$keys" >/dev/null
round=0
while [ $round -lt $rounds ]; do
    for operation in put get; do
        measure floor "$floor" "$floor_pid" $operation
        measure regionlab "$lab" "$lab_pid" $operation
    done
    round=$((round + 1))
done

echo "$requests requests, $connections connections, $keys keys, median of $rounds interleaved runs"
printf '%-9s %12s %12s %7s %14s %14s %7s\n' '' 'floor /s' 'regionlab /s' ratio 'floor CPU us' 'regionlab us' ratio
for operation in put get; do
    awk -v name="$operation" -v fr="$(median "$work/floor.$operation.rate")" \
        -v lr="$(median "$work/regionlab.$operation.rate")" -v fc="$(median "$work/floor.$operation.cpu")" \
        -v lc="$(median "$work/regionlab.$operation.cpu")" 'BEGIN {
            title = name == "put" ? "PutItem" : "GetItem"
            printf "%-9s %12d %12d %7.2f %14.1f %14.1f %7.2f\n", title, fr, lr, lr / fr, fc, lc, lc / fc }'
done

# The drill: ten simulated minutes, the best of five, since what else ran only adds.
drill=examples/orders/failover.yaml simulated_s=600 best_ms=''
for _ in 1 2 3 4 5; do
    began=$(date +%s%N)
    "$build/regionlab" drill "$drill" >"$work/drill.log" 2>&1 || { cat "$work/drill.log" >&2; exit 1; }
    took_ms=$((($(date +%s%N) - began) / 1000000 + 1))
    if [ -z "$best_ms" ] || [ $took_ms -lt "$best_ms" ]; then best_ms=$took_ms; fi
done
echo "drill $drill: $simulated_s simulated s in $best_ms ms: $((simulated_s * 1000 / best_ms)) times real time"
