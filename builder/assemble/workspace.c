/* Where trees live while layers are made; see workspace.h. */
#define _GNU_SOURCE 1
#include "assemble/workspace.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TEXT_MAXIMUM (64u << 10)
/* What javac, sqfstar and the page cache want beside the trees */
#define RESERVE (2ull << 30)

bool workspace_fits(uint64_t bytes, uint64_t available)
{
	/* a rough estimate of ours must not be the reason why a machine runs out of memory */
	return bytes <= (UINT64_MAX >> 1) && 2 * bytes + RESERVE <= available;
}

/* The number behind `label` in a text of the kernel's, or `missing`. */
static uint64_t number_behind(const char *path, const char *label, uint64_t missing)
{
	autofree char *text = file_text_or_null(path, TEXT_MAXIMUM);
	const char *at = text ? strstr(text, label) : NULL;
	if (!at)
		return missing;
	char *end;
	at += strlen(label);
	uint64_t number = strtoull(at, &end, 10);
	return end == at ? missing : number;
}

/* What the machine and, in a container, its control group (memory.max may say "max") still have. */
static uint64_t memory_available(void)
{
	uint64_t machine = number_behind("/proc/meminfo", "MemAvailable:", 0) * 1024;
	uint64_t limit = number_behind("/sys/fs/cgroup/memory.max", "", UINT64_MAX);
	uint64_t used = number_behind("/sys/fs/cgroup/memory.current", "", 0);
	uint64_t left = limit == UINT64_MAX ? limit : limit > used ? limit - used : 0;
	return machine < left ? machine : left;
}

/* In the namespace of the process that started us a mount would outlive us. */
static bool has_own_mounts(void)
{
	struct stat ours, theirs;
	autofree char *parent = text_format("/proc/%d/ns/mnt", (int)getppid());
	return !stat("/proc/self/ns/mnt", &ours) && !stat(parent, &theirs) && ours.st_ino != theirs.st_ino;
}

int workspace_open(const char *work, uint64_t bytes, struct workspace *ret, struct error *err)
{
	struct workspace workspace = { .path = path_join(work, "trees") };
	if (directory_make(workspace.path, 0755, err)) {
		free(workspace.path);
		return -1;
	}
	if (has_own_mounts() && workspace_fits(bytes, memory_available())) {
		autofree char *options = text_format("mode=0755,size=%llu,nr_inodes=4m",
						     (unsigned long long)(2 * bytes + RESERVE / 2));
		workspace.in_memory = !mount("hiebox", workspace.path, "tmpfs", MS_NODEV, options);
	}
	*ret = workspace;
	return 0;
}

void workspace_close(struct workspace *workspace)
{
	if (workspace->in_memory)
		umount2(workspace->path, MNT_DETACH);
	if (workspace->path)
		tree_remove(workspace->path, NULL);
	free(workspace->path);
	*workspace = (struct workspace){ 0 };
}

void workspace_leave(struct workspace *workspace)
{
	free(workspace->path);
	*workspace = (struct workspace){ 0 };
}
