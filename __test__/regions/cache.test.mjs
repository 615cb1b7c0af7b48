// The cache with processes in several regions, whose replicas lag: what is acknowledged holds everywhere, at once where
// Upstash is asked, and within two heartbeats where memory answers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onUpstash } from '../addon/support/shared-upstash.mjs';
import { ARTICLE, PAGE } from '../addon/support/site.mjs';
import { Random } from '../support/random.mjs';
import { until } from '../support/rest-client.mjs';
import { useRegions } from './support/regions.mjs';

const URL = '/api/articles?sort=title';
const HEARTBEAT_MS = 300;
const regions = useRegions();

/** Stores an answer and waits until Upstash answers with it. */
async function publish(site, url, body, facts) {
  const { id, found } = await site.ask(url);
  assert.equal(found, null, `${url} was there before its fill`);
  site.land(id, body, facts);
  await until(async () => (await onUpstash(site, url)) === body);
}

const lag = () => {
  for (const { replica } of [regions.east, regions.west]) replica.hold();
};

describe('with replicas that hear nothing', () => {
  for (const [what, purge] of [
    ['types', (engine) => engine.purgeTypes([ARTICLE])],
    ['tags', (engine) => engine.purgeTags(['prices'])],
    ['everything', (engine) => engine.purgeAll()],
    ['a pattern', (engine) => engine.purgePattern('strapi:/api/articles*')],
  ]) {
    it(`nothing is answered after an acknowledged purge of ${what}, and what is stored after it is`, async () => {
      const [a, b] = [regions.join(regions.east), regions.join(regions.west)];
      const facts = { tags: ['prices'] };
      await publish(a, URL, 'known to the replicas', facts);
      await regions.east.replica.caughtUp();
      await regions.west.replica.caughtUp();
      lag();
      await publish(a, '/api/articles/2', 'known to the primary alone', facts);
      assert.equal(await onUpstash(b, URL), 'known to the replicas');
      assert.equal(await onUpstash(b, '/api/articles/2'), 'known to the primary alone');
      await purge(b.engine);
      for (const site of [a, b]) {
        assert.equal(await onUpstash(site, URL), null);
        assert.equal(await onUpstash(site, '/api/articles/2'), null);
      }
      await publish(b, URL, 'new', facts);
      assert.equal(await onUpstash(a, URL), 'new');
    });
  }

  it('a fill that began before a purge in another region is not kept', async () => {
    const [a, b] = [regions.join(regions.east), regions.join(regions.west)];
    lag();
    const { id } = await a.ask(URL);
    await b.engine.purgeTypes([ARTICLE]);
    a.land(id, 'old');
    await sleep(50);
    assert.equal(await onUpstash(b, URL), null);
    assert.equal(await onUpstash(a, URL), null);
  });

  it('one process makes an answer, and those of other regions wait for it', async () => {
    const [a, b] = [regions.join(regions.east), regions.join(regions.west)];
    lag();
    const { id } = await a.ask(URL);
    const waiting = b.ask(URL);
    await sleep(50);
    a.land(id, 'made once');
    assert.equal(String((await waiting).found?.body), 'made once');
  });

  it('the engine asks no replica at all', async () => {
    const a = regions.join(regions.east);
    await publish(a, URL, 'x');
    await onUpstash(a, URL);
    await a.engine.purgePattern('strapi:/api/*');
    await a.engine.purgeTypes([ARTICLE]);
    await a.engine.limiter(JSON.stringify({ name: 'all', limit: 5, windowMs: 60_000, mode: 'exact' })).limit('ada', 1);
    assert.ok(regions.east.upstash.stats.requests > 6);
    assert.equal(regions.east.upstash.stats.replicaRequests, 0);
  });
});

describe('writes and reads at random in two regions', () => {
  it('never show what was purged and acknowledged, whatever the replicas lack', async () => {
    const random = new Random(11);
    const sites = [regions.join(regions.east), regions.join(regions.west)];
    const stored = [0, 0, 0];
    const acknowledged = [0, 0, 0];
    const stop = Date.now() + 4_000;
    let [reads, hits] = [0, 0];
    const until_ = async (work) => {
      while (Date.now() < stop) await work();
    };
    await Promise.all([
      until_(async () => {
        const { replica } = random.pick([regions.east, regions.west]);
        random.pick([() => replica.hold(), () => replica.release(), () => replica.delay(40)])();
        await sleep(30);
      }),
      ...sites.map((site) =>
        until_(async () => {
          const key = random.below(3);
          const value = (stored[key] += 1);
          await sleep(random.below(3));
          await (random.chance(0.3) ? site.engine.purgePattern(`strapi:/api/${key}*`) : site.engine.purgeTags([`tag${key}`]));
          acknowledged[key] = Math.max(acknowledged[key], value);
          await sleep(random.below(25));
        }),
      ),
      ...[...sites, ...sites].map((site) =>
        until_(async () => {
          const key = random.below(3);
          const url = `/api/${key}`;
          // What memory may still say is another test's subject.
          const known = acknowledged[key];
          const { id, role } = site.open(url);
          if (role !== 'leader') {
            await sleep(1);
            return;
          }
          const found = await site.engine.fetch(id);
          reads += 1;
          if (found === null) {
            const read = String(stored[key]);
            await sleep(random.below(4));
            site.land(id, read, { tags: [`tag${key}`] });
          } else {
            hits += 1;
            site.engine.abandon(id);
            assert.ok(Number(String(found.body)) >= known, `${url}: ${found.body} after ${known} was acknowledged`);
          }
          await sleep(random.below(4));
        }),
      ),
    ]);
    assert.ok(hits > 100 && acknowledged.every((count) => count > 10), `${hits} hits of ${reads}, ${acknowledged}`);
  });
});

describe('memory that the bus vouches for', () => {
  const joined = (region) => regions.join(region, { bus: { heartbeat: `${HEARTBEAT_MS} ms` } });
  const isOpen = (site) => site.stats.bus === 'open';
  const hold = (site, url, facts) => until(async () => (await site.visit(url, url, facts))[0] === 'memory' && isOpen(site));

  /** How long after an acknowledged purge by `a` the other one goes on to answer, in ms. */
  async function goesOn(a, b, url) {
    await a.engine.purgeTypes([ARTICLE]);
    const acknowledged = performance.now();
    let last = acknowledged;
    while (performance.now() < acknowledged + 5 * HEARTBEAT_MS) {
      if (b.hit(url) !== null) last = performance.now();
      await sleep(5);
    }
    return last - acknowledged;
  }

  /** Has both sites asked all the time, as beats are made only for what is asked for. */
  async function busy(work, ...sites) {
    let done = false;
    const asking = (async () => {
      for (; !done; await sleep(15)) for (const site of sites) if (site.hit('/api/pages') === null) await site.visit('/api/pages', 'p', { reads: [[PAGE, {}]] });
    })();
    try {
      return await work();
    } finally {
      done = true;
      await asking;
    }
  }

  it('is purged by messages that come from a replica', async () => {
    const [a, b] = [joined(regions.east), joined(regions.west)];
    await hold(a, '/api/articles');
    await hold(b, '/api/articles');
    assert.ok((await goesOn(a, b, '/api/articles')) < 100);
  });

  it('answers no longer than two heartbeats after a purge whose message does not come', async () => {
    const [a, b] = [joined(regions.east), joined(regions.west)];
    await hold(b, '/api/articles');
    regions.west.replica.hold();
    const ms = await goesOn(a, b, '/api/articles');
    assert.ok(ms <= 2 * HEARTBEAT_MS + 50, `${ms} ms`);
  });

  it('answers no longer than that when all that is heard is late, beats too', async () => {
    const [a, b] = [joined(regions.east), joined(regions.west)];
    await hold(a, '/api/articles');
    await hold(b, '/api/articles');
    const late = 4 * HEARTBEAT_MS;
    await busy(
      async () => {
        regions.west.replica.delay(late);
        // Until late beats come in all the time.
        await sleep(late + 3 * HEARTBEAT_MS);
        await until(async () => (await b.visit('/api/articles', 'x'))[0] === 'memory' && isOpen(b));
        const ms = await goesOn(a, b, '/api/articles');
        assert.ok(ms <= 2 * HEARTBEAT_MS + 50, `${ms} ms`);
      },
      a,
      b,
    );
  });

  it('is kept while what is heard is late by less, and purged when the message comes', async () => {
    const [a, b] = [joined(regions.east), joined(regions.west)];
    await hold(a, '/api/articles');
    await busy(
      async () => {
        regions.west.replica.delay(HEARTBEAT_MS / 4);
        await sleep(3 * HEARTBEAT_MS);
        await hold(b, '/api/articles');
        const ms = await goesOn(a, b, '/api/articles');
        assert.ok(ms <= HEARTBEAT_MS / 4 + 100, `${ms} ms`);
      },
      a,
      b,
    );
  });

  it('loses what was purged while a replica heard nothing, once that hears again', async () => {
    const [a, b] = [joined(regions.east), joined(regions.west)];
    await hold(b, '/api/articles');
    await hold(b, '/api/pages', { reads: [[PAGE, {}]] });
    regions.west.replica.hold();
    await a.engine.purgeTypes([ARTICLE]);
    await until(() => !isOpen(b));
    regions.west.replica.release();
    await until(async () => (await b.visit('/api/pages', 'x', { reads: [[PAGE, {}]] })) && isOpen(b));
    assert.equal(b.hit('/api/articles'), null);
  });
});
