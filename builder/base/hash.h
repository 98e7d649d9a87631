/* Hashes: SHA-256, SHA-512, SHA-1 (npm's old integrity only) and MD5 (dpkg's conffiles only) by libcrypto. */
#ifndef HIEBOX_BASE_HASH_H
#define HIEBOX_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HASH_HEX_MAX 129 /* SHA-512 in hex and the NUL */

/* A running hash. `algorithm` is "sha256", "sha512", "sha1" or "md5" (aborts on another: the callers
 * name constants). hash_finish() writes lower-case hex, frees, and returns the text's length. */
struct hash;
struct hash *hash_new(const char *algorithm);
void hash_add(struct hash *hash, const void *bytes, size_t length);
void hash_text(struct hash *hash, const char *text);   /* the bytes and the NUL, so that fields cannot run together */
size_t hash_finish(struct hash *hash, char ret_hex[HASH_HEX_MAX]);
void hash_free(struct hash *hash);                     /* for error paths; NULL allowed */

void hash_bytes(const char *algorithm, const void *bytes, size_t length, char ret_hex[HASH_HEX_MAX]);
int hash_file(const char *algorithm, const char *path, char ret_hex[HASH_HEX_MAX], struct error *err);

/* Is `hex` exactly the lower-case hex length of the algorithm? Unknown algorithm: false. */
bool hash_is_hex(const char *algorithm, const char *hex);

/* A UUID (version 4 form, lower case) derived from sha256(seed, role): the same for the same words. */
void uuid_derive(const char *seed, const char *role, char ret_uuid[37]);

/* Base64 (RFC 4648 section 4). Decode returns the length or -1; `ret` must hold length * 3 / 4 bytes. */
char *base64_encode(const void *bytes, size_t length);            /* caller frees */
long base64_decode(const char *text, unsigned char *ret, size_t capacity);

#endif
