/* `hie clock` and `hie certificate`: what a running box does about its clock and its certificate. */
#include <stdio.h>
#include <time.h>

#include "agent/clock.h"
#include "agent/command.h"

const struct option_entry clock_options[] = {
	{ "set", 0, "TIME", "set it, in UTC: 2026-03-01T10:15:00Z, or seconds since 1970", false },
	{ "remember", 0, NULL, "write down what time it is (every hour, and at the end)", false },
	{ "sources", 0, NULL, "tell chrony the time servers that the network named", false },
	{ 0 },
};

/* As at the start, but while everything runs: who has the old certificate is told. */
int command_certificate(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	autofree char *remark = NULL;
	if (need_root(options, err) < 0 || load_box(options, &box, err) < 0)
		return -1;
	struct provision provision = { .root = root_of(options), .box = box };
	provision_look_around(&provision);
	if (certificate_renew(&provision, true, &remark, err) < 0)
		return -1;
	printf("%s\n", remark);
	return 0;
}

int command_clock(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	autofree char *remark = NULL;
	const char *given = option_value(options, "set");
	const char *root = root_of(options);
	int64_t seconds = 0;
	if (option_given(options, "sources")) /* as _chrony, not as root */
		return clock_sources(root, err);
	if (given && clock_parse(given, &seconds) < 0)
		return sentence_error(err, SAY_CLOCK_WRONG_TIME, given, NULL);
	if (load_box(options, &box, err) < 0 || ((given || option_given(options, "remember")) && need_root(options, err) < 0))
		return -1;
	struct provision provision = { .root = root, .box = box };
	provision_look_around(&provision);
	if (option_given(options, "remember"))
		return clock_remember(root, err);
	if (given && seconds < box->built)
		return sentence_error(err, SAY_CLOCK_WRONG_TIME, given, NULL);
	/* a certificate made by a clock that was ahead is one of the future now */
	if (given && (clock_set(root, seconds, err) < 0 || certificate_renew(&provision, true, &remark, err) < 0))
		return -1;
	struct tm broken = { 0 };
	char text[40] = "";
	time_t now = time(NULL);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &broken));
	autofree char *line = sentence(SAY_CLOCK_NOW, text, NULL);
	printf("%s\n", line);
	return 0;
}
