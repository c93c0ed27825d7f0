#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx.sh: nginx with two workers, threads for files, and itself behind its
# proxy, against plain clang's: what curl gets for files, ranges, uploads,
# pipelined and slow requests, many at once; then a new configuration, new
# logs, and an orderly end, by signals. Its own tests are in no package. By name
# only: a minute to build.
. "$(dirname "$0")/lib.sh"
[ -z "$ci" ] || skip "nginx.sh is not for the short form"
command -v curl >/dev/null || skip "no curl"
fetch nginx

build_nginx() {
	cp -r "$src/nginx/." .
	./configure --with-cc="$CC" --with-threads --with-stream --with-file-aio \
		--with-cc-opt="$LEVEL -w -fno-omit-frame-pointer" --with-debug \
		--without-http_rewrite_module
	make -j"${JOBS:-2}"
}

write_site() { # write_site DIR GREETING
	mkdir -p "$1/logs" "$1/html"
	echo hello >"$1/html/small"
	seq 300000 >"$1/html/large"
	cat >"$1/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		error_log logs/error.log;
		pid logs/pid;
		events { worker_connections 512; }
		http {
			gzip on; gzip_types *; gzip_min_length 1000;
			sendfile on; aio threads; client_body_buffer_size 16k;
			client_max_body_size 10m;
			server {
				listen 127.0.0.1:18080; root html;
				location /greeting { default_type text/plain; alias html/$2; }
				location /proxy/ {
					proxy_pass http://unix:$1/back.sock:/;
					proxy_http_version 1.1; proxy_request_buffering off;
				}
				location /gone/ { proxy_pass http://127.0.0.1:18099/; }
				location /slow/ { alias html/; limit_rate 2m; }
			}
			server {
				listen unix:$1/back.sock; root html;
				client_body_in_file_only clean;
				location /upload { # read to its end, then answered
					proxy_method GET; proxy_pass_request_body off;
					proxy_set_header Content-Length "";
					proxy_pass http://127.0.0.1:18080/small;
				}
			}
		}
		stream { server { listen 127.0.0.1:18081; proxy_pass 127.0.0.1:18080; } }
	END
	echo "greeting 1" >"$1/html/one"
	echo "greeting 2" >"$1/html/two"
}

# Status, number of bytes and checksum.
get() {
	curl -s -S -m 60 -w '\n%{http_code} %{size_download} %{size_upload}\n' "$@" \
		2>&1 | grep -av '^Date:' | md5sum | sed "s|^|${*: -1} |"
}

# Until the test does it, or 20 seconds have passed.
wait_for() {
	for ((i = 0; i < 200; i++)); do "$@" && return; sleep 0.1; done
	echo "timeout: $*"
}

requests() {
	local http=http://127.0.0.1:18080
	get $http/small
	get $http/large
	get --compressed $http/large
	get -r 100-200,5000-5100 $http/small
	get -r 100-200 $http/large
	get -I $http/missing
	get $http/small $http/large $http/small
	get $http/proxy/large
	get -T "$1/html/large" $http/proxy/upload
	get -H 'Transfer-Encoding: chunked' -T "$1/html/large" $http/proxy/upload
	get -o /dev/null $http/gone/
	get $http/slow/large
	get http://127.0.0.1:18081/large
	seq 200 | xargs -P 20 -I{} sh -c "curl -s -m 60 $http/proxy/large | md5sum" |
		sort | uniq -c
	exec 5<>/dev/tcp/127.0.0.1/18080 # pipelined, in two pieces
	printf 'GET /small HTTP/1.1\r\nHost: a\r\n\r\nGET /small HTTP/1.1\r\nHo' >&5
	sleep 0.1
	printf 'st: a\r\nConnection: close\r\n\r\n' >&5
	grep -ac '^hello' <&5
	exec 5>&-
}

run_nginx() { # run_nginx BINARY
	local at pid
	at=$(mktemp -d)
	chmod 755 "$at" # root's workers are nobody
	write_site "$at" one
	"$1" -p "$at" -c nginx.conf >"$at/out" 2>&1 &
	pid=$!
	wait_for curl -s -o "$at/html/got" http://127.0.0.1:18080/small
	requests "$at"
	get http://127.0.0.1:18080/greeting
	write_site "$at" two
	kill -HUP $pid
	is_new() { curl -s http://127.0.0.1:18080/greeting | grep -q 2; }
	wait_for is_new
	requests "$at"
	mv "$at/logs/access.log" "$at/logs/old.log"
	kill -USR1 $pid
	wait_for test -e "$at/logs/access.log"
	# a worker that is killed is followed by another
	kill -KILL $(pgrep -P $pid | head -n 1)
	get http://127.0.0.1:18080/small
	(sleep 0.3; kill -QUIT $pid) &
	get http://127.0.0.1:18080/slow/large # finished all the same
	wait $pid
	echo "status $?"
	grep -cE '\[(alert|emerg)\]' "$at/logs/error.log" # the killed one
	rm -rf "$at"
}
export -f write_site get wait_for requests run_nginx

modes=${CORPUS_MODES:-$modes redirect=1 move=1,redirect=1}
build nginx plain -O2 build_nginx || finish
run_nginx "$dir/objs/nginx" >"$dir/wanted" 2>&1
wanted=$dir/wanted
for level in ${LEVELS:--O2}; do
	build nginx vine "$level" build_nginx || continue
	same "nginx $level" "$wanted" bash -c "run_nginx $dir/objs/nginx"
done
finish
