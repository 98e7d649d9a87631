/* Postman collections as tests beside workflows: read and checked here, played by Newman in the tools root. Inside the room.
 * Source: the Postman Collection Format 2.1.0; Newman's documentation. */
#ifndef HIEBOX_COMMANDS_POSTMAN_H
#define HIEBOX_COMMANDS_POSTMAN_H

#include "commands/test.h"

#define POSTMAN_ENDING ".postman_collection.json"

/* Is this the name of a file with a collection, as Postman exports them? */
bool postman_is_name(const char *name);

/* Reads a collection from the tree of its document (`path`: its file) as a workflow whose steps are its requests in their
 * order, folders before them in `tell`. A line "shows: ID, ID" of a request's or the collection's description names
 * requirements. Mistakes are added with their places; then -1. All lives in `arena` and borrows from the document. */
int postman_read(const struct node *root, const char *path, struct arena *arena, const struct workflow **ret_workflow,
		 struct diagnostics *mistakes);

/* Newman in the tools root, in a process of its own that is made before there are threads or machines. */
struct postman;
/* Fetches what it needs (by the lock of the recipe that `options` names first, else the project's demo) and starts it; 0
 * when it is ready. End with postman_end(), NULL allowed. */
int postman_begin(const struct parsed_options *options, struct postman **ret_postman, struct error *err);
void postman_end(struct postman *postman);

/* Plays one collection by the settings of `play`. 0 with a result, whatever it says; -1 when
 * it could not be played. Free the result with workflow_result_free(). */
int postman_play(struct postman *postman, const struct test_workflow *test, const struct play_settings *settings,
		 struct workflow_result **ret_result, struct error *err);

/* What play.js has written becomes a result. -1 when it is none. */
int postman_result(const struct workflow *workflow, const char *base, const struct node *root,
		   struct workflow_result **ret_result, struct error *err);

#endif
