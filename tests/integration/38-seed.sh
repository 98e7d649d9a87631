#!/usr/bin/env bash
# The demo's data set, as the box loads it: who is linked with whom is what the answers say, and the checker can fail.
. "$(dirname "$0")/lib.sh"
need_demo
set_folder=recipes/seeds/two-clinics
checker=$PWD/tests/support/seed_dump.py
sql=usr/lib/hie/fhir-datastore-hapi-fhir/seed.sql
unsquashfs -cat "$(layer_file demo site)" $sql >"$work/sql" 2>"$work/error" || bad "the image holds $sql" "$(cat "$work/error")"
try "linked as answers.json says" python3 "$checker" "$work/sql" "$set_folder"
sed 's/^/# /' "$work/try"
echo "# $(stat -c %s "$work/sql") bytes of SQL"
# changed NAME PATTERN AWK: the SQL with its links changed so is refused with these words
changed() {
	awk -F'\t' -v OFS='\t' "/^COPY public.mpi_link /{on=1} /^\\\\\\./{on=0} on{$3} {print}" "$work/sql" >"$work/changed"
	if python3 "$checker" "$work/changed" "$set_folder" >"$work/said"; then bad "$1" "not seen"; else
		try "$1 is seen" grep -q "$2" "$work/said"
	fi
}
changed "a possible match decided" 'a-0003 and b-0002: match, answers.json says possible' '$10 = "2"'
changed "a match that was none" 'a-0001 and b-0001: possible, answers.json says match' '$10 = ($15 + 0 < 1) ? "1" : $10'
changed "a record without a link" 'was never linked' 'if ($1 == "1") next'
