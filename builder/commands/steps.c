/* hiebox plan, lock, fetch, verify-store: the line's first steps, each as far as its name says. */
#include <stdio.h>

#include "commands/session.h"

int command_plan(const struct parsed_options *options, struct error *err)
{
	autosession struct session session = {0};

	if (session_open(options, &session, err) < 0 || session_open_store(&session, err) < 0 ||
	    session_lock(&session, LOCK_SHOW, err) < 0)
		return -1;
	if (option_given(options, "json")) {
		autojson struct json *json = plan_json(&session.plan, session_has, &session);
		autofree char *text = json_write(json, false);
		fputs(text, stdout);
		return 0;
	}
	autofree char *text = plan_text(&session.plan, session_has, &session);
	fputs(text, stdout);
	return 0;
}

int command_lock(const struct parsed_options *options, struct error *err)
{
	autosession struct session session = {0};

	if (session_open(options, &session, err) < 0 || session_open_store(&session, err) < 0)
		return -1;
	if (session_lock(&session, option_given(options, "update") ? LOCK_UPDATE : LOCK_USE, err) < 0)
		return -1;
	if (!option_given(options, "quiet"))
		printf("%s: %zu packages for the image, %zu for the tools\n", session.lock_path,
		       session.plan.lock.image.count, session.plan.lock.tools.count);
	return 0;
}

int command_fetch(const struct parsed_options *options, struct error *err)
{
	autosession struct session session = {0};

	if (session_enter(err) < 0)
		return -1;
	if (session_open(options, &session, err) < 0 || session_open_store(&session, err) < 0 ||
	    session_lock(&session, LOCK_USE, err) < 0 || session_open_tools(&session, err) < 0)
		return -1;
	return session_fetch(&session, err);
}

int command_verify_store(const struct parsed_options *options, struct error *err)
{
	struct store store = {0};
	struct store_verified verified = {0};

	if (store_open(option_value(options, "store"), &store, err) < 0)
		return -1;
	int result = store_verify(&store, &verified, err);
	if (result == 0)
		printf("%s: %zu files right, %zu wrong and removed\n", store.path, verified.good, verified.bad);
	if (result == 0 && verified.unrecorded)
		printf("%zu layers or tools roots of an earlier version could not be compared: it recorded nothing\n",
		       verified.unrecorded);
	store_close(&store);
	return result < 0 ? -1 : 0;
}
