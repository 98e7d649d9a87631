/* Starts tests/support/bad_server.py for a test and makes URLs of it. */
#ifndef HIEBOX_TESTS_BAD_SERVER_H
#define HIEBOX_TESTS_BAD_SERVER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

struct bad_server {
	pid_t pid;
	int input; /* closing it ends the server */
	int port;
	const char *scheme;
};

/* `certificate` is a PEM file with key and certificate for https, or NULL. */
static inline void bad_server_start(struct bad_server *server, const char *root,
				    const char *certificate)
{
	int in[2], out[2];
	char text[16] = "";

	if (pipe(in) < 0 || pipe(out) < 0)
		abort();
	server->pid = fork();
	if (server->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execlp("python3", "python3", "tests/support/bad_server.py", root,
		       certificate ? "--tls" : NULL, certificate, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server->input = in[1];
	server->scheme = certificate ? "https" : "http";
	for (size_t length = 0; !strchr(text, '\n'); length++)
		if (length == sizeof text - 1 || read(out[0], text + length, 1) != 1)
			abort();
	close(out[0]);
	server->port = (int)strtol(text, NULL, 10);
}

static inline void bad_server_stop(struct bad_server *server)
{
	close(server->input);
	waitpid(server->pid, NULL, 0);
}

/* "http://127.0.0.1:PORT/path"; caller frees. */
static inline char *bad_url(const struct bad_server *server, const char *path)
{
	return text_format("%s://127.0.0.1:%d/%s", server->scheme, server->port, path);
}

#endif
