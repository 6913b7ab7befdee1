#!/usr/bin/env bash
# Runs the commands of a transcript and compares what they print with what stands below them.
# A transcript has "$ command" lines, each followed by its output (both streams) and, when it does
# not end with 0, a line "[exit N]". Versionstamps and times are replaced by their names, and an
# empty line of output is a ~.
# usage: run_transcript.sh FOLDER_OF_TURNTABLE TRANSCRIPT [--update]
set -u
tools=$(realpath "$1")
transcript=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export PATH="$tools:$PATH" HOME="$folder" TMPDIR="$folder"
CAPTURES=$(realpath "$(dirname "$transcript")/../../data/captures")
export CAPTURES
unset TURNTABLE_KV DENO_KV_PATH TURNTABLE_BLOB TURNTABLE_TAPE TURNTABLE_CONFIG XDG_DATA_HOME

normalise() {
    sed -E -e 's/^$/~/' -e 's/[0-9a-f]{16}0000/<versionstamp>/g' \
        -e 's/[0-9]+(\.[0-9]+)? (ms|s)\b/<time>/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/<moment>/g' \
        -e 's/"modified_ms":[0-9]+,"etag":"[^"]*"/"modified_ms":<moment>,"etag":"<etag>"/g' \
        -e 's/etag=[^;)]*/etag=<etag>/g' \
        -e 's/"latency_ms":[0-9.e-]+/"latency_ms":<time>/g' \
        -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/<id>/g' \
        -e "s|$folder|<folder>|g"
}

got=$folder/.got
: >"$got"
while IFS= read -r line; do
    case $line in
    '# '* | '') printf '%s\n' "$line" >>"$got" ;;
    '$ '*)
        printf '%s\n' "$line" >>"$got"
        timeout 60 bash -c "${line#\$ }" </dev/null >.out 2>&1
        status=$?
        normalise <.out >>"$got"
        [ "$status" -eq 0 ] || printf '[exit %d]\n' "$status" >>"$got"
        ;;
    esac
done <"$transcript"

if [ "${3-}" = --update ]; then
    cp "$got" "$transcript"
elif ! diff -u "$transcript" "$got"; then
    echo "the transcript differs; if the new output is right: $0 $1 $2 --update"
    exit 1
fi
