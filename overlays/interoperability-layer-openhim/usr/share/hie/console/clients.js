// Clients: who may talk to the exchange, and with which roles.
import { get, id, request } from "./api.js";
import { button, facts, field, h, input, outcome, table } from "./element.js";
import { address } from "./query.js";
import { clientPassword, listed, merge, names } from "./rules.js";
import { sha512 } from "./session.js";
import { say } from "./text.js";
import { ask, attempt, forget, tell } from "./ui.js";

export async function clients() {
	const list = (await get("clients")).sort((a, b) => a.clientID.localeCompare(b.clientID));
	const columns = [say("clientId"), say("name"), say("roles"), say("domain"), say("logInBy"), say("actions")];
	return [h("h1", null, say("clients")), h("p", { class: "lead" }, say("clientsLead")),
		h("p", { class: "actions" }, h("a", { class: "button", href: "#/clients/new" }, say("newClient"))),
		list.length ? h("div", { class: "wide" }, table(say("clients"), columns, list.map(one => [
			h("a", { href: address(["clients", one._id]) }, one.clientID), one.name, (one.roles ?? []).join(", ") || say("noRoles"),
			one.clientDomain ?? "", [one.passwordHash ? say("password") : "", one.certFingerprint ? say("certificate") : ""].filter(Boolean).join(", ") || say("byNothing"),
			h("a", { href: address(["transactions"], { client: one._id }) }, say("transactions")),
		]))) : h("p", { class: "lead" }, say("noClients"))];
}

const TEXTS = ["clientID", "name", "clientDomain", "organization", "description", "contactPerson", "contactPersonEmail"];
const SECRET = ["_id", "__v", "passwordHash", "passwordSalt", "passwordAlgorithm", "certFingerprint"];
const plain = one => Object.fromEntries(Object.entries(one).filter(([key]) => !SECRET.includes(key)));

class ClientForm {
	constructor(client, known) {
		this.client = client;
		this.controls = Object.fromEntries(TEXTS.map(key => [key, input({ value: client[key], maxlength: 300,
			required: key === "clientID" || key === "name" })]));
		this.roles = input({ value: listed(client.roles), maxlength: 2000 });
		this.known = known;
		this.password = input({ type: "password", autocomplete: "new-password", maxlength: 200 });
	}

	value() {
		const client = { ...plain(this.client), roles: names(this.roles.value, this.client.roles) };
		for (const [key, control] of Object.entries(this.controls))
			if (control.value.trim() !== "" || client[key])
				client[key] = control.value.trim() || null;
		return client;
	}

	mistakes(client, roles) {
		const found = [];
		if (!client.clientID || !client.name)
			found.push(say("needName"));
		if (client.clientID !== this.client.clientID && /[\s:]/.test(client.clientID ?? ""))
			found.push(say("badClientId"));
		if (client.clientID !== this.client.clientID && roles.some(one => one.name === client.clientID))
			found.push(say("clientIsRole"));
		if (this.password.value && this.password.value.length < 8)
			found.push(say("shortPassword"));
		return found;
	}

	element(onSave, isNew, extra) {
		const { clientID, name, clientDomain, organization, description, contactPerson, contactPersonEmail } = this.controls;
		return h("form", { "aria-label": say("client"), novalidate: true, onsubmit: onSave },
			h("div", { class: "grid" }, field(say("clientId"), clientID, say("clientIdHint")), field(say("name"), name),
				field(say("roles"), this.roles, say("rolesHint", { known: this.known.join(", ") })), field(say("domain"), clientDomain, say("domainHint")),
				field(isNew ? say("password") : say("newPassword"), this.password, isNew ? say("passwordHint") : say("newPasswordHint"))),
			h("details", null, h("summary", null, say("more")), h("div", { class: "grid" }, field(say("organization"), organization),
				field(say("description"), description), field(say("contact"), contactPerson), field(say("contactEmail"), contactPersonEmail))),
			h("p", { class: "actions" }, h("button", { type: "submit" }, say("save")), extra));
	}
}

async function write(before, mine) {
	const now = await get(`clients/${id(before._id)}`);
	const { write: wanted, theirs, both } = merge(plain(before), plain(mine), plain(now));
	if (both.length && !await ask(say("meanwhile"), say("meanwhileBoth", { keys: both.join(", ") }), say("overwrite"), { danger: true,
		more: h("dl", null, both.map(key => [h("dt", null, key), h("dd", null, h("code", null, JSON.stringify(now[key] ?? null).slice(0, 500)))])) }))
		return null;
	return { wanted, words: theirs.length && !both.length ? say("meanwhileOther", { keys: theirs.join(", ") }) : say("saved") };
}

export async function client({ path, go, again }) {
	const isNew = path[1] === "new";
	const [roles, before] = await Promise.all([get("roles"), isNew ? { clientID: "", name: "", roles: [] } : get(`clients/${id(path[1])}`)]);
	const problem = h("div", null);
	const form = new ClientForm(before, roles.map(one => one.name));
	let busy = false;
	async function save(event) {
		event.preventDefault();
		if (busy)
			return;
		busy = true;
		await attempt(problem, async () => {
			const mine = form.value(), mistakes = form.mistakes(mine, roles);
			if (mistakes.length) {
				problem.replaceChildren(outcome("refused", h("ul", null, mistakes.map(words => h("li", null, words)))));
				return;
			}
			const password = form.password.value ? await clientPassword(form.password.value, sha512) : {};
			let words = say("saved");
			if (isNew) {
				await request("POST", "clients", { ...mine, ...password });
			} else {
				const how = await write(before, mine);
				if (!how)
					return;
				words = how.words;
				if (Object.keys({ ...how.wanted, ...password }).length)
					await request("PUT", `clients/${id(before._id)}`, { ...how.wanted, ...password });
			}
			forget();
			tell(words);
			go(isNew ? "#/clients" : null);
			if (!isNew)
				await again(outcome("done", words));
		});
		busy = false;
	}
	const remove = isNew ? null : button(say("delete"), { class: "danger" }, async () => {
		if (await ask(say("deleteClient", { name: before.clientID }), say("deleteClientText"), say("delete"), { danger: true }))
			await attempt(problem, async () => {
				await request("DELETE", `clients/${id(before._id)}`);
				forget();
				tell(say("deleted"));
				go("#/clients");
			});
	});
	return [h("p", null, h("a", { href: "#/clients" }, say("backToClients"))), h("h1", null, isNew ? say("newClient") : before.clientID),
		isNew ? null : [facts([[say("certificate"), before.certFingerprint ? h("code", null, before.certFingerprint) : say("noCertificate")]]),
			h("p", null, h("a", { href: address(["transactions"], { client: before._id }) }, say("itsTransactions"))),
			h("p", { class: "quiet" }, say("clientOff"))],
		problem, form.element(save, isNew, remove)];
}
