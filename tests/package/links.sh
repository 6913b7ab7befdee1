#!/bin/bash
# links.sh PREFIX WORK COMPILER: what a program pulls in, found in the program itself.
set -euo pipefail
. "$(dirname "$0")/common.sh"
prefix=$1 work=$2 compiler=$3
fresh "$work" consumer_links
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
    mkdir "$work/$name.data"
    "$work/$name" "$work/$name.data"
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

# clean NAME FOREIGN COMPONENTS...: neither the program nor the shared libraries of the components
# define, use or spell out such a name.
clean() {
    local program=$1 names=$2 file symbols component
    shift 2
    local files=("$work/$program")
    for component in "$@"; do
        files+=("$prefix"/lib*/libturntable_"$component".so)
    done
    for file in "${files[@]}"; do
        [ -f "$file" ] || continue
        # A library has no plain symbol table, a program perhaps no dynamic one.
        symbols=$({ nm -C "$file" || true; nm -DC "$file" || true; } 2>/dev/null)
        [ -n "$symbols" ] || fail "nm reads no names in $file"
        if grep -E -m3 "$names" <<<"$symbols" || grep -aoE -m3 "$names" "$file"; then
            fail "$program: $(basename "$file") has names of what is not asked for"
        fi
    done
}

build core turntable-core
only core "$standard|libturntable_core"
clean core "$foreign|kv::|nlohmann|sqlite3_|mdb_" core

build tape turntable-tape
# Debian's libre2 names libpthread.
only tape "$standard|libturntable_(core|tape)|libzstd|libre2|libpthread"
clean tape "$foreign|kv::|sqlite3_|mdb_" core tape

build memory turntable-kv
only memory "$standard|libturntable_(core|kv)"
clean memory "$foreign|sqlite3_|mdb_" core kv

cp "$here/consumer_cxx20/main.cpp" "$work/sqlite.cpp"
build sqlite turntable-kv-sqlite
only sqlite "$standard|libturntable_(core|kv|sqlite|kv_sqlite)|libsqlite3"
clean sqlite "$foreign|mdb_" core kv sqlite kv_sqlite

build lmdb turntable-kv-lmdb
# Debian's liblmdb names libpthread.
only lmdb "$standard|libturntable_(core|kv|kv_lmdb)|liblmdb|libpthread"
clean lmdb "$foreign|sqlite3_" core kv kv_lmdb

build http turntable-kv-http
# OpenSSL and nghttp2, and no store; the words of KV Connect name it.
only http "$standard|libturntable_(core|kv|net|kv_connect|kv_http)|lib(ssl|crypto|nghttp2|z)"
clean http 'sqlite3_|mdb_|toml::|CLI::' core kv net kv_connect kv_http
