// What may be done with an entry that is no longer fresh. RFC 5861; RFC 9111 §4.2.4, §5.2.2.2.
// `max-age=0, stale-…` makes an entry that is stale from the start, so that most of this needs no waiting.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gate, startApp } from './support/koa-app.mjs';

const WHILE = { 'cache-control': 'max-age=0, stale-while-revalidate=60' };
const ON_ERROR = { 'cache-control': 'max-age=0, stale-if-error=60' };
const FAILURES = [
  ['throws', () => { throw new Error('on purpose'); }, 500],
  ['answers 500', { status: 500 }, 500],
  ['answers 502', { status: 502 }, 502],
  ['answers 503', { status: 503 }, 503],
  ['answers 504', { status: 504 }, 504],
];

let app;
before(async () => {
  app = await startApp({ profile: 'explicit' });
});
after(() => app?.stop());

/** Until the page is answered as told, and as before meanwhile. */
async function eventually(page, text, meanwhile) {
  let response;
  for (let tries = 0; tries < 400; tries += 1) {
    response = await page.get();
    if (response.text === text) return response;
    if (meanwhile !== undefined) assert.equal(response.text, meanwhile);
    await sleep(5);
  }
  return assert.fail(`${page.path} was never answered with ${text}, but with ${response.text}`);
}

describe('stale-while-revalidate', { concurrency: true }, () => {
  it('answers at once with what is stale, and with what is new afterwards', async () => {
    const { opened, open } = gate();
    const fresh = async (ctx, run) => {
      await opened;
      return { headers: { 'cache-control': 'max-age=60' }, body: `new ${run}` };
    };
    const page = app.page({ headers: WHILE, body: 'old' }, fresh);
    assert.equal((await page.get()).verdict.stored, true);
    for (let i = 0; i < 20; i += 1) {
      const response = await page.get();
      assert.deepEqual([response.status, response.text, response.cache], [200, 'old', 'STALE']);
      assert.match(response.cacheStatus, /^strapi-upstash; hit; ttl=-?\d+; detail=stale-while-revalidate$/);
      assert.ok(response.verdict.ttl <= 0 && response.age >= 0);
    }
    await page.ran(2);
    open();
    const response = await eventually(page, 'new 2');
    assert.deepEqual([response.cache, page.runs], ['HIT', 2], 'one run for all who were answered meanwhile');
  });

  it('counts from when the entry was fresh', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=1, stale-while-revalidate=60' } });
    const [, second] = await page.twice();
    assert.equal(second.cache, 'HIT');
    await sleep(1_100);
    assert.equal((await page.get()).cache, 'STALE');
    await eventually(page, `${page.path} run 2`);
  });

  it('ends', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=0, stale-while-revalidate=1' } });
    await page.get();
    await sleep(1_100);
    const response = await page.get();
    assert.deepEqual([response.text, response.cache], [`${page.path} run 2`, 'MISS']);
  });

  it('has ended for an answer that came older than that', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=10, stale-while-revalidate=20', age: '40' } });
    const [, second] = await page.twice();
    assert.deepEqual([second.text, second.cache === 'STALE'], [`${page.path} run 2`, false]);
  });

  it('asks the handler as for a visitor nobody knows, and for the variant that is stale', async () => {
    const page = app.page((ctx) => ({ headers: { ...WHILE, vary: 'Accept-Language' }, body: ctx.get('Accept-Language') }));
    await page.get({ 'accept-language': 'de' });
    const asked = { 'accept-language': 'de', cookie: 'a=1', 'if-none-match': '"x"', 'if-modified-since': 'x', host: `127.0.0.1:${app.client.port}` };
    const stale = await page.get(asked);
    assert.deepEqual([stale.cache, stale.text], ['STALE', 'de']);
    await page.ran(2);
    const [, background] = page.seen;
    assert.equal(background['accept-language'], 'de');
    assert.equal(background.host, page.seen[0].host);
    for (const name of ['if-none-match', 'if-modified-since', 'authorization']) assert.equal(background[name], undefined, name);
    assert.equal(page.methods[1], 'GET');
  });

  it('answers HEAD, and what runs behind it is a GET', async () => {
    const page = app.page({ headers: WHILE, body: 'old' }, { headers: { 'cache-control': 'max-age=60' }, body: 'new' });
    await page.get();
    const head = await page.head();
    assert.deepEqual([head.cache, head.headers['content-length'], head.body.length], ['STALE', '3', 0]);
    await eventually(page, 'new');
    assert.deepEqual(page.methods, ['GET', 'GET']);
  });

  it('answers 304 to who has what is stale', async () => {
    const page = app.page({ headers: { ...WHILE, etag: '"v1"' } });
    await page.get();
    const response = await page.get({ 'if-none-match': '"v1"' });
    assert.deepEqual([response.status, response.cache], [304, 'STALE']);
  });

  for (const [what, answer] of FAILURES) {
    it(`goes on when the handler behind it ${what}, and nobody is told`, async () => {
      const page = app.page({ headers: WHILE, body: 'old' }, answer, answer, { headers: { 'cache-control': 'max-age=60' }, body: 'new' });
      await page.get();
      assert.equal((await page.get()).cache, 'STALE');
      await page.ran(2);
      assert.equal((await eventually(page, 'new', 'old')).status, 200);
    });
  }
});

describe('stale-if-error', { concurrency: true }, () => {
  for (const [what, answer, status] of FAILURES) {
    it(`answers with what is stale when the handler ${what}`, async () => {
      const page = app.page({ headers: ON_ERROR, body: 'old' }, answer, answer, { headers: ON_ERROR, body: 'new' });
      await page.get();
      for (let i = 0; i < 2; i += 1) {
        const response = await page.get();
        assert.deepEqual([response.status, response.text, response.cache], [200, 'old', 'STALE']);
        assert.equal(response.cacheStatus, `strapi-upstash; fwd=stale; fwd-status=${status}; detail=stale-if-error`);
      }
      assert.equal((await page.get()).text, 'new', 'it is tried each time');
    });
  }

  for (const status of [400, 401, 403, 404, 409, 429]) {
    it(`has nothing to do with ${status}`, async () => {
      const page = app.page({ headers: ON_ERROR }, { status, body: 'no' });
      const [, second] = await page.twice();
      assert.deepEqual([second.status, second.text], [status, 'no']);
    });
  }

  it('has nothing to do with what a handler throws for the client', async () => {
    const page = app.page({ headers: ON_ERROR }, (ctx) => ctx.throw(404, 'gone'));
    const [, second] = await page.twice();
    assert.deepEqual([second.status, second.text], [404, 'gone']);
  });

  it('is too late where the failure has gone out', async () => {
    const page = app.page({ headers: ON_ERROR, body: 'old' }, (ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(503);
      ctx.res.end('down');
    });
    const [, second] = await page.twice();
    assert.deepEqual([second.status, second.text, (await page.get()).text], [503, 'down', 'down']);
  });

  it('answers all who ask at the same time, after one try', async () => {
    const page = app.page({ headers: ON_ERROR, body: 'old' }, async () => {
      await page.reached(21);
      return { status: 503, headers: { 'x-total-count': '7' } };
    });
    await page.get();
    const responses = await Promise.all(Array.from({ length: 20 }, () => page.get()));
    assert.deepEqual([...new Set(responses.map(({ status, text }) => `${status} ${text}`))], ['200 old']);
    assert.ok(responses.every(({ headers }) => headers['x-total-count'] === undefined), 'headers of the failure went out');
    assert.equal(page.runs, 2);
  });

  it('answers with the variant that was asked for', async () => {
    let isDown = false;
    const page = app.page((ctx) => (isDown ? { status: 503 } : { headers: { ...ON_ERROR, vary: 'X-Mode' }, body: ctx.get('X-Mode') }));
    for (const mode of ['a', 'b']) await page.get({ 'x-mode': mode });
    isDown = true;
    for (const mode of ['a', 'b']) assert.equal((await page.get({ 'x-mode': mode })).text, mode);
    assert.equal((await page.get({ 'x-mode': 'c' })).status, 503);
  });

  it('answers HEAD and conditional requests as if it were fresh', async () => {
    const page = app.page({ headers: { ...ON_ERROR, etag: '"v1"' }, body: 'old' }, { status: 503 });
    await page.get();
    assert.equal((await page.get({ 'if-none-match': '"v1"' })).status, 304);
    assert.equal((await page.get({ 'if-none-match': '"v0"' })).status, 200);
  });

  it('ends', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=0, stale-if-error=1' } }, { status: 503, body: 'down' });
    await page.get();
    await sleep(1_100);
    const response = await page.get();
    assert.deepEqual([response.status, response.text], [503, 'down']);
  });

  it('is no reason to answer with what is stale while all is well', async () => {
    const page = app.page({ headers: ON_ERROR });
    const [, second] = await page.twice();
    assert.deepEqual([second.text, second.verdict.fwd], [`${page.path} run 2`, 'stale']);
  });

  it('goes with stale-while-revalidate, and begins where that ends', async () => {
    const headers = { 'cache-control': 'max-age=0, stale-while-revalidate=1, stale-if-error=60' };
    const page = app.page({ headers, body: 'old' }, { status: 503 });
    await page.get();
    await sleep(1_100);
    const response = await page.get();
    assert.deepEqual([response.text, response.verdict.detail], ['old', 'stale-if-error']);
  });
});

describe('early refresh', { concurrency: true }, () => {
  /** Asks until the handler ran a second time, or a second is over. */
  const askedAll = async (earlyRefresh) => {
    const site = await startApp({ earlyRefresh });
    const page = site.page(async () => {
      // As dear an answer as this is made anew a good while before its end, by chance: 1 in 12 of the first requests does.
      await sleep(400);
      return { headers: { 'cache-control': 'max-age=1' } };
    });
    await page.get();
    const caches = [];
    for (const end = Date.now() + 900; page.runs === 1 && Date.now() < end; ) caches.push((await page.get()).cache);
    await site.stop();
    return [new Set(caches), page.runs];
  };

  it('makes what is dear anew before its end, and nobody waits for it', async () => {
    assert.deepEqual(await askedAll(true), [new Set(['HIT']), 2]);
  });

  it('is not done where the operator says so', async () => {
    assert.deepEqual(await askedAll(false), [new Set(['HIT']), 1]);
  });
});

describe('where the handler says nothing about it', { concurrency: true }, () => {
  it('the operator says how long what is stale is answered while it is made anew', async () => {
    const site = await startApp({ defaultTtl: 1, swr: '1 m' });
    const pages = [{}, { 'cache-control': 'max-age=1' }].map((headers) => site.page({ headers }));
    const others = ['max-age=1, stale-while-revalidate=0', 's-maxage=1', 'max-age=1, must-revalidate', 'max-age=1, proxy-revalidate'];
    const strict = others.map((value) => site.page({ headers: { 'cache-control': value } }));
    await Promise.all([...pages, ...strict].map((page) => page.get()));
    await sleep(1_100);
    for (const page of pages) assert.equal((await page.get()).cache, 'STALE');
    for (const page of strict) assert.equal((await page.get()).text, `${page.path} run 2`);
    await site.stop();
  });

  it('and how long when making it anew fails', async () => {
    const site = await startApp({ defaultTtl: 1, staleIfError: '1 m' });
    const lenient = [{}, { 'cache-control': 'max-age=1' }].map((headers) => site.page({ headers }, { status: 503 }));
    const others = ['max-age=1, stale-if-error=0', 's-maxage=1', 'max-age=1, must-revalidate', 'max-age=1, proxy-revalidate'];
    const strict = others.map((value) => site.page({ headers: { 'cache-control': value } }, { status: 503 }));
    await Promise.all([...lenient, ...strict].map((page) => page.get()));
    await sleep(1_100);
    for (const page of lenient) assert.equal((await page.get()).cache, 'STALE');
    for (const page of strict) assert.equal((await page.get()).status, 503);
    await site.stop();
  });
});

describe('what must be revalidated', { concurrency: true }, () => {
  for (const word of ['must-revalidate', 'proxy-revalidate', 'no-cache', 'Must-Revalidate=x']) {
    it(`for it says ${word} is never answered stale`, async () => {
      const headers = { 'cache-control': `max-age=0, stale-while-revalidate=60, ${word}, stale-if-error=60`, etag: '"v1"' };
      const page = app.page({ headers }, { headers, body: 'new' }, { status: 503 });
      await page.get();
      assert.equal((await page.get()).text, 'new');
      assert.equal((await page.get()).status, 503);
    });
  }
});
