#include "machine/kvm_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define QEMU "qemu-system-x86_64"
#define PROBE_MILLISECONDS 1900
#define ANSWER_MAX 4096
#define WORKS "works"

/* The guest as a file in memory; -1 when there is no such thing. */
static int sector_fd(void)
{
	int fd = memfd_create("hiebox-kvm", MFD_CLOEXEC);

	if (fd >= 0 && (fd_write_all(fd, kvm_sector, sizeof kvm_sector, NULL) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What the end of the guest says: NULL it came to its end, else why not. */
static char *judge(int status, const struct error *problem, bool in_time, bool *ret_sure)
{
	double load = 0;

	if (!problem->message && status == KVM_EXIT)
		return NULL;
	*ret_sure = true;
	/* of its register dump the end is quoted */
	if (problem->message && (strstr(problem->message, "KVM internal error") || strstr(problem->message, "EFER=")))
		return text_copy("it cannot run a small guest's instructions");
	if (in_time)
		return text_copy("QEMU cannot use it");
	/* a machine with too much to do may be as slow */
	*ret_sure = getloadavg(&load, 1) == 1 && load <= processor_count();
	return text_copy("a small guest does not come to its end in it");
}

/* Runs the guest. NULL when it came to its end in time, else why not (caller frees), and whether that stays so. */
static char *run_guest(bool *ret_sure)
{
	static const char *const argv[] = {
		QEMU, "-accel", "kvm", "-cpu", "host", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none",
		"-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
		"-drive", "file=/proc/self/fd/0,format=raw,if=floppy,readonly=on", "-boot", "a", NULL,
	};
	autofd int sector = sector_fd();
	autofd int pidfd = -1;
	struct pollfd ended = {.events = POLLIN};
	struct error problem = {0};
	pid_t pid;
	int status = -1;
	char *why;

	*ret_sure = false;
	if (sector < 0 ||
	    process_start(&(struct process){.argv = argv, .input_fd = sector, .own_group = true}, &pid, NULL) < 0)
		return text_copy("QEMU does not start");
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended.fd = pidfd;
	while (poll(&ended, 1, PROBE_MILLISECONDS) < 0 && errno == EINTR)
		;
	kill(pid, SIGKILL); /* it was not waited for, so the number is still its own */
	process_wait(pid, QEMU, &status, &problem);
	why = judge(status, &problem, ended.revents != 0, ret_sure);
	error_clear(&problem);
	return why;
}

/* What the answer is good for: this start of the machine, this QEMU. NULL when that cannot be said; caller frees. */
static char *answer_key(const char *boot_id_file)
{
	autofree char *boot = file_line_or_null(boot_id_file, 128);
	autofree char *program = process_find(QEMU);
	struct stat about;

	if (!boot || !program || stat(program, &about) < 0)
		return NULL;
	return text_format("%s %s %lld.%09ld %ld", boot, program, (long long)about.st_mtim.tv_sec, about.st_mtim.tv_nsec,
			   (long)getuid());
}

/* The kept answer: 1 works, 0 does not (with *ret_why), -1 none. */
static int kept_answer(const char *file, const char *key, char **ret_why)
{
	autofree char *text = file_text_or_null(file, ANSWER_MAX);
	char *answer;

	if (!text || !text_starts(text, key) || text[strlen(key)] != '\n')
		return -1;
	answer = text + strlen(key) + 1;
	answer[strcspn(answer, "\n")] = '\0';
	if (!*answer)
		return -1;
	if (text_equal(answer, WORKS))
		return 1;
	for (char *c = answer; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			return -1;
	*ret_why = text_copy(answer);
	return 0;
}

static void keep_answer(const char *folder, const char *file, const char *key, const char *why)
{
	autofree char *text = text_format("%s\n%s\n", key, why ? why : WORKS);

	/* without it the guest runs again next time */
	if (directory_make(folder, 0755, NULL) == 0)
		file_write(file, text, strlen(text), 0644, NULL);
}

/* Why this user cannot have the device, or NULL; caller frees. */
static char *device_missing(const char *device)
{
	struct utsname kernel;

	if (uname(&kernel) == 0 && !text_equal(kernel.machine, "x86_64"))
		return text_format("this processor is %.40s, the box's x86_64", kernel.machine);
	if (access(device, R_OK | W_OK) == 0)
		return NULL;
	if (errno == ENOENT)
		return text_format("there is no %s", device);
	if (errno == EACCES)
		return text_format("no permission for %s: sudo adduser $USER kvm, and log in again", device);
	return text_format("%s: %s", device, strerror(errno));
}

char *kvm_missing_at(const char *device, const char *boot_id_file)
{
	autofree char *folder = cache_directory("hiebox");
	autofree char *file = folder ? path_join(folder, "kvm") : NULL;
	autofree char *key = answer_key(boot_id_file);
	char *why = device_missing(device);
	bool sure = true;

	if (why)
		return why;
	if (file && key && kept_answer(file, key, &why) >= 0)
		return why;
	why = run_guest(&sure);
	if (file && key && (!why || sure))
		keep_answer(folder, file, key, why);
	return why;
}

char *kvm_missing(void)
{
	return kvm_missing_at("/dev/kvm", "/proc/sys/kernel/random/boot_id");
}
