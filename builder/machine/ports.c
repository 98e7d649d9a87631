#include "machine/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TABLE_MAX (16u << 20)
#define BACKLOG 1024
#define STATE_LISTENS 0x0a

/* The socket's inode number of whoever listens there, by one of the two tables; 0: nobody. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
	autofree char *text = file_text_or_null(table, TABLE_MAX);
	autostrings struct strings lines = {0};

	if (!text)
		return 0;
	strings_split(&lines, text, "\n");
	for (size_t i = 1; i < lines.count; i++) {
		unsigned local, state;
		unsigned long inode;

		/* sl local_address:port remote_address:port st queues timer retransmits uid timeout inode */
		if (sscanf(lines.items[i], "%*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", &local,
			   &state, &inode) == 3 &&
		    local == port && state == STATE_LISTENS)
			return inode;
	}
	return 0;
}

static bool holds(const char *process, const char *socket_name)
{
	autofree char *directory = path_join3("/proc", process, "fd");
	autostrings struct strings descriptors = {0};
	struct error ignored = {0};
	bool found = false;

	if (directory_list(directory, &descriptors, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; !found && i < descriptors.count; i++) {
		autofree char *path = path_join(directory, descriptors.items[i]);
		char target[64];
		ssize_t length = readlink(path, target, sizeof target - 1);

		target[length > 0 ? length : 0] = '\0';
		found = text_equal(target, socket_name);
	}
	return found;
}

char *port_owner(uint16_t port)
{
	unsigned long inode = listening_inode("/proc/net/tcp", port);
	autostrings struct strings processes = {0};
	struct error ignored = {0};

	if (!inode)
		inode = listening_inode("/proc/net/tcp6", port);
	if (!inode)
		return NULL;
	autofree char *socket_name = text_format("socket:[%lu]", inode);
	if (directory_list("/proc", &processes, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < processes.count; i++) {
		int64_t number;

		if (number_parse(processes.items[i], 1, INT32_MAX, &number) < 0 || !holds(processes.items[i], socket_name))
			continue;
		autofree char *file = path_join3("/proc", processes.items[i], "comm");
		autofree char *name = file_line_or_null(file, 4096);
		return text_format("%s (process %s)", name ? name : "a program", processes.items[i]);
	}
	return NULL;
}

static int explain(uint16_t port, int errnum, struct error *err)
{
	autofree char *owner = errnum == EADDRINUSE && port ? port_owner(port) : NULL;

	if (!port)
		return error_set_errno(err, errnum, "no port of 127.0.0.1 can be listened on");
	if (errnum == EADDRINUSE)
		return error_set(err, "port %u is taken%s%s: end that first, or choose another port", port,
				 owner ? " by " : " by a program of another user", owner ? owner : "");
	if (errnum == EACCES)
		return error_set(err, "port %u may not be listened on: ports below 1024 are root's, choose a higher one", port);
	return error_set_errno(err, errnum, "port %u of 127.0.0.1 cannot be listened on", port);
}

int port_listen(uint16_t *port, int *ret_fd, struct error *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
	socklen_t length = sizeof address;
	autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return explain(*port, errno, err);
	*port = ntohs(address.sin_port);
	*ret_fd = steal_fd(fd);
	return 0;
}
