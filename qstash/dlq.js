'use strict';

const { selected } = require('./bulk.js');
const { part, to } = require('./caller.js');
const { withNames } = require('./messages.js');

const ID = 'DLQ id';

/** Messages that could not be delivered. */
class DLQ {
  #caller;

  constructor(caller) {
    this.#caller = caller;
  }

  async listMessages({ count, cursor, filter, dlqIds } = {}) {
    const listed = dlqIds === undefined ? { query: { count, cursor }, filter } : { query: { count, dlqIds } };
    const { messages, cursor: next } = await this.#caller.ask({ ...to('GET', 'dlq'), ...listed });
    return { messages: (messages ?? []).map(withNames), cursor: next };
  }

  async delete(request) {
    if (typeof request === 'string') {
      await this.#caller.tell(to('DELETE', 'dlq', part(ID, request)));
      return { deleted: 1 };
    }
    if (Array.isArray(request) && request.length === 0) return { deleted: 0 };
    return this.#caller.ask({ ...to('DELETE', 'dlq'), ...these(request) });
  }

  async deleteMany(request) {
    return this.delete(request);
  }

  async retry(request) {
    if (Array.isArray(request) && request.length === 0) return { responses: [] };
    return this.#caller.ask({ ...to('POST', 'dlq', 'retry'), ...these(request) });
  }
}

function these(request) {
  const selection = typeof request === 'string' || Array.isArray(request) ? { dlqIds: request } : request;
  return selected(selection, 'dlqIds', 'DLQ messages');
}

module.exports = { DLQ };
