'use strict';

const { mistake } = require('../redis/errors.js');
const { check, retries, telemetry, timeout, wrong } = require('../redis/options.js');
const { pairs } = require('./message.js');
const { regionOf } = require('./region.js');

const URL = 'https://qstash.upstash.io';

/** The options of `new QStash(…)`, checked and completed for the addon. Throws `E_CONFIG`. */
function resolveOptions(given, environment) {
  const options = { ...given };
  check(options, 'enableTelemetry', 'boolean');
  check(options, 'token', 'string');
  check(options, 'baseUrl', 'string');
  refuseDevMode(options.devMode, environment);
  const found = credentials(environment);
  return {
    url: options.baseUrl ?? found.url,
    token: options.token ?? found.token ?? '',
    headers: headers(options.headers),
    telemetry: named(telemetry(options.enableTelemetry, environment)),
    timeout: timeout(options.timeout),
    ...retries(options.retry),
  };
}

/** Where QStash is, and as whom it is asked, as the environment says: those of the region if it names one. */
function credentials(environment) {
  const region = regionOf(environment.QSTASH_REGION);
  if (region !== null) {
    const [url, token] = [environment[`${region}_QSTASH_URL`], environment[`${region}_QSTASH_TOKEN`]];
    if (url && token) return { url, token };
    console.warn(`[strapi-upstash] QSTASH_REGION is ${region}, but ${region}_QSTASH_URL and ${region}_QSTASH_TOKEN are not both set; those without a region are used`);
  }
  return { url: environment.QSTASH_URL || URL, token: environment.QSTASH_TOKEN };
}

/** A message that is meant for a server on this machine must not reach the real one. */
function refuseDevMode(devMode, environment) {
  const wanted = devMode ?? (/^(1|true)$/.test(environment.QSTASH_DEV ?? '') && environment.NODE_ENV !== 'production');
  if (wanted) {
    const how = 'start `npx @upstash/qstash-cli dev` and set what it prints, QSTASH_URL and QSTASH_TOKEN, instead of QSTASH_DEV or devMode';
    throw mistake('E_CONFIG', `devMode: strapi-upstash starts no QStash of its own; ${how}`);
  }
}

function headers(given) {
  try {
    return pairs(given);
  } catch (cause) {
    return wrong('headers', `something else (${cause.message})`, 'what the constructor of Headers takes');
  }
}

function named(telemetries) {
  if (telemetries === undefined) return [];
  const names = ['sdk', 'runtime', 'platform'];
  return telemetries.map((value, index) => [`upstash-telemetry-${names[index]}`, value]).filter(([, value]) => value !== 'unknown');
}

module.exports = { resolveOptions };
