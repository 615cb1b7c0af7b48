'use strict';

const { mistake: configMistake } = require('../redis/errors.js');
const { Caller, to } = require('./caller.js');
const { DLQ } = require('./dlq.js');
const { errors } = require('./errors.js');
const { FlowControl } = require('./flow-control.js');
const { itemOf, jsonItemOf, jsonMessageOf, messageOf } = require('./message.js');
const { Messages } = require('./messages.js');
const { resolveOptions } = require('./options.js');
const { Queue } = require('./queue.js');
const { makeReceiver } = require('./receiver.js');
const { Schedules } = require('./schedules.js');
const { UrlGroups } = require('./url-groups.js');

const NO_TOKEN = 'token: missing; set QSTASH_TOKEN or pass { token }';

/** Makes `QStash` and `Receiver` over the addon. */
function makeQStash({ QstashClient, verifySignature }) {
  function connect(given) {
    const options = resolveOptions(given, process.env);
    if (!options.token) {
      // A build that evaluates this module needs no token. A call does.
      console.warn(`[strapi-upstash] ${NO_TOKEN}`);
      return new Caller(null, NO_TOKEN);
    }
    try {
      return new Caller(new QstashClient(options));
    } catch (error) {
      throw configMistake(error.code ?? 'E_CONFIG', error.message);
    }
  }

  /** The QStash client. Its methods are described in index.d.ts. */
  class QStash {
    #caller;

    constructor(options) {
      this.#caller = connect(options);
      this.urlGroups = new UrlGroups(this.#caller);
      this.topics = this.urlGroups;
      this.dlq = new DLQ(this.#caller);
      this.messages = new Messages(this.#caller);
      this.schedules = new Schedules(this.#caller);
      this.flowControl = new FlowControl(this.#caller);
    }

    queue({ queueName } = {}) {
      return new Queue(this.#caller, queueName);
    }

    async publish(request) {
      const { message, bytes } = await messageOf(request);
      return this.#caller.ask({ call: 'publish', message }, bytes);
    }

    async publishJSON(request) {
      const { message, bytes } = jsonMessageOf(request);
      return this.#caller.ask({ call: 'publish', message }, bytes);
    }

    async batch(requests) {
      return this.#batch(await Promise.all(requests.map(itemOf)));
    }

    async batchJSON(requests) {
      return this.#batch(requests.map(jsonItemOf));
    }

    async logs({ count, cursor, filter, messageIds } = {}) {
      const listed = messageIds === undefined ? { query: { count, cursor }, filter } : { query: { count, messageIds } };
      const { events, cursor: next } = await this.#caller.ask({ ...to('GET', 'events'), ...listed });
      const logs = (events ?? []).map((event) => Object.assign(event, { urlGroup: event.topicName }));
      return { cursor: next, logs, events: logs };
    }

    async events(request) {
      return this.logs(request);
    }

    async #batch(messages) {
      const answer = await this.#caller.ask({ call: 'batch', messages });
      return Array.isArray(answer) ? answer : [answer];
    }
  }

  return { QStash, Receiver: makeReceiver(verifySignature), errors };
}

module.exports = { makeQStash };
