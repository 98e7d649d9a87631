// OpenHIM core 4.0.5 as this box runs it: one process, which imports the box's own users, clients and
// channels first and opens its ports only then. Started by openhim.service.
//
// What it changes in OpenHIM, without touching its files:
//  - mongoose 4 sends $pushAll, which MongoDB >= 3.6 and its stand-in refuse: usePushEach;
//  - the history of channels survives a change of several at once (history.js): without that no role can be changed;
//  - no download of the web's root certificates at start: a client certificate counts only when it is
//    in OpenHIM's own keystore;
//  - the root user that OpenHIM would make by itself, with its public default password, is refused;
//  - routes to https servers: TLS 1.0 only, says OpenHIM; OpenSSL 3 refuses that: any version it likes;
//  - "do key and certificate belong together?" compares public keys: OpenHIM knows RSA only, ours is EC;
//  - the address that the client used goes on to the server behind (X-Forwarded-*), for right links;
//  - two channels may share addresses and differ in methods (channels.js);
//  - a new certificate (`systemctl reload openhim`) is taken up by the servers that run: no message is lost;
//  - every message whose answer was given is told to the exchange map (events.js);
//  - one process instead of master and worker: half the memory; systemd restarts it.
'use strict'
const { spawnSync } = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const https = require('https')
const Module = require('module')

const CORE = '/opt/openhim/node_modules/openhim-core/'
const IMPORT = '/var/lib/hie/rendered/openhim-import.json'
const BOX = '/usr/lib/hie/box.json'
const CLIENTS = '/var/lib/hie/clients'
const DEFAULT_ROOT_HASH = '943a856bba65aad6c639d5c8d4a11fc8bb7fe9de62ae307aec8cf6ae6c1faab7' +
  '22127964c71db4bdd2ea2cdf60c6e4094dcad54d4522ab2839b65ae98100d0fb'
const HOUR = 3600 * 1000
// More messages than this, or less free storage than this part of it, and the oldest messages go.
const MESSAGES_MAX = Number(process.env.MESSAGES_MAX) || 20000
const MESSAGES_LEAST = 1000
const MESSAGES_AT_ONCE = 100
const FREE_LEAST = 0.15
const core = Module.createRequire(CORE)
const channels = require('./channels.js')

function prepareMongoose () {
  const mongoose = core('mongoose')
  mongoose.Promise = Promise
  mongoose.plugin(schema => {
    schema.set('usePushEach', true)
    if (schema.path('passwordHash')) {
      schema.pre('save', function (next) {
        next(this.passwordHash === DEFAULT_ROOT_HASH ? new Error('the public default password is refused') : undefined)
      })
    }
  })
}

function prepareRootCertificates () {
  const file = core.resolve('ssl-root-cas/latest')
  const module = new Module(file)
  // a new list each time: OpenHIM pushes its keystore's certificates onto it
  Object.defineProperty(module.exports, 'rootCas', { enumerable: true, get: () => [] })
  module.loaded = true
  Module._cache[file] = module
}

function prepareKeyCheck () {
  core('pem').getModulus = (text, ...rest) => {
    const [callback, passphrase] = rest.reverse()
    let modulus
    try {
      const key = crypto.createPublicKey({ key: text, passphrase: passphrase || undefined })
      modulus = key.export({ type: 'spki', format: 'der' }).toString('hex')
    } catch (error) {
      return callback(error)
    }
    callback(null, { modulus })
  }
}

// Every https server, with the options it was made with.
const servers = []
function prepareServers () {
  const create = https.createServer
  https.createServer = function (options, ...rest) {
    const server = create.call(https, options, ...rest)
    servers.push({ server, options })
    return server
  }
}

function bringBox (folder) {
  const read = file => fs.readFileSync(`${folder}/${file}`, 'utf8')
  const tls = { key: read('server.key'), cert: read('server.crt'), authority: read('ca.crt') }
  return require('./import.js')(core, JSON.parse(fs.readFileSync(IMPORT)), tls).then(() => tls)
}

// New connections get the new certificate; those that are open go on with the old one.
async function takeCertificate (logger) {
  try {
    const tls = await bringBox(process.env.RUNTIME_DIRECTORY)
    for (const { server, options } of servers) server.setSecureContext({ ...options, key: tls.key, cert: tls.cert })
    logger.info(`${servers.length} servers took up the new certificate`)
  } catch (error) {
    logger.error(`the new certificate: ${error.message}`)
  }
}

function prepareRoutes () {
  const request = https.request
  https.request = function (options, ...rest) {
    if (options && options.secureProtocol === 'TLSv1_method') delete options.secureProtocol
    return request.call(https, options, ...rest)
  }
  const router = core('./lib/middleware/router')
  const route = router.koaMiddleware
  router.koaMiddleware = (ctx, next) => {
    if (ctx.header.host) ctx.header['x-forwarded-host'] = ctx.header.host
    else delete ctx.header['x-forwarded-host']
    channels.tell(ctx.header, ctx.path, ctx.authenticated)
    ctx.header['x-forwarded-proto'] = ctx.req.socket && ctx.req.socket.encrypted ? 'https' : 'http'
    return route(ctx, next)
  }
}

// The record of messages must not fill the card: every few minutes the oldest beyond the bound are forgotten.
let forgetting = false
async function boundMessages (logger) {
  if (forgetting) return // a second one beside it would forget as many again
  forgetting = true
  const { TransactionModel } = core('./lib/model/transactions')
  try {
    const all = await TransactionModel.count({})
    const { bavail, blocks } = fs.statfsSync(process.cwd())
    const keep = Math.min(MESSAGES_MAX, bavail < blocks * FREE_LEAST ? Math.max(MESSAGES_LEAST, Math.floor(all * 3 / 4)) : all)
    if (all <= keep) return
    // few at a time, by their keys: the store reads these messages alone, and answers others in between
    for (let left = all - keep; left > 0; left -= MESSAGES_AT_ONCE) {
      const oldest = await TransactionModel.find({}, '_id').sort({ _id: 1 }).limit(Math.min(left, MESSAGES_AT_ONCE)).lean()
      await TransactionModel.remove({ _id: { $in: oldest.map(one => one._id) } })
    }
    logger.warn(`${all - keep} of ${all} recorded messages, the oldest, were forgotten to keep room`)
  } catch (error) {
    logger.warn(`forgetting old messages failed: ${error.message}`)
  } finally {
    forgetting = false
  }
}

// `hie reset --data`: the messages of people who are gone go with them. Channels, clients, users and the audits stay. Before
// any port is open; the mark goes last, so that a cut is made good at the next start.
async function forgetMessages (logger, mark) {
  if (!fs.existsSync(mark)) return
  for (const name of ['transactions', 'events', 'metrics', 'tasks']) {
    const found = Object.values(core(`./lib/model/${name}`)).find(one => one && one.collection)
    await new Promise((resolve, reject) => found.collection.drop(error =>
      error && !/ns not found|doesn't exist/i.test(error.message) ? reject(error) : resolve()))
  }
  fs.unlinkSync(mark)
  logger.info('the record of messages was emptied')
}

// What MongoDB's TTL indexes do elsewhere: events and minute metrics live an hour, audits a month.
async function prune (logger) {
  const { EventModel } = core('./lib/model/events')
  const { MetricModel } = core('./lib/model/metrics')
  const { AuditModel } = core('./lib/model/audits')
  const ago = milliseconds => new Date(Date.now() - milliseconds)
  try {
    await EventModel.remove({ created: { $lt: ago(HOUR) } })
    await MetricModel.remove({ type: 'm', startTime: { $lt: ago(HOUR) } })
    await AuditModel.remove({ 'eventIdentification.eventDateTime': { $lt: ago(30 * 24 * HOUR) } })
  } catch (error) {
    logger.warn(`pruning old events failed: ${error.message}`)
  }
}

function tellSystemd () {
  if (process.env.NOTIFY_SOCKET) spawnSync('/usr/bin/systemd-notify', ['--ready'], { stdio: 'inherit' })
}

function production () {
  return JSON.parse(fs.readFileSync(BOX)).mode === 'production'
}

function ports (config) {
  const audit = server => server.enabled ? server.port : undefined
  const { udp, tls, tcp } = config.get('auditing').servers
  return {
    // in production no password travels in the clear: 5000 (https) alone
    httpPort: production() ? undefined : config.get('router').httpPort,
    httpsPort: config.get('router').httpsPort,
    apiPort: config.get('api').httpsPort,
    rerunHttpPort: config.get('rerun').httpPort,
    tcpHttpReceiverPort: config.get('tcpAdapter').httpReceiver.httpPort,
    pollingPort: config.get('polling').pollingPort,
    auditUDPPort: audit(udp),
    auditTlsPort: audit(tls),
    auditTcpPort: audit(tcp)
  }
}

async function main () {
  process.title = 'openhim'
  const rememberWho = require('./history.js')(core)
  prepareMongoose()
  prepareRootCertificates()
  prepareKeyCheck()
  prepareRoutes()
  channels(core)
  rememberWho()
  prepareServers()
  const server = core('./lib/server') // with a parent module: its worker half, which starts nothing by itself
  const logger = core('winston')
  if (process.env.RUNTIME_DIRECTORY) {
    require('./events.js').attach(core('./lib/koaMiddleware'), process.env.RUNTIME_DIRECTORY, text => logger.warn(text))
  }
  const { config } = core('./lib/config')
  // plain lines: the journal has the time, and no use for colours
  logger.remove(logger.transports.Console)
  logger.add(logger.transports.Console, { level: config.get('logger').level })
  // OpenHIM forgets to catch some rejections that the stand-in store causes; Node would end the process.
  process.on('unhandledRejection', reason => logger.warn(`unhandled rejection: ${reason}`))
  // A TCP channel is switched on by a message to the master process: here that is this process.
  process.send = message => process.emit('message', message)

  await core('./lib/upgradeDB').upgradeDb()
  await forgetMessages(logger, '.fresh-data')
  await bringBox(process.env.CREDENTIALS_DIRECTORY)
  const clients = require('./certificates.js')(core, CLIENTS)
  await clients.sync()

  await new Promise((resolve, reject) => server.start(ports(config), error => error ? reject(error) : resolve()))
  // its own end waits for every connection, and some never end: whoever waits for an answer has five seconds
  const end = () => {
    setTimeout(() => process.exit(0), 5000)
    server.stop(() => process.exit(0))
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('SIGHUP', () => takeCertificate(logger))
  setInterval(() => prune(logger), HOUR)
  setTimeout(() => prune(logger), 60 * 1000)
  setInterval(() => boundMessages(logger), Number(process.env.MESSAGES_EVERY) || HOUR / 12)
  clients.watch()
  tellSystemd()
}

main().catch(error => {
  console.error(error.stack || error)
  process.exit(1)
})
