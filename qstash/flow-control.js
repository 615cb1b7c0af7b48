'use strict';

const { part, to } = require('./caller.js');

const KEY = 'Flow control key';

/** What is known of flow control keys, and what they are told. */
class FlowControl {
  #caller;

  constructor(caller) {
    this.#caller = caller;
  }

  async get(key) {
    return this.#caller.ask(to('GET', 'flowControl', part(KEY, key)));
  }

  async getGlobalParallelism() {
    const { parallelismMax = 0, parallelismCount = 0 } = await this.#caller.ask(to('GET', 'globalParallelism'));
    return { parallelismMax, parallelismCount };
  }

  async pause(key) {
    await this.#caller.tell(to('POST', 'flowControl', part(KEY, key), 'pause'));
  }

  async resume(key) {
    await this.#caller.tell(to('POST', 'flowControl', part(KEY, key), 'resume'));
  }

  async pin(key, { parallelism, rate, period }) {
    await this.#caller.tell({ ...to('POST', 'flowControl', part(KEY, key), 'pin'), query: { parallelism, rate, period } });
  }

  async unpin(key, { parallelism, rate }) {
    await this.#caller.tell({ ...to('POST', 'flowControl', part(KEY, key), 'unpin'), query: { parallelism, rate } });
  }

  async resetRate(key) {
    await this.#caller.tell(to('POST', 'flowControl', part(KEY, key), 'resetRate'));
  }
}

module.exports = { FlowControl };
