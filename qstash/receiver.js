'use strict';

const { mistake: configMistake } = require('../redis/errors.js');
const { SignatureError, mistake } = require('./errors.js');
const { regionOf } = require('./region.js');

const KEYS = { currentSigningKey: 'QSTASH_CURRENT_SIGNING_KEY', nextSigningKey: 'QSTASH_NEXT_SIGNING_KEY' };

/** Makes `Receiver` over the addon. */
function makeReceiver(verifySignature) {
  /** Tells whether QStash sent a request. */
  return class Receiver {
    #given;

    constructor({ currentSigningKey, nextSigningKey, devMode } = {}) {
      if (devMode) throw configMistake('E_CONFIG', 'devMode: not supported; set the keys that `npx @upstash/qstash-cli dev` prints');
      this.#given = { currentSigningKey, nextSigningKey };
    }

    async verify({ signature, body, url, clockTolerance = 0, upstashRegion } = {}) {
      if (typeof signature !== 'string') throw new SignatureError('Compact JWS must be a string or Uint8Array');
      if (!(clockTolerance >= 0 && clockTolerance < Infinity)) throw mistake(`clockTolerance: found ${clockTolerance}; expected a number of seconds from 0`);
      const { currentSigningKey, nextSigningKey } = keys(this.#given, upstashRegion, process.env);
      try {
        verifySignature(signature, rawBody(body), url?.toString(), Number(clockTolerance), currentSigningKey, nextSigningKey);
      } catch (error) {
        throw error.code === 'E_QSTASH_SIGNATURE' ? new SignatureError(error.message) : error;
      }
      return true;
    }
  };
}

/** The keys that were given, those of the region, or those of the environment. */
function keys(given, upstashRegion, environment) {
  const region = environment.QSTASH_REGION && upstashRegion ? regionOf(upstashRegion) : null;
  const ofRegion = Object.values(KEYS).map((name) => environment[`${region}_${name}`]);
  const prefix = ofRegion.every(Boolean) ? `${region}_` : '';
  const found = Object.entries(KEYS).map(([name, variable]) => [name, given[name] || environment[prefix + variable]]);
  const lacking = found.filter(([, key]) => !key).map(([name]) => name);
  if (lacking.length > 0) {
    throw configMistake('E_CONFIG', `${lacking.join(' and ')}: missing; set ${lacking.map((name) => KEYS[name]).join(' and ')} or pass them to Receiver`);
  }
  return Object.fromEntries(found);
}

function rawBody(body) {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  throw new SignatureError(`body: found a value of type ${typeof body}; expected the body as it came, text or bytes, before anything parsed it`);
}

module.exports = { makeReceiver };
