#!/usr/bin/env bash
# A box in a container, as hiebox run, dev and test start it (builder/machine): the shell inside, ports from outside and from
# inside, restarts, the end; and that nothing stays, however it ends.
. "$(dirname "$0")/lib.sh"
need_demo
need_root "systemd-nspawn"
command -v systemd-nspawn >/dev/null || { skip "systemd-nspawn" "it is not installed"; exit 0; }
library=build/release/libhiebox.a
[ -e "$library" ] || library=build/check/libhiebox.a
sanitizers=''
case $library in *check*) sanitizers='-fsanitize=address,undefined' ;; esac
# shellcheck disable=SC2046
${CC:-cc} -std=gnu17 -O1 -g -Ibuilder -D_GNU_SOURCE $sanitizers -o "$work/container" tests/support/container.c "$library" \
	$(pkg-config --libs libarchive libcurl yaml-0.1 jansson libsolv libcrypto) -lsolvext -lsolv -lpthread ||
	{ bad "tests/support/container.c compiles"; exit 1; }
mapfile -t stack < <(layers demo | sed 's/^--layer //')
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
children=()
trap 'kill "${children[@]}" 2>/dev/null; wait; rm -rf --one-file-system "$work"' EXIT

# start DESCRIPTOR NAME [VARIABLE=VALUE…]: a machine whose lines come from that descriptor; answers go to $work/NAME.out
start() {
	local descriptor=$1 name=$2; shift 2
	mkfifo "$work/$name.in"
	env "$@" "$work/container" overlays/boot "${stack[@]}" <"$work/$name.in" >"$work/$name.out" 2>&1 &
	pid=$!
	children+=("$pid")
	eval "exec $descriptor>\"$work/$name.in\""
	for _ in $(seq 600); do [ -s "$work/$name.out" ] && break; sleep 0.1; done
	read -r word port_https port_http port_ssh inside < <(head -n 1 "$work/$name.out")
	same "$name starts" open "$word"
}
# ask DESCRIPTOR NAME LINE: one order; its last line is $answer, what came before is $words
ask() {
	local lines
	lines=$(grep -c '^= ' "$work/$2.out")
	echo "$3" >&"$1"
	for _ in $(seq 1500); do [ "$(grep -c '^= ' "$work/$2.out")" -gt "$lines" ] && break; sleep 0.1; done
	answer=$(grep '^= ' "$work/$2.out" | sed -n "$((lines + 1))p")
	words=$(awk -v n="$lines" '/^= /{ seen++; next } seen == n && NR > 1' "$work/$2.out")
}
# said DESCRIPTOR NAME WANTED SCRIPT: the script's words, once they are those or for at most a minute; then with the answer.
# A box that goes down takes its shells with it, and one that comes up does not run everything at once.
said() {
	for _ in $(seq 60); do
		ask "$1" "$2" "shell $4"
		[ "$(echo $words)" != "$3" ] || break
		sleep 1
	done
	[ "$(echo $words)" = "$3" ] && echo "$3" || echo "$words, $answer"
}
# what a box leaves when it is not cleared away. Processes are known by the folder that they were given.
left() {
	grep -c "$TMPDIR" /proc/self/mountinfo
	find /proc/[0-9]*/cmdline -exec grep -lz "$TMPDIR/[h]iebox-machine" {} + 2>/dev/null | wc -l
	ps -eo ppid,stat,comm | grep -c '^ *1 [^Z]* *hiebox-forward'
	find "$TMPDIR" -mindepth 1 -maxdepth 1 | wc -l
	groups | grep -cvxF -f "$work/groups"
}
groups() { find /sys/fs/cgroup -maxdepth 4 -type d -name 'hiebox-machine.*'; }
{ groups; echo none; } >"$work/groups" # other people's
nothing=$(left)

# ---- one that lives through everything ----
python3 -m http.server --bind 127.0.0.1 --directory overlays/boot 0 >"$work/served" 2>&1 &
children+=("$!")
for _ in $(seq 50); do outside=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/served"); [ "$outside" ] && break; sleep 0.1; done
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
mkdir "$work/shared: a" && echo from-outside >"$work/shared: a/file"
start 7 box DATA="$work/data" OUTSIDE="$outside" KEY="$(cat "$work/key.pub")" SHARE="$work/shared: a" CONSOLE="$work/console"
ask 7 box 'shell id -u; cat /run/hie/share/file; touch /run/hie/share/file 2>/dev/null || echo read-only; exit 7'
same "the shell is root's, the shared folder there, and read-only" "0 from-outside read-only" "$(echo $words)"
same "the shell's status" "= 7" "$answer"
same "it comes up" running "$(said 7 box running 'systemctl is-system-running --wait; systemctl --failed --no-legend')"
same "the page by its port" 200 "$(curl -sk -o "$work/body" -w '%{http_code}' "https://127.0.0.1:$port_https/")"
same "and by http" 200 "$(curl -s -o "$work/body" -w '%{http_code}' "http://127.0.0.1:$port_http/")"
same "ssh lets the key in" root "$(ssh -p "$port_ssh" -i "$work/key" -o BatchMode=yes -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 id -un 2>&1)"
ask 7 box "shell curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:$inside/etc/initramfs-tools/scripts/hie-stack"
same "a program out here is reached from inside" 200 "$words"
same "the data directory cannot be had twice" yes "$(DATA=$work/data "$work/container" overlays/boot "${stack[@]}" </dev/null |
	grep -q 'is in use by another machine' && echo yes)"
ask 7 box 'shell yes | head -c 3000000'
same "too long an answer is an error" "= -1 the box answered with more than the expected 1048576 bytes" "$answer"
ask 7 box 'shell kill -9 $PPID'
same "a shell that breaks off is no answer" "= -1 the shell in the box broke off" "${answer%%: *}"
ask 7 box 'shell echo kept >/var/lib/hie/machine-test; cat /proc/sys/kernel/random/boot_id >/dev/null'
ask 7 box 'restart'
same "restart" "= 0" "$answer"
same "what was written is there, and it comes up" "kept running" \
	"$(said 7 box 'kept running' 'cat /var/lib/hie/machine-test; systemctl is-system-running --wait; systemctl --failed --no-legend')"
same "the port still answers" 200 "$(curl -sk -o "$work/body" -w '%{http_code}' "https://127.0.0.1:$port_https/")"
ask 7 box 'shell systemctl --no-block reboot'
sleep 3
same "a restart that it makes itself" kept "$(said 7 box kept 'cat /var/lib/hie/machine-test')"
ask 7 box 'runs'
same "it runs" "= 1" "$answer"
ask 7 box 'off'
same "power off" "= 0" "$answer"
ask 7 box 'runs'
same "and why" "= 0 it was switched off" "$answer"
exec 7>&-
wait "$pid"
same "the program ends well" 0 $?
same "the console was written down" yes "$(grep -q 'login:' "$work/console" && echo yes)"
same "nothing stays" "$nothing" "$(left)"

# ---- those that are killed ----
start 7 first
same "first's shell" active "$(said 7 first active 'systemctl is-active dbus')"
first=$pid
start 8 second
same "second's shell" active "$(said 8 second active 'systemctl is-active dbus')"
kill -9 "$first"
wait "$first" 2>/dev/null
exec 7>&-
sleep 0.5
same "the other box does not care" active "$(said 8 second active 'systemctl is-active dbus')"
container=$(pgrep -P "$(pgrep -P "$pid" -x unshare)")
kill -9 "$container"
for _ in $(seq 50); do ask 8 second 'runs'; [ "$answer" = "= 1" ] || break; sleep 0.1; done
same "a container that is killed is told" "= 0 the container was killed (SIGKILL), perhaps because memory ran out" "$answer"
exec 8>&-
wait "$pid"
same "only the folder and the groups of the one that was killed stay" "0 0 0 1" "$(left | head -n 4 | tr '\n' ' ' | sed 's/ $//')"
mkfifo "$work/hold"
exec 9<>"$work/hold"
for moment in 0.02 0.1 0.3 1; do
	env DATA="$work/killed" "$work/container" overlays/boot "${stack[@]}" <"$work/hold" >/dev/null 2>&1 &
	pid=$!
	sleep "$moment"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	sleep 0.5
	same "killed after $moment s: no process, no mount" "0 0 0" "$(left | head -n 3 | tr '\n' ' ' | sed 's/ $//')"
done
start 7 last DATA="$work/killed"
same "the data of one that was killed again and again" running "$(said 7 last running 'systemctl is-system-running --wait')"
same "the next one has swept" 1 "$(find "$TMPDIR" -mindepth 1 -maxdepth 1 | wc -l)"
exec 7>&-
wait "$pid"
same "nothing stays of any" "$nothing" "$(left)"
echo "1..$number"
