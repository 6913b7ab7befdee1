#!/bin/bash
# no_co_await.sh PREFIX WORK COMPILER: g++ before 14 refuses co_await on our types and says why.
set -euo pipefail
. "$(dirname "$0")/common.sh"
prefix=$1 work=$2 compiler=$3
version=$("$compiler" -dumpversion)
if [ "${version%%.*}" -ge 14 ]; then
    echo "g++ $version has sound coroutines; nothing to refuse"
    exit 0
fi
fresh "$work"
cat >"$work/awaits.cpp" <<'END'
#include <turntable/core/coroutine.hpp>
turntable::Async<int> one();
turntable::Async<int> two() {
    auto first = co_await one();
    co_return *first + 1;
}
END
cat >"$work/includes.cpp" <<'END'
#include <turntable/core/coroutine.hpp>
turntable::Async<int> one();
int main() { return 0; }
END
flags=$(pkg_config "$prefix" --cflags turntable-core)
# shellcheck disable=SC2086
"$compiler" -std=c++20 -fsyntax-only $flags "$work/includes.cpp" ||
    fail "including the header alone must be allowed"
# shellcheck disable=SC2086
if "$compiler" -std=c++20 -fsyntax-only $flags "$work/awaits.cpp" 2>"$work/errors"; then
    fail "g++ $version compiled a co_await"
fi
grep -F 'this g++ miscompiles co_await' "$work/errors" ||
    fail "the reason is missing:" "$(cat "$work/errors")"
