#include "base/sandbox_advice.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/sandbox_ids.h"

const struct id_kind id_kinds[2] = {
	{"/etc/subuid", "uid_map", "newuidmap", "--add-subuids", "user"},
	{"/etc/subgid", "gid_map", "newgidmap", "--add-subgids", "group"},
};

struct capability {
	unsigned number;
	const char *name;
};

/* To write the map of a namespace that has root's own id in it; user_namespaces(7). */
static const struct capability map_capabilities[] = {
	{CAP_SETUID, "SETUID"}, {CAP_SETGID, "SETGID"}, {CAP_SETFCAP, "SETFCAP"}};

/* What the sandbox and the trees of other owners need without a namespace of their own. */
static const unsigned sandbox_capabilities[] = {
	CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,     CAP_FSETID,    CAP_KILL,   CAP_SETGID,
	CAP_SETUID, CAP_NET_ADMIN,    CAP_SYS_CHROOT, CAP_SYS_ADMIN, CAP_SETFCAP};

static char *read_text(const char *root, const char *name)
{
	autofree char *path = text_format("%s%s", root, name);

	return file_text_or_null(path, (size_t)1 << 20);
}

static bool setting_is(const char *root, const char *name, const char *value)
{
	autofree char *text = read_text(root, name);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text_equal(text, value);
}

/* The value of "Name:\tvalue" in /proc/self/status. */
static uint64_t status_number(const char *status, const char *name, int base)
{
	autofree char *key = text_format("\n%s:", name);
	const char *found = status ? strstr(status, key) : NULL;

	return found ? strtoull(found + strlen(key), NULL, base) : 0;
}

/* The fifth column of mountinfo is where it is mounted; proc(5). */
static bool is_mounted(const char *mountinfo, const char *place)
{
	autostrings struct strings lines = {0};

	strings_split(&lines, mountinfo, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings fields = {0};

		strings_split(&fields, lines.items[i], " ");
		if (fields.count > 4 && text_equal(fields.items[4], place))
			return true;
	}
	return false;
}

/* Each engine leaves its own mark, which stays in a machine that was made from its image; but only the engine
 * mounts these files. systemd's container interface has the name in a file. */
static char *find_container(const char *root, const char *mountinfo)
{
	autofree char *named = read_text(root, "/run/systemd/container");
	autofree char *podman = text_format("%s/run/.containerenv", root);
	autofree char *docker = text_format("%s/.dockerenv", root);
	bool engine = is_mounted(mountinfo, "/etc/hosts") || is_mounted(mountinfo, "/etc/hostname") ||
		      is_mounted(mountinfo, "/etc/resolv.conf");

	if (engine && path_exists(podman))
		return text_copy("podman");
	if (engine && path_exists(docker))
		return text_copy("docker");
	if (named)
		named[strcspn(named, "\n")] = '\0';
	return named && *named ? steal(named) : NULL;
}

/* The first number of namespaces that is 0; namespaces(7). */
static char *find_limit(const char *root)
{
	static const char *const kinds[] = {"user", "mnt", "pid", "ipc", "uts", "net"};

	for (size_t i = 0; i < LENGTH(kinds); i++) {
		autofree char *file = text_format("/proc/sys/user/max_%s_namespaces", kinds[i]);

		if (setting_is(root, file, "0"))
			return text_format("user.max_%s_namespaces=65536", kinds[i]);
	}
	return NULL;
}

void surroundings_read(const char *root, struct surroundings *ret_surroundings)
{
	autofree char *status = read_text(root, "/proc/self/status");
	autofree char *mountinfo = read_text(root, "/proc/self/mountinfo");
	const char *setting = NULL;

	if (setting_is(root, "/proc/sys/kernel/unprivileged_userns_clone", "0"))
		setting = "kernel.unprivileged_userns_clone=1";
	else if (setting_is(root, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		setting = "kernel.apparmor_restrict_unprivileged_userns=0";
	*ret_surroundings = (struct surroundings){
		.container = find_container(root, mountinfo ? mountinfo : ""),
		.chroot = mountinfo && !is_mounted(mountinfo, "/"), /* into a plain folder: no mount */
		.no_new_privileges = status_number(status, "NoNewPrivs", 10) == 1,
		.filtered = status_number(status, "Seccomp", 10) == 2,
		.capabilities = status ? status_number(status, "CapEff", 16) : UINT64_MAX,
		.bounding = status ? status_number(status, "CapBnd", 16) : UINT64_MAX,
		.maps = {read_text(root, "/proc/self/uid_map"), read_text(root, "/proc/self/gid_map")},
		.setting = setting ? text_copy(setting) : NULL,
		.limit = find_limit(root),
	};
}

void surroundings_clear(struct surroundings *surroundings)
{
	free(surroundings->container);
	free(surroundings->maps[0]);
	free(surroundings->maps[1]);
	free(surroundings->setting);
	free(surroundings->limit);
	*surroundings = (struct surroundings){0};
}

static bool has(const struct surroundings *surroundings, unsigned capability)
{
	return surroundings->capabilities >> capability & 1;
}

bool surroundings_are_enough(const struct surroundings *surroundings)
{
	for (size_t i = 0; i < LENGTH(sandbox_capabilities); i++)
		if (!has(surroundings, sandbox_capabilities[i]))
			return false;
	return true;
}

static bool is_engine(const struct surroundings *surroundings)
{
	return text_equal(surroundings->container, "docker") ||
	       text_equal(surroundings->container, "podman");
}

int surroundings_check_ids(const struct surroundings *surroundings, struct error *err)
{
	const char *advice = "run hiebox outside of this user namespace, as an ordinary user or as root";

	if (text_equal(surroundings->container, "podman"))
		advice = "on the host, for the USER who runs podman:  usermod --add-subuids 100000-165535 "
			 "--add-subgids 100000-165535 USER && runuser -u USER podman system migrate";
	else if (surroundings->container)
		advice = "start the container with a map of 65536 ids (docker: dockerd --userns-remap=default)";
	for (size_t kind = 0; kind < LENGTH(id_kinds); kind++) {
		autoranges struct id_ranges ranges = {0};

		if (!surroundings->maps[kind])
			continue;
		id_ranges_of_map(&ranges, surroundings->maps[kind]);
		if (!id_ranges_cover(&ranges, (struct id_range){0, IDS_INSIDE}))
			return error_set(err,
					 "only %lld %s ids exist in this user namespace; a system has files of "
					 "0 to %d.\n  Do:  %s",
					 (long long)id_ranges_total(&ranges), id_kinds[kind].what,
					 IDS_INSIDE - 1, advice);
	}
	return 0;
}

int surroundings_check_root(const struct surroundings *surroundings, struct error *err)
{
	autobuffer struct buffer names = {0};
	autobuffer struct buffer options = {0};
	autobuffer struct buffer advice = {0};

	for (size_t i = 0; i < LENGTH(map_capabilities); i++)
		if (!has(surroundings, map_capabilities[i].number)) {
			buffer_format(&names, "%sCAP_%s", names.length ? "," : "", map_capabilities[i].name);
			buffer_format(&options, " --cap-add %s%s", is_engine(surroundings) ? "" : "CAP_",
				      map_capabilities[i].name);
		}
	if (!names.length)
		return 0;
	if (is_engine(surroundings))
		buffer_format(&advice, "Start the container with:  %s run%s IMAGE …", surroundings->container,
			      options.data);
	else if (text_equal(surroundings->container, "systemd-nspawn"))
		buffer_format(&advice, "Start the container with:  systemd-nspawn --capability=%s …", names.data);
	else
		buffer_format(&advice, "Start hiebox with it (bubblewrap: bwrap%s …)", options.data);
	return error_set(err,
			 "root is without %s here, and without it cannot make a user namespace with all ids.\n  %s",
			 names.data, advice.data);
}

/* A filter, or nothing that can be seen, says no. */
static int explain_filter(const struct surroundings *surroundings, int errnum, struct error *err)
{
	const char *kind = surroundings->container;

	if (text_equal(kind, "docker"))
		return error_set(err, "this container may not make user namespaces (%s).\n"
				 "  Start it with:  docker run --security-opt seccomp=unconfined --security-opt "
				 "apparmor=unconfined IMAGE …", strerror(errnum));
	if (text_equal(kind, "podman"))
		return error_set(err, "this container may not make user namespaces (%s).\n"
				 "  Start it with:  podman run --security-opt seccomp=unconfined IMAGE …",
				 strerror(errnum));
	if (text_starts(kind ? kind : "", "lxc"))
		return error_set(err, "this container may not make user namespaces (%s).\n"
				 "  Type on the host:  lxc config set NAME security.nesting true && lxc restart NAME",
				 strerror(errnum));
	if (surroundings->filtered)
		return error_set(err, "a filter of system calls keeps hiebox from making namespaces (%s).\n"
				 "  Start hiebox without it (systemd: RestrictNamespaces=no; a container: seccomp "
				 "unconfined)", strerror(errnum));
	return error_set(err, "this system does not let hiebox make namespaces (%s).\n"
			 "  Run hiebox as root, or as an ordinary user who may make user namespaces",
			 strerror(errnum));
}

/* The settings are about who has no capability, or only one of a namespace: not about the system's root. */
static const char *find_setting(const struct surroundings *surroundings, int errnum)
{
	autoranges struct id_ranges here = {0};

	if (errnum == ENOSPC)
		return surroundings->limit ? surroundings->limit : "user.max_user_namespaces=65536";
	id_ranges_of_map(&here, surroundings->maps[0] ? surroundings->maps[0] : "");
	if (surroundings_are_enough(surroundings) && id_ranges_total(&here) == UINT32_MAX)
		return NULL;
	return surroundings->setting;
}

int explain_namespaces(const struct surroundings *surroundings, int errnum, struct error *err)
{
	const char *setting = find_setting(surroundings, errnum);

	if (setting)
		return error_set(err, "namespaces are switched off here (%.*s).\n"
				 "  Type as root%s:  echo %s >/etc/sysctl.d/60-hiebox.conf && "
				 "sysctl -p /etc/sysctl.d/60-hiebox.conf%s",
				 (int)strcspn(setting, "="), setting,
				 surroundings->container ? " on the host" : "", setting,
				 surroundings->container || errnum == ENOSPC ? "" : "\n  or run hiebox as root");
	if (surroundings->chroot)
		return error_set(err, "this is a chroot into a plain folder: namespaces cannot be had there.\n"
				 "  Enter the folder with:  systemd-nspawn -D FOLDER");
	if (errnum == EACCES && text_equal(surroundings->container, "docker"))
		return error_set(err, "AppArmor keeps this container from mounting.\n"
				 "  Start it with:  docker run --security-opt seccomp=unconfined --security-opt "
				 "apparmor=unconfined IMAGE …");
	return explain_filter(surroundings, errnum, err);
}

int explain_host_name(const struct surroundings *surroundings, const char *name, int errnum, struct error *err)
{
	autofree char *advice =
		is_engine(surroundings)
			? text_format("Start the container with:  %s run --hostname %s IMAGE …",
				      surroundings->container, name)
			: text_format("Give this machine or container the name:  hostname %s", name);

	return error_set(err,
			 "the host name cannot be set here, and an image must not depend on it (%s).\n  %s",
			 strerror(errnum), advice);
}

/* What helps whoever is an ordinary user in a container. */
static const char *as_root(const struct surroundings *surroundings)
{
	if (is_engine(surroundings))
		return "Run hiebox as root in this container, which needs no more:  --user 0:0 --hostname hiebox";
	if (surroundings->container)
		return "Run hiebox as root in this container";
	return "Run hiebox outside of this user namespace";
}

/* The ids that are in the files may not exist where hiebox runs: useradd(8) in a container knows nothing of
 * the container's map. */
static int check_existence(const struct surroundings *surroundings, size_t kind,
			   const struct id_ranges *wanted, struct error *err)
{
	autoranges struct id_ranges here = {0};

	if (!surroundings->maps[kind])
		return 0;
	id_ranges_of_map(&here, surroundings->maps[kind]);
	for (size_t i = 0; i < wanted->count; i++)
		if (!id_ranges_cover(&here, wanted->items[i]))
			return error_set(err,
					 "the subordinate ids %lld-%lld of %s do not exist in this user namespace, which "
					 "has %lld ids.\n  %s",
					 (long long)wanted->items[i].first,
					 (long long)(wanted->items[i].first + wanted->items[i].count - 1),
					 id_kinds[kind].file, (long long)id_ranges_total(&here),
					 as_root(surroundings));
	return 0;
}

/* One option of usermod(8) for each kind that has too few, all with the same new range. */
static void ask_for_ids(const struct subordinate *subordinate, const struct id_ranges ranges[2],
			struct strings *reasons, struct strings *commands)
{
	autostrings struct strings words = {0};
	int64_t start = 0;

	for (size_t kind = 0; kind < 2; kind++) {
		int64_t free = id_free_start(subordinate->texts[kind]);

		start = free > start ? free : start;
	}
	strings_add(&words, "usermod");
	for (size_t kind = 0; kind < 2; kind++) {
		int64_t total = id_ranges_total(&ranges[kind]);

		if (total >= IDS_INSIDE - 1)
			continue;
		strings_format(reasons, "%lld of the %d ids wanted in %s", (long long)total, IDS_INSIDE - 1,
			       id_kinds[kind].file);
		strings_format(&words, "%s %lld-%lld", id_kinds[kind].option, (long long)start,
			       (long long)start + 65535);
	}
	if (words.count == 1)
		return;
	strings_add(&words, subordinate->user);
	strings_take(commands, strings_join(&words, " "));
}

int check_subordinate(const struct surroundings *surroundings, const struct subordinate *subordinate,
		      struct id_ranges ret_ranges[2], struct error *err)
{
	autostrings struct strings reasons = {0};
	autostrings struct strings commands = {0};

	for (size_t kind = 0; kind < 2; kind++)
		id_ranges_of_user(&ret_ranges[kind], subordinate->texts[kind], subordinate->user,
				  subordinate->ids[kind]);
	if (!subordinate->tools) {
		strings_add(&reasons, "newuidmap and newgidmap are missing");
		strings_add(&commands, "apt-get install -y uidmap");
	}
	ask_for_ids(subordinate, ret_ranges, &reasons, &commands);
	if (commands.count) {
		autofree char *why = strings_join(&reasons, ", ");
		autofree char *line = strings_join(&commands, " && ");

		/* More ids need not exist in a container, and its root needs none of this. */
		return error_set(err, "user %s cannot build without root yet: %s.\n  %s%s%s", subordinate->user,
				 why, is_engine(surroundings) ? as_root(surroundings) : "Type as root:  ",
				 is_engine(surroundings) ? "" : line,
				 is_engine(surroundings) ? "" : "\n  or run hiebox as root");
	}
	if (surroundings->no_new_privileges) {
		autofree char *advice = explain_tool(surroundings, "");

		return error_set(err, "%s", advice);
	}
	for (size_t kind = 0; kind < 2; kind++)
		if (check_existence(surroundings, kind, &ret_ranges[kind], err) < 0)
			return -1;
	return 0;
}

char *explain_tool(const struct surroundings *surroundings, const char *path)
{
	struct statvfs mount;
	struct stat st;

	if (surroundings->no_new_privileges)
		return text_format("set-user-ID programs have no power here (no_new_privs).\n  %s",
				   is_engine(surroundings)
					   ? as_root(surroundings)
					   : "Start hiebox outside of bubblewrap, and of services with "
					     "NoNewPrivileges=yes");
	if (statvfs(path, &mount) == 0 && mount.f_flag & ST_NOSUID)
		return text_format("%s lies on a filesystem that is mounted nosuid.\n"
				   "  Type as root:  mount -o remount,suid \"$(findmnt -no TARGET -T %s)\"",
				   path, path);
	if (stat(path, &st) == 0 && !(st.st_mode & S_ISUID && st.st_uid == 0) &&
	    getxattr(path, "security.capability", NULL, 0) <= 0)
		return text_format("%s is neither set-user-ID root nor has its file capability.\n"
				   "  Type as root:  chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap", path);
	if (!(surroundings->bounding >> CAP_SYS_ADMIN & 1))
		return text_format("%s needs CAP_SYS_ADMIN, which is kept from this container.\n"
				   "  %s", path, as_root(surroundings));
	return NULL;
}
