// The scripts of `Ratelimit` against the functions in Rust that `Ratelimit` without a Redis is made of: the same random
// histories, clocks that jump included, on a real Redis. What the functions promise is proved in src/limiter.

import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { Ratelimit, Redis } from '../../index.js';
import { Random } from '../support/random.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const HISTORIES = 30;
const STEPS = 60;

let redis;
let upstash;
let client;

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
  client = new Redis({ url: upstash.url, token: upstash.token });
});
after(async () => {
  await upstash.stop();
  await redis.stop();
});

const ALGORITHMS = {
  fixedWindow: (random, window) => [random.int(1, 20), window],
  slidingWindow: (random, window) => [random.int(1, 20), window],
  tokenBucket: (random, window) => [random.int(1, 9), window, random.int(1, 20)],
  gcra: (random, window) => [random.int(1, 20), window, random.int(1, 20)],
};

for (const [algorithm, make] of Object.entries(ALGORITHMS)) {
  describe(`the script of ${algorithm}`, () => {
    it('decides as its function does', async (test) => {
      const random = new Random();
      test.diagnostic(`SEED=${random.seed}`);
      const count = { passed: 0, refused: 0, refunds: 0, dear: 0, jumps: 0 };
      for (let history = 0; history < HISTORIES; history += 1) {
        await redis.command('FLUSHALL');
        const windowMs = random.pick([30_000, 60_001, 3_600_000]);
        const args = make(random, `${windowMs} ms`);
        const limiter = Ratelimit[algorithm](...args);
        const there = new Ratelimit({ redis: client, limiter, ephemeralCache: false, timeout: 0 });
        const here = new Ratelimit({ limiter });
        let now = Date.now() + random.below(windowMs);
        let newest = now;
        for (let at = 0; at < STEPS; at += 1) {
          const rate = random.chance(0.7) ? 1 : random.pick([0, 2, 3, 7, 25, -1, -2]);
          const [one, other] = await atTime(now, () => Promise.all([there, here].map((limits) => limits.limit('who', { rate }))));
          const context = `SEED=${random.seed} ${JSON.stringify({ args, history, at, now, rate })}`;
          delete one.pending;
          delete other.pending;
          assert.deepEqual(other, one, context);
          // Time is the history's, and stands still for Redis.
          for (const key of await redis.command('KEYS', '*')) await redis.command('PERSIST', key);
          count[rate < 0 ? 'refunds' : rate > 1 ? 'dear' : one.success ? 'passed' : 'refused'] += 1;
          now += random.chance(0.85) ? random.below(windowMs / 30) : random.below(windowMs * 1.5);
          newest = Math.max(newest, now);
          if (random.chance(0.05)) {
            // By a window at most: what is further back is forgotten here, and has keys of its own there.
            now = Math.max(newest - windowMs, now - random.below(windowMs));
            count.jumps += 1;
          }
        }
      }
      test.diagnostic(JSON.stringify(count));
      for (const [what, times] of Object.entries(count)) assert.ok(times >= 20, `${what}: ${times}`);
    });
  });
}

async function atTime(now, work) {
  mock.timers.enable({ apis: ['Date'], now });
  try {
    return await work();
  } finally {
    mock.timers.reset();
  }
}
