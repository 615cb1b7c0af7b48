'use strict';

const { mistake } = require('../redis/errors.js');
const { denied, run } = require('./scripts.js');

const SOURCE = 'https://raw.githubusercontent.com/stamparm/ipsum/master/levels';
const FETCH_TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** How long a value that is denied is refused without asking. */
const DENIED_MS = 60_000;
const MAX_DENIED = 1_000;
/** Members of one SADD. */
const MEMBERS = 5_000;

const keysOf = (prefix) => ({
  all: `${prefix}:denyList:all`,
  addresses: `${prefix}:denyList:ipDenyList`,
  state: `${prefix}:ipDenyListStatus`,
});

/** A threshold that the source has no list for. */
class ThresholdError extends Error {
  name = 'ThresholdError';
  code = 'E_CONFIG';

  constructor(threshold) {
    super(`Allowed threshold values are from 1 to 8, 1 and 8 included. Received: ${threshold}`);
  }
}

/** Throws `ThresholdError`. */
function checkThreshold(threshold) {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > 8) throw new ThresholdError(threshold);
}

/** The list is made anew each night; until 2 in the morning, UTC, the one of before holds. */
function untilRefresh(now = Date.now()) {
  return DAY_MS - ((now - 2 * HOUR_MS) % DAY_MS);
}

async function fetchAddresses(threshold, source) {
  checkThreshold(threshold);
  const url = `${source}/${threshold}.txt`;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw mistake('E_STATUS', `the list of addresses at ${url} was answered with HTTP ${response.status}`);
  return (await response.text()).split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

/**
 * Fetches the addresses that `threshold` sources or more report, and puts them in the place of those before in the deny
 * list. `ttl`: after how many ms they are fetched again; until 2 in the morning, UTC, unless given.
 */
async function updateIpDenyList(redis, prefix, threshold, ttl, source = SOURCE) {
  const addresses = await fetchAddresses(threshold, source);
  const { all, addresses: own, state } = keysOf(prefix);
  const transaction = redis.multi();
  transaction.sdiffstore(all, all, own);
  transaction.del(own);
  for (let at = 0; at < addresses.length; at += MEMBERS) {
    const [first, ...others] = addresses.slice(at, at + MEMBERS);
    transaction.sadd(own, first, ...others);
  }
  // What somebody has denied by hand stays when the address leaves the source.
  transaction.sdiffstore(own, own, all);
  transaction.sunionstore(all, all, own);
  transaction.set(state, 'valid', { px: ttl ?? untilRefresh() });
  return transaction.exec();
}

/** Takes the fetched addresses out of the deny list and fetches none any more. */
async function disableIpDenyList(redis, prefix) {
  const { all, addresses, state } = keysOf(prefix);
  const transaction = redis.multi();
  transaction.sdiffstore(all, all, addresses);
  transaction.del(addresses);
  transaction.set(state, 'disabled');
  return transaction.exec();
}

/** The deny list of one limiter. */
class DenyList {
  #redis;
  #prefix;
  #threshold;
  #source;
  #denied = new Map();

  constructor(redis, prefix, threshold, source = SOURCE) {
    checkThreshold(threshold);
    this.#redis = redis;
    this.#prefix = prefix;
    this.#threshold = threshold;
    this.#source = source;
  }

  /** The first of `values` that was found denied less than a minute ago. */
  remembered(values) {
    const now = Date.now();
    return values.find((value) => (this.#denied.get(value) ?? 0) > now);
  }

  /** Asks: the value that is denied, and the refreshing of the list where that is due. */
  async check(values) {
    const { all, state } = keysOf(this.#prefix);
    const [found, status] = await run(this.#redis, denied, [all, state], values);
    const deniedValue = values.findLast((_value, at) => found[at]);
    for (const [at, value] of values.entries()) if (found[at]) this.#remember(value);
    const isDue = status === -2 && this.#source !== false;
    return { deniedValue, refreshed: isDue ? this.#refresh() : undefined };
  }

  #remember(value) {
    if (this.#denied.size >= MAX_DENIED) this.#denied.clear();
    this.#denied.set(value, Date.now() + DENIED_MS);
  }

  /** Without a network there is no list; that is no reason to fail. */
  async #refresh() {
    try {
      await updateIpDenyList(this.#redis, this.#prefix, this.#threshold, undefined, this.#source);
    } catch (error) {
      console.warn(`[strapi-upstash] the list of denied addresses could not be fetched: ${error.message}`);
    }
  }
}

module.exports = { DenyList, IpDenyList: { ThresholdError, updateIpDenyList, disableIpDenyList } };
