// The list of channels, and switching them on and off with one click.
import { get, id, request } from "./api.js";
import { badge, button, h, table } from "./element.js";
import { address } from "./query.js";
import { say } from "./text.js";
import { attempt, forget, tell } from "./ui.js";

const state = channel => channel.status ?? "enabled";
export const stateBadge = channel => badge({ enabled: "ok", disabled: "degraded", deleted: "failed" }[state(channel)] ?? "degraded",
	say(`state.${state(channel)}`));

const order = (a, b) => (state(a) === "deleted") - (state(b) === "deleted") || (a.priority ?? Infinity) - (b.priority ?? Infinity) ||
	a.name.localeCompare(b.name);

export async function channels() {
	const place = h("div", null), problem = h("div", null);
	async function load() {
		const list = (await get("channels")).sort((a, b) => order(a, b) || 0);
		const columns = [say("name"), say("urlPattern"), say("methods"), say("allowed"), say("priority"), say("state"), say("actions")];
		place.replaceChildren(list.length ? h("div", { class: "wide" }, table(say("channels"), columns, list.map(one => [
			h("a", { href: address(["channels", one._id]) }, one.name),
			h("code", { class: "pattern", title: one.urlPattern }, one.urlPattern),
			one.methods?.length ? one.methods.join(", ") : say("everyMethod"),
			one.authType === "public" ? say("everybody") : (one.allow ?? []).join(", ") || say("nobody"),
			one.priority ?? "–",
			stateBadge(one),
			[button(say(state(one) === "enabled" ? "disable" : "enable"), { class: "plain",
				"aria-label": `${say(state(one) === "enabled" ? "disable" : "enable")}: ${one.name}` }, () => toggle(one)),
			" ", h("a", { href: address(["transactions"], { channel: one._id }) }, say("transactions"))],
		]))) : h("p", { class: "lead" }, say("noChannels")));
	}
	async function toggle(one) {
		const status = state(one) === "enabled" ? "disabled" : "enabled";
		await attempt(problem, async () => {
			await request("PUT", `channels/${id(one._id)}`, { status });
			forget();
			await load();
			tell(say(`told.${status}`, { name: one.name }));
		});
	}
	await load();
	return [h("h1", null, say("channels")), h("p", { class: "lead" }, say("channelsLead")),
		h("p", { class: "actions" }, h("a", { class: "button", href: "#/channels/new" }, say("newChannel"))), problem, place];
}
