/* A restart: what was entered is still there, and provisioning once more has changed nothing. */
#include "proof/look.h"

#include <string.h>
#include <sys/random.h>

#define FIND_SECONDS 120
#define HEALTHY_SECONDS 300
#define FILES_MAX 10000u /* each is looked for among all */

/* What makes this box this box: every file of its provisioning but those that follow the clock. Files that a service writes
 * at its start (nothing of provisioning) lie elsewhere. */
static const char fingerprint_script[] =
	"cd /var/lib/hie 2>/dev/null || exit 0\n"
	"find . -xdev -type f ! -name clock ! -name .provision.lock ! -path './steps/*' ! -path './backup*' ! -name proof-mark "
	"-printf '%p %u %m ' -exec sha256sum {} \\; | sed 's|  [^ ]*$||' | sort\n"
	"sha256sum /etc/machine-id\n"
	"for key in /etc/ssh/ssh_host_*_key; do [ ! -e \"$key\" ] || sha256sum \"$key\"; done\n";

/* A file, a row of the database, and a patient who came by the exchange: each only where there is such a thing. The lines
 * that it prints say what there is to look for afterwards. */
static const char write_script[] =
	"echo \"$mark\" >/var/lib/hie/proof-mark && sync && echo 'file'\n"
	"if command -v psql >/dev/null && systemctl -q is-active postgresql.service 'postgresql@*.service'; then\n"
	"  runuser -u postgres -- psql -q -X -d postgres -c \"create table hiebox_proof (mark text); insert into hiebox_proof values ('$mark')\" "
	">/dev/null 2>&1 && echo 'database'\n"
	"fi\n"
	"if [ -e /var/lib/hie/secrets/pos-clinic-a ] && command -v curl >/dev/null; then\n"
	"  code=$(printf 'user = \"pos-clinic-a:%s\"' \"$(cat /var/lib/hie/secrets/pos-clinic-a)\" | curl -s -K - -o /dev/null "
	"-w '%{http_code}' --max-time 60 -X PUT -H 'Content-Type: application/fhir+json' "
	"--data \"{\\\"resourceType\\\":\\\"Patient\\\",\\\"identifier\\\":[{\\\"system\\\":\\\"urn:hiebox:clinic-a\\\","
	"\\\"value\\\":\\\"$mark\\\"}],\\\"name\\\":[{\\\"family\\\":\\\"$mark\\\"}]}\" "
	"\"http://127.0.0.1:5001/CR/fhir/Patient?identifier=urn:hiebox:clinic-a%7C$mark\")\n"
	"  [ \"$code\" = 201 ] && echo 'exchange'\n"
	"fi\n"
	"true\n";
static const char read_script[] =
	"[ \"$(cat /var/lib/hie/proof-mark 2>/dev/null)\" = \"$mark\" ] && echo 'file'\n"
	"rm -f /var/lib/hie/proof-mark\n"
	"command -v psql >/dev/null && runuser -u postgres -- psql -X -Atq -d postgres -c 'select mark from hiebox_proof' 2>/dev/null "
	"| grep -qxF \"$mark\" && echo 'database'\n"
	"command -v psql >/dev/null && runuser -u postgres -- psql -Xq -d postgres -c 'drop table if exists hiebox_proof' >/dev/null 2>&1\n"
	"as() { printf 'user = \"%s:%s\"' \"$1\" \"$(cat \"/var/lib/hie/secrets/$1\")\"; }\n"
	"address=\"http://127.0.0.1:5001/CR/fhir/Patient?identifier=urn:hiebox:clinic-a%7C$mark\"\n"
	"if [ -e /var/lib/hie/secrets/pos-clinic-a ] && command -v curl >/dev/null; then\n"
	"  as pos-clinic-a | curl -s -K - --max-time 60 -H 'Cache-Control: no-cache' \"$address\" | grep -q \"\\\"family\\\": *\\\"$mark\\\"\" && echo 'exchange'\n"
	"  as registry-steward | curl -s -K - -o /dev/null --max-time 60 -X DELETE \"$address\"\n"
	"fi\n"
	"true\n";

static const struct {
	const char *word, *what;
} places[] = {
	{ "file", "a file in /var/lib/hie" },
	{ "database", "a row in the database" },
	{ "exchange", "a patient whom clinic A registered through the exchange" },
};

static char *marked(const char *mark, const char *script)
{
	return text_format("mark=%s\n%s", mark, script);
}

/* Waits until the box says that everything runs; what it says then or at last is in *ret_state (caller frees). */
static int wait_until_healthy(struct machine *machine, char **ret_state, struct error *err)
{
	double end = clock_seconds() + HEALTHY_SECONDS * machine_slowness(machine);
	for (;;) {
		autofree char *text = NULL;
		if (look_ask(machine, "hie status --json", FIND_SECONDS, &text, err) < 0)
			return -1;
		autodocument struct document *document = document_json_or_null(text, strlen(text));
		const struct node *root = document_root(document);
		bool good = text_equal(node_text(root, "state", ""), "ok");
		if (good || clock_seconds() > end) {
			*ret_state = text_copy(good ? "ok" : node_text(root, "sentence", "it does not say how it is"));
			return 0;
		}
		autofree char *nothing = NULL;
		if (look_ask(machine, "sleep 1", FIND_SECONDS, &nothing, err) < 0)
			return -1;
	}
}

/* Lines of one listing that the other lacks. */
static void add_missing(const struct strings *from, const struct strings *in, const char *said, struct strings *wrong)
{
	for (size_t i = 0; i < from->count; i++)
		if (!strings_have(in, from->items[i])) {
			autofree char *name = text_copy_n(from->items[i], strcspn(from->items[i], " "));
			strings_format(wrong, "%s %s", text_starts(from->items[i], "./") ? name : from->items[i], said);
		}
}

static void judge_same(struct proof *proof, const char *before, const char *after)
{
	struct look_check check = look_begin(proof, "provisioning again changes nothing");
	autostrings struct strings old = { 0 }, new = { 0 };
	strings_split(&old, before, "\n");
	strings_split(&new, after, "\n");
	if (old.count > FILES_MAX || new.count > FILES_MAX) {
		look_give_up(&check, PROOF_ERROR, "there are too many files in /var/lib/hie to compare");
		return;
	}
	add_missing(&old, &new, "was changed or removed", &check.wrong);
	add_missing(&new, &old, "is new or was changed", &check.wrong);
	if (old.count < 2)
		look_give_up(&check, PROOF_ERROR, "the files in /var/lib/hie could not be listed");
	else
		look_end(&check);
}

static void judge_kept(struct look_check *check, const char *written, const char *found)
{
	autostrings struct strings wrote = { 0 }, found_words = { 0 };
	strings_split(&wrote, written, "\n");
	strings_split(&found_words, found, "\n");
	for (size_t i = 0; i < LENGTH(places); i++)
		if (strings_have(&wrote, places[i].word) && !strings_have(&found_words, places[i].word))
			strings_format(&check->wrong, "%s is gone after a restart", places[i].what);
	if (!strings_have(&wrote, "file"))
		strings_add(&check->wrong, "nothing could be written into /var/lib/hie");
	look_end(check);
}

int proof_restart(struct machine *machine, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "a restart keeps what was entered");
	autofree char *before = NULL, *after = NULL, *written = NULL, *found = NULL, *state = NULL;
	uint64_t random = 0;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint64_t)(clock_seconds() * 1e6);
	autofree char *mark = text_format("proof-%016llx", (unsigned long long)random);
	autofree char *writing = marked(mark, write_script), *reading = marked(mark, read_script);
	if (look_ask(machine, fingerprint_script, FIND_SECONDS, &before, err) < 0 ||
	    look_ask(machine, writing, FIND_SECONDS, &written, err) < 0)
		return -1;
	if (machine_restart(machine, HEALTHY_SECONDS, err) < 0)
		return error_prefix(err, "the restart");
	if (wait_until_healthy(machine, &state, err) < 0)
		return error_prefix(err, "after the restart");
	if (!text_equal(state, "ok"))
		strings_format(&check.wrong, "after the restart not everything runs: %s", state);
	if (look_ask(machine, reading, FIND_SECONDS, &found, err) < 0 ||
	    look_ask(machine, fingerprint_script, FIND_SECONDS, &after, err) < 0) {
		strings_clear(&check.wrong);
		return -1;
	}
	judge_kept(&check, written, found);
	judge_same(proof, before, after);
	return 0;
}
