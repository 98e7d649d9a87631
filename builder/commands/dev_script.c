/* The shell script that runs on the box; see dev_script.h. */
#include "commands/dev_script.h"

#include <string.h>

#define UNITS "/usr/lib/systemd/system/"

/* The root of a box is read-only; over /usr goes an overlay in memory (overlayfs stacks twice, and the root is the first).
 * /etc and /var can be written to anyway. In `layout: plain` /usr can, too. */
const char dev_script_functions[] =
	"set -u\n"
	"umask 022\n"
	"export LC_ALL=C.UTF-8 SYSTEMD_COLORS=0 SYSTEMD_PAGER= SYSTEMD_URLIFY=0\n"
	"dev=/run/hie/dev refused= units= reloaded= began=$(date +%s)\n"
	/* hundredths of a second since the box started */
	"now() { read -r up _ </proc/uptime; echo \"${up%.*}${up#*.}\"; }\n"
	"say() { printf '@hiebox %s\\n' \"$*\"; }\n"
	"prepare() {\n"
	"	[ ! -e $dev/ready ] || return 0\n"
	"	mkdir -p $dev && mount -t tmpfs -o mode=0755,size=256m hiebox-dev $dev || return 1\n"
	"	mkdir $dev/upper $dev/work $dev/new $dev/check || return 1\n"
	"	[ -w /usr ] || mount -t overlay -o lowerdir=/usr,upperdir=$dev/upper,workdir=$dev/work hiebox-usr /usr || return 1\n"
	"	: >$dev/ready\n"
	"	say fresh\n"
	"}\n"
	"empty() { rm -rf $dev/new $dev/check && mkdir $dev/new $dev/check; }\n"
	/* judge UNIT: systemd's own judgement, with what is new in front of what lies there */
	"judge() {\n"
	"	words=$(SYSTEMD_UNIT_PATH=$dev/check: timeout 60 systemd-analyze verify --man=no --recursive-errors=no \"$1\" 2>&1) &&\n"
	"		return 0\n"
	"	say refused \"$1\"\n"
	"	printf '%s\\n' \"$words\" | sed \"s,$dev/check/,,g\" | tail -n 12\n"
	"	refused=\"$refused $1 \"\n"
	"}\n"
	/* may UNIT: it was not refused */
	"may() { case $refused in *\" $1 \"*) return 1 ;; esac; }\n"
	/* lay NUMBER MODE TO: whole, or the old one stays */
	"lay() {\n"
	"	mkdir -p \"${3%/*}\" && cp $dev/new/$1 \"$3.hiebox-dev\" && chown 0:0 \"$3.hiebox-dev\" &&\n"
	"		chmod $2 \"$3.hiebox-dev\" && mv -fT \"$3.hiebox-dev\" \"$3\" && say laid\n"
	"}\n"
	"link() { mkdir -p \"${2%/*}\" && ln -sfnT \"$1\" \"$2.hiebox-dev\" && mv -fT \"$2.hiebox-dev\" \"$2\" && say laid; }\n"
	"gone() { rm -f \"$1\" && say laid; }\n"
	/* again UNIT: restarted when it runs or failed */
	"again() {\n"
	"	case $(systemctl is-active \"$1\") in active | activating | reloading | failed) units=\"$units $1\" ;; esac\n"
	"}\n"
	/* begin UNIT: it changed itself; started, too, when something wants it */
	"begin() {\n"
	"	may \"$1\" || return 0\n"
	"	before=$units\n"
	"	again \"$1\"\n"
	"	[ \"$before\" = \"$units\" ] || return 0\n"
	"	[ -e " UNITS "\"$1\" ] && grep -qs '^WantedBy=' " UNITS "\"$1\" && units=\"$units $1\"\n"
	"	:\n"
	"}\n"
	"reread() { [ \"$(systemctl is-active \"$1\")\" = inactive ] || reloaded=\"$reloaded $1\"; }\n"
	/* on UNIT…: is one of them on its way? */
	"on() { systemctl show -p ActiveState -p Job \"$@\" | grep -qE '^(Job=[1-9]|ActiveState=(activating|deactivating|reloading))'; }\n"
	/* tell UNIT WORD: its state, and what it said since $began; one that is started again and again has failed */
	"tell() {\n"
	"	state=$(systemctl show -P ActiveState \"$1\")\n"
	"	[ \"$(systemctl show -P SubState \"$1\")\" != auto-restart ] || state=failed\n"
	"	[ \"$state\" = failed ] || ! on \"$1\" || state=activating\n"
	"	say unit \"$1\" \"$state\" $2\n"
	"	[ \"$state\" != failed ] || journalctl -q --no-pager -o cat --since=@$began -u \"$1\" | grep -vE '^[[:space:]]+at ' | tail -n 15\n"
	"	[ \"$2\" != reloaded ] || journalctl -q --no-pager -o cat --since=@$began -u \"$1\" | grep -E '\\[(emerg|alert|crit)\\]' | tail -n 5\n"
	"	:\n"
	"}\n"
	"finish() {\n"
	"	[ -z \"$units\" ] || { systemctl reset-failed $units 2>/dev/null; systemctl --no-block restart $units; }\n"
	"	[ -z \"$reloaded\" ] || systemctl --no-block reload-or-restart $reloaded\n"
	"	end=$(($(now) + 100))\n"
	"	while [ -n \"$units$reloaded\" ] && [ $(now) -lt $end ] && on $units $reloaded; do sleep 0.05; done\n"
	"	for unit in $units; do tell $unit restarted; done\n"
	"	for unit in $reloaded; do tell $unit reloaded; done\n"
	"}\n";

void dev_script_bytes(struct buffer *script, size_t number, const void *bytes, size_t length)
{
	autofree char *text = base64_encode(bytes, length);

	buffer_format(script, "base64 -d >>$dev/new/%zu <<'END'\n%s\nEND\n", number, text);
}

void dev_script_lay(struct buffer *script, const struct dev_change *change, size_t number)
{
	autofree char *to = text_shell(change->to);

	if (change->unit) {
		autofree char *unit = dev_unit_of(change), *name = text_shell(unit);
		buffer_format(script, "may %s && ", name);
	}
	if (!change->from)
		buffer_format(script, "gone %s\n", to);
	else if (change->link)
		buffer_format(script, "link \"$(cat $dev/new/%zu)\" %s\n", number, to);
	else
		buffer_format(script, "lay %zu %s %s\n", number, change->executable ? "0755" : "0644", to);
}

void dev_script_stage(struct buffer *script, const struct dev_change *change, size_t number)
{
	autofree char *place = text_shell(change->to + strlen(UNITS));
	autofree char *folder = path_directory(change->to + strlen(UNITS)), *quoted = text_shell(folder);

	buffer_format(script, "mkdir -p $dev/check/%s && cp $dev/new/%zu $dev/check/%s\n", quoted, number, place);
}

static void add_calls(struct buffer *script, const char *function, const struct strings *names)
{
	for (size_t i = 0; i < names->count; i++) {
		autofree char *name = text_shell(names->items[i]);
		buffer_format(script, "%s %s\n", function, name);
	}
}

void dev_script_work(struct buffer *script, const char *staged, const char *lay, const struct dev_work *work)
{
	buffer_text(script, staged);
	add_calls(script, "judge", &work->verify);
	buffer_text(script, lay);
	if (work->units)
		buffer_text(script, "systemctl daemon-reload\n");
	for (size_t i = 0; i < work->run.count; i++)
		buffer_format(script, "%s\n", work->run.items[i]);
	if (work->provision)
		buffer_text(script, "hie provision >$dev/provision 2>&1 || cat $dev/provision\n");
	add_calls(script, "again", &work->restart);
	add_calls(script, "begin", &work->start);
	add_calls(script, "reread", &work->reload);
	buffer_text(script, "finish\n");
}

void dev_script_look(struct buffer *script, const struct strings *units, unsigned seconds)
{
	buffer_format(script, "began=$((began - %u))\n", seconds);
	for (size_t i = 0; i < units->count; i++) {
		autofree char *name = text_shell(units->items[i]);
		buffer_format(script, "tell %s ''\n", name);
	}
}
