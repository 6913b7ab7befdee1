#!/bin/bash
# tools/install.sh LIST...: installs the Debian packages that the lists name and that are missing.
# Prints what it will install, says nothing when all is there, and never removes a package.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# The state in which everything was found: the lists, and the package database by its time.
state() {
    cat -- "$@" | cksum
    stat -c %Y /var/lib/dpkg/status
}

wanted() {
    local package unless command
    while read -r package unless command; do
        case "$package" in '' | '#'*) continue ;; esac
        if [ "$unless" = unless ] && command -v "$command" >/dev/null; then
            continue
        fi
        printf '%s\n' "$package"
    done < <(cat -- "$@")
}

missing() {
    local package status
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null || true)
        grep -qx installed <<<"$status" || printf '%s\n' "$package"
    done
}

unknown() {
    local package
    for package in "$@"; do
        apt-cache show --no-all-versions "$package" >/dev/null 2>&1 || printf '%s\n' "$package"
    done
}

[ $# -gt 0 ] || stop "usage: tools/install.sh LIST..."
command -v dpkg-query >/dev/null ||
    stop "This script knows Debian only. Install the packages of these lists by hand: $*"

names=$(basename -s .txt -a "$@" | paste -sd-)
stamp="build/.installed-$names"
now=$(state "$@")
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    exit 0
fi

mapfile -t want < <(wanted "$@")
mapfile -t need < <(missing "${want[@]}")
if [ ${#need[@]} -gt 0 ]; then
    echo "Installing with apt: ${need[*]}" >&2
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            stop "This needs root, and there is no sudo here. As root, run:" \
                "    apt-get install --no-install-recommends ${need[*]}"
        as_root=(sudo)
    fi
    mapfile -t lost < <(unknown "${need[@]}")
    if [ ${#lost[@]} -gt 0 ]; then
        echo "Updating the package lists (apt-get update)" >&2
        "${as_root[@]}" apt-get update -qq >&2 || echo "apt-get update failed; going on" >&2
        mapfile -t lost < <(unknown "${need[@]}")
        [ ${#lost[@]} -eq 0 ] ||
            stop "apt knows no such package: ${lost[*]}" \
                "Debian 12 (bookworm) has them all; look at /etc/apt/sources.list."
    fi
    install() {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove \
            --no-install-recommends "${need[@]}" >&2
    }
    # Stale lists name files that the mirror no longer has: one update, one more try.
    install || {
        "${as_root[@]}" apt-get update -qq >&2
        install
    } || stop "apt-get could not install: ${need[*]}" \
        "(It was told to remove nothing; a package of yours may be in conflict with one of these.)"
fi
mkdir -p build
state "$@" >"$stamp"
