/* GRUB's configuration. One text serves BIOS, UEFI and UEFI with Secure Boot, so it uses only what the
 * target's signed GRUB has built in. Words of the kernel command line: overlays/boot and design section 5. */
#include <stdlib.h>
#include <string.h>

#include "image/disk.h"

char *grub_quoted(const char *text)
{
	struct buffer out = {0};

	for (; *text; text++) {
		if (strchr("\"\\$", *text))
			buffer_add(&out, "\\", 1);
		buffer_add(&out, text, 1);
	}
	return buffer_steal(&out);
}

/* The disk that GRUB itself came from goes first, so that of two media with the same image each starts
 * its own files; the search is for firmware that tells GRUB nothing. */
char *grub_redirect(unsigned efi_number)
{
	return text_format("if [ ! -f ($root)/grub/hie-boot ]; then\n"
			   "\tsearch --no-floppy --file --set=root --hint=hd0,gpt%u /grub/hie-boot\n"
			   "fi\n"
			   "set prefix=($root)/grub\n"
			   "configfile ($root)/grub/grub.cfg\n",
			   efi_number);
}

char *grub_environment(const char *slot)
{
	struct buffer out = {0};

	buffer_format(&out, "# GRUB Environment Block\nhie_slot=%s\n", slot);
	while (out.length < GRUB_ENVIRONMENT_SIZE)
		buffer_add(&out, "#", 1);
	return buffer_steal(&out);
}

static void add_arguments(struct buffer *out, const struct text_list *arguments)
{
	for (size_t i = 0; i < arguments->count; i++) {
		autofree char *quoted = grub_quoted(arguments->items[i].text);
		buffer_format(out, " \"%s\"", quoted);
	}
}

static void add_head(struct buffer *out)
{
	buffer_text(out,
		    "# hiebox: written with the image, the same for BIOS, UEFI and UEFI with Secure Boot.\n"
		    "set default=0\n"
		    "set timeout=3\n"
		    "if [ \"$grub_platform\" = pc ]; then\n"
		    "\tif serial --unit=0 --speed=115200; then\n"
		    "\t\tterminal_input console serial\n"
		    "\t\tterminal_output console serial\n"
		    "\tfi\n"
		    "fi\n");
}

/* Which slot: hie_slot is the good one; hie_try is tried once, and a box that does not come up (panic=
 * restarts it) is back in the good one; hie_once is an argument for one start. What must happen once
 * happens only when GRUB could write down that it did. */
static void add_slot_choice(struct buffer *out)
{
	buffer_text(out,
		    "load_env hie_slot hie_try hie_once\n"
		    "set slot=a\n"
		    "if [ \"$hie_slot\" = b ]; then set slot=b; fi\n"
		    "set trial=\"$hie_try\"\n"
		    "if [ -n \"$trial\" ]; then\n"
		    "\tset hie_try=\"\"\n"
		    "\tif save_env hie_try; then\n"
		    "\t\tif [ \"$trial\" = a -o \"$trial\" = b ]; then set slot=\"$trial\"; fi\n"
		    "\tfi\n"
		    "fi\n"
		    "set more=\"\"\n"
		    "set once=\"$hie_once\"\n"
		    "if [ -n \"$once\" ]; then\n"
		    "\tset hie_once=\"\"\n"
		    "\tif save_env hie_once; then\n"
		    "\t\tif [ \"$once\" = hie.reset=1 -o \"$once\" = hie.rescue=1 ]; then set more=\"$once\"; fi\n"
		    "\tfi\n"
		    "fi\n"
		    "set other=b\n"
		    "if [ \"$slot\" = b ]; then set other=a; fi\n"
		    "if [ ! -f ($root)/$slot/vmlinuz ]; then\n"
		    "\tset good=\"$other\"\n"
		    "\tset other=\"$slot\"\n"
		    "\tset slot=\"$good\"\n"
		    "fi\n");
}

static void add_layers_menu(struct buffer *out)
{
	buffer_text(out,
		    "menuentry \"Start hiebox\" --id start { start $slot $more; }\n"
		    "if [ -f ($root)/$other/vmlinuz ]; then\n"
		    "\tmenuentry \"Start hiebox with the other system ($other)\" --id other { start $other; }\n"
		    "fi\n"
		    "menuentry \"Rescue: start without touching the data\" --id rescue { start $slot hie.rescue=1; }\n"
		    "submenu \"Forget everything and start as new ...\" --id reset {\n"
		    "\tmenuentry \"No, go back\" { configfile $prefix/grub.cfg; }\n"
		    "\tmenuentry \"Yes: every patient, message and setting on this box is lost\" "
		    "{ start $slot hie.reset=1; }\n"
		    "}\n");
}

static void layers_menu(const struct disk *disk, struct buffer *out)
{
	const struct plan *plan = disk->input->plan;
	const struct partition *a = disk_partition(disk, PARTITION_SYSTEM_A, NULL);
	const struct partition *b = disk_partition(disk, PARTITION_SYSTEM_B, NULL);
	const struct partition *data = disk_partition(disk, PARTITION_DATA, NULL);

	add_slot_choice(out);
	/* a submenu sees only what is exported */
	buffer_text(out, "export slot more\n");
	buffer_format(out,
		      "function start {\n"
		      "\tset system=%s\n"
		      "\tif [ \"$1\" = b ]; then set system=%s; fi\n"
		      "\techo \"Starting hiebox, system $1 ...\"\n"
		      "\tlinux ($root)/$1/vmlinuz boot=hie root=PARTUUID=$system hie.data=PARTUUID=%s "
		      "hie.slot=$1 ro panic=10 systemd.gpt_auto=0",
		      a->uuid, b ? b->uuid : a->uuid, data->uuid);
	add_arguments(out, &plan->board->kernel_arguments);
	add_arguments(out, &plan->recipe->kernel_arguments);
	buffer_text(out, " $2\n"
			 "\tinitrd ($root)/$1/initrd.img\n"
			 "}\n");
	add_layers_menu(out);
}

/* One ordinary root: the kernel is the one that the target's package links at the top of it. */
static void plain_menu(const struct disk *disk, struct buffer *out)
{
	const struct plan *plan = disk->input->plan;
	unsigned number;
	const struct partition *root = disk_partition(disk, PARTITION_ROOT, &number);

	buffer_format(out,
		      "search --no-floppy --fs-uuid --set=root --hint=hd0,gpt%u %s\n"
		      "menuentry \"Start hiebox\" --id start {\n"
		      "\tlinux ($root)/vmlinuz root=PARTUUID=%s rw panic=10 systemd.gpt_auto=0",
		      number, root->filesystem_uuid, root->uuid);
	add_arguments(out, &plan->board->kernel_arguments);
	add_arguments(out, &plan->recipe->kernel_arguments);
	buffer_format(out,
		      "\n"
		      "\tinitrd ($root)/initrd.img\n"
		      "}\n"
		      "if [ -f ($root)/vmlinuz.old ]; then\n"
		      "\tmenuentry \"Start hiebox with the kernel before this one\" --id other {\n"
		      "\t\tlinux ($root)/vmlinuz.old root=PARTUUID=%s rw panic=10 systemd.gpt_auto=0",
		      root->uuid);
	add_arguments(out, &plan->board->kernel_arguments);
	add_arguments(out, &plan->recipe->kernel_arguments);
	buffer_text(out, "\n"
			 "\t\tinitrd ($root)/initrd.img.old\n"
			 "\t}\n"
			 "fi\n");
}

char *grub_menu(const struct disk *disk)
{
	struct buffer out = {0};

	add_head(&out);
	if (disk_partition(disk, PARTITION_ROOT, NULL))
		plain_menu(disk, &out);
	else
		layers_menu(disk, &out);
	return buffer_steal(&out);
}
