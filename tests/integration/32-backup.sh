#!/usr/bin/env bash
# Backup on one box, restore on others, in systemd-nspawn: nothing that was acknowledged before it began is lost,
# also when the power goes while it is put in place; and any machine with age and tar opens a backup.
. "$(dirname "$0")/lib.sh"
need_demo
mkdir -p build/check/log
# boot NAME DATA INSIDE-TEST
boot() {
	mkdir -p "$work/$2" "$work/out"
	if [ -z "$(ls -A "$work/$2")" ]; then mkdir "$work/$2/state"; echo new >"$work/$2/.hiebox-data"; fi
	[ -e "$work/$2/out" ] || cp -a "$work/out" "$work/$2/out"
	in_box "$1" demo "$(inside_command backup-inside.sh "$3")" --machine hiebox-backup --data "$work/$2"
	cp "$work/log" "build/check/log/backup-${1// /-}.log"
}
# open FILE INTO: with age's own program at a terminal, and tar
open_plainly() {
	python3 - "$1" "$2" <<-'PY'
	import fcntl, os, pty, subprocess, sys, termios
	master, slave = pty.openpty()
	def session():
	    os.setsid()
	    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
	age = subprocess.Popen(["age", "-d", sys.argv[1]], stdout=subprocess.PIPE, preexec_fn=session)
	os.write(master, b"a passphrase for the test\n")
	tar = subprocess.run(["tar", "-xf", "-", "-C", sys.argv[2]], stdin=age.stdout)
	sys.exit(age.wait() or tar.returncode)
	PY
}

boot "fill" a fill
boot "save" a save
cp -a "$work/a/out/." "$work/out/"
backup=$(ls "$work"/out/*.hiebackup)
if command -v age >/dev/null; then
	mkdir "$work/plain"
	try "age -d and tar open it" open_plainly "$backup" "$work/plain"
	same "manifest.json is right about every file" "" "$(cd "$work/plain" && python3 -c '
import hashlib, json, os
m = json.load(open("manifest.json"))
for one in m["members"]:
    data = open(one["path"], "rb").read()
    if len(data) != one["size"] or hashlib.sha256(data).hexdigest() != one["sha256"]: print(one["path"])
known = {one["path"] for one in m["members"]} | {"manifest.json"}
for root, _, files in os.walk("."):
    for name in files:
        path = os.path.relpath(os.path.join(root, name), ".")
        if path not in known: print("unknown", path)')"
	echo "# $(cd "$work/plain" && find . -type f | wc -l) files, $(du -sk "$work/plain" | cut -f1) KB inside, $(stat -c %s "$backup") bytes outside"
fi
boot "refused" b refused
boot "restore at once" b restore
boot "after a restart" b found
# the power goes while the restore is put in place: the machine dies in the middle of provisioning, several times
boot "stage" c stage
for cut in 0.1 0.25 0.5; do
	"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-backup --data "$work/c" --log "$work/log" \
		--until 'Starting .*hie-provision' --timeout 60 --run "sleep $cut" >/dev/null 2>&1
	echo "# cut off $cut s after provisioning began: $(ls "$work/c/state/var/upper/lib/hie" | tr '\n' ' ')"
done
boot "after power cuts" c found
boot "by the service" d service
boot "by the service, again" d found
