#!/usr/bin/env bash
# test-against.sh: `hiebox test --against` plays workflows against an exchange that is not ours to boot; and its bad days.
. "$(dirname "$0")/../support/cli.sh"
mkdir -p "$work/files" "$work/flows"
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; rm -rf "$work"' EXIT

# begin NAME COMMAND…: a server; its first line is then in $work/NAME
begin() {
	local name=$1
	shift
	# bad_server.py ends with its standard input
	"$@" >"$work/$name" 2>"$work/$name.err" < <(exec sleep 600) &
	servers+=($!)
	for _ in $(seq 100); do [ -s "$work/$name" ] && return; sleep 0.1; done
}
begin mock python3 tests/support/mock_exchange.py "$work/files"
begin bad python3 tests/support/bad_server.py "$work/files"
mock=$(cat "$work/mock")
bad=http://127.0.0.1:$(head -n 1 "$work/bad")
echo '{}' >"$work/files/metadata"

# flow NAME METHOD PATH STATUS [MORE]: a workflow of one step
flow() {
	cat >"$work/flows/$1.yaml" <<-END
		workflow: $1
		architecture: "4.0"
		title: { en: Of one step }
		needs: [client-registry]
		actors: { clinic: point-of-service, registry: client-registry }
		values: { number: "{{unique}}" }
		steps:
		  - id: only
		    tell: { en: "The clinic asks, once." }
		    from: clinic
		    to: registry
		    as: pos-clinic-a
		    request: { method: $2, path: "$3"${6:+, $6} }
		    expect: { status: $4 }
		$5
	END
}
person='json: { resourceType: Patient, identifier: [{ system: "urn:x", value: "{{number}}" }] }'
flow reads GET '/CR/fhir/Patient?name=ada' 200 ''
flow matches POST '/CR/fhir/Patient/$match' 200 '' 'json: { resourceType: Parameters, parameter: [{ name: resource, resource: { resourceType: Patient } }] }'
flow tidies PUT '/CR/fhir/Patient?identifier=urn:x|{{number}}' 201 'cleanup:
  - as: pos-clinic-a
    request: { method: DELETE, path: "/CR/fhir/Patient?identifier=urn:x|{{number}}" }
    expect: { status: 200 }' "$person"
flow leaves PUT '/CR/fhir/Patient?identifier=urn:x|{{number}}' 201 '' "$person"
flow stranger GET /CR/fhir/Patient 200 ''
sed -i 's/as: pos-clinic-a/as: nobody-here/' "$work/flows/stranger.yaml"
cat >"$work/logins.yaml" <<'END'
pos-clinic-a: { user: pos-clinic-a, password: "pässwörd" }
END
chmod 600 "$work/logins.yaml"
printf '{"pos-clinic-a": {"user": "pos-clinic-a", "password": "wrong"}}' >"$work/wrong.json"

# play NAME STATUS PATTERN ARGUMENT…: against the mock
play() {
	local name=$1 status=$2 pattern=$3
	shift 3
	expect "$name" "$status" "$pattern" "$hiebox" test --against "$mock/exchange" --workflows "$work/flows" --credentials "$work/logins.yaml" "$@"
}
writes() { curl -sf "$mock/mock/world" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["writes"]), "writes")'; }

play "what only reads is played" 0 '^ok 1 - reads/only' reads
play "an operation that is known to read is" 0 '^ok 1 - matches/only' matches
play "what writes is skipped" 0 '^ok 1 - leaves # SKIP it would write \(PUT\)' leaves
play "and it is said how it is played" 0 '^warning: 2 of 5 workflows write.*--write'
expect "nothing was written" 0 '^0 writes' writes
play "a name without credentials is skipped" 0 'SKIP there are no credentials called "nobody-here"' stranger
play "with --write it is played, and what stays is said" 0 '^  DELETE /CR/fhir/Patient\?identifier=urn:x\|.* \(step only of leaves\)$' leaves --write
play "what cleans up leaves nothing" 0 '^Nothing that was written stays' tidies --write
expect "these were writes" 0 '^[1-9][0-9]* writes' writes
play "a file of one's own" 0 '^ok 1 - reads/only' "$work/flows/reads.yaml"
play "an unknown workflow names the nearest" 2 'no workflow "raeds".*did you mean "reads"' raeds
expect "without credentials what needs them is skipped" 0 'SKIP there are no credentials' \
	"$hiebox" test --against "$mock/exchange" --workflows "$work/flows" reads
expect "wrong passwords fail, with step and status" 1 'step \\"only\\": status: expected 200, got 401' \
	"$hiebox" test --against "$mock/exchange" --workflows "$work/flows" --credentials "$work/wrong.json" reads
expect "others who can read the passwords" 1 'warning: .*wrong.json: others .*chmod 600' \
	"$hiebox" test --against "$mock/exchange" --workflows "$work/flows" --credentials "$work/wrong.json" reads
expect "no password in what is printed" 0 '^0$' bash -c "'$hiebox' -v test --against '$mock/exchange' --workflows '$work/flows' --credentials '$work/logins.yaml' reads 2>&1 | grep -cE 'pässwörd|$(printf 'pos-clinic-a:pässwörd' | base64)' || :"
for form in junit testreport report; do
	play "--$form is written" 0 '^1 passed' reads "--$form" "$work/report.$form"
	expect "and says what was played" 0 'reads' cat "$work/report.$form"
done
expect "no password in the reports" 0 '^none$' bash -c "grep -lE 'pässwörd|$(printf 'pos-clinic-a:pässwörd' | base64)' '$work'/report.* || echo none"
mkfifo "$work/pipe"
timeout 60 cat "$work/pipe" >"$work/piped" &
play "a report into a pipe" 0 '^ok 1' reads --junit "$work/pipe"
wait $!
expect "comes there, and the pipe stays one" 0 '</testsuites>' bash -c "[ -p '$work/pipe' ] && cat '$work/piped'"
play "two reports into one file" 2 '--junit and --report have the same file' reads --junit "$work/x.xml" --report "$work/x.xml"
play "a report into no folder is said first" 2 '--junit: there is no folder' reads --junit "$work/none/x.xml"
play "where a report went is said" 0 "said.html: written" reads --report "$work/said.html"
play "a report that is a folder" 2 '--report: expected a file' reads --report "$work"

# credentials with mistakes: all of them, each with its place, and never a password
cat >"$work/bad.yaml" <<'END'
pos-clinic-a: { user: "a:b", password: hush-hush }
pos-clinic-b: { user: b, pasword: hush-hush }
Clinic C: { user: c, password: hush-hush }
hospital: hush-hush
steward: { user: [x], password: "" }
END
wrong() { expect "$1" 3 "$2" "$hiebox" test --against "$mock/exchange" --workflows "$work/flows" --credentials "$work/bad.yaml" reads; }
wrong "a colon in a user's name" 'bad.yaml:1:23: pos-clinic-a.user: .*no colon'
wrong "a key that is written wrong" 'bad.yaml:2:26: pos-clinic-b: unknown key "pasword"; did you mean "password"'
wrong "a key that is missing" 'bad.yaml:2:15: pos-clinic-b: password is missing'
wrong "a name that no workflow has" 'bad.yaml:3:1: expected the name'
wrong "a password alone" 'bad.yaml:4:11: hospital: expected \{ user'
wrong "a list for a name" 'bad.yaml:5:18: steward.user: expected text, got a list'
wrong "an empty password" 'bad.yaml:5:33: steward.password: expected text, got nothing'
expect "passwords are not quoted" 0 '^0$' bash -c "grep -c hush-hush '$work/out' || :"
expect "credentials that are not there" 3 'none.yaml: cannot be read' "$hiebox" test --against "$mock/exchange" --workflows "$work/flows" --credentials "$work/none.yaml" reads
expect "credentials that are a list" 3 'list.yaml:1:1: expected names' bash -c "echo '[]' >'$work/list.yaml'; '$hiebox' test --against '$mock/exchange' --workflows '$work/flows' --credentials '$work/list.yaml' reads"

# wrong use
expect "--write without --against" 2 '--write goes with --against' "$hiebox" test demo --write
expect "--nspawn with --against" 2 '--nspawn is about booting' "$hiebox" test --against "$mock" --nspawn
expect "nothing to test" 2 'an image or a recipe, or --against' "$hiebox" test
for url in ftp://x https:// http://a:b@x 'http://x/?q' exchange.example; do
	expect "$url is no address" 2 '--against: expected the address' "$hiebox" test --against "$url"
done
expect "a folder that is none" 3 'is no folder' "$hiebox" test --against "$mock" --workflows "$work/none"
expect "a workflow with a mistake, with its place" 3 'broken.yaml:2:1: ' bash -c "printf 'workflow: broken\nstepz: []\n' >'$work/broken.yaml'; '$hiebox' test --against '$mock' '$work/broken.yaml'"
expect "help says the exit statuses" 0 '3 it could not be run' bash -c "'$hiebox' help test | tr -s '\n ' ' '"

# bad days of networks
day() { # NAME STATUS PATTERN URL ARGUMENT…
	local name=$1 status=$2 pattern=$3 url=$4
	shift 4
	expect "$name" "$status" "$pattern" timeout 100 "$hiebox" test --against "$url" --workflows "$work/flows" --credentials "$work/logins.yaml" reads "$@"
}
day "nobody is there" 3 '^hiebox: http://127.0.0.1:9 does not answer: .*[Cc]onnect' http://127.0.0.1:9
day "and the report says so" 3 'does not answer' http://127.0.0.1:9 --junit "$work/gone.xml"
expect "in the file too" 0 'does not answer' cat "$work/gone.xml"
day "a name that nobody has" 3 'does not answer: .*resolve' http://nobody.invalid
day "a name that begins like this machine is warned of" 3 "^warning: .*127.0.0.1.invalid is not https" http://127.0.0.1.invalid
day "offline nobody is asked" 3 'offline' "$mock" --offline
day "a front page without end is an answer" 1 'larger than' "$bad/endless/f"
day "a login page" 1 'got 404' "$bad/plain"
day "a server that goes round" 1 'got 302' "$bad/loop"
python3 - "$work/silent" <<'END' &
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(server.getsockname()[1]))
time.sleep(120)
END
servers+=($!)
for _ in $(seq 50); do [ -s "$work/silent" ] && break; sleep 0.1; done
day "a server that never answers" 3 'does not answer: .*[Tt]imed? ?out' "http://127.0.0.1:$(cat "$work/silent")"
python3 - "$work/babble" <<'END' &
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(server.getsockname()[1]))
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(bytes(range(256)) * 64)
    client.close()
END
servers+=($!)
for _ in $(seq 50); do [ -s "$work/babble" ] && break; sleep 0.1; done
day "a server that speaks no HTTP" 3 'what the server answers is no HTTP' "http://127.0.0.1:$(cat "$work/babble")"

# certificates
certify() { openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$2" -addext "subjectAltName=$3" -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null && cat "$work/$1.crt" "$work/$1.key" >"$work/$1.pem"; }
certify right localhost DNS:localhost,IP:127.0.0.1
certify other elsewhere.example DNS:elsewhere.example
begin tls python3 tests/support/bad_server.py "$work/files" --tls "$work/right.pem"
begin tls-other python3 tests/support/bad_server.py "$work/files" --tls "$work/other.pem"
mkdir -p "$work/files/CR/fhir"
echo '{}' >"$work/files/CR/fhir/Patient"
right=https://localhost:$(head -n 1 "$work/tls")/plain other=https://localhost:$(head -n 1 "$work/tls-other")/plain
day "a certificate of an unknown authority" 3 'does not answer: .*certificate.*--ca FILE' "$right"
day "one that --ca knows" 0 '^1 passed' "$right" --ca "$work/right.crt"
day "--insecure, with a warning" 0 'warning: --insecure: nobody checks' "$right" --insecure
day "a certificate that does not match" 3 'does not answer: .*(subject|match)' "$other" --ca "$work/other.crt"
day "--ca without a certificate" 3 '--ca: .* holds no certificate' "$right" --ca "$work/logins.yaml"
day "--ca that is not there" 3 '--ca: .*none.pem' "$right" --ca "$work/none.pem"
day "--ca and --insecure" 2 'contradict' "$right" --ca "$work/right.crt" --insecure

# gateways: a token, other paths, and who shows a certificate of their own (mutual TLS)
issue() { # NAME [KEY OPTION…]: of the authority "people"
	local name=$1
	shift
	openssl req -newkey rsa:2048 -subj "/CN=$name" -keyout "$work/$name.key" -out "$work/$name.csr" "${@:--nodes}" 2>/dev/null &&
		openssl x509 -req -days 1 -in "$work/$name.csr" -CA "$work/people.crt" -CAkey "$work/people.key" -CAcreateserial -out "$work/$name.crt" 2>/dev/null
	chmod 600 "$work/$name.key"
}
certify people people DNS:people.example
issue clinic
issue locked -passout pass:hush-hush
certify strangers strangers DNS:strangers.example
chmod 600 "$work"/*.key
cat "$work/clinic.key" "$work/clinic.crt" >"$work/both.pem"
chmod 600 "$work/both.pem"
begin mutual python3 tests/support/front.py "$mock" --tls "$work/right.pem" --client-ca "$work/people.crt"
begin bearer python3 tests/support/front.py "$bad" --bearer "abc.def-123"
begin other-paths python3 tests/support/front.py "$mock" --at /openhim/patients=/exchange/CR/fhir
mutual=https://localhost:$(head -n 1 "$work/mutual")/exchange
bearer=http://127.0.0.1:$(head -n 1 "$work/bearer")/plain
# gate NAME STATUS PATTERN URL CREDENTIALS ARGUMENT…: as `play`, with that text as the file of --credentials
gate() {
	local name=$1 status=$2 pattern=$3 url=$4
	printf '%s\n' "$5" >"$work/gate.yaml"
	chmod 600 "$work/gate.yaml"
	shift 5
	expect "$name" "$status" "$pattern" timeout 60 "$hiebox" test --against "$url" --workflows "$work/flows" --credentials "$work/gate.yaml" reads "$@"
}
login='others: { user: pos-clinic-a, password: "pässwörd" }'
gate "others: every name has that login" 0 '^ok 1 - reads/only' "$mock/exchange" "$login"
gate "none: nothing is sent" 1 'expected 200, got 401' "$mock/exchange" 'others: none'
gate "a server that wants a certificate" 3 'does not answer: .*wants a certificate of who connects.* `connection:' "$mutual" "$login" --ca "$work/right.crt"
begin refusing python3 tests/support/front.py "$mock" --tls "$work/right.pem" --refuse '<center>No required SSL certificate was sent</center>'
gate "one that says so in a page" 3 'it wants a certificate of who connects' "https://localhost:$(head -n 1 "$work/refusing")" "$login" --ca "$work/right.crt"
gate "which connection shows, and ca trusts, beside the file" 0 '^ok 1 - reads/only' "$mutual" "$login
connection: { certificate: clinic.crt, key: clinic.key, ca: right.crt }"
gate "key and certificate in one file" 0 '^ok 1 - reads/only' "$mutual" "$login
connection: { certificate: both.pem, ca: $work/right.crt }"
gate "a key with a passphrase" 0 '^ok 1 - reads/only' "$mutual" "$login
connection: { certificate: locked.crt, key: locked.key, key-password: hush-hush, ca: right.crt }"
gate "a wrong passphrase" 3 'does not answer: .*(private key|key)' "$mutual" "$login
connection: { certificate: locked.crt, key: locked.key, key-password: wrong, ca: right.crt }"
gate "no passphrase: nobody is asked, it is said" 3 'gate.yaml:2:45: connection.key: .* has a passphrase; give it as key-password' "$mutual" "$login
connection: { certificate: locked.crt, key: \"locked.key\", ca: right.crt }"
gate "somebody else's certificate" 3 'accept the certificate that `connection`' "$mutual" "$login
connection: { certificate: strangers.crt, key: strangers.key, ca: right.crt }"
gate "a key that is not the certificate's" 3 'does not answer: .*key' "$mutual" "$login
connection: { certificate: clinic.crt, key: strangers.key, ca: right.crt }"
gate "a certificate that is not there" 3 'gate.yaml:2:29: connection.certificate: .*none.crt' "$mutual" "$login
connection: { certificate:  none.crt, key: clinic.key }"
gate "a certificate without its key" 3 'connection.certificate: .* holds no key .*name its file as key' "$mutual" "$login
connection: { certificate: clinic.crt }"
gate "a key without its certificate" 3 'connection: key goes with certificate' "$mutual" "$login
connection: { key: clinic.key }"
gate "ca and --ca" 2 '--ca and connection.ca .* contradict' "$mutual" "$login
connection: { ca: right.crt }" --ca "$work/right.crt"
gate "the name of a certificate, for a login of its own" 0 '^ok 1 - reads/only' "$mutual" 'pos-clinic-a: { user: pos-clinic-a, password: "pässwörd", certificate: both.pem }
connection: { certificate: locked.crt, key: locked.key, key-password: hush-hush, ca: right.crt }'
chmod 644 "$work/clinic.key"
gate "a key that others can read" 0 'warning: .*clinic.key: others on this machine can read this key' "$mutual" "$login
connection: { certificate: clinic.crt, key: clinic.key, ca: right.crt }"
gate "a wrong token" 1 'expected 200, got 401' "$bearer" 'others: { token: wrong }'
gate "the right token" 0 '^ok 1 - reads/only' "$bearer" 'others: { token: abc.def-123 }'
expect "is not printed" 0 '^0$' bash -c "grep -c abc.def-123 '$work/out' || :"
gate "a token with a word too much" 3 'others.token: expected the token alone' "$bearer" 'others: { token: "Bearer abc" }'
gate "a token and a password" 3 'or a token, and not both' "$bearer" 'others: { token: abc, user: a, password: b }'
gate "other paths" 0 '^ok 1 - reads/only' "http://127.0.0.1:$(head -n 1 "$work/other-paths")" "$login" --at /CR/fhir=/openhim/patients
gate "--at without a path" 2 '--at: expected where' "$mock" "$login" --at CR=x

# interruptions: the report says so, and nothing half-written stays
rm -f "$work/stopped.xml"
timeout -s INT 2 "$hiebox" test --against "http://127.0.0.1:$(cat "$work/silent")" --workflows "$work/flows" --credentials "$work/logins.yaml" reads --junit "$work/stopped.xml" >"$work/stopped" 2>&1 </dev/null
expect "Ctrl-C is answered" 0 'it was interrupted \(SIGINT\)' cat "$work/stopped"
expect "and stands in the report" 0 'it was interrupted \(SIGINT\)' cat "$work/stopped.xml"
expect "no temporary file stays" 0 '^0$' bash -c "ls -A '$work' | grep -c 'stopped.xml.' || :"
echo "1..$number"
