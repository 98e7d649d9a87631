// One channel: the fields that people use, a box to try a path in, and the rest as JSON.
import { get, id, request } from "./api.js";
import { mistaken, onto, over, remover, saving } from "./edit.js";
import { button, choice, field, fresh, h, input, outcome, select } from "./element.js";
import { address } from "./query.js";
import { METHODS, channelMistakes, listed, methodsOf, names, verdict } from "./rules.js";
import { say } from "./text.js";
import { stateBadge } from "./channels.js";

const FORM = ["name", "description", "urlPattern", "methods", "authType", "allow", "routes", "priority", "requestBody", "responseBody", "status"];
const HIDDEN = ["_id", "__v", "updatedBy"];
const ROUTE = { name: "", type: "http", host: "127.0.0.1", port: 3447, path: "", secured: false, primary: true, status: "enabled" };
const NEW = { name: "", urlPattern: "^/…$", methods: ["GET", "POST"], type: "http", authType: "private", allow: [], requestBody: true,
	responseBody: true, status: "enabled", routes: [ROUTE] };

const copy = value => JSON.parse(JSON.stringify(value));
const checkbox = on => h("input", { type: "checkbox", checked: on });
export const blank = () => ({ ...copy(NEW), urlPattern: "" });

// The text of a control, or what stands for "left empty": nothing when there was nothing.
function keep(target, key, text) {
	if (text !== "" || target[key])
		target[key] = text === "" ? null : text;
}

// A switch: what was never set and is off stays unset.
function flag(target, key, on) {
	if (on || key in target)
		target[key] = on;
}

class RouteForm {
	constructor(route, group, drop) {
		this.route = route;
		this.name = input({ value: route.name, maxlength: 200, required: true });
		this.host = input({ value: route.host, maxlength: 255, required: true });
		this.port = input({ type: "number", min: 1, max: 65535, value: route.port, required: true });
		this.path = input({ value: route.path, maxlength: 1000 });
		this.transform = input({ value: route.pathTransform, maxlength: 1000, placeholder: "s/from/to/g" });
		this.primary = h("input", { type: "radio", name: group, checked: route.primary });
		this.secured = checkbox(route.secured);
		this.enabled = checkbox(route.status !== "disabled");
		this.forward = checkbox(route.forwardAuthHeader);
		this.element = h("fieldset", { class: "route" }, h("legend", null, say("route")),
			h("div", { class: "grid" }, field(say("name"), this.name), field(say("host"), this.host), field(say("port"), this.port),
				field(say("routePath"), this.path, say("routePathHint")), field(say("transform"), this.transform, say("transformHint"))),
			h("div", { class: "choices" }, choice(say("primary"), this.primary), choice(say("secured"), this.secured),
				choice(say("routeEnabled"), this.enabled), choice(say("forwardAuth"), this.forward)),
			h("p", { class: "actions" }, button(say("removeRoute"), { class: "plain" }, () => drop(this))));
	}

	value() {
		const route = { ...this.route, name: this.name.value.trim(), host: this.host.value.trim(), port: Number(this.port.value),
			status: this.enabled.checked ? "enabled" : "disabled" };
		flag(route, "secured", this.secured.checked);
		flag(route, "primary", this.primary.checked);
		flag(route, "forwardAuthHeader", this.forward.checked);
		keep(route, "path", this.path.value.trim());
		keep(route, "pathTransform", this.transform.value.trim());
		return route;
	}
}

class ChannelForm {
	constructor(channel, all) {
		this.channel = channel;
		this.all = all;
		this.group = fresh();
		this.name = input({ value: channel.name, maxlength: 200, required: true });
		this.description = input({ value: channel.description, maxlength: 1000 });
		this.pattern = input({ value: channel.urlPattern, maxlength: 1000, required: true });
		this.methods = METHODS.map(one => [one, checkbox((channel.methods ?? []).includes(one))]);
		this.auth = select([["private", say("private")], ["public", say("public")]], channel.authType ?? "private");
		this.allow = input({ value: listed(channel.allow), maxlength: 2000 });
		this.priority = input({ type: "number", min: 1, value: channel.priority });
		this.status = select(["enabled", "disabled", ...(channel.status === "deleted" ? ["deleted"] : [])].map(one => [one, say(`state.${one}`)]),
			channel.status ?? "enabled");
		this.request = checkbox(channel.requestBody);
		this.response = checkbox(channel.responseBody);
		this.routes = (channel.routes ?? []).map(one => this.routeForm(one));
		this.routeList = h("div", null, this.routes.map(one => one.element));
		const rest = Object.fromEntries(Object.entries(channel).filter(([key]) => !FORM.includes(key) && !HIDDEN.includes(key)));
		this.rest = h("textarea", { rows: 12, spellcheck: "false", value: JSON.stringify(rest, null, 2) });
	}

	routeForm(route) {
		return new RouteForm(route, this.group, form => {
			this.routes.splice(this.routes.indexOf(form), 1);
			form.element.remove();
		});
	}

	value() {
		let rest;
		try {
			rest = JSON.parse(this.rest.value || "{}");
			if (!rest || typeof rest !== "object" || Array.isArray(rest))
				throw new Error("{ … }");
		} catch (error) {
			return { mistake: say("badJson", { words: error.message }) };
		}
		const channel = { ...this.channel };
		for (const key of Object.keys(channel))
			if (!FORM.includes(key) && !HIDDEN.includes(key) && !(key in rest))
				channel[key] = null;
		Object.assign(channel, rest, { name: this.name.value.trim(), urlPattern: this.pattern.value.trim(),
			methods: this.ticked(), authType: this.auth.value,
			allow: names(this.allow.value, this.channel.allow), status: this.status.value, routes: this.routes.map(one => one.value()) });
		flag(channel, "requestBody", this.request.checked);
		flag(channel, "responseBody", this.response.checked);
		keep(channel, "description", this.description.value.trim());
		keep(channel, "priority", this.priority.value === "" ? "" : Number(this.priority.value));
		return { channel };
	}

	ticked() {
		return methodsOf(this.methods.filter(([, box]) => box.checked).map(([one]) => one), this.channel.methods);
	}

	tryBox() {
		const path = input({ placeholder: "/fhir/Patient/1", maxlength: 2000 });
		const method = select(METHODS.map(one => [one, one]), this.channel.methods?.find(one => METHODS.includes(one)) ?? "GET");
		const answer = h("p", { role: "status", class: "tried" });
		const judge = () => {
			const mine = { ...this.channel, urlPattern: this.pattern.value.trim(), status: this.status.value, methods: this.ticked(),
				priority: this.priority.value === "" ? undefined : Number(this.priority.value) };
			const { key, words } = verdict(mine, this.all, path.value, method.value);
			answer.textContent = path.value ? say(key, words) : "";
		};
		for (const control of [path, method, this.pattern, this.priority, this.status, ...this.methods.map(([, box]) => box)])
			control.addEventListener("input", judge);
		return h("div", { class: "try" }, h("div", { class: "pair" }, field(say("tryPath"), path, say("tryHint")), field(say("method"), method)), answer);
	}

	element(onSave, extra) {
		const add = button(say("addRoute"), { class: "plain" }, () => {
			const form = this.routeForm({ ...ROUTE, primary: !this.routes.length });
			this.routes.push(form);
			this.routeList.append(form.element);
			form.name.focus();
		});
		return h("form", { "aria-label": say("channel"), novalidate: true, onsubmit: onSave },
			h("div", { class: "grid" }, field(say("name"), this.name), field(say("description"), this.description),
				field(say("urlPattern"), this.pattern, say("urlPatternHint")), field(say("priority"), this.priority, say("priorityHint"))),
			this.tryBox(),
			h("fieldset", null, h("legend", null, say("methods")), h("p", { class: "hint quiet" }, say("methodsHint")),
				h("div", { class: "choices" }, this.methods.map(([one, box]) => choice(one, box)))),
			h("div", { class: "grid" }, field(say("auth"), this.auth), field(say("allow"), this.allow, say("allowHint")), field(say("state"), this.status)),
			h("div", { class: "choices" }, choice(say("keepRequest"), this.request), choice(say("keepResponse"), this.response)),
			h("h2", null, say("routes")), this.routeList, h("p", { class: "actions" }, add),
			h("details", null, h("summary", null, say("rest")), field(say("restLabel"), this.rest, say("restHint"))),
			h("p", { class: "actions" }, h("button", { type: "submit" }, say("save")), extra));
	}
}

const clean = channel => Object.fromEntries(Object.entries(channel).filter(([key]) => !HIDDEN.includes(key)));

export async function channel({ path, go, again }) {
	const isNew = path[1] === "new", at = `channels/${id(path[1])}`;
	const [all, before] = await Promise.all([get("channels"), isNew ? blank() : get(at)]);
	const problem = h("div", null);
	const form = new ChannelForm(copy(before), all);
	const save = saving(problem, async () => {
		const { channel: mine, mistake } = form.value();
		if (mistaken(problem, mistake ? [mistake] : channelMistakes(mine).map(key => say(key))))
			return;
		if (isNew) {
			await request("POST", "channels", clean(mine));
			over(say("saved"), go, "#/channels");
			return;
		}
		const how = await onto(at, clean, before, mine);
		if (!how)
			return;
		if (Object.keys(how.write).length)
			await request("PUT", at, how.write);
		over(how.words, go, null);
		await again(outcome("done", how.words));
	});
	const remove = isNew ? null : remover(problem, { title: say("deleteChannel", { name: before.name }), text: say("deleteChannelText"), path: at,
		go, place: "#/channels" });
	return [h("p", null, h("a", { href: "#/channels" }, say("backToChannels"))),
		h("h1", null, isNew ? say("newChannel") : before.name, " ", isNew ? null : stateBadge(before)),
		isNew ? null : h("p", null, h("a", { href: address(["transactions"], { channel: before._id }) }, say("itsTransactions"))),
		before.type && before.type !== "http" ? outcome("refused", say("otherType", { type: before.type })) : null,
		problem, form.element(save, remove)];
}
