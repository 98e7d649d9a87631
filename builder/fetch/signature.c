#include "fetch/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RELEASE_MAX (16u << 20)
#define KEYRING_MAX (16u << 20)

static const char BEGIN_MESSAGE[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char BEGIN_SIGNATURE[] = "-----BEGIN PGP SIGNATURE-----";
static const char BEGIN_KEY[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
static const char END_KEY[] = "-----END PGP PUBLIC KEY BLOCK-----";

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *found = text; (found = strstr(found, what)); found += strlen(what))
		count++;
	return count;
}

int signature_shape(const char *text, size_t length, struct error *err)
{
	if (memchr(text, '\0', length))
		return error_set(err, "is no text");
	if (strncasecmp(text, "<!doctype", 9) == 0 || strncasecmp(text, "<html", 5) == 0)
		return error_set(err, "is a web page, no index: this looks like a captive portal's page: open a browser and log in");
	if (!text_starts(text, BEGIN_MESSAGE) || count_of(text, BEGIN_SIGNATURE) == 0)
		return error_set(err, "is not signed");
	if (count_of(text, BEGIN_MESSAGE) != 1 || count_of(text, BEGIN_SIGNATURE) != 1)
		return error_set(err, "holds more than one signed message");
	return 0;
}

int signature_keys(const char *text, struct buffer *keys, struct error *err)
{
	for (const char *at = text; (at = strstr(at, BEGIN_KEY));) {
		autobuffer struct buffer coded = {0};
		const char *end = strstr(at, END_KEY), *body = strstr(at, "\n\n");

		if (!end || !body || body > end)
			return error_set(err, "is no complete key");
		for (const char *line = body + 2; line < end && *line != '=';) {
			size_t length = strcspn(line, "\r\n");

			buffer_add(&coded, line, length);
			line += length + strspn(line + length, "\r\n");
		}
		autofree unsigned char *bytes = memory_alloc(coded.length + 1);
		long length = base64_decode(coded.data ? coded.data : "", bytes, coded.length + 1);
		if (length <= 0)
			return error_set(err, "is no complete key");
		buffer_add(keys, bytes, (size_t)length);
		at = end;
	}
	return 0;
}

/* gpgv reads binary keyrings only. Gives a path it can read; caller frees. */
static int binary_keyring(const char *keyring, const char *work, char **ret_path, struct error *err)
{
	autofree char *text = NULL;
	autobuffer struct buffer keys = {0};
	size_t length;

	if (file_read(keyring, KEYRING_MAX, &text, &length, err) < 0)
		return error_prefix(
			err, "the archive's keys cannot be read (on Debian and Ubuntu: package "
			     "debian-archive-keyring)");
	if (!strstr(text, BEGIN_KEY)) {
		*ret_path =
			realpath(keyring, NULL); /* a plain name would be looked for in ~/.gnupg */
		if (!*ret_path)
			*ret_path = text_copy(keyring);
		return 0;
	}
	if (signature_keys(text, &keys, err) < 0)
		return error_prefix(err, "%s", keyring);
	autofree char *path = path_join(work, "keyring.gpg");
	if (file_write_plain(path, keys.data, keys.length, 0644, err) < 0)
		return -1;
	*ret_path = steal(path);
	return 0;
}

/* VALIDSIG's eighth field is the OpenPGP digest algorithm (RFC 4880 section 9.4): MD5, SHA-1 and
 * RIPEMD-160 are no proof any more. */
static bool digest_holds(const char *valid)
{
	int algorithm = 0;

	if (sscanf(valid, "%*s %*s %*s %*s %*s %*s %*s %d", &algorithm) != 1)
		return false;
	return algorithm > 3;
}

int signature_judge(const char *status, struct error *err)
{
	autostrings struct strings lines = {0};
	const char *missing = NULL, *expired = NULL;
	bool good = false;
	size_t valid = 0;

	strings_split(&lines, status, "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		if (!text_starts(lines.items[i], "[GNUPG:] "))
			continue;
		const char *line = lines.items[i] + strlen("[GNUPG:] ");
		if (text_starts(line, "BADSIG "))
			return error_set(
				err,
				"the signature is wrong: the file was changed on the way or on the "
				"mirror");
		if (text_starts(line, "REVKEYSIG "))
			return error_set(err, "the signing key %.16s was revoked", line + 10);
		if (text_starts(line, "NO_PUBKEY "))
			missing = line + 10;
		if (text_starts(line, "EXPKEYSIG ") || text_starts(line, "EXPSIG "))
			expired = strchr(line, ' ') + 1;
		/* VALIDSIG also follows a signature by an expired key; only the one after GOODSIG
		 * counts */
		if (text_starts(line, "NEWSIG") || text_starts(line, "EXP") ||
		    text_starts(line, "ERRSIG "))
			good = false;
		else if (text_starts(line, "GOODSIG "))
			good = true;
		else if (text_starts(line, "VALIDSIG ") && good && digest_holds(line + 9))
			valid++;
	}
	if (valid > 0)
		return 0;
	if (expired) {
		time_t now = time(NULL);
		char today[32] = "?";
		struct tm parts;

		if (gmtime_r(&now, &parts))
			strftime(today, sizeof today, "%Y-%m-%d", &parts);
		return error_set(err, "its signing key %.16s has expired (this machine's clock says %s)", expired, today);
	}
	if (missing)
		return error_set(err, "it is signed by key %s, which is not in the keyring",
				 missing);
	return error_set(err, "it has no valid signature");
}

static int run_gpgv(const char *path, const char *keyring, const char *plain, struct buffer *status,
		    struct error *err)
{
	/* A clock that is behind would make a signature invalid without a word of why: release_check() compares the
	 * signed Date with the clock, and says so. */
	const char *const argv[] = {"gpgv",    "--ignore-time-conflict", "--status-fd", "1",  "--keyring",
				    keyring,   "--output",               plain,         path, NULL};
	autobuffer struct buffer errors = {0};
	const struct process gpgv = {.argv = argv, .output = status, .errors = &errors};
	int code = 0;

	status->maximum = 1 << 20;
	errors.maximum = 1 << 20;
	/* exit status 2 also means: one of several signing keys is not known. The status lines
	 * decide. */
	if (process_run(&gpgv, &code, err) < 0)
		return -1;
	if (code != 0 && (!status->data || !strstr(status->data, "[GNUPG:] ")))
		return error_set(err, "gpgv ended with status %d: %s", code,
				 errors.data ? errors.data : "");
	return 0;
}

int signature_verify(const char *path, const char *keyring, const char *work, char **ret_text,
		     struct error *err)
{
	autobuffer struct buffer status = {0};
	autofree char *plain = path_join(work, "release.txt");
	autofree char *keys = NULL, *text = NULL;
	size_t length;

	if (!keyring)
		return error_set(
			err,
			"no keyring of the Debian archive was found (on Debian and Ubuntu: package "
			"debian-archive-keyring)");
	if (file_read(path, RELEASE_MAX, &text, &length, err) < 0 ||
	    signature_shape(text, length, err) < 0 ||
	    binary_keyring(keyring, work, &keys, err) < 0)
		return -1;
	unlink(plain); /* gpgv does not overwrite */
	if (run_gpgv(path, keys, plain, &status, err) < 0)
		return -1;
	if (signature_judge(status.data ? status.data : "", err) < 0)
		return error_prefix(err, "judged by %s", keyring);
	return file_read(plain, RELEASE_MAX, ret_text, NULL, err);
}
