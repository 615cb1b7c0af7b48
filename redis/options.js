'use strict';

const { UrlError, mistake } = require('./errors.js');

/** How often a request that did not get through is sent again, and after how many ms, as @upstash/redis has it. */
const RETRIES = 5;
const backoff = (retry) => Math.exp(retry) * 50;
/** For one call, retries included. @upstash/redis waits for ever. */
const TIMEOUT_MS = 30_000;
/** More are a mistake, and each is worked out beforehand. */
const MOST_RETRIES = 100;

/**
 * The options of `new Redis(…)`, checked and completed: `{ native, client }`, one part for the addon and one for what
 * JavaScript decides. Throws `E_CONFIG`.
 */
function resolveOptions(given, environment) {
  const options = { ...given };
  check(options, 'automaticDeserialization', 'boolean');
  check(options, 'enableAutoPipelining', 'boolean');
  check(options, 'readYourWrites', 'boolean');
  check(options, 'keepAlive', 'boolean');
  check(options, 'enableTelemetry', 'boolean');
  check(options, 'latencyLogging', 'boolean');
  if (![undefined, false, 'base64'].includes(options.responseEncoding)) wrong('responseEncoding', options.responseEncoding, "'base64' or false");
  if (![undefined, 'text', 'bigint'].includes(options.bigIntegers)) wrong('bigIntegers', options.bigIntegers, "'text' or 'bigint'");
  if (options.agent !== undefined) {
    console.warn('[strapi-upstash] agent: not used, as requests are made outside of Node; set HTTPS_PROXY for a proxy');
  }
  const together = options.enableAutoPipelining ?? true;
  const readYourWrites = options.readYourWrites ?? true;
  return {
    native: {
      url: options.url,
      token: options.token,
      readUrl: options.readUrl,
      timeout: timeout(options.timeout),
      ...retries(options.retry),
      base64: options.responseEncoding !== false,
      readYourWrites,
      together,
      keepAlive: options.keepAlive ?? true,
      telemetry: telemetry(options.enableTelemetry, environment),
    },
    client: {
      deserialize: options.automaticDeserialization ?? true,
      bigIntegers: options.bigIntegers === 'bigint',
      latencyLogging: options.latencyLogging ?? false,
      signal: signal(options.signal),
      together,
      readYourWrites,
    },
  };
}

function check(options, name, type) {
  const found = options[name];
  if (found !== undefined && typeof found !== type) wrong(name, found, type === 'boolean' ? 'true or false' : `a ${type}`);
}

function wrong(name, found, expected) {
  throw mistake('E_CONFIG', `${name}: found ${typeof found === 'object' ? 'an object' : String(found)}; expected ${expected}`);
}

/** The longest that a call may take, in ms; 0 for no limit. */
function timeout(given = TIMEOUT_MS) {
  if (typeof given === 'number' && given >= 0 && given <= 2 ** 31) return given;
  return wrong('timeout', given, 'a number of milliseconds, 0 for no limit');
}

function retries(retry) {
  const none = { pauses: [], jitter: false, unsentOnly: false };
  if (retry === false) return none;
  if (retry !== undefined && (typeof retry !== 'object' || retry === null)) wrong('retry', retry, 'false or { retries, backoff, unsentOnly }');
  const count = retry?.retries ?? RETRIES;
  if (!(Number.isInteger(count) && count >= 0 && count <= MOST_RETRIES)) wrong('retry.retries', count, `a whole number from 0 to ${MOST_RETRIES}`);
  if (retry?.backoff !== undefined && typeof retry.backoff !== 'function') wrong('retry.backoff', retry.backoff, 'a function from the retry to ms');
  if (retry) check(retry, 'unsentOnly', 'boolean');
  const pause = retry?.backoff ?? backoff;
  return {
    pauses: Array.from({ length: count }, (_, index) => Number(pause(index))),
    // Their own function says exactly what they want.
    jitter: retry?.backoff === undefined,
    unsentOnly: retry?.unsentOnly ?? false,
  };
}

/** A function that gives the signal of a call, or undefined where there is none. */
function signal(given) {
  if (given === undefined) return undefined;
  if (typeof given === 'function') return given;
  if (typeof given?.addEventListener !== 'function') wrong('signal', given, 'an AbortSignal or a function that returns one');
  return () => given;
}

function telemetry(enabled, environment) {
  if (!(enabled ?? !environment.UPSTASH_DISABLE_TELEMETRY)) return undefined;
  const { version } = require('../package.json');
  const platform = environment.VERCEL ? 'vercel' : environment.AWS_REGION ? 'aws' : 'unknown';
  return [`strapi-upstash@${version}`, `node@${process.version}`, platform];
}

/** Where the credentials are in the environment. */
function credentialsFrom(environment) {
  return {
    url: environment.UPSTASH_REDIS_REST_URL || environment.KV_REST_API_URL,
    token: environment.UPSTASH_REDIS_REST_TOKEN || environment.KV_REST_API_TOKEN,
  };
}

/** What is missing of url and token, as one sentence, or null. */
function missing({ url, token }) {
  const names = Object.entries({ url, token }).filter(([, value]) => !value);
  if (names.length === 0) return null;
  return `${names.map(([name]) => name).join(' and ')}: missing; set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN or pass { url, token }`;
}

/** The addon's error about an option as the one that callers expect. */
function optionError(error) {
  return error.code === 'E_CONFIG' && error.message.startsWith('url:')
    ? new UrlError(error.message, { cause: error })
    : mistake(error.code ?? 'E_CONFIG', error.message);
}

module.exports = { check, credentialsFrom, missing, optionError, resolveOptions, retries, telemetry, timeout, wrong };
