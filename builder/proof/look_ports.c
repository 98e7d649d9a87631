/* What listens, and whom the firewall lets in, against what the plan names. Sources: ss(8), nft(8), RFC 2131 and RFC 8415
 * for the ports of DHCP clients. */
#include "proof/look.h"

#include <ctype.h>
#include <string.h>

/* Beside what components name: an answer to our own question comes there. */
static const struct proof_port implied[] = { { 68, true, "local-network" }, { 546, true, "local-network" } };

/* Those who answer only when somebody wants it; else their condition says so. */
static const struct {
	uint16_t port;
	bool udp;
	const char *units;
} conditional[] = { { 22, false, "ssh.service ssh.socket" }, { 123, true, "chrony.service" } };

static const struct proof_port *find_port(const struct proof_plan *plan, unsigned long port, bool udp)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->ports[i].port == port && plan->ports[i].udp == udp)
			return &plan->ports[i];
	for (size_t i = 0; i < LENGTH(implied); i++)
		if (implied[i].port == port && implied[i].udp == udp)
			return &implied[i];
	return NULL;
}

static bool is_for_network(const struct proof_plan *plan, const struct proof_port *port)
{
	return text_equal(port->whom, "local-network") ||
	       (text_equal(port->whom, "developer") && text_equal(plan->mode, "development"));
}

static bool is_loopback(const char *address)
{
	return text_starts(address, "127.") || text_starts(address, "[::1]") || text_starts(address, "[::ffff:127.") ||
	       strstr(address, "%lo");
}

/* The name of the first process in users:(("nginx",pid=1,fd=2)). Caller frees. */
static char *process_name(const char *users)
{
	const char *begin = strchr(users, '"');
	size_t length = begin ? strcspn(begin + 1, "\"") : 0;
	return length ? text_copy_n(begin + 1, length) : text_copy("of an unknown program");
}

void look_judge_listeners(const struct proof_plan *plan, const char *text, struct strings *wrong, struct strings *missing)
{
	autostrings struct strings lines = { 0 };
	autofree bool *seen = memory_alloc(plan->count + 1);
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings words = { 0 };
		strings_split(&words, lines.items[i], " \t");
		const char *address = words.count > 4 ? words.items[4] : NULL, *colon = address ? strrchr(address, ':') : NULL;
		int64_t number;
		if (!colon || number_parse(colon + 1, 1, 65535, &number) < 0)
			continue;
		bool udp = text_equal(words.items[0], "udp");
		const struct proof_port *port = find_port(plan, (unsigned long)number, udp);
		autofree char *who = process_name(words.count > 6 ? words.items[6] : "");
		for (size_t p = 0; p < plan->count; p++)
			seen[p] = seen[p] || port == &plan->ports[p];
		if (!port)
			strings_format(wrong, "%s listens at %s %s, and the plan names no such port", who, words.items[0], address);
		else if (!is_for_network(plan, port) && !is_loopback(address))
			strings_format(wrong, "%s listens at %s %s, and the plan has that port for %s only", who, words.items[0],
				       address, text_equal(port->whom, "developer") ? "development" : port->whom);
	}
	for (size_t i = 0; i < plan->count; i++)
		if (!seen[i])
			strings_format(missing, "%s %u", plan->ports[i].udp ? "udp" : "tcp", plan->ports[i].port);
}

/* "tcp dport 80 accept", "udp dport { 1, 2 } accept": each number that is let in. */
static void judge_rule(const struct proof_plan *plan, const char *rule, struct strings *wrong)
{
	const char *at = strstr(rule, " dport ");
	bool udp = text_starts(rule, "udp");
	if (!at || !strstr(rule, " accept") || strstr(rule, "iif \"lo\"") || strstr(rule, "oif \"lo\""))
		return;
	const char *end = strstr(at, " accept");
	for (at += strlen(" dport "); at < end; at++) {
		if (!isdigit((unsigned char)*at))
			continue;
		char *rest;
		unsigned long number = strtoul(at, &rest, 10);
		const struct proof_port *port = find_port(plan, number, udp);
		if (*rest == '-')
			strings_format(wrong, "the firewall lets in a range of ports: %s", rule);
		else if (!port || !is_for_network(plan, port))
			strings_format(wrong, "the firewall lets in %s %lu, which the plan does not open to the network",
				       udp ? "udp" : "tcp", number);
		at = rest - 1;
	}
}

void look_judge_firewall(const struct proof_plan *plan, const char *text, struct strings *wrong)
{
	autostrings struct strings lines = { 0 };
	bool drops = false, input = false;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " \t");
		if (text_starts(line, "chain "))
			input = false;
		if (strstr(line, "hook input")) {
			input = true;
			drops = drops || strstr(line, "policy drop");
		}
		if (input && text_starts(line, "accept"))
			strings_add(wrong, "the firewall lets everything in");
		if (input)
			judge_rule(plan, line, wrong);
	}
	if (!drops)
		strings_add(wrong, "the firewall lets in what no rule speaks of");
}

/* Ports whose units a condition keeps from running are not missed. */
static void forgive_conditional(const char *conditions, struct strings *missing)
{
	for (size_t i = 0; i < LENGTH(conditional); i++) {
		autofree char *name = text_format("%s %u", conditional[i].udp ? "udp" : "tcp", conditional[i].port);
		autofree char *runs = text_format("runs %u", conditional[i].port);
		for (size_t k = 0; k < missing->count; k++)
			if (text_equal(missing->items[k], name) && !strstr(conditions, runs)) {
				free(missing->items[k]);
				memmove(missing->items + k, missing->items + k + 1, (missing->count - k) * sizeof *missing->items);
				missing->count--;
			}
	}
}

static char *listen_script(void)
{
	struct buffer out = { 0 };
	for (size_t i = 0; i < LENGTH(conditional); i++)
		buffer_format(&out, "systemctl -q is-active %s && echo 'runs %u'\n", conditional[i].units, conditional[i].port);
	buffer_text(&out, "command -v ss >/dev/null && echo '=ss' && ss -ltnupH\n");
	return buffer_steal(&out);
}

/* Services that were told to be ready may still open a port or two. */
static int look_listeners(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "nothing listens that the plan does not name, and all that it names does");
	autofree char *script = listen_script();
	for (int try = 0; try < 10; try++) {
		autofree char *text = NULL;
		autostrings struct strings missing = { 0 };
		strings_clear(&check.wrong);
		if (look_ask(machine, try ? "sleep 2\n" : "true\n", 30, &text, err) < 0)
			return -1;
		free(steal(text));
		if (look_ask(machine, script, 30, &text, err) < 0) {
			strings_clear(&check.wrong);
			return -1;
		}
		const char *listing = strstr(text, "=ss\n");
		if (!listing) {
			look_give_up(&check, PROOF_ERROR, "the image has no `ss` (package iproute2) to ask");
			return 0;
		}
		look_judge_listeners(plan, listing, &check.wrong, &missing);
		forgive_conditional(text, &missing);
		for (size_t i = 0; i < missing.count; i++)
			strings_format(&check.wrong, "nobody listens at %s, which the plan names", missing.items[i]);
		if (!missing.count)
			break;
	}
	look_end(&check);
	return 0;
}

static int look_firewall(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "the firewall lets in what the plan opens, and nothing else");
	autofree char *text = NULL;
	if (look_ask(machine, "command -v nft >/dev/null && echo '=nft' && nft list ruleset\n", 30, &text, err) < 0)
		return -1;
	if (!text_starts(text, "=nft")) {
		look_give_up(&check, PROOF_SKIPPED, "the image has no `nft`");
		return 0;
	}
	look_judge_firewall(plan, text, &check.wrong);
	look_end(&check);
	return 0;
}

int look_ports(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err)
{
	if (look_listeners(machine, plan, proof, err) < 0)
		return -1;
	return look_firewall(machine, plan, proof, err);
}
