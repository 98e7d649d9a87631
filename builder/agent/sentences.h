/* sentences: every text that the agent says to people. English is a table in sentences.c; another language
 * is one file, /usr/share/hie/languages/<code>.yaml, with the same names (see language.h). */
#ifndef HIEBOX_AGENT_SENTENCES_H
#define HIEBOX_AGENT_SENTENCES_H

#include <stdarg.h>

#include "agent/box.h"
#include "agent/sentences_map.h"
#include "agent/sentences_page.h"
#include "agent/sentences_workflow.h"
#include "base/base.h"
#include "document/document.h"

struct language;
struct json;

/* The comment says what {1}, {2}, … are. */
#define SENTENCE_ENTRY(name, text) SAY_##name,
enum sentence {
	/* provisioning steps: what is being done */
	SAY_STEP_CLOCK, SAY_STEP_DIRECTORIES, SAY_STEP_SECRETS, SAY_STEP_SSH, SAY_STEP_CERTIFICATE,
	SAY_STEP_DATABASE, SAY_STEP_TEMPLATES, SAY_STEP_CREDENTIALS,
	/* outcomes */
	SAY_NOTHING_TO_DO,
	SAY_CLOCK_RIGHT,
	SAY_CLOCK_SET,            /* new time */
	SAY_CLOCK_NOT_OURS,
	SAY_DIRECTORIES_DONE,     /* how many */
	SAY_SECRETS_DONE,         /* all, new */
	SAY_TEMPLATES_DONE,       /* all, changed */
	SAY_KEYS_KEPT,
	SAY_KEYS_MADE,            /* which */
	SAY_CERTIFICATE_KEPT,
	SAY_CERTIFICATE_MADE,     /* names */
	SAY_DATABASES_KEPT,       /* count */
	SAY_DATABASES_MADE,       /* count */
	SAY_SKIPPED_IN_RESCUE,
	/* provisioning failures */
	SAY_STEP_FAILED,          /* what was being done, why */
	SAY_STEP_FAILED_UNNEEDED, /* what was being done, why */
	SAY_BOX_UNREADABLE,       /* path */
	SAY_SECRET_EMPTY,         /* path */
	SAY_USER_UNKNOWN,         /* user, what for */
	SAY_GROUP_UNKNOWN,        /* group, what for */
	SAY_PLACEHOLDER_UNKNOWN,  /* placeholder */
	SAY_PLACEHOLDER_OPEN,
	SAY_PLACEHOLDER_BOX,      /* key */
	SAY_PLACEHOLDER_SECRET,   /* name */
	SAY_NO_POSTGRES,          /* directory */
	SAY_POSTGRES_ENDED,
	SAY_POSTGRES_LATE,        /* seconds */
	/* states of a component: which, and more */
	SAY_OK, SAY_OK_UNPROBED, SAY_NOTHING_TO_CHECK, SAY_STARTING, SAY_WAITING,
	SAY_STARTING_LONG,        /* component, minutes, unit */
	SAY_RESTARTING,           /* component, how often */
	SAY_RESTARTS_OFTEN,       /* component, how often, unit */
	SAY_STOPPING,
	SAY_NOT_ANSWERING_YET, SAY_NOT_ANSWERING, /* component, why */
	SAY_FAILED, SAY_FAILED_MEMORY, SAY_FAILED_LATE, SAY_NOT_RUNNING, SAY_NO_UNIT,
	SAY_MASKED,               /* component, unit, result */
	SAY_UNIT_UNKNOWN,         /* component, why */
	SAY_NOT_STARTED_IN_RESCUE,
	SAY_PROBE_STATUS,         /* got, wanted */
	/* the box as a whole */
	SAY_BOX_OK, SAY_BOX_STARTING, SAY_BOX_DEGRADED, /* how many */
	SAY_BOX_FAILED,           /* how many */
	SAY_BOX_RESCUE,           /* reason */
	/* the reasons: in English as the initramfs writes them (overlays/boot) */
	SAY_RESCUE_ASKED, SAY_RESCUE_NO_DATA, SAY_RESCUE_DAMAGED, SAY_RESCUE_NOT_ANEW, SAY_RESCUE_READ_ONLY,
	SAY_RESCUE_PART_LOST, SAY_RESCUE_LOST,
	SAY_BOX_PROVISION,        /* reason */
	SAY_DISK_FULL,            /* free */
	SAY_MEMORY_LOW,           /* available */
	SAY_TOO_HOT,              /* degrees Celsius */
	SAY_CLOCK_WRONG,          /* what it shows */
	SAY_CERTIFICATE_OVER,     /* what the clock shows */
	SAY_CERTIFICATE_SOON,
	SAY_CONFIGURATION_MISTAKE, /* line, what is wrong */
	SAY_DISK_AND_MEMORY,      /* disk free, disk size, memory available, memory size */
	SAY_NO_BUS,               /* why */
	/* the consoles */
	SAY_CONSOLE_PAGE, SAY_CONSOLE_NO_NETWORK, SAY_CONSOLE_RESCUE,
	/* the control socket's refusals */
	SAY_CONTROL_UNKNOWN, SAY_CONTROL_BUSY, SAY_STATUS_UNKNOWN, SAY_JOB_BEGINS,
	SAY_ACTION_FAILED,        /* why */
	SAY_LOGIN_NEEDED, SAY_LOGIN_WRONG, SAY_LOGIN_NOT_YET,
	SAY_LOGIN_WAIT,           /* seconds */
	SAY_PASSWORD_UNFIT,       /* least number of characters */
	SAY_CLOCK_NO_TIME,
	SAY_CLOCK_TOO_EARLY,      /* day */
	SAY_COMPONENT_UNKNOWN,
	SAY_COMPONENT_NO_UNIT,    /* component */
	SAY_RESTART_IN_RESCUE,
	/* credentials */
	SAY_ROOT_ONLY,
	SAY_NOT_YET,              /* what is missing */
	SAY_CREDENTIALS_HEAD,     /* box name */
	SAY_CREDENTIALS_NONE,
	SAY_PLACES_HEAD,
	SAY_USER_LINE,            /* user, password, what for */
	SAY_PLACE_LINE,           /* url or address, what */
	SAY_OVERVIEW_PAGE,
	/* first boot: hiebox.conf, clock */
	SAY_STEP_CARD, SAY_STEP_SETTINGS,
	SAY_CARD_NONE, SAY_CARD_KEPT,
	SAY_CARD_TAKEN,           /* keys that brought something new */
	SAY_CARD_WRONG,           /* how many mistakes, keys that brought something new */
	SAY_SETTINGS_DONE,        /* name, time zone, keyboard */
	SAY_CLOCK_NOW,            /* time */
	SAY_CLOCK_WRONG_TIME,     /* what was given */
	/* reset */
	SAY_RESET_ASK, SAY_RESET_KEPT, SAY_RESET_MARKED,
	SAY_RESET_DATA_ASK, SAY_RESET_DATA_MARKED, SAY_RESET_DATA_DOING, SAY_RESET_DATA_DONE,
	SAY_RESET_NO_DATA,        /* directory */
	SAY_REBOOTING,
	/* backup and restore */
	SAY_STEP_RESTORE,
	SAY_PASSPHRASE_ASK,
	SAY_PASSPHRASE_AGAIN,
	SAY_PASSPHRASE_DIFFERS,
	SAY_PASSPHRASE_SHORT,       /* how many */
	SAY_PASSPHRASE_BAD,
	SAY_JOB_VANISHED,
	SAY_BACKUP_COLLECTING,      /* @component */
	SAY_BACKUP_WRITING,         /* file */
	SAY_BACKUP_DONE,            /* file, size */
	SAY_BACKUP_FAILED,          /* why */
	SAY_BACKUP_BUSY,
	SAY_BACKUP_NO_ROOM,         /* need, free, place */
	SAY_BACKUP_FAT_LIMIT,       /* size */
	SAY_BACKUP_NO_CARD,
	SAY_BACKUP_NO_STICK,
	SAY_BACKUP_MANY_STICKS,     /* names */
	SAY_BACKUP_STICK_GONE,      /* name */
	SAY_BACKUP_STICK_BAD,       /* name, why */
	SAY_BACKUP_NO_FOLDER,       /* path */
	SAY_BACKUP_NONE,
	SAY_BACKUP_FOUND,           /* how many */
	SAY_BACKUP_LINE,            /* target, size, time, file */
	SAY_BACKUP_CARD,
	SAY_BACKUP_STICK,           /* name, label or kind, size */
	SAY_RESTORE_ASK,            /* file */
	SAY_RESTORE_CHECKING,       /* file */
	SAY_RESTORE_PREPARING,      /* @component */
	SAY_RESTORE_READY,          /* file */
	SAY_RESTORE_DONE,           /* file */
	SAY_RESTORE_IN_PLACE,       /* how many */
	SAY_RESTORE_FAILED,         /* why */
	SAY_RESTORE_NOT_APPLIED,  /* why */
	SAY_RESTORE_NO_FILE,        /* file */
	SAY_RESTORE_NOT_A_BACKUP, /* file */
	SAY_RESTORE_WRONG_PASSPHRASE,
	SAY_RESTORE_CORRUPT,        /* what is wrong */
	SAY_RESTORE_NEWER_FORMAT,
	SAY_RESTORE_NEWER_BOX,      /* date, date */
	SAY_RESTORE_NO_COMPONENT, /* component */
	SAY_RESTORE_OLD_POSTGRES, /* version, version */
	SAY_RESTORE_OTHER_SCHEMA, /* database */
	/* security: client certificates, SSH */
	SAY_CLIENT_NAME,          /* name */
	SAY_CLIENT_MADE,          /* file, name, days */
	SAY_CLIENT_PASSPHRASE,    /* passphrase */
	SAY_CLIENT_REVOKED,       /* name */
	SAY_STEP_SSH_WANTED, SAY_SSH_ON, /* how many files */
	SAY_SSH_OFF,
	/* the page */
	PAGE_SENTENCES(SENTENCE_ENTRY)
	/* workflows */
	WORKFLOW_SENTENCES(SENTENCE_ENTRY)
	MAP_SENTENCES(SENTENCE_ENTRY)
	SENTENCE_COUNT
};
#undef SENTENCE_ENTRY

#define SENTENCE_ARGUMENTS 9u

/* The sentence in English with {1}…{9} replaced by the arguments, which end with NULL. Caller frees. */
char *sentence(enum sentence which, ...) __attribute__((sentinel));
/* The same in a language (NULL: English). */
char *sentence_in(const struct language *language, enum sentence which, ...) __attribute__((sentinel));
/* The same in English as an error; returns -1. */
int sentence_error(struct error *err, enum sentence which, ...) __attribute__((sentinel));
/* For functions that take a sentence's arguments as these do: the same, and the arguments added to a list. */
char *sentence_in_v(const struct language *language, enum sentence which, va_list arguments);
void sentence_arguments(struct strings *with, va_list arguments);
/* Any text with {1}…{9} replaced. Caller frees. */
char *sentence_fill(const char *text, const struct strings *with);

/* Its name ("STEP_CLOCK"), its English, and back. */
const char *sentence_name(enum sentence which);
const char *sentence_english(enum sentence which);
int sentence_find(const char *name, enum sentence *ret_which);

/* A sentence that is not said yet: which and with what, so that each reader gets it in a language of
 * theirs. An argument "@id,id" stands for the titles of components. */
struct saying {
	enum sentence which;
	struct strings with;
};
struct saying saying_make(enum sentence which, ...) __attribute__((sentinel));
void saying_clear(struct saying *saying);
/* Said; `language` NULL: English; `box` (for titles) may be NULL. Caller frees. */
char *saying_text(const struct saying *saying, const struct language *language, const struct box *box);
/* As {"say": NAME, "with": […]}, between processes; reading gives -1 for an unknown name. */
struct json *saying_json(const struct saying *saying);
int saying_read(const struct node *node, struct saying *ret_saying);

#endif
