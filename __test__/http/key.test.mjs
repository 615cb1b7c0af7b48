// What leads to one entry and what does not: method, host, path and query, byte for byte. RFC 9111 §2; web cache
// poisoning and deception live on keys that see less than the handler does (J. Kettle, 2018, 2020, 2024).

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Random } from '../support/random.mjs';
import { startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

const target = (path, options) => app.client.request(path, options);

/** Asks for each target twice, all mixed: nobody is answered with another one's. */
async function eachIsItsOwn(targets) {
  for (const cache of ['MISS', 'HIT']) {
    for (const path of targets) {
      const response = await target(path);
      assert.deepEqual([response.text, response.cache], [path, cache], path);
    }
  }
}

describe('the path and the query count as they are written:', () => {
  it('nothing is decoded, folded, resolved or cut off', async () => {
    await eachIsItsOwn([
      '/a', '/A', '/a/', '/a//', '//a', '/a/.', '/./a', '/a/b', '/a/./b', '/a/../b', '/b', '/a/%2e%2e/b', '/a/%2E%2E/b', '/..',
      '/%61', '/a%2fb', '/a%2Fb', '/a%252fb', '/a%5cb', '/a%5Cb', '/a\\b', '/a;', '/a;b', '/a;b=1', '/a;b=2', '/a%3bb', '/a%3Bb',
      '/a%00', '/a%00b', '/a%00c', '/a%0a', '/a%0d%0ax:1', '/a%20', '/a+', '/a%2b', '/a%23b', '/a%3fb', '/a%', '/a%zz', '/a,b', '/a!b',
      '/a*', '/a[b]', '/a~b', '/a|b', '/a"b', '/a<b>', '/a^b', '/a`b', '/a{b}', '/a:b', '/a@b', '/a$b', '/a&b', "/a'b", '/a(b)', '/a=b',
      '/a.css', '/a/.css', '/a/x.css', '/a;x.css', '/a%2fx.css', '/a%3fx.css', '/a.js', '/a.json', '/robots.txt', '/a/robots.txt',
    ]);
  });

  it('neither is the query', async () => {
    await eachIsItsOwn([
      '/q?', '/q??', '/q?x', '/q?x=', '/q?x=1', '/q?X=1', '/q?x=1&', '/q?&x=1', '/q?x=1&&y=2', '/q?x=1&y=2', '/q?y=2&x=1', '/q?x=2&x=1',
      '/q?x=1&x=2', '/q?x=%31', '/q?%78=1', '/q?x=+', '/q?x=%20', '/q?x=%2b', '/q?x=%2B', '/q?x=1;y=2', '/q?x=1%3by=2', '/q?x=1%26y=2',
      '/q?x[]=1', '/q?x%5b%5d=1', '/q?x%5B%5D=1', '/q?x[0]=1', '/q?x=a', '/q?x=A', '/q?x=1?y', '/q?x=/../y',
      '/q?utm_source=a', '/q?utm_source=b', '/q?_=1', '/q?callback=f', '/q?callback=g', '/q?x=%00', '/q?x=%00y', '/q?x==1', '/q?=1', '/q?=',
    ]);
  });

  it('to the last byte of a long one', async () => {
    const long = `/${'x'.repeat(2_000)}`;
    await eachIsItsOwn([`${long}a`, `${long}b`, `${long}?a`, `${long}?b`, long]);
  });

  it('to the last byte of one that is not stored: too long, or with a fragment, which no request has', async () => {
    const long = `/${'x'.repeat(7_000)}`;
    for (const path of [`${long}a`, `${long}b`, '/a#', '/a#b', '/a?x#b', '/a#?x', '/a', '/a#', `${long}a`]) {
      const { text, cache } = await target(path);
      assert.deepEqual([text, cache === 'HIT'], [path, path === '/a']);
    }
  });

  it('with any random mixture of what is special', async () => {
    const random = new Random();
    console.log(`SEED=${random.seed}`);
    const parts = ['a', 'A', '/', '.', '..', ';', '?', '&', '=', '%', '%2f', '%2F', '%00', '%3f', '%61', '+', '%20', '\\', ',', '*', '['];
    const targets = new Set(random.list(600, 600, () => `/r${random.list(1, 6, () => random.pick(parts)).join('')}`));
    await eachIsItsOwn([...targets]);
  });
});

describe('the host', { concurrency: true }, () => {
  it('and its port part the entries', async () => {
    const page = app.page((ctx) => ({ body: ctx.host }));
    const hosts = ['a.example', 'b.example', 'a.example:80', 'a.example:8080', 'a.example.', '[::1]', '[::1]:80', 'a', 'xn--a-0ga.example'];
    for (const cache of ['MISS', 'HIT']) {
      for (const host of hosts) {
        const response = await page.get({ host });
        assert.deepEqual([response.text, response.cache], [host, cache]);
      }
    }
  });

  it('of a proxy that Koa trusts parts them as well, and so does its scheme', async () => {
    const trusting = await startApp({}, { proxy: true });
    const page = trusting.page((ctx) => ({ body: ctx.origin }));
    const asks = [
      ['http://a.example', {}],
      ['http://b.example', { 'x-forwarded-host': 'b.example' }],
      ['https://a.example', { 'x-forwarded-proto': 'https' }],
      ['https://b.example', { 'x-forwarded-host': 'b.example', 'x-forwarded-proto': 'https' }],
    ];
    for (let round = 0; round < 2; round += 1) {
      for (const [origin, headers] of asks) assert.equal((await page.get({ host: 'a.example', ...headers })).text, origin);
    }
    await trusting.stop();
  });

  it('of a proxy that nobody trusts changes nothing', async () => {
    const page = app.page((ctx) => ({ body: ctx.origin }));
    const poison = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-host': 'evil.example', forwarded: 'host=evil.example' };
    const first = await page.get({ host: 'a.example', ...poison });
    const second = await page.get({ host: 'a.example' });
    assert.deepEqual([first.text, second.text, second.cache], ['http://a.example', 'http://a.example', 'HIT']);
  });

  it('in the request line is not that of a path', async () => {
    const page = app.page({ body: 'plain' });
    const absolute = `http://evil.example${page.path}`;
    const first = await target(absolute);
    const plain = await page.get();
    assert.deepEqual([plain.text, plain.cache], ['plain', 'MISS'], 'an absolute target was stored as a path');
    assert.equal((await target(absolute)).text, first.text);
  });
});

describe('the method', { concurrency: true }, () => {
  it('is one for GET and HEAD', async () => {
    const page = app.page({});
    const get = await page.get();
    const head = await page.head();
    assert.deepEqual([head.cache, head.headers['content-length'], page.methods], ['HIT', String(get.body.length), ['GET']]);
  });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'LINK', 'PURGE', 'M-SEARCH']) {
    it(`${method} is never answered with an entry and never makes one`, async () => {
      const page = app.page((ctx, run) => ({ body: `${ctx.method} ${run}`, headers: { 'cache-control': 'public, max-age=60' } }));
      assert.equal((await page.send(method)).text, `${method} 1`);
      const first = await page.get();
      assert.deepEqual([first.text, first.cache], ['GET 2', 'MISS']);
      const again = await page.send(method);
      assert.deepEqual([again.text, again.cache === 'HIT'], [`${method} 3`, false]);
    });
  }

  it('TRACE of a body is no GET with one', async () => {
    const page = app.page((ctx, run) => ({ body: `${ctx.method} ${run}` }));
    await page.twice();
    assert.equal((await page.send('TRACE')).text, 'TRACE 2');
  });
});

describe('what a middleware further out rewrites', { concurrency: true }, () => {
  it('is in the key as the handler sees it', async () => {
    const rewrite = (ctx, next) => {
      if (ctx.get('X-Original-URL')) ctx.url = ctx.get('X-Original-URL');
      return next();
    };
    const rewriting = await startApp({}, { before: [rewrite] });
    const ask = (path, to) => rewriting.client.request(path, { headers: to ? { 'x-original-url': to } : {} });
    for (let round = 0; round < 2; round += 1) {
      for (const [path, to] of [['/a', '/admin'], ['/a'], ['/a', '/b'], ['/b', '/a'], ['/b'], ['/admin']]) {
        assert.equal((await ask(path, to)).text, to ?? path, `${path} as ${to}`);
      }
    }
    await rewriting.stop();
  });

  it('may be a method: what is a POST then is answered by its handler', async () => {
    const override = (ctx, next) => {
      if (ctx.query._method) ctx.method = ctx.query._method;
      return next();
    };
    const overriding = await startApp({}, { before: [override] });
    const page = overriding.page((ctx, run) => ({ body: `${ctx.method} ${run}` }));
    const ask = (path) => overriding.client.request(path);
    for (const [query, text] of [['?_method=POST', 'POST 1'], ['?_method=POST', 'POST 2'], ['', 'GET 3'], ['', 'GET 3']]) {
      assert.equal((await ask(page.path + query)).text, text);
    }
    await overriding.stop();
  });
});
