/* The database step: the cluster is made aside, complete with its databases, and takes its name by one
 * rename. Later boots only look at a mark per database, and start a server when one differs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/postgres.h"

static void cleanup_postgres(struct postgres *postgres)
{
	postgres_close(postgres);
}

static char *mark_path(const struct provision *provision, const struct box_database *database)
{
	autofree char *steps = hie_path(provision->root, "steps");
	autofree char *name = text_format("database-%s", database->name);
	return path_join(steps, name);
}

/* What a mark says: a digest of everything that a boot would apply again. */
static int mark_text(const struct provision *provision, const struct box_database *database, char **ret_text,
		     struct error *err)
{
	autofree char *secret = NULL;
	if (secret_read(provision->root, database->secret, &secret, err) < 0)
		return -1;
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	hash_text(hash, database->name);
	hash_text(hash, database->owner);
	hash_text(hash, secret);
	hash_finish(hash, hex);
	*ret_text = text_format("%s\n", hex);
	return 0;
}

/* 1 when the mark is as it should be, 0 when not. */
static int is_marked(const struct provision *provision, const struct box_database *database, struct error *err)
{
	autofree char *path = mark_path(provision, database);
	autofree char *wanted = NULL;
	if (mark_text(provision, database, &wanted, err) < 0)
		return -1;
	return file_has(path, wanted, strlen(wanted));
}

static int mark_all(const struct provision *provision, struct error *err)
{
	for (size_t i = 0; i < provision->box->database_count; i++) {
		autofree char *path = mark_path(provision, &provision->box->databases[i]);
		autofree char *text = NULL;
		if (mark_text(provision, &provision->box->databases[i], &text, err) < 0
		    || file_write(path, text, strlen(text), 0600, err) < 0)
			return -1;
		provision_boundary(provision, "database marked");
	}
	return 0;
}

static int apply_all(struct postgres *postgres, const char *data, bool careless, struct error *err)
{
	const struct box *box = postgres->provision->box;
	bool running = !careless && postgres_use_running(postgres);
	if (!running && postgres_start(postgres, data, careless, err) < 0)
		return -1;
	for (size_t i = 0; i < box->database_count; i++) {
		provision_boundary(postgres->provision, box->databases[i].name);
		if (postgres_apply(postgres, &box->databases[i], err) < 0)
			return -1;
	}
	return running ? 0 : postgres_stop(postgres, err);
}

static int publish(const struct postgres *postgres, const char *fresh, struct error *err)
{
	autofd int base = open(postgres->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0 || rename(fresh, postgres->data) < 0 || fsync(base) < 0)
		return error_set_errno(err, errno, "cannot put the cluster in place at %s", postgres->data);
	return 0;
}

static int make_cluster(struct postgres *postgres, struct error *err)
{
	autofree char *fresh = path_join(postgres->base, "new");
	if (tree_remove(fresh, err) < 0
	    || owner_directory(postgres->base, postgres->owner, 0755, err) < 0)
		return -1;
	provision_boundary(postgres->provision, "initdb");
	if (postgres_init(postgres, fresh, err) < 0)
		return -1;
	provision_boundary(postgres->provision, "cluster made");
	if (apply_all(postgres, fresh, true, err) < 0)
		return -1;
	provision_boundary(postgres->provision, "cluster filled");
	if (postgres_sync(postgres, fresh, err) < 0 || publish(postgres, fresh, err) < 0)
		return -1;
	provision_boundary(postgres->provision, "cluster in place");
	return 0;
}

/* `hie reset --data` was asked for: the cluster goes, with all that people entered, and another is made as at first
 * start. Passwords are not in it alone. Under a running server nothing is touched: it is asked for again then. */
static int give_up_cluster(struct postgres *postgres, struct error *err)
{
	autofree char *old = path_join(postgres->base, "old");
	if (tree_remove(old, err) < 0)
		return -1;
	if (!path_exists(postgres->data))
		return 0;
	if (rename(postgres->data, old) < 0)
		return error_set_errno(err, errno, "cannot set the cluster at %s aside", postgres->data);
	if (directory_sync(postgres->base, err) < 0)
		return -1;
	provision_boundary(postgres->provision, "cluster given up");
	return tree_remove(old, err);
}

static int tell_components(const struct provision *provision, struct error *err)
{
	for (size_t i = 0; i < provision->box->state_count; i++) {
		const struct box_state *state = &provision->box->state[i];
		autofree char *inside = path_join(state->path, FRESH_STATE), *mark = path_join(provision->root, inside);
		if (text_equal(state->name, "postgresql"))
			continue;
		if (file_write(mark, "", 0, 0600, err) < 0)
			return -1;
		provision_boundary(provision, inside);
	}
	return 0;
}

/* Gone for good before any service starts: what is entered from now on stays. */
static int fresh_data_done(const struct provision *provision, struct error *err)
{
	autofree char *wish = hie_path(provision->root, FRESH_DATA), *home = hie_path(provision->root, "");
	if (path_exists(wish) && tell_components(provision, err) < 0)
		return -1;
	provision_boundary(provision, "data fresh");
	if (unlink(wish) < 0)
		return errno == ENOENT ? 0 : error_set_errno(err, errno, "cannot remove %s", wish);
	if (directory_sync(home, err) < 0)
		return -1;
	provision_boundary(provision, "wish for fresh data gone");
	return 0;
}

int step_database(const struct provision *provision, char **ret_remark, struct error *err)
{
	const struct box *box = provision->box;
	autofree char *wish = hie_path(provision->root, FRESH_DATA);
	bool fresh = path_exists(wish);
	if (!box->database_count) {
		*ret_remark = sentence(SAY_NOTHING_TO_DO, NULL);
		return fresh_data_done(provision, err);
	}
	__attribute__((cleanup(cleanup_postgres))) struct postgres postgres = { 0 };
	if (postgres_open(provision, &postgres, err) < 0)
		return -1;
	if (fresh && postgres_use_running(&postgres))
		fresh = false;
	if (fresh && give_up_cluster(&postgres, err) < 0)
		return -1;
	autofree char *count = text_format("%zu", box->database_count);
	bool made = path_exists(postgres.data), same = made;
	for (size_t i = 0; same && i < box->database_count; i++) {
		int marked = is_marked(provision, &box->databases[i], err);
		if (marked < 0)
			return -1;
		same = marked;
	}
	if (same) {
		*ret_remark = sentence(SAY_DATABASES_KEPT, count, NULL);
		return 0;
	}
	if ((made ? apply_all(&postgres, postgres.data, false, err) : make_cluster(&postgres, err)) < 0)
		return -1;
	*ret_remark = sentence(SAY_DATABASES_MADE, count, NULL);
	if (mark_all(provision, err) < 0)
		return -1;
	return fresh ? fresh_data_done(provision, err) : 0;
}
