/* What the exchange has not acknowledged yet. One entry of localStorage for each message, so that two windows never
 * overwrite one another; sent again with the same identifiers, so that a repeat is never a second record. No password
 * is kept here: a message waits until its place is logged in. When the browser keeps nothing, memory has to do. */
import { passes } from "./exchange.js";

const PREFIX = "hie-pos-queue:";
const LEASE = 20000;                    /* a window that sends says so for that long */

/* localStorage that may be full, forbidden or missing. */
export class Store {
	constructor(storage) {
		this.storage = storage;
		this.memory = new Map();
		this.safe = true;       /* everything so far would outlive this window */
	}
	set(key, value) {
		try {
			this.storage().setItem(key, value);
			this.memory.delete(key);
			return true;
		} catch {
			this.memory.set(key, value);
			this.safe = false;
			return false;
		}
	}
	get(key) {
		if (this.memory.has(key))
			return this.memory.get(key);
		try {
			return this.storage().getItem(key);
		} catch {
			return null;
		}
	}
	remove(key) {
		this.memory.delete(key);
		try {
			this.storage().removeItem(key);
		} catch { /* then it was never there */ }
	}
	keys(prefix) {
		const found = new Set([...this.memory.keys()].filter((key) => key.startsWith(prefix)));
		try {
			const storage = this.storage();
			for (let i = 0; i < storage.length; i++)
				if (storage.key(i).startsWith(prefix))
					found.add(storage.key(i));
		} catch { /* nothing is kept */ }
		return [...found];
	}
}

export const delay = (tries) => Math.min(2000 * 2 ** Math.min(tries, 10), 120000);

function read(text) {
	try {
		const item = JSON.parse(text);
		const good = item && typeof item.id === "string" && typeof item.path === "string" && item.path.startsWith("/")
			&& typeof item.place === "string" && ["PUT", "POST"].includes(item.method);
		return good ? item : null;
	} catch {
		return null;
	}
}

export class Queue {
	/* `ask`: the exchange's; `place`: () => the place that is logged in, or null; `changed`: the list is another. */
	constructor({ store, ask, place, changed = () => {},
		after = (work, wait) => setTimeout(work, wait) /* a browser's own refuses another `this` */, now = Date.now }) {
		Object.assign(this, { store, ask, place, changed, after, now, busy: new Set(), timer: null });
		this.window = Math.random().toString(36).slice(2);
	}

	list() {
		return this.store.keys(PREFIX).map((key) => read(this.store.get(key))).filter((item) => item)
			.sort((a, b) => a.made - b.made || (a.id < b.id ? -1 : 1));
	}

	keep(item) {
		this.store.set(PREFIX + item.id, JSON.stringify(item));
	}

	forget(id) {
		this.store.remove(PREFIX + id);
		this.changed();
	}

	/* Another window may be at it; a clock that was set back must not block for ever. */
	isTaken(item) {
		const age = this.now() - (item.lease ?? 0);
		return this.busy.has(item.id) || (item.window && item.window !== this.window && age >= 0 && age < LEASE);
	}

	/* Not now: the exchange has just not answered something else. */
	hold(item, problem) {
		this.keep({ made: this.now(), ...item, tries: 1, again: true, lease: 0, problem });
		this.changed();
		this.plan();
		return { problem, waits: true };
	}

	/* Sends one message now. The answer of ask(); `waits` when it stays here. A repeat of an id that is already on its
	 * way (a double click) joins it. */
	async send(item) {
		if (this.busy.has(item.id))
			return { problem: "busy", waits: true };
		this.busy.add(item.id);
		this.keep({ tries: 0, made: this.now(), ...item, lease: this.now(), window: this.window, problem: null });
		const answer = await this.deliver(item);
		this.busy.delete(item.id);
		const tries = (item.tries ?? 0) + 1;
		if (!answer.problem) {
			this.forget(item.id);
		} else if (passes(answer.problem) || item.again) {
			this.keep({ made: this.now(), ...item, tries, again: true, lease: 0, problem: answer.problem });
			answer.waits = true;
			this.changed();
			this.plan();
		} else {
			this.forget(item.id);
		}
		return answer;
	}

	/* A refusal because it is already there is no refusal: the first time it arrived, only its answer was lost. */
	async deliver(item) {
		const answer = await this.ask(item.method, item.path, { body: item.body, headers: item.headers });
		if (answer.problem !== "conflict" || !item.confirm)
			return answer;
		const found = await this.ask("GET", item.confirm);
		if (!found.problem && (found.resource?.total > 0 || found.resource?.entry?.length > 0))
			return { ...found, problem: null, confirmed: true };
		return found.problem && passes(found.problem) ? found : answer;
	}

	/* Whatever waits for the place that is logged in; what was refused waits for a person's click. Each is read anew just
	 * before: while the one before it was on its way, somebody may have thrown it away, or another window taken it. */
	async sendAll() {
		for (const { id } of this.list()) {
			const item = read(this.store.get(PREFIX + id));
			if (item && item.place === this.place() && !this.isTaken(item) && (!item.problem || passes(item.problem)))
				await this.send({ ...item, again: true });
		}
	}

	plan() {
		const mine = this.list().filter((item) => item.place === this.place() && (!item.problem || passes(item.problem)));
		if (!mine.length || this.timer !== null)
			return;
		this.timer = this.after(async () => {
			this.timer = null;
			await this.sendAll();
			this.plan();
		}, delay(Math.min(...mine.map((item) => item.tries ?? 0))));
	}
}
