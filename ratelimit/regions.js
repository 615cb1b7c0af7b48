'use strict';

const { randomBytes } = require('node:crypto');
const { checkedRate, endOf, windowOf, windowsAround } = require('./algorithms.js');
const { count, milliseconds } = require('./duration.js');
const { regionScripts, run } = require('./scripts.js');

// Each region counts for itself and answers; the first answer is the answer. What a region does not have yet of the
// others' requests is written to it afterwards, in `pending`.

/** The sum of a hash that came as a list of fields and values. */
function sum(hash) {
  let total = 0;
  for (let at = 1; at < hash.length; at += 2) total += Number(hash[at]);
  return total;
}

const fieldsOf = (hash) => hash.filter((_value, at) => at % 2 === 0).map(String);

/**
 * Writes to each region the requests that others have and it has not, unless it refuses already. One that is away is
 * left as it is. Never rejects: nobody has to wait for this.
 */
async function level(regions, replies, hashOf, key, limit, cost) {
  const settled = await Promise.allSettled(replies);
  const hashes = settled.map(({ value }) => (value === undefined ? null : hashOf(value)));
  const all = new Set(hashes.flatMap((hash) => fieldsOf(hash ?? [])));
  await Promise.allSettled(
    hashes.map(async (hash, at) => {
      if (hash === null || sum(hash) >= limit) return;
      const known = new Set(fieldsOf(hash));
      const lacking = [...all].filter((id) => !known.has(id));
      if (lacking.length > 0) await regions[at].hset(key, Object.fromEntries(lacking.map((id) => [id, cost])));
    }),
  );
}

/** What is the same in both algorithms. `ask(key, now, id, cost)`: keys, args and script of a request. */
function algorithm({ limit, windowMs, script, ask, keys, decide, hashOf, used }) {
  return () => ({
    async limit({ regions, blocks }, key, rate) {
      const cost = checkedRate(rate);
      const now = Date.now();
      const until = cost > 0 ? blocks?.until(key) : undefined;
      if (until !== undefined) {
        return { success: false, limit, remaining: 0, reset: until, reason: 'cacheBlock', pending: Promise.resolve() };
      }
      const id = randomBytes(12).toString('base64url');
      const ownKeys = keys(key, now);
      const replies = regions.map((redis) => run(redis, script, ownKeys, ask(now, id, cost)));
      const decision = decide(await first(replies), now, cost);
      const reset = endOf(now, windowMs);
      if (!decision.success) blocks?.block(key, reset);
      else if (cost < 0) blocks?.delete(key);
      return { limit, reset, ...decision, pending: level(regions, replies, hashOf, ownKeys[0], limit, cost) };
    },

    async getRemaining({ regions }, key) {
      const now = Date.now();
      const reply = await first(regions.map((redis) => run(redis, regionScripts.read, keys(key, now), [])));
      return { remaining: Math.max(0, limit - used(reply, now)), reset: endOf(now, windowMs), limit };
    },

    async resetTokens({ regions, blocks }, key) {
      blocks?.delete(key);
      await Promise.all(regions.map((redis) => redis.del(...windowsAround(windowMs)(key, Date.now()))));
    },
  });
}

/** The first that is not an error; where all are, the first of these. */
function first(replies) {
  return Promise.any(replies).catch(({ errors }) => Promise.reject(errors[0]));
}

function fixedWindow(tokens, window) {
  const limit = count('tokens', tokens);
  const windowMs = milliseconds(window);
  return algorithm({
    limit,
    windowMs,
    script: regionScripts.fixedWindow,
    keys: (key, now) => [`${key}:${windowOf(now, windowMs)}`],
    ask: (_now, id, cost) => [id, windowMs, cost],
    decide: (hash) => ({ success: sum(hash) <= limit, remaining: limit - sum(hash) }),
    hashOf: (hash) => hash,
    used: ([hash]) => sum(hash),
  });
}

function slidingWindow(tokens, window) {
  const limit = count('tokens', tokens);
  const windowMs = milliseconds(window);
  const left = (now) => 1 - (now % windowMs) / windowMs;
  return algorithm({
    limit,
    windowMs,
    script: regionScripts.slidingWindow,
    keys: (key, now) => [0, 1].map((back) => `${key}:${windowOf(now, windowMs) - back}`),
    ask: (now, id, cost) => [limit, now, windowMs, id, cost],
    decide: ([current, before, passes], now, cost) => {
      const used = Math.ceil(sum(before) * left(now)) + sum(current) + (passes ? cost : 0);
      return { success: Boolean(passes), remaining: Math.max(0, limit - used) };
    },
    hashOf: ([current]) => current,
    used: ([current, before], now) => sum(current) + Math.floor(sum(before) * left(now)),
  });
}

module.exports = { fixedWindow, slidingWindow };
