/* Any bytes as hiebox.conf: reading it neither crashes nor takes long; a password that is wiped is gone from the text,
 * and everything else that the file says stays. */
#include <stdint.h>
#include <string.h>

#include "card/card.h"
#include "fuzz.h"

static void check_same(const struct card *card, const struct card *after)
{
	for (int i = 0; i < CARD_KEYS; i++)
		must(card->said[i] == after->said[i]);
	must(text_equal(card->name, after->name) && text_equal(card->language, after->language));
	must(text_equal(card->time_zone, after->time_zone) && text_equal(card->keyboard, after->keyboard));
	must(card->ssh_keys.count == after->ssh_keys.count && card->address.dns.count == after->address.dns.count);
	must(after->wifi.password == NULL || card->wifi.password != NULL);
}

static void check_wiped(const struct card *card, const char *text, size_t size)
{
	autofree const struct node **values = memory_alloc((card->passwords.count + 2) * sizeof *values);
	autofree char *copy = memory_alloc(size + 1);
	size_t count = 0;
	for (size_t i = 0; i < card->passwords.count; i++) {
		memcpy(copy, text, size);
		if (card_wipe(copy, size, &card->passwords.items[i].value, 1) == 0)
			values[count++] = card->passwords.items[i].value;
	}
	size_t passwords = count;
	const struct node *network = card->wifi.password ? node_get(card->nodes[CARD_WIFI], "password") : NULL;
	memcpy(copy, text, size);
	bool wifi = network && card_wipe(copy, size, &network, 1) == 0;
	if (wifi)
		values[count++] = network;
	memcpy(copy, text, size);
	must(card_wipe(copy, size, values, count) == 0);
	struct card after;
	struct diagnostics mistakes = { 0 };
	card_read("f", copy, size, &after, &mistakes);
	must(after.passwords.count == card->passwords.count - passwords);
	must(!wifi || !after.wifi.password);
	check_same(card, &after);
	card_clear(&after);
	diagnostics_clear(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct card card;
	struct diagnostics mistakes = { 0 };
	if (size > CARD_MAX)
		return 0;
	card_read("f", (const char *)data, size, &card, &mistakes);
	for (int i = 0; i < CARD_KEYS; i++)
		must(card.said[i] != CARD_WRONG || mistakes.count);
	must((card.name != NULL) <= (card.said[CARD_NAME] != CARD_UNSAID));
	if (card.said[CARD_PASSWORDS] == CARD_SAID && card.said[CARD_WIFI] != CARD_WRONG)
		check_wiped(&card, (const char *)data, size);
	card_clear(&card);
	diagnostics_clear(&mistakes);
	return 0;
}
