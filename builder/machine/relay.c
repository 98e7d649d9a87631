#include "machine/relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>

/* Keys go through as they are; what is printed and Ctrl-C stay as they were. */
static bool make_raw(struct relay *relay)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &relay->terminal) < 0)
		return false;
	raw = relay->terminal;
	raw.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VQUIT] = _POSIX_VDISABLE;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

int relay_begin(struct relay *relay, struct console *console, struct error *err)
{
	struct sigaction hangup;
	sigset_t taken;

	*relay = (struct relay){.signals = -1};
	sigemptyset(&taken);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGTERM);
	/* with nohup(1) the terminal's end is no wish to end this */
	if (sigaction(SIGHUP, NULL, &hangup) < 0 || hangup.sa_handler != SIG_IGN)
		sigaddset(&taken, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &taken, &relay->mask) != 0)
		return error_set(err, "cannot take signals");
	relay->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (relay->signals < 0) {
		error_set_errno(err, errno, "cannot take signals");
		relay_end(relay);
		return -1;
	}
	relay->raw = console_is_shown(console) && make_raw(relay);
	relay->console = relay->raw ? console : NULL;
	return 0;
}

/* False at the end of the input: nothing more is typed. */
static bool relay_keys(struct relay *relay)
{
	char keys[256];
	ssize_t got = read(STDIN_FILENO, keys, sizeof keys);

	if (got > 0)
		console_type(relay->console, keys, (size_t)got);
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

enum relay_event relay_until(struct relay *relay, const struct machine *machine, double seconds)
{
	double end = clock_seconds() + seconds;

	for (;;) {
		double left = end - clock_seconds();
		struct pollfd fds[] = {
			{.fd = machine->pidfd, .events = POLLIN},
			{.fd = machine->notice_fd, .events = POLLIN},
			{.fd = relay->signals, .events = POLLIN},
			{.fd = relay->console ? STDIN_FILENO : -1, .events = POLLIN},
		};
		struct signalfd_siginfo signal;
		int got = poll(fds, LENGTH(fds), seconds < 0 ? -1 : left <= 0 ? 0 : (int)(left * 1000) + 1);

		if (fds[0].revents || fds[1].revents || (got < 0 && errno != EINTR))
			return RELAY_NOTICE;
		if (got > 0 && fds[2].revents && read(relay->signals, &signal, sizeof signal) == sizeof signal)
			return RELAY_SIGNAL;
		if (got > 0 && fds[3].revents && !relay_keys(relay))
			relay->console = NULL;
		if (seconds >= 0 && left <= 0)
			return RELAY_AGAIN;
	}
}

void relay_end(struct relay *relay)
{
	struct signalfd_siginfo signal;

	if (relay->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &relay->terminal);
	/* what came while it was ending has done its work */
	while (relay->signals >= 0 && read(relay->signals, &signal, sizeof signal) == sizeof signal)
		;
	cleanup_fd(&relay->signals);
	relay->signals = -1;
	pthread_sigmask(SIG_SETMASK, &relay->mask, NULL);
}
