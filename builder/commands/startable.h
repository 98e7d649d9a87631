/* What run, dev and test start: an image that is there, or a recipe, whose image is made first. Inside the room. */
#ifndef HIEBOX_COMMANDS_STARTABLE_H
#define HIEBOX_COMMANDS_STARTABLE_H

#include "commands/session.h"
#include "machine/machine.h"

/* The options of the caller with another argument and, with a `mode` other than 0, that as one more setting. They borrow
 * from the caller's. */
struct changed {
	struct parsed_options options;
	char *setting;
};
void changed_make(const struct parsed_options *from, const char *argument, enum mode mode, struct changed *ret);
void changed_clear(struct changed *changed);

/* A port of the box that this image opens. Texts are owned by the startable. */
struct startable_port {
	uint16_t number;
	bool udp;
	enum audience audience;
	const char *summary;        /* "OpenHIM router (http)" */
};

/* Zero-initialise; free with startable_clear(). */
struct startable {
	char *name;                 /* of the recipe: "demo" */
	char *disk;                 /* the raw disk */
	struct strings layers;      /* "base=/…/layer.squashfs", bottom to top; empty when the store lacks one */
	char *boot;                 /* overlays/boot of the project, or of the installed one; NULL: neither is there */
	enum mode mode;
	uint64_t memory;            /* what the plan says it needs, bytes */
	bool made;                  /* it was built just now */
	struct startable_port *ports;
	size_t port_count;
	bool planned;               /* `session` holds the recipe's plan: for images, when the recipe is found here */
	struct session session;
	struct arena *arena;
};
void startable_clear(struct startable *startable);
#define autostartable __attribute__((cleanup(startable_clear)))

/* The first argument of `options`: an image (*.raw, or any file that is no *.yaml), else a recipe. Of a recipe, whose
 * image is missing or does not fit it any more, the image is built, as `hiebox build` does it, in a process of its own:
 * an interruption ends that and then this process. One that fits is said in a line on standard error. `mode` not 0: the
 * recipe's mode is set to it, and the image has a name of its own then ("demo-development"). */
int startable_find(const struct parsed_options *options, enum mode mode, struct startable *ret, struct error *err);

/* Is it an image, by its name or because it is a file that is no recipe? */
bool startable_is_image(const char *argument);

/* Is this port reached from outside the box (TCP only)? */
bool startable_is_open(const struct startable *startable, const struct startable_port *port);

/* Reads --nspawn, --firmware, --memory, --processors, --keep and --display, as far as the command has them, into
 * `settings`. -2 with err: one is wrong, or means nothing to that kind of machine. */
int startable_options(const struct parsed_options *options, struct machine_settings *settings, struct error *err);

/* Fills disk, layers, boot, name and memory of `settings` (borrowed from `startable`), and leaves the rest. -1: that
 * kind of machine cannot start this image. */
int startable_settings(const struct startable *startable, struct machine_settings *settings, struct error *err);

/* The ports that people reach, each with a local number that is free just now: 443 is 8443, 80 is 8000, others their own
 * number when they may, or 0 (any) when somebody has it. Wishes come first; their LOCAL 0 is any. With ssh, 22 is 2222.
 * The list is the caller's. -2 with err: a wish is none. */
struct startable_wishes {
	struct strings ports;       /* "GUEST:LOCAL" */
	bool ssh;
};
int startable_local_ports(const struct startable *startable, const struct startable_wishes *wishes,
			  struct machine_port **ret_ports, size_t *ret_count, struct error *err);

#endif
