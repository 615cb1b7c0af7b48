'use strict';

const { mistake } = require('../redis/errors.js');
const { run, script } = require('../ratelimit/scripts.js');
const { isGone } = require('./records.js');

/** After so many failures in a row nobody waits any more, but for one request in a while. */
const PATIENCE = 3;
const PROBE_MS = 1_000;

/**
 * KEYS: session. ARGV: record, ms until it ends, the mark of the end that it may follow, and when it was made if that is
 * a while ago, else 0. Reply: 1 if it was written; 0 if the session was ended, or is newer.
 */
const WRITE = script(`
local found = redis.call('GET', KEYS[1])
if found then
  if string.sub(found, 1, 5) == 'gone.' then
    if found ~= ARGV[3] then
      return 0
    end
  elseif ARGV[4] ~= '0' then
    local made = string.match(found, '^%a1%.(%d+)%.')
    if made and tonumber(made) > tonumber(ARGV[4]) then
      return 0
    end
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** Records on Upstash. No call takes longer than `timeout`, whatever the client's own is. */
class Remote {
  #redis;
  #timeout;
  #failures = 0;
  #nextProbe = 0;

  constructor(redis, timeout) {
    this.#redis = redis;
    this.#timeout = timeout;
  }

  get isAway() {
    return this.#failures >= PATIENCE;
  }

  /** The record, or null. */
  read(name) {
    return this.#ask(() => this.#redis.get(name));
  }

  /** `anyway`: also while nobody waits for Upstash. */
  write(name, { text, expires, when, after = '' }, { anyway = false } = {}) {
    const now = Date.now();
    const left = Math.max(1, Math.ceil(expires - now));
    return this.#ask(() => {
      if (isGone(text)) return this.#redis.set(name, text, { px: left });
      const late = now - when > this.#timeout;
      return run(this.#redis, WRITE, [name], [text, `${left}`, after, late ? `${when}` : '0']);
    }, anyway);
  }

  async #ask(call, anyway = false) {
    const now = Date.now();
    if (this.isAway && !anyway) {
      if (now < this.#nextProbe) throw mistake('E_UNAVAILABLE', `Upstash failed ${this.#failures} times in a row and is not asked for the moment`);
      this.#nextProbe = now + PROBE_MS;
    }
    try {
      const reply = await within(call(), this.#timeout);
      this.#failures = 0;
      return reply;
    } catch (error) {
      // A refusal is an answer.
      if (error?.code === 'E_REDIS') this.#failures = 0;
      else this.#failures += 1;
      throw error;
    }
  }
}

/** `promise`, or a rejection after so many ms. */
async function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(mistake('E_TIMEOUT', `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { Remote, within };
