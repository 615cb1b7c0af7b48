// The limiter, in process and on Upstash: one rule, and on Upstash the keys that @upstash/ratelimit publishes.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ipIdentifier } from '../../index.js';
import { startRedis } from '../support/redis-server.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { Random } from '../support/random.mjs';
import { Site } from './support/site.mjs';

/** So long a window, and so much in its middle are we, that no test ever sees its end. */
const LONG_MS = middleOfWindow(86_400_000);

let redis;
let upstash;
let local;
let remote;
let elsewhere;

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
  local = new Site().engine;
  // Nothing here is about the deadline, and a request that passes for lack of an answer would not be counted.
  [remote, elsewhere] = [0, 1].map(() => new Site({ upstash, deadline: '5 s' }).engine);
});

beforeEach(async () => {
  await redis.command('FLUSHALL');
  upstash.stats.reset();
});

after(async () => {
  await upstash.stop();
  await redis.stop();
});

const rule = (options) => JSON.stringify({ name: 'all', limit: 100, windowMs: LONG_MS, ...options });
const counter = async (key) => Number(await redis.command('GET', key));

/** The published rule: what the next request gets at `now`, with these counters in its two buckets. */
function published({ limit, windowMs }, now, current, previous) {
  const weighted = Math.floor((1 - (now % windowMs) / windowMs) * previous);
  if (weighted + current >= limit) return { success: false, remaining: 0 };
  return { success: true, remaining: limit - (current + weighted + 1) };
}

/** What `call` decides, with the rule's own answer; that is null when a tick of the clock meanwhile makes it two. */
async function withPublished(options, current, previous, call) {
  const started = Date.now();
  const { success, remaining, reset } = await call();
  const ended = Date.now();
  const [early, late] = [started, ended].map((now) => published(options, now, current, previous));
  const sameBucket = Math.floor(started / options.windowMs) === Math.floor(ended / options.windowMs);
  const certain = sameBucket && early.remaining === late.remaining && early.success === late.success;
  return { decision: { success, remaining }, expected: certain ? early : null, reset };
}

for (const where of ['in process', 'on Upstash']) {
  const remotely = where === 'on Upstash';
  const limiterOf = (options) => (remotely ? remote : local).limiter(rule({ name: `${Math.random()}`, ...options }));
  const ask = (limiter, who) => (remotely ? limiter.limit(who) : limiter.limitNow(who));

  describe(`a limit ${where}`, () => {
    it('of 100 lets exactly the first 100 of 105 pass, and counts down', async () => {
      const limiter = limiterOf();
      assert.equal(limiter.remote, remotely);
      const reset = (Math.floor(Date.now() / LONG_MS) + 1) * LONG_MS;
      for (let i = 0; i < 105; i += 1) {
        const expected = { success: i < 100, limit: 100, remaining: Math.max(0, 99 - i), reset };
        const { retry, ...decision } = await ask(limiter, 'somebody');
        assert.deepEqual(decision, expected, `request ${i + 1}`);
        // The whole limit was used in one window: the next is the first in which any of it is free again.
        if (!decision.success) assert.ok(retry >= reset && retry < reset + LONG_MS / 50);
      }
    });

    it('is each identifier’s own, whatever characters it has', async () => {
      const limiter = limiterOf({ limit: 1 });
      for (const who of ['a', 'b', 'a:b', 'a b', 'ünï', '*', '', '2001:db8:1:2::/64', 'a\u0000b', 'x'.repeat(5_000)]) {
        assert.deepEqual([(await ask(limiter, who)).success, (await ask(limiter, who)).success], [true, false], who);
      }
    });

    it('comes back with time, after the previous window has faded', async () => {
      const windowMs = middleOfWindow(600);
      const limiter = limiterOf({ limit: 10, windowMs });
      const decisions = await Promise.all(Array.from({ length: 20 }, () => ask(limiter, 'x')));
      const refused = decisions.filter(({ success }) => !success);
      assert.ok(refused.length > 0);
      const ends = refused.at(-1).reset;
      assert.ok(ends > Date.now() - windowMs && ends <= Date.now() + windowMs);
      await sleep(ends + windowMs - Date.now() + 5);
      const { success, remaining } = await ask(limiter, 'x');
      assert.deepEqual({ success, remaining }, { success: true, remaining: 9 });
    });

    it('answers limit() with a promise', async () => {
      const limiter = limiterOf({ limit: 2 });
      const decisions = await Promise.all([1, 2, 3].map(() => limiter.limit('x')));
      assert.equal(decisions.filter(({ success }) => success).length, 2);
    });

    it('needs a name, a limit and a window', () => {
      const { engine } = new Site();
      for (const wrong of [
        '',
        '{}',
        '{"name":"x","limit":"many","windowMs":1}',
        '{"name":"x","limit":-1,"windowMs":1}',
      ]) {
        assert.throws(() => engine.limiter(wrong), {
          code: 'E_CONFIG',
          message: /^limiter: .*name, limit and windowMs/,
        });
      }
    });
  });
}

describe('a limit on Upstash', () => {
  it('is kept under the published keys, and for two windows and a second', async () => {
    const windowMs = 600_000;
    const limiter = remote.limiter(rule({ name: 'search', limit: 5, windowMs }));
    const bucket = Math.floor(Date.now() / windowMs);
    for (let i = 0; i < 3; i += 1) await limiter.limit('203.0.113.7');
    const keys = (await redis.command('KEYS', '*')).map(String);
    const buckets = [bucket, bucket + 1].map((number) => `strapi@ratelimit:search:203.0.113.7:${number}`);
    assert.ok(keys.length > 0 && keys.every((key) => buckets.includes(key)), keys.join());
    for (const key of keys) {
      const ttl = await redis.command('PTTL', key);
      assert.ok(ttl > 2 * windowMs - 9_000 && ttl <= 2 * windowMs + 1_000, `${ttl} ms`);
    }
    const counts = await Promise.all(keys.map(counter));
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      3,
    );
  });

  it('does not count what it refuses', async () => {
    const limiter = remote.limiter(rule({ limit: 3 }));
    for (let i = 0; i < 10; i += 1) await limiter.limit('x');
    const [key] = (await redis.command('KEYS', '*')).map(String);
    assert.equal(await counter(key), 3);
  });

  it('takes one request, and none where it is known to be used up', async () => {
    const limiter = remote.limiter(rule({ limit: 11 }));
    await limiter.limit('x');
    upstash.stats.reset();
    for (let i = 0; i < 10; i += 1) await limiter.limit('x');
    assert.deepEqual([upstash.stats.requests, upstash.stats.count('EVALSHA')], [10, 10]);
    for (let i = 0; i < 100; i += 1) assert.equal((await limiter.limit('x')).success, false);
    assert.equal(upstash.stats.requests, 11);
  });

  it('goes on counting where another client of this layout has stopped, by the published rule', async (t) => {
    const random = new Random();
    t.diagnostic(`SEED=${random.seed}`);
    let judged = 0;
    for (let i = 0; i < 150; i += 1) {
      // A window in which we are somewhere in the middle, so that the previous bucket counts by a real share.
      const windowMs = middleOfWindow(100_000 + random.below(1_000_000));
      const options = { limit: 1 + random.below(300), windowMs };
      const [current, previous] = [random.below(200), random.below(2) * random.below(500)];
      const bucket = Math.floor(Date.now() / windowMs);
      const key = (number) => `strapi@ratelimit:all:client ${i}:${number}`;
      await redis.command('SET', key(bucket), current);
      await redis.command('SET', key(bucket - 1), previous);
      const limiter = remote.limiter(rule(options));
      const decide = () => limiter.limit(`client ${i}`);
      const { decision, expected, reset } = await withPublished(options, current, previous, decide);
      if (expected === null) continue;
      assert.deepEqual(decision, expected, `${JSON.stringify({ ...options, current, previous })} SEED=${random.seed}`);
      assert.equal(reset, (bucket + 1) * windowMs);
      assert.equal(await counter(key(bucket)), current + (expected.success ? 1 : 0));
      assert.equal(await counter(key(bucket - 1)), previous);
      judged += 1;
    }
    assert.ok(judged > 100, `${judged} judged`);
  });

  it('is one budget for all processes, also when they ask at the same time', async () => {
    const [one, two] = [remote, elsewhere].map((engine) => engine.limiter(rule({ limit: 50 })));
    const decisions = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? one : two).limit('x')));
    assert.deepEqual(
      decisions.filter(({ reason }) => reason),
      [],
      'all were decided',
    );
    assert.equal(decisions.filter(({ success }) => success).length, 50);
    const left = decisions.filter(({ success }) => success).map(({ remaining }) => remaining);
    assert.deepEqual(
      left.sort((x, y) => x - y),
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it('of another name or another site is another budget', async () => {
    const other = new Site({ upstash, deadline: '5 s', prefix: 'other' }).engine;
    const one = rule({ limit: 1 });
    const limiters = [remote.limiter(one), remote.limiter(rule({ limit: 1, name: 'b' })), other.limiter(one)];
    for (const limiter of limiters) assert.equal((await limiter.limit('x')).success, true);
    for (const limiter of limiters) assert.equal((await limiter.limit('x')).success, false);
  });
});

describe('an address', () => {
  it('is one identifier however it is written', () => {
    const written = [
      '203.0.113.7',
      '::ffff:203.0.113.7',
      '2001:DB8:1:2::9',
      '2001:db8:1:2:3:4:5:6',
      'fe80::1%eth0',
      '',
      'x, y',
    ];
    const expected = [
      '203.0.113.7',
      '203.0.113.7',
      '2001:db8:1:2::/64',
      '2001:db8:1:2::/64',
      'fe80::/64',
      'unknown',
      'unknown',
    ];
    assert.deepEqual(written.map(ipIdentifier), expected);
  });
});

/** The length in ms, from `least` on, of a window of which between 20 and 80 % have passed. */
function middleOfWindow(least) {
  for (let windowMs = least; ; windowMs += 997) {
    const passed = (Date.now() % windowMs) / windowMs;
    if (passed > 0.2 && passed < 0.8) return windowMs;
  }
}
