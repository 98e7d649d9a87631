// The list of transactions: newest first, filters, live follow, rerun of several.
import { get } from "./api.js";
import { badge, button, choice, field, fresh, h, input, select, table } from "./element.js";
import { address, transactionList, transactionPage } from "./query.js";
import { METHODS } from "./rules.js";
import { cannot, rerun } from "./rerun.js";
import { codeKind, statusKind, took, when } from "./show.js";
import { language, say } from "./text.js";
import { known, tell, trouble } from "./ui.js";

const STATUSES = ["Processing", "Successful", "Completed", "Completed with error(s)", "Failed"];
const EVERY = 3000; // milliseconds between looks while following
const FILTERS = ["status", "errors", "client", "channel", "path", "method", "code", "from", "to"];

export const statusBadge = status => badge(statusKind(status), status ? say(`status.${status}`) : say("unknown"));

function filterForm(asked, names) {
	const any = [["", say("any")]];
	const controls = {
		status: select([...any, ...STATUSES.map(one => [one, say(`status.${one}`)])], asked.status),
		channel: select([...any, ...names.channels.map(one => [one._id, one.name])], asked.channel),
		client: select([...any, ...names.clients.map(one => [one._id, one.clientID])], asked.client),
		path: input({ value: asked.path, maxlength: 300 }),
		method: select([...any, ...METHODS.map(one => [one, one])], asked.method),
		code: input({ value: asked.code, maxlength: 3, pattern: "[1-5]([0-9]{2}|xx)", placeholder: "4xx" }),
		from: input({ type: "datetime-local", step: 1, value: asked.from }),
		to: input({ type: "datetime-local", step: 1, value: asked.to }),
	};
	const errors = h("input", { type: "checkbox", checked: asked.errors });
	const submit = event => {
		event.preventDefault();
		const values = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value.trim()]));
		location.hash = address(["transactions"], { ...values, errors: errors.checked ? "1" : "" });
	};
	const set = FILTERS.filter(name => asked[name]).length;
	return h("details", { class: "filters", open: set > 0 }, h("summary", null, set ? say("filtersSet", { count: set }) : say("filters")),
		h("form", { "aria-label": say("filters"), onsubmit: submit },
			h("div", { class: "grid" }, field(say("state"), controls.status), field(say("channel"), controls.channel),
				field(say("client"), controls.client), field(say("pathPart"), controls.path), field(say("method"), controls.method),
				field(say("answer"), controls.code, say("answerHint")), field(say("from"), controls.from), field(say("to"), controls.to)),
			choice(say("onlyErrors"), errors),
			h("p", { class: "actions" }, h("button", { type: "submit" }, say("search")),
				set ? h("a", { class: "button plain", href: "#/transactions" }, say("clear")) : null)));
}

function row(one, names, chosen, onChoose) {
	const client = names.client(one.clientID), channel = names.channel(one.channelID);
	const box = h("input", { type: "checkbox", id: fresh(), checked: chosen.has(one._id), disabled: cannot(one) !== null,
		"aria-label": say("choose", { what: `${one.request?.method ?? ""} ${one.request?.path ?? ""} ${when(one.request?.timestamp, language())}` }) });
	box.addEventListener("change", () => onChoose(one, box.checked));
	return [
		h("span", { class: "steady" }, box, " ", h("a", { href: address(["transactions", one._id]) }, when(one.request?.timestamp, language()) || one._id)),
		[h("strong", null, one.request?.method ?? ""), " ", h("code", null, one.request?.path ?? ""),
			one.request?.querystring ? h("span", { class: "quiet" }, `?${one.request.querystring}`.slice(0, 120)) : null],
		client?.clientID ?? (one.clientID ? say("goneClient") : say("nobody")),
		channel?.name ?? (one.channelID ? say("goneChannel") : ""),
		badge(codeKind(one.response?.status), one.response?.status ?? "…"),
		[statusBadge(one.status), one.wasRerun || one.parentID ? h("span", { class: "quiet" }, " ", one.parentID ? say("isRerun") : say("wasRerun")) : null],
		h("span", { class: "steady" }, took(one.request?.timestamp, one.response?.timestamp)),
	];
}

// The state of one list on the page: what is shown, what is chosen.
class List {
	constructor(asked, names) {
		this.asked = asked;
		this.names = names;
		this.chosen = new Map();
		this.place = h("div", { id: "list" });
		this.actions = h("p", { class: "actions" });
		this.result = h("div", { id: "rerun" });
	}

	async load() {
		const { shown, older } = transactionPage(this.asked, await get(transactionList(this.asked)));
		this.names = await known(shown);
		const before = this.shown;
		this.shown = shown;
		this.older = older;
		if (before && JSON.stringify(before) === JSON.stringify(shown))
			return;
		if (before)
			tell(say("newLines", { count: shown.filter(one => !before.some(old => old._id === one._id)).length }));
		this.draw();
	}

	draw() {
		const columns = [say("time"), say("request"), say("client"), say("channel"), say("answer"), say("state"), say("took")];
		const onChoose = (one, on) => {
			if (on)
				this.chosen.set(one._id, one);
			else
				this.chosen.delete(one._id);
			this.drawActions();
		};
		this.place.replaceChildren(this.shown.length ? h("div", { class: "wide" },
			table(say("transactions"), columns, this.shown.map(one => row(one, this.names, this.chosen, onChoose)))) :
			h("p", { class: "lead" }, FILTERS.some(name => this.asked[name]) ? say("nothingFound") : say("noTransactions")),
		h("p", { class: "actions" }, this.asked.before ? h("a", { class: "button plain", href: address(["transactions"],
			{ ...this.asked, before: "", past: "" }) }, say("newest")) : null,
		this.older ? h("a", { class: "button plain", href: address(["transactions"], this.older) }, say("older")) : null));
		this.drawActions();
	}

	drawActions() {
		const count = this.chosen.size;
		this.actions.replaceChildren(count ? button(say("rerunChosen", { count }), { class: "plain" }, async () => {
			if (await rerun([...this.chosen.values()], this.result)) {
				this.chosen.clear();
				await this.load();
				this.draw();
			}
		}) : h("span", { class: "quiet" }, say("chooseHint")));
	}
}

function follower(list, alive) {
	let timer = null;
	const press = h("button", { type: "button", class: "plain", "aria-pressed": "false", onclick: toggle }, say("follow"));
	async function look() {
		timer = null;
		if (!alive() || press.getAttribute("aria-pressed") !== "true")
			return;
		if (!document.hidden) {
			try {
				await list.load();
			} catch (problem) {
				list.place.prepend(trouble(problem));
				toggle();
				return;
			}
		}
		if (press.getAttribute("aria-pressed") === "true")
			timer ??= setTimeout(look, EVERY);
	}
	function toggle() {
		const on = press.getAttribute("aria-pressed") !== "true";
		press.setAttribute("aria-pressed", String(on));
		press.textContent = on ? say("following") : say("follow");
		clearTimeout(timer);
		timer = null;
		if (on)
			look();
	}
	return press;
}

export async function transactions({ query, alive }) {
	const names = await known();
	const list = new List(query, names);
	await list.load();
	return [h("h1", null, say("transactions")), h("p", { class: "lead" }, say("transactionsLead")),
		filterForm(query, names),
		h("div", { class: "actions" }, query.before ? null : follower(list, alive),
			button(say("renew"), { class: "plain" }, async () => {
				try {
					await list.load();
				} catch (problem) {
					list.place.prepend(trouble(problem));
				}
			})),
		list.result, list.actions, list.place,
		h("p", { class: "quiet" }, say("refusedElsewhere"), " ", h("a", { href: address(["audits"], { refused: "1" }) }, say("auditsOfRefused")))];
}
