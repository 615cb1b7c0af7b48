'use strict';

const { mistake } = require('../redis/errors.js');

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of `'10 s'`, `'1.5h'`. Throws `E_CONFIG`. */
function milliseconds(duration) {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w)$/.exec(duration) ?? [];
  const total = Math.round(Number(amount) * UNITS[unit]);
  if (!(total >= 1)) {
    throw mistake('E_CONFIG', `window: found ${shown(duration)}; expected a number and ms, s, m, h, d or w, such as '10 s'`);
  }
  return total;
}

/** A whole number of at least 1. Throws `E_CONFIG`. */
function count(name, found) {
  if (Number.isSafeInteger(found) && found >= 1) return found;
  throw mistake('E_CONFIG', `${name}: found ${shown(found)}; expected a whole number from 1`);
}

function shown(value) {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

module.exports = { milliseconds, count };
