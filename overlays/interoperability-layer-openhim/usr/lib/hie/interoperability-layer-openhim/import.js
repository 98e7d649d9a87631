// Brings the box's own users, clients, channels and TLS pair into OpenHIM's store, by OpenHIM's own
// models, before any port is open. Safe to repeat: nothing is doubled.
//
// Whose is what afterwards:
//  - always the box's: the TLS pair of the keystore (from /var/lib/hie/tls), and that root@openhim.org
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

async function importKeystore (KeystoreModel, tls) {
  const certificate = new crypto.X509Certificate(tls.cert)
  const keystore = await KeystoreModel.findOne() || new KeystoreModel({ ca: [] })
  if (keystore.cert && keystore.cert.fingerprint === certificate.fingerprint && keystore.key === tls.key) return false
  const name = distinguishedName(certificate.subject || '')
  keystore.key = tls.key
  keystore.passphrase = undefined
  keystore.cert = {
    commonName: name.CN,
    organization: name.O,
    country: name.C,
    validity: { start: new Date(certificate.validFrom), end: new Date(certificate.validTo) },
    data: tls.cert,
    fingerprint: certificate.fingerprint
  }
  await keystore.save()
  return true
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
  if (await importKeystore(KeystoreModel, tls)) console.log('hiebox: wrote the TLS pair')
}
