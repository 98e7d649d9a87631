// What the forms of channels, clients and roles share: saving, what somebody else changed meanwhile, deleting.
import { get, request } from "./api.js";
import { button, h, outcome } from "./element.js";
import { merge } from "./rules.js";
import { say } from "./text.js";
import { ask, attempt, forget, tell } from "./ui.js";

// A form's onsubmit: pressed twice, it saves once; what goes wrong is said in `problem`.
export function saving(problem, action) {
	let busy = false;
	return async event => {
		event.preventDefault();
		if (busy)
			return;
		busy = true;
		await attempt(problem, action);
		busy = false;
	};
}

// Says what a person has to mend; true when there is something.
export function mistaken(problem, mistakes) {
	if (!mistakes.length)
		return false;
	problem.replaceChildren(outcome("refused", h("ul", null, mistakes.map(words => h("li", null, words)))));
	problem.scrollIntoView({ block: "nearest" });
	return true;
}

// What of `mine` is to be written onto what is there now, and what to say of it; null when the person thought better of it.
// own: leaves out what is not the form's.
export async function onto(path, own, before, mine) {
	const now = await get(path);
	const { write, theirs, both } = merge(own(before), own(mine), own(now));
	if (both.length && !await ask(say("meanwhile"), say("meanwhileBoth", { keys: both.join(", ") }), say("overwrite"), { danger: true,
		more: h("dl", null, both.map(key => [h("dt", null, key), h("dd", null, h("code", null, JSON.stringify(now[key] ?? null).slice(0, 500)))])) }))
		return null;
	return { write, words: theirs.length && !both.length ? say("meanwhileOther", { keys: theirs.join(", ") }) : say("saved") };
}

// It is done: said, and on to `place`.
export function over(words, go, place) {
	forget();
	tell(words);
	go(place);
}

export const remover = (problem, { title, text, path, go, place }) => button(say("delete"), { class: "danger" }, async () => {
	if (await ask(title, text, say("delete"), { danger: true }))
		await attempt(problem, async () => {
			await request("DELETE", path);
			over(say("deleted"), go, place);
		});
});
