// Rerun: OpenHIM makes a task of it and sends the stored requests once more, as if they came again.
import { get, request } from "./api.js";
import { badge, h, outcome } from "./element.js";
import { address } from "./query.js";
import { statusKind } from "./show.js";
import { say } from "./text.js";
import { ask, trouble } from "./ui.js";

const LOOKS = 60, EVERY = 1000; // OpenHIM looks for tasks every two seconds
// OpenHIM 4 keeps a PATCH's headers but sends no body with it: the server would wait for it, and the whole task with it.
export const cannot = one => one.canRerun === false ? "cannotRerun" : one.request?.method === "PATCH" ? "rerunPatch" : null;
const reads = one => ["GET", "HEAD", "OPTIONS"].includes(one.request?.method);
const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

// tasks answers with a sentence alone: "User … created task with id …"
export const taskOf = text => /\btask with id ([0-9a-f]{24})\b/.exec(text)?.[1] ?? null;

async function ended(task) {
	let last = null;
	for (let look = 0; look < LOOKS; look++) {
		await sleep(EVERY);
		last = await get(`tasks/${task}?${new URLSearchParams({ filters: "{}", filterLimit: 200, filterPage: 0 })}`);
		// the rerun's own number is written just after the task's end
		if (last.status === "Completed" && last.transactions.every(one => one.rerunID || one.tstatus === "Failed"))
			break;
	}
	return last;
}

function report(task) {
	const lines = task.transactions.map(one => h("li", null,
		one.rerunID ? h("a", { href: address(["transactions", one.rerunID]) }, say("rerunOf", { id: one.tid.slice(-6) })) : say("rerunOf", { id: one.tid.slice(-6) }),
		" ", badge(one.rerunStatus ? statusKind(one.rerunStatus) : one.tstatus === "Failed" ? "failed" : "starting", one.rerunStatus ? say(`status.${one.rerunStatus}`) : say(`task.${one.tstatus}`)),
		one.error ? ` ${String(one.error).slice(0, 200)}` : null));
	return [outcome(task.status === "Completed" ? "done" : "refused", say(task.status === "Completed" ? "rerunDone" : "rerunWaiting")), h("ul", null, lines)];
}

// list: transactions as in the list; place: where to say how it goes. true: OpenHIM took it on.
export async function rerun(list, place) {
	const writing = list.filter(one => !reads(one)).length;
	const sure = await ask(say("rerunAsk", { count: list.length }),
		writing ? say("rerunWrites", { count: writing }) : say("rerunReads"), say("rerun"),
		{ danger: writing > 0 });
	if (!sure)
		return false;
	try {
		const answer = await request("POST", "tasks", { tids: list.map(one => one._id), batchSize: 1, paused: false });
		place.replaceChildren(h("p", { role: "status" }, say("rerunGoes")));
		const task = taskOf(String(answer));
		if (task)
			place.replaceChildren(...report(await ended(task)));
	} catch (problem) {
		place.replaceChildren(trouble(problem));
		return false;
	}
	return true;
}
