/* Lines of the Test Anything Protocol for tests of the screens' modules. */
let failed = 0;
export function check(name, good, detail = "") {
	console.log(good ? `ok - ${name}` : `not ok - ${name}: ${String(typeof detail === "string" ? detail : JSON.stringify(detail)).slice(0, 400)}`);
	failed += !good;
}
export const same = (name, got, wanted) => check(name, JSON.stringify(got) === JSON.stringify(wanted), { got, wanted });
process.on("exit", (code) => { process.exitCode = code || (failed ? 1 : 0); });
