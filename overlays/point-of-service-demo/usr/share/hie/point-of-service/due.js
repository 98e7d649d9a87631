/* Which vaccine is due next for a child: a small table of weeks after birth, after the schedule that the World Health
 * Organization recommends and many countries use. For training; a country's own table takes its place.
 * `codes` are CVX: the first is what is given, the others count as the same vaccine. */
export const SCHEDULE = [
	{ vaccine: "bcg", codes: ["19"], weeks: [0] },
	{ vaccine: "polio", codes: ["178", "02", "182", "10", "89"], weeks: [0, 6, 10, 14] },
	{ vaccine: "penta", codes: ["198", "102", "146"], weeks: [6, 10, 14] },
	{ vaccine: "pneumococcus", codes: ["133", "152", "109"], weeks: [6, 10, 14] },
	{ vaccine: "rotavirus", codes: ["119", "116", "122"], weeks: [6, 10] },
	{ vaccine: "measles-rubella", codes: ["04", "05", "03"], weeks: [39, 65] },
	{ vaccine: "yellow-fever", codes: ["37", "183", "184"], weeks: [39] },
];
const WEEK = 7 * 24 * 3600 * 1000, APART = 4 * WEEK, CHILD = 5 * 52.2 * WEEK;

/* The next dose of each vaccine, soonest first: [{vaccine, code, dose, date, late}]. `birth` "YYYY-MM-DD"; without the
 * day nothing is computed. `given`: [{codes: ["19"], date: Date or null}]. null when this is no small child. */
export function dueNext(birth, given, today) {
	if (!/^\d{4}-\d{2}-\d{2}$/.test(birth ?? ""))
		return null;
	const born = Date.parse(birth), age = today.getTime() - born;
	if (!(age >= -24 * 3600 * 1000) || age > CHILD)
		return null;
	const list = [];
	for (const { vaccine, codes, weeks } of SCHEDULE) {
		const had = given.filter((one) => one.codes.some((code) => codes.includes(code)));
		if (had.length >= weeks.length)
			continue;
		const last = Math.max(...had.map((one) => (one.date ? one.date.getTime() : 0)), 0);
		const at = Math.max(born + weeks[had.length] * WEEK, last ? last + APART : 0);
		list.push({ vaccine, code: codes[0], dose: had.length + 1, date: new Date(at), late: at + 2 * WEEK < today.getTime() });
	}
	return list.sort((a, b) => a.date - b.date || (a.vaccine < b.vaccine ? -1 : 1));
}
