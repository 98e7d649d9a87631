/* The wireless network, the fixed address and people's SSH keys from hiebox.conf, as the files that
 * wpa_supplicant, networkd and sshd read. */
#include <errno.h>
#include <string.h>

#include "agent/settings.h"

#define SMALL 65536u

static char *card_path(const struct visit *visit, const char *name)
{
	autofree char *folder = hie_path(visit->provision->root, "card");
	return path_join(folder, name);
}

/* The network that the box joins now; the document owns the texts. NULL: none. */
static struct document *known_network(const struct visit *visit)
{
	autofree char *path = card_path(visit, "wifi.json");
	return document_load_or_null(path);
}

/* wpa_supplicant.conf(5): the name in hexadecimal digits, for it may hold anything; a password in quotes ends
 * at the last one, so one inside is no harm. */
static char *supplicant_text(const struct card_wifi *wifi, const char *password)
{
	struct buffer out = { 0 };
	buffer_format(&out, "# From hiebox.conf; made anew when it changes.\nupdate_config=0\ncountry=%s\nnetwork={\n\tssid=",
		      wifi->country);
	for (const char *at = wifi->name; *at; at++)
		buffer_format(&out, "%02x", (unsigned char)*at);
	if (!password)
		buffer_text(&out, "\n\tkey_mgmt=NONE\n}\n");
	else if (strlen(password) == 64)
		buffer_format(&out, "\n\tkey_mgmt=WPA-PSK WPA-PSK-SHA256\n\tpsk=%s\n}\n", password);
	else
		buffer_format(&out, "\n\tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tieee80211w=1\n\tpsk=\"%s\"\n}\n", password);
	return buffer_steal(&out);
}

/* Password first: from then on the card's copy is not needed any more. */
static int keep_network(struct visit *visit, const struct card_wifi *wifi, const char *password, struct error *err)
{
	autofree char *known = card_path(visit, "wifi.json");
	autofree char *supplicant = card_path(visit, "wpa_supplicant.conf");
	autojson struct json *json = json_new_object();
	json_set(json, "name", json_new_string(wifi->name));
	json_set(json, "country", json_new_string(wifi->country));
	json_set(json, "password", json_new_string(password));
	autofree char *text = json_write(json, false);
	autofree char *configuration = supplicant_text(wifi, password);
	int first = settings_keep(known, text, 0600, err);
	if (first < 0)
		return -1;
	provision_boundary(visit->provision, "wireless network kept");
	int second = settings_keep(supplicant, configuration, 0600, err);
	explicit_bzero(text, strlen(text));
	explicit_bzero(configuration, strlen(configuration));
	if (second < 0)
		return -1;
	if (first || second)
		strings_add(&visit->changed, "wifi");
	provision_boundary(visit->provision, "wireless network set");
	return 0;
}

static int forget_network(struct visit *visit, struct error *err)
{
	autofree char *known = card_path(visit, "wifi.json");
	autofree char *supplicant = card_path(visit, "wpa_supplicant.conf");
	int first = settings_keep(supplicant, NULL, 0, err);
	if (first < 0)
		return -1;
	provision_boundary(visit->provision, "wireless network left");
	if (settings_keep(known, NULL, 0, err) < 0)
		return -1;
	if (first)
		strings_add(&visit->changed, "wifi");
	return 0;
}

int visit_wifi(struct visit *visit, struct error *err)
{
	const struct card *card = &visit->card;
	autofree char *program = path_join(visit->provision->root, "/usr/sbin/wpa_supplicant");
	if (card->said[CARD_WIFI] == CARD_WRONG)
		return 0;
	if (card->said[CARD_WIFI] == CARD_UNSAID)
		return forget_network(visit, err);
	const struct node *place = card->nodes[CARD_WIFI];
	if (!path_exists(program)) {
		diagnostics_add(&visit->mistakes, place->place, "wifi: this image holds no wpa_supplicant");
		return 0;
	}
	const struct node *value = node_get(place, "password");
	autodocument struct document *known = known_network(visit);
	const struct node *root = known ? document_root(known) : NULL;
	const char *password = card->wifi.password;
	if (password && !visit_can_wipe(visit, value, "wifi.password"))
		return 0;
	if (!password && value) { /* `~`: taken over before */
		password = text_equal(node_text(root, "name", NULL), card->wifi.name)
			? node_text(root, "password", NULL) : NULL;
		if (!password) {
			diagnostics_add(&visit->mistakes, value->place,
					"wifi.password: the box knows none for this network; write it here");
			return 0;
		}
	}
	if (keep_network(visit, &card->wifi, password, err) < 0)
		return -1;
	if (card->wifi.password)
		visit_wipe(visit, value);
	return 0;
}

/* As 50-wired.network, which it stands before, but for the addresses. */
static char *network_text(const struct card_address *address)
{
	struct buffer out = { 0 };
	buffer_format(&out, "# From hiebox.conf; made anew when it changes.\n[Match]\nType=ether\nKind=!*\n\n"
		      "[Link]\nRequiredForOnline=no\n\n[Network]\nDHCP=no\nLinkLocalAddressing=yes\nIPv6AcceptRA=%s\n"
		      "MulticastDNS=yes\nLLMNR=no\n", address->ipv6 ? "no" : "yes");
	if (address->ipv4)
		buffer_format(&out, "Address=%s\n", address->ipv4);
	if (address->ipv6)
		buffer_format(&out, "Address=%s\n", address->ipv6);
	for (size_t i = 0; i < address->gateways.count; i++)
		buffer_format(&out, "Gateway=%s\n", address->gateways.items[i].text);
	for (size_t i = 0; i < address->dns.count; i++)
		buffer_format(&out, "DNS=%s\n", address->dns.items[i].text);
	return buffer_steal(&out);
}

int visit_address(struct visit *visit, struct error *err)
{
	const struct card *card = &visit->card;
	autofree char *path = path_join(visit->provision->root, "/etc/systemd/network/40-hie-card.network");
	autofree char *text = NULL;
	if (card->said[CARD_ADDRESS] == CARD_WRONG)
		return 0;
	if (card->said[CARD_ADDRESS] == CARD_SAID && !card->address.by)
		text = network_text(&card->address);
	int changed = settings_keep(path, text, 0644, err);
	if (changed <= 0)
		return changed;
	strings_add(&visit->changed, "address");
	provision_boundary(visit->provision, "address set");
	if (visit->provision->on_box)
		bus_reload_network();
	return 0;
}

int visit_ssh_keys(struct visit *visit, struct error *err)
{
	const struct card *card = &visit->card;
	autofree char *path = hie_path(visit->provision->root, "ssh/authorized_keys.d/root");
	struct buffer autobuffer text = { 0 };
	if (card->said[CARD_SSH_KEYS] == CARD_WRONG)
		return 0;
	for (size_t i = 0; i < card->ssh_keys.count; i++)
		buffer_format(&text, "%s\n", card->ssh_keys.items[i].text);
	int changed = settings_keep(path, text.length ? text.data : NULL, 0600, err);
	if (changed <= 0)
		return changed;
	strings_add(&visit->changed, "ssh-keys");
	provision_boundary(visit->provision, "SSH keys set");
	return 0;
}
