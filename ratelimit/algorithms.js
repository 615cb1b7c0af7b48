'use strict';

const { mistake } = require('../redis/errors.js');
const { count, milliseconds } = require('./duration.js');
const { limitScripts, peekScripts, run } = require('./scripts.js');

/**
 * An algorithm of a `Ratelimit`.
 *
 * @typedef {object} Context where it works
 * @property {object} [redis] whoever has `evalsha`, `eval` and `del`
 * @property {object} [tokens] the addon's `Tokens`, in the place of `redis`
 * @property {import('./blocks.js').Blocks} [blocks]
 * @property {string[]} [dynamicKeys] the key of a limit set while all runs, where that is enabled
 */

/** An answer at once. */
const answer = (fields) => ({ pending: Promise.resolve(), ...fields });

const blocked = (limit, reset) => answer({ success: false, limit, remaining: 0, reset, reason: 'cacheBlock' });

/** `rate`: how many tokens one request takes; one below 0 gives some back. */
function checkedRate(rate = 1) {
  if (Number.isSafeInteger(rate)) return rate;
  throw mistake('E_COMMAND', `rate: found ${String(rate)}; expected a whole number`);
}

/**
 * Makes an algorithm of what is peculiar to it.
 *
 * @param {object} own
 * @param {number} own.limit the most that there can be
 * @param {object} own.memory the options of `Tokens`
 * @param {object} own.scripts `take` and `peek`
 * @param {(key: string, now: number) => string[]} own.keys
 * @param {(now: number) => unknown[]} own.args what both scripts take, in its order
 * @param {(reply: number[], now: number) => object} own.taken the answer to a request
 * @param {(reply: number[], now: number) => object} own.peeked what is left
 * @param {(key: string, now: number) => string[]} own.state every key that may hold something now
 */
function algorithm({ limit, memory, scripts, keys, args, taken, peeked, state }) {
  const made = () => ({
    async limit(context, key, rate) {
      const { redis, tokens, blocks, dynamicKeys = [] } = context;
      const cost = checkedRate(rate);
      const now = Date.now();
      if (tokens !== undefined) {
        const { success, limit: most, remaining, reset } = tokens.decide(key, now, cost);
        return answer({ success, limit: most, remaining, reset });
      }
      const until = cost > 0 ? blocks?.until(key) : undefined;
      if (until !== undefined) return blocked(limit, until);
      const reply = await run(redis, scripts.take, [...keys(key, now), ...dynamicKeys], [...args(now), cost]);
      const response = taken(reply, now);
      if (!response.success) blocks?.block(key, response.reset);
      else if (cost < 0) blocks?.delete(key);
      return answer(response);
    },

    async getRemaining({ redis, tokens, dynamicKeys = [] }, key) {
      const now = Date.now();
      if (tokens !== undefined) {
        const { remaining, reset, limit: most } = tokens.peek(key, now);
        return { remaining, reset, limit: most };
      }
      return peeked(await run(redis, scripts.peek, [...keys(key, now), ...dynamicKeys], args(now)), now);
    },

    async resetTokens({ redis, tokens, blocks }, key) {
      blocks?.delete(key);
      if (tokens !== undefined) tokens.reset(key);
      else await redis.del(...state(key, Date.now()));
    },
  });
  return Object.assign(made, { memory });
}

/** The keys of a window and its neighbours: somebody's clock may be ahead or behind. */
const windowsAround = (windowMs) => (key, now) => {
  const bucket = Math.floor(now / windowMs);
  return [bucket - 1, bucket, bucket + 1].map((one) => `${key}:${one}`);
};

const windowOf = (now, windowMs) => Math.floor(now / windowMs);
const endOf = (now, windowMs) => (windowOf(now, windowMs) + 1) * windowMs;

/** How windows of either kind answer. */
const windowAnswers = (windowMs) => ({
  taken: ([left, limit], now) => ({ success: left >= 0, limit, remaining: Math.max(0, left), reset: endOf(now, windowMs) }),
  peeked: ([left, limit], now) => ({ remaining: Math.max(0, left), reset: endOf(now, windowMs), limit }),
  state: windowsAround(windowMs),
});

/** `tokens` requests in each window. */
function fixedWindow(tokens, window) {
  const limit = count('tokens', tokens);
  const windowMs = milliseconds(window);
  return algorithm({
    limit,
    memory: { algorithm: 'fixed-window', limit, windowMs },
    scripts: { take: limitScripts.fixedWindow, peek: peekScripts.fixedWindow },
    keys: (key, now) => [`${key}:${windowOf(now, windowMs)}`],
    args: () => [limit, windowMs],
    ...windowAnswers(windowMs),
  });
}

/** `tokens` requests in a window, the one before weighed by what of it is left. */
function slidingWindow(tokens, window) {
  const limit = count('tokens', tokens);
  const windowMs = milliseconds(window);
  return algorithm({
    limit,
    memory: { algorithm: 'sliding-window', limit, windowMs },
    scripts: { take: limitScripts.slidingWindow, peek: peekScripts.slidingWindow },
    keys: (key, now) => [0, 1].map((back) => `${key}:${windowOf(now, windowMs) - back}`),
    args: (now) => [limit, now, windowMs],
    ...windowAnswers(windowMs),
  });
}

/** A bucket of `maxTokens` that gets `refillRate` at each interval. */
function tokenBucket(refillRate, interval, maxTokens) {
  const [refill, capacity] = [count('refillRate', refillRate), count('maxTokens', maxTokens)];
  const intervalMs = milliseconds(interval);
  return algorithm({
    limit: capacity,
    memory: { algorithm: 'token-bucket', limit: refill, windowMs: intervalMs, burst: capacity, inSteps: true },
    scripts: { take: limitScripts.tokenBucket, peek: peekScripts.tokenBucket },
    keys: (key) => [key],
    args: (now) => [capacity, intervalMs, refill, now],
    taken: ([left, reset, most]) => ({ success: left >= 0, limit: most, remaining: Math.max(0, left), reset }),
    peeked: ([left, filled, most], now) => ({
      remaining: Math.max(0, left),
      reset: (filled === -1 ? now : filled) + intervalMs,
      limit: most,
    }),
    state: (key) => [key],
  });
}

/** `tokens` requests in a window, evenly, and up to `burst` at once. Not in @upstash/ratelimit. */
function gcra(tokens, window, burst = tokens) {
  const [limit, most] = [count('tokens', tokens), count('burst', burst)];
  const windowMs = milliseconds(window);
  return algorithm({
    limit: most,
    memory: { algorithm: 'gcra', limit, windowMs, burst: most },
    scripts: { take: limitScripts.gcra, peek: peekScripts.gcra },
    keys: (key) => [key],
    args: (now) => [limit, windowMs, most, now],
    taken: ([passes, remaining, reset]) => ({ success: passes === 1, limit: most, remaining, reset }),
    peeked: ([remaining, reset]) => ({ remaining, reset, limit: most }),
    state: (key) => [key],
  });
}

/** A fixed window that counts here after the first request of each window, and tells Redis in `pending`. */
function cachedFixedWindow(tokens, window) {
  const limit = count('tokens', tokens);
  const windowMs = milliseconds(window);
  const plain = fixedWindow(tokens, window);
  const exact = plain();
  const keyOf = (key, now) => `${key}:${windowOf(now, windowMs)}`;
  const tell = (redis, key, cost) => run(redis, limitScripts.cachedFixedWindow, [key], [windowMs, cost]);

  const made = () => ({
    async limit(context, identifier, rate) {
      const { redis, tokens: here, blocks } = context;
      if (here !== undefined) return exact.limit(context, identifier, rate);
      needsCache(blocks);
      const cost = checkedRate(rate);
      const now = Date.now();
      const key = keyOf(identifier, now);
      // Back at nothing, it asks again: what was refused here was not told, and what was given back was.
      const known = blocks.get(key) || undefined;
      const used = known === undefined ? await tell(redis, key, cost) : known + cost;
      // Another request may have counted while this one asked.
      blocks.set(key, known === undefined ? Math.max(used, blocks.get(key) ?? used) : used);
      const success = used <= limit;
      const pending = known !== undefined && success ? tell(redis, key, cost) : Promise.resolve();
      return { success, limit, remaining: limit - used, reset: endOf(now, windowMs), pending };
    },

    async getRemaining(context, identifier) {
      const { redis, tokens: here, blocks } = context;
      if (here !== undefined) return exact.getRemaining(context, identifier);
      needsCache(blocks);
      const now = Date.now();
      const key = keyOf(identifier, now);
      const used = (blocks.get(key) || undefined) ?? limit - (await run(redis, peekScripts.fixedWindow, [key], [limit]))[0];
      return { remaining: Math.max(0, limit - used), reset: endOf(now, windowMs), limit };
    },

    async resetTokens(context, identifier) {
      context.blocks?.delete(keyOf(identifier, Date.now()));
      return exact.resetTokens(context, identifier);
    },
  });
  return Object.assign(made, { memory: plain.memory, isCached: true });
}

function needsCache(blocks) {
  if (blocks === undefined) throw mistake('E_CONFIG', 'ephemeralCache: found false; expected a cache, which cachedFixedWindow needs');
}

module.exports = { fixedWindow, slidingWindow, tokenBucket, gcra, cachedFixedWindow, checkedRate, endOf, windowOf, windowsAround };
