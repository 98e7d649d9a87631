#!/usr/bin/env bash
# run-dev.sh: what hiebox run and dev refuse before anything is built or started.
. "$(dirname "$0")/../support/cli.sh"
cp -r recipes units overlays "$work/"
cd "$work" || exit 1
usage() { local name=$1 pattern=$2; shift 2; expect "$name" 2 "$pattern" "$hiebox" "$@"; }

expect "help of run" 0 'firmware' "$hiebox" help run
expect "help of dev" 0 'mediator' "$hiebox" help dev
usage "run needs something to start" 'run needs an argument' run
usage "a container has no disk" 'keep is for QEMU' run demo --nspawn --keep
usage "nor firmware" 'firmware is for QEMU' run demo --nspawn --firmware uefi
usage "a machine has its data in the image" 'data is for --nspawn' run demo --data "$work/d"
usage "firmware that nobody has" 'expected bios, uefi or secure, got "efi"' run demo --firmware efi
usage "memory that is no size" 'memory: expected a size' run demo --memory much
usage "memory that nothing starts in" 'at least 512M' run demo --memory 1M
usage "processors that are none" 'from 1 to 64' run demo --processors 0
usage "a window and none" 'choose one' run demo --display --headless
expect "a folder that is none" 1 'share: .*README.md is no folder|share: .*none is no folder' "$hiebox" run demo --share "$work/none"
expect "an image that is not there" 1 'none.raw|qemu' "$hiebox" run none.raw
head -c 4096 /dev/zero >zero.raw
expect "an image that is none" 1 'zero.raw|qemu' "$hiebox" run zero.raw
mkdir folder.raw && expect "an image that is a folder" 1 'folder.raw: is a folder; expected a raw disk' "$hiebox" run folder.raw
mkfifo pipe.raw && expect "an image that is a pipe" 1 'pipe.raw: is no file; expected a raw disk' timeout 20 "$hiebox" run pipe.raw
printf 'QFI\xfb%04000d' 0 >disk.qcow2 && expect "an image of another kind" 1 'disk.qcow2: is a qcow2 disk; qemu-img convert' "$hiebox" run disk.qcow2
usage "dev watches a recipe" 'expected a recipe.*got the image' dev demo.raw
usage "a mediator without a port" 'expected HOST:PORT' dev demo --mediator localhost
usage "a mediator's port that is none" 'expected HOST:PORT' dev demo --mediator localhost:99999
usage "a mediator that is a URL" 'expected HOST:PORT' dev demo --mediator http://localhost:3000
usage "a path that leads nowhere" 'mediator HOST:PORT, which is missing' dev demo --path /x
usage "an option that is nearly one" 'headless' run demo --headles
printf 'recipe: broken\nsummary: x\nboard: pc\nmode: training\ncomponents: [nothing]\n' >recipes/broken.yaml
if [ "$(id -u)" = 0 ] && [ -n "$(command -v systemd-nspawn)" ]; then
	expect "a recipe's mistakes come before its build" 1 'broken.yaml:5:' "$hiebox" run broken --nspawn
fi
expect "nothing was made" 0 '^none$' bash -c "[ -e images ] || echo none"
echo "1..$number"
