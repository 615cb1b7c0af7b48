'use strict';

const { Memory, admits, weight } = require('./memory.js');
const { isGone } = require('./records.js');
const { within } = require('./remote.js');

/** A session that could not be written for so long is not written any more: it must not outlast the marks of ends. */
const MAX_WAIT_MS = 3_600_000;
/** Ends are kept longer than any session may wait, and are small. More than these are forgotten, with a warning. */
const MAX_GONE = 100_000;
/** The last of those that Upstash knows of as well: it may be away, or replaced by a replica that does not. */
const ENDED = { maxSessions: 10_000, maxBytes: 4 * 1024 * 1024 };
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** What goes in one request. Upstash takes 1 MB on its smallest plan. */
const MAX_TOGETHER = 100;
const MAX_BYTES_TOGETHER = 262_144;

/**
 * Writes on their way to Upstash. Until one is acknowledged it stays here, is what this process knows of the session,
 * and is sent again; of one session only the newest.
 */
class Outbox {
  #waiting = new Map();
  #ended = new Memory(ENDED);
  #sending = new Map();
  #remote;
  #timeout;
  #bounds;
  #note;
  #timer = null;
  #retries = 0;
  #sessions = 0;
  #bytes = 0;

  /** `note(kind, error)` hears of failures. */
  constructor(remote, { timeout, memory }, note) {
    this.#remote = remote;
    this.#timeout = timeout;
    this.#bounds = memory;
    this.#note = note;
  }

  get size() {
    return this.#waiting.size;
  }

  /** What this process knows better than Upstash does: a record, or null for nothing. */
  newest(name) {
    return this.#next(name)?.text ?? this.#ended.read(name);
  }

  /** Resolves once Upstash has it, or after the time-out: then it waits here. Never rejects. */
  async add(name, write) {
    if (!admits(this.newest(name), write)) return;
    if (isGone(write.text)) this.#ended.write(name, write);
    else this.#ended.delete(name);
    this.#keep(name, write);
    await within(this.#deliver(name), this.#timeout).catch(() => this.#retryLater());
  }

  /** Sends what waits, now. Resolves to whether nothing is left. */
  async flush() {
    for (const names of this.#parcels()) {
      const delivered = await Promise.all(names.map((name) => this.#deliver(name, { anyway: true })));
      // One that is refused does not hold up the others.
      if (!delivered.includes(true)) break;
    }
    return this.size === 0;
  }

  #next(name) {
    const write = this.#waiting.get(name);
    if (write === undefined || !isOver(write)) return write;
    this.#forget(name);
    return undefined;
  }

  #keep(name, write) {
    this.#forget(name);
    this.#waiting.set(name, write);
    if (!isGone(write.text)) this.#sessions += 1;
    this.#bytes += weight(write);
    const { maxSessions, maxBytes } = this.#bounds;
    for (const [oldest, { text }] of this.#waiting) {
      if (this.#sessions <= maxSessions && this.#bytes <= maxBytes) break;
      if (!isGone(text)) this.#lose(oldest, 'sessions');
    }
    if (this.#waiting.size - this.#sessions > MAX_GONE) {
      const [oldest] = [...this.#waiting].find(([, { text }]) => isGone(text));
      this.#lose(oldest, 'logouts');
    }
  }

  #lose(name, what) {
    this.#forget(name);
    this.#note('bounds', new Error(`more ${what} wait for Upstash than memory is meant for; the oldest are forgotten`));
  }

  #forget(name) {
    const write = this.#waiting.get(name);
    if (write === undefined) return;
    this.#waiting.delete(name);
    if (!isGone(write.text)) this.#sessions -= 1;
    this.#bytes -= weight(write);
  }

  /** One write of a session at a time, so that they arrive in their order. Resolves to whether it got through. */
  #deliver(name, how) {
    let delivery = this.#sending.get(name);
    if (delivery === undefined) {
      delivery = this.#send(name, how).finally(() => this.#sending.delete(name));
      this.#sending.set(name, delivery);
    }
    return delivery;
  }

  async #send(name, how) {
    for (let write = this.#next(name); write !== undefined; write = this.#next(name)) {
      try {
        await this.#remote.write(name, write, how);
      } catch (error) {
        this.#note('writing', error);
        this.#retryLater();
        return false;
      }
      if (this.#waiting.get(name) === write) this.#forget(name);
    }
    return true;
  }

  #retryLater() {
    if (this.#timer !== null || this.size === 0) return;
    const pause = Math.min(FIRST_RETRY_MS * 2 ** this.#retries, LAST_RETRY_MS);
    this.#retries += 1;
    // By chance up to a quarter earlier: the processes of a site lose Upstash at the same moment.
    this.#timer = setTimeout(() => void this.#retry(), pause * (1 - Math.random() / 4)).unref();
  }

  async #retry() {
    const nothingLeft = await this.flush();
    this.#timer = null;
    if (nothingLeft) this.#retries = 0;
    this.#retryLater();
  }

  #parcels() {
    const parcels = [];
    let bytes = Infinity;
    for (const name of this.#waiting.keys()) {
      const write = this.#next(name);
      if (write === undefined) continue;
      bytes += weight(write);
      if (bytes > MAX_BYTES_TOGETHER || parcels.at(-1).length === MAX_TOGETHER) {
        parcels.push([]);
        bytes = weight(write);
      }
      parcels.at(-1).push(name);
    }
    return parcels;
  }
}

function isOver({ text, expires, when }) {
  const now = Date.now();
  return expires <= now || (!isGone(text) && now - when > MAX_WAIT_MS);
}

module.exports = { Outbox };
