// OpenHIM keeps a history of each channel's changes with mongoose-patch-history 1.4.0. Where several are changed at
// once (every change of a role), that asks for the changed ones by a query that contains the change itself ($push,
// $pull), which is an error; and where nothing had to be changed it never goes on. Here each of them is asked for by
// its number, and its line of history is written by the plugin's own function. A line must say who it was: a change of
// a role does not tell, so that is remembered from the request.
'use strict'
const { AsyncLocalStorage } = require('async_hooks')

const person = new AsyncLocalStorage()
const ROLES = ['addRole', 'updateRole', 'deleteRole']

const plain = value => JSON.parse(JSON.stringify(value))

function mendPlugin (plugin) {
  const apply = plugin.default
  plugin.default = (schema, options) => {
    const { pre, post } = schema
    let record
    schema.pre = (name, ...rest) => name === 'update' ? schema : pre.call(schema, name, ...rest)
    schema.post = (name, action) => {
      if (name !== 'update') return post.call(schema, name, action)
      record = action
      return schema
    }
    apply(schema, options)
    delete schema.pre
    delete schema.post
    schema.pre('update', function (next) {
      const found = this.options.multi ? this.model.find(this._conditions) : this.model.find(this._conditions).limit(1)
      found.then(documents => {
        this.before = documents.map(one => ({ _id: one._id, data: plain(one.data()) }))
        next()
      }).catch(next)
      this.who = person.getStore()
    })
    schema.post('update', function (result, next) {
      const { model, options, before, who } = this
      if (!who) return next()
      Promise.all(before.map(({ _id, data }) => new Promise((resolve, reject) => record.call(
        { model, options: { ...options, _updatedBy: who }, _original: data, _conditions: { _id }, _update: {} }, {}, error => error ? reject(error) : resolve())
      ))).then(() => next(), next)
    })
  }
}

module.exports = function mendHistory (core) {
  mendPlugin(core('mongoose-patch-history'))
  return function rememberWho () {
    const roles = core('./lib/api/roles')
    const { selectAuditFields } = core('./lib/utils')
    for (const name of ROLES) {
      const change = roles[name]
      roles[name] = (ctx, ...rest) => person.run(selectAuditFields(ctx.authenticated), () => change(ctx, ...rest))
    }
  }
}
