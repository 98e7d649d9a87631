/* age(1) encrypts with a passphrase that it asks for on its terminal and nowhere else. It gets a terminal
 * that nobody sees, on which the passphrase has been typed already. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <termios.h>

#include "agent/backup_content.h"

static const char magic[] = "age-encryption.org/v1\n";

/* Lines are passed on as typed: no echo, no editing keys that a passphrase could hit. */
static int make_plain(int fd)
{
	struct termios settings;
	if (tcgetattr(fd, &settings) < 0)
		return -1;
	settings.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ISIG | IEXTEN);
	settings.c_lflag |= ICANON;
	settings.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | IXON);
	for (size_t i = 0; i < NCCS; i++)
		if (i != VMIN && i != VTIME)
			settings.c_cc[i] = _POSIX_VDISABLE;
	return tcsetattr(fd, TCSANOW, &settings);
}

static int open_terminal(int *ret_master, int *ret_slave, struct error *err)
{
	autofd int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name))
		return error_set_errno(err, errno, "cannot make a terminal");
	int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || make_plain(slave) < 0) {
		int problem = errno;
		cleanup_fd(&slave);
		return error_set_errno(err, problem, "cannot use a terminal");
	}
	*ret_master = steal_fd(master);
	*ret_slave = slave;
	return 0;
}

int age_start(struct age *age, const char *passphrase, struct error *err)
{
	static const char *const encrypting[] = { "age", "--encrypt", "--passphrase", NULL };
	static const char *const decrypting[] = { "age", "--decrypt", NULL };
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TERM=dumb", NULL };
	autofd int master = -1, slave = -1;
	pid_t pid = 0;
	if (passphrase_check(passphrase, err) < 0 || open_terminal(&master, &slave, err) < 0)
		return -1;
	/* Encrypting it asks a second time. */
	for (int i = 0; i < 1 + age->encrypt; i++)
		if (fd_write_all(master, passphrase, strlen(passphrase), err) < 0 || fd_write_all(master, "\n", 1, err) < 0)
			return -1;
	struct process process = {
		.argv = age->encrypt ? encrypting : decrypting,
		.environment = environment,
		.directory = "/",
		.input_fd = age->input_fd,
		.output_fd = age->output_fd,
		.terminal_fd = slave,
	};
	if (process_start(&process, &pid, err) < 0)
		return -1;
	age->pid = pid;
	age->terminal = steal_fd(master);
	return 0;
}

int age_wait(struct age *age, struct error *err)
{
	pid_t pid = age->pid;
	age->pid = 0;
	int result = pid ? process_wait(pid, "age", NULL, err) : 0;
	if (pid)
		close(age->terminal);
	return result;
}

bool age_is_wrong_passphrase(const struct error *err)
{
	return err->message && strstr(err->message, "incorrect passphrase");
}

bool age_is_file(int fd)
{
	char start[sizeof magic - 1];
	return fd_read_at(fd, start, sizeof start, 0) && memcmp(start, magic, sizeof start) == 0;
}
