/* Opening what commands need, in the order in which it depends on each other. */
#include "commands/session.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "commands/project.h"

int session_open(const struct parsed_options *options, struct session *session, struct error *err)
{
	struct diagnostics mistakes = {0};
	autofree char *path = project_recipe(options, options->arguments.items[0]);
	autofree char *project = project_of(options, path);

	autostrings struct strings settings = {0};
	option_values(options, "set", &settings);
	session->options = options;
	session->arena = arena_new();
	if (catalogue_load_set(path, project, &settings, &session->catalogue, &mistakes) == 0)
		plan_components(session->catalogue, session->arena, &session->plan, &mistakes);
	diagnostics_sort(&mistakes);
	int failed = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	if (failed < 0)
		return -1;
	return session_choose_lock(session, path, err);
}

int session_open_store(struct session *session, struct error *err)
{
	if (store_open(option_value(session->options, "store"), &session->store, err) < 0)
		return -1;
	session->store_open = true;
	return origins_find(option_value(session->options, "mirror"), option_given(session->options, "offline"),
			    &session->origins, err);
}

/* Ids come from the seed: an old lock's seed is kept, so that an update changes packages, not identity. */
static int choose_seed(struct lock *lock, bool kept, struct error *err)
{
	unsigned char bytes[32];

	if (kept)
		return 0;
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set_errno(err, errno, "no random bytes for the lock's seed");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(lock->seed + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* A clock that stands before the newest index is wrong (a board without a battery says 1970). */
static int choose_timestamp(int64_t newest_index, int64_t *ret_timestamp, struct error *err)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");

	*ret_timestamp = time(NULL) > newest_index ? time(NULL) : newest_index;
	if (given && number_parse(given, 0, INT64_C(1) << 40, ret_timestamp) < 0)
		return error_set(err, "SOURCE_DATE_EPOCH: expected seconds since 1970, got \"%s\"", given);
	return 0;
}

static int solve_both(struct session *session, struct solve_input inputs[2], int64_t *ret_date, struct error *err)
{
	struct lock *lock = &session->plan.lock;
	struct index_list indexes = {0};
	const struct index_request request = {.store = &session->store, .origins = &session->origins,
					      .suite = lock->suite, .architecture = lock->architecture};
	autofree char *cache = path_join(session->store.path, "indexes");

	if (fetch_indexes(&request, session->arena, &indexes, err) < 0)
		return -1;
	*ret_date = indexes.date;
	struct progress *progress = progress_begin("solve", lock->suite, 0, false);
	for (int set = 0; set < 2; set++) {
		inputs[set].indexes = indexes.items;
		inputs[set].index_count = indexes.count;
		inputs[set].cache = cache;
	}
	if (plan_solve(&inputs[0], session->arena, &lock->image, err) < 0 ||
	    plan_solve(&inputs[1], session->arena, &lock->tools, err) < 0) {
		progress_end(progress, "failed");
		return -1;
	}
	autofree char *remark = text_format("%zu packages, %zu for the tools", lock->image.count,
					    lock->tools.count);
	progress_end(progress, remark);
	return 0;
}

/* Reads the lock when there is one that still fits. Returns 1 when it can be used as it is. */
static int read_lock(struct session *session, const char *digest, enum lock_use use, bool *ret_seeded,
		     struct error *err)
{
	struct lock *lock = &session->plan.lock;
	const char *same = session->plan.recipe->settings.count ? " with the same --set" : "";

	*ret_seeded = false;
	if (!path_exists(session->lock_path)) {
		if (use != LOCK_REQUIRE)
			return 0;
		return error_set(err, "%s: there is no lock; `hiebox lock %s`%s makes it", session->lock_path,
				 session->plan.recipe->file, same);
	}
	if (lock_read(session->lock_path, session->arena, lock, err) < 0)
		return -1;
	*ret_seeded = true;
	if (use == LOCK_UPDATE)
		return 0;
	if (text_equal(lock->request_digest, digest))
		return 1;
	if (use == LOCK_REQUIRE)
		return error_set(err, "%s: the recipe asks for other packages than when this lock was made; "
				 "`hiebox lock %s`%s solves anew", session->lock_path, session->plan.recipe->file,
				 same);
	progress_warn("%s no longer fits the recipe: solving anew", session->lock_path);
	return 0;
}

static void add_packages(struct store_use *use, const struct package_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		strings_format(&use->blobs, "sha256:%s", set->items[i].sha256);
}

int session_record(const struct session *session, const struct layers *layers, struct error *err)
{
	const struct plan *plan = &session->plan;
	struct store_use use = {.lock = realpath(session->lock_path, NULL), .recipe = realpath(plan->recipe->file, NULL),
				.tools = text_copy(session->tools.key)};

	add_packages(&use, &plan->lock.image);
	add_packages(&use, &plan->lock.tools);
	for (size_t i = 0; i < plan->source_count; i++)
		for (size_t k = 0; k < plan->sources[i].payload_count; k++)
			strings_add(&use.blobs, plan->sources[i].payloads[k].digest);
	strings_sort(&use.blobs);
	strings_unique(&use.blobs);
	for (size_t i = 0; layers && i < LAYER_COUNT; i++)
		strings_format(&use.layers, "%s %s", layers->items[i].name, layers->items[i].key);
	for (size_t i = 0; layers && i < layers->used.count; i++)
		strings_add(&use.used, layers->used.items[i]);
	/* a lock that could not be written holds nothing */
	int result = use.lock && use.recipe ? store_use_write(&session->store, &use, err) : 0;
	if (use.lock && use.recipe)
		store_chosen(&session->store);
	store_use_clear(&use);
	return result;
}

static int find_lock(struct session *session, enum lock_use use, struct error *err)
{
	struct lock *lock = &session->plan.lock;
	struct package_request *requests[2];
	struct solve_input inputs[2] = {0};
	bool seeded;

	inputs[0].request_count = plan_image_requests(&session->plan, session->arena, &requests[0]);
	inputs[1].request_count = plan_tools_requests(&session->plan, session->arena, &requests[1]);
	for (int set = 0; set < 2; set++) {
		inputs[set].requests = requests[set];
		inputs[set].architecture = session->plan.recipe->architecture;
	}
	const char *digest = session->request_digest;
	int usable = read_lock(session, digest, use, &seeded, err);
	if (usable != 0)
		return usable < 0 ? -1 : 0;
	lock->suite = session->plan.recipe->suite;
	lock->architecture = session->plan.recipe->architecture;
	lock->request_digest = digest;
	int64_t newest = 0;
	if (solve_both(session, inputs, &newest, err) < 0 || choose_seed(lock, seeded, err) < 0 ||
	    choose_timestamp(newest, &lock->timestamp, err) < 0)
		return -1;
	if (lock_write(session->lock_path, lock, err) == 0)
		return 0;
	if (use != LOCK_SHOW)
		return error_prefix(err, "%s", session->lock_path);
	progress_warn("%s is not kept: %s", session->lock_path, err->message);
	error_clear(err);
	return 0;
}

int session_lock(struct session *session, enum lock_use use, struct error *err)
{
	if (find_lock(session, use, err) < 0)
		return -1;
	return session_record(session, NULL, err);
}

int session_enter(struct error *err)
{
	if (sandbox_enter_user_namespace(err) < 0 || guard_begin(err) < 0 || sandbox_private_mounts(err) < 0)
		return -1;
	return sandbox_try(err);
}

static uint64_t missing_packages(const struct session *session, const struct package_set *set)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < set->count; i++) {
		autofree char *digest = text_format("sha256:%s", set->items[i].sha256);

		if (!store_has(&session->store, digest))
			bytes += set->items[i].size;
	}
	return bytes;
}

/* Downloads and the tools root are known to the byte before anything is fetched: better told now than in the middle. */
static int check_store_space(const struct session *session, struct error *err)
{
	const struct lock *lock = &session->plan.lock;
	uint64_t need = missing_packages(session, &lock->image) + missing_packages(session, &lock->tools);

	for (size_t i = 0; i < session->plan.source_count; i++)
		for (size_t k = 0; k < session->plan.sources[i].payload_count; k++)
			if (!store_has(&session->store, session->plan.sources[i].payloads[k].digest))
				need += session->plan.sources[i].payloads[k].size;
	if (!tools_are_there(&session->store, lock))
		for (size_t i = 0; i < lock->tools.count; i++)
			need += lock->tools.items[i].installed_kib * 1024;
	if (need == 0 || session->origins.offline)
		return 0;
	return space_check(session->store.path, need, "what is to be fetched and unpacked into the store", "--store", err);
}

int session_open_tools(struct session *session, struct error *err)
{
	const struct lock *lock = &session->plan.lock;

	if (sandbox_try_folder(session->store.work, session->store.path, err) < 0)
		return -1;
	if (check_store_space(session, err) < 0)
		return -1;
	if (fetch_packages(&session->store, &session->origins, &lock->tools, "tools", err) < 0)
		return -1;
	if (tools_open(&session->store, lock, &session->tools, err) < 0)
		return -1;
	if (session->origins.npm && session->origins.maven)
		return 0;
	return tools_default_origins(&session->tools, &session->origins, err);
}

int session_fetch(struct session *session, struct error *err)
{
	if (fetch_packages(&session->store, &session->origins, &session->plan.lock.image, "packages", err) < 0)
		return -1;
	return fetch_payloads(&session->store, &session->origins, &session->plan, err);
}

bool session_has(void *session, const char *digest)
{
	return store_has(&((struct session *)session)->store, digest);
}

void session_close(struct session *session)
{
	tools_close(&session->tools);
	origins_clear(&session->origins);
	if (session->store_open)
		store_close(&session->store);
	catalogue_free(session->catalogue);
	arena_free(session->arena);
	free(session->lock_path);
}
