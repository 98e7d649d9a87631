/* Any bytes as what comes from a box: on the wire of its shell, as QEMU's monitor, on its console. Nothing grows beyond
 * its limit, and of the console only text is shown. */
#include "fuzz.h"

#include <sys/socket.h>

#include "machine/channel.h"
#include "machine/console.h"
#include "machine/qmp.h"

#define MOST 60000u /* what a socket takes without a reader */

/* Our end of a connection on which `before` and the bytes were said, and nothing more will be. The other end stays open
 * for reading, in *ret_other. */
static int said(const char *before, const uint8_t *data, size_t size, int *ret_other)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	must(fd_write_all(ends[1], before, strlen(before), NULL) == 0 && fd_write_all(ends[1], data, size, NULL) == 0);
	must(shutdown(ends[1], SHUT_WR) == 0);
	*ret_other = ends[1];
	return ends[0];
}

static void as_shell(const uint8_t *data, size_t size)
{
	autobuffer struct buffer output = {.maximum = 100};
	struct error err = {0};
	autofd int other = -1;
	struct channel *channel = channel_new(said("hiebox-shell ready\n", data, size, &other), (struct channel_watch){0});

	int status = channel_run(channel, "true", 0.01, &output, &err);
	must(status >= -1 && status <= 255 && output.length <= 100);
	must((status < 0) == (err.message != NULL));
	error_clear(&err);
	channel_free(channel);
}

static void as_monitor(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct qmp *qmp = NULL;
	autofd int other = -1;

	if (qmp_open(said("{\"QMP\":{}}\n", data, size, &other), 0.01, &qmp, &err) == 0)
		must(text_equal(qmp_status(qmp), "running"));
	else
		must(err.message && !qmp);
	error_clear(&err);
	qmp_close(qmp);
}

static void as_console(const uint8_t *data, size_t size)
{
	autofree char *clean = console_clean((const char *)data, size, 20);
	size_t lines = 1;

	must(strlen(clean) <= size);
	for (const char *at = clean; *at; at++) {
		lines += *at == '\n';
		must((unsigned char)*at >= ' ' || *at == '\n' || *at == '\t');
		must(*at != 0x7f);
	}
	must(lines <= 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > MOST)
		return 0;
	as_shell(data, size);
	as_monitor(data, size);
	as_console(data, size);
	return 0;
}
