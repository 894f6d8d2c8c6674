#!/usr/bin/env bash
# run.sh BACKEND FRONTEND: the two programs of the README, in one empty directory; each is under 25 lines.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
backend=$(realpath "$1") frontend=$(realpath "$2")
for file in backend frontend; do
  lines=$(grep -cvE '^ *$|^#include|^//' "$here/$file.cpp")
  [ "$lines" -lt 25 ] || { printf '%s.cpp has %s lines\n' "$file" "$lines" >&2; exit 1; }
done
directory=$(mktemp -d)
cd "$directory"
"$backend" unix:greeter.sock &
trap 'kill $!; rm -rf "$directory"' EXIT
output=$("$frontend" unix:greeter.sock)
printf '%s\n' "$output"
[ "$output" = 'hello Ada' ] || exit 1
