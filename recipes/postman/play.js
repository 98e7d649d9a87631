// Plays one Postman collection with Newman and writes down what went over the wire and what its tests said. `hiebox test`
// starts it in the tools root (builder/commands/postman_player.c). Standard input is the job:
//   { collection, base, insecure, ca, certificate, key, passphrase, milliseconds, environment, places: { FROM: TO },
//     credentials: { NAME: { user, password, token } } }
// and standard output the result, a step for each request that was played:
//   { stopped, error, milliseconds, steps: [{ position, tries, milliseconds, request, answer, failures: [{ kind, at, got }] }] }
// No password of the job stands in the result. Requests that scripts send by themselves (pm.sendRequest) are not seen.
'use strict'
const fs = require('fs')
const job = JSON.parse(fs.readFileSync(0))
Object.assign(process.env, job.environment) // proxies, which Newman looks for when it is loaded
const newman = require('newman')
const { Runner } = require('postman-runtime')

const ANSWER_MAX = 4 * 1024 * 1024 // bytes of a body; a longer one ends its request
const SHOWN_MAX = 32 * 1024 // of each body in the result …
const SHOWN_TOTAL = 512 * 1024 // … and of all; beyond it …
const SHOWN_LITTLE = 1024
const TEXT_MAX = 2000
const HEADERS_MAX = 30
const HEADER_MAX = 1024
const FAILURES_MAX = 50 // of a step
const OFTEN = 500 // a request that is sent again and again: a collection that jumps back to itself has an end
const SCRIPT_MILLISECONDS = 30000
const REQUEST_MILLISECONDS = 60000

const AUTHORITY = '/tmp/authority.pem'
const CERTIFICATE = '/tmp/certificate.pem'
const KEY = '/tmp/key.pem'
const home = new URL(job.base)
const steps = new Map()
let shown = 0
let stopped = false

// Longest first: one secret may be a part of another.
const secrets = Object.entries(job.credentials).flatMap(([name, { user, password, token }]) => {
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  return [basic, token, password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)]
    .filter(secret => secret.length > 3).map(secret => ({ secret, name }))
}).sort((a, b) => b.secret.length - a.secret.length)

function clean (text) {
  return secrets.reduce((clean, { secret, name }) => clean.split(secret).join(`(credentials of ${name})`), String(text))
}

function cut (text, most) {
  return text.length > most ? `${text.slice(0, most)}…` : text
}

function said (error) {
  return cut(clean((error && (error.message || error.help)) || error || 'nothing'), TEXT_MAX)
}

function headers (list) {
  return list.all().filter(one => !one.disabled).slice(0, HEADERS_MAX).map(({ key, value }) => {
    const text = clean(value === null || value === undefined ? '' : value)
    if (!/^(proxy-)?authorization$/i.test(key)) return cut(`${String(key).toLowerCase()}: ${text}`, HEADER_MAX)
    const name = secrets.find(one => text.includes(`(credentials of ${one.name})`))
    return `${key}: ${name ? name.name : '(hidden)'}`
  })
}

// `length` tells that it was cut.
function body (bytes) {
  if (!bytes || !bytes.length) return {}
  const most = shown < SHOWN_TOTAL ? SHOWN_MAX : SHOWN_LITTLE
  const text = clean(bytes.subarray(0, most).toString('utf8'))
  shown += text.length
  return { body: text, length: bytes.length > most ? bytes.length : undefined }
}

function requestBody (request) {
  const text = request.body && !request.body.isEmpty() ? request.body.toString() : ''
  return text ? body(Buffer.from(text)) : {}
}

// Whole when it goes elsewhere.
function address (url) {
  const host = url.getHost() + (url.port ? `:${url.port}` : '')
  const here = host === home.host || host === `${home.hostname}:${home.port}`
  const path = url.getPathWithQuery()
  const below = home.pathname.replace(/\/$/, '') // an exchange that is not at its host's root
  return cut(clean(!here ? url.toString() : path.startsWith(below + '/') ? path.slice(below.length) : path), TEXT_MAX)
}

function step (cursor) {
  const position = cursor.position
  if (!steps.has(position)) steps.set(position, { position, tries: 0, milliseconds: 0, failures: [] })
  return steps.get(position)
}

function fail (cursor, kind, at, got) {
  const failures = step(cursor).failures
  if (failures.length < FAILURES_MAX) failures.push({ kind, at: at ? cut(clean(at), TEXT_MAX) : undefined, got: said(got) })
}

// Newman has no option for it; its runtime has.
const run = Runner.prototype.run
Runner.prototype.run = function (what, options, done) {
  options.requester.maxResponseSize = ANSWER_MAX
  return run.call(this, what, options, done)
}

const values = [{ key: 'baseUrl', value: job.base }]
for (const [name, { user, password, token }] of Object.entries(job.credentials)) {
  values.push({ key: `${name}.user`, value: user }, { key: `${name}.password`, value: password, type: 'secret' },
    { key: `${name}.token`, value: token, type: 'secret' })
}

const began = Date.now()
function finish (error) {
  const result = { stopped, milliseconds: Date.now() - began, steps: [...steps.values()].sort((a, b) => a.position - b.position) }
  if (error) result.error = said(error)
  fs.writeFileSync(1, JSON.stringify(result))
  process.exit(0)
}

// What an exchange elsewhere has at other paths: in the addresses that begin with {{baseUrl}}, the longest FROM that fits.
const places = Object.entries(job.places).sort(([a], [b]) => b.length - a.length)
function move (url) {
  const raw = typeof url === 'string' ? url : (url && url.raw) || ''
  const path = raw.startsWith('{{baseUrl}}/') ? raw.slice('{{baseUrl}}'.length) : ''
  const place = places.find(([from]) => path.startsWith(from) && /^([/?#]|$)/.test(path.slice(from.length)))
  if (!place) return url
  const moved = `{{baseUrl}}${place[1]}${path.slice(place[0].length)}`
  if (typeof url === 'string' || !Array.isArray(url.path)) return moved
  const parts = text => text.split('/').filter(part => part)
  return { ...url, raw: moved, path: [...parts(place[1]), ...url.path.slice(parts(place[0]).length)] }
}
function moveAll (items) {
  for (const item of Array.isArray(items) ? items : []) {
    if (item && item.item) moveAll(item.item)
    if (item && typeof item.request === 'string') item.request = move(item.request)
    else if (item && item.request && item.request.url) item.request.url = move(item.request.url)
  }
}
if (places.length) moveAll(job.collection.item)

for (const [name, text] of [[AUTHORITY, job.ca], [CERTIFICATE, job.certificate], [KEY, job.key]]) {
  if (text) fs.writeFileSync(name, text)
}
const emitter = newman.run({
  collection: job.collection,
  environment: { name: 'hiebox', values },
  insecure: job.insecure,
  sslClientCert: job.certificate ? CERTIFICATE : undefined,
  sslClientKey: job.key ? KEY : undefined,
  sslClientPassphrase: job.passphrase || undefined,
  sslExtraCaCerts: job.ca ? AUTHORITY : undefined,
  ignoreRedirects: true, // as the workflows' player: a redirect is an answer
  timeout: job.milliseconds,
  timeoutRequest: REQUEST_MILLISECONDS,
  timeoutScript: SCRIPT_MILLISECONDS,
  workingDir: '/tmp/files', // there are none: a collection sends what stands in it
  insecureFileRead: false,
  reporters: []
}, error => {
  stopped = stopped || (!!error && Date.now() - began >= job.milliseconds)
  finish(stopped ? null : error)
})

let control = null
let begun = 0
emitter.on('start', (_, { run }) => { control = run })
emitter.on('beforeItem', (_, { cursor }) => {
  begun = Date.now()
  if (step(cursor).tries < OFTEN) return
  fail(cursor, 'script', null, `it was sent ${OFTEN} times: the collection does not come to an end`)
  control.abort()
})
emitter.on('request', (error, { cursor, request, response }) => {
  const one = step(cursor)
  one.tries++
  one.request = { method: request.method, path: address(request.url), headers: headers(request.headers), ...requestBody(request) }
  delete one.answer
  if (response) {
    one.answer = { status: response.code, milliseconds: response.responseTime, headers: headers(response.headers), ...body(response.stream) }
  }
  if (error) fail(cursor, 'no-answer', null, error)
})
emitter.on('assertion', (error, { cursor, assertion }) => { if (error) fail(cursor, 'script', assertion, error) })
emitter.on('exception', (_, { cursor, error }) => fail(cursor, 'script', null, error))
emitter.on('item', (_, { cursor }) => {
  step(cursor).milliseconds += Date.now() - begun
})
// the tools' own outer limit is a kill; this one still writes what there is
setTimeout(() => {
  stopped = true
  finish(null)
}, job.milliseconds + 5000).unref()
process.on('uncaughtException', finish)
