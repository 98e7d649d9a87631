// Clients: who may talk to the exchange, and with which roles.
import { get, id, request } from "./api.js";
import { mistaken, onto, over, remover, saving } from "./edit.js";
import { facts, field, h, input, outcome, table } from "./element.js";
import { address } from "./query.js";
import { clientPassword, listed, names } from "./rules.js";
import { sha512 } from "./session.js";
import { say } from "./text.js";

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

export async function client({ path, go, again }) {
	const isNew = path[1] === "new", at = `clients/${id(path[1])}`;
	const [roles, before] = await Promise.all([get("roles"), isNew ? { clientID: "", name: "", roles: [] } : get(at)]);
	const problem = h("div", null);
	const form = new ClientForm(before, roles.map(one => one.name));
	const save = saving(problem, async () => {
		const mine = form.value();
		if (mistaken(problem, form.mistakes(mine, roles)))
			return;
		const password = form.password.value ? await clientPassword(form.password.value, sha512) : {};
		if (isNew) {
			await request("POST", "clients", { ...mine, ...password });
			over(say("saved"), go, "#/clients");
			return;
		}
		const how = await onto(at, plain, before, mine);
		if (!how)
			return;
		const wanted = { ...how.write, ...password };
		if (Object.keys(wanted).length)
			await request("PUT", at, wanted);
		over(how.words, go, null);
		await again(outcome("done", how.words));
	});
	const remove = isNew ? null : remover(problem, { title: say("deleteClient", { name: before.clientID }), text: say("deleteClientText"), path: at,
		go, place: "#/clients" });
	return [h("p", null, h("a", { href: "#/clients" }, say("backToClients"))), h("h1", null, isNew ? say("newClient") : before.clientID),
		isNew ? null : [facts([[say("certificate"), before.certFingerprint ? h("code", null, before.certFingerprint) : say("noCertificate")]]),
			h("p", null, h("a", { href: address(["transactions"], { client: before._id }) }, say("itsTransactions"))),
			h("p", { class: "quiet" }, say("clientOff"))],
		problem, form.element(save, isNew, remove)];
}
