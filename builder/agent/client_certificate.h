/* client_certificate: a system that sends messages may prove who it is by a certificate that this box's authority
 * signed, instead of by a password (mutual TLS on port 5000). The private key is made in memory and goes to the
 * person who asked; the box keeps the certificate alone, /var/lib/hie/clients/<name>.crt, from which the
 * interoperability layer learns whom it belongs to. */
#ifndef HIEBOX_AGENT_CLIENT_CERTIFICATE_H
#define HIEBOX_AGENT_CLIENT_CERTIFICATE_H

#include "base/base.h"

struct client_certificate {
	const char *root;       /* "/" on a box; a directory in tests */
	const char *name;       /* the client's name (OpenHIM's clientID) */
	long days;              /* how long it counts */
};

/* Private key, certificate and authority as PEM, in `ret_text` (zero-initialised; wipe it). Replaces an earlier
 * certificate of this name. */
int client_certificate_make(const struct client_certificate *wanted, struct buffer *ret_text, struct error *err);
/* Packs what client_certificate_make() gave as PKCS#12 (RFC 7292), protected by `passphrase`. */
int client_certificate_pack(const struct client_certificate *wanted, const struct buffer *text, const char *passphrase,
			    struct buffer *ret_package, struct error *err);
/* The interoperability layer no longer accepts the certificate of this name. No certificate is no error. */
int client_certificate_revoke(const struct client_certificate *wanted, struct error *err);

#endif
