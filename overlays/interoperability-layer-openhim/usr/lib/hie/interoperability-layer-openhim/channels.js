// What this box adds to OpenHIM's choice of a channel.
//
//  - Two channels may share addresses and differ in methods: who may read a registry and who may write to it are two
//    channels with two lists of roles. OpenHIM takes the first channel whose pattern fits, and looks at the methods
//    only then: here the first that fits and has the method is taken. When none has it, OpenHIM's own choice stands,
//    and its answer 405.
//  - The server behind is told under which address it was asked (/fhir, /CR/fhir, …; X-Forwarded-Prefix), so that its
//    links lead back to the same channel and each registry keeps to itself, and the roles of who asks (X-Hie-Roles). The
//    server trusts both: what a client sent by these names is dropped.
'use strict'

// Only channels that choose by address: those that look into the body are left to OpenHIM.
function chosenByAddress (channel) {
  return !channel.matchContentRegex && !channel.matchContentXpath && !channel.matchContentJson &&
    !(channel.matchContentTypes && channel.matchContentTypes.length)
}

function allows (channel, method) {
  return !channel.methods || channel.methods.length === 0 || channel.methods.includes(method)
}

// `channels` in the order of their priority.
function withMethod (channels, matched, path, method) {
  if (!matched || allows(matched, method)) return matched
  const other = channels.find(channel => chosenByAddress(channel) && allows(channel, method) &&
    new RegExp(channel.urlPattern).test(path))
  return other || matched
}

function prefix (path) {
  // /fhir first: an address under it is /fhir's, whatever follows
  const found = /^(\/fhir|\/[A-Za-z0-9-]+\/fhir)(?=\/|$)/.exec(path)
  return found ? found[0] : undefined
}

// A comma would make two of one: a role with one in its name is not told.
function roles (client) {
  const told = client ? Array.from(client.roles || []).filter(role => /^[\x21-\x2b\x2d-\x7e]+$/.test(role)) : []
  return told.length ? told.join(',') : undefined
}

function tell (headers, path, client) {
  for (const [name, value] of [['x-forwarded-prefix', prefix(path)], ['x-hie-roles', roles(client)]]) {
    if (value) headers[name] = value
    else delete headers[name]
  }
}

module.exports = function prepareChannels (core) {
  const matching = core('./lib/middleware/requestMatching')
  const utils = core('./lib/utils')
  const { isChannelEnabled } = core('./lib/model/channels')
  const match = matching.koaMiddleware
  const all = () => new Promise((resolve, reject) =>
    utils.getAllChannelsInPriorityOrder((error, channels) => error ? reject(error) : resolve(channels)))
  matching.koaMiddleware = (ctx, next) => match(ctx, async () => {
    const matched = ctx.matchingChannel
    if (matched && !allows(matched, ctx.request.method)) {
      const channels = (await all()).filter(isChannelEnabled)
      ctx.matchingChannel = withMethod(channels, matched, ctx.request.path, ctx.request.method)
    }
    await next()
  })
}
module.exports.withMethod = withMethod
module.exports.prefix = prefix
module.exports.tell = tell
