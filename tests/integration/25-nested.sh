#!/usr/bin/env bash
# The light recipe as a rootless container's root builds it: uid 0 of a namespace with 65536 ids, without
# CAP_SYS_ADMIN, with a /proc of which parts are hidden, in an empty store: the bytes that this machine's root made.
# (20-same-bytes is an ordinary user; tests/support/matrix.sh is every situation, by hand.)
. "$(dirname "$0")/lib.sh"
need_root "making a namespace like a container's"
unshare --user true 2>/dev/null || { skip "a container's root" "user namespaces are switched off"; exit 0; }
[ -e "$out/light.raw" ] || { bad "light was built"; exit 1; }
first=4200000000 # nobody's ids
place=$work/place
mkdir -p "$place/recipes" "$place/store/blobs"; chmod 755 "$work"
cp -r recipes/components recipes/boards recipes/workflows recipes/seeds recipes/light.* "$place/recipes/"; cp -r units overlays builder "$place/"; cp -L build/hiebox "$place/hiebox"
chown -R $first:$first "$place"

# What an engine does, in its order: ids, mounts, fewer capabilities.
cat >"$work/container" <<'SH'
mount --bind -o ro "$blobs" "$place/store/blobs"
unshare --user --mount --pid --fork --propagation private sleep 600 & engine=$!
sleep 0.5; inner=$(cat "/proc/$engine/task/$engine/children"); inner=${inner%% *}
for kind in uid gid; do echo "0 $first 65536" >"/proc/$inner/${kind}_map"; done
nsenter --user --mount --pid --target "$inner" bash -c '
	mount -t proc proc /proc && mount -t tmpfs -o ro hidden /proc/acpi && mount --bind -o ro /proc/sys /proc/sys || exit
	cd / && umask 022 && keep=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+setfcap
	exec setpriv --bounding-set=-all,$keep --inh-caps=-all env -i HOME="$place" PATH=/usr/bin:/bin:/usr/sbin:/sbin \
		"$place/hiebox" "$@"' engine "$@"
status=$?; kill "$inner" "$engine"; exit $status
SH
container() { blobs=$store/blobs place=$place first=$first unshare --mount --propagation private bash "$work/container" "$@"; }
export -f container; export store place first work
try "doctor is content with a container's root" container doctor --store "$place/store"
try "a container's root builds" container build "$place/recipes/light.yaml" --store "$place/store" -o "$place/out" --locked --offline
same "the same bytes" "$(sha256sum <"$out/light.raw")" "$(sha256sum <"$place/out/light.raw")"
same "the image is the builder's own" $first "$(stat -c %u "$place/out/light.raw")"
