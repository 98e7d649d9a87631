/* Elements without markup: what people or registries wrote is only ever a text node. */
export function el(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === undefined || value === null || value === false)
			continue;
		if (typeof value === "function")
			element.addEventListener(name, value);
		else if (name === "value" || name === "checked" || name === "disabled" || name === "selected")
			element[name] = value;
		else
			element.setAttribute(name, value === true ? "" : String(value));
	}
	add(element, children);
	return element;
}

export function add(element, children) {
	for (const child of [children].flat(9))
		if (child !== null && child !== undefined && child !== false && child !== "")
			element.append(typeof child === "object" ? child : document.createTextNode(String(child)));
	return element;
}

export const fill = (element, ...children) => {
	element.replaceChildren();
	return add(element, children);
};

/* A name or a number of somebody: in its own direction of writing. */
export const bdi = (text) => el("bdi", {}, text);
