// Cache-Control of a request. RFC 9111 §5.2.1: visitors can't force load, unless the operator lets them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from './support/koa-app.mjs';

let app;
let honoring;
before(async () => {
  app = await startApp();
  honoring = await startApp({ requestDirectives: 'honor' });
});
after(async () => {
  await app?.stop();
  await honoring?.stop();
});

describe('only-if-cached', { concurrency: true }, () => {
  const only = { 'cache-control': 'only-if-cached' };

  it('is answered with 504 where nothing is stored, and no handler runs', async () => {
    for (const site of [app, honoring]) {
      const page = site.page({});
      for (const headers of [only, { 'cache-control': 'max-age=5, Only-If-Cached' }]) {
        for (const response of [await page.get(headers), await page.head(headers)]) {
          assert.deepEqual([response.status, response.cache], [504, 'MISS']);
          assert.equal(response.cacheStatus, 'strapi-upstash; detail=only-if-cached');
        }
      }
      assert.equal(page.runs, 0);
      assert.equal((await page.get()).cache, 'MISS', 'the 504 was stored');
    }
  });

  it('is answered with what is stored', async () => {
    const page = app.page({});
    await page.get();
    const hit = await page.get(only);
    assert.deepEqual([hit.status, hit.cache, hit.text], [200, 'HIT', `${page.path} run 1`]);
    assert.equal((await page.get({ ...only, 'if-none-match': hit.headers.etag })).status, 304);
  });

  it('is answered with 504 where what is stored is stale', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=1', etag: '"v1"' } });
    await page.get();
    await sleep(1_100);
    assert.deepEqual([(await page.get(only)).status, page.runs], [504, 1]);
  });

  it('is answered with 504 where another variant is stored', async () => {
    const page = app.page({ headers: { vary: 'X-Mode' } });
    await page.get({ 'x-mode': 'a' });
    assert.equal((await page.get({ ...only, 'x-mode': 'b' })).status, 504);
    assert.equal((await page.get({ ...only, 'x-mode': 'a' })).status, 200);
  });
});

describe('what else a request says about caches is ignored by default:', { concurrency: true }, () => {
  const forcing = [
    { 'cache-control': 'no-cache' }, { 'cache-control': 'no-store' }, { 'cache-control': 'max-age=0' }, { pragma: 'no-cache' },
    { 'cache-control': 'min-fresh=9999' }, { 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate', pragma: 'no-cache' },
  ];
  for (const headers of forcing) {
    it(JSON.stringify(headers), async () => {
      const page = app.page({});
      const responses = await page.twice(headers);
      assert.deepEqual([responses.map(({ cache }) => cache), page.runs], [['MISS', 'HIT'], 1]);
    });
  }

  it('max-stale', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=1', etag: '"v1"' } });
    await page.get();
    await sleep(1_100);
    const response = await page.get({ 'cache-control': 'max-stale' });
    assert.deepEqual([response.text, page.runs], [`${page.path} run 2`, 2]);
  });
});

describe('where the operator honours it,', { concurrency: true }, () => {
  const forced = [
    ['no-cache', { 'cache-control': 'no-cache' }],
    ['No-Cache among others', { 'cache-control': 'foo, No-Cache' }],
    ['Pragma: no-cache', { pragma: 'no-cache' }],
    ['max-age=0', { 'cache-control': 'max-age=0' }],
    ['a max-age that is younger than the entry', { 'cache-control': 'max-age=10' }],
    ['a min-fresh that is longer than the entry is fresh', { 'cache-control': 'min-fresh=500' }],
  ];
  for (const [what, headers] of forced) {
    it(`${what} runs the handler, and its answer is stored`, async () => {
      const page = honoring.page({ headers: { age: '20', 'cache-control': 'max-age=400' } });
      await page.twice();
      const response = await page.get(headers);
      assert.deepEqual([response.text, response.verdict], [`${page.path} run 2`, { fwd: 'request', stored: true }]);
      assert.deepEqual([(await page.get()).text, page.runs], [`${page.path} run 2`, 2]);
    });
  }

  const satisfied = [
    ['a max-age that is older than the entry', { 'cache-control': 'max-age=300' }],
    ['a min-fresh that is shorter than the entry is fresh', { 'cache-control': 'min-fresh=300' }],
    ['max-stale', { 'cache-control': 'max-stale=10' }],
    ['Pragma beside a Cache-Control that allows it', { pragma: 'no-cache', 'cache-control': 'max-age=300' }],
    ['what is unknown', { 'cache-control': 'foo=bar, "no-cache"' }],
  ];
  for (const [what, headers] of satisfied) {
    it(`${what} is answered with the entry`, async () => {
      const page = honoring.page({ headers: { age: '20', 'cache-control': 'max-age=400' } });
      await page.get();
      assert.deepEqual([(await page.get(headers)).cache, page.runs], ['HIT', 1]);
    });
  }

  it('no-store is answered and not stored', async () => {
    const page = honoring.page({});
    const first = await page.get({ 'cache-control': 'no-store' });
    assert.deepEqual([first.status, first.verdict.stored], [200, undefined]);
    assert.equal((await page.get()).text, `${page.path} run 2`);
  });

  it('max-stale limits how stale what the handler lets go out stale may be, and allows no more than the handler', async () => {
    const lenient = { 'cache-control': 'max-age=0, stale-while-revalidate=60' };
    const pages = Array.from({ length: 4 }, () => honoring.page({ headers: lenient }));
    const strict = honoring.page({ headers: { 'cache-control': 'max-age=0, must-revalidate', etag: '"v1"' } });
    await Promise.all([...pages, strict].map((page) => page.get()));
    await sleep(1_100);
    const asked = ['max-stale', 'max-stale=30', 'max-stale=1', 'max-stale=x'].map((value, index) => pages[index].get({ 'cache-control': value }));
    assert.deepEqual((await Promise.all(asked)).map(({ cache }) => cache), ['STALE', 'STALE', 'MISS', 'MISS']);
    assert.equal((await strict.get({ 'cache-control': 'max-stale' })).text, `${strict.path} run 2`);
  });
});
