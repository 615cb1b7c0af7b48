'use strict';

const { word } = require('./table.js');

/** `BITFIELD` on one key: operations are added one by one and carried out by `exec`, in order and atomically. */
class BitField {
  #words;
  #run;

  /** `run`: what is done with the finished command. */
  constructor(key, run) {
    this.#words = ['bitfield', word(key)];
    this.#run = run;
  }

  get(encoding, offset) {
    return this.#add('get', encoding, offset);
  }

  set(encoding, offset, value) {
    return this.#add('set', encoding, offset, value);
  }

  incrby(encoding, offset, increment) {
    return this.#add('incrby', encoding, offset, increment);
  }

  overflow(behaviour) {
    return this.#add('overflow', behaviour);
  }

  exec() {
    return this.#run({ words: this.#words });
  }

  #add(...words) {
    this.#words.push(...words.map(word));
    return this;
  }
}

module.exports = { BitField };
