#!/bin/bash
# unknown_component.sh PREFIX WORK: asking for what is not there names what is.
set -euo pipefail
. "$(dirname "$0")/common.sh"
fresh "$2"
cat >"$2/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(turntable COMPONENTS core kv_nonsense REQUIRED)
END
if configure_consumer "$2" clang++-19 "$1" 2>"$2/errors"; then
    fail "find_package found a component that does not exist"
fi
tr -s ' \n' ' ' <"$2/errors" | grep -F 'without the component kv_nonsense. It has: core' ||
    fail "the message does not help:" "$(cat "$2/errors")"
