// The published @upstash/redis and ours, each on a database of its own, are asked the same: what comes back, what is
// sent and what is in the database afterwards has to be equal, except for what differences.mjs lists.
//
// SEED=… makes other calls, CALLS=… makes more of them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Redis as Theirs } from '@upstash/redis';
import { Redis as Ours } from '../../index.js';
import table from '../../redis/table.js';
import { Random } from '../support/random.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { DIFFERENCES, LEFT_OUT } from './differences.mjs';
import { KEYS, randomBitfield, randomCalls } from './support/random-calls.mjs';

const SEED = Number(process.env.SEED ?? 1);
const CALLS = Number(process.env.CALLS ?? 10_000);
const CALLS_PER_ROUND = 25;

const COMMANDS = new Map(table.commands().map(({ namespace, method, entry }) => [namespace ? `${namespace}.${method}` : method, entry]));
const METHODS = [...COMMANDS.keys()];
/** A run in which every second call meets a Redis that does not know the command, or empties it, shows little. */
const RARE = /^(json\..*|ar[a-z]+|h(p?expire(at|time)?|p?ttl|persist|setex|getex|getdel)|x(ackdel|delex))$/;
const RARER = /^(flush(all|db)|scriptFlush|functions\.flush)$/;

/** In how far two replies to one question have to be the same where a clock or a throw of dice has a part in them. */
const ALIKE = {
  spop: sameKind,
  srandmember: sameKind,
  hrandfield: sameKind,
  randomkey: sameKind,
  time: sameKind,
  ttl: near(2),
  pttl: near(2_000),
  xpending: near(60_000),
  xinfo: near(60_000),
  smembers: sameSet,
  sunion: sameSet,
  sinter: sameSet,
  sdiff: sameSet,
  keys: sameSet,
  scan: sameScan,
  sscan: sameScan,
  hscan: sameScan,
  zscan: sameScan,
};
/** These leave two databases different, so they are asked alone and the keys are made equal again. */
const DICE = { spop: ([key]) => [key] };

/** Methods of its objects that are not meant for callers: its types hide them. */
const INTERNAL = ['chain', 'digest', 'init'];

const OPTIONS = [
  {},
  {},
  { enableAutoPipelining: false },
  { automaticDeserialization: false },
  { responseEncoding: false },
  { enableAutoPipelining: false, automaticDeserialization: false, responseEncoding: false },
  { readYourWrites: false, enableTelemetry: false, keepAlive: false },
];

let sides;

before(async () => {
  sides = await Promise.all(
    [Theirs, Ours].map(async (Redis) => {
      const server = await startRedis();
      const upstash = await startUpstash({ redis: server });
      const clients = new Map();
      const connect = (options = {}) => {
        const name = JSON.stringify(options);
        if (!clients.has(name)) clients.set(name, new Redis({ url: upstash.url, token: upstash.token, ...options }));
        return clients.get(name);
      };
      return { Redis, server, upstash, connect };
    }),
  );
});

after(async () => {
  for (const { upstash, server } of sides ?? []) {
    await upstash.stop();
    await server.stop();
  }
});

describe('with @upstash/redis in its place', () => {
  it('a program finds every method', () => {
    const [theirs, ours] = sides.map(({ connect }) => connect());
    const shapes = [
      [theirs, ours],
      [theirs.json, ours.json],
      [theirs.functions, ours.functions],
      [theirs.pipeline(), ours.pipeline()],
      [theirs.multi().json, ours.multi().json],
      [theirs.pipeline().functions, ours.pipeline().functions],
      [theirs.createScript('return 1'), ours.createScript('return 1')],
      [theirs.createScript('return 1', { readonly: true }), ours.createScript('return 1', { readonly: true })],
    ];
    const lacking = shapes.flatMap(([their, our]) => methodsOf(their).filter((name) => typeof our[name] !== 'function'));
    assert.deepEqual(new Set(lacking), new Set([...LEFT_OUT, ...INTERNAL]));
  });

  it(`${CALLS} random calls give the same, send the same and leave the same`, { timeout: 600_000 }, async (test) => {
    const run = new Run(new Random(SEED).choices);
    test.diagnostic(`SEED=${SEED} CALLS=${CALLS}`);
    while (run.calls < CALLS) await run.round();
    const never = METHODS.filter((name) => !run.seen.has(name));
    assert.deepEqual(CALLS >= 10_000 ? never : [], [], 'methods that no call was made of');
    const { replies, errors } = run;
    test.diagnostic(`${run.calls} calls: ${replies} replies, ${errors} errors, ${run.excused} of them differ as listed`);
    // Two clients that both refuse everything are equal, too.
    assert.ok(replies > run.calls / 2, `only ${replies} of ${run.calls} calls were answered`);
  });

  for (const { what, example, options, theirs, ours } of DIFFERENCES) {
    it(`it differs: ${what}`, async () => {
      const expected = [theirs, ours];
      for (const [index, side] of sides.entries()) {
        await side.server.command('FLUSHALL');
        side.upstash.stats.reset();
        const outcome = await outcomeOf(() => example(new side.Redis({ url: side.upstash.url, token: side.upstash.token, ...options }), side));
        await side.upstash.heal();
        if (typeof expected[index] === 'function') expected[index](outcome);
        else assert.deepStrictEqual(outcome, expected[index]);
      }
      assert.ok(!isDeepStrictEqual(theirs, ours), 'there is no difference');
    });
  }
});

describe('replies of commands that this Redis does not know are read as @upstash/redis reads them', () => {
  const recorded = {
    'json.get': [null, '{"a":1}', '[{"a":1}]', '"text"', '[[1,2]]', '{"$.a":[1],"$..b":[]}'],
    'json.mget': [[null, '[{"a":1}]', '[]']],
    'json.set': ['OK', null],
    'json.mset': ['OK'],
    'json.merge': ['OK'],
    'json.numincrby': ['[6]', '[null,7.5]', null],
    'json.nummultby': ['[12]'],
    'json.type': [['object'], [null], 'integer', null],
    'json.objkeys': [[['a', 'b']], [null], null],
    'json.objlen': [[2], [null]],
    'json.arrappend': [[3], [null]],
    'json.arrindex': [[-1], [0, null]],
    'json.arrinsert': [[4]],
    'json.arrlen': [[3], 3, null],
    'json.arrpop': [['1'], ['"x"', null], null, ['{"a":1}']],
    'json.arrtrim': [[2]],
    'json.clear': [1],
    'json.del': [1, 0],
    'json.forget': [2],
    'json.resp': [[['{', 'a', 1]], ['[', 'b', null]],
    'json.strappend': [[7]],
    'json.strlen': [[4], [null]],
    'json.toggle': [[1], [null], ['true']],
    hexpire: [[1], [-2, 0], null],
    hexpireat: [[2]],
    hexpiretime: [[1_700_000_000, -1]],
    httl: [[100, -1, -2]],
    hpexpire: [[1]],
    hpexpireat: [[1]],
    hpexpiretime: [[1_700_000_000_000]],
    hpttl: [[99_999]],
    hpersist: [[1, -1]],
    hgetdel: [[null, null], ['1', null], ['{"a":1}', '007'], null],
    hgetex: [[null], ['a', '2.5', 'true'], null],
    hsetex: [1, 0],
    xackdel: [[1, -1], null],
    xdelex: [[1, 2]],
    arcount: [3],
    ardel: [2],
    ardelrange: [5],
    arget: [null, 'a', '1', '{"a":1}'],
    argetrange: [['a', null, '2']],
    argrep: [['0', '5'], [0, 5], [['0', 'a'], ['5', '{"a":1}']], []],
    arinfo: [['len', '6', 'count', 2, 'slice-size', 64, 'next-insert-index', '6', 'avg-dense-fill', '0.5', 'kind', 'x'], ['len', 6, 'next-insert-index', null]],
    arinsert: [5, '18446744073709551614'],
    arlastitems: [['c', 'b', null]],
    arlen: [6, '6', '18446744073709551615'],
    armget: [['a', null, '1']],
    armset: [2],
    arnext: [6, '7', null],
    arop: ['6', 6, null, '2.5'],
    arring: [0, '2'],
    arscan: [[['0', 'a'], [5, '{"a":1}']], []],
    arseek: [1, 0],
    arset: [1],
    'functions.list': [
      [],
      [['library_name', 'lib', 'engine', 'LUA', 'functions', [['name', 'f', 'description', null, 'flags', ['no-writes']]], 'library_code', '#!lua name=lib\nx']],
    ],
    'functions.stats': [['running_script', null, 'engines', ['LUA', ['libraries_count', 1, 'functions_count', 2]]]],
    'functions.load': ['lib'],
    spop: [null, 'a', ['a', '1'], []],
    srandmember: [null, 'a', ['a', '1']],
    hrandfield: [null, [], ['f', '1', 'g', '{"a":1}']],
    randomkey: [null, 'k', '5'],
    time: [['1700000000', '5']],
    scan: [['0', []], ['17', ['a', '5']], ['17179869184', ['a', 'string', '5', 'hash']]],
    geopos: [[['1.5', '2.5'], null], [['0', '0']]],
    geohash: [['u0nd', null, '12345']],
    publish: [0, 3],
  };

  for (const [name, replies] of Object.entries(recorded)) {
    it(name, async () => {
      const makers = randomCalls(new Random(1).choices);
      for (const reply of replies) {
        for (let i = 0; i < 6; i += 1) {
          const values = makers[name]();
          for (const options of [{}, { responseEncoding: false }, { automaticDeserialization: false }, { enableAutoPipelining: false }]) {
            const encoded = options.responseEncoding === false ? reply : inBase64(reply);
            const [theirs, ours] = await both(async ({ upstash, connect }) => {
              const item = { result: encoded };
              await upstash.misbehave('garbage', { body: (url) => JSON.stringify(url === '/' ? item : [item]) });
              const pipeline = connect(options).pipeline();
              invoke(pipeline, name, structuredClone(values));
              return [await outcomeOf(() => invoke(connect(options), name, structuredClone(values))), await outcomeOf(() => pipeline.exec())];
            });
            const call = { name, values, options, reply };
            if (!isDeepStrictEqual(theirs, ours) && !isExcused({ ...call, theirs: theirs[0], ours: ours[0] })) {
              assert.deepStrictEqual(ours, theirs, JSON.stringify(call));
            }
          }
        }
      }
      await both(({ upstash }) => upstash.heal());
    });
  }
});

/** What random calls did, and the comparison of each. */
class Run {
  calls = 0;
  replies = 0;
  errors = 0;
  excused = 0;
  seen = new Set();

  constructor(random) {
    this.random = random;
    this.makers = randomCalls(random);
    assert.deepEqual(METHODS.filter((name) => !(name in this.makers)), [], 'methods without random calls');
  }

  async round() {
    const { random } = this;
    const options = random.pick(OPTIONS);
    const way = random.pick([this.oneByOne, this.oneByOne, this.together, this.pipelined, this.pipelined, this.bitfield, this.script]);
    await way.call(this, options);
    const [theirs, ours] = await both(contents);
    assert.deepStrictEqual(ours, theirs, `what is in the database after ${way.name} with ${JSON.stringify(options)}, SEED=${SEED}`);
  }

  draw(allowed = () => true) {
    const { random } = this;
    for (;;) {
      const name = random.pick(METHODS);
      if (RARE.test(name) && !random.chance(0.2)) continue;
      if (RARER.test(name) && !random.chance(0.1)) continue;
      if (allowed(name)) return { name, values: this.makers[name]() };
    }
  }

  async oneByOne(options) {
    for (let i = 0; i < CALLS_PER_ROUND; i += 1) {
      const { name, values } = this.draw();
      await this.compare({ name, values, options }, [name], (redis, cloned) => invoke(redis, name, cloned(values)));
      if (DICE[name]) await this.copy(DICE[name](values));
    }
  }

  /** Only writes or only reads: @upstash/redis sends them apart, and then their order is left to chance. */
  async together(options) {
    const writes = this.random.chance(0.5);
    const calls = Array.from({ length: this.random.int(2, 12) }, () =>
      this.draw((name) => (COMMANDS.get(name).write === true) === writes && COMMANDS.get(name).alone !== true && !DICE[name]),
    );
    if (options.enableAutoPipelining === false) calls.length = 1;
    const outcomes = await this.both((redis, cloned) =>
      Promise.all(calls.map(({ name, values }) => outcomeOf(() => invoke(redis, name, cloned(values))))),
    );
    for (const [index, { name, values }] of calls.entries()) {
      const [theirs, ours] = outcomes.map((side) => side.value[index]);
      const batch = calls.map(({ name: beside }, at) => ({ name: beside, ours: outcomes[1].value[at] }));
      this.judge({ name, values, options, theirs, ours, batch }, [name]);
    }
    this.judgeWords({ options, calls });
  }

  async pipelined(options) {
    const calls = Array.from({ length: this.random.int(1, 8) }, () => this.draw((name) => name !== 'exec' && !DICE[name]));
    const isAtomic = this.random.chance(0.4);
    const keepErrors = this.random.chance(0.5);
    const names = calls.map(({ name }) => name);
    await this.compare({ name: isAtomic ? 'multi' : 'pipeline', values: [...calls, { keepErrors }], options, calls }, names, (redis, cloned) => {
      const pipeline = isAtomic ? redis.multi() : redis.pipeline();
      for (const { name, values } of calls) invoke(pipeline, name, cloned(values));
      return keepErrors ? pipeline.exec({ keepErrors }) : pipeline.exec();
    });
  }

  /** Theirs can not be used under auto-pipelining. */
  async bitfield(chosen) {
    const options = { ...chosen, enableAutoPipelining: false };
    for (let i = 0; i < 5; i += 1) {
      const operations = randomBitfield(this.random);
      const key = this.random.pick([...KEYS.string, ...KEYS.hash]);
      const inPipeline = this.random.chance(0.3);
      await this.compare({ name: 'bitfield', values: [key, operations], options }, ['bitfield'], (redis) => {
        const begun = (inPipeline ? redis.pipeline() : redis).bitfield(key);
        const finished = operations.reduce((bitfield, [method, ...values]) => bitfield[method](...values), begun);
        return inPipeline ? finished.exec().exec() : finished.exec();
      });
    }
  }

  async script(options) {
    const readonly = this.random.chance(0.5);
    const source = this.random.pick(['return {KEYS, ARGV}', "return redis.call('GET', KEYS[1])", 'return {1, "2"}', 'wrong']);
    const values = [[this.random.pick(KEYS.string)], this.random.list(0, 2, () => this.random.pick(['a', '5', '{"a":1}']))];
    const method = this.random.pick(readonly ? ['evalRo', 'evalshaRo', 'exec'] : ['eval', 'evalsha', 'exec']);
    await this.compare({ name: 'script', values: [source, method, values], options }, ['script'], async (redis) => {
      const script = redis.createScript(source, { readonly });
      return [await script[method](...values), script.sha1];
    });
  }

  async compare(call, names, act) {
    const [theirs, ours] = await this.both(act, call.options);
    this.judge({ ...call, theirs, ours }, names);
    this.judgeWords(call);
  }

  /** The outcomes of both for `act(client, clone)`. Whoever changes an argument changes its own. */
  async both(act, options = {}) {
    return both(({ upstash, connect }) => {
      upstash.stats.reset();
      return outcomeOf(() => act(connect(options), (values) => structuredClone(values)));
    });
  }

  judge(call, names) {
    const { theirs, ours, calls } = call;
    this.calls += names.length;
    for (const name of names) this.seen.add(name);
    if ('error' in theirs) this.errors += names.length;
    else this.replies += names.length;
    if (calls ? sameList(call) : same(call)) return;
    if (isExcused(call)) {
      this.excused += 1;
      return;
    }
    assert.deepStrictEqual(ours, theirs, `SEED=${SEED}, call ${this.calls}: ${JSON.stringify({ ...call, theirs: undefined, ours: undefined })}`);
    assert.fail(`SEED=${SEED}: ${JSON.stringify(call)}`);
  }

  /** The words that went over the wire, in any order where they went together. */
  judgeWords(call) {
    const [theirs, ours] = sides.map(({ upstash }) => upstash.stats.commands.map((words) => JSON.stringify(words)).sort());
    if (isDeepStrictEqual(theirs, ours) || isExcused({ ...call, theirs, ours, isWire: true })) return;
    assert.deepStrictEqual(ours, theirs, `SEED=${SEED}: the words of ${JSON.stringify(call)}`);
  }

  /** Makes keys of ours what they are in theirs. */
  async copy(keys) {
    for (const key of keys) {
      const [theirs, ours] = sides.map(({ server }) => server);
      const dump = await theirs.command('DUMP', key);
      const expiresIn = Math.max(await theirs.command('PTTL', key), 0);
      if (dump === null) await ours.command('DEL', key);
      else await ours.command('RESTORE', key, `${expiresIn}`, dump, 'REPLACE');
    }
  }
}

/** `act` of both sides. */
function both(act) {
  return Promise.all(sides.map(act));
}

async function outcomeOf(act) {
  try {
    return { value: await act() };
  } catch (error) {
    // What the engine says about a wrong argument (`TypeError`) is its own affair.
    return { error: error instanceof TypeError ? { name: error.name } : { name: error.name, message: error.message } };
  }
}

function isExcused(call) {
  return isEqualButExcused(call.theirs, call.ours) || DIFFERENCES.some(({ explains }) => explains?.(call));
}

/** Deeply the same, but for parts that differ as listed. */
function isEqualButExcused(theirs, ours) {
  if (Object.is(theirs, ours) || DIFFERENCES.some(({ excuses }) => excuses?.(theirs, ours))) return true;
  if (theirs === null || ours === null || typeof theirs !== 'object' || typeof ours !== 'object') return false;
  const keys = Object.keys(theirs);
  return keys.length === Object.keys(ours).length && keys.every((key) => isEqualButExcused(theirs[key], ours[key]));
}

function same({ name, values, theirs, ours }) {
  if (isDeepStrictEqual(theirs, ours)) return true;
  if ('error' in theirs || 'error' in ours) return false;
  return ALIKE[name]?.(theirs.value, ours.value, values) ?? false;
}

/** Of a pipeline: each reply like the other. */
function sameList({ calls, theirs, ours }) {
  if (isDeepStrictEqual(theirs, ours)) return true;
  if (!Array.isArray(theirs.value) || !Array.isArray(ours.value) || theirs.value.length !== ours.value.length) return false;
  return calls.every(({ name, values }, index) => {
    const [their, our] = [theirs.value[index], ours.value[index]].map((item) =>
      item !== null && typeof item === 'object' && 'result' in item && 'error' in item ? unwrapped(item) : { value: item },
    );
    const call = { name, values, theirs: their, ours: our };
    return same(call) || isExcused(call);
  });
}

/** An item of a pipeline with keepErrors as the outcome of a call. */
function unwrapped({ error, result }) {
  return error === undefined ? { value: result } : { error, result };
}

function sameKind(theirs, ours) {
  return Array.isArray(theirs) === Array.isArray(ours) && (theirs === null) === (ours === null);
}

function near(tolerance) {
  return function isNear(theirs, ours) {
    if (Array.isArray(theirs) && Array.isArray(ours)) return theirs.length === ours.length && theirs.every((item, index) => isNear(item, ours[index]));
    return typeof theirs === typeof ours && (theirs === ours || Math.abs(theirs - ours) <= tolerance);
  };
}

function sorted(list) {
  return list.map((item) => JSON.stringify(item)).sort();
}

function sameSet(theirs, ours) {
  return Array.isArray(theirs) && Array.isArray(ours) && isDeepStrictEqual(sorted(theirs), sorted(ours));
}

/** Two tables of the same things are walked in two orders; only a whole walk finds the same. */
function sameScan(theirs, ours, values) {
  if (typeof theirs[0] !== typeof ours[0] || !Array.isArray(ours[1])) return false;
  return values.some((options) => options?.count === 1_000) ? theirs[0] === ours[0] && sameSet(theirs[1], ours[1]) : true;
}

/** Calls `json.get` of a client or pipeline, say. */
function invoke(target, name, values) {
  const [method, namespace] = name.split('.').toReversed();
  const owner = namespace ? target[namespace] : target;
  return owner[method](...values);
}

function methodsOf(target) {
  const own = Object.getOwnPropertyNames(target);
  const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(target) ?? {});
  return [...own, ...inherited].filter((name) => name !== 'constructor' && typeof target[name] === 'function');
}

function inBase64(reply) {
  if (Array.isArray(reply)) return reply.map(inBase64);
  return typeof reply === 'string' && reply !== 'OK' ? Buffer.from(reply).toString('base64') : reply;
}

/** Everything that is in a database, by key; of expiry times only that there is one. */
async function contents({ server }) {
  const keys = (await server.command('KEYS', '*')).map(String).sort();
  const items = await Promise.all(
    keys.map(async (key) => {
      const type = String(await server.command('TYPE', key));
      const expires = (await server.command('PTTL', key)) > 0;
      return [key, { type, expires, value: await READ[type](server, key) }];
    }),
  );
  return Object.fromEntries(items);
}

const text = (reply) => (Array.isArray(reply) ? reply.map(text) : Buffer.isBuffer(reply) ? reply.toString('latin1') : reply);
const inPairs = (flat) => sorted(Array.from({ length: flat.length / 2 }, (_, index) => flat.slice(index * 2, index * 2 + 2)));
const READ = {
  string: async (server, key) => text(await server.command('GET', key)),
  hash: async (server, key) => inPairs(text(await server.command('HGETALL', key))),
  list: async (server, key) => text(await server.command('LRANGE', key, '0', '-1')),
  set: async (server, key) => text(await server.command('SMEMBERS', key)).sort(),
  zset: async (server, key) => text(await server.command('ZRANGE', key, '0', '-1', 'WITHSCORES')),
  stream: async (server, key) => text(await server.command('XRANGE', key, '-', '+')),
};
