/* The messages that a place sends. Pure: everything comes in, FHIR goes out. Each is conditional on an identifier that
 * was made when the form was opened, so that sending it twice never makes a second record. */
import { NATIONAL_ID } from "./places.js";

const system = (place, what) => `urn:hiebox:${place}:${what}`;
const token = (where, value) => `${encodeURIComponent(where)}%7C${encodeURIComponent(value)}`;
const identifier = (place, what, value) => [{ system: system(place, what), value }];
const source = (place) => ({ source: `urn:hiebox:${place}` });
const ORGANIZATION = (place) => ({ reference: `Organization/${place}` });
const PERSON = (id) => ({ reference: `Patient/${id}` });
const observation = "http://terminology.hl7.org/CodeSystem/observation-category";

/* A code that was chosen ({system, code, display}), or what was typed where no list could be had. */
export function concept(chosen) {
	if (!chosen)
		return undefined;
	if (!chosen.code)
		return { text: chosen.display };
	const translation = { url: "http://hl7.org/fhir/StructureDefinition/translation", extension: [{ url: "lang", valueCode: "fr" },
		{ url: "content", valueString: chosen.french }] };
	return { coding: [{ system: chosen.system, code: chosen.code, display: chosen.display }], text: chosen.display,
		...(chosen.french ? { _text: { extension: [translation] } } : {}) };
}

/* One entry of a transaction: made once, whatever happens. */
function once(resource, fullUrl) {
	const [{ system: where, value }] = resource.identifier;
	return { fullUrl, resource, request: { method: "POST", url: resource.resourceType, ifNoneExist: `identifier=${token(where, value)}` } };
}

const transaction = (entry) => ({ resourceType: "Bundle", type: "transaction", entry });

/* ITI-104 Patient Identity Feed FHIR: a conditional PUT by the place's own number. */
export function register({ place, placeSystem, number, family, given, birthDate, gender, phone, nationalId }) {
	const name = { use: "official" };
	if (family)
		name.family = family;
	if (given)
		name.given = given.split(/\s+/);
	const body = {
		resourceType: "Patient", meta: source(place), identifier: [{ use: "usual", system: placeSystem, value: number }], active: true,
		name: [name], managingOrganization: ORGANIZATION(place),
	};
	if (nationalId)
		body.identifier.push({ use: "official", system: NATIONAL_ID, value: nationalId });
	if (birthDate)
		body.birthDate = birthDate;
	if (gender)
		body.gender = gender;
	if (phone)
		body.telecom = [{ system: "phone", value: phone }];
	/* asked when the registry says "more than one": it may have copied the number into its own record of the person */
	const path = `/CR/fhir/Patient?identifier=${token(placeSystem, number)}`;
	return { method: "PUT", path, body, confirm: `${path}&_count=5` };
}

/* A place's own record of somebody whom `patients` show already: with the national number that they agree on, so that the
 * registry links them. Without one it decides by itself, or asks its steward. */
export function sameAs(message, patients) {
	const national = (patient) => (patient.identifier ?? []).filter((one) => one?.system === NATIONAL_ID && typeof one.value === "string");
	const known = [...new Set(patients.flatMap(national).map((one) => one.value))], identifiers = message.body.identifier;
	if (known.length !== 1 || identifiers.some((one) => one.system === NATIONAL_ID))
		return message;
	return { ...message, body: { ...message.body, identifier: [...identifiers, { use: "official", system: NATIONAL_ID, value: known[0] }] } };
}

/* The question before it: who may this be? */
export function match(patient, count = 5) {
	return { method: "POST", path: "/CR/fhir/Patient/$match", body: { resourceType: "Parameters", parameter: [
		{ name: "resource", resource: patient }, { name: "count", valueInteger: count }] } };
}

/* LOINC codes and UCUM units of what is measured at a desk. */
export const VITALS = [
	{ name: "temperature", code: "8310-5", display: "Body temperature", french: "Température", unit: "°C", ucum: "Cel", least: 30, most: 45 },
	{ name: "weight", code: "29463-7", display: "Body weight", french: "Poids", unit: "kg", ucum: "kg", least: 0.3, most: 400 },
	{ name: "height", code: "8302-2", display: "Body height", french: "Taille", unit: "cm", ucum: "cm", least: 20, most: 250 },
	{ name: "pulse", code: "8867-4", display: "Heart rate", french: "Pouls", unit: "/min", ucum: "/min", least: 20, most: 300 },
	{ name: "systolic", code: "8480-6", display: "Systolic blood pressure", french: "Tension systolique", unit: "mmHg", ucum: "mm[Hg]", least: 40, most: 300 },
	{ name: "diastolic", code: "8462-4", display: "Diastolic blood pressure", french: "Tension diastolique", unit: "mmHg", ucum: "mm[Hg]", least: 20, most: 200 },
];

const PRESSURE = { code: "85354-9", display: "Blood pressure panel with all children optional", french: "Tension artérielle" };
const quantity = (value, vital) => ({ value, unit: vital.unit, system: "http://unitsofmeasure.org", code: vital.ucum });
const loinc = ({ code, display, french }) => concept({ system: "http://loinc.org", code, display, french });

function vitalSigns(common, place, key, values) {
	const base = (name) => ({
		resourceType: "Observation", meta: source(place), identifier: identifier(place, "observation", `${key}-${name}`), status: "final",
		category: [{ coding: [{ system: observation, code: "vital-signs" }] }], ...common,
	});
	const made = VITALS.filter((vital) => values[vital.name] !== undefined && !vital.name.endsWith("tolic"))
		.map((vital) => once({ ...base(vital.name), code: loinc(vital), valueQuantity: quantity(values[vital.name], vital) }));
	const pressure = VITALS.filter((vital) => vital.name.endsWith("tolic") && values[vital.name] !== undefined);
	if (pressure.length)
		made.push(once({ ...base("pressure"), code: { ...loinc(PRESSURE), text: "Blood pressure" },
			component: pressure.map((vital) => ({ code: loinc(vital), valueQuantity: quantity(values[vital.name], vital) })) }));
	return made;
}

/* A visit: the encounter, what was measured, the diagnosis, an allergy; one transaction. */
export function visit({ place, key, patient, when, urn, vitals, diagnosis, allergy, note }) {
	const subject = PERSON(patient), encounter = { reference: urn }, at = when.toISOString();
	const entry = [once({
		resourceType: "Encounter", meta: source(place), identifier: identifier(place, "visit", key), status: "finished",
		class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" }, subject,
		period: { start: at, end: at }, serviceProvider: ORGANIZATION(place), location: [{ location: { reference: `Location/${place}` } }],
		...(note ? { reasonCode: [{ text: note }] } : {}),
	}, urn)];
	entry.push(...vitalSigns({ subject, encounter, effectiveDateTime: at, performer: [ORGANIZATION(place)] }, place, key, vitals));
	if (diagnosis)
		entry.push(once({
			resourceType: "Condition", meta: source(place), identifier: identifier(place, "condition", key), code: concept(diagnosis), subject, encounter,
			clinicalStatus: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-clinical", code: "active" }] },
			verificationStatus: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-ver-status", code: "confirmed" }] },
			category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-category", code: "encounter-diagnosis" }] }],
			recordedDate: at,
		}));
	if (allergy)
		entry.push(once({
			resourceType: "AllergyIntolerance", meta: source(place), identifier: identifier(place, "allergy", key), code: concept(allergy),
			clinicalStatus: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", code: "active" }] },
			verificationStatus: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
				code: "confirmed" }] },
			patient: subject, encounter, recordedDate: at,
		}));
	return { method: "POST", path: "/SHR/fhir", body: transaction(entry), confirm: confirm("Encounter", place, "visit", key) };
}

const confirm = (type, place, what, value) =>
	`/SHR/fhir/${type}?identifier=${token(system(place, what), value)}&_summary=count`;

export function vaccinate({ place, key, patient, when, vaccine, dose, lot }) {
	const body = {
		resourceType: "Immunization", meta: source(place), identifier: identifier(place, "immunization", key), status: "completed",
		vaccineCode: concept(vaccine), patient: PERSON(patient), occurrenceDateTime: when.toISOString(),
		performer: [{ actor: ORGANIZATION(place) }], location: { reference: `Location/${place}` },
		...(lot ? { lotNumber: lot } : {}), ...(dose ? { protocolApplied: [{ doseNumberPositiveInt: dose }] } : {}),
	};
	const search = `identifier=${token(system(place, "immunization"), key)}`;
	return { method: "PUT", path: `/SHR/fhir/Immunization?${search}`, body, confirm: confirm("Immunization", place, "immunization", key) };
}

/* An order for the hospital's laboratory: what is asked for, and the task that somebody has to do. */
export function order({ place, key, patient, when, test, urns, laboratory }) {
	const at = when.toISOString();
	return { method: "POST", path: "/SHR/fhir", confirm: confirm("Task", place, "order:task", key), body: transaction([
		once({
			resourceType: "ServiceRequest", meta: source(place), identifier: identifier(place, "order", key), status: "active", intent: "order",
			category: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/v2-0074", code: "LAB", display: "Laboratory" }] }],
			code: concept(test), subject: PERSON(patient), authoredOn: at, requester: ORGANIZATION(place), performer: [ORGANIZATION(laboratory)],
		}, urns[0]),
		once({
			resourceType: "Task", meta: source(place), identifier: identifier(place, "order:task", key), status: "requested", intent: "order",
			focus: { reference: urns[0] }, for: PERSON(patient), authoredOn: at, requester: ORGANIZATION(place),
			owner: ORGANIZATION(laboratory), code: { text: "Laboratory test" },
		}, urns[1]),
	]) };
}

/* The laboratory's answer: specimen, result, report, and the task done, all or nothing. The task is only closed when
 * nobody else has touched it since it was read (If-Match). */
export function answer({ place, key, task, request, when, result, urns }) {
	const at = when.toISOString(), subject = request.subject, basedOn = [{ reference: `ServiceRequest/${request.id}` }];
	const category = (where, code) => [{ coding: [{ system: where, code }] }];
	const specimen = once({ resourceType: "Specimen", meta: source(place), identifier: identifier(place, "specimen", key), status: "available", subject,
		receivedTime: at, request: basedOn }, urns[0]);
	const value = result.number === undefined ? { valueString: result.text }
		: { valueQuantity: { value: result.number, ...(result.unit ? { unit: result.unit } : {}) } };
	const observed = once({ resourceType: "Observation", meta: source(place), identifier: identifier(place, "result", key), status: "final",
		category: category(observation, "laboratory"), code: request.code, subject, effectiveDateTime: at, basedOn,
		specimen: { reference: urns[0] }, performer: [ORGANIZATION(place)], ...value }, urns[1]);
	const report = once({ resourceType: "DiagnosticReport", meta: source(place), identifier: identifier(place, "report", key), status: "final",
		category: category("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB"), code: request.code, subject, effectiveDateTime: at,
		issued: at, basedOn, specimen: [{ reference: urns[0] }], result: [{ reference: urns[1] }], performer: [ORGANIZATION(place)],
		...(result.conclusion ? { conclusion: result.conclusion } : {}) }, urns[2]);
	const { meta, ...rest } = task;
	const [from] = String(meta?.source ?? "").split("#");
	const done = { resource: { ...rest, ...(from ? { meta: { source: from } } : {}), status: "completed", lastModified: at,
		output: [{ type: { text: "Report" }, valueReference: { reference: urns[2] } }] },
		request: { method: "PUT", url: `Task/${task.id}`, ...(meta?.versionId ? { ifMatch: `W/"${meta.versionId}"` } : {}) } };
	return { method: "POST", path: "/SHR/fhir", body: transaction([specimen, observed, report, done]),
		confirm: confirm("DiagnosticReport", place, "report", key) };
}

/* What a person decided about two records. */
export function decide({ golden, source, same }) {
	const text = (name, value) => ({ name, valueString: value });
	return { method: "POST", path: "/CR/fhir/$mdm-update-link", body: { resourceType: "Parameters", parameter: [
		text("goldenResourceId", golden), text("resourceId", source), text("matchResult", same ? "MATCH" : "NO_MATCH")] } };
}
