/* signature: is an InRelease file signed by a key of the keyring? gpgv does the cryptography.
 * Private to fetch. Source: GnuPG doc/DETAILS ("Format of the --status-fd output"). */
#ifndef HIEBOX_FETCH_SIGNATURE_H
#define HIEBOX_FETCH_SIGNATURE_H

#include "base/base.h"

/* Verifies the clear-signed file `path` against `keyring` (binary or ASCII-armoured). `*ret_text`
 * (caller frees) is what gpgv says was signed, never the file's own text. `work` is a directory for
 * temporary files. */
int signature_verify(const char *path, const char *keyring, const char *work, char **ret_text,
		     struct error *err);

/* Is the text (`length` bytes, NUL behind them) one clear-signed message (RFC 4880 section 7), with one
 * signature block and nothing in front? Then what gpgv prints is what was signed. */
int signature_shape(const char *text, size_t length, struct error *err);

/* Adds the bytes of all ASCII-armoured key blocks (RFC 4880 section 6.2) in `text` to `keys`. */
int signature_keys(const char *text, struct buffer *keys, struct error *err);

/* Judges gpgv's status lines: at least one good and valid signature by a known key with a digest
 * algorithm that still holds, and none that is bad. */
int signature_judge(const char *status, struct error *err);

#endif
