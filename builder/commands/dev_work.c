/* What a change asks for; see dev_work.h. */
#include "commands/dev_work.h"

#include <string.h>

#define UNIT_MAX (1u << 20)

/* What reads a file, by its place. `with`: units, a command to which the path is added, or a sentence. */
enum effect { WHEN_ASKED, RESTART, RELOAD, COMMAND, LATER };
static const struct rule {
	const char *below;
	enum effect effect;
	const char *with;
} rules[] = {
	{"/usr/share/hie/page.d/", RESTART, "hie-page.service"},
	{"/usr/share/hie/languages/", RESTART, "hie-page.service hie-watch.service"},
	{"/usr/share/hie/", WHEN_ASKED, NULL}, /* pages, screens, workflows */
	{"/usr/lib/hie/reverse-proxy-nginx/", RELOAD, "nginx.service"},
	{"/usr/lib/hie/chrony.conf", RESTART, "chrony.service"},
	{"/etc/ssh/", RELOAD, "ssh.service"},
	{"/usr/lib/systemd/journald.conf.d/", RESTART, "systemd-journald.service"},
	{"/usr/lib/systemd/resolved.conf.d/", RESTART, "systemd-resolved.service"},
	{"/usr/lib/systemd/network/", RELOAD, "systemd-networkd.service"},
	{"/usr/lib/systemd/system.conf.d/", COMMAND, "systemctl daemon-reexec #"},
	{"/usr/lib/tmpfiles.d/", COMMAND, "systemd-tmpfiles --create"},
	{"/usr/lib/sysctl.d/", COMMAND, "/usr/lib/systemd/systemd-sysctl"},
	{"/usr/lib/udev/", COMMAND, "udevadm control --reload #"},
	{"/usr/lib/systemd/system-preset/", LATER, "what is enabled is decided when the image is built"},
	{"/usr/lib/modprobe.d/", LATER, "it is read when modules are loaded, at the start"},
	{"/usr/lib/repart.d/", LATER, "it is read once, at the first start"},
	{"/etc/initramfs-tools/", LATER, "it goes into the initramfs when the image is built"},
};

void dev_work_clear(struct dev_work *work)
{
	struct strings *lists[] = {&work->verify, &work->restart, &work->start, &work->reload, &work->run, &work->notes};

	for (size_t i = 0; i < LENGTH(lists); i++)
		strings_clear(lists[i]);
}

static void add_once(struct strings *list, const char *text)
{
	if (!strings_have(list, text))
		strings_add(list, text);
}

char *dev_unit_of(const struct dev_change *change)
{
	const char *name = change->to + strlen("/usr/lib/systemd/system/"), *slash = strchr(name, '/');

	return slash ? text_copy_n(name, (size_t)(slash - name) - strlen(".d")) : text_copy(name);
}

static bool is_template(const struct plan *plan, const char *to)
{
	for (size_t i = 0; i < plan->component_count; i++)
		for node_each(template, plan->components[i].component->templates)
			if (text_equal(node_text(template, "from", NULL), to))
				return true;
	return false;
}

static bool is_brought(const struct planned_unit *units, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!units[i].additions && text_equal(units[i].name, name))
			return true;
	return false;
}

/* All that a unit file, or a folder of additions, says. Caller frees. */
static char *unit_text(const struct planned_unit *unit)
{
	autostrings struct strings names = {0};
	struct buffer text = {0};

	if (!unit->additions)
		return file_text_or_null(unit->path, UNIT_MAX);
	if (directory_list(unit->path, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(unit->path, names.items[i]), *part = file_text_or_null(path, UNIT_MAX);
		buffer_text(&text, part ? part : "");
	}
	return buffer_steal(&text);
}

/* How surely it reads the file: 2 its text names it, 1 it names its folder, 0 neither. */
static int closeness(const struct planned_unit *unit, const char *to)
{
	autofree char *text = unit_text(unit), *folder = path_directory(to), *inside = text_format("%s/", folder);

	if (!text)
		return 0;
	return strstr(text, to) ? 2 : strstr(text, inside) ? 1 : 0;
}

/* Services that a component brings itself, and those of its packages that it only adds to; not what it adds to another
 * component's, and nothing that is started with a name (x@.service). */
static bool is_own(const struct planned_unit *units, size_t count, const struct planned_unit *unit, const char *owner)
{
	const char *whose = unit->component ? unit->component->id : "recipe";

	return text_equal(whose, owner) && text_ends(unit->name, ".service") && !strchr(unit->name, '@') &&
	       (!unit->additions || !is_brought(units, count, unit->name));
}

/* Of those the ones that name the file, else those that name its folder, else all. */
static void add_services(const struct plan *plan, const struct dev_change *change, struct strings *list)
{
	autoarena struct arena *arena = arena_new();
	struct planned_unit *units;
	size_t count = plan_units(plan, arena, &units);
	int closest = 0;

	for (size_t i = 0; i < count; i++) {
		int close = is_own(units, count, &units[i], change->owner) ? closeness(&units[i], change->to) : 0;
		closest = close > closest ? close : closest;
	}
	for (size_t i = 0; i < count; i++)
		if (is_own(units, count, &units[i], change->owner) && closeness(&units[i], change->to) == closest)
			add_once(list, units[i].name);
}

/* What every box has is many things that have nothing to do with each other. */
static bool has_services(const char *owner)
{
	return !text_equal(owner, "hie-base") && !text_starts(owner, "mode-");
}

static void add_note(struct dev_work *work, const char *to, const char *why)
{
	autofree char *note = text_format("%s: %s", to, why);

	add_once(&work->notes, note);
}

static void add_unit(const struct dev_change *change, struct dev_work *work)
{
	autofree char *unit = dev_unit_of(change);

	work->units = true;
	if (change->from)
		add_once(&work->verify, unit);
	/* everybody's connection to systemd hangs on it */
	if (text_starts(unit, "dbus."))
		add_note(work, change->to, "it counts when the box starts again");
	else if (!strstr(unit, "@."))
		add_once(&work->start, unit);
}

static void add_by_rule(const struct rule *rule, const char *to, struct dev_work *work)
{
	autostrings struct strings units = {0};
	autofree char *path = text_shell(to);

	if (rule->effect == RESTART || rule->effect == RELOAD)
		strings_split(&units, rule->with, " ");
	for (size_t i = 0; i < units.count; i++)
		add_once(rule->effect == RESTART ? &work->restart : &work->reload, units.items[i]);
	if (rule->effect == COMMAND) {
		autofree char *line = text_format("%s %s", rule->with, path);
		add_once(&work->run, line);
	}
	if (rule->effect == LATER)
		add_note(work, to, rule->with);
}

static void add_file(const struct plan *plan, const struct dev_change *change, struct dev_work *work)
{
	if (!text_starts(change->to, "/usr/") && !text_starts(change->to, "/etc/") && !text_starts(change->to, "/var/")) {
		add_note(work, change->to, "only below /usr, /etc and /var a running box can be changed");
		return;
	}
	if (is_template(plan, change->to))
		work->provision = true;
	for (size_t i = 0; i < LENGTH(rules); i++)
		if (text_starts(change->to, rules[i].below)) {
			add_by_rule(&rules[i], change->to, work);
			return;
		}
	if (has_services(change->owner))
		add_services(plan, change, &work->restart);
}

void dev_work_find(const struct plan *plan, const struct dev_changes *changes, struct dev_work *work)
{
	for (size_t i = 0; i < changes->count; i++) {
		if (strpbrk(changes->items[i].to, "\r\n"))
			continue; /* it is left out, with a word (dev_apply.c); in a script it would begin a line */
		if (changes->items[i].unit)
			add_unit(&changes->items[i], work);
		else
			add_file(plan, &changes->items[i], work);
	}
}
