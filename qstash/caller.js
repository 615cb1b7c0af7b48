'use strict';

const { QstashError, failed, mistake } = require('./errors.js');

/** Calls to the addon, answers back. */
class Caller {
  #native;
  #lacking;

  /** `native`: the addon's client, or null where `lacking` says what is missing for one. */
  constructor(native, lacking) {
    this.#native = native;
    this.#lacking = lacking;
  }

  /** Makes a call whose answer says nothing. */
  async tell(call) {
    await this.#call({ ...call, quiet: true });
  }

  /** Makes a call, and reads the answer. `body`: that of a message. */
  async ask(call, body) {
    return JSON.parse(await this.#call(call, body));
  }

  async #call(call, body) {
    if (this.#native === null) throw new QstashError(this.#lacking, { code: 'E_CONFIG' });
    const { text, error } = await this.#native.call(packed(call), body);
    if (error) throw failed(error);
    return text;
  }
}

/** A call as JSON. Moments become ms, and what JSON would drop without a word is refused. */
function packed(call) {
  return JSON.stringify(call, function pack(name, value) {
    const given = this[name] instanceof Date ? this[name].getTime() : value;
    if (typeof given === 'bigint') return `${given}`;
    if (typeof given === 'string') return given.toWellFormed();
    if (typeof given === 'number' && !Number.isFinite(given)) throw mistake(`${name}: found ${given}; expected a number`);
    return given;
  });
}

/** A call to a place of QStash's API. */
function to(method, ...path) {
  return { call: 'plain', method, path };
}

/** An id or a name, as a part of a path. `what`: which. */
function part(what, value) {
  const text = `${value ?? ''}`;
  if (text === '') throw mistake(`${what} cannot be empty`);
  return text;
}

module.exports = { Caller, part, to };
