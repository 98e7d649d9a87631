/* Which place is this, and its login: typed, or while training the box's own. */
import { el } from "./dom.js";
import { form } from "./form.js";
import { PLACES } from "./places.js";

/* The password that the box shows while training; null when it shows none. */
export async function boxPassword(name) {
	try {
		const answer = await fetch(`/credentials.json?name=${encodeURIComponent(name)}`, { cache: "no-store", signal: AbortSignal.timeout(5000) });
		const people = answer.ok ? (await answer.json()).credentials : [];
		const found = people.find((one) => one.name === name);
		return found && typeof found.user === "string" && typeof found.password === "string" ? { user: found.user, password: found.password } : null;
	} catch {
		return null;
	}
}

/* Tries a login with a real question. Unless it is refused, it holds: the exchange may be down today. */
async function enter(app, place, login) {
	const answer = await app.exchange.ask("GET", `/FR/fhir/Organization/${place}`, { login });
	if (answer.problem === "login" || answer.problem === "forbidden")
		return "refused";
	app.logIn({ place, ...login });
	if (answer.problem && answer.problem !== "missing")
		app.later("wrong", app.problem(answer.problem));
	app.go("find");
	return "in";
}

function typed(app, place, show) {
	const { box } = form(app, {
		name: `login-${place}`, submit: "enter", fields: [{ name: "password", label: "password", type: "password", required: true, hint: "password-hint" }],
		send: async ({ password }) => {
			if (await enter(app, place, { user: PLACES[place].user, password }) === "in")
				return true;
			app.say("wrong", app.t("password-wrong"));
			return false;
		},
	});
	show(app.t("start-login", app.placeName(place)), el("p", {}, app.t("start-login-text", PLACES[place].user)), box,
		el("p", {}, el("button", { type: "button", class: "plain", click: () => app.route() }, app.t("start-other"))));
}

export async function startView(app, { show }) {
	const choose = async (place) => {
		const login = await boxPassword(PLACES[place].user);
		if (!login || await enter(app, place, login) === "refused")
			typed(app, place, show);
	};
	show(app.t("start-title"), el("p", { class: "lead" }, app.t("start-text")), el("ul", { class: "doors" }, Object.keys(PLACES).map((place) =>
		el("li", {}, el("button", { type: "button", class: "door", click: () => choose(place) },
			el("span", { class: `letter ${place}`, "aria-hidden": "true" }, PLACES[place].letter),
			el("span", {}, app.placeName(place), el("span", { class: "quiet" }, app.t(`start-${PLACES[place].kind}`))))))),
		el("p", { class: "quiet" }, app.t("start-invented")));
}
