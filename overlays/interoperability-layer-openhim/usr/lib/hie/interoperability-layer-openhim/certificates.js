// Client certificates: who has one that this box's authority signed (`hie client-certificate NAME`) may use port
// 5000 without a password, as the OpenHIM client of that name.
//
// OpenHIM finds a client by its certificate's fingerprint (SHA-1, as Node prints it) among those that its own
// keystore's authorities signed and that have not ended. So the box's authority goes into the keystore, and the
// fingerprint of each file <client>.crt in /var/lib/hie/clients (certificates only: a key leaves the box with the
// person who asked for it) goes to the client, also while OpenHIM runs. A file that goes takes the fingerprint
// away. What a person enters in OpenHIM afterwards stays: the collection `hiebox` remembers what was written last.
'use strict'
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')

const MARK = 'client certificates'
const SETTLE = 300 // milliseconds: one issue is more than one event

module.exports = function certificates (core, directory) {
  const { connectionDefault } = core('./lib/config')
  const { ClientModel } = core('./lib/model/clients')
  const marks = connectionDefault.collection('hiebox')
  const call = (method, ...args) => new Promise((resolve, reject) =>
    marks[method](...args, (error, result) => error ? reject(error) : resolve(result)))

  function present () {
    const found = new Map()
    if (!fs.existsSync(directory)) return found
    for (const file of fs.readdirSync(directory)) {
      if (!file.endsWith('.crt') || file.startsWith('.')) continue
      try {
        const certificate = new crypto.X509Certificate(fs.readFileSync(path.join(directory, file)))
        found.set(file.slice(0, -'.crt'.length), certificate.fingerprint)
      } catch (error) {
        console.error(`hiebox: ${file}: ${error.message}`)
      }
    }
    return found
  }

  async function give (client, fingerprint) {
    client.certFingerprint = fingerprint
    await client.save()
    console.log(`hiebox: ${client.clientID} ${fingerprint ? 'has a new' : 'has no longer a'} certificate`)
  }

  async function bring () {
    const files = present()
    const mark = await call('findOne', { _id: MARK })
    const written = new Map((mark ? mark.list : []).map(item => [item.client, item]))
    const list = []
    for (const [name, fingerprint] of files) {
      const client = await ClientModel.findOne({ clientID: name })
      if (!client) continue
      const last = written.get(name)
      const known = last && last.fingerprint === fingerprint && last.id === String(client._id)
      if (!known) await give(client, fingerprint)
      list.push({ client: name, id: String(client._id), fingerprint })
    }
    for (const last of written.values()) {
      if (files.has(last.client)) continue
      const client = await ClientModel.findOne({ clientID: last.client })
      if (client && client.certFingerprint === last.fingerprint) await give(client, undefined)
    }
    if (mark || list.length) await call('updateOne', { _id: MARK }, { $set: { list } }, { upsert: true })
  }

  // One at a time, and once more when something changed meanwhile.
  let running = Promise.resolve()
  const sync = () => {
    running = running.then(bring).catch(error => console.error(`hiebox: client certificates: ${error.message}`))
    return running
  }

  function watch () {
    let timer = null
    if (fs.existsSync(directory)) {
      fs.watch(directory, () => {
        clearTimeout(timer)
        timer = setTimeout(sync, SETTLE)
      })
    }
    setInterval(sync, 60 * 1000) // a client that was made after its certificate
  }
  return { sync, watch }
}
