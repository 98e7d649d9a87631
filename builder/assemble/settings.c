/* Names, time zone, keyboard, firewall; see settings.h. */
#define _GNU_SOURCE 1
#include "assemble/settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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
					      "XKBOPTIONS=\"\"\nBACKSPACE=\"guess\"\n", layout);
	autofree char *console = text_format("KEYMAP=%s\n", layout);
	if (make_link(tree, "etc/localtime", link, err) || settings_file(tree, "etc/timezone", line, err) ||
	    settings_file(tree, "etc/default/keyboard", keyboard, err) ||
	    settings_file(tree, "etc/vconsole.conf", console, err))
		return -1;
	if (settings_file(tree, "etc/default/locale", "LANG=C.UTF-8\n", err))
		return -1;
	return make_link(tree, "etc/locale.conf", "default/locale", err);
}

int settings_write(const struct build *build, const char *tree, struct error *err)
{
	const struct recipe *recipe = build->plan->recipe;
	autofree char *machine = path_join(tree, "etc/machine-id");
	if (write_names(recipe, tree, err) || write_locale(recipe, tree, err) ||
	    settings_file(tree, "etc/machine-id", "", err))
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
			   "\t\ttype filter hook output priority filter; policy accept;\n\t}\n}\n");
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
