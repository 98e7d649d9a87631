/* hiebox.conf on the card: what it says becomes so, its passwords leave it, and the power may go at any moment. */
#include "tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/provision.h"
#include "agent/settings.h"

#define CARD "/run/hie/hiebox/hiebox.conf"
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN4H9Rrnd1dpTb2xYtRh3PBWQtZKRNbN1DkQmhUiZoYJ me"

/* The power goes when this has been counted down: at the agent's own boundaries, and around each rename and fsync
 * that this program makes. 0: never. From the step `ssh` on, provision.c has the cuts. */
static int left;

static void count(void)
{
	if (left > 0 && --left == 0)
		kill(getpid(), SIGKILL);
}

static void boundary(void *context, const char *where)
{
	(void)context;
	if (text_equal(where, "ssh"))
		left = 0;
	count();
}

int rename(const char *from, const char *to)
{
	count();
	int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	count();
	return result;
}

int fsync(int fd)
{
	count();
	return (int)syscall(SYS_fsync, fd);
}

static int run(const char *root, int cut_at)
{
	left = cut_at; /* counted down in the child alone */
	int status = tree_provision(root, boundary, NULL);
	left = 0;
	return status;
}

static void assert_text(const char *root, const char *path, const char *expected)
{
	autofree char *text = tree_read(root, path);
	if (!text_equal(text, expected))
		fail_msg("%s holds: %s", path, text ? text : "(it is not there)");
}

static const char everything[] =
	"# mine\r\nname: clinic-07\r\nlanguage: fr\r\ntime-zone: Africa/Kampala\r\nkeyboard: fr\r\n"
	"wifi: { name: \"Arua\", password: \"air \\\"waves\\\"\", country: UG }\r\n"
	"address:\r\n  ipv4: 192.168.1.10/24\r\n  gateway: 192.168.1.1\r\n  dns: 192.168.1.1\r\n"
	"ssh-keys: [" KEY "]\r\n"
	"passwords:\r\n  admin: correct horse\r\n  database: \"ABCDEFGHIJKLMNOPQRSTUVWX\"   # token\r\n";
static const char wiped[] =
	"# mine\r\nname: clinic-07\r\nlanguage: fr\r\ntime-zone: Africa/Kampala\r\nkeyboard: fr\r\n"
	"wifi: { name: \"Arua\", password: ~              , country: UG }\r\n"
	"address:\r\n  ipv4: 192.168.1.10/24\r\n  gateway: 192.168.1.1\r\n  dns: 192.168.1.1\r\n"
	"ssh-keys: [" KEY "]\r\n"
	"passwords:\r\n  admin: ~            \r\n  database: ~                            # token\r\n";

/* A tree that knows zones, keyboards, French and wireless networks, with a card in it. */
static char *card_tree(const char *text)
{
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/usr/share/zoneinfo/Africa/Kampala", "zone", 0644);
	tree_write(root, "/usr/share/hie/languages/fr.yaml", "name: x\n", 0644);
	tree_write(root, "/usr/bin/setupcon", "", 0755);
	tree_write(root, "/usr/sbin/wpa_supplicant", "", 0755);
	tree_write(root, "/etc/hostname", "testbox\n", 0644);
	if (text)
		tree_write(root, CARD, text, 0600);
	return root;
}

static void assert_all_taken(const char *root)
{
	static const char *const absent[] = { "/var/lib/hie/card/wiping", "/var/lib/hie/configuration-mistakes",
					      "/var/lib/hie/provision-error", CARD ".mistakes.txt" };
	assert_text(root, CARD, wiped);
	assert_text(root, "/var/lib/hie/secrets/admin", "correct horse");
	assert_text(root, "/var/lib/hie/secrets/database", "ABCDEFGHIJKLMNOPQRSTUVWX");
	assert_text(root, "/var/lib/hie/rendered/store.env", "PASSWORD=ABCDEFGHIJKLMNOPQRSTUVWX\nNAME=clinic-07\n");
	assert_text(root, "/etc/hostname", "clinic-07\n");
	assert_text(root, "/etc/timezone", "Africa/Kampala\n");
	assert_text(root, "/var/lib/hie/ssh/authorized_keys.d/root", KEY "\n");
	assert_text(root, "/var/lib/hie/card/wpa_supplicant.conf",
		    "# From hiebox.conf; made anew when it changes.\nupdate_config=0\ncountry=UG\nnetwork={\n\tssid=41727561\n"
		    "\tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tieee80211w=1\n\tpsk=\"air \"waves\"\"\n}\n");
	autofree char *network = tree_read(root, "/etc/systemd/network/40-hie-card.network");
	assert_non_null(strstr(network, "Address=192.168.1.10/24\nGateway=192.168.1.1\nDNS=192.168.1.1\n"));
	autofree char *keyboard = tree_read(root, "/etc/default/keyboard");
	assert_non_null(strstr(keyboard, "XKBLAYOUT=\"fr\""));
	autofree char *localtime = tree_path(root, "/etc/localtime");
	char target[64] = "";
	assert_true(readlink(localtime, target, sizeof target - 1) > 0);
	assert_string_equal(target, "/usr/share/zoneinfo/Africa/Kampala");
	tree_expect_absent(root, absent, LENGTH(absent));
	autofree char *certificate = tree_read(root, "/var/lib/hie/tls/server.made");
	assert_non_null(strstr(certificate, "DNS:clinic-07.local"));
	autobox struct box *box = tree_load(root);
	assert_string_equal(box->name, "clinic-07");
	assert_string_equal(box->language, "fr");
	assert_string_equal(box->languages.items[1], "en");
	assert_string_equal(box->components[0].title, "Entrepôt");
}

static void assert_modes(const char *root)
{
	static const char *const secret[] = { "/var/lib/hie/secrets/admin", "/var/lib/hie/card/wifi.json",
					      "/var/lib/hie/card/wpa_supplicant.conf" };
	for (size_t i = 0; i < LENGTH(secret); i++) {
		autofree char *path = tree_path(root, secret[i]);
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void test_everything(void **state)
{
	(void)state;
	char *root = card_tree(everything);
	assert_int_equal(run(root, 0), 0);
	assert_all_taken(root);
	assert_modes(root);
	autofree char *mark = tree_read(root, "/var/lib/hie/steps/settings");
	tree_write(root, "/etc/hostname", "by-hand\n", 0644);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/etc/hostname", "by-hand\n"); /* the card says nothing new */
	assert_text(root, "/var/lib/hie/steps/settings", mark);
	assert_text(root, "/var/lib/hie/secrets/admin", "correct horse");
	tree_free(root);
}

/* The file holds either all of the bytes of before, or of after: a cut in its middle is test_half_wiped(). */
static void assert_not_lost(const char *root)
{
	autofree char *card = tree_read(root, CARD);
	autofree char *admin = tree_read(root, "/var/lib/hie/secrets/admin");
	bool on_card = strstr(card, "correct horse") != NULL;
	if (!on_card && !text_equal(admin, "correct horse"))
		fail_msg("the password is neither on the card nor in the box");
	assert_true(text_equal(card, everything) || text_equal(card, wiped));
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	int cuts = 0;
	for (int n = 1;; n++) {
		char *root = card_tree(everything);
		int status = run(root, n);
		bool ended = WIFEXITED(status);
		cuts += !ended;
		assert_not_lost(root);
		assert_int_equal(run(root, 0), 0);
		assert_all_taken(root);
		tree_free(root);
		if (ended)
			break;
	}
	assert_in_range(cuts, 60, 300);
	print_message("%d cuts\n", cuts);
}

/* The power went while the file was being overwritten: any of its sectors may be old or new. */
static void test_half_wiped(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= strlen(everything); cut += 7) {
		for (int newer_first = 0; newer_first < 2; newer_first++) {
			char *root = card_tree(everything);
			autofree char *mixed = text_copy(newer_first ? everything : wiped);
			memcpy(mixed, newer_first ? wiped : everything, cut);
			tree_write(root, "/var/lib/hie/card/wiping", wiped, 0600);
			tree_write(root, "/var/lib/hie/secrets/admin", "correct horse", 0600);
			tree_write(root, "/var/lib/hie/secrets/database", "ABCDEFGHIJKLMNOPQRSTUVWX", 0600);
			tree_write(root, "/var/lib/hie/card/wifi.json",
				   "{ \"name\": \"Arua\", \"password\": \"air \\\"waves\\\"\" }", 0600);
			tree_write(root, CARD, mixed, 0600);
			struct box *box = tree_load(root);
			struct error err = { 0 };
			autofree char *remark = NULL;
			struct provision provision = { .root = root, .box = box };
			assert_int_equal(step_card(&provision, &remark, &err), 0);
			assert_text(root, CARD, wiped);
			assert_text(root, "/var/lib/hie/secrets/admin", "correct horse");
			assert_text(root, "/var/lib/hie/secrets/database", "ABCDEFGHIJKLMNOPQRSTUVWX");
			autofree char *wifi = tree_read(root, "/var/lib/hie/card/wifi.json");
			assert_non_null(strstr(wifi, "air \\\"waves\\\""));
			box_free(box);
			tree_free(root);
		}
	}
}

/* Between two starts a person wrote something else: that counts, not what was being wiped. */
static void test_edited_meanwhile(void **state)
{
	(void)state;
	char *root = card_tree("passwords:\n  admin: another horse\n");
	tree_write(root, "/var/lib/hie/card/wiping", wiped, 0600);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/var/lib/hie/secrets/admin", "another horse");
	assert_text(root, CARD, "passwords:\n  admin: ~            \n");
	tree_free(root);
}

/* The same blocks of the medium are written again: nothing of the old bytes stays elsewhere. */
static void test_in_place(void **state)
{
	(void)state;
	char *root = card_tree(everything);
	autofree char *path = tree_path(root, CARD);
	autofd int before = open(path, O_RDONLY);
	struct stat first, second;
	char text[sizeof wiped] = "";
	assert_int_equal(fstat(before, &first), 0);
	assert_int_equal(run(root, 0), 0);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	assert_int_equal(read(before, text, sizeof wiped - 1), sizeof wiped - 1);
	assert_string_equal(text, wiped);
	tree_free(root);
}

/* A broken file costs what is broken. The page, the card and the journal say what. */
static void test_mistakes(void **state)
{
	(void)state;
	char *root = card_tree("name: Clinic 7\ntime-zone: Africa/Atlantis\nlanguage: sw\naddress: 10.0.0.1\n"
			       "passwords:\n  admin: good enough\n  clinic: not sixty-four digits\n  amdin: good enough\n"
			       "  database: >\n    ABCDEFGHIJKLMNOPQRSTUVWX\n");
	tree_write(root, "/var/lib/hie/settings.json", "{ \"name\": \"kept\", \"keyboard\": \"fr\" }", 0644);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/var/lib/hie/settings.json", "{\n  \"name\": \"kept\"\n}\n");
	assert_text(root, "/etc/hostname", "kept\n");
	assert_text(root, "/var/lib/hie/configuration-mistakes",
		    "hiebox.conf:1:7: name: expected a host name such as hiebox, got \"Clinic 7\"; did you mean \"clinic-7\"?\n"
		    "hiebox.conf:4:10: address: expected dhcp, got \"10.0.0.1\"\n"
		    "hiebox.conf:9:13: passwords.database: expected a password of 8 to 128 letters, digits and signs of an English keyboard, in double quotes\n"
		    "hiebox.conf:2:12: time-zone: there is no such time zone\n"
		    "hiebox.conf:3:11: language: this box does not speak it\n");
	autofree char *note = tree_read(root, CARD ".mistakes.txt");
	assert_non_null(strstr(note, "time-zone: there is no such time zone\r\n"));
	tree_write(root, CARD, "passwords:\n  admin: good enough\n  clinic: not sixty-four digits\n  amdin: good enough\n"
		   "  database: \"with blanks, so no token\"\n", 0600);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/var/lib/hie/secrets/admin", "good enough");
	assert_text(root, CARD, "passwords:\n  admin: ~          \n  clinic: not sixty-four digits\n  amdin: good enough\n"
		    "  database: \"with blanks, so no token\"\n");
	assert_text(root, "/var/lib/hie/configuration-mistakes",
		    "hiebox.conf:3:11: passwords.clinic: expected 64 hexadecimal digits\n"
		    "hiebox.conf:4:3: passwords.amdin: this box has no such password; did you mean \"admin\"?\n"
		    "hiebox.conf:5:13: passwords.database: expected 16 to 128 letters and digits\n");
	assert_text(root, "/etc/hostname", "testbox\n"); /* the name is not said any more */
	tree_write(root, CARD, "# nothing\n", 0600);
	assert_int_equal(run(root, 0), 0);
	autofree char *mistakes = tree_path(root, "/var/lib/hie/configuration-mistakes");
	autofree char *told = tree_path(root, CARD ".mistakes.txt");
	assert_false(path_exists(mistakes));
	assert_false(path_exists(told));
	tree_free(root);
}

/* What is not said any more goes back to what the recipe says; a card that is gone changes nothing. */
static void test_taken_back(void **state)
{
	(void)state;
	static const char *const gone[] = { "/var/lib/hie/card/wifi.json", "/var/lib/hie/card/wpa_supplicant.conf",
					    "/etc/systemd/network/40-hie-card.network",
					    "/var/lib/hie/ssh/authorized_keys.d/root" };
	char *root = card_tree(everything);
	autofree char *card = tree_path(root, CARD);
	assert_int_equal(run(root, 0), 0);
	assert_int_equal(unlink(card), 0);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/etc/hostname", "clinic-07\n");
	tree_write(root, CARD, "# nothing\n", 0600);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/etc/hostname", "testbox\n");
	assert_text(root, "/etc/timezone", "UTC\n");
	assert_text(root, "/var/lib/hie/secrets/admin", "correct horse");
	for (size_t i = 0; i < LENGTH(gone); i++) {
		autofree char *path = tree_path(root, gone[i]);
		assert_false(path_exists(path));
	}
	tree_free(root);
}

/* A wiped network password is remembered for that network, and for no other. */
static void test_network(void **state)
{
	(void)state;
	char *root = card_tree("wifi: { name: a, password: \"12345678\", country: KE }\n");
	assert_int_equal(run(root, 0), 0);
	tree_write(root, CARD, "wifi: { name: a, password: ~, country: UG }\n", 0600);
	assert_int_equal(run(root, 0), 0);
	autofree char *same = tree_read(root, "/var/lib/hie/card/wpa_supplicant.conf");
	assert_non_null(strstr(same, "country=UG"));
	assert_non_null(strstr(same, "psk=\"12345678\""));
	tree_write(root, CARD, "wifi: { name: b, password: ~, country: UG }\n", 0600);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/var/lib/hie/configuration-mistakes",
		    "hiebox.conf:1:28: wifi.password: the box knows none for this network; write it here\n");
	assert_text(root, "/var/lib/hie/card/wpa_supplicant.conf", same);
	tree_write(root, CARD, "wifi: { name: b, country: UG }\n", 0600);
	assert_int_equal(run(root, 0), 0);
	autofree char *open = tree_read(root, "/var/lib/hie/card/wpa_supplicant.conf");
	assert_non_null(strstr(open, "key_mgmt=NONE"));
	tree_free(root);
}

/* Windows hides endings: hiebox.conf.txt is read. A write-protected card is a mistake, and the box has its passwords. */
static void test_windows_and_protected(void **state)
{
	(void)state;
	char *root = card_tree(NULL);
	tree_write(root, CARD ".txt", "\xef\xbb\xbfpasswords:\r\n  admin: good enough", 0600);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, "/var/lib/hie/secrets/admin", "good enough");
	assert_text(root, CARD ".txt", "\xef\xbb\xbfpasswords:\r\n  admin: ~          ");
	tree_free(root);
}

/* In rescue mode nothing is taken: memory would lose it. */
static void test_rescue(void **state)
{
	(void)state;
	char *root = card_tree(everything);
	tree_write(root, "/run/hie/rescue", "no storage\n", 0644);
	assert_int_equal(run(root, 0), 0);
	assert_text(root, CARD, everything);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything), cmocka_unit_test(test_half_wiped),
		cmocka_unit_test(test_edited_meanwhile), cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_taken_back), cmocka_unit_test(test_network),
		cmocka_unit_test(test_windows_and_protected), cmocka_unit_test(test_rescue),
		cmocka_unit_test(test_cut_anywhere),
	};
	return cmocka_run_group_tests_name("agent/settings", tests, NULL, NULL);
}
