#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

struct algorithm {
	const char *name;
	const EVP_MD *(*get)(void);
	size_t bytes;
};

static const struct algorithm algorithms[] = {
	{"sha256", EVP_sha256, 32},
	{"sha512", EVP_sha512, 64},
	{"sha1", EVP_sha1, 20},
	{"md5", EVP_md5, 16},
};

struct hash {
	EVP_MD_CTX *context;
};

static const struct algorithm *algorithm_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(algorithms); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

struct hash *hash_new(const char *algorithm)
{
	const struct algorithm *found = algorithm_find(algorithm);
	struct hash *hash = memory_alloc(sizeof *hash);

	hash->context = EVP_MD_CTX_new();
	if (!found || !hash->context || EVP_DigestInit_ex(hash->context, found->get(), NULL) != 1)
		abort(); /* a caller's constant is wrong, or libcrypto was built without the
			    algorithm */
	return hash;
}

void hash_add(struct hash *hash, const void *bytes, size_t length)
{
	if (EVP_DigestUpdate(hash->context, bytes, length) != 1)
		abort();
}

void hash_text(struct hash *hash, const char *text)
{
	hash_add(hash, text, strlen(text) + 1);
}

static const char hex_digits[] = "0123456789abcdef";

static size_t to_hex(const unsigned char *bytes, size_t length, char *ret_hex)
{
	for (size_t i = 0; i < length; i++) {
		ret_hex[2 * i] = hex_digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	ret_hex[2 * length] = '\0';
	return 2 * length;
}

size_t hash_finish(struct hash *hash, char ret_hex[HASH_HEX_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length;

	if (EVP_DigestFinal_ex(hash->context, digest, &length) != 1)
		abort();
	hash_free(hash);
	return to_hex(digest, length, ret_hex);
}

void hash_free(struct hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->context);
	free(hash);
}

void hash_bytes(const char *algorithm, const void *bytes, size_t length, char ret_hex[HASH_HEX_MAX])
{
	struct hash *hash = hash_new(algorithm);

	hash_add(hash, bytes, length);
	hash_finish(hash, ret_hex);
}

int hash_file(const char *algorithm, const char *path, char ret_hex[HASH_HEX_MAX],
	      struct error *err)
{
	const size_t size = (size_t)256 << 10;
	autofree char *block = memory_resize(NULL, size, 1);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct hash *hash;

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	hash = hash_new(algorithm);
	for (;;) {
		ssize_t got = read(fd, block, size);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR) {
			error_set_errno(err, errno, "cannot read %s", path);
			hash_free(hash);
			return -1;
		}
		if (got > 0)
			hash_add(hash, block, (size_t)got);
	}
	hash_finish(hash, ret_hex);
	return 0;
}

bool hash_is_hex(const char *algorithm, const char *hex)
{
	const struct algorithm *found = algorithm_find(algorithm);

	return found && hex && strlen(hex) == 2 * found->bytes &&
	       strspn(hex, hex_digits) == 2 * found->bytes;
}

void uuid_derive(const char *seed, const char *role, char ret_uuid[37])
{
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];

	hash_text(hash, seed);
	hash_text(hash, role);
	hash_finish(hash, hex);
	/* RFC 9562 section 5.4: version 4 in the 13th digit, variant 10 in the 17th. */
	hex[12] = '4';
	hex[16] = "89ab"[(strchr(hex_digits, hex[16]) - hex_digits) & 3];
	for (size_t from = 0, to = 0; to < 36; to++)
		ret_uuid[to] = to == 8 || to == 13 || to == 18 || to == 23 ? '-' : hex[from++];
	ret_uuid[36] = '\0';
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *bytes, size_t length)
{
	const unsigned char *in = bytes;
	char *text, *out;

	if (length > SIZE_MAX / 4)
		abort();
	text = memory_alloc((length + 2) / 3 * 4 + 1);
	out = text;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned bits = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
				(left > 2 ? in[i + 2] : 0);

		*out++ = base64_digits[bits >> 18];
		*out++ = base64_digits[bits >> 12 & 63];
		*out++ = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? base64_digits[bits & 63] : '=';
	}
	return text;
}

/* The value of four digits at `text` and how many bytes they stand for; 0 when they are not Base64.
 * Bits that no byte takes must be zero, so that one value has one spelling. */
static size_t base64_group(const char *text, unsigned *ret_bits)
{
	size_t digits = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *digit = text[i] == '=' ? NULL : strchr(base64_digits, text[i]);

		if (text[i] != '=' && (!digit || digits < i))
			return 0;
		bits = bits << 6 | (digit ? (unsigned)(digit - base64_digits) : 0);
		digits += digit != NULL;
	}
	if (digits < 2 || (digits == 2 && bits & 0xffff) || (digits == 3 && bits & 0xff))
		return 0;
	*ret_bits = bits;
	return digits - 1;
}

long base64_decode(const char *text, unsigned char *ret, size_t capacity)
{
	size_t length = strlen(text), done = 0;

	if (length % 4)
		return -1;
	for (size_t i = 0; i < length; i += 4) {
		unsigned bits;
		size_t count = base64_group(text + i, &bits);

		if (!count || (count < 3 && i + 4 < length) || count > capacity - done)
			return -1;
		for (size_t k = 0; k < count; k++)
			ret[done++] = (unsigned char)(bits >> (16 - 8 * k));
	}
	return (long)done;
}
