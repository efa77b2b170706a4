#!/usr/bin/env bash
# Cross-compiles for arm64 against a sysroot of Debian packages under build/arm64 (no root, and the
# machine's own package state stays as it is) and plays the published drill under qemu-user.
# Prints the drill's trace hash on that machine: it has to equal this one's.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/build/arm64
sysroot=$build/sysroot
apt=$build/apt
mkdir -p "$sysroot" "$apt/lists/partial" "$apt/cache/archives/partial"
if [ ! -e "$sysroot/complete" ]; then
    : >"$apt/status"
    options=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State="$apt"
        -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status"
        -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root
        -o APT::Install-Recommends=false -qq)
    apt-get "${options[@]}" update
    wanted=$(awk '$1 == "build" && ($2 ~ /-dev$/) {print $2}' tests/packages.txt)
    # shellcheck disable=SC2086
    apt-get "${options[@]}" install --download-only -y $wanted
    for package in "$apt"/cache/archives/*.deb; do
        dpkg -x "$package" "$sysroot"
    done
    touch "$sysroot/complete"
fi
cat >"$build/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_SYSROOT $sysroot)
set(CMAKE_FIND_ROOT_PATH $sysroot)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
CMAKE
export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$sysroot
cmake -G Ninja -S . -B "$build/build" -DCMAKE_BUILD_TYPE=Release -DREGIONLAB_TESTS=OFF \
    -DCMAKE_TOOLCHAIN_FILE="$build/toolchain.cmake" >"$build/cmake.log"
ninja -C "$build/build" >"$build/ninja.log" 2>&1 || {
    tail -n 30 "$build/ninja.log"
    exit 1
}
[ $# -eq 0 ] && exit 0
exec qemu-aarch64 -L "$sysroot" "$build/build/regionlab" "$@"
