#!/bin/sh
# How far is regionlab from its floor? Builds Release and runs measure.py: the floor program
# (floor_http.c) and `regionlab up` in turns over HTTP, then the drill. Exit code 1: a bar is missed.
#
#   tests/bench/run.sh [--quick] [--build DIR] [--only put,get,...]
#   tests/bench/run.sh dns [--quick] [--build DIR]      answers by UDP beside floor_dns.c: dns.py
#   tests/bench/run.sh backlog [--full] [--build DIR]   a replica that cannot be reached: backlog.py
set -eu
cd "$(dirname "$0")/../.."

script=measure.py
case "${1:-}" in
backlog) script=backlog.py && shift ;;
dns) script=dns.py && shift ;;
esac
build=build/bench
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
previous=''
for argument in "$@"; do
    [ "$previous" != --build ] || build=$argument
    previous=$argument
done
mkdir -p "$build"
[ -f "$build/build.ninja" ] || cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >/dev/null
ninja -j2 -C "$build" bench_floor_http bench_load bench_floor_dns bench_load_dns regionlab >"$build/bench-build.log" 2>&1 || {
    tail -n 20 "$build/bench-build.log" >&2
    exit 1
}
exec python3 "tests/bench/$script" --build "$build" "$@"
