/* What every place does: find a person, look at one, read the summary. */
import { add, bdi, el, fill } from "./dom.js";
import { pathOfLink } from "./exchange.js";
import { collect, form } from "./form.js";
import { dueNext } from "./due.js";
import { SECTIONS, age, allergiesOf, birth, code, day, given, matches, name, next, numbers, observed, orders, people, phone, placeOf, summary, translated } from "./read.js";
import { match } from "./write.js";

const PAGE = 20;
export const nameNode = (app, patient) => (name(patient) ? bdi(name(patient)) : el("em", {}, app.t("no-name")));

export function ageText(app, patient) {
	const born = birth(patient), years = born ? age(born, app.now()) : null;
	if (!born)
		return app.t("no-birth");
	return years ? `${app.date(born)} (${app.t(`age-${years.unit}${years.value === 1 ? "-one" : ""}`, String(years.value))})` : app.date(born);
}

export function sex(app, patient) {
	return app.t(["female", "male", "other"].includes(patient?.gender) ? `sex-${patient.gender}` : "sex-unknown");
}

export function placeTag(app, place) {
	return el("span", { class: `tag ${place || "elsewhere"}` }, app.placeName(place) || app.t("place-unknown"));
}

function numberNodes(app, patient) {
	const known = numbers(patient);
	return known.length ? el("ul", { class: "plain-list" }, known.map((one) => el("li", {}, el("bdi", { class: "number" }, one.value), " ",
		el("span", { class: "quiet" }, one.place === "national" ? app.t("number-national") : app.placeName(one.place) || app.t("place-unknown")))))
		: app.t("no-number");
}

export function facts(app, patient) {
	const fact = (key, value) => el("div", {}, el("dt", {}, app.t(key)), el("dd", {}, value));
	return el("dl", { class: "facts" }, fact("born", ageText(app, patient)), fact("sex", sex(app, patient)),
		fact("phone", phone(patient) ? bdi(phone(patient)) : app.t("no-phone")), fact("numbers", numberNodes(app, patient)),
		fact("recorded-by", placeTag(app, placeOf(patient))));
}

export function personLink(app, patient, ...more) {
	return el("li", { class: "result" }, el("a", { class: "who", href: `#/person/${encodeURIComponent(patient.id)}` }, nameNode(app, patient)),
		el("span", { class: "quiet" }, `${ageText(app, patient)}, ${sex(app, patient)}`), placeTag(app, placeOf(patient)), more);
}

export const FIND = [
	{ name: "name", label: "find-name", type: "text", plain: true, hint: "find-name-hint" },
	{ name: "birth", label: "birth", type: "birth", plain: true },
	{ name: "number", plain: true, label: "find-number", type: "text", hint: "find-number-hint" },
];

/* PDQm, ITI-78. Words of a name may stand in any order. A registry compares with the beginning of a whole family or given
 * name: so a word counts, too, as the end of the words before it ("Kimara" and "Kimara Salah", or "Salah"). */
const ending = (words, i) => words.slice(0, i + 1).map((_, from) => words.slice(i - from, i + 1).join(" ")).slice(0, 3);

export function query({ name: words = "", birth: born = "", number = "" }) {
	const typed = words.split(/\s+/).filter(Boolean).slice(0, 6).map((word) => word.replace(/[\\,$|]/g, "\\$&"));
	const parts = typed.map((_, i) => `name=${ending(typed, i).map(encodeURIComponent).join(",")}`);
	if (born)
		parts.push(`birthdate=${born}`);
	if (number)
		parts.push(`identifier=${encodeURIComponent(number.replace(/[\\,$|]/g, "\\$&"))}`);
	return `/CR/fhir/Patient?${parts.join("&")}&_count=${PAGE}`;
}

async function results(app, box, path, alive, before = 0) {
	const count = box.querySelector("[role=status]"), place = box.querySelector("ul"), more = box.querySelector(".more");
	count.textContent = app.t("looking");
	fill(more);
	const answer = await app.exchange.ask("GET", path);
	if (!alive())
		return;
	if (answer.problem) {
		count.textContent = "";
		app.complain(answer);
		return;
	}
	app.say();
	const found = people(answer.resource), total = before + found.length, link = next(answer.resource), on = link && pathOfLink(link, "/CR/fhir");
	found.forEach((patient) => app.people.set(patient.id, patient));
	add(place, found.map((patient) => personLink(app, patient)));
	count.textContent = app.t(total === 0 && !on ? "found-none" : total === 1 ? "found-one" : on ? "found-more" : "found-many", String(total));
	if (on)
		fill(more, el("button", { type: "button", class: "plain", click: () => results(app, box, on, alive, total) }, app.t("show-more")));
	else if (total === 0)
		fill(more, el("a", { class: "button", href: "#/register" }, app.t("nav-register")));
	app.rendered();
}

async function findView(app, { show, alive }) {
	const box = el("section", { "aria-label": app.t("results") }, el("p", { role: "status" }), el("ul", { class: "plain-list results" }),
		el("p", { class: "more" }));
	const look = (values) => {
		fill(box.querySelector("ul"));
		return results(app, box, query(values), alive);
	};
	const check = (values) => (values.name || values.birth || values.number ? null : "find-nothing");
	const search = form(app, { name: "find", submit: "find", fields: FIND, keep: true, check, send: look });
	show(app.t("nav-find"), search.box, box);
	const values = collect(app, FIND, search.kept.typed).values;
	if (!check(values))
		await look(values);
}

/* A part of a view that comes when it comes; a failure is a sentence in its place. */
export async function part(app, box, work, alive) {
	fill(box.lastChild, el("p", { class: "quiet" }, app.t("looking")));
	const answer = await work();
	if (!alive())
		return;
	fill(box.lastChild, answer.problem ? el("p", { class: "outcome refused", role: "alert" }, app.problem(answer.problem)) : answer.nodes);
	app.rendered();
}
export const section = (app, key, id) => el("section", { class: "card", "aria-labelledby": id }, el("h2", { id }, app.t(key)), el("div"));

async function alsoKnown(app, patient) {
	const { method, path, body } = match(patient, 10), answer = await app.exchange.ask(method, path, { body });
	const others = matches(answer.resource, patient.id);
	others.forEach((one) => app.people.set(one.patient.id, one.patient));
	return { problem: answer.problem, nodes: others.length ? el("ul", { class: "plain-list results" }, others.map((one) =>
		personLink(app, one.patient, el("span", { class: "quiet" }, app.t(one.grade === "certain" ? "grade-same" : "grade-maybe")))))
		: el("p", {}, app.t("also-none")) };
}

async function vaccinations(app, patient) {
	const answer = await app.exchange.ask("GET", `/SHR/fhir/Immunization?patient:mdm=Patient/${patient.id}&_count=100`);
	const had = given(answer.resource, app.language), due = dueNext(birth(patient), had, app.now());
	const was = had.map((one) => el("li", {}, el("strong", {}, bdi(one.what)), ` ${app.date(one.when)} `, placeTag(app, one.place)));
	const will = (due ?? []).slice(0, 4).map((one) => el("li", {}, el("strong", {}, app.t(`vaccine-${one.vaccine}`)), " ",
		app.t(one.late ? "due-late" : "due-on", String(one.dose), app.date(one.date.toISOString().slice(0, 10)))));
	return { problem: answer.problem, due, nodes: [el("ul", { class: "plain-list" }, was.length ? was : el("li", {}, app.t("vaccinations-none"))),
		due && el("h3", {}, app.t("due-title")), due && el("ul", { class: "plain-list" }, will.length ? will : el("li", {}, app.t("due-none"))),
		due && el("p", { class: "quiet" }, app.t("due-source"))] };
}

/* What anybody has noted of any of this person's records. That they cannot be had is said as loudly as an allergy. */
async function known(app, patient) {
	const answer = await app.exchange.ask("GET", `/SHR/fhir/AllergyIntolerance?patient:mdm=Patient/${patient.id}&_count=50`);
	return { problem: null, nodes: answer.problem ? [el("p", { class: "outcome refused", role: "alert" }, app.problem(answer.problem)),
		el("p", { class: "allergies" }, app.t("summary-missing"))] : allergies(app, allergiesOf(answer.resource, app.language), "h2") };
}

async function tests(app, patient) {
	const answer = await app.exchange.ask("GET", `/SHR/fhir/ServiceRequest?patient:mdm=Patient/${patient.id}&_count=50&_revinclude=Task:focus`
		+ "&_revinclude=DiagnosticReport:based-on&_include:iterate=DiagnosticReport:result");
	const all = orders(answer.resource).map(({ request, report, results }) => el("li", { class: "answer" }, el("strong", {}, bdi(code(request.code, app.language))),
		` ${app.date(day(request.authoredOn))} `, placeTag(app, placeOf(request)),
		report ? el("p", { class: "outcome done" }, results.map((one) => [bdi(observed(one, app.language)), " "]), report.conclusion ? bdi(translated(report.conclusion, report._conclusion, app.language)) : "",
			" ", placeTag(app, placeOf(report))) : el("p", { class: "quiet" }, app.t("test-open"))));
	return { problem: answer.problem, nodes: el("ul", { class: "plain-list" }, all.length ? all : el("li", {}, app.t("tests-none"))) };
}

const actionsOf = (app, id) => el("p", { class: "actions" },
	["visit", "vaccinate", "order", "summary"].map((what) => el("a", { class: what === "summary" ? "button plain" : "button",
		href: `#/${what}/${encodeURIComponent(id)}` }, app.t(`do-${what}`))));

async function personView(app, { show, alive, words: [id] }) {
	const { patient, problem } = await app.person(id);
	if (!patient) {
		show(app.t("person"));
		return app.complain({ problem });
	}
	const also = section(app, "also-title", "also"), shots = section(app, "vaccinations", "shots"), asked = section(app, "tests", "asked");
	const read = section(app, "summary", "read"), loud = el("div", { class: "loud" }, el("div"));
	const parts = app.kind === "clinic" ? [[loud, known], [also, alsoKnown], [shots, vaccinations], [asked, tests]] : [[read, summaryNodes], [also, alsoKnown], [asked, tests]];
	show(nameNode(app, patient), facts(app, patient), app.kind === "clinic" && actionsOf(app, id), parts.map(([box]) => box));
	await Promise.all(parts.map(([box, work]) => part(app, box, () => work(app, patient), alive)));
}

function entry(app, one) {
	return el("li", { class: one.past ? "past" : "" }, el("strong", {}, bdi(one.what || app.t("without-name"))), one.detail ? [": ", bdi(one.detail)] : "",
		one.severe ? el("strong", {}, ` ${app.t("severe")}`) : "", " ", el("span", { class: "quiet" }, [app.date(one.when), one.past ? app.t("past") : ""].filter(Boolean).join(", ")), " ", placeTag(app, one.place));
}

/* Allergies come first and loud; that none is written down is not the same as none. */
function allergies(app, list, level = "h3") {
	const real = list.filter((one) => !one.none), asked = list.some((one) => one.none === "asked");
	if (real.length)
		return el("div", { class: "allergies", role: "alert" }, el(level, {}, el("span", { "aria-hidden": "true" }, "⚠ "),
			app.t("section-allergies")), el("ul", { class: "plain-list" }, real.map((one) => entry(app, one))));
	return el("div", { class: level === "h2" && "hint" }, el(level, {}, app.t("section-allergies")), el("p", {}, app.t(asked ? "allergies-asked" : "allergies-unknown")));
}

export function summaryBox(app, read) {
	return [allergies(app, read.sections.allergies), SECTIONS.slice(1).filter((kind) => read.sections[kind].length).map((kind) =>
		el("div", {}, el("h3", {}, app.t(`section-${kind}`)), el("ul", { class: "plain-list" }, read.sections[kind].map((one) => entry(app, one))))),
		SECTIONS.slice(1).every((kind) => !read.sections[kind].length) && el("p", {}, app.t("summary-empty"))];
}

async function summaryNodes(app, patient) {
	const answer = await app.exchange.ask("GET", `/SHR/fhir/Patient/${encodeURIComponent(patient.id)}/$summary`);
	const read = answer.problem ? null : summary(answer.resource, app.language);
	if (!read)
		return { problem: null, nodes: [el("p", { class: "outcome refused", role: "alert" }, app.problem(answer.problem ?? "garbled")),
			el("p", { class: "allergies" }, app.t("summary-missing"))] };
	return { problem: null, nodes: summaryBox(app, read) };
}

async function summaryView(app, { show, alive, words: [id] }) {
	const { patient, problem } = await app.person(id), box = section(app, "summary", "read");
	if (!patient) {
		show(app.t("summary"));
		return app.complain({ problem });
	}
	show(nameNode(app, patient), facts(app, patient), box, back(app, id));
	await part(app, box, () => summaryNodes(app, patient), alive);
}

export const back = (app, id) => el("p", {}, el("a", { href: `#/person/${encodeURIComponent(id)}` }, app.t("back-person")));
export { vaccinations };
export const commonViews = { find: findView, person: personView, summary: summaryView };
