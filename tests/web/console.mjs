// The exchange console without a browser. Run by tests/cli/console.sh, which lays the modules beside this file.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import { install } from "./dom.mjs";

const { body, said, turn } = install();
const here = new URL(".", import.meta.url).pathname;
const session = await import("./session.js");
const query = await import("./query.js");
const rules = await import("./rules.js");
const show = await import("./show.js");
const text = await import("./text.js");
const api = await import("./api.js");
const { cannot, taskOf } = await import("./rerun.js");
const { roleSteps } = await import("./roles.js");

let number = 0, failed = 0;
async function test(name, action) {
	number++;
	try {
		await action();
		console.log(`ok ${number} - ${name}`);
	} catch (error) {
		failed++;
		console.log(`not ok ${number} - ${name}: ${String(error.message).split("\n").join(" | ").slice(0, 600)}`);
	}
}
const sha = words => createHash("sha512").update(words).digest("hex");

await test("a log-in as OpenHIM wants it, by the box's clock, without the password", async () => {
	const one = await session.begin("root@openhim.org", "pâss", { salt: "s4lt", ts: "2026-01-01T00:00:10.000Z" }, Date.parse("2026-01-01T05:00:00Z"));
	assert.equal(one.hash, sha("s4ltpâss"));
	assert.ok(!JSON.stringify(one).includes("pâss"));
	const sent = await session.headers(one, Date.parse("2026-01-01T05:01:00Z"));
	assert.equal(sent["auth-ts"], "2026-01-01T00:01:10.000Z");
	assert.equal(sent["auth-token"], sha(sha("s4ltpâss") + "s4lt" + "2026-01-01T00:01:10.000Z"));
	assert.equal(session.again(one, { salt: "other", ts: "2026-01-01T00:00:10.000Z" }, 0), null);
	session.keep(one);
	assert.deepEqual(session.kept(), one);
	globalThis.sessionStorage.setItem("hie-console", "{broken");
	assert.equal(session.kept(), null);
});

await test("addresses go there and back, whatever is in them", () => {
	const asked = { path: "/a b?c&d=é#", status: "Completed with error(s)" };
	assert.deepEqual(query.route(query.address(["transactions"], asked)), { path: ["transactions"], query: asked });
	assert.deepEqual(query.route(query.address(["roles", "a/b"])), { path: ["roles", "a/b"], query: {} });
	assert.deepEqual(query.route("#/%zz"), { path: ["%zz"], query: {} });
	assert.deepEqual(query.route(""), { path: [], query: {} });
});

await test("filters: what is typed is meant letter by letter, what is no number or id is left out", () => {
	const filters = query.transactionFilters({ path: "/a.b(c", code: "4xx", client: "x'", errors: "1", status: "Failed" });
	assert.equal(new RegExp(filters["request.path"]).test("/a.b(c/d"), true);
	assert.equal(new RegExp(filters["request.path"]).test("/aXb(c"), false);
	assert.equal(filters["response.status"], "4xx");
	assert.equal(query.transactionFilters({ code: "404" })["response.status"], 404);
	assert.equal("response.status" in query.transactionFilters({ code: "9999" }), false);
	assert.equal("clientID" in filters, false);
	assert.equal(filters.$or.length, 2);
	assert.deepEqual(query.transactionFilters({}), {});
	const time = JSON.parse(query.transactionFilters({ to: "2026-01-02T00:00:00Z", before: "2026-01-01T00:00:00.000Z" })["request.timestamp"]);
	assert.deepEqual(time, { $lte: "2026-01-01T00:00:00.000Z" });
});

await test("older pages lose and double nothing, also within one millisecond", () => {
	const all = Array.from({ length: 95 }, (_, at) => ({ _id: at.toString(16).padStart(24, "0"),
		request: { timestamp: new Date(Date.UTC(2026, 0, 1) - Math.floor(at / 45) * 1000).toISOString() } }));
	const serve = asked => {
		const words = new URLSearchParams(query.transactionList(asked).split("?")[1]);
		const time = JSON.parse(JSON.parse(words.get("filters"))["request.timestamp"] ?? "{}");
		return all.filter(one => !time.$lte || one.request.timestamp <= time.$lte).slice(0, Number(words.get("filterLimit")));
	};
	const seen = [];
	for (let asked = {}, turn = 0; asked && turn < 10; turn++) {
		const { shown, older } = query.transactionPage(asked, serve(asked));
		seen.push(...shown.map(one => one._id));
		asked = older;
	}
	assert.deepEqual(seen, all.map(one => one._id));
});

await test("a channel's pattern, and who takes a path before it", () => {
	assert.equal(rules.pathMatches("^/fhir/.*$", "/fhir/Patient"), true);
	assert.equal(rules.pathMatches("fhir", "/x/fhir"), true);
	assert.equal(rules.pathMatches("(", "/"), null);
	const mine = { _id: "2", name: "mine", urlPattern: "^/a", priority: 2 };
	const first = { _id: "1", name: "first", urlPattern: "^/", priority: 1 };
	const said = (one, others, path = "/a", method = "GET") => rules.verdict(one, others, path, method);
	assert.equal(said(mine, [first]).key, "tryOther");
	assert.equal(said(mine, [first]).words.name, "first");
	assert.equal(said(mine, [{ ...first, status: "disabled" }]).key, "tryYes");
	assert.equal(said({ ...mine, status: "disabled" }, []).key, "tryOff");
	assert.equal(said(mine, [{ ...first, priority: undefined }]).key, "tryYes");
	assert.equal(said(mine, [], "/b").key, "tryNo");
	assert.equal(said({ ...mine, urlPattern: "(" }, []).key, "badPattern");
	assert.equal(said(mine, [mine]).key, "tryYes");
});

await test("channels that share paths: the first that has the method, as channels.js of the box chooses", () => {
	const read = { _id: "1", name: "read", urlPattern: "^/a", priority: 1, methods: ["GET"] };
	const write = { _id: "2", name: "write", urlPattern: "^/a", priority: 2, methods: ["PUT"] };
	const said = (one, others, method) => rules.verdict(one, others, "/a", method);
	assert.deepEqual(said(write, [read], "PUT"), { key: "tryYesMethod", words: { name: "write", first: "read", method: "PUT" } });
	assert.equal(said(write, [read], "GET").key, "tryOtherMethod");
	assert.equal(said(read, [write], "PUT").words.name, "write");
	assert.equal(said(read, [write], "DELETE").key, "tryNobody");
	assert.equal(said({ ...write, matchContentRegex: "x" }, [read], "PUT").key, "tryNobody");
	assert.equal(said({ ...write, methods: [] }, [read], "DELETE").key, "tryYesMethod");
	const { withMethod } = createRequire(import.meta.url)("./box/channels.js");
	const all = [read, write, { _id: "3", urlPattern: "^/", priority: 3, methods: [] }, { _id: "4", urlPattern: "^/a", methods: ["PATCH"], matchContentTypes: ["x"] }];
	for (const channels of [all, all.slice(0, 2), all.slice(1), [all[0], all[3]]])
		for (const method of rules.METHODS) {
			const first = channels.find(one => rules.pathMatches(one.urlPattern, "/a"));
			const box = withMethod(channels, first, "/a", method);
			const { taker } = rules.takers(channels[0], channels, "/a", method);
			assert.equal(taker ?? first, box);
		}
});

await test("what OpenHIM would refuse is said before", () => {
	const route = { name: "r", host: "h", port: 1, primary: true };
	const good = { name: "n", urlPattern: "^/a$", allow: ["x"], routes: [route] };
	assert.deepEqual(rules.channelMistakes(good), []);
	assert.deepEqual(rules.channelMistakes({}), ["needName", "badPattern", "onePrimary", "nobodyAllowed"]);
	assert.deepEqual(rules.channelMistakes({ ...good, routes: [route, route] }), ["onePrimary"]);
	assert.deepEqual(rules.channelMistakes({ ...good, priority: 0, routes: [{ ...route, port: 0, path: "/a", pathTransform: "s/a/b/" }] }),
		["badPriority", "badRoute", "pathAndTransform"]);
	assert.equal(rules.roleMistake("a,b", [], [], null), "roleComma");
	assert.equal(rules.roleMistake("c", [], [{ clientID: "c" }], null), "roleIsClient");
	assert.equal(rules.roleMistake("r", [{ name: "r" }], [], null), "roleThere");
	assert.equal(rules.roleMistake("r", [{ name: "r" }], [], "r"), null);
	assert.equal(rules.roleMistake("c", [{ name: "c" }], [{ clientID: "c" }], "c"), null);
});

await test("a role that is a client's ID, too, keeps the channels that allow it", () => {
	const channels = [{ _id: "1", name: "one", allow: ["steward", "pos", "guest"] }, { _id: "2", name: "two", allow: ["steward", "alone"] }];
	const clients = [{ _id: "a", clientID: "steward", roles: ["steward"] }, { _id: "b", clientID: "guest", roles: [] }, { _id: "c", clientID: "d", roles: ["pos"] }];
	const roles = rules.rolesOf(channels, clients);
	assert.deepEqual(roles.map(one => one.name), ["alone", "pos", "steward"]);
	assert.deepEqual(roles[2], { name: "steward", channels: [{ _id: "1", name: "one" }, { _id: "2", name: "two" }], clients: [{ _id: "a", clientID: "steward" }] });
	assert.deepEqual(roles[1].channels, [{ _id: "1", name: "one" }]);
});

await test("lists are read as people write them, and what was not touched is not changed", () => {
	assert.deepEqual(rules.names(" a, b c;d,,a\n"), ["a", "b c", "d"]);
	assert.deepEqual(rules.names("x, y", ["x, y"]), ["x, y"]);
	assert.deepEqual(rules.names(""), []);
	assert.deepEqual(rules.methodsOf(["GET", "POST"], ["POST", "TRACE", "PUT"]), ["POST", "TRACE", "GET"]);
});

await test("two people at one channel: only what each changed is written", () => {
	const before = { name: "a", allow: ["x"], priority: 1 };
	assert.deepEqual(rules.merge(before, { ...before, priority: 2 }, { ...before, allow: ["y"] }), { write: { priority: 2 }, theirs: ["allow"], both: [] });
	assert.deepEqual(rules.merge(before, { ...before, name: "b" }, { ...before, name: "c" }).both, ["name"]);
	assert.deepEqual(rules.merge(before, { ...before, name: "b" }, { ...before, name: "b" }).both, []);
	assert.deepEqual(rules.merge({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, { a: { x: 1, y: 2 } }).write, {});
});

await test("a client's password is hashed the way clients are (password + salt)", async () => {
	const made = await rules.clientPassword("secret12", session.sha512);
	assert.equal(made.passwordHash, sha("secret12" + made.passwordSalt));
	assert.match(made.passwordSalt, /^[0-9a-f]{32}$/);
});

await test("a role changes without ever being empty in between", () => {
	const before = { name: "r", channels: [{ _id: "1" }], clients: [] };
	assert.deepEqual(roleSteps(before, { name: "s", channels: [], clients: [{ _id: "2" }] }), [{ clients: [{ _id: "2" }] }, { channels: [] }, { name: "s" }]);
	assert.deepEqual(roleSteps(before, { ...before }), []);
	assert.equal(taskOf("User a created task with id 0123456789abcdef01234567"), "0123456789abcdef01234567");
	assert.equal(taskOf("nonsense"), null);
	assert.deepEqual([{ canRerun: false }, { canRerun: true, request: { method: "PATCH" } }, { canRerun: true, request: { method: "PUT" } }].map(cannot),
		["cannotRerun", "rerunPatch", null]);
});

await test("bodies: JSON and XML are laid out, anything else stays as it came", () => {
	assert.equal(show.pretty('{"a":[1]}').text, '{\n  "a": [\n    1\n  ]\n}');
	assert.equal(show.pretty('{"a":').text, '{"a":');
	assert.equal(show.pretty("<a><b>1</b><c/></a>").text, "<a>\n\t<b>1</b>\n\t<c/>\n</a>");
	assert.equal(show.pretty("<<<").kind, "text");
	assert.equal(show.pretty("plain").text, "plain");
	const start = Date.now();
	for (const hostile of ["<a" + "<".repeat(1000000) + ">", "<a>".repeat(99000) + "</a>", "<a " + "</".repeat(140000) + ">", "<a>" + " >".repeat(140000)])
		show.pretty(hostile);
	assert.ok(Date.now() - start < 3000, `${Date.now() - start} ms`);
	assert.equal(show.cut("x\n[truncated ...]"), true);
	assert.equal(show.took("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.040Z"), "40 ms");
	assert.equal(show.when("nonsense", "en"), "");
});

await test("every text is there in both languages, with the same places, and every key that is asked for", () => {
	const places = words => [...words.matchAll(/\{([a-z]+)\}/g)].map(one => one[1]).sort();
	assert.deepEqual(Object.keys(text.texts.fr).sort(), Object.keys(text.texts.en).sort());
	for (const key of Object.keys(text.texts.en))
		assert.deepEqual(places(text.texts.fr[key]), places(text.texts.en[key]), key);
	const straight = Object.entries(text.texts.fr).filter(([, words]) => /['"]/.test(words)).map(([key]) => key);
	assert.deepEqual(straight, []);
	const asked = new Set(), parts = new Set(["problem.", "status.", "task.", "state.", "told.", "outcome."]);
	for (const file of readdirSync(here).filter(name => name.endsWith(".js") && name !== "text.js")) {
		const source = readFileSync(here + file, "utf8");
		assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.style\b|https?:\/\//, file);
		for (const [, key] of source.matchAll(/\bsay\("([^"]+)"/g))
			asked.add(key);
		for (const [, part] of source.matchAll(/\bsay\(`([a-z]+\.)\$/g))
			assert.ok(parts.has(part), part);
		for (const [, key] of source.matchAll(/new Problem\("([^"]+)"|new Problem\(status >= 500 \? "([^"]+)"/g))
			asked.add(`problem.${key ?? "broke"}`);
	}
	for (const key of ["cannotRerun", "rerunPatch", "needName", "badPattern", "onePrimary", "nobodyAllowed", "badPriority", "badRoute", "pathAndTransform",
		"roleComma", "roleIsClient", "roleThere", "roleEmpty"])
		asked.add(key);
	assert.deepEqual([...asked].filter(key => !(key in text.texts.en)), []);
	assert.equal(text.pick("?language=fr", "hie-language=en", ["en"]), "fr");
	assert.equal(text.pick("", "a=b; hie-language=fr", ["en"]), "fr");
	assert.equal(text.pick("?language=xx", "", ["de-DE", "fr-CA"]), "fr");
	assert.equal(text.pick("", "", ["de"]), "en");
});

// OpenHIM as far as the views need it
const EVIL = "<img src=x onerror=alert(1)>\"'&</td>";
const ID = name => createHash("md5").update(name).digest("hex").slice(0, 24);
let sent, world, now;
function reset() {
	sent = [];
	now = 0;
	world = {
		channels: [{ _id: ID("channel"), name: `channel ${EVIL}`, urlPattern: "^/fhir/.*$", methods: ["GET"], type: "http", priority: 1, status: "enabled",
			authType: "private", allow: ["pos"], requestBody: true, responseBody: true, timeout: 5,
			routes: [{ _id: ID("route"), name: "HAPI", type: "http", host: "127.0.0.1", port: 3447, primary: true, status: "enabled" }] }],
		clients: [{ _id: ID("client"), clientID: `c${EVIL}`, name: "C", roles: ["pos"], passwordHash: "x" }],
		roles: [{ name: "pos", channels: [{ _id: ID("channel"), name: "c" }], clients: [{ _id: ID("client"), clientID: "c" }] }],
		transaction: { _id: ID("t"), clientID: ID("client"), channelID: ID("channel"), childIDs: [ID("child")], canRerun: true, status: "Failed",
			request: { method: "PUT", path: `/fhir/${EVIL}`, querystring: EVIL, headers: { authorization: "Basic c2VjcmV0", [EVIL]: EVIL }, body: `{"a":"${"x".repeat(14990)}\n[truncated ...]`,
				timestamp: "2026-01-01T00:00:00.000Z" },
			response: { status: 500, headers: {}, body: "<a><b/></a>", timestamp: "2026-01-01T00:00:00.050Z" },
			routes: [{ name: EVIL, request: { path: "/x" }, response: { status: 200 }, orchestrations: [{ name: "inner", request: { path: "/y" } }] }],
			error: { message: EVIL, stack: "at x" }, properties: { [EVIL]: EVIL } },
		audits: [{ _id: ID("audit"), eventIdentification: { eventDateTime: "2026-01-01T00:00:00Z", eventOutcomeIndicator: "4",
			eventID: { code: "110113", displayName: "Security Alert" }, eventTypeCode: { code: "110126", displayName: "Node Authentication" } },
		activeParticipant: [{ userID: EVIL, networkAccessPointID: "10.0.0.1" }], rawMessage: `<85>1 2026 x <?xml version="1.0"?><A><B>${"b"}</B></A>` }],
		answer: null,
	};
}
const reply = (status, value, type = "application/json; charset=utf-8") => new Response(typeof value === "string" ? value : JSON.stringify(value), { status, headers: { "content-type": type } });
globalThis.fetch = async (address, options) => {
	const path = String(address).replace("/console/api/", "");
	const asked = { method: options.method, path, body: options.body && JSON.parse(options.body), headers: options.headers };
	sent.push(asked);
	const special = world.answer?.(asked);
	if (special)
		return special;
	const kind = path.split(/[/?]/)[0];
	if (kind === "authenticate")
		return path.endsWith("nobody") ? reply(404, "Could not find user", "text/plain") : reply(200, { salt: "s4lt", ts: new Date(Date.now() + 3600e3).toISOString() });
	if (options.headers["auth-token"] !== sha(sha("s4ltright") + "s4lt" + options.headers["auth-ts"]))
		return reply(401, "Unauthorized", "text/plain");
	if (options.method !== "GET")
		return kind === "tasks" ? reply(201, `User x created task with id ${ID("task")}`, "text/plain") : reply(200, "done", "text/plain");
	if (kind === "transactions")
		return reply(200, path.includes("?filterLimit") ? [world.transaction] : path.includes("=full&") || path.endsWith("=full") ?
			{ ...world.transaction, request: { ...world.transaction.request, body: "whole" } } : world.transaction);
	if (kind === "tasks")
		return reply(200, { status: "Completed", transactions: [{ tid: ID("t"), tstatus: "Completed", rerunID: ID("child"), rerunStatus: "Successful" }] });
	if (kind === "audits-filter-options")
		return reply(200, { eventID: [{ displayName: "Security Alert" }] });
	const list = world[kind];
	return /\/[0-9a-f]{24}/.test(path) ? reply(200, list[0]) : reply(200, list ?? {});
};
const { Element } = await import("./dom.mjs");
async function draw(view, path, asked = {}) {
	const place = new Element("main"), gone = [];
	const context = { path, query: asked, go: to => to && gone.push(to), again: async words => gone.push(words), alive: () => true };
	place.append(...[await view(context)].flat(Infinity).filter(Boolean));
	return { place, gone };
}
const ui = await import("./ui.js");
const views = { ...await import("./transactions.js"), ...await import("./transaction.js"), ...await import("./channels.js"),
	...await import("./channel.js"), ...await import("./clients.js"), ...await import("./roles.js"), ...await import("./audits.js") };
async function answer(yes) {
	for (let turn = 0; turn < 50; turn++) {
		const dialog = body.tags("dialog")[0];
		if (dialog) {
			dialog.close(yes ? "yes" : "no");
			return dialog.textContent;
		}
		await new Promise(resolve => setTimeout(resolve, 5));
	}
	throw new Error("no question was asked");
}
const kind = async promise => promise.then(() => "nothing", problem => problem.key ?? String(problem));

reset();
await test("wrong password, nobody of this name, and an OpenHIM that is down are told apart in words", async () => {
	assert.equal(await kind(api.logIn("root@openhim.org", "wrong")), "wrongPassword");
	assert.equal(await kind(api.logIn("nobody", "right")), "wrongPassword");
	world.answer = () => reply(502, "<html>", "text/html");
	assert.equal(await kind(api.logIn("root@openhim.org", "right")), "down");
	world.answer = () => { throw new TypeError("Failed to fetch"); };
	assert.equal(await kind(api.logIn("root@openhim.org", "right")), "down");
	world.answer = () => reply(429, "<html>", "text/html");
	assert.equal(await kind(api.logIn("root@openhim.org", "right")), "tooOften");
	world.answer = () => reply(200, "{nonsense");
	assert.equal(await kind(api.logIn("root@openhim.org", "right")), "malformed");
	assert.equal(api.who(), null);
});

reset();
await test("a log-in with a box whose clock is an hour ahead", async () => {
	await api.logIn("root@openhim.org", "right");
	assert.equal(api.who(), "root@openhim.org");
	const ts = Date.parse(sent.at(-1).headers["auth-ts"]);
	assert.ok(Math.abs(ts - Date.now() - 3600e3) < 5000);
	assert.ok(!JSON.stringify(sent).includes("right"));
});

await test("every view draws what messages carry as text", async () => {
	for (const [name, path, asked] of [["transactions", ["transactions"], {}], ["transaction", ["transactions", ID("t")], {}], ["channels", ["channels"], {}],
		["channel", ["channels", ID("channel")], {}], ["channel", ["channels", "new"], {}], ["clients", ["clients"], {}], ["client", ["clients", ID("client")], {}],
		["client", ["clients", "new"], {}], ["roles", ["roles"], {}], ["role", ["roles", "one"], { name: "pos" }], ["role", ["roles", "new"], {}],
		["audits", ["audits"], { refused: "1" }], ["audit", ["audits", ID("audit")], {}]]) {
		const { place } = await draw(views[name], path, asked);
		assert.equal(place.tags("h1").length, 1, name);
		assert.equal(place.tags("img").length, 0, name);
		const keys = [...place.textContent.matchAll(/\b(problem|status|state|outcome|task)\.[A-Za-z]+/g)];
		assert.deepEqual(keys.map(one => one[0]), [], name);
		assert.doesNotMatch(place.textContent, /undefined|\[object|NaN|Invalid Date/, name);
		for (const control of place.find(one => ["input", "select", "textarea"].includes(one.tag)))
			assert.ok(control.attributes["aria-label"] || place.find(one => one.tag === "label" && one.attributes.for === control.id).length, `${name}: ${control.id}`);
	}
});

await test("a transaction: no password on the page, the whole body only when asked for", async () => {
	const { place } = await draw(views.transaction, ["transactions", ID("t")]);
	assert.ok(!place.textContent.includes("c2VjcmV0"));
	assert.ok(sent.every(one => !one.path.endsWith("filterRepresentation=full")));
	await place.button("Fetch the whole body").fire("click");
	assert.ok(place.textContent.includes("whole"));
});

await test("bodies that are too large leave the page without them, not without the rest", async () => {
	world.answer = ({ path }) => path.includes("fulltruncate") ? reply(200, "x".repeat((4 << 20) + 1)) : null;
	const { place } = await draw(views.transaction, ["transactions", ID("t")]);
	assert.ok(place.textContent.includes("too large for this page"));
	world.answer = null;
});

await test("a rerun asks first, says that it writes again, and leads to what came of it", async () => {
	const { place } = await draw(views.transaction, ["transactions", ID("t")]);
	sent = [];
	let pressed = place.button("Rerun").fire("click");
	assert.match(await answer(false), /a second time/);
	await pressed;
	assert.deepEqual(sent, []);
	pressed = place.button("Rerun").fire("click");
	const again = place.button("Rerun").fire("click"); // a double click
	await answer(true);
	await Promise.all([pressed, again]);
	assert.equal(sent.filter(one => one.path === "tasks").length, 1);
	assert.deepEqual(sent.find(one => one.path === "tasks").body.tids, [ID("t")]);
	assert.ok(place.find(one => one.tag === "a" && one.attributes.href === `#/transactions/${ID("child")}`).length >= 1);
});

await test("several chosen are rerun together; live follow looks only while it is on and the page is seen", async () => {
	const { place } = await draw(views.transactions, ["transactions"]);
	const box = place.tags("tbody")[0].tags("input")[0];
	box.checked = true;
	await box.fire("change");
	sent = [];
	const pressed = place.button("Rerun the 1 chosen").fire("click");
	await answer(true);
	await pressed;
	assert.deepEqual(sent.find(one => one.path === "tasks").body.tids, [ID("t")]);
	const looks = () => sent.filter(one => one.path.startsWith("transactions?")).length;
	sent = [];
	await place.button("Follow live").fire("click");
	await new Promise(resolve => setTimeout(resolve, 100));
	assert.equal(looks(), 1);
	document.hidden = true;
	await new Promise(resolve => setTimeout(resolve, 3200));
	assert.equal(looks(), 1);
	document.hidden = false;
	await new Promise(resolve => setTimeout(resolve, 3200));
	assert.equal(looks(), 2);
	await place.button("Following").fire("click");
	await new Promise(resolve => setTimeout(resolve, 3200));
	assert.equal(looks(), 2);
});

await test("a channel is switched off with one click", async () => {
	const { place } = await draw(views.channels, ["channels"]);
	sent = [];
	await place.button("Disable").fire("click");
	assert.deepEqual(sent.find(one => one.method === "PUT").body, { status: "disabled" });
	assert.match(said.textContent, /is disabled/);
});

await test("a channel: the try-it box, and only what was changed is written", async () => {
	const { place } = await draw(views.channel, ["channels", ID("channel")]);
	const box = place.labelled("Try a path");
	box.value = "/fhir/Patient";
	await box.fire("input");
	assert.match(place.textContent, /Yes, this channel takes it/);
	box.value = "/elsewhere";
	await box.fire("input");
	assert.match(place.textContent, /does not match/);
	place.labelled("Priority").value = "7";
	sent = [];
	await place.tags("form")[0].fire("submit");
	assert.deepEqual(sent.find(one => one.method === "PUT").body, { priority: 7 });
});

await test("a channel that somebody else changed: a question before it is written over", async () => {
	const { place } = await draw(views.channel, ["channels", ID("channel")]);
	world.channels[0] = { ...world.channels[0], priority: 3, timeout: 9 };
	place.labelled("Priority").value = "7";
	sent = [];
	const saved = place.tags("form")[0].fire("submit");
	assert.match(await answer(false), /somebody else changed: priority/);
	await saved;
	assert.equal(sent.filter(one => one.method === "PUT").length, 0);
	reset();
});

await test("a channel: mistakes and bad JSON are said, nothing is sent, and OpenHIM's own words are shown", async () => {
	const { place } = await draw(views.channel, ["channels", "new"]);
	sent = [];
	await place.tags("form")[0].fire("submit");
	assert.match(place.textContent, /A name is missing/);
	place.labelled("Other settings of OpenHIM").value = "{";
	await place.tags("form")[0].fire("submit");
	assert.match(place.textContent, /The JSON cannot be read/);
	assert.deepEqual(sent, []);
	place.labelled("Other settings of OpenHIM").value = "{\"timeout\": 1}";
	for (const [label, value] of [["Name", "n"], ["URL pattern", "^/n$"], ["Allowed roles and clients", "a, b"]])
		place.labelled(label).value = value;
	place.find(one => one.tag === "fieldset" && one.attributes.class === "route")[0].labelled("Name").value = "r";
	world.answer = ({ method }) => method === "POST" ? reply(400, "Channel says no <b>", "text/plain") : null;
	await place.tags("form")[0].fire("submit");
	const body = sent.find(one => one.method === "POST").body;
	assert.deepEqual([body.name, body.allow, body.timeout, body.routes.length], ["n", ["a", "b"], 1, 1]);
	assert.match(place.textContent, /OpenHIM says: Channel says no <b>/);
	world.answer = null;
});

await test("a client: created with a hashed password, and the certificate is left alone", async () => {
	const { place, gone } = await draw(views.client, ["clients", "new"]);
	place.labelled("Client ID").value = "clinic-c";
	place.labelled("Name").value = "Clinic C";
	place.labelled("Roles").value = "pos";
	place.labelled("Password").value = "geheim123";
	sent = [];
	await place.tags("form")[0].fire("submit");
	assert.ok(sent.length, place.textContent.slice(0, 400));
	const made = sent.find(one => one.method === "POST").body;
	assert.equal(made.passwordHash, sha("geheim123" + made.passwordSalt));
	assert.ok(!JSON.stringify(made).includes("geheim123") && !("certFingerprint" in made));
	assert.deepEqual(gone, ["#/clients"]);
	const edit = await draw(views.client, ["clients", ID("client")]);
	edit.place.labelled("Roles").value = "pos, lab";
	sent = [];
	await edit.place.tags("form")[0].fire("submit");
	assert.deepEqual(sent.find(one => one.method === "PUT").body, { roles: ["pos", "lab"] });
});

await test("a role that somebody else changed: who thinks better of it has saved nothing, and is not told so", async () => {
	const { place, gone } = await draw(views.role, ["roles", "one"], { name: "pos" });
	world.clients = [...world.clients, { _id: ID("other"), clientID: "other", name: "O", roles: ["pos"] }];
	place.labelled("Name").value = "desk";
	sent = [];
	said.textContent = "";
	const saved = place.tags("form")[0].fire("submit");
	await answer(false);
	await saved;
	assert.deepEqual([sent.filter(one => one.method !== "GET"), gone, said.textContent], [[], [], ""]);
	reset();
});

await test("deleting asks first", async () => {
	for (const [view, path, asked] of [[views.channel, ["channels", ID("channel")], {}], [views.client, ["clients", ID("client")], {}],
		[views.role, ["roles", "one"], { name: "pos" }]]) {
		const { place, gone } = await draw(view, path, asked);
		sent = [];
		let pressed = place.button("Delete").fire("click");
		await answer(false);
		await pressed;
		assert.equal(sent.length, 0);
		pressed = place.button("Delete").fire("click");
		await answer(true);
		await pressed;
		assert.equal(sent.filter(one => one.method === "DELETE").length, 1);
		assert.equal(gone.length, 1);
	}
});

await test("a session that is over is tried once by a fresh clock, then said", async () => {
	let over = 0;
	api.whenOver(() => over++);
	let refuse = 1;
	world.answer = ({ path }) => !path.startsWith("authenticate") && refuse-- > 0 ? reply(401, "Unauthorized", "text/plain") : null;
	assert.ok(await api.get("channels"));
	assert.equal(over, 0);
	const mine = session.kept();
	world.answer = ({ path }) => {
		if (!path.startsWith("authenticate"))
			return reply(401, "Unauthorized", "text/plain");
		api.leave(); // logged out while the box's clock is asked for
		return null;
	};
	assert.equal(await kind(api.get("channels")), "sessionOver");
	assert.equal(over, 0);
	assert.equal(session.kept(), null);
	session.keep(mine);
	api.resume();
	world.answer = ({ path }) => !path.startsWith("authenticate") && refuse-- > 0 ? reply(401, "Unauthorized", "text/plain") : null;
	refuse = 9;
	assert.equal(await kind(api.get("channels")), "sessionOver");
	assert.equal(over, 1);
	assert.equal(session.kept(), null);
});

reset();
await test("the whole: a log-in, places by their address, a language, OpenHIM down, a log-out", async () => {
	const main = document.getElementById("main"), shows = async words => {
		for (let look = 0; look < 300 && !words.test(main.textContent); look++)
			await new Promise(resolve => setTimeout(resolve, 10));
		assert.match(main.textContent, words);
	};
	await import("./app.js");
	await shows(/Log in/);
	main.labelled("Password").value = "wrong";
	await main.tags("form")[0].fire("submit");
	await shows(/User or password is wrong/);
	main.labelled("Password").value = "right";
	await main.tags("form")[0].fire("submit");
	await shows(/Every request that a channel took/);
	assert.match(document.title, /^Transactions/);
	await turn("#/channels");
	await shows(/A channel says/);
	assert.equal(document.getElementById("places").find(one => one.attributes["aria-current"] === "page")[0].textContent, "Channels");
	await turn("#/__proto__/x");
	assert.equal(main.tags("h1").length, 1);
	await turn("#/transactions/zzz");
	document.getElementById("person").find(one => one.attributes.lang === "fr")[0].fire("click");
	await turn("#/clients");
	assert.equal(document.documentElement.lang, "fr");
	await shows(/Tous ceux qui peuvent/);
	world.answer = () => reply(502, "<html>", "text/html");
	await turn("#/roles");
	await shows(/OpenHIM ne répond pas/);
	world.answer = ({ path }) => path.startsWith("authenticate") ? null : reply(401, "Unauthorized", "text/plain");
	await turn("#/audits");
	await shows(/Votre session est terminée/);
	world.answer = null;
	main.labelled("Mot de passe").value = "right";
	await main.tags("form")[0].fire("submit");
	await shows(/Ce qu’OpenHIM note/);
	await document.getElementById("person").button("Se déconnecter").fire("click");
	assert.equal(sessionStorage.getItem("hie-console"), null);
	await shows(/Se connecter/);
});

console.log(`1..${number}`);
process.exit(failed ? 1 : 0);
