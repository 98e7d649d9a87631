/* Who owns what: names looked up in the tree's own files, so that a tree is not given to this machine's
 * users, and no name service is asked at first boot. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "agent/provision.h"

static int find_user(const char *root, const char *name, struct owner *ret_owner)
{
	autofree char *path = path_join(root, "/etc/passwd");
	autofile FILE *file = fopen(path, "re");
	for (struct passwd *entry; file && (entry = fgetpwent(file));) {
		if (!text_equal(entry->pw_name, name))
			continue;
		*ret_owner = (struct owner){ entry->pw_uid, entry->pw_gid };
		return 0;
	}
	return -1;
}

static int find_group(const char *root, const char *name, gid_t *ret_group)
{
	autofree char *path = path_join(root, "/etc/group");
	autofile FILE *file = fopen(path, "re");
	for (struct group *entry; file && (entry = fgetgrent(file));) {
		if (!text_equal(entry->gr_name, name))
			continue;
		*ret_group = entry->gr_gid;
		return 0;
	}
	return -1;
}

int owner_find(const struct provision *provision, const struct owner_names *names, struct owner *ret_owner,
	       struct error *err)
{
	struct owner found = { (uid_t)-1, (gid_t)-1 };
	if (!provision->owners) {
		*ret_owner = found;
		return 0;
	}
	if (text_equal(names->user, "root"))
		found = (struct owner){ 0, 0 };
	else if (find_user(provision->root, names->user, &found) < 0)
		return sentence_error(err, SAY_USER_UNKNOWN, names->user, names->what, NULL);
	if (text_equal(names->group, "root"))
		found.group = 0;
	else if (names->group && find_group(provision->root, names->group, &found.group) < 0)
		return sentence_error(err, SAY_GROUP_UNKNOWN, names->group, names->what, NULL);
	*ret_owner = found;
	return 0;
}

int owner_apply(const char *path, struct owner owner, mode_t mode, struct error *err)
{
	autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	bool user_differs = owner.user != (uid_t)-1 && st.st_uid != owner.user;
	bool group_differs = owner.group != (gid_t)-1 && st.st_gid != owner.group;
	if ((user_differs || group_differs) && fchown(fd, owner.user, owner.group) < 0)
		return error_set_errno(err, errno, "cannot change the owner of %s", path);
	if ((st.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return error_set_errno(err, errno, "cannot change the mode of %s", path);
	return 0;
}

int owner_directory(const char *path, struct owner owner, mode_t mode, struct error *err)
{
	autofree char *parent = path_directory(path);
	if (directory_make(parent, 0755, err) < 0 || directory_make(path, mode, err) < 0)
		return -1;
	return owner_apply(path, owner, mode, err);
}
