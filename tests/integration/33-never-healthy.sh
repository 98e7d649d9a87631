#!/usr/bin/env bash
# The demo with one part that never gets healthy.
. "$(dirname "$0")/lib.sh"
need_demo
in_box "never healthy" demo "$(inside_command never.sh)" --machine hiebox-never
cp "$work/log" build/check/log/never-console.log 2>/dev/null
