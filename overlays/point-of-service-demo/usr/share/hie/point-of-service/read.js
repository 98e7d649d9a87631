/* What FHIR says, in words and small values. Pure; nothing in a resource is trusted to be there or to be of its kind. */
import { NATIONAL_ID, PLACES } from "./places.js";

export const list = (value) => (Array.isArray(value) ? value.filter((one) => one !== null && one !== undefined) : []);
const text = (value) => (typeof value === "string" ? value : typeof value === "number" ? String(value) : "");
const GOLDEN = "GOLDEN_RECORD";

export const isGolden = (resource) => list(resource?.meta?.tag).some((tag) => tag.code === GOLDEN);
export const entries = (bundle) => list(bundle?.entry).map((entry) => entry.resource).filter((one) => one?.resourceType);
export const ofType = (bundle, type) => entries(bundle).filter((one) => one.resourceType === type);
export const idOf = (reference) => text(reference?.reference).split("/_history")[0].split("/").pop();
export const next = (bundle) => list(bundle?.link).find((link) => link.relation === "next")?.url ?? null;

/* The people of a search; the registry's own golden copies are nobody's record. */
export const people = (bundle) => ofType(bundle, "Patient").filter((one) => !isGolden(one));

export function name(patient) {
	const names = list(patient?.name);
	const one = names.find((entry) => entry.use === "official") ?? names.find((entry) => entry.use !== "old") ?? names[0];
	const parts = [...list(one?.given).map(text), text(one?.family)].filter((part) => part.trim());
	return parts.join(" ") || text(one?.text).trim();
}

export const birth = (patient) => (/^\d{4}(-\d{2}(-\d{2})?)?$/.test(text(patient?.birthDate)) ? patient.birthDate : "");

/* {value, unit: "years" | "months"}; null when not even the year is known, or it lies in the future. */
export function age(birthDate, today) {
	const [year, month, day] = birthDate.split("-").map(Number);
	if (!year)
		return null;
	const months = (today.getFullYear() - year) * 12 + (month ? today.getMonth() + 1 - month : 0) - (day > today.getDate() && month ? 1 : 0);
	if (months < 0)
		return null;
	return month && months < 24 ? { value: months, unit: "months" } : { value: Math.floor(months / 12), unit: "years" };
}

export const phone = (patient) => text(list(patient?.telecom).find((one) => one.system === "phone" || !one.system)?.value);

/* [{place, value}]: whose number; place is a key of PLACES, "national" or "" for others. What the registry numbers for
 * itself is nobody's number. */
export function numbers(patient) {
	const known = Object.fromEntries(Object.entries(PLACES).map(([place, { system }]) => [system, place]));
	return list(patient?.identifier).filter((one) => text(one.value) && !text(one.system).endsWith("/mdm-golden-resource-enterprise-id")).map((one) => ({
		place: one.system === NATIONAL_ID ? "national" : known[one.system] ?? "", value: text(one.value) }));
}

/* Which place recorded this: by its source, the identifier that it gave, else by whom it names, else by the patient's own. */
export function placeOf(resource, patients = []) {
	for (const where of [text(resource?.meta?.source), ...list(resource?.identifier).map((one) => text(one.system))]) {
		const found = /^urn:hiebox:([a-z-]+)([:#]|$)/.exec(where)?.[1];
		if (PLACES[found])
			return found;
	}
	const named = [resource?.managingOrganization, resource?.serviceProvider, resource?.requester, resource?.location, resource?.recorder,
		resource?.asserter, ...list(resource?.performer).map((one) => one.actor ?? one)];
	for (const reference of named)
		if (PLACES[idOf(reference)])
			return idOf(reference);
	const subject = resource?.resourceType === "Patient" ? "" : idOf(resource?.subject ?? resource?.patient);
	const patient = subject && patients.find((one) => one.id === subject);
	return patient ? placeOf(patient) : "";
}

/* `value` in another language, where FHIR's translation extension on `_value` has one. */
export function translated(value, more, language) {
	const part = (one, url) => list(one.extension).find((inner) => inner.url === url);
	const found = list(more?.extension).find((one) => text(one.url).endsWith("/translation")
		&& text(part(one, "lang")?.valueCode).startsWith(language));
	return text(found && part(found, "content")?.valueString) || text(value);
}

export function code(concept, language = "en") {
	const coding = list(concept?.coding);
	return translated(concept?.text, concept?._text, language) || text(coding.find((one) => one.display)?.display) || text(coding[0]?.code);
}

const codes = (concept) => list(concept?.coding).map((one) => text(one.code));

/* A number as it is written in that language; its digits are as they came. */
const number = (value, language) => (language === "fr" ? text(value).replace(".", ",") : text(value));

export function quantity(value, language = "en") {
	return value && value.value !== undefined ? [number(value.value, language), text(value.unit || value.code)].filter(Boolean).join(" ") : "";
}

/* Several measurements of one kind, such as an upper and a lower pressure: "128 / 84 mmHg". */
function together(values, language) {
	const units = new Set(values.map((one) => text(one.unit || one.code)));
	return units.size > 1 ? values.map((one) => quantity(one, language)).join(" / ")
		: [values.map((one) => number(one.value, language)).join(" / "), ...units].filter(Boolean).join(" ");
}

export function observed(one, language = "en") {
	const own = quantity(one?.valueQuantity, language) || code(one?.valueCodeableConcept, language) || text(one?.valueString);
	return own || together(list(one?.component).map((part) => part.valueQuantity).filter((value) => value?.value !== undefined), language);
}

/* Day, or what of it is known; "" for what is no date. */
export const day = (value) => /^\d{4}(-\d{2}(-\d{2})?)?/.exec(text(value))?.[0] ?? "";

/* "Asked, and there is none" is something else than "nothing is written down", which a summary says of every section
 * that would be empty. */
const ASKED = ["716186003", "no-known-allergies", "no-known-medication-allergies", "no-known-environmental-allergies", "no-known-food-allergies",
	"no-known-problems", "no-known-medications", "no-known-procedures", "1631000175102"];
const UNKNOWN = /^no-[a-z]+-info$/;
const noneOf = (known) => (known.some((one) => ASKED.includes(one)) ? "asked" : known.some((one) => UNKNOWN.test(one)) ? "unknown" : "");

const READERS = {
	__proto__: null,
	AllergyIntolerance: (one, language) => ({ what: code(one.code, language), when: one.recordedDate ?? one.onsetDateTime,
		detail: list(one.reaction).flatMap((reaction) => list(reaction.manifestation).map((sign) => code(sign, language))).join(", ") }),
	Condition: (one, language) => ({ what: code(one.code, language), when: one.recordedDate ?? one.onsetDateTime, detail: "" }),
	Immunization: (one, language) => ({ what: code(one.vaccineCode, language), when: one.occurrenceDateTime,
		detail: text(list(one.protocolApplied)[0]?.doseNumberPositiveInt) }),
	Observation: (one, language) => ({ what: code(one.code, language), when: one.effectiveDateTime, detail: observed(one, language) }),
	MedicationStatement: (one, language) => ({ what: code(one.medicationCodeableConcept, language), when: one.effectiveDateTime ?? one.dateAsserted,
		detail: translated(list(one.dosage)[0]?.text, list(one.dosage)[0]?._text, language) }),
	MedicationRequest: (one, language) => ({ what: code(one.medicationCodeableConcept, language), when: one.authoredOn,
		detail: translated(list(one.dosageInstruction)[0]?.text, list(one.dosageInstruction)[0]?._text, language) }),
	DiagnosticReport: (one, language) => ({ what: code(one.code, language), when: one.effectiveDateTime ?? one.issued, detail: translated(one.conclusion, one._conclusion, language) }),
	Procedure: (one, language) => ({ what: code(one.code, language), when: one.performedDateTime, detail: "" }),
	Encounter: (one, language) => ({ what: code(list(one.reasonCode)[0], language) || code(list(one.type)[0], language), when: one.period?.start, detail: "" }),
};

/* Wrong entries and refuted ones are not shown as facts. */
const isVoid = (one) => one.status === "entered-in-error"
	|| codes(one.verificationStatus).some((status) => ["entered-in-error", "refuted"].includes(status));

function item(one, patients, language) {
	const read = READERS[one.resourceType];
	if (!read || isVoid(one))
		return null;
	const { what, when, detail } = read(one, language);
	const own = one.code ?? one.vaccineCode ?? one.medicationCodeableConcept;
	return { what, when: day(when), detail, place: placeOf(one, patients), severe: one.criticality === "high", type: one.resourceType, id: text(one.id),
		past: codes(one.clinicalStatus).some((status) => ["inactive", "resolved", "remission"].includes(status)),
		none: noneOf(codes(own)) };
}

/* The kinds of a summary in the order in which a nurse needs them; by what stands in them, not by their titles. */
const KINDS = { __proto__: null, AllergyIntolerance: "allergies", Condition: "problems", MedicationStatement: "medicines", MedicationRequest: "medicines",
	Immunization: "immunizations", DiagnosticReport: "results", Observation: "results", Procedure: "procedures", Encounter: "visits" };
export const SECTIONS = ["allergies", "problems", "medicines", "immunizations", "results", "procedures", "visits"];

/* An International Patient Summary as {people, sections: {allergies: [items], …}}; null when it is none. */
export function summary(bundle, language = "en") {
	if (bundle?.resourceType !== "Bundle" || !ofType(bundle, "Composition").length)
		return null;
	const patients = ofType(bundle, "Patient"), sections = Object.fromEntries(SECTIONS.map((kind) => [kind, []]));
	for (const one of entries(bundle)) {
		const made = KINDS[one.resourceType] && item(one, patients, language);
		if (made && !(made.none && made.type !== "AllergyIntolerance"))
			sections[KINDS[one.resourceType]].push(made);
	}
	for (const kind of SECTIONS)
		sections[kind].sort((a, b) => a.past - b.past || (a.when < b.when ? 1 : a.when > b.when ? -1 : 0));
	const people = patients.filter((one) => !isGolden(one));
	return { people, sections };
}

/* The allergies of a search, as summary() has them. */
export const allergiesOf = (bundle, language = "en") => ofType(bundle, "AllergyIntolerance").map((one) => item(one, [], language)).filter((one) => one)
	.sort((a, b) => a.past - b.past || (a.when < b.when ? 1 : -1));

/* The answer of $match: [{patient, grade}] without the person itself. */
export function matches(bundle, own = "") {
	const grade = (entry) => list(entry.search?.extension).find((one) => text(one.url).endsWith("match-grade"))?.valueCode ?? "possible";
	return list(bundle?.entry).filter((entry) => entry.resource?.resourceType === "Patient" && entry.resource.id !== own
		&& !isGolden(entry.resource)).map((entry) => ({ patient: entry.resource, grade: grade(entry) }))
		.filter((one) => one.grade !== "certainly-not");
}

/* Terms of an expanded value set. */
export function terms(valueSet) {
	return list(valueSet?.expansion?.contains).filter((one) => text(one.code))
		.map((one) => ({ system: text(one.system), code: text(one.code), display: text(one.display) || text(one.code),
			french: text(list(one.designation).find((name) => text(name.language).startsWith("fr"))?.value) }));
}

/* Terms as a value set itself lists them: for their French names, which an expansion may not repeat. */
const composed = (bundle) => ofType(bundle, "ValueSet").flatMap((one) => list(one.compose?.include)).flatMap((part) => list(part.concept)
	.map((one) => ({ ...one, system: part.system })));

export function namedTerms(expanded, bundle) {
	const own = terms({ expansion: { contains: composed(bundle) } });
	return list(expanded).length ? list(expanded).map((one) => ({ ...one, french: one.french
		|| own.find((other) => other.system === one.system && other.code === one.code)?.french || "" })) : own;
}

export function given(bundle, language = "en") {
	return ofType(bundle, "Immunization").filter((one) => one.status === "completed").map((one) => ({
		codes: codes(one.vaccineCode), what: code(one.vaccineCode, language), place: placeOf(one), when: day(one.occurrenceDateTime),
		date: Number.isNaN(Date.parse(one.occurrenceDateTime)) ? null : new Date(one.occurrenceDateTime) }));
}

/* Orders with whatever of their answer came along: [{request, task, report, results}], newest first. */
export function orders(bundle) {
	const tasks = ofType(bundle, "Task"), reports = ofType(bundle, "DiagnosticReport"), results = ofType(bundle, "Observation");
	return ofType(bundle, "ServiceRequest").map((request) => {
		const report = reports.find((one) => list(one.basedOn).some((reference) => idOf(reference) === request.id)) ?? null;
		return { request, report, task: tasks.find((one) => idOf(one.focus) === request.id) ?? null,
			results: results.filter((one) => list(report?.result).some((reference) => idOf(reference) === one.id)) };
	}).sort((a, b) => (text(a.request.authoredOn) < text(b.request.authoredOn) ? 1 : -1));
}

/* Possible matches of $mdm-query-links: [{golden, source}] (ids without their type). */
export function links(parameters) {
	const part = (link, wanted) => list(link.part).find((one) => one.name === wanted);
	const value = (one) => text(one?.valueString ?? one?.valueCode ?? one?.valueUri ?? one?.valueId ?? one?.valueReference?.reference);
	return list(parameters?.parameter).filter((one) => one.name === "link").map((link) => ({
		golden: value(part(link, "goldenResourceId")).split("/").pop(), source: value(part(link, "sourceResourceId")
			?? part(link, "targetResourceId")).split("/").pop(), result: value(part(link, "matchResult")) }))
		.filter((link) => link.golden && link.source && (!link.result || link.result === "POSSIBLE_MATCH"));
}

export const nextOfLinks = (parameters) => text(list(parameters?.parameter).find((one) => one.name === "next")?.valueUri) || null;

/* Whom a registration made: from the resource, from the list with which a lost answer was asked for again, or from the
 * Location header. */
export function madeId(answer) {
	const { resource, location } = answer;
	const known = resource?.resourceType === "Bundle" ? people(resource)[0]?.id : resource?.resourceType === "Patient" ? resource.id : "";
	return text(known) || (/\/Patient\/([A-Za-z0-9.-]{1,64})/.exec(location ?? "")?.[1] ?? "");
}
