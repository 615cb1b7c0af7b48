'use strict';

const { mistake } = require('../redis/errors.js');

const NAMES = ['redis', 'url', 'token', 'prefix', 'timeout', 'ttl', 'encrypt', 'memory'];
/** What is called of a client. */
const METHODS = ['get', 'set', 'evalsha', 'eval'];

/** A request waits no longer for Upstash, when it begins and when it ends. */
const TIMEOUT_MS = 1_000;
const MAX_TIMEOUT_MS = 60_000;
/** As koa-session has it where no `maxAge` is set. */
const DAY_MS = 86_400_000;
const MEMORY = { maxSessions: 10_000, maxBytes: 32 * 1024 * 1024 };
const KEY_BYTES = 32;

/** The options, checked and completed. Throws `E_CONFIG`. */
function resolveOptions(given, environment) {
  if (typeof given !== 'object' || given === null) wrong('the options', given, 'an object');
  known('', given, NAMES);
  const { redis, url, token, prefix, timeout = TIMEOUT_MS, ttl = DAY_MS } = given;
  return {
    redis: client(redis, url ?? token),
    credentials: credentials(url || environment.UPSTASH_REDIS_REST_URL, token || environment.UPSTASH_REDIS_REST_TOKEN),
    prefix: prefixFrom(prefix || environment.CACHE_KEY_PREFIX || 'strapi'),
    timeout: whole('timeout', timeout, 1, MAX_TIMEOUT_MS, ' ms'),
    ttl: whole('ttl', ttl, 1, Number.MAX_SAFE_INTEGER, ' ms'),
    // `encrypt: process.env.KEY` without the variable must not mean in the clear.
    keys: 'encrypt' in given ? keys(given.encrypt) : [],
    memory: bounds(given.memory),
  };
}

function client(redis, besides) {
  if (redis === undefined) return undefined;
  const lacking = METHODS.find((name) => typeof redis?.[name] !== 'function');
  if (lacking !== undefined) wrong('redis', redis, `a client with ${METHODS.join(', ')}`);
  if (besides !== undefined) throw mistake('E_CONFIG', 'redis: given together with url or token; a client has its own');
  return redis;
}

function credentials(url, token) {
  if (!url && !token) return undefined;
  if (url && token) return { url, token };
  const [lacking, variable] = url ? ['token', 'UPSTASH_REDIS_REST_TOKEN'] : ['url', 'UPSTASH_REDIS_REST_URL'];
  throw mistake('E_CONFIG', `${lacking}: missing; set ${variable}, or pass { url, token } to createSessionStore`);
}

function prefixFrom(prefix) {
  // Glob characters would make patterns match other keys than they say.
  if (typeof prefix === 'string' && prefix.length <= 200 && !/[\s*?[\]\\]/.test(prefix)) return `${prefix}@session:`;
  return wrong('prefix', prefix, 'up to 200 characters, without blanks and *?[]\\');
}

function bounds(given = {}) {
  if (typeof given !== 'object' || given === null) wrong('memory', given, '{ maxSessions, maxBytes }');
  known('memory.', given, Object.keys(MEMORY));
  const { maxSessions = MEMORY.maxSessions, maxBytes = MEMORY.maxBytes } = given;
  return {
    maxSessions: whole('memory.maxSessions', maxSessions, 1, Number.MAX_SAFE_INTEGER, ''),
    maxBytes: whole('memory.maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER, ' bytes'),
  };
}

function keys(given) {
  if (!Array.isArray(given)) return [keyFrom(given)];
  if (given.length === 0) throw noKey('an empty list');
  return given.map(keyFrom);
}

function keyFrom(key) {
  const bytes = typeof key === 'string' ? keyFromText(key.trim()) : key instanceof Uint8Array ? Buffer.from(key) : null;
  if (bytes?.length === KEY_BYTES) return bytes;
  // Nothing of the key goes into the text.
  throw noKey(bytes === null ? (key === undefined ? 'undefined' : `a ${typeof key}`) : `${bytes.length} bytes`);
}

function noKey(found) {
  return mistake('E_CONFIG', `encrypt: found ${found}; expected ${KEY_BYTES} bytes for each key, as base64, hex or a Buffer; \`openssl rand -base64 ${KEY_BYTES}\` makes one`);
}

function keyFromText(text) {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[\w+/-]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function whole(name, found, least, most, unit) {
  if (Number.isInteger(found) && found >= least && found <= most) return found;
  return wrong(name, found, `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}${unit}`);
}

function known(before, given, names) {
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined) throw mistake('E_CONFIG', `${before}${other}: no such option; there are ${names.join(', ')}`);
}

function wrong(name, found, expected) {
  const shown = typeof found === 'object' && found !== null ? 'an object' : typeof found === 'string' ? JSON.stringify(found.slice(0, 100)) : String(found);
  throw mistake('E_CONFIG', `${name}: found ${shown}; expected ${expected}`);
}

module.exports = { resolveOptions };
