#!/usr/bin/env bash
# channel_web_test.sh EXAMPLE_WEB COSEAL: one channel on one port, called by curl, read by Python, called and
# watched by the command over every carrier that the port takes.
set -u
web=$(realpath "$1")
coseal=$(realpath "$2")
for program in curl python3; do
  command -v "$program" >/dev/null || {
    printf 'SKIP: there is no %s\n' "$program"
    exit 77
  }
done
directory=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null; done
  wait
  rm -rf "$directory"
}
trap clean_up EXIT
cd "$directory" || exit 1
export XDG_STATE_HOME="$directory/state"

count=0 failed=0
# is NAME WANTED GOT
is() {
  count=$((count + 1))
  if [ "$2" = "$3" ]; then
    printf 'ok %d - %s\n' "$count" "$1"
  else
    printf 'not ok %d - %s\n# wanted: %s\n# got:    %s\n' "$count" "$1" "$2" "$3"
    failed=1
  fi
}
fetch() { curl --silent --show-error --max-time 20 --noproxy '*' "$@" 2>&1; }
status_of() { fetch --output /dev/null --write-out '%{http_code}' "$@"; }
json='Content-Type: application/json'
# call ADDRESS ACTION [JSON]: standard output and the exit code.
call() { timeout 60 "$coseal" call "$1" "${@:2}" --peer board --timeout 20 2>err; printf '[%s]' $?; }

mkfifo line
"$web" serve >line &
read -r port <line || exit 1
url=http://$port

is 'curl calls' 1 "$(fetch --header "$json" --data '{"text":"by curl"}' "$url/notes/write")"
is 'curl reads' '[{"text":"by curl"}]' "$(fetch --header "$json" --data '{}' "$url/notes/read")"
is 'an action that is not there' 404 "$(status_of --header "$json" --data '{}' "$url/notes/burn")"
is 'a call that is not POSTed' 405 "$(status_of "$url/notes/read")"
is 'a form is no call' 415 "$(status_of --data 'text=a' "$url/notes/write")"
is 'JSON that does not fit' 400 "$(status_of --header "$json" --data '{"text":7}' "$url/notes/write")"
is 'the place is named' 1 "$(fetch --header "$json" --data '{"text":7}' "$url/notes/write" | grep -c '"detail":"text: ')"
is 'a declared error' 422 "$(status_of --header "$json" --data "{\"text\":\"$(head -c 200 /dev/zero | tr '\0' x)\"}" "$url/notes/write")"
is 'a web page of another origin' 403 "$(status_of --header "$json" --header 'Origin: https://evil.example' --data '{}' "$url/notes/read")"

fetch "$url/" >openapi.json
is 'Python finds every call in the OpenAPI document, and every reference leads somewhere' 'ok' "$(python3 - <<'PY'
import json
document = json.load(open('openapi.json'))
assert document['openapi'].startswith('3.1')
assert sorted(document['paths']) == ['/notes/read', '/notes/write'], document['paths']
assert sorted(document['webhooks']) == ['notes/note']
write = document['paths']['/notes/write']['post']
assert sorted(write['responses']) == ['200', '422']
assert 'application/problem+json' in write['responses']['422']['content']
def walk(part):
    if isinstance(part, dict):
        if '$ref' in part:
            at = document
            for name in part['$ref'].removeprefix('#/').split('/'):
                at = at[name]
        for each in part.values():
            walk(each)
    elif isinstance(part, list):
        for each in part:
            walk(each)
walk(document)
print('ok')
PY
)"

# One call each over every carrier that the port takes.
for scheme in tcp ws http; do
  is "the command calls over $scheme" '[{"text":"by curl"}]
[0]' "$(call "$scheme://$port" notes/read)"
done
is 'its own level none is refused the description' '[3]' "$(call "tcp://$port" notes/read --level none --as plain)"
is 'a declared error is printed, and the exit code tells' '{"too_long":{"most":100}}
[9]' "$(call "http://$port" notes/write "{\"text\":\"$(head -c 200 /dev/zero | tr '\0' x)\"}")"
is 'an action that is not there is a usage error' '[1]' "$(call "http://$port" notes/burn)"
is 'so is JSON that does not fit' '[1]' "$(call "ws://$port" notes/write '{"text":7}')"
is 'whose place is named' 1 "$(grep -c 'text: ' err)"
is 'a port where nobody listens is the network' '[2]' "$(call 'http://127.0.0.1:1' notes/read)"

timeout 60 "$coseal" watch "ws://$port" --peer board --count 2 >pushes 2>watch.err &
watcher=$!
until grep -q connected watch.err 2>/dev/null; do sleep 0.05; done
call "http://$port" notes/write '{"text":"one"}' >/dev/null
fetch --header "$json" --data '{"text":"two"}' "$url/notes/write" >/dev/null
wait "$watcher"
is 'the command watches pushes' '{"push":"notes/note","value":{"text":"one"}}
{"push":"notes/note","value":{"text":"two"}}' "$(cat pushes)"

printf '1..%d\n' "$count"
exit "$failed"
