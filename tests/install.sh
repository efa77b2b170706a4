#!/usr/bin/env bash
# Installs the Debian packages that are missing: tests/install.sh build|test
# Asks for root (by sudo) only when something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
build) wanted=$(awk '$1 == "build" {print $2 ":" $3}' tests/packages.txt) ;;
test) wanted=$(awk '$1 == "build" || $1 == "test" {print $2 ":" $3}' tests/packages.txt) ;;
*)
    echo "usage: tests/install.sh build|test" >&2
    exit 2
    ;;
esac
missing=()
for line in $wanted; do
    package=${line%%:*}
    program=${line#*:}
    [ -n "$program" ] && command -v "$program" >/dev/null && continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "these packages are missing and sudo is not there; as root run: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
