#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "agent/provision.h"
#include "agent/timescale.h"

static const struct provision_step steps[] = {
	{ "clock", SAY_STEP_CLOCK, false, true, step_clock },
	{ "directories", SAY_STEP_DIRECTORIES, true, true, step_directories },
	/* before the card, whose word counts more, and after which the settings are read again */
	{ "restore", SAY_STEP_RESTORE, true, false, step_restore },
	/* not in rescue mode: a password that goes from the card into memory would be lost */
	{ "card", SAY_STEP_CARD, false, false, step_card },
	{ "settings", SAY_STEP_SETTINGS, false, false, step_settings },
	{ "secrets", SAY_STEP_SECRETS, true, true, step_secrets },
	{ "ssh", SAY_STEP_SSH, true, true, step_ssh_keys },
	{ "ssh-wanted", SAY_STEP_SSH_WANTED, true, true, step_ssh_wanted },
	{ "certificate", SAY_STEP_CERTIFICATE, true, true, step_certificate },
	{ "database", SAY_STEP_DATABASE, true, false, step_database },
	{ "templates", SAY_STEP_TEMPLATES, true, false, step_templates },
	{ "credentials", SAY_STEP_CREDENTIALS, false, false, step_credentials },
};

char *hie_path(const char *root, const char *relative)
{
	return path_join3(root, "/var/lib/hie", relative);
}

void provision_boundary(const struct provision *provision, const char *where)
{
	if (provision->boundary)
		provision->boundary(provision->context, where);
}

void provision_look_around(struct provision *provision)
{
	autofree char *rescue = path_join(provision->root, "/run/hie/rescue");
	provision->on_box = text_equal(provision->root, "/");
	provision->owners = geteuid() == 0;
	provision->rescue = path_exists(rescue);
	provision->timescale = timescale_read(provision->root);
}

/* The agent's own directories below /var/lib/hie. */
static const struct {
	const char *name;
	mode_t mode;
} own_directories[] = {
	{ "", 0755 }, { "secrets", 0700 }, { "rendered", 0711 }, { "ssh", 0711 }, { "tls", 0755 },
	{ "steps", 0700 }, { "clients", 0755 }, { "card", 0700 },
};

/* Removes ".<name>.XXXXXX", what file_write() leaves behind when the power goes before its rename. */
static int remove_leftovers(const char *directory, struct error *err)
{
	autostrings struct strings names = { 0 };
	if (directory_list(directory, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *dot = strrchr(names.items[i], '.');
		autofree char *path = path_join(directory, names.items[i]);
		if (names.items[i][0] == '.' && dot > names.items[i] && strlen(dot) == 7 && unlink(path) < 0)
			return error_set_errno(err, errno, "cannot remove %s", path);
	}
	return 0;
}

int step_directories(const struct provision *provision, char **ret_remark, struct error *err)
{
	static const struct owner_names root_names = { .user = "root" };
	struct owner owner;
	if (owner_find(provision, &root_names, &owner, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(own_directories); i++) {
		autofree char *path = hie_path(provision->root, own_directories[i].name);
		if (owner_directory(path, owner, own_directories[i].mode, err) < 0
		    || remove_leftovers(path, err) < 0)
			return -1;
		provision_boundary(provision, path);
	}
	for (size_t i = 0; !provision->rescue && i < provision->box->state_count; i++) {
		const struct box_state *state = &provision->box->state[i];
		autofree char *path = path_join(provision->root, state->path);
		struct owner_names names = { state->user, state->group, state->path };
		if (owner_find(provision, &names, &owner, err) < 0
		    || owner_directory(path, owner, state->mode, err) < 0)
			return -1;
		provision_boundary(provision, state->path);
	}
	autofree char *count = text_format("%zu", LENGTH(own_directories) + provision->box->state_count);
	*ret_remark = sentence(SAY_DIRECTORIES_DONE, count, NULL);
	return 0;
}

/* Says how a step went: one line in the journal. */
static void log_step(const struct provision_step *step, const char *remark, double seconds)
{
	fprintf(stderr, "hie: %s: %s (%.1f s)\n", step->name, remark, seconds);
}

static int run_step(const struct provision *provision, const struct provision_step *step, struct error *err)
{
	autofree char *doing = sentence(step->doing, NULL);
	autofree char *remark = NULL;
	double start = clock_seconds();
	sd_notifyf(0, "STATUS=%s", doing);
	provision_boundary(provision, step->name);
	struct error failure = { 0 };
	if (provision->rescue && !step->in_rescue) {
		remark = sentence(SAY_SKIPPED_IN_RESCUE, NULL);
	} else if (step->run(provision, &remark, &failure) < 0) {
		autofree char *why = steal(failure.message);
		enum sentence kind = step->needed ? SAY_STEP_FAILED : SAY_STEP_FAILED_UNNEEDED;
		remark = sentence(kind, doing, why ? why : "?", NULL);
		log_step(step, remark, clock_seconds() - start);
		return step->needed ? error_set(err, "%s", remark) : 0;
	}
	log_step(step, remark ? remark : "", clock_seconds() - start);
	return 0;
}

/* What a step changed about the box counts for the steps behind it. */
static int read_again(struct provision *provision, struct box **ret_box, struct error *err)
{
	autofree char *usual = path_join(provision->root, "/usr/lib/hie/box.json");
	if (box_load(provision->box_path ? provision->box_path : usual, ret_box, err) < 0)
		return -1;
	provision->box = *ret_box;
	return 0;
}

static int run_steps(const struct provision *given, struct error *err)
{
	struct provision provision = *given;
	autobox struct box *box = NULL;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		if (run_step(&provision, &steps[i], err) < 0
		    || (steps[i].run == step_card && read_again(&provision, &box, err) < 0))
			return -1;
	}
	return 0;
}

int provision_run(const struct provision *provision, struct error *err)
{
	autofree char *directory = hie_path(provision->root, "");
	autofree char *failed = hie_path(provision->root, "provision-error");
	autofree char *lock = hie_path(provision->root, ".provision.lock");
	autofd int lock_fd = -1;
	if (directory_make(directory, 0755, err) < 0 || lock_take(lock, true, &lock_fd, err) < 0)
		return -1;
	if (run_steps(provision, err) < 0) {
		sd_notifyf(0, "STATUS=%s", err->message);
		struct error unwritten = { 0 };
		autofree char *line = text_format("%s\n", err->message);
		if (file_write(failed, line, strlen(line), 0644, &unwritten) < 0)
			fprintf(stderr, "hie: %s\n", unwritten.message);
		error_clear(&unwritten);
		return -1;
	}
	if (unlink(failed) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "cannot remove %s", failed);
	sd_notify(0, "STATUS=");
	return 0;
}
