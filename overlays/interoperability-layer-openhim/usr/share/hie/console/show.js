// How things are written: bodies, times, states. Nothing here touches the page.

export const BODY_SHOWN = 20000; // characters, until "show all"
export const BODY_STEP = 200000; // characters more with each "show more"
const PRETTY_MAX = 2000000, XML_MAX = 300000; // characters; longer bodies are shown as they came

function prettyXml(text) {
	let depth = 0;
	const lines = [];
	for (const token of text.replace(/>\s+</g, "><").match(/<[^>]*>|[^<]+/g) ?? []) {
		const closing = token.startsWith("</");
		const opening = /^<[^?!/]/.test(token) && !token.endsWith("/>");
		if (closing)
			depth = Math.max(0, depth - 1);
		const last = lines.length - 1;
		if (!token.startsWith("<") && last >= 0)
			lines[last] += token;
		else if (closing && last >= 0 && lines[last].slice(depth).startsWith("<" + token.slice(2, -1)) && !/<\//.test(lines[last]))
			lines[last] += token;
		else
			lines.push("\t".repeat(Math.min(depth, 40)) + token);
		if (opening)
			depth++;
	}
	return lines.join("\n");
}

// { text, kind }: kind is "json", "xml" or "text". What is no JSON or XML after all stays as it came.
export function pretty(body) {
	const start = body.trimStart().slice(0, 1);
	if (body.length > PRETTY_MAX || (start !== "{" && start !== "[" && start !== "<"))
		return { text: body, kind: "text" };
	if (start === "<")
		// ending with ">" it is taken apart in one go, whatever else it is
		return body.length <= XML_MAX && /^\s*<[?!A-Za-z]/.test(body) && body.trimEnd().endsWith(">") ?
			{ text: prettyXml(body), kind: "xml" } : { text: body, kind: "text" };
	try {
		return { text: JSON.stringify(JSON.parse(body), null, 2), kind: "json" };
	} catch {
		return { text: body, kind: "text" };
	}
}

// OpenHIM's own mark in a body that it shortened for the API, or when it was stored.
export const cut = body => /\n\[truncated \.\.\.\]$/.test(body);

// The badge of a transaction's status: a shape and a colour of style.css.
export const statusKind = status => ({ Successful: "ok", Completed: "degraded", "Completed with error(s)": "degraded",
	Failed: "failed", Processing: "starting" }[status] ?? "degraded");

export const codeKind = code => code >= 500 ? "failed" : code >= 400 ? "degraded" : code ? "ok" : "starting";

export function took(from, to) {
	const milliseconds = Date.parse(to) - Date.parse(from);
	if (Number.isNaN(milliseconds) || milliseconds < 0)
		return "";
	return milliseconds < 10000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}

export function when(text, language) {
	const date = new Date(text);
	if (!text || Number.isNaN(date.getTime()))
		return "";
	return new Intl.DateTimeFormat(language, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
		second: "2-digit", hour12: false }).format(date);
}

export const size = characters => characters < 1000 ? `${characters}` : characters < 1e6 ? `${Math.round(characters / 1e3)} k` : `${(characters / 1e6).toFixed(1)} M`;

// OpenHIM's outcome of an audit (ATNA): 0 success, 4 minor, 8 serious, 12 major failure.
export const outcomeKind = code => ({ 0: "ok", 4: "degraded", 8: "failed", 12: "failed" }[code] ?? "starting");
