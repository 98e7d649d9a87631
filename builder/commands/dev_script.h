/* hiebox dev: the shell script that runs on the box. Inside the room. */
#ifndef HIEBOX_COMMANDS_DEV_SCRIPT_H
#define HIEBOX_COMMANDS_DEV_SCRIPT_H

#include "commands/dev_work.h"

/* What the lines below call; stands before them. They say what came of it in lines that begin with "@hiebox ". */
extern const char dev_script_functions[];

/* Adds `length` bytes to the file that waits as number `number`. */
void dev_script_bytes(struct buffer *script, size_t number, const void *bytes, size_t length);
/* Lays a change over the box; its bytes wait as number `number`. A unit that was refused stays as it is. */
void dev_script_lay(struct buffer *script, const struct dev_change *change, size_t number);
/* Puts together: units are judged, `lay` is done, then the work. `staged`: lines of dev_script_stage(). */
void dev_script_work(struct buffer *script, const char *staged, const char *lay, const struct dev_work *work);
/* A changed unit is judged beside the others before it is laid down. */
void dev_script_stage(struct buffer *script, const struct dev_change *change, size_t number);
/* Tells the states of these units, and of those that failed what they said in the last so many seconds. */
void dev_script_look(struct buffer *script, const struct strings *units, unsigned seconds);

#endif
