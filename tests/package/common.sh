# Shared by the scripts of this folder.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# fresh FOLDER [SOURCE]: an empty folder, or a copy of SOURCE, so that nothing of the tree is near.
fresh() {
    rm -rf "$1"
    mkdir -p "$(dirname "$1")"
    if [ $# -gt 1 ]; then cp -r "$here/$2" "$1"; else mkdir -p "$1"; fi
}

# configure_consumer FOLDER COMPILER PREFIX [ARGUMENTS...]
configure_consumer() {
    local folder=$1 compiler=$2 prefix=$3
    shift 3
    cmake -S "$folder" -B "$folder/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_PREFIX_PATH="$prefix" "$@"
}

# pkg_config PREFIX ARGUMENTS...: finds the modules of the prefix, and those of the system.
pkg_config() {
    local prefix=$1
    shift
    PKG_CONFIG_PATH=$(find "$prefix" -type d -name pkgconfig | paste -sd:) pkg-config "$@"
}
