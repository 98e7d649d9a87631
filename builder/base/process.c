#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/process_child.h"
#include "base/process_output.h"
#include "base/tool_log.h"

#define REPORT_MAX 65536

/* A process that runs, as its parent sees it. */
struct running {
	pid_t pid;
	const char *name;
	bool sandboxed;
	bool runs;       /* the program was started */
	bool interactive;
	int log_fd;      /* an unnamed file in memory; -1 when the log is a pipe */
	struct tail tail; /* the end of what came by the log pipe */
	struct tool_call *call; /* in the tool log */
	int status;             /* of its end */
	struct rusage usage;    /* of it and of what it waited for */
};

/* The parent's ends of pipes, in the order of `enum`. -1: none. */
enum { PIPE_OUTPUT, PIPE_ERRORS, PIPE_LOG, PIPE_COUNT };
struct pipes {
	int read[PIPE_COUNT];
	int write[PIPE_COUNT];
};

static void cleanup_pipes(struct pipes *pipes)
{
	for (size_t i = 0; i < PIPE_COUNT; i++) {
		cleanup_fd(&pipes->read[i]);
		cleanup_fd(&pipes->write[i]);
	}
}

#define NO_PIPES                                                                                   \
	{                                                                                          \
		{-1, -1, -1},                                                                      \
		{                                                                                  \
			-1, -1, -1                                                                 \
		}                                                                                  \
	}

static int open_pipe(struct pipes *pipes, int which, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	pipes->read[which] = ends[0];
	pipes->write[which] = ends[1];
	return 0;
}

/* Reads what the child reports before its exec; an empty report means that the program runs. */
static int read_report(int fd, struct buffer *ret)
{
	char block[1024];
	ssize_t got;

	ret->maximum = REPORT_MAX;
	do {
		got = read(fd, block, sizeof block);
		if (got > 0)
			buffer_add(ret, block, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -1 : 0;
}

/* `program` is what exec was asked for. */
static int not_started(const struct running *running, const char *program,
		       const struct buffer *reported, struct error *err)
{
	bool searched = !strchr(program, '/');
	int errnum;

	if (reported->data[0] != REPORT_EXEC || reported->length != 1 + sizeof errnum)
		return error_set(err, "cannot run %s: %s", running->name, reported->data + 1);
	memcpy(&errnum, reported->data + 1, sizeof errnum);
	/* execvp() tells of a directory of PATH that may not be read rather than of a missing file.
	 */
	if (errnum == EACCES && searched && !running->sandboxed && !process_available(program))
		errnum = ENOENT;
	if (errnum != ENOENT)
		return error_set_errno(err, errnum, "cannot run %s", running->name);
	if (running->sandboxed)
		return error_set(err, "the tool %s is missing in the sandbox", running->name);
	if (!searched)
		return error_set(err, "the tool %s is missing: there is no %s", running->name,
				 program);
	return error_set(err, "the tool %s is missing: it is not found in PATH", running->name);
}

static int wait_for(pid_t pid, int *ret_status, struct rusage *ret_usage)
{
	pid_t got;

	do
		got = wait4(pid, ret_status, 0, ret_usage);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -1 : 0;
}

/* Forks and waits until the program runs or is known not to. */
static int launch(const struct process *process, struct process_streams *streams,
		  struct running *running, struct error *err)
{
	const char *name = process->argv[0];
	const char *program = process->sandbox ? name : process_program(name);
	autobuffer struct buffer reported = {0};
	autofd int report_fd = -1;
	int ends[2], status;

	running->name = path_base(name);
	running->sandboxed = process->sandbox != NULL;
	running->interactive = process->interactive;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	report_fd = ends[0];
	streams->report = ends[1];
	streams->parent = getpid();
	running->pid = fork();
	if (running->pid == 0)
		process_child(process, program, streams);
	status = errno;
	close(ends[1]);
	if (running->pid < 0)
		return error_set_errno(err, status, "cannot start %s", running->name);
	running->runs = read_report(report_fd, &reported) == 0 && !reported.length;
	if (running->runs)
		return 0;
	wait_for(running->pid, &status, NULL);
	if (!reported.length)
		return error_set(err, "cannot run %s: its start cannot be watched", running->name);
	return not_started(running, program, &reported, err);
}

static int open_input(const struct process *process, int *ret_null, struct error *err)
{
	if (process->input_fd)
		return process->input_fd;
	*ret_null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (*ret_null < 0)
		return error_set_errno(err, errno, "cannot open /dev/null");
	return *ret_null;
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Opens what the child writes to: pipes for what is collected and for the rest. */
static int open_outputs(const struct process *process, struct pipes *pipes, struct running *running,
			struct process_streams *streams, struct error *err)
{
	int log;

	if (process->output && open_pipe(pipes, PIPE_OUTPUT, err) < 0)
		return -1;
	if (process->errors && open_pipe(pipes, PIPE_ERRORS, err) < 0)
		return -1;
	if (process->interactive) {
		streams->input = STDIN_FILENO;
		streams->output = STDOUT_FILENO;
		streams->errors = STDERR_FILENO;
		return 0;
	}
	if (running->log_fd < 0 && open_pipe(pipes, PIPE_LOG, err) < 0)
		return -1;
	log = running->log_fd >= 0 ? running->log_fd : pipes->write[PIPE_LOG];
	if (log < 0)
		return -1;
	streams->output = process->output      ? pipes->write[PIPE_OUTPUT]
			  : process->output_fd ? process->output_fd
					       : log;
	streams->errors = process->errors ? pipes->write[PIPE_ERRORS] : log;
	return 0;
}

static int check_overflow(const char *name, const struct buffer *buffer, struct error *err)
{
	if (buffer && buffer->overflow)
		return error_set(err, "%s wrote more output than the expected %zu bytes", name,
				 buffer->maximum ? buffer->maximum : (size_t)64 << 20);
	return 0;
}

/* Turns the wait status into the result of process_run() and process_wait(). */
static int conclude(const struct running *running, int *ret_status, struct error *err)
{
	autobuffer struct buffer quoted = {0};
	const char *name = running->name;
	int status = running->status;

	if (WIFEXITED(status) && (ret_status || WEXITSTATUS(status) == 0)) {
		if (ret_status)
			*ret_status = WEXITSTATUS(status);
		return 0;
	}
	if (running->interactive && ret_status && WIFSIGNALED(status)) {
		*ret_status = 128 + WTERMSIG(status); /* as shells say it */
		return 0;
	}
	if (running->log_fd >= 0)
		output_quote_file(&quoted, running->log_fd);
	else
		output_quote(&quoted, &running->tail);
	if (WIFEXITED(status))
		return error_set(err, "%s failed with exit status %d%s", name, WEXITSTATUS(status),
				 quoted.length ? quoted.data : "");
	return error_set(err, "%s was killed by signal %d (%s)%s", name, WTERMSIG(status),
			 sigdescr_np(WTERMSIG(status)) ? sigdescr_np(WTERMSIG(status)) : "unknown",
			 quoted.length ? quoted.data : "");
}

/* Everything after the launch: collect, wait, judge. */
static int finish_run(const struct process *process, struct pipes *pipes, struct running *running,
		      int *ret_status, struct error *err)
{
	autofd int pidfd = pidfd_of(running->pid);
	struct output_stream streams[PIPE_COUNT] = {
		{pipes->read[PIPE_OUTPUT], process->output, NULL, NULL},
		{pipes->read[PIPE_ERRORS], process->errors, &running->tail, running->call},
		{pipes->read[PIPE_LOG], NULL, &running->tail, running->call},
	};

	for (size_t i = 0; i < PIPE_COUNT; i++) {
		cleanup_fd(&pipes->write[i]);
		pipes->write[i] = -1;
	}
	output_collect(streams, PIPE_COUNT, pidfd);
	if (wait_for(running->pid, &running->status, &running->usage) < 0)
		return error_set_errno(err, errno, "cannot wait for %s", running->name);
	if (check_overflow(running->name, process->output, err) < 0 ||
	    check_overflow(running->name, process->errors, err) < 0)
		return -1;
	return conclude(running, ret_status, err);
}

static int run_logged(const struct process *process, struct running *running, int *ret_status, struct error *err)
{
	__attribute__((cleanup(cleanup_pipes))) struct pipes pipes = NO_PIPES;
	struct process_streams streams = {0};
	autofd int null = -1;

	streams.input = open_input(process, &null, err);
	if (streams.input < 0 || open_outputs(process, &pipes, running, &streams, err) < 0 ||
	    launch(process, &streams, running, err) < 0)
		return -1;
	return finish_run(process, &pipes, running, ret_status, err);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

int process_run(const struct process *process, int *ret_status, struct error *err)
{
	struct running running = {.log_fd = -1, .call = tool_log_begin(process)};
	struct error problem = {0};
	int answer = run_logged(process, &running, ret_status, &problem);
	const struct tool_end end = {
		.failure = answer < 0 ? problem.message : NULL,
		.status = running.status,
		.started = running.runs,
		.cpu_seconds = seconds_of(&running.usage.ru_utime) + seconds_of(&running.usage.ru_stime),
		.peak_bytes = (uint64_t)running.usage.ru_maxrss * 1024,
	};

	tool_log_end(running.call, &end);
	if (answer < 0 && err) {
		error_clear(err);
		err->message = steal(problem.message);
	}
	error_clear(&problem);
	return answer;
}

/* What process_wait() must know about a pid that process_start() gave out. A list of the process
 * and not an argument, because callers hold only the pid; entries live from start to wait. */
struct started {
	struct started *next;
	struct running running;
};
static struct {
	pthread_mutex_t mutex;
	struct started *first;
} started_list = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void remember(const struct running *running)
{
	struct started *started = memory_alloc(sizeof *started);

	started->running = *running;
	pthread_mutex_lock(&started_list.mutex);
	started->next = started_list.first;
	started_list.first = started;
	pthread_mutex_unlock(&started_list.mutex);
}

static struct started *recall(pid_t pid)
{
	struct started **at = &started_list.first;
	struct started *found;

	pthread_mutex_lock(&started_list.mutex);
	while (*at && (*at)->running.pid != pid)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	pthread_mutex_unlock(&started_list.mutex);
	return found;
}

int process_start(const struct process *process, pid_t *ret_pid, struct error *err)
{
	__attribute__((cleanup(cleanup_pipes))) struct pipes pipes = NO_PIPES;
	struct running running = {.log_fd = -1};
	struct process_streams streams = {0};
	autofd int null = -1;
	autofd int log_fd = -1;
	int status;

	if (process->output || process->errors)
		return error_set(err, "%s: a started process cannot be collected from",
				 process->argv[0]);
	streams.input = open_input(process, &null, err);
	if (streams.input < 0)
		return -1;
	/* Nobody reads a pipe until process_wait(), so the output waits in memory. */
	running.log_fd = memfd_create("hiebox-output", MFD_CLOEXEC);
	if (running.log_fd < 0)
		return error_set_errno(err, errno, "cannot keep the output of %s", process->argv[0]);
	status = open_outputs(process, &pipes, &running, &streams, err);
	log_fd = running.log_fd;
	if (status < 0 || launch(process, &streams, &running, err) < 0)
		return -1;
	remember(&running);
	log_fd = -1; /* kept until process_wait() */
	*ret_pid = running.pid;
	return 0;
}

int process_wait(pid_t pid, const char *name, int *ret_status, struct error *err)
{
	struct started *started = recall(pid);
	int status, result;

	if (wait_for(pid, &status, NULL) < 0) {
		result = error_set_errno(err, errno, "cannot wait for %s", name);
	} else {
		struct running unknown = {.pid = pid, .log_fd = -1};
		struct running *running = started ? &started->running : &unknown;

		running->name = path_base(name);
		running->status = status;
		result = conclude(running, ret_status, err);
	}
	if (started) {
		cleanup_fd(&started->running.log_fd);
		free(started);
	}
	return result;
}

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0 && !path_is_directory(path);
}

char *process_find(const char *name)
{
	const char *program = process_program(name);
	const char *path = getenv("PATH");
	autostrings struct strings directories = {0};

	if (strchr(program, '/'))
		return is_program(program) ? text_copy(program) : NULL;
	strings_split(&directories, path ? path : "/usr/bin:/bin", ":");
	for (size_t i = 0; i < directories.count; i++) {
		autofree char *file = path_join(directories.items[i], program);

		if (is_program(file))
			return steal(file);
	}
	return NULL;
}

bool process_available(const char *name)
{
	autofree char *path = process_find(name);

	return path != NULL;
}

unsigned processor_count(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than cpu_set_t can name */
	return online > 0 ? (unsigned)online : 1;
}
