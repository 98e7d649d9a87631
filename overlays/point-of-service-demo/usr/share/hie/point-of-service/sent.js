/* What was sent (for who learns), and what still waits. */
import { el, fill } from "./dom.js";

const SHOWN_MAX = 30000;
const pretty = (value) => {
	const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
	return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n…` : text;
};

const status = (app, message) => (message.status ? String(message.status) : app.t("sent-none"));
/* In short; the whole address stands in the message when it is open. */
const line = (app, message) => [el("code", {}, `${message.method} ${message.path.replace(/\?.*/, "?…")}`),
	el("span", { class: message.problem ? "state wrong" : "state" }, ` ${status(app, message)}, ${message.ms} ms`)];

function one(app, message) {
	const box = el("details", {}, el("summary", {}, line(app, message)));
	box.addEventListener("toggle", () => {
		if (!box.open || box.children.length > 1)
			return;
		box.append(el("pre", { tabindex: "0" }, el("code", {}, `${message.method} ${message.path}`)));
		if (message.sent)
			box.append(el("p", {}, app.t("sent-body")), el("pre", { tabindex: "0" }, el("code", {}, pretty(message.sent))));
		box.append(el("p", {}, app.t("sent-answer")),
			el("pre", { tabindex: "0" }, el("code", {}, message.received || message.text ? pretty(message.received ?? message.text) : app.t("sent-nothing"))));
	});
	return box;
}

export function footer(app) {
	const place = document.getElementById("sent"), messages = app.exchange.messages;
	const open = place.querySelector(":scope > details")?.open ?? false;
	if (!messages.length) {
		fill(place, el("p", { class: "quiet" }, app.t("sent-nothing-yet")));
		return;
	}
	fill(place, el("details", { class: "sent", open }, el("summary", {}, el("span", {}, `${app.t("sent-title")} `), line(app, messages[0])),
		el("p", {}, app.t("sent-text", app.login?.user ?? "")), messages.map((message) => one(app, message))));
}

/* The queue, for people. */
export async function waitingView(app, { show, alive }) {
	const items = app.queue.list();
	const again = async (item) => {
		const answer = await app.queue.send({ ...item, again: true });
		if (alive())
			app.later(answer.problem ? "wrong" : "good", answer.problem ? app.problem(answer.problem) : app.t("waiting-arrived"));
		if (alive())
			app.route();
	};
	const drop = (item, box) => fill(box, el("p", {}, app.t("waiting-drop-sure")),
		el("button", { type: "button", class: "danger", click: () => { app.queue.forget(item.id); app.route(); } }, app.t("waiting-drop-yes")), " ",
		el("button", { type: "button", class: "plain", click: () => app.route() }, app.t("cancel")));
	const row = (item) => {
		const box = el("div", { class: "actions" });
		const mine = item.place === app.place;
		fill(box, mine && el("button", { type: "button", click: () => again(item) }, app.t("waiting-again")), " ",
			mine && el("button", { type: "button", class: "plain", click: () => drop(item, box) }, app.t("waiting-drop")));
		return el("li", { class: "card" }, el("h2", {}, app.t(...[item.title].flat().map(String))),
			el("p", {}, mine ? app.problem(item.problem ?? "silent") : app.t("waiting-other", app.placeName(item.place))), box);
	};
	show(app.t("waiting-title"), el("p", { class: "lead" }, app.t(items.length ? "waiting-text" : "waiting-none")),
		el("ul", { class: "plain-list" }, items.map(row)));
}
