/* The step `settings`: name, time zone and keyboard of the running system, as box.json with settings.json laid
 * over it says. A mark remembers what was applied, so that what a person changes by hand afterwards stays. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/settings.h"

static char *digest_of(const struct box *box)
{
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	hash_text(hash, box->name);
	hash_text(hash, box->time_zone);
	hash_text(hash, box->keyboard);
	hash_finish(hash, hex);
	return text_format("%s\n", hex);
}

/* 1: nothing was ever asked for, or it was done already. */
static bool is_done(const struct provision *provision, const char *mark, const char *wanted)
{
	autofree char *settings = hie_path(provision->root, "settings.json");
	if (!path_exists(mark))
		return !path_exists(settings);
	return file_has(mark, wanted, strlen(wanted));
}

/* hostnamed is told first: it compares with the file, and would then leave the kernel's name alone. The texts
 * are those of assemble/settings.c. */
static int apply_name(const struct provision *provision, struct error *err)
{
	const char *name = provision->box->name;
	autofree char *host_name = path_join(provision->root, "/etc/hostname");
	autofree char *hosts = path_join(provision->root, "/etc/hosts");
	autofree char *line = text_format("%s\n", name);
	autofree char *table = text_format("127.0.0.1\tlocalhost\n127.0.1.1\t%s.local %s\n"
					   "::1\t\tlocalhost ip6-localhost ip6-loopback\n"
					   "ff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n", name, name);
	if (provision->on_box)
		bus_set_host_name(name);
	if (settings_keep(host_name, line, 0644, err) < 0)
		return -1;
	provision_boundary(provision, "host name set");
	if (settings_keep(hosts, table, 0644, err) < 0)
		return -1;
	provision_boundary(provision, "hosts set");
	return 0;
}

static int apply_zone(const struct provision *provision, struct error *err)
{
	const char *zone = provision->box->time_zone;
	autofree char *link = path_join(provision->root, "/etc/localtime");
	autofree char *aside = path_join(provision->root, "/etc/.localtime.new");
	autofree char *name = path_join(provision->root, "/etc/timezone");
	autofree char *target = text_format("/usr/share/zoneinfo/%s", zone);
	autofree char *line = text_format("%s\n", zone);
	if ((unlink(aside) < 0 && errno != ENOENT) || symlink(target, aside) < 0)
		return error_set_errno(err, errno, "cannot make %s", aside);
	provision_boundary(provision, "time zone aside");
	if (rename(aside, link) < 0)
		return error_set_errno(err, errno, "cannot set %s", link);
	provision_boundary(provision, "time zone set");
	return settings_keep(name, line, 0644, err) < 0 ? -1 : 0;
}

/* As assemble/settings.c does it: the script is replaced by the map that setupcon(1) makes of the layout. */
static int apply_keyboard(const struct provision *provision, struct error *err)
{
	static const char script[] = "#!/bin/sh\nexec setupcon -k --force --save\n";
	const char *layout = provision->box->keyboard;
	autofree char *setupcon = path_join(provision->root, "/usr/bin/setupcon");
	autofree char *cached = path_join(provision->root, "/etc/console-setup/cached_setup_keyboard.sh");
	autofree char *path = path_join(provision->root, "/etc/default/keyboard");
	autofree char *text = text_format("XKBMODEL=\"pc105\"\nXKBLAYOUT=\"%s\"\nXKBVARIANT=\"\"\nXKBOPTIONS=\"\"\n"
					  "BACKSPACE=\"guess\"\nKEYMAP=\"%s\"\n", layout, layout);
	int changed = settings_keep(path, text, 0644, err);
	if (changed < 0)
		return -1;
	provision_boundary(provision, "keyboard set");
	if (!path_exists(setupcon))
		return 0;
	/* also when the file is right already: a power cut may have come before this */
	if (settings_keep(cached, script, 0755, err) < 0)
		return -1;
	provision_boundary(provision, "keyboard's script set");
	if (provision->on_box)
		bus_unit("TryRestartUnit", "keyboard-setup.service");
	return 0;
}

int step_settings(const struct provision *provision, char **ret_remark, struct error *err)
{
	autofree char *mark = hie_path(provision->root, "steps/settings");
	autofree char *wanted = digest_of(provision->box);
	if (is_done(provision, mark, wanted)) {
		*ret_remark = sentence(SAY_NOTHING_TO_DO, NULL);
		return 0;
	}
	if (apply_name(provision, err) < 0 || apply_zone(provision, err) < 0 || apply_keyboard(provision, err) < 0
	    || file_write(mark, wanted, strlen(wanted), 0600, err) < 0)
		return -1;
	provision_boundary(provision, "settings marked");
	*ret_remark = sentence(SAY_SETTINGS_DONE, provision->box->name, provision->box->time_zone,
			       provision->box->keyboard, NULL);
	return 0;
}
