// Roles. OpenHIM keeps no list of them: a role is a name that channels allow and clients have.
import { get, id, request } from "./api.js";
import { mistaken, over, remover, saving } from "./edit.js";
import { choice, field, h, input, outcome, table } from "./element.js";
import { address } from "./query.js";
import { roleMistake, rolesOf } from "./rules.js";
import { say } from "./text.js";
import { ask } from "./ui.js";

const links = (list, kind, name) => list.length ? list.map((one, at) => [at ? ", " : "", h("a", { href: address([kind, one._id]) }, one[name])]) : "–";

const all = async () => rolesOf(...await Promise.all([get("channels"), get("clients")]));

export async function roles() {
	const list = await all();
	return [h("h1", null, say("roles")), h("p", { class: "lead" }, say("rolesLead")),
		h("p", { class: "actions" }, h("a", { class: "button", href: "#/roles/new" }, say("newRole"))),
		list.length ? h("div", { class: "wide" }, table(say("roles"), [say("name"), say("channelsAllow"), say("clientsHave")], list.map(one => [
			h("a", { href: address(["roles", "one"], { name: one.name }) }, one.name),
			h("span", null, links(one.channels, "channels", "name")), h("span", null, links(one.clients, "clients", "clientID")),
		]))) : h("p", { class: "lead" }, say("noRolesYet"))];
}

const boxes = (all, chosen, words) => all.map(one => {
	const box = h("input", { type: "checkbox", value: one._id, checked: chosen.includes(one._id) });
	return [box, choice(words(one), box)];
});
const picked = list => list.filter(([box]) => box.checked).map(([box]) => ({ _id: box.value }));
const sameIds = (a, b) => a.length === b.length && a.every(one => b.some(other => other._id === one._id));

// OpenHIM judges each change by what is stored, and writes a role with neither channel nor client away: so what is
// not empty goes first, and the name last.
export function roleSteps(before, mine) {
	const steps = ["channels", "clients"].filter(key => !sameIds(before[key], mine[key])).map(key => ({ [key]: mine[key] }));
	steps.sort((a, b) => Object.values(b)[0].length - Object.values(a)[0].length);
	if (mine.name !== before.name)
		steps.push({ name: mine.name });
	return steps;
}

// false: somebody else changed it meanwhile, and this person thought better of it.
async function change(before, mine) {
	const now = (await all()).find(one => one.name === before.name);
	const same = now && sameIds(now.channels, before.channels) && sameIds(now.clients, before.clients);
	if (!same && !await ask(say("meanwhile"), say("meanwhileRole"), say("overwrite"), { danger: true }))
		return false;
	for (const step of roleSteps(now ?? before, mine))
		await request("PUT", `roles/${id(before.name)}`, step);
	return true;
}

export async function role({ path, query, go }) {
	const isNew = path[1] === "new";
	const [channels, clients] = await Promise.all([get("channels"), get("clients")]);
	const list = rolesOf(channels, clients);
	const before = isNew ? { name: "", channels: [], clients: [] } : list.find(one => one.name === query.name);
	if (!before)
		return [h("h1", null, say("roles")), outcome("refused", say("problem.notThere"))];
	const name = input({ value: before.name, maxlength: 200, required: true });
	const problem = h("div", null);
	const channelBoxes = boxes(channels.filter(one => one.status !== "deleted" || before.channels.some(has => has._id === one._id)),
		before.channels.map(one => one._id), one => one.name);
	const clientBoxes = boxes(clients, before.clients.map(one => one._id), one => one.clientID);
	const save = saving(problem, async () => {
		const mine = { name: name.value.trim(), channels: picked(channelBoxes), clients: picked(clientBoxes) };
		const mistake = roleMistake(mine.name, list, clients, isNew ? null : before.name) ??
			(mine.channels.length + mine.clients.length ? null : "roleEmpty");
		if (mistaken(problem, mistake ? [say(mistake)] : []))
			return;
		if (isNew)
			await request("POST", "roles", mine);
		else if (!await change(before, mine))
			return;
		over(say("saved"), go, "#/roles");
	});
	const remove = isNew ? null : remover(problem, { title: say("deleteRole", { name: before.name }),
		text: say("deleteRoleText", { channels: before.channels.length, clients: before.clients.length }), path: `roles/${id(before.name)}`,
		go, place: "#/roles" });
	return [h("p", null, h("a", { href: "#/roles" }, say("backToRoles"))), h("h1", null, isNew ? say("newRole") : before.name), problem,
		h("form", { "aria-label": say("role"), novalidate: true, onsubmit: save },
			h("div", { class: "grid" }, field(say("name"), name, say("roleHint"))),
			h("fieldset", null, h("legend", null, say("channelsAllow")), h("div", { class: "choices" }, channelBoxes.map(([, element]) => element))),
			h("fieldset", null, h("legend", null, say("clientsHave")), h("div", { class: "choices" }, clientBoxes.map(([, element]) => element))),
			h("p", { class: "actions" }, h("button", { type: "submit" }, say("save")), remove))];
}
