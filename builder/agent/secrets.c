/* Secrets: one file each, made once, never overwritten. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "agent/provision.h"

#define SECRET_MAX 4096

/* What a kind looks like: `groups` of `size` characters joined by "-". */
static const struct shape {
	const char *alphabet;
	size_t groups, size;
} shapes[] = {
	/* small letters and digits that cannot be taken for one another: 31^16 is 79 bits */
	[SECRET_PASSWORD] = { "abcdefghjkmnpqrstuvwxyz23456789", 4, 4 },
	[SECRET_TOKEN] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 1, 40 },
	[SECRET_HEX] = { "0123456789abcdef", 1, 64 },
};

/* An even choice below `count` (at most 256): bytes that would favour small values are drawn again. */
static unsigned random_below(unsigned count)
{
	unsigned limit = 256 - 256 % count;
	for (;;) {
		unsigned char byte;
		ssize_t got = getrandom(&byte, 1, 0);
		if (got == 1 && byte < limit)
			return byte % count;
		if (got < 0 && errno != EINTR)
			abort(); /* a kernel without randomness: nothing safe is left to do */
	}
}

char *secret_new(enum secret_kind kind)
{
	const struct shape *shape = &shapes[kind];
	unsigned count = (unsigned)strlen(shape->alphabet);
	struct buffer out = { 0 };
	for (size_t i = 0; i < shape->groups * shape->size; i++) {
		if (i && i % shape->size == 0)
			buffer_text(&out, "-");
		buffer_add(&out, &shape->alphabet[random_below(count)], 1);
	}
	return buffer_steal(&out);
}

static char *secret_path(const char *root, const char *name)
{
	autofree char *directory = hie_path(root, "secrets");
	return path_join(directory, name);
}

int secret_read(const char *root, const char *name, char **ret_value, struct error *err)
{
	autofree char *path = secret_path(root, name);
	autofree char *value = NULL;
	if (file_read(path, SECRET_MAX, &value, NULL, err) < 0)
		return -1;
	value[strcspn(value, "\r\n")] = '\0'; /* a person may have written it with an editor */
	if (!value[0])
		return sentence_error(err, SAY_SECRET_EMPTY, path, NULL);
	*ret_value = steal(value);
	return 0;
}

int step_secrets(const struct provision *provision, char **ret_remark, struct error *err)
{
	size_t made = 0;
	for (size_t i = 0; i < provision->box->secret_count; i++) {
		const struct box_secret *secret = &provision->box->secrets[i];
		autofree char *path = secret_path(provision->root, secret->name);
		autofree char *value = NULL;
		if (!path_exists(path)) {
			value = secret_new(secret->kind);
			if (file_write(path, value, strlen(value), 0600, err) < 0)
				return -1;
			made++;
		} else if (secret_read(provision->root, secret->name, &value, err) < 0) {
			return -1;
		}
		explicit_bzero(value, strlen(value));
		provision_boundary(provision, secret->name);
	}
	autofree char *all = text_format("%zu", provision->box->secret_count);
	autofree char *fresh = text_format("%zu", made);
	*ret_remark = sentence(SAY_SECRETS_DONE, all, fresh, NULL);
	return 0;
}
