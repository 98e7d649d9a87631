#include "base/tool_log_text.h"

#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>

#include "base/memory.h"

#define LINE_MAX_BYTES 65536

char *without_secrets(const char *line, size_t length)
{
	struct buffer text = {0};
	const char *end = line + length;

	while (line < end) {
		const char *slashes = memmem(line, (size_t)(end - line), "://", 3);
		const char *from = slashes ? slashes + 3 : end, *at = from;

		/* RFC 3986 section 3.2: the user part ends with "@" before the host */
		while (at < end && *at != '@' && !strchr("/ \t\"'<>", *at))
			at++;
		buffer_add(&text, line, (size_t)(from - line));
		line = from;
		if (slashes && at < end && *at == '@') {
			buffer_text(&text, "***");
			line = at;
		}
	}
	return buffer_steal(&text);
}

/* "NAME=value": does the name say that the value is nobody's business? */
static bool is_secret(const char *setting)
{
	static const char *const words[] = {"PASSWORD", "PASSWD", "SECRET", "TOKEN", "AUTH", "CREDENTIAL", "_KEY"};
	autofree char *name = text_copy_n(setting, strcspn(setting, "="));

	for (size_t i = 0; i < LENGTH(words); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static bool needs_quotes(const char *argument)
{
	return !*argument || argument[strspn(argument, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
						       "0123456789_-+=.,:/@%^")];
}

char *arguments_text(const char *const *argv)
{
	struct buffer text = {0};

	for (size_t i = 0; argv[i]; i++) {
		buffer_text(&text, i ? " " : "");
		if (!needs_quotes(argv[i])) {
			buffer_text(&text, argv[i]);
			continue;
		}
		autofree char *quoted = text_shell(argv[i]);
		buffer_text(&text, quoted);
	}
	return buffer_steal(&text);
}

void call_text_begin(struct call_text *text, unsigned number)
{
	*text = (struct call_text){.number = number};
}

void call_text_clear(struct call_text *text)
{
	buffer_clear(&text->line);
	free(text->tail);
	*text = (struct call_text){0};
}

static void add_place(const struct tool_failure *about, struct buffer *lines)
{
	if (!about->sandboxed) {
		buffer_format(lines, "%u  on this machine, in %s\n", about->number,
			      about->directory ? about->directory : "the current folder");
		return;
	}
	buffer_format(lines, "%u  in the sandbox %s%s, in %s\n", about->number, about->root ? about->root : "(layers)",
		      about->root_writable ? " (writable)" : "", about->directory ? about->directory : "/");
	for (size_t i = 0; i < about->bind_from.count; i++)
		buffer_format(lines, "%u  with %s as %s%s\n", about->number, about->bind_from.items[i],
			      about->bind_to.items[i], about->bind_writable[i] ? " (writable)" : "");
}

void call_text_head(const struct tool_failure *about, struct buffer *lines)
{
	autofree char *command = arguments_text((const char *const *)about->argv.items);
	autofree char *shown = without_secrets(command, strlen(command));
	time_t now = time(NULL);
	struct tm parts;
	char stamp[32];

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &parts);
	buffer_format(lines, "%u  %s %s\n", about->number, stamp, about->step);
	buffer_format(lines, "%u  $ %s\n", about->number, shown);
	add_place(about, lines);
	if (about->environment.count)
		buffer_format(lines, "%u  environment:", about->number);
	for (size_t i = 0; i < about->environment.count; i++) {
		const char *setting = about->environment.items[i];
		autofree char *value = without_secrets(setting, strlen(setting));

		if (is_secret(setting))
			buffer_format(lines, " %.*s=***", (int)strcspn(setting, "="), setting);
		else
			buffer_format(lines, " %s", value);
	}
	buffer_text(lines, about->environment.count ? "\n" : "");
}

static void add_tail(struct call_text *text, const char *bytes, size_t length)
{
	if (!text->tail)
		text->tail = memory_alloc(TOOL_LOG_PART);
	for (size_t done = 0; done < length;) {
		size_t room = TOOL_LOG_PART - text->tail_at;
		size_t part = length - done < room ? length - done : room;

		memcpy(text->tail + text->tail_at, bytes + done, part);
		text->tail_at = (text->tail_at + part) % TOOL_LOG_PART;
		done += part;
		text->tail_length += part;
	}
	if (text->tail_length > TOOL_LOG_PART) {
		text->left_out += text->tail_length - TOOL_LOG_PART;
		text->tail_length = TOOL_LOG_PART;
	}
}

static void end_line(struct call_text *text, struct buffer *lines)
{
	autofree char *shown = without_secrets(text->line.length ? text->line.data : "", text->line.length);
	autofree char *whole = text_format("%u| %s\n", text->number, shown);
	size_t length = strlen(whole);

	if (!text->tail && text->written + length <= TOOL_LOG_PART) {
		buffer_add(lines, whole, length);
		text->written += length;
	} else {
		add_tail(text, whole, length);
	}
	text->line.length = 0;
}

void call_text_output(struct call_text *text, const char *bytes, size_t length, struct buffer *lines)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;

		buffer_add(&text->line, bytes, (size_t)(stop - bytes));
		if (newline || text->line.length > LINE_MAX_BYTES)
			end_line(text, lines);
		bytes = newline ? newline + 1 : end;
	}
}

static void add_ring(const struct call_text *text, struct buffer *lines)
{
	size_t start = (text->tail_at + TOOL_LOG_PART - text->tail_length) % TOOL_LOG_PART;
	size_t first = TOOL_LOG_PART - start < text->tail_length ? TOOL_LOG_PART - start : text->tail_length;

	if (text->left_out)
		buffer_format(lines, "%u  … %llu bytes left out …\n", text->number,
			      (unsigned long long)text->left_out);
	buffer_add(lines, text->tail + start, first);
	buffer_add(lines, text->tail, text->tail_length - first);
}

void call_text_end(struct call_text *text, const struct tool_end *end, double seconds, struct buffer *lines)
{
	autofree char *peak = size_text(end->peak_bytes);

	if (text->line.length)
		end_line(text, lines);
	if (text->tail)
		add_ring(text, lines);
	if (!end->started)
		buffer_format(lines, "%u  not started: %s\n\n", text->number, end->failure ? end->failure : "");
	else if (WIFEXITED(end->status))
		buffer_format(lines, "%u  exit status %d, %.2f s, processor %.2f s, at most %s\n\n", text->number,
			      WEXITSTATUS(end->status), seconds, end->cpu_seconds, peak);
	else
		buffer_format(lines, "%u  killed by signal %d (%s), %.2f s, processor %.2f s, at most %s\n\n",
			      text->number, WTERMSIG(end->status), sigdescr_np(WTERMSIG(end->status)), seconds,
			      end->cpu_seconds, peak);
}
