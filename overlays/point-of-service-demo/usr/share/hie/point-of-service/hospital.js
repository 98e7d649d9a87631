/* The hospital: what is to be done for the clinics, the answer of a test, and whom the registry takes for one person. */
import { add, bdi, el, fill } from "./dom.js";
import { pathOfLink } from "./exchange.js";
import { form } from "./form.js";
import { STEWARD } from "./places.js";
import { birth, code, day, idOf, links, name, next, nextOfLinks, numbers, ofType, phone, placeOf } from "./read.js";
import { boxPassword } from "./start.js";
import { afterWrite, nameText } from "./clinic.js";
import { ageText, nameNode, placeTag, sex } from "./person.js";
import { answer as answerOf, decide } from "./write.js";

const OPEN = "/SHR/fhir/Task?owner=Organization/hospital&status=requested,received,accepted,in-progress&_include=Task:focus"
	+ "&_include=Task:patient&_sort=-authored-on&_count=20";

function taskItem(app, task, bundle) {
	const request = ofType(bundle, "ServiceRequest").find((one) => one.id === idOf(task.focus));
	const patient = ofType(bundle, "Patient").find((one) => one.id === idOf(task.for));
	if (patient)
		app.people.set(patient.id, patient);
	return el("li", { class: "result" }, el("a", { class: "who", href: `#/answer/${encodeURIComponent(task.id)}` },
		request ? bdi(code(request.code, app.language)) : app.t("test")), el("span", {}, patient ? nameNode(app, patient) : app.t("no-name")),
	el("span", { class: "quiet" }, app.date(day(task.authoredOn))), placeTag(app, placeOf(task)));
}

async function ordersView(app, { show, alive }) {
	const count = el("p", { role: "status" }, app.t("looking")), place = el("ul", { class: "plain-list results" }), more = el("p");
	show(app.t("nav-orders"), el("p", {}, app.t("orders-text")), count, place, more);
	let total = 0;
	const load = async (path) => {
		fill(more);
		const answer = await app.exchange.ask("GET", path);
		if (!alive())
			return;
		count.textContent = "";
		if (answer.problem)
			return app.complain(answer);
		const tasks = ofType(answer.resource, "Task"), link = next(answer.resource), on = link && pathOfLink(link, "/SHR/fhir");
		total += tasks.length;
		add(place, tasks.map((task) => taskItem(app, task, answer.resource)));
		count.textContent = app.t(total ? total === 1 ? "orders-one" : "orders-many" : "orders-none", String(total));
		if (on)
			fill(more, el("button", { type: "button", class: "plain", click: () => load(on) }, app.t("show-more")));
		app.rendered();
	};
	await load(OPEN);
}

const ANSWER = [
	{ name: "result", label: "result", type: "text", required: true, hint: "result-hint" },
	{ name: "unit", label: "unit", type: "text" },
	{ name: "conclusion", label: "conclusion", type: "long" },
];

async function answerView(app, { show, words: [id] }) {
	const got = await app.exchange.ask("GET", `/SHR/fhir/Task?_id=${encodeURIComponent(id)}&_include=Task:focus&_include=Task:patient`);
	const task = ofType(got.resource, "Task")[0], request = ofType(got.resource, "ServiceRequest")[0], patient = ofType(got.resource, "Patient")[0];
	const back = el("p", {}, el("a", { href: "#/orders" }, app.t("back-orders")));
	if (!task || !request) {
		show(app.t("do-answer"), back);
		return app.complain({ problem: got.problem ?? "missing" });
	}
	if (patient)
		app.people.set(patient.id, patient);
	const head = [el("p", { class: "lead" }, bdi(code(request.code, app.language))), el("p", {}, patient ? el("a", { href: `#/person/${encodeURIComponent(patient.id)}` },
		nameNode(app, patient)) : app.t("no-name"), " ", patient ? ageText(app, patient) : "", " ", placeTag(app, placeOf(task)))];
	if (!["requested", "received", "accepted", "in-progress", "ready"].includes(task.status))
		return show(app.t("do-answer"), head, el("p", { class: "outcome done" }, app.t("answered-already")), back);
	const send = async (values, kept) => {
		const number = /^-?\d+([.,]\d+)?$/.test(values.result) ? Number(values.result.replace(",", ".")) : undefined;
		const message = answerOf({ place: app.place, key: kept.key, task, request, when: app.now(), urns: kept.urns,
			result: { number, text: values.result, unit: values.unit, conclusion: values.conclusion } });
		const result = await app.write(["queue-answer", patient ? nameText(app, patient) : ""], kept.key, message);
		if (result.outcome === "refused" && result.answer.problem === "conflict")
			app.say("wrong", app.t("answer-conflict"));
		return afterWrite(app, result, kept, [["orders"], "answer-sent"]);
	};
	return show(app.t("do-answer"), head, form(app, { name: `answer-${id}`, submit: "answer-send", fields: ANSWER, send }).box, back);
}

/* What is equal and what differs, row by row; said in words too, not by colour alone. */
function compare(app, a, b) {
	const rows = [["name-one", name], ["born", (one) => birth(one) && ageText(app, one)], ["sex", (one) => one.gender && sex(app, one)], ["phone", phone],
		["numbers", (one) => numbers(one).map((number) => number.value).join(", ")], ["recorded-by", (one) => app.placeName(placeOf(one))]];
	const head = (text) => el("th", { scope: "col" }, text);
	return el("table", { class: "compare" }, el("thead", {}, el("tr", {}, head(app.t("what")), head(app.t("first-record")), head(app.t("second-record")), head(app.t("comparison")))),
		el("tbody", {}, rows.map(([key, read]) => {
			const [left, right] = [a, b].map((one) => read(one) || ""), same = left.toLowerCase() === right.toLowerCase();
			const word = ["numbers", "recorded-by"].includes(key) ? null /* each place has its own: no hint that they differ */ : !left && !right ? "both-missing" : !left || !right ? "one-missing" : same ? "equal" : "differs";
			const cell = (text, label) => el("td", { "data-label": app.t(label) }, text ? bdi(text) : "–");
			return el("tr", { class: word }, el("th", { scope: "row" }, app.t(key)), cell(left, "first-record"), cell(right, "second-record"),
				el("td", { class: "verdict-word" }, word ? app.t(word) : ""));
		})));
}

function pair(app, link, [a, b], decided) {
	const box = el("li", { class: "card" }), actions = el("p", { class: "actions" }), outcome = el("p", { role: "status" });
	const send = async (same) => {
		const { method, path, body } = decide({ golden: `Patient/${link.golden}`, source: `Patient/${link.source}`, same });
		fill(actions);
		const answer = await app.exchange.ask(method, path, { body, login: app.steward });
		if (answer.problem) {
			ask();
			return app.complain(answer);
		}
		outcome.className = "outcome done";
		outcome.textContent = app.t(same ? "decided-same" : "decided-different");
		decided();
		return app.rendered();
	};
	const sure = (same) => fill(actions, el("strong", {}, app.t(same ? "sure-same" : "sure-different")), " ",
		el("button", { type: "button", click: () => send(same) }, app.t("yes")), " ",
		el("button", { type: "button", class: "plain", click: () => ask() }, app.t("cancel")));
	const ask = () => fill(actions, el("button", { type: "button", click: () => sure(true) }, app.t("same-person")), " ",
		el("button", { type: "button", class: "plain", click: () => sure(false) }, app.t("different-people")));
	ask();
	return add(box, [el("h2", {}, nameNode(app, a), " / ", nameNode(app, b)), compare(app, a, b), actions, outcome]);
}

async function stewardLogin(app, show) {
	const found = await boxPassword(STEWARD);
	if (found && !app.stewardRefused)
		return found;
	const { box } = form(app, { name: "login-steward", submit: "enter", fields: [{ name: "password", label: "password", type: "password",
		required: true, hint: "password-hint" }], send: async ({ password }) => {
		app.logInSteward({ user: STEWARD, password });
		app.route();
		return true;
	} });
	show(app.t("nav-matches"), el("p", {}, app.t("steward-text", STEWARD)), box);
	return null;
}

async function matchesView(app, { show, alive }) {
	if (!app.steward) {
		const login = await stewardLogin(app, show);
		if (!login)
			return;
		app.logInSteward(login);
	}
	const count = el("p", { role: "status" }, app.t("looking")), place = el("ul", { class: "plain-list" }), more = el("p");
	show(app.t("nav-matches"), el("p", { class: "lead" }, app.t("matches-text")), count, place, more);
	let total = 0;
	const refused = (answer) => {
		count.textContent = "";
		if (answer.problem === "login" || answer.problem === "forbidden") {
			app.stewardRefused = true;
			app.logInSteward(null);
		}
		app.say("wrong", answer.problem === "login" ? app.t("steward-refused") : app.problem(answer.problem));
	};
	const load = async (path) => {
		fill(more);
		const answer = await app.exchange.ask("GET", path, { login: app.steward });
		if (answer.problem)
			return alive() && refused(answer);
		const found = links(answer.resource), ids = [...new Set(found.flatMap((one) => [one.golden, one.source]))];
		const read = ids.length ? await app.exchange.ask("GET", `/CR/fhir/Patient?_id=${ids.map(encodeURIComponent).join(",")}&_count=${ids.length}`,
			{ login: app.steward }) : null;
		if (!alive())
			return null;
		if (read?.problem)
			return refused(read);
		const of = (id) => ofType(read.resource, "Patient").find((one) => one.id === id);
		const pairs = found.filter((one) => of(one.golden) && of(one.source));
		const counted = (more) => {
			total += more;
			count.textContent = app.t(total ? total === 1 ? "matches-one" : "matches-many" : "matches-none", String(total));
		};
		add(place, pairs.map((one) => pair(app, one, [of(one.golden), of(one.source)], () => counted(-1))));
		counted(pairs.length);
		const link = nextOfLinks(answer.resource), on = link && pathOfLink(link, "/CR/fhir");
		if (on)
			fill(more, el("button", { type: "button", class: "plain", click: () => load(on) }, app.t("show-more")));
		return app.rendered();
	};
	await load("/CR/fhir/$mdm-query-links?matchResult=POSSIBLE_MATCH&_count=20&_offset=0");
}

export const hospitalViews = { orders: ordersView, answer: answerView, matches: matchesView };
