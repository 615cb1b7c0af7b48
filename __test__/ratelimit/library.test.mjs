// `Ratelimit` as its users meet it, on a real Redis and in process memory.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis as TheirRedis } from '@upstash/redis';
import { IpDenyList, MultiRegionRatelimit, Ratelimit, Redis } from '../../index.js';
import { startRedis } from '../support/redis-server.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { dump } from './support/dump.mjs';

const DAY = '1 d';

const require = createRequire(import.meta.url);
const { RateLimitStore } = require('../../ratelimit/koa2-store.js');

let redis;
let upstash;
let client;

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
  client = new Redis({ url: upstash.url, token: upstash.token, retry: false });
});
after(async () => {
  await upstash.stop();
  await redis.stop();
});
beforeEach(async () => {
  await redis.command('FLUSHALL');
  await upstash.heal();
  upstash.stats.reset();
});

const limiterOf = (options = {}) =>
  new Ratelimit({ redis: client, limiter: Ratelimit.slidingWindow(3, DAY), timeout: 10_000, ...options });

/** What `times` requests get, in short. */
async function passes(limiter, times, identifier = 'ada', options) {
  const found = [];
  for (let i = 0; i < times; i += 1) found.push((await limiter.limit(identifier, options)).success);
  return found;
}

const ALGORITHMS = {
  fixedWindow: [3, DAY],
  slidingWindow: [3, DAY],
  tokenBucket: [1, DAY, 3],
  gcra: [3, '30 d'],
  cachedFixedWindow: [3, DAY],
};

for (const where of ['on Redis', 'in process memory']) {
  const made = (limiter) => (where === 'on Redis' ? limiterOf({ limiter }) : new Ratelimit({ limiter }));

  describe(`a limiter ${where}`, () => {
    for (const [algorithm, args] of Object.entries(ALGORITHMS)) {
      const limiter = () => made(Ratelimit[algorithm](...args));

      it(`by ${algorithm} lets as many pass as it is told to, counts down, and for each identifier alone`, async () => {
        const ratelimit = limiter();
        const found = [];
        for (let i = 0; i < 5; i += 1) {
          const { success, limit, remaining, reset, pending } = await ratelimit.limit('ada');
          await pending;
          assert.equal(limit, 3);
          assert.ok(reset > Date.now(), `reset ${reset}`);
          found.push([success, Math.max(0, remaining)]);
        }
        assert.deepEqual(found, [[true, 2], [true, 1], [true, 0], [false, 0], [false, 0]]);
        assert.equal((await ratelimit.limit('grace')).success, true);
      });

      it(`by ${algorithm} tells what is left, takes refunds, and starts anew when told to`, async () => {
        const ratelimit = limiter();
        const remaining = async () => (await ratelimit.getRemaining('ada')).remaining;
        assert.equal(await remaining(), 3);
        await ratelimit.limit('ada', { rate: 2 });
        assert.equal(await remaining(), 1);
        await ratelimit.limit('ada', { rate: -1 });
        assert.equal(await remaining(), 2);
        await passes(ratelimit, 3);
        assert.equal(await remaining(), 0);
        await ratelimit.limit('ada2');
        await ratelimit.resetUsedTokens('ada');
        assert.equal(await remaining(), 3);
        assert.deepEqual(await passes(ratelimit, 1), [true]);
        assert.equal((await ratelimit.getRemaining('ada2')).remaining, 2);
      });
    }

    it('refuses what it can not be asked', async () => {
      const ratelimit = made(Ratelimit.slidingWindow(3, DAY));
      for (const rate of [1.5, NaN, '2', Infinity]) {
        await assert.rejects(ratelimit.limit('ada', { rate }), { code: 'E_COMMAND', message: /^rate: found .*; expected a whole number$/ });
      }
    });

    it('waits until a request may pass, and no longer than it is told', async () => {
      const ratelimit = made(Ratelimit.fixedWindow(1, '1 s'));
      await ratelimit.limit('ada');
      const began = Date.now();
      assert.equal((await ratelimit.blockUntilReady('ada', 5_000)).success, true);
      assert.ok(Date.now() - began < 2_500);
      const slow = made(Ratelimit.fixedWindow(1, DAY));
      await slow.limit('grace');
      const again = Date.now();
      assert.equal((await slow.blockUntilReady('grace', 200)).success, false);
      assert.ok(Date.now() - again >= 190 && Date.now() - again < 1_500, `${Date.now() - again} ms`);
      await assert.rejects(slow.blockUntilReady('grace', 0), { code: 'E_CONFIG' });
    });

    it('works without its object', async () => {
      const { limit, getRemaining } = made(Ratelimit.slidingWindow(3, DAY));
      await limit('ada');
      assert.equal((await getRemaining('ada')).remaining, 2);
    });
  });
}

describe('what a limiter is made of', () => {
  it('is checked', () => {
    const limiter = Ratelimit.slidingWindow(1, '1 s');
    for (const [make, message] of [
      [() => Ratelimit.slidingWindow(0, '1 s'), /^tokens: found 0; expected a whole number from 1$/],
      [() => Ratelimit.fixedWindow('5', '1 s'), /^tokens: found '5'; expected/],
      [() => Ratelimit.tokenBucket(1, '1 s'), /^maxTokens: found undefined; expected/],
      [() => Ratelimit.slidingWindow(1, 'soon'), /^window: found 'soon'; expected a number and ms, s, m, h, d or w, such as '10 s'$/],
      [() => Ratelimit.slidingWindow(1, '0 s'), /^window: found '0 s'; expected/],
      [() => Ratelimit.slidingWindow(1, '0.4 ms'), /^window: found '0\.4 ms'; expected/],
      [() => Ratelimit.slidingWindow(1, 60), /^window: found 60; expected/],
      [() => new Ratelimit({ redis: client }), /^limiter: expected an algorithm such as/],
      [() => new Ratelimit({ redis: {}, limiter }), /^redis: expected a client with evalsha and eval/],
      [() => new Ratelimit({ redis: client, limiter, timeout: -1 }), /^timeout: found -1; expected/],
      [() => new Ratelimit({ limiter, analytics: true }), /^redis: missing; expected a client, which analytics needs$/],
      [() => new Ratelimit({ limiter: () => ({}) }), /^redis: missing; expected a client, which a limiter of your own needs$/],
      [() => new Ratelimit({ redis: client, limiter, enableProtection: true, denyListThreshold: 9 }), /Allowed threshold values are from 1 to 8/],
      [() => new MultiRegionRatelimit({ redis: [], limiter }), /^redis: expected a list of clients/],
      [() => new MultiRegionRatelimit({ redis: [client, null], limiter }), /^redis\[1\]: expected a client/],
    ]) {
      assert.throws(make, { code: 'E_CONFIG', message });
    }
  });

  it('may be any client with evalsha and eval', async () => {
    const { url, token } = upstash;
    const bare = { evalsha: (...args) => client.evalsha(...args), eval: (...args) => client.eval(...args) };
    const theirs = new TheirRedis({ url, token, enableTelemetry: false });
    const [one, other] = [bare, theirs].map((any) => limiterOf({ redis: any }));
    assert.deepEqual([await passes(one, 2), await passes(other, 2)], [[true, true], [true, false]]);
  });

  it('may be a limiter of one’s own', async () => {
    const asked = [];
    const limiter = () => ({ limit: async (_context, key, rate) => (asked.push([key, rate]), { success: false, limit: 1, remaining: 0, reset: 5, pending: Promise.resolve() }) });
    assert.equal((await limiterOf({ limiter, prefix: 'p' }).limit('ada', { rate: 2 })).success, false);
    assert.deepEqual(asked, [['p:ada', 2]]);
  });

  it('sends a script whole only to a Redis that does not know it', async () => {
    const limiter = limiterOf();
    await redis.command('SCRIPT', 'FLUSH');
    await passes(limiter, 3);
    const names = upstash.stats.commands.map(([name]) => `${name}`.toLowerCase());
    assert.deepEqual(names, ['evalsha', 'eval', 'evalsha', 'evalsha']);
  });
});

describe('a cache of the refused', () => {
  it('asks nobody until the window ends', async () => {
    const limiter = limiterOf();
    await passes(limiter, 4);
    upstash.stats.reset();
    const { success, reason, remaining, reset } = await limiter.limit('ada');
    assert.deepEqual([success, reason, remaining, upstash.stats.commands.length], [false, 'cacheBlock', 0, 0]);
    assert.ok(reset > Date.now());
  });

  it('is the map it is given, or none', async () => {
    const ephemeralCache = new Map();
    await passes(limiterOf({ ephemeralCache }), 4);
    assert.deepEqual([...ephemeralCache.keys()], ['@upstash/ratelimit:ada']);
    const none = limiterOf({ ephemeralCache: false });
    await passes(none, 2);
    assert.equal((await none.limit('ada')).reason, undefined);
    await assert.rejects(limiterOf({ ephemeralCache: false, limiter: Ratelimit.cachedFixedWindow(1, DAY) }).limit('ada'), { code: 'E_CONFIG' });
  });

  it('lets go of who gives tokens back', async () => {
    const limiter = limiterOf();
    await passes(limiter, 4);
    await limiter.limit('ada', { rate: -2 });
    assert.deepEqual(await passes(limiter, 3), [true, true, false]);
  });
});

describe('a cached fixed window', () => {
  it('asks once a window and tells the rest afterwards, and its keys end', async () => {
    const limiter = limiterOf({ limiter: Ratelimit.cachedFixedWindow(5, DAY) });
    const pending = [];
    for (let i = 0; i < 7; i += 1) pending.push((await limiter.limit('ada')).pending);
    await Promise.all(pending);
    const [{ content, ttl }] = await dump(redis);
    assert.equal(content, '5');
    assert.ok(ttl > 86_000_000 && ttl <= 86_400_000, `${ttl}`);
  });
});

describe('a limit set while all runs', () => {
  it('holds for every limiter of the prefix, at once', async () => {
    const [one, other] = [0, 1].map(() => limiterOf({ dynamicLimits: true, ephemeralCache: false }));
    assert.deepEqual(await one.getDynamicLimit(), { dynamicLimit: null });
    await one.setDynamicLimit({ limit: 5 });
    assert.deepEqual(await other.getDynamicLimit(), { dynamicLimit: 5 });
    assert.deepEqual(await passes(other, 6), [true, true, true, true, true, false]);
    assert.equal((await other.limit('grace')).limit, 5);
    await other.setDynamicLimit({ limit: false });
    assert.deepEqual(await passes(one, 4, 'joan'), [true, true, true, false]);
  });

  it('has to be enabled', async () => {
    await assert.rejects(limiterOf().setDynamicLimit({ limit: 5 }), { code: 'E_CONFIG', message: /dynamicLimits must be enabled/ });
    await assert.rejects(limiterOf().getDynamicLimit(), { code: 'E_CONFIG' });
    await assert.rejects(limiterOf({ dynamicLimits: true }).setDynamicLimit({ limit: 1.5 }), { code: 'E_CONFIG', message: /^limit: found 1\.5/ });
  });
});

describe('a deny list', () => {
  const DENY = '@upstash/ratelimit:denyList:all';
  const STATE = '@upstash/ratelimit:ipDenyListStatus';

  it('refuses who is on it, by any of four values, and asks once a minute', async () => {
    await redis.command('SET', STATE, 'disabled');
    await redis.command('SADD', DENY, 'mallory', '203.0.113.66', 'bad-bot', 'XX');
    for (const options of [{}, { ip: '203.0.113.66' }, { userAgent: 'bad-bot' }, { country: 'XX' }]) {
      const limiter = limiterOf({ enableProtection: true });
      const [value = 'mallory'] = Object.values(options);
      const name = value === 'mallory' ? value : `ada ${value}`;
      const { success, remaining, reason, deniedValue } = await limiter.limit(name, options);
      assert.deepEqual([success, remaining, reason, deniedValue], [false, 0, 'denyList', value]);
      upstash.stats.reset();
      const again = await limiter.limit(name, options);
      assert.deepEqual([again.success, again.reason, again.deniedValue, upstash.stats.commands.length], [false, 'denyList', value, 0]);
      assert.equal((await limiter.blockUntilReady(name, 5_000)).success, name !== 'mallory');
    }
    assert.equal((await limiterOf({ enableProtection: true }).limit('grace')).success, true);
    assert.equal((await limiterOf().limit('mallory')).success, true);
  });

  it('is filled from a source that is asked once a night', async () => {
    const asked = [];
    const source = createServer((request, response) => {
      asked.push(request.url);
      response.end('192.0.2.1\n192.0.2.2\n\n');
    }).listen(0, '127.0.0.1');
    await once(source, 'listening');
    try {
      await redis.command('SADD', DENY, '192.0.2.2', 'mallory');
      const denyListUrl = `http://127.0.0.1:${source.address().port}/levels`;
      const limiter = limiterOf({ enableProtection: true, denyListThreshold: 3, denyListUrl });
      await (await limiter.limit('ada', { ip: '192.0.2.1' })).pending;
      assert.deepEqual(asked, ['/levels/3.txt']);
      const { success, deniedValue } = await limiter.limit('ada', { ip: '192.0.2.1' });
      assert.deepEqual([success, deniedValue], [false, '192.0.2.1']);
      const [, seconds] = [await redis.command('GET', STATE), await redis.command('TTL', STATE)];
      assert.ok(seconds > 0 && seconds <= 86_400);
      // What was denied by hand stays so.
      await IpDenyList.disableIpDenyList(client, '@upstash/ratelimit');
      assert.deepEqual((await redis.command('SMEMBERS', DENY)).map(String).sort(), ['192.0.2.2', 'mallory']);
      assert.equal(await redis.command('TTL', STATE), -1);
      await IpDenyList.updateIpDenyList(client, '@upstash/ratelimit', 3, 60_000, denyListUrl);
      assert.equal((await redis.command('SMEMBERS', DENY)).length, 3);
      await assert.rejects(IpDenyList.updateIpDenyList(client, 'p', 0), { name: 'ThresholdError' });
    } finally {
      source.close();
    }
  });

  it('does without a source that is not there', async (test) => {
    const warn = test.mock.method(console, 'warn', () => undefined);
    const limiter = limiterOf({ enableProtection: true, denyListUrl: 'http://127.0.0.1:1/levels' });
    const { success, pending } = await limiter.limit('ada');
    await pending;
    assert.equal(success, true);
    assert.match(warn.mock.calls[0].arguments[0], /the list of denied addresses could not be fetched/);
    await redis.command('DEL', STATE);
    await (await limiterOf({ enableProtection: true, denyListUrl: false }).limit('ada')).pending;
    assert.equal(warn.mock.callCount(), 1);
  });
});

describe('when Redis does not answer', () => {
  it('a request passes after the time-out, with a reason', async () => {
    await upstash.misbehave('hang');
    const began = Date.now();
    const response = await limiterOf({ timeout: 100 }).limit('ada');
    delete response.pending;
    assert.deepEqual(response, { success: true, limit: 0, remaining: 0, reset: 0, reason: 'timeout' });
    assert.ok(Date.now() - began < 2_000);
  });

  it('an error is the caller’s', async () => {
    await upstash.misbehave('garbage');
    await assert.rejects(limiterOf().limit('ada'));
  });

  it('the first region that does counts', async () => {
    const dead = new Redis({ url: 'http://127.0.0.1:1', token: 't', retry: false });
    const limiter = new MultiRegionRatelimit({ redis: [dead, client], limiter: MultiRegionRatelimit.slidingWindow(2, DAY) });
    const found = [];
    for (let i = 0; i < 3; i += 1) {
      const { success, pending } = await limiter.limit('ada');
      await pending;
      found.push(success);
    }
    assert.deepEqual(found, [true, true, false]);
    const none = new MultiRegionRatelimit({ redis: [dead], limiter: MultiRegionRatelimit.fixedWindow(2, DAY) });
    await assert.rejects(none.limit('ada'), { name: 'UpstashError' });
  });

  it('analytics are left out, and nothing else', async (test) => {
    const warn = test.mock.method(console, 'warn', () => undefined);
    const limiter = limiterOf({ analytics: true });
    await (await limiter.limit('ada')).pending;
    await upstash.misbehave('garbage', { match: (name) => /zincrby/i.test(name) });
    const { success, pending } = await limiter.limit('ada');
    await pending;
    assert.equal(success, true);
    assert.match(warn.mock.calls[0].arguments[0], /analytics could not be recorded/);
  });
});

it('many at once are never more than the limit', async () => {
  for (const [algorithm, args] of Object.entries({ ...ALGORITHMS, slidingWindow: [40, DAY], fixedWindow: [40, DAY] })) {
    if (algorithm === 'cachedFixedWindow') continue;
    await redis.command('FLUSHALL');
    const limiters = [0, 1, 2].map(() => limiterOf({ limiter: Ratelimit[algorithm](...args) }));
    const found = await Promise.all(Array.from({ length: 120 }, (_, i) => limiters[i % 3].limit('ada')));
    assert.equal(found.filter(({ success }) => success).length, args[0] === 40 ? 40 : 3, algorithm);
  }
});

for (const where of ['on Redis', 'in process memory']) {
  describe(`a store for koa2-ratelimit ${where}`, () => {
    const store = () => new RateLimitStore(where === 'on Redis' ? { url: upstash.url, token: upstash.token } : {});
    const options = { interval: 60_000 };

    it('is one of its stores', () => {
      assert.ok(store() instanceof require('koa2-ratelimit').Stores.Store);
    });

    it('counts by weight in a window that begins with the first, and takes back what it is told to', async () => {
      const one = store();
      const began = Date.now();
      const { counter, dateEnd } = await one.incr('key', options, 1);
      assert.equal(counter, 1);
      assert.ok(dateEnd >= began + 59_900 && dateEnd <= Date.now() + 60_000, `${dateEnd - began}`);
      assert.equal((await one.incr('key', options, 3)).counter, 4);
      assert.equal((await one.incr('other', options, 1)).counter, 1);
      await one.decrement('key', options, 2);
      await one.decrement('nobody', options, 2);
      assert.equal((await one.incr('key', options, 1)).counter, 3);
      assert.equal((await one.incr('nobody', options, 1)).counter, 1);
      assert.equal(await one.saveAbuse({}), undefined);
    });

    it('forgets when the window ends', async () => {
      const one = store();
      await one.incr('brief', { interval: 200 }, 5);
      await new Promise((resolve) => setTimeout(resolve, 260));
      assert.equal((await one.incr('brief', { interval: 200 }, 1)).counter, 1);
    });
  });
}
