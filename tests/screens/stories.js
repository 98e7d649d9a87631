/* Stories on the screens, against tests/support/mock_exchange.py: the same person at two clinics, an order and its answer, a
 * question of the registry, script in a name, and days on which things break. */
import { spawn } from "node:child_process";
import { check, end, same } from "./tap.js";
import { open, realFetch } from "./page.js";

const folder = `${process.cwd()}/overlays/point-of-service-demo/usr/share/hie/point-of-service`;
const mock = spawn("python3", ["tests/support/mock_exchange.py", folder], { stdio: ["ignore", "pipe", "inherit"] });
const base = await new Promise((done) => mock.stdout.once("data", (data) => done(String(data).trim())));
process.on("exit", () => mock.kill());
const { TEXT } = await import(`${folder}/text.js`);
const tell = (path, body) => realFetch(base + path, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json());
let page, windows = 0, language = "en";
const words = (key, ...values) => TEXT[language][key].replace(/\{(\d)\}/g, (all, i) => values[i - 1] ?? "");

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
/* Waits until `test` gives something; null after three seconds. */
async function until(test) {
	for (let i = 0; i < 150; i++) {
		const found = test();
		if (found)
			return found;
		await sleep(20);
	}
	return null;
}
const all = (selector) => page.document.querySelectorAll(selector);
const text = () => page.document.textContent;
const heading = (words) => until(() => all("h1")[0]?.textContent.includes(words));
const said = (words) => until(() => page.document.getElementById("message").textContent.includes(words));
const shows = (words) => until(() => text().includes(words));
const button = (words) => until(() => all("button").find((one) => one.textContent.includes(words)));

async function press(words) {
	const found = await button(words);
	if (!found)
		return check(`there is a button “${words}”`, false, text().slice(0, 300));
	return found.type === "submit" ? submit() : found.fire("click");
}
const submit = (index = 0) => all("form")[index].fire("submit");
async function type(values) {
	for (const [name, value] of Object.entries(values)) {
		const field = await until(() => all(`[name=${name}]`)[0]);
		if (!field)
			return check(`there is a field ${name}`, false, text().slice(0, 300));
		field.value = value;
		await field.fire("input");
	}
}
async function visit(...path) {
	page.location.hash = "#/" + path.join("/");
	await sleep(30);
}
/* A new window of the screens. */
async function window(more = () => {}) {
	page = open(base, language);
	more(page);
	await import(`${folder}/app.js?${++windows}`);
	await until(() => all("h1").length);
}
async function enter(name) {
	await window();
	await press(name);
	await heading(words("nav-find"));
}
async function find(values) {
	await visit("find");
	await heading(words("nav-find"));
	await type(values);
	await submit();
}
const ada = { given: "Ada", family: "Okello", "birth-year": "1991", "birth-month": "4", "birth-day": "17", gender: "female" };

async function register(values) {
	await visit("register");
	await heading(words("nav-register"));
	await type(values);
	return submit();
}
/* Sends what waits by the button; it may have gone by itself in the meantime. True when nothing waits any more. */
async function sendNow() {
	await visit("waiting");
	await heading(words("waiting-title"));
	await all("button").find((one) => one.textContent === words("waiting-again"))?.fire("click");
	return until(() => page.document.getElementById("waiting").textContent === "");
}
async function store(kind) {
	const { store } = await tell("/mock/world");
	return Object.values(store).filter((one) => one.resourceType === kind);
}
const patientId = () => decodeURIComponent(page.location.hash.split("/")[2] ?? "");

async function twoClinics() {
	await tell("/mock/new");
	await enter(language === "en" ? "Clinic\u00a0A" : "Clinique\u00a0A");
	check(`${language}: logged in`, text().includes(language === "en" ? "Mlimani Clinic" : "Clinique Mlimani"));
	await register(ada);
	check(`${language}: registered`, await said(words("registered")), text());
	const first = patientId();
	await visit("visit", first);
	await heading(words("do-visit"));
	await type({ temperature: "38,4", diagnosis: "urn:x|B54", allergy: "urn:x|penicillin" });
	submit();
	check(`${language}: the visit is saved`, await said(words("visit-saved")), text());
	await visit("vaccinate", first);
	await heading(words("do-vaccinate"));
	await type({ vaccine: "urn:x|19", dose: "1" });
	submit();
	check(`${language}: the vaccination is saved`, await said(words("vaccination-saved")), text());
	await visit("order", first);
	await heading(words("do-order"));
	await type({ test: "urn:x|718-7" });
	submit();
	check(`${language}: the order is sent`, await said(words("order-sent")), text());
	check(`${language}: it is not answered yet`, await shows(words("test-open")), text());

	await enter(language === "en" ? "Clinic\u00a0B" : "Clinique\u00a0B");
	await register(ada);
	check(`${language}: the second clinic is warned`, await shows(words("maybe-title")), text());
	same(`${language}: and nothing was registered yet`, (await store("Patient")).length, 1);
	await press(words("maybe-same"));
	check(`${language}: a person may insist`, await said(words("registered")), text());
	check(`${language}: the two records know one another`, await shows(words("grade-same")), text());

	await enter(language === "en" ? "Kando" : "Kando");
	await find({ name: "oke ada" });
	check(`${language}: the hospital finds both`, await shows(words("found-many", "2")), text());
	const second = (await store("Patient")).map((one) => one.id).find((id) => id !== first);
	await visit("person", second);
	check(`${language}: the allergy that the other clinic wrote is loud`, await until(() => all(".allergies")[0]?.textContent.includes(
		language === "en" ? "Penicillin" : "Pénicilline")), text());
	check(`${language}: and says who wrote it`, all(".allergies")[0]?.textContent.includes(language === "en" ? "Mlimani" : "Clinique Mlimani"), text());
	await visit("orders");
	check(`${language}: the test waits`, await shows(words("orders-one")), text());
	await visit("answer", (await store("Task"))[0].id);
	await heading(words("do-answer"));
	await type({ result: "11,2", unit: "g/dL", conclusion: "<b>low</b>" });
	submit();
	check(`${language}: the answer is sent`, await said(words("answer-sent")), text());
	check(`${language}: nothing waits any more`, await shows(words("orders-none")), text());
	same(`${language}: the task is done`, (await store("Task"))[0].status, "completed");
	await enter(language === "en" ? "Clinic\u00a0A" : "Clinique\u00a0A");
	await visit("person", first);
	check(`${language}: the clinic sees it`, await shows(language === "fr" ? "11,2 g/dL" : "11.2 g/dL") && text().includes("<b>low</b>"), text());
	check(`${language}: what was sent is told`, all("details").some((one) => one.textContent.includes("GET /CR/fhir/Patient/")), text());
	check(`${language}: no password on the screen`, !text().includes("pässwörd") && !text().includes("Basic "));
	same(`${language}: no key without its sentence`, [...text().matchAll(/\b(?:problem|section|do|nav|sex|vital|queue)-[a-z]+/g)].map(String), []);
}

async function questions() {
	await tell("/mock/new");
	const people = [];
	for (const [id, more] of [["g1", { gender: "female" }], ["s1", { gender: "male" }]])
		people.push(await tell("/mock/put", { resourceType: "Patient", id, identifier: [{ system: "urn:hiebox:clinic-a", value: id }],
			name: [{ family: "<script>alert(1)</script>", given: ["Cathrine"] }], birthDate: "1984", ...more }));
	await tell("/mock/link", ["g1", "s1"]);
	await enter("Kando");
	await visit("matches");
	check("the registry's question is shown", await shows(words("matches-one")), text());
	check("what is equal and what differs is said in words", all("tr.equal").length >= 2 && all("tr.differs").length >= 1, text());
	await press(words("same-person"));
	await press(words("yes"));
	check("a person decides", await shows(words("decided-same")), text());
	same("and the registry knows", (await tell("/mock/world")).links, []);
	await find({ name: "cathrine" });
	await visit("person", "g1");
	check("script in a name is text", await heading("<script>alert(1)</script>") && !all("script").length, text());
	await find({ name: "nobody-is-called-this" });
	check("nobody found is said", await shows(words("found-none")), text());
}

/* What a nurse sees when things break, and that what she typed is still there. */
async function badDays() {
	const cases = [["problem-broken", { status: 500 }], ["problem-broken", { status: 502, body: "<html>" }], ["problem-silent", { status: 504 }],
		["problem-forbidden", { status: 403 }], ["problem-login", { status: 401 }], ["problem-refused", { status: 422 }], ["problem-garbled", { raw: "<html>no" }],
		["problem-garbled", { raw: "{\"resourceType\":\"Pat" }], ["problem-garbled", { raw: "{\"a\":1}" }], ["problem-busy", { status: 429 }]];
	for (const [key, mood] of cases) {
		await tell("/mock/new");
		await enter("Clinic\u00a0A");
		await tell("/mock/mood", mood);
		await find({ name: "x" });
		const name = `${key} (${JSON.stringify(mood)})`;
		check(`${name}: one clear sentence when looking`, await until(() => page.document.getElementById("message").textContent === words(key, "Mlimani Clinic (Clinic\u00a0A)")),
			page.document.getElementById("message").textContent);
		await register(ada);
		await until(() => page.document.getElementById("message").textContent);
		const waits = ["problem-broken", "problem-silent", "problem-busy", "problem-garbled"].includes(key);
		check(`${name}: ${waits ? "it waits, visibly" : "the form keeps what was typed"}`, waits ? await shows(words("waiting-one"))
			: all("[name=family]")[0]?.value === "Okello", text());
		await tell("/mock/mood", {});
		if (waits) {
			check(`${name}: then it arrives`, await sendNow(), text());
		} else {
			await submit();
			check(`${name}: then it arrives`, await said(words("registered")), text());
		}
		same(`${name}: once`, (await store("Patient")).length, 1);
		check(`${name}: no hole in a sentence`, !text().includes("undefined") && !text().includes("[object"), text());
	}
}

async function lostAnswers() {
	await tell("/mock/new");
	await enter("Clinic\u00a0A");
	await register(ada);
	await said(words("registered"));
	const id = patientId();
	await tell("/mock/mood", { lose: true });
	await visit("order", id);
	await heading(words("do-order"));
	await type({ test: "urn:x|718-7" });
	await submit();
	check("an answer that was lost: it waits", await shows(words("waiting-one")), text());
	same("though it had arrived", (await store("Task")).length, 1);
	await tell("/mock/mood", {});
	await sendNow();
	same("sent again, it is still one", [(await store("Task")).length, (await store("ServiceRequest")).length], [1, 1]);

	await enter("Kando");
	const task = (await store("Task"))[0].id;
	await visit("answer", task);
	await heading(words("do-answer"));
	await type({ result: "7" });
	await tell("/mock/mood", { lose: true });
	await submit();
	await tell("/mock/mood", {});
	check("a lost answer of a test is recognised as arrived", await sendNow(), text());
	same("and is there once", (await store("DiagnosticReport")).length, 1);

	await enter("Clinic\u00a0A");
	await visit("order", id);
	await heading(words("do-order"));
	await type({ test: "urn:x|718-7" });
	await Promise.all([submit(), submit(), submit()]);
	await said(words("order-sent"));
	same("a double click is one order", (await store("Task")).length, 2);
	await visit("visit", id);
	await heading(words("do-visit"));
	await type({ temperature: "39", note: "fièvre <i>" });
	const kept = page.window.sessionStorage;
	await window((fresh) => { fresh.window.sessionStorage = kept; fresh.location.hash = `#/visit/${id}`; });
	check("a reload in the middle of a visit keeps it", await until(() => all("[name=note]")[0]?.value === "fièvre <i>"), text());
	await type({ temperature: "390" });
	await submit();
	check("a wrong number is said beside its field", await shows(words("number-range", words("vital-temperature"), "30", "45")), text());
	check("and the focus is there", page.document.activeElement?.name === "temperature");
	same("and nothing was sent", (await store("Encounter")).length, 0);
}

async function manyPeople() {
	await tell("/mock/new");
	for (let i = 0; i < 45; i++)
		await tell("/mock/put", { resourceType: "Patient", identifier: [{ system: "urn:hiebox:clinic-b", value: `n${i}` }], name: [{ family: "Diallo", given: [`X${i}`] }] });
	for (const [id, more] of [["rtl", { name: [{ text: "محمد بن عبد الله" }] }], ["long", { name: [{ family: "Rakotomalala".repeat(20) }] }], ["none", {}]])
		await tell("/mock/put", { resourceType: "Patient", id, identifier: [], ...more });
	await enter("Clinic\u00a0B");
	await find({ name: "diallo" });
	check("twenty at first, and that there are more", await shows(words("found-more", "20")) && all("a.who").length === 20, text());
	await press(words("show-more"));
	await shows(words("found-more", "40"));
	await press(words("show-more"));
	check("then all, page by page", await shows(words("found-many", "45")) && all("a.who").length === 45, text());
	await visit("person", "none");
	check("no name and no birth date", await heading(words("no-name")) && text().includes(words("no-birth")), text());
	await visit("person", "rtl");
	check("a name from right to left", await heading("محمد بن عبد الله") && all("h1")[0].querySelector("bdi"), text());
	await visit("person", "nobody");
	check("somebody who is not there", await said(words("problem-missing")), text());
	for (const word of ["constructor", "__proto__"]) {
		await visit("person", "rtl");
		await heading("محمد بن عبد الله");
		await visit(word);
		check(`an address that is no view leads to the search: ${word}`, await heading(words("nav-find")), text());
	}
}

async function logins() {
	await tell("/mock/mood", { production: true });
	await window();
	await press("Clinic\u00a0A");
	check("no password is shown outside training: it is typed", await heading(words("start-login", "Mlimani Clinic (Clinic\u00a0A)")), text());
	await type({ password: "wrong" });
	await submit();
	check("a wrong password is said", await said(words("password-wrong")), text());
	await type({ password: "pässwörd" });
	await submit();
	check("the right one opens", await heading(words("nav-find")), text());
	check("no password in what is kept for good", ![...page.window.localStorage.map.values()].join().includes("pässwörd"));
	await press(words("leave"));
	await heading(words("start-title"));
	check("after leaving nothing is kept", page.window.sessionStorage.length === 0, [...page.window.sessionStorage.map.keys()]);
	await tell("/mock/mood", {});
	await enter("Clinic\u00a0A");
	await visit("register");
	await heading(words("nav-register"));
	await type(ada);
	await tell("/mock/mood", { wait: 0.5 });
	const late = submit();
	await sleep(600); /* the question whether she is known is answered, the registration is on its way */
	await press(words("leave"));
	await heading(words("start-title"));
	await tell("/mock/mood", {});
	await late;
	await sleep(50);
	check("who left in the middle of a message takes it along", !text().includes(words("registered")) && !text().includes("Okello")
		&& page.location.hash === "#/", [page.location.hash, text()]);
	await window((fresh) => { fresh.window.localStorage.full = true; });
	await press("Clinic\u00a0A");
	await heading(words("nav-find"));
	await tell("/mock/mood", { drop: true });
	await register(ada);
	check("a full storage is said", await shows(words("kept-badly")), text());
	await tell("/mock/mood", {});
	check("but it can be sent", await sendNow(), text());
}

for (language of ["en", "fr"])
	await twoClinics();
language = "en";
for (const story of [questions, logins, manyPeople, lostAnswers, badDays])
	await story();
end();
process.exit();
