'use strict';

const { EventEmitter } = require('node:events');
const { UpstashError } = require('./errors.js');
const { EVENT } = require('./wire.js');

/**
 * Listens to channels, or to patterns of channels, each over a connection of its own that is opened again when it
 * breaks. What was published while it was broken is lost: Redis keeps no messages. Emits
 *
 * - `subscribe` or `psubscribe` with the number of subscriptions of a connection, each time one stands
 * - `message` and `message:<channel>` with `{ channel, message }`
 * - `pmessage` and `pmessage:<pattern>` with `{ pattern, channel, message }`
 * - `disconnect` with `{ channel, error }` when a connection breaks; it is tried again
 * - `error` with an Error when Upstash refuses; it is not tried again
 */
class Subscriber extends EventEmitter {
  #client;
  #patterns;
  #slots = new Map();

  constructor(client, channels, patterns) {
    super();
    this.#client = client;
    this.#patterns = patterns;
    for (const channel of channels) this.#listen(`${channel}`);
  }

  getSubscribedChannels() {
    return [...this.#slots.keys()];
  }

  /** Ends some subscriptions, or all, and then the listeners as well. */
  async unsubscribe(channels) {
    for (const channel of channels ?? this.#slots.keys()) this.#leave(channel);
    if (channels === undefined) this.removeAllListeners();
  }

  #listen(channel) {
    if (this.#slots.has(channel)) return;
    const slot = this.#client.hub.enter({ event: (event, text) => this.#heard(channel, event, text) });
    this.#slots.set(channel, slot);
    this.#client.native.subscribe(slot, channel, this.#patterns);
  }

  #leave(channel) {
    const slot = this.#slots.get(channel);
    if (slot === undefined) return;
    this.#slots.delete(channel);
    this.#client.native.unsubscribe(slot);
    this.#client.hub.leave(slot);
  }

  #heard(channel, event, text) {
    switch (event) {
      case EVENT.data:
        this.#data(channel, text);
        break;
      case EVENT.broken:
        this.#tell('disconnect', { channel, error: new UpstashError(text, { code: 'E_NETWORK' }) });
        break;
      default:
        this.#slots.delete(channel);
        this.#tell('error', new UpstashError(text));
    }
  }

  /** `subscribe,<channel>,1`, `message,<channel>,…`, `pmessage,<pattern>,<channel>,…`. */
  #data(name, text) {
    const comma = text.indexOf(',');
    const type = text.slice(0, comma);
    // The name is known, and may hold commas.
    if (!text.startsWith(`${name},`, comma + 1)) return;
    const rest = text.slice(comma + name.length + 2);
    switch (type) {
      case 'message':
        this.#tell('message', { channel: name, message: this.#parse(rest) }, name);
        break;
      case 'pmessage': {
        const end = rest.indexOf(',');
        const channel = rest.slice(0, end);
        this.#tell('pmessage', { pattern: name, channel, message: this.#parse(rest.slice(end + 1)) }, name);
        break;
      }
      default:
        this.#tell(type, Number.parseInt(rest, 10));
    }
  }

  #parse(text) {
    if (!this.#client.options.deserialize) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  /** A listener that throws must not keep others from their replies, which come in the same moment. */
  #tell(type, value, name) {
    try {
      // Nobody has to listen to errors, as with @upstash/redis.
      if (this.listenerCount(type) > 0) this.emit(type, value);
      if (name !== undefined) this.emit(`${type}:${name}`, value);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

module.exports = { Subscriber };
