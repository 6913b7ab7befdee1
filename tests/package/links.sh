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
    local flags
    flags=$(pkg_config "$prefix" --cflags --libs "$@")
    # shellcheck disable=SC2086
    "$compiler" -std=c++20 "$work/$name.cpp" -o "$work/$name" $flags
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
    local file names
    for file in "$work/$1" "$prefix"/lib*/libturntable_{core,kv,kv_sqlite}.so; do
        [ -f "$file" ] || continue
        # A library has no plain symbol table, a program perhaps no dynamic one.
        names=$({ nm -C "$file" || true; nm -DC "$file" || true; } 2>/dev/null)
        [ -n "$names" ] || fail "nm reads no names in $file"
        if grep -E -m3 "$foreign" <<<"$names"; then
            fail "$(basename "$file") has names of a library that is not asked for"
        fi
    done
}

build core turntable-core
only core "$standard|libturntable_core"
clean core
if grep -E 'turntable::.*kv::|nlohmann|sqlite3' <<<"$(nm -C "$work/core")"; then
    fail "core alone brings key-value code with it"
fi
