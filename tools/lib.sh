# Shared by ./run and ./test; sourced with the root of the project as the current directory.

# Without these a compiler cache keeps no file that uses precompiled headers.
export CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$@"
    exit 1
}

# configure PRESET [CMAKE-ARGUMENT...]: configures once, and again when the preset or the arguments
# change. Ninja itself configures again when a CMakeLists.txt changes.
configure() {
    local preset=$1 state
    shift
    state=$(cksum <CMakePresets.json; printf '%s\n' "$@")
    if [ -f "build/$preset/build.ninja" ] &&
        [ "$(cat "build/$preset/.configured" 2>/dev/null)" = "$state" ]; then
        return 0
    fi
    mkdir -p "build/$preset"
    if ! cmake --preset "$preset" "$@" >"build/$preset/configure.log" 2>&1; then
        sed -n '/CMake Error/,$p' "build/$preset/configure.log" | head -30 >&2
        return 1
    fi
    printf '%s' "$state" >"build/$preset/.configured"
}

# unpack FOLDER PACKAGE...: Debian packages, unpacked below FOLDER and not installed, because Debian
# starts the servers that it installs.
unpack() {
    local folder=$1 package
    shift
    mkdir -p "$folder"
    for package in "$@"; do
        [ ! -f "$folder/$package.unpacked" ] || continue
        rm -f "$folder/$package"_*.deb
        (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package") >&2 &&
            dpkg -x "$folder/$package"_*.deb "$folder" && rm "$folder/$package"_*.deb &&
            touch "$folder/$package.unpacked" || return 1
    done
}
