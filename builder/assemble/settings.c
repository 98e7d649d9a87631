/* Names, time zone, keyboard, firewall; see settings.h. */
#define _GNU_SOURCE 1
#include "assemble/settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int settings_file(const char *tree, const char *path, const char *text, struct error *err)
{
	autofree char *full = path_join(tree, path), *folder = path_directory(full);
	if (directory_make(folder, 0755, err))
		return -1;
	return file_write_plain(full, text, strlen(text), 0644, err);
}

static int make_link(const char *tree, const char *path, const char *target, struct error *err)
{
	autofree char *full = path_join(tree, path), *folder = path_directory(full);
	if (directory_make(folder, 0755, err))
		return -1;
	if ((unlink(full) && errno != ENOENT) || symlink(target, full))
		return error_set_errno(err, errno, "%s", full);
	return 0;
}

static bool has_package(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->lock.image.count; i++)
		if (text_equal(plan->lock.image.items[i].name, name))
			return true;
	return false;
}

static int write_names(const struct recipe *recipe, const char *tree, struct error *err)
{
	const char *name = recipe->site_name ? recipe->site_name : "hiebox";
	autofree char *line = text_format("%s\n", name);
	autofree char *hosts = text_format("127.0.0.1\tlocalhost\n127.0.1.1\t%s.local %s\n"
					   "::1\t\tlocalhost ip6-localhost ip6-loopback\n"
					   "ff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n", name, name);
	if (settings_file(tree, "etc/hostname", line, err))
		return -1;
	return settings_file(tree, "etc/hosts", hosts, err);
}

/* C.UTF-8 is in every system without generating anything; languages are the page's business. */
static int write_locale(const struct recipe *recipe, const char *tree, struct error *err)
{
	const char *zone = recipe->time_zone ? recipe->time_zone : "UTC";
	const char *layout = recipe->keyboard ? recipe->keyboard : "us";
	autofree char *link = text_format("/usr/share/zoneinfo/%s", zone);
	autofree char *line = text_format("%s\n", zone);
	autofree char *keyboard = text_format("XKBMODEL=\"pc105\"\nXKBLAYOUT=\"%s\"\nXKBVARIANT=\"\"\n"
					      "XKBOPTIONS=\"\"\nBACKSPACE=\"guess\"\nKEYMAP=\"%s\"\n",
					      layout, layout);
	if (make_link(tree, "etc/localtime", link, err) || settings_file(tree, "etc/timezone", line, err) ||
	    settings_file(tree, "etc/default/keyboard", keyboard, err) ||
	    make_link(tree, "etc/vconsole.conf", "default/keyboard", err))
		return -1;
	if (settings_file(tree, "etc/default/locale", "LANG=C.UTF-8\n", err))
		return -1;
	return make_link(tree, "etc/locale.conf", "default/locale", err);
}

/* Debian's console-setup has cached the map of an American keyboard when it was configured. The first start
 * makes this layout's, which replaces this script. Source: setupcon(1) and keyboard-setup.sh of 1.242. */
static const char keyboard_script[] = "#!/bin/sh\nexec setupcon -k --force --save\n";
static const char console_settings[] = "ACTIVE_CONSOLES=\"/dev/tty[1-6]\"\nCHARMAP=\"UTF-8\"\nCODESET=\"Lat15\"\n"
				       "FONTFACE=\"Fixed\"\nFONTSIZE=\"8x16\"\nVIDEOMODE=\n";

static int write_keyboard(const struct plan *plan, const char *tree, struct error *err)
{
	const char *layout = plan->recipe->keyboard, *script = "etc/console-setup/cached_setup_keyboard.sh";
	autofree char *path = path_join(tree, script);
	if (!layout || text_equal(layout, "us"))
		return 0;
	if (!has_package(plan, "console-setup")) {
		progress_note("keyboard %s: package console-setup loads it; without, the layout is us", layout);
		return 0;
	}
	if (settings_file(tree, script, keyboard_script, err) ||
	    settings_file(tree, "etc/default/console-setup", console_settings, err))
		return -1;
	return chmod(path, 0755) ? error_set_errno(err, errno, "%s", path) : 0;
}

int settings_write(const struct build *build, const char *tree, struct error *err)
{
	const struct recipe *recipe = build->plan->recipe;
	autofree char *machine = path_join(tree, "etc/machine-id");
	if (write_names(recipe, tree, err) || write_locale(recipe, tree, err) ||
	    write_keyboard(build->plan, tree, err) || settings_file(tree, "etc/machine-id", "", err))
		return -1;
	if (chmod(machine, 0444))
		return error_set_errno(err, errno, "%s", machine);
	if (!has_package(build->plan, "systemd-resolved"))
		return 0;
	return make_link(tree, "etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf", err);
}

/* Is this port to be reached from outside the box? */
static bool is_open(const struct plan *plan, const struct port *port)
{
	return port->audience == FOR_LOCAL_NETWORK ||
	       (port->audience == FOR_DEVELOPER && plan->recipe->mode == MODE_DEVELOPMENT);
}

static bool needs(const struct component *one, const struct component *other)
{
	for (size_t i = 0; i < one->needs.count; i++) {
		const char *need = one->needs.items[i].text;
		if (text_equal(need, other->id))
			return true;
		for (size_t k = 0; k < other->provides.count; k++)
			if (text_equal(need, other->provides.items[k].text))
				return true;
	}
	return false;
}

/* Who on the box may connect to a port for services: its component's users, those of the components that need
 * it, and root, who asks whether it is well. Everybody else (the page, a person who is logged in) gets a refusal:
 * what listens there asks for no password. */
static void add_service_port(const struct plan *plan, const struct component *owner, const struct port *port,
			     struct buffer *text)
{
	buffer_format(text, "\t\toif \"lo\" %s dport %u meta skuid != { \"root\"", port->protocol, port->number);
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		if (component != owner && !needs(component, owner))
			continue;
		for (size_t k = 0; k < component->user_count; k++)
			buffer_format(text, ", \"%s\"", component->users[k].name);
	}
	buffer_text(text, " } reject\n");
}

static void add_service_ports(const struct plan *plan, struct buffer *text)
{
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		for (size_t k = 0; k < component->port_count; k++) {
			const struct port *port = &component->ports[k];
			if (port->audience == FOR_SERVICES && port_in_mode(port, plan->recipe->mode))
				add_service_port(plan, component, port, text);
		}
	}
}

char *settings_firewall_text(const struct plan *plan)
{
	struct buffer text = { 0 };
	buffer_text(&text,
		    "#!/usr/sbin/nft -f\n"
		    "# Made by hiebox from the components' ports. Nothing else is reached from outside.\n"
		    "flush ruleset\n\n"
		    "table inet filter {\n"
		    "\tchain input {\n"
		    "\t\ttype filter hook input priority filter; policy drop;\n"
		    "\t\tct state established,related accept\n"
		    "\t\tct state invalid drop\n"
		    "\t\tiif \"lo\" accept\n"
		    "\t\tmeta l4proto { 1, 58 } accept comment \"ICMP and ICMPv6\"\n"
		    "\t\tudp sport 67 udp dport 68 accept comment \"DHCP\"\n"
		    "\t\tudp sport 547 udp dport 546 accept comment \"DHCPv6\"\n");
	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *port = &plan->ports[i];
		if (!is_open(plan, port))
			continue;
		buffer_format(&text, "\t\t%s dport %u accept\n", port->protocol, port->number);
	}
	buffer_text(&text, "\t}\n\tchain forward {\n"
			   "\t\ttype filter hook forward priority filter; policy drop;\n\t}\n"
			   "\tchain output {\n"
			   "\t\ttype filter hook output priority filter; policy accept;\n");
	add_service_ports(plan, &text);
	buffer_text(&text, "\t}\n}\n");
	return buffer_steal(&text);
}

int settings_firewall(const struct build *build, const char *tree, struct error *err)
{
	autofree char *text = settings_firewall_text(build->plan);
	autofree char *path = path_join(tree, "etc/nftables.conf");
	if (settings_file(tree, "etc/nftables.conf", text, err))
		return -1;
	return chmod(path, 0755) ? error_set_errno(err, errno, "%s", path) : 0;
}

/* Unmodified by any package: all that an update of apt's or of the kernel's packages looks at. */
static int write_fstab(const struct build *build, const char *tree, struct error *err)
{
	struct layout layout;
	const struct partition *root = NULL;
	plan_layout(build->plan, 0, &layout);
	for (size_t i = 0; i < layout.count; i++)
		if (layout.partitions[i].role == PARTITION_ROOT)
			root = &layout.partitions[i];
	if (!root)
		return error_set(err, "layout plain: the disk has no root partition");
	autofree char *text = text_format("# <device> <place> <type> <options> <dump> <pass>\n"
					  "PARTUUID=%s / ext4 errors=remount-ro%s 0 1\n", root->uuid,
					  build->plan->recipe->data_grow ? ",x-systemd.growfs" : "");
	return settings_file(tree, "etc/fstab", text, err);
}

/* A template: which mirror a box uses is for the person who owns it to say. */
static int write_apt(const struct build *build, const char *tree, struct error *err)
{
	const char *suite = build->plan->recipe->suite;
	autofree char *text = text_format(
		"# Where apt gets packages from. This box came without an address: put your mirror's in place of\n"
		"# mirror.example, change both \"no\" to \"yes\", then: sudo apt update && sudo apt full-upgrade\n"
		"# See sources.list(5). Packages are checked with Debian's keys, wherever they come from.\n"
		"Enabled: no\nTypes: deb\nURIs: https://mirror.example/debian\nSuites: %s %s-updates\n"
		"Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
		"# Security updates: often another folder of the same mirror.\n"
		"Enabled: no\nTypes: deb\nURIs: https://mirror.example/debian-security\nSuites: %s-security\n"
		"Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
		suite, suite, suite);
	if (!has_package(build->plan, "apt"))
		return 0;
	return settings_file(tree, "etc/apt/sources.list.d/debian.sources", text, err);
}

/* What the initramfs of a layered box does for components' directories. */
static int write_state(const struct plan *plan, const char *tree, struct error *err)
{
	struct buffer autobuffer text = { 0 };
	buffer_text(&text, "# directories of components, made when they are missing\n");
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		for (size_t k = 0; k < component->state_count; k++) {
			const struct state_directory *state = &component->state[k];
			buffer_format(&text, "d %s %04o %s %s -\n", state->path, (unsigned)state->mode,
				      state->user ? state->user : "root", state->group ? state->group : "root");
		}
	}
	return settings_file(tree, "usr/lib/tmpfiles.d/hie-state.conf", text.data, err);
}

/* The machine that builds may have swap and other filesystems; the box has neither. */
static const char initramfs_settings[] = "# no hibernation here; the root is ext4\nRESUME=none\nFSTYPE=ext4\n";

int settings_plain(const struct build *build, const char *tree, struct error *err)
{
	if (build->plan->recipe->layout != LAYOUT_PLAIN)
		return 0;
	if (write_fstab(build, tree, err) || write_apt(build, tree, err) || write_state(build->plan, tree, err))
		return -1;
	return settings_file(tree, "etc/initramfs-tools/conf.d/hie.conf", initramfs_settings, err);
}

static const char grow_root[] = "# The root partition, the last one, grows to the medium's end at the first boot (and again on a\n"
				"# larger medium); the option x-systemd.growfs in fstab grows the filesystem in it.\n"
				"[Partition]\nType=linux-generic\nLabel=root\n";

int settings_growth(const struct build *build, const char *tree, struct error *err)
{
	static const char *const for_layers[] = { "usr/lib/repart.d/50-data.conf",
						  "usr/lib/systemd/system/hie-grow-data.service" };
	const struct recipe *recipe = build->plan->recipe;
	if (recipe->data_grow && recipe->layout == LAYOUT_LAYERS)
		return 0;
	for (size_t i = 0; i < LENGTH(for_layers); i++) {
		autofree char *path = path_join(tree, for_layers[i]);
		if (unlink(path) && errno != ENOENT)
			return error_set_errno(err, errno, "%s", path);
	}
	return recipe->data_grow ? settings_file(tree, "usr/lib/repart.d/50-root.conf", grow_root, err) : 0;
}
