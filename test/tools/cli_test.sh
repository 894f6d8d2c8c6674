#!/usr/bin/env bash
# cli_test.sh COSEAL FLIP_PROXY: the command as a person or a script uses it. Speaks TAP.
set -u
coseal=$(realpath "$1")
proxy=$(realpath "$2")
directory=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  [ "$BASHPID" = "$$" ] || return # a background shell that is killed before it became its program
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null; done
  wait
  rm -rf "$directory"
}
trap clean_up EXIT
cd "$directory" || exit 1
export XDG_STATE_HOME="$directory/state"
exec </dev/null

count=0
ok() {
  count=$((count + 1))
  printf 'ok %d - %s\n' "$count" "$1"
}
not_ok() {
  count=$((count + 1))
  printf 'not ok %d - %s\n' "$count" "$1"
  shift
  printf '# %s\n' "$@"
}

# ends CODE NAME COMMAND...: the command ends with CODE; its output stays in ./out and ./err.
ends() {
  local wanted=$1 name=$2 got
  shift 2
  timeout 60 "$@" >out 2>err
  got=$?
  if [ "$got" -eq "$wanted" ]; then
    ok "$name"
  else
    not_ok "$name" "exit code $got, expected $wanted" "$(tail -n 3 out err | tr '\n' ' ')"
  fi
}
# says TEXT NAME: the last command said so, on either stream.
says() {
  if cat out err | grep -qF -- "$1"; then ok "$2"; else not_ok "$2" "not said: $1" "$(cat out err | tr '\n' ' ')"; fi
}
# same NAME A B
same() {
  if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2" "is not" "$3"; fi
}
# appears FILE: waits for a file that a background process makes.
appears() {
  local tries=0
  while [ ! -s "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || return 1
    sleep 0.05
  done
}
# listens NAME ARGS...: starts a listener; its address is in $address, its output in NAME.out and NAME.err.
listens() {
  local name=$1
  shift
  rm -f "$name.address"
  { "$coseal" listen "$@" --address-file "$name.address" >"$name.out" 2>"$name.err" <&3 & } 3<&0
  listener=$!
  appears "$name.address" || not_ok "$name listens" "$(cat "$name.err")"
  address=$(cat "$name.address")
}
# listener_ends CODE NAME
listener_ends() {
  wait "$listener"
  local got=$?
  if [ "$got" -eq "$1" ]; then ok "$2"; else not_ok "$2" "exit code $got, expected $1" "$(tail -n 3 -- *.err | tr '\n' ' ')"; fi
}
field() { grep -o "\"$2\":\"[^\"]*\"" "$1" | head -n 1 | cut -d'"' -f4; }

# -- usage
ends 0 "help ends well" "$coseal" --help
says "Exit codes" "help lists the exit codes"
ends 0 "version ends well" "$coseal" --version
ends 1 "no subcommand is a usage error" "$coseal"
ends 1 "an unknown option is a usage error" "$coseal" connect --nonsense
ends 1 "an unknown level is a usage error" "$coseal" connect 127.0.0.1:1 --peer p --level strong
ends 1 "a missing --peer is a usage error" "$coseal" connect 127.0.0.1:1
ends 1 "an address that can not be parsed is a usage error" "$coseal" connect nonsense --peer p
ends 1 "a wrong coordinate is a usage error" "$coseal" connect 127.0.0.1:1 --peer 'a b'
ends 1 "an instance in --as is a usage error" "$coseal" connect 127.0.0.1:1 --peer p --as a/b

# -- metrics and log
if command -v curl >/dev/null && "$coseal" listen --help | grep -q -- --metrics; then
  listens watched 127.0.0.1:0 --as backend --store watched.backend --metrics "unix:$directory/metrics" --log json --log-level debug
  ends 0 "ping reaches a listener that is watched" "$coseal" ping "$address" --peer backend --store watched.frontend --count 1 --log human
  says " info session: connected peer=backend" "--log tells of the session"
  says " info pins: first contact" "--log tells of the pin"
  ends 0 "metrics are served" curl --silent --show-error --max-time 20 --unix-socket metrics http://localhost/metrics
  says 'coseal_handshakes_total{role="acceptor",level="encrypted",result="ok"} 1' "the handshake was counted"
  ends 22 "only /metrics is" curl --silent --fail --max-time 20 --unix-socket metrics http://localhost/
  kill "$listener"
  listener_ends 0 "a listener that is watched ends well"
  if grep -q '"component":"session","message":"accepted","peer":' watched.err; then ok "--log json tells of the session"; else not_ok "--log json tells of the session" "$(cat watched.err)"; fi
fi
ends 1 "an unknown form of log is a usage error" "$coseal" ping 127.0.0.1:1 --peer p --log xml

# -- identity
ends 5 "show of a missing identity is a storage error" "$coseal" identity show
says "coseal identity new" "it says how to make one"
if [ -e "$XDG_STATE_HOME/coseal/identity" ]; then not_ok "show makes no identity"; else ok "show makes no identity"; fi
ends 0 "new makes an identity" "$coseal" identity new --json
key=$(field out key)
same "the key has 64 digits" "${#key}" 64
ends 5 "a second new is an error" "$coseal" identity new
ends 0 "provision of an existing identity ends well" "$coseal" identity provision --json
same "provision keeps the key" "$(field out key)" "$key"
says '"created":false' "provision says that it made none"
ends 0 "show shows" "$coseal" identity show --json
same "show shows the same key" "$(field out key)" "$key"
same "the identity is its owner's alone" "$(stat -c %a "$XDG_STATE_HOME/coseal/identity")" 600

# -- export and import
printf 'correct horse\n' >passphrase
printf 'wrong horse\n' >wrong
ends 0 "export writes" "$coseal" identity export box --passphrase-file passphrase
same "the export is its owner's alone" "$(stat -c %a box)" 600
ends 5 "export never overwrites" "$coseal" identity export box --passphrase-file passphrase
ends 5 "import with another passphrase is refused" "$coseal" identity import box --passphrase-file wrong --store other
ends 0 "import takes over" "$coseal" identity import box --passphrase-file passphrase --store other --json
same "the imported key is the exported one" "$(field out key)" "$key"
"$coseal" identity new --store third >/dev/null
ends 5 "import never overwrites another identity" "$coseal" identity import box --passphrase-file passphrase --store third
head -c 100 /dev/urandom >garbage
ends 5 "import of garbage is refused" "$coseal" identity import garbage --passphrase-file passphrase --store fourth
ends 1 "no passphrase and no terminal is a usage error" setsid "$coseal" identity export box2
ends 0 "rotate changes the key" "$coseal" identity rotate --as third --store third --json

# -- a store that can not be used
cp other loose && chmod 644 loose
ends 5 "a store that others may read is refused" "$coseal" identity show --store loose
printf 'not a store' >corrupt && chmod 600 corrupt
ends 5 "a corrupt store is refused" "$coseal" identity show --store corrupt

# -- stores by their addresses, as far as this build has them
ends 1 "an address of a store that is none is refused" "$coseal" identity show --store redsi://host
says "sqlite:PATH" "it says which there are"
ends 0 "a store in memory is gone at the end" "$coseal" identity new --store memory:
ends 0 "a file may be called by its address" "$coseal" identity new --store file:by-address --json
COSEAL_STORE=by-address ends 0 "COSEAL_STORE names the store" "$coseal" identity provision --json
says '"created":false' "which is the same file"
if "$coseal" identity new --store sqlite:sqlite.db >out 2>err; then
  ok "an identity lives in SQLite"
  ends 0 "and is there for the next command" "$coseal" identity show --store sqlite:sqlite.db
  same "in a file of the owner alone" "$(stat -c %a sqlite.db)" 600
fi
"$coseal" identity show --store 'redis://user:hidden@127.0.0.1:1' >out 2>err
status=$?
if [ "$status" -ne 1 ]; then
  same "a Redis that is not there is a failure of the storage" "$status" 5
  says 'redis://user:***@127.0.0.1:1' "and is named without its password"
fi
if [ "$status" -ne 1 ] && command -v redis-server >/dev/null; then
  redis-server --port 0 --unixsocket "$directory/redis" --save '' --dir "$directory" >redis.log 2>&1 &
  redis=$!
  for _ in $(seq 600); do
    [ -S redis ] && break
    sleep 0.05
  done
  ends 0 "an identity lives in Redis" "$coseal" identity new --store "redis+unix://$directory/redis"
  ends 0 "and is there for the next command" "$coseal" identity show --store "redis+unix://$directory/redis"
  ends 0 "and is rotated" "$coseal" identity rotate --as backend --store "redis+unix://$directory/redis"
  kill "$redis"
  wait "$redis"
fi

# -- transfers: every carrier, every level in rising order, each checked by its digest
head -c 3000000 /dev/urandom >sent
digest=$(sha256sum sent | cut -d' ' -f1)
carriers=(127.0.0.1:0 "unix:$directory/door")
# An address that is understood and leads nowhere is a network error (2), one that is not built in a usage error (1).
status=0
timeout 60 "$coseal" ping ws://127.0.0.1:1 --peer backend --store nobody >/dev/null 2>&1 || status=$?
has_ws='' has_tls=''
if [ "$status" -eq 2 ]; then
  has_ws=yes
  carriers+=(ws://127.0.0.1:0 any://127.0.0.1:0)
fi
if command -v openssl >/dev/null; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1 \
    -keyout tls.key -out tls.pem 2>/dev/null
  status=0
  timeout 60 "$coseal" ping tls://127.0.0.1:1 --peer backend --store nobody --ca tls.pem >/dev/null 2>&1 || status=$?
  if [ "$status" -eq 2 ]; then has_tls=yes carriers+=(tls://127.0.0.1:0); fi
  if [ -n "$has_tls" ] && [ -n "$has_ws" ]; then carriers+=(wss://127.0.0.1:0); fi
fi
for carrier in "${carriers[@]}"; do
  kind=${carrier%%:*}
  showing=() trusting=()
  if [[ $kind = tls || $kind = wss ]]; then showing=(--cert tls.pem --key tls.key) trusting=(--ca tls.pem); fi
  for level in none authenticated encrypted; do
    listens receiver "$carrier" --as backend --minimum-level none --file received --sha256 --json \
      --store "$kind.backend" "${showing[@]}"
    ends 0 "$kind, $level: connect ends well" "$coseal" connect "$address" --peer backend --as frontend --level "$level" \
      --file sent --sha256 --json --store "$kind.frontend" "${trusting[@]}"
    listener_ends 0 "$kind, $level: listen ends well"
    if cmp -s sent received; then ok "$kind, $level: the file arrived"; else not_ok "$kind, $level: the file arrived"; fi
    same "$kind, $level: the sender's digest" "$(field err sha256)" "$digest"
    same "$kind, $level: the receiver's digest" "$(field receiver.err sha256)" "$digest"
    same "$kind, $level: the level that was asked for" "$(field receiver.err level)" "$level"
    rm -f received
  done
done
says '"first_contact":false' "the second contact is recognised"

if [ -f tls.pem ] && [[ "${carriers[*]}" = *tls://* ]]; then
  ends 1 "a listener of TLS without a certificate is a usage error" "$coseal" listen tls://127.0.0.1:0 --store tls.backend
  ends 1 "authorities that can not be read are a usage error" "$coseal" connect tls://127.0.0.1:1 --peer p --ca tls.key
  says "--ca tls.key" "it says which"
fi

# -- streams, both ways
listens talker 127.0.0.1:0 --as backend --once --store 127.0.0.1.backend <<<'from the acceptor'
printf 'from the connector\n' | timeout 60 "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend >out 2>err
listener_ends 0 "a conversation ends well"
same "standard input reaches the acceptor" "$(cat talker.out)" "from the connector"
same "and the other way" "$(cat out)" "from the acceptor"
listens empty 127.0.0.1:0 --as backend --once --store 127.0.0.1.backend
ends 0 "closed standard descriptors are no trouble" bash -c '"$@" <&- >&-' - "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend
listener_ends 0 "an empty conversation ends well"

# -- several addresses, and one port for all
listens fallback 127.0.0.1:0 --as backend --once --store 127.0.0.1.backend </dev/null
ends 0 "the first address that can be reached is used" "$coseal" connect 127.0.0.1:1 "$address" --peer backend \
  --as frontend --store 127.0.0.1.frontend --json
says '"event":"unreachable"' "and the other is named"
listener_ends 0 "a session over the second address ends well"
ends 6 "addresses that lead nowhere are tried until the time is over" "$coseal" connect 127.0.0.1:1 127.0.0.1:1 \
  --peer backend --timeout 0.7 --store 127.0.0.1.frontend
if [ -n "$has_ws" ]; then
  showing=()
  if [ -n "$has_tls" ]; then showing=(--cert tls.pem --key tls.key); fi
  listens one-port any://127.0.0.1:0 --as backend --store any.backend "${showing[@]}"
  ends 0 "one port takes TCP" "$coseal" ping "$address" --peer backend --as frontend --count 1 --store any.frontend
  ends 0 "and WebSocket" "$coseal" ping "ws${address#tcp}" --peer backend --as frontend --count 1 --store any.frontend
  if [ -n "$has_tls" ]; then
    for inside in tls wss; do
      ends 0 "and $inside" "$coseal" ping "$inside${address#tcp}" --peer backend --as frontend --count 1 --store any.frontend --ca tls.pem
    done
  fi
  if command -v curl >/dev/null; then
    ends 0 "and says to people what it is" curl -s --max-time 20 "http${address#tcp}/"
    says "This port speaks coseal/1" "in words"
  fi
  kill -TERM "$listener" && wait "$listener"
fi

# -- pins
ends 0 "list shows pins" "$coseal" pins list --store 127.0.0.1.frontend --json
says '"coordinate":"backend"' "the acceptor is pinned under what was asked for"
backend_key=$(field out key)
same "with its key" "$backend_key" "$("$coseal" identity show --store 127.0.0.1.backend --json | grep -o '"key":"[^"]*"' | cut -d'"' -f4)"
ends 1 "a fingerprint is not enough to accept" "$coseal" pins accept --acceptor backend SHA256:abc --store 127.0.0.1.frontend
says "64 hexadecimal digits" "it says what is"
ends 1 "a pin needs a role" "$coseal" pins forget backend --store 127.0.0.1.frontend
ends 5 "forgetting what is not there is an error" "$coseal" pins forget --acceptor nobody --store 127.0.0.1.frontend

# -- sessions
listens keeper 127.0.0.1:0 --as backend --store 127.0.0.1.backend
ends 0 "a session can be kept" "$coseal" ping "$address" --peer backend --as frontend --count 1 --store 127.0.0.1.frontend --keep main --json
says '"start":"fresh"' "the first one is fresh"
session=$(field out id)
kill -KILL "$listener"
listener_ends 137 "the listener is killed"
listens keeper "$address" --as backend --store 127.0.0.1.backend
ends 0 "another run goes on with it" "$coseal" ping "$address" --peer backend --as frontend --count 1 --store 127.0.0.1.frontend --keep main --json
says '"start":"resumed"' "and says so"
same "it is the same session" "$(field out id)" "$session"
ends 0 "sessions list shows it" "$coseal" sessions list --store 127.0.0.1.frontend --json
same "with its id" "$(field out id)" "$session"
ends 1 "a session id has 32 digits" "$coseal" sessions revoke abc --store 127.0.0.1.backend
ends 0 "a session is revoked" "$coseal" sessions revoke "$session" --store 127.0.0.1.backend
ends 0 "then another begins" "$coseal" ping "$address" --peer backend --as frontend --count 1 --store 127.0.0.1.frontend --keep main --json
says '"start":"expired"' "because the one before can not go on"
ends 1 "a name is not a path" "$coseal" ping "$address" --peer backend --as frontend --count 1 --store 127.0.0.1.frontend --keep a/b
kill -TERM "$listener"
listener_ends 0 "the second listener ends well"

# -- an impostor, and the command that would accept it
listens impostor 127.0.0.1:0 --as backend --store impostor
ends 3 "another key is refused" "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend
says "$("$coseal" identity show --store impostor --json | grep -o 'SHA256:[^"]*')" "it shows the new fingerprint"
says "$("$coseal" identity show --store 127.0.0.1.backend --json | grep -o 'SHA256:[^"]*')" "it shows the old fingerprint"
command=$(cat out err | grep -o 'coseal pins accept.*' | head -n 1)
says "coseal pins accept" "it shows the command"
# The command as printed, by the binary under test.
ends 0 "the command works as it stands" bash -c "${command/coseal/\"\$0\"}" "$coseal"
ends 0 "then the key is accepted" "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend
ends 0 "revoke" "$coseal" pins revoke --acceptor backend --store 127.0.0.1.frontend
ends 3 "a revoked key is refused" "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend
ends 0 "forget" "$coseal" pins forget --acceptor backend --store 127.0.0.1.frontend
ends 3 "a pin can be demanded" "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend --pinned-only
ends 0 "what was forgotten is a first contact" "$coseal" connect "$address" --peer backend --as frontend --store 127.0.0.1.frontend --json
says '"first_contact":true' "and says so"
ends 3 "the wrong coordinate is refused" "$coseal" connect "$address" --peer somebody --as frontend --store 127.0.0.1.frontend
kill -TERM "$listener"
listener_ends 0 "SIGTERM ends a listener well"

# -- levels
listens strict 127.0.0.1:0 --as backend --store 127.0.0.1.backend
ends 3 "a listener demands encryption unless told otherwise" "$coseal" connect "$address" --peer backend --as other --level authenticated --store 127.0.0.1.other
kill -TERM "$listener"; wait "$listener"
listens open 127.0.0.1:0 --as backend --minimum-level none --store 127.0.0.1.backend
"$coseal" connect "$address" --peer backend --as other --store 127.0.0.1.other >out 2>err
for level in authenticated none; do
  ends 3 "a lower level than before ($level) is refused" "$coseal" connect "$address" --peer backend --as other --level "$level" --store 127.0.0.1.other
done
says_in_log=$(grep -c -- '--ledger allow' open.err)
if [ "$says_in_log" -ge 2 ]; then ok "the listener says which option would allow it"; else not_ok "the listener says which option would allow it" "$(cat open.err)"; fi
ends 0 "ping ends well" "$coseal" ping "$address" --peer backend --as other -c 3 -i 0.01 --store 127.0.0.1.other
says "rtt min/avg/max" "ping prints its figures"
kill -TERM "$listener"; wait "$listener"
listens allowing 127.0.0.1:0 --as backend --minimum-level none --ledger allow --store 127.0.0.1.backend
ends 0 "--ledger allow allows it" "$coseal" connect "$address" --peer backend --as other --level none --store 127.0.0.1.other
kill -TERM "$listener"; wait "$listener"

# -- calls over HTTP, where they are built in
status=0
timeout 60 "$coseal" ping http://127.0.0.1:1/ --peer backend --store nobody >/dev/null 2>&1 || status=$?
if [ "$status" -eq 2 ]; then
  listens calls http://127.0.0.1:0 --as backend --store http.backend
  printf 'a question' >question
  ends 0 "a call over HTTP ends well" "$coseal" connect "$address/any/path" --peer backend --as frontend --file question --store http.frontend
  says "a question" "its answer is what it brought"
  ends 0 "ping over HTTP ends well" "$coseal" ping "$address" --peer backend --as frontend -c 3 -i 0.01 --store http.frontend
  says "pong 3: " "it prints each call"
  ends 1 "level none has no calls" "$coseal" ping "$address" --peer backend --as frontend --level none --store http.frontend
  ends 3 "another coordinate is refused" "$coseal" ping "$address" --peer other --as frontend --store http.frontend
  kill -TERM "$listener"; wait "$listener"
fi

# -- the path
listens target 127.0.0.1:0 --as backend --store 127.0.0.1.backend
port=${address##*:}
for offset in 30 100000; do
  rm -f proxy.address
  "$proxy" 127.0.0.1 "$port" "$offset" proxy.address >proxy.out 2>&1 &
  appears proxy.address
  if [ "$offset" -lt 1000 ]; then where="the handshake"; else where="the data"; fi
  timeout 60 "$coseal" connect "$(cat proxy.address)" --peer backend --as other --file sent --store 127.0.0.1.other >out 2>err
  code=$?
  case $code in
    2 | 3 | 4) ok "a bit flipped in $where is refused" ;;
    *) not_ok "a bit flipped in $where is refused" "exit code $code" "$(cat err)" ;;
  esac
done
says_tag=$(grep -c 'failed authentication' target.err)
if [ "$says_tag" -ge 1 ]; then ok "the listener names the tampering"; else not_ok "the listener names the tampering" "$(cat target.err)"; fi
kill -TERM "$listener"; wait "$listener"
ends 2 "nobody listening is a network error" "$coseal" connect "127.0.0.1:$port" --peer backend --timeout 5
ends 2 "no socket file is a network error" "$coseal" connect "unix:$directory/nothing" --peer backend --timeout 5
ends 5 "a file that is not there is a storage error" "$coseal" connect "127.0.0.1:$port" --peer backend --file nothing
says "coseal: can not read nothing" "and names the file"
COSEAL_AEAD=nonsense ends 7 "a missing AES backend is said" "$coseal" connect "127.0.0.1:$port" --peer backend --timeout 5

COSEAL_AEAD=nonsense ends 7 "by listen too" "$coseal" listen 127.0.0.1:0 --once

# -- channels
printf 'coseal channel 1\nto_acceptor users/greet{name:text}->text\n' >before.txt
{ cat before.txt && printf 'to_acceptor users/leave{}\n'; } >appended.txt
sed 's/name:text/name:text,age:u8/' before.txt >changed.txt
ends 0 "a channel does not differ from itself" "$coseal" channel-diff before.txt before.txt
ends 0 "what is appended breaks nothing" "$coseal" channel-diff before.txt appended.txt
says "position 2 of to_acceptor: users/leave was appended" "and is named"
ends 4 "a changed action breaks old peers" "$coseal" channel-diff before.txt changed.txt --json
says '"compatible":false,"kind":"changed","direction":"to_acceptor","position":1' "and is named for scripts"
ends 4 "so does one that is removed" "$coseal" channel-diff appended.txt before.txt
ends 1 "what is no description is said" "$coseal" channel-diff before.txt sent
ends 5 "so is a file that is not there" "$coseal" channel-diff before.txt nothing

# -- signals, deadlines, terminals
listens target 127.0.0.1:0 --as backend --store 127.0.0.1.backend
mkfifo never
sleep 60 >never &
writer=$!
"$coseal" connect "$address" --peer backend --as other --store 127.0.0.1.other --json <never >talker.out 2>talking.err &
talker=$!
appears talking.err
kill -TERM "$talker"
wait "$talker"
same "SIGTERM ends a connector with its own code" $? 8
kill "$writer" 2>/dev/null
ends 0 "on a terminal there is a bar" script -qec "'$coseal' connect '$address' --peer backend --as other --store 127.0.0.1.other --file sent" /dev/null
says "[#" "it moves"
says "B/s" "with a rate"
kill -STOP "$listener"
ends 6 "a peer that does not answer is timed out" "$coseal" connect "$address" --peer backend --as other --store 127.0.0.1.other --timeout 0.3
kill -CONT "$listener"
kill -TERM "$listener"; wait "$listener"
listens waiting 127.0.0.1:0 --as backend --once --store 127.0.0.1.backend
kill -TERM "$listener"
listener_ends 8 "SIGTERM before the one session is an interruption"

printf '1..%d\n' "$count"
