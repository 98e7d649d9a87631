/* keystore: Java's list of trusted certificates, made reproducible. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_KEYSTORE_H
#define HIEBOX_ASSEMBLE_KEYSTORE_H

#include "base/base.h"

/* Sets the dates of all entries of a JKS file of trusted certificates to `timestamp` and signs it anew
 * with the well-known password that Debian's has. A missing file, or one of another form, stays as it
 * is. Source: the JDK's sun.security.provider.JavaKeyStore. */
int keystore_normalise(const char *path, int64_t timestamp, struct error *err);

#endif
