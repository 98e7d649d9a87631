#!/usr/bin/env bash
# 85-against-hapi.sh: `hiebox test --against` a HAPI that is not ours: the jars of the demo's layer with HAPI's own settings, on H2 in
# memory, nobody in front. Reading changes nothing there, writing leaves what is said to be left; then the same server behind TLS
# with passwords, tokens, client certificates and at other paths, and by Postman.
. "$(dirname "$0")/lib.sh"
command -v java >/dev/null || { skip "a HAPI of its own" "needs java"; echo "1..$number"; exit 0; }
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
mkdir "$work/tomcat" "$work/tmp" "$work/flows"
export TMPDIR=$work/tmp
try "HAPI's jars are in the demo's layer" unsquashfs -q -n -d "$work/hapi" "$(layer_file demo apps)" opt/hapi/lib opt/openhim-store/lib
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
# a bare | in a query is let through, as HAPI's own starter project does
SERVER_PORT=$port SERVER_ADDRESS=127.0.0.1 SERVER_TOMCAT_RELAXEDQUERYCHARS='|' SERVER_TOMCAT_ACCESSLOG_ENABLED=true SERVER_TOMCAT_ACCESSLOG_PATTERN='%m %U%q %s' \
	SERVER_TOMCAT_ACCESSLOG_BUFFERED=false SERVER_TOMCAT_BASEDIR=$work/tomcat \
	java -Xmx768m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.springframework.boot.logging.LoggingSystem=none \
	-Dlogback.configurationFile="$PWD/overlays/fhir-datastore-hapi-fhir/usr/lib/hie/fhir-datastore-hapi-fhir/logback.xml" \
	-cp "$work/hapi/opt/hapi/lib/*:$work/hapi/opt/openhim-store/lib/*" org.springframework.boot.SpringApplication \
	"--spring.main.sources=file:$PWD/tests/support/stock-hapi.xml" --spring.main.allow-bean-definition-overriding=true \
	--spring.main.allow-circular-references=true --spring.main.banner-mode=off >"$work/hapi.log" 2>&1 &
servers=($!)
trap 'kill "${servers[@]}" 2>/dev/null; wait "${servers[0]}" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
url=http://127.0.0.1:$port/fhir
for _ in $(seq 240); do curl -sfo "$work/metadata" "$url/metadata" && break; sleep 0.5; done
try "a HAPI that is not ours runs" grep -q CapabilityStatement "$work/metadata"

# what the server itself says: how much there is now; what it was asked (a history's total is no use: HAPI keeps that for a minute)
count() { curl -s -H 'Cache-Control: no-cache' "$url/$1_summary=count&_format=json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["total"])'; }
living() { local sum=0 type; for type in Patient Observation Encounter Condition AllergyIntolerance Organization Location; do sum=$((sum + $(count "$type?"))); done; echo "$sum"; }
asked() { cat "$work"/tomcat/logs/*.log; }
# expect NAME STATUS PATTERN ARGUMENT…: hiebox test against it
expect() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	timeout 120 "$hiebox" test "$@" >"$work/out" 2>&1 </dev/null
	got=$?
	if [ $got = "$status" ] && grep -qE -- "$pattern" "$work/out"; then ok "$name"; else
		bad "$name" "status $got, expected $status, and /$pattern/ in:"
		tail -n 15 "$work/out" | sed 's/^/#   /'
	fi
}
said() { try "$1" grep -qE -- "$2" "$work/out"; }
logins() { printf '%s\n' "$2" >"$work/$1.yaml"; chmod 600 "$work/$1.yaml"; }
logins open 'others: none'

# someone was there before
curl -s -o /dev/null -X PUT -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient","id":"theirs","active":true}' "$url/Patient/theirs"
before=$(living)
expect "it is seen that it is a FHIR server alone" 0 'is a FHIR server by itself' --against "$url" --credentials "$work/open.yaml"
said "what needs a layer in front says so" 'no-credentials # SKIP the exchange has no interoperability-layer'
said "what asks for an operation that it lacks says which" 'cross-reference # SKIP the server does not know the operation \$ihe-pix'
said "what needs the data set says so" 'find-facility-and-health-worker # SKIP This exchange does not hold the data set'
said "what writes says so" 'clinical-visit # SKIP it would write \(PUT\)'
same "HAPI holds as much as before" "1 1" "$before $(living)"
same "and was asked nothing but to read" "PUT /fhir/Patient/theirs 201" "$(asked | grep -v '^GET ')"

expect "with --write they pass" 0 '^4 passed, 0 failed, 13 skipped' --against "$url/" --credentials "$work/open.yaml" --write --junit "$work/junit.xml"
said "a visit as a transaction" '^ok [0-9]+ - clinical-visit/save Visit'
said "a list of pages" '^ok [0-9]+ - find-a-patient/second-page'
said "two people, one record" '^ok [0-9]+ - two-people-one-record/doctor-saves-again'
said "one step is skipped where HAPI lacks MDM" 'find-a-patient/known-to-the-registry .*SKIP This registry makes no golden records'
said "nothing is said to stay" '^Nothing that was written stays behind'
same "and nothing does: HAPI has what it had" 1 "$(living)"
try "though they did write" test "$(asked | grep -cE '^(PUT|POST|DELETE) .* 20[01]$')" -ge 20

# what is left, is told, and the words remove it
cat >"$work/flows/leaves.yaml" <<'END'
workflow: leaves
architecture: "4.0"
title: { en: Of two steps }
needs: [client-registry, shared-health-record]
actors: { clinic: point-of-service, registry: client-registry }
values: { number: "{{unique}}" }
steps:
  - id: register
    tell: { en: "The clinic registers somebody." }
    from: clinic
    to: registry
    as: pos-clinic-a
    request: { method: PUT, path: "/CR/fhir/Patient?identifier=urn:x|{{number}}", json: { resourceType: Patient, identifier: [{ system: "urn:x", value: "{{number}}" }] } }
    expect: { status: 201 }
    keep: { patient: /id }
  - id: observe
    tell: { en: "And writes down what it sees." }
    from: clinic
    to: registry
    as: pos-clinic-a
    request: { method: POST, path: /SHR/fhir/Observation, json: { resourceType: Observation, status: final, code: { text: x }, subject: { reference: "Patient/{{patient}}" } } }
    expect: { status: 201 }
END
expect "a workflow that leaves things" 0 '^  DELETE /Patient/[0-9]+ \(step register of leaves\)' --against "$url" --credentials "$work/open.yaml" --workflows "$work/flows" --write leaves
said "each of them" '^  DELETE /Observation/[0-9]+ \(step observe of leaves\)'
same "so many it holds" 3 "$(living)"
sed -n 's/^  DELETE \([^ ]*\) .*/\1/p' "$work/out" | tac | while read -r path; do curl -s -o /dev/null -X DELETE "$url$path"; done
same "and what was said removes them" 1 "$(living)"

# as implementers have it: TLS, passwords, tokens, certificates, other paths
(cd "$work" && openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout tls.key -out tls.crt &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=clinic -keyout clinic.key -out clinic.crt) 2>/dev/null
cat "$work/tls.crt" "$work/tls.key" >"$work/tls.pem"
chmod 600 "$work/clinic.key"
# front NAME ARGUMENT…: a gateway; its port is in $front
front() {
	local name=$1
	shift
	python3 tests/support/front.py "http://127.0.0.1:$port" "$@" >"$work/$name" 2>"$work/$name.err" < <(exec sleep 300) &
	servers+=($!)
	for _ in $(seq 100); do [ -s "$work/$name" ] && break; sleep 0.1; done
	front=$(head -n 1 "$work/$name")
}
front basic --tls "$work/tls.pem" --basic 'anna:pässwörd'
logins basic 'others: { user: anna, password: "pässwörd" }
connection: { ca: tls.crt }'
expect "behind TLS and a password" 0 '^2 passed, 0 failed' --against "https://localhost:$front/fhir" --credentials "$work/basic.yaml" --write clinical-visit find-a-patient
front token --bearer 'ey.a-b_c'
logins token 'others: { token: ey.a-b_c }'
expect "behind a gateway that wants a token" 0 '^1 passed, 0 failed' --against "http://127.0.0.1:$front/fhir" --credentials "$work/token.yaml" --write clinical-visit
front mutual --tls "$work/tls.pem" --client-ca "$work/clinic.crt"
logins mutual 'others: none
connection: { certificate: clinic.crt, key: clinic.key, ca: tls.crt }'
mutual=https://localhost:$front/fhir
expect "behind mutual TLS" 0 '^1 passed, 0 failed' --against "$mutual" --credentials "$work/mutual.yaml" --write clinical-visit
expect "without a certificate" 3 'wants a certificate of who connects' --against "$mutual" --credentials "$work/open.yaml" --ca "$work/tls.crt"
front paths --at /openhim/patients=/fhir
expect "at other paths" 0 '^1 passed, 0 failed' --against "http://127.0.0.1:$front" --credentials "$work/open.yaml" --at /CR/fhir=/openhim/patients --at /SHR/fhir=/openhim/patients/ --write clinical-visit
said "which the reports name" '^Nothing that was written stays'
expect "a Postman collection" 0 '^ok [0-9]+ - visit/find' --against "$mutual" --credentials "$work/mutual.yaml" --write tests/cases/postman/visit.postman_collection.json
said "leaves nothing either" '^Nothing that was written stays'
same "in the end it has what it had" 1 "$(living)"
same "no password, token or certificate in what was written" 0 "$(grep -lE 'pässwörd|ey\.a-b_c' "$work/out" "$work/junit.xml" | wc -l)"
echo "1..$number"
