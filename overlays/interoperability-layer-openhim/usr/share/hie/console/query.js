// Addresses after the # (so that back, reload and a link do what people expect), and filters of OpenHIM's API.

// "#/transactions/5f?status=Failed" → { path: ["transactions", "5f"], query: { status: "Failed" } }
export function route(hash) {
	const [path, query] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
	const decode = text => {
		try {
			return decodeURIComponent(text);
		} catch {
			return text;
		}
	};
	return { path: path.split("/").filter(Boolean).map(decode), query: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

export function address(path, query = {}) {
	const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined));
	const text = words.toString();
	return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

// OpenHIM makes a regular expression of it: what a person types is meant letter by letter.
const literal = text => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

// What a datetime-local field holds, in the browser's own time zone, as an instant; "" when it is none.
function instant(local) {
	const date = local ? new Date(local) : null;
	return date && !Number.isNaN(date.getTime()) ? date.toISOString() : "";
}

// Adds to `filters` that `key` lies in the time that was asked for; nothing when none was.
function between(filters, key, { from, to, before }) {
	const time = {};
	if (instant(from))
		time.$gte = instant(from);
	const ends = [instant(to), instant(before)].filter(Boolean).sort();
	if (ends.length)
		time.$lte = ends[0];
	if (Object.keys(time).length)
		filters[key] = JSON.stringify(time);
}

export const PAGE = 20;
const ID = /^[0-9a-f]{24}$/;

// asked: { status, client, channel, path, method, code, from, to, errors, before, past } as in the address.
// The store is quickest along the time (measured: README of the component): "older" asks for what is not later than
// the last line, and leaves out the lines of that same instant that were shown (`past`), so no page is counted through.
export function transactionFilters(asked) {
	const filters = {};
	if (asked.status)
		filters.status = asked.status;
	if (ID.test(asked.client ?? ""))
		filters.clientID = asked.client;
	if (ID.test(asked.channel ?? ""))
		filters.channelID = asked.channel;
	if (asked.path)
		filters["request.path"] = literal(asked.path);
	if (asked.method)
		filters["request.method"] = asked.method;
	if (/^[1-5]xx$/.test(asked.code ?? ""))
		filters["response.status"] = asked.code;
	else if (/^[1-5][0-9]{2}$/.test(asked.code ?? ""))
		filters["response.status"] = Number(asked.code);
	if (asked.errors)
		filters.$or = [{ "response.status": { $gte: 400 } }, { status: { $in: ["Failed", "Completed with error(s)"] } }];
	between(filters, "request.timestamp", asked);
	return filters;
}

const past = asked => (asked.past ?? "").split(",").filter(one => ID.test(one));

export function transactionList(asked) {
	return "transactions?" + new URLSearchParams({ filterLimit: PAGE + past(asked).length + 1, filterPage: 0,
		filterRepresentation: "simple", filters: JSON.stringify(transactionFilters(asked)) });
}

// The lines of one page, and what "older" asks for (null: there are none).
export function transactionPage(asked, list) {
	const seen = new Set(past(asked));
	const rows = list.filter(one => !seen.has(one._id));
	const shown = rows.slice(0, PAGE);
	if (rows.length <= PAGE)
		return { shown, older: null };
	const before = shown[shown.length - 1].request.timestamp;
	const same = [...(asked.before === before ? seen : []), ...shown.filter(one => one.request.timestamp === before).map(one => one._id)];
	return { shown, older: { ...asked, before, past: same.join(",") } };
}

function auditFilters(asked) {
	const filters = {};
	if (asked.outcome)
		filters["eventIdentification.eventOutcomeIndicator"] = asked.outcome;
	if (asked.refused) // what a request leaves that OpenHIM refused: "Node Authentication"
		filters["eventIdentification.eventTypeCode.code"] = "110126";
	if (asked.event)
		filters["eventIdentification.eventID.displayName"] = asked.event;
	between(filters, "eventIdentification.eventDateTime", asked);
	return filters;
}

export function auditList(asked) {
	return "audits?" + new URLSearchParams({ filterLimit: PAGE, filterPage: Math.max(0, Number(asked.page) || 0),
		filterRepresentation: "simple", filters: JSON.stringify(auditFilters(asked)) });
}
