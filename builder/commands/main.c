/* The program hiebox. */
#include <signal.h>

#include "commands/commands.h"

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write, with words */
	return commands_main(argc, argv);
}
