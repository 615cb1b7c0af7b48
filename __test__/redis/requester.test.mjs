// Middleware around requests, and requesters that users bring.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redis } from '../../index.js';
import { rejection, useDatabase } from '../support/redis-client.mjs';

const suite = useDatabase();

describe('middleware', () => {
  it('sees each request, the outermost first, and what comes back is the same', async () => {
    const { redis, upstash } = suite;
    const seen = [];
    const watch = (name) => async (request, next) => {
      seen.push([name, request.path, request.body]);
      return next(request);
    };
    redis.use(watch('inner'));
    redis.use(watch('outer'));
    assert.deepEqual(await Promise.all([redis.set('k', { a: 1 }), redis.get('k')]), ['OK', { a: 1 }]);
    const body = [
      ['set', 'k', '{"a":1}'],
      ['get', 'k'],
    ];
    assert.deepEqual(seen.splice(0), [
      ['outer', ['pipeline'], body],
      ['inner', ['pipeline'], body],
    ]);
    assert.equal(upstash.stats.requests, 1);

    await redis.hset('h', { x: 1 });
    assert.deepEqual(await redis.hgetall('h'), { x: 1 });
    assert.deepEqual(seen.at(-1), ['inner', undefined, ['hgetall', 'h']]);
    assert.deepEqual(await redis.multi().get('k').hgetall('h').exec(), [{ a: 1 }, { x: 1 }]);
    assert.deepEqual(seen.at(-1)[1], ['multi-exec']);
    assert.deepEqual(await redis.bitfield('b').get('u8', 0).exec(), [0]);
  });

  it('sees no more commands in a request than go without it', async () => {
    const { redis } = suite;
    const sizes = [];
    redis.use((request, next) => {
      sizes.push(request.body.length);
      return next(request);
    });
    await Promise.all(Array.from({ length: 2_100 }, () => redis.incr('n')));
    assert.deepEqual(sizes, [1_000, 1_000, 100]);
    assert.equal(await redis.get('n'), 2_100);
  });

  it('may answer itself, change a request, or fail', async () => {
    const { redis } = suite;
    redis.use(async (request, next) => {
      const [name, key] = request.body.flat();
      if (key === 'secret') throw new Error('not for you');
      if (key === 'made up') return request.path ? [{ result: '5' }] : { result: '5' };
      return next(name === 'incr' ? { ...request, body: [['incrby', key, 10]] } : request);
    });
    assert.equal(await redis.get('made up'), 5);
    assert.equal(await redis.incr('n'), 10);
    assert.equal((await rejection(redis.get('secret'))).message, 'not for you');
  });

  it('leaves errors as they are', async () => {
    const { redis } = suite;
    await redis.set('k', 'text');
    redis.use((request, next) => next(request));
    const [incr, get] = await Promise.allSettled([redis.incr('k'), redis.get('k')]);
    assert.equal(incr.reason.message, 'Command failed: ERR value is not an integer or out of range');
    assert.equal(get.value, 'text');
    const alone = await rejection(redis.hgetall('k'));
    assert.match(alone.message, /^WRONGTYPE .*, command was: \["hgetall","k"\]$/);
    assert.match((await rejection(redis.pipeline().get('k').incr('k').exec())).message, /^Command 2 \[ incr \] failed: ERR/);
  });
});

describe('a requester of one’s own', () => {
  const answers = { get: '{"a":1}', hgetall: ['x', '1'], incr: 3 };
  const requester = {
    upstashSyncToken: 'mine',
    async request({ path, body }) {
      const answer = ([name]) => (name in answers ? { result: answers[name] } : { error: `ERR no ${name}` });
      return path ? body.map(answer) : answer(body);
    },
  };

  it('carries commands, whose replies are what they are elsewhere', async () => {
    const redis = new Redis(requester);
    assert.deepEqual(await redis.get('k'), { a: 1 });
    assert.deepEqual(await redis.hgetall('k'), { x: 1 });
    assert.deepEqual(await redis.pipeline().get('k').incr('n').exec(), [{ a: 1 }, 3]);
    assert.equal((await rejection(redis.set('k', 1))).message, 'ERR no set');
    assert.equal(redis.readYourWritesSyncToken, 'mine');
  });

  it('E_COMMAND: has no subscriptions, no raw replies and no status', async () => {
    const redis = new Redis(requester);
    assert.throws(() => redis.subscribe('news'), { code: 'E_COMMAND' });
    assert.throws(() => redis.status(), { code: 'E_COMMAND' });
    assert.equal((await rejection(redis.raw.get('k'))).code, 'E_COMMAND');
  });
});
