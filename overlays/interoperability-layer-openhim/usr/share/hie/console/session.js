// Who is logged in. OpenHIM wants four headers with every request: auth-username, auth-ts, auth-salt and auth-token,
// which is sha512(sha512(salt + password) + salt + ts), all in hexadecimal digits. What is kept (in this tab alone) is
// the inner hash, never the password. `ts` must be within ten seconds of the box's clock, so the box's time is used:
// its own word at the log-in, and what has passed since by the browser's clock.

const KEY = "hie-console";

export async function sha512(text, crypto = globalThis.crypto) {
	const digest = await crypto.subtle.digest("SHA-512", new TextEncoder().encode(text));
	return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, "0")).join("");
}

// answer: what GET authenticate/USER gave, { salt, ts }; now: the browser's clock when it came, in milliseconds
export async function begin(user, password, answer, now) {
	return { user, salt: answer.salt, hash: await sha512(answer.salt + password), ahead: Date.parse(answer.ts) - now };
}

// The same person with a fresh look at the box's clock; null when the salt is another one: the password was changed.
export function again(session, answer, now) {
	if (answer.salt !== session.salt)
		return null;
	return { ...session, ahead: Date.parse(answer.ts) - now };
}

export async function headers(session, now) {
	const ts = new Date(now + session.ahead).toISOString();
	return { "auth-username": session.user, "auth-ts": ts, "auth-salt": session.salt,
		"auth-token": await sha512(session.hash + session.salt + ts) };
}

export function keep(session, storage = globalThis.sessionStorage) {
	if (session)
		storage.setItem(KEY, JSON.stringify(session));
	else
		storage.removeItem(KEY);
}

export function kept(storage = globalThis.sessionStorage) {
	try {
		const session = JSON.parse(storage.getItem(KEY));
		return session && typeof session.hash === "string" && Number.isFinite(session.ahead) ? session : null;
	} catch {
		return null;
	}
}
