/* Large packages by the tools root's xz; see large_deb.h. Source: deb(5), ar(5). */
#define _GNU_SOURCE 1
#include "assemble/large_deb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "assemble/deb_members.h"
#include "assemble/unpacked.h"

/* Below it, starting a sandbox costs as much as it saves */
#define WORTH_IT (1u << 20)
#define DATA "data.tar.xz"

bool large_deb_pays(const char *architecture)
{
	struct utsname machine;
	if (uname(&machine))
		return false;
	return (text_equal(architecture, "amd64") && text_equal(machine.machine, "x86_64")) ||
	       (text_equal(architecture, "arm64") && text_equal(machine.machine, "aarch64"));
}

struct job {
	const struct large_deb *deb;
	int from;                  /* the package, where its data begins */
	int pipe[2];
	struct unpacked *kept;
	archive_visit *visit;
	void *context;
	atomic_bool refused;       /* the reader wants no more: that xz dies of it is no news */
};

/* What follows the stream in the package is none of xz's business. */
static int run_xz(struct job *job, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/xz", "--decompress", "--stdout", "--single-stream",
					    "--threads=1", NULL };
	const struct tool_run run = { .argv = argv, .input_fd = job->from, .output_fd = job->pipe[1] };
	int answer = tools_run(job->deb->tools, &run, err);
	bool refused = job->refused;
	/* the last writer is gone: the reader meets the end */
	close(job->pipe[1]);
	if (answer && refused) {
		error_clear(err);
		return 0;
	}
	return answer ? error_prefix(err, "%s", DATA) : 0;
}

static int work(void *context, size_t index, struct error *err)
{
	struct job *job = context;
	if (index == 0)
		return run_xz(job, err);
	const struct archive_pipe pipe = { job->pipe[0], job->deb->maximum, job->kept ? unpacked_add : NULL,
					   job->kept };
	int answer = archive_stream(&pipe, job->visit, job->context, err);
	job->refused = answer != 0;
	close(job->pipe[0]);
	return answer ? error_prefix(err, "%s", DATA) : 0;
}

int large_deb(const struct large_deb *deb, archive_visit *visit, void *context, struct error *err)
{
	struct stat status;
	autofd int fd = open(deb->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return error_set_errno(err, errno, "%s", deb->path);
	if (status.st_size < WORTH_IT)
		return 1;
	struct deb_members members;
	if (deb_members(fd, &members, err))
		return -1;
	if (!text_equal(members.data.name, DATA) || lseek(fd, (off_t)members.data.offset, SEEK_SET) < 0)
		return 1;
	int answer = deb->store ? unpacked_read(deb->store, deb->sha256, visit, context, err) : 1;
	if (answer <= 0)
		return answer;
	struct job job = { .deb = deb, .from = fd, .visit = visit, .context = context };
	if (pipe2(job.pipe, O_CLOEXEC))
		return error_set_errno(err, errno, "pipe");
	fcntl(job.pipe[1], F_SETPIPE_SZ, 1 << 20);
	if (deb->store && deb->keep)
		job.kept = unpacked_begin(deb->store, deb->sha256);
	answer = parallel_each(2, 2, work, &job, err);
	unpacked_end(job.kept, answer == 0);
	return answer;
}
