// What a session is for: a handler that looks at it makes its answer its visitor's own, wherever sessions are kept.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import session from 'koa-session';
import { startApp } from './support/koa-app.mjs';

/** Sessions outside of the cookie: koa-session reads the cookie before anybody asks, and so before the cache. */
function storeOf(visitors) {
  return {
    get: (key) => visitors.get(key),
    set: (key, value) => void visitors.set(key, value),
    destroy: (key) => void visitors.delete(key),
  };
}

describe('an answer made with a session of an external store', () => {
  const visitors = new Map([['ann', { name: 'ann' }], ['bob', { name: 'bob' }]]);
  const ann = { cookie: 'koa.sess=ann' };
  const bob = { cookie: 'koa.sess=bob' };
  let app;
  before(async () => {
    let sessions;
    const withSession = (ctx, next) => {
      sessions ??= session({ store: storeOf(visitors), signed: false, key: 'koa.sess' }, ctx.app);
      return sessions(ctx, next);
    };
    app = await startApp({ defaultTtl: '1 m' }, { before: [withSession] });
  });
  after(() => app?.stop());

  it('is nobody else’s', async () => {
    const page = app.page((ctx) => ({ body: `for ${ctx.session.name ?? 'nobody'}` }));
    for (const [who, headers] of [['ann', ann], ['bob', bob], ['ann', ann], ['nobody', {}]]) {
      const { text, cache } = await page.get(headers);
      assert.deepEqual([text, cache], [`for ${who}`, 'BYPASS']);
    }
  });

  it('is everybody’s where nobody looked at it', async () => {
    const page = app.page({ body: 'for all' });
    assert.equal((await page.get(ann)).cache, 'MISS');
    assert.equal((await page.get(bob)).cache, 'HIT');
  });

  it('can be written to', async () => {
    const page = app.page((ctx) => {
      ctx.session.visits = (ctx.session.visits ?? 0) + 1;
      return { body: `${ctx.session.visits}` };
    });
    assert.deepEqual([(await page.get(ann)).text, (await page.get(ann)).text], ['1', '2']);
  });
});
