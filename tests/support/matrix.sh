#!/usr/bin/env bash
# matrix.sh [WORD]: builds the light recipe in every situation that a user may be in, each with an empty store
# beside the downloads, and compares the bytes; where it cannot be built, expects one exact instruction, status 1
# and nothing left. 30 to 60 minutes; root, mmdebstrap, podman, bubblewrap and systemd-container are needed;
# nothing stays behind. With WORD only the cases whose name holds it; with
# "refused" only those that are, which takes a few minutes. Prints TAP, and what was said as comments.
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
only=${1:-} number=0
renice -n 1 $$ >/dev/null
blobs=${MATRIX_BLOBS:-${XDG_CACHE_HOME:-$HOME/.cache}/hiebox/blobs}
place=$(mktemp -d "${MATRIX_PLACE:-/var/tmp}/hiebox matrix-ümläut.XXXXXX") || exit 1
app="$place/a clone" users=()
chmod 755 "$place"
cleanup() {
	local user
	for user in "${users[@]}"; do userdel -r "$user"; rm -rf "/run/hbm-$user"; done >/dev/null 2>&1
	rm -rf --one-file-system "$place"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ok() { number=$((number + 1)); echo "ok $number - $*"; }
bad() { number=$((number + 1)); echo "not ok $number - $*"; sed 's/^/#   /' "$place/log" | tail -n 25; }
wanted() { [[ -z $only || $only == refused || $1 == *"$only"* ]]; }
# works NAME COMMAND…: the build inside ends with the reference's sha256
works() {
	local name=$1 start=$SECONDS; shift
	wanted "$name" && [ "$only" != refused ] || return 0
	"$@" >"$place/log" 2>&1 </dev/null
	if grep -q "^$reference " "$place/log"; then ok "$name: the same bytes ($((SECONDS - start)) s)"; else bad "$name: the same bytes"; fi
}
# refused NAME PATTERN COMMAND…: status 1, the instruction from build and doctor, no image, no layer, no tools root
refused() {
	local name=$1 pattern=$2; shift 2
	wanted "$name" || return 0
	"$@" >"$place/log" 2>&1 </dev/null
	if grep -q "^status 1, 0 files left, doctor 1" "$place/log" && [ "$(grep -cE -- "$pattern" "$place/log")" -ge 2 ]; then
		ok "$name: refused with an instruction"
		sed '/^status /,$d; s/^/#   /' "$place/log"
	else bad "$name: expected status 1 and twice \"$pattern\""; fi
}

# What runs inside: $APP is the clone, $BLOBS the downloads, all else is the caller's.
cat >"$place/inside" <<'SH'
#!/bin/sh
here=${HOME:-/nonexistent}
store=${STORE:-$here/.cache/hiebox} out=${OUT:-$here/out}
if [ "${NO_OPTION:-}" ]; then set --; else set -- --store "$store"; fi
mkdir -p "$store" 2>/dev/null && [ ! -e "$store/blobs" ] && ln -s "${BLOBS:-/blobs}" "$store/blobs"
"$APP/build/hiebox" build "$APP/recipes/light.yaml" --locked --offline -o "$out" "$@"
rc=$?
[ $rc != 0 ] || { sha256sum <"$out/light.raw"; exit; }
left=$(find "$store/layers" "$store/tools" "$store/work" "$out" -type f 2>/dev/null | grep -vc '/light.raw.log$')
"$APP/build/hiebox" doctor "$@" >"${TMPDIR:-/tmp}/doctor.$$" 2>&1; doctor=$?
echo "status $rc, $left files left, doctor $doctor"; cat "${TMPDIR:-/tmp}/doctor.$$"; rm -f "${TMPDIR:-/tmp}/doctor.$$"
SH
# as USER [NAME=VALUE…] COMMAND…: an ordinary user of this machine, in a clean environment
cat >"$place/as" <<'SH'
#!/bin/bash
user=$1; shift; cd /
exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups \
	env -i HOME="/home/$user" PATH=/usr/bin:/bin:/usr/sbin:/sbin APP="$APP" BLOBS="$BLOBS" "$@"
SH
# host TREE COMMAND…: the tree as a machine of its own: a mount at /, own processes
cat >"$place/host" <<'SH'
#!/bin/bash
exec unshare --mount --pid --fork --uts --ipc --propagation private bash -c '
set -e; tree=$0; mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"; mount --rbind /dev "$tree/dev"; mount --rbind /sys "$tree/sys"
mount -t tmpfs -o mode=1777 tmp "$tree/tmp"; mkdir -p "$tree/blobs"; mount --bind -o ro "$BLOBS" "$tree/blobs"
cd "$tree"; pivot_root . mnt; umount -l /mnt; cd /; hash -r
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin APP=/src BLOBS=/blobs "$@"' "$@"
SH
# pod USER ARGUMENT…: podman, with a view of control groups that crun understands, and no limits to raise
cat >"$place/pod" <<'SH'
#!/bin/bash
exec unshare --mount --propagation private bash -c '
umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup
mount --bind -o ro "$BLOBS" /mnt; cd /; user=$0; id=$(id -u "$user"); home=$(getent passwd "$user" | cut -d: -f6)
mkdir -p "/run/hbm-$user"; chown "$id" "/run/hbm-$user"; chmod 700 "/run/hbm-$user"
[ "$id" = 0 ] && where=(--root "$PLACE/graph" --runroot "$PLACE/runroot") || where=(--cgroup-manager=cgroupfs)
exec setpriv --reuid="$id" --regid="$(id -g "$user")" --init-groups \
	env -i HOME="$home" XDG_RUNTIME_DIR="/run/hbm-$user" PATH=/usr/bin:/bin:/usr/sbin:/sbin podman "${where[@]}" "$@"' "$@"
SH
chmod 755 "$place"/{inside,as,host,pod}

# private SCRIPT COMMAND…: SCRIPT mounts in a namespace of its own, then the command runs; the downloads are bound
private() { BLOBS=$place/blobs unshare --mount --propagation private bash -c "set -e; mount --bind -o ro \"\$FROM\" \"\$BLOBS\"; $1; shift; exec \"\$@\"" private "$@"; }
as() { private : "$place/as" "$@"; }
host() { "$place/host" "$@"; }
as_alice() { local tree=$1; shift; host "$tree" setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/alice "$@"; }
# user NAME RANGE…: a new user with these subordinate ranges (FIRST:COUNT, or none; without: useradd's own)
user() {
	local name=$1 range; shift
	useradd --create-home --shell /bin/sh "$name" && users+=("$name")
	[ $# = 0 ] && return
	sed -i "/^$name:/d" /etc/subuid /etc/subgid
	for range in "$@"; do [ "$range" = none ] || echo "$name:$range" | tee -a /etc/subuid >>/etc/subgid; done
}
fresh() { rm -rf --one-file-system "/home/$1/.cache" "/home/$1/out"; }
gone() { fresh "$1"; userdel -r "$1" >/dev/null 2>&1; }
# container USER [OPTION…] -- COMMAND…
container() {
	local user=$1 options=(); shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done; shift
	"$place/pod" "$user" run --rm --net=host --cgroups=disabled --ulimit nofile=1024:4096 --ulimit nproc=4000:4000 -v "$app:/src:ro" \
		-v /mnt:/blobs:ro -v "$place/inside:/inside:ro" -e APP=/src -e BLOBS=/blobs "${options[@]}" localhost/hbm "$@"
}

### the clone, the downloads, and the reference
[ -x build/hiebox ] || make -s build/hiebox || exit 1
mkdir -p "$app/build" "$place/blobs"
git ls-files -co --exclude-standard -z | xargs -0 cp -P --parents -t "$app"
cp -L build/hiebox "$app/build/"
build/hiebox fetch recipes/light.yaml -q || exit 1
cp recipes/light.lock "$app/recipes/"
export APP=$app BLOBS=$blobs FROM=$blobs PLACE=$place
if [ "$only" != refused ]; then
	start=$SECONDS
	HOME=$place/root "$place/inside" >"$place/log" 2>&1
	reference=$(tail -n 1 "$place/log" | cut -d' ' -f1)
	[ ${#reference} = 64 ] || { bad "the reference: root of this machine"; exit 1; }
	ok "root, $(. /etc/os-release; echo "$PRETTY_NAME"): $reference ($((SECONDS - start)) s)"
	rm -rf --one-file-system "$place/root"
fi

### ordinary users of this machine
user hbm-useradd; works "user, ranges by useradd" as hbm-useradd "$place/inside"; gone hbm-useradd
user hbm-else 3000000000:65536; works "user, range elsewhere" as hbm-else "$place/inside"; gone hbm-else
user hbm-least 700001:65534; works "user, the least: 65534 ids" as hbm-least "$place/inside"; gone hbm-least
user hbm-several 700000:1000 700500:30000 900000:40000; works "user, several and overlapping ranges" as hbm-several "$place/inside"; gone hbm-several
user hbm-small 700000:1000; refused "user, 1000 ids" 'usermod --add-subuids [0-9]+-[0-9]+ --add-subgids [0-9]+-[0-9]+ hbm-small' as hbm-small "$place/inside"; gone hbm-small
user hbm-none none; refused "user, no ids" ' 0 of the 65534 ids wanted in /etc/subuid' as hbm-none "$place/inside"; gone hbm-none
user hbm-odd; id=$(id -u hbm-odd)
mkdir "$place/odd"; chown hbm-odd: "$place/odd"
works "user, odd environment, umask 077, no HOME, no terminal" as hbm-odd LANG=xx_YY.odd LC_ALL=tlh TZ=Nowhere/None TMPDIR=/nonexistent TERM= \
	STORE="$place/odd/a störe" OUT="$place/odd/an öutput" bash -c 'umask 077; unset HOME; exec setsid --wait "$0"' "$place/inside"
rm -rf --one-file-system "$place/odd"
works "user, 256 open files" as hbm-odd bash -c 'ulimit -n 256; exec "$0"' "$place/inside"; fresh hbm-odd
works "user, 3 GB of address space" as hbm-odd bash -c 'ulimit -v 3000000; exec "$0"' "$place/inside"; fresh hbm-odd
works "user, no /dev/shm, hidden processes" private 'umount -l /dev/shm || :; mount -t proc -o hidepid=2 proc /proc' "$place/as" hbm-odd "$place/inside"; fresh hbm-odd
works "user, home on tmpfs nosuid nodev" private "mount -t tmpfs -o nosuid,nodev,mode=755,uid=$id home /home/hbm-odd" "$place/as" hbm-odd "$place/inside"
works "user, home on overlayfs" private "mount -t tmpfs over /mnt; mkdir /mnt/u /mnt/w; chown hbm-odd: /mnt/u
	mount -t overlay -o lowerdir=/home/hbm-odd,upperdir=/mnt/u,workdir=/mnt/w over /home/hbm-odd" "$place/as" hbm-odd "$place/inside"
works "user, XDG_CACHE_HOME relative" as hbm-odd XDG_CACHE_HOME=relative NO_OPTION=1 "$place/inside"; fresh hbm-odd
refused "user, XDG_CACHE_HOME unwritable" '/proc/nowhere' as hbm-odd XDG_CACHE_HOME=/proc/nowhere NO_OPTION=1 "$place/inside"
refused "user, no HOME" '--store' as hbm-odd NO_OPTION=1 bash -c 'unset HOME; exec "$0"' "$place/inside"
refused "user, home noexec" 'mount -o remount,exec' private "mount -t tmpfs -o noexec,mode=755,uid=$id home /home/hbm-odd" "$place/as" hbm-odd "$place/inside"
refused "user, home without attributes (ramfs)" 'does not keep file capabilities' private "mount -t ramfs home /home/hbm-odd; chown hbm-odd: /home/hbm-odd" "$place/as" hbm-odd "$place/inside"
refused "user, home read-only" 'Read-only file system' private "mount -t tmpfs -o ro,mode=755,uid=$id home /home/hbm-odd" "$place/as" hbm-odd "$place/inside"
refused "user, newuidmap without power" 'chmod u\+s /usr/bin/newuidmap' private 'mount -t tmpfs x /mnt; cp /usr/bin/new?idmap /mnt; chmod 755 /mnt/new?idmap
	for tool in newuidmap newgidmap; do mount --bind /mnt/$tool /usr/bin/$tool; done' "$place/as" hbm-odd "$place/inside"
refused "user, /usr nosuid" 'mount -o remount,suid' private 'mount --bind /usr /usr; mount -o remount,bind,nosuid /usr' "$place/as" hbm-odd "$place/inside"
refused "user, no newuidmap" 'apt-get install -y uidmap' as hbm-odd HIEBOX_TOOL_NEWUIDMAP=/nonexistent "$place/inside"
refused "user, in bubblewrap" 'no_new_privs' as hbm-odd bwrap --bind / / --dev-bind /dev /dev --proc /proc "$place/inside"
refused "user, a namespace of one id" 'only 1 user ids exist' as hbm-odd unshare -r "$place/inside"
# the limit belongs to a namespace, so it can be 0 there without touching this machine
refused "user, no namespaces allowed" 'user.max_user_namespaces=65536' private : bash -c '
	unshare --user sleep 60 & inner=$!; sleep 0.5
	echo "0 0 4294967295" >/proc/$inner/uid_map; echo "0 0 4294967295" >/proc/$inner/gid_map
	nsenter --user --target $inner bash -c "echo 0 >/proc/sys/user/max_user_namespaces; exec \"\$@\"" nested "$@"
	kill $inner' nested "$place/as" hbm-odd "$place/inside"
gone hbm-odd

### fresh hosts: Debian 12 and 13, set up by setup.sh, root and an ordinary user each
sources=$(grep -ls '^Suites: *bookworm\|^Suites: *trixie' /etc/apt/sources.list.d/*.sources | head -1)
for suite in bookworm trixie; do
	wanted "host $suite" || continue
	tree=$place/$suite start=$SECONDS
	sed "s/bookworm\|trixie/$suite/g" "$sources" >"$place/$suite.sources"
	mmdebstrap -q --variant=minbase "$suite" "$tree" "$place/$suite.sources" >"$place/log" 2>&1 || { bad "host $suite: mmdebstrap"; continue; }
	echo "# host $suite: mmdebstrap took $((SECONDS - start)) s"
	cp /etc/resolv.conf "$tree/etc/"; cp -r "$app" "$tree/src"; rm -rf "$tree/src/build"
	cp "$place/inside" "$tree/inside"; chroot "$tree" useradd --create-home alice
	as_alice "$tree" /src/builder/setup.sh image >"$place/log" 2>&1 </dev/null; rc=$?
	{ [ $rc = 1 ] && grep -q 'apt-get update && apt-get install .*uidmap' "$place/log"; } && ok "host $suite: setup.sh without sudo says what to ask for" || bad "host $suite: setup.sh without sudo"
	start=$SECONDS
	host "$tree" /src/builder/setup.sh image >"$place/log" 2>&1 </dev/null && ok "host $suite: setup.sh as root ($((SECONDS - start)) s)" || { bad "host $suite: setup.sh"; continue; }
	host "$tree" /src/builder/setup.sh image >"$place/log" 2>&1 </dev/null && [ ! -s "$place/log" ] && ok "host $suite: and has nothing more to do" || bad "host $suite: setup.sh again"
	host "$tree" make -s -C /src build/hiebox >"$place/log" 2>&1 && ok "host $suite: hiebox compiles" || { bad "host $suite: make"; continue; }
	works "host $suite, root" host "$tree" /inside
	host "$tree" sh -c 'rm -rf ~/.cache ~/out'
	refused "host $suite, user, no uidmap" 'apt-get install -y uidmap' as_alice "$tree" /inside
	host "$tree" apt-get install -y uidmap >/dev/null 2>&1
	works "host $suite, user" as_alice "$tree" /inside
	rm -rf "$tree/home/alice/.cache" "$tree/home/alice/out"
	refused "host $suite, user in a plain chroot" 'systemd-nspawn -D FOLDER' private "mount -t proc proc '$tree/proc'; mount --bind /dev '$tree/dev'" \
		chroot "$tree" setpriv --reuid=1000 --regid=1000 --clear-groups env -i HOME=/home/alice PATH=/usr/bin:/bin APP=/src /inside
	refused "host $suite, root in a plain chroot" 'systemd-nspawn -D FOLDER' private "mount -t proc proc '$tree/proc'; mount --bind /dev '$tree/dev'" \
		chroot "$tree" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/bin APP=/src /inside
	works "host $suite, systemd-nspawn" systemd-nspawn -q -D "$tree" --register=no --keep-unit --pipe --bind-ro="$blobs:/blobs" --setenv=HOME=/root --setenv=APP=/src --setenv=BLOBS=/blobs /inside
	rm -rf --one-file-system "$tree"
done

### containers
if wanted container; then
	sed "s/bookworm\|trixie/bookworm/g" "$sources" >"$place/image.sources"
	mmdebstrap -q --variant=minbase --include=libarchive13,libcurl4,libyaml-0-2,libjansson4,libsolv1,libsolvext1,libsystemd0,libssl3,gpgv,uidmap,ca-certificates \
		--customize-hook='chroot "$1" useradd --create-home alice' bookworm "$place/image.tar" "$place/image.sources" >"$place/log" 2>&1 || bad "container: mmdebstrap"
	user hbm-pod
	for who in root hbm-pod; do "$place/pod" "$who" import -q "$place/image.tar" localhost/hbm >"$place/log" 2>&1 || bad "container: podman import as $who"; done
	rm "$place/image.tar"
	# docker's filter lets nobody without CAP_SYS_ADMIN make namespaces or mounts; this one is like it (what is said
	# in docker's own containers is in tests/unit/base/advice.c)
	calls='"unshare","mount","umount2","setns","pivot_root","clone3","sethostname","open_tree","move_mount","mount_setattr"'
	echo '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":['"$calls"'],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}' >"$place/docker.json"
	# prctl(PR_SET_SECCOMP) alone
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["seccomp"],"action":"SCMP_ACT_ERRNO","errnoRet":1},{"names":["prctl"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":22,"op":"SCMP_CMP_EQ"}]}]}' >"$place/no-filter.json"
	name='--hostname hiebox'
	works "container, root, --hostname hiebox" container root $name -- /inside
	works "container, rootless, --hostname hiebox" container hbm-pod $name -- /inside
	works "container, root, seccomp=unconfined" container root --security-opt seccomp=unconfined -- /inside
	works "container, root, privileged" container root --privileged -- /inside
	works "container, rootless, privileged" container hbm-pod --privileged -- /inside
	works "container, user, CAP_SYS_ADMIN" container root --user alice --cap-add SYS_ADMIN -e HOME=/home/alice -- /inside
	works "container, root, only CAP_SETUID, SETGID, SETFCAP" container root $name --cap-drop all --cap-add SETUID --cap-add SETGID --cap-add SETFCAP -- /inside
	works "container, root, no filter may be set" container root --security-opt "seccomp=$place/no-filter.json" -- /inside
	works "container, root, little /dev" container root $name --shm-size 1m --tmpfs /tmp:noexec -- /inside
	refused "container, root, default options" 'podman run --hostname hiebox' container root -- /inside
	refused "container, rootless, default options" 'podman run --hostname hiebox' container hbm-pod -- /inside
	refused "container, user, default options" '--user 0:0' container root --user alice -e HOME=/home/alice -- /inside
	refused "container, rootless, user" '--user 0:0' container hbm-pod --user alice -e HOME=/home/alice -- /inside
	refused "container, rootless, keep-id" '--user 0:0' container hbm-pod --userns keep-id -e HOME=/tmp -- /inside
	refused "container, user, no-new-privileges" '--user 0:0' container root --user alice -e HOME=/home/alice --security-opt no-new-privileges -- /inside
	refused "container, root, no capabilities" 'podman run --cap-add SETUID --cap-add SETGID --cap-add SETFCAP' container root --cap-drop all -- /inside
	refused "container, root, a filter like docker's" 'podman run --security-opt seccomp=unconfined' container root --security-opt "seccomp=$place/docker.json" -- /inside
	sed -i '/^hbm-pod:/d' /etc/subuid /etc/subgid; "$place/pod" hbm-pod system migrate >/dev/null 2>&1
	refused "container, rootless, no subordinate ids on the host" 'podman system migrate' container hbm-pod $name -- /inside
	for who in hbm-pod root; do "$place/pod" "$who" system reset -f >/dev/null 2>&1; done
	umount -R "$place/graph/overlay" 2>/dev/null
fi
echo "1..$number"
