/* What a container starts from. The layers are laid by the very functions that the initramfs of a disk uses. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "machine/nspawn.h"

#define OVERLAYFS_MAGIC 0x794c7630
#define DATA_MARKER ".hiebox-data" /* overlays/boot/…/hie-stack */
#define NAME_MAX_LENGTH 63u

/* Runs as first process of a PID namespace, in mounts of its own: FOLDER DATA NAME HIE-STACK CGROUPS [nspawn's option…].
 * It begins when a line comes: then it is sure to die with us (see nspawn_start.c). All that is made here is on a tmpfs,
 * so that not even a mount point stays. What nspawn keeps in /run of this machine stays in here as well. */
static const char stack_script[] =
	"set -u\n"
	"read -r go || exit 1\n"
	"folder=$1 data=$2 name=$3 functions=$4 cgroups=$5\n"
	"shift 5\n"
	"for group in $cgroups; do\n"
	"	mkdir -p \"$group\" 2>/dev/null && echo 0 2>/dev/null >\"$group/cgroup.procs\"\n"
	"done\n"
	"hie_say() { echo \"hie: $*\"; }\n"
	"hie_fail() { echo \"$*\" >&2; exit 1; }\n"
	". \"$functions\" || exit 1\n"
	"plain=/run/systemd/nspawn/hiebox\n"
	"mkdir -p \"${plain%/*}\"\n"
	"mount -t tmpfs -o mode=0755 hiebox-machine \"${plain%/*}\" || hie_fail 'no tmpfs can be mounted'\n"
	"mkdir \"$plain\"\n"
	"mount --bind \"$folder\" \"$plain\" || hie_fail 'the temporary folder cannot be bound'\n"
	"folder=$plain\n"
	"box=$folder/box hie_run=$folder/box/hie root=$folder/box/root\n"
	"mount -t tmpfs -o mode=0755 hiebox-machine \"$box\" || hie_fail 'no tmpfs can be mounted'\n"
	"mkdir -p \"$hie_run\" \"$root\" \"$box/run\" \"$box/memory\" \"$box/data\"\n"
	"hie_layers \"$folder/slot\"\n"
	"hie_root \"$root\"\n"
	"hie_store \"$folder/slot\" \"$root\"\n"
	"mount --bind \"$data\" \"$box/data\" || hie_fail 'the data directory cannot be bound'\n"
	"state=$box/data\n"
	"hie_state \"$state\"\n"
	"if [ -n \"$hie_reason\" ]; then\n"
	"	hie_say \"rescue: $hie_reason\"\n"
	"	mount -t tmpfs -o mode=0755 hie-memory \"$box/memory\" || hie_fail 'no tmpfs can be mounted'\n"
	"	state=$box/memory\n"
	"	echo \"$hie_reason\" >\"$box/run/rescue\"\n"
	"	set -- \"$@\" --bind-ro=\"$box/run/rescue:/run/hie/rescue\" \\\n"
	"		--bind-ro=/dev/null:/run/systemd/system/hie-exchange.target\n"
	"fi\n"
	"hie_changes \"$state\" \"$root\"\n"
	"hie_plain \"$state\" \"$root\"\n"
	"hie_release\n"
	"if [ -d \"$folder/ssh\" ]; then\n"
	"	keys=root/.ssh\n"
	"	mount --bind \"$folder/ssh\" \"$root/$keys\" || hie_fail 'the image has no folder for the keys of root'\n"
	"fi\n"
	"exec systemd-nspawn --quiet --register=no --keep-unit -M \"$name\" -D \"$root\" --private-network \\\n"
	"	--capability=all '--system-call-filter=@keyring bpf' --link-journal=no --console=interactive \\\n"
	"	--bind=\"$state:/run/hie/data\" \"$@\" -b\n";

static int take_layer(const char *slot, const char *layer, struct buffer *names, struct error *err)
{
	const char *equals = strchr(layer, '=');

	if (!equals)
		return error_set(err, "layer %s: expected NAME=FILE", layer);
	autofree char *name = text_copy_n(layer, (size_t)(equals - layer));
	autofree char *file = realpath(equals + 1, NULL);
	autofree char *link = text_format("%s/%s.squashfs", slot, name);
	if (!file || access(file, R_OK) < 0)
		return error_set_errno(err, errno, "layer %s: build the image again, for %s cannot be read", name, equals + 1);
	if (!path_is_clean(name) || strchr(name, '/') || symlink(file, link) < 0)
		return error_set(err, "layer %s: its name cannot be used, or is there twice", name);
	buffer_format(names, "%s\n", name);
	return 0;
}

/* As the system slot of a disk: links to the layers, and the list. */
static int make_slot(const struct nspawn *nspawn, const struct machine_settings *settings, struct error *err)
{
	autofree char *slot = path_join(nspawn->folder.path, "slot");
	autofree char *list = path_join(slot, "layers");
	autobuffer struct buffer names = {.maximum = 65536};

	if (!settings->layers || !settings->layers[0])
		return error_set(err, "%s: a container needs the image's layers, and there are none; build the image again", settings->name);
	if (directory_make(slot, 0755, err) < 0)
		return -1;
	for (size_t i = 0; settings->layers[i]; i++)
		if (take_layer(slot, settings->layers[i], &names, err) < 0)
			return -1;
	return file_write_plain(list, names.data, names.length, 0644, err);
}

/* A directory that holds nothing, or what a box has left there; another one is not ours to write into. */
static int begin_data(const char *path, struct error *err)
{
	autostrings struct strings names = {0};
	autofree char *marker = path_join(path, DATA_MARKER);
	autofree char *state = path_join(path, "state");

	if (directory_list(path, &names, err) < 0)
		return -1;
	if (strings_have(&names, DATA_MARKER))
		return 0;
	for (size_t i = 0; i < names.count; i++)
		if (!text_equal(names.items[i], "lost+found") && !text_equal(names.items[i], "state"))
			return error_set(err, "%s is not empty and holds no box's data: name an empty or a new directory", path);
	if (directory_make(state, 0755, err) < 0)
		return -1;
	return file_write(marker, "new\n", 4, 0644, err);
}

static int make_data(struct nspawn *nspawn, const char *wanted, struct error *err)
{
	autofree char *path = wanted ? text_copy(wanted) : path_join(nspawn->folder.path, "data");
	struct statfs system;

	if (directory_make(path, 0755, err) < 0)
		return -1;
	nspawn->data = realpath(path, NULL);
	nspawn->data_lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!nspawn->data || nspawn->data_lock < 0 || fstatfs(nspawn->data_lock, &system) < 0)
		return error_set_errno(err, errno, "%s cannot be opened", path);
	if (system.f_type == OVERLAYFS_MAGIC)
		return error_set(err, "%s lies on an overlay file system, where no other can keep its changes: name a directory of a "
				 "disk%s", path, wanted ? "" : " with TMPDIR=DIR or --data DIR");
	if (flock(nspawn->data_lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, "%s is in use by another machine: end that first, or name another directory", path);
	return begin_data(path, err);
}

/* nspawn's own escapes for a path of --bind. */
static char *escape(const char *path)
{
	autobuffer struct buffer text = {0};

	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			buffer_add(&text, "\\", 1);
		buffer_add(&text, path, 1);
	}
	return buffer_steal(&text);
}

/* A host name: small letters, digits, hyphens. */
static char *host_name(const char *name)
{
	char text[NAME_MAX_LENGTH + 1];
	size_t length = 0;

	for (; name && *name && length < NAME_MAX_LENGTH; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && length))
			text[length++] = c;
	}
	while (length && text[length - 1] == '-')
		length--;
	text[length] = '\0';
	return text_copy(length ? text : "hiebox");
}

static int add_share(struct nspawn *nspawn, const char *share, struct error *err)
{
	autofree char *path = share ? realpath(share, NULL) : NULL;

	if (!share)
		return 0;
	if (!path || !path_is_directory(path))
		return error_set(err, "%s is no directory, so it cannot be shared", share);
	autofree char *escaped = escape(path);
	strings_format(&nspawn->argv, "--bind-ro=%s:/run/hie/share", escaped);
	return 0;
}

static int add_key(const struct nspawn *nspawn, const char *key, struct error *err)
{
	autofree char *directory = path_join(nspawn->folder.path, "ssh");
	autofree char *file = path_join(directory, "authorized_keys");
	autofree char *line = key ? text_format("%s\n", key) : NULL;

	if (!key)
		return 0;
	if (strchr(key, '\n'))
		return error_set(err, "an SSH key is one line, and this one has more");
	if (directory_make(directory, 0700, err) < 0)
		return -1;
	return file_write_plain(file, line, strlen(line), 0600, err);
}

static void fill_environment(struct nspawn *nspawn)
{
	static const char *const always[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8",
		"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1", /* else it gives the box what this machine has */
		"SYSTEMD_TINT_BACKGROUND=0",
		"SYSTEMD_ADJUST_TERMINAL_TITLE=0",
		NULL,
	};
	const char *terminal = nspawn->terminal ? getenv("TERM") : NULL;

	strings_add_all(&nspawn->environment, always);
	strings_format(&nspawn->environment, "TERM=%s", terminal && *terminal ? terminal : "dumb");
}

static int fill_arguments(struct nspawn *nspawn, const struct machine_settings *settings, struct error *err)
{
	static const char *const first[] = {
		"unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc",
		"--", "/bin/sh", "-c", stack_script, "hiebox-machine", NULL,
	};
	autofree char *functions = path_join(settings->boot ? settings->boot : "overlays/boot",
					     "etc/initramfs-tools/scripts/hie-stack");
	autofree char *found = realpath(functions, NULL);

	if (!found)
		return error_set_errno(err, errno, "%s, which lays the layers, cannot be read", functions);
	strings_add_all(&nspawn->argv, first);
	strings_add(&nspawn->argv, nspawn->folder.path);
	strings_add(&nspawn->argv, nspawn->data);
	strings_take(&nspawn->argv, host_name(settings->name));
	strings_add(&nspawn->argv, found);
	strings_take(&nspawn->argv, strings_join(&nspawn->cgroups, " "));
	return add_share(nspawn, settings->share, err);
}

int nspawn_prepare(struct nspawn *nspawn, const struct machine_settings *settings, struct error *err)
{
	if (folder_open(&nspawn->folder, err) < 0)
		return -1;
	autofree char *box = path_join(nspawn->folder.path, "box");
	if (directory_make(box, 0755, err) < 0 || make_slot(nspawn, settings, err) < 0 ||
	    make_data(nspawn, settings->data, err) < 0 || add_key(nspawn, settings->ssh_key, err) < 0)
		return -1;
	nspawn_cgroups_find(path_base(nspawn->folder.path), &nspawn->cgroups);
	fill_environment(nspawn);
	return fill_arguments(nspawn, settings, err);
}
