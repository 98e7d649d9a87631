/* Taking passwords off the card. The file keeps its length and its clusters: the same blocks are overwritten,
 * so nothing of the old bytes stays in free space of the FAT (what the flash under it keeps for wear levelling
 * nobody can reach from here). A power cut may leave any mixture of old and new sectors; the text as it shall
 * be is kept on the data partition meanwhile, and the next start writes it before the file is read again: half
 * a password must never count as one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/settings.h"

static char *plan_path(const struct provision *provision)
{
	return hie_path(provision->root, "card/wiping");
}

static int overwrite(const char *file, const char *text, size_t length, struct error *err)
{
	autofd int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", path_base(file));
	if (fd_write_all(fd, text, length, err) < 0)
		return -1;
	return fsync(fd) < 0 ? error_set_errno(err, errno, "%s", path_base(file)) : 0;
}

static int forget_plan(const char *plan, struct error *err)
{
	return unlink(plan) < 0 && errno != ENOENT ? error_set_errno(err, errno, "cannot remove %s", plan) : 0;
}

void visit_wipe(struct visit *visit, const struct node *value)
{
	if (visit->wiped_count < LENGTH(visit->wiped))
		visit->wiped[visit->wiped_count++] = value;
}

bool visit_can_wipe(struct visit *visit, const struct node *value, const char *name)
{
	autofree char *copy = memory_alloc(visit->length + 1);
	memcpy(copy, visit->text, visit->length);
	bool can = visit->wiped_count < LENGTH(visit->wiped)
		&& card_wipe(copy, visit->length, &value, 1) == 0;
	explicit_bzero(copy, visit->length);
	if (!can)
		diagnostics_add(&visit->mistakes, value->place, "%s: write it on one line, in double quotes", name);
	return can;
}

int wipe_run(struct visit *visit, struct error *err)
{
	const struct provision *provision = visit->provision;
	autofree char *plan = plan_path(provision);
	if (!visit->wiped_count)
		return 0;
	if (card_wipe(visit->text, visit->length, visit->wiped, visit->wiped_count) < 0)
		return error_set(err, "%s: the passwords in it were not found again", CARD_FILE);
	if (file_write(plan, visit->text, visit->length, 0600, err) < 0)
		return -1;
	provision_boundary(provision, "wiping planned");
	struct error failure = { 0 };
	if (overwrite(visit->file, visit->text, visit->length, &failure) < 0)
		diagnostics_add(&visit->mistakes, (struct place){ CARD_FILE, 0, 0 },
				"the passwords are taken over but still stand here: %s", failure.message);
	error_clear(&failure);
	provision_boundary(provision, "passwords wiped");
	if (forget_plan(plan, err) < 0)
		return -1;
	provision_boundary(provision, "wiping done");
	return 0;
}

/* Is `now` a mixture of the file before and after? Only wiped bytes may differ. */
static bool is_half_wiped(const char *now, const char *wanted, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (now[i] != wanted[i] && wanted[i] != ' ' && wanted[i] != '~')
			return false;
	return true;
}

int wipe_resume(const struct provision *provision, const char *file, struct error *err)
{
	autofree char *plan = plan_path(provision);
	autofree char *wanted = NULL, *now = NULL;
	size_t wanted_length = 0, length = 0;
	if (!path_exists(plan))
		return 0;
	if (file_read(plan, CARD_MAX, &wanted, &wanted_length, err) < 0)
		return -1;
	bool ours = file && file_read(file, CARD_MAX, &now, &length, NULL) == 0 && length == wanted_length
		&& is_half_wiped(now, wanted, length);
	if (now)
		explicit_bzero(now, length);
	if (!file)
		return 0; /* the card may be back at the next start */
	if (ours && overwrite(file, wanted, wanted_length, err) < 0)
		return -1;
	provision_boundary(provision, "wiping resumed");
	return forget_plan(plan, err);
}
