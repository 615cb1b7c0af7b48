'use strict';

const { part, to } = require('./caller.js');

const NAME = 'Url group name';

/** URL groups. On the wire they have their old name, topics. */
class UrlGroups {
  #caller;

  constructor(caller) {
    this.#caller = caller;
  }

  async addEndpoints({ name, endpoints }) {
    await this.#caller.tell({ ...to('POST', 'topics', part(NAME, name), 'endpoints'), json: { endpoints } });
  }

  async removeEndpoints({ name, endpoints }) {
    await this.#caller.tell({ ...to('DELETE', 'topics', part(NAME, name), 'endpoints'), json: { endpoints } });
  }

  async list() {
    return this.#caller.ask(to('GET', 'topics'));
  }

  async get(name) {
    return this.#caller.ask(to('GET', 'topics', part(NAME, name)));
  }

  async delete(name) {
    await this.#caller.tell(to('DELETE', 'topics', part(NAME, name)));
  }
}

module.exports = { UrlGroups };
