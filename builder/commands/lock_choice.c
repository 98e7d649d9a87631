/* Which lock a recipe takes: its own, that of the recipe it extends, or one of its own making for settings that
 * ask for other packages. Images share their base layer when they share their lock. */
#include <string.h>

#include "commands/project.h"
#include "commands/session.h"

/* How much of the digest stands in the name of a lock for settings. */
#define DIGEST_SHOWN 12

/* The digest of all that solving depends on but the indexes: tells when a recipe outgrew its lock. */
static char *request_digest(const struct plan *plan)
{
	autoarena struct arena *arena = arena_new();
	struct package_request *requests[2];
	const size_t counts[2] = {plan_image_requests(plan, arena, &requests[0]),
				  plan_tools_requests(plan, arena, &requests[1])};
	struct hash *hash = hash_new("sha256");
	char *hex = memory_alloc(HASH_HEX_MAX);

	hash_text(hash, plan->recipe->suite);
	hash_text(hash, plan->recipe->architecture);
	for (int set = 0; set < 2; set++) {
		autostrings struct strings names = {0};
		for (size_t i = 0; i < counts[set]; i++)
			strings_add(&names, requests[set][i].name);
		strings_sort(&names);
		strings_unique(&names);
		for (size_t i = 0; i < names.count; i++)
			hash_text(hash, names.items[i]);
		hash_text(hash, "");
	}
	hash_finish(hash, hex);
	return hex;
}

/* What the recipe at `path` alone, without settings, asks for. All its mistakes stand in err. */
static int digest_of(const struct session *session, const char *path, char **ret_digest, struct error *err)
{
	autoarena struct arena *arena = arena_new();
	struct catalogue *catalogue = NULL;
	struct diagnostics mistakes = {0};
	struct plan plan = {0};

	autofree char *project = project_of(session->options, path);
	if (catalogue_load(path, project, &catalogue, &mistakes) == 0 &&
	    plan_components(catalogue, arena, &plan, &mistakes) == 0)
		*ret_digest = request_digest(&plan);
	diagnostics_sort(&mistakes);
	int result = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	catalogue_free(catalogue);
	return result;
}

static void take_path(struct session *session, char *path)
{
	free(session->lock_path);
	session->lock_path = path;
}

/* Settings that ask for other packages must not spoil the lock of the recipe as it is written: theirs is named
 * after what they ask for, so that every run that asks for the same finds it. True when they do, and it was chosen. */
static bool choose_for_settings(struct session *session, const char *path)
{
	autofree char *plain = NULL;
	struct error unset = {0};

	/* Without its settings the recipe may have mistakes; with them it has none, so these are no concern here. */
	if (digest_of(session, path, &plain, &unset) < 0)
		error_clear(&unset);
	if (text_equal(plain, session->request_digest))
		return false;
	size_t stem = strlen(session->lock_path) - strlen(".lock");
	take_path(session, text_format("%.*s+%.*s.lock", (int)stem, session->lock_path, DIGEST_SHOWN,
				       session->request_digest));
	return true;
}

int session_choose_lock(struct session *session, const char *path, struct error *err)
{
	const struct recipe *recipe = session->plan.recipe;
	autofree char *digest = request_digest(&session->plan);
	autofree char *below = NULL;

	session->request_digest = arena_string(session->arena, digest);
	take_path(session, project_lock(recipe->project, path, recipe->name));
	/* What is extended is a recipe that could be built itself: its mistakes are mistakes here. */
	if (recipe->base && digest_of(session, recipe->base, &below, err) < 0)
		return -1;
	if (recipe->settings.count && choose_for_settings(session, path))
		return 0;
	if (recipe->base && !path_exists(session->lock_path) && text_equal(below, digest)) {
		const char *name = path_base(recipe->base);
		autofree char *stem = text_copy_n(name, strlen(name) - strlen(".yaml"));
		take_path(session, project_lock(recipe->project, recipe->base, stem));
	}
	return 0;
}
