/* A document that knows just enough for the screens: elements, text, listeners, a few selectors; and a window around it.
 * What it does not know throws, so that nothing passes by accident. */
class Text {
	constructor(text) { this.data = String(text); }
	get textContent() { return this.data; }
}

const SIMPLE = /^([a-z0-9]*)(#[\w-]+)?((?:\.[\w-]+)*)((?:\[[^\]]+\])*)$/;
function fits(element, selector) {
	const found = SIMPLE.exec(selector);
	if (!found)
		throw new Error(`selector ${selector}`);
	const [, tag, id, classes, attributes] = found;
	return (!tag || element.tag === tag) && (!id || element.getAttribute("id") === id.slice(1))
		&& classes.split(".").filter(Boolean).every((one) => (element.getAttribute("class") ?? "").split(" ").includes(one))
		&& [...attributes.matchAll(/\[([\w-]+)(?:="?([^"\]]*)"?)?\]/g)].every(([, name, value]) =>
			element.attributes.has(name) && (value === undefined || element.getAttribute(name) === value));
}

export class Element {
	constructor(tag) { Object.assign(this, { tag, attributes: new Map(), childNodes: [], listeners: {}, parent: null, open: false, typed: undefined }); }
	setAttribute(name, value) { this.attributes.set(name, String(value)); }
	getAttribute(name) { return this.attributes.get(name) ?? null; }
	removeAttribute(name) { this.attributes.delete(name); }
	set className(value) { this.setAttribute("class", value); }
	set id(value) { this.setAttribute("id", value); }
	get name() { return this.getAttribute("name"); }
	get type() { return this.getAttribute("type"); }
	get lang() { return this.getAttribute("lang"); }
	set lang(value) { this.setAttribute("lang", value); }
	get value() {
		if (this.tag === "select" && this.typed === undefined)
			return (this.childNodes.find((one) => one.selected) ?? this.childNodes[0]).value;
		return this.typed ?? "";
	}
	set value(value) { this.typed = String(value); }
	get children() { return this.childNodes.filter((one) => one instanceof Element); }
	get lastChild() { return this.childNodes.at(-1) ?? null; }
	get elements() { return this.all().filter((one) => ["input", "select", "textarea", "button"].includes(one.tag)); }
	get textContent() { return this.childNodes.map((one) => one.textContent).join(""); }
	set textContent(text) { this.childNodes = text === "" ? [] : [new Text(text)]; }
	append(...nodes) {
		for (const node of nodes) {
			if (node instanceof Element)
				node.parent = this;
			this.childNodes.push(node instanceof Element || node instanceof Text ? node : new Text(node));
		}
	}
	replaceChildren(...nodes) { this.childNodes = []; this.append(...nodes); }
	all() { return this.children.flatMap((one) => [one, ...one.all()]); }
	querySelectorAll(selector) {
		if (selector.startsWith(":scope > "))
			return this.children.filter((one) => fits(one, selector.slice(9)));
		const parts = selector.split(",").map((part) => part.trim());
		return this.all().filter((one) => parts.some((part) => fits(one, part)));
	}
	querySelector(selector) { return this.querySelectorAll(selector)[0] ?? null; }
	addEventListener(name, work) { (this.listeners[name] ??= []).push(work); }
	focus() { document.activeElement = this; }
	/* Runs the listeners up to the document; a promise of all they do. */
	fire(name, event = {}) {
		const done = [], whole = { target: this, preventDefault() { this.prevented = true; }, ...event };
		for (let one = this; one; one = one.parent)
			for (const work of one.listeners[name] ?? [])
				done.push(work(whole));
		return Promise.all(done);
	}
}

export const realFetch = globalThis.fetch;

class Storage {
	constructor() { this.map = new Map(); }
	get length() { return this.map.size; }
	key(i) { return [...this.map.keys()][i]; }
	getItem(key) { return this.map.get(key) ?? null; }
	setItem(key, value) {
		if (this.full)
			throw new Error("QuotaExceededError");
		this.map.set(key, value);
	}
	removeItem(key) { this.map.delete(key); }
}

/* The globals of a window on the screens of `base`. */
export function open(base, language) {
	const document = new Element("html"), listeners = {}, fetch = realFetch;
	for (const id of ["skip", "bar", "waiting", "main", "message", "view", "sent"]) {
		const element = new Element("div");
		element.id = id;
		document.append(element);
	}
	Object.assign(document, { documentElement: document, cookie: "", title: "", createElement: (tag) => new Element(tag), createTextNode: (text) => new Text(text),
		getElementById: (id) => document.querySelector(`#${id}`) });
	const window = { sessionStorage: new Storage(), localStorage: new Storage(), addEventListener: (name, work) => (listeners[name] ??= []).push(work) };
	let hash = "";
	const location = { search: `?language=${language}`, protocol: "http:", get hash() { return hash; },
		set hash(value) {
			hash = value;
			setTimeout(() => (listeners.hashchange ?? []).forEach((work) => work()), 0);
		} };
	for (const [name, value] of Object.entries({ document, window, location, navigator: { languages: ["en-GB"] }, requestAnimationFrame: (work) => setTimeout(work, 0),
		fetch: (path, options) => fetch(base + path, options) }))
		Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
	return { document, window, location };
}
