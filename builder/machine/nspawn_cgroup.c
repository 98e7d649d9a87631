/* systemd-nspawn puts itself and the box into control groups below the one that it is started in, always with the same
 * names. Sources: cgroups(7); systemd's nspawn-cgroup.c; "Control Group APIs and Delegation". */
#include "machine/nspawn.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CGROUPS "/sys/fs/cgroup"
#define PREFIX "hiebox-machine."
#define DEPTH_MAX 16u
#define TRIES 10
#define PROCESSES_MAX (1u << 20)

/* Where the hierarchy of one line of /proc/self/cgroup is mounted: the unified one, or version 1's for systemd. */
static const char *mounted_at(const char *hierarchy)
{
	if (text_starts(hierarchy, "0::"))
		return path_exists(CGROUPS "/cgroup.procs") ? CGROUPS : CGROUPS "/unified";
	return strstr(hierarchy, ":name=systemd:") ? CGROUPS "/systemd" : NULL;
}

/* Where such groups are made: below the ones that this process is in. */
static void find_parents(struct strings *parents)
{
	autofree char *text = file_text_or_null("/proc/self/cgroup", 65536);
	autostrings struct strings lines = {0};

	if (!text)
		return;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *mount = mounted_at(lines.items[i]);
		const char *path = strstr(lines.items[i], ":/");

		if (mount && path)
			strings_take(parents, path[2] ? path_join(mount, path + 2) : text_copy(mount));
	}
}

static bool is_group(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Does a process live in it or below? A group is a directory; what is no group there is a file of the kernel's. */
static bool is_lived_in(const char *path, unsigned depth)
{
	autofree char *file = path_join(path, "cgroup.procs");
	autofree char *processes = file_text_or_null(file, PROCESSES_MAX);
	autostrings struct strings names = {0};
	struct error ignored = {0};
	bool lived_in = !processes || *processes;

	if (!lived_in && depth < DEPTH_MAX && directory_list(path, &names, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; !lived_in && i < names.count; i++) {
		autofree char *below = path_join(path, names.items[i]);

		lived_in = is_group(below) && is_lived_in(below, depth + 1);
	}
	return lived_in;
}

/* Its files go with it; only the groups below have to be removed first. */
static bool remove_group(const char *path, unsigned depth)
{
	autostrings struct strings names = {0};
	struct error ignored = {0};

	if (depth < DEPTH_MAX && directory_list(path, &names, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *below = path_join(path, names.items[i]);

		if (is_group(below))
			remove_group(below, depth + 1);
	}
	return rmdir(path) == 0 || !path_exists(path);
}

static void sweep(const char *parent)
{
	autostrings struct strings names = {0};
	struct error ignored = {0};

	if (directory_list(parent, &names, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(parent, names.items[i]);

		if (text_starts(names.items[i], PREFIX) && is_group(path) && !is_lived_in(path, 0))
			remove_group(path, 0);
	}
}

void nspawn_cgroups_find(const char *name, struct strings *directories)
{
	autostrings struct strings parents = {0};

	find_parents(&parents);
	for (size_t i = 0; i < parents.count; i++) {
		if (!path_is_directory(parents.items[i]))
			continue;
		sweep(parents.items[i]);
		strings_take(directories, path_join(parents.items[i], name));
	}
}

void nspawn_cgroups_remove(const struct strings *directories)
{
	for (size_t i = 0; i < directories->count; i++)
		for (int try = 0; try < TRIES && !remove_group(directories->items[i], 0); try++)
			nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}
