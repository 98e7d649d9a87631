/* What is asked of a running box, and how its answers are judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/fake_machine.h"
#include "proof/look.h"

static const struct proof_port ports[] = {
	{80, false, "local-network"}, {5432, false, "services"}, {53, true, "box"}, {9000, false, "developer"}, {22, false, "local-network"},
};
static const struct proof_plan plan = {ports, LENGTH(ports), "training"}, open_plan = {ports, LENGTH(ports), "development"};

/* As ss of the demo prints it. */
#define NGINX "tcp LISTEN 0      511               0.0.0.0:80    0.0.0.0:* users:((\"nginx\",pid=182,fd=3),(\"nginx\",pid=159,fd=3))\n" \
	      "tcp LISTEN 0      511                  [::]:80       [::]:* users:((\"nginx\",pid=182,fd=4))\n"
#define POSTGRES "tcp LISTEN 0      120             127.0.0.1:5432  0.0.0.0:* users:((\"postgres\",pid=141,fd=6))\n"
#define RESOLVED "udp UNCONN 0      0           127.0.0.53%lo:53    0.0.0.0:* users:((\"systemd-resolve\",pid=61,fd=16))\n"
#define DEVELOPER "tcp LISTEN 0      100    [::ffff:127.0.0.1]:9000        *:* users:((\"node\",pid=1,fd=2))\n"
#define SSH "tcp LISTEN 0      128    0.0.0.0:22        0.0.0.0:* users:((\"sshd\",pid=1,fd=2))\n"
#define ALL NGINX POSTGRES RESOLVED DEVELOPER SSH

static char *judged(const struct proof_plan *which, const char *text)
{
	autostrings struct strings wrong = {0}, missing = {0};
	look_judge_listeners(which, text, &wrong, &missing);
	for (size_t i = 0; i < missing.count; i++)
		strings_format(&wrong, "missing %s", missing.items[i]);
	return strings_join(&wrong, "\n");
}

static void listeners_are_judged(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
		bool development;
	} cases[] = {
		{ALL, "", false},
		{ALL "udp UNCONN 0 0 192.0.2.7%host0:68 0.0.0.0:* users:((\"systemd-network\",pid=1,fd=2))\n", "", false},
		{ALL "tcp LISTEN 0 5 0.0.0.0:81 0.0.0.0:* users:((\"sh\",pid=1,fd=2))\n",
		 "sh listens at tcp 0.0.0.0:81, and the plan names no such port", false},
		{ALL "tcp LISTEN 0 5 127.0.0.1:81 0.0.0.0:*\n",
		 "of an unknown program listens at tcp 127.0.0.1:81, and the plan names no such port", false},
		{ALL "udp UNCONN 0 5 0.0.0.0:80 0.0.0.0:* users:((\"sh\",pid=1,fd=2))\n",
		 "sh listens at udp 0.0.0.0:80, and the plan names no such port", false},
		{ALL "tcp LISTEN 0 5 *:5432 *:* users:((\"postgres\",pid=1,fd=2))\n",
		 "postgres listens at tcp *:5432, and the plan has that port for services only", false},
		{ALL "tcp LISTEN 0 5 [::]:9000 *:* users:((\"node\",pid=1,fd=2))\n",
		 "node listens at tcp [::]:9000, and the plan has that port for development only", false},
		{ALL "tcp LISTEN 0 5 [::]:9000 *:* users:((\"node\",pid=1,fd=2))\n", "", true},
		{NGINX RESOLVED DEVELOPER SSH, "missing tcp 5432", false},
		{"", "missing tcp 80\nmissing tcp 5432\nmissing udp 53\nmissing tcp 9000\nmissing tcp 22", false},
		{ALL "nonsense\ntcp LISTEN 0 5 x:y:z *\ntcp LISTEN 0 5 :99999 *\n\x01\xff\n", "", false},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *got = judged(cases[i].development ? &open_plan : &plan, cases[i].text);
		assert_string_equal(got, cases[i].expected);
	}
}

#define FIREWALL(rule) "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n" \
		       "\t\tct state established,related accept\n\t\tiif \"lo\" accept\n\t\tudp sport 67 udp dport 68 accept comment \"DHCP\"\n" \
		       "\t\ttcp dport 80 accept\n" rule "\t}\n\tchain output {\n\t\ttype filter hook output priority filter; policy accept;\n" \
		       "\t\toif \"lo\" tcp dport 5432 meta skuid != { 0, 612 } reject\n\t}\n}\n"

static void the_firewall_is_judged(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{FIREWALL(""), ""},
		{FIREWALL("\t\ttcp dport { 22, 80 } accept\n"), ""},
		{FIREWALL("\t\ttcp dport 5432 accept\n"), "the firewall lets in tcp 5432, which the plan does not open to the network"},
		{FIREWALL("\t\ttcp dport { 80, 81 } accept\n"), "the firewall lets in tcp 81, which the plan does not open to the network"},
		{FIREWALL("\t\ttcp dport 1000-2000 accept\n"), "the firewall lets in a range of ports: tcp dport 1000-2000 accept\n"
							       "the firewall lets in tcp 2000, which the plan does not open to the network"},
		{FIREWALL("\t\taccept\n"), "the firewall lets everything in"},
		{"", "the firewall lets in what no rule speaks of"},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autostrings struct strings wrong = {0};
		look_judge_firewall(&plan, cases[i].text, &wrong);
		autofree char *got = strings_join(&wrong, "\n");
		assert_string_equal(got, cases[i].expected);
	}
}

/* ---- a box ---- */

#define STATUS_OK "echo '{\"state\": \"ok\", \"components\": [{\"id\": \"a\", \"state\": \"ok\", \"sentence\": \"A runs.\"}]}'"

/* Answers with one status, to one request or to many (-K -). */
#define CURL(code) "case \"$*\" in *-K*) tee -a \"$(dirname \"$0\")/../curls\" | sed -n 's/^write-out = .*} \\([0-9]*\\).*/" code " \\1/p' ;; " \
		   "*) printf " code " ;; esac"

static struct machine *new_box(void)
{
	struct machine *machine = fake_machine_new();
	fake_machine_program(machine, "hie", STATUS_OK);
	fake_machine_program(machine, "systemctl",
			     "case \"$*\" in\n"
			     "*--failed*) ;;\n"
			     "*Userspace*) echo 1000000 ;;\n"
			     "*is-active*ssh*) exit 0 ;;\n"
			     "*is-active*) exit 3 ;;\n"
			     "*show*) printf 'Id=late.service\\nActiveState=active\\nInactiveExitTimestampMonotonic=3000000\\n"
			     "ActiveEnterTimestampMonotonic=5500000\\nInactiveEnterTimestampMonotonic=0\\n\\n"
			     "Type=x\\nId=early.service\\nActiveState=inactive\\nInactiveExitTimestampMonotonic=1500000\\n"
			     "ActiveEnterTimestampMonotonic=0\\nInactiveEnterTimestampMonotonic=2000000\\n\\n"
			     "Id=never.service\\nInactiveExitTimestampMonotonic=0\\n' ;;\n"
			     "esac");
	fake_machine_program(machine, "ss", "cat <<'END'\n" ALL "END");
	fake_machine_program(machine, "nft", "cat <<'END'\n" FIREWALL("") "END");
	fake_machine_program(machine, "curl", CURL("401"));
	fake_machine_program(machine, "psql", "echo 'password authentication failed'; exit 2");
	fake_machine_program(machine, "journalctl", "echo \"journal: $*\"");
	fake_machine_program(machine, "sleep", "true");
	fake_machine_file(machine, "usr/lib/hie/box.json",
			  "{\"components\": [{\"id\": \"x\", \"default-logins\": [{\"user\": \"o'brien\", \"password\": \"a\\\"'; touch /tmp/x'\", "
			  "\"url\": \"http://127.0.0.1:5001/\"}], \"secrets\": [{\"name\": \"c\", \"user\": \"clinic\"}]}]}", 0644);
	/* groups of version 1 and 2 together, a group below the unit's, what ended meanwhile, and what is no service's */
	fake_machine_file(machine, "proc/7/cgroup", "9:name=systemd:/payload\n0::/payload/system.slice/early.service\n", 0644);
	fake_machine_file(machine, "proc/7/smaps_rollup", "0-1 ---p 0 00:00 0 [rollup]\nRss: 100 kB\nPss:   3 kB\nPss_Dirty: 9 kB\n", 0644);
	fake_machine_file(machine, "proc/8/cgroup", "0::/system.slice/early.service/below\n", 0644);
	fake_machine_file(machine, "proc/8/smaps_rollup", "Pss:                1 kB\n", 0644);
	fake_machine_file(machine, "proc/9/cgroup", "0::/system.slice/late.service\n", 0644);
	fake_machine_file(machine, "proc/10/cgroup", "0::/init.scope\n", 0644);
	fake_machine_file(machine, "proc/10/smaps_rollup", "Pss: 77 kB\n", 0644);
	return machine;
}

static const struct proof_check *find_check(const struct proof *proof, const char *part)
{
	for (size_t i = 0; i < proof->check_count; i++)
		if (strstr(proof->checks[i].name, part))
			return &proof->checks[i];
	fail_msg("no check \"%s\"", part);
	return NULL;
}

static void look(struct machine *machine, struct proof *proof)
{
	struct error err = {0};
	if (proof_look(machine, &plan, proof, &err) < 0)
		fail_msg("%s", err.message);
}

static void a_good_box_passes(void **state)
{
	(void)state;
	autoproof struct proof proof = {0};
	struct machine *machine = new_box();
	look(machine, &proof);
	for (size_t i = 0; i < proof.check_count; i++)
		if (proof.checks[i].verdict != PROOF_PASSED)
			fail_msg("%s: %s", proof.checks[i].name, proof.checks[i].message);
	assert_int_equal(proof.check_count, 5);
	assert_int_equal(proof.service_count, 2);
	assert_string_equal(proof.services[0].unit, "early.service");
	assert_true(proof.services[0].begins == 0.5 && proof.services[0].ready == 1 && proof.services[0].memory == 4096);
	assert_true(proof.services[1].memory == 0);
	assert_true(proof.services[1].begins == 2 && proof.services[1].ready == 4.5);
	fake_machine_free(machine);
}

static void what_is_wrong_is_found(void **state)
{
	(void)state;
	static const struct {
		const char *program, *script, *check, *message;
		enum proof_verdict verdict;
	} cases[] = {
		{"hie", "echo '{\"state\": \"wrong\", \"sentence\": \"A has failed.\"}'", "everything runs", "A has failed.", PROOF_FAILED},
		{"hie", "echo Segmentation fault", "everything runs", "gave no JSON", PROOF_ERROR},
		{"ss", "echo 'tcp LISTEN 0 5 0.0.0.0:81 0.0.0.0:* users:((\"sh\",pid=1,fd=2))'", "nothing listens", "sh listens at tcp 0.0.0.0:81",
		 PROOF_FAILED},
		{"nft", "echo", "the firewall", "what no rule speaks of", PROOF_FAILED},
		{"curl", CURL("200"), "default logins", "a default password lets in", PROOF_FAILED},
		{"curl", CURL("500"), "default logins", "none that refuses", PROOF_FAILED},
		{"curl", "exit 1", "default logins", NULL, PROOF_PASSED}, /* PostgreSQL refuses, too */
		{"psql", "echo 1", "default logins", "postgres at postgresql:", PROOF_FAILED},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autoproof struct proof proof = {0};
		struct machine *machine = new_box();
		fake_machine_program(machine, cases[i].program, cases[i].script);
		look(machine, &proof);
		const struct proof_check *check = find_check(&proof, cases[i].check);
		assert_int_equal(check->verdict, cases[i].verdict);
		if (cases[i].message && (!check->message || !strstr(check->message, cases[i].message)))
			fail_msg("case %zu: %s", i, check->message);
		fake_machine_free(machine);
	}
}

static void failed_units_have_their_journal(void **state)
{
	(void)state;
	autoproof struct proof proof = {0};
	struct machine *machine = new_box();
	fake_machine_program(machine, "systemctl",
			     "case \"$*\" in *--failed*) echo 'hapi.service loaded failed failed HAPI'; echo '-x; rm loaded' ;;\n"
			     "*is-active*ssh*) exit 0 ;; *is-active*) exit 3 ;; esac");
	look(machine, &proof);
	const struct proof_check *check = find_check(&proof, "no unit failed");
	assert_int_equal(check->verdict, PROOF_FAILED);
	assert_string_equal(check->message, "hapi.service failed");
	assert_int_equal(proof.service_count, 1);
	assert_true(proof.services[0].failed);
	assert_non_null(strstr(proof.services[0].journal, "-u hapi.service"));
	fake_machine_free(machine);
}

/* Lists that make no sense take no time. */
static void endless_lists_are_read_at_once(void **state)
{
	(void)state;
	autoproof struct proof proof = {0};
	struct machine *machine = new_box();
	double began = clock_seconds();
	fake_machine_program(machine, "systemctl",
			     "case \"$*\" in *show*service*) seq 1 150000 ;; *is-active*ssh*) exit 0 ;; *is-active*) exit 3 ;; esac");
	look(machine, &proof);
	assert_true(clock_seconds() - began < 10);
	assert_int_equal(proof.service_count, 0);
	fake_machine_free(machine);
}

/* What a box holds is quoted, whatever it is: the script is only tried, never obeyed. */
static void logins_are_quoted(void **state)
{
	(void)state;
	struct machine *machine = new_box();
	autoproof struct proof proof = {0};
	look(machine, &proof);
	autofree char *path = path_join(machine->folder, "curls"), *text = file_text_or_null(path, 1u << 24);
	assert_non_null(strstr(text, "url = \"http://127.0.0.1:5001/\"\nuser = \"o'brien:a\\\"'; touch /tmp/x'\"\n"));
	assert_non_null(strstr(text, "user = \"clinic:instant101\"\n"));
	assert_non_null(strstr(text, "header = \"Authorization: Custom test\"\n"));
	assert_int_equal(find_check(&proof, "default logins")->verdict, PROOF_PASSED);
	fake_machine_free(machine);
}

static void a_box_that_dies_is_an_error(void **state)
{
	(void)state;
	for (unsigned asked = 1; asked < 7; asked++) {
		autoproof struct proof proof = {0};
		struct machine *machine = new_box();
		struct error err = {0};
		machine->dies_after = asked;
		assert_int_equal(proof_look(machine, &plan, &proof, &err), -1);
		assert_string_equal(err.message, "it does not answer");
		error_clear(&err);
		fake_machine_free(machine);
	}
}

/* ---- a restart ---- */

static void forget(struct machine *machine)
{
	autofree char *path = path_join(machine->folder, "var/lib/hie/proof-mark");
	unlink(path);
}

static void provision_again(struct machine *machine)
{
	fake_machine_file(machine, "var/lib/hie/secrets/admin", "another", 0600);
	fake_machine_file(machine, "var/lib/hie/new", "new", 0600);
	fake_machine_file(machine, "var/lib/hie/clock", "follows the time", 0600);
}

static void a_restart_is_judged(void **state)
{
	(void)state;
	static const struct {
		void (*on_restart)(struct machine *machine);
		enum proof_verdict keeps, same;
		const char *detail;
	} cases[] = {
		{NULL, PROOF_PASSED, PROOF_PASSED, NULL},
		{forget, PROOF_FAILED, PROOF_PASSED, NULL},
		{provision_again, PROOF_PASSED, PROOF_FAILED, "./secrets/admin was changed or removed\n./new is new or was changed"},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autoproof struct proof proof = {0};
		struct machine *machine = new_box();
		struct error err = {0};
		fake_machine_program(machine, "psql", "exit 2"); /* nobody's database here */
		fake_machine_program(machine, "sync", "true");
		fake_machine_file(machine, "var/lib/hie/secrets/admin", "one", 0600);
		fake_machine_file(machine, "var/lib/hie/clock", "1", 0600);
		fake_machine_file(machine, "etc/machine-id", "0123", 0600);
		machine->on_restart = cases[i].on_restart;
		if (proof_restart(machine, &proof, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(machine->restarts, 1);
		const struct proof_check *keeps = find_check(&proof, "keeps"), *same = find_check(&proof, "provisioning");
		assert_int_equal(keeps->verdict, cases[i].keeps);
		assert_int_equal(same->verdict, cases[i].same);
		if (cases[i].detail)
			assert_true(text_starts(same->detail, cases[i].detail));
		autofree char *mark = path_join(machine->folder, "var/lib/hie/proof-mark");
		assert_false(path_exists(mark)); /* nothing of the check stays in the box */
		fake_machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listeners_are_judged),
		cmocka_unit_test(the_firewall_is_judged),
		cmocka_unit_test(a_good_box_passes),
		cmocka_unit_test(what_is_wrong_is_found),
		cmocka_unit_test(failed_units_have_their_journal),
		cmocka_unit_test(endless_lists_are_read_at_once),
		cmocka_unit_test(logins_are_quoted),
		cmocka_unit_test(a_box_that_dies_is_an_error),
		cmocka_unit_test(a_restart_is_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
