/* settings: what hiebox.conf on the card says, taken over by the box. The step `card` reads it, keeps what it
 * says in the box's own state and wipes passwords from the card; the step `settings` makes the system so.
 *
 *   /var/lib/hie/settings.json       name, language, time-zone, keyboard: laid over box.json by box_load()
 *   /var/lib/hie/secrets/<name>      passwords
 *   /var/lib/hie/card/wifi.json      the wireless network, with its password
 *   /var/lib/hie/card/wpa_supplicant.conf   the same for wpa_supplicant
 *   /var/lib/hie/card/wiping         hiebox.conf as it shall be, while passwords are wiped from it
 *   /var/lib/hie/ssh/authorized_keys.d/root
 *   /etc/systemd/network/40-hie-card.network
 *   /var/lib/hie/configuration-mistakes   what could not be read, a line each; absent when all is right */
#ifndef HIEBOX_AGENT_SETTINGS_H
#define HIEBOX_AGENT_SETTINGS_H

#include "agent/provision.h"
#include "card/card.h"

/* One reading of the card. Mistakes found here go to `mistakes` like those of card_read(). */
struct visit {
	const struct provision *provision;
	char *file;                  /* path of hiebox.conf; NULL: no card, or nothing on it */
	char *text;
	size_t length;
	struct card card;
	struct diagnostics mistakes;
	const struct node *wiped[64]; /* values that are kept now, to be wiped from the file */
	size_t wiped_count;
	struct strings changed;      /* names of keys that brought something new */
};

/* Notes that `value` is safely kept and must leave the card. */
void visit_wipe(struct visit *visit, const struct node *value);
/* Can it be wiped (one line, plain or in quotes)? If not, a mistake says so. */
bool visit_can_wipe(struct visit *visit, const struct node *value, const char *name);

/* Each takes one part over. Everything is on the disk when it returns. */
int visit_passwords(struct visit *visit, struct error *err);
int visit_wifi(struct visit *visit, struct error *err);
int visit_address(struct visit *visit, struct error *err);
int visit_ssh_keys(struct visit *visit, struct error *err);

/* Overwrites the values in place, so that the bytes of before are gone from where the file lies, and finishes
 * what a power cut interrupted. A write-protected card is a mistake, no error. */
int wipe_run(struct visit *visit, struct error *err);
int wipe_resume(const struct provision *provision, const char *file, struct error *err);

/* Writes `text` (NULL: removes the file) where it differs; then 1, else 0. Missing folders are made with 0700. */
int settings_keep(const char *path, const char *text, mode_t mode, struct error *err);
/* settings.json as it is; an unreadable one is as none. Free with document_free(). */
struct document *settings_load(const char *root);

/* What a running system must be told; all without an answer count as "at the next start". */
void bus_set_host_name(const char *name);
void bus_reload_network(void);
/* "TryRestartUnit", "ReloadUnit", …: job queued, not waited for. */
void bus_unit(const char *verb, const char *unit);

#endif
