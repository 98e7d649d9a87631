// What the exchange map shows: one JSON line for each message whose answer was given, in /run/openhim/events, for the
// group openhim (the box's page) alone. No patient data: of an address only words that stand in the lists below are
// written, everything else (ids, names, numbers) becomes "*", and of a query nothing. At most 256 KiB: then the newest
// lines are written aside and renamed. Nothing here may delay or fail a message.
'use strict'
const fs = require('fs')

const SIZE_MAX = 256 * 1024
const KEPT = 200 // lines that a new file begins with
const WAITING_MAX = 2000 // lines between two writes; more are not shown
const EVERY = 50 // milliseconds between writes: a dot on a map may be that late
const TEXT_MAX = 64
const BASES = new Set(['CR', 'SHR', 'FR', 'TS', 'fhir'])
const TYPES = new Set(('AllergyIntolerance Appointment Basic Binary Bundle CarePlan Claim CodeSystem Communication Composition ' +
  'ConceptMap Condition Consent Coverage Device DiagnosticReport DocumentReference Encounter Endpoint EpisodeOfCare ' +
  'FamilyMemberHistory Group HealthcareService Immunization List Location Medication MedicationAdministration ' +
  'MedicationDispense MedicationRequest MedicationStatement NamingSystem Observation Organization ' +
  'OrganizationAffiliation Parameters Patient Person Practitioner PractitionerRole Procedure Provenance Questionnaire ' +
  'QuestionnaireResponse RelatedPerson Schedule ServiceRequest Slot Specimen StructureDefinition Subscription Task ' +
  'ValueSet metadata').split(' '))
const OPERATIONS = new Set(('$everything $expand $ihe-pix $lookup $match $mdm-create-link $mdm-duplicate-golden-resources ' +
  '$mdm-merge-golden-resources $mdm-not-duplicate $mdm-query-links $mdm-submit $mdm-update-link $process-message ' +
  '$subsumes $summary $translate $validate $validate-code _history _search').split(' '))

// "/CR/fhir/Patient/*/$summary": the shape of an address.
function shape (path, channel) {
  const parts = String(path || '').split('?')[0].split('/').filter(Boolean).slice(0, 8)
  const first = parts.shift()
  if (first === undefined) return '/'
  if (BASES.has(first)) {
    const rest = first !== 'fhir' && parts[0] === 'fhir' ? ['fhir', ...parts.slice(1)] : parts
    // a type may stand at the beginning alone: further on an id may be called like one
    const from = first === 'fhir' ? 0 : 1
    return '/' + [first, ...rest.map((part, at) => (at < from && part === 'fhir') || (at === from && TYPES.has(part)) ||
      OPERATIONS.has(part) ? part : '*')].join('/')
  }
  const known = channel && /^[A-Za-z0-9_-]{1,64}$/.test(first) && String(channel.urlPattern).startsWith(`^/${first}`)
  return known ? `/${first}${parts.length ? '/*' : ''}` : '/*'
}

const bounded = text => text === undefined || text === null ? null : String(text).slice(0, TEXT_MAX)

// Who decided what became of it: "passed" (the system behind answered with success), "declined" (it said no),
// "refused" (the layer let nothing through), "failed" (the system behind did not answer, or broke).
function outcome (ctx, status, thrown) {
  if (!ctx.authorisedChannel) {
    return ['refused', !ctx.authenticated ? 'unknown' : !ctx.matchingChannel ? 'no-channel' : 'no-role']
  }
  // a mediator answers for others: what it calls an error broke behind it
  if (thrown || (ctx.error && !ctx.mediatorResponse)) {
    return ['failed', /time.?out|timed out/i.test((thrown || ctx.error).message || '') ? 'late' : 'unreachable']
  }
  if (status >= 500 || ctx.error) return ['failed', 'broken']
  return status >= 400 ? ['declined', null] : ['passed', null]
}

class Events {
  constructor (folder, warn) {
    this.file = `${folder}/events`
    this.warn = warn
    this.last = 0
    this.waiting = []
    this.kept = []
    this.timer = null
    this.open([])
  }

  open (lines) {
    const text = lines.join('')
    try {
      const fd = fs.openSync(`${this.file}.new`, 'w', 0o600)
      fs.fchmodSync(fd, 0o640)
      fs.writeSync(fd, text)
      fs.renameSync(`${this.file}.new`, this.file)
      if (this.fd !== undefined) fs.closeSync(this.fd)
      this.fd = fd
      this.size = text.length
    } catch (error) {
      this.warn(`the events for the map: ${error.message}`)
    }
  }

  write () {
    this.timer = null
    const lines = this.waiting
    this.waiting = []
    this.kept = this.kept.concat(lines).slice(-KEPT)
    const text = lines.join('')
    if (this.fd === undefined || this.size + text.length > SIZE_MAX) return this.open(this.kept)
    try {
      this.size += fs.writeSync(this.fd, text)
    } catch (error) {
      this.warn(`the events for the map: ${error.message}`)
    }
  }

  add (event) {
    if (this.waiting.length >= WAITING_MAX) return
    // grows with every message, also after a restart
    this.last = Math.max(this.last + 1, Date.now())
    // plain ASCII: its length is its bytes
    const line = JSON.stringify({ id: this.last, ...event }).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))
    this.waiting.push(line + '\n')
    if (!this.timer) this.timer = setTimeout(() => this.write(), EVERY)
  }

  // The outermost of OpenHIM's middlewares.
  middleware () {
    return async (ctx, next) => {
      const began = Date.now()
      let thrown
      try {
        await next()
      } catch (error) {
        thrown = error
        throw error
      } finally {
        try {
          this.record(ctx, Date.now() - began, thrown)
        } catch (error) {
          this.warn(`the events for the map: ${error.message}`)
        }
      }
    }
  }

  record (ctx, milliseconds, thrown) {
    const status = thrown ? thrown.status || 500 : ctx.status
    const channel = ctx.authorisedChannel || ctx.matchingChannel
    const [what, why] = outcome(ctx, status, thrown)
    this.add({
      time: Math.floor(Date.now() / 1000),
      tx: ctx.transactionId ? String(ctx.transactionId) : null,
      client: bounded(ctx.authenticated && ctx.authenticated.clientID),
      channel: bounded(channel && channel.name),
      method: bounded(ctx.method),
      path: shape(ctx.path, channel),
      status,
      ms: milliseconds,
      outcome: what,
      why
    })
  }
}

// Before the server starts; `koa` is OpenHIM's lib/koaMiddleware.
function attach (koa, folder, warn) {
  const events = new Events(folder, warn)
  for (const name of ['setupApp', 'rerunApp', 'tcpApp', 'pollingApp']) {
    const make = koa[name]
    koa[name] = done => make(app => {
      app.middleware.unshift(events.middleware())
      return done(app)
    })
  }
  return events
}

module.exports = { attach, shape, outcome, Events }
