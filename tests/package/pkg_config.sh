#!/bin/bash
# pkg_config.sh PREFIX WORK COMPILER: a program by hand, with the flags that pkg-config gives.
set -euo pipefail
. "$(dirname "$0")/common.sh"
prefix=$1 work=$2 compiler=$3
fresh "$work" consumer_cxx20
modules=$(cd "$prefix"/lib*/pkgconfig && ls | sed 's/\.pc$//')
for module in $modules; do
    pkg_config "$prefix" --exists --print-errors "$module"
done
flags=$(pkg_config "$prefix" --cflags --libs turntable-kv-sqlite)
echo "$flags"
# shellcheck disable=SC2086
"$compiler" -std=c++20 -Wall -Wextra -Werror "$work/main.cpp" -o "$work/consumer" $flags
LD_LIBRARY_PATH=$(echo "$prefix"/lib*) "$work/consumer" "$work"
