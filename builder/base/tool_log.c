#include "base/tool_log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/sandbox.h"
#include "base/tool_log_text.h"

/* The log of the process; like the display, there is one. */
static struct {
	pthread_mutex_t mutex;
	char *folder, *name;
	unsigned kept;
	char *path; /* once the file is made */
	int fd;
	bool broken; /* it cannot be made: said once, and builds go on */
	unsigned calls;
	struct tool_failure **failures;
	size_t count, capacity;
} tool_log = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

struct tool_call {
	unsigned number;
	bool written; /* there is a log */
	double begun;
	struct call_text text;
	struct tool_failure *about; /* what is known should it fail */
};

static void failure_free(struct tool_failure *failure)
{
	if (!failure)
		return;
	free(failure->summary);
	free(failure->step);
	strings_clear(&failure->argv);
	strings_clear(&failure->environment);
	free(failure->directory);
	free(failure->root);
	strings_clear(&failure->bind_from);
	strings_clear(&failure->bind_to);
	free(failure->bind_writable);
	free(failure);
}

static struct tool_failure *describe(const struct process *process)
{
	struct tool_failure *about = memory_alloc(sizeof *about);
	const struct sandbox *sandbox = process->sandbox;

	strings_add_all(&about->argv, process->argv);
	if (process->environment)
		strings_add_all(&about->environment, process->environment);
	about->directory = text_copy(process->directory);
	about->step = progress_step();
	about->had_input = process->input_fd != 0;
	memcpy(about->extra_fds, process->extra_fds, sizeof about->extra_fds);
	if (!sandbox)
		return about;
	about->sandboxed = true;
	about->root = text_copy(sandbox->root);
	about->root_writable = sandbox->root_writable;
	about->no_tmpfs = sandbox->no_tmpfs;
	about->bind_writable = memory_alloc(sandbox->bind_count + 1);
	for (size_t i = 0; i < sandbox->bind_count; i++) {
		strings_add(&about->bind_from, sandbox->binds[i].from);
		strings_add(&about->bind_to, sandbox->binds[i].to);
		about->bind_writable[i] = sandbox->binds[i].writable;
	}
	return about;
}

/* Names begin with the time: the first ones are the oldest. */
static void remove_old(const char *folder, unsigned kept)
{
	autostrings struct strings names = {0};

	if (directory_list(folder, &names, NULL) < 0)
		return;
	size_t logs = 0;
	for (size_t i = 0; i < names.count; i++)
		logs += text_ends(names.items[i], ".log");
	for (size_t i = 0; i < names.count && logs > kept; i++) {
		autofree char *path = path_join(folder, names.items[i]);

		if (text_ends(names.items[i], ".log") && unlink(path) == 0)
			logs--;
	}
}

/* With the mutex held. */
static void make_file(void)
{
	struct error problem = {0};
	char stamp[32];
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
	tool_log.path = text_format("%s/%s-%s-%d.log", tool_log.folder, stamp, tool_log.name, (int)getpid());
	if (directory_make(tool_log.folder, 0755, &problem) == 0) {
		remove_old(tool_log.folder, tool_log.kept - 1);
		tool_log.fd = open(tool_log.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (tool_log.fd < 0) {
		tool_log.broken = true;
		free(tool_log.path);
		tool_log.path = NULL;
	}
	error_clear(&problem);
}

static void write_text(const struct buffer *text)
{
	if (!text->length)
		return;
	pthread_mutex_lock(&tool_log.mutex);
	if (tool_log.fd >= 0 && fd_write_all(tool_log.fd, text->data, text->length, NULL) < 0) {
		close(tool_log.fd); /* a full disk: the build will say so itself */
		tool_log.fd = -1;
		tool_log.broken = true;
	}
	pthread_mutex_unlock(&tool_log.mutex);
}

void tool_log_open(const char *folder, const char *name, unsigned kept)
{
	tool_log_close();
	pthread_mutex_lock(&tool_log.mutex);
	tool_log.folder = text_copy(folder);
	tool_log.name = text_copy(name);
	tool_log.kept = kept ? kept : 1;
	pthread_mutex_unlock(&tool_log.mutex);
}

const char *tool_log_path(void)
{
	return tool_log.path;
}

void tool_log_close(void)
{
	pthread_mutex_lock(&tool_log.mutex);
	cleanup_fd(&tool_log.fd);
	tool_log.fd = -1;
	for (size_t i = 0; i < tool_log.count; i++)
		failure_free(tool_log.failures[i]);
	free(tool_log.failures);
	free(tool_log.folder);
	free(tool_log.name);
	free(tool_log.path);
	tool_log.failures = NULL;
	tool_log.folder = tool_log.name = tool_log.path = NULL;
	tool_log.count = tool_log.capacity = 0;
	tool_log.broken = false;
	tool_log.calls = 0;
	pthread_mutex_unlock(&tool_log.mutex);
}

struct tool_call *tool_log_begin(const struct process *process)
{
	struct tool_call *call = memory_alloc(sizeof *call);
	autobuffer struct buffer head = {0};

	call->begun = clock_seconds();
	call->about = describe(process);
	pthread_mutex_lock(&tool_log.mutex);
	if (tool_log.folder && tool_log.fd < 0 && !tool_log.broken)
		make_file();
	call->written = tool_log.fd >= 0;
	call->number = ++tool_log.calls;
	pthread_mutex_unlock(&tool_log.mutex);
	call_text_begin(&call->text, call->number);
	call->about->number = call->number;
	if (call->written)
		call_text_head(call->about, &head);
	write_text(&head);
	return call;
}

void tool_log_output(struct tool_call *call, const char *bytes, size_t length)
{
	autobuffer struct buffer lines = {0};

	if (!call || !call->written)
		return;
	call_text_output(&call->text, bytes, length, &lines);
	write_text(&lines);
}

static void add_failure(struct tool_failure *about, const char *message)
{
	size_t length = strcspn(message, "\n");

	while (length && (message[length - 1] == ':' || message[length - 1] == ' '))
		length--;
	about->summary = text_copy_n(message, length);
	pthread_mutex_lock(&tool_log.mutex);
	if (tool_log.folder) {
		tool_log.failures =
			array_grow(tool_log.failures, tool_log.count, &tool_log.capacity, sizeof(void *));
		tool_log.failures[tool_log.count++] = about;
		about = NULL;
	}
	pthread_mutex_unlock(&tool_log.mutex);
	failure_free(about);
}

void tool_log_end(struct tool_call *call, const struct tool_end *end)
{
	autobuffer struct buffer lines = {0};
	struct progress_tool run = {
		.name = path_base(call->about->argv.items[0]), .seconds = clock_seconds() - call->begun,
		.cpu_seconds = end->cpu_seconds, .peak_bytes = end->peak_bytes,
	};

	if (end->started)
		progress_tool(&run);
	if (call->written) {
		call_text_end(&call->text, end, run.seconds, &lines);
		write_text(&lines);
	}
	call_text_clear(&call->text);
	if (end->failure)
		add_failure(call->about, end->failure);
	else
		failure_free(call->about);
	free(call);
}

const struct tool_failure *tool_log_failure(const char *message)
{
	const struct tool_failure *found = NULL;

	pthread_mutex_lock(&tool_log.mutex);
	for (size_t i = 0; message && i < tool_log.count; i++)
		if (strstr(message, tool_log.failures[i]->summary))
			found = tool_log.failures[i];
	pthread_mutex_unlock(&tool_log.mutex);
	return found;
}
