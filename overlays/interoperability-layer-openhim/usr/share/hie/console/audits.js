// Audits (ATNA): what OpenHIM writes down about itself, log-ins and refusals.
import { get, id } from "./api.js";
import { badge, choice, facts, field, h, input, select, table } from "./element.js";
import { PAGE, address, auditList } from "./query.js";
import { outcomeKind, pretty, when } from "./show.js";
import { language, say } from "./text.js";
import { body } from "./ui.js";

const OUTCOMES = ["0", "4", "8", "12"];
const REFUSED = "110126"; // DICOM: Node Authentication
const outcomeBadge = code => badge(outcomeKind(code), OUTCOMES.includes(String(code)) ? say(`outcome.${code}`) : say("unknown"));
const name = code => code?.displayName ?? code?.code ?? "";
const event = one => one.eventIdentification ?? {};

// What happened, in words, for the events that this box's exchange writes.
function meaning(one) {
	const { eventID, eventTypeCode, eventOutcomeIndicator } = event(one);
	if (eventTypeCode?.code === REFUSED)
		return say("audit.refused");
	if (eventID?.code === "110114")
		return say(String(eventOutcomeIndicator) === "0" ? "audit.login" : "audit.badLogin");
	return { 110100: say("audit.application"), 110101: say("audit.read") }[eventID?.code] ?? "";
}

function filterForm(asked, events) {
	const any = [["", say("any")]];
	const controls = {
		event: select([...any, ...events.map(one => [one, one])], asked.event),
		outcome: select([...any, ...OUTCOMES.map(one => [one, say(`outcome.${one}`)])], asked.outcome),
		from: input({ type: "datetime-local", step: 1, value: asked.from }),
		to: input({ type: "datetime-local", step: 1, value: asked.to }),
	};
	const refused = h("input", { type: "checkbox", checked: asked.refused });
	const submit = happening => {
		happening.preventDefault();
		location.hash = address(["audits"], { ...Object.fromEntries(Object.entries(controls).map(([key, control]) => [key, control.value])),
			refused: refused.checked ? "1" : "" });
	};
	const set = ["event", "outcome", "from", "to", "refused"].filter(key => asked[key]).length;
	return h("details", { class: "filters", open: set > 0 }, h("summary", null, set ? say("filtersSet", { count: set }) : say("filters")),
		h("form", { "aria-label": say("filters"), onsubmit: submit },
			h("div", { class: "grid" }, field(say("event"), controls.event), field(say("outcome"), controls.outcome),
				field(say("from"), controls.from), field(say("to"), controls.to)),
			choice(say("onlyRefused"), refused),
			h("p", { class: "actions" }, h("button", { type: "submit" }, say("search")),
				set ? h("a", { class: "button plain", href: "#/audits" }, say("clear")) : null)));
}

export async function audits({ query }) {
	const [list, options] = await Promise.all([get(auditList(query)), get("audits-filter-options").catch(() => null)]);
	const events = [...new Set((options?.eventID ?? []).map(name).filter(Boolean))].sort();
	if (query.event && !events.includes(query.event))
		events.push(query.event);
	const page = Math.max(0, Number(query.page) || 0);
	const rows = list.map(one => [
		h("a", { href: address(["audits", one._id]) }, when(event(one).eventDateTime, language()) || one._id),
		[name(event(one).eventID), event(one).eventTypeCode ? h("span", { class: "quiet" }, ` (${name(event(one).eventTypeCode)})`) : null],
		meaning(one), outcomeBadge(event(one).eventOutcomeIndicator)]);
	return [h("h1", null, say("audits")), h("p", { class: "lead" }, say("auditsLead")), filterForm(query, events),
		rows.length ? h("div", { class: "wide" }, table(say("audits"), [say("time"), say("event"), say("meaning"), say("outcome")], rows)) :
			h("p", { class: "lead" }, say("noAudits")),
		h("p", { class: "actions" }, page ? h("a", { class: "button plain", href: address(["audits"], { ...query, page: page - 1 || "" }) }, say("newer")) : null,
			list.length === PAGE ? h("a", { class: "button plain", href: address(["audits"], { ...query, page: page + 1 }) }, say("older")) : null),
		h("p", { class: "quiet" }, say("auditsGrow"))];
}

export async function audit({ path }) {
	const one = await get(`audits/${id(path[1])}`);
	const { eventDateTime, eventID, eventTypeCode, eventOutcomeIndicator, eventActionCode } = event(one);
	const source = one.auditSourceIdentification ?? {};
	return [h("p", null, h("a", { href: "#/audits" }, say("backToAudits"))), h("h1", null, name(eventID) || say("audit")),
		meaning(one) ? h("p", { class: "lead" }, meaning(one)) : null,
		facts([[say("time"), when(eventDateTime, language())], [say("outcome"), outcomeBadge(eventOutcomeIndicator)],
			[say("kind"), name(eventTypeCode)], [say("action"), eventActionCode], [say("source"), source.auditSourceID],
			[say("reportedBy"), one.syslog?.host]]),
		h("h2", null, say("participants")),
		(one.activeParticipant ?? []).map(who => facts([[say("user"), who.userID], [say("otherUser"), who.alternativeUserID],
			[say("role"), name(who.roleIDCode)], [say("from.address"), who.networkAccessPointID], [say("requestor"), who.userIsRequestor]])),
		one.participantObjectIdentification?.length ? [h("h2", null, say("objects")), one.participantObjectIdentification.map(object =>
			facts([[say("number"), object.participantObjectID], [say("kind"), name(object.participantObjectIDTypeCode)],
				[say("request"), object.participantObjectQuery], [say("detail"), object.participantObjectDetail?.value]]))] : null,
		h("h2", null, say("raw")), body(one.rawMessage ? pretty(one.rawMessage.replace(/^<[0-9]+>1 .*?(?=<)/s, "")).text : "")];
}
