/* Forms that lose nothing: what is typed is kept (in this window's session) until it was sent, together with the
 * identifier that was made when the form was opened. Back, reload and a dead exchange find it again. */
import { el } from "./dom.js";
import { newKey, newUrn } from "./places.js";

/* "1.2.2024" in three fields; any but the year may be missing. {value} or {problem}. Pure. */
export function birthOf({ day = "", month = "", year = "" }, today) {
	const [d, m, y] = [day, month, year].map((part) => String(part).trim());
	if (!d && !m && !y)
		return { value: "" };
	if (!/^\d{4}$/.test(y) || Number(y) < 1880)
		return { problem: "birth-year" };
	if ((d && !m) || (m && !/^([1-9]|0[1-9]|1[0-2])$/.test(m)) || (d && !/^([1-9]|0[1-9]|[12]\d|3[01])$/.test(d)))
		return { problem: "birth-bad" };
	const value = [y, m && m.padStart(2, "0"), d && d.padStart(2, "0")].filter(Boolean).join("-");
	const date = new Date(`${y}-${(m || "1").padStart(2, "0")}-${(d || "1").padStart(2, "0")}T00:00:00Z`);
	if (Number.isNaN(date.getTime()) || (d && date.getUTCDate() !== Number(d)))
		return { problem: "birth-bad" };
	return date.getTime() > today.getTime() + 24 * 3600 * 1000 ? { problem: "birth-future" } : { value };
}

/* "37,5" and "37.5" alike. Pure. */
export function numberOf(text, least, most) {
	const trimmed = String(text ?? "").trim().replace(",", ".");
	if (!trimmed)
		return { value: undefined };
	const value = /^\d{1,5}(\.\d{1,4})?$/.test(trimmed) ? Number(trimmed) : NaN;
	return value >= least && value <= most ? { value } : { problem: "number-range" };
}

function control(app, field, values, id) {
	const shared = { id, name: field.name, autocomplete: "off", "aria-describedby": `${id}-note`, required: field.required };
	if (field.options) {
		const options = [el("option", { value: "" }, app.t("choose")), ...field.options.map((one) =>
			el("option", { value: one.value, selected: one.value === values[field.name] }, one.label))];
		return el("select", shared, options);
	}
	if (field.type === "long")
		return el("textarea", { ...shared, rows: 3, maxlength: 2000, dir: "auto", value: values[field.name] ?? "" });
	return el("input", { ...shared, type: field.type === "password" ? "password" : field.type === "tel" ? "tel" : "text", maxlength: 200,
		inputmode: field.type === "number" ? "decimal" : undefined, dir: "auto", spellcheck: "false",
		autocomplete: field.type === "password" ? "current-password" : "off", value: values[field.name] ?? "" });
}

function simple(app, field, values, prefix) {
	const id = `${prefix}-${field.name}`;
	return el("div", { class: "field" }, el("label", { for: id }, app.t(field.label), field.unit ? ` (${field.unit})` : "",
		field.required || field.plain || field.unit ? "" : el("span", { class: "optional" }, " ", app.t("optional"))),
		control(app, field, values, id), el("p", { class: "note", id: `${id}-note` }, field.hint ? app.t(field.hint) : ""));
}

function birthField(app, field, values, prefix) {
	const id = `${prefix}-${field.name}`;
	const part = (name, label, size) => el("div", { class: "part" },
		el("label", { for: `${id}-${name}` }, app.t(label)),
		el("input", { id: `${id}-${name}`, name: `${field.name}-${name}`, inputmode: "numeric", autocomplete: "off", maxlength: size, size,
			"aria-describedby": `${id}-note`, value: values[`${field.name}-${name}`] ?? "" }));
	return el("fieldset", { class: "field birth" }, el("legend", {}, app.t(field.label), field.plain ? "" : el("span", { class: "optional" }, " ", app.t("optional"))),
		el("div", { class: "parts" }, part("day", "birth-day", 2), part("month", "birth-month", 2), part("year", "birth-year-label", 4)),
		el("p", { class: "note", id: `${id}-note` }, app.t("birth-hint")));
}

/* What was typed, checked: {values, wrong: [{name, text}]}. */
export function collect(app, fields, typed) {
	const values = {}, wrong = [];
	for (const field of fields) {
		const raw = (typed[field.name] ?? "").trim();
		let read = { value: raw };
		if (field.type === "birth")
			read = birthOf({ day: typed[`${field.name}-day`], month: typed[`${field.name}-month`], year: typed[`${field.name}-year`] }, app.now());
		else if (field.type === "number")
			read = numberOf(raw, field.least, field.most);
		else if (field.options)
			read = { value: field.options.find((one) => one.value === raw)?.term ?? raw };
		if (!read.problem && field.required && (read.value === "" || read.value === undefined))
			read = { problem: "required" };
		if (read.problem)
			wrong.push({ name: field.name, text: app.t(read.problem, app.t(field.label), String(field.least ?? ""), String(field.most ?? "")) });
		else
			values[field.name] = read.value;
	}
	return { values, wrong };
}

/* What a form keeps between clicks: {key, urns, typed}. */
export function draft(app, name) {
	const key = `hie-pos-draft:${app.place}:${name}`;
	let kept = null;
	try {
		kept = JSON.parse(app.session.get(key));
	} catch { /* somebody else's: begin anew */ }
	if (!kept?.key || !Array.isArray(kept.urns) || typeof kept.typed !== "object")
		kept = { key: newKey(), urns: [newUrn(), newUrn(), newUrn()], typed: {} };
	return { ...kept, save() { app.session.set(key, JSON.stringify({ key: this.key, urns: this.urns, typed: this.typed })); },
		clear() { app.session.remove(key); } };
}

function complain(app, box, prefix, fields, wrong) {
	for (const field of fields) {
		const id = `${prefix}-${field.name}`, found = wrong.find((one) => one.name === field.name), note = box.querySelector(`#${id}-note`);
		const inputs = box.querySelectorAll(field.type === "birth" ? `#${id}-day, #${id}-month, #${id}-year` : `#${id}`);
		for (const input of inputs)
			found ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
		note.textContent = found ? found.text : field.type === "birth" ? app.t("birth-hint") : field.hint ? app.t(field.hint) : "";
		note.className = found ? "note wrong" : "note";
	}
	if (wrong.length)
		box.querySelector("[aria-invalid]")?.focus();
}

/* `send(values, draft)` → true when it arrived (the draft is over). While it runs, nothing is sent a second time. */
export function form(app, { name, fields, submit, send, check, keep = false, before = [] }) {
	const kept = draft(app, name), prefix = `f-${name.replace(/[^a-z0-9]/gi, "-")}`;
	let busy = false;
	const button = el("button", { type: "submit" }, app.t(submit));
	const box = el("form", { novalidate: true, "aria-label": app.t(submit) }, before, el("div", { class: "fields" }, fields.map((field) =>
		(field.type === "birth" ? birthField : simple)(app, field, kept.typed, prefix))), el("p", { class: "actions" }, button));
	box.addEventListener("input", (event) => {
		if (event.target.name && event.target.type !== "password") {
			kept.typed[event.target.name] = event.target.value;
			kept.save();
		}
	});
	box.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (busy)
			return;
		const typed = Object.fromEntries([...box.elements].filter((one) => one.name).map((one) => [one.name, one.value]));
		const { values, wrong } = collect(app, fields, typed);
		complain(app, box, prefix, fields, wrong);
		const other = !wrong.length && check ? check(values) : null;
		if (wrong.length || other) {
			app.say("wrong", wrong.length ? app.t("look-again", String(wrong.length)) : app.t(other));
			return;
		}
		kept.save();
		busy = true;
		button.disabled = true;
		box.setAttribute("aria-busy", "true");
		let done = false;
		try {
			done = await send(values, kept);
		} finally {             /* whatever went wrong, the form can be sent again */
			busy = false;
			button.disabled = false;
			box.removeAttribute("aria-busy");
		}
		if (done && !keep)
			kept.clear();
	});
	return { box, kept, values: () => collect(app, fields, kept.typed).values, prefix };
}

/* Options of a select from the terms of a value set. */
export const choices = (terms, language) => terms.map((term) => ({ value: `${term.system}|${term.code}`, term,
	label: language === "fr" && term.french || term.display })).sort((a, b) => a.label.localeCompare(b.label, language));
