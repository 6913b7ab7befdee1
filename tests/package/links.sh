#!/bin/bash
# links.sh PREFIX WORK COMPILER: what a program pulls in, found in the program itself.
set -euo pipefail
. "$(dirname "$0")/common.sh"
prefix=$1 work=$2 compiler=$3
fresh "$work" consumer_core
LD_LIBRARY_PATH=$(echo "$prefix"/lib*)
export LD_LIBRARY_PATH

# build NAME MODULES...: NAME.cpp to NAME.
build() {
    local name=$1
    shift
    # shellcheck disable=SC2046
    "$compiler" -std=c++20 "$work/$name.cpp" -o "$work/$name" $(pkg_config "$prefix" --cflags --libs "$@")
    "$work/$name"
}

# only NAME PATTERN: every library that the program loads matches.
only() {
    local loaded
    loaded=$(ldd "$work/$1" | awk '{print $1}' | sed 's#.*/##')
    echo "$1 loads: $(echo "$loaded" | paste -sd' ')"
    if grep -Ev "^($2)\.so" <<<"$loaded"; then
        fail "$1 loads more than it names"
    fi
}

# Names that a program gets in when it links what it did not ask for.
foreign='boost::|toml::|CLI::|SSL_|CRYPTO_|curl_|nghttp2|httplib'
standard='linux-vdso|ld-linux-x86-64|libc|libm|libgcc_s|libstdc\+\+'

clean() {
    local file
    for file in "$work/$1" "$prefix"/lib*/libturntable_{core,kv,kv_sqlite}.so; do
        [ -f "$file" ] || continue
        if { nm -C "$file"; nm -DC "$file"; } 2>/dev/null | grep -E "$foreign" | head -3 | grep .; then
            fail "$(basename "$file") has names of a library that is not asked for"
        fi
    done
}

build core turntable-core
only core "$standard|libturntable_core"
clean core
if nm -C "$work/core" | grep -E 'turntable::.*kv::|nlohmann|sqlite3'; then
    fail "core alone brings key-value code with it"
fi
