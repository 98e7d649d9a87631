/* hiebox run, and what dev has in common with it. Inside the room. */
#ifndef HIEBOX_COMMANDS_RUN_H
#define HIEBOX_COMMANDS_RUN_H

#include "commands/startable.h"

/* A key that opens one machine and is gone with this process, however that ends: a process beside it removes the folder.
 * Zero-initialise; free with throwaway_key_clear(). */
struct throwaway_key {
	char *folder, *file;        /* mode 0700; the private key in it */
	char *line;                 /* the public key */
	int watch;                  /* closed, it lets the folder be removed */
	pid_t remover;
};
int throwaway_key_make(struct throwaway_key *key, struct error *err);
void throwaway_key_clear(struct throwaway_key *key);
#define autothrowaway __attribute__((cleanup(throwaway_key_clear)))

/* One machine, from the command line to its ports. Zero-initialise; free with run_clear(). */
struct run {
	struct startable what;
	struct machine_settings settings;
	struct throwaway_key key;
	char *share, *console;
	struct machine_reach reach;
};
void run_clear(struct run *run);
#define autorun __attribute__((cleanup(run_clear)))

/* Reads the options that run and dev share into run->settings, asks whether such a machine can run here, finds or builds
 * the image (`mode` as in startable_find) and chooses ports. -2: wrong use. */
int run_prepare(const struct parsed_options *options, enum mode mode, struct run *run, struct error *err);

/* What a person types to reach it: a line each, URLs before what they lead to, and the line of ssh. On standard output. */
void run_show(const struct run *run, const struct machine *machine);

/* The address of a port as people write it, "https://127.0.0.1:8443/"; caller frees. */
char *run_address(const struct run *run, const struct machine_port *port);

/* The local number of a port of the box; 0: it is not passed on. */
uint16_t run_local(const struct run *run, uint16_t guest);

/* Asks the box's page, beside the main thread, until all is well, and says so once (beside a console with the page's
 * address); and, without a console, what is wrong when it is not after a long time. Ends with run_ready_end(). */
struct run_ready;
struct run_ready *run_ready_begin(const struct run *run, const struct machine *machine);
void run_ready_end(struct run_ready *ready); /* NULL allowed */

#endif
