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

/* Judges gpgv's status lines: at least one good and valid signature by a known key with a digest
 * algorithm that still holds, and none that is bad. */
int signature_judge(const char *status, struct error *err);

#endif
