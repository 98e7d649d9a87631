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
