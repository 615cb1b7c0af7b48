// An Upstash that forgets, and purges it does not acknowledge: nothing stale is answered all the same.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/rest-client.mjs';
import { onUpstash, shareUpstash } from './support/shared-upstash.mjs';
import { ARTICLE, PAGE } from './support/site.mjs';

const URL = '/api/articles?sort=title';
const shared = shareUpstash();

describe('when Upstash loses', () => {
  const versions = 'strapi@versions';
  const losses = [
    ['everything', () => shared.redis.command('FLUSHALL')],
    ['the versions only', () => shared.redis.command('DEL', versions)],
    ['the sequence only', () => shared.redis.command('HDEL', versions, 'seq')],
    ['the floor only', () => shared.redis.command('HDEL', versions, 'floor')],
  ];
  for (const [what, lose] of losses) {
    it(`${what}, nothing from before is answered any more, in whatever order the processes ask`, async () => {
      for (const [first, second] of [
        [shared.a, shared.b],
        [shared.b, shared.a],
      ]) {
        await shared.redis.command('FLUSHALL');
        await shared.publish(first, URL, 'old');
        await shared.publish(first, '/api/articles/2', 'old');
        await first.engine.purgeTypes([ARTICLE]);
        await lose();
        assert.equal(await onUpstash(second, URL), null);
        assert.equal(await onUpstash(first, URL), null);
        assert.equal(await onUpstash(second, '/api/articles/2'), null);
        await shared.publish(second, URL, 'new');
        assert.equal(await onUpstash(first, URL), 'new');
        assert.equal(await onUpstash(first, '/api/articles/2'), null);
      }
    });

    it(`${what} during a fill, what was filled is not kept`, async () => {
      const patient = shared.join({ l1: { maxAge: '60 s' } });
      const { id } = await patient.ask(URL);
      await shared.a.engine.purgeTypes([ARTICLE]);
      await lose();
      await onUpstash(shared.b, '/api/other');
      patient.land(id, 'old');
      await until(() => patient.hit(URL) === null);
      assert.deepEqual(await shared.keys(), []);
    });
  }

  const dump = () => shared.redis.command('DUMP', versions);
  const restore = (copy) => shared.redis.command('RESTORE', versions, 0, copy, 'REPLACE');

  it('the newest purges to an older copy, a process that saw them answers with nothing from before', async () => {
    await shared.publish(shared.a, URL, 'old');
    const copy = await dump();
    await shared.a.engine.purgeTypes([ARTICLE]);
    await restore(copy);
    assert.equal(await onUpstash(shared.a, URL), null);
    assert.equal(await onUpstash(shared.b, URL), null, 'the first to notice raised the floor for all');
  });

  it('the newest purges to an older copy, what was stored after them is not answered', async () => {
    const copy = await dump().then((found) => found ?? onUpstash(shared.a, URL).then(dump));
    await shared.a.engine.purgeTypes([ARTICLE]);
    await shared.publish(shared.a, URL, 'newer than the copy');
    await restore(copy);
    assert.equal(await onUpstash(shared.join(), URL), null);
    assert.equal(await onUpstash(shared.a, URL), null);
  });

  it('the newest purges, and others follow, a process that saw them answers with nothing from before', async () => {
    await shared.publish(shared.a, URL, 'old');
    await onUpstash(shared.b, URL);
    const copy = await dump();
    await shared.a.engine.purgeTypes([ARTICLE]);
    await restore(copy);
    // As many as were lost, from a process that knew nothing of those: the sequence looks as if nothing happened.
    await shared.b.engine.purgeTypes([PAGE]);
    assert.equal(await onUpstash(shared.a, URL), null);
  });

  it('a purge by losing the versions, the next purge counts all the same', async () => {
    await shared.publish(shared.a, URL, 'old');
    await onUpstash(shared.b, URL);
    await shared.redis.command('DEL', versions);
    await shared.b.engine.purgeTypes([ARTICLE]);
    assert.equal(await onUpstash(shared.a, URL), null);
    assert.equal(await onUpstash(shared.b, URL), null);
  });
});

describe('a purge that Upstash does not acknowledge', () => {
  it('keeps this process from answering with what Upstash still has, and is delivered in the end', async () => {
    const quick = shared.join({ deadline: '400 ms' });
    await shared.publish(shared.a, URL, 'old');
    await shared.publish(shared.a, '/api/pages', 'kept', { reads: [[PAGE, {}]] });
    assert.equal(await onUpstash(quick, URL), 'old');
    await shared.upstash.misbehave('hang', { times: 1 });
    const started = performance.now();
    await quick.engine.purgeTypes([ARTICLE]);
    const took = performance.now() - started;
    assert.ok(took > 390 && took < 1_200, `${took} ms`);
    // Everything but the purge is answered: Upstash would serve the old entry.
    assert.equal(await onUpstash(shared.b, URL), 'old');
    assert.equal(await onUpstash(quick, URL), null);
    assert.equal(await onUpstash(quick, '/api/pages'), 'kept');
    assert.equal(quick.stats.purgesWaiting, 1);
    const [warning] = quick.warnings();
    assert.match(warning, /^a purge is not acknowledged by Upstash yet/);
    await shared.upstash.heal();
    await until(() => quick.stats.purgesWaiting === 0);
    assert.equal(await onUpstash(shared.b, URL), null);
    assert.equal(await onUpstash(quick, URL), null);
    assert.equal(await onUpstash(shared.b, '/api/pages'), 'kept');
  });

  for (const mode of ['refuse', 'blackhole', '500', 'garbage', 'drop']) {
    it(`as it meets ‘${mode}’ resolves within the deadline and is delivered once that is over`, async () => {
      const quick = shared.join({ deadline: '150 ms' });
      await shared.publish(shared.a, URL, 'old');
      await quick.visit(URL);
      await shared.upstash.misbehave(mode);
      const started = performance.now();
      const { engine } = quick;
      await Promise.all([engine.purgeTypes([ARTICLE]), engine.purgeTags(['x']), engine.purgePattern('strapi:/x')]);
      const took = performance.now() - started;
      assert.ok(took < 1_000, `${took} ms`);
      assert.equal(quick.hit(URL), null);
      assert.equal(quick.stats.purgesWaiting, 3);
      await shared.upstash.heal();
      await until(async () => {
        // Whenever it asks Upstash before the purge is delivered, the answer is not the old one.
        assert.equal(await onUpstash(quick, URL), null);
        return quick.stats.purgesWaiting === 0;
      });
      assert.equal(await onUpstash(shared.b, URL), null);
    });
  }

  it('because its answer was lost was executed all the same, and doing it twice does no harm', async () => {
    const quick = shared.join({ deadline: '150 ms' });
    await shared.publish(shared.a, URL, 'old');
    await shared.upstash.misbehave('truncate', { times: 1 });
    await quick.engine.purgeTypes([ARTICLE]);
    assert.equal(await onUpstash(shared.b, URL), null);
    await until(() => quick.stats.purgesWaiting === 0);
    await shared.publish(shared.b, URL, 'new');
    assert.equal(await onUpstash(quick, URL), 'new');
  });
});
