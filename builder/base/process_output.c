#include "base/process_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/tool_log.h"

#define STREAMS_MAX 3

static void tail_add(struct tail *tail, const char *bytes, size_t length)
{
	if (length > OUTPUT_QUOTED) {
		bytes += length - OUTPUT_QUOTED;
		length = OUTPUT_QUOTED;
	}
	if (tail->length + length > sizeof tail->bytes) {
		size_t kept = OUTPUT_QUOTED;

		memmove(tail->bytes, tail->bytes + tail->length - kept, kept);
		tail->length = kept;
	}
	memcpy(tail->bytes + tail->length, bytes, length);
	tail->length += length;
}

/* Reads once. Returns false when there is nothing more to read now. */
static bool read_stream(struct output_stream *stream)
{
	char block[16384];
	ssize_t got = read(stream->fd, block, sizeof block);

	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0 && errno == EAGAIN)
		return false;
	if (got <= 0) {
		stream->fd = -1;
		return false;
	}
	if (stream->buffer)
		buffer_add(stream->buffer, block, (size_t)got);
	if (stream->tail)
		tail_add(stream->tail, block, (size_t)got);
	tool_log_output(stream->call, block, (size_t)got);
	return true;
}

static void drain(struct output_stream *stream)
{
	if (stream->fd < 0)
		return;
	fcntl(stream->fd, F_SETFL, O_NONBLOCK);
	while (read_stream(stream))
		;
}

void output_collect(struct output_stream *streams, size_t count, int pidfd)
{
	for (;;) {
		struct pollfd polls[STREAMS_MAX + 1];
		bool open = false;

		for (size_t i = 0; i < count; i++) {
			polls[i] = (struct pollfd){.fd = streams[i].fd, .events = POLLIN};
			open = open || streams[i].fd >= 0;
		}
		polls[count] = (struct pollfd){.fd = pidfd, .events = POLLIN};
		if (!open)
			return;
		if (poll(polls, count + 1, -1) < 0 && errno != EINTR && errno != EAGAIN)
			return;
		for (size_t i = 0; i < count; i++)
			if (polls[i].revents)
				read_stream(&streams[i]);
		if (polls[count].revents) {
			for (size_t i = 0; i < count; i++)
				drain(&streams[i]);
			return;
		}
	}
}

/* A tool's words go to a terminal later: no escape sequences, and a line that was redrawn with
 * carriage returns is many lines. */
static void quote_line(struct buffer *text, const char *line, size_t length)
{
	while (length && line[length - 1] == ' ')
		length--;
	if (!length)
		return;
	buffer_text(text, text->length ? "\n  " : ":\n  ");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		char shown = c == '\t' ? ' ' : c < ' ' || c == 127 ? '?' : (char)c;

		buffer_add(text, &shown, 1);
	}
}

/* Where the last lines begin: lines without a word do not count. */
static const char *last_lines(const char *bytes, const char *end)
{
	unsigned lines = 0;
	bool word = false;

	for (const char *at = end; at > bytes; at--) {
		if (at[-1] != '\n' && at[-1] != '\r') {
			word = word || at[-1] != ' ';
			continue;
		}
		lines += word;
		word = false;
		if (lines == OUTPUT_QUOTED_LINES)
			return at;
	}
	return bytes;
}

static void quote_bytes(struct buffer *text, const char *bytes, size_t length, bool cut)
{
	const char *end = bytes + length, *last = last_lines(bytes, end);

	if (last > bytes) {
		bytes = last;
		cut = true;
	} else if (cut) {
		/* The first line is only the end of one. */
		const char *newline = memchr(bytes, '\n', length);

		bytes = newline && newline + 1 < end ? newline + 1 : bytes;
	}
	if (cut)
		buffer_text(text, ":\n  …");
	while (bytes < end) {
		const char *line = bytes;

		while (bytes < end && *bytes != '\n' && *bytes != '\r')
			bytes++;
		quote_line(text, line, (size_t)(bytes - line));
		bytes++;
	}
}

void output_quote(struct buffer *text, const struct tail *tail)
{
	size_t length = tail->length < OUTPUT_QUOTED ? tail->length : OUTPUT_QUOTED;

	quote_bytes(text, tail->bytes + tail->length - length, length, tail->length > length);
}

void output_quote_file(struct buffer *text, int fd)
{
	char bytes[OUTPUT_QUOTED];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof bytes ? end - (off_t)sizeof bytes : 0;
	ssize_t got = end > from ? pread(fd, bytes, sizeof bytes, from) : 0;

	if (got > 0)
		quote_bytes(text, bytes, (size_t)got, from > 0);
}
