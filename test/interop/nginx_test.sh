#!/usr/bin/env bash
# nginx_test.sh COSEAL NGINX_CONF MAKE_CERTIFICATES: sessions through nginx, in the clear and over TLS, to two listeners that
# share one identity. The configuration is the one that the guide shows, with ports and files of this test.
set -u
coseal=$(realpath "$1")
configuration=$(realpath "$2")
make_certificates=$(realpath "$3")
PATH=$PATH:/usr/sbin
for program in nginx openssl python3; do
  command -v "$program" >/dev/null || {
    printf 'SKIP: there is no %s\n' "$program"
    exit 77
  }
done
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
chmod 755 "$directory" # nginx's workers are somebody else when it is started by root
cd "$directory" || exit 1
exec </dev/null
"$make_certificates" . || exit 1

count=0 failed=0
# ok NAME STATUS [FILE...]
ok() {
  count=$((count + 1))
  if [ "$2" -eq 0 ]; then
    printf 'ok %d - %s\n' "$count" "$1"
  else
    printf 'not ok %d - %s\n' "$count" "$1"
    shift 2
    [ $# -eq 0 ] || tail -n 5 -- "$@" | sed 's/^/# /'
    failed=1
  fi
}
# until COMMAND...: at most a minute
until_ends_well() {
  local tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || return 1
    sleep 0.1
  done
}

"$coseal" identity new --store shared >/dev/null || exit 1
for name in one two; do
  "$coseal" listen ws://127.0.0.1:0 --as backend --store shared --minimum-level none --ledger allow --address-file "$name.address" \
    >"$name.out" 2>"$name.err" &
done
until_ends_well test -s one.address -a -s two.address
ok 'two listeners share one identity' $? one.err two.err

free_ports() {
  python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in sockets))'
}
# Nobody else should take the ports in between; whoever did makes us try others.
for _ in 1 2 3 4 5; do
  read -r plain secure < <(free_ports)
  sed -e "s/listen 80;/listen 127.0.0.1:$plain;/" -e "s/listen 443 ssl/listen 127.0.0.1:$secure ssl/" \
    -e "s/127.0.0.1:9001/127.0.0.1:$(sed 's/.*://' one.address)/" -e "s/127.0.0.1:9002/127.0.0.1:$(sed 's/.*://' two.address)/" \
    -e "s,/etc/ssl/backend.pem,$PWD/server.pem," -e "s,/etc/ssl/private/backend.key,$PWD/server.key," "$configuration" >site.conf
  cat >nginx.conf <<END
daemon off;
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/nginx.err;
events {}
http {
  access_log off;
  client_body_temp_path $PWD/body;
  proxy_temp_path $PWD/proxy;
  fastcgi_temp_path $PWD/fastcgi;
  uwsgi_temp_path $PWD/uwsgi;
  scgi_temp_path $PWD/scgi;
  include $PWD/site.conf;
}
END
  nginx -p "$PWD" -e "$PWD/nginx.err" -c "$PWD/nginx.conf" &
  nginx=$!
  until_ends_well test -s nginx.pid || true
  kill -0 "$nginx" 2>/dev/null && break
  rm -f nginx.pid
done
kill -0 "$nginx" 2>/dev/null
ok 'nginx runs' $? nginx.err

head -c 3000000 /dev/urandom >file
sent=0
# through NAME ADDRESS OPTION...
through() {
  local name=$1 address=$2
  shift 2
  for level in none authenticated encrypted; do
    # Twice: round robin, both listeners.
    for time in first second; do
      timeout 60 "$coseal" connect "$address" --peer backend --store sender --level "$level" --file file "$@" >/dev/null 2>said
      ok "$name, $level, the $time" $? said nginx.err one.err two.err
      sent=$((sent + 1))
    done
  done
}
through 'without TLS' "ws://127.0.0.1:$plain/coseal"
through 'with TLS at nginx' "wss://127.0.0.1:$secure/coseal" --ca ca.pem
timeout 60 "$coseal" ping "wss://localhost:$secure/coseal" --peer backend --store sender --ca ca.pem -c 3 -i 0 >said 2>&1
ok 'ping through TLS at nginx' $? said nginx.err

timeout 60 "$coseal" connect "wss://127.0.0.1:$secure/coseal" --peer backend --store sender --ca other.pem >/dev/null 2>said
[ $? -eq 3 ] && grep -q 'vouches for' said
ok 'a wrong authority is refused and said' $? said
timeout 60 "$coseal" connect "ws://127.0.0.1:$plain/elsewhere" --peer backend --store sender >/dev/null 2>said
[ $? -eq 2 ] && grep -q 'did not open the WebSocket' said
ok 'a path that nginx does not forward is refused and said' $? said
timeout 60 "$coseal" connect "ws://127.0.0.1:$secure/coseal" --peer backend --store sender >/dev/null 2>said
[ $? -eq 2 ]
ok 'plain bytes on the port of TLS are refused' $? said

came=$(cat one.out two.out | wc -c)
[ "$came" -eq $((sent * 3000000)) ]
ok 'every byte came' $? one.err two.err
[ -s one.out ] && [ -s two.out ]
ok 'both listeners had their share' $?
if grep -qE 'truncated|without the peer|failed' one.err two.err; then false; else true; fi
ok 'every session ended clean' $? one.err two.err
kill "$nginx"
wait "$nginx"
exit "$failed"
