// What every part of the console uses: problems in words, questions, bodies, headers, names of channels and clients.
import { Problem, get } from "./api.js";
import { button, fresh, h, outcome } from "./element.js";
import { BODY_SHOWN, BODY_STEP, cut, pretty, size } from "./show.js";
import { say } from "./text.js";

export function words(problem) {
	if (!(problem instanceof Problem)) {
		console.error(problem);
		return say("unexpected", { words: problem?.message ?? String(problem) });
	}
	return problem.words ? say("saidByOpenhim", { what: say(`problem.${problem.key}`), words: problem.words })
		: say(`problem.${problem.key}`);
}

export const trouble = (problem, retry) => h("div", null, outcome("refused", words(problem)),
	retry ? h("p", { class: "actions" }, button(say("tryAgain"), { class: "plain" }, retry)) : null);

// Does something and says how it ended; true when it went well.
export async function attempt(place, action) {
	place.replaceChildren();
	try {
		await action();
		return true;
	} catch (problem) {
		place.replaceChildren(trouble(problem));
		place.scrollIntoView?.({ block: "nearest" });
		return false;
	}
}

// A question with two answers; the careful one has the focus.
export function ask(title, text, yes, { danger = false, more = null } = {}) {
	return new Promise(resolve => {
		const heading = h("h2", { id: fresh() }, title);
		const no = h("button", { type: "button", class: "plain", autofocus: true, onclick: () => dialog.close("no") }, say("cancel"));
		const go = h("button", { type: "button", class: danger ? "danger" : null, onclick: () => dialog.close("yes") }, yes);
		const dialog = h("dialog", { "aria-labelledby": heading.id }, heading, h("p", null, text), more,
			h("div", { class: "actions" }, no, go));
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue === "yes");
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}

// A passing word for who sees and who hears.
export function tell(text) {
	const place = document.getElementById("said");
	place.textContent = "";
	place.textContent = text;
}

const SECRET = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$/i;

export function headerList(headers) {
	const pairs = Object.entries(headers ?? {});
	if (!pairs.length)
		return h("p", { class: "quiet" }, say("noHeaders"));
	return h("table", { class: "headers" }, h("tbody", null, pairs.map(([name, value]) => h("tr", null,
		h("th", { scope: "row" }, h("code", null, name)),
		h("td", null, SECRET.test(name) ? h("span", { class: "quiet" }, say("secretHeader")) :
			h("code", null, typeof value === "string" ? value : JSON.stringify(value)))))));
}

// A body in steps: what OpenHIM shortened for the list is fetched whole only when asked for (`whole`), and the page
// never holds more of it than the person asked to see.
export function body(text, whole) {
	if (text === undefined || text === null || text === "")
		return h("p", { class: "quiet" }, say("noBody"));
	const place = h("div", { class: "body" });
	let shown = BODY_SHOWN;
	function draw() {
		const { text: nice, kind } = pretty(text);
		const actions = [];
		if (nice.length > shown)
			actions.push(button(say("showMore", { shown: size(shown), all: size(nice.length) }), { class: "plain" }, () => {
				shown += BODY_STEP;
				draw();
			}));
		if (cut(text) && whole)
			actions.push(button(say("showAll"), { class: "plain" }, async () => {
				try {
					text = await whole() ?? text;
					whole = null;
					draw();
				} catch (problem) {
					place.append(trouble(problem));
				}
			}));
		place.replaceChildren(
			h("pre", { class: `log ${kind}`, tabindex: "0", role: "region", "aria-label": say("body") }, h("code", null, nice.slice(0, shown))),
			h("p", { class: "actions" }, actions));
	}
	draw();
	return place;
}

// Channels and clients, for names in lists: asked for at most every half minute, since OpenHIM audits each look.
// One that is met (`met`: transactions) and not among them was made since, or was deleted: that is asked for once.
let lookups = { at: 0 };
const gone = new Set();
export const forget = () => { lookups = { at: 0 }; };
const missing = met => [...met.filter(one => !lookups.clients.some(client => client._id === one.clientID)).map(one => one.clientID),
	...met.filter(one => !lookups.channels.some(channel => channel._id === one.channelID)).map(one => one.channelID)]
	.filter(one => one && !gone.has(one));
async function look() {
	const optional = path => get(path).catch(problem => {
		if (problem.key === "notAllowed")
			return [];
		throw problem;
	});
	const [channels, clients] = await Promise.all([optional("channels"), optional("clients")]);
	lookups = { at: Date.now(), channels, clients };
}
export async function known(met = []) {
	if (Date.now() - lookups.at > 30000 || missing(met).length) {
		await look();
		for (const one of missing(met))
			gone.add(one);
	}
	return { ...lookups, channel: one => lookups.channels.find(channel => channel._id === one),
		client: one => lookups.clients.find(client => client._id === one) };
}
