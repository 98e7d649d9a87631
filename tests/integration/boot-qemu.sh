#!/usr/bin/env bash
# boot-qemu.sh: starts a disk in QEMU and waits for a line on its serial console.
#   --disk FILE            raw disk; what the machine writes is forgotten unless --keep is given
#   --second-disk FILE     another one, attached behind it
#   --firmware KIND        bios (default), uefi, secure-boot; or `kernel`, which starts --kernel and --initrd with --append
#   --memory SIZE          default 2G                  --processors N   default 2
#   --timeout SECONDS      default 600                 --log FILE       serial console, default DISK.log
#   --until REGEX          cut the power when a line matches (extended regular expression); without it,
#                          wait until the machine powers itself off
#   --run COMMAND          run a shell command beside the machine when --until's line was seen, then cut the power
#   --forward HOST:GUEST   TCP port forwarded from 127.0.0.1:HOST (may be repeated); without it there is no network
#   --inside FILE:WORDS    run the shell script FILE with WORDS as root inside, its output in LOG.inside, then power
#                          off; given to systemd as a credential of the machine, so the disk stays untouched
#   --cut-after-end        with --inside: cut the power at the script's last line, END, instead
#   --cut-at REGEX         with --inside: cut the power when a line of the script's output matches
#   --cut-after SECONDS    cut the power after so long, whatever the machine is doing (fractions allowed)
#   --clock TIME           the battery clock at the start, as 1970-01-01T00:00:00; default now
#   --keys TEXT            type TEXT into the serial console once GRUB's menu is shown
# Exit status: 0 the line was seen, the power was cut as asked, or the machine powered off; 1 it restarted or stopped otherwise; 124 too slow;
# with --run, the command's own. $HIEBOX_ACCEL chooses kvm or tcg; else KVM is used where the processor has it.
set -u
export LC_ALL=C

disk='' second='' firmware=bios memory=2G processors=2 limit=600 log='' until='' run='' keys='' keep=''
clock=utc kernel='' initrd='' append='' forwards='' inside='' cut='' cut_after=''
die() { echo "boot-qemu.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
	case $1 in
	--keep) keep=y; shift; continue ;;
	--cut-after-end) cut='^END$'; shift; continue ;;
	esac
	[ $# -ge 2 ] || die "$1 needs a value"
	case $1 in
	--disk) disk=$2 ;;
	--second-disk) second=$2 ;;
	--firmware) firmware=$2 ;;
	--memory) memory=$2 ;;
	--processors) processors=$2 ;;
	--timeout) limit=$2 ;;
	--log) log=$2 ;;
	--until) until=$2 ;;
	--run) run=$2 ;;
	--keys) keys=$2 ;;
	--clock) clock=$2 ;;
	--inside) inside=$2 ;;
	--cut-at) cut=$2 ;;
	--cut-after) cut_after=$2 ;;
	--kernel) kernel=$2 ;;
	--initrd) initrd=$2 ;;
	--append) append=$2 ;;
	--forward) forwards+=",hostfwd=tcp:127.0.0.1:${2%%:*}-:${2##*:}" ;;
	*) die "unknown option $1" ;;
	esac
	shift 2
done
[ -r "$disk" ] || die "--disk: cannot read $disk"
log=${log:-$disk.log}
rm -f "$log.inside" # an END of an earlier start must not end this one
work=$(mktemp -d) || exit 2
machine=''
finish() {
	[ -z "$machine" ] || { kill -KILL "$machine" 2>/dev/null; wait "$machine" 2>/dev/null; }
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A virtual machine without nested virtualization may show /dev/kvm and hang in it.
accel=${HIEBOX_ACCEL:-}
if [ -z "$accel" ]; then
	accel=tcg
	if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then accel=kvm; fi
fi
[ "$accel" != tcg ] || accel=tcg,thread=multi

arguments=(-accel "$accel" -m "$memory" -smp "$processors" -display none -monitor none -no-reboot
	-rtc base=$clock -device virtio-rng-pci)
if [ -n "$forwards" ]; then arguments+=(-nic "user,model=virtio-net-pci$forwards"); else arguments+=(-nic none); fi

# the first of the file names that distributions use
firmware_file() {
	local directory name
	for name; do
		for directory in /usr/share/OVMF /usr/share/edk2/ovmf /usr/share/edk2/x64 /usr/share/qemu; do
			[ -r "$directory/$name" ] && { echo "$directory/$name"; return; }
		done
	done
	die "no firmware file $1 (package ovmf)"
}
flash() {
	cp "$2" "$work/variables" && chmod 600 "$work/variables"
	arguments+=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$1"
		-drive "if=pflash,unit=1,format=raw,file=$work/variables")
}
case $firmware in
bios) ;;
kernel) arguments+=(-kernel "$kernel" -initrd "$initrd" -append "$append") ;;
uefi) flash "$(firmware_file OVMF_CODE_4M.fd OVMF_CODE.fd)" "$(firmware_file OVMF_VARS_4M.fd OVMF_VARS.fd)" ;;
secure-boot)
	arguments+=(-machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on)
	flash "$(firmware_file OVMF_CODE_4M.secboot.fd OVMF_CODE.secboot.fd)" "$(firmware_file OVMF_VARS_4M.ms.fd OVMF_VARS.secboot.fd)" ;;
*) die "--firmware: expected bios, uefi, secure-boot or kernel, got \"$firmware\"" ;;
esac
# systemd reads credentials from SMBIOS strings (systemd.system-credentials(7)): a script, a unit that runs
# it, and a wish for that unit
credential() { arguments+=(-smbios "type=11,value=io.systemd.credential.binary:$1=$(base64 -w0)"); }
# an emulated processor is 10 to 20 times slower: every start may take as much longer
[ "$accel" = kvm ] || arguments+=(-smbios "type=11,value=io.systemd.credential:hie.timescale=20")
if [ -n "$inside" ]; then
	credential hie.test <"${inside%%:*}"
	credential systemd.extra-unit.hie-test.service <<-UNIT
	[Unit]
	After=hie-provision.service
	[Service]
	Type=exec
	ExecStart=/bin/sh /run/credentials/@system/hie.test ${inside#*:}
	${cut:+#}ExecStopPost=/bin/systemctl poweroff
	StandardOutput=file:/dev/ttyS1
	StandardError=inherit
	TimeoutStartSec=infinity
	UNIT
	credential systemd.unit-dropin.multi-user.target <<-UNIT
	[Unit]
	Wants=hie-test.service
	UNIT
fi

snapshot=$([ -n "$keep" ] && echo off || echo on)
for file in "$disk" ${second:+"$second"}; do
	arguments+=(-drive "file=$file,format=raw,if=virtio,snapshot=$snapshot,cache=writeback,discard=unmap")
done

: >"$log"
# the console's two directions; held open for both ends, so that neither waits for the other
mkfifo "$work/serial.in" "$work/serial.out"
exec 8<>"$work/serial.in" 9<>"$work/serial.out"
cat <&9 >>"$log" &
reader=$!
arguments+=(-chardev "pipe,id=console,path=$work/serial" -serial chardev:console)
[ -z "$inside" ] || arguments+=(-serial "file:$log.inside")
qemu-system-x86_64 "${arguments[@]}" </dev/null 2>"$work/errors" 8>&- 9>&- &
machine=$!
trap 'kill $reader 2>/dev/null; finish' EXIT

start=$SECONDS
if [ -n "$cut_after" ]; then
	sleep "$cut_after"
	exit 0
fi
while [ $((SECONDS - start)) -lt "$limit" ]; do
	if [ -n "$until" ] && grep -aqE -- "$until" "$log"; then
		if [ -n "$run" ]; then bash -c "$run"; exit $?; fi
		exit 0
	fi
	if [ -n "$cut" ] && [ -e "$log.inside" ] && tr -d '\r' <"$log.inside" 2>/dev/null | grep -aqE -- "$cut"; then exit 0; fi
	if [ -n "$keys" ] && grep -aq 'will be executed automatically' "$log"; then
		printf '%b' "$keys" >&8
		keys=''
	fi
	if ! kill -0 "$machine" 2>/dev/null; then
		wait "$machine"; status=$?
		machine=''
		sleep 0.3
		cat "$work/errors" >>"$log"
		if [ -n "$until" ] && grep -aqE -- "$until" "$log"; then exit 0; fi
		[ $status = 0 ] && [ -z "$until" ] && grep -aqE 'reboot: Power down' "$log" && exit 0
		exit 1
	fi
	sleep 0.5
done
exit 124
