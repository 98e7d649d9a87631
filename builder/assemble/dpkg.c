/* The package database; see dpkg.h. */
#define _GNU_SOURCE 1
#include "assemble/dpkg.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/unpack.h"

#define DATABASE_MAXIMUM (64u << 20)

static int write_in(const char *tree, const char *path, const char *text, struct error *err)
{
	autofree char *full = path_join(tree, path);
	return file_write_plain(full, text, strlen(text), 0644, err);
}

/* The root's aliases of a merged /usr, as Debian's base-files expects to find them. */
static int make_aliases(const char *tree, const char *architecture, struct error *err)
{
	const char *const names[] = { "bin", "lib", "sbin", "lib64" };
	/* only the amd64 ABI's loader lies in /lib64 */
	size_t count = text_equal(architecture, "amd64") ? 4 : 3;
	for (size_t i = 0; i < count; i++) {
		autofree char *usr = path_join3(tree, "usr", names[i]);
		autofree char *link = path_join(tree, names[i]);
		autofree char *target = path_join("usr", names[i]);
		if (directory_make(usr, 0755, err))
			return -1;
		if (symlink(target, link))
			return error_set_errno(err, errno, "%s", link);
	}
	return 0;
}

int dpkg_prepare(const char *tree, const char *architecture, struct error *err)
{
	static const char *const folders[] = { "info", "updates", "alternatives", "triggers", "parts" };
	static const char *const empty[] = { "available", "diversions", "statoverride", "lock",
					     "lock-frontend", "status", "triggers/Unincorp", "triggers/Lock" };
	if (make_aliases(tree, architecture, err))
		return -1;
	for (size_t i = 0; i < LENGTH(folders); i++) {
		autofree char *path = path_join3(tree, "var/lib/dpkg", folders[i]);
		if (directory_make(path, 0755, err))
			return -1;
	}
	for (size_t i = 0; i < LENGTH(empty); i++) {
		autofree char *path = path_join("var/lib/dpkg", empty[i]);
		if (write_in(tree, path, "", err))
			return -1;
	}
	autofree char *line = text_format("%s\n", architecture);
	if (write_in(tree, "var/lib/dpkg/arch", line, err))
		return -1;
	return write_in(tree, "var/lib/dpkg/info/format", "1\n", err);
}

/* The Conffiles field: every plain line of the control file of that name, with the md5 of what we unpacked. */
static int add_conffiles(struct buffer *status, const char *tree, const struct deb *deb, struct error *err)
{
	const struct deb_file *file = deb_file(deb, "conffiles");
	struct strings autostrings lines = { 0 };
	bool any = false;
	if (!file)
		return 0;
	strings_split(&lines, file->data, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char md5[HASH_HEX_MAX];
		const char *path = lines.items[i];
		/* others begin with a flag such as "remove-on-upgrade" */
		if (*path != '/')
			continue;
		if (!path_is_clean(path + 1))
			return error_set(err, "package %s %s: conffiles: \"%.80s\" is no plain path",
					 deb->package->name, deb->package->version, path);
		/* a symbolic link of the package may point anywhere: inside the tree it shall stay */
		autofd int fd = unpack_reader(tree, path + 1);
		struct stat about;
		if (fd < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode))
			continue;
		autofree char *opened = text_format("/proc/self/fd/%d", fd);
		if (hash_file("md5", opened, md5, err))
			return -1;
		buffer_format(status, "%s %s %s\n", any ? "" : "Conffiles:\n", path, md5);
		any = true;
	}
	return 0;
}

static int add_status(struct buffer *status, const char *tree, const struct deb *deb, struct error *err)
{
	const char *line = deb->control, *end = strchr(line, '\n');
	if (strncasecmp(line, "Package:", 8) || !end)
		return error_set(err, "package %s: its control file does not begin with its name",
				 deb->package->name);
	buffer_add(status, line, (size_t)(end - line) + 1);
	buffer_text(status, "Status: install ok unpacked\n");
	buffer_text(status, end + 1);
	if (add_conffiles(status, tree, deb, err))
		return -1;
	buffer_text(status, "\n");
	return 0;
}

static int write_list(const char *tree, const struct deb *deb, struct error *err)
{
	struct buffer autobuffer list = { 0 };
	for (size_t i = 0; i < deb->path_count; i++)
		if (!deb->paths[i].lost)
			buffer_format(&list, "/%s\n", *deb->paths[i].path ? deb->paths[i].path : ".");
	autofree char *name = text_format("var/lib/dpkg/info/%s.list", deb->label);
	return write_in(tree, name, list.data ? list.data : "", err);
}

static int write_info(const char *tree, const struct deb *deb, struct error *err)
{
	for (size_t i = 0; i < deb->file_count; i++) {
		const struct deb_file *file = &deb->files[i];
		autofree char *path = text_format("%s/var/lib/dpkg/info/%s.%s", tree, deb->label,
						  file->name);
		if (file_write_plain(path, file->data, file->length, file->mode, err) ||
		    (chmod(path, file->mode) && error_set_errno(err, errno, "%s", path)))
			return -1;
	}
	return write_list(tree, deb, err);
}

/* One line of a package's `triggers` file: "interest[-await|-noawait] NAME". */
static int add_trigger(const char *tree, const struct deb *deb, const char *line, struct buffer *files,
		       struct error *err)
{
	struct strings autostrings words = { 0 };
	strings_split(&words, line, " \t");
	if (words.count < 2 || !text_starts(words.items[0], "interest"))
		return 0;
	const char *option = text_equal(words.items[0], "interest-noawait") ? "/noawait" : "";
	const char *name = words.items[1];
	if (*name == '/') {
		buffer_format(files, "%s %s%s\n", name, deb->label, option);
		return 0;
	}
	if (strchr(name, '/') || *name == '.')
		return error_set(err, "package %s %s: triggers: \"%.80s\" is no name of a trigger",
				 deb->package->name, deb->package->version, name);
	autofree char *path = text_format("%s/var/lib/dpkg/triggers/%s", tree, name);
	autofile FILE *file = fopen(path, "ae");
	if (!file || fprintf(file, "%s%s\n", deb->label, option) < 0 || fflush(file))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static int add_triggers(const char *tree, const struct deb *deb, struct buffer *files, struct error *err)
{
	const struct deb_file *file = deb_file(deb, "triggers");
	struct strings autostrings lines = { 0 };
	if (file)
		strings_split(&lines, file->data, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *hash = strchr(lines.items[i], '#');
		if (hash)
			*hash = '\0';
		if (add_trigger(tree, deb, lines.items[i], files, err))
			return -1;
	}
	return 0;
}

int dpkg_write(const char *tree, const struct debs *debs, struct error *err)
{
	struct buffer autobuffer status = { 0 }, files __attribute__((cleanup(buffer_clear))) = { 0 };
	autofree char *triggers = path_join(tree, "var/lib/dpkg/triggers");
	if (tree_remove(triggers, err) || directory_make(triggers, 0755, err) ||
	    write_in(tree, "var/lib/dpkg/triggers/Unincorp", "", err) ||
	    write_in(tree, "var/lib/dpkg/triggers/Lock", "", err))
		return -1;
	for (size_t i = 0; i < debs->count; i++) {
		const struct deb *deb = &debs->items[i];
		if (deb->by_dpkg)
			continue;
		if (add_status(&status, tree, deb, err) || write_info(tree, deb, err) ||
		    add_triggers(tree, deb, &files, err))
			return -1;
	}
	if (write_in(tree, "var/lib/dpkg/status", status.data ? status.data : "", err))
		return -1;
	return write_in(tree, "var/lib/dpkg/triggers/File", files.data ? files.data : "", err);
}

void diversions_clear(struct diversions *diversions)
{
	strings_clear(&diversions->from);
	strings_clear(&diversions->to);
	strings_clear(&diversions->package);
}

int dpkg_diversions(const char *tree, struct diversions *ret_diversions, struct error *err)
{
	autofree char *path = path_join(tree, "var/lib/dpkg/diversions"), *text = NULL;
	struct strings autostrings lines = { 0 };
	if (file_read(path, DATABASE_MAXIMUM, &text, NULL, err))
		return -1;
	strings_split(&lines, text, "\n");
	struct diversions diversions = { 0 };
	for (size_t i = 0; i + 2 < lines.count; i += 3)
		for (size_t k = i; k < i + 2; k++)
			if (*lines.items[k] != '/' || !path_is_clean(lines.items[k] + 1))
				return error_set(err, "diversions: \"%.80s\" is no plain path", lines.items[k]);
	for (size_t i = 0; i + 2 < lines.count; i += 3) {
		strings_add(&diversions.from, lines.items[i] + 1);
		strings_add(&diversions.to, lines.items[i + 1] + 1);
		strings_add(&diversions.package, lines.items[i + 2]);
	}
	*ret_diversions = diversions;
	return 0;
}

int dpkg_write_automatic(const char *tree, const struct debs *debs, struct error *err)
{
	struct buffer autobuffer text = { 0 };
	autofree char *folder = path_join(tree, "var/lib/apt");
	for (size_t i = 0; i < debs->count; i++)
		if (debs->items[i].package->automatic)
			buffer_format(&text, "Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n",
				      debs->items[i].package->name, debs->items[i].package->architecture);
	if (directory_make(folder, 0755, err))
		return -1;
	return write_in(tree, "var/lib/apt/extended_states", text.data ? text.data : "", err);
}
