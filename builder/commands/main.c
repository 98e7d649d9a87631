/* The program hiebox. */
#include <signal.h>

#include "commands/commands.h"

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write, with words */
	signal(SIGCHLD, SIG_DFL); /* ignored by some callers: then nobody could be waited for */
	signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
	return commands_main(argc, argv);
}
