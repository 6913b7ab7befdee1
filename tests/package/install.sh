#!/bin/bash
# install.sh BUILD PREFIX [CMAKE-ARGUMENTS...]: with arguments configures and builds first. Installs
# beside PREFIX and moves it there: an installation that knows its first place does not work after.
set -euo pipefail
. "$(dirname "$0")/common.sh"
build=$1 prefix=$2
shift 2
if [ $# -gt 0 ]; then
    cmake -G Ninja -B "$build" "$@"
    cmake --build "$build"
fi
rm -rf "$prefix" "$prefix.first"
cmake --install "$build" --prefix "$prefix.first" >/dev/null
mv "$prefix.first" "$prefix"
source=$(cd "$here/../.." && pwd)
if grep -rIl -e "$prefix.first" -e "$source" "$prefix"; then
    fail "these files name the place they were installed to or built in"
fi
