#!/usr/bin/env bash
# exchange_nginx_test.sh SERVER CALLS [CLIENTS [NUMBER]]: NUMBER calls of CLIENTS peers through nginx, which hands each to
# the next of four processes; one of them is killed on the way and started again. No session sticks to a process, and no
# call ends without an outcome.
set -u
server=$(realpath "$1")
calls=$(realpath "$2")
clients=${3:-32} number=${4:-2000}
nginx=$(command -v nginx || command -v /usr/sbin/nginx) || {
  printf 'SKIP: there is no nginx\n'
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
mkdir -m 700 store

cat >nginx.conf <<END
daemon off;
master_process off;
pid $directory/nginx.pid;
error_log $directory/nginx.log warn;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path $directory/body;
  proxy_temp_path $directory/proxy;
  fastcgi_temp_path $directory/fastcgi;
  uwsgi_temp_path $directory/uwsgi;
  scgi_temp_path $directory/scgi;
  upstream processes {
    server unix:$directory/1 max_fails=0;
    server unix:$directory/2 max_fails=0;
    server unix:$directory/3 max_fails=0;
    server unix:$directory/4 max_fails=0;
    keepalive 32;
  }
  server {
    listen unix:$directory/front;
    client_max_body_size 2m;
    keepalive_requests 1000000;
    location / {
      proxy_pass http://processes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host \$http_host;
    }
  }
}
END

pids=()
# start N: until it says that it listens.
start() {
  [ -p "line$1" ] || mkfifo "line$1"
  "$server" "$directory/$1" "$directory/store/backend" >"line$1" 2>>"server$1.log" &
  pids[$1]=$!
  local said
  read -r said <"line$1" && [ "$said" = listening ]
}
for i in 1 2 3 4; do start "$i" || exit 1; done
"$nginx" -p "$directory" -c "$directory/nginx.conf" 2>nginx.err &
for _ in $(seq 200); do
  [ -S front ] && break
  sleep 0.05
done
[ -S front ] || {
  cat nginx.err nginx.log
  exit 1
}

mkfifo progress
"$calls" "$directory/front" "$clients" "$number" >progress 2>calls.log &
caller=$!
exec 3<progress
read -r said <&3
if [ "$said" = half ]; then
  kill -9 "${pids[2]}"
  wait "${pids[2]}" 2>/dev/null
  start 2 || exit 1
fi
read -r told <&3
wait "$caller"
status=$?
printf '%s\n' "$told"
[ "$status" = 0 ] || {
  cat calls.log
  tail -n 20 nginx.log
  exit 1
}
# What may run any number of times is answered, whoever dies; what may not, ends in an answer or in "unknown".
if ! grep -Eq ' refused 0 not_sent 0 ' <<<"$told" || [ -s calls.log ]; then
  head -n 20 calls.log
  exit 1
fi
