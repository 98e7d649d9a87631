#include "machine/channel.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LINE_BYTES 200
#define JUNK_MAX (4 * CHANNEL_OUTPUT_MAX) /* bytes that are not the answer, in one call: old answers may be among them */
#define LOOK_SECONDS 1.0

struct channel {
	int fd; /* -1: closed there */
	struct channel_watch watch;
	bool ready;        /* the shell inside said so, since the last reset */
	unsigned starts;   /* how often it did */
	uint64_t id;       /* of the last request */
	size_t owed;       /* bytes of a request that were never sent, but announced */
	char line[LINE_BYTES];
	size_t line_length;
	bool line_long;    /* the line is longer, and will be passed over */
	size_t body;       /* bytes of an answer that are still to come */
	bool body_ours;    /* it answers the last request; otherwise it is passed over */
	size_t junk;
	/* the answer to the last request */
	bool answered;
	bool late;
	int status;
	size_t limit;      /* what we allowed it to have */
	struct buffer *output; /* where it goes; NULL: nobody waits for it */
	char *wrong;       /* it breaks the rules: how; owned */
};

struct channel *channel_new(int fd, struct channel_watch watch)
{
	struct channel *channel = memory_alloc(sizeof *channel);

	channel->fd = fd;
	channel->watch = watch;
	return channel;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	cleanup_fd(&channel->fd);
	free(channel->wrong);
	free(channel);
}

/* "done ID STATUS BYTES" */
static void take_answer(struct channel *channel, char *line)
{
	autostrings struct strings words = {0};
	int64_t id, status = 0, bytes;
	bool late;

	strings_split(&words, line, " ");
	if (words.count != 4 || number_parse(words.items[1], 1, INT64_MAX, &id) < 0)
		return;
	late = text_equal(words.items[2], "late");
	if ((uint64_t)id == channel->id && !channel->answered &&
	    ((!late && number_parse(words.items[2], 0, 255, &status) < 0) ||
	     number_parse(words.items[3], 0, (int64_t)channel->limit, &bytes) < 0)) {
		channel->wrong = text_format("it announces status %.20s with %.30s bytes, where at most %zu were allowed",
					     words.items[2], words.items[3], channel->limit);
		return;
	}
	if (number_parse(words.items[3], 0, CHANNEL_OUTPUT_MAX + 1, &bytes) < 0)
		return;
	channel->body = (size_t)bytes;
	channel->body_ours = (uint64_t)id == channel->id && !channel->answered;
	if (channel->body_ours) {
		channel->late = late;
		channel->status = (int)status;
		channel->answered = bytes == 0;
	}
}

static void take_line(struct channel *channel)
{
	char *line = channel->line;

	line[channel->line_length] = '\0';
	if (text_equal(line, "hiebox-shell ready")) {
		channel->ready = true;
		channel->starts++;
	} else if (text_starts(line, "done ")) {
		take_answer(channel, line);
	}
	channel->line_length = 0;
	channel->line_long = false;
}

/* A box that never stops must not keep us from looking at the time. */
static void pass_over(struct channel *channel, size_t bytes)
{
	channel->junk += bytes;
	if (channel->junk > JUNK_MAX && !channel->wrong)
		channel->wrong = text_copy("it says what nobody understands, without end");
}

static void take_byte(struct channel *channel, char byte)
{
	pass_over(channel, 1);
	if (byte == '\n' && !channel->line_long) {
		take_line(channel);
		return;
	}
	if (byte == '\n')
		channel->line_long = false;
	else if (byte == '\0' || channel->line_length + 1 >= sizeof channel->line)
		channel->line_long = true;
	if (channel->line_long || byte == '\n')
		channel->line_length = 0;
	else
		channel->line[channel->line_length++] = byte;
}

static void take_bytes(struct channel *channel, const char *bytes, size_t length)
{
	while (length && !channel->wrong) {
		size_t part = channel->body < length ? channel->body : length;

		if (!part) {
			take_byte(channel, *bytes++);
			length--;
			continue;
		}
		if (channel->body_ours && channel->output)
			buffer_add(channel->output, bytes, part);
		else
			pass_over(channel, part);
		bytes += part;
		length -= part;
		channel->body -= part;
		if (!channel->body && channel->body_ours)
			channel->answered = true;
	}
}

/* Takes what has come, without waiting. */
static void take(struct channel *channel)
{
	char block[16384];

	while (channel->fd >= 0 && !channel->wrong) {
		ssize_t got = recv(channel->fd, block, sizeof block, MSG_DONTWAIT);

		if (got > 0)
			take_bytes(channel, block, (size_t)got);
		else if (got == 0 || (errno != EINTR && errno != EAGAIN))
			cleanup_fd(&channel->fd), channel->fd = -1;
		else if (errno == EAGAIN)
			return;
	}
}

static void forget_input(struct channel *channel)
{
	channel->line_length = channel->body = 0;
	channel->line_long = false;
}

void channel_reset(struct channel *channel)
{
	take(channel);
	forget_input(channel);
	channel->ready = false;
}

/* One turn of waiting: takes what comes within a second, or sooner when `end` is nearer. -1 when there is no use in
 * waiting on; 1 when `end` is over. */
static int turn(struct channel *channel, double end, bool writing, struct error *err)
{
	double left = end - clock_seconds();
	struct pollfd ready = {.fd = channel->fd, .events = (short)(POLLIN | (writing ? POLLOUT : 0))};

	if (left <= 0)
		return 1;
	poll(&ready, 1, (int)((left < LOOK_SECONDS ? left : LOOK_SECONDS) * 1000) + 1);
	take(channel);
	if (channel->wrong)
		return error_set(err, "the shell inside cannot be understood: %s", channel->wrong);
	if (channel->fd < 0)
		return error_set(err, "the way to the shell inside is closed");
	return channel->watch.look ? channel->watch.look(channel->watch.data, err) : 0;
}

int channel_wait(struct channel *channel, double seconds, struct error *err)
{
	double end = clock_seconds() + seconds;
	int over = 0;

	channel->junk = 0;
	take(channel);
	while (!channel->ready && over == 0)
		over = turn(channel, end, false, err);
	if (over > 0)
		return error_set(err, "the shell inside is not there after %.0f s: the system has not come up", seconds);
	return over;
}

/* Sends all of `text`. What is not sent in time stays owed. */
static int send_all(struct channel *channel, const char *text, size_t length, double end, struct error *err)
{
	size_t sent = 0;
	int over = 0;

	while (sent < length && over == 0) {
		ssize_t part = send(channel->fd, text + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (part > 0)
			sent += (size_t)part;
		else
			over = turn(channel, end, true, err);
	}
	channel->owed = length - sent;
	return over > 0 ? error_set(err, "the shell inside takes no script: the system hangs") : over;
}

/* Fills up what an earlier call had to leave: the shell inside sees that the script's end is missing. */
static int send_owed(struct channel *channel, double end, struct error *err)
{
	autofree char *lines = NULL;
	size_t owed = channel->owed;

	if (!owed)
		return 0;
	lines = memory_alloc(owed);
	memset(lines, '\n', owed);
	return send_all(channel, lines, owed, end, err);
}

static int send_request(struct channel *channel, const char *script, double end, struct error *err)
{
	autobuffer struct buffer body = {0}, request = {0};
	double seconds = ceil(end - clock_seconds());

	buffer_format(&body, "%s\n%s\n", script, CHANNEL_END);
	channel->id++;
	channel->answered = channel->late = false;
	buffer_format(&request, "run %llu %zu %.0f %zu\n", (unsigned long long)channel->id, body.length,
		      seconds < 1 ? 1 : seconds, channel->limit);
	buffer_add(&request, body.data, body.length);
	if (send_owed(channel, end, err) < 0)
		return -1;
	return send_all(channel, request.data, request.length, end, err);
}

/* Waits for the answer to what was just sent. */
static int await(struct channel *channel, double end, double seconds, struct error *err)
{
	unsigned starts = channel->starts;
	struct error problem = {0};
	int over = 0;

	while (!channel->answered && over == 0) {
		over = turn(channel, end, false, &problem);
		if (over == 0 && !channel->answered && (channel->starts != starts || !channel->ready))
			return error_set(err, "the system inside restarted while a script was running");
	}
	if (channel->answered || over < 0) {
		if (!channel->answered) /* it may be the last that was said */
			error_set(err, "%s", problem.message);
		error_clear(&problem);
		return channel->answered ? 0 : -1;
	}
	forget_input(channel);
	return error_set(err, "the shell inside does not answer within %.0f s: the system hangs", seconds);
}

int channel_run(struct channel *channel, const char *script, double seconds, struct buffer *output, struct error *err)
{
	double end = clock_seconds() + seconds;
	size_t maximum = output->maximum ? output->maximum : CHANNEL_OUTPUT_MAX;
	size_t room = maximum > output->length ? maximum - output->length : 0;
	size_t before = output->length;
	int answer;

	if (strlen(script) > CHANNEL_SCRIPT_MAX)
		return error_set(err, "a script of %zu bytes is too long: at most %u", strlen(script), CHANNEL_SCRIPT_MAX);
	if (channel_wait(channel, seconds, err) < 0)
		return -1;
	if (room > CHANNEL_OUTPUT_MAX)
		room = CHANNEL_OUTPUT_MAX;
	channel->limit = room + 1; /* by the one more we see that it is too much */
	answer = send_request(channel, script, end, err);
	if (answer == 0) {
		channel->output = output;
		/* the shell inside ends the script itself; this is for one that does not even do that */
		answer = await(channel, end + 3 + seconds / 4, seconds, err);
		channel->output = NULL;
	}
	if (answer < 0)
		return -1;
	if (output->overflow || output->length - before > room)
		return error_set(err, "the script printed more than the %zu bytes that were expected", room);
	if (channel->late)
		return error_set(err, "the script was not done after %.0f s, and was ended", seconds);
	return channel->status;
}
