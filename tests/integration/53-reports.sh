#!/usr/bin/env bash
# The FHIR TestReports of tests/cases/proof before HAPI's own validator, whose jars the demo has.
. "$(dirname "$0")/lib.sh"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
mkdir "$work/reports"
export HIEBOX_CASES=$PWD/tests/cases HIEBOX_REPORTS=$work/reports
try "the reports are written" build/check/unit/proof/cases
tests/support/validate_reports.sh "$work/reports"
