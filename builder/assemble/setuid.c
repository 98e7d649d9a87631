/* Bits that nobody on a box needs; see setuid.h. Source: dpkg-statoverride(1), its file's lines being
 * "user group mode path". */
#define _GNU_SOURCE 1
#include "assemble/setuid.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define DATABASE "var/lib/dpkg/statoverride"
#define DATABASE_MAXIMUM (1u << 20)

/* Nobody has a password, a shell to change or a group to join (chage … passwd, unix_chkpwd); no ordinary user
 * mounts anything; who becomes somebody else is root already, or uses sudo; every D-Bus service is started by
 * systemd; no host vouches for its users (ssh-keysign); nobody's keys are kept on the box (ssh-agent). What a
 * recipe's own packages bring keeps its bits. */
static const struct program {
	const char *path, *group;
} dropped[] = {
	{ "usr/bin/chage", "shadow" },
	{ "usr/bin/chfn", "root" },
	{ "usr/bin/chsh", "root" },
	{ "usr/bin/expiry", "shadow" },
	{ "usr/bin/gpasswd", "root" },
	{ "usr/bin/mount", "root" },
	{ "usr/bin/newgrp", "root" },
	{ "usr/bin/passwd", "root" },
	{ "usr/bin/ssh-agent", "_ssh" },
	{ "usr/bin/su", "root" },
	{ "usr/bin/sudo", "root" },
	{ "usr/bin/umount", "root" },
	{ "usr/lib/dbus-1.0/dbus-daemon-launch-helper", "messagebus" },
	{ "usr/lib/openssh/ssh-keysign", "root" },
	{ "usr/sbin/unix_chkpwd", "shadow" },
};

bool setuid_sudo_wanted(const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->user_count; i++) {
		const struct login_user *user = &recipe->users[i];
		for (size_t k = 0; k < user->groups.count; k++)
			if (text_equal(user->groups.items[k].text, "sudo"))
				return true;
		if (user->sudo)
			return true;
	}
	return false;
}

static bool is_kept(const struct program *program, bool sudo)
{
	return sudo && text_equal(program->path, "usr/bin/sudo");
}

void setuid_key(struct hash *key, bool sudo)
{
	for (size_t i = 0; i < LENGTH(dropped); i++)
		if (!is_kept(&dropped[i], sudo))
			hash_text(key, dropped[i].path);
}

/* Lines of earlier decisions (a package's own script makes one, too) about other files. */
static void keep_lines(const char *text, const char *path, struct buffer *lines)
{
	struct strings autostrings all = { 0 };
	strings_split(&all, text, "\n");
	for (size_t i = 0; i < all.count; i++) {
		const char *named = strrchr(all.items[i], ' ');
		if (!named || !text_equal(named + 1, path))
			buffer_format(lines, "%s\n", all.items[i]);
	}
}

static int drop(const char *tree, const struct program *program, char **text, struct error *err)
{
	autofree char *path = path_join(tree, program->path), *named = text_format("/%s", program->path);
	struct buffer autobuffer lines = { 0 };
	struct stat status;
	if (lstat(path, &status))
		return errno == ENOENT ? 0 : error_set_errno(err, errno, "%s", path);
	if (!S_ISREG(status.st_mode) || !(status.st_mode & (S_ISUID | S_ISGID)))
		return 0;
	mode_t mode = status.st_mode & 0777;
	if (chmod(path, mode))
		return error_set_errno(err, errno, "%s", path);
	keep_lines(*text, named, &lines);
	buffer_format(&lines, "root %s %o %s\n", program->group, (unsigned)mode, named);
	free(*text);
	*text = buffer_steal(&lines);
	return 0;
}

int setuid_drop(const char *tree, bool sudo, struct error *err)
{
	autofree char *database = path_join(tree, DATABASE), *text = NULL;
	if (file_read(database, DATABASE_MAXIMUM, &text, NULL, err))
		return -1;
	for (size_t i = 0; i < LENGTH(dropped); i++)
		if (!is_kept(&dropped[i], sudo) && drop(tree, &dropped[i], &text, err))
			return -1;
	return file_write_plain(database, text, strlen(text), 0644, err);
}
