// Engines that hear each other over Upstash, as processes do: what is missed is found in the log, and where the log does
// not reach back, memory starts anew.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/rest-client.mjs';
import { ARTICLE, PAGE } from './support/site.mjs';
import { shareUpstash } from './support/shared-upstash.mjs';

const shared = shareUpstash();
const BEAT_MS = 400;
const joined = (options) => shared.join({ bus: { heartbeat: `${BEAT_MS} ms` }, ...options });
const isOpen = (site) => site.stats.bus === 'open';

/** Fills a URL in memory; the first one opens the channel. */
async function hold(site, url, facts) {
  await until(async () => (await site.visit(url, url, facts))[0] === 'memory' && isOpen(site));
}

describe('processes on a bus', () => {
  it('keep what nobody purges, and drop what another one does at once', async () => {
    const [a, b] = [joined(), joined()];
    await hold(b, '/api/articles');
    await hold(b, '/api/pages', { reads: [[PAGE, {}]] });
    await sleep(100);
    assert.ok(b.hit('/api/articles') && b.hit('/api/pages'));
    await a.engine.purgeTypes([ARTICLE]);
    await until(() => b.hit('/api/articles') === null);
    assert.ok(b.hit('/api/pages'));
    // Its own purge comes back to it and is none of another's.
    await hold(a, '/api/articles');
    const { purges } = a.stats;
    await a.engine.purgeTypes([PAGE]);
    await until(() => b.hit('/api/pages') === null);
    assert.equal(a.stats.purges, purges + 1);
    assert.ok(a.hit('/api/articles'));
  });

  it('do not trust their memory before they listen, nor when they can not', async () => {
    const b = joined();
    await shared.upstash.misbehave('drop', { match: (name) => /^subscribe$/i.test(name) });
    const { id } = await b.ask('/api/articles');
    b.land(id, 'x');
    await sleep(300);
    assert.equal(isOpen(b), false);
    assert.equal(b.hit('/api/articles'), null);
  });

  it('find in the log what they missed, and keep the rest', async () => {
    const [a, b] = [joined(), joined()];
    await hold(b, '/api/articles');
    await hold(b, '/api/pages', { reads: [[PAGE, {}]] });
    await shared.upstash.misbehave('drop', { match: (name) => /^subscribe$/i.test(name) });
    await shared.upstash.cutStreams();
    await until(() => !isOpen(b));
    assert.equal(b.hit('/api/pages'), null);
    for (let i = 0; i < 20; i += 1) await a.engine.purgeTypes([ARTICLE]);
    await shared.upstash.heal();
    await until(() => isOpen(b));
    assert.equal(b.hit('/api/articles'), null);
    assert.ok(b.hit('/api/pages'), 'nobody has purged this');
  });

  it('start anew where the log does not reach back', async () => {
    const [a, b] = [joined(), joined()];
    await hold(b, '/api/pages', { reads: [[PAGE, {}]] });
    await shared.upstash.misbehave('drop', { match: (name) => /^subscribe$/i.test(name) });
    await shared.upstash.cutStreams();
    await until(() => !isOpen(b));
    await a.engine.purgeTypes([ARTICLE]);
    await a.engine.purgeTypes([ARTICLE]);
    await shared.redis.command('ZREMRANGEBYRANK', 'strapi@log', '0', '-2');
    await shared.upstash.heal();
    await until(() => isOpen(b));
    assert.equal(b.hit('/api/pages'), null);
  });

  it('notice a message that got lost on an open channel by its number', async () => {
    const [a, b] = [joined(), joined()];
    await hold(b, '/api/articles');
    await hold(b, '/api/pages', { reads: [[PAGE, {}]] });
    // One purge of which nobody is told: its number is missing in the next one, and the log does not have it either.
    await shared.redis.command('HINCRBY', 'strapi@versions', 'seq', '1');
    await a.engine.purgeTypes([ARTICLE]);
    await until(() => b.hit('/api/articles') === null && isOpen(b));
    assert.equal(b.hit('/api/pages'), null);
  });

  it('notice one that got lost, and no other after it, by the next sign of life', async () => {
    const [a, b] = [joined(), joined()];
    await hold(b, '/api/articles');
    await shared.redis.command('HINCRBY', 'strapi@versions', 'seq', '1');
    await until(() => b.hit('/api/articles') === null, 4 * BEAT_MS);
    await until(() => isOpen(b));
    assert.equal(a.stats.bus, 'closed', 'nothing is in its memory that it would listen for');
  });

  it('notice a channel that fell silent by the beats it owes', async () => {
    const b = joined();
    await hold(b, '/api/articles');
    for (let i = 0; i < 10; i += 1) {
      await sleep(BEAT_MS / 2);
      assert.ok(b.hit('/api/articles'), 'beats keep it');
    }
    await shared.upstash.silenceStreams();
    await sleep(2 * BEAT_MS + 50);
    assert.equal(b.hit('/api/articles'), null);
    assert.equal(isOpen(b), false);
  });

  it('do not beat for what nobody asks for', async () => {
    const b = joined();
    await hold(b, '/api/articles');
    await sleep(3 * BEAT_MS);
    shared.upstash.stats.reset();
    await sleep(4 * BEAT_MS);
    assert.deepEqual(shared.upstash.stats.commands, []);
  });

  it('remember no more than a thousand purges in the log', async () => {
    const a = joined();
    await hold(a, '/api/articles');
    for (let i = 0; i < 1_100; i += 1) await a.engine.purgeTypes([PAGE]);
    assert.equal(await shared.redis.command('ZCARD', 'strapi@log'), 1_000);
  });

  it('are told of in the store’s own bounds: two keys, whatever is purged', async () => {
    await shared.a.engine.purgeTypes([ARTICLE]);
    await shared.a.engine.purgeAll();
    assert.deepEqual(await shared.keys('strapi@*'), ['strapi@log', 'strapi@versions']);
  });
});
