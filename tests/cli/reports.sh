#!/usr/bin/env bash
# reports.sh: the reports of tests/cases/proof, written by the program as they are, before judges that are not ours.
# (HAPI's validator needs a built demo: tests/integration/53-reports.sh.)
. "$(dirname "$0")/../support/cli.sh"
export HIEBOX_CASES=$PWD/tests/cases HIEBOX_REPORTS=$work
expect "the reports are written" 0 'PASSED|^ok' build/check/unit/proof/cases
python=python3 # Debian's own has Debian's modules
! /usr/bin/python3 -c 'import junitparser' 2>/dev/null || python=/usr/bin/python3
"$python" tests/support/reports.py "$work"
python3 tests/support/reports_browser.py "$work" build/check/pictures/reports
