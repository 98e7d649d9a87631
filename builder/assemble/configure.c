/* Maintainer scripts and dpkg inside the tree; see configure.h. */
#define _GNU_SOURCE 1
#include "assemble/configure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define STUBS "/run/hie/bin"
#define WORK "/run/hie/work"
#define BINDS_MAXIMUM 512u

/* Run once for all scripts, because a shell loop costs less than a sandbox for each. It reads lines
 * "NAME ARCHITECTURE SCRIPT" and names those that failed. */
static const char preinst_runner[] =
	"while read -r DPKG_MAINTSCRIPT_PACKAGE DPKG_MAINTSCRIPT_ARCH script; do\n"
	"	export DPKG_MAINTSCRIPT_PACKAGE DPKG_MAINTSCRIPT_ARCH\n"
	"	\"$script\" install </dev/null >&2 || echo \"$DPKG_MAINTSCRIPT_PACKAGE\"\n"
	"done\n";

int configure_run(const struct configure *configure, const char *const *argv,
		  const struct sandbox_bind *binds, size_t bind_count, struct error *err)
{
	autofree char *epoch = text_format("SOURCE_DATE_EPOCH=%lld", (long long)configure->timestamp);
	const char *const environment[] = {
		"PATH=" STUBS ":/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", "TZ=UTC",
		"TERM=dumb", "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
		"DEBCONF_NOWARNINGS=yes", "UCF_FORCE_CONFFOLD=1", "TMPDIR=/tmp", "SYSTEMD_OFFLINE=1",
		"PERL_HASH_SEED=0", "PYTHONDONTWRITEBYTECODE=1", epoch, NULL,
	};
	struct sandbox_bind all[BINDS_MAXIMUM];
	autofree char *stubs = path_join(configure->work, "bin");
	if (bind_count + 1 > BINDS_MAXIMUM)
		return error_set(err, "too many binds");
	all[0] = (struct sandbox_bind){ .from = stubs, .to = STUBS };
	for (size_t i = 0; i < bind_count; i++)
		all[i + 1] = binds[i];
	const struct sandbox sandbox = {
		.root = configure->tree, .root_writable = true, .binds = all, .bind_count = bind_count + 1,
		.no_sync = true,
	};
	const struct process process = {
		.argv = argv, .environment = environment, .directory = "/", .sandbox = &sandbox,
		.extra_fds = { configure->status_fd },
	};
	return process_run(&process, NULL, err);
}

static int write_script(const char *folder, const char *name, const char *text, struct error *err)
{
	autofree char *path = path_join(folder, name);
	if (directory_make(folder, 0755, err) ||
	    file_write_plain(path, text, strlen(text), 0755, err))
		return -1;
	return chmod(path, 0755) ? error_set_errno(err, errno, "%s", path) : 0;
}

/* Most questions about a unit that was never there before have one answer, and starting Perl for each takes
 * longer than anything else that scripts do. Source: deb-systemd-helper of init-system-helpers 1.69:
 * unmask_service() does nothing without a link, was_enabled() is true without a state file, and
 * debian_installed() asks for that file. */
static const char units_helper[] =
	"#!/bin/sh\n"
	"etc=/etc/systemd/system state=/var/lib/systemd/deb-systemd-helper-enabled\n"
	"case \" $* \" in *' --user '*)\n"
	"	etc=/etc/systemd/user state=/var/lib/systemd/deb-systemd-user-helper-enabled ;;\n"
	"esac\n"
	"for unit; do :; done\n"
	"case \"$DPKG_ROOT:$#:$*\" in\n"
	"':2:unmask '*|':3:--user unmask '*)\n"
	"	[ -e \"$etc/${unit##*/}\" ] || exit 0 ;;\n"
	"':3:--quiet was-enabled '*|':4:--quiet --user was-enabled '*)\n"
	"	[ -e \"$state/${unit##*/}.dsh-also\" ] || exit 0 ;;\n"
	"':2:debian-installed '*|':3:--user debian-installed '*)\n"
	"	[ -f \"$state/${unit##*/}.dsh-also\" ]\n"
	"	exit ;;\n"
	"esac\n"
	"exec /usr/bin/deb-systemd-helper \"$@\"\n";

int configure_begin(const struct configure *configure, struct error *err)
{
	/* the kernel's own scripts would make an initramfs and module lists that boot.c makes beside us; host
	 * keys are every box's own and would only be removed again */
	static const char *const idle[] = { "update-initramfs", "depmod", "ssh-keygen" };
	static const char no_cluster[] = "create_main_cluster = false\n";
	autofree char *stubs = path_join(configure->work, "bin");
	autofree char *sbin = path_join(configure->tree, "usr/sbin");
	autofree char *postgres = path_join(configure->tree, "etc/postgresql-common");
	autofree char *clusters = path_join(postgres, "createcluster.conf");
	autofree char *common = path_join(configure->tree, "usr/share/postgresql-common");
	for (size_t i = 0; i < LENGTH(idle); i++)
		if (write_script(stubs, idle[i], "#!/bin/sh\nexit 0\n", err))
			return -1;
	if (write_script(stubs, "deb-systemd-helper", units_helper, err))
		return -1;
	/* invoke-rc.d asks it: 101 forbids every start of a service */
	if (write_script(sbin, "policy-rc.d", "#!/bin/sh\nexit 101\n", err))
		return -1;
	if (!path_is_directory(common))
		return 0;
	/* a cluster made now would give every box the same system id, and no box its own password */
	if (directory_make(postgres, 0755, err))
		return -1;
	return file_write_plain(clusters, no_cluster, strlen(no_cluster), 0644, err);
}

int configure_end(const struct configure *configure, struct error *err)
{
	autofree char *policy = path_join(configure->tree, "usr/sbin/policy-rc.d");
	if (unlink(policy) && errno != ENOENT)
		return error_set_errno(err, errno, "%s", policy);
	return 0;
}

static struct deb *find_deb(struct debs *debs, const char *name)
{
	for (size_t i = 0; i < debs->count; i++)
		if (text_equal(debs->items[i].package->name, name))
			return &debs->items[i];
	return NULL;
}

/* Depth first along Pre-Depends, so that a script finds done what it may count on. */
static void add_in_order(struct debs *debs, struct deb *deb, bool *seen, struct buffer *lines)
{
	if (seen[deb - debs->items])
		return;
	seen[deb - debs->items] = true;
	autofree char *before = control_field(deb->control, "Pre-Depends");
	for (size_t i = 0; before && i < debs->count; i++)
		if (relation_names(before, debs->items[i].package->name))
			add_in_order(debs, &debs->items[i], seen, lines);
	if (deb_file(deb, "preinst"))
		buffer_format(lines, "%s %s /var/lib/dpkg/info/%s.preinst\n", deb->package->name,
			      deb->package->architecture, deb->label);
}

/* Users and groups first, then what is essential, then the rest in the order of the set. */
static void order_scripts(struct debs *debs, struct buffer *lines)
{
	autofree bool *seen = memory_alloc(debs->count + 1);
	struct deb *users = find_deb(debs, "base-passwd");
	if (users)
		add_in_order(debs, users, seen, lines);
	for (int essential = 1; essential >= 0; essential--)
		for (size_t i = 0; i < debs->count; i++)
			if (debs->items[i].package->essential == (bool)essential)
				add_in_order(debs, &debs->items[i], seen, lines);
}

int configure_preinst(const struct configure *configure, struct debs *debs, struct error *err)
{
	struct buffer autobuffer lines = { 0 };
	order_scripts(debs, &lines);
	if (!lines.length)
		return 0;
	autofree char *list = path_join(configure->work, "preinst");
	autofree char *failed = path_join(configure->work, "preinst-failed"), *names = NULL;
	if (file_write_plain(list, lines.data, lines.length, 0644, err) ||
	    file_write_plain(failed, "", 0, 0644, err))
		return -1;
	autofree char *script = text_format("export DPKG_MAINTSCRIPT_NAME=preinst DPKG_ADMINDIR=/var/lib/dpkg "
					    "DPKG_ROOT= DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_RUNNING_VERSION="
					    "$(dpkg-query -W -f '${Version}' dpkg)\n"
					    "exec <" WORK "/preinst >" WORK "/preinst-failed\n%s",
					    preinst_runner);
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const struct sandbox_bind bind = { .from = configure->work, .to = WORK, .writable = true };
	if (configure_run(configure, argv, &bind, 1, err))
		return error_prefix(err, "scripts before unpacking");
	if (file_read(failed, 1u << 20, &names, NULL, err))
		return -1;
	struct strings autostrings list_of_failed = { 0 };
	strings_split(&list_of_failed, names, "\n");
	for (size_t i = 0; i < list_of_failed.count; i++) {
		struct deb *deb = find_deb(debs, list_of_failed.items[i]);
		progress_note("package %s: its preinst failed, dpkg unpacks it", list_of_failed.items[i]);
		if (deb)
			deb->by_dpkg = true;
	}
	return 0;
}

int configure_unpack(const struct configure *configure, const struct debs *debs, struct error *err)
{
	struct strings autostrings argv = { 0 };
	struct sandbox_bind binds[BINDS_MAXIMUM];
	struct strings autostrings places = { 0 };
	size_t count = 0;
	strings_add_all(&argv, (const char *const[]){ "/usr/bin/dpkg", "--force-unsafe-io", "--force-depends",
						      "--unpack", NULL });
	for (size_t i = 0; i < debs->count; i++) {
		if (!debs->items[i].by_dpkg)
			continue;
		if (count + 1 >= BINDS_MAXIMUM)
			return error_set(err, "more than %u packages that dpkg must unpack itself",
					 BINDS_MAXIMUM - 1);
		strings_format(&places, "/run/hie/%zu.deb", count);
		strings_add(&argv, places.items[count]);
		binds[count].from = debs->items[i].blob;
		binds[count].writable = false;
		count++;
	}
	if (!count)
		return 0;
	for (size_t i = 0; i < count; i++)
		binds[i].to = places.items[i];
	return configure_run(configure, (const char *const *)argv.items, binds, count, err);
}

struct watched {
	const struct configure *configure;
	struct progress *progress;
	int pipe[2];
};

static int run_dpkg(struct watched *watched, struct error *err)
{
	struct configure configure = *watched->configure;
	configure.status_fd = watched->pipe[1];
	autofree char *number = text_format("%d", configure.status_fd);
	const char *const argv[] = { "/usr/bin/dpkg", "--force-unsafe-io", "--status-fd", number, "--configure",
				     "-a", NULL };
	int answer = configure_run(&configure, argv, NULL, 0, err);
	/* the last writer is gone: the reader meets the end */
	close(watched->pipe[1]);
	return answer;
}

/* Source: dpkg(1), --status-fd: "processing: configure: NAME" comes once for each package, and
 * "processing: trigproc: NAME" for those whose triggers run. */
static void read_status(struct watched *watched)
{
	static const char begin[] = "processing: ";
	autofile FILE *lines = fdopen(watched->pipe[0], "r");
	autofree char *line = NULL;
	size_t size = 0;
	bool begun = false;
	while (lines && getline(&line, &size, lines) > 0) {
		const char *action = line + sizeof begin - 1, *name = strstr(line, ": ");
		name = name && text_starts(line, begin) ? strstr(action, ": ") : NULL;
		if (!name)
			continue;
		line[strcspn(line, "\n")] = '\0';
		progress_detail(watched->progress, name + 2);
		if (begun) /* the one before is done */
			progress_item(watched->progress);
		begun = text_starts(action, "configure");
	}
	if (begun)
		progress_item(watched->progress);
	progress_detail(watched->progress, "what runs beside it");
}

static int run_or_read(void *context, size_t index, struct error *err)
{
	if (index == 0)
		return run_dpkg(context, err);
	read_status(context);
	return 0;
}

int configure_all(const struct configure *configure, struct progress *progress, struct error *err)
{
	struct watched watched = { .configure = configure, .progress = progress };
	if (pipe2(watched.pipe, O_CLOEXEC))
		return error_set_errno(err, errno, "pipe");
	return parallel_each(2, 2, run_or_read, &watched, err);
}

int configure_presets(const struct configure *configure, const char *folder, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/systemctl", "preset-all", NULL };
	const struct sandbox_bind bind = { .from = folder, .to = "/run/systemd/system-preset" };
	autofree char *program = path_join(configure->tree, argv[0]);
	if (!path_exists(program) || !path_is_directory(folder))
		return 0;
	return configure_run(configure, argv, &bind, 1, err) ? error_prefix(err, "presets") : 0;
}
