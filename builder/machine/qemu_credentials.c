#include "machine/qemu_arguments.h"

#include "machine/channel.h"

/* A unit that starts with everything else; nothing of a normal start waits for it. */
static const char shell_unit[] =
	"[Unit]\n"
	"Description=A shell for hiebox, which runs this machine\n"
	"StartLimitIntervalSec=0\n"
	"[Service]\n"
	"Type=exec\n"
	"ExecStart=/bin/sh /run/credentials/@system/hiebox.shell\n"
	"Environment=HOME=/root LC_ALL=C.UTF-8\n"
	"WorkingDirectory=/\n"
	"Restart=always\n"
	"RestartSec=1\n"
	"OOMScoreAdjust=-900\n"
	"TimeoutStopSec=5\n";

/* The kernel loads 9p and its transport when the mount is made. It fails by itself, without harm to the rest. */
static const char share_unit[] =
	"[Unit]\n"
	"Description=A folder of the machine that hiebox runs on\n"
	"DefaultDependencies=no\n"
	"Conflicts=umount.target\n"
	"Before=umount.target\n"
	"After=systemd-tmpfiles-setup.service\n"
	"[Mount]\n"
	"What=" QEMU_SHARE_TAG "\n"
	"Where=/run/hie/share\n"
	"Type=9p\n"
	"Options=trans=virtio,version=9p2000.L,msize=262144,ro,nodev,nosuid\n";

/* The box's sshd starts only when somebody's key is there; the system's own folders stay as they are, so the key is in
 * /run and goes with this start. */
static const char key_unit[] =
	"[Unit]\n"
	"Description=Lets the key in that hiebox was given\n"
	"After=hie-provision.service\n"
	"Before=ssh.service\n"
	"[Service]\n"
	"Type=oneshot\n"
	"RemainAfterExit=yes\n"
	"ExecStart=/bin/sh -c 'mkdir -p -m 755 /run/hiebox-ssh /run/hie && "
	"cp /run/credentials/@system/hiebox.key /run/hiebox-ssh/root && chmod 644 /run/hiebox-ssh/root && "
	": >/run/hie/ssh-wanted'\n";
static const char key_drop_in[] =
	"[Unit]\n"
	"Wants=hiebox-key.service\n"
	"[Service]\n"
	"ExecStart=\n"
	"ExecStart=/usr/sbin/sshd -D -o \"AuthorizedKeysFile=.ssh/authorized_keys "
	"/var/lib/hie/ssh/authorized_keys.d/%%u /run/hiebox-ssh/%%u\"\n";

void qemu_credentials(const struct machine_settings *settings, bool kvm, struct strings *list)
{
	autobuffer struct buffer wanted = {0};

	if (!kvm)
		strings_format(list, "hie.timescale=%d", QEMU_SLOWNESS);
	if (settings->shell) {
		strings_format(list, "hiebox.shell=%s", channel_server);
		strings_format(list, "systemd.extra-unit.hiebox-shell.service=%s", shell_unit);
		buffer_text(&wanted, "Wants=hiebox-shell.service\n");
	}
	if (settings->share) {
		strings_format(list, "systemd.extra-unit.run-hie-share.mount=%s", share_unit);
		buffer_text(&wanted, "Wants=run-hie-share.mount\n");
	}
	if (settings->ssh_key) {
		strings_format(list, "hiebox.key=%s\n", settings->ssh_key);
		strings_format(list, "systemd.extra-unit.hiebox-key.service=%s", key_unit);
		strings_format(list, "systemd.unit-dropin.ssh.service=%s", key_drop_in);
		buffer_text(&wanted, "Wants=hiebox-key.service\n");
	}
	if (wanted.length)
		strings_format(list, "systemd.unit-dropin.multi-user.target=[Unit]\n%s", wanted.data);
}
