/* The screens' pure modules. */
import fs from "node:fs";
import { check, end, same } from "./tap.js";

const folder = `${process.cwd()}/overlays/point-of-service-demo/usr/share/hie/point-of-service`;
const module = (name) => import(`${folder}/${name}.js`);
const { TEXT } = await module("text"), { SCHEDULE, dueNext } = await module("due"), { birthOf, numberOf } = await module("form");
const read = await module("read"), write = await module("write"), { newKey, newUrn, PLACES, placeName } = await module("places");
const { Exchange, basic, pathOfLink, problemOf } = await module("exchange"), { Queue, Store, delay } = await module("queue");

/* texts */
const [en, fr] = [Object.keys(TEXT.en), Object.keys(TEXT.fr)];
same("texts: the same keys in both languages", en.filter((key) => !fr.includes(key)).concat(fr.filter((key) => !en.includes(key))), []);
const holes = (text) => [...text.matchAll(/\{\d\}/g)].map(String).sort().join();
same("texts: the same places to fill in", en.filter((key) => holes(TEXT.en[key]) !== holes(TEXT.fr[key])), []);
same("texts: nothing empty", en.filter((key) => !TEXT.en[key] || !TEXT.fr[key]), []);
same("texts: typographic apostrophes", Object.values({ ...TEXT.en }).concat(Object.values(TEXT.fr)).filter((text) => text.includes("'")), []);
const sources = fs.readdirSync(folder).filter((name) => name.endsWith(".js") && name !== "text.js").map((name) => fs.readFileSync(`${folder}/${name}`, "utf8"));
const code = sources.join("\n").replace(/\/\*[\s\S]*?\*\//g, "");
const used = [...code.matchAll(/\bt\("([a-z][a-z0-9-]*)"/g), ...code.matchAll(/(?:label|hint|submit): "([a-z-]+)"/g)].map((found) => found[1]);
same("texts: every key that is asked for is there", [...new Set(used)].filter((key) => !TEXT.en[key]), []);
const chosen = [...code.matchAll(/\bt\(([^()]*(?:\([^()]*\)[^()]*)*?)[,)]/g)].flatMap((call) => [...call[1].matchAll(/[?:] "([a-z][a-z0-9-]*)"/g)].map((found) => found[1]));
same("texts: and every key that is one of two", chosen.filter((key) => !TEXT.en[key]), []);
check("texts: such keys are seen", chosen.includes("kept-badly") && chosen.includes("found-none") && chosen.length > 20, chosen);
const listed = [["vital", write.VITALS.map((one) => one.name)], ["vaccine", SCHEDULE.map((one) => one.vaccine)], ["section", read.SECTIONS],
	["sex", ["female", "male", "other", "unknown"]], ["do", ["visit", "vaccinate", "order", "summary", "answer"]],
	["queue", ["register", "visit", "vaccinate", "order", "answer"]], ["start", Object.values(PLACES).map((one) => one.kind)],
	["age", ["years", "years-one", "months", "months-one"]]];
same("texts: every key that is put together", listed.flatMap(([part, words]) => words.map((word) => `${part}-${word}`)).filter((key) => !TEXT.en[key]), []);
const quoted = new Set([...code.matchAll(/["`]([a-z][a-z0-9-]+)["`]/g)].map((found) => found[1]));
const made = /^(problem|age|sex|vital|vaccine|section|do|start|queue|nav)-/;
same("texts: none is left over", en.filter((key) => !quoted.has(key) && !made.test(key)), []);
check("no markup is ever made from text", !/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b/.test(code));
check("no request to the outside", !/https?:\/\/(?!terminology\.hl7\.org|loinc\.org|unitsofmeasure\.org|hl7\.org|exchange\.invalid)/.test(code));
check("nothing that plain http does not have", !/randomUUID|crypto\.subtle|navigator\.(locks|serviceWorker)/.test(code));

/* what vaccine is due */
const today = new Date("2026-03-01T12:00:00Z");
same("due: a newborn", dueNext("2026-02-28", [], today).slice(0, 2).map((one) => [one.vaccine, one.dose]), [["bcg", 1], ["polio", 1]]);
check("due: late is said", dueNext("2025-12-01", [], today)[0].late);
const had = (code, date) => ({ codes: [code], date: new Date(date) });
same("due: what was given is not due", dueNext("2026-02-28", [had("19", "2026-02-28"), had("182", "2026-02-28")], today)[0].dose, 1);
check("due: four weeks between two doses", dueNext("2025-06-01", [had("02", "2026-02-20")], today).find((one) => one.vaccine === "polio").date
	.toISOString().startsWith("2026-03-20"));
for (const [name, birth] of [["a grown-up", "1990-01-01"], ["year only", "2025"], ["nothing", ""], ["the future", "2030-01-01"], ["nonsense", "2025-99-99"]])
	same(`due: nothing for ${name}`, dueNext(birth, [], today), null);

/* codes: what the screens name is in the data set, by the same name */
const terms = JSON.parse(fs.readFileSync(`${process.cwd()}/recipes/seeds/two-clinics/01-terminology.json`, "utf8")).entry.map((entry) => entry.resource);
const named = new Map(terms.filter((one) => one.resourceType === "CodeSystem").map((one) => [one.url, new Map(one.concept.map((each) => [each.code, each.display]))]));
const vaccines = terms.find((one) => one.url === "urn:hiebox:vs:vaccines").compose.include[0].concept.map((one) => one.code);
same("due: every vaccine is in the list to choose from", dueNext("2026-02-28", [], today).filter((one) => !vaccines.includes(one.code)), []);
const codings = (value) => !value || typeof value !== "object" ? []
	: [...named.has(value.system) && value.code ? [value] : [], ...Object.values(value).flatMap(codings)];

/* dates and numbers that are typed */
for (const [typed, wanted] of [[{ year: "1980" }, "1980"], [{ month: "3", year: "1980" }, "1980-03"], [{ day: "1", month: "02", year: "1980" }, "1980-02-01"], [{}, ""]])
	same(`birth: ${JSON.stringify(typed)}`, birthOf(typed, today), { value: wanted });
for (const [typed, wanted] of [[{ day: "30", month: "2", year: "1980" }, "birth-bad"], [{ day: "1", year: "1980" }, "birth-bad"], [{ year: "80" }, "birth-year"],
	[{ month: "13", year: "1980" }, "birth-bad"], [{ year: "2030" }, "birth-future"], [{ day: "x", month: "1", year: "1980" }, "birth-bad"]])
	same(`birth: refused ${JSON.stringify(typed)}`, birthOf(typed, today), { problem: wanted });
same("number: with a comma", numberOf(" 37,5 ", 30, 45), { value: 37.5 });
for (const typed of ["375", "x", "-1", "1e1", "٣٧"])
	same(`number: refused ${typed}`, numberOf(typed, 30, 45), { problem: "number-range" });

/* reading */
const strange = [undefined, null, 7, "x", [], {}, { name: "x", identifier: 5, telecom: {}, birthDate: 12, entry: "x", link: [null], parameter: [null, 7] },
	{ entry: [null, {}, { resource: null }, { resource: { resourceType: "Patient", name: [null, { given: [7, null] }] } }] }];
for (const one of strange)
	for (const [name, reader] of Object.entries(read).filter(([name, value]) => typeof value === "function" && !["age", "translated", "madeId"].includes(name)))
		try {
			reader(one);
		} catch (error) {
			check(`read.${name} of ${JSON.stringify(one)}`, false, error.message);
		}
check("reading: nothing strange throws", true);
same("name: two", read.name({ name: [{ use: "old", family: "X" }, { given: ["Ada", "B."], family: "Okello" }] }), "Ada B. Okello");
same("name: single", read.name({ name: [{ given: ["Suharto"] }] }), "Suharto");
same("name: text only", read.name({ name: [{ text: "محمد" }] }), "محمد");
same("name: none", read.name({}), "");
same("age: months", read.age("2025-12-15", today), { value: 2, unit: "months" });
same("age: year only", read.age("1980", today), { value: 46, unit: "years" });
same("place: of an identifier", read.placeOf({ identifier: [{ system: "urn:hiebox:clinic-b:visit" }] }), "clinic-b");
same("place: of a source", read.placeOf({ meta: { source: "urn:hiebox:clinic-a#xyz" } }), "clinic-a");
same("place: unknown", read.placeOf({ identifier: [{ system: "urn:other" }], subject: { reference: "Patient/1" } }), "");
for (const word of ["constructor", "__proto__", "toString"]) {
	same(`place: ${word} is none`, [read.placeOf({ meta: { source: `urn:hiebox:${word}` }, managingOrganization: { reference: `Organization/${word}` } }),
		placeName(word, "en")], ["", ""]);
	same(`summary: a resource called ${word} is passed over`, read.summary({ resourceType: "Bundle", entry: [{ resource: { resourceType: "Composition" } },
		{ resource: { resourceType: word } }] }).people, []);
}
const translation = { extension: [{ url: "http://hl7.org/fhir/StructureDefinition/translation", extension: [{ url: "lang", valueCode: "fr" },
	{ url: "content", valueString: "Pénicilline" }] }] };
same("code: in French", read.code({ text: "Penicillin", _text: translation }, "fr"), "Pénicilline");
same("code: in English", read.code({ text: "Penicillin", _text: translation }, "en"), "Penicillin");
const ips = (...more) => ({ resourceType: "Bundle", entry: [{ resourceType: "Composition" }, ...more].map((resource) => ({ resource })) });
const allergy = { resourceType: "AllergyIntolerance", code: { text: "Penicillin" }, criticality: "high", meta: { source: "urn:hiebox:clinic-a" } };
same("summary: an allergy and its place", read.summary(ips(allergy)).sections.allergies.map((one) => [one.what, one.place, one.severe]), [["Penicillin", "clinic-a", true]]);
same("summary: a refuted one is none", read.summary(ips({ ...allergy, verificationStatus: { coding: [{ code: "refuted" }] } })).sections.allergies, []);
same("summary: of a plain search is none", read.summary({ resourceType: "Bundle", entry: [{ resource: allergy }] }), null);
const golden = { resourceType: "Patient", id: "g", meta: { tag: [{ code: "GOLDEN_RECORD" }] } };
same("made: of a resource, a list, a Location", [{ resource: { resourceType: "Patient", id: "1" } }, { resource: { resourceType: "Bundle", id: "b",
	entry: [{ resource: golden }, { resource: { resourceType: "Patient", id: "2" } }] } }, { location: "http://h/fhir/Patient/3/_history/1" }, {}].map(read.madeId),
	["1", "2", "3", ""]);
same("golden records are nobody's record", read.people({ entry: [{ resource: golden }, { resource: { resourceType: "Patient", id: "1" } }] }).map((one) => one.id), ["1"]);

/* writing */
const common = { place: "clinic-a", key: "k1", patient: "p1", when: today };
const put = write.register({ place: "clinic-a", placeSystem: PLACES["clinic-a"].system, number: "A-1", given: "Ada", birthDate: "1980", nationalId: "N1" });
same("register: a conditional PUT", [put.method, put.path], ["PUT", "/CR/fhir/Patient?identifier=urn%3Ahiebox%3Aclinic-a%7CA-1"]);
same("register: asked for again by the same number", put.confirm, `${put.path}&_count=5`);
check("register: says whose number it is", put.body.identifier[0].value === "A-1" && put.body.managingOrganization.reference === "Organization/clinic-a");
const urns = [newUrn(), newUrn(), newUrn()];
const seen = write.visit({ ...common, urn: urns[0], vitals: { temperature: 38.2, systolic: 120, diastolic: 80 }, diagnosis: { system: "s", code: "c", display: "D" },
	allergy: { display: "typed" } });
same("visit: everything in one transaction", seen.body.entry.map((entry) => entry.resource.resourceType),
	["Encounter", "Observation", "Observation", "Condition", "AllergyIntolerance"]);
const tasks = { id: "t1", resourceType: "Task", meta: { versionId: "3" }, focus: { reference: "ServiceRequest/s1" } };
const answered = write.answer({ ...common, task: tasks, request: { id: "s1", code: { text: "T" }, subject: { reference: "Patient/p1" } }, urns,
	result: { number: 12.5, unit: "g/dL" } });
const ordered = write.order({ ...common, test: { system: "s", code: "c", display: "T" }, urns, laboratory: "hospital" });
for (const [name, message] of [["visit", seen], ["order", ordered], ["answer", answered]]) {
	const posts = message.body.entry.filter((entry) => entry.request.method === "POST");
	check(`${name}: made once, whatever happens`, posts.every((entry) => /^identifier=urn%3Ahiebox%3Aclinic-a%3A[a-z%A-Z0-9-]+%7Ck1/.test(entry.request.ifNoneExist)
		&& (entry.fullUrl ?? "urn:uuid:").startsWith("urn:uuid:")), posts.map((one) => one.request));
	check(`${name}: can be asked for again`, message.confirm.includes("_summary=count"));
}
const measured = codings(seen.body).filter((one) => one.system === "http://loinc.org");
check("visit: what was measured has codes", measured.length > 2, measured);
same("visit: the codes of LOINC have LOINC's names", measured.filter((one) => named.get(one.system).get(one.code) !== one.display), []);
same("answer: only if nobody else was there", answered.body.entry.at(-1).request, { method: "PUT", url: "Task/t1", ifMatch: "W/\"3\"" });
check("keys differ and are long enough", new Set(Array.from({ length: 2000 }, () => newKey())).size === 2000 && newKey().length === 10);
check("urns are UUIDs", /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(newUrn()));

same("same person: the national number goes along", write.sameAs({ body: { identifier: [{ system: "x", value: "1" }] } },
	[{ identifier: [{ system: "urn:hiebox:national-id", value: "N1" }] }, {}]).body.identifier[1]?.value, "N1");
same("same person: two numbers, nobody guesses", write.sameAs({ body: { identifier: [{ system: "x", value: "1" }] } },
	["N1", "N2"].map((value) => ({ identifier: [{ system: "urn:hiebox:national-id", value }] }))).body.identifier.length, 1);
const said = (code) => read.summary({ resourceType: "Bundle", entry: [{ resource: { resourceType: "Composition" } }, { resource: {
	resourceType: "AllergyIntolerance", patient: { reference: "Patient/1" }, code: { coding: [{ code }] } } }] }).sections.allergies[0].none;
same("no information about allergies is not “asked: none”", [said("no-allergy-info"), said("no-known-allergies"), said("Z88.0")], ["unknown", "asked", ""]);
same("pressure and decimals as people write them", [read.observed({ component: [128, 84].map((value) => ({ valueQuantity: { value, unit: "mmHg" } })) }),
	read.observed({ valueQuantity: { value: 38.4, unit: "°C" } }, "fr")], ["128 / 84 mmHg", "38,4 °C"]);
same("terms: French from the value set itself", read.namedTerms([{ system: "s", code: "c", display: "D", french: "" }], { entry: [{ resource: {
	resourceType: "ValueSet", compose: { include: [{ system: "s", concept: [{ code: "c", designation: [{ language: "fr", value: "F" }] }] }] } } }] })[0].french, "F");

/* the way to the exchange */
same("link: under its channel", pathOfLink("http://h:5001/fhir?_getpages=1&_offset=20", "/CR/fhir"), "/CR/fhir?_getpages=1&_offset=20");
same("link: already there", pathOfLink("http://h:5001/CR/fhir/Patient?x=1", "/CR/fhir"), "/CR/fhir/Patient?x=1");
for (const bad of ["javascript:alert(1)", "http://h/other", "", undefined, "http://h/fhir/" + "x".repeat(5000)])
	same(`link: refused ${String(bad).slice(0, 30)}`, pathOfLink(bad, "/CR/fhir"), null);
same("login in UTF-8", basic("ü", "é"), "Basic " + Buffer.from("ü:é").toString("base64"));
same("what a status is", [200, 201, 401, 403, 409, 412, 500, 503, 504, 418].map(problemOf),
	[null, null, "login", "forbidden", "conflict", "conflict", "broken", "broken", "silent", "refused"]);
same("every problem has its sentence", ["silent", "slow", "broken", "busy", "garbled", "large-answer", "login", "forbidden", "missing", "conflict", "refused", "large"]
	.filter((word) => !TEXT.en[`problem-${word}`]), []);
const answer = (status, body, headers = {}) => new Response(body, { status, headers });
const asked = async (reply) => (await new Exchange({ login: () => ({ user: "u", password: "p" }), fetch: reply, wait: 60 }).ask("GET", "/CR/fhir/Patient")).problem;
same("ask: fine", await asked(async () => answer(200, "{\"resourceType\":\"Bundle\"}")), null);
same("ask: not JSON", await asked(async () => answer(200, "<html>")), "garbled");
same("ask: JSON, but not FHIR", await asked(async () => answer(200, "[1]")), "garbled");
same("ask: cut off", await asked(async () => answer(200, "{\"resourceType\":\"Bun")), "garbled");
same("ask: nobody there", await asked(async () => { throw new TypeError("x"); }), "silent");
same("ask: too slow", await asked((path, { signal }) => new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)))), "slow");
same("ask: too long", await asked(async () => answer(200, "x".repeat(5 << 20))), "large-answer");
same("ask: 401 without a body", await asked(async () => answer(401, "")), "login");
const late = new Exchange({ login: () => ({ user: "u", password: "p" }), fetch: async () => answer(200, "{\"resourceType\":\"X\"}", { Date: "Sun, 01 Mar 2037 10:00:00 GMT" }) });
await late.ask("GET", "/x");
same("a wrong clock: the exchange's is used", late.now().getFullYear(), 2037);

const leaving = new Exchange({ login: () => ({ user: "u", password: "p" }), fetch: async () => answer(200, "{\"resourceType\":\"X\"}") });
const underway = leaving.ask("GET", "/CR/fhir/Patient/1");
leaving.forget();
await underway;
same("what was on its way when somebody left is not told to who comes next", leaving.messages, []);
await leaving.ask("GET", "/x");
same("and what is asked then is", leaving.messages.length, 1);

/* the queue */
class Memory {
	constructor() { this.map = new Map(); }
	get length() { return this.map.size; }
	key(i) { return [...this.map.keys()][i]; }
	getItem(key) { return this.map.get(key) ?? null; }
	setItem(key, value) { this.map.set(key, value); }
	removeItem(key) { this.map.delete(key); }
}
const timers = [];
function queue(replies, storage = new Memory(), more = {}) {
	const sent = [];
	const one = new Queue({ store: new Store(() => storage), place: () => "clinic-a", after: (work, ms) => timers.push([work, ms]),
		ask: async (method, path) => { sent.push(`${method} ${path}`); return { ...(replies.shift() ?? { problem: null }) }; }, ...more });
	return { one, sent, storage };
}
const item = { id: "i1", place: "clinic-a", method: "PUT", path: "/CR/fhir/Patient?x", body: {}, title: ["queue-register", "x"] };
{
	const { one, storage } = queue([]);
	same("queue: what arrived is gone", [(await one.send(item)).problem, one.list().length, storage.length], [null, 0, 0]);
}
{
	const { one, sent } = queue([{ problem: "slow" }]);
	const answer = await one.send(item);
	same("queue: what was not acknowledged stays", [answer.waits, one.list().length, one.list()[0].tries], [true, 1, 1]);
	await timers.pop()[0]();
	same("queue: and is sent again with the same identifiers", [sent, one.list().length], [["PUT /CR/fhir/Patient?x", "PUT /CR/fhir/Patient?x"], 0]);
}
{
	const { one } = queue([{ problem: "refused" }]);
	same("queue: a refusal does not stay; the form does", [(await one.send(item)).problem, one.list().length], ["refused", 0]);
	const later = queue([{ problem: "slow" }, { problem: "refused" }]);
	await later.one.send(item);
	await later.one.sendAll();
	same("queue: but one that waited and is refused is not thrown away", later.one.list().map((one) => one.problem), ["refused"]);
}
{
	const { one, sent } = queue([{ problem: "slow" }]);
	const both = await Promise.all([one.send(item), one.send(item)]);
	same("queue: a double click is sent once", [sent.length, both[1].waits], [1, true]);
}
{
	const { one, sent } = queue([{ problem: "conflict" }, { problem: null, resource: { total: 1 } }]);
	const answer = await one.send({ ...item, confirm: "/SHR/fhir/Encounter?identifier=x" });
	same("queue: there already is arrived", [answer.problem, sent.length, one.list().length], [null, 2, 0]);
	const other = queue([{ problem: "conflict" }, { problem: null, resource: { total: 0 } }]);
	same("queue: somebody else's change is a conflict", (await other.one.send({ ...item, confirm: "/x" })).problem, "conflict");
}
{
	const storage = new Memory(), first = queue([{ problem: "slow" }], storage), second = queue([], storage);
	await first.one.send(item);
	same("queue: another window sees it", second.one.list().length, 1);
	first.one.keep({ ...first.one.list()[0], window: first.one.window, lease: Date.now() });
	await second.one.sendAll();
	same("queue: and does not send what the first is sending", second.sent, []);
	first.one.keep({ ...first.one.list()[0], lease: Date.now() + 1e9 });
	await second.one.sendAll();
	same("queue: a clock that was set back blocks nothing", second.sent.length, 1);
}
{
	const made = { ...item, tries: 1 }, drop = {};
	const { one, sent } = queue([], new Memory(), { ask: async (method, path) => {
		sent.push(path);
		drop.now();
		return { problem: null };
	} });
	drop.now = () => one.forget("i2");
	one.keep({ ...made, made: 1 });
	one.keep({ ...made, id: "i2", path: "/CR/fhir/Patient?y", made: 2 });
	await one.sendAll();
	same("queue: what somebody throws away meanwhile is not sent after all", [sent, one.list().length], [["/CR/fhir/Patient?x"], 0]);
}
{
	const full = { get length() { throw new Error("SecurityError"); }, setItem() { throw new Error("QuotaExceededError"); }, getItem() { throw new Error(); },
		removeItem() { throw new Error(); } };
	const { one } = queue([{ problem: "silent" }], full);
	await one.send(item);
	same("queue: no storage: memory, and it is known", [one.list().length, one.store.safe], [1, false]);
}
{
	const { one, storage } = queue([]);
	for (const junk of ["", "null", "{", "{\"id\":1}", "{\"id\":\"x\",\"path\":\"//evil\",\"method\":\"GET\",\"place\":\"\"}"])
		storage.setItem(`hie-pos-queue:${junk}`, junk);
	same("queue: somebody else's entries are passed over", one.list(), []);
	await one.send({ ...item, place: "clinic-b", again: true });
	one.keep({ ...item, place: "clinic-b", tries: 0 });
	await one.sendAll();
	same("queue: another place's waits for it", one.list().map((one) => one.place), ["clinic-b"]);
}
same("queue: waits longer each time, two minutes at most", [0, 1, 3, 10, 99].map(delay), [2000, 4000, 16000, 120000, 120000]);
end();
