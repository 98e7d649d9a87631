/* The box that hiebox test has booted. Inside the room. */
#ifndef HIEBOX_COMMANDS_TEST_BOX_H
#define HIEBOX_COMMANDS_TEST_BOX_H

#include "commands/startable.h"
#include "commands/test.h"

/* Zero-initialise but for disk_fd (-1); free with test_machine_clear(). */
struct test_machine {
	const struct parsed_options *options;
	struct startable what;
	struct machine_settings settings;
	struct machine_port *ports;
	size_t port_count;
	struct machine *machine;
	struct proof *proof;
	double began;               /* clock_seconds() when it was started */
	int disk_fd;                /* QEMU: a copy of the disk without a name, which the machine writes */
	char *disk;                 /* its path */
	bool answers;               /* the shell inside answered last time */
};
void test_machine_clear(struct test_machine *test);

/* test_box_start.c: from the command line to a box whose shell answers and which says that everything runs. -2: wrong use. */
int test_machine_prepare(const struct parsed_options *options, struct test_machine *test, struct error *err);
int test_machine_start(struct test_machine *test, struct error *err);
/* 0: all runs. -1: it broke off. 1: it answers, but not all of it runs; err says what. */
int test_machine_wait(struct test_machine *test, struct error *err);
/* The local number of a port of the box; 0: it is not passed on. */
uint16_t test_machine_local(const struct test_machine *test, uint16_t guest);
/* Runs a script inside; its output is the caller's. */
int test_machine_ask(struct test_machine *test, const char *script, double seconds, char **ret_text, struct error *err);

/* test_box_logins.c: what workflows need of the box: roles, credentials of its clients, its authority's certificate. */
struct test_inside {
	struct document *box;       /* box.json */
	struct strings credentials; /* name, user and password by turns */
	const char **roles;
	char *authority;            /* PEM */
};
int test_inside_read(struct test_machine *test, struct test_inside *inside, struct error *err);
void test_inside_clear(struct test_inside *inside);
/* As struct play_settings wants it; context: the struct test_inside. */
int test_inside_credential(void *inside, const char *name, struct play_login *ret_login, struct error *err);

/* test_box_journal.c. In the data partition (overlays/boot, hie-stack): */
#define TEST_JOURNAL_PLACE "state/var/upper/log/journal"
/* Where the data partition of a disk begins, in bytes; 0: it cannot be told. */
uint64_t test_journal_start(const char *disk);
/* Copies the journal's files, at most 512 MiB, out of the ext4 filesystem that begins at `start` into FOLDER/journal, which
 * is made. What the filesystem says is trusted with nothing but bytes: no name of it leads elsewhere, no link is made. */
int test_journal_copy(const char *disk, uint64_t start, const char *folder, struct error *err);

/* test_box_last.c: what happened last, from whatever still answers: the console, the journal of failed units from inside,
 * else from the data partition. Adds to test->proof. Passwords on the box's screen are taken out of it, and of what `err`
 * quotes of the screen. */
void test_machine_last(struct test_machine *test, struct error *err);

#endif
