// Requests and answers that the cache keeps out of: the request's own body, credentials, parts; streams, failures.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Readable } from 'node:stream';
import { createSession } from 'koa-session';
import { startApp } from './support/koa-app.mjs';

const LIFETIME = { 'cache-control': 'public, max-age=60, s-maxage=60' };

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

describe('a request bypasses the cache', { concurrency: true }, () => {
  const requests = [
    ['with a credential', { headers: { authorization: 'Basic eDp5' } }, 'authorization'],
    ['with a credential of an unknown scheme', { headers: { authorization: 'x' } }, 'authorization'],
    ['with an empty credential', { headers: { authorization: '' } }, 'authorization'],
    ['for a range', { headers: { range: 'bytes=0-1' } }, 'range'],
    ['for a range of an unknown unit', { headers: { range: 'lines=1' } }, 'range'],
    ['with a body', { body: '{"page":2}' }, 'request-body'],
    ['with a body in chunks', { body: 'x', headers: { 'transfer-encoding': 'chunked' } }, 'request-body'],
    ['with another method in X-HTTP-Method-Override', { headers: { 'x-http-method-override': 'DELETE' } }, 'method-override'],
    ['with another method in X-HTTP-Method', { headers: { 'x-http-method': 'DELETE' } }, 'method-override'],
    ['with another method in X-Method-Override', { headers: { 'x-method-override': 'DELETE' } }, 'method-override'],
  ];
  for (const [what, { headers, body }, detail] of requests) {
    it(`${what}: it fills nothing, and is not answered with what others filled`, async () => {
      const page = app.page({ headers: LIFETIME });
      const ask = () => page.get(headers, { body });
      const first = await ask();
      assert.deepEqual([first.cache, first.cacheStatus], ['BYPASS', `strapi-upstash; fwd=bypass; detail=${detail}`]);
      assert.equal(first.text, `${page.path} run 1`);
      assert.deepEqual([(await page.get()).cache, (await page.get()).cache], ['MISS', 'HIT']);
      const again = await ask();
      assert.deepEqual([again.cache, again.text, page.runs], ['BYPASS', `${page.path} run 3`, 3]);
      assert.equal((await page.get()).text, `${page.path} run 2`, 'a bypass replaced what was stored');
    });
  }

  it('for a part, and its handler answers with that part', async () => {
    const body = 'the whole';
    const page = app.page((ctx) =>
      ctx.get('Range') ? { status: 206, headers: { ...LIFETIME, 'content-range': 'bytes 0-2/9' }, body: 'the' } : { headers: LIFETIME, body },
    );
    const range = { range: 'bytes=0-2' };
    assert.deepEqual([(await page.get(range)).text, (await page.get()).text, (await page.get()).cache], ['the', body, 'HIT']);
    const part = await page.get(range);
    assert.deepEqual([part.status, part.text, part.cache], [206, 'the', 'BYPASS']);
    assert.equal((await page.get()).text, body);
  });

  it('with a HEAD of a credential as well', async () => {
    const page = app.page({ headers: LIFETIME });
    await page.twice();
    assert.equal((await page.head({ authorization: 'Basic eDp5' })).cache, 'BYPASS');
    assert.deepEqual(page.methods, ['GET', 'HEAD']);
  });

  it('with several of these, and nobody is answered with what is another one’s', async () => {
    const page = app.page((ctx) => ({ headers: LIFETIME, body: `for ${ctx.get('Authorization') || 'all'}` }));
    const as = async (authorization) => (await page.get(authorization && { authorization })).text;
    const names = ['a', undefined, 'b', 'a', undefined, 'b'];
    for (const name of names) assert.equal(await as(name), `for ${name ?? 'all'}`);
    assert.deepEqual(await Promise.all(names.map(as)), names.map((name) => `for ${name ?? 'all'}`));
  });
});

describe('an answer that is the visitor’s own', { concurrency: true }, () => {
  it('is not shared when the handler asks for a cookie', async () => {
    const page = app.page((ctx) => ({ headers: LIFETIME, body: `for ${ctx.cookies.get('name') ?? 'nobody'}` }));
    for (const name of ['ann', 'bob', undefined, 'ann']) {
      const { text, cache } = await page.get(name && { cookie: `name=${name}` });
      assert.deepEqual([text, cache === 'HIT'], [`for ${name ?? 'nobody'}`, false]);
    }
  });

  it('is not shared when the handler looks at a session that was read from a store before', async (test) => {
    const sessions = new Map([['ann', { name: 'ann' }], ['bob', { name: 'bob' }]]);
    const store = { get: async (key) => sessions.get(key), set: async (key, session) => void sessions.set(key, session), destroy: async () => {} };
    let session;
    const sessioned = (ctx, next) => (session ??= createSession({ key: 's', signed: false, store }, ctx.app))(ctx, next);
    const site = await startApp({}, { before: [sessioned] });
    test.after(() => site.stop());

    const page = site.page((ctx) => ({ headers: LIFETIME, body: `for ${ctx.session.name ?? 'nobody'}` }));
    for (const name of ['ann', 'bob', undefined, 'ann']) {
      const { text, cache } = await page.get(name && { cookie: `s=${name}` });
      assert.deepEqual([text, cache], [`for ${name ?? 'nobody'}`, 'BYPASS']);
    }
    const writes = site.page((ctx) => {
      ctx.session = { name: 'eve' };
      return { headers: LIFETIME };
    });
    assert.equal((await writes.get({ cookie: 's=ann' })).cache, 'BYPASS');
    assert.equal(sessions.get('ann').name, 'eve');

    const [, second] = await site.page({ headers: LIFETIME }).twice({ cookie: 's=bob' });
    assert.equal(second.cache, 'HIT');
  });

  it('is not stored when a middleware further out sets a cookie', async () => {
    const site = await startApp({}, { before: [(ctx, next) => (ctx.cookies.set('visit', '1'), next())] });
    const [, second] = await site.page({ headers: LIFETIME }).twice();
    assert.notEqual(second.cache, 'HIT');
    await site.stop();
  });

  it('is stored when a cookie was sent and nobody looked at it', async () => {
    const [, second] = await app.page({ headers: LIFETIME }).twice({ cookie: 'name=ann' });
    assert.equal(second.cache, 'HIT');
  });

  it('is not stored when the handler marks it so', async () => {
    const page = app.page((ctx) => {
      ctx.state.upstash.bypass('on-sale');
      return { headers: LIFETIME };
    });
    const [first, second] = await page.twice();
    assert.equal(first.verdict.detail, 'on-sale');
    assert.notEqual(second.cache, 'HIT');
  });
});

describe('a body that is not there as a whole is never stored:', { concurrency: true }, () => {
  const whole = [
    ['a stream', () => ({ headers: LIFETIME, body: Readable.from(['half ', 'and half']) })],
    [
      'a stream with a length',
      () => ({ headers: { ...LIFETIME, 'content-length': '13' }, body: Readable.from([Buffer.from('half and half')]) }),
    ],
    [
      'one that the handler sends by hand',
      (ctx) => {
        ctx.respond = false;
        ctx.res.setHeader('Cache-Control', 'max-age=60');
        ctx.res.write('half ');
        ctx.res.end('and half');
      },
    ],
    [
      'one whose head is gone before the handler ends',
      (ctx) => {
        ctx.status = 200;
        ctx.res.writeHead(200, LIFETIME);
        ctx.res.write('half ');
        ctx.res.end('and half');
      },
    ],
  ];
  for (const [what, answer] of whole) {
    it(`${what} goes out as the handler made it, each time`, async () => {
      const page = app.page(answer);
      const [first, second] = await page.twice();
      assert.deepEqual([first.text, second.text, page.runs], ['half and half', 'half and half', 2]);
      assert.notEqual(second.cache, 'HIT');
    });
  }

  it('a stream that fails half-way', async () => {
    const failing = (ctx) => {
      const body = new Readable({ read() {} });
      body.push('half ');
      // Koa leaves the connection as it is when the head has gone out.
      body.once('error', () => ctx.res.destroy());
      setTimeout(() => body.destroy(new Error('on purpose')), 30);
      return { headers: { ...LIFETIME, 'content-length': '13' }, body };
    };
    const page = app.page(failing, { headers: LIFETIME, body: 'all of it' });
    const [first, second, third] = [await page.get(), await page.get(), await page.get()];
    assert.equal(first.complete, false);
    assert.deepEqual([second.complete, second.text, third.text], [true, 'all of it', 'all of it']);
  });

  it('a handler that throws after it has set a lifetime and a body', async () => {
    const page = app.page((ctx) => {
      ctx.set(LIFETIME);
      ctx.body = 'half';
      throw new Error('on purpose');
    });
    const [first, second] = await page.twice();
    assert.deepEqual([first.status, second.status, page.runs], [500, 500, 2]);
  });

  it('a handler that throws what is not to be told as an error', async () => {
    const page = app.page((ctx) => {
      ctx.set(LIFETIME);
      ctx.throw(404, 'nothing here');
    });
    const [first, second] = await page.twice();
    assert.deepEqual([first.status, first.text, second.status, page.runs], [404, 'nothing here', 404, 2]);
  });
});

describe('a body that is too large', { concurrency: true }, () => {
  it('is answered to everybody and never stored', async () => {
    const small = await startApp({ l1: { maxEntryBytes: 2_000 } });
    const [fits, larger] = [small.page({ body: 'x'.repeat(2_000) }), small.page({ body: 'x'.repeat(2_001) })];
    const [, [first, second]] = [await fits.twice(), await larger.twice()];
    assert.deepEqual([first.body.length, second.body.length, first.verdict.detail], [2_001, 2_001, 'too-large']);
    assert.deepEqual([(await fits.get()).cache, second.cache === 'HIT'], ['HIT', false]);
    await small.stop();
  });
});

describe('a cache that was closed', { concurrency: true }, () => {
  it('lets every request run', async () => {
    const closed = await startApp();
    const page = closed.page({ headers: LIFETIME });
    await page.twice();
    closed.cache.close();
    const responses = await page.twice();
    assert.deepEqual([responses.map(({ status }) => status), page.runs], [[200, 200], 3]);
    await closed.stop();
  });
});

describe('the extension of a URL', { concurrency: true }, () => {
  it('makes nothing cacheable', async () => {
    const explicit = await startApp({ profile: 'explicit' });
    for (const path of ['/account/x.css', '/account;.js', '/account%2f.png', '/account%00.ico', '/account/..%2fstatic.css']) {
      const page = explicit.at(path, {});
      const [, second] = await page.twice();
      assert.deepEqual([second.cache === 'HIT', page.runs], [false, 2], path);
      const mine = app.at(path, { headers: { 'cache-control': 'private' } });
      assert.notEqual((await mine.twice())[1].cache, 'HIT', path);
    }
    await explicit.stop();
  });

  it('makes nothing uncacheable either', async () => {
    for (const path of ['/feed.php', '/a.cgi', '/x.html']) assert.equal((await app.at(path, {}).twice())[1].cache, 'HIT', path);
  });
});
