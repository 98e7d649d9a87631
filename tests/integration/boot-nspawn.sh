#!/usr/bin/env bash
# boot-nspawn.sh: stacks the layers exactly as the initramfs does (the same functions, from
# overlays/boot/etc/initramfs-tools/scripts/hie-stack) and starts them in systemd-nspawn. Root only.
#   --slot DIRECTORY       holds <layer>.squashfs and `layers`, as the system slot does; or:
#   --layer NAME=FILE      one layer (repeated, bottom to top)
#   --data DIRECTORY       what the data partition would hold; made new when missing or empty
#   --card DIRECTORY       stands for the partition HIEBOX
#   --reset                as hie.reset=1              --rescue         as hie.rescue=1
#   --machine NAME         default hiebox-test         --timeout SECONDS  default 600
#   --log FILE             console, default DATA.log
#   --until REGEX          stop when a console line matches; without it, wait until the system powers off
#   --run COMMAND          run a shell command when --until's line was seen ($MACHINE_LEADER is the container's
#                          first process: nsenter -t $MACHINE_LEADER -a …), then stop the container
#   --host-network         share the host's network; otherwise loopback alone, inside
#   --words "A B"          more words for the container's kernel command line (PID 1 arguments)
# Exit status: 0 the line was seen or the system ended; 124 too slow; 1 otherwise; with --run, the command's own.
set -u
export LC_ALL=C

slot='' data='' reset='' rescue='' machine=hiebox-test limit=600 log='' until='' run='' network=--private-network
words='' card='' layers=()
die() { echo "boot-nspawn.sh: $*" >&2; exit 2; }
original=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--reset) reset=y; shift; continue ;;
	--rescue) rescue=y; shift; continue ;;
	--host-network) network=''; shift; continue ;;
	esac
	[ $# -ge 2 ] || die "$1 needs a value"
	case $1 in
	--slot) slot=$2 ;;
	--layer) layers+=("$2") ;;
	--data) data=$2 ;;
	--machine) machine=$2 ;;
	--timeout) limit=$2 ;;
	--log) log=$2 ;;
	--until) until=$2 ;;
	--run) run=$2 ;;
	--words) words=$2 ;;
	--card) card=$(cd "$2" && pwd) ;;
	*) die "unknown option $1" ;;
	esac
	shift 2
done
[ "$(id -u)" = 0 ] || die "needs root"
[ -n "$data" ] || die "--data is missing"
# every mount is made in a mount namespace of our own and vanishes with it
if [ -z "${HIEBOX_NSPAWN_INSIDE:-}" ]; then
	HIEBOX_NSPAWN_INSIDE=y exec unshare --mount --propagation private "$0" "${original[@]}"
fi
log=${log:-$data.log}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$data"
data=$(cd "$data" && pwd)
work=$(mktemp -d) || exit 2
container=''
finish() {
	if [ -n "$container" ]; then
		kill -KILL $(leader) "$container" 2>/dev/null
		wait "$container" 2>/dev/null
	fi
	umount -R "$work/root" 2>/dev/null
	umount "$work"/hie/layers/* "$work/memory" 2>/dev/null
	rm -rf --one-file-system "$work"
}
leader() { [ -z "$container" ] || cat "/proc/$container/task/$container/children" 2>/dev/null; }
trap finish EXIT
trap 'exit 130' INT TERM

hie_run=$work/hie
hie_say() { echo "hie: $*" | tee -a "$log" >&2; }
hie_fail() { hie_say "$*"; exit 1; }
. "$here/../../overlays/boot/etc/initramfs-tools/scripts/hie-stack"

: >"$log"
if [ -z "$slot" ]; then
	[ ${#layers[@]} -gt 0 ] || die "neither --slot nor --layer"
	slot=$work/slot
	mkdir "$slot"
	for layer in "${layers[@]}"; do
		ln -s "$(realpath "${layer#*=}")" "$slot/${layer%%=*}.squashfs"
		echo "${layer%%=*}" >>"$slot/layers"
	done
fi
if [ -z "$(ls -A "$data")" ]; then
	mkdir "$data/state"
	echo new >"$data/.hiebox-data"
fi

# what mountroot does in scripts/hie, with a directory in the place of the partition
mkdir -p "$work/root" "$work/run/systemd/system" "$work/run/hie" "$work/memory"
hie_layers "$slot"
hie_root "$work/root"
hie_store "$slot" "$work/root"
if [ -n "$rescue" ]; then
	hie_reason="Rescue was asked for at the start."
else
	hie_state "$data" "$reset"
fi
state=$data
if [ -n "$hie_reason" ]; then
	hie_say "rescue: $hie_reason"
	mount -t tmpfs -o mode=0755 hie-memory "$work/memory"
	state=$work/memory
	echo "$hie_reason" >"$work/run/hie/rescue"
	ln -s /dev/null "$work/run/systemd/system/hie-exchange.target"
fi
hie_changes "$state" "$work/root"
hie_plain "$state" "$work/root"
hie_release

# nspawn makes its own /run: what the initramfs would leave there is bound in
binds=(--bind="$state:/run/hie/data")
[ -z "$card" ] || binds+=(--bind="$card:/run/hie/hiebox")
[ -z "$hie_reason" ] || binds+=(--bind-ro="$work/run/hie/rescue:/run/hie/rescue"
	--bind-ro="/dev/null:/run/systemd/system/hie-exchange.target")
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit -M "$machine" -D "$work/root" \
	$network --capability=all --system-call-filter='@keyring bpf' --link-journal=no "${binds[@]}" \
	-b -- $words </dev/null >>"$log" 2>&1 &
container=$!

start=$SECONDS
while [ $((SECONDS - start)) -lt "$limit" ]; do
	if [ -n "$until" ] && grep -aqE -- "$until" "$log"; then
		[ -n "$run" ] || exit 0
		MACHINE_LEADER=$(leader | tr -d ' ') MACHINE_ROOT=$work/root bash -c "$run"
		exit $?
	fi
	if ! kill -0 "$container" 2>/dev/null; then
		wait "$container"; status=$?
		container=''
		if [ -n "$until" ]; then
			grep -aqE -- "$until" "$log" && exit 0
			exit 1
		fi
		exit $status
	fi
	sleep 0.3
done
exit 124
