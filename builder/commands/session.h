/* One run of hiebox: what a command has opened so far. Inside the room; the door is commands.h. */
#ifndef HIEBOX_COMMANDS_SESSION_H
#define HIEBOX_COMMANDS_SESSION_H

#include "assemble/assemble.h"
#include "base/base.h"
#include "fetch/fetch.h"
#include "plan/plan.h"
#include "recipe/recipe.h"

struct session {
	const struct parsed_options *options;
	struct arena *arena;
	struct catalogue *catalogue;
	struct plan plan;
	struct store store;
	bool store_open;
	struct origins origins;
	struct tools tools;
	char *lock_path;
	const char *request_digest; /* of what the lock must have been made for */
};

/* What a command wants done with the Debian lock. */
enum lock_use {
	LOCK_USE,      /* read it; make it when missing or when the recipe outgrew it */
	LOCK_SHOW,     /* the same, but a place where no lock can be written is only a warning */
	LOCK_REQUIRE,  /* read it; missing or outgrown is an error (--locked) */
	LOCK_UPDATE,   /* solve anew from today's indexes */
};

/* Loads the recipe named by the first argument (see project_recipe()) with
 * its components and plans all but packages. All mistakes of all files stand in err, one per line. */
int session_open(const struct parsed_options *options, struct session *session, struct error *err);
/* Sets lock_path and request_digest for the recipe that was read from `path`: its own lock; that of the recipe
 * it extends, when it has none of its own and both ask for the same packages; or one named after what the
 * settings ask for, when they ask for other packages than the recipe. */
int session_choose_lock(struct session *session, const char *path, struct error *err);
/* Opens the store and finds where packages come from. */
int session_open_store(struct session *session, struct error *err);
/* Fills session->plan.lock. Solving needs the indexes, so this may use the network. */
int session_lock(struct session *session, enum lock_use use, struct error *err);
/* Records in the store what the plan holds there, for `hiebox gc` and `hiebox shell`; called by session_lock(),
 * and again when the layers are known (NULL: they are not). */
int session_record(const struct session *session, const struct layers *layers, struct error *err);
/* Makes this process one that can build: root of a namespace with all ids, private mounts, a sandbox that
 * works. Comes first, before anything else is open. The first line of a failure says why, the others what to type. */
int session_enter(struct error *err);
/* Opens the tools root (its packages are fetched first) and asks its clients for the registries that
 * the machine's configuration left open. */
int session_open_tools(struct session *session, struct error *err);
/* Everything that the plan names is in the store afterwards. */
int session_fetch(struct session *session, struct error *err);
void session_close(struct session *session);
#define autosession __attribute__((cleanup(session_close)))

/* plan_present for plan_text(): is the blob in the session's store? */
bool session_has(void *session, const char *digest);

/* The commands. Each returns 0, or an exit status of its own that it has explained, or -1 (failed) or -2 (wrong use) with
 * err set. */
int command_build(const struct parsed_options *options, struct error *err);
int command_check(const struct parsed_options *options, struct error *err);
int command_complete(const struct parsed_options *options, struct error *err);
int command_completion(const struct parsed_options *options, struct error *err);
int command_gc(const struct parsed_options *options, struct error *err);
int command_dev(const struct parsed_options *options, struct error *err);
int command_doctor(const struct parsed_options *options, struct error *err);
int command_fetch(const struct parsed_options *options, struct error *err);
int command_inspect(const struct parsed_options *options, struct error *err);
int command_list(const struct parsed_options *options, struct error *err);
int command_lock(const struct parsed_options *options, struct error *err);
int command_manual(const struct parsed_options *options, struct error *err);
int command_plan(const struct parsed_options *options, struct error *err);
int command_run(const struct parsed_options *options, struct error *err);
int command_schema(const struct parsed_options *options, struct error *err);
int command_shell(const struct parsed_options *options, struct error *err);
int command_test(const struct parsed_options *options, struct error *err);
int command_why(const struct parsed_options *options, struct error *err);
int command_workflow_files(const struct parsed_options *options, struct error *err);
int command_verify_store(const struct parsed_options *options, struct error *err);

#endif
