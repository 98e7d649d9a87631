// What OpenHIM thinks about channels, clients and roles, so that a person learns it before OpenHIM refuses.

export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

// As in OpenHIM: a regular expression, tried anywhere in the path. null: it is none.
export function pathMatches(pattern, path) {
	try {
		return new RegExp(pattern).test(path);
	} catch {
		return null;
	}
}

const enabled = channel => !channel.status || channel.status === "enabled";

// As channels.js of this box has it: an empty list is every method.
const hasMethod = (channel, method) => !channel.methods?.length || channel.methods.includes(method);
const looksInside = channel => Boolean(channel.matchContentRegex || channel.matchContentXpath || channel.matchContentJson ||
	channel.matchContentTypes?.length);

// Who gets a request when `mine` is as in the form: { first, taker }. first: what OpenHIM chooses, the first enabled
// channel whose pattern fits, in the order of priority, those without one last; null: there is none. taker: what this
// box makes of it (channels.js), the first of them that has the method, too; null: the answer is 405.
export function takers(mine, others, path, method) {
	const order = one => one.priority ?? Infinity;
	const all = [...others.filter(one => one._id !== mine._id), mine].filter(enabled)
		.sort((a, b) => order(a) === order(b) ? 0 : order(a) - order(b)).filter(one => pathMatches(one.urlPattern ?? "", path));
	const first = all[0] ?? null;
	if (!first || hasMethod(first, method))
		return { first, taker: first };
	return { first, taker: all.find(one => !looksInside(one) && hasMethod(one, method)) ?? null };
}

// A key of text.js and its words: whether `mine` takes the request.
export function verdict(mine, others, path, method) {
	const matches = pathMatches(mine.urlPattern ?? "", path);
	if (!matches)
		return { key: matches === null ? "badPattern" : "tryNo" };
	if (!enabled(mine))
		return { key: "tryOff" };
	const { first, taker } = takers(mine, others, path, method);
	const words = { name: taker?.name ?? "", first: first.name ?? "", method };
	if (!taker)
		return { key: "tryNobody", words };
	if (taker === mine)
		return { key: first === mine ? "tryYes" : "tryYesMethod", words };
	return { key: hasMethod(mine, method) ? "tryOther" : "tryOtherMethod", words };
}

// The roles, as the channels and clients have them. OpenHIM's own list leaves out of a role that is a client's ID, too
// (the box has such: registry-steward), the channels that allow it; written back, it would take them away.
export function rolesOf(channels, clients) {
	const had = new Set(clients.flatMap(one => one.roles ?? []));
	const ids = new Set(clients.map(one => one.clientID));
	const all = new Set([...had, ...channels.flatMap(one => one.allow ?? []).filter(name => !ids.has(name))]);
	return [...all].sort((a, b) => a.localeCompare(b)).map(name => ({ name,
		channels: channels.filter(one => one.allow?.includes(name)).map(({ _id, name: title }) => ({ _id, name: title })),
		clients: clients.filter(one => one.roles?.includes(name)).map(({ _id, clientID }) => ({ _id, clientID })) }));
}

// Keys of text.js for what OpenHIM would refuse.
export function channelMistakes(channel) {
	const found = [];
	if (!channel.name)
		found.push("needName");
	if (!channel.urlPattern || pathMatches(channel.urlPattern, "/") === null)
		found.push("badPattern");
	if (channel.priority !== undefined && channel.priority !== null && !(channel.priority >= 1))
		found.push("badPriority");
	const routes = channel.routes ?? [];
	if (routes.filter(one => one.primary && one.status !== "disabled").length !== 1)
		found.push("onePrimary");
	if (routes.some(one => !one.name || !one.host || !(one.port >= 1 && one.port <= 65535)))
		found.push("badRoute");
	if (routes.some(one => one.path && one.pathTransform))
		found.push("pathAndTransform");
	if (channel.authType !== "public" && !(channel.allow ?? []).length)
		found.push("nobodyAllowed");
	return found;
}

// Names of roles and clients as a person types them, with commas between them (OpenHIM allows blanks in them); each once.
// What was not touched stays as it was, whatever is in it.
export const listed = list => (list ?? []).join(", ");
export const names = (text, before = []) => text === listed(before) ? before :
	[...new Set(text.split(/[,;\n]/).map(one => one.trim()).filter(Boolean))];

// Methods that are ticked, in the order in which they were stored; those that the form does not show stay.
export const methodsOf = (ticked, before = []) => [...before.filter(one => !METHODS.includes(one) || ticked.includes(one)),
	...ticked.filter(one => !before.includes(one))];

const steady = value => Array.isArray(value) ? value.map(steady)
	: value && typeof value === "object"
		? Object.fromEntries(Object.keys(value).filter(key => value[key] !== undefined && value[key] !== null).sort().map(key => [key, steady(value[key])]))
		: value;

// Whether two documents of OpenHIM's say the same, whatever the order of their keys.
export const same = (a, b) => JSON.stringify(steady(a)) === JSON.stringify(steady(b));

// Top-level keys whose values differ.
export const changed = (a, b) => [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(key => !same(a[key] ?? null, b[key] ?? null)).sort();

// Only what the person changed is written, onto what is there now. both: keys that somebody else changed meanwhile, too.
export function merge(before, mine, now) {
	const wanted = changed(before, mine);
	const theirs = changed(before, now);
	return { write: Object.fromEntries(wanted.map(key => [key, mine[key] ?? null])), theirs,
		both: wanted.filter(key => theirs.includes(key) && !same(mine[key] ?? null, now[key] ?? null)) };
}

// A role is a name in a channel's `allow` or a client's `roles`; OpenHIM has no other list of them.
export function roleMistake(name, roles, clients, old) {
	if (!name)
		return "needName";
	if (/[,;/]/.test(name)) // a role is a part of an address, too
		return "roleComma";
	if (name === old)
		return null;
	if (clients.some(one => one.clientID === name))
		return "roleIsClient";
	if (roles.some(one => one.name === name))
		return "roleThere";
	return null;
}

const hexadecimal = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");

// Clients hash password + salt (users salt + password): OpenHIM's own difference.
export async function clientPassword(password, sha512, random = size => crypto.getRandomValues(new Uint8Array(size))) {
	const passwordSalt = hexadecimal(random(16));
	return { passwordAlgorithm: "sha512", passwordSalt, passwordHash: await sha512(password + passwordSalt) };
}
