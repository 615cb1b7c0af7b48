'use strict';

// What becomes of a reply. The shapes are those of @upstash/redis; `redis/commands/*.json` names them under `reply`.
// A shape gets the reply as Redis sent it, strings as text, and the words of the command.

/** Whether a text can be JSON at all. `JSON.parse` throws where it is not, which costs more than it parses. */
function mayBeJson(text) {
  const first = text.charCodeAt(0);
  switch (first) {
    case 0x22: // "
    case 0x5b: // [
    case 0x7b: // {
    case 0x74: // t
    case 0x66: // f
    case 0x6e: // n
    case 0x2d: // -
      return true;
    default:
      return (first >= 0x30 && first <= 0x39) || first === 0x20 || (first >= 0x09 && first <= 0x0d);
  }
}

function parseJson(text) {
  if (typeof text !== 'string' || !mayBeJson(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value: JSON is parsed, but a number only if it prints as it was stored. Lists item by item. */
function parse(value) {
  if (Array.isArray(value)) return value.map(parse);
  const parsed = parseJson(value);
  return typeof parsed === 'number' && `${parsed}` !== value ? value : parsed;
}

/** A field of a hash or a stream: as `parse`, but `'1.0'` is 1. Integers that a number can't hold stay text. */
function parseField(text) {
  const parsed = parseJson(text);
  const lost = typeof parsed === 'number' && Number.isInteger(parsed) && !Number.isSafeInteger(parsed);
  return lost ? text : parsed;
}

/** A field of `hgetall`, where only numbers without decimals are numbers. */
function parseWhole(text) {
  const number = Number(text);
  return !Number.isNaN(number) && !Number.isSafeInteger(number) ? text : parseJson(text);
}

/** `[a, 1, b, 2]` as `[[a, 1], [b, 2]]`. */
function pairs(flat) {
  return Array.from({ length: flat.length >> 1 }, (_, index) => [flat[index * 2], flat[index * 2 + 1]]);
}

function object(flat, parseValue) {
  return flat.length === 0 ? null : Object.fromEntries(pairs(flat).map(([key, value]) => [key, parseValue(value)]));
}

/** The named fields of a hash, which stand in the command from `from` on. */
function fields(values, names) {
  if (values.every((value) => value === null)) return null;
  return Object.fromEntries(names.map((name, index) => [`${name}`, parseField(values[index])]));
}

function fieldNames(words) {
  const marker = words.indexOf('FIELDS', 2);
  return words[0] === 'hmget' ? words.slice(2) : words.slice(marker + 2);
}

/** `{ a: 1 }` of `['a', 1]`; what is an object already stays one. */
function record(flat) {
  return Array.isArray(flat) ? Object.fromEntries(pairs(flat)) : (flat ?? {});
}

/** One found place: its member, then distance, hash and coordinates, as far as they were asked for. */
function place(found, words) {
  const member = (text) => parseJson(text);
  if (!Array.isArray(found)) return { member: member(found) };
  const rest = found.slice(1);
  const has = (option) => words.includes(option, 2);
  return {
    member: member(found[0]),
    ...(has('WITHDIST') && { dist: Number.parseFloat(rest.shift()) }),
    ...(has('WITHHASH') && { hash: `${rest.shift()}` }),
    ...(has('WITHCOORD') && coordinates(rest.shift())),
  };
}

function coordinates([long, lat]) {
  return { coord: { long: Number.parseFloat(long), lat: Number.parseFloat(lat) } };
}

function camelCase(name) {
  return name.replaceAll(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

const SHAPES = {
  hash: (flat) => object(flat, parseWhole),

  fields: (values, words) => fields(values, fieldNames(words)),

  pairs: (reply, words) => (words.at(-1) === 'WITHVALUES' ? object(reply, parseField) : parse(reply)),

  scan: ([cursor, found], words) =>
    words[0] === 'scan' && words.includes('withtype', 2)
      ? [cursor, pairs(found).map(([key, type]) => ({ key, type }))]
      : [cursor, parse(found)],

  stream: (entries) =>
    Object.fromEntries(entries.map(([id, flat]) => [id, Object.fromEntries(pairs(flat ?? []).map(([field, value]) => [field, parseField(value)]))])),

  geopos: (positions) =>
    positions.filter((position) => position?.[0] && position[1]).map(([lng, lat]) => ({ lng: Number.parseFloat(lng), lat: Number.parseFloat(lat) })),

  geosearch: (found, words) => found.map((one) => place(one, words)),

  copied: (count) => (count > 0 ? 'COPIED' : 'NOT_COPIED'),

  libraries: (libraries) =>
    (Array.isArray(libraries) ? libraries : []).map(record).map((library) => ({
      libraryName: library.library_name,
      engine: library.engine,
      functions: library.functions.map(record).map(({ name, description, flags }) => ({
        name,
        description: description ?? undefined,
        flags,
      })),
      libraryCode: library.library_code,
    })),

  engines(stats) {
    const engines = Object.entries(record(record(stats).engines)).map(([name, counts]) => {
      const { libraries_count: librariesCount, functions_count: functionsCount } = record(counts);
      return [name, { librariesCount, functionsCount }];
    });
    return { engines: Object.fromEntries(engines) };
  },

  plain: (reply) => reply,

  text: String,

  textOrNull: (reply) => (reply === null ? null : `${reply}`),

  numberOrNull: (reply) => (reply === null ? null : Number(reply)),

  arrayInfo(reply) {
    // Positions may be beyond what a number holds, so they are text.
    const positions = ['len', 'nextInsertIndex'];
    const entries = Array.isArray(reply) ? pairs(reply) : Object.entries(reply);
    return Object.fromEntries(
      entries.map(([field, value]) => {
        const name = camelCase(`${field}`);
        if (positions.includes(name)) return [name, `${value}`];
        const number = Number(value);
        return [name, Number.isNaN(number) ? value : number];
      }),
    );
  },

  arrayMatches: (reply) => parse(reply).map((found) => (Array.isArray(found) ? [`${found[0]}`, found[1]] : `${found}`)),

  arrayItems: (reply) => parse(reply).map(([index, value]) => [`${index}`, value]),
};

module.exports = { SHAPES, parse };
