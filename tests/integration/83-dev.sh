#!/usr/bin/env bash
# 83-dev.sh: `hiebox dev` with the demo in a container. Files are saved in a copy of the project as editors save them; each must be in
# the box within two seconds. A program beside the box answers through its OpenHIM. However it ends, nothing is left.
. "$(dirname "$0")/lib.sh"
need_root "hiebox dev in a container"
[ -n "$(command -v systemd-nspawn)" ] || { skip "hiebox dev in a container" "no systemd-nspawn"; exit 0; }
cp -r recipes units overlays builder "$work/"
[ ! -e recipes/demo.lock ] || cp recipes/demo.lock "$work/recipes/"
said=$work/said
begin() {
	: >"$said"
	(cd "$work" && exec "$hiebox" dev demo --nspawn -o "$out" "$@") </dev/null >"$said" 2>&1 &
	dev=$!
}
# wait_for PATTERN SECONDS: until it was said
wait_for() {
	local end=$((SECONDS + $2))
	until grep -qE -- "$1" "$said"; do
		[ $SECONDS -lt $end ] && kill -0 $dev 2>/dev/null || return 1
		sleep 0.1
	done
}
# says NAME PATTERN SECONDS
says() { if wait_for "$2" "$3"; then ok "$1"; else bad "$1" "nothing says /$2/"; tail -n 20 "$said" | sed 's/^/#   /'; fi; }
port_of() { sed -nE "s,^ +https?://127.0.0.1:([0-9]+)/ +$1\$,\\1,p" "$said"; }
children() { pgrep -f -- "-M demo -D /tmp/hiebox-machine" | wc -l; }
# gone NAME: no process of the box and no folder of this run
gone() {
	local end=$((SECONDS + 10))
	until [ "$(children)" = "$before" ] || [ $SECONDS -ge $end ]; do sleep 0.2; done
	same "$1: no process is left" "$before" "$(children)"
}
before=$(children)

python3 - "$work/mediator.port" <<-'PY' &
	import http.server, json, sys
	class Mediator(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        body = json.dumps({"x-mediator-urn": "urn:mediator:test", "status": "Successful", "response": {
	            "status": 203, "headers": {"content-type": "text/plain"}, "body": "from beside the box " + self.path,
	            "timestamp": "2026-01-01T00:00:00Z"}}).encode()
	        self.send_response(200)
	        self.send_header("Content-Type", "application/json+openhim")
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	    def log_message(self, *_): pass
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mediator)
	open(sys.argv[1], "w").write(str(server.server_port))
	server.serve_forever()
PY
mediator=$!
trap 'kill $mediator ${dev:-} 2>/dev/null; wait 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
until [ -s "$work/mediator.port" ]; do sleep 0.1; done

begin --mediator "127.0.0.1:$(cat "$work/mediator.port")"
says "the box is there" '^The box is there' 900
says "the program is behind OpenHIM" 'is behind the box' 300
login=$(sed -nE 's/.*curl -i -u ([^ ]+) .*/\1/p' "$said")
router=$(port_of 'OpenHIM router \(http\)') page=$(port_of "The box's page \\(http\\)")
same "what comes to 5001 reaches it" "from beside the box /my-mediator/a 203" \
	"$(curl -s -m 20 -u "$login" -w ' %{http_code}' "http://127.0.0.1:$router/my-mediator/a")"
same "without the login it does not" 401 "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$router/my-mediator/a")"

cd "$work" || exit 1
echo '/* saved */' >>overlays/reverse-proxy-nginx/usr/share/hie/page/style.css
says "a file that nginx hands out" '^ +1 laid over, [01]\.[0-9]+ s' 10
same "is what the browser gets" '/* saved */' "$(curl -s -m 10 "http://127.0.0.1:$page/style.css" | tail -n 1)"
sed -i '$a# saved' overlays/reverse-proxy-nginx/usr/lib/hie/reverse-proxy-nginx/nginx.conf
says "nginx's own settings, as sed saves them" 'nginx.service reloaded, [01]\.[0-9]+ s' 10
sed -i 's/^Type=exec/Type=exce/' units/reverse-proxy-nginx/nginx.service.d/hie.conf
says "a unit with a mistake stays as it was" 'nginx.service has a mistake; the old one stays' 10
says "and systemd's words are shown" 'hie.conf:[0-9]+: Failed to parse Type=exce' 5
same "nginx goes on" 200 "$(curl -s -m 10 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$page/style.css")"
sed -i 's/^Type=exce/Type=exec/; $a# saved' units/reverse-proxy-nginx/nginx.service.d/hie.conf
says "mended it is taken" 'nginx.service (restarted|starts), [01]\.[0-9]+ s' 10
file=overlays/interoperability-layer-openhim/usr/lib/hie/interoperability-layer-openhim/events.js
cp "$file" "$work/events.js"
sed -i '1i ((( ' "$file"
says "a program that cannot start is told" 'openhim.service FAILED' 60
says "with what it said" 'SyntaxError' 5
cat "$work/events.js" >"$file"
says "mended it runs" 'openhim.service runs' 60
kill -TERM $dev
wait $dev
same "an orderly end is right" 0 $?
gone "after an orderly end"

begin
says "it starts again" '^The box is there' 300
kill -KILL $dev
wait $dev 2>/dev/null
gone "after kill -9"
dev=''
