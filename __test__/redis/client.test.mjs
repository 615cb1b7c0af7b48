// `Redis`: how calls travel, what may be given and what comes back. What each command does is in commands.test.mjs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { Redis, errors } from '../../index.js';
import { TOKEN, rejection, useDatabase } from '../support/redis-client.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const suite = useDatabase();

/** What Redis was asked to execute, as text. */
const asked = () => suite.upstash.stats.commands.map((command) => command.join(' '));

describe('a value', () => {
  it('of any text comes back as it is', async () => {
    const { redis, server } = suite;
    const texts = [
      '',
      ' ',
      'OK',
      '1e3',
      '007',
      '1.0',
      '-0',
      '9007199254740993',
      '{a:1}',
      'tru',
      'é ü 世界 \u{1f600}',
      '\ufeff1',
      '\u0000\r\n\t\u2028',
      'ab'.repeat(500_000),
      'ä'.repeat(500_000),
    ];
    for (const text of texts) {
      assert.equal(await redis.set('key', text), 'OK');
      assert.equal(await redis.get('key'), text);
      assert.ok((await server.command('GET', 'key')).equals(Buffer.from(text)));
    }
  });

  it('that is no text is JSON on the way there, and what is JSON is a value on the way back', async () => {
    const { redis, server } = suite;
    const values = [
      [5, '5', 5],
      [-1.5, '-1.5', -1.5],
      [true, 'true', true],
      [null, 'null', null],
      [{ a: [1, 'ä'] }, '{"a":[1,"ä"]}', { a: [1, 'ä'] }],
      [[], '[]', []],
      ['"quoted"', '"quoted"', 'quoted'],
      [new Date(0), '"1970-01-01T00:00:00.000Z"', '1970-01-01T00:00:00.000Z'],
      [2 ** 53, '9007199254740992', 2 ** 53],
      [1e21, '1e+21', 1e21],
      [9_007_199_254_740_993n, '9007199254740993', '9007199254740993'],
      [{ big: 1n }, '{"big":"1"}', { big: '1' }],
    ];
    for (const [given, stored, back] of values) {
      await redis.set('key', given);
      assert.equal(String(await server.command('GET', 'key')), stored);
      assert.deepEqual(await redis.get('key'), back);
    }
  });

  it('stays text where it is not to be parsed', async () => {
    const redis = suite.connect({ automaticDeserialization: false });
    await redis.set('key', { a: 1 });
    await redis.hset('hash', { a: 1 });
    assert.equal(await redis.get('key'), '{"a":1}');
    assert.deepEqual(await redis.hgetall('hash'), ['a', '1']);
    assert.deepEqual(await redis.pipeline().get('key').hgetall('hash').exec(), ['{"a":1}', ['a', '1']]);
  });

  it('is the same where strings are not sent base64', async () => {
    const redis = suite.connect({ responseEncoding: false });
    await redis.set('key', { a: 'ä' });
    assert.deepEqual(await redis.get('key'), { a: 'ä' });
    assert.equal(suite.upstash.stats.lastRequest.headers['upstash-encoding'], undefined);
  });
});

describe('an integer that a number can not hold', () => {
  it('comes as text, or as a BigInt where that is wanted', async () => {
    const { redis, connect } = suite;
    await redis.set('n', '9007199254740991');
    assert.equal(await redis.incrby('n', 1), '9007199254740992');
    assert.equal(await redis.incr('n'), '9007199254740993');
    assert.equal(await redis.decrby('n', 9_007_199_254_740_993n * 2n), '-9007199254740993');
    const big = connect({ bigIntegers: 'bigint' });
    assert.equal(await big.decr('n'), -9007199254740994n);
    assert.deepEqual(await big.pipeline().incr('n').incr('small').exec(), [-9007199254740993n, 1]);
    await redis.hset('h', { id: '9007199254740993', small: '5' });
    assert.deepEqual(await redis.hgetall('h'), { id: '9007199254740993', small: 5 });
    assert.deepEqual(await redis.hmget('h', 'id', 'small'), { id: '9007199254740993', small: 5 });
  });
});

describe('raw', () => {
  const bytes = Buffer.from([0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x0a, 0x22]);

  it('takes and gives any bytes', async () => {
    const { redis, server } = suite;
    for (const value of [bytes, new Uint8Array(bytes), Buffer.alloc(0), Buffer.from('text'), Buffer.alloc(300_000, 0x81)]) {
      await redis.set('key', value);
      assert.deepEqual(await redis.raw.get('key'), Buffer.from(value));
      assert.ok((await server.command('GET', 'key')).equals(Buffer.from(value)));
    }
    await redis.set(Buffer.from([0xc3, 0x28]), bytes, { ex: 100, nx: true });
    assert.deepEqual(await redis.raw.get(Buffer.from([0xc3, 0x28])), bytes);
    assert.ok((await redis.ttl(Buffer.from([0xc3, 0x28]))) > 90);
    await redis.rpush('list', bytes, 'text', bytes);
    assert.deepEqual(await redis.raw.lrange('list', 0, -1), [bytes, Buffer.from('text'), bytes]);
    await redis.hset('hash', { field: bytes });
    assert.deepEqual(await redis.raw.hgetall('hash'), [Buffer.from('field'), bytes]);
    assert.equal(await redis.raw.get('missing'), null);
    assert.equal(await redis.raw.llen('list'), 3);
  });

  it('gives bytes also where the client does without base64, and through what was sent together', async () => {
    const redis = suite.connect({ responseEncoding: false });
    await redis.set('key', bytes);
    await redis.set('text', 'a');
    const [raw, text] = await Promise.all([redis.raw.get('key'), redis.get('text')]);
    assert.deepEqual([raw, text], [bytes, 'a']);
  });

  it('E_COMMAND: a pipeline can not hold bytes that are no text', async () => {
    const { redis } = suite;
    const error = await rejection(redis.pipeline().set('key', bytes).exec());
    assert.equal(error.code, 'E_COMMAND');
    assert.deepEqual(await redis.pipeline().set('key', Buffer.from('ä')).get('key').exec(), ['OK', 'ä']);
  });
});

describe('what is asked for in one turn', () => {
  it('goes in one request, in its order, and nothing of it is read before what was written before', async () => {
    const { redis, upstash } = suite;
    const replies = await Promise.all([
      redis.get('n'),
      redis.set('n', 5),
      redis.get('n'),
      redis.incr('n'),
      redis.mget('n', 'missing'),
      redis.hset('h', { a: 1 }),
      redis.hget('h', 'a'),
    ]);
    assert.deepEqual(replies, [null, 'OK', 5, 6, [6, null], 1, 1]);
    assert.equal(upstash.stats.requests, 1);
    assert.equal(upstash.stats.lastRequest.url, '/pipeline');
  });

  it('keeps its order also where a part of it has a request of its own', async () => {
    const { redis, upstash } = suite;
    const replies = await Promise.all([
      redis.rpush('l', 'a'),
      redis.lrange('l', 0, -1),
      redis.rpush('l', 'b'),
      redis.pipeline().lrange('l', 0, -1).rpush('l', 'c').exec(),
      redis.multi().lrange('l', 0, -1).exec(),
      redis.keys('*'),
      redis.llen('l'),
    ]);
    assert.deepEqual(replies, [1, ['a'], 2, [['a', 'b'], 3], [['a', 'b', 'c']], ['l'], 3]);
    assert.equal(upstash.stats.requests, 7);
  });

  it('includes what continues in it', async () => {
    const { redis, upstash } = suite;
    const chain = async (n) => {
      await Promise.resolve();
      await (async () => {})();
      return redis.incrby('n', n);
    };
    await Promise.all([1, 2, 3].map(chain));
    assert.equal(upstash.stats.requests, 1);
    const first = redis.incr('n');
    await Promise.all([first, Promise.resolve().then(() => redis.incr('n'))]);
    assert.equal(upstash.stats.requests, 2);
  });

  it('is split where it is too much for one request', async () => {
    const { redis, upstash } = suite;
    const replies = await Promise.all(Array.from({ length: 2_500 }, () => redis.incr('n')));
    assert.deepEqual(replies, Array.from({ length: 2_500 }, (_, i) => i + 1));
    assert.equal(upstash.stats.requests, 3);
    upstash.stats.reset();
    const value = 'x'.repeat(300_000);
    await Promise.all(['a', 'b', 'c'].map((key) => redis.set(key, value)));
    assert.equal(upstash.stats.requests, 3);
  });

  it('is one request each where that is wanted', async () => {
    const redis = suite.connect({ enableAutoPipelining: false });
    await Promise.all([redis.set('a', 1), redis.set('b', 2), redis.set('c', 3)]);
    assert.equal(suite.upstash.stats.requests, 3);
    assert.equal(suite.upstash.stats.lastRequest.url, '/');
  });

  it('may come from several clients, which share nothing but the thread', async () => {
    const other = suite.connect();
    await Promise.all([suite.redis.incr('n'), other.incr('n')]);
    assert.equal(suite.upstash.stats.requests, 2);
  });

  it('uses connections that stay open', async () => {
    for (let i = 0; i < 20; i += 1) await suite.redis.incr('n');
    assert.deepEqual([suite.upstash.stats.requests, suite.upstash.stats.count('INCR')], [20, 20]);
    assert.ok(suite.upstash.stats.connections <= 2, `${suite.upstash.stats.connections} connections`);
  });
});

describe('a pipeline', () => {
  it('runs its commands in order in one request', async () => {
    const pipeline = suite.redis.pipeline().set('k', 1).incr('k');
    pipeline.get('k').hgetall('missing');
    assert.equal(pipeline.length(), 4);
    assert.deepEqual(await pipeline.exec(), ['OK', 2, 2, null]);
    assert.equal(suite.upstash.stats.requests, 1);
    assert.equal(suite.upstash.stats.lastRequest.url, '/pipeline');
  });

  it('rejects with the first error, or gives each its own', async () => {
    const pipeline = suite.redis.pipeline().set('k', 'text').incr('k').get('k').hgetall('k');
    const error = await rejection(pipeline.exec());
    assert.equal(error.message, 'Command 2 [ incr ] failed: ERR value is not an integer or out of range');
    assert.deepEqual([error.name, error.code], ['UpstashError', 'E_REDIS']);
    const [set, incr, get, hgetall] = await pipeline.exec({ keepErrors: true });
    assert.deepEqual(set, { error: undefined, result: 'OK' });
    assert.deepEqual(incr, { error: 'ERR value is not an integer or out of range', result: undefined });
    assert.deepEqual(get, { error: undefined, result: 'text' });
    assert.match(hgetall.error, /^WRONGTYPE/);
  });

  it('sends what it holds when it is sent, and may be sent again', async () => {
    const pipeline = suite.redis.pipeline().incr('n');
    const once = pipeline.exec();
    pipeline.incr('n');
    assert.deepEqual([await once, await pipeline.exec()], [[1], [2, 3]]);
  });

  it('is refused when it is empty', async () => {
    assert.equal((await rejection(suite.redis.pipeline().exec())).message, 'Pipeline is empty');
    assert.equal((await rejection(suite.redis.multi().exec())).code, 'E_COMMAND');
    assert.equal(suite.upstash.stats.requests, 0);
  });

  it('holds everything that the client has', async () => {
    const replies = await suite.redis
      .pipeline()
      .bitfield('bits')
      .set('u4', 0, 9)
      .overflow('SAT')
      .incrby('u4', 0, 9)
      .exec()
      .eval('return ARGV[1]', [], ['{"a":1}'])
      .json.get('doc', '$')
      .functions.list()
      .exec({ keepErrors: true });
    assert.deepEqual(
      replies.map(({ result }) => result).slice(0, 2),
      [[0, 15], { a: 1 }],
    );
    assert.deepEqual(asked().slice(0, 2), ['bitfield bits set u4 0 9 overflow SAT incrby u4 0 9', 'eval return ARGV[1] 0 {"a":1}']);
  });
});

describe('a transaction', () => {
  it('is carried out as one', async () => {
    const [set, n, all] = await suite.redis.multi().set('n', 1).incr('n').mget('n', 'missing').exec();
    assert.deepEqual([set, n, all], ['OK', 2, [2, null]]);
    assert.equal(suite.upstash.stats.lastRequest.url, '/multi-exec');
  });

  it('is carried out not at all where Redis knows one of its commands not', async () => {
    const transaction = suite.redis.multi().incr('n').json.set('doc', '$', {});
    const error = await rejection(transaction.exec());
    assert.match(error.message, /^EXECABORT .*, command was: \[\["incr","n"\],\["JSON\.SET","doc","\$","\{\}"\]\]$/);
    assert.equal(await suite.redis.exists('n'), 0);
  });
});

describe('a script', () => {
  it('is sent by its hash, and whole where Redis does not know it', async () => {
    const script = suite.redis.createScript('return {KEYS[1], ARGV[1], 5}');
    assert.equal(script.sha1.length, 40);
    assert.match((await rejection(script.evalsha(['k'], ['v']))).message, /^Command failed: NOSCRIPT/);
    assert.deepEqual(await script.exec(['k'], ['{"a":1}']), ['k', { a: 1 }, 5]);
    suite.upstash.stats.reset();
    assert.deepEqual(await script.exec(['k'], ['v']), ['k', 'v', 5]);
    assert.deepEqual([suite.upstash.stats.count('EVALSHA'), suite.upstash.stats.count('EVAL')], [1, 0]);
    assert.deepEqual(await script.eval(['k'], ['v']), ['k', 'v', 5]);
  });

  it('that only reads runs as one', async () => {
    const script = suite.redis.createScript("return redis.call('GET', KEYS[1])", { readonly: true });
    await suite.redis.set('k', 'v');
    assert.equal(await script.exec(['k'], []), 'v');
    assert.equal(await script.evalRo(['k'], []), 'v');
    assert.equal(await script.evalshaRo(['k'], []), 'v');
    const names = suite.upstash.stats.commands.map(([name]) => name.toUpperCase());
    assert.deepEqual(names, ['SET', 'EVALSHA_RO', 'EVAL_RO', 'EVAL_RO', 'EVALSHA_RO']);
    const writes = suite.redis.createScript("return redis.call('SET', KEYS[1], 1)", { readonly: true });
    assert.match((await rejection(writes.exec(['k'], []))).message, /not allowed from read-only script/);
  });
});

describe('an iterator', () => {
  it('gives everything that a scan finds, however many requests that takes', async () => {
    const { redis } = suite;
    const names = Array.from({ length: 700 }, (_, i) => `name-${i}`);
    const record = Object.fromEntries(names.map((name, i) => [name, i]));
    await redis.mset(record);
    await redis.hset('!hash', record);
    await redis.sadd('!set', ...names);
    await redis.zadd('!zset', ...names.map((member, score) => ({ member, score })));
    const all = async (iterator) => {
      const found = [];
      for await (const item of iterator) found.push(item);
      return found;
    };
    assert.deepEqual(new Set(await all(redis.scanIterator({ match: 'name-*', count: 50 }))), new Set(names));
    assert.deepEqual(Object.fromEntries(await all(redis.hscanIterator('!hash', { count: 50 }))), record);
    assert.deepEqual(new Set(await all(redis.sscanIterator('!set', { count: 50 }))), new Set(names));
    const scores = (await all(redis.zscanIterator('!zset'))).map(({ member, score }) => [member, score]);
    assert.deepEqual(Object.fromEntries(scores), record);
    assert.deepEqual(await all(redis.sscanIterator('missing')), []);
  });
});

describe('a method', () => {
  it('works without its client, as those of @upstash/redis do', async () => {
    const { set, get, json } = suite.redis;
    await set('k', 1);
    assert.equal(await get('k'), 1);
    assert.match((await rejection(json.get('k'))).message, /unknown command/);
  });

  it('can be replaced by a test double', () => {
    suite.redis.get = () => 'mine';
    assert.equal(suite.redis.get('k'), 'mine');
  });
});

describe('exec', () => {
  it('runs any command', async () => {
    assert.equal(await suite.redis.exec(['SET', 'k', 5, 'EX', 100]), 'OK');
    assert.equal(await suite.redis.exec(['GET', 'k']), 5);
  });

  it('E_COMMAND: what is no command is not sent', async () => {
    for (const wrong of [[], 'GET k', undefined, null, {}]) {
      assert.equal((await rejection(suite.redis.exec(wrong))).code, 'E_COMMAND');
    }
    assert.equal(suite.upstash.stats.requests, 0);
  });
});

describe('arguments that can not be', () => {
  it('are null where JSON has no word for them', async () => {
    const { redis } = suite;
    for (const value of [NaN, -Infinity, undefined, () => {}, Symbol('s')]) {
      assert.match((await rejection(redis.set('k', value))).message, /null is not a string or a number/);
    }
  });

  it('reject a call, and make a pipeline throw', async () => {
    const { redis, upstash } = suite;
    const unbalanced = await rejection(redis.xread(['a', 'b'], ['0']));
    assert.match(unbalanced.message, /^ERR Unbalanced XREAD list of streams/);
    assert.throws(() => redis.pipeline().xread(['a', 'b'], ['0']), { code: 'E_COMMAND' });
    const circular = {};
    circular.self = circular;
    assert.equal((await rejection(redis.set('k', circular))).name, 'TypeError');
    await rejection(redis.hset('k', null));
    assert.equal(upstash.stats.requests, 0);
  });

  it('do not spoil other calls of the same turn', async (test) => {
    const { redis } = suite;
    const grow = test.mock.method(Buffer, 'allocUnsafeSlow', () => {
      throw new RangeError('too large');
    });
    const calls = [redis.set('a', 1), redis.set('b', 'x'.repeat(1_000_000)), redis.get('a')];
    grow.mock.restore();
    const [set, tooLarge, get] = await Promise.allSettled(calls);
    assert.deepEqual([set.value, tooLarge.reason.message, get.value], ['OK', 'too large', 1]);
  });
});

describe('a command that Redis refuses', () => {
  it('rejects with an error in the words of @upstash/redis', async () => {
    const { redis, connect } = suite;
    await redis.set('k', 'text');
    const error = await rejection(redis.lpush('k', 'value'));
    assert.ok(error instanceof errors.UpstashError);
    assert.deepEqual([error.name, error.code], ['UpstashError', 'E_REDIS']);
    assert.equal(error.message, 'Command failed: WRONGTYPE Operation against a key holding the wrong kind of value');
    const alone = await rejection(connect({ enableAutoPipelining: false }).lpush('k', { a: 1n }));
    assert.equal(
      alone.message,
      'WRONGTYPE Operation against a key holding the wrong kind of value, command was: ["lpush","k","{\\"a\\":\\"1\\"}"]',
    );
  });

  it('is told from a token that Upstash does not know', async () => {
    const error = await rejection(suite.connect({ token: 'AnotherSecret' }).get('k'));
    assert.equal(error.message, 'WRONGPASS invalid or missing auth token, command was: ["get","k"]');
    assert.ok(!error.message.includes('AnotherSecret'));
  });

  it('does not keep others of its request from their replies', async () => {
    const { redis } = suite;
    await redis.set('k', 'text');
    const settled = await Promise.allSettled([redis.incr('k'), redis.get('k'), redis.incr('n')]);
    assert.deepEqual(
      settled.map(({ value, reason }) => value ?? reason.code),
      ['E_REDIS', 'text', 1],
    );
  });
});

describe('the options', () => {
  it('E_CONFIG: what can not be is said in a sentence, without the token', () => {
    const wrong = [
      [{ url: 'redis://localhost:6379' }, /^url: found 'redis:\/\/localhost'; expected the REST URL/],
      [{ url: 'localhost' }, /^url: found something that is no URL/],
      [{ url: `https://u:${TOKEN}@a.example` }, /^url: found a user or password/],
      [{ readUrl: 'localhost' }, /^readUrl: /],
      [{ token: `${TOKEN} ` }, /^token: found spaces/],
      [{ token: `${TOKEN}\n` }, /^token: found spaces/],
      [{ retry: true }, /^retry: found true; expected false or \{ retries, backoff, unsentOnly \}/],
      [{ retry: { retries: -1 } }, /^retry\.retries: found -1; expected a whole number from 0 to 100/],
      [{ retry: { backoff: 5 } }, /^retry\.backoff: found 5; expected a function/],
      [{ timeout: '5s' }, /^timeout: found 5s; expected a number of milliseconds/],
      [{ signal: {} }, /^signal: found an object; expected an AbortSignal/],
      [{ bigIntegers: true }, /^bigIntegers: found true; expected 'text' or 'bigint'/],
      [{ responseEncoding: 'utf8' }, /^responseEncoding: found utf8; expected 'base64' or false/],
      [{ enableAutoPipelining: 'no' }, /^enableAutoPipelining: found no; expected true or false/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(
        () => suite.connect(options),
        (error) => {
          assert.equal(error.code, 'E_CONFIG');
          assert.match(error.message, message);
          return !`${error.stack}`.includes(TOKEN);
        },
      );
    }
    assert.throws(() => suite.connect({ url: 'localhost' }), errors.UrlError);
  });

  it('may lack the credentials until a command is run, as a build has none', async () => {
    const code = `
      const { Redis } = require('strapi-upstash');
      const redis = Redis.fromEnv();
      redis.get('k').catch((error) => console.log(error.code, error.message));
    `;
    const { stdout, stderr } = await node(code, { UPSTASH_REDIS_REST_URL: suite.upstash.url }, 'commonjs');
    assert.match(stdout, /^E_CONFIG token: missing; set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN/);
    assert.match(stderr, /token: missing/);
  });

  it('come from the environment', async () => {
    const { url } = suite.upstash;
    const code = `import { Redis } from 'strapi-upstash'; console.log(await Redis.fromEnv({ retry: false }).ping());`;
    const ours = { UPSTASH_REDIS_REST_URL: `${url}/`, UPSTASH_REDIS_REST_TOKEN: TOKEN };
    const vercel = { KV_REST_API_URL: url, KV_REST_API_TOKEN: TOKEN };
    assert.equal((await node(code, ours)).stdout, 'PONG\n');
    assert.equal((await node(code, vercel)).stdout, 'PONG\n');
  });

  it('say what is told about this program', async () => {
    const told = () => suite.upstash.stats.lastRequest.headers['upstash-telemetry-sdk'];
    await suite.redis.ping();
    assert.match(told(), /^strapi-upstash@\d/);
    await suite.connect({ enableTelemetry: false }).ping();
    assert.equal(told(), undefined);
  });

  it('let connections be closed after each request', async () => {
    const redis = suite.connect({ keepAlive: false });
    for (let i = 0; i < 5; i += 1) await redis.ping();
    assert.equal(suite.upstash.stats.connections, 5);
  });

  it('print how long a call took', async (test) => {
    const log = test.mock.method(console, 'log', () => {});
    const redis = suite.connect({ latencyLogging: true });
    await redis.set('k', 1);
    await redis.pipeline().get('k').exec();
    const lines = log.mock.calls.map(({ arguments: [line] }) => line);
    assert.match(lines.join('\n'), /^Latency for SET: \d+\.\d\d ms\nLatency for PIPELINE: \d+\.\d\d ms$/);
  });
});

describe('the credentials', () => {
  it('go to no other server, also when the endpoint says so', async () => {
    await using(async (other, otherUrl) => {
      await using(
        async (_, url) => {
          const error = await rejection(new Redis({ url, token: TOKEN }).get('k'));
          assert.equal(error.code, 'E_STATUS');
        },
        (_, response) => response.writeHead(307, { location: otherUrl }).end(),
      );
      assert.equal(other.asked, 0);
    });
  });

  it('are not shown when the client is printed', () => {
    assert.ok(!inspect(suite.redis, { depth: 9, showHidden: true }).includes(TOKEN));
    assert.ok(!JSON.stringify(suite.redis).includes(TOKEN));
  });
});

describe('the sync token', () => {
  it('goes with each request once there is one, and can be handed to another client', async () => {
    const { redis, upstash, connect } = suite;
    const sent = () => upstash.stats.lastRequest.headers['upstash-sync-token'];
    assert.equal(redis.readYourWritesSyncToken, '');
    await redis.set('k', 1);
    assert.equal(sent(), undefined);
    const token = redis.readYourWritesSyncToken;
    assert.match(token, /^\d+$/);
    await redis.get('k');
    assert.equal(sent(), token);

    const other = connect();
    other.readYourWritesSyncToken = 'from-elsewhere';
    await other.get('k');
    assert.equal(sent(), 'from-elsewhere');

    const without = connect({ readYourWrites: false });
    await without.set('k', 2);
    await without.get('k');
    assert.deepEqual([sent(), without.readYourWritesSyncToken], [undefined, '']);
  });
});

describe('the package', () => {
  it('loads no code of Strapi and none of the plugin for it', async () => {
    const code = `
      import { createRequire } from 'node:module';
      import { Redis } from 'strapi-upstash';
      if (typeof Redis !== 'function') throw new Error('no Redis');
      console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));
    `;
    const loaded = JSON.parse((await node(code)).stdout).map((file) => file.slice(ROOT.length));
    const strange = loaded.filter((file) => !/^(binding\.js|index\.js|(qstash|redis|ratelimit)\/[\w/-]+\.js(on)?|[\w.-]+\.node)$/.test(file));
    assert.deepEqual(strange, []);
    assert.ok(loaded.includes('redis/index.js'));
  });

  it('is required as it is imported, and lets a program end that is done', async () => {
    const code = `
      const { Redis } = require('strapi-upstash');
      const redis = Redis.fromEnv();
      redis.set('k', 'waited').then(() => redis.get('k')).then(console.log);
    `;
    const env = { UPSTASH_REDIS_REST_URL: suite.upstash.url, UPSTASH_REDIS_REST_TOKEN: TOKEN };
    assert.equal((await node(code, env, 'commonjs')).stdout, 'waited\n');
  });
});

/** Runs code in a process of its own. */
function node(code, env = {}, type = 'module') {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env }, timeout: 20_000 };
  return promisify(execFile)(process.execPath, [`--input-type=${type}`, '-e', code], options);
}

/** Runs `work` with an HTTP server that counts its requests. */
async function using(work, answer = (_, response) => response.end()) {
  const counted = { asked: 0 };
  const web = http.createServer((request, response) => {
    counted.asked += 1;
    answer(request, response);
  });
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
  try {
    await work(counted, `http://127.0.0.1:${web.address().port}`);
  } finally {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  }
}
