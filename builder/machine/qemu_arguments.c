#include "machine/qemu_arguments.h"

#include <string.h>

#include "machine/channel.h"

/* In a value of QEMU's options a comma is written twice. Caller frees. */
static char *option_text(const char *text)
{
	autobuffer struct buffer out = {0};

	for (; *text; text++)
		buffer_text(&out, *text == ',' ? ",," : (char[]){*text, '\0'});
	return buffer_steal(&out);
}

/* What is named by a relative path could look like another protocol ("nbd:…"). */
static char *file_text(const char *path)
{
	autofree char *near = text_format("%s%s", *path == '/' ? "" : "./", path);

	return option_text(near);
}

static void add(struct strings *list, const char *option, const char *value)
{
	strings_add(list, option);
	if (value)
		strings_add(list, value);
}

static void add_machine(const struct qemu_plan *plan, struct strings *list)
{
	const struct machine_settings *settings = plan->settings;
	uint64_t memory = settings->memory ? settings->memory : QEMU_MEMORY;
	unsigned processors = settings->processors ? settings->processors : QEMU_PROCESSORS;
	autofree char *name = option_text(settings->name ? settings->name : "box");

	add(list, "-no-user-config", "-nodefaults");
	strings_add(list, "-name");
	strings_take(list, text_format("hiebox %s", name));
	add(list, "-machine", settings->firmware == MACHINE_SECURE ? "q35,smm=on" : "pc");
	add(list, "-accel", plan->kvm ? "kvm" : "tcg,thread=multi");
	if (plan->kvm)
		add(list, "-cpu", "host");
	strings_add(list, "-m");
	strings_format(list, "%lluM", (unsigned long long)((memory + (1 << 20) - 1) >> 20));
	strings_add(list, "-smp");
	strings_format(list, "%u", processors);
	add(list, "-rtc", "base=utc");
	add(list, "-device", "virtio-rng-pci");
	add(list, "-vga", "std");
	add(list, "-display", settings->display ? "gtk" : "none");
}

/* The variables are written by a firmware that starts, and forgotten. */
static void add_firmware(const struct qemu_plan *plan, struct strings *list)
{
	autofree char *code = NULL, *variables = NULL;

	if (!plan->firmware->code)
		return;
	code = file_text(plan->firmware->code);
	variables = file_text(plan->firmware->variables);
	if (plan->settings->firmware == MACHINE_SECURE)
		add(list, "-global", "driver=cfi.pflash01,property=secure,value=on");
	strings_add(list, "-drive");
	strings_format(list, "if=pflash,unit=0,format=raw,readonly=on,file=%s", code);
	strings_add(list, "-drive");
	strings_format(list, "if=pflash,unit=1,format=raw,snapshot=on,file=%s", variables);
}

/* snapshot=on: what is written goes into a file without a name, which is gone with QEMU however that ends. A disk
 * without room stops the machine (werror), rather than letting the box believe that its disk is broken. */
static void add_disk(const struct machine_settings *settings, struct strings *list)
{
	autofree char *disk = file_text(settings->disk);

	strings_add(list, "-drive");
	strings_format(list, "if=virtio,format=raw,snapshot=%s,cache=writeback,discard=unmap,werror=stop,rerror=report,file=%s",
		       settings->keep ? "off" : "on", disk);
}

static void add_network(const struct machine_settings *settings, struct strings *list)
{
	autobuffer struct buffer network = {0};

	buffer_text(&network, "user,id=net,model=virtio-net-pci");
	for (size_t i = 0; i < settings->port_count; i++)
		buffer_format(&network, ",hostfwd=tcp:127.0.0.1:%u-:%u", settings->ports[i].local, settings->ports[i].guest);
	add(list, "-nic", network.data);
}

static void add_channels(const struct qemu_plan *plan, struct strings *list)
{
	strings_add(list, "-chardev");
	strings_format(list, "socket,id=console,fd=%d", plan->console_fd);
	add(list, "-serial", "chardev:console");
	strings_add(list, "-chardev");
	strings_format(list, "socket,id=monitor,fd=%d", plan->monitor_fd);
	add(list, "-mon", "chardev=monitor,mode=control");
	if (!plan->settings->shell)
		return;
	strings_add(list, "-chardev");
	strings_format(list, "socket,id=shell,fd=%d", plan->shell_fd);
	add(list, "-device", "virtio-serial-pci");
	add(list, "-device", "virtserialport,chardev=shell,name=" CHANNEL_PORT);
}

static void add_credentials(const struct qemu_plan *plan, struct strings *list)
{
	autostrings struct strings credentials = {0};

	qemu_credentials(plan->settings, plan->kvm, &credentials);
	for (size_t i = 0; i < credentials.count; i++) {
		const char *text = strchr(credentials.items[i], '=') + 1;
		autofree char *encoded = base64_encode(text, strlen(text));

		strings_add(list, "-smbios");
		strings_format(list, "type=11,value=io.systemd.credential.binary:%.*s%s", (int)(text - credentials.items[i]),
			       credentials.items[i], encoded);
	}
}

static void add_share(const char *share, struct strings *list)
{
	autofree char *folder = share ? file_text(share) : NULL;

	if (!share)
		return;
	strings_add(list, "-virtfs");
	strings_format(list, "local,path=%s,mount_tag=" QEMU_SHARE_TAG ",security_model=none,readonly=on,multidevs=remap",
		       folder);
}

void qemu_arguments(const struct qemu_plan *plan, struct strings *list)
{
	strings_add(list, QEMU_PROGRAM);
	add_machine(plan, list);
	add_firmware(plan, list);
	add_disk(plan->settings, list);
	add_network(plan->settings, list);
	add_channels(plan, list);
	add_credentials(plan, list);
	add_share(plan->settings->share, list);
}
