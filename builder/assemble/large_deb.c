/* Large packages by the tools root's xz; see large_deb.h. Source: deb(5), ar(5). */
#define _GNU_SOURCE 1
#include "assemble/large_deb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "assemble/unpacked.h"

/* Below it, starting a sandbox costs as much as it saves */
#define WORTH_IT (1u << 20)
#define MEMBERS_MAXIMUM 16

/* One header of an ar archive: decimal text, padded with blanks. */
struct member {
	char name[16], time[12], uid[6], gid[6], mode[8], size[10], end[2];
};
_Static_assert(sizeof(struct member) == 60, "an ar header has 60 bytes");

bool large_deb_pays(const char *architecture)
{
	struct utsname machine;
	if (uname(&machine))
		return false;
	return (text_equal(architecture, "amd64") && text_equal(machine.machine, "x86_64")) ||
	       (text_equal(architecture, "arm64") && text_equal(machine.machine, "aarch64"));
}

static bool read_size(const struct member *member, uint64_t *ret_size)
{
	uint64_t size = 0;
	size_t i = 0;
	for (; i < sizeof member->size && member->size[i] >= '0' && member->size[i] <= '9'; i++)
		size = size * 10 + (uint64_t)(member->size[i] - '0');
	*ret_size = size;
	return i > 0 && !memcmp(member->end, "`\n", 2);
}

bool large_deb_find(int fd)
{
	static const char name[] = "data.tar.xz ";
	char magic[8];
	off_t at = sizeof magic;
	if (pread(fd, magic, sizeof magic, 0) != sizeof magic || memcmp(magic, "!<arch>\n", sizeof magic))
		return false;
	for (int i = 0; i < MEMBERS_MAXIMUM; i++) {
		struct member member;
		uint64_t size;
		if (pread(fd, &member, sizeof member, at) != sizeof member || !read_size(&member, &size))
			return false;
		at += (off_t)sizeof member;
		if (!memcmp(member.name, name, sizeof name - 1) || !memcmp(member.name, "data.tar.xz/", 12))
			return lseek(fd, at, SEEK_SET) == at;
		at += (off_t)(size + (size & 1));
	}
	return false;
}

struct job {
	const struct tools *tools;
	int from;                  /* the package, where its data begins */
	int pipe[2];
	struct unpacked *kept;
	archive_visit *visit;
	void *context;
};

/* What follows the stream in the package is none of xz's business. */
static int run_xz(struct job *job, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/xz", "--decompress", "--stdout", "--single-stream",
					    "--threads=1", NULL };
	const struct tool_run run = { .argv = argv, .input_fd = job->from, .output_fd = job->pipe[1] };
	int answer = tools_run(job->tools, &run, err);
	/* the last writer is gone: the reader meets the end */
	close(job->pipe[1]);
	return answer;
}

static int work(void *context, size_t index, struct error *err)
{
	struct job *job = context;
	if (index == 0)
		return run_xz(job, err);
	const struct archive_copy copy = { unpacked_add, job->kept };
	int answer = archive_stream(job->pipe[0], job->kept ? &copy : NULL, job->visit, job->context, err);
	close(job->pipe[0]);
	return answer;
}

int large_deb(const struct large_deb *deb, archive_visit *visit, void *context, struct error *err)
{
	struct stat status;
	autofd int fd = open(deb->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return error_set_errno(err, errno, "%s", deb->path);
	if (status.st_size < WORTH_IT || !large_deb_find(fd))
		return 1;
	int answer = deb->store ? unpacked_read(deb->store, deb->sha256, visit, context, err) : 1;
	if (answer <= 0)
		return answer;
	struct job job = { .tools = deb->tools, .from = fd, .visit = visit, .context = context };
	if (pipe2(job.pipe, O_CLOEXEC))
		return error_set_errno(err, errno, "pipe");
	fcntl(job.pipe[1], F_SETPIPE_SZ, 1 << 20);
	if (deb->store && deb->keep)
		job.kept = unpacked_begin(deb->store, deb->sha256);
	answer = parallel_each(2, 2, work, &job, err);
	unpacked_end(job.kept, answer == 0);
	return answer;
}
