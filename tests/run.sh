#!/usr/bin/env bash
# Installs what is missing, builds, and passes all the tests. Ends with "N passed, N failed".
#
#   tests/run.sh           everything (CI runs this)
#   tests/run.sh --quick   the inner loop: one build, unit and property tests, the quick end-to-end tests
#   tests/run.sh --long    the long forms of property tests and fuzzing besides (docs/proofs.md)
set -uo pipefail
cd "$(dirname "$0")/.."
mode=${1:-full}
case "$mode" in
full | --quick | --long) ;;
*)
    sed -n '2,7p' "$0" >&2
    exit 2
    ;;
esac
mkdir -p build/results
rm -f build/results/*
passed=0
failed=0
failures=()

# step NAME COMMAND...: counts as one test; its output is shown when it fails.
step() {
    local name=$1 log
    shift
    log=build/results/$(echo "$name" | tr -c 'a-zA-Z0-9\n' '_').log
    local began=$SECONDS
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok    %-44s %4d s\n' "$name" $((SECONDS - began))
    else
        failed=$((failed + 1))
        failures+=("$name")
        printf 'FAIL  %-44s %4d s (%s)\n' "$name" $((SECONDS - began)) "$log"
        tail -n 40 "$log" | sed 's/^/      | /'
    fi
}

# suite NAME PASSED_PATTERN COMMAND...: a runner of many tests; counts come from its JUnit file.
suite() {
    local name=$1 junit=$2
    shift 2
    local log=build/results/$name.log began=$SECONDS status=0
    rm -f "$junit"
    "$@" >"$log" 2>&1 || status=$?
    local counts ok bad
    counts=$(python3 tests/count_junit.py "$junit" 2>/dev/null) || counts="0 1"
    ok=${counts% *}
    bad=${counts#* }
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && bad=1 # a suite that ran nothing has failed
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -eq 0 ]; then
        printf 'ok    %-44s %4d s, %d tests\n' "$name" $((SECONDS - began)) "$ok"
    else
        failures+=("$name")
        printf 'FAIL  %-44s %4d s, %d of %d (%s)\n' "$name" $((SECONDS - began)) "$bad" $((ok + bad)) "$log"
        grep -vE '^\s*$' "$log" | tail -n 60 | sed 's/^/      | /'
    fi
}

finish() {
    for name in ${failures[@]+"${failures[@]}"}; do echo "failed: $name"; done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

build() { # build FOLDER TYPE [CMAKE OPTION...]
    local folder=build/$1 type=$2
    shift 2
    cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE="$type" -DREGIONLAB_TESTS=ON "$@" && ninja -C "$folder"
}

venv() { # Python packages for the end-to-end tests, pinned, under the build folder
    local wanted
    wanted=$(cat tests/e2e/requirements.txt)
    [ -x build/venv/bin/pytest ] && [ "$(cat build/venv/regionlab-requirements 2>/dev/null)" = "$wanted" ] && return 0
    rm -rf build/venv
    python3 -m venv build/venv &&
        build/venv/bin/pip install -q --disable-pip-version-check -r tests/e2e/requirements.txt &&
        printf '%s' "$wanted" >build/venv/regionlab-requirements
}

ctest_in() { # ctest_in FOLDER JUNIT [CTEST OPTION...]
    local folder=$1 junit=$2
    shift 2
    ctest --test-dir "build/$folder" --output-on-failure --no-tests=error -j "$(nproc)" \
        --output-junit "$PWD/$junit" "$@"
}

pytest_in() { # pytest_in FOLDER JUNIT [PYTEST OPTION...]
    local folder=$1 junit=$2
    shift 2
    REGIONLAB="$PWD/build/$folder/regionlab" build/venv/bin/pytest -q -p no:cacheprovider tests/e2e \
        --ignore-glob='*/test_terraform*' --junit-xml="$junit" "$@"
}

# Terraform waits most of its time: its tests run beside the others, on the Release build.
terraform_begin() {
    (
        REGIONLAB="$PWD/build/release/regionlab" build/venv/bin/pytest -q -p no:cacheprovider tests/e2e/test_terraform*.py \
            --junit-xml=build/results/terraform_beside.xml >build/results/terraform_beside.log 2>&1
        echo $? >build/results/terraform_beside.status
    ) &
    terraform_pid=$!
}

terraform_end() { # terraform_end JUNIT
    wait "$terraform_pid"
    cat build/results/terraform_beside.log
    cp build/results/terraform_beside.xml "$1" && [ "$(cat build/results/terraform_beside.status)" = 0 ]
}

javascript_in() { # javascript_in FOLDER JUNIT
    REGIONLAB="$PWD/build/$1/regionlab" bash tests/e2e/javascript/run.sh "$2"
}

install_missing() { bash tests/install.sh test; }

step "install packages" install_missing
step "build (gcc, Release)" build release Release
[ "$failed" -gt 0 ] && finish
step "layout and house rules" python3 tests/check_layout.py
step "docs name what exists" python3 tests/check_docs.py build/release/regionlab
step "coverage page is up to date" bash tests/check_coverage.sh build/release/regionlab
suite unit_and_property build/results/ctest.xml ctest_in release build/results/ctest.xml
step "python packages" venv
if [ "$mode" = --quick ]; then
    suite end_to_end build/results/e2e.xml pytest_in release build/results/e2e.xml -m "not slow"
    finish
fi
terraform_begin
suite end_to_end build/results/e2e.xml pytest_in release build/results/e2e.xml
suite javascript build/results/javascript.xml javascript_in release build/results/javascript.xml
step "planted bugs are found by the proofs" bash tests/planted_bugs.sh build/release

step "format" bash -c 'git ls-files "*.c" "*.h" | xargs clang-format --dry-run -Werror'
step "build (gcc, Sanitize)" build sanitize Sanitize
suite sanitized build/results/sanitized.xml ctest_in sanitize build/results/sanitized.xml
suite sanitized_end_to_end build/results/sanitized_e2e.xml pytest_in sanitize build/results/sanitized_e2e.xml -m "not timing"
suite sanitized_javascript build/results/sanitized_javascript.xml javascript_in sanitize build/results/sanitized_javascript.xml
step "build (clang, Release)" build clang Release -DCMAKE_C_COMPILER=clang
suite clang_unit build/results/clang.xml ctest_in clang build/results/clang.xml -L unit
step "same bytes (two runs, two compilers, ASLR)" bash tests/same_bytes.sh build/release/regionlab build/clang/regionlab
step "killed at random moments (16 rounds)" python3 tests/crash/crash.py build/release/regionlab --rounds 16
step "no outgoing packet (empty namespace)" bash tests/no_network.sh build/release/regionlab
step "size and start-up" bash tests/footprint.sh build/release/regionlab
step "arm64 (cross-compiled, same trace hash)" bash tests/same_bytes_arm64.sh build/release/regionlab
suite terraform build/results/terraform.xml terraform_end build/results/terraform.xml
if [ "$mode" = --long ]; then
    step "long property tests" env REGIONLAB_LONG=1 ctest --test-dir build/release -L property --output-on-failure
    step "killed at random moments (1,000 rounds)" python3 tests/crash/crash.py build/release/regionlab --rounds 1000
    step "fuzzing" bash tests/fuzz/run.sh 600
fi
finish
