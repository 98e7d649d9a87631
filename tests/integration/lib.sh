# lib.sh: what the integration tests share. Sourced from the project's root by numbered scripts.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
out=$PWD/build/check/images
store=${XDG_CACHE_HOME:-$HOME/.cache}/hiebox
hiebox=$PWD/build/hiebox
integration=$PWD/tests/integration
work=$(mktemp -d "${TMPDIR:-/tmp}/hiebox-check.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir -p "$out"
number=0

ok() { number=$((number + 1)); echo "ok $number - $1"; }
bad() { number=$((number + 1)); echo "not ok $number - $1${2:+: $2}"; }
skip() { number=$((number + 1)); echo "ok $number - $1 # SKIP $2"; }
# try NAME COMMAND…: ok when the command succeeds; its output is shown when it does not
try() {
	local name=$1; shift
	if "$@" >"$work/try" 2>&1; then ok "$name"; else bad "$name" "status $?"; tail -n 40 "$work/try" | sed 's/^/#   /'; fi
}
# same NAME EXPECTED ACTUAL
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
need_root() { [ "$(id -u)" = 0 ] || { skip "$1" "needs root"; exit 0; }; }

need_demo() { need_root "systemd-nspawn"; [ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }; }

# in_box NAME IMAGE COMMAND [boot-nspawn option…]: starts the image's layers, runs the command beside the box that has
# come up, and relays its lines. The data is in $work/data unless an option says otherwise.
in_box() {
	local name=$1 image=$2 command=$3; shift 3
	"$integration/boot-nspawn.sh" $(layers "$image") --data "$work/data" --log "$work/log" --until 'login:' --timeout 300 \
		--run "$command" "$@" >"$work/inside" 2>&1
	relay "$name" "$work/inside"
}
# inside_command FILE [WORD…]: the command for in_box that runs a script of this folder inside, as root
inside_command() { local file=$1; shift; echo "nsenter -t \$MACHINE_LEADER -a /bin/sh -s $* <$integration/$file"; }

# layers IMAGE: boot-nspawn.sh's --layer arguments for an image that was built from the store
layers() {
	python3 - "$out/$1.raw.json" "$store" <<-'PY'
	import json, sys
	for layer in json.load(open(sys.argv[1]))["layers"]:
	    print(f"--layer {layer['name']}={sys.argv[2]}/layers/{layer['key']}/layer.squashfs")
	PY
}
# layer_file IMAGE NAME: the path of one layer's squashfs
layer_file() { layers "$1" | sed -n "s/^--layer $2=//p"; }
# small_mirror: small.yaml with its lock in $work, its packages in the store and in a mirror, $work/mirror
small_mirror() {
	cp tests/recipes/small.yaml "$work/"
	try "the lock" "$hiebox" lock "$work/small.yaml" --project .
	try "its packages are in the store" "$hiebox" fetch "$work/small.yaml" --project .
	same "packages that the mirror lacks" 0 "$(python3 tests/support/lock_mirror.py "$work/small.lock" "$store" "$work/mirror")"
}
# partition IMAGE NAME: its start and size in bytes, from sfdisk's own reading of the table
partition() {
	sfdisk -J "$out/$1.raw" | python3 -c 'import json, sys
for p in json.load(sys.stdin)["partitiontable"]["partitions"]:
    if p["name"] == sys.argv[1]: print(p["start"] * 512, p["size"] * 512)' "$2"
}
# take IMAGE NAME FILE: copies one partition out, keeping holes
take() {
	local start size
	read -r start size < <(partition "$1" "$2")
	dd if="$out/$1.raw" of="$3" bs=1M skip=$((start >> 20)) count=$((size >> 20)) conv=sparse status=none
}
# relay NAME FILE: passes on the TAP lines that ran inside a box, and fails when END is missing
relay() {
	tr -d '\r' <"$2" | grep -aE '^(ok|not ok) - ' | while read -r line; do
		case $line in ok*) echo "ok - $1: ${line#ok - }" ;; *) echo "not ok - $1: ${line#not ok - }" ;; esac
	done
	tr -d '\r' <"$2" | grep -a '^# ' || :
	if tr -d '\r' <"$2" | grep -qa '^END$'; then ok "$1 ran to its end"; else
		bad "$1 ran to its end" "no END line"
		tail -c 3000 "$2" | tr -d '\r' | sed 's/^/#   /'
	fi
}
