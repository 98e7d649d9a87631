/* plan: recipe, catalogue, package indexes and locks become one immutable plan: exact packages and
 * digests, payloads, layout, ids, memory, ports. The only room that names libsolv. */
#ifndef HIEBOX_PLAN_H
#define HIEBOX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "document/document.h"
#include "recipe/recipe.h"

/* One verified Packages file on disk (plain or .xz), with the archive it belongs to. */
struct package_index {
	const char *path;
	const char *archive;    /* "debian" or "debian-security": names the mirror, holds no host */
	const char *suite;      /* "trixie", "trixie-updates", "trixie-security" */
	const char *digest;     /* "sha256:…" of the file, the key of the index cache */
};

/* One Debian package exactly. */
struct package {
	const char *name, *version, *architecture;
	const char *archive;       /* as in package_index */
	const char *filename;      /* path below the mirror: pool/… */
	const char *sha256;        /* hex */
	uint64_t size;             /* of the .deb */
	uint64_t installed_kib;
	bool essential;            /* Essential: yes, or Priority required as the solver seeds it */
	bool multi_arch_same;
	const char *why;           /* one plain line: asked for by what, or "needed by NAME"; never NULL */
	bool automatic;            /* came as a dependency (apt's auto mark) */
};
struct package_set {
	struct package *items;     /* sorted by name, architecture */
	size_t count;
	uint64_t download_bytes, installed_bytes;
};

/* What to solve: names (or name=version, or virtual names) wanted, each with where it was asked. */
struct package_request {
	const char *name;
	const char *asked_by;      /* "recipe.yaml:12:5", "component openhim, variant native", "board pc" */
	struct place place;        /* where it is written, for messages; no file: hiebox's own list */
};

struct solve_input {
	const struct package_index *indexes;
	size_t index_count;
	const char *architecture;
	const struct package_request *requests;
	size_t request_count;
	const char *cache;         /* directory for the parsed index cache, or NULL */
};

/* Solves with Essential packages seeded, no Recommends, the first alternative of an OR group favoured,
 * newest version over all indexes; the answer apt gives for
 * `apt-get install --no-install-recommends` on an empty system. `cache` is a directory for the
 * parsed index cache (NULL: none; written by rename, keyed by digests, never trusted from elsewhere).
 * An unsolvable request is an error that gives the chain in plain words. `*ret_set` is owned by the
 * arena. Source: Debian Policy chapters 5 and 7; libsolv's deb support. */
int plan_solve(const struct solve_input *input, struct arena *arena, struct package_set *ret_set,
	       struct error *err);

/* The Debian lock: package sets of the image and of the tools root, seed and time stamp. */
struct lock {
	char seed[65];             /* hex, 64 digits; from it every UUID and id is derived */
	int64_t timestamp;         /* unix seconds: all file times are clamped to it; the build time of the box */
	const char *suite, *architecture;
	const char *request_digest; /* sha256 of the sorted request names of both sets: tells when a recipe outgrew its lock */
	struct package_set image, tools;
};

/* Text form: first line `# hiebox lock 1`, then `key value` lines and one line per package
 * (`image|tools name version architecture archive size sha256 installed-kib flags filename why`).
 * Strict parser: every mistake with file:line:column. */
int lock_read(const char *path, struct arena *arena, struct lock *ret_lock, struct error *err);
int lock_write(const char *path, const struct lock *lock, struct error *err);
/* The same text in memory (embedded in the image); caller frees. */
char *lock_text(const struct lock *lock);

/* One payload file from a registry. */
enum payload_kind { PAYLOAD_NPM, PAYLOAD_MAVEN, PAYLOAD_FILE };
struct payload {
	enum payload_kind kind;
	const char *location;      /* npm: path below the registry (`<name>/-/<base>-<version>.tgz`); maven: repository path; file: full URL */
	const char *digest;        /* "sha512:hex", "sha256:hex", "sha1:hex" */
	uint64_t size;             /* 0 when unknown (npm) */
	const char *target;        /* npm: directory below `into`; maven: jar file name; file: base name */
};
struct planned_source {
	const struct source *source;
	const struct component *component;
	struct payload *payloads;
	size_t payload_count;
};

/* Fills `planned->payloads` from its source's lock (npm, maven) or the source itself (file); none for other kinds. Every
 * mistake in a lock is added with its place; returns -1 when there was one. */
int plan_payloads(struct planned_source *planned, struct arena *arena, struct diagnostics *mistakes);

struct planned_component {
	const struct component *component;
	const struct variant *variant;
	const char *reason;        /* plain line when not the first variant was taken, else NULL */
};

/* A partition of the disk. Sizes and starts in bytes, multiples of 1 MiB. */
enum partition_role { PARTITION_BIOS, PARTITION_EFI, PARTITION_EXCHANGE, PARTITION_SYSTEM_A,
		      PARTITION_SYSTEM_B, PARTITION_DATA, PARTITION_ROOT };
struct partition {
	enum partition_role role;
	const char *name;          /* GPT name: "bios", "efi", "HIEBOX", "system-a", … */
	const char *type;          /* GPT type GUID */
	char uuid[37];             /* partition UUID */
	char filesystem_uuid[37];  /* filesystem UUID, or for FAT the first 8 hex digits are the volume id */
	uint64_t start, size;      /* 0 size of system slots until layers are known: see plan_layout() */
};
struct layout {
	char disk_uuid[37];
	struct partition partitions[8];
	size_t count;
	uint64_t disk_size;
};

struct plan {
	const struct recipe *recipe;
	const struct board *board;
	const struct catalogue *catalogue;
	struct planned_component *components;   /* closure of `needs`, dependencies first */
	size_t component_count;
	struct lock lock;
	struct planned_source *sources;
	size_t source_count;
	struct port *ports;                     /* all, sorted, clashes were mistakes */
	size_t port_count;
	uint64_t memory;                        /* sum over the components + 256 MiB for the system, bytes */
	uint64_t estimated_system;              /* estimate of the layers' compressed size, bytes */
};

/* One systemd unit that a component (NULL: the recipe) brings, or its additions (X.d) to a unit of a package.
 * The lists are words between blanks, or NULL. */
struct planned_unit {
	const char *name, *path, *description;
	const struct component *component;
	bool additions;
	const char *after, *before, *requires, *wants, *wanted_by;
};

/* Component closure, variants, clashes of ports/users/state directories, memory against the board,
 * mode rules (production refuses unsuitable). All mistakes are collected. Everything but packages:
 * fills recipe, board, components, sources (payload locks read and checked), ports, memory. */
int plan_components(const struct catalogue *catalogue, struct arena *arena, struct plan *ret_plan,
		    struct diagnostics *mistakes);

/* The package requests that plan (recipe, board, components, hiebox's own base list) leads to.
 * hiebox's own list: systemd, systemd-sysv, udev, dbus, libpam-systemd, kmod, iproute2, nftables,
 * e2fsprogs, fdisk, systemd-repart, busybox, and the agent's libraries. Also the fixed list of the tools root. */
size_t plan_image_requests(const struct plan *plan, struct arena *arena, struct package_request **ret_requests);
size_t plan_tools_requests(const struct plan *plan, struct arena *arena, struct package_request **ret_requests);

/* What every UUID of this image is derived from: the lock's seed; for a recipe that extends another, or was
 * built with settings, the seed with the recipe's name and the settings, so that twenty images of one lock
 * are told apart when two of them meet in one machine. Hexadecimal. */
void plan_identity(const struct plan *plan, char ret_identity[HASH_HEX_MAX]);

/* Does this component of the plan start with the recipe's data set, made by its `seed`? */
bool plan_seeds(const struct plan *plan, const struct component *component);

/* The disk of this plan when the layers together have `system_bytes` (estimate or real): slots 1.5
 * times that, rounded up to 16 MiB; ids from plan_identity(). */
void plan_layout(const struct plan *plan, uint64_t system_bytes, struct layout *ret_layout);

/* An estimate of the layers' compressed size in bytes from the lock and the payloads (or
 * `estimated_system` when that is set), for plan_layout() before the layers are there. */
uint64_t plan_estimate(const struct plan *plan);

/* What the image file takes on its disk, in bytes (it is sparse: less than the disk it holds): the layers or
 * the plain root, the kernel and its initramfs, what the filesystems themselves need. */
uint64_t plan_estimate_used(const struct plan *plan);

/* Every key of the recipe that this version reads and does nothing with, one plain line each, never silent:
 * "site.access-point has no effect yet: …". Added to `lines`. */
void plan_without_effect(const struct plan *plan, struct strings *lines);

/* One step from something in the image back to what a person wrote. */
struct why_step {
	const char *text;          /* a plain line */
	const char *name;          /* what the step is about: a package or component */
	const char *field;         /* "Depends", "Pre-Depends", "Essential", "packages", "needs", "components", or "hiebox" */
	const char *relation;      /* what stands in the field, or NULL */
	const char *by;            /* who needs or asks for it: the name of the next step, or NULL at the end */
	struct place place;        /* where it is written; no file: nowhere */
};
struct why_steps {
	struct why_step *items;
	size_t count;
};

/* Why a package of the plan's lock is in the image. */
struct why_package {
	const struct package *package;
	struct why_steps chain;    /* the shortest, from the package to the recipe, board or hiebox */
	struct why_steps reasons;  /* all direct ones */
	bool fields_known;         /* false: not in these indexes in this version; the chain is as the lock tells it */
};
struct why_question {
	const struct plan *plan;
	const struct solve_input *indexes; /* as for plan_solve(), without requests; there may be none */
	const char *name;
};
/* Returns 1 when the lock has no such package. All texts live in the arena. */
int plan_why_package(const struct why_question *question, struct arena *arena, struct why_package *ret,
		     struct error *err);
/* Why a component is in the plan: from who needs it to the line of the recipe. */
void plan_why_component(const struct plan *plan, const char *id, struct arena *arena, struct why_steps *ret);
/* A sentence about a package that the image lacks: that the archive has it, and what asking for it would add;
 * else why it cannot be had, with the nearest names. In the arena. */
const char *plan_why_not(const struct why_question *question, struct arena *arena);
/* The units that components and recipe bring, in the order in which they start; in the arena. */
size_t plan_units(const struct plan *plan, struct arena *arena, struct planned_unit **ret_units);

/* Human text (several sections) or JSON of the plan; caller frees. `present` tells whether a digest
 * is already in the store (may be NULL: all unknown). */
typedef bool plan_present(void *context, const char *digest);
char *plan_text(const struct plan *plan, plan_present *present, void *context);
struct json *plan_json(const struct plan *plan, plan_present *present, void *context);
/* {"port", "protocol", "for", "summary"}, as plan, image manifest and box.json have it; caller frees. */
struct json *port_json(const struct port *port);

#endif
