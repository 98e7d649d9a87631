/* Requests to the exchange. ask() never throws: what went wrong is a word (`problem`), for which text.js has the
 * sentence. Everything that comes back is a stranger's: bounded, parsed, and only taken when it is FHIR. */
export const WAIT = 10000;              /* milliseconds after which nobody waits any more */
const BYTES_MAX = 4 << 20;
const KEPT = 20;                        /* messages that "what was sent" remembers */

const PROBLEMS = { 400: "refused", 401: "login", 403: "forbidden", 404: "missing", 405: "refused", 409: "conflict",
	410: "missing", 412: "conflict", 413: "large", 422: "refused", 429: "busy", 504: "silent" };

/* Which sentence a status is; null when it is none. 504 is what nginx says when the exchange itself is silent. */
export function problemOf(status) {
	if (status >= 200 && status < 300)
		return null;
	return PROBLEMS[status] ?? (status >= 500 ? "broken" : "refused");
}

/* After which of them the same message may be sent again on its own. */
export const passes = (problem) => ["silent", "slow", "broken", "busy", "garbled"].includes(problem);

/* Basic credentials in UTF-8 (RFC 7617). */
export function basic(user, password) {
	const bytes = new TextEncoder().encode(`${user}:${password}`);
	return "Basic " + btoa(String.fromCharCode(...bytes));
}

/* The path of a link to a next page, under the channel it belongs to. Never the host that it names. */
export function pathOfLink(link, channel) {
	let url;
	try {
		url = new URL(link, "http://exchange.invalid/");
	} catch {
		return null;
	}
	const at = url.pathname.lastIndexOf("/fhir");
	if (!url.protocol.startsWith("http") || at < 0 || url.pathname.includes("..") || (link ?? "").length > 4000)
		return null;
	return channel + url.pathname.slice(at + 5) + url.search;
}

async function readBounded(answer) {
	if (!answer.body?.getReader)
		return (await answer.text()).slice(0, BYTES_MAX);
	const reader = answer.body.getReader(), parts = [];
	let length = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			break;
		length += value.length;
		if (length > BYTES_MAX) {
			await reader.cancel();
			throw new RangeError("too long");
		}
		parts.push(value);
	}
	const all = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return new TextDecoder().decode(all);
}

function parse(text) {
	try {
		const resource = JSON.parse(text);
		return resource && typeof resource.resourceType === "string" ? resource : null;
	} catch {
		return null;
	}
}

export class Exchange {
	/* `login`: () => {user, password}; `heard`: called after each message with the list of the last ones. */
	constructor({ login, heard = () => {}, fetch = globalThis.fetch.bind(globalThis), wait = WAIT }) {
		Object.assign(this, { login, heard, fetch, wait, messages: [], visit: 0, offset: 0 });
	}

	/* Whoever leaves takes along what was sent and heard: what is still on its way is not told to who comes next. */
	forget() {
		this.messages = [];
		this.visit++;
	}

	/* Now, as the exchange's clock says: phones are often wrong. */
	now() {
		return new Date(Date.now() + this.offset);
	}

	note(message) {
		this.messages = [message, ...this.messages].slice(0, KEPT);
		this.heard(this.messages);
	}

	async ask(method, path, { body, headers = {}, login = this.login(), wait = this.wait } = {}) {
		const began = performance.now(), visit = this.visit;
		const message = { method, path, sent: body ?? null, status: 0, received: null, text: "", problem: null };
		const sent = { Accept: "application/fhir+json", Authorization: basic(login.user, login.password), ...headers };
		if (body !== undefined)
			sent["Content-Type"] = "application/fhir+json";
		let answer = null;
		try {
			answer = await this.fetch("/exchange" + path, {
				method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
				credentials: "omit", redirect: "error", signal: AbortSignal.timeout(wait),
			});
			message.status = answer.status;
			message.text = await readBounded(answer);
		} catch (error) {
			message.problem = error instanceof RangeError ? "large-answer" : error.name === "TimeoutError" || error.name === "AbortError"
				? "slow" : "silent";
		}
		message.ms = Math.round(performance.now() - began);
		this.judge(message, answer);
		if (visit === this.visit)
			this.note(message);
		return { problem: message.problem, status: message.status, resource: message.received, message,
			location: answer?.headers.get("Location") ?? answer?.headers.get("Content-Location") ?? null,
			version: answer?.headers.get("ETag") ?? null };
	}

	judge(message, answer) {
		const date = Date.parse(answer?.headers.get("Date") ?? "");
		if (date && Math.abs(date - Date.now()) > 60000)
			this.offset = date - Date.now();
		if (message.problem)
			return;
		message.received = parse(message.text);
		message.problem = problemOf(message.status);
		if (!message.problem && !message.received && message.text.trim() !== "")
			message.problem = "garbled";
		if (message.received)
			message.text = "";
	}
}
