#!/usr/bin/env bash
# Runs the JavaScript tests beside their packages: REGIONLAB=PROGRAM tests/e2e/javascript/run.sh JUNIT_FILE
# The packages live under build/javascript, as package-lock.json has them; nothing is written into the source tree.
set -euo pipefail
junit=$(realpath -m "$1")
REGIONLAB=$(realpath "${REGIONLAB:-build/release/regionlab}")
export REGIONLAB
here=$(dirname "$(realpath "$0")")
work=$(realpath "$here/../../..")/build/javascript
mkdir -p "$work"
if ! cmp -s "$here/package-lock.json" "$work/installed-lock.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
    (cd "$work" && npm ci --ignore-scripts)
    cp "$here/package-lock.json" "$work/installed-lock.json"
fi
rm -f "$work"/*.js "$junit"
cp "$here"/*.js "$work/"
cd "$work"
# The SDK says on every start that Node 18 is old.
export AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1 NODE_NO_WARNINGS=1
exec node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=junit --test-reporter-destination="$junit" ./*.test.js
