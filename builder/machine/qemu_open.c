/* What is found out before QEMU is started. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine/kvm_probe.h"
#include "machine/qemu.h"

#define BOOT_CODE 440 /* of a master boot record; then come the disk's number and the table */
#define OUTSIDE "10.0.2.2" /* this machine's loopback, as QEMU's user network has it (qemu(1), -netdev user) */

int qemu_can(enum machine_firmware kind, struct error *err)
{
	struct qemu_firmware firmware = {0};
	int answer;

	if (!process_available(QEMU_PROGRAM))
		return error_set(err, "QEMU is missing: %s is not found in PATH\n"
				      "  sudo apt install qemu-system-x86 ovmf", QEMU_PROGRAM);
	answer = qemu_firmware_find(kind, &firmware, err);
	qemu_firmware_clear(&firmware);
	return answer;
}

int qemu_check_memory(const char *meminfo, uint64_t need, struct error *err)
{
	const char *line = meminfo ? strstr(meminfo, "MemAvailable:") : NULL;
	unsigned long long kilobytes;
	autofree char *wanted = size_text(need), *there = NULL;

	if (!line || sscanf(line, "MemAvailable: %llu kB", &kilobytes) != 1 || kilobytes >= need >> 10)
		return 0;
	there = size_text(kilobytes << 10);
	return error_set(err, "this machine has no memory for the box: it needs %s, and %s are available\n"
			      "  close other programs, or give it less: --memory SIZE", wanted, there);
}

static int check_memory(const struct machine_settings *settings, struct error *err)
{
	autofree char *meminfo = file_text_or_null("/proc/meminfo", 65536);

	return qemu_check_memory(meminfo, settings->memory ? settings->memory : QEMU_MEMORY, err);
}

/* Another format, something compressed or a text would only give a machine that finds nothing to start. */
static int check_boot_sector(int fd, const struct machine_settings *settings, struct error *err)
{
	static const unsigned char nothing[BOOT_CODE];
	unsigned char sector[512] = {0};

	if (!fd_read_at(fd, sector, sizeof sector, 0) || sector[510] != 0x55 || sector[511] != 0xaa)
		return error_set(err, "%s is no disk that starts: it has no boot sector\n"
				      "  expected a raw disk, as hiebox build makes it", settings->disk);
	if (settings->firmware == MACHINE_BIOS && memcmp(sector, nothing, BOOT_CODE) == 0)
		return error_set(err, "%s has no boot loader for a BIOS: its first sector holds no program\n"
				      "  --firmware uefi starts what is made for UEFI alone; hiebox build makes an image for both",
				 settings->disk);
	return 0;
}

/* QEMU makes in TMPDIR the files for what is written and forgotten (block/file-posix.c, get_tmp_filename()), and takes
 * their names away a moment later. A folder of ours is removed even when all are killed in between. */
int qemu_temporary(struct qemu *qemu, struct error *err)
{
	const char *given = getenv("TMPDIR"), *folder = given && *given ? given : "/var/tmp";
	autofree char *place = realpath(folder, NULL);

	if (place && path_is_directory(place) && access(place, W_OK | X_OK) == 0) {
		if (folder_open_in(place, &qemu->folder, err) < 0)
			return -1;
		for (char **variable = environ; *variable; variable++)
			if (!text_starts(*variable, "TMPDIR="))
				strings_add(&qemu->environment, *variable);
		strings_format(&qemu->environment, "TMPDIR=%s", qemu->folder.path);
		return 0;
	}
	return error_set(err, "%s%s is no folder that may be written, and what the box writes is kept there while it runs; "
			 "TMPDIR=DIR names another", given && *given ? "TMPDIR: " : "", folder);
}

/* Machines that forget what they write share the disk; one that keeps it has it alone. */
static int lock_disk(struct qemu *qemu, const struct machine_settings *settings, struct error *err)
{
	const char *disk = settings->disk;
	struct stat about;

	qemu->disk = open(disk, (settings->keep ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	if (qemu->disk < 0)
		return error_set_errno(err, errno, settings->keep ? "cannot write the disk %s" : "cannot read the disk %s", disk);
	if (fstat(qemu->disk, &about) < 0 || !(S_ISREG(about.st_mode) || S_ISBLK(about.st_mode)))
		return error_set(err, "%s is no disk: expected an image that hiebox build made, or a disk", disk);
	if (check_boot_sector(qemu->disk, settings, err) < 0)
		return -1;
	if (flock(qemu->disk, (settings->keep ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* where a file system has no locks, QEMU's own have to do */
	return settings->keep ? error_set(err, "%s is in use by another machine, and what it writes is to be kept: "
					       "wait for that one's end, or leave --keep away", disk)
			      : error_set(err, "%s is being written by a machine that was started with --keep", disk);
}

static int check_extras(const struct machine_settings *settings, struct error *err)
{
	const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	if (settings->share && !path_is_directory(settings->share))
		return error_set(err, "%s cannot be shared: it is no directory", settings->share);
	if (settings->ssh_key && (!*settings->ssh_key || strpbrk(settings->ssh_key, "\r\n")))
		return error_set(err, "the key for SSH is not one line");
	if (settings->display && !(x11 && *x11) && !(wayland && *wayland))
		return error_set(err, "there is no display for a window: neither DISPLAY nor WAYLAND_DISPLAY is set");
	return 0;
}

/* HIEBOX_ACCEL=kvm|tcg chooses; else KVM where it works. */
static int choose_processor(struct qemu *qemu, struct error *err)
{
	const char *wish = getenv("HIEBOX_ACCEL");
	autofree char *missing = NULL;

	if (wish && *wish && !text_equal(wish, "kvm") && !text_equal(wish, "tcg"))
		return error_set(err, "HIEBOX_ACCEL: expected kvm or tcg, got \"%.40s\"", wish);
	if (wish && *wish)
		missing = text_equal(wish, "tcg") ? text_copy("HIEBOX_ACCEL=tcg") : NULL;
	else
		missing = kvm_missing();
	qemu->kvm = !missing;
	qemu->machine->how = missing ? text_format("QEMU, emulated (no KVM: %s)", missing) : text_copy("QEMU, KVM");
	qemu->machine->slowness = missing ? QEMU_SLOWNESS : 1;
	return 0;
}

int qemu_prepare(struct qemu *qemu, const struct machine_settings *settings, struct error *err)
{
	if (qemu_can(settings->firmware, err) < 0 ||
	    qemu_firmware_find(settings->firmware, &qemu->firmware, err) < 0 || check_extras(settings, err) < 0 ||
	    lock_disk(qemu, settings, err) < 0 || check_memory(settings, err) < 0)
		return -1;
	return choose_processor(qemu, err);
}

/* The IPv4 address of a host, as text. Caller frees. */
static char *look_up(const char *host, struct error *err)
{
	const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char text[INET_ADDRSTRLEN] = "";
	int answer = getaddrinfo(host, NULL, &wanted, &found);

	if (answer == 0 && found)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, text, sizeof text);
	if (found)
		freeaddrinfo(found);
	if (*text)
		return text_copy(text);
	error_set(err, "%s cannot be reached from the box: %s", host,
		  answer == EAI_SYSTEM ? strerror(errno) : answer ? gai_strerror(answer) : "it has no IPv4 address");
	return NULL;
}

int qemu_reaches(struct qemu *qemu, const struct machine_settings *settings, struct error *err)
{
	for (size_t i = 0; i < settings->reach_count; i++) {
		struct machine_reach *reach = &settings->reaches[i];
		autofree char *address = look_up(reach->host, err);

		if (!address)
			return -1;
		strings_add(&qemu->hosts, text_starts(address, "127.") ? OUTSIDE : address);
		reach->inside_host = qemu->hosts.items[qemu->hosts.count - 1];
		reach->inside_port = reach->port;
	}
	return 0;
}
