'use strict';

const { selected } = require('./bulk.js');
const { part, to } = require('./caller.js');

const ID = 'Message id';

class Messages {
  #caller;

  constructor(caller) {
    this.#caller = caller;
  }

  async get(messageId) {
    return withNames(await this.#caller.ask(to('GET', 'messages', part(ID, messageId))));
  }

  async cancel(request) {
    if (typeof request === 'string') return this.#caller.ask(to('DELETE', 'messages', part(ID, request)));
    if (Array.isArray(request) && request.length === 0) return { cancelled: 0 };
    const selection = Array.isArray(request) ? { messageIds: request } : request;
    return this.#caller.ask({ ...to('DELETE', 'messages'), ...selected(selection, 'messageIds', 'messages') });
  }

  async delete(messageId) {
    await this.#caller.tell(to('DELETE', 'messages', part(ID, messageId)));
  }

  async deleteMany(messageIds) {
    const { cancelled } = await this.cancel(messageIds);
    return cancelled;
  }

  async deleteAll() {
    const { cancelled } = await this.cancel({ all: true });
    return cancelled;
  }
}

/** A message with its group and its rate under their other names as well. */
function withNames(message) {
  return { ...message, urlGroup: message.topicName, ratePerSecond: message.rate };
}

module.exports = { Messages, withNames };
