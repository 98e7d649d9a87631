/* `hie page`: the box's page, on the socket that nginx talks to. */
#include <stdio.h>

#include "agent/command.h"
#include "agent/control.h"
#include "agent/page.h"

const struct option_entry page_options[] = {
	{ "listen", 0, "FILE", "make a socket here instead of taking systemd's (for tests)", false },
	{ 0 },
};

static int ask_control(void *socket, const struct json *request, struct document **ret_answer, struct error *err)
{
	return control_ask(socket, request, ret_answer, err);
}

/* Mistakes in a language's or component's file cost that text alone, never the page. */
int command_page(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	struct page_site site;
	struct diagnostics mistakes = { 0 };
	if (load_box(options, &box, err) < 0)
		return -1;
	autofree char *socket = path_join(root_of(options), CONTROL_SOCKET);
	page_site_open(root_of(options), box, &site, &mistakes);
	for (size_t i = 0; i < mistakes.count; i++)
		fprintf(stderr, "hie: %s\n", mistakes.messages[i]);
	diagnostics_clear(&mistakes);
	site.ask = ask_control;
	site.context = socket;
	int result = page_serve(&site, option_value(options, "listen"), err);
	page_site_close(&site);
	return result;
}
