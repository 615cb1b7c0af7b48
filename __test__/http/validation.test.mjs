// An entry that is no longer fresh is validated where its handler can do that. RFC 9111 §4.3.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { at } from './support/dates.mjs';
import { startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp({ profile: 'explicit' });
});
after(() => app?.stop());

const EXPIRED = { 'cache-control': 'max-age=0', etag: '"v1"' };
const FRESH = { 'cache-control': 'max-age=60', etag: '"v1"' };

describe('what is stale and has a validator', { concurrency: true }, () => {
  it('is fresh again when its handler says that it has not changed', async () => {
    const page = app.page({ headers: { ...EXPIRED, link: '</old>', 'content-language': 'de' }, body: 'old' }, { status: 304, headers: { ...FRESH, link: '</new>' } });
    const first = await page.get();
    assert.equal(first.status, 200);
    const second = await page.get();
    assert.deepEqual([second.status, second.text, second.cache], [200, 'old', 'HIT']);
    assert.equal(second.cacheStatus, 'strapi-upstash; fwd=stale; fwd-status=304; stored');
    assert.deepEqual([page.seen[1]['if-none-match'], page.seen[1]['if-modified-since']], ['"v1"', undefined]);
    const third = await page.get();
    assert.deepEqual([third.text, third.cache, third.verdict.hit, page.runs], ['old', 'HIT', true, 2]);
    for (const { headers } of [second, third]) {
      assert.deepEqual([headers['cache-control'], headers.link, headers['content-language']], ['max-age=60', '</new>', 'de']);
      assert.deepEqual([headers['content-type'], headers['content-length']], [first.headers['content-type'], '3']);
    }
    assert.ok(third.verdict.ttl > 55);
  });

  it('is young again then', async () => {
    const page = app.page({ headers: { ...EXPIRED, age: '500', date: at(-500) } }, { status: 304, headers: FRESH });
    await page.twice();
    const third = await page.get();
    assert.equal(third.cache, 'HIT');
    assert.ok(third.age <= 2, `Age: ${third.age}`);
  });

  it('is validated by its date where it has no tag', async () => {
    const modified = at(-3_600);
    const page = app.page({ headers: { 'cache-control': 'max-age=0', 'last-modified': modified } }, { status: 304, headers: { 'cache-control': 'max-age=60' } });
    const responses = [...(await page.twice()), await page.get()];
    assert.deepEqual([page.seen[1]['if-modified-since'], page.seen[1]['if-none-match']], [modified, undefined]);
    assert.deepEqual([responses.map(({ status }) => status), page.runs], [[200, 200, 200], 2]);
    assert.equal(responses[2].headers['last-modified'], modified);
  });

  it('gives way to what its handler answers instead', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, { headers: { ...FRESH, etag: '"v2"' }, body: 'new' });
    const [, second] = await page.twice();
    assert.deepEqual([second.text, second.cache, second.verdict.fwd, second.verdict.stored], ['new', 'MISS', 'stale', true]);
    const third = await page.get();
    assert.deepEqual([third.text, third.headers.etag, third.cache], ['new', '"v2"', 'HIT']);
  });

  it('is not validated by what a visitor has', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, { status: 304, headers: EXPIRED });
    await page.get();
    const theirs = await page.get({ 'if-none-match': '"v0"', 'if-modified-since': at(-5) });
    assert.deepEqual([theirs.status, theirs.text], [200, 'old']);
    assert.deepEqual([page.seen[1]['if-none-match'], page.seen[1]['if-modified-since']], ['"v1"', undefined]);
    const ours = await page.get({ 'if-none-match': '"v1"' });
    assert.deepEqual([ours.status, ours.text, page.seen[2]['if-none-match']], [304, '', '"v1"']);
  });

  it('is validated for HEAD as well, or its handler answers that by itself', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, (ctx) => (ctx.get('If-None-Match') ? { status: 304, headers: EXPIRED } : { body: 'old' }));
    await page.get();
    const head = await page.head();
    assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [200, 0, '3']);
  });

  it('is passed on as what is wrong when its handler fails', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, { status: 503, body: 'down' });
    const [, second] = await page.twice();
    assert.deepEqual([second.status, second.text], [503, 'down']);
  });

  it('is given a last time when its handler forbids to keep it', async () => {
    const forbidden = { status: 304, headers: { etag: '"v1"', 'cache-control': 'no-store' } };
    const page = app.page({ headers: EXPIRED, body: 'old' }, forbidden, { headers: { 'cache-control': 'no-store' }, body: 'new' });
    const responses = [...(await page.twice()), await page.get()];
    assert.deepEqual(responses.map(({ status, text }) => [status, text]), [[200, 'old'], [200, 'old'], [200, 'new']]);
    assert.equal(page.seen[2]['if-none-match'], undefined);
  });

  it('is not refreshed by word of another version', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, { status: 304, headers: { ...FRESH, etag: '"v2"' } }, { headers: FRESH, body: 'new' });
    await page.twice();
    const third = await page.get();
    assert.equal(third.text, 'new');
  });

  it('is validated each time where its handler says no-cache', async () => {
    const headers = { 'cache-control': 'no-cache, max-age=60', etag: '"v1"' };
    const page = app.page((ctx) => (ctx.get('If-None-Match') === '"v1"' ? { status: 304, headers } : { headers, body: 'old' }));
    const responses = [];
    for (let i = 0; i < 4; i += 1) responses.push(await page.get());
    assert.deepEqual(responses.map(({ status, text }) => `${status} ${text}`), Array(4).fill('200 old'));
    assert.equal(page.runs, 4);
  });

  it('is validated once for all who ask at the same time', async () => {
    const page = app.page({ headers: EXPIRED, body: 'old' }, async () => {
      await page.reached(21);
      return { status: 304, headers: FRESH };
    });
    await page.get();
    const responses = await Promise.all(Array.from({ length: 20 }, () => page.get()));
    assert.deepEqual([...new Set(responses.map(({ status, text, cache }) => `${status} ${text} ${cache}`))], ['200 old HIT']);
    assert.equal(page.runs, 2);
  });

  it('is validated by the variant that was asked for', async () => {
    const answer = (ctx) => {
      const mode = ctx.get('X-Mode');
      const headers = { 'cache-control': 'max-age=0', etag: `"${mode}"`, vary: 'X-Mode' };
      return ctx.get('If-None-Match') ? { status: 304, headers } : { headers, body: mode };
    };
    const page = app.page(answer);
    for (const mode of ['a', 'b', 'a', 'b']) assert.equal((await page.get({ 'x-mode': mode })).text, mode);
    assert.deepEqual(page.seen.map((headers) => headers['if-none-match']), [undefined, undefined, '"a"', '"b"']);
  });
});

describe('what is stale and has none', { concurrency: true }, () => {
  it('is made anew without a question, though a tag was made here', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=0, stale-if-error=60' } });
    await page.twice();
    assert.deepEqual([page.seen[1]['if-none-match'], page.seen[1]['if-modified-since']], [undefined, undefined]);
  });
});
