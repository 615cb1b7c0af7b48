// What each command sends and what its reply becomes: one by one, on its own, in a pipeline and in a transaction.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import table from '../../redis/table.js';
import { rejection, useDatabase } from '../support/redis-client.mjs';
import { CASES } from './support/cases.mjs';

const suite = useDatabase();

const COMMANDS = table.commands().map(({ namespace, method, entry }) => ({ name: namespace ? `${namespace}.${method}` : method, entry }));

/** How a call can be made: each gives the reply, or throws. */
const WAYS = {
  'among others': (name, values) => invoke(suite.redis, name, values),
  'on its own': (name, values) => invoke(suite.connect({ enableAutoPipelining: false }), name, values),
  'in a pipeline': (name, values) => inList(suite.redis.pipeline(), name, values),
  'in a transaction': (name, values) => inList(suite.redis.multi(), name, values),
};

function invoke(target, name, values) {
  const [method, namespace] = name.split('.').toReversed();
  return (namespace ? target[namespace] : target)[method](...values);
}

async function inList(list, name, values) {
  invoke(list, name, values);
  const [reply] = await list.exec();
  return reply;
}

/** Words that stand in one string; the last may be empty, and only a source or path holds other blanks. */
const wordsOf = (text) => text.split(' ');

describe('the table of commands', () => {
  it('has each of its commands tested', () => {
    assert.deepEqual(
      COMMANDS.map(({ name }) => name).filter((name) => !(name in CASES)),
      [],
    );
  });

  it('has each option of a command tested', () => {
    const untested = COMMANDS.flatMap(({ name, entry }) =>
      keywordsOf(entry.send ?? '')
        .filter((keyword) => !CASES[name].some(({ words }) => wordsOf(words).includes(keyword)))
        .map((keyword) => `${name} ${keyword}`),
    );
    assert.deepEqual(untested, []);
  });
});

for (const [name, cases] of Object.entries(CASES)) {
  describe(name, () => {
    for (const { values, words, reply, before, recorded, isBlocking } of cases) {
      it(recorded === undefined ? `${words} → ${JSON.stringify(reply)}` : `${words}, recorded ${JSON.stringify(recorded)}`, async () => {
        for (const [way, call] of Object.entries(WAYS)) {
          // It is what runs a pipeline, there.
          if (name === 'exec' && way.startsWith('in ')) continue;
          await suite.server.command('FLUSHALL');
          for (const command of before ?? []) await suite.server.command(...wordsOf(command));
          const outcome = await settled(() => call(name, values));
          if (!isBlocking) assert.deepEqual(suite.upstash.stats.commands.at(-1), wordsOf(words), way);
          else if (way === 'on its own') assert.deepEqual(wordsIn(outcome.error), wordsOf(words));
          if (recorded === undefined) {
            check(outcome, reply, way);
          } else {
            const item = { result: inBase64(recorded) };
            await suite.upstash.misbehave('garbage', { body: (url) => JSON.stringify(url === '/' ? item : [item]) });
            check(await settled(() => call(name, values)), reply, way);
            await suite.upstash.heal();
          }
        }
      });
    }
  });
}

describe('arguments', () => {
  it('of options that are null or false are not sent', async () => {
    const { redis } = suite;
    await redis.set('k', 'v', { ex: null, nx: false, get: undefined });
    await redis.bitcount('k', undefined, undefined);
    await redis.spop('s', null);
    await redis.expire('k', 5, undefined);
    await redis.scan(0, { match: undefined, count: null });
    const sent = suite.upstash.stats.commands.map((words) => words.join(' '));
    assert.deepEqual(sent, ['set k v', 'bitcount k', 'spop s', 'expire k 5', 'scan 0']);
  });

  it('that no command can be made of reject, and nothing is sent', async () => {
    const { redis, upstash } = suite;
    const wrong = [
      () => redis.xgroup('x', { type: 'NONE', group: 'g' }),
      () => redis.xread(['x', 'y'], ['0']),
      () => redis.xreadgroup('g', 'c', ['x', 'y'], ['>']),
      () => redis.zadd('z'),
      () => redis.geosearch('g'),
      () => redis.hset('h'),
      () => redis.mset(),
      () => redis.exec(),
      () => redis.functions.load(),
    ];
    for (const call of wrong) await rejection(call());
    assert.equal(upstash.stats.requests, 0);
  });
});

function check(outcome, expected, way) {
  if (expected instanceof RegExp) {
    assert.match(outcome.error?.message ?? 'no error', expected, way);
    return;
  }
  if ('error' in outcome) throw outcome.error;
  if (typeof expected?.check === 'function') assert.ok(expected.check(outcome.value), `${way}: ${JSON.stringify(outcome.value)}`);
  else assert.deepStrictEqual(outcome.value, expected, way);
}

/** The words of the command that an error ends with. */
function wordsIn({ message }) {
  return JSON.parse(/command was: (.*)$/.exec(message)[1]).map(String);
}

async function settled(call) {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

/** The fixed words of a `send` of the table: those of options, in brackets and braces. */
function keywordsOf(send) {
  const optional = send.match(/\[[^\]]*\]|\{[^}]*\}/g) ?? [];
  return optional.flatMap((part) =>
    part.startsWith('[')
      ? (part.slice(1, -1).match(/(?<![$#\w])[A-Z]\w*/g) ?? [])
      : part
          .slice(1, -1)
          .split('|')
          .map((way) => /[:=]+(\w+)$/.exec(way)?.[1] ?? /^\w+/.exec(way)[0]),
  );
}

function inBase64(reply) {
  if (Array.isArray(reply)) return reply.map(inBase64);
  return typeof reply === 'string' && reply !== 'OK' ? Buffer.from(reply).toString('base64') : reply;
}
