/* The shell inside: what is said on the wire, by the server itself and by ones that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "machine/channel.h"

/* A channel whose other end says the bytes given, in pieces, once a request came (or at once). */
struct box {
	int fd;
	struct channel *channel;
	pid_t process;
};

static bool stop_asked;

static int look(void *data, struct error *err)
{
	(void)data;
	return stop_asked ? error_set(err, "interrupted") : 0;
}

static struct box new_box(void)
{
	struct box box = {0};
	int ends[2];

	stop_asked = false;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	box.fd = ends[1];
	box.channel = channel_new(ends[0], (struct channel_watch){look, NULL});
	return box;
}

static void close_box(struct box *box)
{
	if (box->fd >= 0)
		close(box->fd);
	channel_free(box->channel);
	if (box->process > 0) {
		kill(-box->process, SIGKILL);
		waitpid(box->process, NULL, 0);
	}
}

/* After the whole request has come, the child says `texts` (NULL-terminated), with pauses between them. */
static void answer_with(struct box *box, const char *const *texts)
{
	box->process = fork();
	if (box->process == 0) {
		char block[65536] = "";
		size_t length = 0;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		while (length + 1 < sizeof block && !strstr(block, CHANNEL_END)) {
			ssize_t got = recv(box->fd, block + length, sizeof block - 1 - length, 0);

			if (got <= 0)
				_exit(1);
			length += (size_t)got;
			block[length] = '\0';
		}
		for (; *texts; texts++) {
			send(box->fd, *texts, strlen(*texts), MSG_NOSIGNAL);
			poll(NULL, 0, 20);
		}
		pause();
		_exit(0);
	}
}

static void say(const struct box *box, const char *text)
{
	assert_int_equal(send(box->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void assert_fails(struct box *box, double seconds, const char *expected)
{
	autobuffer struct buffer output = {.maximum = 100};
	struct error err = {0};

	assert_int_equal(channel_run(box->channel, "true", seconds, &output, &err), -1);
	if (!strstr(err.message, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, err.message);
	error_clear(&err);
}

static void answers_come_in_pieces(void **state)
{
	static const char *const texts[] = {"do", "ne ", "1 4", "2 1", "0\nhel", "lo", " box\n", NULL};
	autobuffer struct buffer output = {.maximum = 100};
	struct box box = new_box();
	struct error err = {0};

	(void)state;
	say(&box, "hiebox-sh");
	say(&box, "ell ready\n");
	answer_with(&box, texts);
	assert_int_equal(channel_run(box.channel, "echo hello box", 5, &output, &err), 42);
	assert_string_equal(output.data, "hello box\n");
	close_box(&box);
}

static void junk_and_old_answers_are_passed_over(void **state)
{
	static const char *const texts[] = {
		"\x01\x02 boot: junk \xff\n", "done\n", "done 0 0 3\nold", "done 77 0 4\nolder", "hello done 1 0 0\n", "done 1 0 2\nok", NULL,
	};
	autobuffer struct buffer output = {.maximum = 100};
	struct box box = new_box();
	autofree char *long_line = memory_alloc(5001);
	struct error err = {0};

	(void)state;
	memset(long_line, 'x', 5000);
	say(&box, long_line);
	say(&box, "\nhiebox-shell ready\n");
	answer_with(&box, texts);
	assert_int_equal(channel_run(box.channel, "true", 5, &output, &err), 0);
	assert_string_equal(output.data, "ok");
	close_box(&box);
}

static void lies_about_lengths_are_errors(void **state)
{
	static const char *const lies[] = {
		"done 1 0 102\n", "done 1 0 99999999999999999999\n", "done 1 0 -1\n", "done 1 256 1\n", "done 1 x 1\n",
		"done 1 0 18446744073709551615\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lies); i++) {
		const char *const texts[] = {lies[i], NULL};
		struct box box = new_box();

		say(&box, "hiebox-shell ready\n");
		answer_with(&box, texts);
		assert_fails(&box, 5, "cannot be understood: it announces status");
		assert_fails(&box, 5, "cannot be understood"); /* and it stays so */
		close_box(&box);
	}
}

static void too_much_output_is_an_error(void **state)
{
	autofree char *text = text_format("done 1 0 101\n%0101d", 7);
	const char *const texts[] = {text, NULL};
	struct box box = new_box();

	(void)state;
	say(&box, "hiebox-shell ready\n");
	answer_with(&box, texts);
	assert_fails(&box, 5, "printed more than the 100 bytes");
	close_box(&box);
}

static void silence_ends(void **state)
{
	static const char *const half[] = {"done 1 0 50\nonly this", NULL}, *const nothing[] = {NULL};
	struct box box = new_box();
	double start = clock_seconds();

	(void)state;
	assert_fails(&box, 0.2, "is not there after");
	say(&box, "hiebox-shell ready\n");
	answer_with(&box, nothing);
	assert_fails(&box, 0.1, "does not answer within");
	close_box(&box);
	box = new_box();
	say(&box, "hiebox-shell ready\n");
	answer_with(&box, half);
	assert_fails(&box, 0.1, "does not answer within");
	assert_true(clock_seconds() - start < 12);
	close_box(&box);
}

static void ends_are_seen(void **state)
{
	static const char *const again[] = {"done 1 0 50\nhalf\n", "", NULL};
	struct box box = new_box();
	double start = clock_seconds();

	(void)state;
	close(box.fd);
	box.fd = -1;
	assert_fails(&box, 5, "is closed");
	close_box(&box);

	box = new_box();
	stop_asked = true;
	assert_fails(&box, 60, "interrupted");
	close_box(&box);

	/* its system restarted: the shell says that it is ready a second time */
	box = new_box();
	static const char *const restart[] = {"hiebox-shell ready\n", NULL};
	say(&box, "hiebox-shell ready\n");
	answer_with(&box, restart);
	assert_fails(&box, 60, "restarted while a script was running");
	close_box(&box);

	/* half of an answer, then the machine's reset is told */
	box = new_box();
	say(&box, "hiebox-shell ready\n");
	answer_with(&box, again);
	assert_fails(&box, 0.1, "does not answer within");
	channel_reset(box.channel);
	assert_fails(&box, 0.2, "is not there after");
	assert_true(clock_seconds() - start < 20);
	close_box(&box);
}

static void assert_endless_is_an_error(const char *block, size_t length)
{
	struct box box = new_box();

	box.process = fork();
	if (box.process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		alarm(60); /* also when nobody ends it */
		while (send(box.fd, block, length, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	assert_fails(&box, 50, "says what nobody understands");
	close_box(&box);
}

static void endless_junk_is_an_error(void **state)
{
	char block[65536];

	(void)state;
	memset(block, 'j', sizeof block);
	assert_endless_is_an_error(block, sizeof block);
	memset(block, '\n', sizeof block);
	assert_endless_is_an_error(block, sizeof block);
	/* answers that nobody asked for */
	memset(block, 'j', sizeof block);
	memcpy(block, "done 77 0 65517\n", 16);
	assert_endless_is_an_error(block, 16 + 65517);
}

/* The server as it runs in a box, but for where its connection is. */
static struct box real_box(const char *folder)
{
	struct box box = new_box();
	autofree char *descriptor = text_format("%d", box.fd);
	autofree char *script = text_format("port=/dev/null work=%s/work count=0\n%s", folder, strchr(channel_server, '\n') + 1);
	char *port = strstr(script, "port=/dev/virtio-ports"), *open = strstr(script, "exec 3<>\"$port\"");

	assert_non_null(port);
	assert_non_null(open);
	memset(port, ' ', strcspn(port, "\n"));
	memcpy(open, "true           ", strlen("exec 3<>\"$port\""));
	box.process = fork();
	if (box.process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		if (dup2(box.fd, 3) < 0)
			_exit(1);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	close(box.fd);
	box.fd = -1;
	return box;
}

static char last_error[200];

static int run(const struct box *box, const char *script, double seconds, struct buffer *output)
{
	struct error err = {0};
	int status;

	buffer_clear(output);
	status = channel_run(box->channel, script, seconds, output, &err);
	snprintf(last_error, sizeof last_error, "%s", err.message ? err.message : "");
	error_clear(&err);
	return status;
}

static void the_server_does_it_right(void **state)
{
	autofree char *folder = NULL;
	autobuffer struct buffer output = {.maximum = 300};
	struct box box;

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-channel-", &folder, NULL), 0);
	box = real_box(folder);
	assert_int_equal(run(&box, "echo out; echo err >&2", 20, &output), 0);
	assert_string_equal(output.data, "out\nerr\n");
	assert_int_equal(run(&box, "exit 7", 20, &output), 7);
	assert_int_equal(output.length, 0);
	assert_int_equal(run(&box, "kill -9 $$", 20, &output), 128 + 9);
	assert_int_equal(run(&box, "printf 'a\\000b'", 20, &output), 0);
	assert_int_equal(output.length, 3);
	assert_int_equal(run(&box, "echo before; sleep 60", 1, &output), -1);
	assert_non_null(strstr(last_error, "the script was not done"));
	assert_string_equal(output.data, "before\n");
	assert_int_equal(run(&box, "yes", 20, &output), -1);
	assert_non_null(strstr(last_error, "printed more than the 300 bytes"));
	/* a service that it starts keeps its output open, and is not waited for */
	assert_int_equal(run(&box, "sleep 60 & echo started", 20, &output), 0);
	assert_int_equal(run(&box, "cat; echo \"in: $?\"; cat <&3", 20, &output), 2);
	assert_non_null(strstr(output.data, "in: 0\n"));
	assert_int_equal(run(&box, "ls " "/proc/self/fd | wc -l", 20, &output), 0);
	assert_int_equal(run(&box, "echo still here", 20, &output), 0);
	assert_string_equal(output.data, "still here\n");
	close_box(&box);
	assert_int_equal(tree_remove(folder, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_pieces),
		cmocka_unit_test(junk_and_old_answers_are_passed_over),
		cmocka_unit_test(lies_about_lengths_are_errors),
		cmocka_unit_test(too_much_output_is_an_error),
		cmocka_unit_test(silence_ends),
		cmocka_unit_test(ends_are_seen),
		cmocka_unit_test(endless_junk_is_an_error),
		cmocka_unit_test(the_server_does_it_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
