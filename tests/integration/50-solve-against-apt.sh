#!/usr/bin/env bash
# solve-against-apt.sh: plan_solve() must find the very set that apt finds for Essential packages and a
# list, on an empty system without Recommends, from trixie's main, updates and security. Needs apt, the
# network and build/release/libhiebox.a. The mirror is that of the machine's own APT sources.
set -u
cd "$(dirname "$0")/../.."
export LC_ALL=C
skip() { echo "ok 1 - the same sets as apt # SKIP $1"; exit 0; }
command -v apt-get >/dev/null && command -v apt-config >/dev/null || skip "there is no apt on this machine"
library=build/release/libhiebox.a
[ -e $library ] || skip "$library is not built"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e $keyring ] || skip "there is no $keyring"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repositories=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sort -u)
main=$(grep -E '/debian/?$' <<<"$repositories" | head -n 1)
security=$(grep -E '/debian-security/?$' <<<"$repositories" | head -n 1)
[ -n "$main" ] || skip "the machine's APT sources name no Debian mirror"
{
	echo "deb [signed-by=$keyring] $main trixie main"
	echo "deb [signed-by=$keyring] $main trixie-updates main"
	[ -z "$security" ] || echo "deb [signed-by=$keyring] $security trixie-security main"
} >"$work/sources.list"
mkdir -p "$work"/{lists/partial,cache/archives/partial,etc/apt.conf.d,etc/preferences.d,log,table}
: >"$work/status"
{
	apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Valid-Until)'
	cat <<END
Dir::Etc "$work/etc";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::State::extended_states "$work/extended_states";
Dir::Cache "$work/cache";
Dir::Log "$work/log";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
END
} >"$work/apt.conf"
export APT_CONFIG=$work/apt.conf
apt-get -qq update >"$work/update.log" 2>&1 || skip "trixie's indexes cannot be fetched"

indexes=()
for wanted in _trixie_main _trixie-updates_main _trixie-security_main; do
	for file in "$work"/lists/*"$wanted"_binary-amd64_Packages*; do
		[ -e "$file" ] || continue
		/usr/lib/apt/apt-helper cat-file "$file" >"$work/index$wanted" && indexes+=("$work/index$wanted")
	done
done
[ ${#indexes[@]} -ge 2 ] || skip "apt kept no Packages files"
essential=$(cat "${indexes[@]}" | awk -v RS= '/\nEssential: yes/ { sub(/\n.*/, ""); print $2 }' | sort -u)
${CC:-cc} -std=gnu17 -O2 -Ibuilder -D_GNU_SOURCE -o "$work/solve" tests/support/solve.c $library \
	$(pkg-config --libs libsolv libcrypto yaml-0.1 jansson) -lsolvext -lsolv -lpthread ||
	{ echo "not ok 1 - tests/support/solve.c compiles"; exit 1; }

number=0 failed=0
# same NAME PACKAGE…
same() {
	local name=$1 start
	shift
	number=$((number + 1))
	start=$(date +%s.%N)
	if ! apt-get -s install --no-install-recommends $essential "$@" >"$work/apt.out" 2>&1; then
		echo "ok $number - $name # SKIP apt itself refuses this list today"
		return
	fi
	apt=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f", b - a }')
	sed -n 's/^Inst \([^ :]*\)[^ ]* (\([^ ]*\) .*/\1 \2/p' "$work/apt.out" | sort >"$work/apt.set"
	"$work/solve" "$work/table" amd64 "${indexes[@]}" -- "$@" 2>"$work/solve.err" | sort >"$work/our.set"
	if cmp -s "$work/apt.set" "$work/our.set"; then
		echo "ok $number - $name: $(wc -l <"$work/our.set") packages, apt $apt s, plan_solve $(cat "$work/solve.err") s"
	else
		failed=1
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/solve.err"
		diff "$work/apt.set" "$work/our.set" | grep '^[<>]' | sed 's/^</# only apt:/; s/^>/# only we:/' | head -n 30
	fi
}
same "table is made" systemd-sysv
same "demo" systemd systemd-sysv udev dbus libpam-systemd kmod iproute2 linux-image-amd64 initramfs-tools zstd \
	openssh-server nftables nginx-light postgresql-17 openjdk-21-jre-headless nodejs curl ca-certificates \
	busybox e2fsprogs fdisk systemd-repart libcurl4t64 libyaml-0-2 libjansson4 libssl3t64 openssl
same "tools" squashfs-tools e2fsprogs libarchive13t64 mtools dosfstools fdisk zstd cpio kmod mawk dpkg systemd \
	gcc libc6-dev libcurl4-openssl-dev libyaml-dev libjansson-dev libssl-dev libsystemd-dev \
	openjdk-21-jdk-headless grub-pc-bin grub-efi-amd64-signed shim-signed libmaven3-core-java
same "podman" podman systemd-sysv crun netavark
same "desktop" gnome-shell gdm3 firefox-esr libreoffice-writer
same "another desktop" plasma-desktop sddm konsole
same "mail" exim4 dovecot-imapd mutt
same "another mail server" postfix bsd-mailx spamassassin
same "alternatives" default-mta cron logrotate apache2 php mariadb-server
same "programming" build-essential debhelper git-buildpackage devscripts lintian
same "servers" tomcat10 default-jre-headless redis-server rabbitmq-server
same "network" network-manager hostapd dnsmasq avahi-daemon wpasupplicant
same "npm" npm node-typescript webpack
echo "1..$number"
exit $failed
