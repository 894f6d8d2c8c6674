#!/usr/bin/env bash
# temporaries.sh COMPILER...: a temporary struct in a co_await expression is refused with the text of what to write.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$@" -fsyntax-only -DCASE=0 "$here/temporaries.cpp" || { echo 'case 0 must compile'; exit 1; }
for case in 1 2 3 4 5; do
  if output=$("$@" -fsyntax-only -DCASE=$case "$here/temporaries.cpp" 2>&1); then
    echo "case $case compiles"
    exit 1
  fi
  grep -q 'give it a name in a line of its own' <<<"$output" || { printf 'case %s:\n%s\n' "$case" "$output"; exit 1; }
done
