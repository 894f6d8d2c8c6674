#!/usr/bin/env bash
# http_curl_test.sh HTTP_ECHO HTTP_GET: our server asked by curl, and our client asking it and Python's server.
set -u
echo_server=$(realpath "$1")
http_get=$(realpath "$2")
command -v curl >/dev/null || {
  printf 'SKIP: there is no curl\n'
  exit 77
}
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

mkfifo line
"$echo_server" --listen 127.0.0.1:0 --origin https://app.example --most-body 300000 >line &
server=$!
read -r _ _ url <line || exit 1

head -c 200000 /dev/urandom >body
head -c 5000000 /dev/zero >large

is 'curl reads a target' '/a?b=c' "$(fetch "$url/a?b=c")"
is 'curl reads its body back' 'hello' "$(fetch --data hello "$url/")"
fetch --data-binary @body --output back "$url/"
is 'a body of 200 kB comes back' 0 "$(cmp body back >&2; printf %s $?)"
fetch --header 'Transfer-Encoding: chunked' --data-binary @body --output chunks "$url/"
is 'so it does in chunks' 0 "$(cmp body chunks >&2; printf %s $?)"
is 'curl is told to go on' 1 "$(fetch --verbose --header 'Expect: 100-continue' --data hello "$url/" | grep -c '^< HTTP/1.1 100 Continue')"
is 'HEAD has the length and no body' 'Content-Length: 2' "$(fetch --head "$url/x" | tr -d '\r' | grep Content-Length)"
is 'one connection serves two requests' '1 0 ' "$(fetch --write-out '%{num_connects} ' --output /dev/null --output /dev/null "$url/1" "$url/2")"
is 'HTTP/1.0 is answered' '/old' "$(fetch --http1.0 "$url/old")"
is 'a body too large is told so' 413 "$(status_of --data-binary @large --header 'Expect:' "$url/")"
is 'so are chunks too large' 413 "$(status_of --data-binary @large --header 'Expect:' --header 'Transfer-Encoding: chunked' "$url/")"
is 'a target too long is told so' 414 "$(status_of "$url/$(head -c 9000 /dev/zero | tr '\0' x)")"
is 'a head too large is told so' 431 "$(status_of --header "A: $(head -c 20000 /dev/zero | tr '\0' x)" "$url/")"
is 'a coded body is told so' 415 "$(status_of --data x --header 'Content-Encoding: gzip' "$url/")"
is 'another web page is refused' 403 "$(status_of --header 'Origin: https://evil.example' "$url/")"
is 'a web page on the list is served' 200 "$(status_of --header 'Origin: https://app.example' "$url/")"
is 'its preflight is answered' 'Access-Control-Allow-Origin: https://app.example' "$(fetch --head --request OPTIONS \
  --header 'Origin: https://app.example' --header 'Access-Control-Request-Method: POST' "$url/" | tr -d '\r' | grep Allow-Origin)"
is 'two Hosts are refused' 400 "$(status_of --header 'Host: a, b' "$url/")"
is 'http-get reads two targets' '/1/2' "$("$http_get" "$url/1" "$url/2")"
is 'http-get tells a status' 1 "$("$http_get" "$url/$(head -c 9000 /dev/zero | tr '\0' x)" >/dev/null 2>&1; printf %s $?)"

kill -TERM "$server"
wait "$server"
is 'SIGTERM drains the server' 0 $?

"$echo_server" --listen 127.0.0.1:0 --host name.example:80 >line &
read -r _ _ url <line || exit 1
is 'a Host that is not on the list is refused' 421 "$(status_of "$url/")"
is 'one on the list is served' 200 "$(status_of --header 'Host: name.example:80' "$url/")"

if command -v python3 >/dev/null; then
  # Its responses are HTTP/1.0; Python picks the port and says it.
  python3 -u - >line <<'END' &
import http.server
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print("http://127.0.0.1:%d" % server.server_address[1])
server.serve_forever()
END
  read -r url <line || exit 1
  "$http_get" "$url/body" >got 2>/dev/null
  is "http-get reads a file of Python's server" 0 "$(cmp body got >&2; printf %s $?)"
  is 'http-get tells that there is none' 1 "$("$http_get" "$url/none" >/dev/null 2>&1; printf %s $?)"
fi
exit "$failed"
