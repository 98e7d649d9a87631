/* SSH host keys: made by ssh-keygen(1) in a directory aside; the public half moves first, so that a
 * private key under its own name means that both are there. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/provision.h"

/* The kinds that sshd_config.d/10-hie.conf names. RSA is left out: slow to make on small boards. */
static const char *const kinds[] = { "ed25519", "ecdsa" };

/* Moves one finished file from `aside` into `directory`. */
static int publish(const char *aside, const char *directory, const char *name, mode_t mode, struct error *err)
{
	autofree char *from = path_join(aside, name);
	autofree char *to = path_join(directory, name);
	autofd int fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return error_set_errno(err, errno, "ssh-keygen made no %s", from);
	if (fsync(fd) < 0)
		return error_set_errno(err, errno, "cannot save %s", from);
	if (rename(from, to) < 0)
		return error_set_errno(err, errno, "cannot rename %s", from);
	return directory_sync(directory, err);
}

static int make_key(const struct provision *provision, const char *directory, const char *kind,
		    struct error *err)
{
	autofree char *aside = path_join(directory, "new");
	autofree char *name = text_format("ssh_host_%s_key", kind);
	autofree char *public = text_format("%s.pub", name);
	autofree char *path = path_join(aside, name);
	autofree char *comment = text_format("root@%s", provision->box->name);
	if (tree_remove(aside, err) < 0 || directory_make(aside, 0700, err) < 0)
		return -1;
	const char *argv[] = { "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment, "-f", path, NULL };
	if (process_run(&(struct process){ .argv = argv }, NULL, err) < 0)
		return -1;
	provision_boundary(provision, "key made");
	if (publish(aside, directory, public, 0644, err) < 0)
		return -1;
	provision_boundary(provision, "public key in place");
	if (publish(aside, directory, name, 0600, err) < 0)
		return -1;
	provision_boundary(provision, "private key in place");
	return tree_remove(aside, err);
}

int step_ssh_keys(const struct provision *provision, char **ret_remark, struct error *err)
{
	autofree char *directory = hie_path(provision->root, "ssh");
	autofree char *aside = path_join(directory, "new");
	autostrings struct strings made = { 0 };
	if (tree_remove(aside, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		autofree char *name = text_format("ssh_host_%s_key", kinds[i]);
		autofree char *path = path_join(directory, name);
		if (path_exists(path))
			continue;
		if (make_key(provision, directory, kinds[i], err) < 0)
			return -1;
		strings_add(&made, kinds[i]);
	}
	autofree char *list = strings_join(&made, ", ");
	*ret_remark = made.count ? sentence(SAY_KEYS_MADE, list, NULL) : sentence(SAY_KEYS_KEPT, NULL);
	return 0;
}
