'use strict';

// The table of commands, `commands/*.json`, made into functions from arguments to words. How `send` is written is
// described in CONTRIBUTING.md.

const builders = require('./builders.js');

/** File to the namespace its methods are in; `''` is the client itself. */
const GROUPS = {
  array: '',
  functions: 'functions',
  geo: '',
  hash: '',
  hyperloglog: '',
  json: 'json',
  keys: '',
  list: '',
  script: '',
  set: '',
  stream: '',
  string: '',
  zset: '',
};

/** Every command: `{ namespace, method, group, entry }`. */
function commands() {
  return Object.entries(GROUPS).flatMap(([group, namespace]) => {
    const entries = Object.entries(require(`./commands/${group}.json`));
    return entries.map(([method, entry]) => ({ namespace, method, group, entry }));
  });
}

/**
 * The parameters that a TypeScript parameter list names, in order; a rest parameter begins with `...`. Of several lists,
 * `...args: [a, b] | [c]`, those of the first.
 */
function parametersOf(list) {
  const first = /^\.\.\.args: \[(.*?)\](?: \| \[|$)/.exec(list);
  if (first) return parametersOf(first[1]);
  const names = [];
  let depth = 0;
  let text = '';
  for (const character of `${list},`) {
    if ('([{<'.includes(character)) depth += 1;
    // The arrow of a function type closes nothing.
    if (')]}'.includes(character) || (character === '>' && !text.endsWith('='))) depth -= 1;
    if (character !== ',' || depth > 0) {
      text += character;
      continue;
    }
    const name = /^\s*((?:\.\.\.)?\w+)/.exec(text)?.[1];
    if (name) names.push(name);
    text = '';
  }
  return names;
}

/** A function from the arguments of a call, an array, to the words of the command. */
function compile({ namespace, method, entry }) {
  if (entry.build) return builders[entry.build] ?? unknown(`build: ${entry.build}`);
  if (/^\S+(?: \w+)* \.\.\.$/.test(entry.send)) {
    const name = entry.send.split(' ').slice(0, -1);
    return name.length === 1 ? (values) => [name[0], ...values.map(word)] : (values) => [...name, ...values.map(word)];
  }
  const parameters = longest((entry.overloads ?? [entry]).map(({ args = '' }) => parametersOf(args)));
  const steps = tokens(entry.send).map((token) => step(token, parameters, `${namespace}.${method}`));
  return (values) => {
    const words = [];
    for (const add of steps) add(words, values);
    return words;
  };
}

/** Of several ways to call a method, the parameters of the one that has the most. */
function longest(lists) {
  return lists.reduce((best, list) => (list.length > best.length ? list : best));
}

/** `get $key [COUNT $count] {nx|xx}` to its parts; brackets and braces hold spaces. */
function tokens(send) {
  return send.match(/\[[^\]]*\]|\{[^}]*\}|\S+/g);
}

function step(token, parameters, name) {
  if (token.startsWith('[')) {
    const inner = tokens(token.slice(1, -1));
    const given = inner.filter((part) => /^[$#]/.test(part)).map((part) => reader(part, parameters, name));
    const steps = inner.map((part) => step(part, parameters, name));
    return (words, values) => {
      if (!given.every((read) => isGiven(read(values)))) return;
      for (const add of steps) add(words, values);
    };
  }
  if (token.startsWith('{')) {
    const read = reader('$opts', parameters, name);
    const alternatives = token.slice(1, -1).split('|').map(alternative);
    return (words, values) => {
      const options = read(values);
      if (options) alternatives.some((add) => add(words, options));
    };
  }
  if (token.startsWith('#')) {
    const read = reader(token, parameters, name);
    return (words, values) => words.push(items(read(values)).length);
  }
  if (!token.startsWith('$')) return (words) => words.push(token);
  const read = reader(token, parameters, name);
  if (token.endsWith('*')) return (words, values) => words.push(...items(read(values)).map(word));
  if (token.endsWith('%')) {
    return (words, values) => {
      for (const [field, value] of Object.entries(read(values))) words.push(field, word(value));
    };
  }
  return (words, values) => words.push(word(read(values)));
}

/** A function that finds an argument by its name. */
function reader(token, parameters, name) {
  const wanted = /\w+/.exec(token)[0];
  const index = parameters.findIndex((parameter) => parameter.replace('...', '') === wanted);
  if (index < 0) unknown(`${name}: ${token}`);
  if (parameters[index].startsWith('...')) return (values) => values.slice(index).flat();
  return (values) => values[index];
}

/** One way an option can be given; the function tells whether it was. */
function alternative(text) {
  const [, names, kind = '', wire] = /^([\w,]+)(:|\*?=)?(\w+)?$/.exec(text) ?? unknown(text);
  const keys = names.split(',');
  const keyword = wire ?? keys[0];
  return (words, options) => {
    const values = keys.map((key) => options[key]);
    const isFlag = kind === '' || kind === ':';
    if (!values.every(isFlag ? Boolean : isGiven)) return false;
    words.push(keyword);
    if (!isFlag) words.push(...(kind === '*=' ? items(values[0]) : values).map(word));
    return true;
  };
}

function isGiven(value) {
  return value !== undefined && value !== null && value !== false;
}

function items(value) {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** A value as a word of a command: what is no string, number, boolean or bytes is written as JSON. */
function word(value) {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return value;
    default:
      if (value instanceof Uint8Array) return value;
      // undefined, functions and symbols have no JSON; in a list they become null.
      return JSON.stringify(value, digits) ?? null;
  }
}

/** JSON has no numbers of that size that every reader keeps: they travel as text. */
function digits(_key, value) {
  return typeof value === 'bigint' ? `${value}` : value;
}

function unknown(what) {
  throw new Error(`The table of commands has something that is not understood: ${what}`);
}

module.exports = { commands, compile, digits, parametersOf, word };
