/* commands: what a person types. Turns errors into text and exit statuses: 0 ok, 1 failed, 2 usage. */
#ifndef HIEBOX_COMMANDS_H
#define HIEBOX_COMMANDS_H

/* Runs the program with main's arguments; returns the exit status. */
int commands_main(int argc, char *const *argv);

#endif
