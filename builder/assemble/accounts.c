/* Users and groups; see accounts.h. Source: sysusers.d(5) of systemd 257, sudoers(5). */
#define _GNU_SOURCE 1
#include "assemble/accounts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* System users from 400 to 799: between those of Debian's adduser (100 upwards) and systemd's own (999
 * downwards). People from 1000. */
#define SYSTEM_FIRST 400u
#define SYSTEM_COUNT 400u
#define PEOPLE_FIRST 1000u
#define ACCOUNTS_MAXIMUM (1u << 20)

struct account_file {
	const char *name;
	mode_t mode;
	gid_t group;
};
/* Group 42 is Debian's static group shadow. */
static const struct account_file files[] = {
	{ "passwd", 0644, 0 }, { "group", 0644, 0 }, { "shadow", 0640, 42 }, { "gshadow", 0640, 42 },
	{ "subuid", 0644, 0 }, { "subgid", 0644, 0 },
};

static int copy_account_files(const char *facts, const char *tree, struct error *err)
{
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *from = path_join(facts, files[i].name);
		autofree char *to = path_join3(tree, "etc", files[i].name);
		if (path_exists(from) && file_copy(from, to, 0600, err))
			return -1;
	}
	return 0;
}

/* Field `field` (from 0) of the line of `name` in an account file's text, as a number; -1 when absent. */
static long account_number(const char *text, const char *name, int field)
{
	size_t length = strlen(name);
	for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		const char *value = line;
		for (int i = 0; i < field && value; i++) {
			value = strchr(value, ':');
			value += value != NULL;
		}
		return value ? strtol(value, NULL, 10) : -1;
	}
	return -1;
}

static bool number_taken(const char *text, unsigned long number)
{
	autofree char *middle = text_format(":%lu:", number);
	/* the third field of passwd and group; a match elsewhere only skips a number */
	return strstr(text, middle) != NULL;
}

struct numbers {
	char *passwd, *group;
	bool used[SYSTEM_COUNT];
};

/* A number from the name itself; the next free one when that is taken. */
static unsigned choose_number(struct numbers *numbers, const char *name)
{
	char hex[HASH_HEX_MAX];
	hash_bytes("sha256", name, strlen(name), hex);
	hex[8] = '\0';
	unsigned long at = strtoul(hex, NULL, 16) % SYSTEM_COUNT;
	for (unsigned i = 0; i < SYSTEM_COUNT; i++, at = (at + 1) % SYSTEM_COUNT) {
		if (numbers->used[at] || number_taken(numbers->passwd, SYSTEM_FIRST + at) ||
		    number_taken(numbers->group, SYSTEM_FIRST + at))
			continue;
		numbers->used[at] = true;
		break;
	}
	return SYSTEM_FIRST + (unsigned)at;
}

static int by_text(const void *a, const void *b)
{
	return strcmp((*(const struct box_user *const *)a)->name, (*(const struct box_user *const *)b)->name);
}

/* Component users in the order of their names, so that clashes of numbers are settled the same way always. */
static void add_system_users(const struct plan *plan, struct numbers *numbers, struct buffer *text)
{
	size_t count = 0, capacity = 0;
	const struct box_user **users = NULL;
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		for (size_t k = 0; k < component->user_count; k++) {
			users = array_grow(users, count, &capacity, sizeof *users);
			users[count++] = &component->users[k];
		}
	}
	if (count)
		qsort(users, count, sizeof *users, by_text);
	for (size_t i = 0; i < count; i++) {
		if (account_number(numbers->passwd, users[i]->name, 2) >= 0)
			continue;
		buffer_format(text, "u! %s %u \"%s\" %s /usr/sbin/nologin\n", users[i]->name,
			      choose_number(numbers, users[i]->name), users[i]->name,
			      users[i]->home ? users[i]->home : "/nonexistent");
	}
	free(users);
}

static void add_people(const struct recipe *recipe, struct buffer *text)
{
	for (size_t i = 0; i < recipe->user_count; i++) {
		const struct login_user *user = &recipe->users[i];
		buffer_format(text, "u %s %zu \"%s\" /home/%s %s\n", user->name, PEOPLE_FIRST + i, user->name,
			      user->name, user->shell ? user->shell : "/bin/bash");
		for (size_t k = 0; k < user->groups.count; k++)
			buffer_format(text, "m %s %s\n", user->name, user->groups.items[k].text);
		if (user->sudo)
			buffer_format(text, "m %s sudo\n", user->name);
	}
}

static int run_sysusers(const struct build *build, const char *tree, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/systemd-sysusers", "--root=/run/site", NULL };
	const struct sandbox_bind bind = { .from = tree, .to = "/run/site", .writable = true };
	struct buffer autobuffer output = { 0 };
	const struct tool_run run = {
		.argv = argv, .binds = &bind, .bind_count = 1, .output = &output,
		.timestamp = build->plan->lock.timestamp,
	};
	return tools_run(build->tools, &run, err);
}

/* Owner and mode as Debian has them; no lock and no backups. */
static int finish_files(const char *tree, struct error *err)
{
	autofree char *lock = path_join(tree, "etc/.pwd.lock");
	if (unlink(lock) && errno != ENOENT)
		return error_set_errno(err, errno, "%s", lock);
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *path = path_join3(tree, "etc", files[i].name);
		autofree char *backup = text_format("%s-", path);
		if (unlink(backup) && errno != ENOENT)
			return error_set_errno(err, errno, "%s", backup);
		if (!path_exists(path))
			continue;
		if (chown(path, 0, files[i].group) || chmod(path, files[i].mode))
			return error_set_errno(err, errno, "%s", path);
	}
	return 0;
}

int accounts_write(const struct build *build, const char *base_facts, const char *tree, struct error *err)
{
	struct buffer autobuffer text = { 0 };
	struct numbers numbers = { 0 };
	autofree char *passwd = path_join(base_facts, "passwd"), *group = path_join(base_facts, "group");
	autofree char *folder = path_join(tree, "usr/lib/sysusers.d");
	autofree char *file = path_join(folder, "hie-box.conf");
	if (copy_account_files(base_facts, tree, err))
		return -1;
	int answer = file_read(passwd, ACCOUNTS_MAXIMUM, &numbers.passwd, NULL, err);
	if (!answer)
		answer = file_read(group, ACCOUNTS_MAXIMUM, &numbers.group, NULL, err);
	if (!answer) {
		buffer_text(&text, "# accounts of this box's components and people; passwords are locked\n");
		add_system_users(build->plan, &numbers, &text);
		add_people(build->plan->recipe, &text);
	}
	free(numbers.passwd);
	free(numbers.group);
	if (answer || directory_make(folder, 0755, err) ||
	    file_write_plain(file, text.data, text.length, 0644, err) ||
	    run_sysusers(build, tree, err))
		return error_prefix(err, "accounts");
	return finish_files(tree, err);
}

struct owner {
	uid_t uid;
	gid_t gid;
};

static int write_owned(const char *path, const char *text, mode_t mode, struct owner owner, struct error *err)
{
	if (file_write_plain(path, text, strlen(text), mode, err))
		return -1;
	if (chown(path, owner.uid, owner.gid) || chmod(path, mode))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static int make_owned(const char *path, struct owner owner, struct error *err)
{
	if (directory_make(path, 0755, err))
		return -1;
	if (chown(path, owner.uid, owner.gid) || chmod(path, 0700))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static int write_keys(const char *home, const struct text_list *keys, struct owner owner, struct error *err)
{
	struct buffer autobuffer text = { 0 };
	autofree char *folder = path_join(home, ".ssh"), *file = path_join(folder, "authorized_keys");
	if (!keys->count)
		return 0;
	for (size_t i = 0; i < keys->count; i++)
		buffer_format(&text, "%s\n", keys->items[i].text);
	if (make_owned(folder, owner, err))
		return -1;
	return write_owned(file, text.data, 0600, owner, err);
}

/* Nobody has a password here, so sudo cannot ask for one. */
static int write_sudo(const char *tree, const struct login_user *user, struct error *err)
{
	autofree char *folder = path_join(tree, "etc/sudoers.d");
	autofree char *file = text_format("%s/hie-%s", folder, user->name);
	autofree char *rule = text_format("%s ALL=(ALL:ALL) NOPASSWD: ALL\n", user->name);
	if (directory_make(folder, 0755, err))
		return -1;
	if (chmod(folder, 0750))
		return error_set_errno(err, errno, "%s", folder);
	return write_owned(file, rule, 0440, (struct owner){ 0, 0 }, err);
}

static int write_person(const char *tree, const char *passwd, const struct login_user *user, struct error *err)
{
	autofree char *home = path_join3(tree, "home", user->name);
	long uid = account_number(passwd, user->name, 2), gid = account_number(passwd, user->name, 3);
	if (uid < 0 || gid < 0)
		return error_set(err, "account %s was not made", user->name);
	struct owner owner = { (uid_t)uid, (gid_t)gid };
	if (make_owned(home, owner, err) || write_keys(home, &user->ssh_keys, owner, err))
		return -1;
	return user->sudo ? write_sudo(tree, user, err) : 0;
}

int accounts_people(const struct build *build, const char *tree, struct error *err)
{
	const struct recipe *recipe = build->plan->recipe;
	autofree char *path = path_join(tree, "etc/passwd"), *passwd = NULL;
	autofree char *root = path_join(tree, "root");
	const struct owner owner = { 0, 0 };
	if (file_read(path, ACCOUNTS_MAXIMUM, &passwd, NULL, err))
		return -1;
	if (recipe->ssh_keys.count && (make_owned(root, owner, err) ||
				       write_keys(root, &recipe->ssh_keys, owner, err)))
		return -1;
	for (size_t i = 0; i < recipe->user_count; i++)
		if (write_person(tree, passwd, &recipe->users[i], err))
			return error_prefix(err, "user %s", recipe->users[i].name);
	return 0;
}
