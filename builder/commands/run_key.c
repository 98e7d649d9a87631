/* A key for one machine; see run.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/run.h"

#define LINE_MAX_BYTES 4096

/* Waits until the one who made the key lets go of the pipe, by closing it or by dying. Never returns. */
static void remove_at_end(const char *folder, int fd)
{
	char nothing;
	ssize_t got;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	setsid();
	do
		got = read(fd, &nothing, 1);
	while (got > 0 || (got < 0 && errno == EINTR));
	tree_remove(folder, NULL);
	_exit(0);
}

static int begin_remover(struct throwaway_key *key, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	key->remover = fork();
	if (key->remover == 0) {
		/* nothing of ours stays open in it, the other end least of all */
		dup2(ends[0], STDIN_FILENO);
		closefrom(STDIN_FILENO + 1);
		remove_at_end(key->folder, STDIN_FILENO);
	}
	close(ends[0]);
	key->watch = ends[1];
	return key->remover < 0 ? error_set_errno(err, errno, "cannot start a process") : 0;
}

int throwaway_key_make(struct throwaway_key *key, struct error *err)
{
	const char *place = getenv("TMPDIR");

	if (!process_available("ssh-keygen"))
		return error_set(err, "--ssh needs ssh-keygen (package openssh-client)");
	if (directory_temporary(place && *place ? place : "/tmp", "hiebox-key-", &key->folder, err) < 0)
		return -1;
	if (begin_remover(key, err) < 0)
		return -1;
	key->file = path_join(key->folder, "key");
	autofree char *public = text_format("%s.pub", key->file);
	const char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "hiebox run", "-f", key->file, NULL};
	if (process_run(&(struct process){.argv = argv}, NULL, err) < 0)
		return -1;
	key->line = file_line_or_null(public, LINE_MAX_BYTES);
	return key->line ? 0 : error_set(err, "%s: ssh-keygen wrote no public key", public);
}

void throwaway_key_clear(struct throwaway_key *key)
{
	if (key->watch > 0)
		close(key->watch);
	if (key->remover > 0)
		waitpid(key->remover, NULL, 0);
	else if (key->folder)
		tree_remove(key->folder, NULL);
	free(key->folder);
	free(key->file);
	free(key->line);
	*key = (struct throwaway_key){0};
}
