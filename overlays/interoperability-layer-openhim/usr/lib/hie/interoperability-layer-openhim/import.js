// Brings the box's own users, clients, channels and TLS pair into OpenHIM's store, by OpenHIM's own
// models, before any port is open. Safe to repeat: nothing is doubled.
//
// Whose is what afterwards:
//  - always the box's: the TLS pair of the keystore (from /var/lib/hie/tls), the box's own authority among those
//    that may sign client certificates, and that root@openhim.org
//    exists (else OpenHIM would make it, with its public default password);
//  - the box's when it is new, or when the box's version of it changed (a new layer, a new password):
//    each user, client and channel named in the import file is written then, whole;
//  - a person's otherwise: a changed password, a switched-off channel, a deleted client stay so, and so
//    does everything else in OpenHIM. The collection `hiebox` remembers what was written last.
'use strict'
const crypto = require('crypto')

const ROOT = 'root@openhim.org'
const hex = (algorithm, ...parts) => {
  const hash = crypto.createHash(algorithm)
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

// Users hash salt + password, clients password + salt: OpenHIM's own difference.
function hashed (kind, item) {
  const { password, ...document } = item
  if (!password) throw new Error(`${kind} without password: ${JSON.stringify(document)}`)
  const salt = crypto.randomBytes(16).toString('hex')
  document.passwordAlgorithm = 'sha512'
  document.passwordSalt = salt
  document.passwordHash = kind === 'user' ? hex('sha512', salt, password) : hex('sha512', password, salt)
  return document
}

function distinguishedName (text) {
  const names = {}
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) names[line.slice(0, at)] = line.slice(at + 1)
  }
  return names
}

function described (text) {
  const certificate = new crypto.X509Certificate(text)
  const name = distinguishedName(certificate.subject || '')
  return {
    commonName: name.CN,
    organization: name.O,
    country: name.C,
    validity: { start: new Date(certificate.validFrom), end: new Date(certificate.validTo) },
    data: text,
    fingerprint: certificate.fingerprint
  }
}

// `last`: the fingerprint of the box's authority when this was done last, or undefined. Gives the one of now.
async function importKeystore (KeystoreModel, tls, last) {
  const own = described(tls.cert)
  const authority = described(tls.authority)
  const keystore = await KeystoreModel.findOne() || new KeystoreModel({ ca: [] })
  let changed = false
  if (!keystore.cert || keystore.cert.fingerprint !== own.fingerprint || keystore.key !== tls.key) {
    keystore.key = tls.key
    keystore.passphrase = undefined
    keystore.cert = own
    changed = true
  }
  const signers = Array.from(keystore.ca || [])
  const kept = signers.filter(one => one.fingerprint === authority.fingerprint || one.fingerprint !== last)
  if (!kept.some(one => one.fingerprint === authority.fingerprint)) kept.push(authority)
  if (kept.length !== signers.length || kept.includes(authority)) {
    keystore.ca = kept
    changed = true
  }
  if (changed) {
    await keystore.save()
    console.log('hiebox: wrote the TLS pair and the authority')
  }
  return authority.fingerprint
}

module.exports = async function importBox (core, wanted, tls) {
  const { connectionDefault } = core('./lib/config')
  const { UserModel } = core('./lib/model/users')
  const { ClientModel } = core('./lib/model/clients')
  const { ChannelModel } = core('./lib/model/channels')
  const { KeystoreModel } = core('./lib/model/keystore')
  const marks = connectionDefault.collection('hiebox')
  const call = (method, ...args) => new Promise((resolve, reject) =>
    marks[method](...args, (error, result) => error ? reject(error) : resolve(result)))
  let root = null

  // Writes `item` when it is new to this store or differs from what was written last.
  async function bring (kind, key, item, Model, must) {
    const id = `${kind}:${item[key]}`
    const mark = await call('findOne', { _id: id })
    let stored = await Model.findOne({ [key]: item[key] })
    const same = mark && mark.digest === hex('sha256', mark.salt, JSON.stringify(item))
    if (same && (stored || !must)) return stored
    const document = kind === 'channel' ? item : hashed(kind, item)
    stored = stored || new Model()
    stored.set(document)
    if (kind === 'channel') stored.set('updatedBy', { id: root._id, name: 'hiebox' })
    await stored.save()
    const salt = crypto.randomBytes(16).toString('hex')
    await call('updateOne', { _id: id }, { $set: { salt, digest: hex('sha256', salt, JSON.stringify(item)) } }, { upsert: true })
    console.log(`hiebox: wrote ${id}`)
    return stored
  }

  for (const user of wanted.users) {
    const stored = await bring('user', 'email', user, UserModel, user.email === ROOT)
    if (user.email === ROOT) root = stored
  }
  if (!root) throw new Error(`the import file names no ${ROOT}`)
  for (const client of wanted.clients) await bring('client', 'clientID', client, ClientModel, false)
  for (const channel of wanted.channels) await bring('channel', 'name', channel, ChannelModel, false)
  const mark = await call('findOne', { _id: 'authority' })
  const fingerprint = await importKeystore(KeystoreModel, tls, mark ? mark.fingerprint : undefined)
  if (!mark || mark.fingerprint !== fingerprint) {
    await call('updateOne', { _id: 'authority' }, { $set: { fingerprint } }, { upsert: true })
  }
}
