// The console: who is logged in, what the address asks for, and what is around it.
import { leave, logIn, resume, whenOver, who } from "./api.js";
import { audit, audits } from "./audits.js";
import { channel } from "./channel.js";
import { channels } from "./channels.js";
import { client, clients } from "./clients.js";
import { field, h, input, outcome } from "./element.js";
import { route } from "./query.js";
import { role, roles } from "./roles.js";
import { LANGUAGES, choose, language, say } from "./text.js";
import { transaction } from "./transaction.js";
import { transactions } from "./transactions.js";
import { forget, trouble, words } from "./ui.js";

const AGAIN = 5000; // milliseconds until the next try when OpenHIM does not answer
const PLACES = { transactions: [transactions, transaction], channels: [channels, channel], clients: [clients, client], roles: [roles, role],
	audits: [audits, audit] };
const main = document.getElementById("main");
let turn = 0; // of the newest drawing: an older one that ends late draws nothing

function frame(here) {
	document.documentElement.lang = language();
	document.getElementById("skip").textContent = say("skip");
	document.getElementById("foot").replaceChildren(say("footer"), " ", h("a", { href: "/" }, say("toOverview")));
	const nav = document.getElementById("places");
	nav.setAttribute("aria-label", say("navigation"));
	nav.replaceChildren(who() ? h("ul", null, Object.keys(PLACES).map(place => h("li", null,
		h("a", { href: `#/${place}`, "aria-current": place === here ? "page" : null }, say(place))))) : "");
	const end = who() ? h("li", null, h("button", { type: "button", class: "plain", onclick: logOut, title: who() }, say("logOut"))) : null;
	document.getElementById("person").replaceChildren(...LANGUAGES.map(([code, name]) => h("li", null,
		h("a", { href: location.hash || "#/", lang: code, hreflang: code, "aria-current": code === language() ? "true" : null,
			onclick: event => {
				event.preventDefault();
				choose(code);
				draw();
			} }, name))), ...(end ? [end] : []));
}

function logOut() {
	leave();
	forget();
	draw();
}

function logInForm(why) {
	const user = input({ value: "root@openhim.org", maxlength: 200, autocomplete: "username", required: true });
	const password = input({ type: "password", maxlength: 200, autocomplete: "current-password", required: true });
	const place = h("div", null, why ? outcome("refused", why) : null);
	let busy = false;
	const submit = async event => {
		event.preventDefault();
		if (busy)
			return;
		busy = true;
		place.replaceChildren(h("p", { role: "status" }, say("loggingIn")));
		try {
			await logIn(user.value.trim(), password.value);
			draw();
		} catch (problem) {
			place.replaceChildren(outcome("refused", words(problem)));
			password.value = "";
			password.focus();
		}
		busy = false;
	};
	return [h("h1", null, say("title")), h("p", { class: "lead" }, say("logInLead")),
		h("section", { class: "card narrow" }, place, h("form", { "aria-label": say("logIn"), onsubmit: submit },
			h("div", { class: "fields" }, field(say("user"), user), field(say("password"), password)),
			h("button", { type: "submit" }, say("logIn"))), h("p", { class: "quiet" }, say("logInWhere")))];
}

// title: that of the page; the heading among the nodes if none is given.
function show(nodes, title) {
	main.replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
	document.title = `${title ?? main.querySelector("h1").textContent} · ${say("title")}`;
}

async function draw(note = null, why = null) {
	const mine = ++turn;
	const { path, query } = route(location.hash);
	const here = Object.hasOwn(PLACES, path[0] ?? "") ? path[0] : "transactions";
	if (!who()) {
		frame(null);
		show(logInForm(why), say("logIn"));
		return;
	}
	frame(here);
	const slow = setTimeout(() => mine === turn && show(h("p", { role: "status" }, say("loading")), say(here)), 300);
	const go = address => {
		if (address)
			location.hash = address;
	};
	const view = PLACES[here][path.length > 1 ? 1 : 0];
	try {
		const nodes = await view({ path, query, go, again: words => draw(words), alive: () => mine === turn });
		clearTimeout(slow);
		if (mine !== turn)
			return;
		show([note, nodes]);
	} catch (problem) {
		clearTimeout(slow);
		if (mine !== turn || problem.key === "sessionOver")
			return;
		show([h("h1", null, say(here)), trouble(problem, () => draw())], say(here));
		if (problem.key === "down")
			setTimeout(() => mine === turn && draw(), AGAIN);
	}
}

whenOver(() => {
	forget();
	draw(null, say("problem.sessionOver"));
});
addEventListener("hashchange", async () => {
	document.querySelectorAll("dialog").forEach(dialog => dialog.close("no"));
	await draw();
	scrollTo(0, 0);
	main.focus({ preventScroll: true });
});
document.getElementById("skip").addEventListener("click", event => {
	event.preventDefault(); // the address after # is ours
	main.focus();
});
resume();
draw();
