// Elements by calls. Whatever a message, a client or a channel carries gets onto the page as text, never as HTML.

const put = (element, child) => {
	if (child === null || child === undefined || child === false)
		return;
	if (Array.isArray(child))
		child.forEach(one => put(element, one));
	else
		element.append(child instanceof Node ? child : document.createTextNode(String(child)));
};

// h("a", { href: "#/x", onclick: f }, "text", node, [more]): an attribute of null, undefined or false is left out.
export function h(tag, attributes, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (name === "value")
			element.value = value;
		else if (name === "checked")
			element.checked = Boolean(value);
		else
			element.setAttribute(name, value === true ? "" : String(value));
	}
	put(element, children);
	return element;
}

// A button that does one thing at a time: pressed twice, it acts once.
export function button(words, attributes, action) {
	const element = h("button", { type: "button", ...attributes }, words);
	element.addEventListener("click", async event => {
		event.preventDefault();
		if (element.getAttribute("aria-disabled") === "true")
			return;
		element.setAttribute("aria-disabled", "true");
		try {
			await action(event);
		} finally {
			element.removeAttribute("aria-disabled");
		}
	});
	return element;
}

let number = 0;
export const fresh = () => `e${++number}`;

// A labelled control; `hint` is read out with it.
export function field(label, control, hint) {
	control.id ||= fresh();
	const note = hint ? h("p", { class: "hint quiet", id: `${control.id}-hint` }, hint) : null;
	if (note)
		control.setAttribute("aria-describedby", note.id);
	return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
}

export function choice(label, control) {
	control.id ||= fresh();
	return h("div", { class: "choice" }, control, h("label", { for: control.id }, label));
}

export const input = attributes => h("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
	...attributes });

// options: [[value, words], …]
export function select(options, value, attributes) {
	const element = h("select", attributes, options.map(([key, words]) => h("option", { value: key }, words)));
	element.value = value ?? "";
	return element;
}

// columns: words; rows: [cells]. On a phone each cell shows its column's words (console.css).
export function table(caption, columns, rows) {
	const content = cell => cell === "" || cell === null || cell === undefined ? null : h("div", null, cell);
	return h("table", { class: "list" },
		h("caption", { class: "unseen" }, caption),
		h("thead", null, h("tr", null, columns.map(words => h("th", { scope: "col" }, words)))),
		h("tbody", null, rows.map(cells => h("tr", cells.attributes ?? null, cells.map((cell, at) =>
			h(at ? "td" : "th", at ? { "data-label": columns[at] } : { scope: "row" }, content(cell)))))));
}

export const badge = (kind, words) => h("span", { class: `badge ${kind}` }, words);
export const outcome = (kind, ...words) =>
	h("p", { class: `outcome ${kind}`, role: kind === "refused" ? "alert" : "status" }, words);

export const facts = pairs => h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
	.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
