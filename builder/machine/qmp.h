/* Private to machine: QEMU's monitor. Over a socket that QEMU was given, no name in any file system.
 * Source: QEMU docs/interop/qmp-spec.rst and qemu-qmp-ref (query-status, system_powerdown, send-key, the events). */
#ifndef HIEBOX_MACHINE_QMP_H
#define HIEBOX_MACHINE_QMP_H

#include <stdbool.h>

#include "base/base.h"

/* What QEMU told since it was started. */
struct qmp_seen {
	unsigned resets;       /* the system inside restarted */
	bool off_by_guest;     /* SHUTDOWN: the system inside switched off */
	bool off_by_host;      /* SHUTDOWN: QEMU was told to end, by a signal or its window */
	bool stopped;          /* STOP: it does not run on by itself, because of: */
	bool no_space;         /* the file that takes what it writes has no more room */
	bool write_failed;     /* or cannot be written for another reason */
};
struct qmp;

/* Takes over `fd`, a connected stream socket; closed also on failure. Waits at most `seconds` for QEMU's greeting, and
 * until QEMU says that the machine runs: then all that QEMU was given is open. */
int qmp_open(int fd, double seconds, struct qmp **ret_qmp, struct error *err);
/* To poll for what comes; -1 when QEMU closed it. */
int qmp_fd(const struct qmp *qmp);
/* Takes what has come, without waiting. An end is no error: the process tells it. */
void qmp_take(struct qmp *qmp);
const struct qmp_seen *qmp_seen(const struct qmp *qmp);
/* A command with its arguments as JSON ("{…}") or NULL; waits for the answer, at most 20 seconds. An error of QEMU's is
 * quoted. */
int qmp_command(struct qmp *qmp, const char *command, const char *arguments, struct error *err);
/* QEMU's own word for the state, as it last answered: "running", "paused", "io-error", "internal-error"; "" at first. */
const char *qmp_status(const struct qmp *qmp);
void qmp_close(struct qmp *qmp); /* NULL allowed */

#endif
