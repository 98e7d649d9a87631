/* Any bytes as an InRelease file, a keyring, gpgv's words and a Release text: what is taken is of the form
 * that the rest relies on. */
#include "fuzz.h"

#include "fetch/release.h"
#include "fetch/signature.h"

static void read_release(const char *text)
{
	static const char *const paths[] = { "main/binary-amd64/Packages.xz", "main/binary-all/Packages", "" };
	struct release release;
	struct error err = { 0 };
	int result = release_parse(text_copy(text), &release, &err);

	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	if (result < 0)
		return;
	must(release.date >= 0 && release.valid_until >= 0);
	for (size_t i = 0; i < LENGTH(paths); i++) {
		char digest[65];
		uint64_t size;

		if (release_find(&release, paths[i], digest, &size) == 0)
			must(hash_is_hex("sha256", digest));
	}
	const struct release_wish wish = { .name = "f", .suite = "trixie", .now = 1780000000, .dates = { .valid_max = 1000000 } };
	result = release_check(&release, &wish, &err);
	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	release_clear(&release);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = input_text(data, size);
	autobuffer struct buffer keys = { 0 };
	struct error err = { 0 };
	int result = signature_shape(text, size, &err);

	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	result = signature_keys(text, &keys, &err);
	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	if (strlen(text) != size) /* gpgv writes none such */
		return 0;
	result = signature_judge(text, &err);
	must((result < 0) == (err.message != NULL));
	must(result < 0 || (strstr(text, "VALIDSIG ") && strstr(text, "GOODSIG ")));
	error_clear(&err);
	read_release(text);
	return 0;
}
