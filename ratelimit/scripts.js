'use strict';

// What is done in Redis, in the layout of @upstash/ratelimit, so that both libraries share one budget. None begins with
// flags, which open-source Redis would refuse. `limitScripts` are proved against the functions in src/limiter by
// __test__/ratelimit.

const { createHash } = require('node:crypto');

/** A script with the hash by which Redis knows it. */
function script(source) {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** `at`: which key holds a limit that was set while all runs, if there is one. */
const limitOf = (at) => `local limit = tonumber(KEYS[${at}] and redis.call('GET', KEYS[${at}]) or ARGV[1])\n`;

/** The weight that the window before still has in a sliding window. ARGV: limit, now in ms, window in ms. */
const SLIDING = `${limitOf(3)}
local now, window = tonumber(ARGV[2]), tonumber(ARGV[3])
local current = tonumber(redis.call('GET', KEYS[1]) or 0)
local before = tonumber(redis.call('GET', KEYS[2]) or 0)
before = math.floor((1 - (now % window) / window) * before)
`;

/** What of the burst is used up, in 1/limit ms. ARGV: limit, window in ms, burst, now. */
const ARRIVAL = `
local limit, window, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local used = 0
local ms, part = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(%d+)$')
if ms and tonumber(ms) >= now then
  used = (tonumber(ms) - now) * limit + math.min(tonumber(part), limit)
end
`;

const limitScripts = {
  /** KEYS: counter, dynamic limit. ARGV: limit, window in ms, rate. Reply: left (below 0: refused), limit. */
  fixedWindow: script(`${limitOf(2)}
local used = redis.call('INCRBY', KEYS[1], ARGV[3])
if used == tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return { limit - used, limit }
`),

  /** KEYS: counters of this window and the one before, dynamic limit. ARGV: limit, now, window, rate. Reply: left (-1: refused), limit. */
  slidingWindow: script(`${SLIDING}
local rate = tonumber(ARGV[4])
if rate > 0 and before + current >= limit then
  return { -1, limit }
end
local used = redis.call('INCRBY', KEYS[1], rate)
if used == rate then
  redis.call('PEXPIRE', KEYS[1], window * 2 + 1000)
end
return { limit - (used + before), limit }
`),

  /** KEYS: bucket, dynamic limit. ARGV: capacity, interval in ms, refill, now, rate. Reply: left (-1: refused), the next refill, limit. */
  tokenBucket: script(`${limitOf(2)}
local interval, refill, now, rate = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', KEYS[1], 'refilledAt', 'tokens')
local refilled, tokens = now, limit
if known[1] then
  refilled, tokens = tonumber(known[1]), tonumber(known[2])
end
local refills = math.floor((now - refilled) / interval)
if refills > 0 then
  refilled, tokens = refilled + refills * interval, math.min(limit, tokens + refills * refill)
end
if rate > 0 and tokens < rate then
  return { -1, refilled + interval, limit }
end
tokens = tokens - rate
redis.call('HSET', KEYS[1], 'refilledAt', refilled, 'tokens', tokens)
local full = math.ceil((limit - tokens) / refill) * interval
if full > 0 then
  redis.call('PEXPIRE', KEYS[1], full)
end
return { tokens, refilled + interval, limit }
`),

  /**
   * KEYS: the theoretical arrival time, "<ms>:<parts of 1/limit ms>". ARGV: limit, window in ms, burst, now, rate.
   * Reply: 1 or 0, left, when the burst is whole again. It is kept for a second longer than it counts: the clock of another
   * caller may be behind. Source: ITU-T I.371, annex A; see src/limiter/gcra.rs.
   */
  gcra: script(`${ARRIVAL}
local rate = tonumber(ARGV[5])
if rate > 0 and used + rate * window > burst * window then
  return { 0, 0, now + math.ceil(used / limit) }
end
used = math.max(0, used + rate * window)
local ms = now + math.floor(used / limit)
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', ms, used % limit), 'PX', string.format('%.0f', ms - now + 1000))
return { 1, math.max(0, math.floor((burst * window - used) / window)), now + math.ceil(used / limit) }
`),

  /** KEYS: counter. ARGV: window in ms, rate. Reply: used. */
  cachedFixedWindow: script(`
local used = redis.call('INCRBY', KEYS[1], ARGV[2])
if used == tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return used
`),
};

const peekScripts = {
  /** KEYS: counter, dynamic limit. ARGV: limit. Reply: left, limit. */
  fixedWindow: script(`${limitOf(2)}
return { limit - tonumber(redis.call('GET', KEYS[1]) or 0), limit }
`),

  /** KEYS and ARGV as of the limit, without the rate. Reply: left, limit. */
  slidingWindow: script(`${SLIDING}
return { limit - (before + current), limit }
`),

  /** KEYS: bucket, dynamic limit. ARGV: capacity. Reply: tokens, when they were filled up (-1: never used), limit. */
  tokenBucket: script(`${limitOf(2)}
local known = redis.call('HMGET', KEYS[1], 'refilledAt', 'tokens')
if not known[1] then
  return { limit, -1, limit }
end
return { tonumber(known[2]), tonumber(known[1]), limit }
`),

  /** KEYS and ARGV as of the limit, without the rate. Reply: left, when the burst is whole again. */
  gcra: script(`${ARRIVAL}
return { math.max(0, math.floor((burst * window - used) / window)), now + math.ceil(used / limit) }
`),
};

/** Of several regions: each request is a field of a hash, so that regions can be made equal afterwards. */
const regionScripts = {
  /** KEYS: hash. ARGV: the request's id, window in ms, rate. Reply: all fields and values. */
  fixedWindow: script(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
local all = redis.call('HGETALL', KEYS[1])
if #all == 2 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return all
`),

  /** KEYS: hashes of this window and the one before. ARGV: limit, now, window in ms, id, rate. Reply: both as they were, and 1 where it passes. */
  slidingWindow: script(`
local function sum(all)
  local total = 0
  for at = 2, #all, 2 do
    total = total + tonumber(all[at])
  end
  return total
end
local limit, now, window, rate = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local current, before = redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])
local weighted = sum(before) * (1 - (now % window) / window)
if rate > 0 and weighted + sum(current) + rate > limit then
  return { current, before, false }
end
redis.call('HSET', KEYS[1], ARGV[4], rate)
if #current == 0 then
  redis.call('PEXPIRE', KEYS[1], window * 2 + 1000)
end
return { current, before, true }
`),

  /** KEYS: hashes. Reply: the fields and values of each. */
  read: script(`
local all = {}
for at = 1, #KEYS do
  all[at] = redis.call('HGETALL', KEYS[at])
end
return all
`),
};

/**
 * KEYS: the deny list, the state of the list of addresses in it. ARGV: values. Reply: which of them are denied, and -2
 * where the addresses have to be fetched anew, which the others leave to who got it for 30 s.
 */
const denied = script(`
local found = redis.call('SMISMEMBER', KEYS[1], unpack(ARGV))
local state = redis.call('TTL', KEYS[2])
if state == -2 then
  redis.call('SETEX', KEYS[2], 30, 'pending')
end
return { found, state }
`);

/** Sends the hash, and the text where Redis does not know it. `redis`: whoever has `evalsha` and `eval`. */
async function run(redis, { source, sha1 }, keys, args) {
  try {
    return await redis.evalsha(sha1, keys, args);
  } catch (error) {
    if (!`${error}`.includes('NOSCRIPT')) throw error;
    return redis.eval(source, keys, args);
  }
}

module.exports = { limitScripts, peekScripts, regionScripts, denied, run, script };
