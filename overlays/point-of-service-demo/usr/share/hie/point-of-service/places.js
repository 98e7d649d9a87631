/* The three places of the story, and what is theirs: login, numbers, name. Tables that are asked by a word of an address
 * or of a stranger's record have no prototype: "constructor" is nobody's place. */
export const PLACES = {
	__proto__: null,
	"clinic-a": {
		user: "pos-clinic-a", kind: "clinic", system: "urn:hiebox:clinic-a", letter: "A",
		name: { en: "Mlimani Clinic (Clinic A)", fr: "Clinique Mlimani (Clinique A)" },
	},
	"clinic-b": {
		user: "pos-clinic-b", kind: "clinic", system: "urn:hiebox:clinic-b", letter: "B",
		name: { en: "Riverside Clinic (Clinic B)", fr: "Clinique Riverside (Clinique B)" },
	},
	"hospital": {
		user: "hospital", kind: "hospital", system: "urn:hiebox:hospital", letter: "H",
		name: { en: "Kando District Hospital", fr: "Hôpital de district de Kando" },
	},
};
/* Decides about possible matches; a login of its own. */
export const STEWARD = "registry-steward";
export const NATIONAL_ID = "urn:hiebox:national-id";

export const placeName = (place, language) => PLACES[place] ? PLACES[place].name[language] : "";

/* An identifier that no other form has. Only getRandomValues: on plain http browsers have no randomUUID. */
export function newKey(bytes = 10) {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz";
	return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => letters[byte & 31]).join("");
}

export function newUrn() {
	const hex = [...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte, i) => (i === 6 ? byte & 15 | 64 : i === 8 ? byte & 63 | 128 : byte).toString(16).padStart(2, "0")).join("");
	return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
