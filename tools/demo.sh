#!/usr/bin/env bash
# demo.sh COSEAL FLIP_PROXY: the main job on real input, by two processes with two identities per carrier. Run it as
# `./dev demo`. COSEAL_DEMO_MIB: size of the file in MiB, 1024 by default.
set -euo pipefail
coseal=$(realpath "$1")
proxy=$(realpath "$2")
mib=${COSEAL_DEMO_MIB:-1024}

# The file and its copy, and some air.
room() { df --output=avail -m "$1" 2>/dev/null | tail -n 1 | tr -d ' '; }
needed=$((mib * 2 + 64))
parent=${TMPDIR:-/tmp}
[ "$(room "$parent")" -ge "$needed" ] || parent=$(pwd)
[ "$(room "$parent")" -ge "$needed" ] || {
  printf 'demo: needs %s MiB on the disk of %s (COSEAL_DEMO_MIB makes it smaller)\n' "$needed" "$parent" >&2
  exit 1
}
directory=$(mktemp -d "$parent/coseal-demo.XXXXXX")
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  [ "$BASHPID" = "$$" ] || return # a background shell that is killed before it became its program
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
  wait || true
  rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$directory"
exec </dev/null

bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
  printf 'demo: FAILED: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || tail -n 20 -- "$@" >&2
  exit 1
}
appears() {
  local tries=0
  until [ -s "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "no listener after 30 s" listen.err
    sleep 0.05
  done
}
# listens ARGS...: address in $address, process in $listener
listens() {
  rm -f address
  "$coseal" listen "$@" --address-file address >/dev/null 2>listen.err &
  listener=$!
  appears address
  address=$(cat address)
}
stop_listener() {
  kill -TERM "$listener"
  wait "$listener" || true
}
text() { grep -o "\"$2\":\"[^\"]*\"" "$1" | tail -n 1 | cut -d'"' -f4; }
number() { grep -o "\"$2\":[0-9.e+]*" "$1" | tail -n 1 | cut -d: -f2; }
identity() { "$coseal" identity new --store "$1" --json >made && text made fingerprint; }
# refused NAME ARGS...: a connect that must end with one of the codes 3 and 4
refused() {
  local name=$1 code=0
  shift
  "$coseal" connect "$@" >/dev/null 2>connect.err || code=$?
  case $code in
    3 | 4) printf 'refused (exit code %d):\n' "$code" && sed 's/^/  /' connect.err ;;
    *) fail "$name: exit code $code, expected a refusal" connect.err listen.err ;;
  esac
}

title "A file of $mib MiB of random bytes"
head -c "${mib}M" /dev/urandom >file
size=$(stat -c %s file)

for carrier in tcp unix ws; do
  case $carrier in
    tcp) place=127.0.0.1:0 ;;
    unix) place=unix:$directory/door ;;
    ws) place=ws://127.0.0.1:0 ;;
  esac
  title "Over $carrier: two fresh identities"
  printf 'sender    %s\n' "$(identity "$carrier.sender")"
  printf 'receiver  %s\n' "$(identity "$carrier.receiver")"
  for level in none authenticated encrypted; do
    rm -f copy
    listens "$place" --as receiver --store "$carrier.receiver" --minimum-level none --file copy --sha256 --json
    "$coseal" connect "$address" --as sender --peer receiver --store "$carrier.sender" --level "$level" --file file \
      --sha256 --json 2>connect.err >/dev/null || fail "$carrier, $level: the sender" connect.err listen.err
    wait "$listener" || fail "$carrier, $level: the receiver" listen.err connect.err
    sent=$(text connect.err sha256) received=$(text listen.err sha256)
    if [ -z "$sent" ] || [ "$sent" != "$received" ]; then
      fail "$carrier, $level: the digests differ: $sent $received"
    fi
    [ "$(stat -c %s copy)" = "$size" ] || fail "$carrier, $level: the copy has another size"
    [ "$(text listen.err level)" = "$level" ] || fail "$carrier, $level: the receiver saw another level" listen.err
    rate=$(number connect.err bytes_per_second)
    printf '\n%s over %s%s: %s in %.2f s, %.2f GB/s, file to file\n' "$level" "$carrier" \
      "$(backend=$(text connect.err aead) && printf '%s' "${backend:+, AES-256-GCM by $backend}")" \
      "$size bytes" "$(number connect.err seconds)" "$(awk -v r="$rate" 'BEGIN { print r / 1e9 }')"
    if [ "$level" = none ]; then
      printf '  identities are claimed, not proved, at this level\n'
    else
      case $(grep -o '"first_contact":[a-z]*' connect.err | cut -d: -f2) in
        true) contact='first contact, now pinned' ;;
        *) contact='recognised: the key is the one pinned' ;;
      esac
      printf '  the sender sees    %s (%s)\n' "$(text connect.err fingerprint)" "$contact"
      printf '  the receiver sees  %s\n' "$(text listen.err fingerprint)"
    fi
    printf '  sha256 at both ends %s\n' "$sent"
  done
done
cmp file copy || fail "the last copy is not the file"
place=127.0.0.1:0

title "Second contact: the sender comes back"
listens "$place" --as receiver --store tcp.receiver --json
"$coseal" connect "$address" --as sender --peer receiver --store tcp.sender --json 2>connect.err ||
  fail "the second contact" connect.err listen.err
grep -q '"first_contact":false' connect.err || fail "the second contact was taken for a first" connect.err
printf 'recognised: %s is still %s\n' "$(text connect.err peer)" "$(text connect.err fingerprint)"
stop_listener

title "An impostor: the same coordinate, another key"
printf 'impostor  %s\n' "$(identity impostor)"
listens "$place" --as receiver --store impostor
refused "the impostor" "$address" --as sender --peer receiver --store tcp.sender
grep -q 'coseal pins accept' connect.err || fail "the refusal does not say which command would accept the key" connect.err
stop_listener

title "A lower level than before"
listens "$place" --as receiver --store tcp.receiver --minimum-level none
refused "the lower level" "$address" --as sender --peer receiver --store tcp.sender --level authenticated
printf 'the receiver says:\n'
sed -n '/^refused/,$p' listen.err | sed 's/^/  /'
grep -q -- '--ledger allow' listen.err || fail "the receiver does not say which option would allow it" listen.err
stop_listener
listens "$place" --as receiver --store tcp.receiver --minimum-level none --ledger allow
"$coseal" connect "$address" --as sender --peer receiver --store tcp.sender --level authenticated 2>connect.err ||
  fail "--ledger allow does not allow it" connect.err listen.err
printf 'with --ledger allow it is let in\n'
stop_listener

for level in authenticated encrypted; do
  title "A flipped bit on the wire, level $level"
  rm -f copy
  listens "$place" --as receiver --store tcp.receiver --minimum-level none --ledger allow
  rm -f proxy.address
  "$proxy" 127.0.0.1 "${address##*:}" 1000000 proxy.address >proxy.out &
  appears proxy.address
  code=0
  "$coseal" connect "$(cat proxy.address)" --as sender --peer receiver --store tcp.sender --level "$level" --file file \
    >/dev/null 2>connect.err || code=$?
  [ "$code" -ne 0 ] || fail "the flipped bit was not noticed" connect.err listen.err
  cat proxy.out
  printf 'refused; the sender ends with exit code %d:\n' "$code" && sed 's/^/  /' connect.err
  printf 'the receiver says:\n'
  grep 'failed authentication' listen.err | sed 's/^/  /' || fail "the receiver did not name the tampering" listen.err
  stop_listener
done

title "All of it as it should be"
