// Just enough of a browser's document to draw the console's views in node: elements, text, events, forms.
export class Node {
	constructor() { this.childNodes = []; this.parent = null; }
	get textContent() { return this.childNodes.map(one => one.textContent).join(""); }
	set textContent(text) { this.childNodes = text === "" ? [] : [new Text(text)]; }
	append(...children) {
		for (const child of children) {
			const node = child instanceof Node ? child : new Text(child);
			node.parent?.take(node);
			node.parent = this;
			this.childNodes.push(node);
		}
	}
	prepend(child) { this.childNodes.unshift(child); child.parent = this; }
	take(child) { this.childNodes = this.childNodes.filter(one => one !== child); child.parent = null; }
	remove() { this.parent?.take(this); }
	replaceChildren(...children) { this.childNodes = []; this.append(...children); }
	* all() { for (const child of this.childNodes) { yield child; yield* child.all(); } }
}

class Text extends Node {
	constructor(text) { super(); this.text = String(text); }
	get textContent() { return this.text; }
}

export class Element extends Node {
	constructor(tag) { super(); this.tag = tag; this.attributes = {}; this.listeners = {}; this.value = ""; this.checked = false; }
	get id() { return this.attributes.id ?? ""; }
	set id(value) { this.attributes.id = value; }
	get innerHTML() { throw new Error("innerHTML is not used here"); }
	set innerHTML(value) { throw new Error("innerHTML is not used here"); }
	setAttribute(name, value) { this.attributes[name] = String(value); }
	getAttribute(name) { return this.attributes[name] ?? null; }
	removeAttribute(name) { delete this.attributes[name]; }
	addEventListener(name, action) { (this.listeners[name] ??= []).push(action); }
	async fire(name) {
		const event = { type: name, target: this, preventDefault() {} };
		for (const action of this.listeners[name] ?? [])
			await action(event);
	}
	find(test) { return [...this.all()].filter(one => one instanceof Element && test(one)); }
	tags(tag) { return this.find(one => one.tag === tag); }
	button(words) { return this.find(one => (one.tag === "button" || one.tag === "a") && one.textContent.includes(words))[0]; }
	querySelector(tag) { return this.tags(tag)[0] ?? null; }
	labelled(words) {
		const label = this.find(one => one.tag === "label" && one.textContent === words)[0];
		return label && this.find(one => one.id === label.attributes.for)[0];
	}
	focus() {}
	scrollIntoView() {}
	showModal() { this.open = true; }
	close(value) { this.returnValue = value; this.fire("close"); }
}

export function install() {
	const body = new Element("body"), said = new Element("p");
	said.id = "said";
	body.append(said, ...["main", "skip", "places", "person", "foot"].map(id => {
		const element = new Element(id === "main" ? "main" : "div");
		element.id = id;
		return element;
	}));
	globalThis.Node = Node;
	globalThis.document = { body, hidden: false, cookie: "", documentElement: new Element("html"), createElement: tag => new Element(tag),
		createTextNode: text => new Text(text), querySelectorAll: tag => body.tags(tag), getElementById: id => body.find(one => one.id === id)[0] ?? null };
	globalThis.history = { replaceState() { location.search = ""; } };
	globalThis.location = { hash: "", search: "?language=en", pathname: "/console/" };
	const store = new Map();
	globalThis.sessionStorage = { getItem: key => store.get(key) ?? null, setItem: (key, value) => store.set(key, value), removeItem: key => store.delete(key) };
	const listeners = [];
	globalThis.addEventListener = (name, action) => listeners.push(action);
	globalThis.scrollTo = () => {};
	return { body, said, turn: async hash => {
		location.hash = hash;
		for (const action of listeners)
			await action();
	} };
}
