/* The screens: who is logged in, in which language, which view, what waits, and what was sent. */
import { el, fill } from "./dom.js";
import { Exchange } from "./exchange.js";
import { PLACES, placeName } from "./places.js";
import { namedTerms, terms } from "./read.js";
import { Queue, Store } from "./queue.js";
import { TEXT } from "./text.js";
import { clinicViews } from "./clinic.js";
import { commonViews } from "./person.js";
import { hospitalViews } from "./hospital.js";
import { startView } from "./start.js";
import { footer, waitingView } from "./sent.js";

const VIEWS = { __proto__: null, ...commonViews, ...clinicViews, ...hospitalViews, waiting: waitingView };
const LANGUAGES = { __proto__: null, en: "English", fr: "Français" };
const LIST_WAIT = 3000;                 /* a form must not wait long for its lists: people can write instead */
const SESSION = "hie-pos-session", STEWARD_SESSION = "hie-pos-steward", COOKIE = "hie-language";

class App {
	constructor() {
		this.session = new Store(() => window.sessionStorage);
		this.store = new Store(() => window.localStorage);
		this.language = this.chooseLanguage();
		this.people = new Map();        /* patients that were seen, by id */
		this.lists = new Map();         /* value sets */
		this.turn = 0;
		this.clicked = null;
		this.login = this.kept(SESSION);
		this.steward = this.kept(STEWARD_SESSION);
		this.exchange = new Exchange({ login: () => this.login ?? { user: "", password: "" }, heard: () => footer(this) });
		this.queue = new Queue({ store: this.store, ask: (...all) => this.exchange.ask(...all), place: () => this.place,
			changed: () => this.showWaiting() });
	}

	get place() { return PLACES[this.login?.place] ? this.login.place : null; }
	get kind() { return this.place ? PLACES[this.place].kind : null; }
	now() { return this.exchange.now(); }

	kept(key) {
		try {
			const login = JSON.parse(this.session.get(key));
			return login && typeof login.user === "string" && typeof login.password === "string" ? login : null;
		} catch {
			return null;
		}
	}

	chooseLanguage() {
		const asked = new URLSearchParams(location.search).get("language");
		const cookie = new RegExp(`(?:^|; )${COOKIE}=([a-z]+)`).exec(document.cookie)?.[1];
		return [asked, cookie, ...navigator.languages.map((one) => one.slice(0, 2))].find((one) => LANGUAGES[one]) ?? "en";
	}

	/* The sentence for a key; {1}, {2} are filled in. */
	t(key, ...values) {
		return (TEXT[this.language][key] ?? key).replace(/\{(\d)\}/g, (all, i) => values[i - 1] ?? "");
	}
	placeName(place) { return placeName(place, this.language); }
	date(value) {
		if (!value)
			return "";
		const parts = value.split("-").map(Number), options = { timeZone: "UTC", year: "numeric" };
		if (parts.length > 1)
			options.month = "long";
		if (parts.length > 2)
			options.day = "numeric";
		return new Intl.DateTimeFormat(this.language, options).format(new Date(Date.UTC(parts[0], (parts[1] ?? 1) - 1, parts[2] ?? 1)));
	}

	logIn(login) {
		this.login = login;
		this.session.set(SESSION, JSON.stringify(login));
		this.queue.sendAll().then(() => this.queue.plan());
	}
	logInSteward(login) {
		this.steward = login;
		login ? this.session.set(STEWARD_SESSION, JSON.stringify(login)) : this.session.remove(STEWARD_SESSION);
	}
	/* Nothing of the people that were seen stays behind, but what still waits to be sent. */
	logOut() {
		for (const key of this.session.keys("hie-pos-"))
			this.session.remove(key);
		this.login = this.steward = null;
		this.people = new Map(); /* an answer that is on its way still goes into the old one */
		this.exchange.forget();
		this.go("");
	}

	/* kind: good, wrong, waits. */
	say(kind, text, ...more) {
		const style = { good: "outcome done", wrong: "outcome refused", waits: "outcome waits" }[kind];
		fill(document.getElementById("message"), text ? el("p", { class: style }, text, ...more) : null);
		this.rendered();
	}
	/* The sentence for what went wrong. */
	problem(problem) { return this.t(`problem-${problem}`, this.placeName(this.place)); }
	complain(answer) { this.say("wrong", this.problem(answer.problem)); }
	/* Said after the next view has come. */
	later(kind, text) { this.flash = [kind, text]; }

	/* A write. It is kept until it was acknowledged. "arrived", "waits" or "refused", and says so;
	 * "left": who wrote it has gone, and who is here now is told nothing. `silent`: the problem with
	 * which the exchange did not answer a moment ago; then nobody waits for it a second time. */
	async write(title, key, message, silent = null) {
		const { place } = this, item = { id: key, place, title, ...message };
		const answer = silent ? this.queue.hold(item, silent) : await this.queue.send(item);
		if (this.place !== place)
			return { outcome: "left", answer };
		if (!answer.problem)
			return { outcome: "arrived", answer };
		if (answer.waits)
			this.later("waits", [this.problem(answer.problem), this.t(this.store.safe ? "kept-waiting" : "kept-badly")].join(" "));
		else
			this.complain(answer);
		return { outcome: answer.waits ? "waits" : "refused", answer };
	}

	/* Terms of a value set; null when they cannot be had (then people type). */
	async terms(url) {
		if (!this.lists.has(url)) {
			const name = encodeURIComponent(url), ask = (path) => this.exchange.ask("GET", `/TS/fhir/ValueSet${path}`, { wait: LIST_WAIT });
			const [expanded, named] = await Promise.all([ask(`/$expand?url=${name}&includeDesignations=true`), ask(`?url=${name}&_count=1`)]);
			const list = namedTerms(expanded.problem ? [] : terms(expanded.resource), named.problem ? null : named.resource);
			if (!list.length)
				return null;
			this.lists.set(url, list);
		}
		return this.lists.get(url);
	}

	/* A person by id, from what was seen or from the registry. */
	async person(id) {
		const { people } = this;
		if (people.has(id))
			return { patient: people.get(id) };
		const answer = await this.exchange.ask("GET", `/CR/fhir/Patient/${encodeURIComponent(id)}`);
		if (!answer.problem && answer.resource?.resourceType === "Patient")
			people.set(id, answer.resource);
		return { patient: people.get(id) ?? null, problem: answer.problem };
	}

	/* To a view; a reload and the back button lead to it again. */
	go(...path) {
		const hash = "#/" + path.map(encodeURIComponent).join("/");
		if (location.hash === hash)
			this.route();
		else
			location.hash = hash;
	}
	path() {
		try {
			return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
		} catch {
			return [""];
		}
	}

	async route() {
		const turn = ++this.turn, [view, ...words] = this.path();
		const run = !this.place ? startView : VIEWS[view] ?? VIEWS.find;
		this.frame(view);
		const [kind, text] = this.flash ?? [];
		this.flash = null;
		this.say(kind, text);
		const alive = () => turn === this.turn;
		const show = (title, ...nodes) => {
			if (!alive())
				return;
			const heading = el("h1", { tabindex: "-1" }, title);
			fill(document.getElementById("view"), heading, ...nodes);
			document.title = `${typeof title === "string" ? title : title.textContent} · ${this.placeName(this.place) || this.t("screens")}`;
			if (this.shown !== turn && this.shown !== undefined)
				heading.focus();
			this.shown = turn;
			this.rendered();
		};
		await run(this, { show, alive, words });
		if (alive())
			this.rendered();
	}

	/* How long a click took until its answer was on the screen, for the browser's own tools and the tests. */
	rendered() {
		if (this.clicked === null)
			return;
		const start = this.clicked;
		requestAnimationFrame(() => {
			performance.clearMeasures("hie-answer");
			performance.measure("hie-answer", { start });
		});
	}

	frame(view) {
		document.documentElement.lang = this.language;
		document.getElementById("skip").textContent = this.t("skip");
		const link = (to, key) => el("li", {}, el("a", { href: `#/${to}`, "aria-current": view === to && "page" }, this.t(key)));
		const links = this.place ? [link("find", "tab-find"), link("register", "tab-register"),
			...(this.kind === "hospital" ? [link("orders", "tab-orders"), link("matches", "tab-matches")] : [])] : [];
		const languages = Object.entries(LANGUAGES).map(([code, name]) => el("li", {}, el("a", { href: `?language=${code}`, lang: code,
			hreflang: code, "aria-current": code === this.language && "true", click: (event) => this.speak(event, code) }, name)));
		fill(document.getElementById("bar"), el("a", { class: "brand", href: "/" }, el("span", { class: "mark", "aria-hidden": "true" }),
			this.placeName(this.place) || this.t("screens")),
			el("nav", { "aria-label": this.t("navigation") }, el("ul", {}, links)),
			el("ul", { class: "languages", "aria-label": this.t("languages") }, languages),
			this.place && el("button", { class: "plain leave", type: "button", click: () => this.logOut() }, this.t("leave")));
		this.showWaiting();
		footer(this);
	}

	speak(event, code) {
		event.preventDefault();
		this.language = code;
		document.cookie = `${COOKIE}=${code}; Path=/; SameSite=Lax; Max-Age=31536000${location.protocol === "https:" ? "; Secure" : ""}`;
		this.route();
	}

	showWaiting() {
		const count = this.queue.list().length, minutes = Math.round(Math.abs(this.exchange.offset) / 60000);
		fill(document.getElementById("waiting"),
			count ? el("a", { href: "#/waiting" }, this.t(count === 1 ? "waiting-one" : "waiting-many", String(count))) : null,
			count && !this.store.safe ? ` ${this.t("kept-badly")}` : null,
			minutes >= 5 ? ` ${this.t("clock-wrong", String(minutes))}` : null);
	}

	start() {
		document.addEventListener("click", () => { this.clicked = performance.now(); }, true);
		document.addEventListener("submit", () => { this.clicked = this.clicked ?? performance.now(); }, true);
		document.getElementById("skip").addEventListener("click", (event) => {
			event.preventDefault();
			document.getElementById("main").focus();
		});
		window.addEventListener("hashchange", () => this.route());
		window.addEventListener("online", () => this.queue.sendAll());
		window.addEventListener("storage", () => this.showWaiting());
		window.addEventListener("beforeunload", (event) => {
			if (!this.store.safe && this.queue.list().length)
				event.preventDefault();
		});
		this.queue.plan();
		return this.route();
	}
}

new App().start();
