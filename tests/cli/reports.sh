#!/usr/bin/env bash
# reports.sh: the reports of tests/cases/proof, written by the program as they are, before judges that are not ours:
# tests/support/reports.py for all of them, HAPI's validator for the FHIR TestReports where its jars and a JDK are.
. "$(dirname "$0")/../support/cli.sh"
export HIEBOX_CASES=$PWD/tests/cases HIEBOX_REPORTS=$work
expect "the reports are written" 0 'PASSED|^ok' build/check/unit/proof/cases
tests/support/reports.py "$work"
tests/support/validate_reports.sh "$work"
