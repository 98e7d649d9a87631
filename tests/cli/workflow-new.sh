#!/usr/bin/env bash
# workflow-new.sh: a new workflow from options and from questions on a terminal; what is written is right, and nothing is
# overwritten or left half done.
. "$(dirname "$0")/../support/cli.sh"
project=$PWD
new() { "$hiebox" workflow new "$@" --project "$project" --workflows "$work/w"; }
# typed LINE…: the answers of a person at a terminal
typed() {
	python3 - "$hiebox" "$project" "$work/w" "$@" <<-'PY'
	import os, pty, sys
	hiebox, project, folder, *lines = sys.argv[1:]
	pid, terminal = pty.fork()
	if pid == 0:
	    os.execv(hiebox, [hiebox, "workflow", "new", "--project", project, "--workflows", folder])
	said = b""
	for line in lines:
	    while not said.rstrip(b" ").endswith(b":"):
	        said += os.read(terminal, 4096)
	    os.write(terminal, line.encode() + b"\n")
	    said += os.read(terminal, len(line) + 2) + b"\n"
	try:
	    while part := os.read(terminal, 4096):
	        said += part
	except OSError:
	    pass
	sys.stdout.write(said.decode().replace("\r", ""))
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PY
}

expect "what there is" 0 '^find-a-patient$' "$hiebox" workflow list
expect "the same as JSON" 0 '"CRWF-3"' "$hiebox" workflow list --json
expect "another word" 2 'expected list or new, got "lst", did you mean "list"|expected list or new, got "lst"' "$hiebox" workflow lst
expect "a folder that is not there" 1 'nowhere' "$hiebox" workflow list --workflows nowhere
expect "without a terminal what is missing is said" 2 'expected a name and --path' new
expect "a name is not enough" 2 'expected --path PATH' new find-a-child
expect "a path and a name are enough" 0 'hiebox check .*find-a-child.yaml' new find-a-child --path '/CR/fhir/Patient?family=Okello' \
	--expect /resourceType=Bundle --expect /total=0
expect "it has no mistakes" 0 'find-a-child.yaml: no mistakes' "$hiebox" check "$work/w/find-a-child.yaml" --project .
expect "who answers follows from the path" 0 'needs: \[client-registry\]' cat "$work/w/find-a-child.yaml"
expect "it is not overwritten" 1 'is there already, and is not overwritten' new find-a-child --path /CR/fhir/Patient
for method in GET HEAD POST PUT PATCH DELETE; do
	for path in /SHR/fhir/Observation '/CR/fhir/Patient?identifier=urn:x|{{mine}}' /SHR/fhir /my-mediator; do
		name=$(echo "$method-$path" | tr 'A-Z' 'a-z' | tr -c 'a-z0-9\n' '-' | sed 's/-*$//; s/--*/-/g')
		new "$name" --path "$path" --method $method >/dev/null
	done
done
expect "all methods and kinds of path give files without mistakes" 0 'quiet' bash -c "'$hiebox' check -q '$work/w' --project '$project' && echo quiet"
expect "as many as were asked for" 0 '^25$' bash -c "ls '$work/w' | wc -l"
expect "a path that is none" 1 'a path begins with /' new other --path Patient
expect "a credential that no component makes" 1 'as: no component makes a credential "hospitl".*did you mean "hospital"' new other --path /x --as hospitl
expect "a role that the architecture lacks" 1 'client-registry' new other --path /x --to client-registr
expect "a status that is none" 1 'status: expected HTTP statuses' new other --path /x --status "{a: b}"
expect "a name that is none" 1 'id: expected small letters' new ../other --path /x
expect "small letters are a method, too" 0 'written' new small-letters --path /SHR/fhir/Observation --method get
expect "what it shows" 0 'written' new shows-two --path /CR/fhir/Patient --shows CRWF-4,CRF-4
expect "stands in the file" 0 '^shows: \[CRWF-4,CRF-4\]' cat "$work/w/shows-two.yaml"
expect "a requirement that the specification lacks" 1 'the specification 4.0 has no CRWF-9' new other --path /x --shows CRWF-9
expect "what is no requirement" 1 'shows: expected requirement ids' new other --path /x --shows 'CRF 1]'
expect "a method that is none" 1 'method' new other --path /x --method FETCH
expect "what is no pointer" 1 'expected a JSON pointer' new other --path /x --expect total=1
expect "quotes and signs stay text" 0 'no mistakes' bash -c "
	'$hiebox' workflow new quotes --project '$project' --workflows '$work/w' --title 'a \"b\": {c\\\\} # - d' --path /x --expect '/a~1b=x: \"y\"' &&
	'$hiebox' check '$work/w/quotes.yaml' --project '$project'"
expect "nothing but these files" 0 '^0$' bash -c "ls -A '$work/w' | grep -v '\.yaml$' | wc -l"
expect "asked on a terminal, a wrong answer is asked again" 0 '^a path begins with /' \
	typed asked "Asked here" get CR/fhir /CR/fhir/Patient "" "" - "" "" CRWF-9 CRWF-4 /resourceType=Bundle resourceType=x ""
expect "and the rest counts" 0 'no mistakes' "$hiebox" check "$work/w/asked.yaml" --project .
expect "with what was answered" 0 'title: \{ en: "Asked here" \}' cat "$work/w/asked.yaml"
expect "without a login when so said" 0 '^none$' bash -c "grep -q ' as:' '$work/w/asked.yaml' || echo none"
expect "a name that is taken is told at once" 0 'is there already' typed asked second "" "" /x "" "" "" "" "" "" ""
expect "a title of two lines" 1 'expected one line' new lines --path /x --title $'a\nb'
expect "what ends too early writes nothing" 1 'nothing was written' typed $'third\x04\x04'
expect "nothing of it is there" 0 '^none$' bash -c "[ -e '$work/w/third.yaml' ] || echo none"
chmod 555 "$work/w"
[ "$(id -u)" = 0 ] || expect "a folder that cannot be written" 1 'Permission denied' new fourth --path /x
chmod 755 "$work/w"
echo "1..$number"
