/* Lines of the Test Anything Protocol for tests of the screens' modules. */
let failed = 0;
export function check(name, good, detail = "") {
	console.log(good ? `ok - ${name}` : `not ok - ${name}: ${String(typeof detail === "string" ? detail : JSON.stringify(detail)).slice(0, 400)}`);
	failed += !good;
}
export const same = (name, got, wanted) => check(name, JSON.stringify(got) === JSON.stringify(wanted), { got, wanted });

/* A promise that nothing settles would end node early, quietly: node is kept here until
 * a test says that it is at its end, and ending without that is a failure. */
let ended = false;
const alive = setInterval(() => {}, 1000);
export function end() {
	ended = true;
	clearInterval(alive);
}
process.on("exit", (code) => {
	check("the test ran to its end", ended);
	process.exitCode = code || (failed ? 1 : 0);
});
