'use strict';

// `strapi-upstash/koa2-ratelimit`: where Strapi's own limiters of log-ins count, shared by all processes.

const { createHash } = require('node:crypto');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Redis } = require('../index.js');
const { mistake } = require('../redis/errors.js');
const { run, script } = require('./scripts.js');

/** A log-in waits no longer for Upstash; then it is counted here. */
const TIMEOUT_MS = 1_000;
/** Windows remembered here, beyond which the oldest go. */
const MAX_WINDOWS = 10_000;
const QUIET_MS = 60_000;

/**
 * KEYS: counter. ARGV: weight, window in ms. Reply: the count, and how many ms the window goes on. It begins with the
 * first request, as koa2-ratelimit's own store has it.
 */
const INCREASE = script(`
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return { count, left }
`);

/** KEYS: counter. ARGV: weight. Takes back what still counts. */
const DECREASE = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('DECRBY', KEYS[1], ARGV[1])
end
return 0
`);

/**
 * The class that koa2-ratelimit checks a store to be an instance of. It is a dependency of Strapi's, so with some package
 * managers nobody but Strapi finds it.
 */
function baseClass() {
  const app = join(process.cwd(), 'package.json');
  for (const path of [['@strapi/strapi', '@strapi/admin'], ['@strapi/admin'], ['@strapi/plugin-users-permissions'], []]) {
    try {
      const owner = path.reduce((from, name) => createRequire(from).resolve(`${name}/package.json`), app);
      return createRequire(owner)('koa2-ratelimit').Stores.Store;
    } catch {
      // Looked for with the next.
    }
  }
  throw mistake('E_CONFIG', 'koa2-ratelimit is not installed; RateLimitStore is for the limiters of Strapi, which bring it');
}

/** Counts in this process, for as long as there is no Upstash. */
class LocalWindows {
  #windows = new Map();

  increase(key, weight, interval) {
    const now = Date.now();
    let window = this.#windows.get(key);
    if (window === undefined || window.end <= now) {
      this.#windows.delete(key);
      window = { count: 0, end: now + interval };
      this.#windows.set(key, window);
      const [oldest] = this.#windows.keys();
      if (this.#windows.size > MAX_WINDOWS) this.#windows.delete(oldest);
    }
    window.count += weight;
    return { counter: window.count, dateEnd: window.end };
  }

  decrease(key, weight) {
    const window = this.#windows.get(key);
    if (window !== undefined) window.count -= weight;
  }
}

/** Makes the store. Its class is found only now: where there is no Strapi, nothing fails before it is asked for. */
function RateLimitStore(options) {
  return new (storeOver(baseClass()))(options);
}

function storeOver(Base) {
  return class Store extends Base {
    #local = new LocalWindows();
    #redis;
    #prefix;
    #quietUntil = 0;

    constructor({ redis, url, token, prefix, timeout = TIMEOUT_MS } = {}) {
      super();
      const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, CACHE_KEY_PREFIX } = process.env;
      const credentials = { url: url || UPSTASH_REDIS_REST_URL, token: token || UPSTASH_REDIS_REST_TOKEN };
      this.#prefix = `${prefix || CACHE_KEY_PREFIX || 'strapi'}:login`;
      if (redis !== undefined) this.#redis = redis;
      else if (credentials.url || credentials.token) this.#redis = new Redis({ ...credentials, timeout, retry: false });
    }

    /** `weight` more for `key`: how many there are in its window, and when that ends. */
    async incr(key, { interval }, weight) {
      const stored = this.#keyOf(key);
      if (this.#redis !== undefined) {
        try {
          const [counter, left] = await run(this.#redis, INCREASE, [stored], [weight, interval]);
          return { counter, dateEnd: Date.now() + left };
        } catch (error) {
          this.#warn(error);
        }
      }
      return this.#local.increase(stored, weight, interval);
    }

    /** Takes back what a request counted for that failed. */
    async decrement(key, _options, weight) {
      const stored = this.#keyOf(key);
      if (this.#redis === undefined) {
        this.#local.decrease(stored, weight);
        return;
      }
      try {
        await run(this.#redis, DECREASE, [stored], [weight]);
      } catch (error) {
        this.#warn(error);
      }
    }

    /** koa2-ratelimit tells of those it refuses; they are not kept. */
    async saveAbuse() {}

    /** Keys hold what visitors typed, of any length, and the address they came from: neither belongs into a database. */
    #keyOf(key) {
      return `${this.#prefix}:${createHash('sha256').update(`${key}`).digest('base64url')}`;
    }

    #warn(error) {
      const now = Date.now();
      if (now < this.#quietUntil) return;
      this.#quietUntil = now + QUIET_MS;
      console.warn(`[strapi-upstash] log-ins are counted in this process alone: ${error.message}`);
    }
  };
}

module.exports = { RateLimitStore };
