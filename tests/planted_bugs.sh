#!/usr/bin/env bash
# A test of the tests: plants each bug of emulators/dynamodb/planted_bugs.h and sees that the proofs
# (docs/proofs.md) find it within their normal run.
#
#   tests/planted_bugs.sh [BUILD FOLDER]    (default build/release; a build with tests)
set -uo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}

# Which proof finds which bug: every proof whose claim the bug breaks. What clients see does not depend on
# the order in which the records of one item arrive, so histories cannot tell of overtaking.
expected="
drop-tombstone     interleavings random_worlds histories
reverse-tie        interleavings random_worlds histories
out-of-order       interleavings random_worlds histories
overtake           interleavings random_worlds
early-acknowledge  strong_interleavings random_worlds histories
"

ninja -C "$build" planted >"$build/planted.log" 2>&1 || {
    tail -n 20 "$build/planted.log"
    exit 1
}
missed=0
while read -r bug proofs; do
    for proof in $proofs; do
        if output=$("$build/planted_${bug}_$proof" 2>&1); then
            echo "MISSED  $bug by $proof"
            missed=$((missed + 1))
        elif found=$(grep -m 1 -oE 'REGIONLAB_(SEED|WORLD)=[^ )]*|came before an earlier one' <<<"$output"); then
            echo "found   $bug by $proof: $found"
        else # it died of something else
            echo "ODD     $bug by $proof:"
            tail -n 5 <<<"$output"
            missed=$((missed + 1))
        fi
    done
done < <(grep . <<<"$expected")
[ "$missed" -eq 0 ]
