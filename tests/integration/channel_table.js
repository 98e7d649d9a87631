// Which roles pass, by address and method: run inside the box (node - FOLDER-OF-OPENHIM-FILES), with the box's own
// channels.js and channels. Prints TAP lines and END. p: point-of-service, r: registry-steward.
'use strict'
const fs = require('fs')
const folder = process.argv[2]
const { withMethod, prefix, tell } = require(`${folder}/channels.js`)
const channels = JSON.parse(fs.readFileSync(`${folder}/openhim-import.json.in`)).channels
channels.sort((a, b) => a.priority - b.priority)

function who (path, method) {
  const first = channels.find(channel => new RegExp(channel.urlPattern).test(path))
  if (!first) return 'none'
  const channel = withMethod(channels, first, path, method)
  return channel.methods.includes(method) ? channel.allow.map(role => role[0]).join('') : '405'
}

const table = [
  ['GET /CR/fhir/Patient', 'pr'], ['PUT /CR/fhir/Patient', 'pr'], ['POST /CR/fhir/Patient', 'pr'],
  ['DELETE /CR/fhir/Patient', 'r'], ['PUT /CR/fhir/Patient/a-1', 'pr'], ['DELETE /CR/fhir/Patient/a-1', 'r'],
  ['GET /CR/fhir/Patient/x/_history/1', 'pr'], ['GET /CR/fhir/Patient/$ihe-pix', 'pr'],
  ['POST /CR/fhir/Patient/$match', 'pr'], ['GET /CR/fhir/metadata', 'pr'],
  ['GET /CR/fhir', 'pr'], ['GET /CR/fhir/', 'pr'], ['POST /CR/fhir', '405'], ['POST /CR/fhir/', '405'],
  ['POST /CR/fhir//', 'none'], ['GET /CR/fhir/Patient/..', 'none'], ['PUT /CR/fhir/Patient/a/..', 'none'],
  ['PUT /CR/fhir/../FR/fhir/Location', 'none'], ['GET /CR/fhir/%50atient', 'none'], ['GET /CR/fhir/Patient;x', 'none'],
  ['GET /cr/fhir/Patient', 'none'], ['GET /CR/fhir/Observation', 'none'], ['GET /CR/fhir/Patient/x/%2e%2e', 'none'],
  ['GET /CR/fhir/$mdm-query-links', 'r'], ['POST /CR/fhir/$mdm-update-link', 'r'], ['POST /CR/fhir/$mdm-clear', 'none'],
  ['GET /FR/fhir/Location', 'pr'], ['POST /FR/fhir/Location', 'r'], ['PUT /FR/fhir/Location/x', 'r'],
  ['DELETE /FR/fhir/Practitioner/x', 'r'], ['POST /FR/fhir/Location/_search', 'pr'], ['GET /FR/fhir/Patient', 'none'],
  ['POST /FR/fhir', '405'], ['POST /FR/fhir/', '405'], ['PUT /FR/fhir/Location/.', 'none'],
  ['GET /TS/fhir/ValueSet/$expand', 'pr'], ['POST /TS/fhir/ValueSet/x/$expand', 'pr'],
  ['POST /TS/fhir/ConceptMap/$translate', 'pr'], ['PUT /TS/fhir/CodeSystem/x', 'r'], ['POST /TS/fhir', '405'],
  ['GET /SHR/fhir/Patient/x/$summary', 'p'], ['GET /SHR/fhir/Patient/x/$everything', 'p'], ['POST /SHR/fhir', 'p'],
  ['GET /SHR/fhir/$mdm-query-links', 'none'], ['POST /SHR/fhir/$expunge', 'none'],
  ['POST /SHR/fhir/Patient/x/$expunge', 'none'], ['POST /fhir', 'p'], ['PATCH /fhir/x', 'p'],
  ['GET /fhir/Location', 'p'], ['POST /fhir/Location', 'r'], ['PUT /fhir/Location/x', 'r'], ['POST /fhir/Location/_search', 'p'],
  ['PUT /fhir/ValueSet/x', 'r'], ['PUT /fhir/Patient?identifier=x', 'p'], ['PUT /fhir/%4cocation/x', 'p']
]
for (const [request, expected] of table) {
  const [method, path] = request.split(' ')
  const got = who(path, method)
  console.log(got === expected ? `ok - ${request}: ${expected}` : `not ok - ${request}: expected ${expected}, got ${got}`)
}
for (const [path, expected] of [['/CR/fhir/Patient', '/CR/fhir'], ['/SHR/fhir', '/SHR/fhir'], ['/fhir/x', '/fhir'], ['/fhir', '/fhir'],
  ['/fhir/fhir/../x', '/fhir'], ['/fhirs/x', undefined], ['/lab', undefined]]) {
  console.log(`${prefix(path) === expected ? 'ok' : 'not ok'} - the prefix of ${path}`)
}
for (const [client, expected] of [[{ roles: ['a', 'b c', 'd,registry-steward', 'e'] }, 'a,e'], [{ roles: [] }, undefined],
  [undefined, undefined]]) {
  const headers = { 'x-forwarded-prefix': '/evil', 'x-hie-roles': 'registry-steward' }
  tell(headers, '/x', client)
  const good = headers['x-hie-roles'] === expected && !('x-forwarded-prefix' in headers)
  console.log(`${good ? 'ok' : 'not ok'} - what the server is told of ${JSON.stringify(client)}`)
}
console.log('END')
