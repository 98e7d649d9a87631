#!/usr/bin/env bash
# Builds killed at random moments: nothing runs on, nothing is half made, the next build succeeds with the same bytes.
# By hand: KILLS=200 tests/integration/70-kill.sh (SEED=N for the same moments again, KILL_FOLDER on a tmpfs is faster).
. "$(dirname "$0")/lib.sh"
need_root "builds killed at random moments"
folder=${KILL_FOLDER:-$work}/killed
trap 'kill $server 2>/dev/null; rm -rf --one-file-system "$work" "$folder"' EXIT
mkdir -p "$folder"
small_mirror
mkfifo "$work/port" "$work/end"
python3 tests/support/bad_server.py "$work/mirror" <"$work/end" >"$work/port" & server=$!
exec 8>"$work/end"
read -r port <"$work/port"
python3 tests/support/kill_at_random.py "$hiebox" "$PWD" "$work/small.yaml" "http://127.0.0.1:$port/plain/debian" \
	"$folder" "${KILLS:-8}" ${SEED:+"$SEED"}
exec 8>&-
