#!/usr/bin/env bash
# check.sh: a code block below `<!-- quote: FILE [TAG] -->` is what stands in FILE between its two `// [TAG]` lines,
# and relative links in the documents lead to files. Changes nothing; ends with 1 if anything differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
status=0 quotes=0 links=0
documents=(*.md docs/*.md)

# region FILE TAG: includes are left out of no region, since tags stand below them.
region() { awk -v tag="// [$2]" 'index($0, tag) { inside = !inside; next } inside' "$1"; }

for document in "${documents[@]}"; do
  while IFS=: read -r line quote; do
    file=$(sed -E 's/.*quote: ([^ ]+) \[([^]]+)\].*/\1/' <<<"$quote")
    tag=$(sed -E 's/.*quote: ([^ ]+) \[([^]]+)\].*/\2/' <<<"$quote")
    quotes=$((quotes + 1))
    if [ ! -f "$file" ] || [ -z "$(region "$file" "$tag")" ]; then
      printf '%s:%s quotes %s [%s], which is not there\n' "$document" "$line" "$file" "$tag" >&2
      status=1
    elif ! difference=$(diff <(tail -n "+$((line + 1))" "$document" | awk '/^```/ { if (inside) exit; inside = 1; next } inside') \
      <(region "$file" "$tag")); then
      printf '%s:%s differs from %s [%s]:\n%s\n' "$document" "$line" "$file" "$tag" "$difference" >&2
      status=1
    fi
  done < <(grep -n '<!-- quote: ' "$document" || true)

  while IFS= read -r target; do
    links=$((links + 1))
    path=${target%%#*}
    [ -n "$path" ] || path=$(basename "$document")
    if [ ! -e "$(dirname "$document")/$path" ]; then
      printf '%s links to %s, which is not there\n' "$document" "$target" >&2
      status=1
    fi
  done < <(awk '/^```/ { code = !code } !code && !/^    /' "$document" | grep -oE '\]\([^)]+\)' | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^(https?|mailto):' || true)
done
[ "$quotes" -gt 0 ] || { printf 'no quotes found: the check is blind\n' >&2 && status=1; }
printf 'docs: %d quotes, %d links\n' "$quotes" "$links"
exit "$status"
