#!/usr/bin/env bash
# Installs what is missing, builds regionlab, and runs its main job: the failover drill of the orders
# application. On a fresh Debian 12 this is all there is to do.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tests/install.sh build
mkdir -p build
log=build/configure.log
if ! cmake -G Ninja -S . -B build/release -DCMAKE_BUILD_TYPE=Release -DREGIONLAB_TESTS=OFF >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
ninja -C build/release regionlab | tail -n 1
build/release/regionlab drill examples/orders/failover.yaml
echo
echo "Next: build/release/regionlab up   then   eval \"\$(build/release/regionlab env)\"   and any AWS client."
