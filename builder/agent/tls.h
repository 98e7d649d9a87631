/* Inside the agent: which names the box's certificate holds, and which its authority may vouch for. */
#ifndef HIEBOX_AGENT_TLS_H
#define HIEBOX_AGENT_TLS_H

#include "agent/provision.h"

/* Where the box's own wireless network will have it. */
#define ACCESS_POINT_ADDRESS "192.168.77.1"

/* A name as openssl(1) writes it in subjectAltName, and when this box last had it (seconds since 1970). */
struct tls_name {
	char *name;            /* "DNS:hiebox.local", "IP:192.168.1.10" */
	int64_t seen;
};
struct tls_names {
	struct tls_name *items;
	size_t count, capacity;
};
void tls_names_clear(struct tls_names *names);
/* Adds it, or takes the later time when it is there. */
void tls_names_add(struct tls_names *names, const char *name, int64_t seen);
const struct tls_name *tls_names_find(const struct tls_names *names, const char *name);

/* The nameConstraints of an authority of a box of that name (RFC 5280 section 4.2.1.10): its own names and private
 * networks, so that installing it on a phone gives nobody power over the web. Caller frees. */
char *tls_constraints(const char *box_name);
/* Does such an authority vouch for it? */
bool tls_permitted(const char *box_name, const char *name);

/* What the box is called and where it can be reached now, as far as its authority vouches for it. */
void tls_names_now(const struct provision *provision, const char *authority_name, struct tls_names *names);
/* Adds what it had until a month ago, the latest eight: a laptop that goes between two networks needs no new
 * certificate each time. */
void tls_names_keep(struct tls_names *names, const struct tls_names *before, int64_t now);

#endif
