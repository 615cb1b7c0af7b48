// The primary is gone and a replica that lagged takes over: what it never heard of did not happen. Whoever knows better
// says so, and then everything counts as stale.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from '../../index.js';
import { onUpstash } from '../addon/support/shared-upstash.mjs';
import { ARTICLE, CATEGORY, PAGE, Site } from '../addon/support/site.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { startReplica } from '../support/replica.mjs';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const HEARTBEAT_MS = 400;
const URL = '/api/articles';

/** A primary with a replica that lags from `lag()` on and takes over at `failOver()`. */
async function start(test) {
  const primary = await startRedis();
  const replica = await startReplica(primary);
  const upstash = await startUpstash({ redis: primary, global: true });
  const sites = [];
  test.after(async () => {
    for (const site of sites) site.engine.close();
    await upstash.stop();
    await replica.stop();
    await primary.kill();
  });
  return {
    upstash,
    /** Whoever asks now is asked. */
    current: primary,
    join(options) {
      const site = new Site({ upstash, deadline: '2 s', l1: { maxAge: '1 ms' }, ...options });
      sites.push(site);
      return site;
    },
    async lag() {
      await replica.caughtUp();
      replica.hold();
    },
    /** Subscriptions break with it, and can't be made again before `heal`. */
    async failOver() {
      await replica.promote();
      await upstash.misbehave('drop', { match: (name) => /^subscribe$/i.test(name) });
      await upstash.cutStreams();
      await primary.kill();
      upstash.failOver(replica);
      this.current = replica;
    },
  };
}

async function publish(site, url, body, facts) {
  const { id, found } = await site.ask(url);
  assert.equal(found, null);
  site.land(id, body, facts);
  await until(async () => (await onUpstash(site, url)) === body);
}

const isOpen = (site) => site.stats.bus === 'open';
const hold = (site, url, facts) => until(async () => (await site.visit(url, url, facts))[0] === 'memory' && isOpen(site));
const categories = { reads: [[CATEGORY, {}]] };

describe('after a failover to a replica that lacks the newest purges', () => {
  it('nothing from before is answered by who saw them, and then by nobody', async (test) => {
    const world = await start(test);
    const [a, b] = [world.join(), world.join()];
    await publish(a, URL, 'old');
    await onUpstash(b, URL);
    await world.lag();
    await a.engine.purgeTypes([ARTICLE]);
    await a.engine.purgeTypes([PAGE]);
    await world.failOver();
    assert.equal(await onUpstash(a, URL), null);
    assert.equal(await onUpstash(b, URL), null);
    await publish(b, URL, 'new');
    assert.equal(await onUpstash(a, URL), 'new');
  });

  it('it is enough to have heard of them', async (test) => {
    const world = await start(test);
    const [a, b, c] = [world.join(), world.join({ bus: { heartbeat: `${HEARTBEAT_MS} ms` } }), world.join()];
    await publish(a, '/api/categories', 'old', categories);
    await hold(b, URL);
    await onUpstash(c, URL);
    await world.lag();
    const { purges } = b.stats;
    await a.engine.purgeTypes([CATEGORY]);
    await a.engine.purgeTypes([PAGE]);
    await until(() => b.stats.purges === purges + 2);
    await world.failOver();
    // As many as were lost and more, from one that knew nothing of those: the numbers look as if nothing happened.
    for (let i = 0; i < 4; i += 1) await c.engine.purgeTypes([PAGE]);
    assert.equal(await onUpstash(b, '/api/categories'), null);
    await world.upstash.heal();
    await until(async () => (await onUpstash(c, '/api/categories')) === null);
    await until(() => b.warnings().some((line) => line.startsWith('Upstash has lost purges')));
  });

  it('memory keeps nothing, though the numbers went on past what it knew', async (test) => {
    const world = await start(test);
    const [a, b, c] = [world.join(), world.join({ bus: { heartbeat: `${HEARTBEAT_MS} ms` } }), world.join()];
    await onUpstash(c, '/api/other');
    await hold(b, URL);
    await world.lag();
    const { purges } = b.stats;
    await a.engine.purgeTypes([PAGE]);
    await a.engine.purgeTypes([PAGE]);
    await until(() => b.stats.purges === purges + 2);
    assert.ok(b.hit(URL));
    await world.failOver();
    await c.engine.purgeTypes([ARTICLE]);
    for (let i = 0; i < 2; i += 1) await c.engine.purgeTypes([PAGE]);
    await world.upstash.heal();
    await until(() => isOpen(b));
    assert.equal(b.hit(URL), null);
  });

  it('memory keeps nothing, where the numbers are behind what it knew', async (test) => {
    const world = await start(test);
    const [a, b, c] = [world.join(), world.join({ bus: { heartbeat: `${HEARTBEAT_MS} ms` } }), world.join()];
    await onUpstash(c, '/api/other');
    await hold(b, URL);
    await world.lag();
    const { purges } = b.stats;
    for (let i = 0; i < 3; i += 1) await a.engine.purgeTypes([PAGE]);
    await until(() => b.stats.purges === purges + 3);
    await world.failOver();
    await c.engine.purgeTypes([ARTICLE]);
    await world.upstash.heal();
    await until(() => isOpen(b));
    assert.equal(b.hit(URL), null);
  });

  it('memory keeps everything where nothing was lost', async (test) => {
    const world = await start(test);
    const [a, b] = [world.join(), world.join({ bus: { heartbeat: `${HEARTBEAT_MS} ms` } })];
    await hold(b, URL);
    const { purges } = b.stats;
    await a.engine.purgeTypes([PAGE]);
    await until(() => b.stats.purges === purges + 1);
    await world.lag();
    await world.failOver();
    await world.upstash.heal();
    await until(() => isOpen(b));
    assert.ok(b.hit(URL));
  });

  it('it goes unnoticed where nobody knows of them any more', async (test) => {
    const world = await start(test);
    const [a, b] = [world.join(), world.join()];
    await publish(b, URL, 'old');
    await world.lag();
    await a.engine.purgeTypes([ARTICLE]);
    a.engine.close();
    await world.failOver();
    assert.equal(await onUpstash(b, URL), 'old');
  });

  it('a purge that was not acknowledged before is delivered after', async (test) => {
    const world = await start(test);
    const [a, b] = [world.join({ deadline: '200 ms' }), world.join()];
    await publish(a, URL, 'old');
    await world.lag();
    await world.upstash.misbehave('drop');
    await a.engine.purgeTypes([ARTICLE]);
    assert.equal(a.stats.purgesWaiting, 1);
    await world.failOver();
    await world.upstash.heal();
    await until(() => a.stats.purgesWaiting === 0);
    assert.equal(await onUpstash(b, URL), null);
  });
});

describe('a client', () => {
  it('goes on after a failover: a token of the lost history is no hindrance', async (test) => {
    const world = await start(test);
    const redis = new Redis({ url: world.upstash.url, token: world.upstash.token, retry: false });
    await redis.set('kept', 1);
    await world.lag();
    await redis.set('lost', 1);
    await world.failOver();
    assert.deepEqual(await redis.mget('kept', 'lost'), [1, null]);
    await redis.set('k', 2);
    assert.equal(await redis.get('k'), 2);
  });
});

describe('a limit', () => {
  for (const mode of ['exact', 'leased']) {
    it(`is exceeded by no more than the replica had not heard of (${mode})`, async (test) => {
      const world = await start(test);
      const DAY_MS = 86_400_000;
      const rule = JSON.stringify({ name: 'all', algorithm: 'fixed-window', limit: 100, windowMs: DAY_MS, mode });
      if (DAY_MS - (Date.now() % DAY_MS) < 30_000) await sleep(30_000);
      const limiters = [world.join(), world.join()].map((site) => site.engine.limiter(rule));
      const ask = async (limiter) => (limiter.limitNow('ada', 1) ?? (await limiter.limit('ada', 1))).success;
      const counter = async () => Number(await world.current.command('GET', (await world.current.command('KEYS', '*ada*'))[0]));
      let passed = 0;
      for (let i = 0; i < 40; i += 1) passed += await ask(limiters[i % 2]);
      await world.lag();
      for (let i = 0; i < 30; i += 1) passed += await ask(limiters[i % 2]);
      // Leases are taken in the background.
      await sleep(100);
      const taken = await counter();
      await world.failOver();
      const lost = taken - (await counter());
      assert.ok(lost > 0);
      for (let i = 0; i < 200; i += 1) passed += await ask(limiters[i % 2]);
      assert.ok(passed >= 100 && passed <= 100 + lost, `${passed} passed, ${lost} lost`);
      for (const limiter of limiters) await limiter.close();
    });
  }
});
