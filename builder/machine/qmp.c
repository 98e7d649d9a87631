#include "machine/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "document/document.h"

#define LINE_MAX_BYTES (1u << 20)
#define ANSWER_SECONDS 20.0

struct qmp {
	int fd;              /* -1: QEMU closed it */
	struct buffer line;  /* what came of the next line */
	struct qmp_seen seen;
	bool greeted;
	bool answered;       /* the last command was */
	char status[40];     /* as query-status answered */
	char *problem;       /* the answer was an error, in QEMU's words; owned */
	bool broken;         /* it does not speak QMP */
};

static bool is_true(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	return value && value->kind == NODE_BOOLEAN && value->boolean;
}

static void take_event(struct qmp_seen *seen, const char *event, const struct node *data)
{
	if (text_equal(event, "RESET"))
		seen->resets++;
	else if (text_equal(event, "SHUTDOWN"))
		*(is_true(data, "guest") ? &seen->off_by_guest : &seen->off_by_host) = true;
	else if (text_equal(event, "STOP"))
		seen->stopped = true;
	else if (text_equal(event, "RESUME"))
		seen->stopped = false;
	else if (text_equal(event, "BLOCK_IO_ERROR") && text_equal(node_text(data, "operation", ""), "write"))
		*(is_true(data, "nospace") ? &seen->no_space : &seen->write_failed) = true;
}

static void take_answer(struct qmp *qmp, const struct node *root)
{
	const struct node *error = node_get(root, "error");
	const char *status = node_text(node_get(root, "return"), "status", NULL);

	qmp->answered = true;
	if (status)
		snprintf(qmp->status, sizeof qmp->status, "%s", status);
	if (error) {
		free(qmp->problem);
		qmp->problem = text_format("%.300s", node_text(error, "desc", "an error without words"));
	}
}

/* One line: a greeting, an event or an answer. */
static void take_line(struct qmp *qmp, const char *text, size_t length)
{
	autodocument struct document *document = document_json_or_null(text, length);
	const struct node *root = document_root(document);
	const char *event = node_text(root, "event", NULL);

	if (event)
		take_event(&qmp->seen, event, node_get(root, "data"));
	else if (node_get(root, "QMP"))
		qmp->greeted = true;
	else if (node_get(root, "return") || node_get(root, "error"))
		take_answer(qmp, root);
	else
		qmp->broken = true;
}

static void take_bytes(struct qmp *qmp, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && !qmp->broken; i++) {
		if (bytes[i] != '\n') {
			buffer_add(&qmp->line, bytes + i, 1);
			continue;
		}
		/* QEMU ends lines with \r\n */
		if (qmp->line.length && !(qmp->line.length == 1 && *qmp->line.data == '\r'))
			take_line(qmp, qmp->line.data, qmp->line.length);
		qmp->line.length = 0;
	}
	qmp->broken |= qmp->line.overflow;
}

void qmp_take(struct qmp *qmp)
{
	char block[4096];
	ssize_t got;

	while (qmp->fd >= 0 && !qmp->broken) {
		got = recv(qmp->fd, block, sizeof block, MSG_DONTWAIT);
		if (got > 0) {
			take_bytes(qmp, block, (size_t)got);
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		break;
	}
	cleanup_fd(&qmp->fd);
	qmp->fd = -1;
}

/* Waits until `*what` or `seconds` went by. */
static int wait_for(struct qmp *qmp, const bool *what, double seconds, struct error *err)
{
	double end = clock_seconds() + seconds;

	for (;;) {
		double left = end - clock_seconds();
		struct pollfd ready = {.fd = qmp->fd, .events = POLLIN};

		qmp_take(qmp);
		if (*what)
			return 0;
		if (qmp->broken)
			return error_set(err, "QEMU's monitor does not speak QMP");
		if (qmp->fd < 0)
			return error_set(err, "QEMU closed its monitor");
		if (left <= 0)
			return error_set(err, "QEMU does not answer within %.0f s", seconds);
		poll(&ready, 1, (int)(left * 1000) + 1);
	}
}

int qmp_command(struct qmp *qmp, const char *command, const char *arguments, struct error *err)
{
	autofree char *text = arguments ? text_format("{\"execute\":\"%s\",\"arguments\":%s}\n", command, arguments)
	                                : text_format("{\"execute\":\"%s\"}\n", command);

	qmp->answered = false;
	free(qmp->problem);
	qmp->problem = NULL;
	if (qmp->fd < 0)
		return error_set(err, "QEMU closed its monitor");
	/* a command is far smaller than the socket's buffer, and the one before was answered */
	if (send(qmp->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)strlen(text))
		return error_set(err, "QEMU's monitor takes no command (%s)", command);
	if (wait_for(qmp, &qmp->answered, ANSWER_SECONDS, err) < 0)
		return -1;
	return qmp->problem ? error_set(err, "QEMU refuses %s: %s", command, qmp->problem) : 0;
}

static int greet(struct qmp *qmp, double seconds, struct error *err)
{
	if (wait_for(qmp, &qmp->greeted, seconds, err) < 0 || qmp_command(qmp, "qmp_capabilities", NULL, err) < 0 ||
	    qmp_command(qmp, "query-status", NULL, err) < 0)
		return -1;
	if (!text_equal(qmp->status, "running"))
		return error_set(err, "QEMU started, but its machine does not run: %s", qmp->status);
	return 0;
}

int qmp_open(int fd, double seconds, struct qmp **ret_qmp, struct error *err)
{
	struct qmp *qmp = memory_alloc(sizeof *qmp);

	qmp->fd = fd;
	qmp->line.maximum = LINE_MAX_BYTES;
	if (greet(qmp, seconds, err) < 0) {
		qmp_close(qmp);
		return -1;
	}
	*ret_qmp = qmp;
	return 0;
}

int qmp_fd(const struct qmp *qmp)
{
	return qmp->fd;
}

const struct qmp_seen *qmp_seen(const struct qmp *qmp)
{
	return &qmp->seen;
}

const char *qmp_status(const struct qmp *qmp)
{
	return qmp->status;
}

void qmp_close(struct qmp *qmp)
{
	if (!qmp)
		return;
	cleanup_fd(&qmp->fd);
	buffer_clear(&qmp->line);
	free(qmp->problem);
	free(qmp);
}
