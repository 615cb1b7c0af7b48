'use strict';

const { to } = require('./caller.js');
const { mistake } = require('./errors.js');
const { jsonMessageOf, messageOf } = require('./message.js');

class Queue {
  #caller;
  #name;

  constructor(caller, name) {
    this.#caller = caller;
    this.#name = name;
  }

  async upsert({ parallelism, paused } = {}) {
    const json = { queueName: this.#named(), parallelism: parallelism ?? 1, paused: paused ?? false };
    await this.#caller.tell({ ...to('POST', 'queues'), json });
  }

  async get() {
    return this.#caller.ask(to('GET', 'queues', this.#named()));
  }

  async list() {
    return this.#caller.ask(to('GET', 'queues'));
  }

  async delete() {
    await this.#caller.tell(to('DELETE', 'queues', this.#named()));
  }

  async pause() {
    await this.#caller.tell(to('POST', 'queues', this.#named(), 'pause'));
  }

  async resume() {
    await this.#caller.tell(to('POST', 'queues', this.#named(), 'resume'));
  }

  async enqueue(request) {
    const queue = this.#named();
    const { message, bytes } = await messageOf(request);
    return this.#caller.ask({ call: 'publish', queue, message }, bytes);
  }

  async enqueueJSON(request) {
    const queue = this.#named();
    const { message, bytes } = jsonMessageOf(request);
    return this.#caller.ask({ call: 'publish', queue, message }, bytes);
  }

  #named() {
    if (!this.#name) throw mistake('Please provide a queue name to the Queue constructor');
    return `${this.#name}`;
  }
}

module.exports = { Queue };
