// One transaction: what came, what went back, the routes behind it, and its reruns.
import { get, id } from "./api.js";
import { badge, button, facts, h, outcome } from "./element.js";
import { address } from "./query.js";
import { cannot, rerun } from "./rerun.js";
import { codeKind, took, when } from "./show.js";
import { language, say } from "./text.js";
import { statusBadge } from "./transactions.js";
import { body, headerList, known } from "./ui.js";

// Bodies come shortened to 15,000 characters by OpenHIM; should the rest be too much still, it comes without bodies.
async function fetched(one) {
	try {
		return { it: await get(`transactions/${id(one)}?filterRepresentation=fulltruncate`, { max: 4 << 20 }), bodies: true };
	} catch (problem) {
		if (problem.key !== "tooLarge")
			throw problem;
		return { it: await get(`transactions/${id(one)}?filterRepresentation=simpledetails`), bodies: false };
	}
}

const wholeOf = (one, part) => async () => part(await get(`transactions/${id(one)}?filterRepresentation=full`));

function message(title, level, what, whole) {
	if (!what)
		return null;
	const target = what.path !== undefined ? `${what.path}${what.querystring ? `?${what.querystring}` : ""}` : null;
	return h("section", { class: "message" }, h(level, null, title),
		target !== null ? h("p", null, h("strong", null, what.method ?? ""), " ", h("code", null, target)) : null,
		facts([[say("host"), what.host ? h("code", null, `${what.host}${what.port ? `:${what.port}` : ""}`) : null],
			[say("answer"), what.status ? badge(codeKind(what.status), what.status) : null],
			[say("time"), when(what.timestamp, language())]]),
		h("details", null, h("summary", null, say("headersCount", { count: Object.keys(what.headers ?? {}).length })), headerList(what.headers)),
		whole === null ? h("p", { class: "quiet" }, say("bodiesLeftOut")) : body(what.body, whole));
}

function errorOf(error) {
	return error?.message || error?.stack ? h("div", { class: "error" }, outcome("refused", error.message ?? say("unknown")),
		error.stack ? h("details", null, h("summary", null, say("stack")), h("pre", { class: "log" }, error.stack)) : null) : null;
}

// Routes and orchestrations have the same shape: name, request, response, error, and routes orchestrations of their own.
function legs(title, list, key, { one, bodies }) {
	return list?.length ? h("section", null, h("h2", null, title), list.map((leg, at) => h("details", null,
		h("summary", null, leg.name ?? say("unknown"), " ", badge(codeKind(leg.response?.status), leg.response?.status ?? "…"),
			" ", h("span", { class: "quiet" }, took(leg.request?.timestamp, leg.response?.timestamp))),
		errorOf(leg.error),
		message(say("request"), "h3", leg.request, bodies ? wholeOf(one, all => all[key][at].request.body) : null),
		message(say("response"), "h3", leg.response, bodies ? wholeOf(one, all => all[key][at].response.body) : null),
		(leg.orchestrations ?? []).map(inner => h("details", null, h("summary", null, say("orchestration", { name: inner.name ?? "" })),
			message(say("request"), "h4", inner.request), message(say("response"), "h4", inner.response)))))) : null;
}

function relatives(it) {
	const link = one => h("a", { href: address(["transactions", one]) }, one);
	return it.parentID || it.childIDs?.length ? h("section", null, h("h2", null, say("reruns")),
		it.parentID ? h("p", null, say("rerunParent"), " ", link(it.parentID)) : null,
		it.childIDs?.length ? h("div", null, h("p", null, say("rerunChildren")), h("ul", null, it.childIDs.map(child => h("li", null, link(child))))) : null) : null;
}

export async function transaction({ path }) {
	const one = path[1];
	const { it, bodies } = await fetched(one);
	const names = await known([it]);
	const result = h("div", { id: "rerun" });
	const client = names.client(it.clientID), channel = names.channel(it.channelID);
	const part = name => bodies ? wholeOf(one, all => all[name]?.body) : null;
	return [
		h("p", null, h("a", { href: "#/transactions" }, say("backToTransactions"))),
		h("h1", null, say("transactionOf", { method: it.request?.method ?? "", path: it.request?.path ?? "" })),
		facts([[say("state"), statusBadge(it.status)],
			[say("answer"), it.response?.status ? badge(codeKind(it.response.status), it.response.status) : null],
			[say("client"), client ? h("a", { href: address(["clients", client._id]) }, client.clientID) : it.clientID ? say("goneClient") : say("nobody")],
			[say("channel"), channel ? h("a", { href: address(["channels", channel._id]) }, channel.name) : say("goneChannel")],
			[say("from.address"), it.clientIP], [say("time"), when(it.request?.timestamp, language())],
			[say("took"), took(it.request?.timestamp, it.response?.timestamp)],
			[say("number"), h("code", null, it._id)],
			...Object.entries(it.properties ?? {}).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])]),
		h("p", { class: "actions" }, cannot(it) ? h("span", { class: "quiet" }, say(cannot(it))) :
			button(say("rerun"), { class: "plain" }, () => rerun([it], result))),
		result,
		errorOf(it.error),
		message(say("request"), "h2", it.request, part("request")),
		message(say("response"), "h2", it.response, part("response")),
		legs(say("routes"), it.routes, "routes", { one, bodies }),
		legs(say("orchestrations"), it.orchestrations, "orchestrations", { one, bodies }),
		relatives(it),
	];
}
