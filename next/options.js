'use strict';

const { resolveConfig, resolveMiddlewareConfig } = require('../index.js');

const VARIABLES = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'CACHE_KEY_PREFIX'];
/** As the guide has it for a front end. */
const TTL = '30 m';
/** As long as the lock of a fill can last: what a page waits for may take longer than an answer of Strapi's. */
const FILL_LOCK = '5 s';
const OPTIONS = ['url', 'token', 'prefix', 'ttl', 'swr', 'deadline', 'fillLock', 'jitter', 'earlyRefresh', 'l1', 'bus'];
const CALL_OPTIONS = ['ttl', 'swr', 'tags'];

/** The options of `createCache`, complete: as JSON for the engine. Throws `E_CONFIG`. */
function resolveOptions(given, environment) {
  refuseOthers(given, OPTIONS);
  const { swr, fillLock = FILL_LOCK, jitter, earlyRefresh, ttl = TTL, ...rest } = given;
  const found = VARIABLES.filter((name) => environment[name] !== undefined).map((name) => [name, environment[name]]);
  const options = { ...rest, ttl, cache: { swr, fillLock, jitter, earlyRefresh } };
  return resolveConfig(toJson(options), Object.fromEntries(found));
}

/** What holds for the values of one kind of call. Made once for each: calls come often, and there are few kinds. */
function ruleMaker(resolved) {
  const { rule: defaults } = JSON.parse(resolved).cache;
  const rules = new Map();
  return ({ ttl, swr }) => {
    const name = `${typeof ttl} ${ttl} ${typeof swr} ${swr}`;
    let rule = rules.get(name);
    if (rule === undefined) {
      const own = JSON.parse(resolveMiddlewareConfig('cache', toJson({ ttl, swr }), resolved));
      if (rules.size >= 1_000) rules.clear();
      rules.set(name, (rule = { ttlMs: own.ttlMs ?? defaults.ttlMs, staleMs: own.staleMs ?? defaults.staleMs }));
    }
    return rule;
  };
}

/** The arguments of `cached`. Throws `E_CONFIG`. */
function checkCall(key, options, load) {
  if (typeof key !== 'string' || key === '') throw mistake(`key: found ${shown(key)}; expected text`);
  if (typeof load !== 'function') throw mistake(`load: found ${shown(load)}; expected a function`);
  refuseOthers(options, CALL_OPTIONS);
  checkTags(options.tags ?? []);
}

function checkTags(tags) {
  if (!Array.isArray(tags)) throw mistake(`tags: found ${shown(tags)}; expected a list of texts`);
  const wrong = tags.findIndex((tag) => typeof tag !== 'string' || tag === '');
  if (wrong >= 0) throw mistake(`tags: found ${shown(tags[wrong])}; expected text such as 'api::article.article'`);
}

function refuseOthers(given, known) {
  if (typeof given !== 'object' || given === null) throw mistake(`options: found ${shown(given)}; expected an object`);
  const other = Object.keys(given).find((name) => !known.includes(name));
  if (other !== undefined) throw mistake(`${other}: not an option; the options here are ${known.join(', ')}`);
}

/** JSON would turn these numbers into null, which is no mistake. */
function toJson(options) {
  return JSON.stringify(options, (_name, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
}

function shown(value) {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : value === null ? 'null' : typeof value;
}

function mistake(text) {
  return Object.assign(new Error(text), { code: 'E_CONFIG' });
}

module.exports = { checkCall, checkTags, mistake, resolveOptions, ruleMaker };
