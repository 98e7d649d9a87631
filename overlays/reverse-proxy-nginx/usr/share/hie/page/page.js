/* Keeps the state of the box on the overview fresh. Everything on the page works without it. */
"use strict";
(() => {
	const EVERY = 5000;
	const state = document.getElementById("state");
	if (!state)
		return;
	/* one quiet voice for who does not see: it speaks only when the one sentence changes */
	const voice = document.createElement("p");
	voice.className = "unseen";
	voice.setAttribute("aria-live", "polite");
	state.after(voice);
	const sentence = () => document.getElementById("sentence")?.textContent ?? "";
	async function refresh() {
		if (document.hidden)
			return;
		try {
			const answer = await fetch("/state", { cache: "no-store", signal: AbortSignal.timeout(EVERY) });
			if (!answer.ok)
				return;
			const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("section");
			if (!fresh)
				return;
			const before = sentence();
			state.replaceChildren(...fresh.childNodes);
			if (sentence() !== before)
				voice.textContent = sentence();
		} catch { /* the box is busy or restarting: the next try tells */ }
	}
	setInterval(refresh, EVERY);
})();
/* Shows a workflow's steps as they come. What a visitor opened stays open. */
(() => {
	const EVERY = 1500;
	const play = document.getElementById("play");
	if (play?.dataset.playing !== "yes")
		return;
	const opened = part => [...part.querySelectorAll("details")].map(one => one.open);
	async function refresh() {
		let done = false;
		try {
			const answer = await fetch(location.pathname + "?part=1", { cache: "no-store", signal: AbortSignal.timeout(5000) });
			const fresh = answer.ok
				? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("play") : null;
			if (fresh) {
				const before = opened(play);
				fresh.querySelectorAll("details").forEach((one, n) => { one.open = before[n] ?? false; });
				play.replaceChildren(...fresh.childNodes);
				done = fresh.dataset.playing !== "yes";
			}
		} catch { /* the next try tells */ }
		if (!done)
			setTimeout(refresh, EVERY);
		else
			location.reload(); /* the button comes back */
	}
	setTimeout(refresh, EVERY);
})();
