#!/usr/bin/env bash
# against-mmdebstrap.sh [IMAGE]: the base layer of a built image (default: light) against the tree that
# mmdebstrap makes of exactly the same packages: same paths, kinds, modes, owners, link targets and bytes, but
# for what is listed below with its reason. Needs root, mmdebstrap, the network, and 10-build.sh's images.
. "$(dirname "$0")/lib.sh"
image=${1:-light}
need_root "mmdebstrap as root"
command -v mmdebstrap >/dev/null || { skip "the same tree as mmdebstrap" "mmdebstrap is not installed"; exit 0; }
# The archive goes on, and APT finds its newest packages alone: when the image's are older, one of today's is made.
cp -r recipes units overlays builder "$work/"
versions() { awk '$1 == "image" { print $2, $3 }' "$1"; }
"$hiebox" -q lock "$work/recipes/$image.yaml" --update || { bad "today's lock"; exit 1; }
if [ "$(versions "recipes/$image.lock")" != "$(versions "$work/recipes/$image.lock")" ]; then
	echo "# the archive has newer packages than recipes/$image.lock: $image is built anew for this comparison"
	out=$work/images
	"$hiebox" -q build "$work/recipes/$image.yaml" -o "$out" || { bad "$image of today's packages"; exit 1; }
fi
squashfs=$(layer_file "$image" base)
[ -n "$squashfs" ] && [ -e "$squashfs" ] || { skip "the same tree as mmdebstrap" "$image was not built"; exit 0; }
entries=${squashfs%layer.squashfs}entries
status=${squashfs%layer.squashfs}facts/status

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
repositories=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sort -u)
main=$(grep -E '/debian/?$' <<<"$repositories" | head -n 1)
security=$(grep -E '/debian-security/?$' <<<"$repositories" | head -n 1)
[ -n "$main" ] || { skip "the same tree as mmdebstrap" "APT's sources name no Debian mirror"; exit 0; }
{
	echo "deb [signed-by=$keyring] $main trixie main"
	echo "deb [signed-by=$keyring] $main trixie-updates main"
	[ -z "$security" ] || echo "deb [signed-by=$keyring] $security trixie-security main"
} >"$work/sources.list"
options=()
while read -r line; do options+=(--aptopt="$line"); done < <(apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Valid-Until)')
packages=$(awk '/^Package:/ {p = $2} /^Version:/ {print p "=" $2}' "$status" | paste -sd,)
# the same two decisions that ours took before packages were configured
cat >"$work/before" <<'SH'
#!/bin/sh
mkdir -p "$1/etc/postgresql-common"
echo 'create_main_cluster = false' >"$1/etc/postgresql-common/createcluster.conf"
SH
chmod 755 "$work/before"
[ -n "$(sed -n '/^Package: postgresql-common$/p' "$status")" ] && options+=(--essential-hook="$work/before")
TMPDIR=$work try "mmdebstrap makes a tree of the same packages" mmdebstrap --mode=root --variant=essential "${options[@]}" \
	--dpkgopt=force-unsafe-io --include="$packages" trixie "$work/tree.tar" "$work/sources.list"
[ -s "$work/tree.tar" ] || exit 1

python3 - "$entries" "$work/tree.tar" "$status" <<'PY'
import fnmatch, hashlib, re, stat, sys, tarfile

# what may differ, and why; patterns over the path, where * crosses slashes
# builder/assemble/setuid.c: these lose their set-user-id or set-group-id bit, and nothing else, recorded for dpkg
NO_LONGER_SETUID = {"usr/bin/" + n for n in "chage chfn chsh expiry gpasswd mount newgrp passwd ssh-agent su sudo umount".split()} | {
    "usr/lib/dbus-1.0/dbus-daemon-launch-helper", "usr/lib/openssh/ssh-keysign", "usr/sbin/unix_chkpwd"}
EXPECTED = [
    ("says which programs are no longer setuid", ["var/lib/dpkg/statoverride"]),
    ("ours has no apt of its own to fetch with", ["etc/apt/sources.list*", "etc/apt/apt.conf.d/*mmdebstrap*", "var/lib/apt/*", "var/cache/apt*", "var/lib/apt"]),
    ("mmdebstrap's own traces: its apt, the machine's resolv.conf, an empty fstab", ["etc/apt/preferences.d", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/fstab", "etc/.resolv.conf.systemd-resolved.bak"]),
    ("logs, caches, backups and locks are not kept", ["var/log/*", "var/cache/*", "*-", "*-old", "etc/.pwd.lock", "var/lib/dpkg/lock*", "var/lib/dpkg/triggers/Lock", "var/backups/*", "*/__pycache__*", "var/lib/ucf/*.?", "var/lib/dpkg/available", "var/lib/dpkg/cmethopt", "var/lib/dpkg/parts", "var/lib/dpkg/methods*"]),
    ("made on each box, or belongs to the site layer", ["etc/machine-id", "var/lib/dbus/machine-id", "etc/ssh/ssh_host_*", "etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem", "etc/ssl/certs/????????.?", "etc/hostname", "etc/resolv.conf", "var/lib/systemd/*", "etc/localtime", "etc/timezone"]),
    ("kernel and initramfs are files of the boot layer", ["boot/initrd.img*", "boot/vmlinuz*", "vmlinuz*", "initrd.img*", "var/lib/initramfs-tools*"]),
    ("the presets of hie-base decide what starts", ["etc/systemd/system/*", "etc/systemd/user/*", "etc/rc?.d/*"]),
    ("live only while a system runs", ["dev/*", "run/*", "tmp/*", "proc/*", "sys/*"]),
    ("ids follow the order of configuration", ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid"]),
    ("dates inside, fixed in ours; or dpkg's state in the order of work", ["etc/ssl/certs/java/cacerts", "var/lib/dpkg/status", "var/lib/dpkg/diversions", "var/lib/dpkg/alternatives/*", "var/lib/dpkg/info/*.list", "var/lib/dpkg/triggers/*", "etc/shells", "var/lib/shells.state", "usr/lib/udev/hwdb.bin", "var/lib/pam/*", "etc/postgresql-common/createcluster.conf", "var/lib/ucf/*", "var/cache/debconf/*", "etc/ld.so.cache"]),
]
def reason(path):
    for why, patterns in EXPECTED:
        if any(fnmatch.fnmatchcase(path, p) for p in patterns):
            return why

def names(lines):
    return {int(f[2]): f[0] for f in (l.split(":") for l in lines) if len(f) > 2 and f[2].isdigit()}
ours, theirs = {}, {}
for line in open(sys.argv[1], errors="surrogateescape"):
    kind, mode, uid, gid, size, content, path = line.rstrip("\n").split(" ")
    path = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), path)
    content = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), content)
    ours[path] = [kind, int(mode, 8), int(uid), int(gid), content]
for path, entry in ours.items():
    if entry[0] == "h":
        entry[:] = ours[entry[4]]
accounts, tar = {}, tarfile.open(sys.argv[2], errors="surrogateescape")
for member in tar:
    path = member.name.removeprefix("./")
    if path in ("", "."):
        continue
    kind = "d" if member.isdir() else "l" if member.issym() else "f"
    if member.islnk():
        theirs[path] = theirs[member.linkname.removeprefix("./")]
        continue
    content = "-"
    if member.isfile():
        data = tar.extractfile(member).read()
        content = hashlib.sha256(data).hexdigest()
        if path in ("etc/passwd", "etc/group"):
            accounts[path] = data.decode().splitlines()
    elif member.issym():
        content = member.linkname
    theirs[path] = [kind, member.mode, member.uid, member.gid, content]
facts = sys.argv[3].rsplit("/", 1)[0]
tables = [(names(open(f"{facts}/{f}").read().splitlines()), names(accounts[f"etc/{f}"])) for f in ("passwd", "group")]
def owner(entry, which):
    return [tables[i][which].get(entry[2 + i], entry[2 + i]) for i in (0, 1)]

counts, wrong = {}, []
for path in sorted(set(ours) | set(theirs)):
    a, b = ours.get(path), theirs.get(path)
    if a and b:
        dropped = path in NO_LONGER_SETUID and b[1] & 0o6000 and a[1] == b[1] & ~0o6000
        mode = a[0] == "l" or a[1] == b[1] or dropped
        if a[0] == b[0] and mode and owner(a, 0) == owner(b, 1) and a[4] == b[4]:
            continue
    why = reason(path)
    if why:
        counts[why] = counts.get(why, 0) + 1
    else:
        wrong.append((path, a and [a[0], oct(a[1]), *owner(a, 0), a[4][:40]], b and [b[0], oct(b[1]), *owner(b, 1), b[4][:40]]))
print(f"# {len(ours)} entries in ours, {len(theirs)} in mmdebstrap's")
for why, count in counts.items():
    print(f"# {count} differ: {why}")
for path, a, b in wrong[:60]:
    print(f"# {path}: ours {a}, mmdebstrap's {b}")
same = sorted(tables[0][0].values()) == sorted(tables[0][1].values()) and sorted(tables[1][0].values()) == sorted(tables[1][1].values())
print(f"{'ok' if same else 'not ok'} - the same users and groups")
print(f"{'ok' if not wrong else 'not ok'} - every difference is explained ({len(wrong)} are not)")
PY
