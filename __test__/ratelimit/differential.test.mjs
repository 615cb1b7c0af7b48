// The published @upstash/ratelimit and ours. On one database the published one is asked alone; on the other each step is
// taken by one of the two, as chance has it. Both databases have to hold the same at the end, and every answer on the
// way has to be the same: then a front end with theirs and a Strapi with ours share one budget.
//
// SEED=… makes other histories.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import * as theirs from '@upstash/ratelimit';
import { Redis as TheirRedis } from '@upstash/redis';
import * as ours from '../../index.js';
import { Random } from '../support/random.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { dump } from './support/dump.mjs';

const HISTORIES = 12;
const STEPS = 60;
const NAMES = ['ada', 'a*[b]? ü'];

/** Two databases, each behind an endpoint with a client of both libraries. */
let alone;
let shared;

async function open() {
  const redis = await startRedis();
  const upstash = await startUpstash({ redis });
  const { url, token } = upstash;
  const clients = { theirs: new TheirRedis({ url, token, enableTelemetry: false }), ours: new ours.Redis({ url, token }) };
  return { redis, upstash, clients };
}

before(async () => {
  [alone, shared] = await Promise.all([open(), open()]);
});
after(() => Promise.all([alone, shared].map(async ({ redis, upstash }) => (await upstash.stop(), await redis.stop()))));
beforeEach(() => Promise.all([alone, shared].map(({ redis }) => redis.command('FLUSHALL'))));

// Only the clock that both libraries read stands still: time-outs and Redis go on.
const atTime = async (now, work) => {
  mock.timers.enable({ apis: ['Date'], now });
  try {
    return await work();
  } finally {
    mock.timers.reset();
  }
};

const ALGORITHMS = {
  fixedWindow: (random) => [random.int(1, 12), `${random.int(10, 90)} s`],
  slidingWindow: (random) => [random.int(1, 12), `${random.int(10, 90)} s`],
  tokenBucket: (random) => [random.int(1, 6), `${random.int(2, 30)}s`, random.int(1, 12)],
  cachedFixedWindow: (random) => [random.int(1, 12), `${random.int(1, 5)} m`],
};

/** What an answer is, but for what happens afterwards. */
async function settled(call) {
  try {
    const { pending, ...answer } = (await call()) ?? {};
    await pending;
    return answer;
  } catch (error) {
    return { error: error.message };
  }
}

/** The next thing anybody does, as a function of a limiter. */
function step(random, algorithm, dynamic) {
  const name = random.pick(NAMES);
  const kind = random.next();
  if (kind < 0.7) return [`limit ${name}`, (limiter) => limiter.limit(name)];
  if (kind < 0.8) {
    const rate = random.pick([0, 2, 3, 5, -1, -2]);
    return [`limit ${name} ${rate}`, (limiter) => limiter.limit(name, { rate })];
  }
  if (kind < 0.93 || !dynamic) return [`remaining ${name}`, (limiter) => limiter.getRemaining(name)];
  if (algorithm === 'cachedFixedWindow' || kind < 0.96) return ['dynamic?', (limiter) => limiter.getDynamicLimit()];
  const limit = random.pick([false, 2, 7, 20]);
  return [`dynamic ${limit}`, (limiter) => limiter.setDynamicLimit({ limit })];
}

/** Theirs rounds a window's end to what its clock says at the time; both clocks are one here, and Redis' is real. */
function withoutTimes(database) {
  return database.map(({ ttl, ...entry }) => ({ ...entry, ends: ttl > 0 }));
}

for (const [algorithm, make] of Object.entries(ALGORITHMS)) {
  for (const cached of [true, false].slice(algorithm === 'cachedFixedWindow' ? 1 : 0)) {
    describe(`${algorithm}${cached ? ' with a cache' : ''}`, () => {
      it('is one limiter with that of @upstash/ratelimit', async (test) => {
        const random = new Random();
        test.diagnostic(`SEED=${random.seed}`);
        const count = { passed: 0, refused: 0, blocked: 0, remaining: 0, ours: 0 };
        for (let history = 0; history < HISTORIES; history += 1) {
          await Promise.all([alone, shared].map(({ redis }) => redis.command('FLUSHALL')));
          const args = make(random);
          // Counts of its own, so what two limiters count in memory must be one.
          const caches = algorithm === 'cachedFixedWindow' || cached ? [new Map(), new Map()] : [false, false];
          const dynamicLimits = algorithm !== 'cachedFixedWindow' && random.chance(0.5);
          const options = { prefix: random.pick([undefined, 'app:limits']), dynamicLimits, timeout: 60_000 };
          const limiterOf = ({ Ratelimit }, redis, ephemeralCache) =>
            new Ratelimit({ redis, limiter: Ratelimit[algorithm](...args), ephemeralCache, ...options });
          const lone = limiterOf(theirs, alone.clients.theirs, caches[0]);
          const mixed = {
            theirs: limiterOf(theirs, shared.clients.theirs, caches[1]),
            ours: limiterOf(ours, shared.clients.ours, caches[1]),
          };
          let now = Math.floor(Date.now() / 1_000) * 1_000;
          for (let at = 0; at < STEPS; at += 1) {
            const [what, act] = step(random, algorithm, dynamicLimits);
            const who = random.pick(['theirs', 'ours', 'ours']);
            await atTime(now, async () => {
              const expected = await settled(() => act(lone));
              const found = await settled(() => act(mixed[who]));
              assert.deepEqual(found, expected, `SEED=${random.seed} ${algorithm}(${args}) ${at}: ${who} ${what}`);
              count[found.reason === 'cacheBlock' ? 'blocked' : found.success === true ? 'passed' : found.success === false ? 'refused' : 'remaining'] += 1;
            });
            if (who === 'ours') count.ours += 1;
            now += random.chance(0.8) ? random.below(400) : random.below(40_000);
          }
          const [one, other] = await Promise.all([dump(alone.redis), dump(shared.redis)]);
          if (algorithm === 'cachedFixedWindow') {
            // Theirs never expires: a comparison in their script is of a number with a text.
            assert.deepEqual(other.map(({ key, content }) => [key, content]), one.map(({ key, content }) => [key, content]));
          } else {
            assert.deepEqual(withoutTimes(other), withoutTimes(one));
          }
        }
        test.diagnostic(JSON.stringify(count));
        for (const what of ['passed', 'refused', 'remaining', 'ours', ...(cached ? ['blocked'] : [])]) {
          assert.ok(count[what] > 10, `${what}: ${count[what]}`);
        }
      });
    });
  }
}

describe('the time a key has left', () => {
  for (const [algorithm, args] of [
    ['fixedWindow', [5, '60 s']],
    ['slidingWindow', [5, '60 s']],
    ['tokenBucket', [2, '10 s', 9]],
  ]) {
    it(`of ${algorithm} is theirs`, async () => {
      for (const [library, { clients, redis }] of [[theirs, alone], [ours, shared]]) {
        const client = library === theirs ? clients.theirs : clients.ours;
        const limiter = new library.Ratelimit({ redis: client, limiter: library.Ratelimit[algorithm](...args) });
        await limiter.limit('ada', { rate: 3 });
        await limiter.limit('ada');
        const [{ ttl }] = await dump(redis);
        redis.ttl = ttl;
      }
      assert.ok(shared.redis.ttl > 10_000);
      assert.ok(Math.abs(shared.redis.ttl - alone.redis.ttl) < 5_000, `${shared.redis.ttl} and ${alone.redis.ttl}`);
    });
  }
});

describe('several regions', () => {
  for (const algorithm of ['fixedWindow', 'slidingWindow']) {
    it(`share one budget with theirs by ${algorithm}`, async (test) => {
      const random = new Random();
      test.diagnostic(`SEED=${random.seed}`);
      const count = { passed: 0, refused: 0 };
      for (let history = 0; history < 4; history += 1) {
        await Promise.all([alone, shared].map(({ redis }) => redis.command('FLUSHALL')));
        const args = [random.int(2, 9), '60 s'];
        const limiterOf = ({ MultiRegionRatelimit }, name) =>
          new MultiRegionRatelimit({
            redis: [alone.clients[name], shared.clients[name]],
            limiter: MultiRegionRatelimit[algorithm](...args),
            ephemeralCache: new Map(),
          });
        // Their cache can't be shared, and is made anew for each step instead.
        const limiters = { theirs: () => limiterOf(theirs, 'theirs'), ours: () => limiterOf(ours, 'ours') };
        let used = 0;
        const now = Math.floor(Date.now() / 60_000) * 60_000 + 1_000;
        for (let at = 0; at < 14; at += 1) {
          const who = random.pick(['theirs', 'ours']);
          await atTime(now + at, async () => {
            const limiter = limiters[who]();
            const { remaining: left } = await limiters[who === 'ours' ? 'theirs' : 'ours']().getRemaining('ada');
            assert.equal(left, Math.max(0, args[0] - used), `SEED=${random.seed} ${at} ${who}`);
            const { pending, success, limit } = await limiter.limit('ada');
            await pending;
            assert.deepEqual([success, limit], [used < args[0], args[0]], `SEED=${random.seed} ${at} ${who}`);
            // A refused request counts in a fixed window.
            if (success || algorithm === 'fixedWindow') used += 1;
            count[success ? 'passed' : 'refused'] += 1;
          });
        }
        const [one, other] = (await Promise.all([dump(alone.redis), dump(shared.redis)])).map(withoutTimes);
        assert.equal(one.length, 1);
        // What is refused is not made equal any more.
        const passed = (database) => database[0].content.length;
        assert.ok(passed(one) >= args[0] && passed(other) >= args[0]);
      }
      test.diagnostic(JSON.stringify(count));
      assert.ok(count.passed > 5 && count.refused > 5);
    });
  }
});

describe('analytics', () => {
  it('are kept where theirs are, and end after 90 days', async () => {
    for (const [library, { clients }] of [[theirs, alone], [ours, shared]]) {
      const client = library === theirs ? clients.theirs : clients.ours;
      const limiter = new library.Ratelimit({ redis: client, limiter: library.Ratelimit.fixedWindow(1, '1 d'), analytics: true, ephemeralCache: false });
      await atTime(1_800_000_000_000, async () => {
        for (const name of ['ada', 'ada', 'grace']) {
          const options = { geo: { country: 'FR', city: 'Nice' }, ip: '203.0.113.1' };
          const { pending } = await limiter.limit(name, name === 'grace' ? undefined : options);
          await pending;
        }
      });
    }
    const events = async ({ redis }) => (await dump(redis)).filter(({ key }) => key.includes(':events:'));
    const [[one], [other]] = await Promise.all([events(alone), events(shared)]);
    assert.deepEqual([other.key, other.type, other.content], [one.key, one.type, one.content]);
    assert.equal(other.content.length, 3);
    const days = other.ttl / 86_400_000;
    assert.ok(days > 89 && days <= 90, `${days} days`);
    assert.equal(one.ttl, -1);
  });
});
