/* The clinic's desk: register, visit, vaccinate, order a test. */
import { el } from "./dom.js";
import { choices, form } from "./form.js";
import { PLACES } from "./places.js";
import { madeId, matches } from "./read.js";
import { back, nameNode, personLink, vaccinations } from "./person.js";
import { VITALS, match, order, register, sameAs, vaccinate, visit } from "./write.js";

const REGISTER = (app) => [
	{ name: "given", label: "given", type: "text", hint: "given-hint" },
	{ name: "family", label: "family", type: "text" },
	{ name: "birth", label: "birth", type: "birth" },
	{ name: "gender", label: "sex", options: ["female", "male", "other", "unknown"].map((value) => ({ value, label: app.t(`sex-${value}`) })) },
	{ name: "phone", label: "phone", type: "tel" },
	{ name: "national", label: "number-national", type: "text", hint: "national-hint" },
];

/* The warning before a second record of one person is made: a person decides, the machine only asks. */
function warning(app, found, same, anyway) {
	return el("section", { class: "card warning", "aria-labelledby": "maybe" }, el("h2", { id: "maybe", tabindex: "-1" }, app.t("maybe-title")),
		el("p", {}, app.t("maybe-text")), el("ul", { class: "plain-list results" }, found.map((one) => personLink(app, one.patient,
			el("span", { class: "quiet" }, app.t(one.grade === "certain" ? "grade-same" : "grade-maybe"))))),
		el("p", { class: "actions" }, el("button", { type: "button", click: same }, app.t("maybe-same")),
			el("button", { type: "button", class: "plain", click: anyway }, app.t("maybe-anyway"))));
}

/* What is done when a write came back: arrived, waits here, or nothing changes. */
async function afterWrite(app, result, kept, [target, said]) {
	if (!["arrived", "waits"].includes(result.outcome))
		return false;
	kept.clear();
	if (result.outcome === "arrived")
		app.later("good", app.t(said));
	app.go(...target);
	return true;
}

async function registerView(app, { show, alive }) {
	const place = app.place, { system, letter } = PLACES[place], warn = el("div");
	const send = async (values, kept) => {
		const message = register({ place, placeSystem: system, number: `${letter}-${kept.key}`.toUpperCase(), family: values.family, given: values.given,
			birthDate: values.birth, gender: values.gender, phone: values.phone, nationalId: values.national });
		const go = async (silent, sent = message) => {
			const result = await app.write(["queue-register", [values.given, values.family].filter(Boolean).join(" ")], kept.key, sent, silent);
			const id = result.outcome === "arrived" ? madeId(result.answer) : "";
			if (id && result.answer.resource?.resourceType === "Patient")
				app.people.set(id, result.answer.resource);
			return afterWrite(app, result, kept, [id ? ["person", id] : ["find"], "registered"]);
		};
		if (kept.decided === JSON.stringify(values))
			return go();
		const { method, path, body } = match(message.body), answer = await app.exchange.ask(method, path, { body });
		const found = answer.problem ? [] : matches(answer.resource);
		if (!alive())
			return false;
		if (!found.length)
			return go(["silent", "slow"].includes(answer.problem) ? answer.problem : null);
		found.forEach((one) => app.people.set(one.patient.id, one.patient));
		kept.decided = JSON.stringify(values);
		let busy = false;
		const once = (sent) => async () => {
			if (busy)
				return;
			busy = true;
			await go(null, sent);
			busy = false;
		};
		warn.replaceChildren(warning(app, found, once(sameAs(message, found.map((one) => one.patient))), once(message)));
		app.say();
		warn.querySelector("h2").focus();
		app.rendered();
		return false;
	};
	const check = (values) => (values.given || values.family ? null : "name-needed");
	show(app.t("nav-register"), el("p", {}, app.t("register-text")), form(app, { name: "register", submit: "register", fields: REGISTER(app), check, send }).box, warn);
}

/* The person whom a form is about, or a sentence. */
async function about(app, id, show, title) {
	const { patient, problem } = await app.person(id);
	if (!patient) {
		show(app.t(title));
		app.complain({ problem });
	}
	return patient;
}

const title = (app, key, patient) => el("span", {}, app.t(key), ": ", nameNode(app, patient));
/* A choice from a list; what cannot be listed today is typed. */
const term = (app, name, label, terms, required) => (terms ? { name, label, options: choices(terms, app.language), required }
	: { name, label, type: "text", hint: "terms-missing", required });
const chosen = (value) => (value && typeof value === "object" ? value : value ? { display: value } : null);

async function visitView(app, { show, words: [id] }) {
	const [patient, diagnoses, allergies] = await Promise.all([about(app, id, show, "do-visit"), app.terms("urn:hiebox:vs:diagnoses"),
		app.terms("urn:hiebox:vs:allergies")]);
	if (!patient)
		return;
	const fields = [...VITALS.map((vital) => ({ name: vital.name, label: `vital-${vital.name}`, type: "number", unit: vital.unit,
		least: vital.least, most: vital.most })), term(app, "diagnosis", "diagnosis", diagnoses), term(app, "allergy", "allergy", allergies),
	{ name: "note", label: "visit-note", type: "long" }];
	const send = async (values, kept) => {
		const vitals = Object.fromEntries(VITALS.map(({ name }) => [name, values[name]]).filter(([, value]) => value !== undefined));
		const message = visit({ place: app.place, key: kept.key, patient: id, when: app.now(), urn: kept.urns[0], vitals,
			diagnosis: chosen(values.diagnosis), allergy: chosen(values.allergy), note: values.note });
		return afterWrite(app, await app.write(["queue-visit", nameText(app, patient)], kept.key, message), kept, [["person", id], "visit-saved"]);
	};
	const check = (values) => (Object.values(values).some((value) => value !== undefined && value !== "") ? null : "visit-nothing");
	show(title(app, "do-visit", patient), form(app, { name: `visit-${id}`, submit: "visit-save", fields, check, send }).box, back(app, id));
}

const nameText = (app, patient) => nameNode(app, patient).textContent;

async function vaccinateView(app, { show, words: [id] }) {
	const [patient, vaccines] = await Promise.all([about(app, id, show, "do-vaccinate"), app.terms("urn:hiebox:vs:vaccines")]);
	if (!patient)
		return;
	const hint = el("p", { class: "hint", role: "status", hidden: true });
	const fields = [term(app, "vaccine", "vaccine", vaccines, true), { name: "dose", label: "dose", type: "number", least: 1, most: 20 },
		{ name: "lot", label: "lot", type: "text" }];
	const send = async (values, kept) => {
		const message = vaccinate({ place: app.place, key: kept.key, patient: id, when: app.now(), vaccine: chosen(values.vaccine),
			dose: values.dose === undefined ? undefined : Math.round(values.dose), lot: values.lot });
		return afterWrite(app, await app.write(["queue-vaccinate", nameText(app, patient)], kept.key, message), kept, [["person", id], "vaccination-saved"]);
	};
	show(title(app, "do-vaccinate", patient), hint, form(app, { name: `vaccinate-${id}`, submit: "vaccination-save", fields, send }).box, back(app, id));
	const first = (await vaccinations(app, patient)).due?.[0];
	if (first) {
		hint.textContent = app.t("due-next", app.t(`vaccine-${first.vaccine}`), String(first.dose), app.date(first.date.toISOString().slice(0, 10)));
		hint.removeAttribute("hidden");
	}
}

async function orderView(app, { show, words: [id] }) {
	const [patient, offered] = await Promise.all([about(app, id, show, "do-order"), app.terms("urn:hiebox:vs:lab-orders")]);
	if (!patient)
		return;
	const send = async (values, kept) => {
		const message = order({ place: app.place, key: kept.key, patient: id, when: app.now(), test: chosen(values.test), urns: kept.urns, laboratory: "hospital" });
		return afterWrite(app, await app.write(["queue-order", nameText(app, patient)], kept.key, message), kept, [["person", id], "order-sent"]);
	};
	show(title(app, "do-order", patient), el("p", {}, app.t("order-text", app.placeName("hospital"))),
		form(app, { name: `order-${id}`, submit: "order-send", fields: [term(app, "test", "test", offered, true)], send }).box, back(app, id));
}

export { afterWrite, nameText };
export const clinicViews = { register: registerView, visit: visitView, vaccinate: vaccinateView, order: orderView };
