#!/usr/bin/env bash
# What OpenHIM tells the exchange map (events.js): no patient data, who decided, one bounded file. Node alone, no OpenHIM.
set -u
cd "$(dirname "$0")/../.."
command -v node >/dev/null || { echo "ok 1 - what the map is told # SKIP no node here"; exit 0; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat >"$work/test.js" <<'JS'
const fs = require('fs')
const path = require('path')
const { attach, shape, Events } = require(path.resolve(process.argv[2]))
const folder = process.argv[3]
let count = 0
const check = (name, good, seen) => console.log(`${good ? 'ok' : 'not ok'} ${++count} - ${name}${good ? '' : `: ${JSON.stringify(seen)}`}`)
const read = () => fs.readFileSync(`${folder}/events`, 'latin1')
const shapes = {
  '/CR/fhir/Patient': '/CR/fhir/Patient', '/CR/fhir/Patient/ada-1/$summary': '/CR/fhir/Patient/*/$summary',
  '/fhir/Patient/Location': '/fhir/Patient/*', '/fhir/Lovelace': '/fhir/*', '/SHR/fhir': '/SHR/fhir', '/SHR/fhir/': '/SHR/fhir',
  '/TS/fhir/ValueSet/$expand': '/TS/fhir/ValueSet/$expand', '/CR/Patient/x': '/CR/*/*', '/': '/', '': '/',
  '/ada/lovelace': '/*', '/fhir/Patient/_search?name=Ada': '/fhir/Patient/_search', '/fhir/Patient/$ada': '/fhir/Patient/*',
  '/fhir/Patient/Ada%20Lovelace/_history/2': '/fhir/Patient/*/_history/*'
}
for (const [from, to] of Object.entries(shapes)) check(`shape of ${from}`, shape(from) === to, shape(from))
check('a channel of its own', shape('/lab/ada/1', { urlPattern: '^/lab(/.*)?$' }) === '/lab/*')
check('not of another', shape('/ada/1', { urlPattern: '^/lab(/.*)?$' }) === '/*')

async function main () {
  const koa = { setupApp: done => done({ middleware: ['own'] }), rerunApp: done => done({ middleware: [] }), tcpApp () {}, pollingApp () {} }
  attach(koa, folder, text => check('no warning', false, text))
  let app
  koa.setupApp(made => { app = made })
  check('it is the outermost', app.middleware.length === 2 && app.middleware[1] === 'own')
  check('an empty file says that OpenHIM runs', read() === '')
  check('the mode is 0640', (fs.statSync(`${folder}/events`).mode & 0o777) === 0o640)
  const channel = { name: 'CR', urlPattern: '^/CR/fhir/.*$' }
  const ask = async (ctx, next) => { try { await app.middleware[0]({ method: 'GET', path: '/CR/fhir/Patient/ada', ...ctx }, next || (async () => {})) } catch (e) {} }
  const known = { clientID: 'pos-clinic-ä' }
  await ask({ authenticated: known, authorisedChannel: channel, status: 200, transactionId: 'a'.repeat(24) })
  await ask({ authenticated: known, authorisedChannel: channel, status: 404 })
  await ask({ authenticated: null, matchingChannel: channel, status: 401 })
  await ask({ authenticated: known, matchingChannel: channel, status: 401 })
  await ask({ authenticated: known, status: 401 })
  await ask({ authenticated: known, authorisedChannel: channel, status: 500, error: { message: 'connect ECONNREFUSED' } })
  await ask({ authenticated: known, authorisedChannel: channel, status: 500, error: { message: 'the request timed out' } })
  await ask({ authenticated: known, authorisedChannel: channel, status: 502 })
  await ask({ authenticated: known, authorisedChannel: channel, status: 200, mediatorResponse: {}, error: { message: 'x' } })
  await ask({ authenticated: known, authorisedChannel: channel }, async () => { throw new Error('broken') })
  for (let look = 0; look < 300 && read().split('\n').length < 11; look++) await new Promise(resolve => setTimeout(resolve, 10))
  const lines = read().trim().split('\n').map(line => JSON.parse(line))
  const said = lines.map(line => [line.outcome, line.why].join(' '))
  check('who decided', said.join() === 'passed ,declined ,refused unknown,refused no-role,refused no-channel,failed unreachable,failed late,failed broken,failed broken,failed unreachable', said)
  check('ids grow', lines.every((line, at) => at === 0 || line.id > lines[at - 1].id))
  check('names stay whole, the file stays ASCII', lines[0].client === 'pos-clinic-ä' && !/[^\n\x20-\x7e]/.test(read()))
  check('no id of a patient', !read().includes('ada'))
  const events = new Events(folder, text => check('no warning', false, text))
  for (let i = 0; i < 8000; i++) {
    events.add({ path: '/CR/fhir/Patient', client: 'x'.repeat(64), more: i })
    if (i % 500 === 0) events.write()
  }
  events.write()
  const size = fs.statSync(`${folder}/events`).size
  const rest = read().trim().split('\n').map(line => JSON.parse(line))
  check('bounded, the newest kept', size <= 256 * 1024 && rest[rest.length - 1].more === 7999 && rest.length >= 200, size)
  const closed = new Events(`${folder}/missing`, () => {})
  closed.add({})
  closed.write()
  check('without its folder nothing fails', true)
  const began = process.hrtime.bigint()
  for (let i = 0; i < 20000; i++) await ask({ authenticated: known, authorisedChannel: channel, status: 200 })
  const each = Number(process.hrtime.bigint() - began) / 20000 / 1000
  check('it costs a message less than 0.1 ms', each < 100, each)
  console.log(`# ${each.toFixed(1)} microseconds a message`)
}
process.exitCode = 1 // until it is at its end
main().then(() => process.exit(0))
JS
mkdir "$work/run"
# what comes from other systems becomes text in the map's script, never HTML
script=overlays/reverse-proxy-nginx/usr/share/hie/page/map.js
cp "$script" "$work/map.mjs"
if node --check "$work/map.mjs" && ! grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function' "$script"; then
	echo "ok - map.js is a module and makes no HTML"
else
	echo "not ok - map.js is a module and makes no HTML"
fi
node "$work/test.js" overlays/interoperability-layer-openhim/usr/lib/hie/interoperability-layer-openhim/events.js "$work/run"
