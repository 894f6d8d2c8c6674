#!/usr/bin/env bash
# run.sh PROGRAM LAST_LINE: runs an example in an empty directory; it must end well and print LAST_LINE last.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
program=$(realpath "$1")
cd "$directory"
output=$("$program" </dev/null)
printf '%s\n' "$output"
[ "${output##*$'\n'}" = "$2" ] || { printf 'expected as its last line: %s\n' "$2" >&2; exit 1; }
