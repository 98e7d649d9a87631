// OpenHIM's API, through the box's page (/console/api/). What goes wrong is a Problem with a key of text.js.
import { again, begin, headers, keep, kept } from "./session.js";

const BASE = "/console/api/";
const ANSWER_MAX = 20 * 1024 * 1024; // bytes of one answer; OpenHIM keeps at most 15 MB of a message's bodies
const WAIT = 30000; // milliseconds

export class Problem extends Error {
	// key: of text.js; status: of the answer, 0 without one; words: what OpenHIM said itself
	constructor(key, status = 0, words = "") {
		super(words || key);
		this.key = key;
		this.status = status;
		this.words = words;
	}
}

let session = null;
let onEnd = () => {};
export const who = () => session?.user ?? null;
export const whenOver = action => { onEnd = action; };
export function resume() {
	session = kept();
	return session !== null;
}
export function leave() {
	session = null;
	keep(null);
}

// Reads at most `max` bytes of an answer, as text; too much is a Problem, and the rest is not fetched.
async function bounded(response, max = ANSWER_MAX) {
	if (Number(response.headers.get("content-length")) > max) {
		await response.body?.cancel();
		throw new Problem("tooLarge", response.status);
	}
	if (!response.body)
		return "";
	const reader = response.body.getReader();
	const decoder = new TextDecoder();
	let text = "", have = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return text + decoder.decode();
		have += value.length;
		if (have > max) {
			await reader.cancel();
			throw new Problem("tooLarge", response.status);
		}
		text += decoder.decode(value, { stream: true });
	}
}

async function ask(method, path, body, extra, max) {
	const options = { method, headers: { ...extra }, cache: "no-store", credentials: "omit", redirect: "error",
		signal: AbortSignal.timeout(WAIT) };
	if (body !== undefined) {
		options.headers["content-type"] = "application/json";
		options.body = JSON.stringify(body);
	}
	let response, text;
	try {
		response = await fetch(BASE + path, options);
		text = await bounded(response, max);
	} catch (error) {
		if (error instanceof Problem)
			throw error;
		throw new Problem(error.name === "TimeoutError" ? "slow" : "down");
	}
	return { status: response.status, text, json: /json/.test(response.headers.get("content-type") ?? "") };
}

// A sentence of OpenHIM's, from an answer that is not a page of ours.
export function said(text) {
	return /^\s*</.test(text) || !text ? "" : text.slice(0, 600);
}

export function judge({ status, text }) {
	if (status >= 200 && status < 300)
		return null;
	if (status === 502 || status === 503 || status === 504)
		return new Problem("down", status);
	if (status === 429)
		return new Problem("tooOften", status);
	if (status === 413)
		return new Problem("tooLargeSent", status);
	if (status === 403)
		return new Problem("notAllowed", status, said(text));
	if (status === 404)
		return new Problem("notThere", status, said(text));
	return new Problem(status >= 500 ? "broke" : "refused", status, said(text));
}

export function parsed({ text, json }) {
	if (!json)
		return text;
	try {
		return JSON.parse(text);
	} catch {
		throw new Problem("malformed");
	}
}

async function clock(user) {
	const answer = await ask("GET", `authenticate/${encodeURIComponent(user)}`, undefined, {}, 65536);
	const now = Date.now();
	const problem = judge(answer);
	if (problem)
		throw problem;
	const word = parsed(answer);
	if (!word || typeof word.salt !== "string" || Number.isNaN(Date.parse(word.ts)))
		throw new Problem("malformed");
	return { word, now };
}

export async function logIn(user, password) {
	if (!globalThis.crypto?.subtle)
		throw new Problem("noCrypto");
	let begun;
	try {
		const { word, now } = await clock(user);
		begun = await begin(user, password, word, now);
	} catch (problem) {
		throw problem.key === "notThere" ? new Problem("wrongPassword", 401) : problem;
	}
	const answer = await ask("GET", `users/${encodeURIComponent(user)}`, undefined, await headers(begun, Date.now()), 1 << 20);
	if (answer.status === 401)
		throw new Problem("wrongPassword", 401);
	const problem = judge(answer);
	if (problem)
		throw problem;
	session = begun;
	keep(session);
}

function over() {
	leave();
	onEnd();
	throw new Problem("sessionOver", 401);
}

// One more try with the box's clock of now: the browser may have slept, or its clock was set.
async function renew() {
	const mine = session;
	const { word, now } = await clock(mine.user);
	if (session !== mine) // logged out, or in anew, in the meantime
		throw new Problem("sessionOver", 401);
	const renewed = again(mine, word, now);
	if (!renewed)
		over();
	session = renewed;
	keep(session);
}

export async function request(method, path, body, { max } = {}) {
	if (!session)
		over();
	let answer = await ask(method, path, body, await headers(session, Date.now()), max);
	if (answer.status === 401) {
		await renew();
		answer = await ask(method, path, body, await headers(session, Date.now()), max);
		if (answer.status === 401)
			over();
	}
	const problem = judge(answer);
	if (problem)
		throw problem;
	return parsed(answer);
}

export const get = (path, options) => request("GET", path, undefined, options);
export const id = encodeURIComponent;
