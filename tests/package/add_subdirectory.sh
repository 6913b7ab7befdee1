#!/bin/bash
# add_subdirectory.sh SOURCE WORK COMPILER [LAUNCHER]: turntable as a part of another project.
set -euo pipefail
. "$(dirname "$0")/common.sh"
source=$1 work=$2 compiler=$3 launcher=${4-}
fresh "$work" consumer_subdirectory
cp "$here/consumer_cxx20/main.cpp" "$work"
configure_consumer "$work" "$compiler" "" -DTURNTABLE_SOURCE="$source" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
targets=$(ninja -C "$work/build" -t targets all)
if grep -E -m5 'turntable_cli|unit_core|bench' <<<"$targets"; then
    fail "another project gets our tests, program or benchmarks"
fi
grep -q -e -Werror "$work/build/compile_commands.json" &&
    fail "another project gets -Werror"
own=$(grep -F "$work/main.cpp" "$work/build/compile_commands.json" | grep command)
grep -E -e '-W|fvisibility|std=.*23' <<<"$own" && fail "our flags leaked: $own"
cmake --build "$work/build" --target consumer
"$work/build/consumer"
