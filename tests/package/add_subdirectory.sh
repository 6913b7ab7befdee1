#!/bin/bash
# add_subdirectory.sh SOURCE WORK COMPILER [LAUNCHER]: turntable as a part of another project. That
# project builds a program and the shared libraries it names, in WORK/build.
set -euo pipefail
. "$(dirname "$0")/common.sh"
source=$1 work=$2 compiler=$3 launcher=${4-}
mkdir -p "$work"
cp "$here/consumer_subdirectory/CMakeLists.txt" "$here/consumer_cxx20/main.cpp" "$work"

# project FOLDER ARGUMENTS...: configures it and checks what it got from us.
project() {
    local build=$1 targets own
    shift
    cmake -S "$work" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
        -DTURNTABLE_SOURCE="$source" "$@"
    targets=$(ninja -C "$build" -t targets all)
    if grep -E -m5 'turntable_cli|unit_core|example_|bench_' <<<"$targets"; then
        fail "another project gets our tests, program, examples or benchmarks"
    fi
    grep -q -e -Werror "$build/compile_commands.json" &&
        fail "another project gets -Werror"
    own=$(grep -F "$work/main.cpp" "$build/compile_commands.json" | grep command)
    grep -E -e '-W|fvisibility|std=.*23' <<<"$own" && fail "our flags leaked: $own"
    return 0
}

project "$work/static"
ninja -C "$work/static" CMakeFiles/consumer.dir/main.cpp.o
# No build type: the least optimised code needs the most symbols of other libraries.
project "$work/build" -DBUILD_SHARED_LIBS=ON -DTURNTABLE_INSTALL=ON \
    -DTURNTABLE_PRECOMPILE=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=30
cmake --build "$work/build" --target consumer
"$work/build/consumer" "$(mktemp -d "$work/files.XXXXXX")"
rm -rf "$work"/files.*
