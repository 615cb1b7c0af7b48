'use strict';

const { isGone } = require('./records.js');

/** About what an entry costs besides its text. */
const ENTRY_BYTES = 200;

/**
 * A write: `{ text, expires, when, after }`. `text` is the record, `expires` and `when` are ms since the epoch, `after`
 * the mark of the end that it may follow.
 *
 * Whether `write` may take the place of the record `former`: what was ended stays so.
 */
function admits(former, write) {
  return former === null || !isGone(former) || isGone(write.text) || former === write.after;
}

/** Records in this process, bounded in count and bytes: those not used for the longest go first. */
class Memory {
  #records = new Map();
  #bytes = 0;
  #bounds;

  constructor(bounds) {
    this.#bounds = bounds;
  }

  get size() {
    return this.#records.size;
  }

  read(name) {
    const record = this.#alive(name);
    if (record === undefined) return null;
    this.#records.delete(name);
    this.#records.set(name, record);
    return record.text;
  }

  write(name, write) {
    if (!admits(this.#alive(name)?.text ?? null, write)) return;
    this.delete(name);
    this.#records.set(name, write);
    this.#bytes += weight(write);
    const { maxSessions, maxBytes } = this.#bounds;
    for (const [oldest] of this.#records) {
      if (this.#records.size <= maxSessions && this.#bytes <= maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(name) {
    const record = this.#records.get(name);
    if (record === undefined) return;
    this.#records.delete(name);
    this.#bytes -= weight(record);
  }

  #alive(name) {
    const record = this.#records.get(name);
    if (record === undefined || record.expires > Date.now()) return record;
    this.delete(name);
    return undefined;
  }
}

function weight({ text }) {
  return text.length + ENTRY_BYTES;
}

module.exports = { Memory, admits, weight };
