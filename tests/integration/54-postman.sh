#!/usr/bin/env bash
# 54-postman.sh: Postman collections through `hiebox test`, by Newman in the tools root, against the small exchange of the
# screens' tests: as an author writes them, with mistakes, and on bad days.
. "$(dirname "$0")/lib.sh"
mkdir "$work/files" "$work/tmp"
export TMPDIR=$work/tmp
python3 tests/support/mock_exchange.py "$work/files" >"$work/mock" 2>"$work/mock.err" &
mock=$!
python3 tests/support/bad_server.py "$work/files" >"$work/bad" 2>"$work/bad.err" < <(exec sleep 900) &
servers=("$mock" $!)
trap 'kill "${servers[@]}" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
for _ in $(seq 100); do [ -s "$work/mock" ] && [ -s "$work/bad" ] && break; sleep 0.1; done
url=$(cat "$work/mock")/exchange
bad=http://127.0.0.1:$(head -n 1 "$work/bad")
printf 'pos-clinic-a: { user: pos-clinic-a, password: "pässwörd" }\nhospital: { user: hospital, password: "not-named" }\n' >"$work/logins.yaml"
chmod 600 "$work/logins.yaml"
collection=tests/cases/postman/visit.postman_collection.json
# expect NAME STATUS PATTERN ARGUMENT…
expect() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	timeout 300 "$hiebox" test "$@" >"$work/out" 2>&1 </dev/null
	got=$?
	if [ $got = "$status" ] && grep -qE -- "$pattern" "$work/out"; then ok "$name"; else
		bad "$name" "status $got, expected $status, and /$pattern/ in:"
		tail -n 15 "$work/out" | sed 's/^/#   /'
	fi
}
against() { local name=$1 status=$2 pattern=$3; shift 3; expect "$name" "$status" "$pattern" --against "$url" --credentials "$work/logins.yaml" "$@"; }

against "without --write it is skipped" 0 'ok 1 - visit # SKIP it would write' "$collection"
against "it passes" 0 '^3 passed|^1 passed' "$collection" --write --junit "$work/junit.xml" --testreport "$work/testreport.json" --report "$work/report.html"
for id in register find away-with-it; do
	try "its request $id is a test" grep -qE "^ok [0-9]+ - visit/$id" "$work/out"
done
try "what it took away again is not left" grep -q '^Nothing that was written stays' "$work/out"
try "JUnit's file has it" grep -q 'name="away-with-it"' "$work/junit.xml"
try "the TestReport has it" grep -q 'OHIE-CR-1\|visit' "$work/testreport.json"
try "the page has requests and answers" grep -q 'PUT /CR/fhir/Patient?identifier=urn:hiebox:postman' "$work/report.html"
same "no password in any" 0 "$(grep -lE "pässwörd|not-named|$(printf 'pos-clinic-a:pässwörd' | base64)" "$work"/junit.xml "$work"/testreport.json "$work"/report.html "$work/out" | wc -l)"
mkdir "$work/flows"
cp "$collection" "$work/flows/"
against "by its name, from a folder" 0 '^ok [0-9]+ - visit/find' --write --workflows "$work/flows" visit
sed 's/status(201)/status(299)/' "$collection" >"$work/flows/broken.postman_collection.json"
against "what fails says step, expectation and what came" 1 \
	'broken.postman_collection.json:[0-9]+:[0-9]+: step ..register..: test ..the record is new..: expected response to have status code 299 but got 201' \
	--write "$work/flows/broken.postman_collection.json"
sed 's/"DELETE"/"GET"/' "$collection" >"$work/flows/leaves.postman_collection.json"
against "what it leaves is told" 0 'DELETE /CR/fhir/Patient\?identifier=urn:hiebox:postman.* \(step register of leaves\)' \
	--write "$work/flows/leaves.postman_collection.json"
sed 's/pos-clinic-a/pos-clinic-z/g' "$collection" >"$work/flows/stranger.postman_collection.json"
against "a login that is not there skips it" 0 'SKIP there are no credentials called "pos-clinic-z"' --write "$work/flows/stranger.postman_collection.json"

# one FILE SCRIPT [URL]: a collection of one request with that test
one() {
	python3 - "$work/flows/$1.postman_collection.json" "$2" "${3:-$bad/plain}" <<-'PY'
		import json, sys
		path, script, url = sys.argv[1:]
		json.dump({"info": {"name": "One", "schema": "https://schema.example/collection/v2.1.0/collection.json"}, "item": [
		    {"name": "only", "request": {"method": "GET", "url": url},
		     "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": [script]}}]}]}, open(path, "w"))
	PY
}
day() { local name=$1 status=$2 pattern=$3 file=$4; against "$name" "$status" "$pattern" --write "$work/flows/$file.postman_collection.json"; }
one syntax '((('
day "a script with a syntax error" 1 'step ..only..: (SyntaxError|Unexpected)' syntax
one loop 'pm.execution.setNextRequest("only")'
day "a collection without end" 1 'it was sent 500 times: the collection does not come to an end' loop
one spin 'while (true) {}'
"$hiebox" test --against "$url" --credentials "$work/logins.yaml" --write "$work/flows/spin.postman_collection.json" >"$work/spins" 2>&1 </dev/null &
for _ in $(seq 300); do node=$(pgrep -f '^/usr/bin/node .*/mnt/play.js' | head -n 1); [ -n "$node" ] && break; sleep 0.1; done
same "other people's scripts are not root's, and cannot become so" "65534 65534 65534 65534 0000000000000000 1" \
	"$(sed -n 's/^\(Uid\|CapEff\|NoNewPrivs\):\t//p' "/proc/$node/status" | tr '\t\n' '  ' | sed 's/ $//')"
wait $!
day "a script without end" 1 'step ..only..: .*(timed out|timeout)' spin
one endless '1' "$bad/endless/f"
day "an answer without end" 1 'step ..only..: no answer: .*(size|exceed|large)' endless
one nobody '1' http://127.0.0.1:9/
day "nobody is there" 1 'no answer: connect ECONNREFUSED' nobody
one files 'pm.test("no files", () => { let got = "none"; try { got = require("fs").readFileSync("/etc/passwd", "utf8") } catch (e) {} pm.expect(got).to.equal("none") })'
day "no file of this machine is read" 0 '^ok 1 - files/only' files
one other 'pm.test("not handed over", () => pm.expect(pm.environment.get("hosp" + "ital.password")).to.equal(undefined))'
day "a login that it does not name is not handed over" 0 '^ok 1 - other/only' other
echo '{"info": {}, "item": [{"name": "x"}]}' >"$work/flows/wrong.postman_collection.json"
day "mistakes, with their places" 3 'wrong.postman_collection.json:1:23: expected a request, or a folder' wrong
"$hiebox" check "$collection" >"$work/out" 2>&1
same "hiebox check takes it" 0 $?
"$hiebox" check "$work/flows/wrong.postman_collection.json" >"$work/out" 2>&1
same "and finds mistakes" 1 $?

# Ctrl-C while it plays
timeout -s INT 8 "$hiebox" test --against "$url" --credentials "$work/logins.yaml" --write "$work/flows/loop.postman_collection.json" --junit "$work/stopped.xml" >"$work/out" 2>&1 </dev/null
try "Ctrl-C: the report says so" grep -q 'it was interrupted (SIGINT)' "$work/stopped.xml"
sleep 1
same "and no Newman runs on" 0 "$(pgrep -fc '/mnt/play.js')"
same "nothing stays in the temporary folder" "" "$(ls -A "$work/tmp")"
echo "1..$number"
