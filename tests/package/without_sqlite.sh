#!/bin/bash
# without_sqlite.sh SOURCE WORK COMPILER: the library without that backend, and what it leaves out.
set -euo pipefail
. "$(dirname "$0")/common.sh"
source=$1 work=$2 compiler=$3
fresh "$work"
cmake -S "$source" -B "$work" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DTURNTABLE_BACKEND_SQLITE=OFF -DTURNTABLE_BUILD_CLI=ON -DTURNTABLE_BUILD_BENCH=ON \
    -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON >"$work/log"
for part in CLI BENCH; do
    grep -F "TURNTABLE_BUILD_$part is off, because it needs TURNTABLE_BACKEND_SQLITE" "$work/log" ||
        fail "nobody is told that $part is off:" "$(cat "$work/log")"
done
targets=$(ninja -C "$work" -t targets all)
grep -q 'libturntable_kv\.a' <<<"$targets" || fail "there is no kv left"
if grep -E -m5 'kv_sqlite|turntable_cli|bench_' <<<"$targets"; then
    fail "these targets need SQLite"
fi
ninja -C "$work" -n >/dev/null
if grep -rl --include=cmake_install.cmake -E 'sqlite\.hpp|kv_sqlite' "$work"; then
    fail "these install something of SQLite"
fi
