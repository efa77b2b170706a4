#!/usr/bin/env bash
# Fuzzes every target with libFuzzer (clang, ASan, UBSan): tests/fuzz/run.sh SECONDS [TARGET]
# New inputs stay under build/fuzz; a crash is written there as well.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
only=${2:-}
cmake -G Ninja -S . -B build/fuzz -DCMAKE_BUILD_TYPE=Sanitize -DCMAKE_C_COMPILER=clang \
    -DREGIONLAB_FUZZ=ON >/dev/null
for source in tests/fuzz/*/fuzz_*.c; do
    folder=$(basename "$(dirname "$source")")
    name=$(basename "$source" .c)
    target=${folder}_$name
    [ -n "$only" ] && [ "$only" != "$target" ] && continue
    ninja -C build/fuzz "$target" >/dev/null
    found=build/fuzz/found_$target
    mkdir -p "$found"
    echo "$target: $seconds s"
    "build/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$found-" "$found" "tests/fuzz/$folder/corpus_${name#fuzz_}" 2>&1 |
        grep -E '^(stat::number_of_executed_units|==|SUMMARY|Done)' || true
    if compgen -G "$found-*" >/dev/null; then
        echo "$target found a crash: $(ls "$found"-*)"
        exit 1
    fi
done
