#!/bin/bash
# install.sh BUILD PREFIX: installs beside PREFIX and moves it there, since an installation that
# knows its first place does not work then.
set -euo pipefail
. "$(dirname "$0")/common.sh"
build=$1 prefix=$2
rm -rf "$prefix" "$prefix.first"
cmake --install "$build" --prefix "$prefix.first" >/dev/null
mv "$prefix.first" "$prefix"
source=$(cd "$here/../.." && pwd)
if grep -rIl -e "$prefix.first" -e "$source" "$prefix"; then
    fail "these files name the place they were installed to or built in"
fi
