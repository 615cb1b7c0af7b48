// What was purged is never answered again: not while it is made anew, and not when that fails.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gate, startApp } from './support/koa-app.mjs';

const STALE = { 'cache-control': 'max-age=0, stale-while-revalidate=60, stale-if-error=60', etag: '"v1"' };

const PURGES = [
  ['its tag', (app) => app.cache.purgeTags('news')],
  ['its URL', (app, page) => app.cache.purgePattern(`cache:${page.path}`)],
  ['everything', (app) => app.cache.purgeAll()],
  ['a write to its URL', (_app, page) => page.send('POST')],
];

/** Answers that are tagged, and for writes. */
const tagged = (answer) => (ctx, run) => {
  if (ctx.method === 'POST') return { status: 204 };
  ctx.state.upstash.tag('news');
  return typeof answer === 'function' ? answer(ctx, run) : answer;
};

for (const [what, purge] of PURGES) {
  describe(`a purge of ${what}`, { concurrency: true }, () => {
    it('leaves nothing to answer while it is made anew', async () => {
      const app = await startApp();
      const page = app.page(tagged((_ctx, run) => ({ headers: STALE, body: `run ${run}` })));
      await page.get();
      await purge(app, page);
      const { runs } = page;
      const response = await page.get();
      assert.deepEqual([response.cache, response.text, page.seen.at(-1)['if-none-match']], ['MISS', `run ${runs + 1}`, undefined]);
      await app.stop();
    });

    it('leaves nothing to answer when that fails', async () => {
      const app = await startApp();
      let down = false;
      const page = app.page(tagged(() => (down ? { status: 503, body: 'down' } : { headers: STALE, body: 'old' })));
      await page.get();
      await purge(app, page);
      down = true;
      const response = await page.get();
      assert.deepEqual([response.status, response.text], [503, 'down']);
      await app.stop();
    });

    it('that comes while it is made anew in the background keeps that from being stored', async () => {
      const app = await startApp();
      const { opened, open } = gate();
      let state = 'old';
      const page = app.page(
        tagged(async (_ctx, run) => {
          const read = state;
          if (run === 2) await opened;
          return { headers: run === 2 ? { 'cache-control': 'max-age=60' } : STALE, body: read };
        }),
      );
      await page.get();
      assert.equal((await page.get()).cache, 'STALE');
      await page.ran(2);
      state = 'new';
      await purge(app, page);
      assert.equal((await page.get()).text, 'new', 'what was purged was answered while its refill was under way');
      open();
      // Whatever the refill does once its handler is done has been done when several further requests are answered.
      for (let i = 0; i < 10; i += 1) assert.equal((await page.get()).text, 'new');
      await app.stop();
    });

    it('that comes while it is made anew for somebody leaves nothing to answer when that fails', async () => {
      const app = await startApp();
      const { opened, open } = gate();
      const headers = { 'cache-control': 'max-age=0, stale-if-error=60' };
      const page = app.page(
        tagged(async (_ctx, run) => {
          if (run === 1) return { headers, body: 'old' };
          await opened;
          return { status: 503, body: 'down' };
        }),
      );
      await page.get();
      const asked = page.get();
      await page.ran(2);
      await purge(app, page);
      open();
      const response = await asked;
      assert.deepEqual([response.status, response.text], [503, 'down']);
      await app.stop();
    });

    it('that is filled anew before that fails leaves nothing of the old one to answer', async () => {
      const app = await startApp();
      const { opened, open } = gate();
      const headers = { 'cache-control': 'max-age=0, stale-if-error=60' };
      const page = app.page(
        tagged(async (_ctx, run) => {
          if (run === 1) return { headers, body: 'old' };
          if (run !== 2) return { headers, body: 'new' };
          await opened;
          return { status: 503, body: 'down' };
        }),
      );
      await page.get();
      const asked = page.get();
      await page.ran(2);
      await purge(app, page);
      // What is stored now may stand in the very place where the old answer stood.
      for (let i = 0; i < 2; i += 1) assert.equal((await page.get()).text, 'new');
      open();
      assert.notEqual((await asked).text, 'old');
      await app.stop();
    });

    it('that comes while its handler finds it unchanged does not bring it back', async () => {
      const app = await startApp();
      const { opened, open } = gate();
      const headers = { 'cache-control': 'max-age=0', etag: '"v1"' };
      const page = app.page(
        tagged(async (ctx, run) => {
          if (run === 1) return { headers, body: 'old' };
          if (!ctx.get('If-None-Match')) return { headers: { 'cache-control': 'max-age=60' }, body: 'new' };
          await opened;
          return { status: 304, headers: { ...headers, 'cache-control': 'max-age=60' } };
        }),
      );
      await page.get();
      const asked = page.get();
      await page.ran(2);
      await purge(app, page);
      open();
      assert.equal((await asked).status, 200);
      assert.equal((await page.get()).text, 'new');
      await app.stop();
    });
  });
}
