/* The exchange map: asks each second what has passed, moves it along the lines, and lists it. What comes is other
 * systems' data: it becomes text, never HTML. Without this script the page shows the same messages in its table. */
const map = document.getElementById("map");
const EVERY = 1000, SHOWN = 50, AT_ONCE = 8, STEP = 900, REST = 1600;
const SVG = "http://www.w3.org/2000/svg";
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const telling = map?.querySelector(".telling");
const note = map?.querySelector(".note");
const list = map?.querySelector("tbody");
const presenter = map?.classList.contains("presenter");
const history = [];
let after = map?.dataset.after, paused = false, asking = false, at = -1;

const picture = () => [...map.querySelectorAll(".picture")].find(one => getComputedStyle(one).display !== "none");
const find = (root, key, value) => [...root.querySelectorAll(`[data-${key}]`)].find(one => one.dataset[key] === value);
const points = line => line.getAttribute("points").trim().split(/\s+/).map(pair => pair.split(",").map(Number));
const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

function say(event) {
	telling.className = `telling ${event.outcome ?? ""}`;
	telling.textContent = event.became ? `${event.what} ${event.became}` : event.what;
}

/* the words on the page, with a shape and a way to the whole message */
function row(event) {
	const line = document.createElement("tr"), link = document.createElement("a");
	const cells = [0, 1, 2].map(() => line.appendChild(document.createElement("td")));
	line.className = event.outcome;
	line.dataset.id = event.id;
	cells[0].className = "when";
	cells[0].textContent = event.time;
	link.href = event.link;
	link.textContent = event.what;
	cells[1].append(link);
	const sign = map.querySelector(`.signs .${event.outcome} .sign`)?.cloneNode(true);
	cells[2].append(...(sign ? [sign, " "] : []), event.became);
	list.prepend(line);
	while (list.rows.length > SHOWN)
		list.rows[SHOWN].remove();
}

/* from the client over the layer to the box: pieces of lines, each with its length */
function way(root, event) {
	const from = find(root, "client", event.from) ?? find(root, "client", "");
	const to = find(root, "place", event.to);
	if (!from || !to)
		return null;
	const up = points(from).reverse(), on = event.outcome === "refused" ? [] : points(to);
	const path = [...up, ...on];
	let total = 0;
	const lengths = path.map((point, i) => i ? total += Math.hypot(point[0] - path[i - 1][0], point[1] - path[i - 1][1]) : 0);
	return { path, lengths, total, lines: event.outcome === "refused" ? [from] : [from, to] };
}

function place(mark, { path, lengths, total }, part) {
	const far = total * part;
	let i = 1;
	while (i < path.length - 1 && lengths[i] < far)
		i++;
	const share = lengths[i] > lengths[i - 1] ? (far - lengths[i - 1]) / (lengths[i] - lengths[i - 1]) : 0;
	const [x, y] = [0, 1].map(k => path[i - 1][k] + (path[i][k] - path[i - 1][k]) * Math.min(1, Math.max(0, share)));
	mark.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(1.8)`);
}

/* moves in time that stands still while the map is paused */
function travel(mark, route, from, to, duration) {
	return new Promise(resolve => {
		let gone = 0, last = performance.now();
		const frame = now => {
			gone += paused ? 0 : Math.min(now - last, 100);
			last = now;
			const part = Math.min(1, gone / duration);
			place(mark, route, from + (to - from) * part);
			if (part < 1)
				requestAnimationFrame(frame);
			else
				resolve();
		};
		requestAnimationFrame(frame);
	});
}

function mark_of(event, count) {
	const mark = document.createElementNS(SVG, "g"), shape = document.createElementNS(SVG, "path");
	mark.setAttribute("class", event.outcome);
	shape.setAttribute("d", map.querySelector(`.signs .${event.outcome} path`)?.getAttribute("d") ?? "M-8 -8h16v16h-16z");
	mark.append(shape);
	if (count > 1) {
		const text = document.createElementNS(SVG, "text");
		text.setAttribute("y", "-14");
		text.textContent = map.dataset.count.replace("{1}", count);
		mark.append(text);
	}
	mark.addEventListener("click", () => open(event.link));
	return mark;
}

/* a line shines as long as a message is on it; several may be */
function light(lines, outcome, by) {
	for (const line of lines) {
		const key = `on${outcome}`, all = ["passed", "declined", "refused", "failed"];
		line.dataset[key] = Math.max(0, Number(line.dataset[key] ?? 0) + by);
		const worst = all.findLast(one => Number(line.dataset[`on${one}`] ?? 0) > 0);
		line.classList.toggle("lit", worst !== undefined);
		all.forEach(one => line.classList.toggle(one, one === worst));
	}
}

async function play(event, count = 1) {
	const root = picture(), route = root && way(root, event);
	if (!route)
		return;
	const box = find(root, "box", event.outcome === "refused" ? "interoperability-layer" : event.to);
	const bad = event.outcome === "refused" || event.outcome === "failed";
	const mark = mark_of(event, count);
	root.querySelector(".moving").append(mark);
	light(route.lines, event.outcome, 1);
	if (calm.matches) { /* nothing moves: the lines light up, and the sign stands at the end */
		place(mark, route, 1);
		await wait(REST);
	} else {
		await travel(mark, route, 0, 1, STEP);
		box?.classList.add(bad ? "hurt" : "reached");
		await wait(bad ? REST : REST / 8);
		if (event.outcome !== "failed")
			await travel(mark, route, 1, 0, STEP);
		box?.classList.remove("hurt", "reached");
	}
	light(route.lines, event.outcome, -1);
	mark.remove();
}

/* A few are played one by one; a backlog is one sign for each way, with its number. */
function play_all(events, skipped) {
	if (events.length + skipped <= AT_ONCE) {
		events.forEach((event, i) => setTimeout(() => { say(event); play(event); }, i * 120));
		return;
	}
	const ways = new Map();
	for (const event of events) {
		const key = [event.from, event.to, event.outcome].join(" ");
		const one = ways.get(key) ?? { event, count: 0 };
		one.count++;
		ways.set(key, one);
	}
	say({ what: map.dataset.count.replace("{1}", events.length + skipped) });
	[...ways.values()].slice(0, AT_ONCE * 2).forEach(one => play(one.event, one.count));
}

function states(of) {
	for (const box of map.querySelectorAll("g.place"))
		if (of[box.dataset.box])
			for (const word of ["ok", "starting", "degraded", "failed", "absent"])
				box.classList.toggle(word, of[box.dataset.box] === word);
}

function take(answer) {
	after = answer.newest;
	note.textContent = answer.note ?? "";
	states(answer.states);
	if (answer.again) {
		list.replaceChildren();
		history.length = 0;
	}
	for (const event of answer.events) {
		row(event);
		history.push(event);
	}
	history.splice(0, Math.max(0, history.length - SHOWN));
	if (answer.events.length) {
		at = history.length - 1;
		play_all(answer.events, answer.skipped);
	}
}

async function ask() {
	if (document.hidden || paused || asking)
		return;
	asking = true;
	try {
		const answer = await fetch(`/map/events?after=${after}`, { cache: "no-store", signal: AbortSignal.timeout(10 * EVERY) });
		if (answer.ok)
			take(await answer.json());
		else
			note.textContent = map.dataset.lost;
	} catch { /* the box is busy or restarting: the next try tells */
		note.textContent = map.dataset.lost;
	}
	asking = false;
}

/* One message in front of the map: what the server says of it, without leaving. */
async function open(link) {
	const dialog = document.querySelector("dialog.message") ?? document.body.appendChild(document.createElement("dialog"));
	dialog.className = "message";
	try {
		const answer = await fetch(link, { cache: "no-store", signal: AbortSignal.timeout(10 * EVERY) });
		const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
		/* the way back stands first: it is what the keyboard is on when the dialog opens */
		const back = main.querySelector("a[href='/map']"), top = document.createElement("p");
		back?.addEventListener("click", event => {
			event.preventDefault();
			dialog.close();
		});
		const old = back?.parentElement;
		top.className = "close";
		top.append(...(back ? [back] : []));
		old?.remove();
		dialog.setAttribute("aria-label", main.querySelector("h1")?.textContent ?? document.title);
		dialog.replaceChildren(top, ...main.childNodes);
		if (!dialog.open)
			dialog.showModal();
	} catch {
		location.href = link;
	}
}

function step(by) {
	if (!history.length)
		return;
	at = Math.min(history.length - 1, Math.max(0, at + by));
	say(history[at]);
	const was = paused;
	paused = false;
	play(history[at]).then(() => { paused = was || paused; });
}

function pause() {
	paused = !paused;
	if (paused)
		say({ what: map.dataset.paused });
}

async function keep_awake() {
	try {
		await navigator.wakeLock?.request("screen");
	} catch { /* this browser does not */ }
}

function keys(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
		return;
	const does = {
		" ": pause, ArrowLeft: () => step(-1), ArrowRight: () => step(1), f: () => document.documentElement.requestFullscreen?.(),
		F: () => document.documentElement.requestFullscreen?.(),
	}[event.key];
	if (does) {
		event.preventDefault();
		does();
	}
}

/* what the table has already, so that the arrow keys know it */
function remember() {
	for (const line of [...list.rows].reverse()) {
		const link = line.querySelector("a");
		history.push({ id: line.dataset.id, what: link.textContent, became: line.cells[2].textContent.trim(), link: link.href,
			       outcome: line.className, time: line.cells[0].textContent, from: line.dataset.from, to: line.dataset.to });
	}
	at = history.length;
}

if (map && after !== undefined) {
	remember();
	list.addEventListener("click", event => {
		const link = event.target.closest("a");
		if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button)
			return;
		event.preventDefault();
		open(link.href);
	});
	if (presenter) {
		document.addEventListener("keydown", keys);
		document.addEventListener("visibilitychange", () => document.hidden || keep_awake());
		keep_awake();
	}
	setInterval(ask, EVERY);
	ask();
}
