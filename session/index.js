'use strict';

// `strapi-upstash/session`: a store for koa-session, and so for `strapi::session`.

const { createHash } = require('node:crypto');
const { Redis } = require('../index.js');
const { Memory } = require('./memory.js');
const { resolveOptions } = require('./options.js');
const { Outbox } = require('./outbox.js');
const { Codec, Unreadable, goneMark } = require('./records.js');
const { Remote } = require('./remote.js');

/** The mark of an end outlives every request that may still hold the session, and every write that may still wait. */
const GONE_MS = 86_400_000;
/** Larger ones are not kept: what Upstash takes in one request is bounded. */
const MAX_SESSION_BYTES = 524_288;
const QUIET_MS = 60_000;

/**
 * A request never fails and never waits longer than the time-out because of Upstash. Who can't be looked up has no
 * session; what can't be written is kept in this process and written later.
 */
class SessionStore {
  #options;
  #codec;
  #redis;
  #place = null;
  /** The ends of each request: koa-session begins a session anew under the key that it has just ended. */
  #ended = new WeakMap();
  /**
   * The session of a request that could not be read. koa-session takes it for none and makes a new one, and a logout
   * ends only that: so the one of the cookie is ended along with it.
   */
  #unread = new WeakMap();
  #quietUntil = new Map();
  #lastError;

  constructor(options = {}) {
    this.#options = resolveOptions(options, process.env);
    const { redis, credentials, keys } = this.#options;
    this.#codec = new Codec(keys);
    // A URL that can't be is an error of the boot.
    this.#redis = redis ?? (credentials && this.#connect(credentials));
  }

  async get(key, _maxAge, { ctx } = {}) {
    const name = this.#nameOf(key);
    try {
      const { remote, outbox, memory } = this.#where();
      const text = memory ? memory.read(name) : (outbox.newest(name) ?? (await remote.read(name)));
      return text === null ? null : this.#codec.decode(name, text);
    } catch (error) {
      this.#note(error instanceof Unreadable ? 'decoding' : 'reading', error);
      if (ctx !== undefined) this.#unread.set(ctx, name);
      return null;
    }
  }

  async set(key, session, maxAge, { ctx } = {}) {
    const name = this.#nameOf(key);
    const when = Date.now();
    const text = this.#codec.encode(name, session, when);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_SESSION_BYTES) {
      this.#note('size', new Error(`a session of ${bytes} bytes is not kept; ${MAX_SESSION_BYTES} are the most`));
      return;
    }
    const expires = when + (Number.isFinite(maxAge) ? maxAge : this.#options.ttl);
    await this.#write(name, { text, expires, when, after: ctx && this.#ended.get(ctx)?.get(name) });
  }

  async destroy(key, { ctx } = {}) {
    const name = this.#nameOf(key);
    const text = goneMark();
    const when = Date.now();
    const names = new Set([name]);
    if (ctx !== undefined) {
      this.#ended.set(ctx, new Map(this.#ended.get(ctx)).set(name, text));
      if (this.#unread.has(ctx)) names.add(this.#unread.get(ctx));
    }
    await Promise.all([...names].map((ended) => this.#write(ended, { text, expires: when + GONE_MS, when })));
  }

  /** Sends what waits for Upstash, now. Resolves to whether nothing is left; never rejects. */
  async flush() {
    return (await this.#where().outbox?.flush()) ?? true;
  }

  status() {
    const { outbox, remote } = this.#where();
    return {
      where: remote ? 'upstash' : 'memory',
      away: remote?.isAway ?? false,
      waiting: outbox?.size ?? 0,
      ...(this.#lastError && { lastError: this.#lastError }),
    };
  }

  async #write(name, write) {
    const { outbox, memory } = this.#where();
    if (memory) memory.write(name, write);
    else await outbox.add(name, write);
  }

  /** Found out by the first who asks: the plugin's configuration is read after that of the middlewares. */
  #where() {
    if (this.#place === null) {
      const redis = this.#redis ?? this.#ofPlugin();
      const remote = redis && new Remote(redis, this.#options.timeout);
      this.#place = remote
        ? { remote, outbox: new Outbox(remote, this.#options, (kind, error) => this.#note(kind, error)) }
        : { memory: new Memory(this.#options.memory) };
    }
    return this.#place;
  }

  #ofPlugin() {
    const { url, token } = globalThis.strapi?.config?.get?.('plugin::upstash') ?? {};
    if (!url || !token) return undefined;
    try {
      return this.#connect({ url, token });
    } catch (error) {
      this.#note('configuration', error);
      return undefined;
    }
  }

  #connect(credentials) {
    const { timeout } = this.#options;
    // What is asked may be asked twice. The time-out is that of all attempts together.
    return new Redis({ ...credentials, timeout, retry: { retries: 2, backoff: () => Math.min(50, timeout / 10) } });
  }

  /** The key is all that a thief of a session needs where cookies are not signed: the database does not hold it. */
  #nameOf(key) {
    return `${this.#options.prefix}${createHash('sha256').update(`${key}`).digest('base64url')}`;
  }

  #note(kind, error) {
    // Errors of Redis go on with the command, and that holds the session.
    const [reason] = `${error?.message ?? error}`.split(', command was:');
    this.#lastError = reason;
    const now = Date.now();
    if (now < (this.#quietUntil.get(kind) ?? 0)) return;
    this.#quietUntil.set(kind, now + QUIET_MS);
    const log = globalThis.strapi?.log ?? console;
    log.warn(`[strapi-upstash] sessions: ${SAYS[kind]}: ${reason}`);
  }
}

const SAYS = {
  reading: 'a request has none, as Upstash could not be asked',
  writing: 'kept in this process until Upstash takes them',
  decoding: 'one was left out',
  size: 'one was left out',
  bounds: 'some were given up',
  configuration: 'kept in process memory',
};

/** Makes a store, in Upstash if it is known where that is, else in process memory. */
function createSessionStore(options) {
  return new SessionStore(options);
}

module.exports = { SessionStore, createSessionStore };
