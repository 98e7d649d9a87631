/* card: hiebox.conf, what a person with a laptop writes on the partition HIEBOX of a card or stick. Beside
 * the line of rooms: `hiebox check` and the box read it with the same table. A file with mistakes is no
 * lost file: every key counts by itself, and what is right is told. */
#ifndef HIEBOX_CARD_H
#define HIEBOX_CARD_H

#include "base/base.h"
#include "document/document.h"
#include "schema/schema.h"

#define CARD_FILE "hiebox.conf"
#define CARD_MAX (64u << 10)

enum card_key {
	CARD_NAME, CARD_LANGUAGE, CARD_TIME_ZONE, CARD_KEYBOARD, CARD_WIFI, CARD_ADDRESS, CARD_SSH_KEYS,
	CARD_PASSWORDS, CARD_KEYS
};
/* Unsaid: keep what the recipe says. Wrong: keep what was said before. */
enum card_said { CARD_UNSAID, CARD_SAID, CARD_WRONG };

struct card_wifi {
	const char *name, *password, *country; /* NULL: not given, or taken over before (`~`) */
};
struct card_address {
	const char *by;                        /* "dhcp", or NULL and the rest */
	const char *ipv4, *ipv6;               /* with prefix length: "192.168.1.10/24" */
	struct text_list gateways, dns;
};

/* Zero-initialise; free with card_clear(). Texts live as long as it does. */
struct card {
	struct arena *arena;
	struct document **documents;           /* parts of the file, when it could not be parsed as a whole */
	size_t document_count, document_capacity;
	enum card_said said[CARD_KEYS];
	const struct node *nodes[CARD_KEYS];   /* of what is said, for its place */
	const char *name, *language, *time_zone, *keyboard;
	struct card_wifi wifi;
	struct card_address address;
	struct text_list ssh_keys;
	struct entry_list passwords;           /* without those that were taken over before */
};

/* Reads the file's text. What is wrong goes to `mistakes` with its place, without any value of `wifi` or
 * `passwords`; `said` tells key by key what counts. A file of comments says nothing and is right. */
void card_read(const char *file, const char *text, size_t length, struct card *ret_card,
	       struct diagnostics *mistakes);
void card_clear(struct card *card);

/* Replaces the value of each node (one line, plain or in quotes) by `~` and blanks, in place: the text keeps
 * its length, its places and everything else. -1 when one cannot be found; then nothing is changed. */
int card_wipe(char *text, size_t length, const struct node *const *values, size_t count);

extern const struct file_kind kind_card;

#endif
