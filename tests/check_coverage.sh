#!/usr/bin/env bash
# docs/reference/coverage.md says what the operation tables say: tests/check_coverage.sh BINARY
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "usage: tests/check_coverage.sh BINARY" >&2
    exit 2
fi
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
if ! "$binary" coverage | diff -u docs/reference/coverage.md -; then
    echo "docs/reference/coverage.md is out of date; run: $1 coverage > docs/reference/coverage.md"
    exit 1
fi
echo "docs/reference/coverage.md is what the binary says"
