/* Whether SSH runs at all: only when somebody's key is on this box. Who has no key could not get in, and a server
 * that nobody can use is only something to attack. ssh.service looks at /run/hie/ssh-wanted. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/provision.h"

#define KEYS_MAX (1u << 20)

/* Does this file hold anything but blank lines and comments? */
static bool holds_key(const char *path)
{
	autofree char *text = file_text_or_null(path, KEYS_MAX);
	autostrings struct strings lines = { 0 };
	if (!text)
		return false;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *word = lines.items[i] + strspn(lines.items[i], " \t\r");
		if (*word && *word != '#')
			return true;
	}
	return false;
}

/* Counts the files <directory>/<name><below> that hold a key, for every name. */
static size_t count_keys(const char *root, const char *directory, const char *below)
{
	autofree char *folder = path_join(root, directory);
	autostrings struct strings names = { 0 };
	size_t count = 0;
	if (!path_is_directory(folder) || directory_list(folder, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = text_format("%s/%s%s", folder, names.items[i], below);
		count += holds_key(path);
	}
	return count;
}

int step_ssh_wanted(const struct provision *provision, char **ret_remark, struct error *err)
{
	autofree char *wanted = path_join(provision->root, "/run/hie/ssh-wanted");
	autofree char *run = path_join(provision->root, "/run/hie");
	autofree char *of_root = path_join3(provision->root, "root", ".ssh/authorized_keys");
	size_t count = holds_key(of_root) + count_keys(provision->root, "/home", "/.ssh/authorized_keys") +
		       count_keys(provision->root, "/var/lib/hie/ssh/authorized_keys.d", "");
	if (directory_make(run, 0755, err) < 0)
		return -1;
	if (!count) {
		if (unlink(wanted) < 0 && errno != ENOENT)
			return error_set_errno(err, errno, "cannot remove %s", wanted);
		*ret_remark = sentence(SAY_SSH_OFF, NULL);
		return 0;
	}
	autofree char *text = text_format("%zu", count);
	*ret_remark = sentence(SAY_SSH_ON, text, NULL);
	return file_write(wanted, "", 0, 0644, err);
}
