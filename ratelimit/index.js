'use strict';

const { mistake } = require('../redis/errors.js');
const algorithms = require('./algorithms.js');
const { Analytics } = require('./analytics.js');
const { Blocks } = require('./blocks.js');
const { DenyList, IpDenyList } = require('./deny-list.js');
const regional = require('./regions.js');

const PREFIX = '@upstash/ratelimit';
const TIMEOUT_MS = 5_000;
const THRESHOLD = 6;

const timedOut = () => ({
  success: true,
  limit: 0,
  remaining: 0,
  reset: 0,
  pending: Promise.resolve(),
  reason: 'timeout',
});

/** What is told of somebody on the deny list whose request was not even counted. */
const refused = (deniedValue) => ({
  success: false,
  limit: 0,
  remaining: 0,
  reset: 0,
  pending: Promise.resolve(),
  reason: 'denyList',
  deniedValue,
});

/** Makes `Ratelimit` and `MultiRegionRatelimit` over the addon. */
function makeRatelimit({ Tokens }) {
  /** What both have in common. Methods are described in index.d.ts; they need no `this`. */
  class Limiter {
    #limiter;
    #context;
    #prefix;
    #timeout;
    #primary;
    #analytics;
    #denyList;
    #dynamicKeys;

    constructor(context, primary, options) {
      const { limiter, prefix = PREFIX, timeout = TIMEOUT_MS, analytics = false, ephemeralCache } = options;
      const { enableProtection = false, denyListThreshold = THRESHOLD, denyListUrl, dynamicLimits = false } = options;
      if (typeof limiter !== 'function') {
        throw mistake('E_CONFIG', 'limiter: expected an algorithm such as Ratelimit.slidingWindow(10, "10 s")');
      }
      if (!(timeout >= 0)) throw mistake('E_CONFIG', `timeout: found ${String(timeout)}; expected a number of ms from 0`);
      this.#prefix = `${prefix}`;
      this.#timeout = timeout;
      this.#primary = primary;
      this.#dynamicKeys = dynamicLimits ? [`${this.#prefix}:dynamic:global`] : [];
      this.#limiter = limiter;
      this.#context = { ...context, dynamicKeys: this.#dynamicKeys };
      if (ephemeralCache !== false) this.#context.blocks = new Blocks(ephemeralCache);
      if (primary === undefined) {
        this.#context.tokens = inMemory(limiter, options);
        return;
      }
      if (analytics) this.#analytics = new Analytics(primary, this.#prefix);
      if (enableProtection) this.#denyList = new DenyList(primary, this.#prefix, denyListThreshold, denyListUrl);
      if (dynamicLimits && limiter.isCached) warn('dynamicLimits is not used by cachedFixedWindow');
    }

    limit = async (identifier, options = {}) => {
      const response = await this.#inTime(this.#decide(identifier, options));
      if (this.#analytics === undefined) return response;
      const { reason, deniedValue, success, pending } = response;
      const isDenied = reason === 'denyList';
      const geo = options.geo ?? options.cf;
      const recorded = this.#analytics.record(isDenied ? deniedValue : identifier, isDenied ? 'denied' : success, geo);
      return { ...response, pending: Promise.all([pending, recorded]) };
    };

    blockUntilReady = async (identifier, timeout) => {
      if (!(timeout > 0)) throw mistake('E_CONFIG', `timeout: found ${String(timeout)}; expected a positive number of ms`);
      const deadline = Date.now() + timeout;
      for (;;) {
        const response = await this.limit(identifier);
        const wait = Math.min(response.reset, deadline) - Date.now();
        // Who is denied will not be let in by waiting.
        if (response.success || response.reason === 'denyList' || Date.now() >= deadline) return response;
        await new Promise((resolve) => setTimeout(resolve, wait > 0 ? wait : 100));
        if (Date.now() > deadline) return response;
      }
    };

    getRemaining = async (identifier) => this.#limiter().getRemaining(this.#context, this.#keyOf(identifier));

    resetUsedTokens = async (identifier) => {
      await this.#limiter().resetTokens(this.#context, this.#keyOf(identifier));
    };

    setDynamicLimit = async ({ limit }) => {
      const [key] = this.#dynamic('setDynamicLimit');
      if (limit === false) await this.#primary.del(key);
      else if (Number.isSafeInteger(limit) && limit >= 0) await this.#primary.set(key, limit);
      else throw mistake('E_CONFIG', `limit: found ${String(limit)}; expected a whole number, or false`);
    };

    getDynamicLimit = async () => {
      const [key] = this.#dynamic('getDynamicLimit');
      const found = await this.#primary.get(key);
      return { dynamicLimit: found === null ? null : Number(found) };
    };

    #keyOf(identifier) {
      return `${this.#prefix}:${identifier}`;
    }

    #dynamic(method) {
      if (this.#dynamicKeys.length > 0 && this.#primary !== undefined) return this.#dynamicKeys;
      throw mistake('E_CONFIG', `dynamicLimits must be enabled in the Ratelimit constructor to use ${method}()`);
    }

    async #decide(identifier, { rate, ip, userAgent, country }) {
      const values = [identifier, ip, userAgent, country].filter(Boolean);
      const remembered = this.#denyList?.remembered(values);
      if (remembered !== undefined) return refused(remembered);
      const [response, denied] = await Promise.all([
        this.#limiter().limit(this.#context, this.#keyOf(identifier), rate),
        this.#denyList?.check(values),
      ]);
      if (denied?.deniedValue !== undefined) {
        Object.assign(response, { success: false, remaining: 0, reason: 'denyList', deniedValue: denied.deniedValue });
      }
      if (denied?.refreshed !== undefined) response.pending = Promise.all([response.pending, denied.refreshed]);
      return response;
    }

    /** Lets pass whom nobody has answered for in time. */
    async #inTime(response) {
      if (this.#timeout === 0) return response;
      let timer;
      const late = new Promise((resolve) => {
        timer = setTimeout(() => resolve(timedOut()), this.#timeout);
      });
      try {
        return await Promise.race([response, late]);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  function inMemory({ memory }, { analytics, enableProtection, dynamicLimits }) {
    if (memory === undefined) {
      throw mistake('E_CONFIG', 'redis: missing; expected a client, which a limiter of your own needs');
    }
    const needing = Object.entries({ analytics, enableProtection, dynamicLimits }).find(([, wanted]) => wanted);
    if (needing !== undefined) throw mistake('E_CONFIG', `redis: missing; expected a client, which ${needing[0]} needs`);
    return new Tokens(JSON.stringify({ name: 'ratelimit', ...memory }));
  }

  class Ratelimit extends Limiter {
    constructor(options) {
      const { redis } = options;
      if (redis !== undefined) checkClient('redis', redis);
      super({ redis }, redis, options);
    }

    static fixedWindow = algorithms.fixedWindow;
    static slidingWindow = algorithms.slidingWindow;
    static tokenBucket = algorithms.tokenBucket;
    static gcra = algorithms.gcra;
    static cachedFixedWindow = algorithms.cachedFixedWindow;
  }

  class MultiRegionRatelimit extends Limiter {
    constructor({ redis, dynamicLimits, ...options }) {
      if (!Array.isArray(redis) || redis.length === 0) {
        throw mistake('E_CONFIG', 'redis: expected a list of clients, one for each region');
      }
      for (const [at, client] of redis.entries()) checkClient(`redis[${at}]`, client);
      if (dynamicLimits) warn('dynamicLimits is not used with several regions');
      super({ regions: redis }, redis[0], { ...options, enableProtection: false });
    }

    static fixedWindow = regional.fixedWindow;
    static slidingWindow = regional.slidingWindow;
  }

  return { Ratelimit, MultiRegionRatelimit, IpDenyList };
}

function checkClient(name, client) {
  if (typeof client?.evalsha === 'function' && typeof client.eval === 'function') return;
  throw mistake('E_CONFIG', `${name}: expected a client with evalsha and eval, such as Redis.fromEnv()`);
}

function warn(text) {
  console.warn(`[strapi-upstash] ${text}`);
}

module.exports = { makeRatelimit };
