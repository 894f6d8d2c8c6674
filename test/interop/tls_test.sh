#!/usr/bin/env bash
# tls_test.sh MAKE_CERTIFICATES HTTP_ECHO HTTP_GET: our TLS with curl's and openssl's, as server and as client.
set -u
make_certificates=$(realpath "$1")
echo_server=$(realpath "$2")
http_get=$(realpath "$3")
for program in curl openssl python3; do
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
exec </dev/null
"$make_certificates" . || exit 1

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
# says NAME PATTERN TEXT
says() { is "$1" yes "$(if grep -qE "$2" <<<"$3"; then echo yes; else printf '%s' "$3" | tail -n 5; fi)"; }

# --- the server
mkfifo line
# serves CERTIFICATE: in $url and $port
serves() {
  "$echo_server" --listen 127.0.0.1:0 --most-body 20000000 --cert "$1.pem" --key "$1.key" >line &
  server=$!
  read -r _ _ url <line || exit 1
  port=${url##*:}
}
fetch() { curl --silent --show-error --max-time 20 --noproxy '*' --cacert ca.pem "$@" 2>&1; }
serves server
head -c 16777216 /dev/urandom >body
is 'curl reads a target' '/a?b=c' "$(fetch "$url/a?b=c")"
fetch --data-binary @body --header 'Expect:' --output back "$url/"
is 'a body of 16 MiB comes back' 0 "$(cmp body back >&2; printf %s $?)"
fetch --tls-max 1.2 --data-binary @body --header 'Expect:' --output back12 "$url/"
is 'so it does over TLS 1.2' 0 "$(cmp body back12 >&2; printf %s $?)"
is 'a name is served as well as an address' /x "$(fetch --resolve "localhost:$port:127.0.0.1" "https://localhost:$port/x")"
is 'each suite works' '/1/2/3' "$(fetch --tls13-ciphers TLS_AES_128_GCM_SHA256 "$url/1"; fetch --tls13-ciphers TLS_AES_256_GCM_SHA384 "$url/2"
  fetch --tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 "$url/3")"
is 'curl has the end announced' 0 "$(fetch --http1.0 --output /dev/null "$url/"; printf %s $?)"
is 'curl does not believe another authority' 60 "$(curl --silent --cacert other.pem "$url/"; printf %s $?)"
says 'no TLS 1.1' 'alert protocol version|unsupported protocol|no protocols available' \
  "$(openssl s_client -connect "127.0.0.1:$port" -tls1_1 -cipher 'ALL@SECLEVEL=0' </dev/null 2>&1)"
says 'no suite without forward secrecy' 'handshake failure' \
  "$(openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cipher AES128-GCM-SHA256 </dev/null 2>&1)"
says 'a protocol is agreed on or refused' 'no application protocol|No ALPN negotiated' \
  "$(openssl s_client -connect "127.0.0.1:$port" -alpn h2 </dev/null 2>&1)"
is 'no session is resumed' 0 "$(openssl s_client -connect "127.0.0.1:$port" -reconnect -tls1_2 </dev/null 2>&1 | grep -c '^Reused')"
is 'no ticket is given' 0 "$( (sleep 0.3; echo Q) | openssl s_client -connect "127.0.0.1:$port" -tls1_3 2>&1 | grep -c 'New Session Ticket arrived')"
# typed COMMAND PATTERN OPTION...: what openssl says to COMMAND. Slowly, since it must be a line of its own, and the answer of the
# handshake there before it; slower still until PATTERN is there.
typed() {
  local pause said=''
  for pause in 0.3 1 3; do
    said=$( (
      sleep "$pause"
      printf '%s\n' "$1"
      sleep "$pause"
      printf 'GET /after HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$port"
      sleep "$pause"
    ) | timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem "${@:3}" 2>&1)
    if grep -qE "$2" <<<"$said"; then break; fi
  done
  printf '%s\n' "$said"
}
refused='no renegotiation|unexpected message|handshake failure|:error:|alert'
says 'no renegotiation' "$refused" "$(typed R "$refused" -tls1_2)"
says 'a key update is answered' '^/after' "$(typed K '^/after' -tls1_3)"
is 'plain HTTP gets nothing of HTTP' '' "$(curl --silent --http0.9 --max-time 10 --noproxy '*' "http://127.0.0.1:$port/" | grep -aE 'HTTP|/' )"
is 'and the server goes on' /on "$(fetch "$url/on")"
kill -TERM "$server"
wait "$server"
is 'SIGTERM drains the server' 0 $?
serves rsa
is 'a certificate of RSA works' /rsa "$(fetch "$url/rsa")"
kill -TERM "$server"

# --- the client
# python serves CERTIFICATE MINIMUM MAXIMUM
asked() {
  local name=$1 ca=${2:-ca.pem} versions=${3:-TLSv1_2 TLSv1_3}
  python3 -u - "$name" "$versions" >line <<'END' &
import http.server, ssl, sys
name, versions = sys.argv[1], sys.argv[2].split()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.set_ciphers("ALL:@SECLEVEL=0")
context.minimum_version, context.maximum_version = (getattr(ssl.TLSVersion, version) for version in versions)
context.load_cert_chain(name + ".pem", name + ".key")
class quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
class quiet_server(http.server.HTTPServer):
    def handle_error(self, *_): pass
server = quiet_server(("127.0.0.1", 0), quiet)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("https://127.0.0.1:%d" % server.server_address[1])
server.serve_forever()
END
  local peer=$!
  read -r url <line || exit 1
  "$http_get" --ca "$ca" "$url/body" >got 2>said
  status=$?
  kill "$peer"
  wait "$peer" 2>/dev/null
}
asked server
is "http-get reads 16 MiB of Python's server" 0 "$(cmp body got >&2; printf %s $?)"
asked server ca.pem 'TLSv1_2 TLSv1_2'
is 'so it does over TLS 1.2' 0 "$(cmp body got >&2; printf %s $?)"
asked server ca.pem 'TLSv1 TLSv1_1'
says 'not from one of TLS 1.1' 'alert protocol_version|TLS failed' "$(cat said)"
asked server other.pem
says 'not from one of strangers' 'vouches for' "$(cat said)"
asked self
says 'not from one that vouches for itself' 'vouches for' "$(cat said)"
asked elsewhere
says 'not from one for another host' 'for another host' "$(cat said)"
asked expired
says 'not from one of the past' 'has expired' "$(cat said)"
is 'all of them end with 2' 2 "$status"
python3 -u -m http.server --bind 127.0.0.1 0 >line 2>&1 &
read -r said <line
plain=$(grep -oE 'port [0-9]+' <<<"$said" | cut -d' ' -f2)
says 'not from one without TLS' 'TLS failed|End of file' "$("$http_get" --ca ca.pem "https://127.0.0.1:$plain/body" 2>&1 >/dev/null)"
exit "$failed"
