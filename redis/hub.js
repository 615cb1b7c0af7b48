'use strict';

const { CompletionReader, EVENT, OUTCOME } = require('./wire.js');

/** Replies are copied through a buffer of this size; a larger one gets a buffer of its own. */
const MAILBOX_BYTES = 256 * 1024;
/** The longest delay that timers know. The timer never does anything: it only keeps the process alive. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Who waits for what, for all clients of this thread. One for the thread, because a wake from another thread is what
 * costs most, and a client that is let go must not be held by it.
 *
 * A waiter has `reply(reader)`, `list(reader, count)`, `failure({ code, status, text })`; a listener has
 * `event(event, text)`.
 */
class Hub {
  #native;
  #mailbox = Buffer.allocUnsafeSlow(MAILBOX_BYTES);
  #reader = new CompletionReader(this.#mailbox);
  #waiters = [];
  #free = [];
  #count = 0;
  #alive = null;

  constructor(NativeHub) {
    this.#native = new NativeHub(() => this.#drain());
  }

  /** The addon's side, for a client's constructor. */
  get native() {
    return this.#native;
  }

  /** A number for `waiter`, who keeps the process alive until `leave`. */
  enter(waiter) {
    const slot = this.#free.length > 0 ? this.#free.pop() : this.#waiters.length;
    this.#waiters[slot] = waiter;
    this.#count += 1;
    if (this.#count === 1) {
      if (this.#alive === null) this.#alive = setInterval(() => {}, FOREVER_MS);
      else this.#alive.ref();
    }
    return slot;
  }

  /** Nothing comes for this number any more. */
  leave(slot) {
    this.#waiters[slot] = undefined;
    this.#free.push(slot);
    this.#count -= 1;
    if (this.#count === 0) this.#alive.unref();
  }

  #drain() {
    const length = this.#native.drain(this.#mailbox);
    if (length >= 0) {
      this.#read(this.#reader, length);
      return;
    }
    const large = Buffer.allocUnsafeSlow(-length);
    this.#read(new CompletionReader(large), this.#native.drain(large));
  }

  #read(reader, length) {
    reader.at = 0;
    while (reader.at < length) {
      const size = reader.integer();
      const end = reader.at + size;
      const slot = reader.integer();
      const outcome = reader.byte();
      const waiter = this.#waiters[slot];
      if (outcome === OUTCOME.event) {
        const event = reader.byte();
        // One that was told before it left may still be on its way.
        if (waiter?.event) waiter.event(event, reader.textTo(end));
        if (event === EVENT.over && waiter?.event) this.leave(slot);
      } else {
        // First, as those who are told may at once ask for something else.
        this.leave(slot);
        if (outcome === OUTCOME.reply) waiter.reply(reader);
        else if (outcome === OUTCOME.list) waiter.list(reader, reader.integer());
        else waiter.failure(reader.failure(end));
      }
      reader.at = end;
    }
  }
}

module.exports = { Hub };
